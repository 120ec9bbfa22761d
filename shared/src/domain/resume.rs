//! A resume as read by a parser (spec 40 §4). Missing facts are `null` or `[]`, never invented.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod places;
mod visible;
pub use places::Place;
pub use visible::Checked;

#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ParsedResume {
    pub personal_info: PersonalInfo,
    pub employment: Vec<Employment>,
    pub education: Vec<Education>,
    pub skills: ResumeSkills,
    pub summary: Option<String>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PersonalInfo {
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub location: Option<String>,
    pub linkedin: Option<String>,
    pub portfolio: Option<String>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Employment {
    pub company: Option<String>,
    pub title: Option<String>,
    /// As written on the resume, e.g. `Nov 2022`.
    pub start_date: Option<String>,
    pub end_date: Option<String>,
    pub description: Option<String>,
    pub achievements: Vec<String>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ResumeEducation")]
pub struct Education {
    pub institution: Option<String>,
    pub degree: Option<String>,
    pub field: Option<String>,
    pub graduation_date: Option<String>,
    pub gpa: Option<String>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResumeSkills {
    pub technical: Vec<String>,
    pub soft: Vec<String>,
    pub languages: Vec<String>,
    pub certifications: Vec<String>,
}
