//! What the person with the link does. A token says which invitation; signing in says who accepts it.

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::docs::{At, Target, Work};
use shared::domain::application::Application;
use shared::domain::candidate::Candidate;
use shared::domain::interview::{Interview, InterviewId};
use shared::domain::invitation::{Invitation, InvitationKind};
use shared::domain::membership::{Membership, MembershipStatus};
use shared::domain::person_link::PersonLink;
use shared::domain::user::{User, UserId};
use shared::http::{Anonymous, Body, Caller, Json, MaybeCaller};
use shared::letters::DerivedToken;
use shared::store::Tenant;
use shared::{Context, Error, Result};

#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// From the link in the mail.
    #[garde(length(max = 500))]
    token: String,
}

/// What a link leads to, for the page it opens.
#[derive(Serialize, JsonSchema)]
pub(crate) struct InvitationOffer {
    kind: InvitationKind,
    company_name: String,
    role_title: String,
    expires_at: Timestamp,
    interview_id: Option<InterviewId>,
    /// Accepting takes a signed-in account with the invited address.
    needs_sign_in: bool,
}

/// Where an accepted invitation leads.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Accepted {
    interview_id: Option<InterviewId>,
    assessment_assignment_id: Option<String>,
}

pub(crate) async fn validate(
    State(ctx): State<Context>,
    MaybeCaller(caller): MaybeCaller,
    Anonymous(actor): Anonymous,
    Body(body): Body<TokenBody>,
) -> Result<Json<InvitationOffer>> {
    let target = found(&ctx, &body.token).await?;
    let at = At { tenant: Tenant::parse(&target.tenant), actor };
    let invitation = current(&ctx, &at, &target, &body.token).await?;
    invitation.check_open(ctx.now())?;
    let docs = ctx.docs::<Invitation>(&at);
    let invitation = docs
        .update(invitation.id, invitation.id, None, |invitation, work| {
            work.action("view");
            invitation.open(work.now())
        })
        .await?;
    Ok(Json(InvitationOffer {
        kind: invitation.kind,
        company_name: invitation.company_name,
        role_title: invitation.role_title,
        expires_at: invitation.expires_at,
        interview_id: invitation.interview_id,
        needs_sign_in: caller.is_none(),
    }))
}

pub(crate) async fn accept(
    State(ctx): State<Context>,
    caller: Caller,
    Body(body): Body<TokenBody>,
) -> Result<Json<Accepted>> {
    let target = found(&ctx, &body.token).await?;
    let at = caller.within(Tenant::parse(&target.tenant));
    let invitation = current(&ctx, &at, &target, &body.token).await?;
    let person = caller.person();
    let user = ctx.docs::<User>(&person).get(&caller.user_id).await?;
    invitation.clone().accept(&user.email, ctx.now())?;
    // Everything the acceptance means comes before it is noted; each step can be repeated.
    match invitation.kind {
        InvitationKind::Interview => link_candidate(&ctx, &at, &person, &invitation, user.id).await?,
        InvitationKind::Member => join(&ctx, &at, &person, user.id).await?,
        InvitationKind::Assessment => {}
    }
    let docs = ctx.docs::<Invitation>(&at);
    docs.update(invitation.id, invitation.id, None, |invitation, work: &mut Work<'_>| {
        work.action("status_change");
        invitation.accept(&user.email, work.now())
    })
    .await?;
    ctx.sign_in().forget(&caller.user_id);
    Ok(Json(Accepted {
        interview_id: invitation.interview_id,
        assessment_assignment_id: invitation.assessment_assignment_id,
    }))
}

/// The invitation's place; unknown and misshapen tokens are the same 404.
async fn found(ctx: &Context, token: &str) -> Result<Target> {
    let claim = DerivedToken::claim_of("invitation", token);
    ctx.lookup(&claim).await?.ok_or_else(|| Error::not_found("invitation"))
}

/// The invitation, if the token is its newest; an older one's link is gone.
async fn current(ctx: &Context, at: &At, target: &Target, token: &str) -> Result<Invitation> {
    let invitation = ctx.docs::<Invitation>(at).get(&target.id).await?.into_inner();
    if DerivedToken::of_invitation(&invitation).text(ctx) != token {
        return Err(Error::new(shared::Code::Gone, "This invitation was replaced by a newer one."));
    }
    Ok(invitation)
}

async fn link_candidate(
    ctx: &Context,
    at: &At,
    person: &At,
    invitation: &Invitation,
    user: UserId,
) -> Result<()> {
    let (Some(application_id), Some(interview_id)) = (invitation.application_id, invitation.interview_id)
    else {
        return Err(Error::internal("an interview invitation without an interview"));
    };
    let application = ctx.docs::<Application>(at).get(application_id).await?;
    let holder = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let (job, candidate) = (application.job_id, application.candidate_id);
    ctx.docs::<Candidate>(at)
        .update(candidate, candidate, None, |candidate, _| {
            candidate.link(user);
            Ok(())
        })
        .await?;
    ctx.docs::<Application>(at)
        .update(application_id, application_id, None, |application, _| {
            application.set_candidate(candidate, Some(user));
            Ok(())
        })
        .await?;
    ctx.docs::<Interview>(at)
        .update(interview_id, interview_id, None, |interview, _| {
            interview.set_candidate_user(user);
            Ok(())
        })
        .await?;
    let now = ctx.now();
    let mut work = ctx.work(person, user);
    work.overwrite(PersonLink::application(user, holder, application_id, job, now))?;
    work.overwrite(PersonLink::interview(user, holder, application_id, job, interview_id, now))?;
    Ok(work.commit().await?)
}

async fn join(ctx: &Context, at: &At, person: &At, user: UserId) -> Result<()> {
    let holder = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    ctx.docs::<User>(person)
        .update(user, user, None, |user, _| {
            user.joined(holder);
            Ok(())
        })
        .await?;
    ctx.docs::<Membership>(at)
        .update(user, user, None, |member, work| match member.status {
            MembershipStatus::Invited => {
                work.action("permission_change");
                member.accept()
            }
            MembershipStatus::Active | MembershipStatus::Suspended => Ok(()),
        })
        .await?;
    Ok(())
}
