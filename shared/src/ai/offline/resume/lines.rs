//! A resume as lines, each with its parts, and which section each belongs to.

use super::dates;

/// One line of the page. All texts are slices of the resume's text: nothing is rewritten.
#[derive(Clone)]
pub(super) struct Line<'t> {
    /// Without the bullet and surrounding space.
    pub(super) text: &'t str,
    /// Split where the parts stand far apart.
    pub(super) parts: Vec<&'t str>,
    pub(super) bullet: bool,
    /// A blank line or a new page stands above.
    pub(super) after_blank: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Header,
    Summary,
    Experience,
    Education,
    Skills,
    Languages,
    Certifications,
    Other,
}

/// Headings in lower case, by section. English first; the commonest of other languages where they are unambiguous.
const HEADINGS: [(Section, &str); 7] = [
    (
        Section::Summary,
        "summary|professional summary|career summary|executive summary|profile|professional profile|about|about me|objective|\
         career objective|personal statement|personal profile|overview|summary of qualifications|professional overview|\
         perfil|perfil profesional|resumen|profil|zusammenfassung|résumé|resumo|自己紹介|个人简介",
    ),
    (
        Section::Experience,
        "experience|work experience|professional experience|employment|employment history|work history|career history|\
         relevant experience|industry experience|work & leadership experience|work and leadership experience|\
         leadership experience|research experience|teaching experience|other work experience|other experience|\
         additional experience|related experience|positions held|internships|internship experience|career|work|\
         professional background|professional experiences|experiencia|experiencia laboral|experiencia profesional|\
         berufserfahrung|expérience|expérience professionnelle|expériences professionnelles|experiência|\
         experiência profissional|職歴|工作经历|工作背景|工作经验",
    ),
    (
        Section::Education,
        "education|education & training|education and training|academic background|academic history|academics|qualifications|\
         academic qualifications|educational background|education & certifications|education and certifications|\
         formación académica|formación|educación|ausbildung|bildung|studium|formation|formação|formação acadêmica|学歴|\
         教育背景|教育经历",
    ),
    (
        Section::Skills,
        "skills|technical skills|key skills|core skills|professional skills|soft skills|hard skills|design skills|\
         computer skills|it skills|skills & technologies|skills and technologies|key skills & technologies|\
         technical skills & tools|skills & tools|skills & expertise|expertise|areas of expertise|core competencies|\
         competencies|key competencies|technologies|tools|software|technical proficiencies|technical expertise|\
         programming skills|skills summary|strengths|core strengths|skills and abilities|skills & abilities|\
         technologies and languages|skills & interests|additional skills|habilidades|conocimientos de computación|\
         aptitudes|kenntnisse|fähigkeiten|compétences|competências|计算机技能|技能",
    ),
    (
        Section::Languages,
        "languages|language|language skills|spoken languages|idiomas|sprachen|langues|línguas|语言技能|语言",
    ),
    (
        Section::Certifications,
        "certifications|certificates|certification|licenses|licenses & certifications|licenses and certifications|\
         certifications & licenses|seminars and certifications|certifications & training|certifications and training|\
         certificates & courses|certifications & courses|training & certifications|professional certifications|\
         professional development|courses & certifications|licences|licences & certifications|certificados|zertifikate|\
         免許・資格|资格证书",
    ),
    (
        Section::Other,
        "projects|personal projects|notable projects|selected projects|project experience|key projects|side projects|\
         academic projects|technical projects|research projects|publications|selected publications|publications & talks|\
         patents|awards|honors|honours|awards & honors|honors & awards|honors and awards|awards and honors|selected honors|\
         awards & recognition|awards & scholarships|awards and scholarships|achievements|accomplishments|\
         key achievements|volunteering|volunteer|volunteer experience|volunteer work|community involvement|\
         community service|leadership|leadership & activities|activities|extracurricular activities|campus activities|\
         extracurriculars|interests|hobbies|hobbies & interests|interests & hobbies|references|referees|coursework|\
         relevant coursework|links|online presence|social|profiles|contact|contact information|contact details|\
         personal details|personal information|additional information|other|miscellaneous|talks|invited talks|\
         presentations|conferences|memberships|professional memberships|affiliations|professional affiliations|\
         professional affiliations & activities|\
         research interests|research|teaching|open source|portfolio|technical experience|writing|program committees|\
         extracurricular activity|military service|intereses|interessen|projekte|proyectos|centres d'intérêt|misceláneo|\
         loisirs|趣味・特技|志望動機|个人兴趣|其他",
    ),
];

pub(super) fn heading(text: &str) -> Option<Section> {
    let plain = text
        .trim()
        .trim_end_matches([':', '.', '-', '–', '_'])
        .trim_start_matches(['#', '■', '▪', '●'])
        .trim();
    if plain.is_empty() || plain.chars().count() > 44 {
        return None;
    }
    let lower = plain.to_lowercase().replace(" and ", " & ");
    let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let find = |wanted: &str| {
        HEADINGS
            .iter()
            .find(|(_, names)| names.split('|').any(|name| name.trim() == wanted))
            .map(|(section, _)| *section)
    };
    if let Some(found) = find(&lower).or_else(|| find(&lower.replace(" & ", " and "))) {
        return Some(found);
    }
    // `Skills, Activities & Interests`: headings all.
    let pieces: Vec<&str> = lower.split([',', '&', '/']).map(str::trim).collect();
    match pieces.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|piece| find(piece).is_some()) => {
            find(first)
        }
        _ => None,
    }
}

/// Lines with their sections.
pub(super) fn lines(text: &str) -> Vec<(Section, Line<'_>)> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut blank;
    for page in text.split('\x0c') {
        blank = true;
        for raw in page.lines() {
            let trimmed = raw.trim();
            if trimmed.is_empty() {
                blank = true;
                continue;
            }
            if is_furniture(trimmed) {
                continue;
            }
            for trimmed in unfold(trimmed) {
                let text = trimmed.trim_start_matches(BULLETS).trim_start();
                let dash =
                    trimmed.starts_with("- ") || trimmed.starts_with("* ") || trimmed.starts_with("– ");
                let text = if dash { trimmed[trimmed.find(' ').unwrap_or(0)..].trim() } else { text };
                if text.is_empty() {
                    continue;
                }
                let bullet = dash || text.len() != trimmed.len();
                lines.push(Line { text, parts: parts(text), bullet, after_blank: blank });
                blank = false;
            }
        }
    }
    divide(&lines)
}

/// The lines of a paragraph that a converter ran together: a heading in front, bullets within.
fn unfold(text: &str) -> Vec<&str> {
    const FOLDED: usize = 90;
    // Single words such as `Software` or `Research` begin too many other lines.
    const CORE: [&str; 6] = ["experience", "education", "skills", "summary", "employment", "work history"];
    let mut rest = text;
    let mut lines = Vec::new();
    if text.len() < FOLDED {
        return vec![text];
    }
    let ends = text.match_indices(' ').map(|(at, _)| at).take(6);
    let found = ends.filter(|at| {
        let next = text[at + 1..].trim_start();
        let starts =
            next.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || BULLETS.contains(&c));
        let titled = text[..*at]
            .split(' ')
            .all(|word| word.starts_with(|c: char| c.is_uppercase() || c == '&') || word == "and");
        // `Experience designing …` is no heading; `Education Bachelor …` is.
        starts
            && titled
            && !text[..*at].ends_with([':', ','])
            && heading(&text[..*at]).is_some()
            && CORE.iter().any(|word| text[..*at].to_lowercase().contains(word))
            && !next.starts_with(['&', '|', '–', '-'])
    });
    let heading_end = found.last();
    if let Some(at) = heading_end {
        lines.push(&text[..at]);
        rest = text[at..].trim_start();
    }
    let marks: Vec<usize> = rest
        .match_indices([' '])
        .map(|(at, _)| at + 1)
        .filter(|at| rest[*at..].starts_with(['•', '●', '◦', '▪', '■']))
        .collect();
    // Between short items a bullet separates; before sentences it starts a line.
    if marks.is_empty() || rest.len() / (marks.len() + 1) < 45 || rest.len() < FOLDED {
        lines.push(rest);
        return lines;
    }
    let mut start = 0;
    for mark in marks {
        lines.push(rest[start..mark].trim());
        start = mark;
    }
    lines.push(rest[start..].trim());
    lines.retain(|line| !line.is_empty());
    lines
}

fn divide<'t>(lines: &[Line<'t>]) -> Vec<(Section, Line<'t>)> {
    let mut divided = Vec::with_capacity(lines.len());
    let mut section = Section::Header;
    let mut skip_first = false;
    for (index, line) in lines.iter().enumerate() {
        let next = lines.get(index + 1);
        let mut line = line.clone();
        if std::mem::take(&mut skip_first) {
            line = without_first(&line);
            if line.text.is_empty() {
                continue;
            }
        }
        // `Skills:` under a job is a list of that job, unless set apart.
        let alone = line.parts.len() == 1 && !line.bullet;
        if alone && let Some(found) = heading(line.text) {
            let repeated = line.text.ends_with(':') && !line.after_blank && section == Section::Skills;
            if !repeated || found != Section::Languages {
                section = found;
                continue;
            }
        }
        if line.parts.len() > 1 && !line.bullet {
            let first = line.parts[0];
            // A heading in the margin may run over two lines.
            let both =
                next.filter(|next| next.parts.len() > 1).map(|next| format!("{first} {}", next.parts[0]));
            if let Some(found) = both.and_then(|both| heading(&both)) {
                section = found;
                skip_first = true;
                line = without_first(&line);
            } else if let Some(found) = heading(first).filter(|found| {
                // Within skills, `Languages   Python, C` is a labelled list.
                let label = section == Section::Skills && !line.after_blank && *found != Section::Experience;
                !first.ends_with(':') && !label
            }) {
                section = found;
                line = without_first(&line);
            }
        }
        divided.push((section, line));
    }
    divided
}

fn without_first<'t>(line: &Line<'t>) -> Line<'t> {
    let Some(second) = line.parts.get(1) else {
        return Line { text: "", parts: Vec::new(), ..line.clone() };
    };
    let start = second.as_ptr() as usize - line.text.as_ptr() as usize;
    let text = line.text[start..].trim();
    let plain = text.trim_start_matches(BULLETS).trim_start();
    Line { text: plain, parts: parts(plain), bullet: plain.len() != text.len(), after_blank: true }
}

pub(super) const BULLETS: [char; 17] =
    ['•', '◦', '▪', '●', '○', '‣', '∗', '·', '■', '►', '➢', '✓', '❖', '⁃', '▸', '♦', '◆'];

fn parts(text: &str) -> Vec<&str> {
    text.split("   ")
        .flat_map(|part| part.split('\t'))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Page numbers and print dates.
fn is_furniture(text: &str) -> bool {
    let lower = text.to_lowercase();
    let counter = |text: &str| {
        text.split_once('/').is_some_and(|(page, of)| {
            page.len() <= 2
                && of.len() <= 2
                && [page, of].iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    let last = lower.rsplit(['–', '-', ' ']).next().unwrap_or_default().trim();
    lower.starts_with("last updated")
        || ["résumé", "curriculum vitae"].iter().any(|word| lower.contains(word)) && lower.contains('·')
        || lower.starts_with("page ") && lower.contains(" of ") && lower.len() < 20
        || counter(last) && text.len() < 60 && dates::ranges(text).is_empty()
}
