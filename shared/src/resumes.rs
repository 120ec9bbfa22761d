//! Reading resumes (spec 40 §5): visible text, the model's reading of it, and the check that every value stands there.

use crate::context::Context;
use crate::docs::At;
use crate::documents::{self, DocumentError, DocumentText, Limits};
use crate::domain::candidate::Added;
use crate::domain::candidate::{Candidate, CandidateId};
use crate::domain::document::File;
use crate::domain::resume_parse::ResumeParse;
use crate::error::{Code, Error, Result};
use crate::prompts::ParseResume;
use serde_json::{Value, json};

/// Part of every reading's `parser_version`: goes up when code changes what is read.
const PARSER: &str = "1";

impl Context {
    /// Reads a resume and stores the reading beside its file. A document that cannot be read leaves a failed reading and
    /// is a 400 that says what to do; trouble with the model is 502 to 504 and leaves none.
    pub async fn read_resume(&self, at: &At, file: &File, model: &crate::ai::Model) -> Result<ResumeParse> {
        let content = self.file_content(file).await?;
        let mut parse = ResumeParse::new(file, self.now(), at.actor.id.clone());
        let document = match documents::read_async(content, Limits::default()).await {
            Ok(document) => document,
            Err(error) => {
                let error = unreadable(error);
                parse.failed(error.detail())?;
                self.docs::<ResumeParse>(at).create(parse).await?;
                return Err(error);
            }
        };
        let DocumentText { text, hidden, .. } = document;
        let output = format!("resume_parse/{}", parse.id);
        let answer = match model.ask(&ParseResume { text: text.clone() }).await {
            Ok(answer) => answer,
            Err(error) => {
                self.note_ai_call(at, error.call(), None).await?;
                return Err(error.into());
            }
        };
        self.note_ai_call(at, &answer.call, Some(output)).await?;
        let checked = answer.value.only_visible(&text);
        let confidence = checked.resume.confidence(checked.kept, checked.dropped);
        let version = format!("{PARSER}/{}", answer.call.model);
        let places = checked.resume.places(&text);
        parse.done(
            checked.resume,
            places,
            confidence,
            version.chars().take(50).collect(),
            findings(&hidden),
        )?;
        self.docs::<ResumeParse>(at).create(parse).await
    }

    /// Adds what a reading tells to the candidate it is about.
    pub async fn apply_resume(&self, at: &At, candidate: CandidateId, parse: &ResumeParse) -> Result<Added> {
        let Some(parsed) = &parse.parsed_data else { return Ok(Added::default()) };
        let added = std::sync::Mutex::new(Added::default());
        self.docs::<Candidate>(at)
            .update(candidate, candidate, None, |candidate, work| {
                work.action("apply_resume");
                *added.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    candidate.apply_resume(parsed);
                Ok(())
            })
            .await?;
        Ok(added.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// For the recruiter: what the file holds but does not show (spec 25 §3).
fn findings(hidden: &[documents::HiddenText]) -> Vec<Value> {
    let finding = |found: &documents::HiddenText| {
        json!({
            "kind": "hidden_text",
            "how": found.kind.as_str(),
            "page": found.page,
            "excerpt": found.excerpt,
        })
    };
    hidden.iter().map(finding).collect()
}

/// 400 with a sentence that says what to do (spec 40 §4, §7).
fn unreadable(error: DocumentError) -> Error {
    let (code, detail) = match error {
        DocumentError::Encrypted => {
            (Code::NoText, "The file is protected by a password. Please upload it without one.")
        }
        DocumentError::NoText => (
            Code::NoText,
            "The file has no readable text; it may be a scan or a photo. Please upload a PDF saved from a text program.",
        ),
        DocumentError::Damaged => (
            Code::NoText,
            "The file is damaged and has no readable text. Please save it as PDF again and upload it anew.",
        ),
        DocumentError::TooManyPages => {
            (Code::TooManyPages, "The file has more than 50 pages. Please upload a shorter one.")
        }
        DocumentError::Unsupported(_) => {
            (Code::BadRequest, "The file is not a document that can be read. Please upload a PDF.")
        }
        DocumentError::TooLarge => {
            (Code::BadRequest, "The file unpacks to something too large. Please save it as PDF again.")
        }
        DocumentError::TooSlow => {
            (Code::BadRequest, "The file takes too long to read. Please save it as a simpler PDF.")
        }
    };
    Error::new(code, detail)
}
