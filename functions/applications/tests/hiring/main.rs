//! Hiring over HTTP: jobs, applications, shortlists, in one running platform on an embedded store.

#[cfg(test)]
mod applications;
#[cfg(test)]
mod course;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod office;
#[cfg(test)]
mod shortlists;
