use super::{Candidate, CandidateFields, CandidateId, Education, Experience, Skill};
use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::domain::document::FileId;
use crate::domain::user::UserId;
use schemars::JsonSchema;
use serde::Serialize;

/// What the person sees of a record about them (spec 40 §1): never that or why they are blacklisted.
#[derive(Serialize, JsonSchema)]
pub struct CandidateForPerson {
    pub id: CandidateId,
    #[serde(flatten)]
    pub fields: CandidateFields,
    pub user_id: Option<UserId>,
    pub shown_location: Option<String>,
    pub skills: Vec<Skill>,
    pub experience: Vec<Experience>,
    pub education: Vec<Education>,
    pub cv_document_id: Option<FileId>,
    pub cv_file_path: Option<String>,
    pub cv_uploaded_at: Option<Timestamp>,
    pub paused_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub etag: String,
}

/// What the organisation's staff see.
#[derive(Serialize, JsonSchema)]
pub struct CandidateForStaff {
    pub id: CandidateId,
    #[serde(flatten)]
    pub fields: CandidateFields,
    pub user_id: Option<UserId>,
    pub shown_location: Option<String>,
    pub skills: Vec<Skill>,
    pub experience: Vec<Experience>,
    pub education: Vec<Education>,
    pub cv_document_id: Option<FileId>,
    pub cv_file_path: Option<String>,
    pub cv_uploaded_at: Option<Timestamp>,
    pub paused_at: Option<Timestamp>,
    pub is_blacklisted: bool,
    pub blacklist_reason: Option<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Candidate {
    pub fn staff_view(self) -> CandidateForStaff {
        CandidateForStaff {
            id: self.id,
            fields: self.fields,
            user_id: self.user_id,
            shown_location: self.shown_location,
            skills: self.skills,
            experience: self.experience,
            education: self.education,
            cv_document_id: self.cv_document_id,
            cv_file_path: self.cv_file_path,
            cv_uploaded_at: self.cv_uploaded_at,
            paused_at: self.paused_at,
            is_blacklisted: self.is_blacklisted,
            blacklist_reason: self.blacklist_reason,
            meta: self.meta,
        }
    }

    pub fn candidate_view(&self) -> CandidateForPerson {
        CandidateForPerson {
            id: self.id,
            fields: self.fields.clone(),
            user_id: self.user_id,
            shown_location: self.shown_location.clone(),
            skills: self.skills.clone(),
            experience: self.experience.clone(),
            education: self.education.clone(),
            cv_document_id: self.cv_document_id,
            cv_file_path: self.cv_file_path.clone(),
            cv_uploaded_at: self.cv_uploaded_at,
            paused_at: self.paused_at,
            created_at: self.meta.created_at,
            updated_at: self.meta.updated_at,
            etag: self.meta.etag.clone(),
        }
    }
}
