//! Sending, sending again, revoking.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{At, Listing, Target, Work};
use shared::domain::application::Application;
use shared::domain::candidate::Candidate;
use shared::domain::email_message::RelatedEntity;
use shared::domain::interview::{Interview, InterviewFields, InterviewStatus};
use shared::domain::invitation::{Invitation, InvitationId, InvitationKind, InvitationStatus, NewInvitation};
use shared::domain::setting::{self, Settings};
use shared::http::{Caller, ContractBody, Created, MaybeIfMatch, Path, Tagged};
use shared::letters::{DerivedToken, LetterValue};
use shared::mail::TemplateName;
use shared::{Code, Context, Error, Result};

/// Purpose of the notes that an invitation ends.
pub(crate) const EXPIRY: &str = "invitation-expiry";

/// The contract's answer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentInvitation {
    id: InvitationId,
    status: InvitationStatus,
    expires_at: Timestamp,
}

pub(crate) async fn send(
    State(ctx): State<Context>,
    caller: Caller,
    ContractBody(body): ContractBody<NewInvitation>,
) -> Result<Created<SentInvitation>> {
    let at = caller.organisation()?;
    let application = ctx.docs::<Application>(&at).get(body.application_id).await?;
    ctx.admit(&caller, &at, Resource::Invitation, Action::Create, &*application).await?;
    application.check_open()?;
    if body.kind != InvitationKind::Interview {
        return Err(Error::invalid("/kind", "Only interviews can be invited to here."));
    }
    let candidate = ctx.docs::<Candidate>(&at).get(application.candidate_id).await?;
    candidate.check_not_blacklisted()?;
    if !candidate.fields.email.eq_ignore_ascii_case(&body.candidate_email) {
        return Err(Error::new(
            Code::EmailMismatch,
            "The address is not that of the application's candidate.",
        )
        .with_field("/candidate_email", "mismatch", "Use the candidate's own address."));
    }
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let interview = interview_of(&ctx, &at, &application).await?;
    let days = invitation_days(&ctx, &at).await?;
    let mut invitation = Invitation::new(organisation, body, days, ctx.now(), caller.actor().id.clone());
    invitation.belongs_to(&application, interview.id);

    hold_the_only_open_one(&ctx, &at, &invitation).await?;
    ctx.note_due(EXPIRY, invitation.expires_at, &at.tenant, invitation.id).await?;
    let target = Target::of(&at, &invitation);
    let claims = [DerivedToken::of_invitation(&invitation).claim(&ctx)];
    let name = name_of(&candidate);
    let mut work = ctx.work(&at, invitation.id);
    let invitation = work.create(invitation)?;
    write_letter(&ctx, &mut work, &invitation, &name)?;
    ctx.commit_unique(work, &target, &claims).await?;
    Ok(Created {
        location: format!("{}/invitations/{}", shared::function::PREFIX, invitation.id),
        etag: Some(invitation.meta.etag),
        value: SentInvitation {
            id: invitation.id,
            status: invitation.status,
            expires_at: invitation.expires_at,
        },
    })
}

pub(crate) async fn resend(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InvitationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<Tagged<Invitation>> {
    let at = caller.organisation()?;
    let (stored, application) = admitted(&ctx, &caller, &at, id, Action::Update).await?;
    application.check_open()?;
    let candidate = ctx.docs::<Candidate>(&at).get(application.candidate_id).await?;
    candidate.check_not_blacklisted()?;
    let days = invitation_days(&ctx, &at).await?;
    let name = name_of(&candidate);
    let mut next = stored.clone();
    // The timer may not have passed by yet.
    next.expire(ctx.now());
    next.resend(days, ctx.now())?;
    hold_the_only_open_one(&ctx, &at, &next).await?;
    // The interview it was for may have expired with it.
    let interview = interview_of(&ctx, &at, &application).await?;
    // The new token leads here before the letter that carries it can leave.
    ctx.claim(&DerivedToken::of_invitation(&next).claim(&ctx), &Target::of(&at, &next)).await?;
    ctx.note_due(EXPIRY, next.expires_at, &at.tenant, id).await?;
    let docs = ctx.docs::<Invitation>(&at);
    let invitation = docs
        .update(id, id, tag.as_deref(), |invitation, work| {
            invitation.expire(work.now());
            invitation.resend(days, work.now())?;
            invitation.belongs_to(&application, interview.id);
            work.action("status_change");
            write_letter(&ctx, work, invitation, &name)
        })
        .await?;
    Ok(Tagged::of(invitation))
}

pub(crate) async fn revoke(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InvitationId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<Tagged<Invitation>> {
    let at = caller.organisation()?;
    admitted(&ctx, &caller, &at, id, Action::Update).await?;
    let docs = ctx.docs::<Invitation>(&at);
    let invitation = docs
        .update(id, id, tag.as_deref(), |invitation, work| {
            work.action("status_change");
            invitation.revoke(work.now())
        })
        .await?;
    Ok(Tagged::of(invitation))
}

/// The invitation, if the caller's right reaches its application.
pub(crate) async fn admitted(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    id: InvitationId,
    action: Action,
) -> Result<(Invitation, Application)> {
    let invitation = ctx.docs::<Invitation>(at).get(id).await?.into_inner();
    let application_id = invitation.application_id.ok_or_else(|| Error::not_found("invitation"))?;
    let application = ctx.docs::<Application>(at).get(application_id).await?.into_inner();
    ctx.admit(caller, at, Resource::Invitation, action, &application).await?;
    Ok((invitation, application))
}

fn name_of(candidate: &Candidate) -> String {
    format!("{} {}", candidate.fields.first_name, candidate.fields.last_name)
}

fn write_letter(ctx: &Context, work: &mut Work<'_>, invitation: &Invitation, name: &str) -> Result<()> {
    let link = LetterValue::Link {
        prefix: format!("{}/invite/", ctx.config().frontend_url),
        token: DerivedToken::of_invitation(invitation),
    };
    let text = |text: &str| LetterValue::Text(text.to_owned());
    let about = RelatedEntity { entity_type: "invitation".into(), entity_id: invitation.id.to_string() };
    work.letter(
        &invitation.candidate_email,
        TemplateName::InterviewInvitation,
        [
            ("name", text(name)),
            ("company", text(&invitation.company_name)),
            ("role_title", text(&invitation.role_title)),
            ("link", link),
            ("expires_at", LetterValue::Text(readable(invitation.expires_at))),
        ],
        Some(about),
    )?;
    Ok(())
}

/// Such as `14 March 2026, 09:05 UTC`.
fn readable(at: Timestamp) -> String {
    let at = at.instant();
    let (day, month, year) = (at.day(), at.month(), at.year());
    format!("{day} {month} {year}, {:02}:{:02} UTC", at.hour(), at.minute())
}

async fn invitation_days(ctx: &Context, at: &At) -> Result<u32> {
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let own = ctx.docs::<Settings>(at).find(organisation).await?;
    let layers: Vec<&Settings> = own.iter().map(|settings| &**settings).collect();
    Ok(u32::try_from(setting::whole(&layers, "invitation_days")).unwrap_or(7))
}

/// The application's AI interview that has not begun, else a new one.
async fn interview_of(ctx: &Context, at: &At, application: &Application) -> Result<Interview> {
    let docs = ctx.docs::<Interview>(at);
    let known = docs.list(Listing::newest().eq("application_id", application.id).page(20, None)).await?;
    let waiting = |interview: &Interview| {
        matches!(interview.status, InterviewStatus::Invited | InterviewStatus::Scheduled)
            && interview.conducted_by == shared::domain::interview::ConductedBy::Ai
    };
    if let Some(interview) = known.items.into_iter().find(waiting) {
        return Ok(interview);
    }
    let by = at.actor.id.clone();
    docs.create(Interview::by_ai(application, InterviewFields::default(), ctx.now(), by)).await
}

/// One open invitation per application: 409 while another works.
async fn hold_the_only_open_one(ctx: &Context, at: &At, invitation: &Invitation) -> Result<()> {
    let Some(application) = invitation.application_id else { return Ok(()) };
    let claim = shared::docs::Claim::new(&at.tenant, "open-invitation", &[&application.to_string()]);
    let target = Target::of(at, invitation);
    if let Some(held) = ctx.lookup(&claim).await?
        && held.id != target.id
    {
        let other = ctx.docs::<Invitation>(at).find(&held.id).await?;
        if other.is_some_and(|other| other.is_open(ctx.now())) {
            return Err(Error::conflict(
                "There is an open invitation for this application. Revoke it first.",
            )
            .with("existing_id", held.id));
        }
        ctx.release(&claim, &held.id).await?;
    }
    ctx.claim(&claim, &target).await
}
