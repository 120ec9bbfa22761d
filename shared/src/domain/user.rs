//! A person with a way to sign in (spec 10 §2).

use crate::clock::{Day, Timestamp};
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::text;
use crate::ids::Id;
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub type UserId = Id<User>;

/// Its own aggregate root, in the person's tenant. The password stands in [`super::credential`]; e-mail and identities
/// are held by claims on the platform. `is_active` false: no sign-in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    #[serde(flatten)]
    pub fields: UserFields,
    /// Lower case, unique over the platform.
    pub email: String,
    pub auth_identities: Vec<AuthIdentity>,
    /// Platform staff; set by the operator only.
    #[serde(default)]
    pub is_super_admin: bool,
    /// Where the user is or was a member; the memberships themselves decide.
    #[serde(default)]
    pub organisation_ids: Vec<OrganisationId>,
    pub last_login_at: Option<Timestamp>,
    /// Days in a row with activity, the last of them included.
    #[serde(default)]
    pub streak_days: u32,
    pub streak_last_on: Option<Day>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { User, "user", "user", root: id, fields: [], arrays: [], audit: masked ["email", "first_name", "last_name", "auth_identities"] }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UserFields {
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub first_name: String,
    #[garde(length(chars, min = 1, max = 100), custom(text::line))]
    pub last_name: String,
    #[serde(default)]
    #[garde(length(chars, max = 100))]
    pub department: Option<String>,
}

/// A sign-in elsewhere; (mode, subject) is unique over the platform.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthIdentity {
    /// `supabase`, `clerk` or `oidc`.
    pub mode: String,
    pub subject: String,
}

impl User {
    /// `email` is folded to lower case here.
    pub fn new(fields: UserFields, email: &str, now: Timestamp, created_by: Option<String>) -> Self {
        Self {
            id: UserId::new(),
            fields,
            email: text::fold_email(email),
            auth_identities: Vec::new(),
            is_super_admin: false,
            organisation_ids: Vec::new(),
            last_login_at: None,
            streak_days: 0,
            streak_last_on: None,
            meta: Meta::new(None, now, created_by),
        }
    }

    pub fn display_name(&self) -> String {
        format!("{} {}", self.fields.first_name, self.fields.last_name).trim().to_owned()
    }

    pub fn signed_in(&mut self, now: Timestamp) {
        self.last_login_at = Some(now);
        self.active_on(Day::of(now));
    }

    /// Counts a day with activity (spec 10 §2): the day after the last one goes on, a gap starts again at 1.
    pub fn active_on(&mut self, day: Day) {
        match self.streak_last_on {
            Some(last) if last >= day => return,
            Some(last) if last.date().next_day() == Some(day.date()) => self.streak_days += 1,
            _ => self.streak_days = 1,
        }
        self.streak_last_on = Some(day);
    }

    pub fn joined(&mut self, organisation: OrganisationId) {
        if !self.organisation_ids.contains(&organisation) {
            self.organisation_ids.push(organisation);
        }
    }

    pub fn left(&mut self, organisation: OrganisationId) {
        self.organisation_ids.retain(|id| *id != organisation);
    }
}

/// Whether a text is an e-mail address a user may have.
pub fn is_email(text: &str) -> bool {
    text::email(text, &()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn rita() -> User {
        let fields = serde_json::from_str(r#"{"first_name":"Rita","last_name":"Ng"}"#).unwrap();
        User::new(fields, " Rita@Example.COM ", Timestamp::from_unix(0), None)
    }

    #[test]
    fn the_address_is_kept_in_lower_case() {
        assert_eq!(rita().email, "rita@example.com");
    }

    #[test]
    fn days_in_a_row_are_counted_once_each() {
        let mut rita = rita();
        for (second, streak) in
            [(0, 1), (60, 1), (DAY, 2), (2 * DAY + 5, 3), (4 * DAY, 1), (3 * DAY, 1), (5 * DAY, 2)]
        {
            rita.signed_in(Timestamp::from_unix(second));
            assert_eq!(rita.streak_days, streak, "second {second}");
        }
    }

    #[test]
    fn the_stored_form_holds_no_password() {
        let body = serde_json::to_value(rita()).unwrap();
        assert!(
            body.as_object().unwrap().keys().all(|name| !name.contains("password") && !name.contains("hash"))
        );
    }
}
