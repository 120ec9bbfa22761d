//! What every suite stands on: a platform, people who act on it, answers that explain themselves.

pub(crate) mod actor;
pub(crate) mod answer;
mod backends;
pub(crate) mod faults;
pub(crate) mod handler;
pub(crate) mod hiring;
pub(crate) mod letters;
pub(crate) mod make;
pub(crate) mod platform;
pub(crate) mod problem;
mod queries;
pub(crate) mod snapshot;
