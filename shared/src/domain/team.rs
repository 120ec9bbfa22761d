//! People who share work; what the scope `team` means (spec 10 §2, §4).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::text;
use crate::domain::user::UserId;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type TeamId = Id<Team>;

/// Its own aggregate root. The name is held by a claim (case-blind) within the organisation.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Team {
    pub id: TeamId,
    #[serde(flatten)]
    pub fields: TeamFields,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { Team, "team", "team", root: id, fields: ["name", "is_active"], arrays: ["manager_ids", "member_ids"], audit: values }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct TeamFields {
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub name: String,
    #[serde(default)]
    #[garde(length(max = 50))]
    pub manager_ids: Vec<UserId>,
    #[serde(default)]
    #[garde(length(max = 500))]
    pub member_ids: Vec<UserId>,
}

impl Team {
    pub fn new(
        organisation: OrganisationId,
        fields: TeamFields,
        now: Timestamp,
        created_by: Option<String>,
    ) -> Self {
        let mut team =
            Self { id: TeamId::new(), fields, meta: Meta::new(Some(organisation), now, created_by) };
        team.tidy();
        team
    }

    pub fn set_fields(&mut self, fields: TeamFields) {
        self.fields = fields;
        self.tidy();
    }

    /// What the name is claimed under.
    pub fn name_key(&self) -> String {
        text::fold(&self.fields.name)
    }

    fn tidy(&mut self) {
        for ids in [&mut self.fields.manager_ids, &mut self.fields.member_ids] {
            ids.sort_unstable();
            ids.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_in_a_team_twice() {
        let user = UserId::new();
        let fields =
            TeamFields { name: " North  Shore ".into(), manager_ids: vec![user, user], member_ids: vec![] };
        let team = Team::new(OrganisationId::new(), fields, Timestamp::from_unix(0), None);
        assert_eq!(team.fields.manager_ids, [user]);
        assert_eq!(team.name_key(), "north shore");
    }
}
