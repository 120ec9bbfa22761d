//! Jobs: entries told apart by their dates, each with employer and title told apart by their words.

use super::dates;
use super::deeds::{is_capitalised, is_deed, is_sentence};
use super::heads::{pieces, title_and_company};
use super::lines::Line;
use super::plain;
use super::words::{has_role, is_place, title_score};
use crate::domain::resume::Employment;

/// Most entries kept (spec 40 §1).
const ENTRIES: usize = 50;

/// Lines of one entry: its head, and what was done.
#[derive(Default)]
struct Entry<'t> {
    head: Vec<&'t str>,
    dates: Option<(&'t str, Option<&'t str>)>,
    achievements: Vec<Vec<&'t str>>,
    description: Vec<&'t str>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Head,
    Bullet,
    /// Goes on from the line above.
    Rest,
    Prose,
}

pub(super) fn read(lines: &[&Line<'_>]) -> Vec<Employment> {
    let mut jobs: Vec<Employment> = Vec::new();
    let order = usual_order(&entries(lines));
    for entry in entries(lines).into_iter().take(ENTRIES) {
        let (title, company) = title_and_company(&entry.head, order);
        // A further role with the same employer is often given without naming it again.
        let inherited = match (&title, &company) {
            (Some(_), None) => jobs.last().and_then(|job| job.company.clone()),
            _ => None,
        };
        let join = |lines: &[&str]| plain(&lines.join(" "));
        let description = join(&entry.description);
        jobs.push(Employment {
            company: company.or(inherited),
            title,
            start_date: entry.dates.map(|dates| dates.0.to_owned()),
            end_date: entry.dates.and_then(|dates| dates.1).map(str::to_owned),
            description: (!description.is_empty()).then_some(description),
            achievements: entry
                .achievements
                .iter()
                .map(|lines| join(lines))
                .filter(|text| !text.is_empty())
                .collect(),
        });
    }
    jobs
}

/// What the whole section shows about how its lines are set.
struct Setting {
    /// Width of a full line, in characters.
    width: usize,
    /// Some line has a bullet: a line without one is then no achievement of its own.
    bulleted: bool,
    /// Lines of the first head above the one with its dates: the heads that follow are set alike.
    before_dates: usize,
}

/// `next` are the lines that follow: a head has its dates or its place within two lines.
fn kind(line: &Line<'_>, above: Option<(&Line<'_>, Kind)>, next: &[&Line<'_>], setting: &Setting) -> Kind {
    let width = setting.width;
    let last_is_date =
        line.parts.len() > 1 && line.parts.last().is_some_and(|part| dates::is_only_date(part));
    let short = line.text.chars().count() <= 110 && line.text.split_whitespace().count() <= 16;
    let dated = !dates::ranges(line.text).is_empty();
    let first = line.text.chars().next();
    // Some templates mark the employer itself with a bullet; a place or a date at the margin gives it away.
    let head_bullet = line.parts.len() > 1
        && line.text.split_whitespace().count() <= 12
        && (is_place(line.parts[line.parts.len() - 1])
            || last_is_date && line.parts[0].split_whitespace().count() <= 6);
    if line.bullet {
        return if head_bullet { Kind::Head } else { Kind::Bullet };
    }
    let told = line.parts.len() == 1 && (is_deed(line.text) || !setting.bulleted && is_sentence(line.text));
    // A small letter after a line that began with a capital goes on from there.
    let small = first.is_some_and(char::is_lowercase)
        && above
            .is_some_and(|(above, kind)| kind != Kind::Head && above.text.starts_with(char::is_uppercase));
    if told && !small && !setting.bulleted {
        return Kind::Bullet;
    }
    // The title or the employer right above the line that has the dates.
    let heads = next.iter().take(2).any(|next| marks_head(next));
    if !told && heads && line.parts.len() == 1 && is_capitalised(line.text) {
        let fitted = above.is_some_and(|(above, _)| {
            let word = line.text.split(' ').next().unwrap_or_default();
            (above.text.chars().count() + word.chars().count()) * 100 < width * 85
        });
        let as_first = next.iter().take(setting.before_dates).any(|next| is_dated(next));
        if title_score(line.text) > 1 || !setting.bulleted || fitted || as_first {
            return Kind::Head;
        }
    }
    if !told && dated && short && !line.text.ends_with('.')
        || !told && line.parts.iter().any(|part| is_place(part)) && short
    {
        let running = first.is_some_and(char::is_lowercase);
        if !running {
            return Kind::Head;
        }
    }
    if let Some((above, above_kind)) = above
        && !line.after_blank
    {
        let full = above.parts[0].chars().count() * 100 >= width * 62;
        let goes_on = first.is_some_and(|c| c.is_lowercase() || matches!(c, '(' | ',' | '&'));
        let ended = above.text.ends_with(['.', ';', ':']);
        match above_kind {
            Kind::Bullet | Kind::Rest if goes_on || full && !ended => return Kind::Rest,
            Kind::Bullet | Kind::Rest if full && line.text.ends_with('.') => return Kind::Rest,
            Kind::Prose if goes_on || full || line.text.ends_with('.') => return Kind::Prose,
            Kind::Bullet | Kind::Rest | Kind::Prose if !heads => {
                return if above_kind == Kind::Prose { Kind::Prose } else { Kind::Rest };
            }
            Kind::Head if goes_on && above.text.split_whitespace().count() > 8 => return Kind::Prose,
            _ => {}
        }
    }
    let words = line.text.split_whitespace().count();
    let labelled = line.text.split_once(": ").is_some_and(|(label, rest)| {
        label.split_whitespace().count() <= 3 && rest.split_whitespace().count() > 3 && !has_role(label)
    });
    if told
        || words > 14
        || line.text.ends_with('.')
            && words > 4
            && !line.text.ends_with("Inc.")
            && !line.text.ends_with("Ltd.")
        || labelled
        || line.text.ends_with(';')
    {
        return Kind::Prose;
    }
    Kind::Head
}

/// A span of dates stands in the line, or is all of it.
fn is_dated(line: &Line<'_>) -> bool {
    !line.bullet && dates::ranges(line.text).iter().any(|range| range.to.is_some())
}

/// Dates or a place beside it show a line to be part of an entry's head.
fn marks_head(line: &Line<'_>) -> bool {
    !line.bullet
        && !line.text.ends_with('.')
        && (line.parts.len() > 1 || !is_deed(line.text))
        && (dates::ranges(line.text).iter().any(|range| range.to.is_some() || line.parts.len() > 1)
            || line.parts.iter().any(|part| is_place(part)))
}

fn entries<'t>(lines: &[&Line<'t>]) -> Vec<Entry<'t>> {
    let mut widths: Vec<usize> = lines.iter().map(|line| line.parts[0].chars().count()).collect();
    widths.sort_unstable();
    let width = widths.get(widths.len() * 9 / 10).copied().unwrap_or(80).clamp(30, 130);
    let setting = Setting {
        width,
        bulleted: lines.iter().any(|line| line.bullet),
        before_dates: lines
            .iter()
            .take(3)
            .take_while(|line| !line.bullet)
            .position(|line| is_dated(line))
            .unwrap_or(0),
    };
    let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let above = index.checked_sub(1).map(|above| (lines[above], kinds[above]));
        kinds.push(kind(line, above, &lines[index + 1..], &setting));
    }
    let mut entries: Vec<Entry<'t>> = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let end = (index..lines.len()).find(|at| kinds[*at] != Kind::Head).unwrap_or(lines.len());
        if end > index {
            for block in blocks(&lines[index..end]) {
                open(&mut entries, block);
            }
            index = end;
            continue;
        }
        let line = lines[index];
        body(&mut entries, line, kinds[index]);
        index += 1;
    }
    entries.retain(|entry| !entry.head.is_empty());
    entries
}

/// Split a run of head lines into entries: each has one span of dates.
fn blocks<'l, 't>(lines: &'l [&'l Line<'t>]) -> Vec<&'l [&'l Line<'t>]> {
    let dated: Vec<usize> =
        (0..lines.len()).filter(|at| !dates::ranges(lines[*at].text).is_empty()).collect();
    if dated.len() < 2 {
        return vec![lines];
    }
    let mut blocks = Vec::new();
    let mut start = 0;
    for pair in dated.windows(2) {
        let (this, next) = (pair[0], pair[1]);
        // Between two dated lines: a blank line divides; else dates lead their entry when they led the first one.
        let blank = (this + 1..=next).find(|at| lines[*at].after_blank);
        let cut = match blank {
            Some(at) => at,
            None if dated[0] == 0 => next,
            None => this + 1,
        };
        blocks.push(&lines[start..cut]);
        start = cut;
    }
    blocks.push(&lines[start..]);
    blocks
}

fn open<'t>(entries: &mut Vec<Entry<'t>>, block: &[&Line<'t>]) {
    let mut entry = Entry::default();
    for line in block {
        for part in &line.parts {
            let found = dates::ranges(part);
            match found.iter().find(|range| range.to.is_some()).or(found.first()) {
                Some(range) => {
                    if entry.dates.is_none() {
                        entry.dates = Some((range.from, range.to));
                    }
                    for rest in [&part[..range.start], &part[range.end..]] {
                        let rest =
                            rest.trim_matches([' ', '|', '–', '—', '-', ',', '•', '·', '(', ')', ':', '/']);
                        if !rest.is_empty() && !dates::is_only_date(rest) {
                            entry.head.push(rest);
                        }
                    }
                }
                None if dates::is_only_date(part) => {}
                None => entry.head.push(part),
            }
        }
    }
    let roles = entry.head.iter().any(|part| title_score(part) > 0);
    let any_dates = entries.iter().any(|entry| entry.dates.is_some());
    // Without dates, a short line among the text is a project or a label unless it names a role.
    if entry.dates.is_none() && (any_dates || !roles) && !entries.is_empty() {
        let names_both = roles && entry.head.len() > 1;
        if !names_both {
            if let Some(last) = entries.last_mut() {
                last.description.extend(entry.head);
            }
            return;
        }
    }
    // A head without dates before the first role's head names the employer of that role.
    if let Some(last) = entries.last_mut()
        && last.dates.is_none()
        && last.achievements.is_empty()
        && last.description.is_empty()
        && entry.dates.is_some()
        && last.head.len() <= 2
    {
        let mut head = std::mem::take(&mut last.head);
        head.append(&mut entry.head);
        entry.head = head;
        *last = entry;
        return;
    }
    entries.push(entry);
}

fn body<'t>(entries: &mut Vec<Entry<'t>>, line: &Line<'t>, kind: Kind) {
    if entries.is_empty() {
        entries.push(Entry::default());
    }
    let Some(entry) = entries.last_mut() else { return };
    // The margin may hold the entry's dates beside its text.
    let mut text = line.text;
    if line.parts.len() > 1 {
        let last = line.parts[line.parts.len() - 1];
        if dates::is_only_date(last) || is_place(last) {
            text = line.text[..line.text.len() - last.len()].trim_end();
            if let (None, Some(range)) = (&entry.dates, dates::ranges(last).first()) {
                entry.dates = Some((range.from, range.to));
            }
        }
    }
    match kind {
        Kind::Bullet => entry.achievements.push(vec![text]),
        Kind::Rest => match entry.achievements.last_mut() {
            Some(last) => last.push(text),
            None => entry.description.push(text),
        },
        _ => entry.description.push(text),
    }
}

/// Whether titles stand before employers, where words tell.
fn usual_order(entries: &[Entry<'_>]) -> bool {
    let mut balance = 0i32;
    for entry in entries {
        let pieces = pieces(&entry.head);
        if let [first, second, ..] = pieces.as_slice() {
            balance += (title_score(first) - title_score(second)).signum();
        }
    }
    balance >= 0
}
