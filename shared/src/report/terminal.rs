use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{DimensionView, ReportView, clock, points, readable};

const NARROWEST: usize = 48;
const WIDEST: usize = 120;

/// The report for a terminal `width` columns wide (48 to 120 are used), with ANSI colours if `colour`.
/// Control sequences in the data are taken out, so a candidate's words cannot steer the terminal.
pub fn terminal(view: &ReportView, width: u16, colour: bool) -> String {
    let mut page = Page { out: String::new(), width: usize::from(width).clamp(NARROWEST, WIDEST), colour };
    page.header(view);
    for notice in view.offline_label.iter().chain(&view.notices) {
        page.list_item("!", Ink::Yellow, notice);
    }
    if let Some(replaced) = &view.replaced {
        page.title("Score changed by a person");
        let original =
            replaced.original.map_or_else(|| "withheld".into(), |score| format!("{:.1}", points(score)));
        page.paragraph(&format!(
            "{original} → {:.1}, by {}, {}: {}",
            points(replaced.replacement),
            replaced.by,
            replaced.at,
            replaced.reason
        ));
    }
    page.title("Summary");
    page.paragraph(&view.narrative_summary);
    page.scores(&view.dimensions);
    page.title("Verified quotes");
    for dimension in view.dimensions.iter().filter(|d| !d.quotes.is_empty()) {
        page.line(&page.painted(Ink::Bold, &fitted(&dimension.name, page.width)));
        for quote in &dimension.quotes {
            let at = quote.at.map(|at| format!("  ({})", clock(at))).unwrap_or_default();
            page.list_item("│", Ink::Blue, &format!("“{}”{at}", quote.text));
        }
    }
    if view.dimensions.iter().all(|d| d.quotes.is_empty()) {
        page.paragraph("None.");
    }
    if !view.requirements.is_empty() {
        page.title("Requirements covered");
        for requirement in &view.requirements {
            let (mark, ink) = if requirement.covered { ("✓", Ink::Green) } else { ("–", Ink::Dim) };
            let note = requirement.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            page.list_item(mark, ink, &format!("{}{note}", requirement.name));
        }
    }
    page.title(&format!("Integrity signals: {} risk", view.integrity_risk));
    for signal in &view.integrity_signals {
        page.list_item("•", Ink::Yellow, signal);
    }
    page.paragraph("Signals are shown for a person to weigh. They do not change the score.");
    page.title("What the AI did");
    for item in &view.ai_did {
        page.list_item("✓", Ink::Green, item);
    }
    page.title("What the AI did not do");
    for item in &view.ai_did_not {
        page.list_item("✕", Ink::Dim, item);
    }
    page.record(view);
    page.out
}

#[derive(Clone, Copy)]
enum Ink {
    Bold,
    Dim,
    Blue,
    Green,
    Yellow,
    Red,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Blue => "34",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
        }
    }

    fn of_score(score: f64) -> Self {
        match score {
            80.0.. => Self::Green,
            60.0.. => Self::Blue,
            50.0.. => Self::Yellow,
            _ => Self::Red,
        }
    }
}

struct Page {
    out: String,
    width: usize,
    colour: bool,
}

impl Page {
    fn header(&mut self, view: &ReportView) {
        let inner = self.width - 4;
        let score = match view.overall_score {
            Some(score) => format!("{:.1} / 100", points(score)),
            None => "Score withheld".into(),
        };
        let band = view.band.as_deref().map(readable).unwrap_or_default();
        let duration = view.duration_minutes.map(|m| format!(", {m} min")).unwrap_or_default();
        let rows = [
            (Ink::Dim, format!("{} · Interview report", view.organisation), String::new()),
            (Ink::Bold, view.candidate.clone(), score),
            (Ink::Dim, view.job_title.clone(), band),
            (Ink::Dim, format!("{}{duration}", view.interviewed), String::new()),
            (Ink::Dim, format!("Scored by {}", view.scored_by), String::new()),
        ];
        self.line(&format!("╭{}╮", "─".repeat(self.width - 2)));
        for (ink, left, right) in rows {
            let right = fitted(&right, inner / 2);
            let room = inner - right.width() - usize::from(!right.is_empty());
            let left = fitted(&left, room);
            let gap = " ".repeat(inner - left.width() - right.width());
            self.line(&format!("│ {}{gap}{} │", self.painted(ink, &left), self.painted(Ink::Bold, &right)));
        }
        self.line(&format!("╰{}╯", "─".repeat(self.width - 2)));
    }

    fn scores(&mut self, dimensions: &[DimensionView]) {
        self.title("Scores");
        let longest = dimensions.iter().map(|d| clean(&d.name).width()).max().unwrap_or(0);
        let name_width = longest.min(self.width / 3);
        // " 100.0  100 %" and the spaces between the columns.
        let bar_width = self.width - name_width - 16;
        for dimension in dimensions {
            let name = padded(&fitted(&dimension.name, name_width), name_width);
            let weight = format!("{:>3.0} %", points(dimension.weight * 100.0));
            let (bar, number) = match dimension.score.map(points) {
                Some(score) => {
                    (self.painted(Ink::of_score(score), &bar(score, bar_width)), format!("{score:>5.1}"))
                }
                None => (
                    self.painted(Ink::Dim, &padded(&fitted(withheld(dimension), bar_width), bar_width)),
                    "    –".into(),
                ),
            };
            self.line(&format!(
                "{name}  {bar}  {}  {}",
                self.painted(Ink::Bold, &number),
                self.painted(Ink::Dim, &weight)
            ));
        }
    }

    fn record(&mut self, view: &ReportView) {
        self.title("Record");
        let samples = view.record.samples.to_string();
        let mut facts = vec![
            ("Model", view.model_version.as_str()),
            ("Prompt", &view.prompt_version),
            ("Rubric", &view.rubric_version),
            ("Input hash", &view.record.input_hash),
            ("Samples", &samples),
        ];
        facts.extend(view.record.replay.iter().map(|replay| ("Replay", replay.as_str())));
        facts.extend(view.record.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        facts.push(("Report made", &view.generated_at));
        for (name, value) in facts {
            let name = padded(&fitted(name, 14), 14);
            for (row, line) in wrapped(value, self.width - 15).into_iter().enumerate() {
                let name = if row == 0 { name.clone() } else { " ".repeat(14) };
                self.line(&format!("{} {line}", self.painted(Ink::Dim, &name)));
            }
        }
    }

    fn title(&mut self, text: &str) {
        self.out.push('\n');
        let text = fitted(text, self.width - 4);
        let rule = "─".repeat(self.width - text.width() - 1);
        self.line(&format!("{} {}", self.painted(Ink::Bold, &text), self.painted(Ink::Dim, &rule)));
    }

    fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, self.width) {
            self.line(&line);
        }
    }

    fn list_item(&mut self, mark: &str, ink: Ink, text: &str) {
        for (row, line) in wrapped(text, self.width - 4).into_iter().enumerate() {
            // A quote keeps its bar on every line.
            let mark = if row == 0 || mark == "│" { mark } else { " " };
            self.line(&format!("  {} {line}", self.painted(ink, mark)));
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn painted(&self, ink: Ink, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_owned()
        }
    }
}

fn withheld(dimension: &DimensionView) -> &'static str {
    if dimension.insufficient_evidence { "withheld: insufficient evidence" } else { "withheld" }
}

/// Eighths of a block, so that a bar is exact to an eighth of a column.
fn bar(score: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (score / 100.0 * width as f64 * 8.0).round() as usize;
    let full = "█".repeat(eighths / 8);
    let part = EIGHTHS[eighths % 8];
    let rest = width - eighths / 8 - usize::from(!part.is_empty());
    format!("{full}{part}{}", "░".repeat(rest))
}

/// Without anything that moves the cursor, changes the direction or hides.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        })
        .collect()
}

/// At most `width` columns, the cut marked.
fn fitted(text: &str, width: usize) -> String {
    let text = clean(text);
    if text.width() <= width {
        return text;
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Lines of at most `width` columns; line breaks stay, words longer than a line are cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in clean(paragraph).split_whitespace() {
            for piece in pieces(word, width) {
                let gap = usize::from(!line.is_empty());
                if line.width() + gap + piece.width() > width {
                    lines.push(std::mem::take(&mut line));
                } else if gap > 0 {
                    line.push(' ');
                }
                line.push_str(&piece);
            }
        }
        lines.push(line);
    }
    lines
}

fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in word.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns > width {
            pieces.push(String::new());
            used = 0;
        }
        used += columns;
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut view = sample();
        view.candidate = "漢字 very long name ".repeat(12);
        view.dimensions[0].name = "Ein sehr langer Name für eine einzige Dimension".into();
        view.narrative_summary.push_str(&"x".repeat(300));
        for width in [48, 61, 80, 120] {
            for line in terminal(&view, width, false).lines() {
                assert!(line.width() <= usize::from(width), "{width}: {line}");
            }
        }
        assert_eq!(terminal(&view, 3, false), terminal(&view, 48, false));
        assert_eq!(terminal(&view, 500, false), terminal(&view, 120, false));
    }

    #[test]
    fn it_says_what_counts() {
        let page = terminal(&sample(), 90, false);
        println!("{}", terminal(&sample(), 90, true));
        for words in [
            "Mara Okafor",
            "79.4 / 100",
            "Strong",
            "withheld: insufficient evidence",
            "“I wrote a small simulator",
            "(4:12)",
            "What the AI did not do",
            "82.1 → 79.4",
            "sha256:",
        ] {
            assert!(page.contains(words), "{words}\n{page}");
        }
        assert!(!page.contains('\u{1b}'));
    }

    #[test]
    fn words_cannot_steer_the_terminal() {
        let mut view = sample();
        view.candidate = "Eve\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}\r\nx".into();
        view.dimensions[0].quotes[0].text = "a\u{1b}[31mb\u{9b}31mc".into();
        let page = terminal(&view, 80, false);
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()));
        assert!(!page.contains('\u{202e}'));
        let coloured = terminal(&view, 80, true);
        assert!(!coloured.contains("\u{1b}]0") && !coloured.contains("\u{1b}[2J"));
    }

    #[test]
    fn bars_are_exact() {
        assert_eq!(bar(0.0, 8), "░░░░░░░░");
        assert_eq!(bar(100.0, 8), "████████");
        assert_eq!(bar(50.0, 8), "████░░░░");
        assert_eq!(bar(53.125, 4), "██▏░");
    }
}
