use super::*;
use std::fmt::Write as _;

fn turn(id: &str, speaker: Speaker, content: &str) -> Utterance {
    Utterance { id: id.into(), speaker, content: content.into() }
}

fn said(content: &str) -> Vec<Utterance> {
    vec![turn("s1", Speaker::Candidate, content)]
}

/// Answers with accents, quote marks, figures, contractions and negations.
const ANSWERS: [&str; 12] = [
    "I didn't own the roadmap, but I wrote the proposal that “Project Élan” was built on.",
    "We cut the nightly run from 6.5 hours to 40 minutes, and nobody had to stay late any more.",
    "My manager said it couldn’t be done without downtime; I never accepted that and built a shadow table.",
    "At the café chain I trained 14 people on the new tills within two weeks.",
    "I do not lead the team, I support it: reviews, pairing, and the on-call rota.",
    "The naïve fix would've hidden the fault, so I traced it with tcpdump and found a half-open socket.",
    "Customers weren't unhappy with the price, they were unhappy with the silence, so I called each of the 23 myself.",
    "I don't think we should have shipped it, and I said so in the review on 3 May.",
    "Our error rate dropped by 60% after I moved validation into the form.",
    "No one had written tests for the parser, so I began with the ten inputs that failed most.",
    "I can't claim the idea, but I did the measurements and wrote the report for the board.",
    "We weren’t allowed to store names, which is why I hashed them with a key per tenant.",
];
const QUESTIONS: [&str; 12] = [
    "Could you tell me about a roadmap that you owned from beginning to end?",
    "What did the nightly run look like before you started your work on it?",
    "How did you convince your manager that a shadow table was the right answer?",
    "Which training have you given to people in a shop or restaurant before?",
    "Do you lead the team at the moment or do you support somebody who does?",
    "How do you find the cause of a fault that nobody else can reproduce?",
    "When did you last speak with customers who were unhappy with the service?",
    "Have you ever shipped something against your own better judgement, and why?",
    "What happened to the error rate once the validation had been moved?",
    "Where do you begin when a part of the system has no tests at all?",
    "Whose idea was the measurement campaign that the board heard about in spring?",
    "What did data protection mean for the design of your storage layer?",
];
const ELSEWHERE: [&str; 6] = [
    "In my last school I rewrote the timetable so that every class had the hall once a week.",
    "I welded the frame myself because the supplier could not deliver before winter.",
    "Our ward had no discharge checklist until I drafted one with the two senior nurses.",
    "I sold forty subscriptions in the first month by calling former members.",
    "The bakery opened an hour earlier after I rearranged the proving schedule.",
    "I translated the safety manual into Polish over a weekend.",
];

fn interview() -> Vec<Utterance> {
    QUESTIONS
        .iter()
        .zip(ANSWERS)
        .enumerate()
        .flat_map(|(at, (question, answer))| {
            [
                turn(&format!("q{at}"), Speaker::Interviewer, question),
                turn(&format!("a{at}"), Speaker::Candidate, answer),
            ]
        })
        .collect()
}

/// Every run of at least `least` whole words of a text, as it stands there.
fn windows(text: &str, least: usize) -> Vec<&str> {
    let starts: Vec<(usize, usize)> =
        text.split(' ').map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word.len())).collect();
    let mut found = Vec::new();
    for from in 0..starts.len() {
        for to in from + least..=starts.len() {
            found.push(&text[starts[from].0..starts[to - 1].0 + starts[to - 1].1]);
        }
    }
    found
}

#[test]
fn a_changed_quote_is_never_accepted() {
    let transcript = interview();
    let verifier = Verifier::new(&transcript);
    let spoken = |text: &str| {
        // A mutant may by chance be something the candidate did say; then it is none.
        ANSWERS.iter().any(|answer| answer.contains(text))
    };
    let mut mutants = 0;
    let mut accepted = String::new();
    let mut check = |kind: &str, mutant: &str| {
        if !spoken(mutant) {
            mutants += 1;
            if verifier.verify(mutant).is_some() {
                writeln!(accepted, "{kind}: {mutant}").unwrap();
            }
        }
    };
    let lookalike = [
        ('a', 'а'),
        ('e', 'е'),
        ('o', 'о'),
        ('p', 'р'),
        ('c', 'с'),
        ('i', 'і'),
        ('x', 'х'),
        ('A', 'Α'),
        ('I', 'Ι'),
        ('o', '0'),
        ('l', '1'),
    ];
    for (at, answer) in ANSWERS.iter().enumerate() {
        for quote in windows(answer, 4).into_iter().step_by(3) {
            let words: Vec<&str> = quote.split(' ').collect();
            for (place, replacement) in [(1, "quickly"), (words.len() / 2, "we"), (words.len() - 2, "17")] {
                let mut changed = words.clone();
                changed[place] = replacement;
                check("changed word", &changed.join(" "));
            }
            let mut dropped = words.clone();
            dropped.remove(words.len() / 2);
            check("dropped word", &dropped.join(" "));
            let mut swapped = words.clone();
            swapped.swap(0, 1);
            check("swapped words", &swapped.join(" "));
            for (from, to) in [
                ("n't", ""),
                ("n’t", ""),
                (" not ", " "),
                (" never ", " "),
                ("No one", "One"),
                ("without", "with"),
            ] {
                if quote.contains(from) {
                    check("dropped negation", &quote.replace(from, to));
                }
            }
            for (latin, other) in lookalike {
                if quote.contains(latin) {
                    check("look-alike", &quote.replacen(latin, &other.to_string(), 1));
                }
            }
            check("case", &quote.to_uppercase());
            check("zero-width", &quote.replacen(' ', " \u{200b}", 1));
            let other = windows(ANSWERS[(at + 5) % ANSWERS.len()], 4);
            check("stitched", &format!("{quote} {}", other[quote.len() % other.len()]));
            check("stitched", &format!("{quote} ... {}", other[(quote.len() + 1) % other.len()]));
        }
    }
    for question in QUESTIONS {
        windows(question, 4).into_iter().for_each(|quote| check("interviewer", quote));
    }
    for (answer, question) in ANSWERS.iter().zip(QUESTIONS) {
        check("across turns", &format!("{question} {answer}"));
    }
    for other in ELSEWHERE {
        windows(other, 4).into_iter().for_each(|quote| check("other interview", quote));
    }
    println!("{mutants} mutants");
    assert!(mutants >= 2_000, "{mutants}");
    assert!(accepted.is_empty(), "{accepted}");
}

#[test]
fn drift_of_spacing_quote_marks_and_unicode_form_is_accepted() {
    let transcript = interview();
    let verifier = Verifier::new(&transcript);
    type Drift = fn(&str) -> String;
    let drifts: [Drift; 10] = [
        str::to_owned,
        |quote| quote.replace(' ', "  "),
        |quote| quote.replace(' ', "\u{a0}"),
        |quote| quote.replace(' ', " \n\t"),
        |quote| format!("  {quote} "),
        |quote| quote.replace('\'', "’").replace('"', "“"),
        |quote| quote.replace('’', "'").replace(['“', '”'], "\""),
        |quote| format!("“{quote}”"),
        |quote| quote.nfd().collect(),
        |quote| quote.nfc().collect::<String>().replace("fi", "ﬁ"),
    ];
    let (mut tried, mut found) = (0, 0);
    for (at, answer) in ANSWERS.iter().enumerate() {
        for quote in windows(answer, 3) {
            for drift in drifts {
                tried += 1;
                let Some(span) = verifier.verify(&drift(quote)) else { continue };
                found += 1;
                assert_eq!(slice(&span, &transcript), Some(quote));
                assert_eq!(span.segment_id, format!("a{at}"));
            }
        }
    }
    println!("{found} of {tried} drifted quotes accepted");
    assert!(found as f64 >= 0.995 * f64::from(tried), "{found} of {tried}");
}

#[test]
fn the_transcript_may_be_the_one_that_drifts() {
    let transcript = said("I\u{a0}built  the  cafe\u{301} “menu”\napp — it’s mine.");
    let span = verify("I built the café \"menu\" app — it's mine.", &transcript).expect("same words");
    assert_eq!(slice(&span, &transcript), Some(transcript[0].content.as_str()));
}

#[test]
fn words_are_whole() {
    let transcript = said(
        "I can't do it. We were unable to ship 3.5 million re-designed units, up by 60%, at non-technical sites",
    );
    for part in [
        "I can",
        "able to ship 3.5 million",
        "We were unable to ship 3",
        "5 million re-designed units",
        "3.5 million re",
        "units, up by 60",
        "technical sites",
        "at non",
    ] {
        assert_eq!(verify(part, &transcript), None, "{part}");
    }
    for whole in [
        "I can't do it",
        "unable to ship 3.5 million",
        "re-designed units, up by 60%",
        "at non-technical sites",
    ] {
        assert!(verify(whole, &transcript).is_some(), "{whole}");
    }
}

#[test]
fn short_quotes_prove_nothing() {
    let transcript = said("Yes. I led it. Internationalisation was mine.");
    for short in ["Yes.", "led it.", "", " ", "\"\"", "...", "mine"] {
        assert_eq!(verify(short, &transcript), None, "{short}");
    }
    assert!(verify("I led it.", &transcript).is_some());
    assert!(verify("Internationalisation", &transcript).is_some());
}

#[test]
fn slices_never_leave_a_candidates_turn() {
    let transcript = interview();
    let span = |segment_id: &str, start, end| Span { segment_id: segment_id.into(), start, end };
    assert_eq!(slice(&span("q0", 0, 5), &transcript), None);
    assert_eq!(slice(&span("a0", 0, 5000), &transcript), None);
    assert_eq!(slice(&span("a99", 0, 5), &transcript), None);
    let accent = ANSWERS[0].find('É').expect("there is one");
    assert_eq!(slice(&span("a0", accent + 1, accent + 4), &transcript), None, "inside a character");
}

proptest::proptest! {
    /// Whatever is put in: no panic, and an accepted quote's slice normalises to the quote.
    #[test]
    fn any_text_is_safe(content in "\\PC{0,80}", quote in "\\PC{0,40}") {
        let transcript = said(&content);
        if let Some(span) = verify(&quote, &transcript) {
            proptest::prop_assert!(slice(&span, &transcript).is_some());
        }
        if let Some(span) = verify(&content, &transcript) {
            let shown = Normal::of(slice(&span, &transcript).unwrap()).text;
            proptest::prop_assert!(Normal::of(&content).text.contains(shown.trim()));
        }
    }
}
