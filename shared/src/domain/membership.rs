//! A user's place in an organisation (spec 10 §2, §7).

use crate::auth::role::Role;
use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::grant::Grant;
use crate::domain::organisation::OrganisationId;
use crate::domain::role::CustomRoleId;
use crate::domain::status::states;
use crate::domain::team::TeamId;
use crate::domain::user::{User, UserId};
use crate::error::{Error, Result};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Has its user's id, so that there is one per user and organisation; lives in the organisation's tenant.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    pub id: UserId,
    #[serde(flatten)]
    pub fields: MembershipFields,
    /// As the user's; copied for lists.
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub roles: Vec<RoleAssignment>,
    /// Built-in names and custom ids of `roles`, expired ones too: what lists filter by.
    pub role_names: Vec<String>,
    /// Rights beside those of the roles; they count while the membership is active.
    #[serde(default)]
    pub grants: Vec<Grant>,
    pub team_ids: Vec<TeamId>,
    pub status: MembershipStatus,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Membership, "membership", "member", root: id, fields: ["status", "email", "last_name", "is_active"], arrays: ["role_names", "team_ids"], audit: masked ["email", "first_name", "last_name"] }

#[derive(Clone, Default, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MembershipFields {
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub department: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleAssignment {
    /// A built-in role's name, or the id of one of the organisation's own.
    pub role: RoleRef,
    pub assigned_by: Option<String>,
    pub assigned_at: Timestamp,
    /// From then on it counts as absent.
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RoleRef {
    Own(CustomRoleId),
    BuiltIn(Role),
}

impl std::fmt::Display for RoleRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(id) => id.fmt(f),
            Self::BuiltIn(role) => role.fmt(f),
        }
    }
}

impl std::str::FromStr for RoleRef {
    type Err = Error;
    /// A built-in name or a role's id; anything else is 422.
    fn from_str(text: &str) -> Result<Self> {
        if let Ok(role) = text.parse::<Role>() {
            return Ok(Self::BuiltIn(role));
        }
        text.parse().map(Self::Own).map_err(|_| Error::invalid("/role", "There is no such role."))
    }
}

impl JsonSchema for RoleRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RoleRef".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A built-in role's name or a role's id." })
    }
}

states! {
    /// Spec 10 §7; removal is soft deletion and possible from each.
    MembershipStatus {
        Invited "invited" => [Active],
        Active "active" => [Suspended],
        Suspended "suspended" => [Active],
    }
}

impl Membership {
    /// Invited until the user accepts; `active` when they do at once (the founder of an organisation).
    pub fn new(
        organisation: OrganisationId,
        user: &User,
        status: MembershipStatus,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self {
            id: user.id,
            fields: MembershipFields { department: user.fields.department.clone() },
            email: user.email.clone(),
            first_name: user.fields.first_name.clone(),
            last_name: user.fields.last_name.clone(),
            roles: Vec::new(),
            role_names: Vec::new(),
            grants: Vec::new(),
            team_ids: Vec::new(),
            status,
            meta: Meta::new(Some(organisation), now, by),
        }
    }

    pub fn accept(&mut self) -> Result<()> {
        match self.status {
            MembershipStatus::Invited => self.status.to(MembershipStatus::Active),
            MembershipStatus::Active | MembershipStatus::Suspended => Err(self.status.refuse()),
        }
    }

    pub fn suspend(&mut self) -> Result<()> {
        self.status.to(MembershipStatus::Suspended)
    }

    pub fn reactivate(&mut self) -> Result<()> {
        match self.status {
            MembershipStatus::Suspended => self.status.to(MembershipStatus::Active),
            MembershipStatus::Invited | MembershipStatus::Active => Err(self.status.refuse()),
        }
    }

    /// Gives a role, or gives it anew with another end. An end in the past is 422.
    pub fn assign(
        &mut self,
        role: RoleRef,
        by: Option<String>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        if expires_at.is_some_and(|end| end <= now) {
            return Err(Error::invalid("/expires_at", "The time must be in the future."));
        }
        self.roles.retain(|held| held.role != role);
        self.roles.push(RoleAssignment { role, assigned_by: by, assigned_at: now, expires_at });
        self.name_roles();
        Ok(())
    }

    /// Whether the member had it.
    pub fn unassign(&mut self, role: RoleRef) -> bool {
        let before = self.roles.len();
        self.roles.retain(|held| held.role != role);
        self.name_roles();
        self.roles.len() < before
    }

    /// Roles that count now: none unless the membership is active.
    pub fn current_roles(&self, now: Timestamp) -> impl Iterator<Item = RoleRef> + '_ {
        let active = self.status == MembershipStatus::Active && self.meta.is_active;
        let lasting = move |held: &&RoleAssignment| active && held.expires_at.is_none_or(|end| now < end);
        self.roles.iter().filter(lasting).map(|held| held.role)
    }

    /// Whether the organisation is run by this member, without an end in sight: what the last of must not lose.
    pub fn is_lasting_admin(&self, now: Timestamp) -> bool {
        self.current_roles(now).any(|role| role == RoleRef::BuiltIn(Role::OrgAdmin))
            && self
                .roles
                .iter()
                .any(|held| held.role == RoleRef::BuiltIn(Role::OrgAdmin) && held.expires_at.is_none())
    }

    pub fn set_teams(&mut self, mut teams: Vec<TeamId>) {
        teams.sort_unstable();
        teams.dedup();
        self.team_ids = teams;
    }

    /// Takes over names and address after the user changed them.
    pub fn copy_from(&mut self, user: &User) {
        self.email.clone_from(&user.email);
        self.first_name.clone_from(&user.fields.first_name);
        self.last_name.clone_from(&user.fields.last_name);
    }

    fn name_roles(&mut self) {
        self.role_names = self.roles.iter().map(|held| held.role.to_string()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::Document as _;
    use proptest::prelude::*;

    const NOW: i64 = 1_000_000;

    fn member(status: MembershipStatus) -> Membership {
        let fields = serde_json::from_str(r#"{"first_name":"Rita","last_name":"Ng"}"#).unwrap();
        let now = Timestamp::from_unix(NOW);
        Membership::new(
            OrganisationId::new(),
            &User::new(fields, "r@e.example", now, None),
            status,
            now,
            None,
        )
    }

    #[test]
    fn an_expired_role_and_a_suspended_member_have_no_rights() {
        let (now, later) = (Timestamp::from_unix(NOW), Timestamp::from_unix(NOW + 10));
        let mut rita = member(MembershipStatus::Active);
        rita.assign(RoleRef::BuiltIn(Role::Viewer), None, None, now).unwrap();
        rita.assign(RoleRef::BuiltIn(Role::OrgAdmin), None, Some(later), now).unwrap();
        assert_eq!(rita.current_roles(now).count(), 2);
        assert_eq!(rita.current_roles(later).count(), 1);
        assert!(!rita.is_lasting_admin(now));
        rita.assign(RoleRef::BuiltIn(Role::OrgAdmin), None, None, now).unwrap();
        assert!(rita.is_lasting_admin(now));
        assert_eq!(rita.role_names, ["viewer", "org_admin"]);
        rita.suspend().unwrap();
        assert_eq!(rita.current_roles(now).count(), 0);
        assert!(rita.assign(RoleRef::BuiltIn(Role::Viewer), None, Some(now), now).is_err());
    }

    #[test]
    fn roles_are_named_or_referred_to_by_id() {
        let own: RoleRef = RoleRef::Own(CustomRoleId::new());
        for role in [own, RoleRef::BuiltIn(Role::Recruiter)] {
            let text = serde_json::to_string(&role).unwrap();
            assert_eq!(serde_json::from_str::<RoleRef>(&text).unwrap(), role);
            assert_eq!(role.to_string().parse::<RoleRef>().unwrap(), role);
        }
        assert!("boss".parse::<RoleRef>().is_err());
    }

    #[test]
    fn there_is_one_per_user() {
        let rita = member(MembershipStatus::Invited);
        assert_eq!(Membership::KIND, "membership");
        assert_eq!(rita.root(), rita.id.to_string());
        const { assert!(Membership::SOFT_DELETE) };
    }

    const TABLE: &[(&str, &[&str])] =
        &[("invited", &["active"]), ("active", &["suspended"]), ("suspended", &["active"])];

    proptest! {
        #[test]
        fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec(0..3u8, 0..20)) {
            let mut rita = member(MembershipStatus::Invited);
            for verb in verbs {
                let before = rita.status.to_string();
                let result = match verb {
                    0 => rita.accept(),
                    1 => rita.suspend(),
                    _ => rita.reactivate(),
                };
                super::super::machine::check(TABLE, &before, &rita.status.to_string(), &result);
            }
        }
    }
}
