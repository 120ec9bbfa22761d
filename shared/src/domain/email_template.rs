//! An organisation's own wording of a mail (spec 60 §1, §4); without one the built-in text counts.

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::text;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Its own aggregate root; `id` is the template's name, so that there is one per organisation and name.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct EmailTemplate {
    pub id: String,
    #[serde(flatten)]
    pub fields: EmailTemplateFields,
    /// Names the texts use; checked against those the template's name allows, before saving.
    pub variables: Vec<String>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { EmailTemplate, "email_template", "e-mail template", root: id, fields: [], arrays: [], audit: values }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct EmailTemplateFields {
    #[garde(length(chars, min = 1, max = 255), custom(text::line))]
    pub subject: String,
    #[garde(length(chars, min = 1, max = 100_000), custom(text::filled), custom(no_script))]
    pub body_html: String,
    #[garde(length(chars, min = 1, max = 100_000), custom(text::filled))]
    pub body_text: String,
    /// False: the built-in text is sent. Outward `is_active` (the stored member of that name marks deletion).
    #[serde(default = "yes")]
    pub is_enabled: bool,
}

fn yes() -> bool {
    true
}

/// What a mail may not hold (spec 60 §8): programs, in tags, in attributes or as addresses.
fn no_script(html: &str, _: &()) -> garde::Result {
    let text: String = html.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let tags = ["<script", "</script", "<iframe", "<object", "<embed", "<form", "javascript:", "vbscript:"];
    let handler = |part: &str| {
        let name = part.split(['=', ' ', '>']).next().unwrap_or_default();
        part[name.len()..].trim_start().starts_with('=')
            && name.len() > 2
            && name.bytes().all(|b| b.is_ascii_alphabetic())
    };
    let in_attribute = [" on", "\"on", "'on", "/on"].iter().any(|mark| text.split(mark).skip(1).any(handler));
    if tags.iter().any(|tag| text.contains(tag)) || in_attribute {
        return Err(garde::Error::new("must not contain scripts, frames, forms or event handlers"));
    }
    Ok(())
}

impl EmailTemplate {
    pub fn new(
        organisation: OrganisationId,
        name: &str,
        fields: EmailTemplateFields,
        variables: Vec<String>,
        now: Timestamp,
        by: Option<String>,
    ) -> Self {
        Self { id: name.to_owned(), fields, variables, meta: Meta::new(Some(organisation), now, by) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_refused_and_prose_is_not() {
        for good in ["<p>Based on = signs</p>", "<a href=\"https://a.example\">Go on</a>", "<p>Only one</p>"]
        {
            assert!(no_script(good, &()).is_ok(), "{good}");
        }
        for bad in [
            "<script>x</script>",
            "<SCRIPT src=x>",
            "<img src=x onerror=alert(1)>",
            "<a href='javascript:x'>",
            "<img src=\"x\"onload=\"y\">",
            "<svg/onload=x>",
            "<body\nonload = x>",
        ] {
            assert!(no_script(bad, &()).is_err(), "{bad}");
        }
    }
}
