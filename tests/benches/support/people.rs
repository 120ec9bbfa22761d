//! People who use the platform, made over HTTP as everybody is.

use super::Fallible;
use super::wire::{Wire, request};
use serde_json::{Value, json};

const PASSWORD: &str = "lamp-Ferry-93-quince";

/// Somebody signed in, calling from an address of their own.
pub(crate) struct Person {
    pub(crate) token: String,
    pub(crate) address: String,
    email: String,
    pub(crate) id: String,
}

impl Person {
    pub(crate) fn register(wire: &mut Wire, number: usize) -> Fallible<Self> {
        let address = format!("10.{}.{}.{}", number / 65536, number / 256 % 256, number % 256);
        let email = format!("person-{number}@example.org");
        let account =
            json!({ "email": email, "password": PASSWORD, "first_name": "Alex", "last_name": "Marlowe" });
        let made =
            wire.send(&request("POST", "/api/v1/auth/register", None, &address, Some(&account)))?.json()?;
        Ok(Self { token: text(&made["access_token"])?, id: text(&made["user"]["id"])?, address, email })
    }

    pub(crate) fn many(wire: &mut Wire, first: usize, count: usize) -> Fallible<Vec<Self>> {
        (first..first + count).map(|number| Self::register(wire, number)).collect()
    }

    /// A request of this person below `/api/v1`.
    pub(crate) fn asks(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        request(method, &format!("/api/v1{path}"), Some(&self.token), &self.address, body)
    }
    pub(crate) fn login(&self) -> Vec<u8> {
        let form = json!({ "email": self.email, "password": PASSWORD });
        request("POST", "/api/v1/auth/login", None, &self.address, Some(&form))
    }
    pub(crate) fn post(&self, wire: &mut Wire, path: &str, body: &Value) -> Fallible<Value> {
        wire.send(&self.asks("POST", path, Some(body)))?
            .json()
            .map_err(|error| format!("{path}: {error}").into())
    }
    pub(crate) fn get(&self, wire: &mut Wire, path: &str) -> Fallible<Value> {
        wire.send(&self.asks("GET", path, None))?.json().map_err(|error| format!("{path}: {error}").into())
    }

    /// Founds an organisation; gives its id.
    pub(crate) fn found(&self, wire: &mut Wire) -> Fallible<String> {
        let organisation = json!({ "name": format!("Works of {}", self.email), "industry": "manufacturing" });
        text(&self.post(wire, "/organisations", &organisation)?["id"])
    }

    /// Begins a practice interview; gives its id.
    pub(crate) fn practise(&self, wire: &mut Wire) -> Fallible<String> {
        let made = self.post(wire, "/practice-interviews", &json!({ "sample_role_type": "Fabricator" }))?;
        let id = text(&made["id"])?;
        self.post(wire, &format!("/practice-interviews/{id}/start"), &json!({}))?;
        Ok(id)
    }
}

pub(crate) fn text(value: &Value) -> Fallible<String> {
    Ok(value.as_str().ok_or_else(|| format!("no text where one was expected: {value}"))?.to_owned())
}

pub(crate) fn job(title: &str) -> Value {
    json!({
        "title": title,
        "description": "You will work in a small team, explain your work to others and keep learning. We weld and \
                        inspect pressure vessels for the energy industry, mostly one of a kind, and we are proud of it.",
        "department": "Operations",
        "location": "Newcastle NSW",
        "industry": "manufacturing",
        "job_type": "full_time",
        "employment_type": "permanent",
        "work_type": "onsite",
        "experience_level": "mid",
        "salary_min": 80_000,
        "salary_max": 105_000,
        "salary_currency": "AUD",
        "requirements": {
            "skills": ["MIG welding", "reading technical drawings", "quality inspection"],
            "experience": ["3 years in fabrication"],
            "qualifications": ["Certificate III in Engineering"],
            "responsibilities": ["weld and inspect assemblies"],
            "interview_questions": ["Tell me about a weld that failed inspection."],
        },
        "positions_available": 1,
        "deadline": "2099-12-31",
    })
}

pub(crate) fn candidate(number: usize) -> Value {
    json!({
        "email": format!("candidate-{number}@example.org"),
        "first_name": "Kim",
        "last_name": "Marlowe",
        "current_title": "Fabricator",
        "years_experience": 6,
        "source": "other",
    })
}

pub(crate) fn application(job: &Value, candidate: &Value) -> Value {
    json!({
        "job_id": job["id"],
        "candidate_id": candidate["id"],
        "source": "direct",
        "cover_letter": "I have welded pressure vessels for six years.",
        "salary_expectation": 95_000,
        "availability": "4 weeks",
    })
}
