//! The tenant itself (spec 140 §1).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::human;
use crate::domain::status::states;
use crate::domain::text;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub type OrganisationId = Id<Organisation>;

/// Its own aggregate root, in its own tenant. `slug` is held by a claim on the platform.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Organisation {
    pub id: OrganisationId,
    #[serde(flatten)]
    pub fields: OrganisationFields,
    /// Unique over the platform: letters, digits and single hyphens, at most 63.
    pub slug: String,
    pub status: OrganisationStatus,
    pub plan: Plan,
    /// Why it was suspended or closed.
    pub status_reason: Option<String>,
    pub closed_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Organisation, "organisation", "organisation", root: id, fields: ["status", "closed_at"], arrays: [], audit: values }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct OrganisationFields {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 5000))]
    pub description: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub industry: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::web_url)))]
    pub logo_url: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::web_url)))]
    pub website: Option<String>,
    #[serde(default)]
    #[garde(inner(custom(text::email)))]
    pub billing_email: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub billing_address: Option<String>,
    /// Days recordings are kept (spec 80 §1); the same figure stands in the retention policy.
    #[serde(default = "recording_days")]
    #[garde(range(min = 1, max = 3650))]
    pub recording_retention_days: u32,
    /// What the organisation values, by name; read by the interviewer.
    #[serde(default)]
    #[garde(custom(text::small_map))]
    pub values_framework: Map<String, Value>,
    #[serde(default = "sydney")]
    #[garde(length(chars, max = 64), custom(text::time_zone))]
    pub time_zone: String,
    /// An interview starts only once its candidate has acknowledged what the AI does (spec 25 §5).
    #[serde(default = "yes")]
    pub require_ai_disclosure: bool,
}

fn recording_days() -> u32 {
    60
}
fn sydney() -> String {
    "Australia/Sydney".into()
}
fn yes() -> bool {
    true
}

states! {
    /// Spec 140 §1.
    OrganisationStatus {
        Trial "trial" => [Active, Suspended, Closed],
        Active "active" => [Suspended, Closed],
        /// Reads only.
        Suspended "suspended" => [Active, Closed],
        /// No sign-in; erased after [`ERASED_AFTER_DAYS`].
        Closed "closed" => [],
    }
}

/// Days between closing and erasure.
pub const ERASED_AFTER_DAYS: i64 = 90;
/// Organisations one user may found (spec 140 §1).
pub const MAX_OWN: usize = 5;

/// What was agreed with the operator of the platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    #[default]
    Free,
    Standard,
    Enterprise,
}

impl Organisation {
    pub fn new(fields: OrganisationFields, slug: String, now: Timestamp, created_by: Option<String>) -> Self {
        let id = OrganisationId::new();
        Self {
            id,
            fields,
            slug,
            status: OrganisationStatus::Trial,
            plan: Plan::default(),
            status_reason: None,
            closed_at: None,
            meta: Meta::new(Some(id), now, created_by),
        }
    }

    /// Trial to active: a plan was agreed.
    pub fn activate(&mut self, plan: Plan) -> Result<()> {
        if self.status != OrganisationStatus::Trial {
            return Err(self.status.refuse());
        }
        self.status.to(OrganisationStatus::Active)?;
        self.plan = plan;
        Ok(())
    }

    pub fn suspend(&mut self, reason: &str) -> Result<()> {
        let reason = human::reason(reason)?;
        self.status.to(OrganisationStatus::Suspended)?;
        self.status_reason = Some(reason);
        Ok(())
    }

    /// Suspended to active.
    pub fn reactivate(&mut self) -> Result<()> {
        if self.status != OrganisationStatus::Suspended {
            return Err(self.status.refuse());
        }
        self.status.to(OrganisationStatus::Active)?;
        self.status_reason = None;
        Ok(())
    }

    pub fn close(&mut self, reason: &str, now: Timestamp) -> Result<()> {
        let reason = human::reason(reason)?;
        self.status.to(OrganisationStatus::Closed)?;
        self.status_reason = Some(reason);
        self.closed_at = Some(now);
        Ok(())
    }

    /// 403 while it is suspended or closed.
    pub fn check_writable(&self) -> Result<()> {
        match self.status {
            OrganisationStatus::Trial | OrganisationStatus::Active => Ok(()),
            OrganisationStatus::Suspended => Err(Error::new(
                Code::OrganisationSuspended,
                "The organisation is suspended: nothing can be changed.",
            )),
            OrganisationStatus::Closed => {
                Err(Error::new(Code::OrganisationSuspended, "The organisation is closed."))
            }
        }
    }

    /// When it is due to be erased.
    pub fn erased_at(&self) -> Option<Timestamp> {
        self.closed_at.map(|at| at.plus(time::Duration::days(ERASED_AFTER_DAYS)))
    }

    /// The values framework as short texts for a prompt: `name: description`.
    pub fn company_values(&self) -> Vec<String> {
        let text = |(name, value): (&String, &Value)| match value {
            Value::String(text) if !text.is_empty() => format!("{name}: {text}"),
            Value::Object(members) => match members.get("description").and_then(Value::as_str) {
                Some(text) => format!("{name}: {text}"),
                None => name.clone(),
            },
            _ => name.clone(),
        };
        self.fields.values_framework.iter().map(text).collect()
    }
}

/// A name as part of an address: lower-case letters, digits, single hyphens, 1 to 48 characters.
/// The caller adds a suffix when it is taken.
pub fn slug_of(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let mut slug = String::new();
    for c in name.nfkd().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty()
            && !slug.ends_with('-')
            && !unicode_normalization::char::is_combining_mark(c)
        {
            slug.push('-');
        }
        if slug.len() >= 48 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "organisation".into() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn acme() -> Organisation {
        let fields = serde_json::from_str(r#"{"name":"Acme"}"#).unwrap();
        Organisation::new(fields, "acme".into(), Timestamp::from_unix(0), None)
    }

    #[test]
    fn a_name_is_enough_and_the_rest_is_as_specified() {
        let acme = acme();
        assert!(acme.fields.validate().is_ok());
        assert_eq!(acme.fields.recording_retention_days, 60);
        assert_eq!(acme.fields.time_zone, "Australia/Sydney");
        assert!(acme.fields.require_ai_disclosure);
        assert_eq!(acme.status, OrganisationStatus::Trial);
    }

    #[test]
    fn wrong_values_are_refused() {
        for body in [
            r#"{"name":"  "}"#,
            r#"{"name":"A","website":"ftp://a.example"}"#,
            r#"{"name":"A","recording_retention_days":0}"#,
            r#"{"name":"A","recording_retention_days":3651}"#,
            r#"{"name":"A","billing_email":"nobody"}"#,
        ] {
            let fields: OrganisationFields = serde_json::from_str(body).unwrap();
            assert!(fields.validate().is_err(), "{body}");
        }
        assert!(serde_json::from_str::<OrganisationFields>(r#"{"name":"A","status":"active"}"#).is_err());
    }

    #[test]
    fn a_stored_one_reads_back_whole() {
        let text = serde_json::to_string(&acme()).unwrap();
        let back: Organisation = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }

    #[test]
    fn slugs_are_fit_for_addresses() {
        assert_eq!(slug_of("Müller & Söhne  GmbH"), "muller-sohne-gmbh");
        assert_eq!(slug_of("株式会社"), "organisation");
        assert!(slug_of(&"long name ".repeat(20)).len() <= 48);
    }

    /// The table of spec 140 §1, typed again.
    const TABLE: &[(&str, &[&str])] = &[
        ("trial", &["active", "suspended", "closed"]),
        ("active", &["suspended", "closed"]),
        ("suspended", &["active", "closed"]),
        ("closed", &[]),
    ];

    proptest! {
        #[test]
        fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec(0..4u8, 0..20)) {
            let mut acme = acme();
            for verb in verbs {
                let before = acme.status.to_string();
                let result = match verb {
                    0 => acme.activate(Plan::Standard),
                    1 => acme.suspend("unpaid"),
                    2 => acme.reactivate(),
                    _ => acme.close("asked for", Timestamp::from_unix(1)),
                };
                super::super::machine::check(TABLE, &before, &acme.status.to_string(), &result);
                prop_assert_eq!(acme.check_writable().is_ok(), matches!(acme.status, OrganisationStatus::Trial | OrganisationStatus::Active));
            }
        }
    }
}
