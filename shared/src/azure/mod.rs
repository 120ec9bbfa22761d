//! What everything in Azure shares: one identity, made once and handed to every client, and limits on every call.

pub mod access;
mod resource;
mod token;

pub use resource::EndpointError;
pub(crate) use resource::{NoReply, Reply, Resource};
pub use token::{COGNITIVE_SERVICES, COMMUNICATION, EntraTokens, TokenError, TokenSource};

use crate::config::Identity;
use crate::outbound::Outbound;
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport};
use azure_identity::{
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

/// Longest a call may take with its retries and the token it needs: a request that finds the service gone is to be
/// answered within 30 seconds.
pub const LONGEST_CALL: Duration = Duration::from_secs(25);
const LONGEST_CONNECT: Duration = Duration::from_secs(3);
/// Between two pieces of an answer, and from the last piece of a request to its answer.
const LONGEST_SILENCE: Duration = Duration::from_secs(15);

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
                client_options: client_options(),
            }))?
        }
        Identity::Workload => {
            let mut options = WorkloadIdentityCredentialOptions::default();
            options.credential_options.client_options = client_options();
            WorkloadIdentityCredential::new(Some(options))?
        }
        Identity::Developer => DeveloperToolsCredential::new(None)?,
    })
}

/// Time-outs and retries for a client. The SDK's own keep a call busy for more than a minute when nobody answers.
pub fn client_options() -> ClientOptions {
    let http = Outbound::new(LONGEST_CONNECT).read_within(LONGEST_SILENCE);
    ClientOptions {
        transport: Some(Transport::new(Arc::new(http))),
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: 3,
            max_total_elapsed: time::Duration::seconds(5),
            max_delay: time::Duration::seconds(2),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Ends a call that takes longer than [`LONGEST_CALL`].
pub(crate) async fn bounded<T>(call: impl Future<Output = azure_core::Result<T>>) -> azure_core::Result<T> {
    match tokio::time::timeout(LONGEST_CALL, call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(azure_core::Error::with_message(ErrorKind::Io, "no answer in time")),
    }
}

/// Why a call failed, in words that may stand in a log: without addresses, which name people's files, and without bodies.
pub(crate) fn cause(error: &azure_core::Error) -> String {
    match error.kind() {
        ErrorKind::HttpResponse { status, error_code, .. } => {
            format!("status {} {}", u16::from(*status), error_code.as_deref().unwrap_or_default())
        }
        // Says which setting or role is missing.
        ErrorKind::Credential => format!("no token: {error}"),
        kind => {
            let mut root: &dyn std::error::Error = error;
            while let Some(source) = root.source() {
                root = source;
            }
            // The HTTP client's own error quotes the address.
            if root.is::<reqwest::Error>() { kind.to_string() } else { format!("{kind}: {root}") }
        }
    }
}
