//! What lies in the data directory, looked at as somebody would who got hold of a copy.

use crate::support::answer::id;
use crate::support::make;
use crate::support::platform::Platform;
use serde_json::json;

/// Whether the bytes of the database or its log hold this text.
fn stored(platform: &Platform, text: &str) -> bool {
    let files = std::fs::read_dir(platform.data()).expect("the data directory");
    let files = files.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let mut databases = files.filter(|path| path.to_string_lossy().contains("talenti.db"));
    databases.any(|path| {
        let bytes = std::fs::read(path).expect("a readable file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn telephone_numbers_and_demographic_answers_are_stored_encrypted() {
    let platform = Platform::start_with(&[("LOG_LEVEL", "error")]).await;
    let acme = platform.organisation("Acme").await;
    let (ada, cora) = (&acme.admin, platform.person("Cora").await);
    let body = make::candidate_at("Cora", cora.email());
    let with_key = ada.with("idempotency-key", "cora-once");
    let candidate = with_key.post("/candidates", body.clone()).await.created();
    let again = with_key.post("/candidates", body.clone()).await.created();
    assert_eq!(again, candidate);
    let answers = json!({ "gender": "woman-in-welding", "ethnicity": "Wiradjuri and Irish" });
    cora.put("/candidates/me/dei", answers.clone()).await.ok();
    let resume = make::resume("Cora Marlowe", cora.email());
    let uploaded = cora.upload("/resume/upload", ("cv.pdf", "application/pdf", resume), &[]).await.ok();
    let parse = json!({ "file_path": uploaded["file_path"], "user_id": cora.user_id(), "apply": true });
    let parsed = cora.post("/resume/parse", parse).await.ok();

    let phone = body["phone"].as_str().expect("a number");
    assert_eq!(parsed["personal_info"]["phone"], phone);
    let read = ada.get(&format!("/candidates/{}", id(&candidate))).await.ok();
    assert_eq!(read["phone"], phone);
    assert_eq!(cora.get("/candidates/me/dei").await.ok()["gender"], answers["gender"]);
    assert_eq!(cora.get("/candidates/me/resume").await.ok()["parse"]["parsed_data"], parsed);

    assert!(stored(&platform, "Mayfield"), "other members are there to be searched");
    for secret in [phone, "woman-in-welding", "Wiradjuri"] {
        assert!(!stored(&platform, secret), "{secret} is there for everybody to read");
    }
}
