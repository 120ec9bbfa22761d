//! Own and team scope, decided in one place (spec 10 §4). What a caller may do at all is in their roles; which pieces of
//! work it reaches follows from the people a piece belongs to and from the job it is about.

use crate::auth::{self, Action, Resource, Scope};
use crate::context::Context;
use crate::docs::{At, Document, Listing};
use crate::domain::application::Application;
use crate::domain::candidate::Candidate;
use crate::domain::interview::Interview;
use crate::domain::invitation::Invitation;
use crate::domain::job::{Job, JobId};
use crate::domain::shortlist::Shortlist;
use crate::domain::team::Team;
use crate::error::{Error, Result};
use crate::http::Caller;
use crate::store::Filter;
use serde_json::Value;

/// Jobs a narrowed list looks at, at most; nobody is assigned to more at once.
const MOST_JOBS: usize = 1000;

/// A piece of work that scope can be asked of.
pub trait Belongs: Document {
    /// User ids to whom it is own work.
    fn people(&self) -> Vec<String>;
    /// The job it is about, when it is about one.
    fn job(&self) -> Option<JobId>;
    /// Member that holds the job's id, for lists; `None` when lists cannot be narrowed by job.
    const JOB_FIELD: Option<&'static str>;
}

impl Belongs for Job {
    const JOB_FIELD: Option<&'static str> = None;
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        None
    }
}

impl Belongs for Application {
    const JOB_FIELD: Option<&'static str> = Some("job_id");
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        Some(self.job_id)
    }
}

impl Belongs for Interview {
    const JOB_FIELD: Option<&'static str> = Some("job_id");
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        Some(self.job_id)
    }
}

impl Belongs for Candidate {
    const JOB_FIELD: Option<&'static str> = None;
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        None
    }
}

impl Belongs for Shortlist {
    const JOB_FIELD: Option<&'static str> = Some("job_id");
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        Some(self.job_id)
    }
}

impl Belongs for Invitation {
    const JOB_FIELD: Option<&'static str> = Some("job_id");
    fn people(&self) -> Vec<String> {
        self.owner_ids.clone()
    }
    fn job(&self) -> Option<JobId> {
        self.job_id
    }
}

impl Context {
    /// Refuses with 403 without the right at all, with 404 when the right does not reach this piece of work.
    pub async fn admit<T: Belongs>(
        &self,
        caller: &Caller,
        at: &At,
        resource: Resource,
        action: Action,
        document: &T,
    ) -> Result<()> {
        let scope = caller.needs(resource, action)?;
        if caller.has_right_on(resource, action, &document.id())
            || self.reaches(caller, at, scope, &document.people(), document.job()).await?
        {
            Ok(())
        } else {
            Err(Error::not_found(T::NAME))
        }
    }

    /// Whether a scope reaches work of these people and this job.
    pub async fn reaches(
        &self,
        caller: &auth::Caller,
        at: &At,
        scope: Scope,
        people: &[String],
        job: Option<JobId>,
    ) -> Result<bool> {
        if scope == Scope::All || people.contains(&caller.user_id) {
            return Ok(true);
        }
        let colleagues = self.colleagues(caller, at, scope).await?;
        if people.iter().any(|person| colleagues.contains(person)) {
            return Ok(true);
        }
        let Some(job) = job else { return Ok(false) };
        let Some(job) = self.docs::<Job>(at).find(job).await? else { return Ok(false) };
        let by_team = scope == Scope::Team
            && job.fields.team_id.is_some_and(|team| teams(caller).contains(&team.to_string()));
        Ok(by_team
            || job.owner_ids.iter().any(|owner| *owner == caller.user_id || colleagues.contains(owner)))
    }

    /// The filter that narrows a list to what the caller's right reaches; `None` when it reaches everything.
    pub async fn narrowed<T: Belongs>(
        &self,
        caller: &Caller,
        at: &At,
        resource: Resource,
        action: Action,
    ) -> Result<Option<Filter>> {
        let scope = caller.needs(resource, action)?;
        if scope == Scope::All {
            return Ok(None);
        }
        let mut people = self.colleagues(caller, at, scope).await?;
        people.push(caller.user_id.clone());
        let mut any: Vec<Filter> =
            people.iter().map(|person| Filter::Has("owner_ids", person.clone())).collect();
        let by_team = (scope == Scope::Team).then(|| teams(caller)).filter(|teams| !teams.is_empty());
        if let Some(field) = T::JOB_FIELD {
            let jobs = self.jobs_of(at, &people, by_team.unwrap_or_default()).await?;
            any.push(Filter::In(field, jobs));
        } else if let (Some(teams), true) = (by_team, T::FIELDS.contains(&"team_id")) {
            any.push(Filter::In("team_id", teams.into_iter().map(Value::from).collect()));
        }
        Ok(Some(Filter::Any(any)))
    }

    async fn jobs_of(&self, at: &At, people: &[String], teams: Vec<String>) -> Result<Vec<Value>> {
        let mut any: Vec<Filter> =
            people.iter().map(|person| Filter::Has("owner_ids", person.clone())).collect();
        if !teams.is_empty() {
            any.push(Filter::In("team_id", teams.into_iter().map(Value::from).collect()));
        }
        let jobs = self.docs::<Job>(at).all(Listing::newest().filter(Filter::Any(any))).await?;
        Ok(jobs.iter().take(MOST_JOBS).map(|job| Value::from(job.id.to_string())).collect())
    }

    /// Members of the teams the caller manages; only team scope has any.
    async fn colleagues(&self, caller: &auth::Caller, at: &At, scope: Scope) -> Result<Vec<String>> {
        if scope != Scope::Team || caller.managed_team_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut people = Vec::new();
        for id in &caller.managed_team_ids {
            if let Some(team) = self.docs::<Team>(at).find(id).await? {
                people.extend(team.fields.member_ids.iter().map(ToString::to_string));
            }
        }
        people.sort_unstable();
        people.dedup();
        Ok(people)
    }
}

fn teams(caller: &auth::Caller) -> Vec<String> {
    caller.team_ids.iter().chain(&caller.managed_team_ids).cloned().collect()
}
