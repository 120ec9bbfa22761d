use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "Jordan Example\n(555) 013-7842 | jordan@example.com | Raleigh, NC | linkedin.com/in/jordanexample\n\n\
    Summary\nBuilds reliable bridges and the teams that look after them, in three countries.\n\n\
    Experience\nStructural Engineer   Jan 2020 – Present\nExample Bridges Ltd, Raleigh, NC\n\
    • Cut inspection time by half\n  across forty sites.\n• Led a crew of nine.\n\n\
    Site Manager, Concrete & Sons — 2016 - 2019\n• Poured 300 foundations.\n\n\
    Education\nExample University   2012 – 2016\nBachelor of Science in Civil Engineering, GPA: 3.8/4.0\n\n\
    Skills\nTools: AutoCAD, Python, Revit\nSoft skills: Teamwork, Negotiation\n\n\
    Languages\nEnglish (native), Spanish\n\nCertifications\n• PMP\n";

#[test]
fn an_ordinary_resume() {
    let resume = parse(SAMPLE);
    let person = &resume.personal_info;
    assert_eq!(person.full_name.as_deref(), Some("Jordan Example"));
    assert_eq!(person.email.as_deref(), Some("jordan@example.com"));
    assert_eq!(person.phone.as_deref(), Some("(555) 013-7842"));
    assert_eq!(person.location.as_deref(), Some("Raleigh, NC"));
    assert_eq!(person.linkedin.as_deref(), Some("linkedin.com/in/jordanexample"));
    let jobs: Vec<_> = resume
        .employment
        .iter()
        .map(|job| {
            (job.title.as_deref(), job.company.as_deref(), job.start_date.as_deref(), job.end_date.as_deref())
        })
        .collect();
    assert_eq!(
        jobs,
        [
            (Some("Structural Engineer"), Some("Example Bridges Ltd"), Some("Jan 2020"), Some("Present")),
            (Some("Site Manager"), Some("Concrete & Sons"), Some("2016"), Some("2019")),
        ]
    );
    assert_eq!(
        resume.employment[0].achievements,
        ["Cut inspection time by half across forty sites.", "Led a crew of nine."]
    );
    let study = &resume.education[0];
    assert_eq!(study.institution.as_deref(), Some("Example University"));
    assert_eq!(study.degree.as_deref(), Some("Bachelor of Science"));
    assert_eq!(study.field.as_deref(), Some("Civil Engineering"));
    assert_eq!(study.gpa.as_deref(), Some("3.8"));
    assert_eq!(study.graduation_date.as_deref(), Some("2016"));
    assert_eq!(resume.skills.technical, ["AutoCAD", "Python", "Revit"]);
    assert_eq!(resume.skills.soft, ["Teamwork", "Negotiation"]);
    assert_eq!(resume.skills.languages, ["English", "Spanish"]);
    assert_eq!(resume.skills.certifications, ["PMP"]);
}

#[test]
fn the_place_is_that_of_the_person() {
    for place in
        ["Brunswick VIC 3056", "Surry Hills, NSW 2010", "Austin, TX", "Brooklyn, NY 11201", "Leeds, England"]
    {
        let text = format!(
            "Jordan Example\njordan@example.com | {place}\n\nExperience\nSite Manager   2016 - 2019\nConcrete, Melbourne\n"
        );
        assert_eq!(parse(&text).personal_info.location.as_deref(), Some(place));
    }
    let text =
        "Jordan Example\njordan@example.com\n\nExperience\nSite Manager   2016 - 2019\nConcrete, Melbourne\n";
    assert_eq!(parse(text).personal_info.location, None);
}

#[test]
fn labels_decide_what_a_skill_is() {
    let skills = parse(
        "Skills\nSoft: Mentoring, Stakeholder management, Whittling\nTechnical: Rust, Communication\nLanguages: English, Tok Pisin\n",
    )
    .skills;
    assert_eq!(skills.soft, ["Mentoring", "Stakeholder management", "Whittling"]);
    assert_eq!(skills.technical, ["Rust", "Communication"]);
    assert_eq!(skills.languages, ["English", "Tok Pisin"]);
    assert_eq!(parse("Skills\nLanguages: Rust, Zig, C\n").skills.technical, ["Rust", "Zig", "C"]);
}

#[test]
fn a_date_has_a_year_of_its_own() {
    for text in ["in the year after", "year - present", "may help"] {
        assert!(dates::ranges(text).is_empty(), "{text}");
    }
    assert_eq!(dates::ranges("Jul 2018 - Jan 2022").len(), 1);
}

#[test]
fn what_was_done_is_no_title() {
    for deed in [
        "Lead a team of three",
        "Moved pricing out of a monolith",
        "Managed AWS clusters for 40 teams",
        "Ran services on Azure",
    ] {
        assert!(deeds::is_deed(deed), "{deed}");
    }
    for head in [
        "Lead Backend Engineer",
        "Registered nurse",
        "Embedded systems engineer",
        "Applied Research in Motion",
        "Limited Brands",
        "Design Lead",
        "Head of Support",
        "Support Engineer",
    ] {
        assert!(!deeds::is_deed(head), "{head}");
    }
}

#[test]
fn nothing_is_invented_from_nothing() {
    for text in ["", "   ", "\n\x0c\n", "lorem ipsum dolor sit amet", "•", "Experience", "Skills\n•\n,,,;"]
    {
        let resume = parse(text);
        assert!(resume.employment.is_empty() && resume.education.is_empty(), "{text}");
        assert!(resume.personal_info.full_name.is_none() && resume.summary.is_none(), "{text}");
    }
}

/// Every text in a parsed resume.
pub(super) fn values(resume: &ParsedResume) -> Vec<String> {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => found.push(text.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|field| walk(field, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::to_value(resume).expect("plain data"), &mut found);
    found
}

pub(super) fn assert_grounded(resume: &ParsedResume, text: &str) {
    let text = plain(text);
    for value in values(resume) {
        assert!(text.contains(&plain(&value)), "a value is not in the text: {value}");
        assert!(!value.trim().is_empty(), "an empty value");
    }
}

proptest! {
    /// Lines of a resume, shuffled, cut and glued: whatever comes out was in it, and comes out again the same.
    #[test]
    fn values_are_pieces_of_the_text(
        order in proptest::collection::vec((0usize..40, 0usize..30, prop_oneof!["\n", "   ", " ", "\n\n", "\u{c}", ", "]), 0..60),
        noise in "\\PC{0,40}",
    ) {
        let lines: Vec<&str> = SAMPLE.lines().collect();
        let mut text = noise;
        for (line, cut, glue) in order {
            let line = lines[line % lines.len()];
            text.extend(line.chars().skip(cut % 7));
            text.push_str(&glue);
        }
        let resume = parse(&text);
        assert_grounded(&resume, &text);
        prop_assert!(resume == parse(&text));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(?s).{0,400}") {
        assert_grounded(&parse(&text), &text);
    }
}

#[test]
fn a_very_long_text_is_read_in_a_moment() {
    let start = std::time::Instant::now();
    let _ = parse(&SAMPLE.repeat(400));
    let _ = parse(&"Engineer at Example, ".repeat(20_000));
    let _ = parse(&"• Jan 2020 – Present   ".repeat(20_000));
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
}
