//! A candidate's application to a job (spec 50 §4, §5).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::candidate::CandidateId;
use crate::domain::document::FileId;
use crate::domain::human::{self, Human};
use crate::domain::job::JobId;
use crate::domain::organisation::OrganisationId;
use crate::domain::pipeline::{Pipeline, PipelineStage, StageId};
use crate::domain::status::{states, values};
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod offer;
mod sort;
mod view;
pub use offer::{Offer, OfferAnswer, OfferTerms, PayUnit};
pub use sort::ApplicationSort;
pub use view::ApplicationForCandidate;

pub type ApplicationId = Id<Application>;

/// Its own aggregate root. The pair of job and candidate is held by a claim.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Application {
    pub id: ApplicationId,
    #[serde(flatten)]
    pub fields: ApplicationFields,
    pub job_id: JobId,
    pub candidate_id: CandidateId,
    pub source: ApplicationSource,
    /// Supplier, referrer or staff who handed it in; `None` when the candidate did.
    pub submitted_by: Option<UserId>,
    /// The candidate's account, when there is one: whose own application it is.
    pub candidate_user_id: Option<UserId>,
    pub status: ApplicationStatus,
    pub current_stage_id: StageId,
    pub applied_at: Timestamp,
    /// 0-100, from the newest application_score or shortlist.
    pub match_score: Option<f64>,
    pub withdrawn_at: Option<Timestamp>,
    pub withdrawal_reason: Option<String>,
    pub rejected_at: Option<Timestamp>,
    /// The person who rejected; never the platform (spec 25 §4).
    pub rejected_by: Option<UserId>,
    pub rejection_reason: Option<String>,
    pub hired_at: Option<Timestamp>,
    pub offer: Option<Offer>,
    pub stage_history: Vec<StageVisit>,
    /// To whom it is own work: creator, submitter, recruiter, the candidate. Kept by this module.
    pub owner_ids: Vec<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Application, "application", "application", root: id,
fields: ["job_id", "candidate_id", "status", "current_stage_id", "recruiter_id", "source", "match_score", "is_active"],
arrays: ["owner_ids"], audit: masked ["cover_letter", "salary_expectation"] }

/// What PATCH may change.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ApplicationFields {
    #[serde(default)]
    #[garde(length(chars, max = 20_000))]
    pub cover_letter: Option<String>,
    /// A year, in the job's currency.
    #[serde(default)]
    pub salary_expectation: Option<u32>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub availability: Option<String>,
    #[serde(default)]
    pub resume_document_id: Option<FileId>,
    #[serde(default)]
    pub recruiter_id: Option<UserId>,
}

/// The body of POST /applications.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct NewApplication {
    pub job_id: JobId,
    /// Whose job it is; need not be said.
    #[serde(default)]
    pub organisation_id: Option<OrganisationId>,
    /// The caller's own when a candidate applies.
    #[serde(default)]
    pub candidate_id: Option<CandidateId>,
    #[serde(default)]
    pub source: ApplicationSource,
    #[serde(default)]
    #[garde(length(chars, max = 20_000))]
    pub cover_letter: Option<String>,
    #[serde(default)]
    pub salary_expectation: Option<u32>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub availability: Option<String>,
    #[serde(default)]
    pub resume_document_id: Option<FileId>,
}

values! {
    #[derive(Default)]
    ApplicationSource {
        #[default] Direct "direct", Referral "referral", Linkedin "linkedin", Indeed "indeed",
        Ziprecruiter "ziprecruiter", Supplier "supplier", Other "other",
    }
}

states! {
    /// Spec 50 §5. Moving back to an earlier stage before an offer is the one move beside this table.
    ApplicationStatus {
        New "new" => [Reviewing, Rejected, Withdrawn],
        Reviewing "reviewing" => [PhoneScreen, TechnicalInterview, FinalInterview, Offer, Rejected, Withdrawn],
        PhoneScreen "phone_screen" => [TechnicalInterview, FinalInterview, Offer, Rejected, Withdrawn],
        TechnicalInterview "technical_interview" => [FinalInterview, Offer, Rejected, Withdrawn],
        FinalInterview "final_interview" => [Offer, Rejected, Withdrawn],
        Offer "offer" => [Hired, Rejected, Withdrawn],
        Hired "hired" => [],
        Rejected "rejected" => [Reviewing],
        Withdrawn "withdrawn" => [],
    }
}

impl ApplicationStatus {
    /// Neither hired, rejected nor withdrawn.
    pub const fn is_open(self) -> bool {
        self.is_staged()
    }

    /// Whether a stage can stand for it.
    pub const fn is_staged(self) -> bool {
        !matches!(self, Self::Hired | Self::Rejected | Self::Withdrawn)
    }

    /// Statuses a stage after this one may stand for.
    pub fn stages_ahead(self) -> Vec<Self> {
        if !self.is_staged() {
            return Vec::new();
        }
        self.next().iter().copied().filter(|status| status.is_staged()).collect()
    }

    /// Statuses a move back may lead to: those before it, until an offer was made.
    fn stages_behind(self) -> Vec<Self> {
        if matches!(self, Self::Offer) || !self.is_staged() {
            return Vec::new();
        }
        Self::ALL.iter().copied().filter(|status| status.is_staged() && *status < self).collect()
    }
}

/// A stay in one stage.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct StageVisit {
    pub stage_id: StageId,
    pub entered_at: Timestamp,
    pub exited_at: Option<Timestamp>,
    pub duration_minutes: Option<i64>,
    /// A user's id, or `system`: who brought it here.
    pub moved_by: String,
    pub notes: Option<String>,
    /// How the stay ended; `None` while it lasts and after a move back.
    pub outcome: Option<StageOutcome>,
}

values! {
    StageOutcome { Advanced "advanced", Rejected "rejected", Withdrawn "withdrawn", OnHold "on_hold" }
}

/// Who moves an application along. The platform may only move it ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mover {
    Human(Human),
    /// auto_advance_conditions, `auto_decisions = apply`.
    System,
}

impl std::fmt::Display for Mover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Human(human) => human.id().fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

/// Who an application comes from.
pub struct Submission {
    pub organisation: OrganisationId,
    pub candidate: CandidateId,
    pub candidate_user: Option<UserId>,
    /// Staff, supplier or referrer.
    pub submitted_by: Option<UserId>,
    pub created_by: Option<String>,
}

impl Application {
    /// In the pipeline's first stage. The caller has checked that job and candidate take it.
    pub fn new(body: NewApplication, from: Submission, pipeline: &Pipeline, now: Timestamp) -> Result<Self> {
        let first = pipeline.first()?;
        let mover = from.created_by.clone().unwrap_or_else(|| Mover::System.to_string());
        let mut application = Self {
            id: ApplicationId::new(),
            fields: ApplicationFields {
                cover_letter: body.cover_letter,
                salary_expectation: body.salary_expectation,
                availability: body.availability,
                resume_document_id: body.resume_document_id,
                recruiter_id: None,
            },
            job_id: body.job_id,
            candidate_id: from.candidate,
            source: body.source,
            submitted_by: from.submitted_by,
            candidate_user_id: from.candidate_user,
            status: first.status,
            current_stage_id: first.id,
            applied_at: now,
            match_score: None,
            withdrawn_at: None,
            withdrawal_reason: None,
            rejected_at: None,
            rejected_by: None,
            rejection_reason: None,
            hired_at: None,
            offer: None,
            stage_history: vec![StageVisit::begin(first.id, mover, None, now)],
            owner_ids: Vec::new(),
            meta: Meta::new(Some(from.organisation), now, from.created_by),
        };
        application.derive();
        Ok(application)
    }

    /// 409 once it is hired, rejected or withdrawn.
    pub fn set_fields(&mut self, fields: ApplicationFields) -> Result<()> {
        self.check_open()?;
        self.fields = fields;
        self.derive();
        Ok(())
    }

    pub fn check_open(&self) -> Result<()> {
        if self.status.is_open() { Ok(()) } else { Err(self.status.refuse()) }
    }

    /// To the next active stage; 409 in the last one.
    pub fn advance(
        &mut self,
        pipeline: &Pipeline,
        by: Mover,
        notes: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        self.check_open()?;
        let next = pipeline.after(self.current_stage_id).ok_or_else(|| {
            Error::new(Code::InvalidTransition, "This is the last stage.")
                .with("current_status", self.status.as_str())
                .with("allowed", Vec::<String>::new())
        })?;
        self.enter(next, by, notes, now)
    }

    /// To any active stage whose status can be reached, also back while no offer was made; back only by a person.
    pub fn move_to(
        &mut self,
        stage: StageId,
        pipeline: &Pipeline,
        by: Mover,
        notes: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        self.check_open()?;
        let stage =
            pipeline.stage(stage).filter(|stage| stage.is_active).ok_or_else(|| Error::not_found("stage"))?;
        self.enter(stage, by, notes, now)
    }

    fn enter(
        &mut self,
        stage: &PipelineStage,
        by: Mover,
        notes: Option<String>,
        now: Timestamp,
    ) -> Result<()> {
        if stage.id == self.current_stage_id {
            return Err(Error::conflict("The application is in this stage already."));
        }
        let back = self.status.stages_behind().contains(&stage.status);
        if back && by == Mover::System {
            return Err(Error::forbidden("Only a person can move an application back."));
        }
        let ahead = self.status == stage.status || self.status.stages_ahead().contains(&stage.status);
        if !back && !ahead {
            return Err(self.status.refuse());
        }
        self.leave((!back).then_some(StageOutcome::Advanced), now);
        self.status = stage.status;
        self.current_stage_id = stage.id;
        self.stage_history.push(StageVisit::begin(stage.id, by.to_string(), notes, now));
        Ok(())
    }

    fn leave(&mut self, outcome: Option<StageOutcome>, now: Timestamp) {
        if let Some(visit) = self.stage_history.last_mut().filter(|visit| visit.exited_at.is_none()) {
            visit.exited_at = Some(now);
            visit.duration_minutes = Some(now.seconds_since(visit.entered_at).max(0) / 60);
            visit.outcome = outcome;
        }
    }

    /// Only a person rejects, and says why (spec 25 §4): no other function reaches this status.
    pub fn reject(&mut self, by: Human, reason: &str, now: Timestamp) -> Result<()> {
        let reason = human::reason(reason)?;
        self.status.to(ApplicationStatus::Rejected)?;
        self.leave(Some(StageOutcome::Rejected), now);
        self.rejected_at = Some(now);
        self.rejected_by = Some(by.id());
        self.rejection_reason = Some(reason);
        Ok(())
    }

    /// By the candidate, by staff for them, or because two records of one person were merged (reason `merged`).
    pub fn withdraw(&mut self, reason: Option<String>, now: Timestamp) -> Result<()> {
        self.status.to(ApplicationStatus::Withdrawn)?;
        self.leave(Some(StageOutcome::Withdrawn), now);
        self.withdrawn_at = Some(now);
        self.withdrawal_reason = reason;
        Ok(())
    }

    /// From any stage that can lead to an offer, or anew while one stands. Moves to the pipeline's offer stage.
    pub fn make_offer(
        &mut self,
        terms: OfferTerms,
        pipeline: &Pipeline,
        by: Human,
        now: Timestamp,
    ) -> Result<()> {
        terms.check(now)?;
        if self.status != ApplicationStatus::Offer {
            self.status.check(ApplicationStatus::Offer)?;
            match pipeline.standing_for(ApplicationStatus::Offer) {
                Some(stage) => self.enter(stage, Mover::Human(by), None, now)?,
                None => self.status.to(ApplicationStatus::Offer)?,
            }
        }
        self.offer = Some(Offer::sent(terms, now));
        Ok(())
    }

    pub fn answer_offer(&mut self, answer: OfferAnswer, now: Timestamp) -> Result<()> {
        if self.status != ApplicationStatus::Offer {
            return Err(self.status.refuse());
        }
        match &mut self.offer {
            Some(offer) => offer.answered(answer, now),
            None => Err(Error::conflict("No offer was made yet.")),
        }
    }

    pub fn hire(&mut self, _by: Human, now: Timestamp) -> Result<()> {
        self.status.to(ApplicationStatus::Hired)?;
        self.leave(Some(StageOutcome::Advanced), now);
        self.hired_at = Some(now);
        Ok(())
    }

    /// A manager or org_admin takes a rejection back.
    pub fn reopen(&mut self, by: Human, reason: &str, pipeline: &Pipeline, now: Timestamp) -> Result<()> {
        let reason = human::reason(reason)?;
        if self.status != ApplicationStatus::Rejected {
            return Err(self.status.refuse());
        }
        let stage = pipeline
            .standing_for(ApplicationStatus::Reviewing)
            .map_or_else(|| pipeline.first().map(|stage| stage.id), |stage| Ok(stage.id))?;
        self.status.to(ApplicationStatus::Reviewing)?;
        self.rejected_at = None;
        self.rejected_by = None;
        self.rejection_reason = None;
        self.current_stage_id = stage;
        self.stage_history.push(StageVisit::begin(stage, by.id().to_string(), Some(reason), now));
        Ok(())
    }

    /// Points are brought into 0-100.
    pub fn set_match_score(&mut self, score: f64) {
        self.match_score = (!score.is_nan()).then(|| score.clamp(0.0, 100.0));
    }

    /// The candidate record was merged into another one.
    pub fn set_candidate(&mut self, candidate: CandidateId, user: Option<UserId>) {
        self.candidate_id = candidate;
        self.candidate_user_id = user.or(self.candidate_user_id);
        self.derive();
    }

    fn derive(&mut self) {
        let people = [self.submitted_by, self.fields.recruiter_id, self.candidate_user_id];
        let people = people.into_iter().flatten().map(|id| id.to_string());
        self.owner_ids = self.meta.created_by.iter().cloned().chain(people).collect();
        self.owner_ids.sort_unstable();
        self.owner_ids.dedup();
    }
}

impl StageVisit {
    fn begin(stage_id: StageId, moved_by: String, notes: Option<String>, now: Timestamp) -> Self {
        Self {
            stage_id,
            entered_at: now,
            exited_at: None,
            duration_minutes: None,
            moved_by,
            notes,
            outcome: None,
        }
    }
}

#[cfg(test)]
mod tests;
