//! What everything in Azure shares: one identity, made once and handed to every client.

pub mod access;
mod resource;
mod token;

pub use resource::EndpointError;
pub(crate) use resource::{NoReply, Reply, Resource};
pub use token::{COGNITIVE_SERVICES, COMMUNICATION, EntraTokens, TokenError, TokenSource};

use crate::config::Identity;
use azure_core::credentials::TokenCredential;
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential,
};
use std::cell::OnceCell;
use std::sync::Arc;

/// The one credential of this process, made when the first client needs it.
pub struct Login<'a> {
    identity: &'a Identity,
    credential: OnceCell<Arc<dyn TokenCredential>>,
}

impl<'a> Login<'a> {
    pub fn new(identity: &'a Identity) -> Self {
        Self { identity, credential: OnceCell::new() }
    }

    pub fn credential(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        if let Some(made) = self.credential.get() {
            return Ok(made.clone());
        }
        let made = credential(self.identity)?;
        Ok(self.credential.get_or_init(|| made).clone())
    }

    /// Tokens for what is spoken to over plain HTTP.
    pub fn tokens(&self, scope: &'static str) -> azure_core::Result<Arc<dyn TokenSource>> {
        Ok(Arc::new(EntraTokens::new(self.credential()?, scope)))
    }
}

/// The credential that answers for the platform. Nothing goes over a network until a token is asked for.
pub fn credential(identity: &Identity) -> azure_core::Result<Arc<dyn TokenCredential>> {
    Ok(match identity {
        Identity::Managed { client_id } => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                ..Default::default()
            }))?
        }
        Identity::Workload => WorkloadIdentityCredential::new(None)?,
        Identity::Developer => DeveloperToolsCredential::new(None)?,
    })
}
