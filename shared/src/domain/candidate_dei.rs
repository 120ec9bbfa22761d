//! Demographic answers (spec 40 §1, 25 §4). They live apart, are read as totals only, and enter no prompt and no score:
//! the type has neither Debug nor Display nor Clone, and no other document holds one.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::user::UserId;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Has its user's id, so that there is one per user; its own aggregate root in the person's tenant. Never listed.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct CandidateDei {
    pub id: UserId,
    #[serde(flatten)]
    pub fields: CandidateDeiFields,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { CandidateDei, "candidate_dei", "answers", root: id, fields: [], arrays: [], audit: fact }

/// All are optional, in the person's own words or chosen from a form.
#[derive(Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CandidateDeiFields {
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub gender: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub ethnicity: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub disability_status: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub veteran_status: Option<String>,
}

impl CandidateDei {
    /// All answers anew.
    pub fn replace(&mut self, fields: &CandidateDeiFields) {
        let CandidateDeiFields { gender, ethnicity, disability_status, veteran_status } = fields;
        self.fields = CandidateDeiFields {
            gender: gender.clone(),
            ethnicity: ethnicity.clone(),
            disability_status: disability_status.clone(),
            veteran_status: veteran_status.clone(),
        };
    }
    pub fn new(user: UserId, fields: CandidateDeiFields, now: Timestamp) -> Self {
        Self { id: user, fields, meta: Meta::new(None, now, Some(user.to_string())) }
    }
}
