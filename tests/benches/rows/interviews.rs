//! Five hundred interviews at once on one core, with a model that takes a second for every turn.

use super::{platform, with_model};
use crate::Programs;
use crate::support::Fallible;
use crate::support::load;
use crate::support::model::{self, Script};
use crate::support::people::Person;
use crate::support::server::{Folder, free_port};
use crate::support::table::{Row, Table, micros};
use crate::support::wire::Wire;
use serde_json::json;
use std::time::Duration;

const INTERVIEWS: usize = 500;
const TURNS: u32 = 9;
const SCRIPT: Script = Script { think: Duration::from_secs(1), pieces: 60, pace: Duration::ZERO };
/// Turns that end between these are counted: all interviews are running.
const COUNTED: std::ops::Range<Duration> = Duration::from_secs(3)..Duration::from_secs(8);

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Fallible<()> {
    let data = Folder::new("interviews")?;
    let (port, model) = (free_port()?, model::start(SCRIPT)?);
    let server = with_model(platform(&programs.all, &data, port), model).serve(port)?;
    let mut wire = Wire::connect(port)?;
    let people = Person::many(&mut wire, 0, INTERVIEWS)?;
    let mut threads = Vec::new();
    let interviews = people.iter().map(|person| person.practise(&mut wire)).collect::<Fallible<Vec<_>>>()?;
    let before = server.cpu()?;
    // After all connections are open.
    let begin = model::now() + Duration::from_millis(500);
    for ((person, id), number) in people.iter().zip(interviews).zip(0..) {
        let turns: Vec<_> = (0..TURNS)
            .map(|turn| {
                let words = format!("In week {turn} I led the repair of a pressure vessel for our customer.");
                let body = json!({ "interview_id": id, "messages": [{ "role": "user", "content": words }] });
                person.asks("POST", "/interview/chat", Some(&body))
            })
            .collect();
        let mut wire = Wire::connect(port)?;
        // Spread over the first second, as people are.
        let start = begin + Duration::from_secs(1) * number / INTERVIEWS as u32;
        threads.push(load::spawn(move || -> Fallible<Vec<Duration>> {
            std::thread::sleep(start.saturating_sub(model::now()));
            turns.iter().map(|turn| wire.send(turn)?.json().map(|_| model::now() - begin)).collect()
        })?);
    }
    let mut ended = Vec::new();
    for thread in threads {
        ended.extend(thread.join().map_err(|_| "a client panicked")??);
    }
    let cpu = server.cpu()?.since(before) / u32::try_from(ended.len())?;
    let counted = ended.iter().filter(|end| COUNTED.contains(*end)).count();
    let rate = counted as f64 / (COUNTED.end - COUNTED.start).as_secs_f64();
    table.add(Row {
        name: format!("{INTERVIEWS} interviews, model of 1 s ({} a turn)", micros(cpu)),
        measured: format!("{rate:.0} turns/s"),
        yardstick: format!("{INTERVIEWS} turns/s"),
        ratio: Some(rate / INTERVIEWS as f64),
        target: "≥ 490 turns/s",
        met: rate >= 490.0,
    });
    Ok(())
}
