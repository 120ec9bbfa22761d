//! Practice interviews (spec 20 §7): the person's own, in their own tenant. No score, nothing an organisation sees.
//!
//! The feedback at its end is written from its turns, so they are held until then and erased with the end (20 §5: of
//! practice nothing is kept).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::Role;
use shared::docs::{At, Listing, Meta};
use shared::domain::competency;
use shared::domain::job::InterviewStructure;
use shared::domain::practice::PracticeFeedback;
use shared::domain::practice_interview::{
    PracticeInterview, PracticeInterviewFields, PracticeInterviewId, PracticeStatus,
};
use shared::domain::transcript::{Speaker, Utterance};
use shared::domain::transcript_segment::{SegmentFields, SegmentSource, TranscriptSegment};
use shared::http::{Body, Caller, Created, OptionalBody, Page, Path, Query, Tagged};
use shared::prompts::{InterviewTurn, PlanStep, ReviewPractice, Turn, TurnRole};
use shared::{Code, Context, Error, Result};

use crate::chat::{ChatRequest, Message, Role as MessageRole};
use crate::conversation::{Keeping, Next};
use crate::speaking::NextTurn;

/// Turns that count for the feedback.
const MOST_TURNS: u32 = 200;
/// Turns erased in one commit.
const ERASED_AT_ONCE: u32 = 50;

pub(crate) async fn create(
    State(ctx): State<Context>,
    caller: Caller,
    Body(fields): Body<PracticeInterviewFields>,
) -> Result<Created<PracticeInterview>> {
    // Whoever has no organisation is here as a candidate.
    if !caller.is(Role::Candidate) && caller.organisation_id.is_some() {
        return Err(Error::forbidden("Practice interviews are for candidates."));
    }
    let user = caller.user_id.parse().map_err(Error::internal)?;
    let practice = PracticeInterview::new(user, fields, ctx.now());
    let practice = ctx.docs::<PracticeInterview>(&caller.person()).create(practice).await?;
    let id = practice.id;
    Ok(Created::at(format_args!("/practice-interviews/{id}"), practice))
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Search {
    /// 1-100; 20 when left out.
    limit: Option<u32>,
    cursor: Option<String>,
    status: Option<PracticeStatus>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Page<PracticeInterview>> {
    let limit = search.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("limit", "limit must be from 1 to 100."));
    }
    let listing = Listing::newest().eq_if("status", search.status).page(limit, search.cursor);
    let page: Page<PracticeInterview> =
        ctx.docs::<PracticeInterview>(&caller.person()).list(listing).await?.into();
    let now = ctx.now();
    Ok(page.map(|mut practice| {
        practice.abandon(now);
        practice
    }))
}

pub(crate) async fn read(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<PracticeInterviewId>,
) -> Result<Tagged<PracticeInterview>> {
    Ok(Tagged::of(current(&ctx, &caller.person(), id).await?))
}

/// As it stands now: one that was left lying for a day is abandoned when it is next looked at.
pub(crate) async fn current(ctx: &Context, at: &At, id: PracticeInterviewId) -> Result<PracticeInterview> {
    let practice = ctx.docs::<PracticeInterview>(at).get(id).await?.into_inner();
    if !practice.clone().abandon(ctx.now()) {
        return Ok(practice);
    }
    forget(ctx, at, id).await?;
    ctx.docs::<PracticeInterview>(at)
        .update(id, id, None, |practice, work| {
            practice.abandon(work.now());
            Ok(())
        })
        .await
}

/// Erases what was said. What a crash leaves behind lives a day.
async fn forget(ctx: &Context, at: &At, id: PracticeInterviewId) -> Result<()> {
    loop {
        let page = Listing::oldest().within(id).page(ERASED_AT_ONCE, None);
        let turns = ctx.docs::<TranscriptSegment>(at).list(page).await?.items;
        if turns.is_empty() {
            return Ok(());
        }
        let mut work = ctx.work(at, id);
        for turn in &turns {
            work.erase(turn)?;
        }
        work.commit().await?;
    }
}

pub(crate) async fn start(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<PracticeInterviewId>,
) -> Result<Tagged<PracticeInterview>> {
    let at = caller.person();
    current(&ctx, &at, id).await?;
    let practice = ctx
        .docs::<PracticeInterview>(&at)
        .update(id, id, None, |practice, work| practice.start(work.now()).map(drop))
        .await?;
    Ok(Tagged::of(practice))
}

/// For clients that kept the conversation themselves.
#[derive(Default, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Said {
    #[garde(length(max = 200), dive)]
    messages: Vec<Message>,
}

pub(crate) async fn end(
    State(ctx): State<Context>,
    caller: Caller,
    Path(id): Path<PracticeInterviewId>,
    OptionalBody(said): OptionalBody<Said>,
) -> Result<Tagged<PracticeInterview>> {
    let at = caller.person();
    let practice = current(&ctx, &at, id).await?;
    if practice.status == PracticeStatus::Completed {
        return Ok(Tagged::of(practice));
    }
    practice.status.check(PracticeStatus::Completed)?;
    let mut transcript: Vec<_> =
        turns(&ctx, &at, id).await?.iter().map(TranscriptSegment::utterance).collect();
    if transcript.is_empty() {
        transcript = sent_transcript(&said.messages);
    }
    let feedback = review(&ctx, &at, &practice, transcript).await?;
    let practice = ctx
        .docs::<PracticeInterview>(&at)
        .update(id, id, None, |practice, work| practice.end(feedback.clone(), work.now()).map(drop))
        .await?;
    forget(&ctx, &at, id).await?;
    Ok(Tagged::of(practice))
}

fn sent_transcript(messages: &[Message]) -> Vec<Utterance> {
    let speaker = |role| match role {
        MessageRole::System => None,
        MessageRole::User => Some(Speaker::Candidate),
        MessageRole::Assistant => Some(Speaker::Interviewer),
    };
    let said = messages.iter().filter_map(|message| Some((speaker(message.role)?, &message.content)));
    said.enumerate()
        .map(|(at, (speaker, content))| Utterance { id: at.to_string(), speaker, content: content.clone() })
        .collect()
}

async fn review(
    ctx: &Context,
    at: &At,
    practice: &PracticeInterview,
    transcript: Vec<Utterance>,
) -> Result<PracticeFeedback> {
    let prompt = ReviewPractice { role_type: practice.fields.sample_role_type.clone(), transcript };
    let asked = ctx.model().ask(&prompt).await;
    let call = match &asked {
        Ok(answer) => &answer.call,
        Err(error) => error.call(),
    };
    let output = Some(format!("practice_interview/{}", practice.id));
    ctx.note_ai_call(at, call, output).await?;
    Ok(asked?.value)
}

async fn turns(ctx: &Context, at: &At, id: PracticeInterviewId) -> Result<Vec<TranscriptSegment>> {
    let newest = Listing::newest().within(id).page(MOST_TURNS, None);
    let mut turns = ctx.docs::<TranscriptSegment>(at).list(newest).await?.items;
    turns.reverse();
    Ok(turns)
}

/// Stores a turn at its place and gives it back; one that is there already stays.
pub(crate) async fn keep(
    ctx: &Context,
    at: &At,
    id: PracticeInterviewId,
    sequence: u32,
    speaker: Speaker,
    text: &str,
) -> Result<Option<TranscriptSegment>> {
    let fields = SegmentFields {
        speaker,
        content: text.to_owned(),
        start_time_ms: 0,
        end_time_ms: None,
        confidence: None,
        client_segment_id: None,
    };
    let turn = TranscriptSegment {
        id: TranscriptSegment::id_of(sequence),
        interview_id: id.cast(),
        sequence,
        fields,
        source: SegmentSource::Chat,
        meta: Meta::new(None, ctx.now(), at.actor.id.clone()),
    };
    match ctx.docs::<TranscriptSegment>(at).create(turn).await {
        Err(error) if error.code() == Code::Conflict => Ok(None),
        result => result.map(Some),
    }
}

/// The next turn of a practice interview that runs.
pub(crate) async fn next_turn(
    ctx: &Context,
    at: At,
    practice: &PracticeInterview,
    sent: &ChatRequest,
) -> Result<(Next, Vec<&'static str>)> {
    if practice.status != PracticeStatus::InProgress {
        return Err(practice.status.refuse());
    }
    let mut history = turns(ctx, &at, practice.id).await?;
    let words = sent.turns().next_back().filter(|(role, _)| *role == TurnRole::User).map(|(_, words)| words);
    match (words, history.last()) {
        (None, Some(last)) if last.fields.speaker == Speaker::Interviewer => {
            let detected = competency::detect(history.iter().map(|turn| turn.fields.content.as_str()));
            return Ok((Next::Repeat(last.fields.content.clone()), detected));
        }
        (Some(words), last) if !waits(last, words) => {
            match keep(ctx, &at, practice.id, next_sequence(&history), Speaker::Candidate, words).await? {
                Some(turn) => history.push(turn),
                None => history = turns(ctx, &at, practice.id).await?,
            }
        }
        _ => {}
    }
    let detected = competency::detect(history.iter().map(|turn| turn.fields.content.as_str()));
    let keeping = Keeping::Practice { id: practice.id, sequence: next_sequence(&history) };
    let turn = NextTurn { prompt: prompt(practice, sent, &history, &detected), at, keeping };
    Ok((Next::Say(Box::new(turn)), detected))
}

/// The same words wait for their answer already.
fn waits(last: Option<&TranscriptSegment>, words: &str) -> bool {
    last.is_some_and(|turn| {
        turn.fields.speaker == Speaker::Candidate && turn.fields.content.trim() == words.trim()
    })
}

fn next_sequence(history: &[TranscriptSegment]) -> u32 {
    history.last().map_or(0, |turn| turn.sequence + 1)
}

fn prompt(
    practice: &PracticeInterview,
    sent: &ChatRequest,
    history: &[TranscriptSegment],
    detected: &[&str],
) -> InterviewTurn {
    let plan = InterviewStructure::default().phases;
    let is_question = |turn: &&TranscriptSegment| turn.fields.speaker == Speaker::Interviewer;
    let asked = history.iter().filter(is_question).count() as u32;
    InterviewTurn {
        job_title: sent.job_title.clone().unwrap_or_else(|| practice.fields.sample_role_type.clone()),
        job_description: sent.job_description.clone().unwrap_or_default(),
        phase: PlanStep::phase_after(&plan, asked),
        plan,
        questions_asked: asked,
        competencies_covered: detected.iter().map(|&name| name.to_owned()).collect(),
        messages: history
            .iter()
            .map(|turn| Turn {
                role: match turn.fields.speaker {
                    Speaker::Interviewer => TurnRole::Assistant,
                    Speaker::Candidate => TurnRole::User,
                },
                content: turn.fields.content.clone(),
            })
            .collect(),
        ..InterviewTurn::default()
    }
}
