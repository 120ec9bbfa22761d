//! One action on many applications; each succeeds or fails by itself.

use crate::application::{as_staff, step};
use crate::pipeline;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::domain::application::{Application, ApplicationFields, ApplicationId, Mover};
use shared::domain::application_note::{ApplicationNote, ApplicationNoteFields};
use shared::domain::human::Human;
use shared::domain::membership::Membership;
use shared::domain::pipeline::{Pipeline, StageId};
use shared::domain::user::UserId;
use shared::http::{Body, Caller, Json};
use shared::{Context, Error, Result};
use std::collections::BTreeSet;

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    #[serde(flatten)]
    #[garde(skip)]
    action: BulkAction,
    /// 1 to 100, each once.
    #[garde(length(min = 1, max = 100), custom(distinct))]
    application_ids: Vec<ApplicationId>,
}

/// What is done, and what it needs.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(tag = "action", content = "params", rename_all = "snake_case")]
pub(crate) enum BulkAction {
    Advance(AdvanceParams),
    Reject(RejectParams),
    Move(MoveParams),
    Assign(AssignParams),
    AddNote(ApplicationNoteFields),
}

#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdvanceParams {
    notes: Option<String>,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectParams {
    reason: String,
    #[serde(default = "yes")]
    send_email: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveParams {
    stage_id: StageId,
    #[serde(default)]
    notes: Option<String>,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignParams {
    recruiter_id: UserId,
}

fn distinct(ids: &[ApplicationId], (): &()) -> garde::Result {
    let all: BTreeSet<_> = ids.iter().collect();
    if all.len() == ids.len() { Ok(()) } else { Err(garde::Error::new("must not name anything twice")) }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BulkResult {
    results: Vec<Outcome>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Outcome {
    id: ApplicationId,
    ok: bool,
    problem: Option<Problem>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem {
    code: String,
    detail: String,
}

pub(crate) async fn act(
    State(ctx): State<Context>,
    caller: Caller,
    Body(bulk): Body<Bulk>,
) -> Result<Json<BulkResult>> {
    let at = caller.organisation()?;
    let by = Human::of(caller.actor())?;
    if let BulkAction::AddNote(fields) = &bulk.action {
        caller.needs(Resource::ApplicationNote, Action::Create)?;
        fields.validate().map_err(|_| Error::invalid("/params/body", "must have 1 to 5000 characters"))?;
    }
    if let BulkAction::Assign(AssignParams { recruiter_id }) = &bulk.action
        && ctx.docs::<Membership>(&at).find(recruiter_id).await?.is_none()
    {
        return Err(Error::invalid("/params/recruiter_id", "There is no such member."));
    }
    let pipeline = pipeline::of(&ctx, &at).await?;
    let mut results = Vec::with_capacity(bulk.application_ids.len());
    for id in bulk.application_ids {
        let problem = one(&ctx, &caller, by, &pipeline, id, &bulk.action).await.err();
        let problem = problem
            .map(|error| Problem { code: error.code().as_str().into(), detail: error.detail().to_owned() });
        results.push(Outcome { id, ok: problem.is_none(), problem });
    }
    Ok(Json(BulkResult { results }))
}

async fn one(
    ctx: &Context,
    caller: &Caller,
    by: Human,
    pipeline: &Pipeline,
    id: ApplicationId,
    action: &BulkAction,
) -> Result<()> {
    let (at, application) = as_staff(ctx, caller, id, Action::Execute).await?;
    let mover = Mover::Human(by);
    match action {
        BulkAction::Advance(AdvanceParams { notes }) => {
            step(ctx, &at, id, None, true, |application, work| {
                application.advance(pipeline, mover, notes.clone(), work.now())
            })
            .await?;
        }
        BulkAction::Reject(RejectParams { reason, send_email }) => {
            step(ctx, &at, id, None, *send_email, |application, work| {
                work.action("reject");
                application.reject(by, reason, work.now())
            })
            .await?;
        }
        BulkAction::Move(MoveParams { stage_id, notes }) => {
            step(ctx, &at, id, None, true, |application, work| {
                application.move_to(*stage_id, pipeline, mover, notes.clone(), work.now())
            })
            .await?;
        }
        BulkAction::Assign(AssignParams { recruiter_id }) => {
            let applications = ctx.docs::<Application>(&at);
            let assigned = applications.update(id, id, None, |application, work| {
                work.action("assign");
                let recruiter_id = Some(*recruiter_id);
                application.set_fields(ApplicationFields { recruiter_id, ..application.fields.clone() })
            });
            assigned.await?;
        }
        BulkAction::AddNote(fields) => {
            ctx.admit(caller, &at, Resource::ApplicationNote, Action::Create, &*application).await?;
            let note = ApplicationNote::new(&application, fields.clone(), by.id(), ctx.now());
            ctx.docs::<ApplicationNote>(&at).create(note).await?;
        }
    }
    Ok(())
}
