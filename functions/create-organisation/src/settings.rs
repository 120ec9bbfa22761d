use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::Context;
use shared::auth::{Action, Resource, Scope};
use shared::docs::{At, Stored};
use shared::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use shared::domain::setting::{Effective, OwnerKind, Settings, effective, known_setting};
use shared::domain::team::{Team, TeamId};
use shared::error::{Error, Result};
use shared::http::{Body, Caller, Json, Query};
use shared::store::{StoreError, Tenant};
use std::collections::BTreeMap;

/// Times a commit is tried again when somebody else wrote in between.
const TRIES: u32 = 8;

/// Every asked-for key with the value that counts and where it comes from.
type Values = BTreeMap<&'static str, Effective>;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Asked {
    /// Names, separated by commas; all when left out.
    keys: Option<String>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Target {
    /// The team whose settings are meant; managers write these only.
    team_id: Option<TeamId>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PublicOf {
    organisation_id: Option<OrganisationId>,
}

/// Key to new value; `null` takes back what was set.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Changes(Map<String, Value>);

impl garde::Validate for Changes {
    type Context = ();
    /// What a key takes is the key's own business: see [`Settings::put`].
    fn validate_into(&self, (): &(), parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        if self.0.is_empty() {
            report.append(parent(), garde::Error::new("must name at least one setting"));
        }
    }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Values>> {
    let mut values = values_for(&ctx, &caller, None).await?;
    if let Some(keys) = asked.keys {
        let keys: Vec<&str> = keys.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
        if keys.iter().any(|key| known_setting(key).is_none()) {
            return Err(Error::invalid("keys", "There is no such setting."));
        }
        values.retain(|key, _| keys.contains(key));
    }
    Ok(Json(values))
}

/// Platform, organisation, the caller's teams, the caller.
async fn values_for(ctx: &Context, caller: &Caller, team: Option<TeamId>) -> Result<Values> {
    let at = caller.organisation()?;
    let mut places = vec![(caller.platform(), "platform".to_owned())];
    places.extend(at.tenant.organisation_id().map(|id| (at.clone(), id.to_string())));
    let teams = caller.team_ids.iter().chain(&caller.managed_team_ids).cloned();
    let first = team.map(|team| team.to_string()).into_iter();
    places.extend(first.chain(teams).map(|team| (at.clone(), team)));
    places.push((caller.person(), caller.user_id.clone()));
    layers(ctx, &places).await.map(|layers| effective(&references(&layers)))
}

async fn layers(ctx: &Context, places: &[(At, String)]) -> Result<Vec<Stored<Settings>>> {
    let mut layers = Vec::new();
    for (at, owner) in places {
        layers.extend(ctx.docs::<Settings>(at).find(owner).await?);
    }
    Ok(layers)
}

fn references(layers: &[Stored<Settings>]) -> Vec<&Settings> {
    layers.iter().map(|layer| &**layer).collect()
}

/// An administrator's go to the organisation, or to a team that is named; a manager's to a team of theirs.
pub(crate) async fn change(
    State(ctx): State<Context>,
    caller: Caller,
    Query(target): Query<Target>,
    Body(Changes(changes)): Body<Changes>,
) -> Result<Json<Values>> {
    let at = caller.organisation()?;
    let team = match caller.needs(Resource::Setting, Action::Update)? {
        Scope::All => target.team_id,
        Scope::Team | Scope::Own => Some(managed_team(&caller, target.team_id)?),
    };
    let organisation = at.tenant.organisation_id();
    let (kind, owner) = match (team, organisation) {
        (Some(team), _) => {
            ctx.docs::<Team>(&at).get(team).await?;
            (OwnerKind::Team, team.to_string())
        }
        (None, Some(organisation)) => (OwnerKind::Organisation, organisation.to_string()),
        (None, None) => return Err(Error::not_found("organisation")),
    };
    for _ in 0..TRIES {
        let stored = ctx.docs::<Settings>(&at).find(&owner).await?;
        let mut settings = match &stored {
            Some(stored) => (**stored).clone(),
            None => Settings::new(kind, &owner, organisation, ctx.now()),
        };
        settings.put(changes.clone(), caller.actor().id.as_deref(), ctx.now())?;
        let mut work = ctx.work(&at, &owner);
        match &stored {
            Some(stored) => work.update(stored, settings)?,
            None => work.create(settings)?,
        };
        match work.commit().await {
            Ok(()) => return Ok(Json(values_for(&ctx, &caller, team).await?)),
            Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}

/// The team a manager means: the named one, or the only one they manage.
fn managed_team(caller: &Caller, named: Option<TeamId>) -> Result<TeamId> {
    let managed = &caller.managed_team_ids;
    let team = match (named, managed.as_slice()) {
        (Some(team), _) if managed.contains(&team.to_string()) => return Ok(team),
        (Some(_), _) => return Err(Error::forbidden("You do not manage this team.")),
        (None, [only]) => only,
        (None, []) => return Err(Error::forbidden("You manage no team.")),
        (None, _) => return Err(Error::invalid("team_id", "Name the team that is meant.")),
    };
    team.parse().map_err(Error::internal)
}

pub(crate) async fn public(
    State(ctx): State<Context>,
    Query(of): Query<PublicOf>,
) -> Result<Json<BTreeMap<&'static str, Value>>> {
    let mut places = vec![(At::system(Tenant::platform()), "platform".to_owned())];
    if let Some(id) = of.organisation_id {
        let at = At::system(Tenant::organisation(&id.to_string()));
        let found = ctx.docs::<Organisation>(&at).get(id).await?;
        if found.status == OrganisationStatus::Closed {
            return Err(Error::not_found("organisation"));
        }
        places.push((at, id.to_string()));
    }
    let layers = layers(&ctx, &places).await?;
    let is_public = |key: &str| known_setting(key).is_some_and(|setting| setting.is_public);
    let values = effective(&references(&layers)).into_iter();
    Ok(Json(values.filter(|(key, _)| is_public(key)).map(|(key, one)| (key, one.value)).collect()))
}
