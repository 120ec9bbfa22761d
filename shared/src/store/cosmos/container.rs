//! The container as code: what bicep makes, what `talenti provision` makes or checks.

use super::failure::Failure;
use super::{Account, reindex};
use crate::store::{Indexes, StoreError};
use azure_data_cosmos::models::ContainerProperties;
use azure_data_cosmos::{ContainerClient, CosmosClient, CosmosError};
use serde_json::{Value, json};

/// Holds all documents.
pub const NAME: &str = "documents";

/// The container, in the words of the resource provider: `bicep/cosmos-container.json` is this. Index entries are made in
/// the items (see `entry`), so a new kind or member changes nothing here and no composite index is needed. Bodies are not
/// indexed.
pub fn definition() -> Value {
    let path = |path: &str| json!({"path": path});
    let included = [
        "/tenant/?",
        "/root/?",
        "/kind/?",
        "/of_kind/?",
        "/of_root/?",
        "/sorted/*",
        "/folded/*",
        "/listed/*",
    ];
    json!({
        "id": NAME,
        "partitionKey": {"paths": ["/tenant", "/root"], "kind": "MultiHash", "version": 2},
        // Expiry is on, and every item says itself when it expires.
        "defaultTtl": -1,
        "indexingPolicy": {
            "indexingMode": "consistent",
            "automatic": true,
            "includedPaths": included.map(path),
            "excludedPaths": [path("/*")],
        },
    })
}

/// What [`provision`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    pub made_database: bool,
    pub made_container: bool,
    pub changed_policy: bool,
    /// Documents whose index entries were out of date.
    pub indexed: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// With an identity the data plane makes no containers.
    #[error(
        "there is no container {NAME} in database {0}: deploy bicep, which makes it (an identity cannot, only a key)"
    )]
    Missing(String),
    #[error("container {NAME} differs from bicep/cosmos-container.json in {0}: {1}")]
    Differs(&'static str, &'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// With a key (emulators): makes database and container where they are missing, and brings the indexing policy up to date.
/// With an identity: checks that bicep made them as they should be. Then makes index entries anew where `indexes` changed
/// since they were written. May be repeated at any time.
pub async fn provision(account: &Account, indexes: &[Indexes]) -> Result<Provisioned, ProvisionError> {
    let client = account.client().await?;
    let mut done =
        Provisioned { made_database: false, made_container: false, changed_policy: false, indexed: 0 };
    if account.has_key() {
        (done.made_database, done.made_container) = make(&client, account.database()).await?;
    }
    let database = client.database_client(account.database());
    let container = match Box::pin(database.container_client(NAME, None)).await {
        Ok(container) => container,
        Err(error) if u16::from(error.status()) == 404 => {
            return Err(ProvisionError::Missing(account.database().to_owned()));
        }
        Err(error) => return Err(unavailable("opening", &error)),
    };
    let properties = Box::pin(container.read(None))
        .await
        .and_then(azure_data_cosmos::models::ResourceResponse::into_model);
    let properties = properties.map_err(|error| unavailable("provision", &error))?;
    match difference(&properties)? {
        None => {}
        Some(("the indexing policy", _)) if account.has_key() => {
            done.changed_policy = true;
            replace_policy(&container, properties).await?;
        }
        Some((what, advice)) => return Err(ProvisionError::Differs(what, advice)),
    }
    done.indexed = reindex::run(&container, indexes).await?;
    Ok(done)
}

fn unavailable(during: &'static str, error: &CosmosError) -> ProvisionError {
    ProvisionError::Store(Failure::of(during, error).into())
}

/// Whether the database and the container had to be made.
async fn make(client: &CosmosClient, name: &str) -> Result<(bool, bool), ProvisionError> {
    let made = |outcome: Result<(), CosmosError>| match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.status().is_conflict() => Ok(false),
        Err(error) => Err(unavailable("provision", &error)),
    };
    let database = made(Box::pin(client.create_database(name, None)).await.map(drop))?;
    let wanted = wanted()?;
    let in_database = client.database_client(name);
    let container = made(Box::pin(in_database.create_container(wanted, None)).await.map(drop))?;
    Ok((database, container))
}

fn wanted() -> Result<ContainerProperties, ProvisionError> {
    serde_json::from_value(definition())
        .map_err(|error| ProvisionError::Store(StoreError::Unavailable(error.into())))
}

async fn replace_policy(
    container: &ContainerClient,
    mut properties: ContainerProperties,
) -> Result<(), ProvisionError> {
    properties.indexing_policy = wanted()?.indexing_policy;
    let replaced = Box::pin(container.replace(properties, None)).await;
    replaced.map(drop).map_err(|error| unavailable("provision", &error))
}

/// What of the container is not as defined, and what to do.
fn difference(
    properties: &ContainerProperties,
) -> Result<Option<(&'static str, &'static str)>, ProvisionError> {
    let found = serde_json::to_value(properties)
        .map_err(|error| ProvisionError::Store(StoreError::Unavailable(error.into())))?;
    Ok(compare(&found, &definition()))
}

fn compare(found: &Value, wanted: &Value) -> Option<(&'static str, &'static str)> {
    let paths = |value: &Value, list: &str| -> Vec<String> {
        let listed = value["indexingPolicy"][list].as_array().into_iter().flatten();
        let mut paths: Vec<_> =
            listed.filter_map(|entry| entry["path"].as_str().map(str::to_owned)).collect();
        // The service adds this one by itself.
        paths.retain(|path| path != "/\"_etag\"/?");
        paths.sort_unstable();
        paths
    };
    let key = &wanted["partitionKey"];
    if found["partitionKey"]["paths"] != key["paths"] || found["partitionKey"]["kind"] != key["kind"] {
        return Some(("the partition key", "it cannot be changed, so make another database and copy"));
    }
    if found["defaultTtl"] != wanted["defaultTtl"] {
        return Some(("the expiry of documents (defaultTtl)", "deploy bicep again"));
    }
    let same = |list| paths(found, list) == paths(wanted, list);
    if !same("includedPaths") || !same("excludedPaths") {
        return Some(("the indexing policy", "deploy bicep again"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that bicep loads is this definition. `UPDATE=1` writes it.
    #[test]
    fn bicep_loads_this_definition() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../bicep/cosmos-container.json");
        let text = format!("{}\n", serde_json::to_string_pretty(&definition()).unwrap());
        #[expect(clippy::disallowed_methods, reason = "how whoever runs the test asks for the file")]
        if std::env::var("UPDATE").is_ok() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, &text).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert_eq!(found, text, "UPDATE=1 cargo test -p shared bicep_loads");
    }

    #[test]
    fn every_difference_is_named() {
        let wanted = definition();
        let differs = |pointer: &str, value: Value| {
            let mut found = wanted.clone();
            *found.pointer_mut(pointer).unwrap() = value;
            compare(&found, &wanted).map(|(what, _)| what)
        };
        assert_eq!(compare(&wanted, &wanted), None);
        assert_eq!(differs("/partitionKey/paths", json!(["/tenant"])), Some("the partition key"));
        assert_eq!(differs("/defaultTtl", Value::Null), Some("the expiry of documents (defaultTtl)"));
        assert_eq!(
            differs("/indexingPolicy/includedPaths/5/path", json!("/x/?")),
            Some("the indexing policy")
        );
        let added = json!([{"path": "/*"}, {"path": "/\"_etag\"/?"}]);
        assert_eq!(differs("/indexingPolicy/excludedPaths", added), None);
    }
}
