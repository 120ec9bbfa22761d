//! Files under `tests/fixtures` that record what people depend on. `UPDATE=1 cargo test -p tests` writes them anew.

use std::path::{Path, PathBuf};

/// The top of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate stands in the repository")
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails with the first lines that differ, unless `UPDATE` is set.
#[track_caller]
pub(crate) fn assert_recorded(path: &Path, now: &str) {
    #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(path, now).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let recorded = std::fs::read_to_string(path).unwrap_or_default();
    if recorded == now {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (recorded.lines().collect(), now.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).take(20).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).take(20).map(|line| format!("+ {line}"));
    let changes: Vec<String> = gone.chain(come).collect();
    panic!(
        "{} is out of date; look at the change, then write it with UPDATE=1:\n{}",
        path.display(),
        changes.join("\n")
    );
}
