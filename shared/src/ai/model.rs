//! The handle everything asks through.

use super::{
    client::{Client, Reply},
    error::{AiError, Kind, Trouble},
    prompt::{Form, Lane, Offline, Parameters, Prompt, Rendered},
    record::{Answer, CallRecord, Outcome},
    schema,
    settings::{AiSettings, SettingsError},
    stream::TextStream,
    wire::{Question, Said},
};
use crate::azure::TokenSource;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

/// As recorded for answers of the offline engine.
const OFFLINE_MODEL: &str = concat!("offline-", env!("CARGO_PKG_VERSION"));
/// Why an answer is none when the model reached its bound: the model is told, and the log.
const CUT: &str = "it was longer than allowed and cut off; use fewer words";
/// How long readiness waits for its five tokens.
const PROBE: Duration = Duration::from_secs(5);

/// A model to ask: Azure OpenAI, any OpenAI-compatible address, or the offline engine. Cheap to clone.
#[derive(Clone)]
pub struct Model {
    shared: Arc<Shared>,
    /// All attempts of one question together.
    budget: Duration,
}

struct Shared {
    settings: AiSettings,
    /// `None`: offline.
    client: Option<Client>,
}

impl Model {
    /// # Errors
    /// What [`AiSettings::check`] refuses.
    pub fn from_settings(settings: AiSettings) -> Result<Self, SettingsError> {
        Self::with_tokens(settings, None)
    }

    /// As [`Model::from_settings`]; without a key in the settings, `tokens` are sent as bearer tokens.
    pub fn with_tokens(
        settings: AiSettings,
        tokens: Option<Arc<dyn TokenSource>>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let client = Client::new(&settings, tokens)?;
        let budget = settings.timeouts.interactive;
        Ok(Self { shared: Arc::new(Shared { settings, client }), budget })
    }

    /// The same model for work nobody waits for: may take minutes instead of seconds.
    pub fn patient(&self) -> Self {
        Self { shared: self.shared.clone(), budget: self.shared.settings.timeouts.background }
    }

    /// How long one question may take, all attempts together.
    pub fn budget(&self) -> Duration {
        self.budget
    }

    /// The same model with less time: for what is left of a budget.
    pub fn within(&self, budget: Duration) -> Self {
        Self { shared: self.shared.clone(), budget: self.budget.min(budget) }
    }

    pub fn is_offline(&self) -> bool {
        self.shared.client.is_none()
    }

    /// For the start-up banner.
    pub fn describe(&self) -> String {
        let settings = &self.shared.settings;
        match &self.shared.client {
            None => format!("{OFFLINE_MODEL} (no model is called)"),
            Some(client) => format!(
                "{} at {} ({}, {})",
                client.provider(),
                client.address.host(),
                settings.conversation_model,
                settings.resume_model
            ),
        }
    }

    /// How many judgements make one score (spec 25 §2).
    pub fn scoring_samples(&self) -> u8 {
        let default = if self.is_offline() { 1 } else { 3 };
        self.shared.settings.scoring_samples.map_or(default, std::num::NonZeroU8::get)
    }

    /// Asks and waits for the whole answer. An answer of the wrong form is asked for once more.
    pub async fn ask<P: Offline>(&self, prompt: &P) -> Result<Answer<P::Answer>, AiError> {
        let started = Instant::now();
        let mut call = self.open(prompt);
        let Some(client) = &self.shared.client else {
            let value = prompt.offline();
            call.outcome = Outcome::Ok;
            call.duration_ms = millis(started);
            return Ok(Answer { value, call });
        };
        let outcome = self.ask_twice(client, prompt, &mut call, started + self.budget).await;
        call.duration_ms = millis(started);
        match outcome {
            Ok(value) => {
                call.outcome = Outcome::Ok;
                Ok(Answer { value, call })
            }
            Err(trouble) => Err(told(trouble, call)),
        }
    }

    /// Asks for text and hands it over as it comes. Returns with the first piece at hand, so that failures before it can
    /// still be answered as such.
    pub async fn stream<P: Offline<Answer = String>>(&self, prompt: &P) -> Result<TextStream, AiError> {
        let started = Instant::now();
        let Some(client) = &self.shared.client else {
            return Ok(TextStream::ready(word_groups(&prompt.offline()), self.open(prompt), started));
        };
        let question = self.question(prompt);
        let chars_in = question.chars();
        let asking = client.ask(&question, P::LANE, true, started + self.budget);
        // Its hashes are made while the question is on its way.
        let opening = async {
            tokio::task::yield_now().await;
            self.open(prompt)
        };
        let (asked, mut call) = tokio::join!(asking, opening);
        match asked {
            Ok(Reply::Streaming { first, decoder }) => {
                Ok(TextStream::live(first, decoder, call, started, chars_in))
            }
            // An address that cannot stream answers whole.
            Ok(Reply::Whole(said)) => {
                note(&mut call, &said, chars_in);
                call.duration_ms = millis(started);
                match usable(said) {
                    Ok(text) => Ok(TextStream::ready(VecDeque::from([text]), call, started)),
                    Err(trouble) => Err(told(trouble, call)),
                }
            }
            Err(trouble) => {
                call.duration_ms = millis(started);
                Err(told(trouble, call))
            }
        }
    }

    /// Asks for five tokens, and whether the answer came from an allowed region. For readiness; keep its answer for a while, it costs money.
    pub async fn probe(&self) -> Result<(), String> {
        let Some(client) = &self.shared.client else { return Ok(()) };
        let question = Question {
            model: self.shared.settings.conversation_model.clone(),
            system: "Answer with the word ready.".into(),
            user: "Ready?".into(),
            schema: None,
            parameters: Parameters { temperature: 0.0, max_tokens: 5 },
            reminder: None,
        };
        match client.ask(&question, Lane::Conversation, false, Instant::now() + PROBE).await {
            Err(trouble) => Err(trouble.cause),
            Ok(_) => match client.stray_region() {
                Some(region) => Err(format!("answers come from {region}, which is not an allowed region")),
                None => Ok(()),
            },
        }
    }

    async fn ask_twice<P: Prompt>(
        &self,
        client: &Client,
        prompt: &P,
        call: &mut CallRecord,
        deadline: Instant,
    ) -> Result<P::Answer, Trouble> {
        let mut question = self.question(prompt);
        let mut asked_again = false;
        loop {
            let reply = client.ask(&question, P::LANE, false, deadline).await?;
            let said = reply
                .whole()
                .ok_or_else(|| Trouble::new(Kind::Upstream, "a stream where none was asked for"))?;
            note(call, &said, question.chars());
            let is_cut = said.finish.as_deref() == Some("length");
            let text = match usable(said) {
                Err(trouble) if trouble.kind != Kind::Invalid => return Err(trouble),
                usable => usable,
            };
            let answer = text
                .map_err(|trouble| trouble.cause)
                .and_then(|text| read::<P::Answer>(P::FORM, text))
                .map_err(|reason| if is_cut { CUT.to_owned() } else { reason });
            match answer.and_then(|answer| prompt.check(&answer).map(|()| answer)) {
                Ok(answer) => return Ok(answer),
                Err(reason) if asked_again => return Err(Trouble::new(Kind::Invalid, reason)),
                Err(reason) => {
                    tracing::info!(purpose = P::NAME, reason, "wrong form; asking once more");
                    asked_again = true;
                    question.reminder = Some(reason);
                }
            }
        }
    }

    fn open<P: Prompt>(&self, prompt: &P) -> CallRecord {
        match &self.shared.client {
            None => CallRecord::open(prompt, "offline", OFFLINE_MODEL),
            Some(client) => CallRecord::open(prompt, client.provider(), self.model_name(P::LANE)),
        }
    }

    fn question<P: Prompt>(&self, prompt: &P) -> Question {
        let Rendered { system, user } = Rendered::of(prompt);
        Question {
            model: self.model_name(P::LANE).to_owned(),
            system,
            user,
            schema: (P::FORM == Form::Json).then(|| (P::NAME, schema::strict::<P::Answer>())),
            parameters: prompt.parameters(),
            reminder: None,
        }
    }

    /// As the records of calls name it.
    pub fn model_name(&self, lane: Lane) -> &str {
        match lane {
            Lane::Conversation => &self.shared.settings.conversation_model,
            Lane::Resumes => &self.shared.settings.resume_model,
        }
    }
}

/// Failures are logged once, here, with causes that hold nobody's words.
fn told(trouble: Trouble, call: CallRecord) -> AiError {
    let error = trouble.into_error(call);
    let call = error.call();
    tracing::warn!(
        purpose = call.purpose,
        model = call.model,
        outcome = ?call.outcome,
        duration_ms = call.duration_ms,
        cause = error.cause(),
        "the model gave no answer"
    );
    error
}

/// Takes over what an answer says about itself.
fn note(call: &mut CallRecord, said: &Said, chars_in: usize) {
    if let Some(model) = &said.model {
        call.model.clone_from(model);
    }
    call.count(said.usage, chars_in, said.text.as_deref().map_or(0, str::len));
}

fn usable(said: Said) -> Result<String, Trouble> {
    if said.finish.as_deref() == Some("content_filter") {
        return Err(Trouble::new(Kind::Filtered, "content filter stopped the answer"));
    }
    if said.refused {
        return Err(Trouble::new(Kind::Filtered, "the model refused"));
    }
    match said.text {
        Some(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(Trouble::new(Kind::Invalid, "the answer is empty")),
    }
}

/// `Err` says where the form is wrong without repeating what stands there.
fn read<A: DeserializeOwned>(form: Form, text: String) -> Result<A, String> {
    match form {
        Form::Text => {
            serde_json::from_value(Value::String(text)).map_err(|_| "the answer is no text".to_owned())
        }
        Form::Json => {
            let mut json = serde_json::Deserializer::from_str(unfenced(&text));
            let answer = serde_path_to_error::deserialize(&mut json).map_err(|error| {
                format!("{:?} error at `{}`", error.inner().classify(), error.path()).to_lowercase()
            })?;
            json.end().map_err(|_| "text after the JSON object".to_owned())?;
            Ok(answer)
        }
    }
}

/// Models that are not held to a form like to set JSON into a Markdown code block.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("```json")
        .or_else(|| text.strip_prefix("```"))
        .and_then(|inner| inner.strip_suffix("```"))
        .map_or(text, str::trim)
}

/// Three words at a time, every character kept.
fn word_groups(text: &str) -> VecDeque<String> {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    words.chunks(3).map(<[&str]>::concat).collect()
}

fn millis(started: Instant) -> u64 {
    started.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn word_groups_lose_nothing(text in "(\\PC|[ \n]){0,80}") {
            let joined: String = word_groups(&text).into_iter().collect();
            prop_assert_eq!(joined, text);
        }
    }

    #[test]
    fn json_in_a_code_block_is_read_and_reasons_repeat_nothing() {
        let read_list = |text: &str| read::<Vec<u8>>(Form::Json, text.into());
        assert_eq!(read_list("```json\n[1, 2]\n```"), Ok(vec![1, 2]));
        assert_eq!(read_list("[1] and more"), Err("text after the JSON object".into()));
        let reason = read_list(r#"[1, "Jane Doe"]"#).expect_err("no number");
        assert_eq!(reason, "data error at `[1]`");
    }
}
