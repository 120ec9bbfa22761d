//! What an organisation owns, and whether any of it shows where it must not.

use crate::support::actor::Actor;
use crate::support::answer::{Answer, id};
use crate::support::make;
use crate::support::platform::Organisation;
use crate::surface::{self, NOBODYS_ID, Surface};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

/// Stands in every text that belongs to the organisation.
pub(crate) const MARK: &str = "Zanzibarium";

/// Things of one organisation with their addresses.
#[derive(Clone)]
pub(crate) struct Property {
    inner: Arc<Inner>,
}

struct Inner {
    owner: Actor,
    /// Name of the id (`job`, `candidate`, …) and the id.
    ids: Vec<(&'static str, String)>,
}

/// Which id a path parameter means: the first entry whose beginning fits the template.
const PLACES: &[(&str, &str)] = &[
    ("/api/v1/organisations/{id}", "organisation"),
    ("/api/v1/users/{id}", "user"),
    ("/api/v1/teams/{id}", "team"),
    ("/api/v1/security/roles/{id}", "role"),
    ("/api/v1/security/users/{id}", "user"),
    ("/api/v1/jobs/{id}", "job"),
    ("/api/v1/candidates/{id}", "candidate"),
    ("/api/v1/applications/{id}", "application"),
    ("/api/v1/interview/{", "interview"),
    ("/api/v1/interviews/{", "interview"),
    ("/api/v1/scoring/{", "interview"),
    ("/api/v1/invitations/{", "invitation"),
    ("/api/v1/documents/{", "document"),
    ("/api/v1/shortlists/{", "shortlist"),
    ("/api/v1/background-jobs/{", "background_job"),
];

/// What the owner reads before and after.
const READ_AT: &[(&str, &str)] = &[
    ("organisation", "/organisations/"),
    ("user", "/users/"),
    ("role", "/security/roles/"),
    ("job", "/jobs/"),
    ("candidate", "/candidates/"),
    ("application", "/applications/"),
    ("interview", "/interviews/"),
    ("document", "/documents/"),
    ("shortlist", "/shortlists/"),
];

impl Property {
    pub(crate) fn new(owner: Actor, ids: Vec<(&'static str, String)>) -> Self {
        Self { inner: Arc::new(Inner { owner, ids }) }
    }

    fn named(&self, name: &str) -> Option<&str> {
        self.inner.ids.iter().find(|(known, _)| *known == name).map(|(_, id)| id.as_str())
    }
    fn place(template: &str) -> Option<&'static str> {
        PLACES.iter().find(|(start, _)| template.starts_with(start)).map(|(_, name)| *name)
    }

    /// The organisation's id for a path parameter, else one that nobody has.
    pub(crate) fn id(&self, template: &str, parameter: &str) -> String {
        let by_name = parameter.strip_suffix("_id").and_then(|name| self.named(name));
        let id = match parameter {
            "id" => Self::place(template).and_then(|name| self.named(name)),
            _ => by_name.or_else(|| Self::place(template).and_then(|name| self.named(name))),
        };
        id.unwrap_or(NOBODYS_ID).to_owned()
    }
    pub(crate) fn knows(&self, template: &str) -> bool {
        Self::place(template).is_some_and(|name| self.named(name).is_some())
    }

    /// Puts the organisation's ids into a body wherever a member asks for one.
    pub(crate) fn fill(&self, body: &mut Value) {
        match body {
            Value::Object(members) => {
                for (name, value) in members {
                    let known = match name.as_str() {
                        "job_role_id" => self.named("job"),
                        _ => name.strip_suffix("_id").and_then(|name| self.named(name)),
                    };
                    match known {
                        Some(id) if value.is_string() => *value = Value::from(id),
                        _ => self.fill(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            _ => {}
        }
    }

    /// The addresses meant for everybody: what they show of an organisation is public.
    pub(crate) fn is_public(&self, surface: &Surface) -> bool {
        const PUBLIC: &[&str] = &["/api/v1/jobs/open"];
        PUBLIC.contains(&surface.template())
    }

    /// What of the organisation shows in an answer to a stranger.
    pub(crate) fn leak(&self, answer: &Answer) -> Option<String> {
        let mut text = answer.text();
        if let Ok(mut problem) = serde_json::from_slice::<Value>(&answer.body)
            && !answer.status.is_success()
        {
            // It repeats the address that was asked for.
            problem["instance"] = Value::Null;
            text = problem.to_string();
        }
        if text.contains(MARK) {
            return Some(format!("the mark {MARK}"));
        }
        // The stranger may be told of what they sent themselves only by its address.
        self.inner
            .ids
            .iter()
            .find(|(_, id)| text.contains(id.as_str()))
            .map(|(name, _)| format!("the id of its {name}"))
    }

    /// The same once what goes on in the background has ended.
    pub(crate) async fn look_when_quiet(&self) -> Vec<(String, String)> {
        let mut seen = self.look().await;
        for _ in 0..50 {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let again = self.look().await;
            if again == seen {
                break;
            }
            seen = again;
        }
        seen
    }

    /// Everything as its owner reads it now.
    pub(crate) async fn look(&self) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        for (name, start) in READ_AT {
            let template = format!("/api/v1{start}{{id}}");
            let is_served = surface::endpoints()
                .iter()
                .any(|surface| surface.template() == template && surface.method() == Method::GET);
            if let (Some(id), true) = (self.named(name), is_served) {
                let answer = self.inner.owner.get(&format!("{start}{id}")).await;
                assert!(answer.status.is_success(), "{}", answer.story());
                let mut thing = answer.json();
                // A signed link is made anew for each reader.
                thing.as_object_mut().map(|members| members.remove("url"));
                seen.push(((*name).to_owned(), thing.to_string()));
            }
        }
        seen
    }
}

/// Lets an organisation own one of everything.
pub(crate) async fn of(organisation: &Organisation) -> Property {
    let owner = organisation.admin.clone();
    let rita = organisation.recruiter().await;
    let (job, applicant, interview) = organisation.interviewed(&rita, &format!("{MARK} Welder")).await;
    let shortlist = json!({
        "job_role_id": job["id"],
        "candidates": [{ "application_id": applicant.application["id"], "resume_summary": MARK, "skills": [MARK] }],
    });
    rita.post("/shortlist/generate", shortlist).await.ok();
    let path = format!("/shortlists?job_id={}", id(&job));
    let shortlists = rita.get(&path).await.ok();
    let invitations =
        rita.get(&format!("/invitations?application_id={}", id(&applicant.application))).await.ok();
    let candidate = id(&applicant.candidate);
    let file = ("resume.pdf", "application/pdf", make::resume(MARK, applicant.person.email()));
    let uploaded = rita.upload("/resume/upload", file, &[("candidate_id", &candidate)]).await.ok();
    let ids = vec![
        ("organisation", organisation.id.clone()),
        ("user", rita.user_id().to_owned()),
        ("job", id(&job)),
        ("candidate", candidate),
        ("application", id(&applicant.application)),
        ("interview", interview),
        ("shortlist", id(&shortlists["items"][0])),
        ("invitation", id(&invitations["items"][0])),
        ("document", uploaded["document_id"].as_str().expect("an id").to_owned()),
    ];
    Property::new(owner, ids)
}
