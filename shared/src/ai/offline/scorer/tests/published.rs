//! Runs over published data: judge tests and attack texts.

use super::*;
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// The published data set the checkout may lie beside; tests that use it say so when it is absent.
fn data(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    let nearer = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(path);
    let found = [found, nearer].into_iter().find(|path| path.exists());
    if found.is_none() {
        println!("skipped: no {path} beside this checkout");
    }
    found
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn rubric_from(value: &Value) -> Vec<Dimension> {
    let levels = |levels: &Value| {
        ["low", "medium", "high"].iter().map(|l| levels[l].as_str().unwrap().to_owned()).collect()
    };
    value
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, anchors)| Dimension {
            name: name.clone(),
            description: String::new(),
            weight: 1.0,
            anchors: levels(anchors),
        })
        .collect()
}

/// Judge tests of "Beyond the Resume" (MIT): a turn is added to a real interview, and the belief in a level of one
/// dimension should move up, down or not at all. We have a score where they have a belief: high up and low down mean a
/// higher score, high down and medium down a lower one, low up no higher one.
#[test]
fn judge_tests_move_as_expected() {
    let Some(folder) = data("interviews") else { return };
    let mut outcome: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut levels: BTreeMap<(String, &str), f64> = BTreeMap::new();
    for kind in [
        "aggrandising",
        "irrelevance",
        "repetition",
        "high-evidence",
        "medium-evidence",
        "low-evidence",
        "high-evidence-debase",
        "medium-evidence-debase",
        "low-evidence-debase",
    ] {
        let tests = json(folder.join(format!("judge-tests/{kind}.json")));
        for (key, test) in tests["tests"].as_object().unwrap() {
            let field = key.split('_').next().unwrap();
            let rubric = rubric_from(&json(folder.join(format!("rubrics/{field}.json"))));
            let read = |path: &str| json(folder.join(path));
            let mut turns: Vec<Utterance> = read(&format!("transcripts/{key}.json"))
                .as_array()
                .unwrap()
                .iter()
                .enumerate()
                .map(|(id, turn)| {
                    let speaker =
                        if turn["role"] == "applicant" { Speaker::Candidate } else { Speaker::Interviewer };
                    utterance(id, speaker, turn["message"].as_str().unwrap())
                })
                .collect();
            let add = |turns: &mut Vec<Utterance>, test: &Value| {
                for (speaker, field) in
                    [(Speaker::Interviewer, "interviewer_turn"), (Speaker::Candidate, "applicant_turn")]
                {
                    turns.push(utterance(turns.len(), speaker, test[field].as_str().unwrap()));
                }
            };
            if let Some(evidence) = kind.strip_suffix("-debase") {
                add(&mut turns, &read(&format!("judge-tests/{evidence}.json"))["tests"][key]);
            }
            let judge = |transcript: &[Utterance]| {
                let prompt = ScoreInterview {
                    job_title: String::new(),
                    job_description: String::new(),
                    requirements: Requirements::default(),
                    company_values: vec![],
                    rubric: rubric.clone(),
                    transcript: transcript.to_vec(),
                };
                scores_of(&prompt)
            };
            let before = judge(&turns);
            add(&mut turns, test);
            let after = judge(&turns);
            let update = &test["belief_update"];
            let agrees = if update.is_null() {
                most_moved(&before, &after) <= if kind == "repetition" { 5.0 } else { 1.0 }
            } else {
                let at = rubric.iter().position(|d| d.name == update["dimension"].as_str().unwrap()).unwrap();
                if let Some(level) =
                    ["high", "medium", "low"].into_iter().find(|level| kind == format!("{level}-evidence"))
                {
                    levels.insert((key.clone(), level), after[at]);
                }
                match (update["level"].as_str().unwrap(), update["direction"].as_str().unwrap()) {
                    ("high", "up") | ("low", "down") => after[at] > before[at],
                    ("high" | "medium", "down") => after[at] < before[at],
                    ("low", "up") => after[at] <= before[at] + 5.0,
                    ("medium", "up") => after[at] >= before[at] && after[at] < 85.0,
                    other => panic!("{other:?}"),
                }
            };
            let entry = outcome.entry(kind.to_owned()).or_default();
            entry.1 += 1;
            entry.0 += u32::from(agrees);
            if !agrees {
                println!("  {kind} {key} {}: {before:?} -> {after:?}", update["dimension"]);
            }
        }
    }
    let keys: Vec<_> =
        levels.keys().filter(|(_, level)| *level == "high").map(|(key, _)| key.clone()).collect();
    let ordered = |upper, lower| {
        keys.iter().filter(|key| levels[&((*key).clone(), upper)] > levels[&((*key).clone(), lower)]).count()
    };
    let (high_low, high_medium, medium_low) =
        (ordered("high", "low"), ordered("high", "medium"), ordered("medium", "low"));
    println!("{outcome:#?}");
    println!(
        "of {}: high above low {high_low}, high above medium {high_medium}, medium above low {medium_low}",
        keys.len()
    );
    let agreed: u32 = outcome.values().map(|(agreed, _)| agreed).sum();
    let all: u32 = outcome.values().map(|(_, all)| all).sum();
    println!("{agreed} of {all} judge tests agree");
    assert!(f64::from(agreed) >= 0.65 * f64::from(all));
    for (kind, floor) in
        [("aggrandising", 14), ("irrelevance", 15), ("repetition", 10), ("high-evidence", 14)]
    {
        assert!(outcome[kind].0 >= floor, "{kind}");
    }
    assert!(high_low >= 14 && high_medium >= 12);
}

/// Attack texts from the data set: JSON and JSON-lines files, each string in them that reads like a message.
pub(in crate::ai::offline) fn attacks() -> Vec<String> {
    fn strings(value: &Value, found: &mut Vec<String>) {
        // One corpus holds harmless texts beside the attacks and says which are which.
        if value.get("label").is_some_and(|label| label == "benign") {
            return;
        }
        match value {
            Value::String(text) if text.split_whitespace().count() >= 3 => found.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
            Value::Object(map) => {
                let chosen = map.iter().filter(|(key, _)| {
                    ![
                        "judge_question",
                        "ideal_answer",
                        "ideal_summary",
                        "judge_args",
                        "intent",
                        "test_case_prompt",
                        "lang",
                    ]
                    .contains(&key.as_str())
                });
                chosen.for_each(|(_, value)| strings(value, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let Some(folder) = data("prompt-injection") else { return found };
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| !path.ends_with("spikee-benign-false-positives.jsonl")) {
        let text = fs::read_to_string(path).unwrap();
        match path.extension().and_then(|e| e.to_str()) {
            Some("json") => strings(&serde_json::from_str(&text).unwrap(), &mut found),
            Some("jsonl") => {
                text.lines()
                    .filter(|l| !l.trim().is_empty())
                    .for_each(|line| strings(&serde_json::from_str(line).unwrap(), &mut found));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn published_attacks_never_raise_a_score() {
    let attacks = attacks();
    let before = [scores(STRONG), scores(WEAK)];
    let mut raised = Vec::new();
    for attack in &attacks {
        for (turns, before) in [STRONG, WEAK].iter().zip(&before) {
            let after = scores_of(&prompt(with_answer(turns, 1, |said| format!("{said} {attack}"))));
            let most = before.iter().zip(&after).map(|(before, after)| after - before).fold(0.0, f64::max);
            if most > 1.0 {
                raised.push((most, attack));
            }
        }
    }
    println!("{} attacks, {} raised a score", attacks.len(), raised.len());
    for (most, attack) in raised.iter().take(40) {
        let said = [utterance(0, Speaker::Candidate, attack)];
        for statement in answers(&said, &known_tools()).iter().flatten().filter(|s| s.strength > 0.0) {
            println!("    {:.2} {:?} {}", statement.strength, statement.facts, statement.text);
        }
        println!("  {most:.1}: {}", attack.chars().take(250).collect::<String>().replace('\n', " / "));
    }
    assert!(raised.is_empty());
}
