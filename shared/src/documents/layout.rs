//! From glyphs with places to lines in reading order: glyphs to segments, segments to rows, rows to columns.

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
struct Segment {
    text: String,
    left: f64,
    right: f64,
    y: f64,
    size: f64,
}

/// Segments on one baseline, left to right.
struct Row {
    y: f64,
    size: f64,
    segments: Vec<Segment>,
}

/// Gap that separates two parts of a line, in font sizes.
const WIDE: f64 = 1.3;
/// Gap that separates two words, in font sizes.
const SPACE: f64 = 0.12;
/// Least width of the empty strip between two columns, in points.
const GUTTER: f64 = 7.0;

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
            }),
        }
    }
    for segment in &mut segments {
        segment.text = segment.text.trim().to_owned();
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

/// Put rows in reading order: find the tallest stretch that an empty strip divides into two columns, and read what is above
/// it, its left, its right and what is below, each the same way.
fn order(rows: Vec<Row>, lines: &mut Vec<Row>, depth: usize, goes_on: bool, wide_right: &mut bool) {
    let split = if depth < 6 { find_columns(&rows) } else { None };
    let Some((start, end, x)) = split else {
        lines.extend(rows);
        return;
    };
    let mut above = rows;
    let mut middle = above.split_off(start);
    let below = middle.split_off(end - start);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for row in middle {
        let (before, after): (Vec<Segment>, Vec<Segment>) =
            row.segments.into_iter().partition(|s| s.left < x);
        for (side, segments) in [(&mut left, before), (&mut right, after)] {
            if let Some(y) = segments.first().map(|segment| segment.y) {
                let size = segments.iter().map(|segment| segment.size).fold(0.0, f64::max);
                side.push(Row { y, size, segments });
            }
        }
    }
    if depth == 0 {
        let width = |rows: &[Row]| {
            let edges =
                rows.iter().flat_map(|row| &row.segments).map(|segment| (segment.left, segment.right));
            let (low, high) = edges
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (l, r)| (low.min(l), high.max(r)));
            high - low
        };
        *wide_right = below.is_empty() && width(&right) > width(&left) * 1.2;
        if goes_on && *wide_right && above.is_empty() {
            std::mem::swap(&mut left, &mut right);
        }
    }
    for part in [above, left, right, below] {
        order(part, lines, depth + 1, false, &mut false);
    }
}

/// Rows `start..end` and the x that divides them.
fn find_columns(rows: &[Row]) -> Option<(usize, usize, f64)> {
    let all = || rows.iter().flat_map(|row| &row.segments);
    let left = all().map(|segment| segment.left).fold(f64::INFINITY, f64::min);
    let right = all().map(|segment| segment.right).fold(f64::NEG_INFINITY, f64::max);
    if rows.len() < 6 || right - left < 100.0 {
        return None;
    }
    let mut best: Option<(usize, usize, usize, f64)> = None;
    let mut x = left + (right - left) * 0.12;
    while x < left + (right - left) * 0.88 {
        let mut start = 0;
        for end in 0..=rows.len() {
            let crossed = rows.get(end).is_none_or(|row| row.segments.iter().any(|s| crosses(s, x)));
            if !crossed {
                continue;
            }
            if let Some((from, to)) = trim(rows, start, end, x) {
                let score = two_columns(&rows[from..to], x);
                if score > best.map_or(0, |best| best.0) {
                    best = Some((score, from, to, x));
                }
            }
            start = end + 1;
        }
        x += 3.0;
    }
    best.map(|(_, from, to, x)| (from, to, x))
}

fn crosses(segment: &Segment, x: f64) -> bool {
    segment.left < x + GUTTER / 2.0 && segment.right > x - GUTTER / 2.0
}

fn sides(row: &Row, x: f64) -> (bool, bool) {
    (row.segments.iter().any(|s| s.left < x), row.segments.iter().any(|s| s.left >= x))
}

/// Leave out rows at the ends of a stretch that stand on one side only: a name above, a heading of what comes below.
fn trim(rows: &[Row], start: usize, end: usize, x: f64) -> Option<(usize, usize)> {
    let (mut from, mut to) = (start, end);
    let mut sizes: Vec<f64> = rows.iter().map(|row| row.size).collect();
    sizes.sort_by(f64::total_cmp);
    let usual = sizes[sizes.len() / 2];
    // Rows on the left alone come first either way; on the right alone only a title stands above both columns.
    while from < to && !sides(&rows[from], x).0 && rows[from].size > usual * 1.25 {
        from += 1;
    }
    if end < rows.len() {
        let mut last = to;
        for _ in 0..2 {
            let Some(row) = last.checked_sub(1).filter(|last| *last > from).map(|last| &rows[last]) else {
                break;
            };
            if sides(row, x) == (true, true) {
                break;
            }
            let gap = rows[last - 2].y - row.y;
            last -= 1;
            if gap > row.size * 1.7 {
                to = last;
            }
        }
    }
    (to > from + 3).then_some((from, to))
}

/// How many segments two columns hold; 0 when this is one column with dates or labels beside it.
fn two_columns(rows: &[Row], x: f64) -> usize {
    let (mut left, mut right): (Vec<&Segment>, Vec<&Segment>) = (Vec::new(), Vec::new());
    let (mut left_rows, mut right_rows, mut both, mut level) = (0usize, 0usize, 0usize, 0usize);
    for row in rows {
        let (on_left, on_right) = sides(row, x);
        left_rows += usize::from(on_left);
        right_rows += usize::from(on_right);
        let at = |left: bool| row.segments.iter().find(|s| (s.left < x) == left).map(|s| s.y);
        let same =
            at(true).zip(at(false)).is_some_and(|(left, right)| (left - right).abs() < 0.15 * row.size);
        both += usize::from(on_left && on_right);
        level += usize::from(on_left && on_right && same);
        for segment in &row.segments {
            if segment.left < x { left.push(segment) } else { right.push(segment) }
        }
    }
    let tall = rows[0].y - rows[rows.len() - 1].y;
    let fewer = left_rows.min(right_rows);
    // A few lines that all stand level are a grid of cards or of names and dates.
    if fewer < 4 || tall < 60.0 || fewer < 14 && level * 100 >= fewer * 85 {
        return 0;
    }
    for (on_left, side, side_rows, other_rows) in
        [(true, &left, left_rows, right_rows), (false, &right, right_rows, left_rows)]
    {
        let chars: usize = side.iter().map(|segment| segment.text.chars().count()).sum();
        let mean = chars / side.len().max(1);
        let notes = side.iter().filter(|segment| is_note(&segment.text)).count();
        let paired = both * 100 / side_rows;
        let mostly_notes = notes * 100 / side.len().max(1) >= 30 && paired >= 50 && mean < 30;
        let labels = on_left && mean < 16 && paired >= 75 && side_rows * 20 <= other_rows * 9;
        let marks = mean <= 3;
        if mostly_notes || labels || marks {
            return 0;
        }
    }
    left.len() + right.len()
}

/// A date, a span of time or a town: what stands at the margin of an entry.
fn is_note(text: &str) -> bool {
    let words: Vec<&str> = text.split([' ', '-', '–', '/', '.']).collect();
    let year = words.iter().any(|word| {
        word.len() == 4 && word.starts_with(['1', '2']) && word.bytes().all(|b| b.is_ascii_digit())
    });
    let span = words
        .iter()
        .any(|word| matches!(*word, "month" | "months" | "year" | "years" | "present" | "Present"));
    let place = text.rsplit_once(", ").is_some_and(|(town, state)| {
        town.chars().count() < 24
            && state.chars().count() <= 14
            && town.starts_with(char::is_uppercase)
            && state.starts_with(char::is_uppercase)
    });
    (year || span || place) && text.chars().count() < 36
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
    fn letter_spaced_headings_are_words() {
        let letters = "SKILLS".chars().zip(0..);
        let glyphs =
            letters.map(|(c, index)| word(&c.to_string(), 50.0 + f64::from(index) * 9.0, 700.0)).collect();
        assert_eq!(text(glyphs, &mut false).trim(), "SKILLS");
    }
}
