//! How a resume is weighed against a job (spec 30 §1).

use crate::domain::status::values;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Part of a job. Weights are whole percent and sum to 100.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AiCriteria {
    #[serde(default = "forty")]
    #[garde(range(max = 100), custom(sum_to_hundred(self)))]
    pub skills_weight: u8,
    #[serde(default = "thirty")]
    #[garde(range(max = 100))]
    pub experience_weight: u8,
    #[serde(default = "fifteen")]
    #[garde(range(max = 100))]
    pub education_weight: u8,
    #[serde(default = "fifteen")]
    #[garde(range(max = 100))]
    pub location_weight: u8,
    #[garde(length(min = 1, max = 50), inner(length(chars, min = 1, max = 100)))]
    pub required_skills: Vec<String>,
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 100)))]
    pub preferred_skills: Vec<String>,
    #[serde(default)]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 255)))]
    pub education_requirements: Vec<String>,
    /// Years.
    #[serde(default)]
    #[garde(range(max = 60))]
    pub minimum_experience: u8,
    /// Below it the outcome is `reject`: a place in the review queue, never a status (spec 25 §4).
    #[serde(default = "thirty")]
    #[garde(range(max = 100))]
    pub auto_reject_threshold: u8,
    /// From it up the outcome is `approve`.
    #[serde(default = "eighty_five")]
    #[garde(range(max = 100), custom(above(self.auto_reject_threshold)))]
    pub auto_approve_threshold: u8,
    #[serde(default)]
    pub auto_decisions: AutoDecisions,
}

values! {
    /// What follows from an outcome. There is no value that rejects.
    #[derive(Default)]
    AutoDecisions {
        Off "off",
        #[default] Suggest "suggest",
        /// `approve` moves one stage ahead; everything else waits for a person.
        Apply "apply",
    }
}

fn forty() -> u8 {
    40
}
fn thirty() -> u8 {
    30
}
fn fifteen() -> u8 {
    15
}
fn eighty_five() -> u8 {
    85
}

fn sum_to_hundred(criteria: &AiCriteria) -> impl FnOnce(&u8, &()) -> garde::Result {
    let sum = criteria.weights().into_iter().map(u32::from).sum::<u32>();
    move |_, ()| {
        if sum == 100 {
            Ok(())
        } else {
            Err(garde::Error::new(format!("the four weights must sum to 100, not {sum}")))
        }
    }
}

fn above(low: u8) -> impl FnOnce(&u8, &()) -> garde::Result {
    move |high, ()| {
        if *high > low { Ok(()) } else { Err(garde::Error::new("must be above auto_reject_threshold")) }
    }
}

impl AiCriteria {
    /// The defaults with these required skills.
    pub fn requiring(required_skills: Vec<String>) -> Self {
        Self {
            skills_weight: forty(),
            experience_weight: thirty(),
            education_weight: fifteen(),
            location_weight: fifteen(),
            required_skills,
            preferred_skills: Vec::new(),
            education_requirements: Vec::new(),
            minimum_experience: 0,
            auto_reject_threshold: thirty(),
            auto_approve_threshold: eighty_five(),
            auto_decisions: AutoDecisions::default(),
        }
    }

    /// Skills, experience, education, location.
    pub fn weights(&self) -> [u8; 4] {
        [self.skills_weight, self.experience_weight, self.education_weight, self.location_weight]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_hold_and_weights_sum_to_a_hundred() {
        let read = |body: &str| serde_json::from_str::<AiCriteria>(body).unwrap();
        let criteria = read(r#"{"required_skills":["welding"]}"#);
        assert!(criteria.validate().is_ok());
        assert!(criteria == AiCriteria::requiring(vec!["welding".into()]));
        for wrong in [
            r#"{"required_skills":[]}"#,
            r#"{"required_skills":["a"],"skills_weight":41}"#,
            r#"{"required_skills":["a"],"auto_reject_threshold":85}"#,
            r#"{"required_skills":["a"],"minimum_experience":61}"#,
        ] {
            assert!(read(wrong).validate().is_err(), "{wrong}");
        }
        assert!(
            serde_json::from_str::<AiCriteria>(r#"{"required_skills":["a"],"auto_decisions":"reject"}"#)
                .is_err()
        );
    }
}
