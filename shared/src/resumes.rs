//! Reading resumes (spec 40 §5): visible text (of a scan, read off its pictures), the model's reading of it, and the check that every value stands there.

use crate::context::Context;
use crate::docs::At;
use crate::documents::{self, DocumentError, DocumentText, Limits, Ocr, OcrError};
use crate::domain::candidate::Added;
use crate::domain::candidate::{Candidate, CandidateId};
use crate::domain::document::File;
use crate::domain::resume_parse::ResumeParse;
use crate::error::{Code, Error, Result};
use crate::prompts::ParseResume;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Part of every reading's `parser_version`: goes up when code changes what is read.
const PARSER: &str = "1";

/// Longest that reading a scanned document may take.
const OCR_LIMIT: Duration = Duration::from_secs(30);

impl Context {
    /// Reads a resume and stores the reading beside its file. A document that cannot be read leaves a failed reading and
    /// is a 400 that says what to do; trouble with the model, or with reading a scan,
    /// is 502 to 504 and leaves none. All of it ends within what the model may take.
    pub async fn read_resume(&self, at: &At, file: &File, model: &crate::ai::Model) -> Result<ResumeParse> {
        let content = self.file_content(file).await?;
        let mut parse = ResumeParse::new(file, self.now(), at.actor.id.clone());
        let started = Instant::now();
        let (document, from_ocr) = match self.resume_text(content, model.budget()).await {
            Ok(read) => read,
            Err(error) if error.code().status() == 400 => {
                parse.failed(error.detail())?;
                self.docs::<ResumeParse>(at).create(parse).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let DocumentText { text, hidden, .. } = document;
        let model = model.within(model.budget().saturating_sub(started.elapsed()));
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
        parse.from_ocr = from_ocr;
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

    /// The visible text, and whether it was read off pictures. Of `budget`, two fifths are left for what follows.
    async fn resume_text(&self, content: Bytes, budget: Duration) -> Result<(DocumentText, bool)> {
        match (documents::read_async(content.clone(), Limits::default()).await, self.ocr()) {
            (Ok(document), _) => Ok((document, false)),
            (Err(DocumentError::NoText), Some(ocr)) => {
                let limit = OCR_LIMIT.min(budget * 3 / 5);
                Ok((read_scan(content, ocr, limit).await?, true))
            }
            (Err(error), _) => Err(unreadable(error)),
        }
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

async fn read_scan(content: Bytes, ocr: &dyn Ocr, limit: Duration) -> Result<DocumentText> {
    let scan = documents::scan(content, Limits::default()).await.map_err(unreadable)?;
    let pages = ocr.read(scan.pdf.clone(), limit).await.map_err(not_read)?;
    scan.text(&pages).map_err(unreadable)
}

fn not_read(error: OcrError) -> Error {
    tracing::warn!(%error, "a scanned document was not read");
    match error {
        OcrError::Unreadable(_) => unreadable(DocumentError::NoText),
        OcrError::Unavailable { retry_after, .. } => {
            let seconds = retry_after.map_or(30, |wait| wait.as_secs().clamp(1, 3600) as u32);
            let detail = "Scanned files cannot be read at the moment. Please try again, or upload a PDF saved from a text program.";
            Error::new(Code::Unavailable, detail).retry_after(seconds).because(error)
        }
        OcrError::TimedOut => {
            let detail = "Reading the scanned file took too long. Please try again, or upload a PDF saved from a text program.";
            Error::new(Code::UpstreamTimeout, detail).because(error)
        }
        OcrError::Upstream(_) => {
            let detail = "The scanned file could not be read. Please try again, or upload a PDF saved from a text program.";
            Error::new(Code::UpstreamFailed, detail).because(error)
        }
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
