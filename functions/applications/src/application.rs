//! One application: read, change, delete; and how everybody reaches it.

use crate::pipeline;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::auth::{Action, Resource};
use shared::docs::{At, Claim, Stored, Work};
use shared::domain::application::{Application, ApplicationFields, ApplicationForCandidate, ApplicationId};
use shared::domain::candidate::CandidateId;
use shared::domain::job::JobId;
use shared::domain::membership::Membership;
use shared::domain::messages::ApplicationMoved;
use shared::domain::person_link::PersonLink;
use shared::http::{Caller, IfMatch, MaybeIfMatch, NoContent, Patch, Path, Tagged};
use shared::store::Tenant;
use shared::{Context, Error, Result};

/// An application, as far as the caller may see it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SeenApplication {
    Whole(Box<Application>),
    Own(Box<ApplicationForCandidate>),
}

/// An application somebody has a right to: as staff, or because it is theirs.
pub(crate) struct Reached {
    pub(crate) at: At,
    pub(crate) application: Stored<Application>,
    pub(crate) is_own: bool,
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
) -> Result<Tagged<SeenApplication>> {
    let Reached { at, application, is_own } = reach(&ctx, &caller, id, Action::Read).await?;
    see(&ctx, &at, application.into_inner(), is_own).await
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    IfMatch(tag): IfMatch,
    patch: Patch<ApplicationFields>,
) -> Result<Tagged<Application>> {
    let (at, application) = as_staff(&ctx, &caller, id, Action::Update).await?;
    let fields = patch.apply(&application.fields)?;
    if let Some(recruiter) = fields.recruiter_id.filter(|new| Some(*new) != application.fields.recruiter_id)
        && ctx.docs::<Membership>(&at).find(recruiter).await?.is_none()
    {
        return Err(Error::invalid("/recruiter_id", "There is no such member."));
    }
    let application = ctx
        .docs::<Application>(&at)
        .update(id, id, Some(&tag), |application, _| application.set_fields(fields.clone()))
        .await?;
    Ok(Tagged::of(application))
}

/// The pair of job and candidate is free again afterwards.
pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let (at, _) = as_staff(&ctx, &caller, id, Action::Delete).await?;
    let gone = ctx.docs::<Application>(&at).delete(id, id, tag.as_deref()).await?;
    ctx.release(&pair(&at.tenant, gone.job_id, gone.candidate_id), &id.to_string()).await?;
    Ok(NoContent)
}

/// Who holds the claim applied.
pub(crate) fn pair(tenant: &Tenant, job: JobId, candidate: CandidateId) -> Claim {
    Claim::new(tenant, "application", &[&job.to_string(), &candidate.to_string()])
}

/// The application as staff with the right, or as its candidate; 404 otherwise.
pub(crate) async fn reach(
    ctx: &Context,
    caller: &Caller,
    id: ApplicationId,
    action: Action,
) -> Result<Reached> {
    if let Ok(at) = caller.organisation()
        && let Some(application) = ctx.docs::<Application>(&at).find(id).await?
    {
        // Staff who apply to their own employer are candidates there.
        let is_own = application.candidate_user_id.is_some_and(|user| user.to_string() == caller.user_id);
        if !is_own {
            ctx.admit(caller, &at, Resource::Application, action, &*application).await?;
        }
        return Ok(Reached { at, application, is_own });
    }
    let link = ctx.docs::<PersonLink>(&caller.person()).find_in(&caller.user_id, id).await?;
    let link = link.ok_or_else(|| Error::not_found("application"))?;
    let at = caller.within(link.tenant());
    let application = ctx.docs::<Application>(&at).get(id).await?;
    Ok(Reached { at, application, is_own: true })
}

pub(crate) async fn as_staff(
    ctx: &Context,
    caller: &Caller,
    id: ApplicationId,
    action: Action,
) -> Result<(At, Stored<Application>)> {
    let at = caller.organisation()?;
    let application = ctx.docs::<Application>(&at).get(id).await?;
    ctx.admit(caller, &at, Resource::Application, action, &*application).await?;
    Ok((at, application))
}

/// One step of an application, with the message of it in the same commit.
pub(crate) async fn step(
    ctx: &Context,
    at: &At,
    id: ApplicationId,
    tag: Option<&str>,
    letter: bool,
    how: impl Fn(&mut Application, &mut Work<'_>) -> Result<()>,
) -> Result<Application> {
    ctx.docs::<Application>(at)
        .update(id, id, tag, |application, work| {
            let from = application.status;
            how(application, work)?;
            work.send(&ApplicationMoved::new(application, Some(from), letter))
        })
        .await
}

pub(crate) async fn see(
    ctx: &Context,
    at: &At,
    application: Application,
    is_own: bool,
) -> Result<Tagged<SeenApplication>> {
    let etag = application.meta.etag.clone();
    let value = if is_own {
        let pipeline = pipeline::of(ctx, at).await?;
        SeenApplication::Own(Box::new(application.candidate_view(&pipeline)))
    } else {
        SeenApplication::Whole(Box::new(application))
    };
    Ok(Tagged { etag, value })
}
