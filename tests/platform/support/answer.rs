//! An answer remembers its question, so that a failed assertion tells the whole story.

use super::{problem, queries};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// What came back for one request.
pub(crate) struct Answer {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(method: Method, path: String, response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{method} {path}: {error}")).to_vec();
        queries::check();
        Self { method, path, status, headers, body }
    }

    /// 200 with JSON.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        self.expect(200).json()
    }
    /// 201 with JSON.
    #[track_caller]
    pub(crate) fn created(&self) -> Value {
        self.expect(201).json()
    }
    /// 202 with JSON.
    #[track_caller]
    pub(crate) fn accepted(&self) -> Value {
        self.expect(202).json()
    }
    #[track_caller]
    pub(crate) fn no_content(&self) {
        assert!(self.expect(204).body.is_empty(), "{}\n204 with a body", self.story());
    }
    /// A valid problem with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.problem();
        assert_eq!(
            (self.status.as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.story()
        );
        problem
    }
    /// Whatever the refusal, it must be a valid problem (RFC 9457, spec 00 §5).
    #[track_caller]
    pub(crate) fn problem(&self) -> Value {
        match problem::check(self) {
            Ok(problem) => problem,
            Err(fault) => panic!("{}\nno valid problem: {fault}", self.story()),
        }
    }
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.story());
        self
    }
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}\nno JSON: {error}", self.story()))
    }
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// The version that was read or made.
    #[track_caller]
    pub(crate) fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("{}\nno ETag", self.story())).to_owned()
    }
    /// Question and answer in a few lines.
    pub(crate) fn story(&self) -> String {
        let body: String = self.text().chars().take(2000).collect();
        format!("{} {} answered {}\n{body}", self.method, self.path, self.status)
    }
}

/// The id of a resource that was answered.
#[track_caller]
pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_else(|| panic!("no id in {resource}")).to_owned()
}
