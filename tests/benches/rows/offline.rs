//! The work that needs no network: scoring a long interview, and the whole demonstration.

use crate::Programs;
use crate::support::Fallible;
use crate::support::server::{Folder, free_port};
use crate::support::table::{Row, Table, median, millis};
use serde::Deserialize;
use shared::ai::offline;
use shared::domain::requirements::Requirements;
use shared::domain::rubric::default_rubric;
use shared::domain::score::{ScoreSettings, assemble};
use shared::domain::transcript::{Speaker, Utterance};
use shared::prompts::ScoreInterview;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 21;
/// An hour at the 150 words a minute of a fluent speaker.
const HOUR_IN_WORDS: usize = 60 * 150;
const ANSWERS: &str = include_str!("../../../functions/all/samples/answers.json");

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Fallible<()> {
    let prompt = hour_of_interview()?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let before = own_cpu()?;
        let judgements = offline::score_interview(&prompt);
        let sheet = assemble(&prompt.rubric, &[judgements], &prompt.transcript, ScoreSettings::default())?;
        times.push(own_cpu()?.saturating_sub(before));
        if sheet.overall_score.is_none() {
            return Err("the transcript was not scored".into());
        }
    }
    let time = median(&mut times);
    table.add(Row {
        name: format!("score an hour's transcript ({} turns)", prompt.transcript.len()),
        measured: millis(time),
        yardstick: "-".into(),
        ratio: None,
        target: "≤ 10 ms of processor",
        met: time <= Duration::from_millis(10),
    });

    let mut walls = Vec::new();
    for run in 0..5 {
        let folder = Folder::new(&format!("demo-{run}"))?;
        let mut demo = Command::new(&programs.all);
        demo.args(["demo", "--exit"]).current_dir(folder.path()).stdout(Stdio::null());
        demo.env("PORT", free_port()?.to_string()).env("TALENTI_DATA", folder.path().join("data"));
        let started = Instant::now();
        if !demo.status()?.success() {
            return Err("the demonstration failed".into());
        }
        walls.push(started.elapsed());
    }
    let wall = median(&mut walls);
    table.add(Row {
        name: "job to scored report, offline (talenti demo --exit)".into(),
        measured: millis(wall),
        yardstick: "-".into(),
        ratio: None,
        target: "< 2 s",
        met: wall < Duration::from_secs(2),
    });
    Ok(())
}

#[derive(Deserialize)]
struct Sample {
    answer: String,
}

/// The sample answers over and over, each time about something else, so that no two sentences are the same.
fn hour_of_interview() -> Fallible<ScoreInterview> {
    let samples: Vec<Sample> = serde_json::from_str(ANSWERS)?;
    let mut transcript = Vec::new();
    let mut words = 0;
    let mut add = |speaker, content: String| {
        words += content.split_whitespace().count();
        transcript.push(Utterance { id: transcript.len().to_string(), speaker, content });
        words
    };
    for (round, sample) in (0..).flat_map(|round: u32| samples.iter().map(move |sample| (round, sample))) {
        add(Speaker::Interviewer, format!("Thank you. What else can you tell me about project {round}?"));
        let answer = sample.answer.replace(". ", &format!(" in project {round}. "));
        if add(Speaker::Candidate, answer) >= HOUR_IN_WORDS {
            break;
        }
    }
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Ok(ScoreInterview {
        job_title: "Senior Backend Engineer".into(),
        job_description: "You take a monolith apart while it keeps running, with a small team.".into(),
        requirements: Requirements {
            skills: texts(&["Rust", "Go", "PostgreSQL", "Kafka", "distributed systems", "observability"]),
            experience: texts(&["5 years of backend development"]),
            responsibilities: texts(&["design services", "review code", "be on call"]),
            ..Requirements::default()
        },
        company_values: texts(&["candour", "care"]),
        rubric: default_rubric(),
        transcript,
    })
}

/// Processor time of this thread.
fn own_cpu() -> Fallible<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(Duration::from_nanos(text.split(' ').next().ok_or("schedstat")?.parse()?))
}
