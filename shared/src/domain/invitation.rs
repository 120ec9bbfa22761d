//! An invitation (spec 60 §1, §2). The document holds no token: its hash is a claim on the platform that leads here.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::{Application, ApplicationId};
use crate::domain::email_message::EmailMessageId;
use crate::domain::interview::InterviewId;
use crate::domain::job::JobId;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::{states, values};
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Duration;

pub type InvitationId = Id<Invitation>;

/// Its own aggregate root.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    pub id: InvitationId,
    pub kind: InvitationKind,
    pub application_id: Option<ApplicationId>,
    pub interview_id: Option<InterviewId>,
    /// The application's job.
    #[serde(default)]
    pub job_id: Option<JobId>,
    /// Staff to whom it is own work: who sent it, and whose the application was then.
    #[serde(default)]
    pub owner_ids: Vec<String>,
    pub assessment_assignment_id: Option<String>,
    /// Whom a member invitation is for.
    pub user_id: Option<UserId>,
    pub candidate_email: String,
    pub role_title: String,
    pub company_name: String,
    pub status: InvitationStatus,
    pub expires_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub opened_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub email_template: String,
    pub email_message_id: Option<EmailMessageId>,
    /// Counts the tokens: each resend makes a new one, and only the newest opens.
    pub token_number: u32,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Invitation, "invitation", "invitation", root: id, fields: ["application_id", "interview_id", "job_id", "status", "kind", "expires_at"], arrays: ["owner_ids"], audit: masked ["candidate_email"] }

values! { InvitationKind { Interview "interview", Assessment "assessment", Member "member" } }

impl InvitationKind {
    /// Name of the built-in mail.
    pub const fn template(self) -> &'static str {
        match self {
            Self::Interview => "interview_invitation",
            Self::Assessment => "assessment_invitation",
            Self::Member => "member_invitation",
        }
    }
}

states! {
    /// Spec 60 §2.
    InvitationStatus {
        Pending "pending" => [Sent, Expired],
        Sent "sent" => [Delivered, Bounced, Opened, Expired],
        Delivered "delivered" => [Opened, Expired],
        Opened "opened" => [Expired],
        Bounced "bounced" => [Pending],
        Expired "expired" => [Pending],
    }
}

/// The body of POST /invitations/send.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct NewInvitation {
    pub application_id: ApplicationId,
    #[garde(length(chars, max = 255), custom(text::email))]
    pub candidate_email: String,
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub role_title: String,
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub company_name: String,
    /// The organisation's setting `invitation_days` when left out.
    #[serde(default)]
    #[garde(range(min = 1, max = 90))]
    pub expires_in_days: Option<u32>,
    #[serde(default = "interview")]
    pub kind: InvitationKind,
    #[serde(default)]
    pub assessment_id: Option<String>,
}

fn interview() -> InvitationKind {
    InvitationKind::Interview
}

impl Invitation {
    /// `days` is used when the body names none.
    pub fn new(
        organisation: OrganisationId,
        body: NewInvitation,
        days: u32,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        let days = body.expires_in_days.unwrap_or(days);
        Self {
            application_id: Some(body.application_id),
            ..Self::build(
                organisation,
                body.kind,
                &body.candidate_email,
                body.role_title,
                body.company_name,
                days,
                now,
                by,
            )
        }
    }

    /// The work it belongs to: an interview of this application.
    pub fn belongs_to(&mut self, application: &Application, interview: InterviewId) {
        self.job_id = Some(application.job_id);
        self.interview_id = Some(interview);
        for owner in &application.owner_ids {
            if !self.owner_ids.contains(owner) {
                self.owner_ids.push(owner.clone());
            }
        }
    }

    /// For a user who was added to an organisation.
    pub fn for_member(
        organisation: OrganisationId,
        user: UserId,
        email: &str,
        company_name: String,
        days: u32,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self {
            user_id: Some(user),
            ..Self::build(
                organisation,
                InvitationKind::Member,
                email,
                String::new(),
                company_name,
                days,
                now,
                by,
            )
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the one place that fills the members")]
    fn build(
        organisation: OrganisationId,
        kind: InvitationKind,
        email: &str,
        role_title: String,
        company_name: String,
        days: u32,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self {
            id: InvitationId::new(),
            kind,
            application_id: None,
            interview_id: None,
            job_id: None,
            owner_ids: by.iter().cloned().collect(),
            assessment_assignment_id: None,
            user_id: None,
            candidate_email: text::fold_email(email),
            role_title,
            company_name,
            status: InvitationStatus::Pending,
            expires_at: now.plus(Duration::days(days.into())),
            sent_at: None,
            opened_at: None,
            accepted_at: None,
            revoked_at: None,
            email_template: kind.template().into(),
            email_message_id: None,
            token_number: 1,
            meta: Meta::new(Some(organisation), now, by),
        }
    }

    /// Whether its link works now. It works from the moment the mail is out, and while it still is on its way out.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let status = !matches!(self.status, InvitationStatus::Expired | InvitationStatus::Bounced);
        status && self.revoked_at.is_none() && now < self.expires_at
    }

    /// 410 unless it is open.
    pub fn check_open(&self, now: Timestamp) -> Result<()> {
        if self.is_open(now) {
            Ok(())
        } else {
            Err(Error::new(Code::Gone, "This invitation is no longer valid."))
        }
    }

    /// The provider took the mail. Reports come in any order: one that is overtaken changes nothing.
    pub fn sent(&mut self, message: EmailMessageId, now: Timestamp) -> Result<()> {
        if self.status == InvitationStatus::Pending {
            self.status.to(InvitationStatus::Sent)?;
        }
        self.sent_at.get_or_insert(now);
        self.email_message_id = Some(message);
        Ok(())
    }

    /// A delivery report; also one that arrives before `sent` was noted, or after the link was opened.
    pub fn delivered(&mut self, now: Timestamp) {
        if self.status == InvitationStatus::Pending && self.status.to(InvitationStatus::Sent).is_ok() {
            self.sent_at = Some(now);
        }
        if self.status == InvitationStatus::Sent {
            self.status = InvitationStatus::Delivered;
        }
    }

    /// `true` when this turned it to bounced. What was delivered or opened cannot bounce any more.
    pub fn bounced(&mut self, now: Timestamp) -> bool {
        if self.status == InvitationStatus::Pending && self.status.to(InvitationStatus::Sent).is_ok() {
            self.sent_at = Some(now);
        }
        self.status == InvitationStatus::Sent && self.status.to(InvitationStatus::Bounced).is_ok()
    }

    /// The link was opened: 410 when it no longer works; the first time stands. Who has the link has the mail.
    pub fn open(&mut self, now: Timestamp) -> Result<()> {
        self.check_open(now)?;
        self.delivered(now);
        if self.status != InvitationStatus::Opened {
            self.status.to(InvitationStatus::Opened)?;
        }
        self.opened_at.get_or_insert(now);
        Ok(())
    }

    /// Opens it too. 403 for another e-mail address.
    pub fn accept(&mut self, email: &str, now: Timestamp) -> Result<()> {
        self.check_open(now)?;
        if text::fold_email(email) != self.candidate_email {
            return Err(Error::forbidden("This invitation was sent to another e-mail address."));
        }
        self.open(now)?;
        self.accepted_at.get_or_insert(now);
        Ok(())
    }

    pub fn revoke(&mut self, now: Timestamp) -> Result<()> {
        self.status.to(InvitationStatus::Expired)?;
        self.revoked_at = Some(now);
        Ok(())
    }

    /// By the timer: `true` when its time had come.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        now >= self.expires_at && self.status.to(InvitationStatus::Expired).is_ok()
    }

    /// From bounced or expired; one that is still open is revoked first. The caller makes a new token.
    pub fn resend(&mut self, days: u32, now: Timestamp) -> Result<()> {
        self.status.to(InvitationStatus::Pending)?;
        self.expires_at = now.plus(Duration::days(days.into()));
        self.token_number += 1;
        self.sent_at = None;
        self.opened_at = None;
        self.revoked_at = None;
        self.email_message_id = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
