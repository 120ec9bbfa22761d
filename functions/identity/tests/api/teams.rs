use crate::harness::Platform;
use serde_json::json;

#[tokio::test]
async fn members_follow_their_team() {
    let platform = Platform::start();
    let (ada, _) = platform.founder("Acme").await;
    let rita = platform.member(&ada, "Rita", "recruiter").await;
    let sam = platform.member(&ada, "Sam", "recruiter").await;
    let body = json!({"name": "North", "member_ids": [rita.id]});
    let team = platform.post(&ada, "/teams", body.clone()).await.expect(201).text("id");
    platform.post(&ada, "/teams", body).await.refused(409, "duplicate");
    let path = format!("/teams/{team}");
    let in_team = async || {
        let found = platform.get(&ada, &format!("/users?team_id={team}")).await.expect(200);
        found.items().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(in_team().await, [rita.id.as_str()]);
    platform.patch(&ada, &path, json!({"name": "South", "member_ids": [sam.id]})).await.expect(200);
    assert_eq!(in_team().await, [sam.id.as_str()]);
    platform.post(&ada, "/teams", json!({"name": "North"})).await.expect(201);
    platform.post(&ada, "/teams", json!({"name": " south "})).await.refused(409, "duplicate");
    platform.delete(&ada, &format!("/users/{}", sam.id)).await.expect(204);
    assert_eq!(platform.get(&ada, &path).await.expect(200).body["member_ids"], json!([]));
    platform.delete(&ada, &path).await.expect(204);
    platform.get(&ada, &path).await.refused(404, "not_found");
    platform.post(&ada, "/teams", json!({"name": "  "})).await.refused(422, "validation_failed");
}
