//! The table of results.

use std::io::Write as _;
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) measured: String,
    pub(crate) yardstick: String,
    pub(crate) ratio: Option<f64>,
    pub(crate) target: &'static str,
    pub(crate) met: bool,
}

impl Table {
    /// Shown at once, and again in the table at the end.
    pub(crate) fn add(&mut self, row: Row) {
        say(&format!("  {:<52} {:>16}\n", row.name, row.measured));
        self.rows.push(row);
    }

    pub(crate) fn print(&self) {
        let wide = |pick: fn(&Row) -> &str, title: &str| {
            self.rows.iter().map(pick).map(str::len).max().unwrap_or(0).max(title.len())
        };
        let (name, measured) = (wide(|row| &row.name, "What"), wide(|row| &row.measured, "Measured"));
        let (yardstick, target) = (wide(|row| &row.yardstick, "Yardstick"), wide(|row| row.target, "Target"));
        let line = |what: &str, value: &str, stick: &str, ratio: &str, goal: &str, verdict: &str| {
            say(&format!(
                "{what:<name$}  {value:>measured$}  {stick:>yardstick$}  {ratio:>6}  {goal:<target$}  {verdict}\n"
            ));
        };
        say("\n");
        line("What", "Measured", "Yardstick", "Ratio", "Target", "");
        for row in &self.rows {
            let ratio = row.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            line(
                &row.name,
                &row.measured,
                &row.yardstick,
                &ratio,
                row.target,
                if row.met { "ok" } else { "MISS" },
            );
        }
        let missed = self.rows.iter().filter(|row| !row.met).count();
        say(&format!("\n{} of {} targets met\n", self.rows.len() - missed, self.rows.len()));
    }
}

pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

pub(crate) fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}

pub(crate) fn ratio(measured: Duration, yardstick: Duration) -> f64 {
    measured.as_secs_f64() / yardstick.as_secs_f64()
}

/// The value that `share` of the others do not exceed; sorts them.
pub(crate) fn percentile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

pub(crate) fn median(values: &mut [Duration]) -> Duration {
    percentile(values, 0.5)
}
