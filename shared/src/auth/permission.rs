//! Rights: what they are called, who has them, who may hand them out.

use super::matrix;
use super::resource::Resource;
use super::role::Role;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What is done. `manage` stands for all others together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
    Execute,
    Export,
    Manage,
}

impl Action {
    pub const ALL: [Self; 7] =
        [Self::Create, Self::Read, Self::Update, Self::Delete, Self::Execute, Self::Export, Self::Manage];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Export => "export",
            Self::Manage => "manage",
        }
    }

    /// All but `manage`: the actions a request can ask for.
    fn single() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|action| *action != Self::Manage)
    }
}

/// How far a right reaches; wider ones are greater. Own: created by, assigned to, submitted by, or about the caller.
/// Team: the job has one of the caller's teams, or its recruiter or interviewer is in a team the caller manages.
/// All: the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Own,
    Team,
    All,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Own, Self::Team, Self::All];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::All => "all",
        }
    }
}

/// One right, written `resource:action:scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    pub resource: Resource,
    pub action: Action,
    pub scope: Scope,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.resource, self.action.as_str(), self.scope.as_str())
    }
}

/// The text is no permission of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown permission: expected resource:action:scope")]
pub struct UnknownPermission;

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let mut parts = text.split(':');
        let (Some(resource), Some(action), Some(scope), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnknownPermission);
        };
        Ok(Self {
            resource: resource.parse().map_err(|_| UnknownPermission)?,
            action: Action::ALL.into_iter().find(|a| a.as_str() == action).ok_or(UnknownPermission)?,
            scope: Scope::ALL.into_iter().find(|s| s.as_str() == scope).ok_or(UnknownPermission)?,
        })
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A set of rights beside those of the built-in roles: from an organisation's own roles, grants, or an API key.
/// Of several scopes for one action the widest stays. JSON: a list of `resource:action:scope`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions(BTreeMap<(Resource, Action), Scope>);

impl Permissions {
    pub fn insert(&mut self, permission: Permission) {
        let held = self.0.entry((permission.resource, permission.action)).or_insert(permission.scope);
        *held = permission.scope.max(*held);
    }

    /// The widest scope, by the action's own name or by `manage`.
    pub fn scope(&self, resource: Resource, action: Action) -> Option<Scope> {
        let get = |action| self.0.get(&(resource, action)).copied();
        get(action).max(get(Action::Manage))
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().map(|(&(resource, action), &scope)| Permission { resource, action, scope })
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::default();
        set.extend(permissions);
        set
    }
}

impl Extend<Permission> for Permissions {
    fn extend<I: IntoIterator<Item = Permission>>(&mut self, permissions: I) {
        permissions.into_iter().for_each(|permission| self.insert(permission));
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Permission>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// The widest scope in which somebody with these roles and extra permissions may do this; `None`: not at all.
///
/// Everybody with at least one role also has the rights on their own things (area 10 §4, "Everyone"). A caller without
/// a role (an API key) has its extra permissions and nothing else.
pub fn scope(roles: &[Role], extra: &Permissions, resource: Resource, action: Action) -> Option<Scope> {
    if roles.contains(&Role::SuperAdmin) {
        return Some(Scope::All);
    }
    let by_name = single_scope(roles, extra, resource, action);
    if action != Action::Manage {
        return by_name;
    }
    // Holding every single action is holding `manage`, as far as the narrowest of them reaches.
    let by_sum = Action::single().map(|single| single_scope(roles, extra, resource, single)).min().flatten();
    by_name.max(by_sum)
}

fn single_scope(roles: &[Role], extra: &Permissions, resource: Resource, action: Action) -> Option<Scope> {
    let by_role = roles.iter().filter_map(|role| matrix::cell(*role, resource)?.scope(action)).max();
    let by_all = if roles.is_empty() { None } else { matrix::everyone(resource).scope(action) };
    by_role.max(by_all).max(extra.scope(resource, action))
}

/// Every right held, as sorted `resource:action:scope` texts, each action with its widest scope.
/// `manage` is named only when it was given by name (or to a super_admin), since the single actions say the same.
pub fn effective_permissions(roles: &[Role], extra: &Permissions) -> Vec<String> {
    let mut names: Vec<String> = Resource::ALL
        .iter()
        .flat_map(|&resource| Action::ALL.map(|action| (resource, action)))
        .filter_map(|(resource, action)| {
            let scope = match action {
                Action::Manage if !roles.contains(&Role::SuperAdmin) => extra.scope(resource, action),
                _ => scope(roles, extra, resource, action),
            }?;
            Some(Permission { resource, action, scope }.to_string())
        })
        .collect();
    names.sort_unstable();
    names
}

/// Roles and extra permissions together: what somebody holds, or what is to be handed out.
#[derive(Clone, Copy)]
pub struct Rights<'a> {
    pub roles: &'a [Role],
    pub permissions: &'a Permissions,
}

/// Whether handing `granted` out would give more than `granter` may give (area 10 §6; the answer then is 403 `escalation`).
///
/// Nobody hands out what they do not hold. An org_admin runs the organisation and therefore may also hand out every
/// role but super_admin, and every right that a role of the staff, a supplier or a referrer has. Not the candidate's:
/// rights over data on ethnicity, disability and the like stay with the person.
pub fn escalates(granter: Rights<'_>, granted: Rights<'_>) -> bool {
    if granter.roles.contains(&Role::SuperAdmin) {
        return false;
    }
    let runs_organisation = granter.roles.contains(&Role::OrgAdmin);
    let mut may_give = granter.roles.to_vec();
    if runs_organisation {
        may_give.extend(Role::ALL.into_iter().filter(|r| !matches!(r, Role::SuperAdmin | Role::Candidate)));
    }
    let may = |wanted: Permission| {
        scope(&may_give, granter.permissions, wanted.resource, wanted.action) >= Some(wanted.scope)
    };
    let role_too_high = |role: &Role| match role {
        Role::SuperAdmin => true,
        _ if runs_organisation || granter.roles.contains(role) => false,
        _ => rights_of(*role).any(|right| !may(right)),
    };
    granted.roles.iter().any(role_too_high) || granted.permissions.iter().any(|right| !may(right))
}

/// The single rights of a built-in role that is not super_admin, without those everybody has.
fn rights_of(role: Role) -> impl Iterator<Item = Permission> {
    Resource::ALL.iter().flat_map(move |&resource| {
        Action::single().filter_map(move |action| {
            let scope = matrix::cell(role, resource)?.scope(action)?;
            Some(Permission { resource, action, scope })
        })
    })
}

#[cfg(test)]
#[path = "permission_tests.rs"]
mod tests;
