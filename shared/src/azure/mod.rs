//! What everything in Azure shares: one identity, made once and handed to every client.

use crate::config::Identity;
use azure_core::credentials::TokenCredential;
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential,
};
use std::sync::Arc;

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
