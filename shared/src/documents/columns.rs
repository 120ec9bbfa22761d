//! Which rows of a page stand in two columns, and in what order they are read.

use super::layout::{Row, Segment};

/// Least width of the empty strip between two columns, in points.
pub(super) const GUTTER: f64 = 7.0;
/// A page with more segments than this is no page of text; it is read line by line.
const SEGMENTS: usize = 4_000;

/// Put rows in reading order: find the tallest stretch that an empty strip divides into two columns, and read what is above
/// it, its left, its right and what is below, each the same way.
pub(super) fn order(
    rows: Vec<Row>,
    lines: &mut Vec<Row>,
    depth: usize,
    goes_on: bool,
    wide_right: &mut bool,
) {
    let segments: usize = rows.iter().map(|row| row.segments.len()).sum();
    let split = if depth < 6 && segments < SEGMENTS { find_columns(&rows) } else { None };
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
    let mut sizes: Vec<f64> = rows.iter().map(|row| row.size).collect();
    sizes.sort_by(f64::total_cmp);
    let usual = sizes[sizes.len() / 2];
    let mut best: Option<(usize, usize, usize, f64)> = None;
    let mut last: Vec<(usize, usize, usize)> = Vec::new();
    let mut x = left + (right - left) * 0.12;
    while x < left + (right - left) * 0.88 {
        let mut start = 0;
        let mut seen: Vec<(usize, usize, usize)> = Vec::new();
        for end in 0..=rows.len() {
            let crossed = rows.get(end).is_none_or(|row| row.segments.iter().any(|s| crosses(s, x)));
            if !crossed {
                continue;
            }
            if let Some((from, to)) = trim(rows, start, end, x, usual) {
                // The next x within one strip divides the same rows the same way.
                let score = match last.iter().find(|seen| (seen.0, seen.1) == (from, to)) {
                    Some(seen) => seen.2,
                    None => two_columns(&rows[from..to], x),
                };
                seen.push((from, to, score));
                if score > best.map_or(0, |best| best.0) {
                    best = Some((score, from, to, x));
                }
            }
            start = end + 1;
        }
        last = seen;
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
/// `usual` is the size of the text.
fn trim(rows: &[Row], start: usize, end: usize, x: f64, usual: f64) -> Option<(usize, usize)> {
    let (mut from, mut to) = (start, end);
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
        let chars: usize = side.iter().map(|segment| segment.chars).sum();
        let mean = chars / side.len().max(1);
        let notes = side.iter().filter(|segment| segment.note).count();
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
pub(super) fn is_note(text: &str) -> bool {
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
