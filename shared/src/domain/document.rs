//! A file's metadata (spec 40 §2). The bytes are in blob storage at `file_path`.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::ApplicationId;
use crate::domain::candidate::CandidateId;
use crate::domain::organisation::OrganisationId;
use crate::domain::status::{states, values};
use crate::error::{Code, Error, Result};
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type FileId = Id<File>;

/// The `document` of the specification; named so that it is not taken for a stored [`crate::docs::Document`].
/// Its own aggregate root, with its owner. `file_path` leads here through a claim.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct File {
    pub id: FileId,
    /// A user's id, an application's id, or `system`.
    pub owner_id: String,
    pub owner_type: FileOwner,
    pub candidate_id: Option<CandidateId>,
    pub application_id: Option<ApplicationId>,
    pub document_type: FileType,
    pub file_name: String,
    pub file_path: String,
    /// Bytes.
    pub file_size: u64,
    pub mime_type: String,
    pub is_public: bool,
    /// Hex.
    pub sha256: String,
    pub scan_status: ScanStatus,
    /// 1, 2, ... of one path.
    pub version: u32,
    pub uploaded_at: Timestamp,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { File, "document", "document", root: id, fields: ["owner_id", "candidate_id", "application_id", "document_type", "is_active"], arrays: [], audit: values }

values! {
    FileOwner {
        Candidate "candidate", Recruiter "recruiter", Admin "admin", Application "application", System "system",
    }
}
values! {
    FileType {
        Resume "resume", CoverLetter "cover_letter", Portfolio "portfolio", Transcript "transcript", Other "other",
    }
}
states! {
    /// A failed scan is repeated.
    ScanStatus {
        Pending "pending" => [Clean, Infected, Failed],
        Clean "clean" => [],
        Infected "infected" => [],
        Failed "failed" => [Clean, Infected],
    }
}

/// What is known of an upload.
pub struct Upload {
    pub owner_id: String,
    pub owner_type: FileOwner,
    pub candidate_id: Option<CandidateId>,
    pub application_id: Option<ApplicationId>,
    pub document_type: FileType,
    pub file_name: String,
    pub file_path: String,
    pub file_size: u64,
    pub mime_type: String,
    pub is_public: bool,
    pub sha256: String,
}

impl File {
    pub fn new(
        organisation: Option<OrganisationId>,
        upload: Upload,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self {
            id: FileId::new(),
            owner_id: upload.owner_id,
            owner_type: upload.owner_type,
            candidate_id: upload.candidate_id,
            application_id: upload.application_id,
            document_type: upload.document_type,
            file_name: upload.file_name,
            file_path: upload.file_path,
            file_size: upload.file_size,
            mime_type: upload.mime_type,
            is_public: upload.is_public,
            sha256: upload.sha256,
            scan_status: ScanStatus::Pending,
            version: 1,
            uploaded_at: now,
            meta: Meta::new(organisation, now, by),
        }
    }

    /// The same result again is harmless; another one is refused.
    pub fn scanned(&mut self, result: ScanStatus) -> Result<()> {
        if self.scan_status == result { Ok(()) } else { self.scan_status.to(result) }
    }

    /// The same name was uploaded again: a new version, to be scanned anew.
    pub fn replaced(&mut self, file_size: u64, mime_type: String, sha256: String, now: Timestamp) {
        self.file_size = file_size;
        self.mime_type = mime_type;
        self.sha256 = sha256;
        self.version += 1;
        self.uploaded_at = now;
        self.scan_status = ScanStatus::Pending;
    }

    /// Before any link is given: 409 `scan_pending`, 403 `file_quarantined`.
    pub fn check_readable(&self) -> Result<()> {
        match self.scan_status {
            ScanStatus::Clean => Ok(()),
            ScanStatus::Pending | ScanStatus::Failed => {
                Err(Error::new(Code::ScanPending, "The file is still being checked. Please try again later."))
            }
            ScanStatus::Infected => {
                Err(Error::new(Code::FileQuarantined, "The file is locked because malware was found in it."))
            }
        }
    }
}

/// A file name safe in a path: its last part, only letters, digits, dot, dash, underscore, at most 255 characters.
/// `None` when nothing but dots is left.
pub fn safe_file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .map(|c| if c == ' ' { '_' } else { c })
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        .collect();
    // The ending says what it is: cut from the front.
    let kept = kept.trim_start_matches('.');
    let kept = &kept[kept.len().saturating_sub(255)..];
    // Storage services drop dots at the end.
    let kept = kept.trim_matches('.');
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file() -> File {
        let upload = Upload {
            owner_id: "u".into(),
            owner_type: FileOwner::Candidate,
            candidate_id: None,
            application_id: None,
            document_type: FileType::Resume,
            file_name: "cv.pdf".into(),
            file_path: "resumes/u/cv.pdf".into(),
            file_size: 10,
            mime_type: "application/pdf".into(),
            is_public: false,
            sha256: "00".into(),
        };
        File::new(None, upload, Timestamp::from_unix(0), None)
    }

    #[test]
    fn names_lose_what_could_leave_their_folder() {
        for (given, kept) in [
            ("../../etc/passwd", Some("passwd")),
            ("C:\\cv final.pdf", Some("cv_final.pdf")),
            ("..", None),
            ("/", None),
            (".htaccess", Some("htaccess")),
            ("résumé.pdf", Some("rsum.pdf")),
        ] {
            assert_eq!(safe_file_name(given).as_deref(), kept, "{given}");
        }
        let long = safe_file_name(&format!("{}.pdf", "a".repeat(300))).unwrap();
        assert!(long.len() == 255 && long.ends_with(".pdf"));
    }

    #[test]
    fn only_clean_files_are_read() {
        let mut file = file();
        assert_eq!(file.check_readable().unwrap_err().code(), Code::ScanPending);
        file.scanned(ScanStatus::Infected).unwrap();
        assert_eq!(file.check_readable().unwrap_err().code(), Code::FileQuarantined);
        file.replaced(1, "application/pdf".into(), "01".into(), Timestamp::from_unix(1));
        assert_eq!((file.version, file.scan_status), (2, ScanStatus::Pending));
    }

    const TABLE: &[(&str, &[&str])] = &[
        ("pending", &["clean", "infected", "failed"]),
        ("clean", &[]),
        ("infected", &[]),
        ("failed", &["clean", "infected"]),
    ];

    proptest! {
        #[test]
        fn no_sequence_of_results_leaves_the_table(results in prop::collection::vec(0..4usize, 0..10)) {
            let mut file = file();
            for index in results {
                let before = file.scan_status.to_string();
                let result = file.scanned(ScanStatus::ALL[index]);
                super::super::machine::check(TABLE, &before, &file.scan_status.to_string(), &result);
            }
        }
    }
}
