//! Somebody who calls the API.

use super::answer::Answer;
use super::make;
use super::platform::Platform;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::function::PREFIX;
use std::time::Duration;

/// Who somebody is.
#[derive(Clone, Default)]
pub(crate) struct Session {
    access_token: Option<String>,
    pub(crate) refresh_token: String,
    user_id: String,
    email: String,
}

impl Session {
    /// From the answer of a registration or sign-in.
    pub(crate) fn of(signed_in: &Value, email: &str) -> Self {
        let text = |pointer: &str| {
            signed_in
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("no {pointer} in {signed_in}"))
                .to_owned()
        };
        Self {
            access_token: Some(text("/access_token")),
            refresh_token: text("/refresh_token"),
            user_id: text("/user/id"),
            email: email.to_owned(),
        }
    }
}

/// Acts over HTTP, with headers of their own on every request.
#[derive(Clone)]
pub(crate) struct Actor {
    platform: Platform,
    pub(crate) session: Session,
    headers: HeaderMap,
}

impl Actor {
    pub(crate) fn new(platform: Platform, session: Session) -> Self {
        Self { platform, session, headers: HeaderMap::new() }
    }
    /// The same person, sending one more header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut actor = self.clone();
        let value = HeaderValue::from_str(value).expect("a header value");
        actor.headers.insert(HeaderName::from_static(name), value);
        actor
    }
    /// The same person with another token.
    pub(crate) fn bearing(&self, token: &str) -> Self {
        let mut actor = self.clone();
        actor.session.access_token = Some(token.to_owned());
        actor
    }

    pub(crate) fn user_id(&self) -> &str {
        &self.session.user_id
    }
    pub(crate) fn email(&self) -> &str {
        &self.session.email
    }
    pub(crate) fn token(&self) -> Option<&str> {
        self.session.access_token.as_deref()
    }

    /// After time went by, or when roles changed.
    pub(crate) async fn sign_in_again(&mut self) {
        let form = json!({ "email": self.session.email, "password": make::PASSWORD });
        let signed_in = self.platform.anonymous().post("/auth/login", form).await.ok();
        self.session = Session::of(&signed_in, &self.session.email);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, |request| request).await
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, |request| request.json(&body)).await
    }
    /// A POST that takes no body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, |request| request).await
    }
    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, |request| request.json(&body)).await
    }
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, |request| request).await
    }
    /// Changes the version somebody has read.
    pub(crate) async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, |request| request.header("if-match", etag).json(&body)).await
    }
    /// A file in the field `file`, with other fields.
    pub(crate) async fn upload(
        &self,
        path: &str,
        file: (&str, &str, Vec<u8>),
        fields: &[(&str, &str)],
    ) -> Answer {
        let (media, body) = make::multipart(file, fields);
        self.send(Method::POST, path, |request| request.header("content-type", media).body(body)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let response = self.open(method.clone(), path, shape).await;
        Answer::read(method, self.full_path(path), response).await
    }

    /// Without a body; `at_root` stands outside `/api/v1`.
    pub(crate) async fn send_to(&self, method: Method, path: &str, at_root: bool) -> Answer {
        if !at_root {
            return self.send(method, path, |request| request).await;
        }
        let mut request = self.platform.http().request(method.clone(), self.platform.root_address(path));
        if let Some(token) = &self.session.access_token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"));
        Answer::read(method, path.to_owned(), response).await
    }

    /// The answer as it comes, for streams.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> reqwest::Response {
        let mut request = self.platform.http().request(method.clone(), self.platform.address(path));
        request = request.headers(self.headers.clone());
        if let Some(token) = &self.session.access_token {
            request = request.bearer_auth(token);
        }
        shape(request).send().await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// A POST to a platform that may die at any moment: sent again until it is answered, 5xx not counting.
    pub(crate) async fn insist(&self, path: &str, body: &Value) -> Answer {
        loop {
            let request = self.platform.http().post(self.platform.address(path)).json(body);
            let request = match &self.session.access_token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            if let Ok(response) = request.send().await
                && !response.status().is_server_error()
            {
                let (status, headers) = (response.status(), response.headers().clone());
                if let Ok(body) = response.bytes().await {
                    let path = self.full_path(path);
                    return Answer { method: Method::POST, path, status, headers, body: body.to_vec() };
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn full_path(&self, path: &str) -> String {
        match path.strip_prefix(super::platform::PUBLIC) {
            Some(path) => path.to_owned(),
            None if path.starts_with("/api/") => path.to_owned(),
            None => format!("{PREFIX}{path}"),
        }
    }
}
