//! One turn of the interviewer, said piece by piece.
//!
//! A task of its own reads the model and stores the turn, so that a client that goes away in the middle loses nothing:
//! the whole answer is in the transcript when it comes back.
//!
//! The model is asked while the words it answers are being stored, which so costs the candidate no time. Nothing of the
//! answer is heard or kept before they are; when they cannot be, it is given up.

use futures_util::StreamExt as _;
use shared::ai::{AiError, CallRecord, TextStream};
use shared::docs::{At, Work};
use shared::prompts::{InterviewTurn, NEUTRAL_FOLLOW_UP};
use shared::store::StoreError;
use shared::{Context, Error, Result};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::conversation::Keeping;

/// What a client reads when something failed in the middle; the cause is in the log.
const FAILED: &str = "The interviewer cannot answer at the moment. Please try again.";

/// A part of the interviewer's turn.
pub(crate) enum Said {
    Piece(String),
    /// The turn is complete and stored.
    Done,
    Failed(Error),
}

impl Said {
    pub(crate) fn cut_off() -> Self {
        Self::Failed(Error::internal("the turn was given up"))
    }
    pub(crate) fn is_last(&self) -> bool {
        !matches!(self, Self::Piece(_))
    }
    /// As one server-sent event (spec 20 §5).
    pub(crate) fn event(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Piece(text) => format!("data: {{\"content\": {}}}\n\n", quoted(text)),
            Self::Done => "data: [DONE]\n\n".to_owned(),
            Self::Failed(_) => format!("data: {{\"error\": {}}}\n\n", quoted(FAILED)),
        }
    }
}

/// What to say next, and what becomes of it.
pub(crate) struct NextTurn {
    pub(crate) prompt: InterviewTurn,
    /// Where the record of the call is kept.
    pub(crate) at: At,
    pub(crate) keeping: Keeping,
}

/// What is said, piece by piece.
pub(crate) type Speech = UnboundedReceiver<Said>;

/// An answer in the making. Dropped, it is given up.
pub(crate) struct Begun {
    speech: Speech,
    stored: oneshot::Sender<()>,
}

impl Begun {
    /// For an answer to words that are stored already, or never will be.
    pub(crate) fn heard(self) -> Speech {
        let _ = self.stored.send(());
        self.speech
    }

    /// Stores the words that are answered, if any are new. `None`: something else was stored in between.
    pub(crate) async fn heard_after(self, words: Work<'_>) -> Result<Option<Speech>> {
        match words.commit().await {
            Ok(()) => Ok(Some(self.heard())),
            Err(StoreError::Precondition { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Asks the model. The channel is unbounded on purpose: what it can hold is one answer, and reading the model must not
/// wait for a slow client.
pub(crate) fn begin(ctx: &Context, turn: NextTurn) -> Begun {
    let (say, speech) = unbounded_channel();
    let (stored, are_stored) = oneshot::channel();
    let ctx = ctx.clone();
    tokio::spawn(async move {
        let last = match run(&ctx, turn, are_stored, &say).await {
            Ok(()) => Said::Done,
            Err(error) => {
                tracing::warn!(code = error.code().as_str(), cause = error.cause_chain(), "turn failed");
                Said::Failed(error)
            }
        };
        // Nobody listens any more when the client went away.
        let _ = say.send(last);
    });
    Begun { speech, stored }
}

/// The same for words that are there already.
pub(crate) fn repeat(text: String) -> Speech {
    let (say, speech) = unbounded_channel();
    let _ = say.send(Said::Piece(text));
    let _ = say.send(Said::Done);
    speech
}

async fn run(
    ctx: &Context,
    turn: NextTurn,
    stored: oneshot::Receiver<()>,
    say: &UnboundedSender<Said>,
) -> Result<()> {
    let NextTurn { prompt, at, keeping } = turn;
    let (asked, stored) = tokio::join!(ctx.model().stream(&prompt), stored);
    if stored.is_err() {
        let call = asked.map_or_else(|error| error.call().clone(), |stream| stream.call());
        note(ctx, &at, &call, &keeping).await;
        return Ok(());
    }
    let mut text = String::new();
    let mut piece = |piece: &str| {
        text.push_str(piece);
        let _ = say.send(Said::Piece(piece.to_owned()));
    };
    let heard = match asked {
        Ok(stream) => hear(stream, &mut piece).await,
        Err(error) => Err(error),
    };
    let (call, unusable) = match heard {
        Ok(call) => (call, false),
        Err(error) if error.is_unusable_answer() => (error.call().clone(), true),
        Err(error) => {
            note(ctx, &at, error.call(), &keeping).await;
            return Err(error.into());
        }
    };
    // Nothing, or cut by a filter: the conversation goes on (spec 20 §9).
    if text.trim().is_empty() {
        let _ = say.send(Said::Piece(NEUTRAL_FOLLOW_UP.to_owned()));
        text.push_str(NEUTRAL_FOLLOW_UP);
    } else if unusable {
        let more = format!(" {NEUTRAL_FOLLOW_UP}");
        let _ = say.send(Said::Piece(more.clone()));
        text.push_str(&more);
    }
    // At once: the embedded store can commit both together.
    let ((), kept) = tokio::join!(note(ctx, &at, &call, &keeping), keeping.keep(ctx, &at, &text));
    kept
}

/// Passes the pieces on to the end; gives the record of the call.
async fn hear(mut stream: TextStream, piece: &mut impl FnMut(&str)) -> Result<CallRecord, AiError> {
    while let Some(words) = stream.next().await {
        piece(&words?);
    }
    Ok(stream.call())
}

/// The record of the call must not cost the candidate the answer.
async fn note(ctx: &Context, at: &At, call: &CallRecord, keeping: &Keeping) {
    if let Err(error) = ctx.note_ai_call(at, call, keeping.output()).await {
        tracing::error!(code = error.code().as_str(), cause = error.cause_chain(), "AI call not recorded");
    }
}
