use crate::view::{CandidateSeen, seen, shown, tagged};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::candidates::{CandidateRef, Reach, Reached, user_id};
use shared::docs::{At, Claim, Listing, Target};
use shared::domain::application::{Application, ApplicationStatus};
use shared::domain::candidate::{Candidate, CandidateFields, CandidateId};
use shared::http::{Body, Caller, Created, IfMatch, Json, MaybeIfMatch, NoContent, Patch, Path, Tagged};
use shared::store::Filter;
use shared::{Code, Context, Error, Result};
use time::Duration;

/// How long a deleted one can be brought back (spec 00 §4).
const RESTORABLE: Duration = Duration::days(30);

/// What PATCH takes: the fields, and for staff the blacklist.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct CandidateChange {
    #[serde(flatten)]
    fields: CandidateFields,
    /// Staff only; true needs a reason.
    is_blacklisted: bool,
    blacklist_reason: Option<String>,
}

/// One of an organisation's candidates holds an e-mail address.
pub(crate) fn email_claim(at: &At, email: &str) -> Claim {
    Claim::new(&at.tenant, "candidate-email", &[email])
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(fields): Body<CandidateFields>,
) -> Result<Created<CandidateSeen>> {
    let (candidate, reach) = if caller.organisation_id.is_some() {
        (create_for_organisation(&ctx, &caller, fields).await?, Reach::Staff)
    } else {
        (create_own(&ctx, &caller, fields).await?, Reach::Own)
    };
    let Created { location, etag, value } = Created::at(format!("/candidates/{}", candidate.id), candidate);
    Ok(Created { location, etag, value: seen(value, reach) })
}

async fn create_for_organisation(
    ctx: &Context,
    caller: &Caller,
    fields: CandidateFields,
) -> Result<Candidate> {
    let at = caller.organisation()?;
    caller.needs(Resource::Candidate, Action::Create)?;
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::internal("no organisation id"))?;
    let candidate = Candidate::new(organisation, fields, ctx.now(), caller.actor().id.clone());
    let claim = email_claim(&at, &candidate.fields.email);
    ctx.docs(&at).create_unique(candidate, &[claim]).await
}

/// One per user: it has its user's id.
async fn create_own(ctx: &Context, caller: &Caller, fields: CandidateFields) -> Result<Candidate> {
    let at = caller.person();
    check_own_address(caller, &fields.email)?;
    let profile = Candidate::person_held(user_id(caller)?, fields, ctx.now());
    let id = profile.id;
    ctx.docs::<Candidate>(&at).create(profile).await.map_err(|error| match error.code() {
        Code::Conflict => {
            Error::new(Code::Duplicate, "You have a profile already.").with("existing_id", id.to_string())
        }
        _ => error,
    })
}

/// Organisations find a person by e-mail when they apply: nobody may put somebody else's address into their profile.
fn check_own_address(caller: &Caller, email: &str) -> Result<()> {
    let known = caller.email.as_ref().map(|email| email.expose().to_lowercase());
    match known {
        // An account made without a verified address has a placeholder.
        Some(known) if !known.ends_with(".invalid") && known != email.trim().to_lowercase() => {
            Err(Error::new(Code::EmailMismatch, "The profile carries the e-mail address of your account.")
                .with_field("/email", "email_mismatch", "must be the address of your account"))
        }
        _ => Ok(()),
    }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
) -> Result<Tagged<CandidateSeen>> {
    let reached = ctx.candidate(&caller, which, Resource::Candidate, Action::Read).await?;
    let reach = reached.reach;
    Ok(tagged(visible(&caller, reached)?, reach))
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(which): Path<CandidateRef>,
    IfMatch(tag): IfMatch,
    mut patch: Patch<CandidateChange>,
) -> Result<Tagged<CandidateSeen>> {
    let Reached { at, candidate, reach } =
        ctx.candidate(&caller, which, Resource::Candidate, Action::Update).await?;
    let mut blacklist = Blacklist::default();
    if reach == Reach::Staff {
        blacklist.listed = patch.take("is_blacklisted")?;
        blacklist.reason = patch.take::<Option<String>>("blacklist_reason")?.flatten();
    }
    let patch = patch.of::<CandidateFields>();
    let email = patch.apply(&candidate.fields)?.email.trim().to_lowercase();
    let moves = email != candidate.fields.email;
    if moves && reach == Reach::Own {
        check_own_address(&caller, &email)?;
    }
    if moves && reach == Reach::Staff {
        ctx.claim(&email_claim(&at, &email), &Target::of(&at, &*candidate)).await?;
    }
    let id = candidate.id;
    let updated = ctx
        .docs::<Candidate>(&at)
        .update(id, id, Some(&tag), |candidate, _| {
            candidate.set_fields(patch.apply(&candidate.fields)?);
            blacklist.put_on(candidate)
        })
        .await;
    if moves && reach == Reach::Staff {
        // The address that is not used (any more) is free again.
        let free = if updated.is_ok() { &candidate.fields.email } else { &email };
        ctx.release(&email_claim(&at, free), &id.to_string()).await?;
    }
    Ok(tagged(updated?, reach))
}

#[derive(Default)]
struct Blacklist {
    listed: Option<bool>,
    reason: Option<String>,
}

impl Blacklist {
    fn put_on(&self, candidate: &mut Candidate) -> Result<()> {
        match (self.listed.unwrap_or(candidate.is_blacklisted), &self.reason) {
            (true, Some(reason)) => candidate.blacklist(reason),
            (true, None) if candidate.is_blacklisted => Ok(()),
            (true, None) => candidate.blacklist(""),
            (false, None) => {
                candidate.unblacklist();
                Ok(())
            }
            (false, Some(_)) => {
                Err(Error::invalid("/blacklist_reason", "Only a blacklisted candidate has a reason."))
            }
        }
    }
}

/// Soft; the address becomes free for a new record.
pub(crate) async fn remove(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<CandidateId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let at = caller.organisation()?;
    let candidate = ctx.docs::<Candidate>(&at).get(id).await?;
    ctx.admit(&caller, &at, Resource::Candidate, Action::Delete, &*candidate).await?;
    candidate.check_present()?;
    check_no_open_application(&ctx, &at, id).await?;
    ctx.docs::<Candidate>(&at).delete(id, id, tag.as_deref()).await?;
    ctx.release(&email_claim(&at, &candidate.fields.email), &id.to_string()).await?;
    Ok(NoContent)
}

async fn check_no_open_application(ctx: &Context, at: &At, id: CandidateId) -> Result<()> {
    let open = ApplicationStatus::ALL.iter().filter(|status| status.is_open());
    let open = open.map(|status| status.as_str().into()).collect();
    let listing = Listing::newest().eq("candidate_id", id).filter(Filter::In("status", open)).page(1, None);
    if ctx.docs::<Application>(at).list(listing).await?.items.is_empty() {
        Ok(())
    } else {
        Err(Error::conflict("The candidate has open applications. Withdraw or reject them first."))
    }
}

pub(crate) async fn restore(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<CandidateId>,
) -> Result<Json<CandidateSeen>> {
    let at = caller.organisation()?;
    let gone = || Error::not_found("candidate");
    let deleted = ctx.docs::<Candidate>(&at).find_even_deleted(id, id).await?.ok_or_else(gone)?;
    ctx.admit(&caller, &at, Resource::Candidate, Action::Delete, &*deleted).await?;
    if deleted.meta.is_active {
        return Err(Error::conflict("The candidate is not deleted."));
    }
    if deleted.meta.updated_at.plus(RESTORABLE) < ctx.now() {
        return Err(Error::new(Code::Gone, "It was deleted more than 30 days ago."));
    }
    ctx.claim(&email_claim(&at, &deleted.fields.email), &Target::of(&at, &*deleted)).await?;
    let restored = ctx.docs::<Candidate>(&at).restore(&deleted).await?;
    Ok(Json(seen(restored, Reach::Staff)))
}

pub(crate) async fn pause(State(ctx): State<Context>, caller: Caller) -> Result<Tagged<CandidateSeen>> {
    let paused = ctx
        .change_candidate(&caller, CandidateRef::Me, None, |candidate, work| {
            candidate.pause(work.now());
            Ok(())
        })
        .await?;
    Ok(tagged(paused, Reach::Own))
}

pub(crate) async fn resume(State(ctx): State<Context>, caller: Caller) -> Result<Tagged<CandidateSeen>> {
    let resumed = ctx
        .change_candidate(&caller, CandidateRef::Me, None, |candidate, _| {
            candidate.resume();
            Ok(())
        })
        .await?;
    Ok(tagged(resumed, Reach::Own))
}

/// The candidate as the caller may see it.
pub(crate) fn visible(caller: &Caller, reached: Reached) -> Result<Candidate> {
    match reached.reach {
        Reach::Shown => shown(&reached, &caller.organisation()?),
        Reach::Own | Reach::Staff => Ok(reached.candidate.into_inner()),
    }
}
