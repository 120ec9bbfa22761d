//! What happened, by whom: append only, written in the commit it describes (spec 80 §1, 15).

use crate::clock::Timestamp;
use crate::docs::ActorKind;
use crate::domain::organisation::OrganisationId;
use crate::ids::Id;
use crate::store::Indexes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub type AuditEventId = Id<AuditEvent>;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditEvent {
    pub id: AuditEventId,
    pub organisation_id: Option<OrganisationId>,
    pub actor_id: Option<String>,
    pub actor_kind: ActorKind,
    /// create, update, delete, view, export, login, logout, status_change, override, merge, permission_change, deletion.
    pub action: String,
    pub entity_type: String,
    pub entity_id: String,
    /// The changed members before; secrets and personal texts are masked.
    #[schemars(with = "Option<Map<String, Value>>")]
    pub old_values: Option<Box<RawValue>>,
    #[schemars(with = "Option<Map<String, Value>>")]
    pub new_values: Option<Box<RawValue>>,
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
    pub occurred_at: Timestamp,
    pub trace_id: Option<String>,
    pub etag: String,
}

impl AuditEvent {
    pub const KIND: &'static str = "audit_event";
    pub const INDEXES: Indexes = Indexes {
        kind: Self::KIND,
        fields: &["actor_id", "action", "entity_type", "entity_id", "occurred_at"],
        arrays: &[],
    };
}
