//! What texts a document takes: rules for [`garde`], one sentence each when they are broken.
//!
//! Texts arrive trimmed (spec 00 §4); a required one that is empty then is refused here.

use serde_json::{Map, Value};
use url::Url;

/// Keys an embedded map may have (spec 00 §4).
pub const MAP_KEYS: usize = 50;
/// Bytes of an embedded map's JSON.
pub const MAP_BYTES: usize = 16 * 1024;

/// Not empty, not only white space, no control characters: names and titles.
pub fn line(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(garde::Error::new("must be one line without control characters"));
    }
    Ok(())
}

/// Not empty and not only white space; line breaks are fine.
pub fn filled(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be empty")) } else { Ok(()) }
}

/// Local part, one `@`, a domain; at most 255 characters (spec 10 §8).
pub fn email(text: &str, _: &()) -> garde::Result {
    let wrong = || Err(garde::Error::new("must be an e-mail address such as name@example.com"));
    let Some((local, domain)) = text.rsplit_once('@') else { return wrong() };
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '"');
    let dots = |part: &str| part.starts_with('.') || part.ends_with('.') || part.contains("..");
    if local.is_empty() || local.len() > 64 || local.contains('@') || dots(local) || text.chars().any(bad) {
        return wrong();
    }
    let labels_fit = domain.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    });
    if domain.is_empty() || !labels_fit || text.chars().count() > 255 {
        return wrong();
    }
    Ok(())
}

/// Digits, spaces, `+`, `(`, `)`, `-`; at least one digit (spec 40 §1).
pub(crate) fn phone(text: &str, _: &()) -> garde::Result {
    let fits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '-'));
    if fits && text.chars().any(|c| c.is_ascii_digit()) {
        Ok(())
    } else {
        Err(garde::Error::new("must consist of digits, spaces, +, -, ( and )"))
    }
}

/// An absolute http or https address.
pub fn web_url(text: &str, _: &()) -> garde::Result {
    with_scheme(text, &["http", "https"], "must be an address that starts with http:// or https://")
}

/// An absolute https address.
pub(crate) fn https_url(text: &str, _: &()) -> garde::Result {
    with_scheme(text, &["https"], "must be an address that starts with https://")
}

fn with_scheme(text: &str, schemes: &[&str], message: &'static str) -> garde::Result {
    match Url::parse(text) {
        Ok(url)
            if schemes.contains(&url.scheme()) && url.has_host() && !text.contains(char::is_whitespace) =>
        {
            Ok(())
        }
        _ => Err(garde::Error::new(message)),
    }
}

/// A path within the frontend: begins with one slash, leads to no other host.
pub(crate) fn relative_path(text: &str, _: &()) -> garde::Result {
    let leaves = text.starts_with("//") || text.contains('\\') || text.chars().any(char::is_control);
    if text.starts_with('/') && !leaves {
        Ok(())
    } else {
        Err(garde::Error::new("must be a path that starts with a single /"))
    }
}

/// At most [`MAP_KEYS`] keys and [`MAP_BYTES`] of JSON.
pub(crate) fn small_map(map: &Map<String, Value>, _: &()) -> garde::Result {
    if map.len() > MAP_KEYS {
        return Err(garde::Error::new(format!("must have at most {MAP_KEYS} keys")));
    }
    let size = serde_json::to_string(map).map_or(usize::MAX, |text| text.len());
    if size > MAP_BYTES {
        return Err(garde::Error::new(format!("must be at most {MAP_BYTES} bytes of JSON")));
    }
    Ok(())
}

/// ISO 4217: three capital letters.
pub(crate) fn currency(text: &str, _: &()) -> garde::Result {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(garde::Error::new("must be a currency code such as AUD"))
    }
}

/// The name of a time zone of the IANA database, by its form: `Area/Place` or `UTC`.
pub(crate) fn time_zone(text: &str, _: &()) -> garde::Result {
    let part = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_alphabetic())
            && p.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    let parts: Vec<_> = text.split('/').collect();
    if text == "UTC" || ((2..=3).contains(&parts.len()) && parts.into_iter().all(part)) {
        Ok(())
    } else {
        Err(garde::Error::new("must be a time zone such as Australia/Sydney"))
    }
}

/// A BCP 47 tag by its form: `en` or `en-AU`.
pub(crate) fn language(text: &str, _: &()) -> garde::Result {
    let mut parts = text.split('-');
    let first =
        parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    let rest = parts.all(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if first && rest { Ok(()) } else { Err(garde::Error::new("must be a language tag such as en-AU")) }
}

/// `low <= high` when both are given: `#[garde(custom(not_below(&self.low)))]` on the higher member.
pub(crate) fn not_below<T: PartialOrd + Copy + std::fmt::Display>(
    low: &Option<T>,
) -> impl FnOnce(&Option<T>, &()) -> garde::Result {
    let low = *low;
    move |high, ()| match (low, *high) {
        (Some(low), Some(high)) if high < low => Err(garde::Error::new(format!("must not be below {low}"))),
        _ => Ok(()),
    }
}

/// No two entries are the same, case aside.
pub(crate) fn distinct(entries: &[String], _: &()) -> garde::Result {
    let mut seen = std::collections::HashSet::new();
    if entries.iter().all(|entry| seen.insert(fold(entry))) {
        Ok(())
    } else {
        Err(garde::Error::new("must not name anything twice"))
    }
}

/// The form in which two spellings of one name are equal: lower case, single spaces.
pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// An e-mail address as it is compared and claimed: lower case (spec 10 §2).
pub fn fold_email(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_are_told_from_other_texts() {
        for good in ["a@b", "rita.o'neil+jobs@mail.example.com.au", "ü@example.org"] {
            assert!(email(good, &()).is_ok(), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in ["", "@", "a@", "@b", "a b@c.d", "a@b@c", "a@.b", "a@b..c", "<a@b.c>", ".a@b.c", &long] {
            assert!(email(bad, &()).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_need_their_scheme_and_a_host() {
        assert!(web_url("http://example.com/a", &()).is_ok());
        assert!(https_url("http://example.com", &()).is_err());
        for bad in
            ["example.com", "javascript:alert(1)", "ftp://example.com", "https://", "https://exa mple.com"]
        {
            assert!(web_url(bad, &()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_cannot_lead_to_another_host() {
        assert!(relative_path("/interviews/1?tab=notes", &()).is_ok());
        for bad in ["", "interviews", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"] {
            assert!(relative_path(bad, &()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_rest_by_example() {
        assert!(
            phone("+61 (2) 9999-0000", &()).is_ok()
                && phone("ext. 12", &()).is_err()
                && phone("+", &()).is_err()
        );
        assert!(line("Welder", &()).is_ok() && line("   ", &()).is_err() && line("a\nb", &()).is_err());
        assert!(currency("AUD", &()).is_ok() && currency("aud", &()).is_err());
        assert!(time_zone("Australia/Sydney", &()).is_ok() && time_zone("Sydney", &()).is_err());
        assert!(language("en-AU", &()).is_ok() && language("English", &()).is_err());
        assert!(distinct(&["Rust".into(), " rust ".into()], &()).is_err());
        let map: Map<String, Value> = (0..=MAP_KEYS).map(|n| (n.to_string(), Value::Null)).collect();
        assert!(small_map(&map, &()).is_err());
    }
}
