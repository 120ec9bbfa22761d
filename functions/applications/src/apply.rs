//! How an application comes to be.

use crate::application::{SeenApplication, pair, see};
use crate::candidate;
use crate::pipeline;
use axum::extract::State;
use shared::auth::{Action, Resource};
use shared::docs::{At, Target};
use shared::domain::application::{Application, NewApplication, Submission};
use shared::domain::candidate::Candidate;
use shared::domain::job::Job;
use shared::domain::messages::ApplicationMoved;
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::person_link::PersonLink;
use shared::domain::user::UserId;
use shared::http::{Body, Caller, Created};
use shared::store::Tenant;
use shared::{Code, Context, Error, Result};

/// Staff and suppliers hand in a candidate of their organisation; anybody else applies in person.
pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(body): Body<NewApplication>,
) -> Result<Created<SeenApplication>> {
    let member_of = caller
        .organisation()
        .ok()
        .filter(|at| body.organisation_id.is_none_or(|asked| at.tenant.organisation_id() == Some(asked)));
    match (member_of, body.organisation_id) {
        (Some(at), _) => hand_in(&ctx, &caller, &at, body).await,
        (None, Some(organisation)) => apply(&ctx, &caller, organisation, body).await,
        (None, None) => {
            let holder = ctx.holder_of(body.job_id).await?.ok_or_else(|| Error::not_found("job"))?;
            apply(&ctx, &caller, holder, body).await
        }
    }
}

async fn hand_in(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    body: NewApplication,
) -> Result<Created<SeenApplication>> {
    caller.needs(Resource::Application, Action::Create)?;
    let job = ctx.docs::<Job>(at).get(body.job_id).await?;
    // Suppliers have no right to jobs: they see the open ones, like everybody.
    if caller.scope(Resource::Job, Action::Read).is_some() {
        ctx.admit(caller, at, Resource::Job, Action::Read, &*job).await?;
    } else {
        job.public_view()?;
    }
    job.check_open()?;
    let id = body.candidate_id.ok_or_else(|| Error::invalid("/candidate_id", "Say who applies."))?;
    let candidate = ctx.docs::<Candidate>(at).get(id).await?;
    ctx.admit(caller, at, Resource::Candidate, Action::Read, &*candidate).await?;
    candidate.check_present()?;
    candidate.check_not_blacklisted()?;
    let submission = Submission {
        organisation: at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?,
        candidate: candidate.id,
        candidate_user: candidate.user_id,
        submitted_by: caller.user_id.parse().ok(),
        created_by: caller.actor().id.clone(),
    };
    let application = save(ctx, at, body, submission).await?;
    created(ctx, at, application, false).await
}

async fn apply(
    ctx: &Context,
    caller: &Caller,
    organisation: OrganisationId,
    body: NewApplication,
) -> Result<Created<SeenApplication>> {
    let at = caller.within(Tenant::organisation(&organisation.to_string()));
    let holder = ctx.docs::<Organisation>(&at).get(organisation).await?;
    let job = ctx.docs::<Job>(&at).get(body.job_id).await?;
    if holder.status == OrganisationStatus::Closed || job.posted_date.is_none() {
        return Err(Error::not_found("job"));
    }
    job.check_open()?;
    if holder.status == OrganisationStatus::Suspended {
        return Err(Error::new(Code::JobNotOpen, "The job takes no applications."));
    }
    let user: UserId = caller.user_id.parse().map_err(|_| Error::forbidden("Only a person can apply."))?;
    let candidate = candidate::of_person(ctx, caller, &at, organisation, user).await?;
    if body.candidate_id.is_some_and(|id| id != candidate.id && id != user.cast()) {
        return Err(Error::not_found("candidate"));
    }
    // That there is a list, and why somebody is on it, is for staff only.
    candidate
        .check_not_blacklisted()
        .map_err(|_| Error::conflict("The organisation takes no application from you."))?;
    let submission = Submission {
        organisation,
        candidate: candidate.id,
        candidate_user: Some(user),
        submitted_by: None,
        created_by: Some(caller.user_id.clone()),
    };
    match save(ctx, &at, body, submission).await {
        Ok(application) => created(ctx, &at, application, true).await,
        Err(error) => {
            repair_link(ctx, &at, &error, user).await?;
            Err(error)
        }
    }
}

async fn save(ctx: &Context, at: &At, body: NewApplication, from: Submission) -> Result<Application> {
    let pipeline = pipeline::of(ctx, at).await?;
    let application = Application::new(body, from, &pipeline, ctx.now())?;
    let claim = pair(&at.tenant, application.job_id, application.candidate_id);
    let mut work = ctx.work(at, application.id);
    let target = Target::of(at, &application);
    let application = work.create(application)?;
    work.send(&ApplicationMoved::new(&application, None, true))?;
    ctx.commit_unique(work, &target, &[claim]).await?;
    link(ctx, &application).await?;
    Ok(application)
}

/// Lets the person reach their application; again is harmless.
pub(crate) async fn link(ctx: &Context, application: &Application) -> Result<()> {
    let (Some(user), Some(holder)) = (application.candidate_user_id, application.meta.organisation_id) else {
        return Ok(());
    };
    let at = At::system(Tenant::person(&user.to_string()));
    let link = PersonLink::application(user, holder, application.id, application.job_id, ctx.now());
    let mut work = ctx.work(&at, user);
    work.overwrite(link)?;
    Ok(work.commit().await?)
}

/// A crash came between an application and its link: whoever tries again finds it repaired.
async fn repair_link(ctx: &Context, at: &At, error: &Error, user: UserId) -> Result<()> {
    let existing = error.members().get("existing_id").and_then(|id| id.as_str());
    if let (Code::Duplicate, Some(id)) = (error.code(), existing)
        && let Some(application) = ctx.docs::<Application>(at).find(id).await?
        && application.candidate_user_id == Some(user)
    {
        link(ctx, &application).await?;
    }
    Ok(())
}

async fn created(
    ctx: &Context,
    at: &At,
    application: Application,
    is_own: bool,
) -> Result<Created<SeenApplication>> {
    let location = format!("{}/applications/{}", shared::function::PREFIX, application.id);
    let seen = see(ctx, at, application, is_own).await?;
    Ok(Created { location, etag: Some(seen.etag), value: seen.value })
}
