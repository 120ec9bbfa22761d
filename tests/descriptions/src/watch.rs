//! A look at every request on its way to an emulator: https in front, the emulator behind, a description in between.

use crate::description::{Description, Request};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::Response;
use axum::serve::Listener;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use url::Url;

/// What a shared access signature adds to an address; no description names it.
const SIGNATURE: [&str; 20] = [
    "rscc", "rscd", "rsce", "rscl", "rsct", "saoid", "scid", "se", "sig", "sip", "ske", "skoid", "sks",
    "skt", "sktid", "skv", "sp", "spr", "sr", "suoid",
];
/// As above; shorter ones.
const SIGNATURE_TOO: [&str; 3] = ["ss", "st", "sv"];
/// Of one hop, not of the request.
const OF_THE_HOP: [&str; 3] = ["connection", "host", "transfer-encoding"];
const LARGEST: usize = 64 * 1024 * 1024;

pub struct Watch {
    pub url: Url,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    description: Description,
    target: Url,
    http: reqwest::Client,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    operations: BTreeSet<String>,
    violations: Vec<String>,
    /// Operations that are not let through.
    refused: BTreeSet<String>,
}

impl Watch {
    /// Stands before `target`, an account behind https with the certificate of this folder (`cert.pem`, `key.pem`).
    pub async fn start(description: Description, target: Url, certificate: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let mut url = target.clone();
        let port = listener.local_addr().expect("an address").port();
        url.set_port(Some(port)).expect("an address with a port");
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        let inner = Arc::new(Inner { description, target, http, seen: Mutex::default() });
        let app = axum::Router::new()
            .fallback(pass)
            .layer(axum::extract::DefaultBodyLimit::max(LARGEST))
            .with_state(inner.clone());
        let listener = Tls { listener, acceptor: acceptor(certificate) };
        let task =
            tokio::spawn(async move { axum::serve(listener, app).await.expect("serves until aborted") });
        Self { url, inner, task }
    }

    /// From now on this operation is answered as to an identity whose roles do not allow it.
    pub fn refuse(&self, operation: &str) {
        assert!(self.inner.description.has(operation), "no operation {operation}");
        self.inner.seen().refused.insert(operation.to_owned());
    }

    /// The operations that requests were meant for.
    pub fn operations(&self) -> BTreeSet<String> {
        self.inner.seen().operations.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
        let violations = std::mem::take(&mut self.inner.seen().violations);
        assert!(
            violations.is_empty() || std::thread::panicking(),
            "requests that the description does not allow:\n{}",
            violations.join("\n")
        );
    }
}

impl Inner {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the request may go on.
    fn look(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> bool {
        let path = uri.path().strip_prefix(self.target.path()).unwrap_or(uri.path());
        let path = if path.is_empty() { "/" } else { path };
        let query = uri.query().unwrap_or_default();
        let mut headers = headers.clone();
        // A signed address says the version itself.
        if let Some(version) = signed_version(query) {
            headers.insert("x-ms-version", version);
        }
        let query = described(query);
        let request = Request { method, path, query: &query, headers: &headers, body };
        let outcome = self.description.check(&request);
        let mut seen = self.seen();
        match outcome {
            Ok((operation, faults)) => {
                seen.operations.insert(operation.id.clone());
                let named = faults.iter().map(|fault| format!("{}: {fault}", operation.id));
                seen.violations.extend(named);
                !seen.refused.contains(&operation.id)
            }
            Err(fault) => {
                seen.violations.push(fault);
                true
            }
        }
    }
}

fn signed_version(query: &str) -> Option<HeaderValue> {
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    let (_, version) =
        pairs().find(|(name, _)| name == "sv").filter(|_| pairs().any(|(name, _)| name == "sig"))?;
    version.parse().ok()
}

/// The query without a signature's parameters, where there is a signature.
fn described(query: &str) -> String {
    let is_signed = url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "sig");
    let kept = query.split('&').filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        !is_signed || !(SIGNATURE.contains(&name) || SIGNATURE_TOO.contains(&name))
    });
    kept.collect::<Vec<_>>().join("&")
}

async fn pass(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !inner.look(&method, &uri, &headers, &body) {
        let refusal = Response::builder().status(403);
        let refusal = refusal.header("x-ms-error-code", "AuthorizationPermissionMismatch");
        return refusal.body(Body::empty()).expect("a response");
    }
    let mut target = inner.target.clone();
    target.set_path(uri.path());
    target.set_query(uri.query());
    let mut request = inner.http.request(method, target).body(body);
    for (name, value) in headers.iter().filter(|(name, _)| !OF_THE_HOP.contains(&name.as_str())) {
        request = request.header(name, value);
    }
    let Ok(answer) = request.send().await else {
        // The emulator was ended by its test: whoever asked sees the connection end, too.
        let end = std::io::Error::other("no answer");
        let body = Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(end)]));
        return Response::builder().status(503).body(body).expect("a response");
    };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != "transfer-encoding") {
        response = response.header(name, value);
    }
    response.body(Body::from_stream(answer.bytes_stream())).expect("a response")
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            // Whoever does not shake hands is nobody we wait for.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificates = CertificateDer::pem_file_iter(folder.join("cert.pem")).expect("a certificate");
    let certificates = certificates.collect::<Result<Vec<_>, _>>().expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}
