//! What falls due when: timers look only at what is due, whatever is stored.

use crate::clock::Timestamp;
use crate::context::Context;
use crate::docs::{At, Listing, Meta};
use crate::document;
use crate::error::Result;
use crate::store::Tenant;
use serde::{Deserialize, Serialize};

/// A note on the platform that a document falls due. It may be out of date: whoever takes it looks at the document.
#[derive(Clone, Serialize, Deserialize)]
pub struct Due {
    /// `<time>#<document id>`, so that ids are in the order of time.
    pub id: String,
    pub purpose: String,
    pub at: Timestamp,
    pub tenant: String,
    pub entity_id: String,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Due, "due", "due date", root: purpose, fields: [], arrays: [], audit: off }

impl Due {
    pub fn tenant(&self) -> Tenant {
        Tenant::parse(&self.tenant)
    }
}

impl Context {
    /// Notes that `entity_id` falls due. Write it before the document: a note without a document does no harm.
    pub async fn note_due(
        &self,
        purpose: &str,
        at: Timestamp,
        tenant: &Tenant,
        entity_id: impl ToString,
    ) -> Result<()> {
        let entity_id = entity_id.to_string();
        let due = Due {
            id: format!("{at}#{entity_id}"),
            purpose: purpose.to_owned(),
            at,
            tenant: tenant.as_str().to_owned(),
            entity_id,
            meta: Meta::new(None, self.now(), None),
        };
        let place = At::system(Tenant::platform());
        let mut work = self.work(&place, purpose);
        work.overwrite(due)?;
        Ok(work.commit().await?)
    }

    /// Hands everything due by now to `handle`, oldest first. A note is removed once it was handled; one whose handling
    /// failed stays for the next run, and does not stop the others.
    pub async fn take_due(
        &self,
        purpose: &'static str,
        handle: impl AsyncFn(&Due) -> Result<()>,
    ) -> Result<()> {
        let place = At::system(Tenant::platform());
        let now = self.now();
        let mut after = None;
        loop {
            let listing = Listing::oldest().within(purpose).page(100, after.take());
            let page = self.docs::<Due>(&place).list(listing).await?;
            for due in &page.items {
                if due.at > now {
                    return Ok(());
                }
                if let Err(error) = handle(due).await {
                    tracing::warn!(
                        purpose,
                        entity_id = due.entity_id,
                        code = error.code().as_str(),
                        "left for the next run"
                    );
                    continue;
                }
                let mut work = self.work(&place, purpose);
                work.erase(due)?;
                work.commit().await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
