//! Who is about to stop running an organisation. Changing this document is what two such changes at once meet at, so
//! that the last two administrators cannot remove each other (spec 10 §6).

use crate::clock::Timestamp;
use crate::docs::Meta;
use crate::document;
use crate::domain::organisation::OrganisationId;
use crate::domain::user::UserId;
use serde::{Deserialize, Serialize};

/// A departure that was noted this long ago has happened, or broke off.
const LAPSES_AFTER_SECONDS: i64 = 60;

/// Has its organisation's id and stands in its aggregate.
#[derive(Clone, Serialize, Deserialize)]
pub struct AdminDepartures {
    pub id: OrganisationId,
    leaving: Vec<Departure>,
    #[serde(flatten)]
    pub meta: Meta,
}

document! { AdminDepartures, "admin_departures", "administrator", root: id, fields: [], arrays: [], audit: off }

#[derive(Clone, Serialize, Deserialize)]
struct Departure {
    user_id: UserId,
    noted_at: Timestamp,
}

impl AdminDepartures {
    pub fn new(organisation: OrganisationId, now: Timestamp) -> Self {
        Self { id: organisation, leaving: Vec::new(), meta: Meta::new(Some(organisation), now, None) }
    }

    /// Notes that the user leaves, and forgets those whose time is over.
    pub fn note(&mut self, user: UserId, now: Timestamp) {
        self.leaving.retain(|leaving| {
            leaving.user_id != user && now.seconds_since(leaving.noted_at) < LAPSES_AFTER_SECONDS
        });
        self.leaving.push(Departure { user_id: user, noted_at: now });
    }

    /// Whether the user is about to leave.
    pub fn names(&self, user: UserId) -> bool {
        self.leaving.iter().any(|leaving| leaving.user_id == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departure_lapses() {
        let (ann, bob) = (UserId::new(), UserId::new());
        let mut departures = AdminDepartures::new(OrganisationId::new(), Timestamp::from_unix(0));
        departures.note(ann, Timestamp::from_unix(0));
        departures.note(bob, Timestamp::from_unix(59));
        assert!(departures.names(ann) && departures.names(bob));
        departures.note(bob, Timestamp::from_unix(60));
        assert!(!departures.names(ann) && departures.names(bob));
    }
}
