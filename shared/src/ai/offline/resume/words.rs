//! Words that tell a job title, an employer, a school, a degree or a place.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use regex::Regex;

/// Nouns that head a job title.
const ROLES: &str = "engineer developer manager director analyst designer intern internship scientist researcher assistant associate \
    specialist coordinator consultant architect administrator officer representative executive lead head chief president founder \
    co-founder cofounder cto ceo cfo coo cio vp technician teacher instructor tutor professor lecturer nurse accountant \
    supervisor operator programmer tester trainer trainee apprentice fellow editor writer journalist producer illustrator artist \
    photographer recruiter advisor adviser strategist planner buyer cashier clerk receptionist secretary server waiter waitress \
    barista chef cook driver mechanic welder electrician plumber carpenter machinist foreman inspector auditor controller \
    bookkeeper paralegal attorney lawyer solicitor counsel physician doctor pharmacist therapist counselor counsellor caregiver \
    surveyor chemist biologist physicist economist statistician mathematician librarian curator translator interpreter agent broker \
    banker trader underwriter merchandiser marketer seller salesperson volunteer member contributor maintainer creator owner \
    partner principal superintendent captain coach mentor ambassador freelancer contractor postdoc sre devops \
    investigator scholar treasurer chair chairman chairperson dean entwickler ingenieur ingeniero desarrollador \
    développeur ingénieur gerente diretor analista expert evangelist promoter merchandise salesman steward laborer labourer \
    helper worker guard paramedic firefighter dispatcher estimator scheduler handler attendant concierge host hostess \
    janitor cleaner keeper guide copywriter webmaster sysadmin qa";

const ORGANISATIONS: &str = "inc inc. llc ltd ltd. limited gmbh corp corp. corporation company co. plc ag sa pty group technologies \
    technology labs laboratory laboratories lab studio studios systems solutions bank hospital club center centre institute \
    services agency department university college school foundation association society ministry council partners holdings \
    industries enterprises software pharmaceuticals clinic museum church government consulting media networks \
    ventures capital international airlines store shop restaurant cafe team academy press magazine creative digital \
    collective residential analytics robotics instruments medicine products";

const SCHOOLS: &str = "university college institute school academy universität université universidad universidade polytechnic \
    politecnico hochschule berkeley mit caltech ucla ucl eth epfl bootcamp coursera udemy edx üniversitesi faculty \
    大学 学院 院校 institución";

const SUBJECTS: &str = "science sciences engineering computer computing business economics mathematics maths physics design \
    arts art marketing finance biology chemistry psychology history law management administration education nursing medicine \
    communication communications statistics data information technology media studies literature politics political accounting \
    music film filmmaking architecture health sociology philosophy linguistics geography geology robotics electronics software \
    journalism biochemistry neuroscience anthropology humanities informatics cybersecurity analytics mechanical electrical civil";

/// The lists as sets, made once.
fn set(list: &'static str) -> &'static HashSet<&'static str> {
    static SETS: OnceLock<HashMap<&'static str, HashSet<&'static str>>> = OnceLock::new();
    static NONE: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let sets = SETS.get_or_init(|| {
        [ROLES, ORGANISATIONS, SCHOOLS, SUBJECTS]
            .iter()
            .map(|list| (*list, list.split_whitespace().collect()))
            .collect()
    });
    sets.get(list).unwrap_or_else(|| NONE.get_or_init(HashSet::new))
}

/// Whether a word of the text is in a list.
fn has(list: &'static str, text: &str) -> bool {
    let (lower, set) = (text.to_lowercase(), set(list));
    lower
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')))
        .filter(|word| !word.is_empty())
        .any(|word| set.contains(word) || set.contains(word.trim_end_matches('.')) || is_plural(set, word))
}

fn is_plural(set: &HashSet<&'static str>, word: &str) -> bool {
    word.strip_suffix('s').is_some_and(|one| one.len() > 4 && set.contains(one))
}

/// A field of study by its words.
pub(super) fn is_subject(text: &str) -> bool {
    has(SUBJECTS, text)
}

/// How much a text looks like a job title, less how much it looks like an employer.
pub(super) fn title_score(text: &str) -> i32 {
    let mut score = 0;
    // In `Assistant Professor at the School of …` the role is in front; in `Game Developer Magazine` it is not the last word.
    let last =
        text.split(['(', ',']).next().unwrap_or(text).split_whitespace().next_back().unwrap_or_default();
    if has(ROLES, text) {
        score += 2;
    }
    if has(ROLES, last) {
        score += 1;
    }
    if has(ORGANISATIONS, text) {
        score -= 1;
    }
    if has(ORGANISATIONS, last) {
        score -= 1;
    }
    let lower = text.to_lowercase();
    if ["senior ", "junior ", "lead ", "chief ", "assistant ", "head of ", "student "]
        .iter()
        .any(|start| lower.starts_with(start))
    {
        score += 1;
    }
    score
}

pub(super) fn has_role(text: &str) -> bool {
    has(ROLES, text)
}

pub(super) fn is_organisation(text: &str) -> bool {
    has(ORGANISATIONS, text)
}

pub(super) fn is_school(text: &str) -> bool {
    has(SCHOOLS, text)
        || text.starts_with("UC ")
        || ["大学", "学院", "院校"].iter().any(|word| text.contains(word))
}

/// Whether the last piece of a place is a state or a country, or a postcode follows: then it is no employer.
pub(super) fn is_town(text: &str) -> bool {
    const REGIONS: &str = "|australia|austria|belgium|brazil|canada|china|czech republic|denmark|england|estonia|finland|france|\
        germany|greece|hong kong|hungary|india|indonesia|ireland|israel|italy|japan|kenya|malaysia|mexico|netherlands|\
        new zealand|nigeria|norway|pakistan|philippines|poland|portugal|remote|romania|scotland|singapore|south africa|\
        south korea|korea|s.korea|spain|sri lanka|sweden|switzerland|taiwan|thailand|turkey|ukraine|united kingdom|united states|vietnam|\
        wales|victoria|new south wales|queensland|tasmania|south australia|western australia|ontario|quebec|\
        british columbia|alberta|alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|\
        hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|\
        mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|\
        north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|\
        vermont|virginia|washington|west virginia|wisconsin|wyoming|";
    let last = text.rsplit(", ").next().unwrap_or(text).trim().trim_end_matches('.');
    let short = (2..=3).contains(&last.chars().count()) && last.chars().all(|c| c.is_ascii_uppercase());
    text.contains(", ") && (short || REGIONS.contains(&format!("|{}|", last.to_lowercase())))
        || is_postal(text)
}

/// `Brunswick VIC 3056`, `Brooklyn, NY 11201`: a town, its state and its postcode.
fn is_postal(text: &str) -> bool {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(
            r"^\p{Lu}[\p{L}'’.-]*(?: \p{Lu}[\p{L}'’.-]*){0,3}(?:,? (?:VIC|NSW|QLD|SA|WA|TAS|ACT|NT)(?:,? \d{4})?|,? [A-Z]{2},? \d{5}(?:-\d{4})?)(?:, [\p{L} ]{2,24})?$",
        )
        .expect("the pattern is constant")
    });
    pattern.is_match(text.trim())
}

/// A town with its state or country, or a word for working from anywhere.
pub(super) fn is_place(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.');
    let lower = text.to_lowercase();
    if matches!(
        lower.as_str(),
        "remote"
            | "hybrid"
            | "on-site"
            | "onsite"
            | "worldwide"
            | "united states"
            | "usa"
            | "uk"
            | "united kingdom"
            | "australia"
            | "canada"
            | "germany"
            | "india"
    ) {
        return true;
    }
    if is_postal(text) {
        return true;
    }
    let pieces: Vec<&str> = text.split(", ").map(str::trim).collect();
    if !(2..=4).contains(&pieces.len()) || text.chars().count() > 60 || has_role(text) {
        return false;
    }
    let wordy = |piece: &&str| {
        let words = piece.split_whitespace().count();
        (1..=4).contains(&words)
            && piece.chars().next().is_some_and(char::is_uppercase)
            && piece
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '-' | '’' | '(' | ')'))
    };
    pieces.iter().all(wordy) && !is_organisation(text) && !is_school(text)
}

/// The degree named at the start of or within a text: its place.
pub(super) fn degree(text: &str) -> Option<(usize, usize)> {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(
            r"(?x)(?:
            (?i:\b(?:bachelor|master|doctor|associate)(?:[’']?s)?(?:\s+(?:degree|of\s+(?:science|arts|engineering|business\s+administration|technology|commerce|laws?|education|philosophy|fine\s+arts|applied\s+science|computer\s+science|design|public\s+health|medicine|music|nursing|social\s+work|architecture)))?(?:\s*\([^)]{1,12}\))?)
            | (?i:\bjuris\s+doctor(?:ate)?(?:\s*\([^)]{1,8}\))?)
            | (?i:\b(?:high\s+school\s+diploma|advanced\s+diploma|graduate\s+diploma|diploma|graduate\s+certificate|ged|a-levels|grade\s+12|abitur|licence|licenciatura|grado|diplom)\b)
            | \b(?:Ph\.?\s?D\.?|D\.?Phil\.?|M\.?B\.?A\.?|B\.?B\.?A\.?|B\.?\s?Tech\.?|M\.?\s?Tech\.?|B\.?Eng\.?|M\.?Eng\.?|MENG|BENG|B\.?\s?Sc\.?|M\.?\s?Sc\.?|B\.?Com\.?|B\.?F\.?A\.?|M\.?F\.?A\.?|B\.S\.?|M\.S\.?|B\.A\.?|M\.A\.?|B\.E\.|M\.E\.|J\.?D\.?|M\.?D\.|LL\.?[BM]\.?|BS|MS|BA|MA|AA|AS|Ed\.?D\.?|MPH|MCA|BCA)(?:\s*\(Hons\))?(?:[\s,)]|$)
            )",
        )
        .expect("the pattern is constant")
    });
    let found = pattern.find(text)?;
    let trimmed = found.as_str().trim_end_matches([' ', ',', ')']);
    // A bracket that was opened belongs to the degree.
    let closes = trimmed.contains('(') && text[found.start() + trimmed.len()..].starts_with(')');
    Some((found.start(), found.start() + trimmed.len() + usize::from(closes)))
}
