//! Teams. The team names its members; each member's own list of teams follows it.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::Context;
use shared::auth::{Action, Resource, Scope};
use shared::docs::{At, Claim, Listing, PageSize, Target};
use shared::domain::membership::Membership;
use shared::domain::team::{Team, TeamFields, TeamId};
use shared::domain::user::UserId;
use shared::error::{Code, Error, Result};
use shared::http::{
    Body, Caller, Created, IfMatch, MaybeIfMatch, NoContent, Page, Patch, Path, Query, Tagged,
};
use shared::store::Filter;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TeamSearch {
    limit: PageSize,
    cursor: Option<String>,
}

fn name_claim(at: &At, team: &Team) -> Claim {
    Claim::new(&at.tenant, "team-name", &[&team.name_key()])
}

/// Whether the caller's right reaches the team.
fn in_reach(caller: &Caller, action: Action, team: &Team) -> Result<bool> {
    Ok(match caller.needs(Resource::Team, action)? {
        Scope::All => true,
        Scope::Team | Scope::Own => {
            let me = |ids: &[UserId]| ids.iter().any(|id| id.to_string() == caller.user_id);
            me(&team.fields.member_ids) || me(&team.fields.manager_ids)
        }
    })
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<TeamSearch>,
) -> Result<Page<Team>> {
    let at = caller.organisation()?;
    let mut listing = Listing::newest().asked(search.limit, search.cursor);
    if caller.needs(Resource::Team, Action::Read)? != Scope::All {
        let mine = |member| Filter::Has(member, caller.user_id.clone());
        listing = listing.filter(Filter::Any(vec![mine("member_ids"), mine("manager_ids")]));
    }
    Ok(ctx.docs::<Team>(&at).list(listing).await?.into())
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<TeamId>,
) -> Result<Tagged<Team>> {
    let team = ctx.docs::<Team>(&caller.organisation()?).get(id).await?;
    if !in_reach(&caller, Action::Read, &team)? {
        return Err(Error::not_found("team"));
    }
    Ok(Tagged::stored(team))
}

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(fields): Body<TeamFields>,
) -> Result<Created<Team>> {
    let at = caller.organisation()?;
    let organisation = at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))?;
    let team = Team::new(organisation, fields, ctx.now(), caller.actor().id.clone());
    check_people(&ctx, &at, &team, None).await?;
    let claims = [name_claim(&at, &team)];
    let team = ctx.docs::<Team>(&at).create_unique(team, &claims).await?;
    follow(&ctx, &at, team.id, &team.fields.member_ids).await?;
    forget(&ctx, &team);
    Ok(Created::at(format!("/teams/{}", team.id), team))
}

pub(crate) async fn update(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<TeamId>,
    IfMatch(tag): IfMatch,
    patch: Patch<TeamFields>,
) -> Result<Tagged<Team>> {
    let at = caller.organisation()?;
    let docs = ctx.docs::<Team>(&at);
    let before = docs.get(id).await?;
    if !in_reach(&caller, Action::Update, &before)? {
        return Err(Error::not_found("team"));
    }
    let mut after = (*before).clone();
    after.set_fields(patch.apply(&before.fields)?);
    check_people(&ctx, &at, &after, Some(&before)).await?;
    let (old, new) = (name_claim(&at, &before), name_claim(&at, &after));
    let renamed = before.name_key() != after.name_key();
    if renamed {
        ctx.claim(&new, &Target::of(&at, &after)).await?;
    }
    let saved = docs
        .update(id, id, Some(&tag), |team, _| {
            team.set_fields(patch.apply(&team.fields)?);
            Ok(())
        })
        .await;
    if renamed {
        // Whichever name it does not have is free again.
        ctx.release(if saved.is_ok() { &old } else { &new }, &id.to_string()).await?;
    }
    let team = saved?;
    follow(&ctx, &at, id, &team.fields.member_ids).await?;
    forget(&ctx, &before);
    forget(&ctx, &team);
    Ok(Tagged::of(team))
}

pub(crate) async fn delete(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<TeamId>,
    MaybeIfMatch(tag): MaybeIfMatch,
) -> Result<NoContent> {
    let at = caller.organisation()?;
    let before = ctx.docs::<Team>(&at).get(id).await?;
    if !in_reach(&caller, Action::Delete, &before)? {
        return Err(Error::not_found("team"));
    }
    // Members first: what breaks off leaves a team that can be deleted again.
    follow(&ctx, &at, id, &[]).await?;
    let team = ctx.docs::<Team>(&at).delete(id, id, tag.as_deref()).await?;
    ctx.release(&name_claim(&at, &team), &id.to_string()).await?;
    forget(&ctx, &team);
    Ok(NoContent)
}

/// 422 for whoever is new in the team and no member of the organisation.
async fn check_people(ctx: &Context, at: &At, team: &Team, before: Option<&Team>) -> Result<()> {
    let known = |id: &UserId| {
        before.is_some_and(|team| team.fields.member_ids.contains(id) || team.fields.manager_ids.contains(id))
    };
    for (list, ids) in [("manager_ids", &team.fields.manager_ids), ("member_ids", &team.fields.member_ids)] {
        for (index, id) in ids.iter().enumerate().filter(|(_, id)| !known(id)) {
            if ctx.docs::<Membership>(at).find(id).await?.is_none() {
                let pointer = format!("/{list}/{index}");
                return Err(Error::invalid(pointer, "This is no member of the organisation."));
            }
        }
    }
    Ok(())
}

/// Makes the members' lists of teams agree with the team's list of members. Compares with what is stored, so that a
/// repeat makes up for one that broke off.
async fn follow(ctx: &Context, at: &At, team: TeamId, members: &[UserId]) -> Result<()> {
    let listed = Listing::newest().filter(Filter::Has("team_ids", team.to_string()));
    let listed = ctx.docs::<Membership>(at).all(listed).await?;
    let leave = listed.iter().filter(|member| !members.contains(&member.id)).map(|member| (member.id, false));
    let join =
        members.iter().filter(|id| !listed.iter().any(|member| member.id == **id)).map(|id| (*id, true));
    for (id, belongs) in leave.chain(join) {
        let docs = ctx.docs::<Membership>(at);
        let changed = docs.update(id, id, None, |member, _| {
            let mut teams = member.team_ids.clone();
            teams.retain(|one| *one != team);
            teams.extend(belongs.then_some(team));
            member.set_teams(teams);
            Ok(())
        });
        match changed.await {
            // Left the organisation meanwhile.
            Err(error) if error.code() == Code::NotFound => {}
            changed => drop(changed?),
        }
    }
    Ok(())
}

/// Rights depend on teams.
fn forget(ctx: &Context, team: &Team) {
    for id in team.fields.member_ids.iter().chain(&team.fields.manager_ids) {
        ctx.sign_in().forget(&id.to_string());
    }
}
