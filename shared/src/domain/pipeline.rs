//! The stages an organisation takes applications through (spec 50 §6).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::ApplicationStatus;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::values;
use crate::domain::text;
use crate::error::{Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type StageId = Id<PipelineStage>;

/// All stages in their order, in one document of the organisation's aggregate: an order cannot be taken twice.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Pipeline {
    pub id: OrganisationId,
    pub stages: Vec<PipelineStage>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Pipeline, "pipeline", "pipeline", root: id, fields: [], arrays: [], audit: values }

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct PipelineStage {
    pub id: StageId,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub description: Option<String>,
    /// 1..n without gaps.
    pub stage_order: u32,
    pub stage_type: StageType,
    pub is_active: bool,
    #[serde(default)]
    #[garde(dive)]
    pub auto_advance_conditions: AutoAdvance,
    /// The application status it stands for.
    pub status: ApplicationStatus,
}

/// One entry of PUT /pipeline/stages; without an id it is a new stage. The place in the list is the order, unless
/// `stage_order` says so too.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct StageFields {
    #[serde(default)]
    pub id: Option<StageId>,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub name: String,
    #[serde(default)]
    #[garde(length(chars, max = 1000))]
    pub description: Option<String>,
    #[serde(default)]
    pub stage_order: Option<u32>,
    pub stage_type: StageType,
    #[serde(default = "yes")]
    pub is_active: bool,
    #[serde(default)]
    #[garde(dive)]
    pub auto_advance_conditions: AutoAdvance,
    pub status: ApplicationStatus,
}

fn yes() -> bool {
    true
}

values! {
    StageType {
        Screening "screening", Interview "interview", Assessment "assessment",
        Reference "reference", Offer "offer", Final "final",
    }
}

/// All that are given must hold; none given means never by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AutoAdvance {
    /// Of the application_score, 0-100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 0.0, max = 100.0))]
    pub min_overall_score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment_passed: Option<bool>,
    /// Of the interview_score, 0-100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 0.0, max = 100.0))]
    pub min_interview_score: Option<f64>,
}

/// What is known of an application when its stage's conditions are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    pub overall_score: Option<f64>,
    pub assessment_passed: Option<bool>,
    pub interview_score: Option<f64>,
}

impl AutoAdvance {
    pub fn met(&self, standing: Standing) -> bool {
        let reached = |wanted: Option<f64>, has: Option<f64>| {
            wanted.is_none_or(|min| has.is_some_and(|has| has >= min))
        };
        *self != Self::default()
            && reached(self.min_overall_score, standing.overall_score)
            && reached(self.min_interview_score, standing.interview_score)
            && self.assessment_passed.is_none_or(|wanted| standing.assessment_passed == Some(wanted))
    }
}

/// Most stages an organisation can have.
pub const MAX_STAGES: usize = 20;

impl Pipeline {
    /// The six stages of a new organisation (spec 50 §6).
    pub fn default_of(organisation: OrganisationId, now: Timestamp, created_by: Option<String>) -> Self {
        use ApplicationStatus as Status;
        let stages = [
            ("Applied", StageType::Screening, Status::New),
            ("AI Screening", StageType::Screening, Status::Reviewing),
            ("Phone Screen", StageType::Interview, Status::PhoneScreen),
            ("Technical Interview", StageType::Interview, Status::TechnicalInterview),
            ("Final Interview", StageType::Interview, Status::FinalInterview),
            ("Offer", StageType::Offer, Status::Offer),
        ];
        let stages = (1..).zip(stages).map(|(stage_order, (name, stage_type, status))| PipelineStage {
            id: StageId::new(),
            name: name.into(),
            description: None,
            stage_order,
            stage_type,
            is_active: true,
            auto_advance_conditions: AutoAdvance::default(),
            status,
        });
        Self {
            id: organisation,
            stages: stages.collect(),
            meta: Meta::new(Some(organisation), now, created_by),
        }
    }

    pub fn stage(&self, id: StageId) -> Option<&PipelineStage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    pub fn active(&self) -> impl Iterator<Item = &PipelineStage> {
        self.stages.iter().filter(|stage| stage.is_active)
    }

    /// Where a new application starts.
    pub fn first(&self) -> Result<&PipelineStage> {
        self.active().next().ok_or_else(|| Error::conflict("The pipeline has no active stage."))
    }

    /// The active stage after this one.
    pub fn after(&self, id: StageId) -> Option<&PipelineStage> {
        let order = self.stage(id)?.stage_order;
        self.active().find(|stage| stage.stage_order > order)
    }

    /// The first active stage that stands for the status.
    pub fn standing_for(&self, status: ApplicationStatus) -> Option<&PipelineStage> {
        self.active().find(|stage| stage.status == status)
    }

    /// Replaces the list. Gives the ids of stages that are gone or no longer active: the caller refuses with 409
    /// `stage_in_use` when open applications stand in one of them.
    pub fn replace(&mut self, fields: Vec<StageFields>) -> Result<Vec<StageId>> {
        let stages = self.ordered(fields)?;
        check_course(&stages)?;
        let stays = |id: StageId| stages.iter().any(|stage| stage.id == id && stage.is_active);
        let gone = self.active().map(|stage| stage.id).filter(|id| !stays(*id)).collect();
        self.stages = stages;
        Ok(gone)
    }

    fn ordered(&self, fields: Vec<StageFields>) -> Result<Vec<PipelineStage>> {
        if !(1..=MAX_STAGES).contains(&fields.len()) {
            return Err(Error::invalid("", format!("The list must have 1 to {MAX_STAGES} stages.")));
        }
        let mut stages: Vec<PipelineStage> = Vec::with_capacity(fields.len());
        for (index, stage) in fields.into_iter().enumerate() {
            let order = index as u32 + 1;
            let wrong = |member: &str, text: &str| Err(Error::invalid(format!("/{index}/{member}"), text));
            if stage.stage_order.is_some_and(|given| given != order) {
                return wrong("stage_order", "Stages must be listed in their order, 1, 2, 3 and so on.");
            }
            if stage.id.is_some_and(|id| self.stage(id).is_none()) {
                return wrong("id", "There is no such stage.");
            }
            if stages.iter().any(|other| Some(other.id) == stage.id) {
                return wrong("id", "The stage is listed twice.");
            }
            if stages.iter().any(|other| text::fold(&other.name) == text::fold(&stage.name)) {
                return wrong("name", "Two stages have this name.");
            }
            stages.push(PipelineStage {
                id: stage.id.unwrap_or_else(StageId::new),
                name: stage.name,
                description: stage.description,
                stage_order: order,
                stage_type: stage.stage_type,
                is_active: stage.is_active,
                auto_advance_conditions: stage.auto_advance_conditions,
                status: stage.status,
            });
        }
        Ok(stages)
    }
}

/// From each active stage the next one can be reached: the course starts with new, and follows the status table.
fn check_course(stages: &[PipelineStage]) -> Result<()> {
    let mut active = stages.iter().filter(|stage| stage.is_active);
    let wrong = |stage: &PipelineStage, text: String| {
        Err(Error::invalid(format!("/{}/status", stage.stage_order - 1), text))
    };
    let Some(first) = active.next() else { return Err(Error::invalid("", "One stage must be active.")) };
    if first.status != ApplicationStatus::New {
        return wrong(first, "The first stage stands for new.".into());
    }
    let mut last = first;
    for stage in active {
        if stage.status != last.status && !last.status.stages_ahead().contains(&stage.status) {
            return wrong(stage, format!("{} cannot follow {}.", stage.status, last.status));
        }
        last = stage;
    }
    if let Some(stage) = stages.iter().find(|stage| !stage.status.is_staged()) {
        return wrong(stage, format!("No stage stands for {}.", stage.status));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
