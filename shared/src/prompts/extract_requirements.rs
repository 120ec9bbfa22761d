use crate::{
    ai::{Data, Parameters, Prompt},
    domain::requirements::Requirements,
};

/// Read a job advert into requirements. Answer: [`crate::domain::requirements::Requirements`].
#[derive(Debug, Clone)]
pub struct ExtractRequirements {
    pub job_title: String,
    pub job_description: String,
}

impl Prompt for ExtractRequirements {
    type Answer = Requirements;
    const NAME: &'static str = "extract_requirements";
    const TEXT: &'static str = include_str!("extract_requirements.md");

    fn data(&self, data: &mut Data) {
        data.quote("job title", &self.job_title);
        data.quote("job description", &self.job_description);
        data.line("Write down what this job asks for.");
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.0, max_tokens: 2500 }
    }

    fn check(&self, answer: &Requirements) -> Result<(), String> {
        let Requirements { skills, experience, qualifications, responsibilities, interview_questions } =
            answer;
        for list in [skills, experience, qualifications, responsibilities, interview_questions] {
            if list.len() > 50 {
                return Err("a list has more than 50 entries".into());
            }
        }
        Ok(())
    }
}
