//! Where a job stands that was published once: people outside its organisation find it by this.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::job::{ExperienceLevel, Job, JobId, JobStatus, JobType, WorkType};
use crate::domain::organisation::OrganisationId;
use serde::{Deserialize, Serialize};

/// In the platform's tenant, its own aggregate root; has its job's id. Follows the job by message, and holds what open
/// jobs are searched by and no more.
#[derive(Clone, Serialize, Deserialize)]
pub struct PublishedJob {
    pub id: JobId,
    pub holder_id: OrganisationId,
    pub status: JobStatus,
    pub title: String,
    pub location: Option<String>,
    pub job_type: Option<JobType>,
    pub work_type: Option<WorkType>,
    pub experience_level: Option<ExperienceLevel>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { PublishedJob, "published_job", "job", root: id,
fields: ["status", "title", "location", "job_type", "work_type", "experience_level"], arrays: [], audit: off }

impl PublishedJob {
    /// `None` for a job that never was published.
    pub fn of(job: &Job, now: Timestamp) -> Option<Self> {
        job.posted_date?;
        Some(Self {
            id: job.id,
            holder_id: job.meta.organisation_id?,
            status: job.status,
            title: job.fields.title.clone(),
            location: job.fields.location.clone(),
            job_type: job.fields.job_type,
            work_type: job.fields.work_type,
            experience_level: job.fields.experience_level,
            meta: Meta::new(None, now, None),
        })
    }
}
