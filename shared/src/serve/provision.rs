//! Making what the platform needs in Azure, or checking that bicep made it.

use super::start::{StartError, cosmos, failed};
use crate::azure::Login;
use crate::config::Config;
use crate::domain;
use crate::store::cosmos::container::{self, Provisioned};

/// One line for each thing it looked at. May be repeated at any time; run it after a deployment that declares new indexes.
pub async fn provision(config: &Config) -> Result<Vec<String>, StartError> {
    let login = Login::new(&config.azure.identity);
    Ok(vec![documents(config, &login).await?])
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
