//! People decide (spec 25 §4).

use crate::docs::{Actor, ActorKind};
use crate::domain::user::UserId;
use crate::error::{Error, Result};

/// Proof that a person acts, not the platform and not a program with a key. There is no other way to make one, so a
/// function that takes it cannot be reached from a model's answer, a timer or a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Human(UserId);

impl Human {
    /// 403 unless a signed-in user acts.
    pub fn of(actor: &Actor) -> Result<Self> {
        match (actor.kind, actor.id.as_deref().map(str::parse)) {
            (ActorKind::User, Some(Ok(id))) => Ok(Self(id)),
            _ => Err(Error::forbidden("Only a person can decide this.")),
        }
    }

    pub fn id(self) -> UserId {
        self.0
    }
}

/// A reason given by a person: trimmed, 422 when nothing is left of it or it is longer than 2000 characters.
pub(crate) fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::invalid("/reason", "A reason is needed.")),
        1..=2000 => Ok(text.to_owned()),
        _ => Err(Error::invalid("/reason", "The reason must have at most 2000 characters.")),
    }
}

#[cfg(test)]
pub(crate) fn somebody() -> Human {
    Human(UserId::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Tenant;

    #[test]
    fn keys_and_the_platform_are_no_people() {
        let mut actor = (*crate::docs::At::system(Tenant::platform()).actor).clone();
        assert!(Human::of(&actor).is_err());
        actor.id = Some(UserId::new().to_string());
        assert!(Human::of(&actor).is_err());
        actor.kind = ActorKind::ApiKey;
        assert!(Human::of(&actor).is_err());
        actor.kind = ActorKind::User;
        assert!(Human::of(&actor).is_ok());
        actor.id = Some("system".into());
        assert!(Human::of(&actor).is_err());
    }

    #[test]
    fn a_reason_of_spaces_is_none() {
        assert!(reason("  \n").is_err());
        assert_eq!(reason(" no licence ").unwrap(), "no licence");
        assert!(reason(&"x".repeat(2001)).is_err());
    }
}
