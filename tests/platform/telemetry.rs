//! Traces reach a collector, and a request keeps the trace it came with.

use crate::support::handler::{binary, free_port};
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

type Received = Arc<Mutex<Vec<u8>>>;

async fn collect(State(received): State<Received>, body: Bytes) -> &'static str {
    received.lock().expect("no test panics with it").extend_from_slice(&body);
    ""
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_are_exported_with_the_callers_trace_id() {
    let received = Received::default();
    let app = axum::Router::new().route("/v1/traces", post(collect)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let port = free_port();
    let mut platform = std::process::Command::new(binary("talenti"))
        .env("TALENTI_DATA", ":memory:")
        .env("PORT", port.to_string())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_SERVICE_NAME", "talenti-under-test")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let trace_id =
        [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
    let text: String = trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let client = reqwest::ClientBuilder::new().build().unwrap();
    let found = |needle: &[u8]| received.lock().unwrap().windows(needle.len()).any(|window| window == needle);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) && !(found(&trace_id) && found(b"talenti-under-test")) {
        let request = client.get(format!("http://127.0.0.1:{port}/health"));
        let _ = request.header("traceparent", format!("00-{text}-00f067aa0ba902b7-01")).send().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    platform.kill().unwrap();
    platform.wait().unwrap();
    assert!(found(b"talenti-under-test"), "no span of ours arrived");
    assert!(found(&trace_id), "the span is not in the caller's trace");
}
