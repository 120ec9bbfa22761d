//! A resource of Azure that is spoken to over plain HTTP: one address, Entra tokens, bounded answers, bounded time.

use super::TokenSource;
use crate::config::is_this_machine;
use crate::http::retry_after;
use crate::outbound::Outbound;
use reqwest::{Method, RequestBuilder, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

const CONNECT: Duration = Duration::from_secs(5);
/// Between two tries when the answer does not say how long.
const PAUSE: Duration = Duration::from_secs(1);
/// Whatever the answer says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// An endpoint that cannot be used. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EndpointError(&'static str);

pub(crate) struct Resource {
    http: Outbound,
    endpoint: Url,
    tokens: Arc<dyn TokenSource>,
    /// Largest answer that is read, in bytes.
    most: usize,
}

/// What was answered.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// The `Operation-Location` header.
    pub(crate) operation: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there was no answer. Error texts of the HTTP client name the address; only the kind is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoReply {
    #[error("no Entra token")]
    NoToken,
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    TooSlow,
    #[error("the answer was cut")]
    Cut,
    #[error("the answer is too large")]
    TooLarge,
}

/// A request, or why there can be none.
pub(crate) type Outgoing = Result<RequestBuilder, NoReply>;

impl Reply {
    /// The same request may be answered otherwise later.
    pub(crate) fn is_passing(&self) -> bool {
        self.status.is_server_error()
            || matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    }

    /// How long to wait before asking again.
    pub(crate) fn pause(&self) -> Duration {
        self.retry_after.unwrap_or(PAUSE).max(SHORTEST_PAUSE)
    }
}

impl Resource {
    /// `endpoint` is https, or on this machine: a token goes along with every request.
    pub(crate) fn new(
        endpoint: &Url,
        tokens: Arc<dyn TokenSource>,
        most: usize,
    ) -> Result<Self, EndpointError> {
        let local = is_this_machine(endpoint);
        if endpoint.scheme() != "https" && !(endpoint.scheme() == "http" && local) {
            return Err(EndpointError("must start with https://: tokens do not travel unencrypted"));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err(EndpointError("must not hold a user name or password"));
        }
        Ok(Self { http: Outbound::new(CONNECT).local(local), endpoint: endpoint.clone(), tokens, most })
    }

    pub(crate) fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// A request to these path segments below the endpoint.
    pub(crate) fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Outgoing {
        let mut url = self.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().clear().extend_pairs(query);
        match self.http.client() {
            Ok(http) => Ok(http.request(method, url)),
            Err(error) => {
                tracing::error!(%error, "no HTTPS client");
                Err(NoReply::NoConnection)
            }
        }
    }

    /// Sends it with a token; gives up at `deadline`.
    pub(crate) async fn exchange(&self, request: Outgoing, deadline: Instant) -> Result<Reply, NoReply> {
        let request = request?;
        let exchange = async {
            let token = self.tokens.token().await.map_err(|error| {
                tracing::warn!(%error, host = self.host(), "no Entra token");
                NoReply::NoToken
            })?;
            let sent = request.bearer_auth(token.expose()).send().await;
            let mut response = sent.map_err(|error| match error {
                error if error.is_connect() => NoReply::NoConnection,
                error if error.is_timeout() => NoReply::TooSlow,
                _ => NoReply::Cut,
            })?;
            let mut body = Vec::new();
            while let Some(bytes) = response.chunk().await.map_err(|_| NoReply::Cut)? {
                if body.len() + bytes.len() > self.most {
                    return Err(NoReply::TooLarge);
                }
                body.extend_from_slice(&bytes);
            }
            let headers = response.headers();
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            Ok(Reply {
                status: response.status(),
                retry_after: retry_after(headers),
                operation: text("operation-location").map(str::to_owned),
                body,
            })
        };
        tokio::time::timeout_at(deadline, exchange).await.unwrap_or(Err(NoReply::TooSlow))
    }

    /// As [`Self::exchange`], again while the trouble is passing and there is time. For requests that may be repeated.
    pub(crate) async fn insist(&self, request: Outgoing, deadline: Instant) -> Result<Reply, NoReply> {
        let request = request?;
        loop {
            let Some(again) = request.try_clone() else { return self.exchange(Ok(request), deadline).await };
            let outcome = self.exchange(Ok(again), deadline).await;
            let pause = match &outcome {
                Ok(reply) if reply.is_passing() => reply.pause(),
                Err(NoReply::NoConnection | NoReply::Cut) => PAUSE,
                _ => return outcome,
            };
            if Instant::now() + pause >= deadline {
                return outcome;
            }
            tokio::time::sleep(pause).await;
        }
    }
}
