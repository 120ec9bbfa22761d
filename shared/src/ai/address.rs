//! Where chat completions are posted.

use super::settings::AiSettings;
use url::Url;

pub(super) enum Address {
    /// `{resource}/openai/deployments/{deployment}/chat/completions?api-version=…`
    AzureDeployments { resource: Url, api_version: String },
    /// `{base}/chat/completions`, the model named in the body. `azure`: the key goes into `api-key`.
    Versioned { base: Url, azure: bool },
}

impl Address {
    /// `None` when the settings name no address.
    pub(super) fn of(settings: &AiSettings) -> Option<Self> {
        Some(match (&settings.endpoint, &settings.base_url) {
            (Some(endpoint), _) if endpoint.path().trim_end_matches('/').ends_with("/openai/v1") => {
                Address::Versioned { base: endpoint.clone(), azure: true }
            }
            (Some(endpoint), _) => Address::AzureDeployments {
                resource: endpoint.clone(),
                api_version: settings.api_version.clone(),
            },
            (None, Some(base)) => Address::Versioned { base: base.clone(), azure: false },
            (None, None) => return None,
        })
    }

    pub(super) fn url(&self) -> &Url {
        match self {
            Self::AzureDeployments { resource, .. } => resource,
            Self::Versioned { base, .. } => base,
        }
    }

    pub(super) fn is_azure(&self) -> bool {
        matches!(self, Self::AzureDeployments { .. } | Self::Versioned { azure: true, .. })
    }

    pub(super) fn host(&self) -> &str {
        self.url().host_str().unwrap_or_default()
    }

    /// Where a question to `model` is posted. The model's name is one path segment, escaped.
    pub(super) fn chat(&self, model: &str) -> Url {
        let mut url = self.url().clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            if matches!(self, Self::AzureDeployments { .. }) {
                path.extend(["openai", "deployments", model]);
            }
            path.extend(["chat", "completions"]);
        }
        if let Self::AzureDeployments { api_version, .. } = self {
            url.query_pairs_mut().append_pair("api-version", api_version);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_joined_with_or_without_a_slash() {
        let azure = |resource: &str| Address::AzureDeployments {
            resource: resource.parse().expect("a URL"),
            api_version: "2024-10-21".into(),
        };
        for resource in ["https://a.openai.azure.com", "https://a.openai.azure.com/"] {
            assert_eq!(
                azure(resource).chat("gpt-4o").as_str(),
                "https://a.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
            );
        }
        assert!(azure("https://a.openai.azure.com").chat("../x").as_str().contains("deployments/..%2Fx/"));
        let base =
            Address::Versioned { base: "http://localhost:11434/v1/".parse().expect("a URL"), azure: false };
        assert_eq!(base.chat("llama3").as_str(), "http://localhost:11434/v1/chat/completions");
    }
}
