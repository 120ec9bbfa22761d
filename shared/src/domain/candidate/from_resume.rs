use super::{
    Candidate, Education, EducationFields, Entry, Experience, ExperienceFields, ExtractedFrom, Skill,
    SkillFields, SkillType,
};
use crate::clock::{Day, Timestamp};
use crate::domain::resume::{self, ParsedResume};
use crate::domain::text;
use garde::Validate as _;
use time::{Date, Month};

/// Entries a resume brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    pub skills: usize,
    pub experience: usize,
    pub education: usize,
    /// Empty members that were filled.
    pub members: usize,
}

impl Candidate {
    /// Adds what the resume tells and the record lacks, marked `extracted_from` resume; nothing that is there is
    /// changed. What does not fit the rules of an entry, or is above the limits, is left out. Twice adds nothing more.
    pub fn apply_resume(&mut self, parsed: &ParsedResume) -> Added {
        let mut added = Added { members: self.fill_members(parsed), ..Added::default() };
        let skills = [
            (SkillType::Technical, &parsed.skills.technical),
            (SkillType::Soft, &parsed.skills.soft),
            (SkillType::Language, &parsed.skills.languages),
            (SkillType::Certification, &parsed.skills.certifications),
        ];
        for (skill_type, names) in skills {
            for name in names {
                let skill_name = name.trim().to_owned();
                let fields =
                    SkillFields { skill_name, skill_type, proficiency_level: None, years_experience: None };
                added.skills += usize::from(fields.validate().is_ok() && self.take::<Skill>(fields));
            }
        }
        for employment in &parsed.employment {
            if let Some(fields) = experience(employment)
                && !self.has_experience(&fields)
            {
                added.experience += usize::from(self.take::<Experience>(fields));
            }
        }
        for education in &parsed.education {
            if let Some(fields) = course(education)
                && !self.has_education(&fields)
            {
                added.education += usize::from(self.take::<Education>(fields));
            }
        }
        added
    }

    fn take<E: Entry>(&mut self, fields: E::Fields) -> bool {
        self.add::<E>(fields, ExtractedFrom::Resume).is_ok()
    }

    fn fill_members(&mut self, parsed: &ParsedResume) -> usize {
        let personal = &parsed.personal_info;
        let latest = parsed.employment.iter().find(|job| is_open_end(job.end_date.as_deref()));
        let mut filled = 0;
        let mut fill = |member: &mut Option<String>,
                        found: Option<&String>,
                        most: usize,
                        rule: fn(&str, &()) -> garde::Result| {
            let found = found
                .map(|text| text.trim())
                .filter(|text| text.chars().count() <= most && rule(text, &()).is_ok());
            if member.is_none()
                && let Some(found) = found
            {
                *member = Some(found.to_owned());
                filled += 1;
            }
        };
        let fields = &mut self.fields;
        fill(&mut fields.phone, personal.phone.as_ref(), 20, text::phone);
        fill(&mut fields.location, personal.location.as_ref(), 255, text::line);
        fill(&mut fields.linkedin_url, personal.linkedin.as_ref(), 500, text::https_url);
        fill(&mut fields.portfolio_url, personal.portfolio.as_ref(), 500, text::https_url);
        fill(&mut fields.summary, parsed.summary.as_ref(), 5000, text::filled);
        fill(&mut fields.current_title, latest.and_then(|job| job.title.as_ref()), 255, text::line);
        fill(&mut fields.current_company, latest.and_then(|job| job.company.as_ref()), 255, text::line);
        self.derive();
        filled
    }
}

fn experience(job: &resume::Employment) -> Option<ExperienceFields> {
    let is_current = job.end_date.as_deref().is_some_and(is_present);
    let mut description: Vec<&str> = job.description.iter().map(String::as_str).collect();
    description.extend(job.achievements.iter().map(String::as_str));
    let description = Some(description.join("\n")).filter(|text| !text.trim().is_empty());
    let fields = ExperienceFields {
        company_name: job.company.as_deref()?.trim().to_owned(),
        job_title: job.title.as_deref()?.trim().to_owned(),
        description: description.map(|text| text.chars().take(10_000).collect()),
        start_date: job.start_date.as_deref().and_then(|text| written_day(text, false)),
        end_date: if is_current {
            None
        } else {
            job.end_date.as_deref().and_then(|text| written_day(text, true))
        },
        is_current,
    };
    fields.validate().is_ok().then_some(fields)
}

fn course(education: &resume::Education) -> Option<EducationFields> {
    let text = |member: &Option<String>| {
        member.as_deref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let ongoing = education.graduation_date.as_deref().is_some_and(is_present);
    let fields = EducationFields {
        institution: text(&education.institution)?,
        degree: text(&education.degree),
        field_of_study: text(&education.field),
        start_date: None,
        end_date: education.graduation_date.as_deref().and_then(|text| written_day(text, true)),
        is_current: ongoing,
        gpa: None,
    };
    // A mark on another scale, or one with words around it, says nothing here.
    let gpa = education.gpa.as_deref().and_then(|text| text.trim().parse::<f64>().ok());
    let with_gpa = EducationFields { gpa, ..fields.clone() };
    [with_gpa, fields].into_iter().find(|fields| fields.validate().is_ok())
}

fn is_present(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "present" | "current" | "now" | "today" | "ongoing" | "to date"
    )
}

fn is_open_end(end: Option<&str>) -> bool {
    end.is_some_and(is_present)
}

/// A day as people write it on resumes: `2022-11-05`, `2022-11`, `11/2022`, `Nov 2022`, `2022`. What is left open is the
/// first of the month or year, or the last when `end`.
fn written_day(text: &str, end: bool) -> Option<Day> {
    let text = text.trim().to_lowercase();
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.parse::<u16>().ok();
    let year = |part: &str| {
        number(part).filter(|year| part.len() == 4 && (1900..=2100).contains(year)).map(i32::from)
    };
    let (year, month, day) = match parts.as_slice() {
        [y] => (year(y)?, None, None),
        [y, m] if year(y).is_some() => (year(y)?, Some(month(m)?), None),
        [m, y] => (year(y)?, Some(month(m)?), None),
        [y, m, d] if year(y).is_some() => (year(y)?, Some(month(m)?), Some(number(d)?)),
        _ => return None,
    };
    let month = month.unwrap_or(if end { Month::December } else { Month::January });
    let last = month.length(year);
    let day = match day {
        Some(day) => u8::try_from(day).ok()?,
        None if end => last,
        None => 1,
    };
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(Day::of(Timestamp::new(date.midnight().assume_utc())))
}

fn month(text: &str) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let named = NAMES.iter().position(|name| {
        text.len() >= 3 && (name.starts_with(text) || (text == "sept" && *name == "september"))
    });
    let number = named.map(|index| index as u8 + 1).or_else(|| text.parse().ok())?;
    Month::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let start = |text| written_day(text, false).map(|day| day.to_string());
        let end = |text| written_day(text, true).map(|day| day.to_string());
        for (text, from, to) in [
            ("Nov 2022", "2022-11-01", "2022-11-30"),
            ("november, 2022", "2022-11-01", "2022-11-30"),
            ("11/2022", "2022-11-01", "2022-11-30"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2022", "2022-01-01", "2022-12-31"),
            ("2022-03-05", "2022-03-05", "2022-03-05"),
            ("Sept 2020", "2020-09-01", "2020-09-30"),
        ] {
            assert_eq!((start(text).as_deref(), end(text).as_deref()), (Some(from), Some(to)), "{text}");
        }
        for text in ["", "Present", "Summer 2020", "13/2020", "2022-02-30", "22", "1850"] {
            assert_eq!(start(text), None, "{text}");
        }
    }
}
