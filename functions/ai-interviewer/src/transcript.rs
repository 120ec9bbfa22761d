//! The transcript: read, and added to by speech (spec 20 §3, §4).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::auth::{Action, Resource};
use shared::clock::Timestamp;
use shared::docs::{At, Listing, PageSize};
use shared::domain::interview::{Interview, InterviewId};
use shared::domain::transcript::Speaker;
use shared::domain::transcript_segment::{SegmentFields, SegmentSource, TranscriptSegment};
use shared::http::{Caller, ContractBody, ContractQuery, Created, Json, Path};
use shared::{Code, Context, Error, Result};

use crate::conversation::newest_turns;

/// Turns of one page, and of one answer when no limit is given.
const MOST: u32 = 500;
/// Newest turns among which a repeated one is looked for.
const LOOK_BACK: u32 = 200;
/// Tries of an addition that others get in the way of.
const TRIES: u32 = 8;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Paging {
    limit: PageSize<MOST, MOST>,
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Transcript {
    interview_id: InterviewId,
    segments: Vec<Segment>,
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Segment {
    id: String,
    sequence: u32,
    speaker: Speaker,
    content: String,
    start_time_ms: u64,
    end_time_ms: Option<u64>,
    confidence: Option<f64>,
    source: SegmentSource,
    client_segment_id: Option<String>,
    created_at: Timestamp,
}

impl From<TranscriptSegment> for Segment {
    fn from(turn: TranscriptSegment) -> Self {
        let fields = turn.fields;
        Self {
            id: turn.id,
            sequence: turn.sequence,
            speaker: fields.speaker,
            content: fields.content,
            start_time_ms: fields.start_time_ms,
            end_time_ms: fields.end_time_ms,
            confidence: fields.confidence,
            source: turn.source,
            client_segment_id: fields.client_segment_id,
            created_at: turn.meta.created_at,
        }
    }
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    ContractQuery(paging): ContractQuery<Paging>,
) -> Result<Json<Transcript>> {
    let reached = ctx.reach_interview(&caller, id, Resource::Interview, Action::Read).await?;
    let listing = Listing::oldest().within(id).asked(paging.limit, paging.cursor);
    let page = ctx.docs::<TranscriptSegment>(&reached.at).list(listing).await?;
    let segments = page.items.into_iter().map(Segment::from).collect();
    Ok(Json(Transcript { interview_id: id, segments, next_cursor: page.next }))
}

#[derive(Deserialize, JsonSchema, Validate)]
pub(crate) struct Addition {
    #[garde(length(min = 1, max = 100), dive)]
    segments: Vec<SentSegment>,
}

#[derive(Clone, Deserialize, JsonSchema, Validate)]
#[garde(transparent)]
#[serde(from = "LooseSegment")]
pub(crate) struct SentSegment(#[garde(dive)] SegmentFields);

/// As clients of the former contract send it: more members than we know are no fault.
#[derive(Deserialize, JsonSchema)]
struct LooseSegment {
    speaker: Speaker,
    content: String,
    #[serde(default)]
    start_time_ms: u64,
    #[serde(default)]
    end_time_ms: Option<u64>,
    #[serde(default)]
    confidence: Option<f64>,
    #[serde(default)]
    client_segment_id: Option<String>,
}

impl From<LooseSegment> for SentSegment {
    fn from(loose: LooseSegment) -> Self {
        let LooseSegment { speaker, content, start_time_ms, end_time_ms, confidence, client_segment_id } =
            loose;
        Self(SegmentFields { speaker, content, start_time_ms, end_time_ms, confidence, client_segment_id })
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Added {
    /// How many of the sent turns are new; the others were there already.
    stored: usize,
}

pub(crate) async fn add(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<InterviewId>,
    ContractBody(sent): ContractBody<Addition>,
) -> Result<Created<Added>> {
    let (at, interview) =
        ctx.own_interview(&caller, id).await?.ok_or_else(|| Error::not_found("interview"))?;
    interview.check_transcript_open(ctx.now())?;
    let sent: Vec<_> = sent.segments.into_iter().map(|segment| segment.0).collect();
    let stored = store(&ctx, &at, id, &sent).await?;
    let location = format!("{}/interview/{id}/transcript", shared::function::PREFIX);
    Ok(Created { location, etag: None, value: Added { stored } })
}

/// One commit for all of them. What is there already is found anew on each try.
async fn store(ctx: &Context, at: &At, id: InterviewId, sent: &[SegmentFields]) -> Result<usize> {
    for _ in 0..TRIES {
        let interview = ctx.docs::<Interview>(at).get(id).await?;
        interview.check_transcript_open(ctx.now())?;
        let known = newest_turns(ctx, at, id, LOOK_BACK).await?;
        let new = sort_out(sent, known);
        let mut work = ctx.work(at, id);
        for (segment, fields) in &new.timed {
            let stored = ctx.docs::<TranscriptSegment>(at).get_in(id, &segment.id).await?;
            work.update(&stored, TranscriptSegment { fields: (*fields).clone(), ..segment.clone() })?;
        }
        let mut changed = interview.clone();
        let first = changed.take_sequences(new.added.len() as u32);
        for (sequence, fields) in (first..).zip(&new.added) {
            let source = SegmentSource::Speech;
            work.create(TranscriptSegment::new(&changed, sequence, (*fields).clone(), source, ctx.now()))?;
        }
        if !new.added.is_empty() {
            work.quiet();
            work.update(&interview, changed)?;
        }
        match work.commit().await.map_err(Error::from) {
            Ok(()) => return Ok(new.added.len()),
            Err(error) if error.code() == Code::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::conflict("Too many changes at once. Please try again."))
}

/// What of an addition is new.
struct SortedOut<'a> {
    added: Vec<&'a SegmentFields>,
    /// Turns of the chat that speech now gives times to.
    timed: Vec<(TranscriptSegment, SegmentFields)>,
}

/// A turn with a known client id is a repeat, and so are the same words at the same time. One with the words of a turn the chat stored is that turn as it was
/// spoken: a voice client sends the words both ways, and they are said once.
fn sort_out(sent: &[SegmentFields], known: Vec<TranscriptSegment>) -> SortedOut<'_> {
    let mut ids: Vec<String> =
        known.iter().filter_map(|turn| turn.fields.client_segment_id.clone()).collect();
    let spoken: Vec<SegmentFields> = known.iter().map(|turn| turn.fields.clone()).collect();
    let at_same_time = |fields: &SegmentFields| {
        let is_timed = fields.start_time_ms > 0 || fields.end_time_ms.is_some();
        let same = |known: &SegmentFields| {
            (known.start_time_ms, known.end_time_ms) == (fields.start_time_ms, fields.end_time_ms)
                && known.speaker == fields.speaker
                && known.content.trim() == fields.content.trim()
        };
        is_timed && spoken.iter().any(same)
    };
    let mut from_chat: Vec<_> = known.into_iter().filter(|turn| turn.source == SegmentSource::Chat).collect();
    let mut new = SortedOut { added: Vec::new(), timed: Vec::new() };
    for fields in sent {
        if fields.client_segment_id.as_ref().is_some_and(|id| ids.contains(id)) {
            continue;
        }
        if at_same_time(fields) {
            continue;
        }
        ids.extend(fields.client_segment_id.clone());
        // Already matched ones carry an end or a confidence that chat never gives.
        let spoken = from_chat.iter().position(|turn| {
            turn.fields.speaker == fields.speaker
                && turn.fields.content.trim() == fields.content.trim()
                && turn.fields.end_time_ms.is_none()
                && turn.fields.confidence.is_none()
        });
        match spoken {
            None => new.added.push(fields),
            Some(at) => {
                let turn = from_chat.remove(at);
                let content = turn.fields.content.clone();
                let client_segment_id =
                    fields.client_segment_id.clone().or_else(|| turn.fields.client_segment_id.clone());
                let fields = SegmentFields { content, client_segment_id, ..fields.clone() };
                new.timed.push((turn, fields));
            }
        }
    }
    new
}
