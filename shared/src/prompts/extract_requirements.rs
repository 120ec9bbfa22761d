/// Read a job advert into requirements. Answer: [`crate::domain::requirements::Requirements`].
#[derive(Debug, Clone)]
pub struct ExtractRequirements {
    pub job_title: String,
    pub job_description: String,
}
