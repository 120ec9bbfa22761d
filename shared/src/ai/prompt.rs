//! What a prompt is, and how it becomes the two messages of a request.

use super::data::Data;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// A question put to a model. Its fields are what is asked about; its text is ours and stands in a `.md` file.
pub trait Prompt: Send + Sync {
    /// Shape of the answer; also the JSON schema the model must fill. `String` with [`Form::Text`].
    type Answer: DeserializeOwned + JsonSchema + Send;
    /// The purpose, as written to the register of AI calls.
    const NAME: &'static str;
    /// System message. A constant, so that a person's words cannot reach it.
    const TEXT: &'static str;
    const FORM: Form = Form::Json;
    const LANE: Lane = Lane::Conversation;

    /// What is asked about. Becomes one user message; see [`Data`] for why nothing can escape its fence.
    fn data(&self, data: &mut Data);

    fn parameters(&self) -> Parameters;

    /// What the schema cannot say. `Err` is a reason in our own words (no quoted data): the model is asked once more.
    fn check(&self, _answer: &Self::Answer) -> Result<(), String> {
        Ok(())
    }

    /// SHA-256 (hex) of the texts the model is instructed with.
    fn hash() -> String {
        let mut hash = Sha256::new();
        hash.update(Self::TEXT);
        hash.update(GUARD);
        hex(&hash.finalize())
    }

    /// First 12 hex digits of [`Prompt::hash`].
    fn version() -> String {
        Self::hash()[..12].to_owned()
    }
}

/// A prompt the offline engine can answer. What cannot be answered without a network cannot be asked at all.
pub trait Offline: Prompt {
    fn offline(&self) -> Self::Answer;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Structured; validated against the schema, serde and [`Prompt::check`].
    Json,
    /// Plain text, passed on as it comes.
    Text,
}

/// Which of the two configured models answers (spec 30 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Interviews, scoring, ranking.
    Conversation,
    /// Resumes: more of them, simpler.
    Resumes,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parameters {
    /// 0 to 2.
    pub temperature: f32,
    /// Upper bound of the answer.
    pub max_tokens: u32,
}

/// Appended to every system message; `{token}` is the fence's.
const GUARD: &str = include_str!("../prompts/guard.md");

/// The two messages of a request.
pub(super) struct Rendered {
    pub(super) system: String,
    pub(super) user: String,
}

impl Rendered {
    /// Behind a fresh fence, drawn again in the (2^-128) case that the data holds its token.
    pub(super) fn of<P: Prompt>(prompt: &P) -> Self {
        loop {
            let mut data = Data::fenced();
            prompt.data(&mut data);
            let (token, user, collided) = data.finish();
            if !collided {
                return Self { system: system::<P>(&token), user };
            }
        }
    }

    /// Behind a fixed fence: equal inputs give equal bytes. For hashes and snapshots.
    fn fixed<P: Prompt>(prompt: &P) -> Self {
        let mut data = Data::unfenced();
        prompt.data(&mut data);
        let (token, user, _) = data.finish();
        Self { system: system::<P>(&token), user }
    }
}

/// Hex SHA-256 of what is asked about. Does not depend on the fence's token.
pub(super) fn input_hash<P: Prompt>(prompt: &P) -> String {
    hex(&Sha256::digest(Rendered::fixed(prompt).user))
}

/// System and user message of a prompt behind a fixed fence, as one text: what snapshot tests and auditors look at.
pub fn preview<P: Prompt>(prompt: &P) -> String {
    let Rendered { system, user } = Rendered::fixed(prompt);
    format!("[system]\n{system}\n[user]\n{user}")
}

fn system<P: Prompt>(token: &str) -> String {
    format!("{}\n\n{}", P::TEXT.trim(), GUARD.trim().replace("{token}", token))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
