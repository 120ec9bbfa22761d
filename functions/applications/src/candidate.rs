//! The organisation's record of a person who applies to it.

use shared::docs::{At, Claim};
use shared::domain::candidate::{Candidate, CandidateFields};
use shared::domain::organisation::OrganisationId;
use shared::domain::user::{User, UserId};
use shared::http::Caller;
use shared::{Code, Context, Error, Result};

/// Found by the e-mail address of the account, else made from the person's profile. The address in the profile does not
/// count: anybody could write anybody's.
pub(crate) async fn of_person(
    ctx: &Context,
    caller: &Caller,
    at: &At,
    organisation: OrganisationId,
    user: UserId,
) -> Result<Candidate> {
    let account = ctx.docs::<User>(&caller.person()).get(user).await?;
    let claim = Claim::new(&at.tenant, "candidate-email", &[&account.email]);
    if let Some(known) = held(ctx, at, &claim, user).await? {
        return Ok(known);
    }
    let profile = match ctx.docs::<Candidate>(&caller.person()).find(user).await? {
        Some(profile) => profile.into_inner(),
        None => Candidate::person_held(user, fields_of(&account)?, ctx.now()),
    };
    let mut record = profile.for_organisation(organisation, ctx.now());
    record.fields.email.clone_from(&account.email);
    match ctx.docs::<Candidate>(at).create_unique(record, std::slice::from_ref(&claim)).await {
        Err(error) if error.code() == Code::Duplicate => {
            // Two first applications at once: the other one made the record.
            held(ctx, at, &claim, user).await?.ok_or(error)
        }
        made => made,
    }
}

/// The record that holds the address, tied to the account from now on; `None` when there is none (yet).
async fn held(ctx: &Context, at: &At, claim: &Claim, user: UserId) -> Result<Option<Candidate>> {
    let Some(target) = ctx.lookup(claim).await? else { return Ok(None) };
    let candidates = ctx.docs::<Candidate>(at);
    let Some(mut found) = candidates.find(&target.id).await? else { return Ok(None) };
    if let Some(successor) = found.merged_into {
        found = candidates.get(successor).await?;
    }
    match found.user_id {
        Some(known) if known == user => Ok(Some(found.into_inner())),
        Some(_) => Err(Error::conflict("Another account applied here with this e-mail address.")),
        None => {
            let id = found.id;
            let tied = candidates.update(id, id, None, |candidate, _| {
                candidate.link(user);
                Ok(())
            });
            tied.await.map(Some)
        }
    }
}

/// What an account alone tells.
fn fields_of(account: &User) -> Result<CandidateFields> {
    serde_json::from_value(serde_json::json!({
        "email": account.email,
        "first_name": account.fields.first_name,
        "last_name": account.fields.last_name,
        "source": "company_website",
    }))
    .map_err(Error::internal)
}
