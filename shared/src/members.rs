//! Changing who belongs to an organisation and as what, so that somebody always runs it (spec 10 §6).

use crate::auth::Role;
use crate::context::Context;
use crate::docs::{At, Listing};
use crate::domain::admin_departures::AdminDepartures;
use crate::domain::membership::{Membership, MembershipStatus};
use crate::domain::organisation::OrganisationId;
use crate::domain::team::Team;
use crate::domain::user::{User, UserId};
use crate::error::{Code, Error, Result};
use crate::store::{Filter, StoreError, Tenant};

/// Times a commit is tried again when somebody else wrote in between.
const TRIES: u32 = 8;

impl Context {
    /// Changes a member. A change after which nobody runs the organisation for good is 409 `last_admin`, also when two
    /// such changes meet. The member's rights count anew at once.
    pub async fn change_member(
        &self,
        at: &At,
        id: UserId,
        if_match: Option<&str>,
        action: &'static str,
        change: impl Fn(&mut Membership) -> Result<()>,
    ) -> Result<Membership> {
        let now = self.now();
        let stored = self.docs::<Membership>(at).get(id).await?;
        let mut after = (*stored).clone();
        change(&mut after)?;
        let leaves = stored.is_lasting_admin(now) && !after.is_lasting_admin(now);
        if leaves {
            self.note_departure(at, id).await?;
        }
        let changed = self
            .docs::<Membership>(at)
            .update(id, id, if_match, |member, work| {
                let ran = member.is_lasting_admin(now);
                change(member)?;
                if ran && !member.is_lasting_admin(now) && !leaves {
                    return Err(Error::conflict("The member has just been changed. Please try again."));
                }
                work.action(action);
                Ok(())
            })
            .await?;
        self.sign_in().forget(&id.to_string());
        Ok(changed)
    }

    /// Takes a member out of the organisation and its teams. The account stays: it is the person's.
    pub async fn remove_member(&self, at: &At, id: UserId, if_match: Option<&str>) -> Result<()> {
        let organisation = organisation(at)?;
        let listed = |member| Listing::newest().filter(Filter::Has(member, id.to_string()));
        let mut teams = self.docs::<Team>(at).all(listed("member_ids")).await?;
        teams.extend(self.docs::<Team>(at).all(listed("manager_ids")).await?);
        self.change_member(at, id, if_match, "delete", |member| {
            member.team_ids.clear();
            member.meta.is_active = false;
            Ok(())
        })
        .await?;
        for team in teams {
            self.docs::<Team>(at)
                .update(team.id, team.id, None, |team, _| {
                    team.fields.member_ids.retain(|member| *member != id);
                    team.fields.manager_ids.retain(|member| *member != id);
                    Ok(())
                })
                .await?;
        }
        let person = at.within(Tenant::person(&id.to_string()));
        self.docs::<User>(&person)
            .update(id, id, None, |user, _| {
                user.left(organisation);
                Ok(())
            })
            .await?;
        self.sign_in().forget(&id.to_string());
        Ok(())
    }

    /// Those who run the organisation are read after the note that is about to change: whoever leaves at the same
    /// moment either stands in it, or has changed it and this starts again.
    async fn note_departure(&self, at: &At, id: UserId) -> Result<()> {
        let organisation = organisation(at)?;
        let now = self.now();
        for _ in 0..TRIES {
            let stored = self.docs::<AdminDepartures>(at).find(organisation).await?;
            let mut departures = match &stored {
                Some(stored) => (**stored).clone(),
                None => AdminDepartures::new(organisation, now),
            };
            departures.note(id, now);
            let admins = Listing::newest()
                .filter(Filter::Has("role_names", Role::OrgAdmin.as_str().to_owned()))
                .eq("status", MembershipStatus::Active);
            let admins = self.docs::<Membership>(at).all(admins).await?;
            if !admins.iter().any(|admin| admin.is_lasting_admin(now) && !departures.names(admin.id)) {
                return Err(Error::new(
                    Code::LastAdmin,
                    "Somebody must run the organisation: make another administrator first.",
                ));
            }
            let mut work = self.work(at, organisation);
            match &stored {
                Some(stored) => work.update(stored, departures)?,
                None => work.create(departures)?,
            };
            match work.commit().await {
                Ok(()) => return Ok(()),
                Err(StoreError::Precondition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::conflict("Too many changes at once. Please try again."))
    }
}

fn organisation(at: &At) -> Result<OrganisationId> {
    at.tenant.organisation_id().ok_or_else(|| Error::not_found("organisation"))
}
