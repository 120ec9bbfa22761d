use super::{At, Document, Meta, Stored, Work};
use crate::context::Context;
use crate::document;
use crate::error::{Code, Error, Result};
use crate::store::{StoreError, Tenant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::Duration;

/// A reservation whose owner never appeared may be taken over after this long.
const ORPHANED_AFTER: Duration = Duration::seconds(60);

/// A value to hold: unique within `tenant`. What it is made of is hashed, so that no e-mail address or token stands in a key.
#[derive(Clone)]
pub struct Claim {
    tenant: Tenant,
    id: String,
}

impl Claim {
    /// `kind` names the rule (`candidate-email`), `parts` the value, case already folded where case does not count.
    pub fn new(tenant: &Tenant, kind: &str, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect::<String>();
        Self { tenant: tenant.clone(), id: format!("{kind}:{digest}") }
    }
}

/// Where the document stands that holds a claim, or that a look-up leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Text of the tenant.
    pub tenant: String,
    pub kind: String,
    pub root: String,
    pub id: String,
}

impl Target {
    pub fn of<T: Document>(at: &At, document: &T) -> Self {
        Self {
            tenant: at.tenant.as_str().to_owned(),
            kind: T::KIND.to_owned(),
            root: document.root(),
            id: document.id(),
        }
    }
}

/// Holds one unique value, or leads from another key to a document.
#[derive(Clone, Serialize, Deserialize)]
pub struct Reservation {
    pub id: String,
    pub target: Target,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Reservation, "reservation", "reservation", root: id, fields: [], arrays: [], audit: off }

impl Context {
    /// What holds the claim, if anything does. The document itself may not exist (yet).
    pub async fn lookup(&self, claim: &Claim) -> Result<Option<Target>> {
        let at = At::system(claim.tenant.clone());
        let found = self.docs::<Reservation>(&at).find(&claim.id).await?;
        Ok(found.map(|reservation| reservation.target.clone()))
    }

    /// Takes the claim for `target`. Taking it again for the same target is fine.
    pub async fn claim(&self, claim: &Claim, target: &Target) -> Result<()> {
        let at = At::system(claim.tenant.clone());
        let reservation = Reservation {
            id: claim.id.clone(),
            target: target.clone(),
            meta: Meta::new(None, self.now(), None),
        };
        let mut work = self.work(&at, claim.id.clone());
        work.create(reservation.clone())?;
        match work.commit().await {
            Ok(()) => return Ok(()),
            Err(StoreError::Precondition { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let held = self.docs::<Reservation>(&at).get(&claim.id).await?;
        if held.target == *target {
            return Ok(());
        }
        if !self.is_orphan(&held).await? {
            return Err(
                Error::new(Code::Duplicate, "It exists already.").with("existing_id", held.target.id.clone())
            );
        }
        let mut work = self.work(&at, claim.id.clone());
        work.update(&held, reservation)?;
        work.commit().await.map_err(|_| Error::new(Code::Duplicate, "It exists already."))
    }

    /// Gives the claim up, if it is held for this document.
    pub async fn release(&self, claim: &Claim, holder_id: &str) -> Result<()> {
        let at = At::system(claim.tenant.clone());
        if let Some(held) = self.docs::<Reservation>(&at).find(&claim.id).await?
            && held.target.id == holder_id
        {
            let mut work = self.work(&at, claim.id.clone());
            work.erase(&*held)?;
            work.commit().await?;
        }
        Ok(())
    }

    /// The process died between reservation and document.
    async fn is_orphan(&self, held: &Stored<Reservation>) -> Result<bool> {
        if held.meta.created_at.plus(ORPHANED_AFTER) > self.now() {
            return Ok(false);
        }
        let target = &held.target;
        let Some(kind) = crate::domain::kind_named(&target.kind) else { return Ok(false) };
        let key = crate::store::Key {
            tenant: Tenant::parse(&target.tenant),
            root: target.root.clone(),
            kind,
            id: target.id.clone(),
        };
        Ok(self.store().get(&key).await?.is_none())
    }

    /// Commits `work` (which creates `target`) while holding `claims`. On failure the claims taken here are given back.
    pub async fn commit_unique(&self, work: Work<'_>, target: &Target, claims: &[Claim]) -> Result<()> {
        for (index, claim) in claims.iter().enumerate() {
            if let Err(error) = self.claim(claim, target).await {
                for taken in &claims[..index] {
                    self.release(taken, &target.id).await?;
                }
                return Err(error);
            }
        }
        if let Err(error) = work.commit().await {
            for claim in claims {
                self.release(claim, &target.id).await?;
            }
            return Err(error.into());
        }
        Ok(())
    }
}
