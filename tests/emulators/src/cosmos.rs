//! Microsoft's in-memory emulator of Cosmos DB, in process: everything above the transport is the real client.

use azure_core::http::{AsyncRawResponse, Request};
use azure_data_cosmos::fault_injection::FaultInjectionRule;
use azure_data_cosmos::options::Region;
use azure_data_cosmos::{
    AccountEndpoint, AccountReference, CosmosClient, CosmosRuntime, CosmosRuntimeBuilder, RoutingStrategy,
};
use azure_data_cosmos_driver::error::CosmosError;
use azure_data_cosmos_driver::in_memory_emulator::{
    ConsistencyLevel, ContainerConfig, InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};
use shared::auth::Secret;
use shared::store::Indexes;
use shared::store::cosmos::{Access, Account, Cosmos, container};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub const DATABASE: &str = "talenti";
pub const REGION: &str = "Australia East";
/// Any base64 will do.
pub const KEY: &str = "dGhlIGVtdWxhdG9yIGNoZWNrcyBubyBrZXk=";

/// An account with one region.
pub struct Emulator {
    client: Arc<InMemoryEmulatorHttpClient>,
    endpoint: Url,
}

impl Emulator {
    /// With the database and the container, on several physical partitions.
    pub fn start() -> Self {
        Self::with_container(|container| container.with_partition_count(3), |account| account)
    }

    /// As [`Self::start`], with a container and an account of one's own.
    pub fn with_container(
        container: impl FnOnce(ContainerConfig) -> ContainerConfig,
        account: impl FnOnce(VirtualAccountConfig) -> VirtualAccountConfig,
    ) -> Self {
        let emulator = Self::empty(account);
        let key = serde_json::from_value(container::definition()["partitionKey"].clone());
        let config = container(ContainerConfig::new()).build().expect("a container");
        let store = emulator.client.store();
        store.create_database(DATABASE);
        store.create_container_with_config(DATABASE, container::NAME, key.expect("a partition key"), config);
        emulator
    }

    /// Without a database.
    pub fn empty(account: impl FnOnce(VirtualAccountConfig) -> VirtualAccountConfig) -> Self {
        Self::at(Url::parse("https://emulator.local/").expect("an address"), account)
    }

    /// Without a database, reached at this address.
    pub fn at(endpoint: Url, account: impl FnOnce(VirtualAccountConfig) -> VirtualAccountConfig) -> Self {
        let region = VirtualRegion::new(REGION, endpoint.clone());
        let config = VirtualAccountConfig::new(vec![region]).expect("an account");
        let config = account(config.with_consistency(ConsistencyLevel::Strong));
        Self { client: Arc::new(InMemoryEmulatorHttpClient::new(config)), endpoint }
    }

    /// The account as the platform reaches it, but for the transport; `rules` are faults on the way.
    pub async fn account(&self, rules: Vec<Arc<FaultInjectionRule>>) -> Account {
        self.account_as(Access::Key(Secret::new(KEY.to_owned())), rules).await
    }

    /// As [`Self::account`], proving otherwise who one is. The emulator believes everybody.
    pub async fn account_as(&self, access: Access, rules: Vec<Arc<FaultInjectionRule>>) -> Account {
        let account = Account::new(self.endpoint.clone(), DATABASE.into(), REGION.into(), access);
        account.with_runtime(self.runtime(rules).await)
    }

    async fn runtime(&self, rules: Vec<Arc<FaultInjectionRule>>) -> CosmosRuntime {
        let runtime = CosmosRuntimeBuilder::from(self.client.runtime_builder_with_fault_rules(rules));
        runtime.build().await.expect("a runtime")
    }

    /// A client beside the store, for what the platform never does.
    pub async fn client(&self) -> CosmosClient {
        let endpoint = AccountEndpoint::from(self.endpoint.clone());
        let account = AccountReference::with_authentication_key(endpoint, KEY);
        let builder = CosmosClient::builder().with_runtime(self.runtime(vec![]).await);
        let routing = RoutingStrategy::ProximityTo(Region::from(REGION));
        Box::pin(builder.build(account, routing)).await.expect("a client")
    }

    pub async fn store(&self, indexes: &[Indexes], rules: Vec<Arc<FaultInjectionRule>>) -> Arc<Cosmos> {
        Arc::new(Cosmos::new(self.account(rules).await, indexes))
    }

    /// Splits a physical partition of the container.
    pub async fn split(&self, partition: u32) {
        let store = self.client.store();
        store.split_partition(DATABASE, container::NAME, partition, Duration::ZERO);
        store.wait_for_split(DATABASE, container::NAME, partition).await;
    }

    /// Answers one request of the wire.
    pub async fn answer(&self, request: &Request) -> Result<AsyncRawResponse, CosmosError> {
        self.client.execute_request(request).await
    }

    /// Its address.
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }
}
