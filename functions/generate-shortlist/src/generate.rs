//! POST /shortlist/generate (spec 30 §6). A model judges each candidate against the job; ranks are given in code. Names
//! are read and dropped: they reach no prompt and no store.

use axum::extract::State;
use futures_util::future::try_join_all;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource, Scope};
use shared::docs::At;
use shared::domain::application::{Application, ApplicationId};
use shared::domain::job::{Job, JobId};
use shared::domain::requirements::Requirements;
use shared::domain::shortlist::{RankedCandidate, Shortlist};
use shared::http::{Caller, ContractBody, Json};
use shared::prompts::{ExtractRequirements, RankCandidate, RankCandidates, Ranked};
use shared::{Belongs as _, Code, Context, Error, Result};
use std::collections::BTreeSet;

#[derive(Deserialize, JsonSchema, Validate)]
pub(crate) struct ShortlistRequest {
    /// The id of a job.
    #[garde(skip)]
    job_role_id: JobId,
    #[garde(length(min = 1, max = 200), dive)]
    candidates: Vec<CandidateIn>,
    #[serde(default = "ten")]
    #[garde(range(min = 1, max = 100))]
    top_n: u32,
}

fn ten() -> u32 {
    10
}

/// A `name` is taken and ignored.
#[derive(Deserialize, JsonSchema, Validate)]
pub(crate) struct CandidateIn {
    #[garde(skip)]
    application_id: ApplicationId,
    #[serde(default)]
    #[garde(length(chars, max = 20_000))]
    resume_summary: String,
    #[serde(default)]
    #[garde(length(max = 200), inner(length(chars, max = 200)))]
    skills: Vec<String>,
    #[serde(default)]
    #[garde(range(min = 0.0, max = 80.0))]
    experience_years: f64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ShortlistAnswer {
    job_role_id: JobId,
    ranked_candidates: Vec<RankedCandidate>,
    total_evaluated: u32,
}

pub(crate) async fn generate(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(request): ContractBody<ShortlistRequest>,
) -> Result<Json<ShortlistAnswer>> {
    let at = caller.organisation()?;
    let job = ctx.docs::<Job>(&at).get(request.job_role_id).await?;
    let scope = caller.needs(Resource::Shortlist, Action::Execute)?;
    if scope != Scope::All && !ctx.reaches(&caller, &at, scope, &job.people(), Some(job.id)).await? {
        return Err(Error::not_found("job"));
    }
    check_candidates(&ctx, &at, job.id, &request.candidates).await?;
    let prompt = RankCandidates {
        job_title: job.fields.title.clone(),
        requirements: requirements(&ctx, &at, &job).await?,
        candidates: request.candidates.into_iter().map(CandidateIn::without_name).collect(),
    };
    let (ranked, model, version) = rank(&ctx, &at, &prompt).await?;
    let shortlist = Shortlist::new(
        &job,
        ranked.clone(),
        request.top_n,
        model,
        version,
        ctx.now(),
        caller.actor().id.clone(),
    );
    let shortlist = ctx.docs::<Shortlist>(&at).create(shortlist).await?;
    copy_scores(&ctx, &at, &ranked).await?;
    let Shortlist { job_id, ranked_candidates, total_evaluated, .. } = shortlist;
    Ok(Json(ShortlistAnswer { job_role_id: job_id, ranked_candidates, total_evaluated }))
}

impl CandidateIn {
    fn without_name(self) -> RankCandidate {
        let Self { application_id, resume_summary, skills, experience_years } = self;
        RankCandidate { application_id: application_id.to_string(), resume_summary, skills, experience_years }
    }
}

/// 422 naming the first candidate that is there twice or did not apply to the job.
async fn check_candidates(ctx: &Context, at: &At, job: JobId, candidates: &[CandidateIn]) -> Result<()> {
    let wrong =
        |index: usize, detail: &str| Error::invalid(format!("/candidates/{index}/application_id"), detail);
    let mut seen = BTreeSet::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if !seen.insert(candidate.application_id) {
            return Err(wrong(index, "This application is listed twice."));
        }
    }
    let applications = ctx.docs::<Application>(at);
    let found =
        try_join_all(candidates.iter().map(|candidate| applications.find(candidate.application_id))).await?;
    match found.iter().position(|found| found.as_ref().is_none_or(|found| found.job_id != job)) {
        Some(index) => Err(wrong(index, "There is no such application to this job.")),
        None => Ok(()),
    }
}

/// What the job says it asks for, else what its description does.
async fn requirements(ctx: &Context, at: &At, job: &Job) -> Result<Requirements> {
    let mut requirements = job.fields.requirements.clone();
    let named = job.fields.required_skills.keys().chain(
        job.ai_criteria
            .iter()
            .flat_map(|criteria| criteria.required_skills.iter().chain(&criteria.preferred_skills)),
    );
    for skill in named {
        if !requirements.skills.iter().any(|known| known.eq_ignore_ascii_case(skill)) {
            requirements.skills.push(skill.clone());
        }
    }
    requirements.interview_questions.clear();
    let Some(description) =
        job.fields.description.clone().filter(|_| requirements == Requirements::default())
    else {
        return Ok(requirements);
    };
    let prompt = ExtractRequirements { job_title: job.fields.title.clone(), job_description: description };
    let found = ctx.ask(at, &prompt).await?.value;
    Ok(Requirements { interview_questions: Vec::new(), ..found })
}

/// Judgements of all batches, with the model and the prompt version they came from.
async fn rank(ctx: &Context, at: &At, prompt: &RankCandidates) -> Result<(Vec<Ranked>, String, String)> {
    let batches: Vec<_> = prompt.batches().collect();
    let answers = try_join_all(batches.iter().map(|batch| ctx.ask(at, batch))).await?;
    let (model, version) = answers
        .first()
        .map(|answer| (answer.call.model.clone(), answer.call.prompt_version.clone()))
        .ok_or_else(|| Error::invalid("/candidates", "Nobody to rank."))?;
    Ok((answers.into_iter().flat_map(|answer| answer.value.candidates).collect(), model, version))
}

/// Every application keeps its newest score; one that was deleted meanwhile needs none.
async fn copy_scores(ctx: &Context, at: &At, ranked: &[Ranked]) -> Result<()> {
    let applications = ctx.docs::<Application>(at);
    for Ranked { application_id, match_score, .. } in ranked {
        let copied = applications
            .update(application_id, application_id, None, |application, work| {
                work.action("score");
                application.set_match_score(*match_score);
                Ok(())
            })
            .await;
        match copied {
            Err(error) if error.code() != Code::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
