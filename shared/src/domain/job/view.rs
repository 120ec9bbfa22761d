use super::{EmploymentType, ExperienceLevel, Job, JobFields, JobId, JobStatus, JobType, WorkType};
use crate::clock::Day;
use crate::domain::organisation::OrganisationId;
use crate::domain::requirements::Requirements;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// What anybody signed in sees of an active job (spec 50 §3): no people, rubric, criteria or questions.
#[derive(Serialize, JsonSchema)]
pub struct PublicJob {
    pub id: JobId,
    pub organisation_id: Option<OrganisationId>,
    pub title: String,
    pub description: Option<String>,
    pub department: Option<String>,
    pub location: Option<String>,
    pub industry: Option<String>,
    pub job_type: Option<JobType>,
    pub employment_type: Option<EmploymentType>,
    pub work_type: Option<WorkType>,
    pub is_remote: bool,
    pub experience_level: Option<ExperienceLevel>,
    pub salary_min: Option<u32>,
    pub salary_max: Option<u32>,
    pub salary_currency: String,
    /// `interview_questions` is empty.
    pub requirements: Requirements,
    pub nice_to_have: Vec<String>,
    pub positions_available: u32,
    pub posted_date: Option<Day>,
    pub deadline: Option<Day>,
    pub status: JobStatus,
}

impl Job {
    /// 404 unless the job is active.
    pub fn public_view(&self) -> Result<PublicJob> {
        if self.status != JobStatus::Active || !self.meta.is_active {
            return Err(Error::not_found("job"));
        }
        Ok(self.candidate_view())
    }

    /// The same members whatever the status: for people who applied.
    pub fn candidate_view(&self) -> PublicJob {
        let JobFields {
            title,
            description,
            department,
            location,
            industry,
            job_type,
            employment_type,
            work_type,
            experience_level,
            salary_min,
            salary_max,
            salary_currency,
            requirements,
            nice_to_have,
            positions_available,
            deadline,
            ..
        } = self.fields.clone();
        PublicJob {
            id: self.id,
            organisation_id: self.meta.organisation_id,
            title,
            description,
            department,
            location,
            industry,
            job_type,
            employment_type,
            work_type,
            is_remote: self.is_remote,
            experience_level,
            salary_min,
            salary_max,
            salary_currency,
            requirements: Requirements { interview_questions: Vec::new(), ..requirements },
            nice_to_have,
            positions_available,
            posted_date: self.posted_date,
            deadline,
            status: self.status,
        }
    }
}
