//! The person or key behind a request.

use super::permission::{Action, Permissions, Rights, Scope, effective_permissions, scope};
use super::resource::Resource;
use super::role::Role;
use super::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// How the caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// Our own access token, after a sign-in with e-mail and password.
    Password,
    Supabase,
    Clerk,
    /// Any other OpenID Connect provider.
    Oidc,
    ApiKey,
}

impl AuthMode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Supabase => "supabase",
            Self::Clerk => "clerk",
            Self::Oidc => "oidc",
            Self::ApiKey => "api_key",
        }
    }
}

/// Caller context (area 10 §1), built once a request after the token was verified and the person looked up.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user_id: String,
    /// Kept from logs; an API key may have none.
    pub email: Option<Secret>,
    pub auth_mode: AuthMode,
    /// The active organisation; `None` for candidates and others without a membership.
    pub organisation_id: Option<String>,
    /// Built-in roles, unexpired, in the active organisation. Empty for API keys.
    pub roles: Vec<Role>,
    /// From the organisation's own roles, from grants, or of the API key.
    pub permissions: Permissions,
    /// Rights on single documents: the right and the document's id.
    pub document_rights: BTreeSet<(Resource, Action, String)>,
    pub team_ids: Vec<String>,
    pub managed_team_ids: Vec<String>,
    /// Our own login_session, for auth mode password.
    pub session_id: Option<String>,
    /// False while the organisation is suspended or its trial is over: reading goes on, writing is refused.
    pub organisation_writable: bool,
    /// See [`Self::standing_of`].
    pub standing: OnceLock<(String, Box<RawValue>)>,
}

impl Caller {
    /// The widest scope in which the caller may do this; `None`: not at all.
    pub fn scope(&self, resource: Resource, action: Action) -> Option<Scope> {
        scope(&self.roles, &self.permissions, resource, action)
    }

    /// Whether the right was given on this very document.
    pub fn has_right_on(&self, resource: Resource, action: Action, id: &str) -> bool {
        self.document_rights.contains(&(resource, action, id.to_owned()))
    }

    /// Everything the caller holds, as `resource:action:scope`.
    pub fn effective_permissions(&self) -> Vec<String> {
        effective_permissions(&self.roles, &self.permissions)
    }

    /// What `GET /auth/me` shows beside this version of the user, when that was asked for before. It goes on for as long
    /// as the caller is remembered, as the caller's rights do.
    pub fn standing_of(&self, version: &str) -> Option<&RawValue> {
        self.standing.get().filter(|(of, _)| of == version).map(|(_, standing)| &**standing)
    }

    pub fn remember_standing(&self, version: &str, standing: Box<RawValue>) {
        // Another request may have been first.
        drop(self.standing.set((version.to_owned(), standing)));
    }

    pub fn is_super_admin(&self) -> bool {
        self.roles.contains(&Role::SuperAdmin)
    }

    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// What the caller holds, to ask [`escalates`](super::escalates) with.
    pub fn rights(&self) -> Rights<'_> {
        Rights { roles: &self.roles, permissions: &self.permissions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recruiter() -> Caller {
        Caller {
            user_id: "u1".into(),
            email: Some(Secret::new("rita@acme.example")),
            auth_mode: AuthMode::Password,
            organisation_id: Some("o1".into()),
            roles: vec![Role::Recruiter],
            permissions: ["job:delete:team".parse().unwrap()].into_iter().collect(),
            document_rights: BTreeSet::new(),
            team_ids: vec!["t1".into()],
            managed_team_ids: vec![],
            session_id: Some("s1".into()),
            organisation_writable: true,
            standing: OnceLock::new(),
        }
    }

    #[test]
    fn rights_come_from_roles_and_extra_permissions() {
        let rita = recruiter();
        assert_eq!(rita.scope(Resource::Job, Action::Update), Some(Scope::Own));
        assert_eq!(rita.scope(Resource::Job, Action::Delete), Some(Scope::Team));
        assert_eq!(rita.scope(Resource::AuditEvent, Action::Read), None);
        assert!(!rita.is_super_admin() && rita.has_role(Role::Recruiter));
    }

    #[test]
    fn the_e_mail_address_stays_out_of_debug_output() {
        assert!(!format!("{:?}", recruiter()).contains("acme.example"));
    }
}
