//! A right given to one person directly, beside their roles (spec 10 §2).

use crate::auth::{Action, Permission, Permissions, Resource, Role, Scope, scope};
use crate::domain::status::values;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stands in its person's membership.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Grant {
    pub permission: GrantLevel,
    /// A resource of the matrix; `null`: all that an organisation's administrator reaches.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub resource_type: Option<Resource>,
    /// One document of that type; `null`: all of them.
    #[serde(default)]
    #[garde(inner(length(min = 1, max = 100)), custom(needs_type(&self.resource_type)))]
    pub resource_id: Option<String>,
}

values! {
    GrantLevel {
        Read "read",
        /// Create and update.
        Write "write",
        Delete "delete",
        /// Everything an organisation's administrator may do with it.
        Admin "admin",
    }
}

fn needs_type(kind: &Option<Resource>) -> impl FnOnce(&Option<String>, &()) -> garde::Result {
    let has_type = kind.is_some();
    move |id, ()| match id {
        Some(_) if !has_type => Err(garde::Error::new("needs a resource_type beside it")),
        _ => Ok(()),
    }
}

impl Grant {
    /// The single rights it stands for, as wide as the organisation; narrowed to one document by `resource_id`.
    pub fn rights(&self) -> Vec<(Resource, Action)> {
        let levels: &[Action] = match self.permission {
            GrantLevel::Read => &[Action::Read],
            GrantLevel::Write => &[Action::Create, Action::Update],
            GrantLevel::Delete => &[Action::Delete],
            GrantLevel::Admin => &[
                Action::Create,
                Action::Read,
                Action::Update,
                Action::Delete,
                Action::Execute,
                Action::Export,
            ],
        };
        let held = |resource, action| {
            scope(&[Role::OrgAdmin], &Permissions::default(), resource, action) == Some(Scope::All)
        };
        match self.resource_type {
            // A named level of a named type is meant as it is: whether it may be given is asked elsewhere.
            Some(resource) if self.permission != GrantLevel::Admin => {
                levels.iter().map(|action| (resource, *action)).collect()
            }
            Some(resource) => {
                let all: Vec<_> = levels
                    .iter()
                    .filter(|action| held(resource, **action))
                    .map(|action| (resource, *action))
                    .collect();
                if all.is_empty() { vec![(resource, Action::Manage)] } else { all }
            }
            None => Resource::ALL
                .iter()
                .flat_map(|resource| levels.iter().map(|action| (*resource, *action)))
                .filter(|(resource, action)| held(*resource, *action))
                .collect(),
        }
    }

    /// What must be held to give it.
    pub fn permissions(&self) -> Permissions {
        let right = |(resource, action)| Permission { resource, action, scope: Scope::All };
        self.rights().into_iter().map(right).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(body: &str) -> Grant {
        serde_json::from_str(body).unwrap()
    }

    #[test]
    fn levels_stand_for_actions() {
        let write = grant(r#"{"permission":"write","resource_type":"job"}"#).rights();
        assert_eq!(write, [(Resource::Job, Action::Create), (Resource::Job, Action::Update)]);
        let every = grant(r#"{"permission":"read"}"#).rights();
        assert!(every.contains(&(Resource::Application, Action::Read)));
        assert!(!every.iter().any(|(resource, _)| *resource == Resource::CandidateDei));
        let admin = grant(r#"{"permission":"admin","resource_type":"job"}"#).rights();
        assert!(
            admin.contains(&(Resource::Job, Action::Execute))
                && !admin.contains(&(Resource::Job, Action::Export))
        );
    }

    #[test]
    fn one_document_needs_its_type() {
        assert!(grant(r#"{"permission":"read","resource_id":"x"}"#).validate().is_err());
        assert!(grant(r#"{"permission":"read","resource_type":"job","resource_id":"x"}"#).validate().is_ok());
        assert!(serde_json::from_str::<Grant>(r#"{"permission":"read","resource_type":"jobs"}"#).is_err());
    }
}
