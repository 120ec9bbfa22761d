//! Where a requirement came up in an interview: a guide for reading, no judgement, and no part of any score.

use crate::ai::offline::vocabulary::find_skills;
use crate::domain::language::content_stems;
use crate::domain::transcript::Speaker;
use std::collections::HashSet;

/// How far a requirement was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// An answer names one of its skills, or holds at least half of its words that carry meaning.
    Spoken,
    /// The interviewer asked about it; no answer says it in these words.
    Asked,
    Open,
}

/// The words of an interview, taken apart once for many requirements.
pub struct Spoken {
    turns: Vec<(Speaker, HashSet<&'static str>, HashSet<String>)>,
}

impl Spoken {
    pub fn of<'a>(turns: impl IntoIterator<Item = (Speaker, &'a str)>) -> Self {
        let parts = |(speaker, text): (Speaker, &str)| {
            (speaker, find_skills(text).into_iter().collect(), content_stems(text).into_iter().collect())
        };
        Self { turns: turns.into_iter().map(parts).collect() }
    }

    pub fn coverage(&self, requirement: &str) -> Coverage {
        let skills = find_skills(requirement);
        let words: HashSet<String> = content_stems(requirement).into_iter().collect();
        let touches = |named: &HashSet<&'static str>, stems: &HashSet<String>| {
            let shared = words.intersection(stems).count();
            skills.iter().any(|skill| named.contains(skill)) || (shared > 0 && shared * 2 >= words.len())
        };
        let by = |who: Speaker| {
            self.turns.iter().any(|(speaker, named, stems)| *speaker == who && touches(named, stems))
        };
        if by(Speaker::Candidate) {
            Coverage::Spoken
        } else if by(Speaker::Interviewer) {
            Coverage::Asked
        } else {
            Coverage::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_spoken_asked_or_open() {
        let spoken = Spoken::of([
            (Speaker::Interviewer, "How do you keep metrics and tracing trustworthy?"),
            (
                Speaker::Candidate,
                "For eight years I have been building backend services, first in Go, then on Kafka.",
            ),
        ]);
        let cases = [
            ("Go", Coverage::Spoken),
            ("Experience with event-driven systems, such as Kafka or Azure Service Bus", Coverage::Spoken),
            ("5+ years of professional experience building backend services", Coverage::Spoken),
            ("Good grasp of metrics and tracing", Coverage::Asked),
            ("Rust", Coverage::Open),
            ("A degree in computer science", Coverage::Open),
        ];
        for (requirement, expected) in cases {
            assert_eq!(spoken.coverage(requirement), expected, "{requirement}");
        }
    }
}
