//! Candidates, their skills, experience, education and documents.

mod applications;
mod candidate;
mod catalogue;
mod decisions;
mod dei;
mod documents;
mod entries;
mod files;
mod list;
mod merge;
mod resume;
mod search;
mod view;

use shared::auth::Action::{Create, Delete, Read, Update};
use shared::auth::Resource::{Application, Candidate, CandidateDei, Document};
use shared::domain::candidate::{Education, Experience, Skill};
use shared::function::{Access, Endpoint, Function, delete, get, patch, post, put};
use shared::http::{OVERHEAD, RateClass};

/// The declaration.
pub fn function() -> Function {
    Function::new("candidates", "Candidates, their skills, experience, education and documents.")
        .serve(candidates())
        .serve(entries())
        .serve(documents())
}

fn candidates() -> Vec<Endpoint> {
    let (read, update) = (Access::CanOrSubject(Candidate, Read), Access::CanOrSubject(Candidate, Update));
    let dei = Access::CanOrSubject(CandidateDei, Read);
    vec![
        get("/candidates", Access::Can(Candidate, Read), "List candidates", list::list),
        get("/candidates/search", Access::Can(Candidate, Read), "Search candidates", search::search),
        post(
            "/candidates",
            Access::CanOrSubject(Candidate, Create),
            "Create a candidate, or the own profile",
            candidate::create,
        ),
        get("/candidates/{id}", read, "One candidate; `me` is the own profile", candidate::read),
        patch("/candidates/{id}", update, "Change a candidate", candidate::update),
        delete("/candidates/{id}", Access::Can(Candidate, Delete), "Delete a candidate", candidate::remove),
        post(
            "/candidates/{id}/restore",
            Access::Can(Candidate, Delete),
            "Bring a deleted candidate back",
            candidate::restore,
        ),
        post(
            "/candidates/{id}/merge",
            Access::Can(Candidate, Update),
            "Take other records of the same person over",
            merge::merge,
        ),
        post("/candidates/me/pause", Access::SignedIn, "Hide the own profile from search", candidate::pause),
        post("/candidates/me/resume-profile", Access::SignedIn, "Show it again", candidate::resume),
        get(
            "/candidates/me/decisions",
            Access::SignedIn,
            "What an AI contributed to decisions about me",
            decisions::list,
        ),
        get("/candidates/me/dei", dei, "The own demographic answers", dei::read),
        put("/candidates/me/dei", dei, "Give or replace them", dei::replace),
        delete("/candidates/me/dei", dei, "Erase them", dei::erase),
        get(
            "/candidates/{id}/applications",
            Access::CanOrSubject(Application, Read),
            "Applications of a candidate",
            applications::list,
        ),
    ]
}

fn entries() -> Vec<Endpoint> {
    let (read, update) = (Access::CanOrSubject(Candidate, Read), Access::CanOrSubject(Candidate, Update));
    vec![
        get("/skills", Access::SignedIn, "Skills the platform knows", catalogue::list),
        get("/candidates/{id}/skills", read, "Skills of a candidate", entries::list::<Skill>),
        post("/candidates/{id}/skills", update, "Add a skill", entries::add::<Skill>),
        patch("/candidates/{id}/skills/{entry_id}", update, "Change a skill", entries::update_skill),
        delete("/candidates/{id}/skills/{entry_id}", update, "Remove a skill", entries::remove::<Skill>),
        get("/candidates/{id}/experience", read, "Experience of a candidate", entries::list::<Experience>),
        post("/candidates/{id}/experience", update, "Add experience", entries::add::<Experience>),
        patch(
            "/candidates/{id}/experience/{entry_id}",
            update,
            "Change experience",
            entries::update::<Experience>,
        ),
        delete(
            "/candidates/{id}/experience/{entry_id}",
            update,
            "Remove experience",
            entries::remove::<Experience>,
        ),
        get("/candidates/{id}/education", read, "Education of a candidate", entries::list::<Education>),
        post("/candidates/{id}/education", update, "Add education", entries::add::<Education>),
        patch(
            "/candidates/{id}/education/{entry_id}",
            update,
            "Change education",
            entries::update::<Education>,
        ),
        delete(
            "/candidates/{id}/education/{entry_id}",
            update,
            "Remove education",
            entries::remove::<Education>,
        ),
    ]
}

fn documents() -> Vec<Endpoint> {
    let (read, remove) = (Access::CanOrSubject(Document, Read), Access::CanOrSubject(Document, Delete));
    vec![
        get("/candidates/{id}/resume", read, "The current resume and its latest reading", resume::read),
        delete("/candidates/{id}/resume", remove, "Remove the current resume", resume::remove),
        post("/documents", Access::CanOrSubject(Document, Create), "Upload a document", documents::upload)
            .rate(RateClass::Upload)
            .body_limit(shared::files::MOST_BYTES + OVERHEAD),
        get("/documents", read, "List documents", documents::list),
        get("/documents/{id}", read, "A document and a link to it", documents::read),
        get("/documents/{id}/preview", read, "A link for showing it", documents::preview),
        delete("/documents/{id}", remove, "Delete a document", documents::remove),
        get("/files/{*path}", Access::SignedLink, "The file behind a signed link", files::serve).at_root(),
    ]
}
