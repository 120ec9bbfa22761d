//! From glyphs with places to lines in reading order: glyphs to segments, segments to rows, rows to columns.

use super::columns::{GUTTER, is_note, order};

/// A shown glyph in page space: points, y upwards.
pub(super) struct Glyph {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) end_x: f64,
    pub(super) end_y: f64,
    /// Height of the font as shown.
    pub(super) size: f64,
    /// Which way the writing runs.
    pub(super) direction: (f64, f64),
}

/// Text without a wide gap: part of one line.
#[derive(Clone)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    /// Characters, and whether they are a date or a place; told once, asked often.
    pub(super) chars: usize,
    pub(super) note: bool,
}

/// Segments on one baseline, left to right.
pub(super) struct Row {
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) segments: Vec<Segment>,
}

/// Gap that separates two parts of a line, in font sizes.
const WIDE: f64 = 1.3;
/// Gap that separates two words, in font sizes.
const SPACE: f64 = 0.12;

/// The lines of a page. Text written at an angle comes after the upright text, each direction by itself. `sidebar` is told
/// from page to page: whether the page before ended with a wide column to the right of a narrow one. What that column was
/// about goes on at the top of the same column here, so it is read first.
pub(super) fn text(glyphs: Vec<Glyph>, sidebar: &mut bool) -> String {
    let mut turned: [Vec<Glyph>; 4] = Default::default();
    for mut glyph in glyphs {
        let (dx, dy) = glyph.direction;
        let quarter = if dx.abs() >= dy.abs() {
            if dx >= 0.0 { 0 } else { 2 }
        } else if dy > 0.0 {
            1
        } else {
            3
        };
        let turn = |x: f64, y: f64| match quarter {
            0 => (x, y),
            1 => (y, -x),
            2 => (-x, -y),
            _ => (-y, x),
        };
        (glyph.x, glyph.y) = turn(glyph.x, glyph.y);
        (glyph.end_x, glyph.end_y) = turn(glyph.end_x, glyph.end_y);
        turned[quarter].push(glyph);
    }
    let mut out = String::new();
    for glyphs in turned {
        let rows = rows(glyphs);
        let mut lines = Vec::new();
        let mut split = false;
        order(rows, &mut lines, 0, *sidebar, &mut split);
        if !lines.is_empty() {
            *sidebar = split;
        }
        write(&lines, &mut out);
    }
    out
}

/// Group glyphs by baseline and split each line at wide gaps.
fn rows(mut glyphs: Vec<Glyph>) -> Vec<Row> {
    glyphs.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut lines: Vec<(f64, f64, Vec<Glyph>)> = Vec::new();
    for glyph in glyphs {
        // Only the last lines can be near: glyphs come from the top down.
        let near = lines
            .iter_mut()
            .rev()
            .take(4)
            .find(|(y, size, _)| (*y - glyph.y).abs() <= 0.33 * size.min(glyph.size));
        match near {
            Some((y, size, line)) => {
                if glyph.size > *size {
                    (*y, *size) = (glyph.y, glyph.size);
                }
                line.push(glyph);
            }
            None => lines.push((glyph.y, glyph.size, vec![glyph])),
        }
    }
    let mut rows: Vec<Row> = lines
        .into_iter()
        .map(|(y, size, glyphs)| Row { y, size, segments: segments(glyphs) })
        .filter(|row| !row.segments.is_empty())
        .collect();
    rows.sort_by(|a, b| b.y.total_cmp(&a.y));
    join_labels(rows)
}

/// A label in the margin, set a little lower than the line it belongs to, comes before that line.
fn join_labels(rows: Vec<Row>) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let label = joined.last().is_some_and(|above| {
            let right = row.segments.last().map_or(f64::INFINITY, |segment| segment.right);
            let left = above.segments.first().map_or(f64::NEG_INFINITY, |segment| segment.left);
            above.y - row.y < row.size.min(above.size) && right + GUTTER < left
        });
        match joined.last_mut() {
            Some(above) if label => {
                row.segments.append(&mut above.segments);
                above.segments = row.segments;
            }
            _ => joined.push(row),
        }
    }
    joined
}

fn segments(mut glyphs: Vec<Glyph>) -> Vec<Segment> {
    glyphs.sort_by(|a, b| a.x.total_cmp(&b.x));
    let space = word_gap(&glyphs);
    let mut segments: Vec<Segment> = Vec::new();
    let mut last: Option<(f64, String)> = None;
    for glyph in glyphs {
        let mut text = glyph.text.replace('\u{ad}', "-");
        // The same glyph twice at one place is a poor man's bold.
        let again = last
            .as_ref()
            .is_some_and(|(x, text)| (glyph.x - x).abs() < glyph.size * 0.1 && *text == glyph.text);
        if again && !text.trim().is_empty() {
            continue;
        }
        last = Some((glyph.x, glyph.text.clone()));
        let blank = text.chars().all(char::is_whitespace);
        let picture = is_picture(&text);
        if blank {
            text = " ".to_owned();
        }
        match segments.last_mut() {
            Some(open)
                if !picture
                    && !(open.text.is_empty())
                    && glyph.x - open.right <= WIDE * open.size.max(glyph.size) =>
            {
                let gap = glyph.x - open.right;
                if gap > space * open.size.min(glyph.size) && !open.text.ends_with(' ') && !blank {
                    open.text.push(' ');
                }
                if !(blank && open.text.ends_with(' ')) {
                    open.text.push_str(&text);
                }
                // A trailing space must not stretch the segment: it would hide a gap.
                if !blank {
                    open.right = open.right.max(glyph.end_x);
                }
                open.size = open.size.max(glyph.size);
            }
            _ if blank => {}
            _ => segments.push(Segment {
                text: if picture { String::new() } else { text },
                left: glyph.x,
                right: glyph.end_x.max(glyph.x),
                y: glyph.y,
                size: glyph.size,
                chars: 0,
                note: false,
            }),
        }
    }
    for segment in &mut segments {
        segment.text = segment.text.trim().to_owned();
        segment.chars = segment.text.chars().count();
        segment.note = is_note(&segment.text);
    }
    segments.retain(|segment| !segment.text.is_empty());
    segments
}

/// A glyph of an icon font: in the private use area, or named as no ligature is (`HOUSE-CHIMNEY`).
fn is_picture(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\u{e000}'..='\u{f8ff}'))
        || text.len() > 4 && text.is_ascii() && !text.contains(' ')
}

/// The gap that means a space on this line. Letter-spaced headings have a gap after every letter: there the usual gap is none.
fn word_gap(glyphs: &[Glyph]) -> f64 {
    let mut gaps: Vec<f64> = glyphs
        .windows(2)
        .filter(|pair| !pair[0].text.trim().is_empty() && !pair[1].text.trim().is_empty())
        .map(|pair| (pair[1].x - pair[0].end_x) / pair[0].size.min(pair[1].size))
        .filter(|gap| *gap < WIDE)
        .collect();
    let spaced = gaps.iter().filter(|gap| **gap > SPACE).count();
    if gaps.len() < 4 || spaced * 10 < gaps.len() * 7 {
        return SPACE;
    }
    gaps.sort_by(f64::total_cmp);
    gaps[gaps.len() / 2] * 1.6
}

/// Whether the text ends within a web address and the row is nothing but its rest: browsers break lines after the hyphens
/// and slashes of an address, and no hyphen is added there.
fn goes_on(out: &str, row: &Row) -> bool {
    let Some(above) = out.strip_suffix('\n') else { return false };
    let last = above.rsplit(char::is_whitespace).next().unwrap_or_default();
    let address = last.ends_with(['-', '/', '_'])
        && last.trim_start_matches("https://").trim_start_matches("http://").split_once('/').is_some_and(
            |(host, path)| {
                host.contains('.') && host.split('.').all(|label| !label.is_empty()) && !path.is_empty()
            },
        );
    let [rest] = row.segments.as_slice() else { return false };
    let in_address = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '%' | '.' | '~');
    address
        && rest.text.chars().all(in_address)
        && rest.text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn write(rows: &[Row], out: &mut String) {
    let mut steps: Vec<f64> = rows
        .windows(2)
        .map(|pair| (pair[0].y - pair[1].y) / pair[1].size)
        .filter(|step| *step > 0.2)
        .collect();
    steps.sort_by(f64::total_cmp);
    // The distance between lines of a paragraph is the commonest small one.
    let usual = steps.get(steps.len() / 3).copied().unwrap_or(1.2).max(1.0);
    let mut above: Option<&Row> = None;
    for row in rows {
        if let Some(above) = above {
            let step = above.y - row.y;
            if step < 0.0 || step > usual * 1.4 * row.size.min(above.size) {
                out.push('\n');
            }
        }
        // An address broken at the end of its line is one word.
        if above.is_some() && goes_on(out, row) {
            out.pop();
        }
        let mut right = f64::NEG_INFINITY;
        for segment in &row.segments {
            if right > f64::NEG_INFINITY {
                let bullet = out.ends_with(['•', '◦', '▪', '●', '‣', '–', '·', '∗', '*']);
                out.push_str(if bullet { " " } else { "   " });
            }
            right = segment.right;
            out.push_str(&segment.text);
        }
        out.push('\n');
        above = Some(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, x: f64, y: f64) -> Glyph {
        let end_x = x + text.len() as f64 * 5.0;
        Glyph { text: text.to_owned(), x, y, end_x, end_y: y, size: 10.0, direction: (1.0, 0.0) }
    }

    #[test]
    fn two_columns_are_read_one_after_the_other() {
        let mut glyphs =
            vec![word("A name across the whole of the page, from left to right of it", 50.0, 780.0)];
        for line in 0..8 {
            glyphs.push(word(&format!("left side line {line} of it"), 50.0, 750.0 - f64::from(line) * 13.0));
            glyphs.push(word(
                &format!("right side line {line} of it"),
                300.0,
                750.0 - f64::from(line) * 14.5,
            ));
        }
        let text = text(glyphs, &mut false);
        let at =
            |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{wanted} is missing from {text}"));
        assert!(at("A name") < at("left side line 0"));
        assert!(at("left side line 7") < at("right side line 0"), "{text}");
    }

    #[test]
    fn dates_at_the_margin_stay_on_their_line() {
        let mut glyphs = Vec::new();
        for entry in 0..6 {
            let y = 750.0 - f64::from(entry) * 30.0;
            glyphs.push(word(&format!("Company number {entry}"), 50.0, y));
            glyphs.push(word(&format!("May 201{entry}"), 500.0, y));
            glyphs.push(word("did this and that there", 50.0, y - 13.0));
        }
        assert!(text(glyphs, &mut false).contains("Company number 3   May 2013\n"));
    }

    #[test]
    fn an_address_broken_over_two_lines_is_one_word() {
        let page = |first: &str, second: &str| {
            let line = |line: &str, y: f64| -> Vec<Glyph> {
                let letters = line.chars().zip(0..);
                letters.map(|(c, at)| word(&c.to_string(), 50.0 + f64::from(at) * 5.0, y)).collect()
            };
            text([line(first, 700.0), line(second, 688.0)].into_iter().flatten().collect(), &mut false)
        };
        assert_eq!(page("linkedin.com/in/jo-example-", "surname"), "linkedin.com/in/jo-example-surname\n");
        for (first, second) in [
            ("linkedin.com/in/jo-", "SUMMARY"),
            ("a well-", "known"),
            ("input/output-", "bound"),
            ("a.b/c", "d"),
        ] {
            assert_eq!(page(first, second), format!("{first}\n{second}\n"));
        }
    }

    #[test]
    fn letter_spaced_headings_are_words() {
        let letters = "SKILLS".chars().zip(0..);
        let glyphs =
            letters.map(|(c, index)| word(&c.to_string(), 50.0 + f64::from(index) * 9.0, 700.0)).collect();
        assert_eq!(text(glyphs, &mut false).trim(), "SKILLS");
    }
}
