//! Single values of the environment, each in the form its setting takes.

use super::{ConfigError, VARIABLES, wrong};
use crate::auth::Secret;
use url::Url;

pub(super) struct Reader<'a> {
    pub(super) source: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    pub(super) fn optional(&self, name: &'static str) -> Option<String> {
        let value = (self.source)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
    pub(super) fn text(&self, name: &'static str) -> String {
        let default =
            VARIABLES.iter().find(|variable| variable.name == name).map_or("", |variable| variable.default);
        self.optional(name).unwrap_or_else(|| default.to_owned())
    }
    pub(super) fn secret(&self, name: &'static str) -> Option<Secret> {
        self.optional(name).map(Secret::new)
    }
    pub(super) fn list(&self, name: &'static str) -> Vec<String> {
        self.text(name)
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect()
    }
    pub(super) fn switch(&self, name: &'static str) -> Result<bool, ConfigError> {
        match self.text(name).as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(wrong(name, "must be on or off")),
        }
    }
    pub(super) fn number(&self, name: &'static str, low: u64, high: u64) -> Result<u64, ConfigError> {
        let number = self.text(name).parse().ok().filter(|number| (low..=high).contains(number));
        number.ok_or_else(|| wrong(name, format!("must be a whole number from {low} to {high}")))
    }
    pub(super) fn url(&self, name: &'static str) -> Result<Option<Url>, ConfigError> {
        let address = self.address(name)?;
        address
            .map(|text| Url::parse(&text).map_err(|_| wrong(name, "must be an http or https address")))
            .transpose()
    }
    /// Where tokens are sent: never in the clear.
    pub(super) fn https(&self, name: &'static str) -> Result<Option<Url>, ConfigError> {
        match self.url(name)? {
            Some(url) if url.scheme() != "https" => Err(wrong(name, "must be an https address")),
            url => Ok(url),
        }
    }
    /// An http(s) address without a trailing slash.
    pub(super) fn address(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Some(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(wrong(name, "must be an http or https address")),
        }
    }
}
