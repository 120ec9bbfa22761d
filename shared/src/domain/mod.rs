//! Documents, their states and rules. Knows nothing of HTTP, async runtimes or cloud SDKs.

pub mod ai_criteria;
pub mod application;
pub mod application_feedback;
pub mod application_note;
pub mod audit;
pub mod competency;
pub mod credential;
pub mod evidence;
pub(crate) mod human;
pub mod job;
pub mod job_metrics;
pub(crate) mod language;
pub mod login_session;
pub mod membership;
pub mod organisation;
pub mod outbox;
pub mod pipeline;
pub mod practice;
pub mod requirements;
pub mod resume;
pub mod role;
pub mod rubric;
pub mod score;
pub mod setting;
pub(crate) mod status;
pub mod team;
pub(crate) mod text;
pub mod transcript;
pub(crate) mod ttl;
pub mod user;

use crate::docs::{Document, Reservation};
use crate::message::Outgoing;
use crate::store::Indexes;

/// Every stored kind and what lists may filter and order it by.
pub const KINDS: &[Indexes] = &[
    audit::AuditEvent::INDEXES,
    organisation::Organisation::INDEXES,
    outbox::OutboxTenant::INDEXES,
    Reservation::INDEXES,
    Indexes { kind: Outgoing::KIND, fields: &[], arrays: &[] },
];

/// The static name of a stored kind.
pub fn kind_named(name: &str) -> Option<&'static str> {
    KINDS.iter().map(|indexes| indexes.kind).find(|kind| *kind == name)
}
