//! The list of organisations, on the platform: what timers and platform staff go through. The organisation itself
//! stands in its own tenant.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::{Organisation, OrganisationId, OrganisationStatus};
use serde::{Deserialize, Serialize};

/// Has its organisation's id; its own aggregate root. Written before the organisation, so an entry may lead to none.
#[derive(Clone, Serialize, Deserialize)]
pub struct OrganisationEntry {
    pub id: OrganisationId,
    pub status: OrganisationStatus,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { OrganisationEntry, "organisation_entry", "organisation", root: id, fields: ["status"], arrays: [], audit: off }

impl OrganisationEntry {
    pub fn of(organisation: &Organisation, now: Timestamp) -> Self {
        Self { id: organisation.id, status: organisation.status, meta: Meta::new(None, now, None) }
    }
}
