//! `talenti demo`, as a newcomer runs it: what it prints in the end can be opened, or pasted.

use crate::support::handler::{Process, binary, client};
use serde_json::Value;
use std::time::{Duration, Instant};

const TOLD_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_it_prints_opens_in_a_browser_or_signs_in() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let data = folder.path().join("data");
    let settings = [("PORT", "0")];
    let demo = Process::start_command(&binary("talenti"), &["demo"], folder.path(), &data, &settings);
    let started = Instant::now();
    while !demo.log().contains("/auth/login\n") {
        assert!(started.elapsed() < TOLD_WITHIN, "{}", demo.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = demo.log();
    let words = || log.split_whitespace().map(|word| word.trim_end_matches(','));
    let (mut login, mut opened) = ("", 0);
    for address in words().filter(|word| word.starts_with("http://")) {
        if address.ends_with("/auth/login") {
            login = address;
            continue;
        }
        let status = client().get(address).send().await.expect("an answer").status();
        assert!(status.is_success() || status.is_redirection(), "{address}: {status}");
        opened += 1;
    }
    assert!(opened > 3, "{log}");
    let report = words().find_map(|word| word.strip_prefix("file://")).expect("the report");
    assert!(std::fs::read_to_string(report).expect("a file").contains("<html"));

    let account = log.split('\'').find(|part| part.starts_with('{')).expect("an account");
    let request = client().post(login).header("content-type", "application/json").body(account.to_owned());
    let signed_in = request.send().await.expect("an answer").json::<Value>().await.expect("JSON");
    let token = signed_in["access_token"].as_str().expect("a token");
    let (base, _) = login.split_once("/auth").expect("an address of the interface");
    for (what, path) in [("The job is ", "jobs"), ("its interview ", "interviews")] {
        let id = log.rsplit_once(what).expect("an id").1.split([',', '.']).next().unwrap_or_default();
        let read = client().get(format!("{base}/{path}/{id}")).bearer_auth(token).send().await;
        assert_eq!(read.expect("an answer").status(), 200, "{path}/{id}");
    }
}
