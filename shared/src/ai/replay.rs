//! The model handle against a small server that plays recorded and made-up answers.

mod answers;
mod failures;
mod recordings;
pub(crate) mod server;

use super::{AiSettings, Data, Form, Model, Offline, Parameters, Prompt, Timeouts};
use schemars::JsonSchema;
use serde::Deserialize;
use server::Server;
use std::time::Duration;

/// A structured question with one number in its answer.
struct Rate(&'static str);

#[derive(Deserialize, JsonSchema, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Rating {
    rating: i32,
    joke: String,
}

impl Prompt for Rate {
    type Answer = Rating;
    const NAME: &'static str = "rate";
    const TEXT: &'static str = "Rate it.";

    fn data(&self, data: &mut Data) {
        data.quote("thing", self.0);
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.2, max_tokens: 100 }
    }

    fn check(&self, answer: &Rating) -> Result<(), String> {
        if answer.rating > 10 { Err("rating must be at most 10".into()) } else { Ok(()) }
    }
}

impl Offline for Rate {
    fn offline(&self) -> Rating {
        Rating { rating: 7, joke: self.0.into() }
    }
}

/// A question answered in plain words.
struct Talk(&'static str);

impl Prompt for Talk {
    type Answer = String;
    const NAME: &'static str = "talk";
    const TEXT: &'static str = "Talk.";
    const FORM: Form = Form::Text;

    fn data(&self, data: &mut Data) {
        data.quote("said", self.0);
    }

    fn parameters(&self) -> Parameters {
        Parameters { temperature: 0.7, max_tokens: 800 }
    }
}

impl Offline for Talk {
    fn offline(&self) -> String {
        format!("You said: {}. Tell me more about it, please.", self.0)
    }
}

/// As in production, some ten times faster. Far enough apart to hold on a busy machine.
fn quick() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(2),
        first_byte: Duration::from_millis(1000),
        idle: Duration::from_millis(600),
        interactive: Duration::from_millis(2500),
        background: Duration::from_secs(20),
        retry_base: Duration::from_millis(10),
        circuit_failures: 5,
        circuit_pause: Duration::from_millis(800),
    }
}

fn compatible(server: &Server) -> Model {
    compatible_with(server, quick())
}

fn compatible_with(server: &Server, timeouts: Timeouts) -> Model {
    let settings = AiSettings {
        base_url: Some(format!("{}/v1", server.address).parse().expect("a URL")),
        api_key: Some(super::Secret::new("sk-test")),
        timeouts,
        ..AiSettings::default()
    };
    Model::from_settings(settings).expect("loopback is allowed")
}

fn azure(server: &Server) -> Model {
    let settings = AiSettings {
        endpoint: Some(server.address.parse().expect("a URL")),
        api_version: "2024-10-21".into(),
        api_key: Some(super::Secret::new("azure-key")),
        timeouts: quick(),
        ..AiSettings::default()
    };
    Model::from_settings(settings).expect("loopback is allowed")
}
