//! Every move of an application, allowed and refused (spec 50 §5).

use crate::office::{Office, Person};
use serde_json::{Value, json};

const STATUSES: [&str; 9] = [
    "new",
    "reviewing",
    "phone_screen",
    "technical_interview",
    "final_interview",
    "offer",
    "hired",
    "rejected",
    "withdrawn",
];
const STAGES: [(&str, &str); 6] = [
    ("new", "Applied"),
    ("reviewing", "AI Screening"),
    ("phone_screen", "Phone Screen"),
    ("technical_interview", "Technical Interview"),
    ("final_interview", "Final Interview"),
    ("offer", "Offer"),
];

/// Where a status may go: the table, and back to an earlier stage before an offer.
fn allowed(from: &str) -> &'static [&'static str] {
    match from {
        "new" => &["reviewing", "rejected", "withdrawn"],
        "reviewing" => &[
            "new",
            "phone_screen",
            "technical_interview",
            "final_interview",
            "offer",
            "rejected",
            "withdrawn",
        ],
        "phone_screen" => {
            &["new", "reviewing", "technical_interview", "final_interview", "offer", "rejected", "withdrawn"]
        }
        "technical_interview" => {
            &["new", "reviewing", "phone_screen", "final_interview", "offer", "rejected", "withdrawn"]
        }
        "final_interview" => {
            &["new", "reviewing", "phone_screen", "technical_interview", "offer", "rejected", "withdrawn"]
        }
        "offer" => &["hired", "rejected", "withdrawn"],
        "rejected" => &["reviewing (reopened)"],
        _ => &[],
    }
}

/// Tries to bring an application to `to`; gives the answer.
async fn bring(office: &Office, ada: &Person, id: &str, to: &str) -> crate::office::Reply {
    let act = async |verb: &str, body: Value| ada.post(&format!("/applications/{id}/{verb}"), body).await;
    match to {
        "hired" => act("hire", json!({})).await,
        "rejected" => act("reject", json!({ "reason": "no licence" })).await,
        "withdrawn" => act("withdraw", json!({ "reason": "other job" })).await,
        "reviewing (reopened)" => act("reopen", json!({ "reason": "mistake" })).await,
        _ => {
            let (_, name) = STAGES.iter().find(|(status, _)| *status == to).unwrap();
            let stage = office.stage(ada, name).await;
            let body = json!({ "application_id": id, "stage_id": stage });
            ada.post("/pipeline/move-candidate", body).await
        }
    }
}

#[tokio::test]
async fn an_application_moves_as_the_table_says_and_not_otherwise() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job_for(&ada, 100).await;
    for from in STATUSES {
        for to in STATUSES.into_iter().chain(["reviewing (reopened)"]).filter(|to| *to != from) {
            let id = office.application(&ada, &job).await;
            let way: &[&str] = match from {
                "new" => &[],
                "hired" => &["reviewing", "offer", "hired"],
                "reviewing" | "rejected" | "withdrawn" => &[from],
                later => &["reviewing", later],
            };
            for step in way {
                bring(&office, &ada, &id, step).await.expect(200);
            }
            let reply = bring(&office, &ada, &id, to).await;
            if allowed(from).contains(&to) {
                let moved = reply.expect(200);
                assert_eq!(moved["status"], to.split(' ').next().unwrap(), "{from} to {to}");
                let visits = moved["stage_history"].as_array().unwrap();
                let open = visits.iter().filter(|visit| visit["exited_at"].is_null()).count();
                let ended = ["hired", "rejected", "withdrawn"].contains(&to);
                assert_eq!(open, usize::from(!ended), "{from} to {to}");
            } else {
                assert_eq!(reply.refused(409, "invalid_transition")["current_status"], from, "to {to}");
                assert_eq!(ada.get(&format!("/applications/{id}")).await.expect(200)["status"], from);
            }
        }
    }
}

#[tokio::test]
async fn advancing_walks_the_stages_to_the_last_one() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let id = office.application(&ada, &office.job(&ada).await).await;
    for (status, _) in &STAGES[1..] {
        let moved = ada
            .post(&format!("/applications/{id}/advance-stage"), json!({ "notes": "fine" }))
            .await
            .expect(200);
        assert_eq!(moved["status"], *status);
        let last = moved["stage_history"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["moved_by"], &last["notes"]), (&json!(ada.id), &json!("fine")));
    }
    ada.post(&format!("/applications/{id}/advance-stage"), json!({}))
        .await
        .refused(409, "invalid_transition");
    let unknown = json!({ "application_id": id, "stage_id": office.organisation });
    ada.post("/pipeline/move-candidate", unknown).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_default_stages_stand_in_their_order_and_one_in_use_stays() {
    let office = Office::open().await;
    let ada = office.admin().await;
    let job = office.job(&ada).await;
    office.application(&ada, &job).await;
    let stages = ada.get("/pipeline/stages").await.expect(200);
    let names: Vec<_> = STAGES.iter().map(|(_, name)| json!(name)).collect();
    assert_eq!(crate::office::each(&stages, "name"), names);
    let put = async |stages: Value| ada.change(reqwest::Method::PUT, "/pipeline/stages", stages).await;
    let all = stages["items"].as_array().unwrap().clone();
    let mut first_is_new = all.clone();
    first_is_new[0].as_object_mut().unwrap().remove("id");
    put(json!(first_is_new)).await.refused(409, "stage_in_use");
    let mut same_order = all.clone();
    same_order[1]["stage_order"] = 1.into();
    put(json!(same_order)).await.refused(422, "validation_failed");
    put(json!([])).await.refused(422, "validation_failed");
    let mut shorter = all.clone();
    shorter.remove(2);
    for (stage, order) in shorter.iter_mut().zip(1..) {
        stage["stage_order"] = order.into();
    }
    assert_eq!(crate::office::each(&put(json!(shorter)).await.expect(200), "id").len(), 5);
    let overview = ada.get(&format!("/pipeline/overview?job_id={job}")).await.expect(200);
    assert_eq!(overview["stages"][0]["count"], 1);
    assert_eq!(overview["stages"][1]["count"], 0);
    let figures = ada.get("/pipeline/analytics").await.expect(200);
    assert_eq!(figures["stages"][0]["entered"], 1);
}
