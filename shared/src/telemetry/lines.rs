//! Events as JSON, one object a line: time, level, target, the event's members, then the span it happened in. Written
//! straight into the line's buffer, because every request leaves one.

use crate::clock::Clock;
use std::fmt::{self, Debug, Write as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes events.
pub(super) struct Lines {
    pub(super) clock: Clock,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        write!(out, r#"{{"timestamp":"{}","level":""#, self.clock.now())?;
        out.write_str(about.level().as_str())?;
        out.write_str(r#"","target":""#)?;
        out.write_str(about.target())?;
        out.write_char('"')?;
        context.format_fields(out.by_ref(), event)?;
        let span = event.parent().and_then(|id| context.span(id)).or_else(|| context.lookup_current());
        if let Some(span) = span {
            out.write_str(r#","span":{"name":""#)?;
            out.write_str(span.name())?;
            out.write_char('"')?;
            if let Some(members) = span.extensions().get::<FormattedFields<N>>() {
                out.write_str(members)?;
            }
            out.write_char('}')?;
        }
        out.write_str("}\n")
    }
}

/// Writes the members of events and spans, each as `,"name":value`.
pub(super) struct Members;

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(&self, out: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { out, outcome: Ok(()) };
        fields.record(&mut visitor);
        visitor.outcome
    }
}

struct Visitor<'writer> {
    out: Writer<'writer>,
    outcome: fmt::Result,
}

impl Visitor<'_> {
    fn name(&mut self, name: &str) -> fmt::Result {
        self.out.write_str(",\"")?;
        self.out.write_str(name)?;
        self.out.write_str("\":")
    }
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome = self.name(field.name()).and_then(|()| value(&mut self.out));
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |out| write!(out, "{value}"));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |out| write!(out, "{value}"));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |out| write!(out, "{value}"));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no infinity.
        self.member(
            field,
            |out| if value.is_finite() { write!(out, "{value}") } else { out.write_str("null") },
        );
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |out| quoted(out, |text| text.write_str(value)));
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |out| quoted(out, |text| write!(text, "{value:?}")));
    }
}

fn quoted(out: &mut Writer<'_>, write: impl FnOnce(&mut Text<'_, '_>) -> fmt::Result) -> fmt::Result {
    out.write_char('"')?;
    write(&mut Text(out))?;
    out.write_char('"')
}

/// The inside of a JSON string (RFC 8259 §7).
struct Text<'out, 'writer>(&'out mut Writer<'writer>);

impl fmt::Write for Text<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut written = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.0.write_str(&text[written..at])?;
            match byte {
                b'"' | b'\\' => write!(self.0, "\\{}", char::from(byte))?,
                _ => write!(self.0, "\\u{byte:04x}")?,
            }
            written = at + 1;
        }
        self.0.write_str(&text[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_an_object_with_the_members_of_event_and_span() {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Lines { clock: Clock::default() })
            .fmt_fields(Members)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!("request", method = "GET", later = tracing::field::Empty);
            span.record("later", 7);
            let _entered = span.enter();
            let odd = "a \"quote\", a \\ and\na line\u{1}é";
            tracing::info!(odd, ok = true, share = f64::NAN, debug = ?Some("x"), "said {}", 1);
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        let mut line: Value = serde_json::from_str(&text).unwrap();
        assert!(line["timestamp"].take().as_str().unwrap().ends_with('Z'));
        assert_eq!(
            line,
            json!({
                "timestamp": null, "level": "INFO", "target": "shared::telemetry::lines::tests",
                "message": "said 1", "odd": "a \"quote\", a \\ and\na line\u{1}é", "ok": true, "share": null,
                "debug": "Some(\"x\")", "span": { "name": "request", "method": "GET", "later": 7 },
            })
        );
    }
}
