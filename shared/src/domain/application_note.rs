//! What staff write about an application (spec 50 §4).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::{Application, ApplicationId};
use crate::domain::status::values;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type ApplicationNoteId = Id<ApplicationNote>;

/// In its application's aggregate. A private one is read by its author and org_admins only.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApplicationNote {
    pub id: ApplicationNoteId,
    #[serde(flatten)]
    pub fields: ApplicationNoteFields,
    pub application_id: ApplicationId,
    pub author_id: UserId,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { ApplicationNote, "application_note", "note", root: application_id, fields: ["note_type", "is_private", "author_id", "is_active"], arrays: [], audit: masked ["body"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ApplicationNoteFields {
    #[serde(default)]
    pub note_type: NoteType,
    #[garde(length(chars, min = 1, max = 5000), custom(text::filled))]
    pub body: String,
    #[serde(default)]
    pub is_private: bool,
}

values! { #[derive(Default)]
NoteType { #[default] General "general", FollowUp "follow_up", RedFlag "red_flag" } }

impl ApplicationNote {
    pub fn new(
        application: &Application,
        fields: ApplicationNoteFields,
        author: UserId,
        now: Timestamp,
    ) -> Self {
        Self {
            id: ApplicationNoteId::new(),
            fields,
            application_id: application.id,
            author_id: author,
            meta: Meta::new(application.meta.organisation_id, now, Some(author.to_string())),
        }
    }

    pub fn readable_by(&self, user: UserId, is_admin: bool) -> bool {
        !self.fields.is_private || is_admin || self.author_id == user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_needed_and_a_private_note_stays_private() {
        let read = |body: &str| serde_json::from_str::<ApplicationNoteFields>(body).unwrap();
        assert!(read(r#"{"body":" "}"#).validate().is_err());
        let fields = read(r#"{"body":"Call back","is_private":true}"#);
        assert!(fields.validate().is_ok() && fields.note_type == NoteType::General);
        let author = UserId::new();
        let meta = Meta::new(None, Timestamp::from_unix(0), None);
        let note =
            ApplicationNote { id: Id::new(), fields, application_id: Id::new(), author_id: author, meta };
        assert!(note.readable_by(author, false) && note.readable_by(UserId::new(), true));
        assert!(!note.readable_by(UserId::new(), false));
    }
}
