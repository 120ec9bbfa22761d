//! Microsoft's in-memory emulator of Cosmos DB, in process: everything above the transport is the real client.

use azure_data_cosmos::CosmosRuntimeBuilder;
use azure_data_cosmos::fault_injection::FaultInjectionRule;
use azure_data_cosmos_driver::in_memory_emulator::{
    ConsistencyLevel, ContainerConfig, InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};
use serde_json::json;
use shared::auth::Secret;
use shared::store::Indexes;
use shared::store::cosmos::{Access, Account, Cosmos, container};
use std::sync::Arc;
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
        let emulator = Self::empty("https://emulator.local/", |account| account);
        emulator.client.store().create_database(DATABASE);
        let key = json!({"paths": ["/tenant", "/root"], "kind": "MultiHash", "version": 2});
        let key = serde_json::from_value(key).expect("a partition key");
        let config = ContainerConfig::new().with_partition_count(3).build().expect("three partitions");
        emulator.client.store().create_container_with_config(DATABASE, container::NAME, key, config);
        emulator
    }

    /// Without a database.
    pub fn empty(
        endpoint: &str,
        configure: impl FnOnce(VirtualAccountConfig) -> VirtualAccountConfig,
    ) -> Self {
        let endpoint = Url::parse(endpoint).expect("an address");
        let region = VirtualRegion::new(REGION, endpoint.clone());
        let account = VirtualAccountConfig::new(vec![region]).expect("an account");
        let account = configure(account.with_consistency(ConsistencyLevel::Strong));
        Self { client: Arc::new(InMemoryEmulatorHttpClient::new(account)), endpoint }
    }

    /// The store as the platform makes it, but for the transport; `rules` are faults on the way.
    pub async fn store(&self, indexes: &[Indexes], rules: Vec<Arc<FaultInjectionRule>>) -> Arc<Cosmos> {
        let runtime = CosmosRuntimeBuilder::from(self.client.runtime_builder_with_fault_rules(rules));
        let runtime = runtime.build().await.expect("a runtime");
        let access = Access::Key(Secret::new(KEY.to_owned()));
        let account = Account::new(self.endpoint.clone(), DATABASE.into(), REGION.into(), access);
        Arc::new(Cosmos::new(account.with_runtime(runtime), indexes))
    }
}
