//! The AI interview: chat, start, end, transcript, report; practice interviews.

mod answer;
mod chat;
mod conversation;
mod correction;
mod disclosure;
mod interview;
mod life;
mod material;
mod practice;
mod report;
mod report_page;
mod speaking;
mod transcript;

use shared::auth::{Action, Resource};
use shared::function::{Access, Function, get, post};
use shared::http::RateClass;

/// Bodies of the conversation: 100 000 characters of messages, and the job's text beside them.
const CHAT_BYTES: usize = 1024 * 1024;
/// 100 turns of 8000 characters.
const TRANSCRIPT_BYTES: usize = 4 * 1024 * 1024;

const RUN: Access = Access::CanOrSubject(Resource::Interview, Action::Execute);
const READ: Access = Access::CanOrSubject(Resource::Interview, Action::Read);

/// The declaration.
pub fn function() -> Function {
    Function::new(
        "ai-interviewer",
        "The AI interview: chat, start, end, transcript, report; practice interviews.",
    )
    .serve([
        post("/interview/chat", Access::SignedIn, "The interviewer's next turn", chat::chat)
            .contract()
            .rate(RateClass::Chat)
            .body_limit(CHAT_BYTES),
        post("/interview/start", RUN, "Start an interview", life::start).contract(),
        post("/interview/end", RUN, "End an interview and queue its scoring", life::end).contract(),
        get("/interview/{interview_id}/transcript", READ, "Read the transcript", transcript::read).contract(),
        post(
            "/interview/{interview_id}/transcript",
            Access::SignedIn,
            "Add turns to the transcript",
            transcript::add,
        )
        .contract()
        .body_limit(TRANSCRIPT_BYTES),
        post(
            "/interview/{interview_id}/transcript/corrections",
            Access::SignedIn,
            "Propose a correction of the transcript",
            correction::propose,
        ),
        get(
            "/interview/{interview_id}/transcript/corrections",
            READ,
            "List the corrections of a transcript",
            correction::list,
        ),
        post(
            "/interview/{interview_id}/transcript/corrections/{correction_id}/decide",
            Access::Can(Resource::Interview, Action::Update),
            "Accept or decline a correction",
            correction::decide,
        ),
        get(
            "/interview/{interview_id}/disclosure",
            READ,
            "What the AI does in this interview",
            disclosure::read,
        ),
        post(
            "/interview/{interview_id}/disclosure/acknowledge",
            Access::SignedIn,
            "Acknowledge the disclosure",
            disclosure::acknowledge,
        ),
        get("/interviews", READ, "List interviews; candidates see their own", interview::list),
        get("/interviews/{id}", READ, "Read an interview", interview::read),
        post(
            "/interviews/{id}/signals",
            Access::SignedIn,
            "Note what the browser saw",
            interview::note_signals,
        ),
        get(
            "/interviews/{id}/report",
            Access::Can(Resource::Score, Action::Read),
            "The report of an interview, as JSON or as a page",
            report::read,
        ),
        post("/practice-interviews", Access::SignedIn, "Begin to practise", practice::create),
        get("/practice-interviews", Access::SignedIn, "List my practice interviews", practice::list),
        get("/practice-interviews/{id}", Access::SignedIn, "Read a practice interview", practice::read),
        post(
            "/practice-interviews/{id}/start",
            Access::SignedIn,
            "Start a practice interview",
            practice::start,
        ),
        post(
            "/practice-interviews/{id}/end",
            Access::SignedIn,
            "End a practice interview, with feedback",
            practice::end,
        )
        .rate(RateClass::Ai)
        .body_limit(CHAT_BYTES),
    ])
}
