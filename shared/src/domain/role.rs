//! A role an organisation made for itself (spec 10 §2). The nine built-in ones are code: [`crate::auth`].

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::text;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub type CustomRoleId = Id<CustomRole>;

/// Its own aggregate root. The name is held by a claim (case-blind) within the organisation.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct CustomRole {
    pub id: CustomRoleId,
    #[serde(flatten)]
    pub fields: CustomRoleFields,
    /// Always false here: built-in roles are not stored.
    #[serde(default)]
    pub is_system: bool,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { CustomRole, "role", "role", root: id, fields: ["name", "is_active"], arrays: [], audit: values }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CustomRoleFields {
    #[garde(length(chars, min = 1, max = 100), custom(text::line), custom(not_built_in))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub description: Option<String>,
    /// `resource:action:scope`; checked against the catalogue by the caller, who knows it.
    #[garde(length(max = 300), inner(length(max = 180)), custom(text::distinct))]
    pub permissions: Vec<String>,
    /// Assistant agents by name (area 100).
    #[serde(default)]
    #[garde(length(max = 50))]
    pub agent_access: BTreeMap<String, bool>,
    #[serde(default)]
    #[garde(length(max = 50))]
    pub feature_access: BTreeMap<String, bool>,
}

fn not_built_in(name: &str, _: &()) -> garde::Result {
    match name.trim().to_lowercase().parse::<crate::auth::role::Role>() {
        Ok(_) => Err(garde::Error::new("is the name of a built-in role")),
        Err(_) => Ok(()),
    }
}

impl CustomRole {
    pub fn new(
        organisation: OrganisationId,
        fields: CustomRoleFields,
        now: Timestamp,
        created_by: Option<String>,
    ) -> Self {
        Self {
            id: CustomRoleId::new(),
            fields,
            is_system: false,
            meta: Meta::new(Some(organisation), now, created_by),
        }
    }

    /// 409 `system_role` for what comes with the platform.
    pub fn check_changeable(&self) -> Result<()> {
        if self.is_system {
            return Err(Error::new(Code::SystemRole, "Built-in roles cannot be changed."));
        }
        Ok(())
    }

    /// What the name is claimed under.
    pub fn name_key(&self) -> String {
        text::fold(&self.fields.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> CustomRoleFields {
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn built_in_names_are_taken() {
        assert!(fields(r#"{"name":"Campus lead","permissions":["job:read:all"]}"#).validate().is_ok());
        for name in ["recruiter", "Recruiter", "admin", " "] {
            let body = format!(r#"{{"name":"{name}","permissions":[]}}"#);
            assert!(fields(&body).validate().is_err(), "{name}");
        }
        assert!(fields(r#"{"name":"A","permissions":["job:read:all","Job:read:all"]}"#).validate().is_err());
    }
}
