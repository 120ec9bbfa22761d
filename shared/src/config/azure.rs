//! Which services of Azure are used, and as whom.

use super::{ConfigError, Reader, wrong};
use crate::auth::Secret;
use url::Url;

/// What is not set falls to the embedded default.
#[derive(Clone)]
pub struct Azure {
    pub identity: Identity,
    pub region: String,
    pub cosmos: Option<CosmosAccount>,
    pub queue_endpoint: Option<Url>,
    pub blobs: Option<BlobAccount>,
    /// Document Intelligence.
    pub document_endpoint: Option<Url>,
}

/// Who the platform is when it asks for Entra tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The managed identity of the function app; user-assigned when a client id is given.
    Managed { client_id: Option<String> },
    /// A federated token in a file, as Kubernetes and GitHub give it.
    Workload,
    /// Whoever is signed in to the Azure CLI or the Azure Developer CLI.
    Developer,
}

#[derive(Clone)]
pub struct CosmosAccount {
    pub endpoint: Url,
    pub database: String,
    /// Only for an emulator on this machine; everything else is reached with the identity.
    pub key: Option<Secret>,
}

#[derive(Debug, Clone)]
pub struct BlobAccount {
    pub endpoint: Url,
    pub container: String,
}

impl Azure {
    pub(super) fn read(read: &Reader<'_>) -> Result<Self, ConfigError> {
        let client_id = read.optional("AZURE_CLIENT_ID");
        let identity = match read.text("AZURE_CREDENTIAL").as_str() {
            "managed" => Identity::Managed { client_id },
            "workload" => Identity::Workload,
            "developer" => Identity::Developer,
            _ => return Err(wrong("AZURE_CREDENTIAL", "must be managed, workload or developer")),
        };
        let (database, key) = (read.text("COSMOS_DATABASE"), read.secret("COSMOS_KEY"));
        let cosmos = read.url("COSMOS_ENDPOINT")?.map(|endpoint| CosmosAccount { endpoint, database, key });
        if let Some(CosmosAccount { endpoint, key: Some(_), .. }) = &cosmos
            && !is_this_machine(endpoint)
        {
            return Err(wrong(
                "COSMOS_KEY",
                "is for emulators on this machine; accounts are reached with the identity",
            ));
        }
        let container = read.text("AZURE_STORAGE_CONTAINER");
        Ok(Self {
            identity,
            region: read.text("AZURE_REGION"),
            cosmos,
            queue_endpoint: read.https("AZURE_STORAGE_QUEUE_ENDPOINT")?,
            blobs: read
                .https("AZURE_STORAGE_BLOB_ENDPOINT")?
                .map(|endpoint| BlobAccount { endpoint, container }),
            document_endpoint: read.url("AZURE_DOCUMENT_ENDPOINT")?,
        })
    }
}

pub(crate) fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
