//! Making what the platform needs in Azure, or checking that bicep made it.

use super::start::{StartError, blob_storage, cosmos, failed, storage_queues};
use crate::azure::Login;
use crate::blobs::Blobs as _;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain;
use crate::function::Function;
use crate::queue::{Queue as _, poison};
use crate::store::cosmos::container::{self, Provisioned};
use std::sync::Arc;

/// One line for each thing it looked at. May be repeated at any time; run it after a deployment that declares new indexes.
pub async fn provision(config: &Config, functions: &[Function]) -> Result<Vec<String>, StartError> {
    let login = Login::new(&config.azure.identity);
    Ok(vec![
        documents(config, &login).await?,
        queues(config, functions, &login).await?,
        files(config, &login).await?,
    ])
}

/// Those that the functions listen to, and where their poison goes.
async fn queues(config: &Config, functions: &[Function], login: &Login<'_>) -> Result<String, StartError> {
    let Some(account) = storage_queues(&config.azure, login)? else {
        return Ok("queues: in the embedded store (AZURE_STORAGE_QUEUE_ENDPOINT is not set)".into());
    };
    let mut names: Vec<String> = functions
        .iter()
        .flat_map(Function::queues)
        .flat_map(|queue| [queue.to_owned(), poison(queue)])
        .collect();
    names.sort_unstable();
    names.dedup();
    let mut made = 0;
    for name in &names {
        let missing = account.provision(name).await.map_err(failed(account.describe()))?;
        made += usize::from(missing);
    }
    Ok(format!("queues: {}: {} in all, made {made}", account.describe(), names.len()))
}

async fn files(config: &Config, login: &Login<'_>) -> Result<String, StartError> {
    let Some(storage) = blob_storage(&config.azure, &Arc::new(Clock::default()), login)? else {
        return Ok("files: in a folder (AZURE_STORAGE_BLOB_ENDPOINT is not set)".into());
    };
    let made = storage.provision().await.map_err(failed(storage.describe()))?;
    let did = if made { "made the container" } else { "as it should be" };
    Ok(format!("files: {}: {did}", storage.describe()))
}

async fn documents(config: &Config, login: &Login<'_>) -> Result<String, StartError> {
    let Some(account) = cosmos(&config.azure, login)? else {
        return Ok("documents: in the embedded store (COSMOS_ENDPOINT is not set)".into());
    };
    let Provisioned { made_database, made_container, changed_policy, indexed } =
        container::provision(&account, domain::KINDS).await.map_err(failed(account.describe()))?;
    let mut did = Vec::new();
    did.extend(made_database.then_some("made the database"));
    did.extend(made_container.then_some("made the container"));
    did.extend(changed_policy.then_some("changed the indexing policy"));
    let did = if did.is_empty() { "as it should be".to_owned() } else { did.join(", ") };
    Ok(format!("documents: {}: {did}; {indexed} indexed anew", account.describe()))
}
