//! Which backends the platforms of the suites use: the embedded ones, or those of Azure whose emulators `tests/emulators.sh`
//! started.

use shared::config::VARIABLES;

/// Settings of this process that are for the platforms, when `EMULATORS` says so: nobody's real account by accident.
pub(crate) fn settings() -> impl Iterator<Item = (&'static str, String)> {
    #[expect(clippy::disallowed_methods, reason = "the suite itself is configured by the environment")]
    let given = |name: &'static str| std::env::var(name).ok().map(|value| (name, value));
    let emulated = given("EMULATORS").is_some_and(|(_, value)| value == "1");
    let azure = VARIABLES.iter().filter(move |variable| emulated && variable.group == "Azure");
    azure.filter_map(move |variable| given(variable.name))
}
