//! A job (spec 50 §1, §2).

use crate::clock::{Day, Timestamp};
use crate::docs::Meta;
use crate::document;
use crate::domain::ai_criteria::AiCriteria;
use crate::domain::human;
use crate::domain::organisation::OrganisationId;
use crate::domain::requirements::Requirements;
use crate::domain::rubric::{Dimension, validate_rubric};
use crate::domain::status::{states, values};
use crate::domain::team::TeamId;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use crate::prompts::{Phase, PlanStep};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod view;
pub use view::PublicJob;

pub type JobId = Id<Job>;

/// Its own aggregate root, in the organisation's tenant.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    pub id: JobId,
    #[serde(flatten)]
    pub fields: JobFields,
    pub status: JobStatus,
    /// Reason of the last pause, close or cancellation.
    pub status_reason: Option<String>,
    /// Set on first publication.
    pub posted_date: Option<Day>,
    pub closed_at: Option<Timestamp>,
    pub positions_filled: u32,
    /// What applications are scored against; `None` until somebody names the skills that count.
    pub ai_criteria: Option<AiCriteria>,
    /// What interviews are scored on; empty means the default rubric.
    pub scoring_rubric: Vec<Dimension>,
    /// 0 while the default rubric holds; plus one with each change.
    pub rubric_version: u32,
    pub recruiter_ids: Vec<UserId>,
    /// To whom the job is own work: creator, hiring manager, recruiters. Kept by this module.
    pub owner_ids: Vec<String>,
    /// Derived from `work_type`.
    pub is_remote: bool,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Job, "job", "job", root: id, fields: ["status", "title", "department", "location", "job_type", "work_type", "experience_level", "team_id", "deadline", "is_active"], arrays: ["owner_ids", "recruiter_ids"], audit: values }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct JobFields {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub title: String,
    #[serde(default)]
    #[garde(length(chars, max = 50_000))]
    pub description: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub department: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub location: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub industry: Option<String>,
    #[serde(default)]
    pub job_type: Option<JobType>,
    #[serde(default)]
    pub employment_type: Option<EmploymentType>,
    #[serde(default)]
    pub work_type: Option<WorkType>,
    #[serde(default)]
    pub experience_level: Option<ExperienceLevel>,
    /// A year, in `salary_currency`.
    #[serde(default)]
    pub salary_min: Option<u32>,
    #[serde(default)]
    #[garde(custom(text::not_below(&self.salary_min)))]
    pub salary_max: Option<u32>,
    #[serde(default = "aud")]
    #[garde(custom(text::currency))]
    pub salary_currency: String,
    #[serde(default)]
    #[garde(custom(short_lists))]
    pub requirements: Requirements,
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 500)))]
    pub nice_to_have: Vec<String>,
    #[serde(default)]
    #[garde(length(max = 50))]
    pub required_skills: BTreeMap<String, SkillLevel>,
    #[serde(default)]
    #[garde(dive)]
    pub interview_structure: InterviewStructure,
    #[serde(default = "one")]
    #[garde(range(min = 1, max = 1000))]
    pub positions_available: u32,
    #[serde(default)]
    pub deadline: Option<Day>,
    #[serde(default)]
    pub hiring_manager_id: Option<UserId>,
    #[serde(default)]
    pub team_id: Option<TeamId>,
    #[serde(default)]
    #[garde(length(max = 20))]
    pub assessment_ids: Vec<String>,
}

fn aud() -> String {
    "AUD".into()
}
fn one() -> u32 {
    1
}

fn short_lists(requirements: &Requirements, _: &()) -> garde::Result {
    let Requirements { skills, experience, qualifications, responsibilities, interview_questions } =
        requirements;
    for list in [skills, experience, qualifications, responsibilities, interview_questions] {
        if list.len() > 50 || list.iter().any(|entry| entry.trim().is_empty() || entry.chars().count() > 1000)
        {
            return Err(garde::Error::new("each list takes at most 50 texts of 1 to 1000 characters"));
        }
    }
    Ok(())
}

values! { JobType { FullTime "full_time", PartTime "part_time", Contract "contract", Internship "internship" } }
values! { EmploymentType { Permanent "permanent", Temporary "temporary", Contract "contract" } }
values! { WorkType { Onsite "onsite", Hybrid "hybrid", Remote "remote" } }
values! {
    ExperienceLevel {
        Entry "entry", Junior "junior", Mid "mid", Senior "senior", Lead "lead", Executive "executive",
    }
}
values! {
    /// In rising order.
    SkillLevel { Beginner "beginner", Intermediate "intermediate", Advanced "advanced", Expert "expert" }
}

/// The plan of an AI interview (spec 20 §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct InterviewStructure {
    /// In the order of the interview, each phase at most once.
    #[serde(default = "default_plan")]
    #[garde(length(min = 1, max = 4), custom(in_order))]
    pub phases: Vec<PlanStep>,
    #[serde(default = "an_hour")]
    #[garde(range(min = 5, max = 480))]
    pub duration_minutes: u32,
}

impl Default for InterviewStructure {
    fn default() -> Self {
        Self { phases: default_plan(), duration_minutes: an_hour() }
    }
}

fn default_plan() -> Vec<PlanStep> {
    [(Phase::Introduction, 2), (Phase::Technical, 4), (Phase::Behavioral, 3), (Phase::Closing, 1)]
        .map(|(phase, questions)| PlanStep { phase, questions })
        .to_vec()
}
fn an_hour() -> u32 {
    60
}

fn in_order(steps: &[PlanStep], _: &()) -> garde::Result {
    if steps.iter().any(|step| !(1..=30).contains(&step.questions)) {
        return Err(garde::Error::new("each phase needs 1 to 30 questions"));
    }
    if !steps.is_sorted_by(|a, b| a.phase < b.phase) {
        return Err(garde::Error::new(
            "phases must come in the order introduction, technical, behavioral, closing",
        ));
    }
    Ok(())
}

states! {
    /// Spec 50 §2.
    JobStatus {
        Draft "draft" => [Active, Cancelled],
        Active "active" => [Paused, Closed, Filled, Cancelled],
        Paused "paused" => [Active, Closed, Filled, Cancelled],
        Closed "closed" => [],
        Filled "filled" => [],
        Cancelled "cancelled" => [],
    }
}

values! { CloseReason { Closed "closed", Filled "filled" } }

impl Job {
    /// A draft.
    pub fn new(
        organisation: OrganisationId,
        fields: JobFields,
        now: Timestamp,
        created_by: Option<String>,
    ) -> Self {
        let mut job = Self {
            id: JobId::new(),
            fields,
            status: JobStatus::Draft,
            status_reason: None,
            posted_date: None,
            closed_at: None,
            positions_filled: 0,
            ai_criteria: None,
            scoring_rubric: Vec::new(),
            rubric_version: 0,
            recruiter_ids: Vec::new(),
            owner_ids: Vec::new(),
            is_remote: false,
            meta: Meta::new(Some(organisation), now, created_by),
        };
        job.derive();
        job
    }

    /// 409 in a final status; a published job stays fit for publication (422 with everything that is missing).
    pub fn set_fields(&mut self, fields: JobFields, now: Timestamp) -> Result<()> {
        self.check_editable()?;
        // A deadline that passed by itself closes the job; only a new one must lie ahead.
        let deadline_moved = fields.deadline != self.fields.deadline;
        if self.status == JobStatus::Active {
            check_publishable(&fields, deadline_moved.then(|| Day::of(now)))?;
        } else if deadline_moved {
            fields.check_deadline(now)?;
        }
        if fields.positions_available <= self.positions_filled {
            return Err(Error::invalid(
                "/positions_available",
                "More positions than that are filled already.",
            ));
        }
        self.fields = fields;
        self.derive();
        Ok(())
    }

    fn check_editable(&self) -> Result<()> {
        if self.status.is_final() {
            return Err(self.status.refuse());
        }
        Ok(())
    }

    /// From draft or paused. 422 naming every member that is missing.
    pub fn publish(&mut self, now: Timestamp) -> Result<()> {
        self.status.check(JobStatus::Active)?;
        check_publishable(&self.fields, Some(Day::of(now)))?;
        self.status.to(JobStatus::Active)?;
        self.status_reason = None;
        self.posted_date.get_or_insert(Day::of(now));
        Ok(())
    }

    pub fn pause(&mut self, reason: Option<String>) -> Result<()> {
        self.status.to(JobStatus::Paused)?;
        self.status_reason = reason;
        Ok(())
    }

    pub fn close(&mut self, reason: CloseReason, note: Option<String>, now: Timestamp) -> Result<()> {
        self.status.to(match reason {
            CloseReason::Closed => JobStatus::Closed,
            CloseReason::Filled => JobStatus::Filled,
        })?;
        self.status_reason = note;
        self.closed_at = Some(now);
        Ok(())
    }

    /// Open applications are rejected by the person who cancels.
    pub fn cancel(&mut self, reason: &str, now: Timestamp) -> Result<()> {
        let reason = human::reason(reason)?;
        self.status.to(JobStatus::Cancelled)?;
        self.status_reason = Some(reason);
        self.closed_at = Some(now);
        Ok(())
    }

    /// The last day for applications has gone by (timer job-deadlines): `true` when that closed the job.
    pub fn close_overdue(&mut self, now: Timestamp) -> bool {
        let passed = self.fields.deadline.is_some_and(|deadline| deadline < Day::of(now));
        passed && self.close(CloseReason::Closed, Some("deadline passed".into()), now).is_ok()
    }

    /// Counts a hire; the last position fills a job that has not ended (spec 50 §2). `true` when it did. People are hired
    /// after the deadline too: an ended job counts them and stays as it ended. A draft cannot hire.
    pub fn hired(&mut self, now: Timestamp) -> Result<bool> {
        if self.status == JobStatus::Draft {
            return Err(self.status.refuse());
        }
        self.positions_filled += 1;
        let last = self.positions_filled >= self.fields.positions_available;
        Ok(last && self.close(CloseReason::Filled, None, now).is_ok())
    }

    /// 409 `job_not_open` unless applications are taken.
    pub fn check_open(&self) -> Result<()> {
        if self.status == JobStatus::Active && self.meta.is_active {
            return Ok(());
        }
        Err(Error::new(Code::JobNotOpen, "The job takes no applications."))
    }

    /// A new draft with the same text, criteria and rubric; deadline, counts and dates start anew.
    pub fn duplicate(&self, title: Option<String>, now: Timestamp, created_by: Option<String>) -> Self {
        let title = title.unwrap_or_else(|| self.fields.title.clone());
        let fields = JobFields { title, deadline: None, ..self.fields.clone() };
        let mut copy = Self {
            id: JobId::new(),
            fields,
            status: JobStatus::Draft,
            status_reason: None,
            posted_date: None,
            closed_at: None,
            positions_filled: 0,
            rubric_version: u32::from(!self.scoring_rubric.is_empty()),
            meta: Meta::new(self.meta.organisation_id, now, created_by),
            ..self.clone()
        };
        copy.derive();
        copy
    }

    pub fn set_criteria(&mut self, criteria: AiCriteria) -> Result<()> {
        self.check_editable()?;
        self.ai_criteria = Some(criteria);
        Ok(())
    }

    /// The criteria that count: the job's, else the defaults with its required skills; `None` when it names no skill.
    pub fn criteria(&self) -> Option<AiCriteria> {
        let named = || -> Vec<String> {
            let skills = self.fields.required_skills.keys().chain(&self.fields.requirements.skills);
            let mut seen = std::collections::HashSet::new();
            skills.filter(|skill| seen.insert(text::fold(skill))).take(50).cloned().collect()
        };
        self.ai_criteria
            .clone()
            .or_else(|| Some(named()).filter(|skills| !skills.is_empty()).map(AiCriteria::requiring))
    }

    /// 422 for a rubric that cannot be scored on.
    pub fn set_rubric(&mut self, rubric: Vec<Dimension>) -> Result<()> {
        self.check_editable()?;
        validate_rubric(&rubric).map_err(|wrong| Error::invalid("/dimensions", wrong.to_string()))?;
        self.scoring_rubric = rubric;
        self.rubric_version += 1;
        Ok(())
    }

    /// `true` when the recruiter was not assigned before.
    pub fn assign(&mut self, recruiter: UserId) -> bool {
        let new = !self.recruiter_ids.contains(&recruiter);
        if new {
            self.recruiter_ids.push(recruiter);
            self.derive();
        }
        new
    }

    pub fn unassign(&mut self, recruiter: UserId) -> bool {
        let before = self.recruiter_ids.len();
        self.recruiter_ids.retain(|id| *id != recruiter);
        self.derive();
        self.recruiter_ids.len() < before
    }

    fn derive(&mut self) {
        self.is_remote = self.fields.work_type == Some(WorkType::Remote);
        let people = self.recruiter_ids.iter().chain(&self.fields.hiring_manager_id).map(ToString::to_string);
        self.owner_ids = self.meta.created_by.iter().cloned().chain(people).collect();
        self.owner_ids.sort_unstable();
        self.owner_ids.dedup();
    }
}

impl JobFields {
    /// 422 for a last day that has passed already.
    pub fn check_deadline(&self, now: Timestamp) -> Result<()> {
        match self.deadline {
            Some(deadline) if deadline < Day::of(now) => {
                Err(Error::invalid("/deadline", "The deadline must not have passed."))
            }
            _ => Ok(()),
        }
    }
}

/// Everything that is missing, at once. `today` is left out where the deadline may have passed already.
fn check_publishable(fields: &JobFields, today: Option<Day>) -> Result<()> {
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    let missing = [
        ("/title", fields.title.trim().is_empty()),
        ("/description", blank(&fields.description)),
        ("/department", blank(&fields.department)),
        ("/job_type", fields.job_type.is_none()),
        ("/employment_type", fields.employment_type.is_none()),
        ("/deadline", fields.deadline.is_none()),
    ];
    let mut error =
        Error::new(Code::ValidationFailed, "Something is missing before the job can be published.");
    for (pointer, _) in missing.iter().filter(|(_, missing)| *missing) {
        error = error.with_field(*pointer, "required", "Needed before publication.");
    }
    if fields.deadline.zip(today).is_some_and(|(deadline, today)| deadline < today) {
        error = error.with_field("/deadline", "invalid", "The deadline must not have passed.");
    }
    if error.fields().is_empty() { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests;
