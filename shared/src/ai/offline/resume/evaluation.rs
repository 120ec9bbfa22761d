//! How well the parser reads: micro-F1 by layout and field over the sample collection. Prints its table
//! (`cargo test -p shared micro_f1 -- --nocapture`) and fails when a figure falls under what was reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tests::assert_grounded;
use super::*;
use crate::documents::{Limits, read};

const TRUTH: &str = include_str!("../../../../testdata/resumes/truth.tsv");

const FIELDS: [&str; 7] = ["name", "email", "phone", "employer", "title", "institution", "skill"];

/// Slightly under what was measured; `all` is the micro-average over everything.
const FLOORS: [(&str, f64); 8] = [
    ("name", 0.95),
    ("email", 0.96),
    ("phone", 0.95),
    ("employer", 0.95),
    ("title", 0.95),
    ("institution", 0.9),
    ("skill", 0.95),
    ("all", 0.955),
];

/// Field to values, as lower-case texts with single spaces.
type Facts = BTreeMap<&'static str, BTreeSet<String>>;

#[derive(Clone, Copy, Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn f1(self) -> f64 {
        let all = 2 * self.right + self.wrong + self.missed;
        if all == 0 { 1.0 } else { 2.0 * self.right as f64 / all as f64 }
    }
}

fn folded(field: &str, text: &str) -> String {
    match field {
        "phone" => text.chars().filter(char::is_ascii_digit).collect(),
        _ => plain(text).to_lowercase().trim_end_matches(['.', ',']).to_owned(),
    }
}

fn add<'v>(facts: &mut Facts, field: &'static str, values: impl IntoIterator<Item = &'v String>) {
    let folded = values.into_iter().map(|value| folded(field, value));
    facts.entry(field).or_default().extend(folded);
}

fn facts(resume: &ParsedResume) -> Facts {
    let mut facts = Facts::new();
    add(&mut facts, "name", &resume.personal_info.full_name);
    add(&mut facts, "email", &resume.personal_info.email);
    add(&mut facts, "phone", &resume.personal_info.phone);
    for job in &resume.employment {
        add(&mut facts, "employer", &job.company);
        add(&mut facts, "title", &job.title);
    }
    for study in &resume.education {
        add(&mut facts, "institution", &study.institution);
    }
    add(&mut facts, "skill", resume.skills.technical.iter().chain(&resume.skills.soft));
    facts
}

/// Fields a truth says nothing about are not held against the parser.
fn compare(table: &mut BTreeMap<(String, &'static str), Count>, layout: &str, truth: &Facts, found: &Facts) {
    for (field, truth) in truth {
        let none = BTreeSet::new();
        let found = found.get(field).unwrap_or(&none);
        let right = truth.intersection(found).count();
        let count = table.entry((layout.to_owned(), *field)).or_default();
        count.right += right;
        count.wrong += found.len() - right;
        count.missed += truth.len() - right;
    }
}

fn text_of(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    if path.extension().is_some_and(|extension| extension == "json") {
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        return value.get("text")?.as_str().map(str::to_owned);
    }
    read(&bytes, &Limits::default()).ok().map(|document| document.text)
}

#[test]
fn micro_f1() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: no data folder beside the checkout");
        return;
    }
    let mut table = BTreeMap::new();
    for (path, (layout, truth)) in by_file() {
        let Some(text) = text_of(&folder.join(path)) else { continue };
        let resume = parse(&text);
        assert_grounded(&resume, &text);
        let found = facts(&resume);
        if std::env::var_os("SHOW_MISSES").is_some() {
            for (field, truth) in &truth {
                let none = BTreeSet::new();
                let found = found.get(field).unwrap_or(&none);
                let (missed, wrong): (Vec<_>, Vec<_>) =
                    (truth.difference(found).collect(), found.difference(truth).collect());
                if !missed.is_empty() || !wrong.is_empty() {
                    println!("{path} {field}: missed {missed:?}, wrong {wrong:?}");
                }
            }
        }
        compare(&mut table, layout, &truth, &found);
    }
    for name in ["sample", "new-grad", "senior-engineer"] {
        let path = folder.join(format!("resumes/json-resume/{name}.resume.json"));
        let Some(source) = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
        else {
            continue;
        };
        for style in [Style::TitleFirst, Style::CompanyFirst, Style::OneLine] {
            let text = render(&source, style);
            let resume = parse(&text);
            assert_grounded(&resume, &text);
            compare(&mut table, "json resume", &json_truth(&source), &facts(&resume));
        }
    }
    let sums = print(&table);
    for (field, floor) in FLOORS {
        let reached = sums.get(field).map_or(0.0, |count| count.f1());
        assert!(reached >= floor, "{field}: {reached:.3} is under {floor}");
    }
}

fn by_file() -> BTreeMap<&'static str, (&'static str, Facts)> {
    let mut files: BTreeMap<&str, (&str, Facts)> = BTreeMap::new();
    for line in TRUTH.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(path), Some(layout), Some(field), Some(value)) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            panic!("four columns expected: {line}");
        };
        let field = FIELDS.iter().find(|known| **known == field).expect("a known field");
        let (_, facts) = files.entry(path).or_insert_with(|| (layout, Facts::new()));
        add(facts, field, [&value.to_owned()]);
    }
    files
}

fn print(table: &BTreeMap<(String, &'static str), Count>) -> BTreeMap<&'static str, Count> {
    let layouts: BTreeSet<&String> = table.keys().map(|(layout, _)| layout).collect();
    let mut sums: BTreeMap<&'static str, Count> = BTreeMap::new();
    let merge = |sum: &mut Count, count: &Count| {
        sum.right += count.right;
        sum.wrong += count.wrong;
        sum.missed += count.missed;
    };
    println!("{:<18}{}  all", "micro-F1", FIELDS.map(|field| format!("{field:>12}")).concat());
    for layout in layouts {
        let mut all = Count::default();
        let cells = FIELDS.map(|field| match table.get(&(layout.clone(), field)) {
            Some(count) => {
                merge(&mut all, count);
                merge(sums.entry(field).or_default(), count);
                format!("{:>12.3}", count.f1())
            }
            None => format!("{:>12}", "-"),
        });
        println!("{layout:<18}{}  {:.3}", cells.concat(), all.f1());
    }
    let mut all = Count::default();
    for count in sums.values() {
        merge(&mut all, count);
    }
    let cells = FIELDS.map(|field| format!("{:>12.3}", sums.get(field).copied().unwrap_or_default().f1()));
    println!("{:<18}{}  {:.3}", "all", cells.concat(), all.f1());
    sums.insert("all", all);
    sums
}

#[derive(Clone, Copy)]
enum Style {
    TitleFirst,
    CompanyFirst,
    OneLine,
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A JSON Resume (jsonresume.org) as a page of text, the way its themes set it.
fn render(source: &Value, style: Style) -> String {
    let basics = &source["basics"];
    let place = format!("{}, {}", text(&basics["location"], "city"), text(&basics["location"], "region"));
    let mut out = format!("{}\n{}\n", text(basics, "name"), text(basics, "label"));
    let contact = [text(basics, "email"), text(basics, "phone"), &place, text(basics, "url")];
    out += &match style {
        Style::OneLine => contact.join(" | "),
        _ => contact.join("\n"),
    };
    out += &format!("\n\nSummary\n{}\n\nExperience\n", text(basics, "summary"));
    for job in list(source, "work") {
        let end = if text(job, "endDate").is_empty() { "Present" } else { text(job, "endDate") };
        let dates = format!("{} - {end}", text(job, "startDate"));
        let (name, position) = (text(job, "name"), text(job, "position"));
        out += &match style {
            Style::TitleFirst => format!("{position}   {dates}\n{name}\n"),
            Style::CompanyFirst => format!("{name}   {}\n{position}   {dates}\n", text(job, "location")),
            Style::OneLine => format!("{position}, {name} — {dates}\n"),
        };
        out += &format!("{}\n", text(job, "summary"));
        for highlight in list(job, "highlights").filter_map(Value::as_str) {
            out += &format!("• {highlight}\n");
        }
        out.push('\n');
    }
    out += "Education\n";
    for study in list(source, "education") {
        let degree = format!("{} in {}", text(study, "studyType"), text(study, "area"));
        let dates = format!("{} - {}", text(study, "startDate"), text(study, "endDate"));
        out += &match style {
            Style::OneLine => format!("{degree}, {} — {dates}\n\n", text(study, "institution")),
            _ => format!("{}   {dates}\n{degree}\n\n", text(study, "institution")),
        };
    }
    out += "Skills\n";
    for skill in list(source, "skills") {
        let words: Vec<&str> = list(skill, "keywords").filter_map(Value::as_str).collect();
        out += &format!("{}: {}\n", text(skill, "name"), words.join(", "));
    }
    out
}

fn json_truth(source: &Value) -> Facts {
    let mut truth = Facts::new();
    let strings = |value: &Value, list_key: &str, key: &str| -> Vec<String> {
        list(value, list_key).map(|item| text(item, key).to_owned()).collect()
    };
    for (field, key) in [("name", "name"), ("email", "email"), ("phone", "phone")] {
        add(&mut truth, field, &[text(&source["basics"], key).to_owned()]);
    }
    add(&mut truth, "employer", &strings(source, "work", "name"));
    add(&mut truth, "title", &strings(source, "work", "position"));
    add(&mut truth, "institution", &strings(source, "education", "institution"));
    for skill in list(source, "skills") {
        let words: Vec<String> =
            list(skill, "keywords").filter_map(Value::as_str).map(str::to_owned).collect();
        add(&mut truth, "skill", &words);
    }
    truth
}
