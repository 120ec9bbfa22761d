use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::ids::new_etag;
use crate::store::Tenant;
use serde::{Deserialize, Serialize};

/// Notes that a tenant's outbox may hold messages; the sweeper looks at these tenants only.
#[derive(Clone, Serialize, Deserialize)]
pub struct OutboxTenant {
    pub id: String,
    root: String,
    pub tenant: String,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { OutboxTenant, "outbox_tenant", "outbox", root: root, fields: [], arrays: [], audit: off }

impl OutboxTenant {
    pub const ROOT: &'static str = "outbox";

    pub fn new(tenant: &Tenant, now: Timestamp) -> Self {
        let mut meta = Meta::new(None, now, None);
        meta.etag = new_etag();
        Self {
            id: tenant.as_str().to_owned(),
            root: Self::ROOT.into(),
            tenant: tenant.as_str().to_owned(),
            meta,
        }
    }
}
