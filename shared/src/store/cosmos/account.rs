//! Reaching an account.

use super::container;
use super::failure::Failure;
use crate::auth::Secret;
use crate::store::StoreError;
use azure_core::credentials::TokenCredential;
use azure_data_cosmos::options::{
    ContentResponseOnWrite, EndToEndOperationLatencyPolicy, OperationOptionsBuilder, Region,
    ThrottlingRetryOptionsBuilder,
};
use azure_data_cosmos::{
    AccountEndpoint, AccountReference, ContainerClient, CosmosClient, CosmosRuntime, RoutingStrategy,
};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// One operation with all its retries: throttling (429), transient faults, another region.
const BUDGET: Duration = Duration::from_secs(10);
/// Of that, what is spent waiting when throttled. The wait is as long as the service says.
const THROTTLED: Duration = Duration::from_secs(6);
const THROTTLE_RETRIES: u32 = 9;

/// How the platform proves who it is.
#[derive(Clone)]
pub enum Access {
    Identity(Arc<dyn TokenCredential>),
    /// For emulators.
    Key(Secret),
}

/// A database of an account.
#[derive(Clone)]
pub struct Account {
    endpoint: Url,
    database: String,
    region: String,
    access: Access,
    runtime: Option<CosmosRuntime>,
}

impl Account {
    /// `region` is where this process runs: reads go to the nearest one.
    pub fn new(endpoint: Url, database: String, region: String, access: Access) -> Self {
        Self { endpoint, database, region, access, runtime: None }
    }

    /// Over a transport of one's own instead of the process's.
    pub fn with_runtime(self, runtime: CosmosRuntime) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// `Cosmos DB <host>/<database>`.
    pub fn describe(&self) -> String {
        format!("Cosmos DB {}/{}", self.endpoint.host_str().unwrap_or_default(), self.database)
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }

    pub(super) fn has_key(&self) -> bool {
        matches!(self.access, Access::Key(_))
    }

    pub(super) async fn client(&self) -> Result<CosmosClient, StoreError> {
        let endpoint = AccountEndpoint::from(self.endpoint.clone());
        let account = match &self.access {
            Access::Identity(credential) => AccountReference::with_credential(endpoint, credential.clone()),
            Access::Key(key) => AccountReference::with_authentication_key(endpoint, key.expose().to_owned()),
        };
        let throttling = ThrottlingRetryOptionsBuilder::new()
            .with_max_retry_count(THROTTLE_RETRIES)
            .with_max_retry_wait_time(THROTTLED)
            .build();
        let options = OperationOptionsBuilder::new()
            .with_content_response_on_write(ContentResponseOnWrite::Disabled)
            .with_end_to_end_latency_policy(EndToEndOperationLatencyPolicy::new(BUDGET))
            .with_throttling_retry_options(throttling)
            .build();
        let mut builder = CosmosClient::builder().with_default_operation_options(options);
        if let Some(runtime) = &self.runtime {
            builder = builder.with_runtime(runtime.clone());
        }
        let routing = RoutingStrategy::ProximityTo(Region::from(self.region.clone()));
        let client = Box::pin(builder.build(account, routing)).await;
        client.map_err(|error| Failure::of("opening", &error).into())
    }

    pub(super) async fn open(&self) -> Result<ContainerClient, StoreError> {
        let client = self.client().await?;
        let database = client.database_client(&self.database);
        let container = Box::pin(database.container_client(container::NAME, None)).await;
        container.map_err(|error| Failure::of("opening", &error).into())
    }
}
