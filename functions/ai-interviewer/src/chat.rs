//! POST /interview/chat: one turn of the conversation (spec 20 §5, §9; 15).

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::docs::{At, Listing, Stored};
use shared::domain::chat_allowance::ChatAllowance;
use shared::domain::competency;
use shared::domain::interview::{Interview, InterviewId, InterviewStatus};
use shared::domain::person_link::PersonLink;
use shared::domain::practice_interview::PracticeInterviewId;
use shared::domain::transcript_segment::MAX_CONTENT;
use shared::http::{Caller, ContractBody};
use shared::prompts::{InterviewTurn, Turn, TurnRole};
use shared::{Code, Context, Error, Result};

use crate::answer::{ChatAnswer, ChatReply, CountedReply};
use crate::conversation::{Keeping, next_turn};
use crate::material::{ConversationContext, values_of};
use crate::practice::{self, Talk};
use crate::speaking::{NextTurn, Said, Speech, begin};

/// Characters of all messages together.
const MAX_ALL: usize = 100_000;

#[derive(Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub(crate) struct ChatRequest {
    /// Oldest first. Empty on the first turn: the answer is the greeting.
    #[serde(default)]
    #[garde(length(max = 200), dive, custom(not_too_much))]
    pub messages: Vec<Message>,
    /// Used when the conversation belongs to no stored interview.
    #[serde(default)]
    pub context: Option<ConversationContext>,
    /// JSON when left out, unless Accept names text/event-stream.
    #[serde(default)]
    pub stream: Option<bool>,
    /// An interview of the caller, or one of their practice interviews.
    #[serde(default)]
    pub interview_id: Option<InterviewId>,
    #[serde(default)]
    #[garde(length(chars, max = 255))]
    pub job_title: Option<String>,
    #[serde(default)]
    #[garde(length(chars, max = 50_000))]
    pub job_description: Option<String>,
    /// Names the newest message: the same one again is answered as before.
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub client_segment_id: Option<String>,
}

#[derive(Deserialize, JsonSchema, Validate)]
pub(crate) struct Message {
    #[garde(skip)]
    pub role: Role,
    #[garde(length(chars, max = MAX_CONTENT), custom(not_blank))]
    pub content: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Dropped: instructions come from the platform alone.
    System,
    User,
    Assistant,
}

fn not_too_much(messages: &[Message], _: &()) -> garde::Result {
    let all: usize = messages.iter().map(|message| message.content.chars().count()).sum();
    if all > MAX_ALL {
        return Err(garde::Error::new(format!("must have at most {MAX_ALL} characters in all")));
    }
    Ok(())
}

fn not_blank(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() { Err(garde::Error::new("must not be blank")) } else { Ok(()) }
}

impl ChatRequest {
    /// What was said, without system messages.
    pub(crate) fn turns(&self) -> impl DoubleEndedIterator<Item = (TurnRole, &str)> {
        self.messages.iter().filter_map(|message| match message.role {
            Role::System => None,
            Role::User => Some((TurnRole::User, message.content.as_str())),
            Role::Assistant => Some((TurnRole::Assistant, message.content.as_str())),
        })
    }

    fn turn_number(&self) -> usize {
        1 + self.turns().filter(|(role, _)| *role == TurnRole::Assistant).count()
    }

    /// From the sent context alone: for practice and preview.
    fn prompt(&self) -> InterviewTurn {
        let none = ConversationContext::default();
        let context = self.context.as_ref().unwrap_or(&none);
        let first =
            |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone()).unwrap_or_default();
        InterviewTurn {
            job_title: first(&self.job_title, &context.job_title),
            job_description: first(&self.job_description, &context.job_description),
            requirements: context.requirements.clone().unwrap_or_default(),
            company_values: values_of(&context.company_values),
            candidate_name: context.candidate_context.name.clone(),
            resume_summary: context.candidate_context.resume_summary.clone(),
            plan: shared::domain::job::InterviewStructure::default().phases,
            phase: context.interview_progress.current_phase,
            questions_asked: context.interview_progress.questions_asked,
            competencies_covered: context.interview_progress.competencies_covered.clone(),
            messages: self
                .turns()
                .map(|(role, content)| Turn { role, content: content.to_owned() })
                .collect(),
        }
    }
}

/// What the conversation belongs to.
enum Subject {
    Interview(At, Box<Stored<Interview>>),
    Practice(At, Box<Talk>),
    Nothing,
}

impl Subject {
    /// Turns without an interview count together.
    fn id(&self) -> String {
        match self {
            Self::Interview(_, interview) => interview.id.to_string(),
            Self::Practice(_, talk) => talk.practice.id.to_string(),
            Self::Nothing => String::new(),
        }
    }
}

pub(crate) async fn chat(
    State(ctx): State<Context>,
    caller: Caller,
    headers: HeaderMap,
    ContractBody(sent): ContractBody<ChatRequest>,
) -> Result<CountedReply> {
    let subject = subject(&ctx, &caller, &sent).await?;
    let standing = ctx.sign_in().count_turn(&ctx, &caller.user_id, &subject.id())?;
    let (speech, detected) = match subject {
        Subject::Interview(at, interview) => next_turn(&ctx, at, *interview, &sent).await?,
        Subject::Practice(at, talk) => practice::next_turn(&ctx, at, *talk, &sent).await?,
        Subject::Nothing => unstored(&ctx, &caller, &sent).await?,
    };
    let detected = detected.into_iter().map(str::to_owned).collect();
    let reply = reply(speech, wants_events(&sent, &headers), detected, sent.turn_number()).await?;
    Ok(CountedReply { reply, standing })
}

async fn subject(ctx: &Context, caller: &Caller, sent: &ChatRequest) -> Result<Subject> {
    if let Some(id) = sent.interview_id {
        if let Some((at, interview)) = ctx.own_interview(caller, id).await? {
            return Ok(Subject::Interview(at, Box::new(interview)));
        }
        let person = caller.person();
        let practice: PracticeInterviewId = id.cast();
        let talk = practice::talk(ctx, &person, practice).await.map_err(|error| match error.code() {
            Code::NotFound => Error::not_found("interview"),
            _ => error,
        })?;
        return Ok(Subject::Practice(person, Box::new(talk)));
    }
    let application =
        sent.context.as_ref().and_then(|context| context.candidate_context.application_id.as_deref());
    match application {
        Some(application) => running_interview(ctx, caller, application).await,
        None => Ok(Subject::Nothing),
    }
}

/// The caller's interview in progress for this application of theirs.
async fn running_interview(ctx: &Context, caller: &Caller, application: &str) -> Result<Subject> {
    let person = caller.person();
    let Some(link) = ctx.docs::<PersonLink>(&person).find_in(&caller.user_id, application).await? else {
        return Ok(Subject::Nothing);
    };
    let at = caller.within(link.tenant());
    let running = Listing::newest()
        .eq("application_id", link.application_id)
        .eq("status", InterviewStatus::InProgress)
        .page(5, None);
    for interview in ctx.docs::<Interview>(&at).list(running).await?.items {
        if let Some((at, interview)) = ctx.own_interview(caller, interview.id).await? {
            return Ok(Subject::Interview(at, Box::new(interview)));
        }
    }
    Ok(Subject::Nothing)
}

/// For practice and preview: nothing is kept, and there are only so many turns an hour.
async fn unstored(ctx: &Context, caller: &Caller, sent: &ChatRequest) -> Result<(Speech, Vec<&'static str>)> {
    let at = caller.person();
    take_allowance(ctx, caller, &at).await?;
    let detected = competency::detect(sent.turns().map(|(_, content)| content));
    let turn = NextTurn { prompt: sent.prompt(), at, keeping: Keeping::Nothing };
    Ok((begin(ctx, turn).heard(), detected))
}

async fn take_allowance(ctx: &Context, caller: &Caller, at: &At) -> Result<()> {
    if !ctx.config().limits.enabled {
        return Ok(());
    }
    let user = caller.user_id.parse().map_err(Error::internal)?;
    let docs = ctx.docs::<ChatAllowance>(at);
    if docs.find(user).await?.is_none() {
        match docs.create(ChatAllowance::new(user, ctx.now())).await {
            Ok(_) => {}
            // Another request made it.
            Err(error) if error.code() == Code::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    docs.update(user, user, None, |allowance, work| allowance.take(work.now())).await.map(drop)
}

fn wants_events(sent: &ChatRequest, headers: &HeaderMap) -> bool {
    let accepts = || {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        accept.to_ascii_lowercase().contains("text/event-stream")
    };
    sent.stream.unwrap_or_else(accepts)
}

/// What fails before the first piece is answered with its status.
async fn reply(
    mut speech: Speech,
    events: bool,
    detected_competencies: Vec<String>,
    turn_number: usize,
) -> Result<ChatReply> {
    let first = speech.recv().await.unwrap_or_else(Said::cut_off);
    if events {
        return match first {
            Said::Failed(error) => Err(error),
            first => Ok(ChatReply::Live { first, rest: speech }),
        };
    }
    let mut message = String::new();
    let mut next = first;
    loop {
        match next {
            Said::Piece(piece) => message.push_str(&piece),
            Said::Done => {
                return Ok(ChatReply::Whole(ChatAnswer { message, detected_competencies, turn_number }));
            }
            Said::Failed(error) => return Err(error),
        }
        next = speech.recv().await.unwrap_or_else(Said::cut_off);
    }
}
