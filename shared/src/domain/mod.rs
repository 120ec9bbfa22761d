//! Documents, their states and rules. Knows nothing of HTTP, async runtimes or cloud SDKs.

pub mod admin_departures;
pub mod ai_call;
pub mod ai_criteria;
pub mod application;
pub mod application_feedback;
pub mod application_note;
pub mod application_score;
pub mod audit;
pub mod background_job;
pub mod candidate;
pub mod candidate_dei;
pub mod chat_allowance;
pub mod competency;
pub mod credential;
pub mod document;
pub mod email_message;
pub mod email_template;
pub mod evidence;
pub mod feature_flag;
pub mod grant;
pub mod human;
pub mod interview;
pub mod interview_score;
pub mod invitation;
pub mod job;
pub mod job_deadline;
pub mod job_metrics;
pub(crate) mod language;
pub mod login_session;
#[cfg(test)]
mod machine;
pub mod membership;
pub mod messages;
pub mod notification;
pub mod organisation;
pub mod organisation_entry;
pub mod outbox;
pub mod person_link;
pub mod pipeline;
pub mod practice;
pub mod practice_interview;
pub mod published_job;
pub mod requirements;
pub mod resume;
pub mod resume_parse;
pub mod retention_policy;
pub mod role;
pub mod rubric;
pub mod score;
pub mod score_contest;
pub mod setting;
pub mod shortlist;
pub(crate) mod status;
pub mod team;
#[cfg(test)]
mod tests;
pub mod text;
pub mod transcript;
pub mod transcript_correction;
pub mod transcript_segment;
pub(crate) mod ttl;
pub mod user;

use crate::docs::{Document, Reservation};
use crate::message::Outgoing;
use crate::store::Indexes;

/// Every stored kind and what lists may filter and order it by.
pub const KINDS: &[Indexes] = &[
    audit::AuditEvent::INDEXES,
    Reservation::INDEXES,
    Indexes { kind: Outgoing::KIND, fields: &[], arrays: &[] },
    admin_departures::AdminDepartures::INDEXES,
    ai_call::AiCall::INDEXES,
    application::Application::INDEXES,
    application_feedback::ApplicationFeedback::INDEXES,
    application_note::ApplicationNote::INDEXES,
    application_score::ApplicationScore::INDEXES,
    background_job::BackgroundJob::INDEXES,
    candidate::Candidate::INDEXES,
    candidate_dei::CandidateDei::INDEXES,
    chat_allowance::ChatAllowance::INDEXES,
    credential::Credential::INDEXES,
    document::File::INDEXES,
    crate::due::Due::INDEXES,
    email_message::EmailMessage::INDEXES,
    email_template::EmailTemplate::INDEXES,
    feature_flag::FeatureFlag::INDEXES,
    interview::Interview::INDEXES,
    interview_score::InterviewScore::INDEXES,
    invitation::Invitation::INDEXES,
    job::Job::INDEXES,
    job_deadline::JobDeadline::INDEXES,
    job_metrics::JobMetrics::INDEXES,
    login_session::LoginSession::INDEXES,
    membership::Membership::INDEXES,
    notification::Notification::INDEXES,
    organisation::Organisation::INDEXES,
    organisation_entry::OrganisationEntry::INDEXES,
    outbox::OutboxTenant::INDEXES,
    person_link::PersonLink::INDEXES,
    published_job::PublishedJob::INDEXES,
    pipeline::Pipeline::INDEXES,
    practice_interview::PracticeInterview::INDEXES,
    resume_parse::ResumeParse::INDEXES,
    retention_policy::RetentionPolicy::INDEXES,
    role::CustomRole::INDEXES,
    score_contest::ScoreContest::INDEXES,
    setting::Settings::INDEXES,
    shortlist::Shortlist::INDEXES,
    team::Team::INDEXES,
    transcript_correction::TranscriptCorrection::INDEXES,
    transcript_segment::TranscriptSegment::INDEXES,
    user::User::INDEXES,
];

/// The static name of a stored kind.
pub fn kind_named(name: &str) -> Option<&'static str> {
    KINDS.iter().map(|indexes| indexes.kind).find(|kind| *kind == name)
}
