//! Who reaches an interview: its candidate through the link in their own tenant, staff through role and scope. What a person
//! reaches of their applications. How a published job is found from outside its organisation.

use crate::auth::{Action, Resource};
use crate::context::Context;
use crate::docs::{At, Listing, PageSize, Stored};
use crate::domain::application::{Application, ApplicationForCandidate};
use crate::domain::interview::{Interview, InterviewId};
use crate::domain::job::JobId;
use crate::domain::organisation::OrganisationId;
use crate::domain::person_link::{LinkKind, PersonLink};
use crate::domain::pipeline::Pipeline;
use crate::domain::published_job::PublishedJob;
use crate::error::{Error, Result};
use crate::http::{Caller, Page};
use crate::store::Tenant;

/// An interview, where it stands, and on which side of the table the caller sits.
pub struct Reached {
    pub at: At,
    pub interview: Stored<Interview>,
    pub is_candidate: bool,
}

impl Context {
    /// Whose a published job is, for people outside the organisation.
    pub async fn holder_of(&self, job: JobId) -> Result<Option<OrganisationId>> {
        let platform = At::system(Tenant::platform());
        Ok(self.docs::<PublishedJob>(&platform).find(job).await?.map(|job| job.holder_id))
    }

    /// The caller's own interview as its candidate; `None` when it is not theirs.
    pub async fn own_interview(
        &self,
        caller: &Caller,
        id: InterviewId,
    ) -> Result<Option<(At, Stored<Interview>)>> {
        let person = caller.person();
        let Some(link) = self.docs::<PersonLink>(&person).find_in(&caller.user_id, id).await? else {
            return Ok(None);
        };
        if link.interview_id != Some(id) {
            return Ok(None);
        }
        let at = caller.within(link.tenant());
        let found = self.docs::<Interview>(&at).find(id).await?;
        Ok(found.map(|interview| (at, interview)))
    }

    /// The caller's own applications, with whatever organisation, in the candidate's view; page by page of their links, so
    /// that a page has fewer entries when some are not wanted.
    pub async fn own_applications(
        &self,
        caller: &Caller,
        size: PageSize,
        cursor: Option<String>,
        wanted: impl Fn(&Application) -> bool,
    ) -> Result<Page<ApplicationForCandidate>> {
        let links = Listing::newest().within(&caller.user_id).eq("kind", LinkKind::Application);
        let links = self.docs::<PersonLink>(&caller.person()).list(links.asked(size, cursor)).await?;
        let mut items = Vec::with_capacity(links.items.len());
        for link in links.items {
            let at = caller.within(link.tenant());
            let found = self.docs::<Application>(&at).find(link.application_id).await?;
            if let Some(application) = found.filter(|application| wanted(application)) {
                let pipeline = match self.docs::<Pipeline>(&at).find(link.holder_id).await? {
                    Some(pipeline) => pipeline.into_inner(),
                    None => Pipeline::default_of(link.holder_id, self.now(), None),
                };
                items.push(application.candidate_view(&pipeline));
            }
        }
        Ok(Page { items, next_cursor: links.next })
    }

    /// An interview for its candidate, or for staff who hold the right in a scope that reaches it. Everybody else: 404.
    pub async fn reach_interview(
        &self,
        caller: &Caller,
        id: InterviewId,
        resource: Resource,
        action: Action,
    ) -> Result<Reached> {
        if let Some((at, interview)) = self.own_interview(caller, id).await? {
            return Ok(Reached { at, interview, is_candidate: true });
        }
        let unknown = || Error::not_found("interview");
        let at = caller.organisation().map_err(|_| unknown())?;
        let interview = self.docs::<Interview>(&at).find(id).await?.ok_or_else(unknown)?;
        self.admit(caller, &at, resource, action, &*interview).await?;
        Ok(Reached { at, interview, is_candidate: false })
    }
}
