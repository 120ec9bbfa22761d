//! What the interviewer knows: the job, what the organisation values, who sits opposite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::docs::At;
use shared::domain::candidate::Candidate;
use shared::domain::interview::Interview;
use shared::domain::job::Job;
use shared::domain::organisation::Organisation;
use shared::domain::requirements::Requirements;
use shared::prompts::{InterviewTurn, Phase, PlanStep};
use shared::{Context, Result};

/// The context of a conversation as the contract words it (spec 20 §5). Sent by clients, answered by start.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct ConversationContext {
    pub job_title: Option<String>,
    pub job_description: Option<String>,
    pub requirements: Option<Requirements>,
    /// A list of texts; a text or an object of names and descriptions is understood too.
    pub company_values: Value,
    pub candidate_context: CandidateContext,
    pub interview_progress: Progress,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct CandidateContext {
    pub name: Option<String>,
    pub resume_summary: Option<String>,
    pub application_id: Option<String>,
}

#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Progress {
    pub questions_asked: u32,
    pub competencies_covered: Vec<String>,
    pub current_phase: Phase,
}

/// The stored facts around an interview.
pub(crate) struct Material {
    pub(crate) job: Job,
    pub(crate) organisation: Option<Organisation>,
    pub(crate) candidate: Option<Candidate>,
}

impl Material {
    pub(crate) async fn of(ctx: &Context, at: &At, interview: &Interview) -> Result<Self> {
        let (jobs, candidates) = (ctx.docs::<Job>(at), ctx.docs::<Candidate>(at));
        let (job, candidate, organisation) = tokio::join!(
            // A job that was closed and hidden is still the one the interview is about.
            jobs.find_even_deleted(interview.job_id, interview.job_id),
            candidates.find(interview.candidate_id),
            organisation(ctx, at),
        );
        Ok(Self {
            job: job?.ok_or_else(|| shared::Error::not_found("job"))?.into_inner(),
            candidate: candidate?.map(shared::docs::Stored::into_inner),
            organisation: organisation?,
        })
    }

    pub(crate) fn plan(&self) -> &[PlanStep] {
        &self.job.fields.interview_structure.phases
    }

    /// The prompt of the next turn, without the conversation.
    pub(crate) fn prompt(&self, interview: &Interview) -> InterviewTurn {
        InterviewTurn {
            job_title: self.job.fields.title.clone(),
            job_description: self.job.fields.description.clone().unwrap_or_default(),
            requirements: self.job.fields.requirements.clone(),
            company_values: self.organisation.as_ref().map(Organisation::company_values).unwrap_or_default(),
            candidate_name: self.candidate.as_ref().map(|candidate| candidate.fields.first_name.clone()),
            resume_summary: self.candidate.as_ref().map(summary),
            plan: self.plan().to_vec(),
            phase: interview.current_phase,
            questions_asked: interview.questions_asked,
            competencies_covered: interview.competencies_covered.clone(),
            messages: Vec::new(),
        }
    }

    /// What start tells. The planned questions stay with the interviewer.
    pub(crate) fn context(&self, interview: &Interview) -> ConversationContext {
        let InterviewTurn { job_title, job_description, requirements, company_values, .. } =
            self.prompt(interview);
        ConversationContext {
            job_title: Some(job_title),
            job_description: Some(job_description),
            requirements: Some(Requirements { interview_questions: Vec::new(), ..requirements }),
            company_values: company_values.into(),
            candidate_context: CandidateContext {
                name: self.candidate.as_ref().map(|candidate| {
                    format!("{} {}", candidate.fields.first_name, candidate.fields.last_name)
                }),
                resume_summary: self.candidate.as_ref().map(summary),
                application_id: Some(interview.application_id.to_string()),
            },
            interview_progress: Progress {
                questions_asked: interview.questions_asked,
                competencies_covered: interview.competencies_covered.clone(),
                current_phase: interview.current_phase,
            },
        }
    }
}

/// The organisation whose tenant this is.
pub(crate) async fn organisation(ctx: &Context, at: &At) -> Result<Option<Organisation>> {
    let Some(id) = at.tenant.organisation_id() else { return Ok(None) };
    Ok(ctx.docs::<Organisation>(at).find(id).await?.map(shared::docs::Stored::into_inner))
}

/// A candidate's background in a few lines.
fn summary(candidate: &Candidate) -> String {
    let fields = &candidate.fields;
    let mut lines = Vec::new();
    lines.extend(fields.summary.clone());
    lines.extend(fields.current_title.as_ref().map(|title| format!("Now: {title}.")));
    lines.extend(fields.years_experience.map(|years| format!("Experience: {years} years.")));
    let skills: Vec<_> =
        candidate.skills.iter().take(30).map(|skill| skill.fields.skill_name.as_str()).collect();
    if !skills.is_empty() {
        lines.push(format!("Skills: {}.", skills.join(", ")));
    }
    for work in candidate.experience.iter().take(5) {
        lines.push(format!("{} at {}.", work.fields.job_title, work.fields.company_name));
    }
    lines.join("\n")
}

/// Values as texts, whichever of the known forms they were sent in.
pub(crate) fn values_of(sent: &Value) -> Vec<String> {
    match sent {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(text) => format!("{name}: {text}"),
                None => name.clone(),
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
