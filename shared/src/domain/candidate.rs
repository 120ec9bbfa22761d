//! A candidate (spec 40 §1): person-held (made by the person, `organisation_id` null) or organisation-held.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::document::FileId;
use crate::domain::human;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::values;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod entry;
mod from_resume;
mod search;
mod view;
pub use entry::{
    Education, EducationFields, Entry, EntryId, Experience, ExperienceFields, ExtractedFrom, Skill,
    SkillFields, SkillType,
};
pub use from_resume::Added;
pub use search::{SearchTerms, search_words};
pub use view::{CandidateForPerson, CandidateForStaff};

pub type CandidateId = Id<Candidate>;

/// Its own aggregate root. Organisation-held: the e-mail is held by a claim in the organisation. Person-held: has its
/// user's id, so that there is one per user, and lives in the person's tenant.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    pub id: CandidateId,
    #[serde(flatten)]
    pub fields: CandidateFields,
    /// Whose account this is, once known.
    pub user_id: Option<UserId>,
    /// Shown text; built from the parts when none was given.
    pub shown_location: Option<String>,
    pub skills: Vec<Skill>,
    pub experience: Vec<Experience>,
    pub education: Vec<Education>,
    pub cv_document_id: Option<FileId>,
    pub cv_file_path: Option<String>,
    pub cv_uploaded_at: Option<Timestamp>,
    /// Hidden from search while set.
    pub paused_at: Option<Timestamp>,
    /// Staff only.
    pub is_blacklisted: bool,
    pub blacklist_reason: Option<String>,
    /// The record that took this one over; it answers 410 from then on.
    pub merged_into: Option<CandidateId>,
    /// Whose own it is: creator, referrer, the person. Kept by this module.
    pub owner_ids: Vec<String>,
    /// What searches find it by: see `search`. Kept by this module.
    #[serde(default)]
    pub search_terms: Vec<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Candidate, "candidate", "candidate", root: id,
fields: ["last_name", "source", "work_mode", "years_experience", "is_blacklisted", "merged_into", "updated_at", "is_active"],
arrays: ["owner_ids", "search_terms"],
audit: masked ["email", "first_name", "last_name", "phone", "suburb", "state", "postcode", "location", "shown_location",
    "linkedin_url", "portfolio_url", "salary_expectation_min", "salary_expectation_max", "summary", "gpa_wam",
    "blacklist_reason", "skills", "experience", "education", "search_terms"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CandidateFields {
    #[garde(length(chars, max = 255), custom(text::email))]
    pub email: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub first_name: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub last_name: String,
    #[serde(default)]
    #[garde(length(chars, max = 20), inner(custom(text::phone)))]
    pub phone: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub suburb: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub state: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 20))]
    pub postcode: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub country: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub location: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::https_url)))]
    pub linkedin_url: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 500), inner(custom(text::https_url)))]
    pub portfolio_url: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub current_title: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub current_company: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 5000))]
    pub summary: Option<String>,
    #[serde(default)]
    #[garde(range(max = 60))]
    pub years_experience: Option<u8>,
    /// A year.
    #[serde(default)]
    pub salary_expectation_min: Option<u32>,
    #[serde(default)]
    #[garde(custom(text::not_below(&self.salary_expectation_min)))]
    pub salary_expectation_max: Option<u32>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub availability: Option<String>,
    #[serde(default)]
    pub work_mode: Option<WorkMode>,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub work_rights: Option<String>,
    #[serde(default)]
    #[garde(range(min = 0.0, max = 100.0))]
    pub gpa_wam: Option<f64>,
    #[serde(default)]
    pub source: CandidateSource,
    #[serde(default)]
    pub referrer_id: Option<UserId>,
    #[serde(default)]
    pub profile_visibility: Visibility,
    /// Which members an organisation gets when the person applies; what is not named is copied.
    #[serde(default)]
    #[garde(length(max = 50))]
    pub visibility_settings: BTreeMap<String, bool>,
}

values! { WorkMode { Remote "remote", Hybrid "hybrid", Onsite "onsite" } }
values! {
    #[derive(Default)]
    CandidateSource {
        Linkedin "linkedin", Indeed "indeed", Referral "referral", CompanyWebsite "company_website",
        Supplier "supplier", #[default] Other "other",
    }
}
values! {
    /// Who may read a person-held record (spec 40 §6).
    #[derive(Default)]
    Visibility {
        /// Nobody else.
        Private "private",
        /// Organisations the person applied to.
        #[default] Applied "applied",
        /// Every organisation.
        Public "public",
    }
}

impl CandidateFields {
    /// Only who it is; the rest is not known yet.
    pub fn named(email: &str, first_name: &str, last_name: &str) -> Self {
        Self {
            email: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            phone: None,
            suburb: None,
            state: None,
            postcode: None,
            country: None,
            location: None,
            linkedin_url: None,
            portfolio_url: None,
            current_title: None,
            current_company: None,
            summary: None,
            years_experience: None,
            salary_expectation_min: None,
            salary_expectation_max: None,
            availability: None,
            work_mode: None,
            work_rights: None,
            gpa_wam: None,
            source: CandidateSource::default(),
            referrer_id: None,
            profile_visibility: Visibility::default(),
            visibility_settings: BTreeMap::new(),
        }
    }
}

/// Entries a candidate may have.
pub const MAX_SKILLS: usize = 200;
pub const MAX_EXPERIENCE: usize = 50;
pub const MAX_EDUCATION: usize = 30;

impl Candidate {
    /// Held by the organisation.
    pub fn new(
        organisation: OrganisationId,
        fields: CandidateFields,
        now: Timestamp,
        created_by: Option<String>,
    ) -> Self {
        Self::build(CandidateId::new(), fields, None, Meta::new(Some(organisation), now, created_by))
    }

    /// The person's own profile.
    pub fn person_held(user: UserId, fields: CandidateFields, now: Timestamp) -> Self {
        Self::build(user.cast(), fields, Some(user), Meta::new(None, now, Some(user.to_string())))
    }

    fn build(id: CandidateId, fields: CandidateFields, user_id: Option<UserId>, meta: Meta) -> Self {
        let mut candidate = Self {
            id,
            fields,
            user_id,
            shown_location: None,
            skills: Vec::new(),
            experience: Vec::new(),
            education: Vec::new(),
            cv_document_id: None,
            cv_file_path: None,
            cv_uploaded_at: None,
            paused_at: None,
            is_blacklisted: false,
            blacklist_reason: None,
            merged_into: None,
            owner_ids: Vec::new(),
            search_terms: Vec::new(),
            meta,
        };
        candidate.derive();
        candidate
    }

    /// The organisation's record of a person who applies to it: what `visibility_settings` does not withhold. Name and
    /// address always go along; what makes the record the person's (visibility, dates of pausing) never does.
    pub fn for_organisation(&self, organisation: OrganisationId, now: Timestamp) -> Self {
        let shares = |member: &str| self.fields.visibility_settings.get(member).copied().unwrap_or(true);
        let mut copy =
            Self::new(organisation, self.fields.clone(), now, self.user_id.map(|id| id.to_string()));
        let fields = &mut copy.fields;
        macro_rules! withhold {
            ($($member:ident),*) => { $(if !shares(stringify!($member)) { fields.$member = None; })* };
        }
        withhold!(
            phone,
            suburb,
            state,
            postcode,
            country,
            location,
            linkedin_url,
            portfolio_url,
            current_title,
            current_company,
            summary,
            years_experience,
            salary_expectation_min,
            salary_expectation_max,
            availability,
            work_mode,
            work_rights,
            gpa_wam
        );
        fields.visibility_settings = BTreeMap::new();
        fields.profile_visibility = Visibility::default();
        copy.user_id = self.user_id;
        if shares("skills") {
            copy.skills.clone_from(&self.skills);
        }
        if shares("experience") {
            copy.experience.clone_from(&self.experience);
        }
        if shares("education") {
            copy.education.clone_from(&self.education);
        }
        if shares("cv") {
            copy.cv_document_id = self.cv_document_id;
            copy.cv_file_path.clone_from(&self.cv_file_path);
            copy.cv_uploaded_at = self.cv_uploaded_at;
        }
        copy.derive();
        copy
    }

    pub fn set_fields(&mut self, fields: CandidateFields) {
        self.fields = fields;
        self.derive();
    }

    /// Ties the organisation's record to the person's account.
    pub fn link(&mut self, user: UserId) {
        self.user_id = Some(user);
        self.derive();
    }

    pub fn is_person_held(&self) -> bool {
        self.meta.organisation_id.is_none()
    }

    /// 410 naming the record that took this one over.
    pub fn check_present(&self) -> Result<()> {
        match self.merged_into {
            Some(id) => Err(Error::new(Code::Gone, "This record was merged into another one.")
                .with("merged_into", id.to_string())),
            None => Ok(()),
        }
    }

    /// Whether an organisation may read this person-held record; `applied` says whether it has an application of them.
    pub fn visible_to_organisations(&self, applied: bool) -> bool {
        match self.fields.profile_visibility {
            Visibility::Private => false,
            Visibility::Applied => applied,
            Visibility::Public => true,
        }
    }

    /// Whether a search of an organisation may show it.
    pub fn searchable(&self) -> bool {
        let shown = !self.is_person_held() || self.fields.profile_visibility == Visibility::Public;
        shown && self.paused_at.is_none() && self.merged_into.is_none() && self.meta.is_active
    }

    /// Again is harmless: the first time stands.
    pub fn pause(&mut self, now: Timestamp) {
        self.paused_at.get_or_insert(now);
    }
    pub fn resume(&mut self) {
        self.paused_at = None;
    }

    /// Only organisations keep such a list, and only with a reason (422).
    pub fn blacklist(&mut self, reason: &str) -> Result<()> {
        if self.is_person_held() {
            return Err(Error::conflict("A person's own profile cannot be blacklisted."));
        }
        let reason = human::reason(reason).map_err(|_| {
            Error::invalid("/blacklist_reason", "A reason of at most 2000 characters is needed.")
        })?;
        self.is_blacklisted = true;
        self.blacklist_reason = Some(reason);
        Ok(())
    }
    pub fn unblacklist(&mut self) {
        self.is_blacklisted = false;
        self.blacklist_reason = None;
    }

    /// 409 `candidate_blacklisted`: they can neither be invited nor applied for.
    pub fn check_not_blacklisted(&self) -> Result<()> {
        if self.is_blacklisted {
            return Err(Error::new(Code::CandidateBlacklisted, "This candidate is blacklisted."));
        }
        Ok(())
    }

    pub fn set_resume(&mut self, document: FileId, path: String, now: Timestamp) {
        self.cv_document_id = Some(document);
        self.cv_file_path = Some(path);
        self.cv_uploaded_at = Some(now);
    }
    pub fn clear_resume(&mut self) {
        self.cv_document_id = None;
        self.cv_file_path = None;
        self.cv_uploaded_at = None;
    }

    /// Takes another record over (spec 40 §6): own values stay, empty ones are filled, lists are united. `source` points
    /// here afterwards. 409 across organisations, into itself, or from one that was merged before.
    pub fn absorb(&mut self, source: &mut Self) -> Result<()> {
        self.check_present()?;
        source.check_present()?;
        if source.id == self.id || source.meta.organisation_id != self.meta.organisation_id {
            return Err(Error::conflict("Only different records of one organisation can be merged."));
        }
        if self.user_id.is_some() && source.user_id.is_some() && self.user_id != source.user_id {
            return Err(Error::conflict("The records belong to two different people with accounts."));
        }
        let (own, other) = (&mut self.fields, &source.fields);
        macro_rules! fill {
            ($($member:ident),*) => { $(if own.$member.is_none() { own.$member.clone_from(&other.$member); })* };
        }
        fill!(
            phone,
            suburb,
            state,
            postcode,
            country,
            location,
            linkedin_url,
            portfolio_url,
            current_title,
            current_company,
            summary,
            years_experience,
            availability,
            work_mode,
            work_rights,
            gpa_wam,
            referrer_id
        );
        // The two ends belong together.
        if own.salary_expectation_min.is_none() && own.salary_expectation_max.is_none() {
            own.salary_expectation_min = other.salary_expectation_min;
            own.salary_expectation_max = other.salary_expectation_max;
        }
        self.user_id = self.user_id.or(source.user_id);
        if self.cv_document_id.is_none() {
            self.cv_document_id = source.cv_document_id;
            self.cv_file_path.clone_from(&source.cv_file_path);
            self.cv_uploaded_at = source.cv_uploaded_at;
        }
        if source.is_blacklisted && !self.is_blacklisted {
            self.is_blacklisted = true;
            self.blacklist_reason.clone_from(&source.blacklist_reason);
        }
        self.unite_entries(source);
        self.derive();
        source.merged_into = Some(self.id);
        Ok(())
    }

    fn derive(&mut self) {
        self.fields.email = text::fold_email(&self.fields.email);
        let parts = [&self.fields.suburb, &self.fields.state, &self.fields.postcode, &self.fields.country];
        let parts: Vec<_> =
            parts.into_iter().flatten().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        let built = (!parts.is_empty()).then(|| parts.join(", "));
        let given = self.fields.location.clone().filter(|text| !text.trim().is_empty());
        self.shown_location = given.or(built);
        let people = [self.fields.referrer_id, self.user_id].into_iter().flatten().map(|id| id.to_string());
        self.owner_ids = self.meta.created_by.iter().cloned().chain(people).collect();
        self.owner_ids.sort_unstable();
        self.owner_ids.dedup();
        self.index();
    }
}

#[cfg(test)]
mod tests;
