//! A file as an answer: streamed, saved under its name, and inert in a browser.

use super::describe::{Answer, Answers, Operation};
use crate::blobs::{BlobInfo, ByteStream};
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;

/// 200 with the bytes of a file.
pub struct Download {
    pub info: BlobInfo,
    pub content: ByteStream,
    /// What it is saved as; any text.
    pub name: String,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let media = HeaderValue::try_from(self.info.content_type)
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let mut response = Response::new(Body::from_stream(self.content));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, media);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.info.size));
        // What people upload never runs as a page of ours.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if let Ok(value) = HeaderValue::try_from(attachment(&self.name)) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        response
    }
}

/// RFC 6266: a plain name for old readers, the whole one percent-encoded (RFC 8187).
pub(crate) fn attachment(name: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    let fallback: String = name.chars().map(plain).take(255).collect();
    let mut value = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''");
    for byte in name.bytes().take(1000) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            value.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

impl Answers for Download {
    fn describe(operation: &mut Operation) {
        // Any media type: what a client accepts is not asked.
        operation.answers.push(Answer::empty(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            attachment("Żółw \"1\"\r\nX: y.pdf"),
            "attachment; filename=\"___w _1___X_ y.pdf\"; \
             filename*=UTF-8''%C5%BB%C3%B3%C5%82w%20%221%22%0D%0AX%3A%20y.pdf"
        );
    }
}
