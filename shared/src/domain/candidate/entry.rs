use super::{Candidate, MAX_EDUCATION, MAX_EXPERIENCE, MAX_SKILLS};
use crate::clock::Day;
use crate::domain::job::SkillLevel;
use crate::domain::status::values;
use crate::domain::text;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The id of an entry within its candidate.
pub type EntryId = Id<Skill>;

values! { #[derive(Default)]
SkillType { #[default] Technical "technical", Soft "soft", Language "language", Certification "certification" } }
values! { ExtractedFrom { Resume "resume", Linkedin "linkedin", Manual "manual" } }

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Skill {
    pub id: EntryId,
    #[serde(flatten)]
    pub fields: SkillFields,
    /// Set by staff only.
    pub is_verified: bool,
    pub extracted_from: ExtractedFrom,
}

/// Unique by name within a candidate, case-blind.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SkillFields {
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub skill_name: String,
    #[serde(default)]
    pub skill_type: SkillType,
    #[serde(default)]
    pub proficiency_level: Option<SkillLevel>,
    #[serde(default)]
    #[garde(range(max = 60))]
    pub years_experience: Option<u8>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Experience {
    pub id: EntryId,
    #[serde(flatten)]
    pub fields: ExperienceFields,
    pub extracted_from: ExtractedFrom,
}

/// `start_date` is required by hand; a resume may not tell it.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ExperienceFields {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub company_name: String,
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub job_title: String,
    #[serde(default)]
    #[garde(length(chars, max = 10_000))]
    pub description: Option<String>,
    #[serde(default)]
    pub start_date: Option<Day>,
    #[serde(default)]
    #[garde(custom(text::not_below(&self.start_date)))]
    pub end_date: Option<Day>,
    #[serde(default)]
    #[garde(custom(without_end(self.end_date)))]
    pub is_current: bool,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Education {
    pub id: EntryId,
    #[serde(flatten)]
    pub fields: EducationFields,
    pub extracted_from: ExtractedFrom,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct EducationFields {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub institution: String,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub degree: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub field_of_study: Option<String>,
    #[serde(default)]
    pub start_date: Option<Day>,
    #[serde(default)]
    #[garde(custom(text::not_below(&self.start_date)))]
    pub end_date: Option<Day>,
    #[serde(default)]
    #[garde(custom(without_end(self.end_date)))]
    pub is_current: bool,
    /// 0.00 to 9.99, two decimals.
    #[serde(default)]
    #[garde(range(min = 0.0, max = 9.99), inner(custom(two_decimals)))]
    pub gpa: Option<f64>,
}

fn without_end(end: Option<Day>) -> impl FnOnce(&bool, &()) -> garde::Result {
    move |is_current, ()| {
        if *is_current && end.is_some() {
            Err(garde::Error::new("what goes on has no end_date"))
        } else {
            Ok(())
        }
    }
}

fn two_decimals(value: &f64, _: &()) -> garde::Result {
    let hundredths = value * 100.0;
    if (hundredths - hundredths.round()).abs() < 1e-6 {
        Ok(())
    } else {
        Err(garde::Error::new("must have at most two decimals"))
    }
}

fn full(what: &str, most: usize) -> Error {
    Error::new(Code::ValidationFailed, format!("A candidate has at most {most} {what} entries."))
}

impl Candidate {
    pub fn skill_named(&self, name: &str) -> Option<&Skill> {
        let name = text::fold(name);
        self.skills.iter().find(|skill| text::fold(&skill.fields.skill_name) == name)
    }

    /// 409 `duplicate` for a name that is there already.
    pub fn add_skill(&mut self, fields: SkillFields, extracted_from: ExtractedFrom) -> Result<&Skill> {
        self.check_skill_name(&fields.skill_name, None)?;
        if self.skills.len() >= MAX_SKILLS {
            return Err(full("skill", MAX_SKILLS));
        }
        self.skills.push(Skill { id: EntryId::new(), fields, is_verified: false, extracted_from });
        self.index();
        self.skills.last().ok_or_else(|| Error::not_found("skill"))
    }

    /// `is_verified` is left as it is when `None`; who is not staff cannot pass one. A changed claim is unverified.
    pub fn update_skill(
        &mut self,
        id: EntryId,
        fields: SkillFields,
        is_verified: Option<bool>,
    ) -> Result<&Skill> {
        self.check_skill_name(&fields.skill_name, Some(id))?;
        let index = self.skills.iter().position(|skill| skill.id == id);
        let index = index.ok_or_else(|| Error::not_found("skill"))?;
        let skill = &mut self.skills[index];
        skill.is_verified = is_verified.unwrap_or(skill.is_verified && skill.fields == fields);
        skill.fields = fields;
        self.index();
        Ok(&self.skills[index])
    }

    pub fn remove_skill(&mut self, id: EntryId) -> Result<()> {
        remove(&mut self.skills, |skill| skill.id == id, "skill")?;
        self.index();
        Ok(())
    }

    fn check_skill_name(&self, name: &str, except: Option<EntryId>) -> Result<()> {
        match self.skill_named(name) {
            Some(held) if Some(held.id) != except => {
                Err(Error::new(Code::Duplicate, "This skill is listed already.")
                    .with("existing_id", held.id.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// By hand a start date is needed (422).
    pub fn add_experience(
        &mut self,
        fields: ExperienceFields,
        extracted_from: ExtractedFrom,
    ) -> Result<&Experience> {
        if extracted_from == ExtractedFrom::Manual {
            needs_start(&fields)?;
        }
        if self.experience.len() >= MAX_EXPERIENCE {
            return Err(full("experience", MAX_EXPERIENCE));
        }
        self.experience.push(Experience { id: EntryId::new(), fields, extracted_from });
        self.experience.last().ok_or_else(|| Error::not_found("experience entry"))
    }

    pub fn update_experience(&mut self, id: EntryId, fields: ExperienceFields) -> Result<&Experience> {
        let entry = self.experience.iter_mut().find(|entry| entry.id == id);
        let entry = entry.ok_or_else(|| Error::not_found("experience entry"))?;
        if entry.extracted_from == ExtractedFrom::Manual {
            needs_start(&fields)?;
        }
        entry.fields = fields;
        Ok(entry)
    }

    pub fn remove_experience(&mut self, id: EntryId) -> Result<()> {
        remove(&mut self.experience, |entry| entry.id == id, "experience entry")
    }

    pub fn add_education(
        &mut self,
        fields: EducationFields,
        extracted_from: ExtractedFrom,
    ) -> Result<&Education> {
        if self.education.len() >= MAX_EDUCATION {
            return Err(full("education", MAX_EDUCATION));
        }
        self.education.push(Education { id: EntryId::new(), fields, extracted_from });
        self.education.last().ok_or_else(|| Error::not_found("education entry"))
    }

    pub fn update_education(&mut self, id: EntryId, fields: EducationFields) -> Result<&Education> {
        let entry = self.education.iter_mut().find(|entry| entry.id == id);
        let entry = entry.ok_or_else(|| Error::not_found("education entry"))?;
        entry.fields = fields;
        Ok(entry)
    }

    pub fn remove_education(&mut self, id: EntryId) -> Result<()> {
        remove(&mut self.education, |entry| entry.id == id, "education entry")
    }

    /// Adds what the other record has and this one lacks, up to the limits.
    pub(super) fn unite_entries(&mut self, other: &Self) {
        for skill in &other.skills {
            if self.skills.len() < MAX_SKILLS && self.skill_named(&skill.fields.skill_name).is_none() {
                self.skills.push(skill.clone());
            }
        }
        for entry in &other.experience {
            if self.experience.len() < MAX_EXPERIENCE && !self.has_experience(&entry.fields) {
                self.experience.push(entry.clone());
            }
        }
        for entry in &other.education {
            if self.education.len() < MAX_EDUCATION && !self.has_education(&entry.fields) {
                self.education.push(entry.clone());
            }
        }
    }

    /// The same job: company and title agree, and so do the starts where both are known.
    pub(super) fn has_experience(&self, fields: &ExperienceFields) -> bool {
        self.experience.iter().any(|entry| {
            text::fold(&entry.fields.company_name) == text::fold(&fields.company_name)
                && text::fold(&entry.fields.job_title) == text::fold(&fields.job_title)
                && agree(entry.fields.start_date, fields.start_date)
        })
    }

    /// The same course: institution and degree agree.
    pub(super) fn has_education(&self, fields: &EducationFields) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| {
            text::fold(a.as_deref().unwrap_or_default()) == text::fold(b.as_deref().unwrap_or_default())
        };
        self.education.iter().any(|entry| {
            text::fold(&entry.fields.institution) == text::fold(&fields.institution)
                && same(&entry.fields.degree, &fields.degree)
                && same(&entry.fields.field_of_study, &fields.field_of_study)
        })
    }
}

fn agree(a: Option<Day>, b: Option<Day>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a == b)
}

fn needs_start(fields: &ExperienceFields) -> Result<()> {
    match fields.start_date {
        Some(_) => Ok(()),
        None => Err(Error::invalid("/start_date", "A start date is needed.")),
    }
}

fn remove<T>(entries: &mut Vec<T>, is_it: impl Fn(&T) -> bool, what: &'static str) -> Result<()> {
    let index = entries.iter().position(is_it).ok_or_else(|| Error::not_found(what))?;
    entries.remove(index);
    Ok(())
}
