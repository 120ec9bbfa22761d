//! Streamed answers: server-sent events from a model, as pieces of text.

use super::{
    error::{AiError, Kind, Trouble},
    events::{Events, NotText},
    record::{CallRecord, Outcome},
    wire::Completion,
};
use bytes::Bytes;
use futures_util::Stream;
use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// More than any answer takes (each token costs some 300 bytes on the wire).
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Pieces of text as the model says them; at most one `Err`, and then nothing more. Nothing is read ahead, and dropping
/// the stream drops the request.
pub struct TextStream {
    source: Source,
    call: CallRecord,
    started: Instant,
    chars_in: usize,
    chars_out: usize,
    ended: bool,
}

enum Source {
    /// Words that are there already.
    Ready(VecDeque<String>),
    Live {
        first: Option<String>,
        decoder: Decoder,
    },
}

impl TextStream {
    pub(super) fn ready(pieces: VecDeque<String>, call: CallRecord, started: Instant) -> Self {
        Self { source: Source::Ready(pieces), call, started, chars_in: 0, chars_out: 0, ended: false }
    }

    pub(super) fn live(
        first: String,
        decoder: Decoder,
        call: CallRecord,
        started: Instant,
        chars_in: usize,
    ) -> Self {
        let source = Source::Live { first: Some(first), decoder };
        Self { source, call, started, chars_in, chars_out: 0, ended: false }
    }

    /// The record of this call, up to now. Before the end, and for a stream that is given up, its outcome is `error` and
    /// its tokens are an estimate.
    pub fn call(&self) -> CallRecord {
        if self.ended { self.call.clone() } else { self.closed(Outcome::Error) }
    }

    fn end(&mut self, outcome: Outcome) {
        self.call = self.closed(outcome);
        self.ended = true;
    }

    fn closed(&self, outcome: Outcome) -> CallRecord {
        let mut call = self.call.clone();
        call.outcome = outcome;
        call.duration_ms = self.started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        if let Source::Live { decoder, .. } = &self.source {
            if let Some(model) = &decoder.model {
                call.model.clone_from(model);
            }
            call.count(decoder.usage, self.chars_in, self.chars_out);
        }
        call
    }
}

impl Stream for TextStream {
    type Item = Result<String, AiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = match &mut self.source {
            Source::Ready(pieces) => pieces.pop_front().map(Ok),
            Source::Live { first, decoder } => match first.take() {
                Some(piece) => Some(Ok(piece)),
                None => std::task::ready!(decoder.poll_piece(cx)),
            },
        };
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                self.chars_out += piece.len();
                Some(Ok(piece))
            }
            Some(Err(trouble)) => {
                let error = trouble.into_error(self.closed(Outcome::Error));
                self.call = error.call().clone();
                self.ended = true;
                Some(Err(error))
            }
            None => {
                self.end(Outcome::Ok);
                None
            }
        })
    }
}

/// Reads events until the model says it is done, is stopped, or is cut off.
pub(super) struct Decoder {
    bytes: Pin<Box<dyn Stream<Item = Result<Bytes, ReadError>> + Send>>,
    events: Events,
    finish: Option<String>,
    spoken: bool,
    done: bool,
    pub(super) usage: Option<(u32, u32)>,
    pub(super) model: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("nothing for {0:?}")]
    Idle(Duration),
    #[error("above {MAX_BYTES} bytes")]
    TooLong,
    #[error("connection lost")]
    Lost,
}

impl Decoder {
    pub(super) fn new(response: reqwest::Response, idle: Duration, longest: Duration) -> Self {
        let bytes = Box::pin(timed(response, idle, longest));
        Self {
            bytes,
            events: Events::default(),
            finish: None,
            spoken: false,
            done: false,
            usage: None,
            model: None,
        }
    }

    /// The next non-empty piece of text; `None` at a proper end.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String, Trouble>>> {
        loop {
            if self.done {
                return Poll::Ready(None);
            }
            let step = match self.events.next() {
                Some(Ok(data)) => self.take(&data),
                Some(Err(NotText)) => Err(Trouble::new(Kind::Upstream, "the stream is no event stream")),
                None => match std::task::ready!(self.bytes.as_mut().poll_next(cx)) {
                    Some(Ok(bytes)) => {
                        self.events.push(&bytes);
                        Ok(None)
                    }
                    Some(Err(error)) => Err(read_trouble(&error)),
                    None => self.closed().map(|()| None),
                },
            };
            match step {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(piece))),
                Ok(None) => {}
                Err(trouble) => {
                    self.done = true;
                    return Poll::Ready(Some(Err(trouble)));
                }
            }
        }
    }

    fn take(&mut self, data: &str) -> Result<Option<String>, Trouble> {
        if data.trim() == "[DONE]" {
            return self.closed_by_done().map(|()| None);
        }
        let chunk: Completion = serde_json::from_str(data)
            .map_err(|_| Trouble::new(Kind::Upstream, "a streamed chunk is no JSON of the known form"))?;
        let said = chunk.said()?;
        self.usage = said.usage.or(self.usage);
        self.model = said.model.or(self.model.take());
        if said.refused {
            return Err(Trouble::new(Kind::Filtered, "the model refused"));
        }
        self.finish = said.finish.or(self.finish.take());
        if self.finish.as_deref() == Some("content_filter") {
            return Err(Trouble::new(Kind::Filtered, "content filter stopped the answer"));
        }
        let piece = said.text.filter(|text| !text.is_empty());
        self.spoken |= piece.is_some();
        Ok(piece)
    }

    fn closed_by_done(&mut self) -> Result<(), Trouble> {
        self.done = true;
        if self.spoken { Ok(()) } else { Err(Trouble::new(Kind::Invalid, "the answer is empty")) }
    }

    /// The connection ended without `[DONE]`: fine after a finish reason, a cut otherwise.
    fn closed(&mut self) -> Result<(), Trouble> {
        if self.finish.is_some() {
            return self.closed_by_done();
        }
        Err(Trouble::new(Kind::Upstream, "the stream was cut"))
    }
}

fn read_trouble(error: &ReadError) -> Trouble {
    match error {
        ReadError::Idle(_) => Trouble::new(Kind::TimedOut, "the stream stalled"),
        lost => Trouble::new(Kind::Upstream, format!("the stream broke: {lost}")),
    }
}

/// The body as it comes, with a limit on silence, on size and on the whole.
fn timed(
    response: reqwest::Response,
    idle: Duration,
    longest: Duration,
) -> impl Stream<Item = Result<Bytes, ReadError>> + Send {
    let until = Instant::now() + longest;
    futures_util::stream::unfold(Some((response, 0usize)), move |state| async move {
        let (mut response, read) = state?;
        let next = (Instant::now() + idle).min(until);
        match tokio::time::timeout_at(next, response.chunk()).await {
            Err(_) => Some((Err(ReadError::Idle(idle)), None)),
            Ok(Err(_)) => Some((Err(ReadError::Lost), None)),
            Ok(Ok(None)) => None,
            Ok(Ok(Some(bytes))) => {
                let read = read + bytes.len();
                if read > MAX_BYTES {
                    return Some((Err(ReadError::TooLong), None));
                }
                Some((Ok(bytes), Some((response, read))))
            }
        }
    })
}
