use schemars::JsonSchema;
use serde::Serialize;
use shared::candidates::{Reach, Reached};
use shared::domain::candidate::{Candidate, CandidateForPerson, CandidateForStaff};
use shared::http::Tagged;
use shared::{Error, Result};

/// A candidate as the caller may see it.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum CandidateSeen {
    Staff(Box<CandidateForStaff>),
    Person(Box<CandidateForPerson>),
}

pub(crate) fn seen(candidate: Candidate, reach: Reach) -> CandidateSeen {
    match reach {
        Reach::Own => CandidateSeen::Person(Box::new(candidate.candidate_view())),
        Reach::Staff | Reach::Shown => CandidateSeen::Staff(Box::new(candidate.staff_view())),
    }
}

pub(crate) fn tagged(candidate: Candidate, reach: Reach) -> Tagged<CandidateSeen> {
    Tagged { etag: candidate.meta.etag.clone(), value: seen(candidate, reach) }
}

/// A person's profile as staff see it: without what the person withholds.
pub(crate) fn shown(reached: &Reached, organisation: &shared::docs::At) -> Result<Candidate> {
    let organisation = organisation.tenant.organisation_id().ok_or_else(|| Error::not_found("candidate"))?;
    let profile = &reached.candidate;
    let mut copy = profile.for_organisation(organisation, profile.meta.updated_at);
    copy.id = profile.id;
    copy.meta = profile.meta.clone();
    Ok(copy)
}
