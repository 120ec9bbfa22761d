//! An interview, by the AI or by people (spec 20 §1, §2).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::{Application, ApplicationId};
use crate::domain::candidate::CandidateId;
use crate::domain::human;
use crate::domain::job::JobId;
use crate::domain::status::{states, values};
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use crate::prompts::Phase;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::Duration;

mod progress;
mod record;
mod view;
pub use record::{
    AntiCheatSignal, Call, Disclosure, Recording, RecordingState, Reschedule, ScoringStatus, SignalKind,
};
pub use view::InterviewForCandidate;

pub type InterviewId = Id<Interview>;

/// How far ahead of its time an interview can start.
pub const EARLIEST_START: Duration = Duration::minutes(15);
/// A human interview that did not start this long after its end is a no-show (spec 20 §8).
pub const NO_SHOW_AFTER: Duration = Duration::minutes(60);
/// How long after the end turns of the transcript are still taken (spec 20 §4).
pub const TRANSCRIPT_OPEN_FOR: Duration = Duration::minutes(10);
/// Tries after which scoring is given up; the queue gives a message as many (spec 30 §7).
pub const SCORING_TRIES: u32 = 5;
/// Signals kept of one interview.
pub const MAX_SIGNALS: usize = 1000;

/// Its own aggregate root; transcript, score, corrections and feedback commit with it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Interview {
    pub id: InterviewId,
    #[serde(flatten)]
    pub fields: InterviewFields,
    pub application_id: ApplicationId,
    pub job_id: JobId,
    pub candidate_id: CandidateId,
    /// The candidate's account: whose own interview it is.
    pub candidate_user_id: Option<UserId>,
    pub conducted_by: ConductedBy,
    pub status: InterviewStatus,
    pub scheduled_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// ended - started.
    pub duration_seconds: Option<i64>,
    pub current_phase: Phase,
    pub questions_asked: u32,
    pub competencies_covered: Vec<String>,
    /// Turns stored so far: the next one's sequence.
    pub transcript_length: u32,
    /// Recorded only with it (decision on recording).
    pub recording_consent: bool,
    pub recording: Option<Recording>,
    /// That the candidate knows what the AI does (spec 25 §5).
    pub disclosure: Option<Disclosure>,
    pub anti_cheat_signals: Vec<AntiCheatSignal>,
    pub call: Option<Call>,
    pub scoring_status: ScoringStatus,
    /// Tries of the scoring that is under way.
    #[serde(default)]
    pub scoring_attempts: u32,
    pub reschedules: Vec<Reschedule>,
    pub cancel_reason: Option<String>,
    pub cancelled_by: Option<String>,
    pub reminder_sent_at: Option<Timestamp>,
    pub calendar_event_refs: Vec<String>,
    /// To whom it is own work: creator, interviewers, the candidate. Kept by this module.
    pub owner_ids: Vec<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Interview, "interview", "interview", root: id,
fields: ["application_id", "candidate_id", "job_id", "status", "conducted_by", "interviewer_id", "scheduled_at"],
arrays: ["owner_ids"], audit: masked ["preparation_notes"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct InterviewFields {
    #[serde(default)]
    pub interview_type: InterviewType,
    #[serde(default)]
    pub interview_mode: InterviewMode,
    #[serde(default = "an_hour")]
    #[garde(range(min = 5, max = 480))]
    pub duration_minutes: u32,
    #[serde(default)]
    pub interviewer_id: Option<UserId>,
    #[serde(default)]
    #[garde(length(max = 10))]
    pub additional_interviewer_ids: Vec<UserId>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub location: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::web_url)))]
    pub meeting_link: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    pub preparation_notes: Option<String>,
    #[serde(default)]
    #[garde(length(max = 50), dive)]
    pub question_guide: Vec<GuideQuestion>,
    #[serde(default = "australian_english")]
    #[garde(custom(text::language))]
    pub language: String,
    #[serde(default)]
    #[garde(custom(text::small_map))]
    pub metadata: Map<String, Value>,
}

impl Default for InterviewFields {
    fn default() -> Self {
        Self {
            interview_type: InterviewType::default(),
            interview_mode: InterviewMode::default(),
            duration_minutes: an_hour(),
            interviewer_id: None,
            additional_interviewer_ids: Vec::new(),
            location: None,
            meeting_link: None,
            preparation_notes: None,
            question_guide: Vec::new(),
            language: australian_english(),
            metadata: Map::new(),
        }
    }
}

fn an_hour() -> u32 {
    60
}
fn australian_english() -> String {
    "en-AU".into()
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct GuideQuestion {
    #[garde(length(chars, min = 1, max = 1000), custom(text::filled))]
    pub question: String,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub competency: Option<String>,
}

values! { ConductedBy { Ai "ai", Human "human" } }
values! {
    /// What it is about.
    #[derive(Default)]
    InterviewType { #[default] General "general", Technical "technical", Behavioral "behavioral", Panel "panel" }
}
values! {
    /// How it is held; those of the AI are always video.
    #[derive(Default)]
    InterviewMode { Phone "phone", #[default] Video "video", InPerson "in_person" }
}

states! {
    /// Spec 20 §2.
    InterviewStatus {
        Invited "invited" => [Scheduled, InProgress, Cancelled, Expired],
        Scheduled "scheduled" => [InProgress, Cancelled, NoShow, Expired],
        InProgress "in_progress" => [Completed, Cancelled],
        Completed "completed" => [],
        Cancelled "cancelled" => [],
        Expired "expired" => [],
        NoShow "no_show" => [Scheduled],
    }
}

/// What stands around a start.
#[derive(Debug, Clone, Copy)]
pub struct StartConditions {
    /// The organisation wants the disclosure acknowledged first.
    pub require_disclosure: bool,
    /// When the interview's invitation ends; `None` when it has none. An earlier moment for one that was revoked.
    pub invitation_expires_at: Option<Timestamp>,
}

impl Interview {
    /// Held by the AI, made by an invitation.
    pub fn by_ai(
        application: &Application,
        fields: InterviewFields,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        let fields = InterviewFields { interview_mode: InterviewMode::Video, ..fields };
        Self::build(application, fields, ConductedBy::Ai, InterviewStatus::Invited, None, now, by)
    }

    /// Held by people, at a time that lies ahead (422).
    pub fn by_people(
        application: &Application,
        fields: InterviewFields,
        at: Timestamp,
        now: Timestamp,
        by: Option<String>,
    ) -> Result<Self> {
        lies_ahead(at, now)?;
        Ok(Self::build(
            application,
            fields,
            ConductedBy::Human,
            InterviewStatus::Scheduled,
            Some(at),
            now,
            by,
        ))
    }

    fn build(
        application: &Application,
        fields: InterviewFields,
        conducted_by: ConductedBy,
        status: InterviewStatus,
        scheduled_at: Option<Timestamp>,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        let mut interview = Self {
            id: InterviewId::new(),
            fields,
            application_id: application.id,
            job_id: application.job_id,
            candidate_id: application.candidate_id,
            candidate_user_id: application.candidate_user_id,
            conducted_by,
            status,
            scheduled_at,
            started_at: None,
            ended_at: None,
            duration_seconds: None,
            current_phase: Phase::Introduction,
            questions_asked: 0,
            competencies_covered: Vec::new(),
            transcript_length: 0,
            recording_consent: false,
            recording: None,
            disclosure: None,
            anti_cheat_signals: Vec::new(),
            call: None,
            scoring_status: ScoringStatus::None,
            scoring_attempts: 0,
            reschedules: Vec::new(),
            cancel_reason: None,
            cancelled_by: None,
            reminder_sent_at: None,
            calendar_event_refs: Vec::new(),
            owner_ids: Vec::new(),
            meta: Meta::new(application.meta.organisation_id, now, by),
        };
        interview.derive();
        interview
    }

    /// 409 once it has ended in any way.
    pub fn set_fields(&mut self, fields: InterviewFields) -> Result<()> {
        if self.status.is_final() {
            return Err(self.status.refuse());
        }
        if self.conducted_by == ConductedBy::Ai && fields.interview_mode != InterviewMode::Video {
            return Err(Error::invalid("/interview_mode", "Interviews held by the AI are always video."));
        }
        self.fields = fields;
        self.derive();
        Ok(())
    }

    /// Sets or moves its time, also after a no-show; a move is noted with who and why.
    pub fn schedule(
        &mut self,
        at: Timestamp,
        by: &str,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        // Moved within scheduled: the one move to itself (spec 20 §2).
        if self.status != InterviewStatus::Scheduled {
            self.status.check(InterviewStatus::Scheduled)?;
        }
        lies_ahead(at, now)?;
        if let Some(from) = self.scheduled_at {
            self.reschedules.push(Reschedule { from, to: at, by: by.to_owned(), reason, at: now });
        }
        self.status = InterviewStatus::Scheduled;
        self.scheduled_at = Some(at);
        self.reminder_sent_at = None;
        Ok(())
    }

    /// `true` when this started it, `false` when it runs already (a page was reloaded).
    ///
    /// 409 `disclosure_required`, 410 when the invitation is over, 409 `conflict` more than [`EARLIEST_START`] ahead of
    /// its time.
    pub fn start(&mut self, conditions: StartConditions, now: Timestamp) -> Result<bool> {
        if self.status == InterviewStatus::InProgress {
            return Ok(false);
        }
        self.status.check(InterviewStatus::InProgress)?;
        if conditions.invitation_expires_at.is_some_and(|end| end <= now) {
            return Err(Error::new(Code::Gone, "The invitation to this interview is no longer valid."));
        }
        if let Some(at) = self.scheduled_at.filter(|at| now.plus(EARLIEST_START) < *at) {
            let detail = "The interview can start at most 15 minutes ahead of its time.";
            return Err(Error::conflict(detail).with("scheduled_at", at.to_string()));
        }
        if conditions.require_disclosure && self.conducted_by == ConductedBy::Ai && self.disclosure.is_none()
        {
            let detail = "Please read and acknowledge what the AI does in this interview first.";
            return Err(Error::new(Code::DisclosureRequired, detail));
        }
        self.status.to(InterviewStatus::InProgress)?;
        self.started_at = Some(now);
        Ok(true)
    }

    /// `true` when this ended it: then, and only then, one message for scoring goes out with the commit. `false` when it
    /// had ended already. 409 when it has not started.
    pub fn end(&mut self, now: Timestamp) -> Result<bool> {
        if self.status == InterviewStatus::Completed {
            return Ok(false);
        }
        self.status.to(InterviewStatus::Completed)?;
        self.close(now);
        self.scoring_status = ScoringStatus::Queued;
        Ok(true)
    }

    pub fn cancel(&mut self, by: &str, reason: &str, now: Timestamp) -> Result<()> {
        let reason = human::reason(reason)?;
        self.status.to(InterviewStatus::Cancelled)?;
        self.close(now);
        self.cancel_reason = Some(reason);
        self.cancelled_by = Some(by.to_owned());
        Ok(())
    }

    /// The invitation is over: `true` when that ended it. Only interviews of the AI expire.
    pub fn expire(&mut self) -> bool {
        self.conducted_by == ConductedBy::Ai && self.status.to(InterviewStatus::Expired).is_ok()
    }

    /// By a person.
    pub fn mark_no_show(&mut self) -> Result<()> {
        self.status.to(InterviewStatus::NoShow)
    }

    /// By the timer: `true` when a human interview's end is [`NO_SHOW_AFTER`] gone and it never started.
    pub fn note_no_show(&mut self, now: Timestamp) -> bool {
        let due = self.ends_at().is_some_and(|end| end.plus(NO_SHOW_AFTER) <= now);
        self.conducted_by == ConductedBy::Human && due && self.status.to(InterviewStatus::NoShow).is_ok()
    }

    /// When it is planned to end.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.scheduled_at.map(|at| at.plus(Duration::minutes(self.fields.duration_minutes.into())))
    }

    /// Everybody who interviews.
    pub fn interviewers(&self) -> impl Iterator<Item = UserId> + '_ {
        self.fields.interviewer_id.into_iter().chain(self.fields.additional_interviewer_ids.iter().copied())
    }

    fn close(&mut self, now: Timestamp) {
        if let Some(started) = self.started_at {
            self.ended_at = Some(now);
            self.duration_seconds = Some(now.seconds_since(started).max(0));
        }
    }

    fn derive(&mut self) {
        let people = self.interviewers().chain(self.candidate_user_id).map(|id| id.to_string());
        let mut owners: Vec<String> = self.meta.created_by.iter().cloned().chain(people).collect();
        owners.sort_unstable();
        owners.dedup();
        self.owner_ids = owners;
    }

    /// The candidate signed in or was linked after the interview was made.
    pub fn set_candidate_user(&mut self, user: UserId) {
        self.candidate_user_id = Some(user);
        self.derive();
    }
}

fn lies_ahead(at: Timestamp, now: Timestamp) -> Result<()> {
    if at > now { Ok(()) } else { Err(Error::invalid("/scheduled_at", "The time must be in the future.")) }
}

#[cfg(test)]
mod tests;
