//! Hiring over HTTP: jobs, applications, shortlists, in one running platform on an embedded store.

mod applications;
mod course;
mod jobs;
mod office;
mod shortlists;
