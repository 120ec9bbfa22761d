//! Where models are and how long we wait for them. Read from the environment elsewhere.

pub use crate::auth::Secret;
use std::{num::NonZeroU8, time::Duration};
use url::{Host, Url};

/// Neither `endpoint` nor `base_url`: the offline engine answers.
#[derive(Clone)]
pub struct AiSettings {
    /// Azure OpenAI resource, such as `https://name.openai.azure.com`; ending in `/openai/v1` for its newer interface.
    pub endpoint: Option<Url>,
    /// Any OpenAI-compatible address up to and including its version, such as `http://localhost:11434/v1`.
    pub base_url: Option<Url>,
    /// Sent as `api-key` to Azure, as bearer token elsewhere. Without it a [`crate::azure::TokenSource`] is needed on Azure.
    pub api_key: Option<Secret>,
    /// Azure: `api-version` of the deployments interface.
    pub api_version: String,
    /// Azure deployment, or model name elsewhere, for interviews, scoring and ranking.
    pub conversation_model: String,
    /// The same for resumes.
    pub resume_model: String,
    /// Where the address above runs its models, such as `australiaeast`; declared by who runs the platform.
    pub region: Option<String>,
    /// Regions personal information may be processed in (spec 25 §7).
    pub allowed_regions: Vec<String>,
    /// Judgements taken per score; unset: 3 with a model, 1 offline.
    pub scoring_samples: Option<NonZeroU8>,
    pub timeouts: Timeouts,
}

/// How long, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// From sending the question to the first piece of a streamed answer.
    pub first_byte: Duration,
    /// Between two reads of a streamed answer.
    pub idle: Duration,
    /// All attempts together, when somebody waits: leaves the caller time to answer within 30 s.
    pub interactive: Duration,
    /// All attempts together, in the background; also the longest a streamed answer may last.
    pub background: Duration,
    /// First pause before trying again; doubles each time, up to 8 s.
    pub retry_base: Duration,
    /// Failures in a row that open the circuit.
    pub circuit_failures: u32,
    pub circuit_pause: Duration,
}

/// One line for whoever starts the platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(super) String);

impl Default for AiSettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            base_url: None,
            api_key: None,
            api_version: "2024-02-15-preview".into(),
            conversation_model: "gpt-4o".into(),
            resume_model: "gpt-4o-mini".into(),
            region: None,
            allowed_regions: vec!["australiaeast".into()],
            scoring_samples: None,
            timeouts: Timeouts::default(),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            interactive: Duration::from_secs(25),
            background: Duration::from_secs(120),
            retry_base: Duration::from_millis(500),
            circuit_failures: 5,
            circuit_pause: Duration::from_secs(15),
        }
    }
}

impl AiSettings {
    /// Refuses what must not be started with: two addresses, an address nobody may send personal information to, a
    /// key over an unencrypted line.
    pub fn check(&self) -> Result<(), SettingsError> {
        let address = match (&self.endpoint, &self.base_url) {
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => {
                return refuse("AI: an Azure endpoint and another base URL are both set; keep one");
            }
            (Some(address), None) | (None, Some(address)) => address,
        };
        if !matches!(address.scheme(), "http" | "https") || address.host().is_none() {
            return refuse("AI: the address must start with https:// or http://");
        }
        if !address.username().is_empty() || address.password().is_some() {
            return refuse("AI: the address must not hold a user name or password; set the key instead");
        }
        if address.path().contains("/deployments/") || address.path().contains("/chat/completions") {
            return refuse("AI: the address must end before /openai/deployments or /chat/completions");
        }
        if is_loopback(address) {
            return Ok(());
        }
        if address.scheme() == "http" && (self.api_key.is_some() || self.endpoint.is_some()) {
            return refuse("AI: a key or personal information would travel unencrypted; use https://");
        }
        let allowed = self.allowed_regions.join(", ");
        match &self.region {
            None => Err(SettingsError(format!(
                "AI: the region of {} is not declared (AZURE_OPENAI_REGION); allowed: {allowed}",
                address.host_str().unwrap_or_default()
            ))),
            Some(region) if self.allowed_regions.iter().any(|one| same_region(one, region)) => Ok(()),
            Some(region) => Err(SettingsError(format!(
                "AI: region {region} is not among the allowed regions (AI_ALLOWED_REGIONS): {allowed}"
            ))),
        }
    }
}

/// `Australia East` and `australiaeast` are one region.
pub(crate) fn same_region(a: &str, b: &str) -> bool {
    let plain = |name: &str| {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    plain(a) == plain(b)
}

pub(super) fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn refuse(line: &str) -> Result<(), SettingsError> {
    Err(SettingsError(line.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn azure(region: Option<&str>) -> AiSettings {
        AiSettings {
            endpoint: Some("https://acme.openai.azure.com".parse().expect("a URL")),
            api_key: Some(Secret::new("k")),
            region: region.map(Into::into),
            ..AiSettings::default()
        }
    }

    #[test]
    fn offline_and_this_machine_need_no_region() {
        assert_eq!(AiSettings::default().check(), Ok(()));
        for address in ["http://127.0.0.1:8000/v1", "http://[::1]:1/v1", "http://localhost:11434/v1"] {
            let settings =
                AiSettings { base_url: Some(address.parse().expect("a URL")), ..AiSettings::default() };
            assert_eq!(settings.check(), Ok(()), "{address}");
        }
    }

    #[test]
    fn only_allowed_regions_start() {
        assert_eq!(azure(Some("australiaeast")).check(), Ok(()));
        assert_eq!(azure(Some("Australia East")).check(), Ok(()));
        let refused = azure(Some("eastus2")).check().expect_err("abroad").to_string();
        assert!(refused.contains("eastus2") && refused.contains("AI_ALLOWED_REGIONS"), "{refused}");
        let refused = azure(None).check().expect_err("undeclared").to_string();
        assert!(refused.contains("AZURE_OPENAI_REGION"), "{refused}");
        let widened = AiSettings { allowed_regions: vec!["East US 2".into()], ..azure(Some("eastus2")) };
        assert_eq!(widened.check(), Ok(()));
    }

    #[test]
    fn a_name_that_only_looks_like_this_machine_is_not() {
        let settings = AiSettings {
            base_url: Some("https://localhost.example.com/v1".parse().expect("a URL")),
            ..AiSettings::default()
        };
        assert!(settings.check().is_err());
    }

    #[test]
    fn keys_do_not_travel_unencrypted_and_addresses_hold_neither_keys_nor_deployments() {
        for address in [
            "http://acme.openai.azure.com",
            "https://me:key@acme.openai.azure.com",
            "https://acme.openai.azure.com/openai/deployments/gpt-4o",
        ] {
            let settings = AiSettings {
                endpoint: Some(address.parse().expect("a URL")),
                ..azure(Some("australiaeast"))
            };
            assert!(settings.check().is_err(), "{address}");
        }
    }

    #[test]
    fn two_addresses_are_one_too_many() {
        let settings = AiSettings {
            base_url: Some("http://localhost/v1".parse().expect("a URL")),
            ..azure(Some("australiaeast"))
        };
        assert!(settings.check().is_err());
    }
}
