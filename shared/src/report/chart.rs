use std::f64::consts::TAU;

use serde::Serialize;

use super::{DimensionView, points};

/// Below this a polygon says nothing; the bars beside it do.
const FEWEST: usize = 3;
const RADIUS: f64 = 138.0;
const CENTRE: (f64, f64) = (250.0, 192.0);
const LEADING: f64 = 17.0;
/// Letters in a line of a label, and lines.
const LABEL: (usize, usize) = (14, 2);

/// A radar chart's geometry in a view box of 560 by 384 whose left edge is at -30.
#[derive(Serialize)]
pub(super) struct Radar {
    /// Polygon points of the rings at 25, 50, 75 and 100.
    rings: Vec<String>,
    spokes: Vec<Spoke>,
    /// Through the scored dimensions only.
    shape: String,
}

#[derive(Serialize)]
struct Spoke {
    x: String,
    y: String,
    /// Where the score lies; None when it was withheld.
    dot: Option<(String, String)>,
    anchor: &'static str,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    x: String,
    y: String,
    text: String,
}

impl Radar {
    /// None when fewer than three dimensions have a score.
    pub(super) fn of(dimensions: &[DimensionView]) -> Option<Self> {
        if dimensions.iter().filter(|d| d.score.is_some()).count() < FEWEST {
            return None;
        }
        let n = dimensions.len();
        let rings = [0.25, 0.5, 0.75, 1.0]
            .map(|part| (0..n).map(|i| pair(place(i, n, RADIUS * part))).collect::<Vec<_>>().join(" "))
            .to_vec();
        let spokes: Vec<Spoke> = dimensions.iter().enumerate().map(|(i, d)| Spoke::of(i, n, d)).collect();
        let shape = spokes
            .iter()
            .filter_map(|spoke| spoke.dot.as_ref().map(|(x, y)| format!("{x},{y}")))
            .collect::<Vec<_>>()
            .join(" ");
        Some(Self { rings, spokes, shape })
    }
}

impl Spoke {
    fn of(i: usize, n: usize, dimension: &DimensionView) -> Self {
        let end = place(i, n, RADIUS);
        let label = place(i, n, RADIUS + 16.0);
        let across = label.0 - CENTRE.0;
        let anchor = if across.abs() < 12.0 {
            "middle"
        } else if across > 0.0 {
            "start"
        } else {
            "end"
        };
        let mut lines = wrapped(&dimension.name);
        if dimension.score.is_none() {
            lines.push("(no score)".into());
        }
        // Above the chart the text grows upwards, below it downwards.
        let up = (CENTRE.1 - label.1) / (RADIUS + 16.0);
        let extra = (lines.len() as f64 - 1.0) * LEADING;
        let top = label.1 + 4.0 - extra * (up + 1.0) / 2.0 + if up < -0.9 { 6.0 } else { 0.0 };
        let lines = lines
            .into_iter()
            .enumerate()
            .map(|(row, text)| Line { x: number(label.0), y: number(top + row as f64 * LEADING), text })
            .collect();
        let dot = dimension.score.map(|score| {
            let (x, y) = place(i, n, RADIUS * points(score) / 100.0);
            (number(x), number(y))
        });
        Self { x: number(end.0), y: number(end.1), dot, anchor, lines }
    }
}

/// Clockwise from the top.
fn place(i: usize, n: usize, radius: f64) -> (f64, f64) {
    let angle = TAU * i as f64 / n as f64;
    (CENTRE.0 + radius * angle.sin(), CENTRE.1 - radius * angle.cos())
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

fn pair((x, y): (f64, f64)) -> String {
    format!("{},{}", number(x), number(y))
}

fn wrapped(name: &str) -> Vec<String> {
    let (width, most) = LABEL;
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let cut = lines.len() > most;
    lines.truncate(most);
    let last = lines.len().saturating_sub(1);
    for (row, line) in lines.iter_mut().enumerate() {
        if line.chars().count() > width || (cut && row == last) {
            *line = line.chars().take(width - 1).chain(['…']).collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_two_short_lines() {
        assert_eq!(wrapped("Communication"), ["Communication"]);
        assert_eq!(wrapped("Leadership Potential"), ["Leadership", "Potential"]);
        assert_eq!(
            wrapped("Stakeholder engagement and influence across teams"),
            ["Stakeholder", "engagement an…"]
        );
        assert_eq!(wrapped("Donaudampfschifffahrtsgesellschaft"), ["Donaudampfsch…"]);
        assert!(wrapped(" ").is_empty());
    }

    #[test]
    fn the_first_spoke_points_up_and_full_marks_reach_the_rim() {
        assert_eq!(pair(place(0, 4, RADIUS)), "250.0,54.0");
        assert_eq!(pair(place(1, 4, RADIUS)), "388.0,192.0");
    }
}
