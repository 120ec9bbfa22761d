//! Serves the emulator over plain HTTP on this machine, for programs of their own processes. Prints its address; the database
//! is made by `talenti provision`. Everything is gone when it ends.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use azure_core::http::Request;
use emulators::cosmos::Emulator;
use std::io::Write as _;
use std::sync::Arc;
use url::Url;

/// More than any request of the service may hold.
const LARGEST: usize = 8 << 20;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let port: u16 = std::env::args().nth(1).as_deref().unwrap_or("0").parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let endpoint = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    let emulator = Arc::new(Emulator::at(endpoint.clone(), |account| account));
    writeln!(std::io::stdout().lock(), "{endpoint}")?;
    axum::serve(listener, Router::new().fallback(serve).with_state(emulator)).await?;
    Ok(())
}

async fn serve(State(emulator): State<Arc<Emulator>>, request: axum::extract::Request) -> Response<Body> {
    answer(&emulator, request).await.unwrap_or_else(|error| {
        let mut response = Response::new(Body::from(error.to_string()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// What a request lacks of what <https://learn.microsoft.com/rest/api/cosmos-db/common-cosmosdb-rest-request-headers> asks
/// for. There is no description to check it by.
fn fault(method: &str, path: &str, headers: &HeaderMap) -> Option<String> {
    let lacks = |name: &str| headers.get(name).is_none_or(HeaderValue::is_empty);
    let mut required = vec!["authorization", "x-ms-date", "x-ms-version"];
    // One item by its id.
    let is_item = path.contains("/docs/");
    let is_query = !lacks("x-ms-documentdb-isquery");
    if is_item || (method == "POST" && path.ends_with("/docs") && !is_query) {
        required.push("x-ms-documentdb-partitionkey");
    }
    required.into_iter().find(|name| lacks(name)).map(|name| format!("header {name} is missing"))
}

async fn answer(emulator: &Emulator, request: axum::extract::Request) -> Result<Response<Body>, Failure> {
    let (head, body) = request.into_parts();
    if let Some(fault) = fault(head.method.as_str(), head.uri.path(), &head.headers) {
        return Err(format!("{} {}: {fault}", head.method, head.uri.path()).into());
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = emulator.endpoint().join(path.trim_start_matches('/'))?;
    let mut asked = Request::new(url, head.method.as_str().parse()?);
    for (name, value) in &head.headers {
        asked.headers_mut().insert(name.as_str().to_owned(), value.to_str()?.to_owned());
    }
    let body = to_bytes(body, LARGEST).await?;
    if !body.is_empty() {
        asked.set_body(body.to_vec());
    }
    let answered = emulator.answer(&asked).await?.try_into_raw_response().await?;
    let mut response = Response::builder().status(u16::from(answered.status()));
    for (name, value) in answered.headers().iter() {
        response = response.header(name.as_str(), value.as_str());
    }
    Ok(response.body(Body::from(answered.body().as_ref().to_vec()))?)
}
