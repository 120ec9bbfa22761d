use crate::harness::{Part, Platform};
use crate::pdf::resume;
use serde_json::json;
use shared::auth::Role;
use shared::docs::At;
use shared::domain::document::{File, ScanStatus};
use shared::domain::messages::ParseResumeJob;
use shared::message::Envelope;
use shared::store::Tenant;
use time::Duration;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[tokio::test]
async fn documents_are_told_by_their_content() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    let send = async |kind: &str, name: &str, content: &[u8]| {
        let parts: [Part<'_>; 2] = [("file", Some(name), content), ("document_type", None, kind.as_bytes())];
        platform.form(&jane, "/documents", &parts).await
    };
    let png = send("portfolio", "picture.pdf", PNG).await.expect(201);
    assert_eq!((png.text("mime_type").as_str(), png.text("scan_status").as_str()), ("image/png", "clean"));
    send("other", "notes.txt", b"Just words.").await.expect(201);
    send("other", "a.pdf", b"MZ\x90\0\x03\0\0\0").await.refused(415, "unsupported_media_type");
    send("other", "a.docx", b"PK\x03\x04 no archive").await.refused(415, "unsupported_media_type");
    send("resume", "a.png", PNG).await.refused(415, "unsupported_media_type");
    send("poem", "a.txt", b"Just words.").await.refused(422, "validation_failed");
    send("other", "a.txt", b"").await.refused(422, "validation_failed");
    send("other", "a.txt", &vec![b'a'; 10 * 1024 * 1024 + 1]).await.refused(413, "too_large");
    platform
        .form(&jane, "/documents", &[("document_type", None, b"other")])
        .await
        .refused(422, "validation_failed");
    platform.post(&jane, "/documents", json!({})).await.refused(415, "unsupported_media_type");
    let preview = format!("/documents/{}/preview", png.text("id"));
    assert_eq!(platform.get(&jane, &preview).await.expect(200).text("kind"), "image");
    assert_eq!(platform.get(&jane, "/documents?document_type=portfolio").await.items().len(), 1);
}

#[tokio::test]
async fn a_link_is_good_for_15_minutes_and_for_its_file_only() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    let url = platform.upload(&jane, "cv.pdf", &resume()).await.expect(200).text("url");
    let file = platform.open(&url).await.expect(200);
    assert_eq!(file.bytes, resume());
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"cv.pdf\"; filename*=UTF-8''cv.pdf"
    );
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(file.header("content-security-policy").contains("sandbox"));
    platform.open(&url.replace("/cv.pdf", "/other.pdf")).await.refused(403, "forbidden");
    platform.open(url.split('?').next().unwrap()).await.refused(403, "forbidden");
    platform.wait(Duration::minutes(15));
    platform.open(&url).await.refused(403, "link_expired");
}

#[tokio::test]
async fn no_link_of_an_infected_file_works() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    let uploaded = platform.upload(&jane, "cv.pdf", &resume()).await.expect(200);
    let (url, id) = (uploaded.text("url"), uploaded.text("document_id"));
    let at = At::system(Tenant::person(&jane.id));
    platform
        .ctx
        .docs::<File>(&at)
        .update(&id, &id, None, |file, _| {
            file.scan_status = ScanStatus::Pending;
            file.scanned(ScanStatus::Infected)
        })
        .await
        .unwrap();
    platform.open(&url).await.refused(403, "file_quarantined");
    platform.get(&jane, &format!("/documents/{id}")).await.refused(403, "file_quarantined");
    platform.get(&jane, "/candidates/me/resume").await.refused(403, "file_quarantined");
    let parse = json!({"file_path": uploaded.text("file_path"), "user_id": jane.id});
    platform.post(&jane, "/resume/parse", parse).await.refused(403, "file_quarantined");
    // Uploaded anew it is another file.
    platform.upload(&jane, "cv.pdf", &resume()).await.expect(200);
    platform.get(&jane, "/candidates/me/resume").await.expect(200);
}

#[tokio::test]
async fn a_deleted_document_is_gone_everywhere() {
    let platform = Platform::start();
    let jane = platform.person("Jane").await;
    let uploaded = platform.upload(&jane, "cv.pdf", &resume()).await.expect(200);
    let path = format!("/documents/{}", uploaded.text("document_id"));
    platform.delete(&jane, &path).await.expect(204);
    platform.get(&jane, &path).await.refused(404, "not_found");
    platform.open(&uploaded.text("url")).await.refused(404, "not_found");
    platform.get(&jane, "/candidates/me/resume").await.refused(404, "not_found");
    assert!(platform.get(&jane, "/documents").await.items().is_empty());
    let parse = json!({"file_path": uploaded.text("file_path"), "user_id": jane.id});
    platform.post(&jane, "/resume/parse", parse).await.refused(404, "not_found");

    platform.upload(&jane, "cv.pdf", &resume()).await.expect(200);
    platform.get(&jane, &path).await.expect(200);
    platform.delete(&jane, "/candidates/me/resume").await.expect(204);
    platform.delete(&jane, "/candidates/me/resume").await.refused(404, "not_found");
    platform.get(&jane, &path).await.expect(200);
}

#[tokio::test]
async fn an_uploaded_resume_is_read_in_the_background_once() {
    let platform = Platform::start();
    let acme = platform.organisation().await;
    let rita = platform.staff(acme, Role::Recruiter).await;
    let cara = platform.candidate(&rita, "cara@example.com").await;
    let parts: [Part<'_>; 3] = [
        ("file", Some("cv.pdf"), &resume()),
        ("document_type", None, b"resume"),
        ("candidate_id", None, cara.as_bytes()),
    ];
    let document = platform.form(&rita, "/documents", &parts).await.expect(201).text("id");
    platform.ctx.outbox().settle().await;
    let functions = [parse_resume::function()];
    let consumer = &functions[0].consumers[0];
    assert_eq!(consumer.queue, "resume-parse-jobs");
    let message =
        ParseResumeJob { document_id: document.parse().unwrap(), candidate_id: cara.parse().unwrap() };
    for _ in 0..2 {
        let envelope = Envelope {
            message_id: "m".into(),
            kind: consumer.kind.into(),
            tenant: Tenant::organisation(&acme.to_string()).as_str().into(),
            organisation_id: Some(acme.to_string()),
            entity_id: document.clone(),
            requested_by: None,
            enqueued_at: platform.ctx.now(),
            trace_id: None,
            payload: serde_json::to_value(&message).unwrap(),
        };
        assert!((consumer.run)(platform.ctx.clone(), envelope).await.is_ok());
    }
    let candidate = platform.get(&rita, &format!("/candidates/{cara}")).await.expect(200);
    assert!(candidate.body["skills"].as_array().unwrap().iter().any(|skill| skill["skill_name"] == "Rust"));
    assert_eq!(candidate.text("cv_document_id"), document);
    let found = platform.get(&rita, "/candidates/search?q=rust").await.expect(200);
    assert_eq!(found.items().len(), 1);
}
