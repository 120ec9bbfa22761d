use crate::store::StoreError;
use azure_data_cosmos::{CosmosError, CosmosStatus};

/// What Cosmos DB answered, without its text: that may quote ids, addresses or values.
#[derive(Debug, thiserror::Error)]
#[error("Cosmos DB: {during} failed with {status}{}{}", activity.as_deref().map(|id| format!(", activity {id}")).unwrap_or_default(), hint.map(|hint| format!("; {hint}")).unwrap_or_default())]
pub(super) struct Failure {
    during: &'static str,
    status: CosmosStatus,
    /// What Microsoft's support asks for.
    activity: Option<String>,
    hint: Option<&'static str>,
}

impl Failure {
    pub(super) fn of(during: &'static str, error: &CosmosError) -> Self {
        let activity = error.diagnostics().map(|diagnostics| diagnostics.activity_id().as_str().to_owned());
        let status = error.status();
        let hint = match u16::from(status) {
            401 => Some("check AZURE_CREDENTIAL and AZURE_CLIENT_ID"),
            403 => Some(
                "the identity needs the role Cosmos DB Built-in Data Contributor, or the network is closed",
            ),
            404 if during == "opening" => Some("make database and container: `talenti provision` or bicep"),
            _ => None,
        };
        Self { during, status, activity, hint }
    }

    /// One operation of a batch.
    pub(super) fn of_operation(status: CosmosStatus) -> Self {
        Self { during: "commit", status, activity: None, hint: None }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(Box::new(failure))
    }
}
