use super::{Candidate, MAX_EDUCATION, MAX_EXPERIENCE, MAX_SKILLS};
use crate::clock::Day;
use crate::domain::job::SkillLevel;
use crate::domain::status::values;
use crate::domain::text;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
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

/// What a candidate has several of. Each is named by its id within the candidate.
pub trait Entry: Clone + Serialize + JsonSchema + Send + Sync + 'static {
    /// What is written by hand.
    type Fields: Clone
        + Serialize
        + DeserializeOwned
        + JsonSchema
        + Validate<Context = ()>
        + Send
        + Sync
        + 'static;
    /// As messages name it.
    const NAME: &'static str;
    /// As paths name all of them.
    const COLLECTION: &'static str;
    const MOST: usize;

    fn new(fields: Self::Fields, extracted_from: ExtractedFrom) -> Self;
    fn id(&self) -> EntryId;
    fn fields(&self) -> &Self::Fields;
    fn change(&mut self, fields: Self::Fields);
    fn all(candidate: &Candidate) -> &[Self];
    fn all_mut(candidate: &mut Candidate) -> &mut Vec<Self>;

    /// Whether it may stand among the candidate's others.
    fn check(&self, _candidate: &Candidate) -> Result<()> {
        Ok(())
    }
}

impl Entry for Skill {
    type Fields = SkillFields;
    const NAME: &'static str = "skill";
    const COLLECTION: &'static str = "skills";
    const MOST: usize = MAX_SKILLS;

    fn new(fields: SkillFields, extracted_from: ExtractedFrom) -> Self {
        Self { id: EntryId::new(), fields, is_verified: false, extracted_from }
    }
    fn id(&self) -> EntryId {
        self.id
    }
    fn fields(&self) -> &SkillFields {
        &self.fields
    }
    /// A changed claim is unverified.
    fn change(&mut self, fields: SkillFields) {
        self.is_verified &= self.fields == fields;
        self.fields = fields;
    }
    fn all(candidate: &Candidate) -> &[Self] {
        &candidate.skills
    }
    fn all_mut(candidate: &mut Candidate) -> &mut Vec<Self> {
        &mut candidate.skills
    }
    /// 409 `duplicate` for a name that is there already.
    fn check(&self, candidate: &Candidate) -> Result<()> {
        match candidate.skill_named(&self.fields.skill_name) {
            Some(held) if held.id != self.id => {
                Err(Error::new(Code::Duplicate, "This skill is listed already.")
                    .with("existing_id", held.id.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl Entry for Experience {
    type Fields = ExperienceFields;
    const NAME: &'static str = "experience entry";
    const COLLECTION: &'static str = "experience";
    const MOST: usize = MAX_EXPERIENCE;

    fn new(fields: ExperienceFields, extracted_from: ExtractedFrom) -> Self {
        Self { id: EntryId::new(), fields, extracted_from }
    }
    fn id(&self) -> EntryId {
        self.id
    }
    fn fields(&self) -> &ExperienceFields {
        &self.fields
    }
    fn change(&mut self, fields: ExperienceFields) {
        self.fields = fields;
    }
    fn all(candidate: &Candidate) -> &[Self] {
        &candidate.experience
    }
    fn all_mut(candidate: &mut Candidate) -> &mut Vec<Self> {
        &mut candidate.experience
    }
    /// By hand a start date is needed (422).
    fn check(&self, _candidate: &Candidate) -> Result<()> {
        if self.extracted_from == ExtractedFrom::Manual && self.fields.start_date.is_none() {
            return Err(Error::invalid("/start_date", "A start date is needed."));
        }
        Ok(())
    }
}

impl Entry for Education {
    type Fields = EducationFields;
    const NAME: &'static str = "education entry";
    const COLLECTION: &'static str = "education";
    const MOST: usize = MAX_EDUCATION;

    fn new(fields: EducationFields, extracted_from: ExtractedFrom) -> Self {
        Self { id: EntryId::new(), fields, extracted_from }
    }
    fn id(&self) -> EntryId {
        self.id
    }
    fn fields(&self) -> &EducationFields {
        &self.fields
    }
    fn change(&mut self, fields: EducationFields) {
        self.fields = fields;
    }
    fn all(candidate: &Candidate) -> &[Self] {
        &candidate.education
    }
    fn all_mut(candidate: &mut Candidate) -> &mut Vec<Self> {
        &mut candidate.education
    }
}

impl Candidate {
    pub fn skill_named(&self, name: &str) -> Option<&Skill> {
        let name = text::fold(name);
        self.skills.iter().find(|skill| text::fold(&skill.fields.skill_name) == name)
    }

    /// # Errors
    /// [`Entry::check`]; 422 when there are [`Entry::MOST`] already.
    pub fn add<E: Entry>(&mut self, fields: E::Fields, extracted_from: ExtractedFrom) -> Result<EntryId> {
        let entry = E::new(fields, extracted_from);
        entry.check(self)?;
        if E::all(self).len() >= E::MOST {
            let detail = format!("A candidate has at most {} entries under {}.", E::MOST, E::COLLECTION);
            return Err(Error::new(Code::ValidationFailed, detail));
        }
        let id = entry.id();
        E::all_mut(self).push(entry);
        self.index();
        Ok(id)
    }

    /// # Errors
    /// 404.
    pub fn entry<E: Entry>(&self, id: EntryId) -> Result<&E> {
        E::all(self).iter().find(|entry| entry.id() == id).ok_or_else(|| Error::not_found(E::NAME))
    }

    /// # Errors
    /// 404; [`Entry::check`].
    pub fn change<E: Entry>(&mut self, id: EntryId, fields: E::Fields) -> Result<()> {
        let at = E::all(self).iter().position(|entry| entry.id() == id);
        let at = at.ok_or_else(|| Error::not_found(E::NAME))?;
        let mut changed = E::all(self)[at].clone();
        changed.change(fields);
        changed.check(self)?;
        E::all_mut(self)[at] = changed;
        self.index();
        Ok(())
    }

    /// Of staff: whether the skill was verified.
    ///
    /// # Errors
    /// 404.
    pub fn verify(&mut self, skill: EntryId, is_verified: bool) -> Result<()> {
        let held = self.skills.iter_mut().find(|held| held.id == skill);
        held.ok_or_else(|| Error::not_found(Skill::NAME))?.is_verified = is_verified;
        Ok(())
    }

    /// # Errors
    /// 404.
    pub fn remove<E: Entry>(&mut self, id: EntryId) -> Result<()> {
        self.entry::<E>(id)?;
        E::all_mut(self).retain(|entry| entry.id() != id);
        self.index();
        Ok(())
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
