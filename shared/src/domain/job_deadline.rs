//! Which jobs end on which day: so that the timer reads what is due and nothing else.

use crate::clock::{Day, Timestamp};
use crate::docs::Meta;
use crate::document;
use crate::domain::job::{Job, JobId};
use crate::store::Tenant;
use serde::{Deserialize, Serialize};

/// In the platform's tenant, one aggregate a day. Written before the job that it leads to; one that leads to a job with
/// another deadline means nothing and goes with the day.
#[derive(Clone, Serialize, Deserialize)]
pub struct JobDeadline {
    pub id: JobId,
    /// The last day for applications.
    pub day: Day,
    /// Where the job stands.
    pub tenant: String,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { JobDeadline, "job_deadline", "deadline", root: day, fields: ["day"], arrays: [], audit: off }

impl JobDeadline {
    /// `None` for a job without a deadline.
    pub fn of(job: &Job, tenant: &Tenant, now: Timestamp) -> Option<Self> {
        let day = job.fields.deadline?;
        Some(Self { id: job.id, day, tenant: tenant.as_str().to_owned(), meta: Meta::new(None, now, None) })
    }
}
