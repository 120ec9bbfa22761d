//! The interviewer's words as a stream: what passing them on adds.

use super::{by_hand, platform, with_model};
use crate::Programs;
use crate::support::Fallible;
use crate::support::load;
use crate::support::model::{self, Script};
use crate::support::people::Person;
use crate::support::server::{Folder, Server, free_port};
use crate::support::table::{Row, Table, micros, millis, percentile, ratio};
use crate::support::wire::{Wire, request};
use serde_json::json;
use std::time::Duration;

/// Streams open at once.
const STREAMS: usize = 50;
const ROUNDS: usize = 4;
/// A turn of some hundred words, as fast as hosted models speak.
const SCRIPT: Script =
    Script { think: Duration::from_millis(300), pieces: 120, pace: Duration::from_millis(15) };
const TURN: Duration = Duration::from_millis(300 + 120 * 15);

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Fallible<()> {
    let (data, hand_data) = (Folder::new("streams")?, Folder::new("streams-by-hand")?);
    let (port, model) = (free_port()?, model::start(SCRIPT)?);
    let ours = with_model(platform(&programs.all, &data, port), model).serve(port)?;
    let hand = by_hand(&programs.by_hand, &hand_data, model)?;
    let mut wire = Wire::connect(port)?;
    let people = Person::many(&mut wire, 0, STREAMS)?;
    let interviews = people.iter().map(|person| person.practise(&mut wire)).collect::<Fallible<Vec<_>>>()?;
    let token = String::from_utf8(Wire::connect(hand.port)?.get("/token/somebody/somewhere")?.body)?;

    let question =
        json!({ "model": "scripted", "stream": true, "messages": [{ "role": "user", "content": said(0) }] });
    let plain = |path| vec![request("POST", path, None, "10.0.0.1", Some(&question)); STREAMS];
    let (mut mine, mut theirs) = (Heard::default(), Heard::default());
    let (mut direct, mut bare) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let asked = people.iter().zip(&interviews).map(|(person, id)| {
            let messages = [json!({ "role": "user", "content": said(round) })];
            let body = json!({ "interview_id": id, "messages": messages, "stream": true });
            person.asks("POST", "/interview/chat", Some(&body))
        });
        let ours = Heard::from(&ours, asked.collect())?;
        let asked = interviews.iter().map(|id| {
            let messages = [json!({ "role": "user", "content": said(round) })];
            let body = json!({ "interview_id": id, "messages": messages });
            request("POST", "/chat", Some(&token), "10.0.0.1", Some(&body))
        });
        let passed_on = listen(hand.port, plain("/relay"))?;
        let hand = Heard::from(&hand, asked.collect())?;
        let alone = listen(model, plain("/v1/chat/completions"))?;
        // The first round opens connections to the model.
        if round > 0 {
            mine.add(ours);
            theirs.add(hand);
            bare.extend(passed_on);
            direct.extend(alone);
        }
    }
    for (name, share, most, target) in [
        ("p50", 0.5, Duration::from_micros(300), "≤ 0.3 ms"),
        ("p99", 0.99, Duration::from_millis(2), "≤ 2 ms"),
    ] {
        // What the way to the model and back takes without anybody between.
        let way = percentile(&mut direct, share);
        let added = percentile(&mut mine.waits, share).saturating_sub(way);
        let stick = percentile(&mut theirs.waits, share).saturating_sub(way);
        let least = percentile(&mut bare, share).saturating_sub(way);
        table.add(Row {
            name: format!("first words of {STREAMS} streams, added {name} (a bare relay {})", millis(least)),
            measured: millis(added),
            yardstick: millis(stick),
            ratio: Some(ratio(added, stick)),
            target,
            met: added <= most,
        });
    }
    let (ours, hand) = (mine.cpu_each(), theirs.cpu_each());
    table.add(Row {
        name: format!("a stream of {} pieces, processor", SCRIPT.pieces),
        measured: micros(ours),
        yardstick: micros(hand),
        ratio: Some(ratio(ours, hand)),
        target: "≤ 1.5x by hand",
        met: ratio(ours, hand) <= 1.5,
    });
    Ok(())
}

fn said(round: usize) -> String {
    format!("In week {round} I led the repair of a pressure vessel and we finished two days early.")
}

#[derive(Default)]
struct Heard {
    /// From the question to the first words, less what the model took.
    waits: Vec<Duration>,
    cpu: Duration,
}

impl Heard {
    fn from(server: &Server, requests: Vec<Vec<u8>>) -> Fallible<Self> {
        let before = server.cpu()?;
        let waits = listen(server.port, requests)?;
        Ok(Self { waits, cpu: server.cpu()?.since(before) })
    }
    fn add(&mut self, other: Heard) {
        self.waits.extend(other.waits);
        self.cpu += other.cpu;
    }
    fn cpu_each(&self) -> Duration {
        self.cpu / u32::try_from(self.waits.len().max(1)).unwrap_or(u32::MAX)
    }
}

/// Opens the streams one after the other over the length of one, so that all are open at once when the last one begins.
fn listen(port: u16, requests: Vec<Vec<u8>>) -> Fallible<Vec<Duration>> {
    let gap = TURN / u32::try_from(requests.len())? * 9 / 10;
    let mut threads = Vec::new();
    for (request, number) in requests.into_iter().zip(0..) {
        let mut wire = Wire::connect(port)?;
        threads.push(load::spawn(move || {
            std::thread::sleep(gap * number);
            first_words(&mut wire, &request)
        })?);
    }
    threads.into_iter().map(|thread| thread.join().map_err(|_| "a client panicked")?).collect()
}

fn first_words(wire: &mut Wire, request: &[u8]) -> Fallible<Duration> {
    let asked = model::now();
    let (mut answer, mut first) = (String::new(), None);
    let status = wire.stream(request, |piece| {
        answer.push_str(&String::from_utf8_lossy(piece));
        if first.is_none() {
            let arrived = model::now();
            first = model::times(&answer).map(|(heard, begun)| {
                arrived.saturating_sub(asked).saturating_sub(begun.saturating_sub(heard))
            });
        }
    })?;
    if status != 200 || !answer.trim_end().ends_with("data: [DONE]") {
        return Err(format!("status {status}: {answer}").into());
    }
    first.ok_or_else(|| format!("no times in {answer}").into())
}
