//! A turn of a stored interview. What the database holds is the conversation; of what a client sends, only its newest
//! words are new.
//!
//! The candidate's words are stored while the model is asked and before any of its answer is heard, the interviewer's when
//! they are complete. Nothing is held in between. A crash leaves the candidate's turn without an answer; the same request
//! again finds it there and only asks.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::docs::{At, Listing, Stored, Work};
use shared::domain::competency;
use shared::domain::interview::{ConductedBy, Interview, InterviewId};
use shared::domain::practice_interview::PracticeInterviewId;
use shared::domain::transcript::Speaker;
use shared::domain::transcript_segment::{SegmentFields, SegmentSource, TranscriptSegment};
use shared::prompts::{PlanStep, Turn, TurnRole};
use shared::{Code, Context, Error, Result};

use crate::chat::ChatRequest;
use crate::material::Material;
use crate::practice;
use crate::speaking::{NextTurn, Speech, begin, repeat};

/// Newest turns that are read; the prompt takes what fits (some 24 000 characters).
const NEWEST_TURNS: u32 = 200;

/// Times a turn is looked at anew when something else was written in between.
pub(crate) const TRIES: u32 = 8;

/// What a conversation goes by, of a turn that is stored; the rest of it is not read.
#[derive(Deserialize)]
pub(crate) struct Spoken {
    pub(crate) sequence: u32,
    pub(crate) speaker: Speaker,
    content: String,
    source: SegmentSource,
    client_segment_id: Option<String>,
}

impl From<TranscriptSegment> for Spoken {
    fn from(turn: TranscriptSegment) -> Self {
        let SegmentFields { speaker, content, client_segment_id, .. } = turn.fields;
        Self { sequence: turn.sequence, speaker, content, source: turn.source, client_segment_id }
    }
}

/// What becomes of the interviewer's words.
pub(crate) enum Keeping {
    Nothing,
    Interview(Answer),
    Practice { id: PracticeInterviewId, sequence: u32 },
}

/// The answer to be stored, and what it moves on.
pub(crate) struct Answer {
    interview: InterviewId,
    /// Sequence it had at the earliest.
    from: u32,
    plan: Vec<PlanStep>,
    competencies: Vec<String>,
}

impl Keeping {
    /// For the record of the call.
    pub(crate) fn output(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Interview(answer) => Some(format!("interview/{}", answer.interview)),
            Self::Practice { id, .. } => Some(format!("practice_interview/{id}")),
        }
    }

    pub(crate) async fn keep(&self, ctx: &Context, at: &At, text: &str) -> Result<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::Interview(answer) => answer.keep(ctx, at, text).await,
            Self::Practice { id, sequence } => practice::keep(ctx, at, *id, *sequence, text).await,
        }
    }
}

impl Answer {
    /// One commit: the turn, its sequence, the progress.
    async fn keep(&self, ctx: &Context, at: &At, text: &str) -> Result<()> {
        for _ in 0..TRIES {
            // Read before the turns: a commit in between makes this one fail, and the turns are looked at again.
            let interview = ctx.docs::<Interview>(at).get(self.interview).await?;
            let newest: Vec<Spoken> = newest_turns(ctx, at, self.interview, 20).await?;
            // Two requests with the same words were answered at once: the first answer stands.
            if newest.iter().any(|turn| turn.sequence >= self.from && is_spoken(turn)) {
                return Ok(());
            }
            match self.commit(ctx, at, &interview, text).await {
                Err(error) if error.code() == Code::Conflict => {}
                result => return result,
            }
        }
        Err(too_many_changes())
    }

    async fn commit(&self, ctx: &Context, at: &At, interview: &Stored<Interview>, text: &str) -> Result<()> {
        let mut work = ctx.work(at, interview.id);
        let mut changed = (**interview).clone();
        let sequence = changed.take_sequences(1);
        changed.asked(&self.plan, &self.competencies);
        let fields = said(Speaker::Interviewer, text, None, interview, work.now());
        work.create(TranscriptSegment::new(&changed, sequence, fields, SegmentSource::Chat, work.now()))?;
        work.quiet();
        work.update(interview, changed)?;
        Ok(work.commit().await?)
    }
}

fn is_spoken(turn: &Spoken) -> bool {
    turn.speaker == Speaker::Interviewer && turn.source == SegmentSource::Chat
}

pub(crate) fn too_many_changes() -> Error {
    Error::conflict("Too many changes at once. Please try again.")
}

/// What the interviewer says next in a running interview, and the competencies touched on so far.
pub(crate) async fn next_turn(
    ctx: &Context,
    at: At,
    mut interview: Stored<Interview>,
    sent: &ChatRequest,
) -> Result<(Speech, Vec<&'static str>)> {
    for _ in 0..TRIES {
        if interview.conducted_by != ConductedBy::Ai {
            return Err(Error::conflict("This interview is held by people."));
        }
        interview.check_running()?;
        let (history, material) = tokio::join!(
            newest_turns(ctx, &at, interview.id, NEWEST_TURNS),
            Material::of(ctx, &at, &interview)
        );
        let (mut history, material) = (history?, material?);
        let mut work = ctx.work(&at, interview.id);
        match heard(sent, &history) {
            Heard::Answered(text) => {
                let detected = detect(&history);
                return Ok((repeat(text), covered(&interview, &detected)));
            }
            Heard::Known => {}
            Heard::New(words) => {
                history.push(hear(&mut work, &interview, words, sent.client_segment_id.as_deref())?.into());
            }
        }
        let detected = detect(&history);
        let mut prompt = material.prompt(&interview);
        prompt.messages = history.iter().map(as_turn).collect();
        let answer = Answer {
            interview: interview.id,
            from: history.last().map_or(0, |turn| turn.sequence + 1),
            plan: material.plan().to_vec(),
            competencies: detected.iter().map(|&name| name.to_owned()).collect(),
        };
        let turn = NextTurn { prompt, at: at.clone(), keeping: Keeping::Interview(answer) };
        if let Some(speech) = begin(ctx, turn).heard_after(work).await? {
            return Ok((speech, covered(&interview, &detected)));
        }
        // Something was added in between, perhaps these very words: look again.
        interview = ctx.docs::<Interview>(&at).get(interview.id).await?;
    }
    Err(too_many_changes())
}

pub(crate) fn detect(history: &[Spoken]) -> Vec<&'static str> {
    competency::detect(history.iter().map(|turn| turn.content.as_str()))
}

/// What is new in a request.
pub(crate) enum Heard<'a> {
    New(&'a str),
    /// Nothing, or words that wait for their answer already.
    Known,
    /// Answered before with this text, or the page was loaded again.
    Answered(String),
}

pub(crate) fn heard<'a>(sent: &'a ChatRequest, history: &[Spoken]) -> Heard<'a> {
    let last = history.last();
    let answer_to = |at: usize| history[at + 1..].iter().find(|turn| turn.speaker == Speaker::Interviewer);
    let newest = sent.turns().next_back().filter(|(role, _)| *role == TurnRole::User).map(|(_, text)| text);
    let Some(words) = newest else {
        return match last {
            Some(turn) if turn.speaker == Speaker::Interviewer => Heard::Answered(turn.content.clone()),
            _ => Heard::Known,
        };
    };
    let named = sent
        .client_segment_id
        .as_ref()
        .and_then(|id| history.iter().position(|turn| turn.client_segment_id.as_ref() == Some(id)));
    let known = named.or_else(|| repeated(sent, words, history));
    match known {
        Some(at) => match answer_to(at) {
            Some(answer) => Heard::Answered(answer.content.clone()),
            None => Heard::Known,
        },
        None => Heard::New(words),
    }
}

/// Where the newest words of the request stand in the transcript when the request is one that was sent before: they wait
/// for an answer, or the client does not know the answer yet (the interviewer's last words it sends are the earlier ones).
fn repeated(sent: &ChatRequest, words: &str, history: &[Spoken]) -> Option<usize> {
    let at = history.iter().rposition(|turn| turn.speaker == Speaker::Candidate)?;
    if !same(&history[at].content, words) {
        return None;
    }
    if at + 1 == history.len() {
        return Some(at);
    }
    let interviewer = |turn: &&Spoken| turn.speaker == Speaker::Interviewer;
    let question = history[..at].iter().rfind(interviewer)?;
    let answer = history[at..].iter().rfind(interviewer)?;
    let (_, client_knows) = sent.turns().rfind(|(role, _)| *role == TurnRole::Assistant)?;
    let is_behind = same(&question.content, client_knows) && !same(&answer.content, client_knows);
    is_behind.then_some(at)
}

fn same(a: &str, b: &str) -> bool {
    a.trim() == b.trim()
}

/// The candidate's words, to be stored provided that nothing was added since `interview` was read: two equal requests at
/// once leave the words once.
fn hear(
    work: &mut Work<'_>,
    interview: &Stored<Interview>,
    words: &str,
    client_segment_id: Option<&str>,
) -> Result<TranscriptSegment> {
    let mut changed = (**interview).clone();
    let sequence = changed.take_sequences(1);
    let fields = said(Speaker::Candidate, words, client_segment_id, interview, work.now());
    let turn = TranscriptSegment::new(&changed, sequence, fields, SegmentSource::Chat, work.now());
    let turn = work.create(turn)?;
    work.quiet();
    work.update(interview, changed)?;
    Ok(turn)
}

fn said(
    speaker: Speaker,
    words: &str,
    client_segment_id: Option<&str>,
    interview: &Interview,
    now: shared::clock::Timestamp,
) -> SegmentFields {
    let since_start =
        interview.started_at.map_or(0, |start| (now.instant() - start.instant()).whole_milliseconds());
    SegmentFields {
        speaker,
        content: words.to_owned(),
        start_time_ms: u64::try_from(since_start).unwrap_or(0),
        end_time_ms: None,
        confidence: None,
        client_segment_id: client_segment_id.map(str::to_owned),
    }
}

pub(crate) fn as_turn(turn: &Spoken) -> Turn {
    let role = match turn.speaker {
        Speaker::Interviewer => TurnRole::Assistant,
        Speaker::Candidate => TurnRole::User,
    };
    Turn { role, content: turn.content.clone() }
}

/// Covered before, or touched on now; in the table's order.
fn covered(interview: &Interview, detected: &[&'static str]) -> Vec<&'static str> {
    competency::WORDS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            detected.contains(name) || interview.competencies_covered.iter().any(|known| known == name)
        })
        .collect()
}

/// The newest turns, oldest of them first: `T` is [`Spoken`], or [`TranscriptSegment`] for the whole of them.
pub(crate) async fn newest_turns<T: DeserializeOwned>(
    ctx: &Context,
    at: &At,
    interview: InterviewId,
    most: u32,
) -> Result<Vec<T>> {
    let newest = Listing::newest().within(interview).page(most, None);
    let mut turns = ctx.docs::<TranscriptSegment>(at).list_as(newest).await?;
    turns.reverse();
    Ok(turns)
}
