//! The candidates and resume functions over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod candidates;
mod documents;
mod harness;
mod pdf;
mod resumes;
