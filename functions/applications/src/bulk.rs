//! One action on many applications; each succeeds or fails by itself.

use crate::application::{as_staff, step};
use crate::pipeline;
use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::domain::application::{Application, ApplicationFields, ApplicationId, Mover};
use shared::domain::application_note::{ApplicationNote, ApplicationNoteFields, NoteType};
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
    #[garde(skip)]
    action: Verb,
    /// 1 to 100, each once.
    #[garde(length(min = 1, max = 100), custom(distinct))]
    application_ids: Vec<ApplicationId>,
    #[serde(default)]
    #[garde(dive)]
    params: Params,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verb {
    /// May have `notes`.
    Advance,
    /// Needs `reason`; may have `send_email` (default true).
    Reject,
    /// Needs `stage_id`; may have `notes`.
    Move,
    /// Needs `recruiter_id`.
    Assign,
    /// Needs `body`; may have `note_type` and `is_private`.
    AddNote,
}

#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
#[garde(allow_unvalidated)]
pub(crate) struct Params {
    #[garde(length(chars, max = 2000))]
    notes: Option<String>,
    #[garde(length(chars, min = 1, max = 2000))]
    reason: Option<String>,
    send_email: Option<bool>,
    stage_id: Option<StageId>,
    recruiter_id: Option<UserId>,
    #[garde(length(chars, min = 1, max = 5000))]
    body: Option<String>,
    note_type: NoteType,
    is_private: bool,
}

/// What is done, with all it needs.
enum BulkAction {
    Advance { notes: Option<String> },
    Reject { reason: String, send_email: bool },
    Move { stage_id: StageId, notes: Option<String> },
    Assign { recruiter_id: UserId },
    AddNote(ApplicationNoteFields),
}

impl BulkAction {
    fn of(verb: Verb, params: Params) -> Result<Self> {
        fn needed<T>(value: Option<T>, name: &str) -> Result<T> {
            value.ok_or_else(|| Error::invalid(format!("/params/{name}"), "This action needs it."))
        }
        let Params { notes, reason, send_email, stage_id, recruiter_id, body, note_type, is_private } =
            params;
        Ok(match verb {
            Verb::Advance => Self::Advance { notes },
            Verb::Reject => {
                Self::Reject { reason: needed(reason, "reason")?, send_email: send_email.unwrap_or(true) }
            }
            Verb::Move => Self::Move { stage_id: needed(stage_id, "stage_id")?, notes },
            Verb::Assign => Self::Assign { recruiter_id: needed(recruiter_id, "recruiter_id")? },
            Verb::AddNote => {
                Self::AddNote(ApplicationNoteFields { body: needed(body, "body")?, note_type, is_private })
            }
        })
    }
}

fn distinct(ids: &[ApplicationId], (): &()) -> garde::Result {
    let all: BTreeSet<_> = ids.iter().collect();
    if all.len() == ids.len() { Ok(()) } else { Err(garde::Error::new("must not name anything twice")) }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BulkResult {
    results: Vec<BulkOutcome>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct BulkOutcome {
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
    let action = BulkAction::of(bulk.action, bulk.params)?;
    match &action {
        BulkAction::AddNote(_) => drop(caller.needs(Resource::ApplicationNote, Action::Create)?),
        BulkAction::Assign { recruiter_id } => {
            if ctx.docs::<Membership>(&at).find(recruiter_id).await?.is_none() {
                return Err(Error::invalid("/params/recruiter_id", "There is no such member."));
            }
        }
        BulkAction::Advance { .. } | BulkAction::Reject { .. } | BulkAction::Move { .. } => {}
    }
    let pipeline = pipeline::of(&ctx, &at).await?;
    let mut results = Vec::with_capacity(bulk.application_ids.len());
    for id in bulk.application_ids {
        let problem = one(&ctx, &caller, by, &pipeline, id, &action).await.err();
        let problem = problem
            .map(|error| Problem { code: error.code().as_str().into(), detail: error.detail().to_owned() });
        results.push(BulkOutcome { id, ok: problem.is_none(), problem });
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
        BulkAction::Advance { notes } => {
            step(ctx, &at, id, None, true, |application, work| {
                application.advance(pipeline, mover, notes.clone(), work.now())
            })
            .await?;
        }
        BulkAction::Reject { reason, send_email } => {
            step(ctx, &at, id, None, *send_email, |application, work| {
                work.action("reject");
                application.reject(by, reason, work.now())
            })
            .await?;
        }
        BulkAction::Move { stage_id, notes } => {
            step(ctx, &at, id, None, true, |application, work| {
                application.move_to(*stage_id, pipeline, mover, notes.clone(), work.now())
            })
            .await?;
        }
        BulkAction::Assign { recruiter_id } => {
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
