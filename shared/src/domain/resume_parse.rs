//! One reading of a resume (spec 40 §2).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::application::ApplicationId;
use crate::domain::candidate::CandidateId;
use crate::domain::document::{File, FileId};
use crate::domain::resume::{ParsedResume, Place};
use crate::domain::status::states;
use crate::error::Result;
use crate::ids::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub type ResumeParseId = Id<ResumeParse>;

/// In its file's aggregate; the same file can be read many times.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct ResumeParse {
    pub id: ResumeParseId,
    pub document_id: FileId,
    pub candidate_id: Option<CandidateId>,
    pub application_id: Option<ApplicationId>,
    pub status: ResumeParseStatus,
    pub parsed_data: Option<ParsedResume>,
    /// Where each value of it stands in the visible text of the file.
    #[serde(default)]
    pub places: Vec<Place>,
    /// 0-100, two decimals.
    pub parsing_confidence: Option<f64>,
    pub parser_version: Option<String>,
    /// The file has no text of its own: it was read off the pictures of its pages, so letters may be wrong.
    #[serde(default)]
    pub from_ocr: bool,
    /// What was hidden in the file and left out (spec 25 §3); shown to the recruiter, never a penalty.
    #[serde(default)]
    pub findings: Vec<Value>,
    /// For people; no personal data.
    pub error: Option<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { ResumeParse, "resume_parse", "resume parse", root: document_id, fields: ["candidate_id", "status"], arrays: [], audit: fact }

states! {
    ResumeParseStatus {
        Queued "queued" => [Done, Failed],
        Done "done" => [],
        /// A retried message may still succeed.
        Failed "failed" => [Queued, Done],
    }
}

impl ResumeParse {
    pub fn new(file: &File, now: Timestamp, by: Option<String>) -> Self {
        Self {
            id: ResumeParseId::new(),
            document_id: file.id,
            candidate_id: file.candidate_id,
            application_id: file.application_id,
            status: ResumeParseStatus::Queued,
            parsed_data: None,
            places: Vec::new(),
            parsing_confidence: None,
            parser_version: None,
            from_ocr: false,
            findings: Vec::new(),
            error: None,
            meta: Meta::new(file.meta.organisation_id, now, by),
        }
    }

    /// `confidence` is brought into 0-100 with two decimals.
    pub fn done(
        &mut self,
        parsed: ParsedResume,
        places: Vec<Place>,
        confidence: f64,
        parser_version: String,
        findings: Vec<Value>,
    ) -> Result<()> {
        self.status.to(ResumeParseStatus::Done)?;
        self.parsed_data = Some(parsed);
        self.places = places;
        self.parsing_confidence = Some((confidence.clamp(0.0, 100.0) * 100.0).round() / 100.0);
        self.parser_version = Some(parser_version);
        self.findings = findings;
        self.error = None;
        Ok(())
    }

    pub fn failed(&mut self, error: &str) -> Result<()> {
        self.status.to(ResumeParseStatus::Failed)?;
        self.error = Some(error.to_owned());
        Ok(())
    }

    pub fn retry(&mut self) -> Result<()> {
        self.status.to(ResumeParseStatus::Queued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn queued() -> ResumeParse {
        ResumeParse {
            id: Id::new(),
            document_id: Id::new(),
            candidate_id: None,
            application_id: None,
            status: ResumeParseStatus::Queued,
            parsed_data: None,
            places: Vec::new(),
            parsing_confidence: None,
            parser_version: None,
            from_ocr: false,
            findings: vec![],
            error: None,
            meta: Meta::new(None, Timestamp::from_unix(0), None),
        }
    }

    #[test]
    fn confidence_has_two_decimals_within_its_bounds() {
        for (given, kept) in [(87.6543, 87.65), (-1.0, 0.0), (100.4, 100.0)] {
            let mut parse = queued();
            parse.done(ParsedResume::default(), vec![], given, "1".into(), vec![]).unwrap();
            assert_eq!(parse.parsing_confidence, Some(kept));
        }
    }

    const TABLE: &[(&str, &[&str])] =
        &[("queued", &["done", "failed"]), ("done", &[]), ("failed", &["queued", "done"])];

    proptest! {
        #[test]
        fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec(0..3u8, 0..12)) {
            let mut parse = queued();
            for verb in verbs {
                let before = parse.status.to_string();
                let result = match verb {
                    0 => parse.done(ParsedResume::default(), vec![], 50.0, "1".into(), vec![]),
                    1 => parse.failed("unreadable"),
                    _ => parse.retry(),
                };
                super::super::machine::check(TABLE, &before, &parse.status.to_string(), &result);
            }
        }
    }
}
