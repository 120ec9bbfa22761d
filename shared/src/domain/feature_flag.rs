//! Switches of the platform (spec 140 §2).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `id` is the key, so that it is unique; all flags share one aggregate of the platform and are read together.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct FeatureFlag {
    pub id: String,
    root: String,
    #[serde(flatten)]
    pub fields: FeatureFlagFields,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { FeatureFlag, "feature_flag", "feature flag", root: root, fields: [], arrays: [], audit: values }

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct FeatureFlagFields {
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub description: Option<String>,
    /// Off: off for everybody. On without rules: on for everybody.
    #[serde(default)]
    pub is_enabled: bool,
    /// The first one that fits decides; when none does the flag is off.
    #[serde(default)]
    #[garde(length(max = 100), dive)]
    pub rules: Vec<FlagRule>,
}

/// Exactly one of organisation_id, role and percent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct FlagRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<OrganisationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(range(max = 100), custom(one_of_three(self)))]
    pub percent: Option<u8>,
    pub value: bool,
}

fn one_of_three(rule: &FlagRule) -> impl FnOnce(&Option<u8>, &()) -> garde::Result {
    let given = [rule.organisation_id.is_some(), rule.role.is_some(), rule.percent.is_some()];
    let given = given.into_iter().filter(|given| *given).count();
    move |_, ()| {
        if given == 1 {
            Ok(())
        } else {
            Err(garde::Error::new("exactly one of organisation_id, role and percent is needed"))
        }
    }
}

/// Who asks.
pub struct FlagSubject<'a> {
    pub user_id: &'a str,
    pub organisation_id: Option<OrganisationId>,
    pub roles: &'a [&'a str],
}

impl FeatureFlag {
    pub const ROOT: &'static str = "feature_flags";

    /// `key`: see [`is_flag_key`].
    pub fn new(key: &str, fields: FeatureFlagFields, now: Timestamp, by: Option<String>) -> Self {
        Self { id: key.to_owned(), root: Self::ROOT.into(), fields, meta: Meta::new(None, now, by) }
    }

    pub fn is_on(&self, subject: &FlagSubject<'_>) -> bool {
        if !self.fields.is_enabled {
            return false;
        }
        let fits = |rule: &&FlagRule| {
            rule.organisation_id.is_some_and(|id| subject.organisation_id == Some(id))
                || rule.role.as_deref().is_some_and(|role| subject.roles.contains(&role))
                || rule.percent.is_some_and(|percent| bucket(&self.id, subject.user_id) < u64::from(percent))
        };
        self.fields.rules.is_empty() || self.fields.rules.iter().find(fits).is_some_and(|rule| rule.value)
    }
}

/// A stable number below 100 for a user and a key.
fn bucket(key: &str, user_id: &str) -> u64 {
    let digest = Sha256::digest(format!("{key}\n{user_id}"));
    digest.iter().take(7).fold(0, |number, byte| number << 8 | u64::from(*byte)) % 100
}

/// Letters, digits, dot, dash, underscore; 1 to 100.
pub fn is_flag_key(key: &str) -> bool {
    (1..=100).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flag(rules: &str) -> FeatureFlag {
        let fields: FeatureFlagFields =
            serde_json::from_str(&format!(r#"{{"is_enabled":true,"rules":{rules}}}"#)).unwrap();
        assert!(fields.validate().is_ok());
        FeatureFlag::new("new-report", fields, Timestamp::from_unix(0), None)
    }

    #[test]
    fn thirty_percent_is_thirty_percent_and_stays() {
        let flag = flag(r#"[{"percent":30,"value":true}]"#);
        let on =
            |n: u32| flag.is_on(&FlagSubject { user_id: &n.to_string(), organisation_id: None, roles: &[] });
        let count = (0..10_000).filter(|n| on(*n)).count();
        assert!((2800..=3200).contains(&count), "{count}");
        assert!((0..100).all(|n| on(n) == on(n)));
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let organisation = OrganisationId::new();
        let flag = flag(&format!(
            r#"[{{"organisation_id":"{organisation}","value":false}},{{"role":"manager","value":true}}]"#
        ));
        let asks = |organisation_id, roles| flag.is_on(&FlagSubject { user_id: "u", organisation_id, roles });
        assert!(!asks(Some(organisation), &["manager"]));
        assert!(asks(None, &["manager"]));
        assert!(!asks(None, &["viewer"]));
        let rule = |body: &str| serde_json::from_str::<FlagRule>(body).unwrap().validate().is_ok();
        assert!(!rule(r#"{"value":true}"#) && !rule(r#"{"role":"a","percent":1,"value":true}"#));
        assert!(!rule(r#"{"percent":101,"value":true}"#));
    }
}
