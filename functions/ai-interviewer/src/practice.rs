//! Practice interviews (spec 20 §7): the person's own, in their own tenant. No score, nothing an organisation sees.
//!
//! The feedback at its end is written from its turns, so they are held until then and erased with the end (20 §5: of
//! practice nothing is kept).

use axum::extract::State;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::auth::Role;
use shared::docs::{At, Listing, Meta, PageSize};
use shared::domain::job::InterviewStructure;
use shared::domain::practice::PracticeFeedback;
use shared::domain::practice_interview::{
    PracticeInterview, PracticeInterviewFields, PracticeInterviewId, PracticeStatus,
};
use shared::domain::transcript::{Speaker, Utterance};
use shared::domain::transcript_segment::{SegmentFields, SegmentSource, TranscriptSegment};
use shared::http::{Body, Caller, Created, OptionalBody, Page, Path, Query, Tagged};
use shared::prompts::{InterviewTurn, PlanStep, ReviewPractice};
use shared::store::StoreError;
use shared::{Context, Error, Result};

use crate::chat::{ChatRequest, Message, Role as MessageRole};
use crate::conversation::{
    Heard, Keeping, Spoken, TRIES, as_turn, detect, heard, newest_turns, too_many_changes,
};
use crate::speaking::{NextTurn, Speech, begin, repeat};

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
    limit: PageSize,
    cursor: Option<String>,
    status: Option<PracticeStatus>,
}

pub(crate) async fn list(
    State(ctx): State<Context>,
    caller: Caller,
    Query(search): Query<Search>,
) -> Result<Page<PracticeInterview>> {
    let listing = Listing::newest().eq_if("status", search.status).asked(search.limit, search.cursor);
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
    OptionalBody(sent): OptionalBody<Said>,
) -> Result<Tagged<PracticeInterview>> {
    let at = caller.person();
    let practice = current(&ctx, &at, id).await?;
    if practice.status == PracticeStatus::Completed {
        return Ok(Tagged::of(practice));
    }
    practice.status.check(PracticeStatus::Completed)?;
    let said: Vec<TranscriptSegment> = newest_turns(&ctx, &at, id.cast(), MOST_TURNS).await?;
    let mut transcript: Vec<_> = said.iter().map(TranscriptSegment::utterance).collect();
    if transcript.is_empty() {
        transcript = sent_transcript(&sent.messages);
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

async fn turns(ctx: &Context, at: &At, id: PracticeInterviewId) -> Result<Vec<Spoken>> {
    newest_turns(ctx, at, id.cast(), MOST_TURNS).await
}

/// A practice interview and what was said in it.
pub(crate) struct Talk {
    pub(crate) practice: PracticeInterview,
    turns: Vec<Spoken>,
}

pub(crate) async fn talk(ctx: &Context, at: &At, id: PracticeInterviewId) -> Result<Talk> {
    let (practice, turns) = tokio::join!(current(ctx, at, id), turns(ctx, at, id));
    Ok(Talk { practice: practice?, turns: turns? })
}

/// A turn at its place. Two that were made at once have the same id, so that only one of them can be stored.
fn turn(
    ctx: &Context,
    at: &At,
    id: PracticeInterviewId,
    sequence: u32,
    speaker: Speaker,
    words: &str,
) -> TranscriptSegment {
    let fields = SegmentFields {
        speaker,
        content: words.to_owned(),
        start_time_ms: 0,
        end_time_ms: None,
        confidence: None,
        client_segment_id: None,
    };
    TranscriptSegment {
        id: TranscriptSegment::id_of(sequence),
        interview_id: id.cast(),
        sequence,
        fields,
        source: SegmentSource::Chat,
        meta: Meta::new(None, ctx.now(), at.actor.id.clone()),
    }
}

/// Stores the interviewer's words at their place; an answer that is there already stays.
pub(crate) async fn keep(
    ctx: &Context,
    at: &At,
    id: PracticeInterviewId,
    sequence: u32,
    text: &str,
) -> Result<()> {
    let mut work = ctx.work(at, id);
    work.create(turn(ctx, at, id, sequence, Speaker::Interviewer, text))?;
    match work.commit().await {
        Err(StoreError::Precondition { .. }) => Ok(()),
        result => Ok(result?),
    }
}

/// What the interviewer says next in a practice interview that runs, and the competencies touched on so far.
pub(crate) async fn next_turn(
    ctx: &Context,
    at: At,
    talk: Talk,
    sent: &ChatRequest,
) -> Result<(Speech, Vec<&'static str>)> {
    let Talk { practice, turns: mut history } = talk;
    if practice.status != PracticeStatus::InProgress {
        return Err(practice.status.refuse());
    }
    for _ in 0..TRIES {
        let mut work = ctx.work(&at, practice.id);
        match heard(sent, &history) {
            Heard::Answered(text) => return Ok((repeat(text), detect(&history))),
            Heard::Known => {}
            Heard::New(words) => {
                let sequence = next_sequence(&history);
                let mut new = turn(ctx, &at, practice.id, sequence, Speaker::Candidate, words);
                new.fields.client_segment_id.clone_from(&sent.client_segment_id);
                history.push(work.create(new)?.into());
            }
        }
        let detected = detect(&history);
        let prompt = prompt(&practice, sent, &history, &detected);
        let keeping = Keeping::Practice { id: practice.id, sequence: next_sequence(&history) };
        let next = NextTurn { prompt, at: at.clone(), keeping };
        if let Some(speech) = begin(ctx, next).heard_after(work).await? {
            return Ok((speech, detected));
        }
        // Something was said in between, perhaps these very words: look again.
        history = turns(ctx, &at, practice.id).await?;
    }
    Err(too_many_changes())
}

fn next_sequence(history: &[Spoken]) -> u32 {
    history.last().map_or(0, |turn| turn.sequence + 1)
}

fn prompt(
    practice: &PracticeInterview,
    sent: &ChatRequest,
    history: &[Spoken],
    detected: &[&str],
) -> InterviewTurn {
    let plan = InterviewStructure::default().phases;
    let is_question = |turn: &&Spoken| turn.speaker == Speaker::Interviewer;
    let asked = history.iter().filter(is_question).count() as u32;
    InterviewTurn {
        job_title: sent.job_title.clone().unwrap_or_else(|| practice.fields.sample_role_type.clone()),
        job_description: sent.job_description.clone().unwrap_or_default(),
        phase: PlanStep::phase_after(&plan, asked),
        plan,
        questions_asked: asked,
        competencies_covered: detected.iter().map(|&name| name.to_owned()).collect(),
        messages: history.iter().map(as_turn).collect(),
        ..InterviewTurn::default()
    }
}
