//! The candidates and resume functions over HTTP.
mod candidates;
mod documents;
mod harness;
mod pdf;
mod resumes;
