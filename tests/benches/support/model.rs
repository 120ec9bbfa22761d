//! A scripted model behind the OpenAI-compatible interface. Its first piece says when the question came and when the
//! answer began, in microseconds since this process began to count.

use super::Fallible;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) fn now() -> Duration {
    BEGINNING.elapsed()
}

/// How the model answers.
#[derive(Clone, Copy)]
pub(crate) struct Script {
    /// Before the first piece.
    pub(crate) think: Duration,
    pub(crate) pieces: u32,
    /// Between two pieces; zero sends them all at once.
    pub(crate) pace: Duration,
}

/// Starts it on a thread of its own for the rest of the run; gives its port.
pub(crate) fn start(script: Script) -> Fallible<u16> {
    LazyLock::force(&BEGINNING);
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let app = Router::new().route("/v1/chat/completions", post(answer)).with_state(script);
            axum::serve(listener, app).await
        })
    });
    Ok(port)
}

async fn answer(State(script): State<Script>) -> impl IntoResponse {
    let asked = now();
    tokio::time::sleep(script.think).await;
    let media = [(CONTENT_TYPE, "text/event-stream")];
    if script.pace.is_zero() {
        return (
            media,
            Body::from((0..=script.pieces).map(|at| piece(script, at, asked)).collect::<String>()),
        );
    }
    let pieces = unfold(0, move |at| async move {
        if at > script.pieces {
            return None;
        }
        if at > 0 {
            tokio::time::sleep(script.pace).await;
        }
        Some((Ok::<_, Infallible>(piece(script, at, asked)), at + 1))
    });
    (media, Body::from_stream(pieces))
}

/// The server-sent event of one piece; the last one ends the answer.
fn piece(script: Script, at: u32, asked: Duration) -> String {
    let (delta, end) = match at {
        0 => (
            format!(r#"{{"role":"assistant","content":"{} {} "}}"#, asked.as_micros(), now().as_micros()),
            false,
        ),
        at if at < script.pieces => (r#"{"content":"words "}"#.to_owned(), false),
        _ => ("{}".to_owned(), true),
    };
    let reason = if end { "\"stop\"" } else { "null" };
    let done = if end { "data: [DONE]\n\n" } else { "" };
    format!(
        "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\
         \"model\":\"scripted\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n{done}"
    )
}

/// The two times in the first piece, once all of it is there.
pub(crate) fn times(answer: &str) -> Option<(Duration, Duration)> {
    let (_, content) = answer.split_once("\"content\":")?;
    let mut numbers = content.trim_start().strip_prefix('"')?.split(' ');
    let (asked, begun, _) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some((Duration::from_micros(asked.parse().ok()?), Duration::from_micros(begun.parse().ok()?)))
}
