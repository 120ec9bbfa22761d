//! A recruiter's rating of an application (spec 50 §4); append only.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::{Application, ApplicationId};
use crate::domain::text;
use crate::domain::user::UserId;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type ApplicationFeedbackId = Id<ApplicationFeedback>;

/// In its application's aggregate.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationFeedback {
    pub id: ApplicationFeedbackId,
    #[serde(flatten)]
    pub fields: ApplicationFeedbackFields,
    pub application_id: ApplicationId,
    pub recruiter_id: UserId,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { ApplicationFeedback, "application_feedback", "feedback", root: application_id, fields: ["recruiter_id"], arrays: [], audit: masked ["comments"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ApplicationFeedbackFields {
    #[garde(length(chars, min = 1, max = 50), custom(text::line))]
    pub feedback_type: String,
    /// 1 to 5, whole.
    #[garde(range(min = 1, max = 5))]
    pub rating: u8,
    #[serde(default)]
    #[garde(length(chars, max = 5000))]
    pub comments: Option<String>,
}

impl ApplicationFeedback {
    pub fn new(
        application: &Application,
        fields: ApplicationFeedbackFields,
        by: UserId,
        now: Timestamp,
    ) -> Self {
        Self {
            id: ApplicationFeedbackId::new(),
            fields,
            application_id: application.id,
            recruiter_id: by,
            meta: Meta::new(application.meta.organisation_id, now, Some(by.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_whole_and_from_one_to_five() {
        let valid = |rating: &str| {
            let body = format!(r#"{{"feedback_type":"screening","rating":{rating}}}"#);
            serde_json::from_str::<ApplicationFeedbackFields>(&body)
                .is_ok_and(|fields| fields.validate().is_ok())
        };
        assert_eq!(["0", "1", "5", "6", "4.5", "-1"].map(valid), [false, true, true, false, false, false]);
    }
}
