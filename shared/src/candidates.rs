//! Which candidate an address means, and whether the caller may reach it (spec 10 §4, 40 §3, §6).

use crate::auth::{Action, Resource};
use crate::context::Context;
use crate::docs::{At, Listing, Stored, Work};
use crate::domain::candidate::{Candidate, CandidateFields, CandidateId};
use crate::domain::person_link::PersonLink;
use crate::domain::user::{User, UserId};
use crate::error::{Error, Result};
use crate::http::{Caller, PathParameters, SchemaOf, schema_of};
use crate::store::Tenant;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::borrow::Cow;

/// `{id}` of a candidate's address: `me` is the signed-in person's own profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateRef {
    Me,
    Id(CandidateId),
}

impl<'de> Deserialize<'de> for CandidateRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match &*Cow::<str>::deserialize(deserializer)? {
            "me" => Ok(Self::Me),
            text => text.parse().map(Self::Id).map_err(|_| D::Error::custom("expected a UUID or me")),
        }
    }
}

impl PathParameters for CandidateRef {
    fn schemas() -> Vec<SchemaOf> {
        vec![schema_of::<String>()]
    }
}

/// A candidate the caller reaches, and where it stands.
pub struct Reached {
    pub at: At,
    pub candidate: Stored<Candidate>,
    pub reach: Reach,
}

/// As whom the caller reaches a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The person whose profile it is.
    Own,
    /// Staff, and the record is their organisation's.
    Staff,
    /// Staff who look at a profile its person shows to them; never to change it.
    Shown,
}

impl Context {
    /// The candidate, when the caller is the person or staff with the right on `resource`. 404 for what may not be seen,
    /// 403 without the right, 410 for what was merged.
    pub async fn candidate(
        &self,
        caller: &Caller,
        which: CandidateRef,
        resource: Resource,
        action: Action,
    ) -> Result<Reached> {
        let own = caller.person();
        let id = match which {
            CandidateRef::Me => caller.user_id.clone(),
            CandidateRef::Id(id) => id.to_string(),
        };
        if id == caller.user_id {
            let candidate = self.docs::<Candidate>(&own).get(&id).await?;
            return Ok(Reached { at: own, candidate, reach: Reach::Own });
        }
        if caller.organisation_id.is_none() {
            return Err(Error::not_found("candidate"));
        }
        let at = caller.organisation()?;
        caller.needs(resource, action)?;
        if let Some(candidate) = self.docs::<Candidate>(&at).find(&id).await? {
            self.admit(caller, &at, resource, action, &*candidate).await?;
            candidate.check_present()?;
            return Ok(Reached { at, candidate, reach: Reach::Staff });
        }
        match self.shown_profile(&at, &id).await? {
            Some(reached) if action == Action::Read => Ok(reached),
            _ => Err(Error::not_found("candidate")),
        }
    }

    /// A person's own profile, when it is shown to the organisation `at` (spec 40 §6).
    async fn shown_profile(&self, at: &At, user: &str) -> Result<Option<Reached>> {
        let person = at.within(Tenant::person(user));
        let Some(candidate) = self.docs::<Candidate>(&person).find(user).await? else { return Ok(None) };
        let applied = async || -> Result<bool> {
            let links = self.docs::<PersonLink>(&person).all(Listing::newest().within(user)).await?;
            Ok(links.iter().any(|link| link.tenant() == at.tenant))
        };
        let shown = candidate.visible_to_organisations(false)
            || candidate.visible_to_organisations(true) && applied().await?;
        Ok(shown.then_some(Reached { at: person, candidate, reach: Reach::Shown }))
    }

    /// Changes a candidate the caller may change.
    pub async fn change_candidate(
        &self,
        caller: &Caller,
        which: CandidateRef,
        if_match: Option<&str>,
        change: impl Fn(&mut Candidate, &mut Work<'_>) -> Result<()>,
    ) -> Result<Candidate> {
        let Reached { at, candidate, .. } =
            self.candidate(caller, which, Resource::Candidate, Action::Update).await?;
        self.docs(&at).update(candidate.id, candidate.id, if_match, change).await
    }

    /// The caller's own profile; the first upload makes one from the account.
    pub async fn own_profile(&self, caller: &Caller) -> Result<Stored<Candidate>> {
        let at = caller.person();
        let docs = self.docs::<Candidate>(&at);
        if let Some(candidate) = docs.find(&caller.user_id).await? {
            return Ok(candidate);
        }
        let user = self.docs::<User>(&at).get(&caller.user_id).await?;
        let fields = CandidateFields::named(&user.email, &user.fields.first_name, &user.fields.last_name);
        let profile = Candidate::person_held(user.id, fields, self.now());
        match docs.create(profile).await {
            Ok(_) => {}
            // Another request was faster.
            Err(error) if error.code() == crate::Code::Conflict => {}
            Err(error) => return Err(error),
        }
        docs.get(&caller.user_id).await
    }
}

/// The caller's id, typed.
pub fn user_id(caller: &Caller) -> Result<UserId> {
    caller.user_id.parse().map_err(Error::internal)
}
