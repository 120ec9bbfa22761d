//! When a server wants to be asked again.

use axum::http::HeaderMap;
use std::time::Duration;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// The most that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `retry-after-ms` (Azure), or Retry-After in seconds or as a date against the answer's own Date (RFC 9110 §10.2.3);
/// at most a day.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    asked(headers).map(|wait| wait.min(LONGEST))
}

fn asked(headers: &HeaderMap) -> Option<Duration> {
    if let Some(millis) = text(headers, "retry-after-ms").and_then(|value| value.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |value: &str| OffsetDateTime::parse(value, &Rfc2822).ok();
    (date(value)? - date(text(headers, "date")?)?).try_into().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (name.parse().expect("a header name"), value.parse().expect("a header value"))
            })
            .collect()
    }

    #[test]
    fn retry_after_in_all_its_forms() {
        let seconds = |pairs| retry_after(&headers(pairs));
        assert_eq!(seconds(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            seconds(&[("retry-after-ms", "250"), ("retry-after", "1")]),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            seconds(&[
                ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
                ("retry-after", "Wed, 21 Oct 2026 07:28:09 GMT"),
            ]),
            Some(Duration::from_secs(9))
        );
        assert_eq!(seconds(&[("retry-after", "soon")]), None);
        assert_eq!(seconds(&[("retry-after", "18446744073709551615")]), Some(LONGEST));
        assert_eq!(seconds(&[]), None);
    }
}
