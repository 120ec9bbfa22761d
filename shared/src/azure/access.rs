//! What the platform's identity needs in Azure, and how a refusal is told from a wrong setting. The one place that pairs
//! a service with its built-in role; the templates give the same roles.

use crate::config::{Config, Identity};
use url::Url;

/// A service that is reached with the platform's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Cosmos,
    Queues,
    Blobs,
    /// Keys that sign links to files: the storage account gives them, not the container.
    Delegation,
    OpenAi,
    Documents,
    Communication,
}

impl Service {
    /// The built-in role that is enough, and no more than that.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Cosmos => "Cosmos DB Built-in Data Contributor",
            Self::Queues => "Storage Queue Data Contributor",
            Self::Blobs => "Storage Blob Data Contributor",
            Self::Delegation => "Storage Blob Delegator",
            Self::OpenAi => "Cognitive Services OpenAI User",
            Self::Documents => "Cognitive Services User",
            Self::Communication => "Communication and Email Service Owner",
        }
    }

    /// What the role is assigned on.
    const fn scope(self) -> &'static str {
        match self {
            // Not an Azure role: Cosmos DB keeps its own list, which the portal's access control page does not show.
            Self::Cosmos => "the Cosmos DB account (az cosmosdb sql role assignment create)",
            Self::Queues | Self::Delegation => "the storage account",
            Self::Blobs => "the container",
            Self::OpenAi => "the Azure OpenAI resource",
            Self::Documents => "the Document Intelligence resource",
            Self::Communication => "the Communication Services resource",
        }
    }

    /// The setting that holds its address.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Cosmos => "COSMOS_ENDPOINT",
            Self::Queues => "AZURE_STORAGE_QUEUE_ENDPOINT",
            Self::Blobs | Self::Delegation => "AZURE_STORAGE_BLOB_ENDPOINT",
            Self::OpenAi => "AZURE_OPENAI_ENDPOINT",
            Self::Documents => "AZURE_DOCUMENT_ENDPOINT",
            Self::Communication => "ACS_ENDPOINT",
        }
    }

    /// Where it is, when it is used at all.
    pub(crate) fn address(self, config: &Config) -> Option<Url> {
        let azure = &config.azure;
        match self {
            Self::Cosmos => azure.cosmos.as_ref().map(|account| account.endpoint.clone()),
            Self::Queues => azure.queue_endpoint.clone(),
            Self::Blobs | Self::Delegation => azure.blobs.as_ref().map(|account| account.endpoint.clone()),
            Self::OpenAi => config.ai.azure_endpoint.as_deref().and_then(|text| Url::parse(text).ok()),
            Self::Documents => azure.document_endpoint.clone(),
            Self::Communication => config.mail.acs_endpoint.clone(),
        }
    }

    /// The setting with a key, when the identity is not used.
    fn key(self, config: &Config) -> Option<&'static str> {
        match self {
            Self::Cosmos => {
                config.azure.cosmos.as_ref().and_then(|account| account.key.as_ref()).map(|_| "COSMOS_KEY")
            }
            Self::OpenAi => config.ai.azure_key.as_ref().map(|_| "AZURE_OPENAI_API_KEY"),
            Self::Queues | Self::Blobs | Self::Delegation | Self::Documents | Self::Communication => None,
        }
    }

    /// What to change so that `failure` does not come again, in one line.
    pub(crate) fn advice(self, config: &Config, failure: Failure) -> String {
        let (setting, role, scope) = (self.setting(), self.role(), self.scope());
        let host = self.address(config).and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let who = who(&config.azure.identity);
        match (failure, self.key(config)) {
            (Failure::Unauthenticated | Failure::Forbidden, Some(key)) => {
                format!("{host} does not take the key: check {key}")
            }
            (Failure::Unauthenticated, None) => format!(
                "{host} does not accept {who}: check that {setting} and AZURE_CREDENTIAL belong to the same tenant of \
                 Entra; then the role {role} on {scope}"
            ),
            (Failure::Forbidden, None) => format!(
                "{who} needs the role {role} on {scope}, {host}; a new assignment takes up to ten minutes. When it has \
                 the role, the network of {host} is closed to this app"
            ),
            (Failure::NoToken, _) => match &config.azure.identity {
                Identity::Managed { client_id: None } => {
                    "there is no managed identity: turn it on for the app, or set AZURE_CREDENTIAL".to_owned()
                }
                Identity::Managed { client_id: Some(_) } => {
                    "the app has no such managed identity: check AZURE_CLIENT_ID and that it is assigned to the app".to_owned()
                }
                Identity::Workload => "no federated token: check AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, \
                     AZURE_CLIENT_ID"
                    .to_owned(),
                Identity::Developer => "nobody is signed in: az login, or azd auth login".to_owned(),
            },
            (Failure::NotFound, _) => format!("{host} does not have what was asked for: check {setting} and what \
                 belongs to it (database, container, deployment)"),
            (Failure::Unresolved, _) => format!("the name {host} does not resolve: check {setting}"),
            (Failure::Throttled, _) => format!("{host} is throttling: raise its throughput or wait"),
            (Failure::Other, _) => format!("{host} does not answer as it should: check {setting}, its network rules and its \
                 state"),
        }
    }
}

fn who(identity: &Identity) -> String {
    match identity {
        Identity::Managed { client_id: None } => "the app's system-assigned identity".to_owned(),
        Identity::Managed { client_id: Some(id) } => {
            format!("the user-assigned identity with client id {id}")
        }
        Identity::Workload => "the identity of the federated token".to_owned(),
        Identity::Developer => "whoever is signed in with az or azd".to_owned(),
    }
}

/// What kind of failure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No Entra token could be had.
    NoToken,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 429.
    Throttled,
    /// The name of the host is unknown.
    Unresolved,
    Other,
}

impl Failure {
    /// From what a backend wrote for the log. Backends keep the service's status and nothing of its text, as
    /// `status 403 …`, `failed with 403 …`, `replied 403 …` or `HTTP 403 …`.
    pub(crate) fn of(cause: &str) -> Self {
        let lower = cause.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let status = words.windows(2).find_map(|pair| {
            let introduced = matches!(pair[0], "status" | "with" | "replied" | "http" | "answered");
            pair[1].parse::<u16>().ok().filter(|status| introduced && (400..600).contains(status))
        });
        match status {
            Some(401) => Self::Unauthenticated,
            Some(403) => Self::Forbidden,
            Some(404) => Self::NotFound,
            Some(429) => Self::Throttled,
            Some(_) => Self::Other,
            None if lower.contains("no token") || lower.contains("no entra token") => Self::NoToken,
            None => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Config {
        Config::read(&|name| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    #[test]
    fn a_cause_tells_what_kind_of_failure_it_is() {
        let cases = [
            ("queue unavailable: status 403 AuthorizationPermissionMismatch", Failure::Forbidden),
            (
                "store unavailable: Cosmos DB: read failed with 401, activity 0190-403",
                Failure::Unauthenticated,
            ),
            ("mail could not be handed over for now: server replied 404 NotFound", Failure::NotFound),
            ("store unavailable: Cosmos DB: read failed with 429/3200", Failure::Throttled),
            ("queue unavailable: no token: managed identity", Failure::NoToken),
            ("mail could not be handed over for now: no Entra token for the mail service", Failure::NoToken),
            ("queue unavailable: status 500 ", Failure::Other),
            ("no connection after 403 ms", Failure::Other),
        ];
        for (cause, failure) in cases {
            assert_eq!(Failure::of(cause), failure, "{cause}");
        }
    }

    #[test]
    fn a_refusal_names_role_resource_and_identity() {
        let config = config(&[
            ("AZURE_STORAGE_QUEUE_ENDPOINT", "https://acme.queue.core.windows.net"),
            ("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555"),
        ]);
        let advice = Service::Queues.advice(&config, Failure::Forbidden);
        for part in ["Storage Queue Data Contributor", "acme.queue.core.windows.net", "11111111-2222"] {
            assert!(advice.contains(part), "{part}: {advice}");
        }
        let advice = Service::Queues.advice(&config, Failure::Unresolved);
        assert!(advice.contains("AZURE_STORAGE_QUEUE_ENDPOINT"), "{advice}");
    }

    #[test]
    fn a_key_is_blamed_when_one_is_used() {
        let config = config(&[
            ("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com"),
            ("AZURE_OPENAI_API_KEY", "not-shown"),
        ]);
        let advice = Service::OpenAi.advice(&config, Failure::Unauthenticated);
        assert!(advice.contains("AZURE_OPENAI_API_KEY") && !advice.contains("not-shown"), "{advice}");
    }
}
