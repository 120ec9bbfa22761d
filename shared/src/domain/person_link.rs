//! What of an organisation's data is about a person: the only way a candidate reaches it.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::ApplicationId;
use crate::domain::interview::InterviewId;
use crate::domain::job::JobId;
use crate::domain::organisation::OrganisationId;
use crate::domain::user::UserId;
use crate::store::Tenant;
use serde::{Deserialize, Serialize};

/// In the person's tenant; its id is that of the application or interview it leads to. Made when a person applies or
/// accepts an invitation.
#[derive(Clone, Serialize, Deserialize)]
pub struct PersonLink {
    pub id: String,
    pub user_id: UserId,
    /// `application` or `interview`.
    pub kind: LinkKind,
    /// The organisation whose data it leads to.
    pub holder_id: OrganisationId,
    pub application_id: ApplicationId,
    pub job_id: JobId,
    pub interview_id: Option<InterviewId>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { PersonLink, "person_link", "link", root: user_id, fields: ["kind"], arrays: [], audit: off }

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    Application,
    Interview,
}

impl PersonLink {
    pub fn application(
        user: UserId,
        holder: OrganisationId,
        application: ApplicationId,
        job: JobId,
        now: Timestamp,
    ) -> Self {
        Self {
            id: application.to_string(),
            user_id: user,
            kind: LinkKind::Application,
            holder_id: holder,
            application_id: application,
            job_id: job,
            interview_id: None,
            meta: Meta::new(None, now, Some(user.to_string())),
        }
    }

    pub fn interview(
        user: UserId,
        holder: OrganisationId,
        application: ApplicationId,
        job: JobId,
        interview: InterviewId,
        now: Timestamp,
    ) -> Self {
        Self {
            id: interview.to_string(),
            kind: LinkKind::Interview,
            interview_id: Some(interview),
            ..Self::application(user, holder, application, job, now)
        }
    }

    /// Where the linked documents stand.
    pub fn tenant(&self) -> Tenant {
        Tenant::organisation(&self.holder_id.to_string())
    }
}
