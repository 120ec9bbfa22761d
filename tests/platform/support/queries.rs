//! Every query the platform makes is listed in `fixtures/queries.txt` and reviewed as text: what it costs is decided there.
//! A platform that asked for something else fails its test; `UPDATE=1` adds it.

use super::snapshot::{fixture, read};
use shared::store::SHAPES;
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

struct Seen {
    reviewed: BTreeSet<String>,
    new: BTreeSet<String>,
}

fn seen() -> std::sync::MutexGuard<'static, Seen> {
    static SEEN: OnceLock<Mutex<Seen>> = OnceLock::new();
    let seen = SEEN.get_or_init(|| {
        let reviewed = read(&fixture("queries.txt")).lines().map(str::to_owned).collect();
        Mutex::new(Seen { reviewed, new: BTreeSet::new() })
    });
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on in this process.
pub(crate) fn watch() {
    static WATCHING: OnceLock<()> = OnceLock::new();
    WATCHING.get_or_init(|| tracing::subscriber::set_global_default(Watcher).expect("nobody else listens"));
}

/// Fails when something was asked that nobody reviewed.
pub(crate) fn check() {
    let mut seen = seen();
    if seen.new.is_empty() {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        let mut new = std::mem::take(&mut seen.new);
        seen.reviewed.append(&mut new);
        let lines: Vec<_> = seen.reviewed.iter().map(String::as_str).collect();
        std::fs::write(fixture("queries.txt"), format!("{}\n", lines.join("\n")))
            .expect("the fixture is written");
        return;
    }
    let new: Vec<_> = seen.new.iter().map(String::as_str).collect();
    panic!("queries nobody reviewed (UPDATE=1 adds them to fixtures/queries.txt):\n{}", new.join("\n"));
}

struct Watcher;

impl Subscriber for Watcher {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == SHAPES
    }
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Shape);
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Shape;

impl Visit for Shape {
    fn record_str(&mut self, field: &Field, value: &str) {
        let mut seen = seen();
        if field.name() == "shape" && !seen.reviewed.contains(value) {
            seen.new.insert(value.to_owned());
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
