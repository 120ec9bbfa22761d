//! How long an organisation keeps what (spec 80 §1). In days.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Has its organisation's id and stands in its aggregate, so that the recording period can change in both at once.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct RetentionPolicy {
    pub id: OrganisationId,
    #[serde(flatten)]
    pub fields: RetentionFields,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { RetentionPolicy, "retention_policy", "retention policy", root: id, fields: [], arrays: [], audit: values }

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionFields {
    #[garde(range(min = 1, max = 3650))]
    pub recording_retention_days: u32,
    /// After the last activity.
    #[garde(range(min = 30, max = 3650))]
    pub candidate_data_days: u32,
    /// After the final status.
    #[garde(range(min = 30, max = 3650))]
    pub application_data_days: u32,
    #[garde(range(min = 1, max = 3650))]
    pub proctoring_snapshot_days: u32,
    #[garde(range(min = 30, max = 3650))]
    pub conversation_days: u32,
    #[garde(range(min = 30, max = 3650))]
    pub notification_days: u32,
    #[garde(range(min = 30, max = 3650))]
    pub access_log_days: u32,
    #[garde(range(min = 365, max = 36500))]
    pub audit_days: u32,
}

impl Default for RetentionFields {
    fn default() -> Self {
        Self {
            recording_retention_days: 60,
            candidate_data_days: 730,
            application_data_days: 730,
            proctoring_snapshot_days: 60,
            conversation_days: 365,
            notification_days: 180,
            access_log_days: 365,
            audit_days: 2555,
        }
    }
}

impl RetentionPolicy {
    pub fn new(
        organisation: OrganisationId,
        fields: RetentionFields,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self { id: organisation, fields, meta: Meta::new(Some(organisation), now, by) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_the_ends_are_kept() {
        assert!(RetentionFields::default().validate().is_ok());
        let read = |body: &str| serde_json::from_str::<RetentionFields>(body).unwrap();
        assert_eq!(read("{}"), RetentionFields::default());
        for wrong in [
            r#"{"recording_retention_days":0}"#,
            r#"{"audit_days":364}"#,
            r#"{"candidate_data_days":29}"#,
            r#"{"conversation_days":3651}"#,
        ] {
            assert!(read(wrong).validate().is_err(), "{wrong}");
        }
    }
}
