//! Azure AI Document Intelligence, version 2024-11-30 of its interface, model `prebuilt-read`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::{Ocr, OcrError};
use crate::BoxFuture;
use crate::azure::{EndpointError, NoReply, Reply, Resource, TokenSource};

const API_VERSION: (&str, &str) = ("api-version", "2024-11-30");
const ROOT: [&str; 2] = ["documentintelligence", "documentModels"];
const MODEL: &str = "prebuilt-read";
/// The largest reading that is taken: 50 dense pages with every word's place are about 20 MB.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// For asking the service to forget what it read.
const FORGET: Duration = Duration::from_secs(2);
const PROBE: Duration = Duration::from_secs(20);

/// Reads scanned documents with a Document Intelligence resource. The identity needs the role Cognitive Services User on it.
/// The resource must be in a region candidate data may be sent to.
pub struct DocumentIntelligence {
    resource: Resource,
}

#[derive(Deserialize)]
struct AnalyzeOperation {
    status: String,
    #[serde(default, rename = "analyzeResult")]
    result: Option<AnalyzeResult>,
    #[serde(default)]
    error: Option<ServiceError>,
}

#[derive(Deserialize)]
struct AnalyzeResult {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    content: String,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ServiceError,
}

/// Its message is not read: it may repeat what was sent.
#[derive(Deserialize)]
struct ServiceError {
    #[serde(default)]
    code: Option<String>,
}

impl DocumentIntelligence {
    /// `endpoint` is `https://<resource>.cognitiveservices.azure.com`.
    pub fn new(endpoint: &Url, tokens: Arc<dyn TokenSource>) -> Result<Self, EndpointError> {
        Ok(Self { resource: Resource::new(endpoint, tokens, LARGEST_ANSWER)? })
    }

    async fn analyze(&self, pdf: Bytes, deadline: Instant) -> Result<Vec<String>, OcrError> {
        let [root, models] = ROOT;
        let operation = format!("{MODEL}:analyze");
        let request = self.resource.request(Method::POST, &[root, models, &operation], &[API_VERSION]);
        let request = request.map(|request| request.header("content-type", "application/pdf").body(pdf));
        let reply = self.resource.insist(request, deadline).await.map_err(no_reply)?;
        if reply.status != StatusCode::ACCEPTED {
            return Err(refused(&reply));
        }
        // Only the id is taken: where requests go is a setting.
        let id = reply.operation.as_deref().and_then(operation_id);
        let id = id.ok_or_else(|| OcrError::Upstream("no operation in the answer".to_owned()))?.to_string();
        let path = [root, models, MODEL, "analyzeResults", &id];
        let pages = self.outcome(&path, reply.pause(), deadline).await;
        // What it read would stay there for a day.
        let forget = self.resource.request(Method::DELETE, &path, &[API_VERSION]);
        match self.resource.exchange(forget, Instant::now() + FORGET).await {
            Ok(reply) if reply.status.is_success() => {}
            Ok(reply) => tracing::warn!(status = reply.status.as_u16(), "a reading was not deleted"),
            Err(error) => tracing::warn!(%error, "a reading was not deleted"),
        }
        pages
    }

    async fn outcome(
        &self,
        path: &[&str],
        mut pause: Duration,
        deadline: Instant,
    ) -> Result<Vec<String>, OcrError> {
        loop {
            if Instant::now() + pause >= deadline {
                return Err(OcrError::TimedOut);
            }
            tokio::time::sleep(pause).await;
            let request = self.resource.request(Method::GET, path, &[API_VERSION]);
            let reply = self.resource.insist(request, deadline).await.map_err(no_reply)?;
            if reply.status != StatusCode::OK {
                return Err(refused(&reply));
            }
            let operation: AnalyzeOperation = serde_json::from_slice(&reply.body)
                .map_err(|_| OcrError::Upstream("the answer is no analysis".to_owned()))?;
            match (operation.status.as_str(), operation.result) {
                ("notStarted" | "running", _) => pause = reply.pause(),
                ("succeeded", Some(result)) => return Ok(result.pages.into_iter().map(text).collect()),
                ("failed" | "canceled" | "skipped", _) => {
                    return Err(failed(operation.error.and_then(|error| error.code)));
                }
                _ => return Err(OcrError::Upstream("the answer is no analysis".to_owned())),
            }
        }
    }
}

impl Ocr for DocumentIntelligence {
    fn describe(&self) -> String {
        format!("Document Intelligence at {}", self.resource.host())
    }

    fn read(&self, pdf: Bytes, limit: Duration) -> BoxFuture<'_, Result<Vec<String>, OcrError>> {
        Box::pin(self.analyze(pdf, Instant::now() + limit))
    }

    /// Asks how many models of one's own the resource has, which needs the same role as reading.
    fn probe(&self) -> BoxFuture<'_, Result<(), OcrError>> {
        Box::pin(async {
            let request = self.resource.request(Method::GET, &[ROOT[0], "info"], &[API_VERSION]);
            let reply = self.resource.exchange(request, Instant::now() + PROBE).await.map_err(no_reply)?;
            match reply.status {
                StatusCode::OK => Ok(()),
                status => {
                    let cause = format!("status {}", status.as_u16());
                    Err(OcrError::Unavailable { cause, retry_after: reply.retry_after })
                }
            }
        })
    }
}

fn text(page: Page) -> String {
    page.lines.into_iter().fold(String::new(), |text, line| text + &line.content + "\n")
}

fn operation_id(location: &str) -> Option<Uuid> {
    Url::parse(location).ok()?.path_segments()?.next_back()?.parse().ok()
}

fn no_reply(error: NoReply) -> OcrError {
    match error {
        NoReply::TooSlow => OcrError::TimedOut,
        NoReply::NoToken | NoReply::NoConnection | NoReply::Cut => {
            OcrError::Unavailable { cause: error.to_string(), retry_after: None }
        }
        NoReply::TooLarge => OcrError::Upstream(error.to_string()),
    }
}

fn refused(reply: &Reply) -> OcrError {
    let code = serde_json::from_slice(&reply.body).ok().and_then(|answer: ErrorAnswer| answer.error.code);
    let status = reply.status.as_u16();
    let cause = match word(code) {
        Some(code) => format!("{status} {code}"),
        None => status.to_string(),
    };
    match reply.status {
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => OcrError::Unreadable(cause),
        // 401, 403 and 404 are a missing role or a wrong endpoint.
        status if status.is_client_error() || reply.is_passing() => {
            OcrError::Unavailable { cause, retry_after: reply.retry_after }
        }
        _ => OcrError::Upstream(cause),
    }
}

/// The service says so of documents it cannot read; anything else is its own trouble.
fn failed(code: Option<String>) -> OcrError {
    match word(code) {
        Some(code) if code.starts_with("Invalid") || code.starts_with("Unsupported") => {
            OcrError::Unreadable(code)
        }
        Some(code) => OcrError::Upstream(code),
        None => OcrError::Upstream("it gave up without saying why".to_owned()),
    }
}

/// Codes are words such as `InvalidContent`.
fn word(code: Option<String>) -> Option<String> {
    code.filter(|code| (1..=64).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ai::replay::server::{Reply, Server};
    use crate::auth::Secret;
    use crate::azure::TokenError;

    const ID: &str = "3b31320d-8bab-4f88-b19c-2322a7f11034";

    struct Fixed;

    impl TokenSource for Fixed {
        fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>> {
            Box::pin(async { Ok(Secret::new("entra")) })
        }
    }

    async fn read(server: &Server) -> Result<Vec<String>, OcrError> {
        let reader = DocumentIntelligence::new(&server.address.parse().unwrap(), Arc::new(Fixed)).unwrap();
        reader.read(Bytes::from_static(b"%PDF-1.7"), Duration::from_secs(2)).await
    }

    /// The host is another one: it must not matter.
    fn taken() -> Reply {
        let place =
            format!("https://elsewhere.example/documentintelligence/x/analyzeResults/{ID}?api-version=1");
        Reply::json(202, &Value::Null).header("operation-location", &place).header("retry-after", "0")
    }

    fn state(status: &str) -> Reply {
        Reply::json(200, &json!({ "status": status })).header("retry-after", "0")
    }

    fn done() -> Reply {
        let lines = |lines: &[&str]| lines.iter().map(|line| json!({ "content": line })).collect::<Value>();
        let pages =
            json!([{ "lines": lines(&["Jane Citizen", "Welder"]) }, {}, { "lines": lines(&["Page 3"]) }]);
        Reply::json(200, &json!({ "status": "succeeded", "analyzeResult": { "pages": pages } }))
    }

    fn refusal(status: u16, code: &str) -> Reply {
        Reply::json(status, &json!({ "error": { "code": code, "message": "about Jane Citizen" } }))
    }

    fn deleted() -> Reply {
        Reply::body(204, "text/plain", "")
    }

    #[tokio::test]
    async fn pages_are_read_line_by_line_and_the_reading_is_deleted() {
        let server =
            Server::playing([taken(), state("notStarted"), state("running"), done(), deleted()]).await;
        assert_eq!(read(&server).await.unwrap(), ["Jane Citizen\nWelder\n", "", "Page 3\n"]);
        let asked = server.asked();
        let root = "/documentintelligence/documentModels/prebuilt-read";
        let result = format!("{root}/analyzeResults/{ID}?api-version=2024-11-30");
        let paths: Vec<_> = asked.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
        let analyze = format!("{root}:analyze?api-version=2024-11-30");
        let look = ("GET", result.as_str());
        assert_eq!(paths, [("POST", analyze.as_str()), look, look, look, ("DELETE", result.as_str())]);
        assert_eq!(asked[0].headers["content-type"], "application/pdf");
        assert!(asked.iter().all(|asked| asked.headers["authorization"] == "Bearer entra"));
    }

    #[tokio::test]
    async fn throttling_and_outages_are_waited_out_while_there_is_time() {
        let server = Server::playing([
            refusal(429, "TooManyRequests").header("retry-after", "0"),
            refusal(503, "Busy").header("retry-after", "0"),
            taken(),
            refusal(500, "Oops").header("retry-after", "0"),
            done(),
            deleted(),
        ])
        .await;
        assert!(read(&server).await.is_ok());
    }

    #[tokio::test]
    async fn failures_are_told_apart_and_repeat_nobodys_words() {
        let later = |cause: &str, retry_after| OcrError::Unavailable { cause: cause.to_owned(), retry_after };
        let gave_up = |code: &str| {
            Reply::json(
                200,
                &json!({ "status": "failed", "error": { "code": code, "message": "Jane Citizen" } }),
            )
        };
        let no_analysis = || OcrError::Upstream("the answer is no analysis".to_owned());
        let no_operation = OcrError::Upstream("no operation in the answer".to_owned());
        let minute = Duration::from_secs(60);
        let slow = Reply::json(200, &json!({ "status": "running" })).header("retry-after", "60");
        let cases = [
            (vec![refusal(400, "InvalidContent")], OcrError::Unreadable("400 InvalidContent".to_owned())),
            (vec![refusal(413, "about Jane Citizen")], OcrError::Unreadable("413".to_owned())),
            (vec![refusal(401, "Denied")], later("401 Denied", None)),
            (vec![refusal(404, "NotFound")], later("404 NotFound", None)),
            (vec![refusal(429, "Slow").header("retry-after", "60")], later("429 Slow", Some(minute))),
            (vec![refusal(503, "Busy").header("retry-after", "60")], later("503 Busy", Some(minute))),
            (vec![Reply::body(301, "text/plain", "")], OcrError::Upstream("301".to_owned())),
            (vec![Reply::body(202, "text/plain", "")], no_operation),
            (
                vec![taken(), gave_up("InvalidContent"), deleted()],
                OcrError::Unreadable("InvalidContent".to_owned()),
            ),
            (
                vec![taken(), gave_up("InternalServerError"), deleted()],
                OcrError::Upstream("InternalServerError".to_owned()),
            ),
            (vec![taken(), Reply::body(200, "text/html", "<h1>Jane"), deleted()], no_analysis()),
            (vec![taken(), state("succeeded"), deleted()], no_analysis()),
            (vec![taken(), slow, deleted()], OcrError::TimedOut),
            (vec![taken().after(Duration::from_secs(30))], OcrError::TimedOut),
        ];
        for (replies, expected) in cases {
            let server = Server::playing(replies).await;
            let error = read(&server).await.unwrap_err();
            assert_eq!(error, expected);
            assert!(!format!("{error} {error:?}").contains("Jane"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn nobody_listening_is_unavailable() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let reader = DocumentIntelligence::new(&endpoint, Arc::new(Fixed)).unwrap();
        let error = reader.read(Bytes::new(), Duration::from_millis(500)).await.unwrap_err();
        assert_eq!(error, OcrError::Unavailable { cause: "no connection".to_owned(), retry_after: None });
    }
}
