//! What an interview is scored on (spec 30 §2, 25 §2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One scored dimension. Weights are scaled to sum 1 before use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dimension {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub weight: f64,
    /// Behaviour anchors (BARS), worst level first; empty when the rubric has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<String>,
}

/// Dimensions a rubric may hold.
pub const MAX_DIMENSIONS: usize = 12;

/// Why a rubric cannot be used (spec 30 §4.2, §8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongRubric {
    #[error("a rubric has 1 to {MAX_DIMENSIONS} dimensions, this one has {0}")]
    Size(usize),
    #[error("dimension {0} has no name")]
    Unnamed(usize),
    #[error("dimension `{0}` appears twice")]
    Twice(String),
    #[error("the weight of `{0}` is not a number from 0 up")]
    Weight(String),
    #[error("all weights are 0")]
    Weightless,
}

/// 1 to 12 dimensions, names given and unique (case-blind), weights >= 0 with a sum above 0.
pub fn validate_rubric(rubric: &[Dimension]) -> Result<(), WrongRubric> {
    if rubric.is_empty() || rubric.len() > MAX_DIMENSIONS {
        return Err(WrongRubric::Size(rubric.len()));
    }
    for (at, dimension) in rubric.iter().enumerate() {
        if dimension.name.trim().is_empty() {
            return Err(WrongRubric::Unnamed(at + 1));
        }
        if rubric[..at].iter().any(|earlier| same_name(&earlier.name, &dimension.name)) {
            return Err(WrongRubric::Twice(dimension.name.clone()));
        }
        if !dimension.weight.is_finite() || dimension.weight < 0.0 {
            return Err(WrongRubric::Weight(dimension.name.clone()));
        }
    }
    if rubric.iter().all(|dimension| dimension.weight == 0.0) { Err(WrongRubric::Weightless) } else { Ok(()) }
}

/// Dimension names are compared without case and outer space.
pub(crate) fn same_name(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

/// SHA-256 (lower-case hex) of the rubric as canonical JSON: no spaces, keys in alphabetical order, every key present.
#[must_use]
pub fn rubric_hash(rubric: &[Dimension]) -> String {
    /// Fields in alphabetical order: that is the order they are written in.
    #[derive(Serialize)]
    struct Canonical<'a> {
        anchors: &'a [String],
        description: &'a str,
        name: &'a str,
        weight: f64,
    }
    let canonical: Vec<_> = rubric
        .iter()
        .map(|Dimension { name, description, weight, anchors }| Canonical {
            anchors,
            description,
            name,
            weight: *weight,
        })
        .collect();
    let json = serde_json::to_vec(&canonical).expect("strings and numbers always serialise");
    Sha256::digest(json).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The rubric used when neither request nor job brings one (spec 30 §2), with anchors for five levels, worst first.
#[must_use]
pub fn default_rubric() -> Vec<Dimension> {
    DEFAULT
        .iter()
        .map(|(name, weight, description, anchors)| Dimension {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
            weight: *weight,
            anchors: anchors.iter().map(|&anchor| anchor.to_owned()).collect(),
        })
        .collect()
}

type Row = (&'static str, f64, &'static str, [&'static str; 5]);

const DEFAULT: &[Row] = &[
    (
        "Technical Competency",
        0.25,
        "Skills and knowledge the job needs",
        [
            "Cannot describe the tools or methods the job needs, or describes them wrongly",
            "Names tools and methods but not what they did with them",
            "Describes their own use of the main skills in routine work, with some detail",
            "Explains choices, limits and results of their own technical work on hard cases",
            "Shows command of the field: weighs alternatives, measures results, and teaches or sets practice for others",
        ],
    ),
    (
        "Problem Solving",
        0.20,
        "Analysis, reasoning, complex tasks",
        [
            "States a problem without a cause or a plan",
            "Jumps to one answer; reasons are missing",
            "Breaks a problem down and reaches a workable answer",
            "Finds the cause, compares options, tests the answer and reports the result",
            "Handles unclear, many-sided problems; checks assumptions; prevents the problem from coming back",
        ],
    ),
    (
        "Communication",
        0.20,
        "Clear speech, listening, dialogue",
        [
            "Answers do not address the question or cannot be followed",
            "Answers the question in part; order and detail are hard to follow",
            "Answers clearly; describes how they inform the people they work with",
            "Fits explanation to the listener; asks, listens and confirms; gives examples of doing so",
            "Wins understanding across differing groups; settles disagreement; writes and speaks so that others act on it",
        ],
    ),
    (
        "Cultural Fit",
        0.15,
        "Company values, team orientation",
        [
            "Speaks of colleagues or customers only as obstacles",
            "Works beside others; no example of common work",
            "Gives an example of helping the team or acting on shared values",
            "Takes part in how the team works; shares credit; acts on values when it costs something",
            "Makes the team better over time: includes others, builds trust, improves common practice",
        ],
    ),
    (
        "Leadership Potential",
        0.10,
        "Initiative, influence, growth",
        [
            "Waits for instruction; no example of taking the initiative",
            "Takes up tasks when asked; influence on others is not shown",
            "Took the initiative in a piece of work and saw it through",
            "Led others to a result, with or without the title; made decisions and stood by them",
            "Grows other people, sets direction and is followed across teams",
        ],
    ),
    (
        "Adaptability",
        0.10,
        "Flexibility, learning, change",
        [
            "Resists change or gives up when conditions change",
            "Follows change late or only with help",
            "Learned something new when the work asked for it",
            "Changed plan on new facts, learned quickly and kept the result on course",
            "Seeks feedback and change early, and helps others through it",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rubric_is_valid_and_sums_to_one() {
        let rubric = default_rubric();
        assert_eq!(validate_rubric(&rubric), Ok(()));
        assert_eq!(
            rubric.iter().map(|dimension| (dimension.weight * 100.0).round() as u32).sum::<u32>(),
            100
        );
        assert!(rubric.iter().all(|dimension| dimension.anchors.len() == 5));
    }

    #[test]
    fn wrong_rubrics_are_named() {
        let named = |name: &str, weight| Dimension {
            name: name.into(),
            description: String::new(),
            weight,
            anchors: vec![],
        };
        assert_eq!(validate_rubric(&[]), Err(WrongRubric::Size(0)));
        assert_eq!(validate_rubric(&vec![named("a", 1.0); 13]), Err(WrongRubric::Size(13)));
        assert_eq!(
            validate_rubric(&[named("A", 1.0), named(" a ", 1.0)]),
            Err(WrongRubric::Twice(" a ".into()))
        );
        assert_eq!(validate_rubric(&[named("", 1.0)]), Err(WrongRubric::Unnamed(1)));
        for weight in [-0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(validate_rubric(&[named("a", weight)]), Err(WrongRubric::Weight("a".into())));
        }
        assert_eq!(validate_rubric(&[named("a", 0.0), named("b", 0.0)]), Err(WrongRubric::Weightless));
    }

    #[test]
    fn the_hash_follows_every_field() {
        let rubric = default_rubric();
        let hash = rubric_hash(&rubric);
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, rubric_hash(&default_rubric()));
        for change in [
            |dimension: &mut Dimension| dimension.weight += 0.01,
            |dimension: &mut Dimension| dimension.name.push('!'),
            |dimension: &mut Dimension| dimension.description.push('!'),
            |dimension: &mut Dimension| dimension.anchors.clear(),
        ] {
            let mut changed = rubric.clone();
            change(&mut changed[2]);
            assert_ne!(hash, rubric_hash(&changed));
        }
        // Pinned: stored scores carry this value.
        let one = [Dimension { name: "A".into(), description: "b".into(), weight: 0.5, anchors: vec![] }];
        let expected = Sha256::digest(br#"[{"anchors":[],"description":"b","name":"A","weight":0.5}]"#);
        assert_eq!(rubric_hash(&one), expected.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
}
