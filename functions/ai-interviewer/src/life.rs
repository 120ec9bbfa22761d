//! Start and end of an interview (spec 20 §4).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{At, Listing};
use shared::domain::interview::{Interview, InterviewId, InterviewStatus, ScoringStatus, StartConditions};
use shared::domain::invitation::{Invitation, InvitationKind};
use shared::domain::messages::ScoreInterview;
use shared::http::{Caller, ContractBody, ContractQuery, Json};
use shared::{Code, Context, Error, Result};

use crate::material::{ConversationContext, Material};

/// Which interview: as a query parameter or a member of the body.
#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(default)]
#[garde(allow_unvalidated)]
pub(crate) struct Which {
    pub interview_id: Option<InterviewId>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Started {
    pub interview_id: InterviewId,
    pub status: InterviewStatus,
    pub started_at: Option<Timestamp>,
    pub context: ConversationContext,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Ended {
    pub interview_id: InterviewId,
    pub status: InterviewStatus,
    pub ended_at: Option<Timestamp>,
    pub duration_seconds: Option<i64>,
    pub scoring_status: ScoringStatus,
}

fn which(query: &Which, body: &Which) -> Result<InterviewId> {
    match (query.interview_id, body.interview_id) {
        (Some(a), Some(b)) if a != b => {
            Err(Error::new(Code::BadRequest, "interview_id is given twice, with different values."))
        }
        (Some(id), _) | (None, Some(id)) => Ok(id),
        (None, None) => Err(Error::invalid("/interview_id", "Say which interview.")),
    }
}

pub(crate) async fn start(
    State(ctx): State<Context>,
    caller: Caller,
    ContractQuery(query): ContractQuery<Which>,
    ContractBody(body): ContractBody<Which>,
) -> Result<Json<Started>> {
    let id = which(&query, &body)?;
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Execute).await?;
    let (at, interview) = (reached.at, reached.interview);
    let material = Material::of(&ctx, &at, &interview).await?;
    let started = if interview.status == InterviewStatus::InProgress {
        interview.into_inner()
    } else {
        begin(&ctx, &at, &interview, &material).await?
    };
    Ok(Json(Started {
        interview_id: id,
        status: started.status,
        started_at: started.started_at,
        context: material.context(&started),
    }))
}

async fn begin(ctx: &Context, at: &At, interview: &Interview, material: &Material) -> Result<Interview> {
    if interview.status == InterviewStatus::Expired {
        return Err(Error::new(Code::Gone, "The invitation to this interview is no longer valid."));
    }
    if let Some(organisation) = &material.organisation {
        organisation.check_writable()?;
    }
    let conditions = StartConditions {
        require_disclosure: material.organisation.as_ref().is_none_or(|own| own.fields.require_ai_disclosure),
        invitation_expires_at: invitation_end(ctx, at, interview.id).await?,
    };
    ctx.docs::<Interview>(at)
        .update(interview.id, interview.id, None, |interview, work| {
            if interview.start(conditions, work.now())? {
                work.action("start");
            }
            Ok(())
        })
        .await
}

/// When the newest invitation to it ends, or ended.
async fn invitation_end(ctx: &Context, at: &At, id: InterviewId) -> Result<Option<Timestamp>> {
    let newest = Listing::newest().eq("interview_id", id).eq("kind", InvitationKind::Interview).page(1, None);
    let found = ctx.docs::<Invitation>(at).list(newest).await?.items.pop();
    Ok(found.map(|invitation| match invitation.revoked_at {
        Some(revoked) => revoked.min(invitation.expires_at),
        None => invitation.expires_at,
    }))
}

pub(crate) async fn end(
    State(ctx): State<Context>,
    caller: Caller,
    ContractQuery(query): ContractQuery<Which>,
    ContractBody(body): ContractBody<Which>,
) -> Result<Json<Ended>> {
    let id = which(&query, &body)?;
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Execute).await?;
    let ended = if reached.interview.status == InterviewStatus::Completed {
        reached.interview.into_inner()
    } else {
        finish(&ctx, &reached.at, id).await?
    };
    Ok(Json(Ended {
        interview_id: id,
        status: ended.status,
        ended_at: ended.ended_at,
        duration_seconds: ended.duration_seconds,
        scoring_status: ended.scoring_status,
    }))
}

/// The end and the one message for scoring are one commit.
async fn finish(ctx: &Context, at: &At, id: InterviewId) -> Result<Interview> {
    ctx.docs::<Interview>(at)
        .update(id, id, None, |interview, work| {
            if interview.end(work.now())? {
                work.action("end");
                work.send(&ScoreInterview { interview_id: id, reason: "interview_ended".into() })?;
            }
            Ok(())
        })
        .await
}
