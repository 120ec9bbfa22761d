//! A mail on its way out (spec 60 §1).

use crate::clock::Timestamp;
use crate::docs::{Audit, Document, Meta};
use crate::domain::organisation::OrganisationId;
use crate::domain::status::states;
use crate::domain::ttl;
use crate::error::Result;
use crate::ids::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub type EmailMessageId = Id<EmailMessage>;

/// Tries before it counts as failed (spec 60 §4).
pub const MAX_ATTEMPTS: u32 = 5;
/// Days it is kept, for delivery reports and questions.
pub const KEPT_DAYS: u32 = 30;

/// Part of the aggregate that caused it. Never listed or shown raw: until it is handed over, `variables` can hold a link's token;
/// then they are wiped.
#[derive(Clone, Serialize, Deserialize)]
pub struct EmailMessage {
    pub id: EmailMessageId,
    /// Id of the aggregate root it was written with.
    root: String,
    pub to: String,
    pub template_name: String,
    pub variables: Map<String, Value>,
    pub status: EmailStatus,
    pub attempts: u32,
    /// The provider's id of it; leads here through a claim.
    pub provider_id: Option<String>,
    /// Why the last try failed; no address in it.
    pub error: Option<String>,
    pub related_entity: Option<RelatedEntity>,
    pub sent_at: Option<Timestamp>,
    #[serde(flatten)]
    pub meta: Meta,
}

impl Document for EmailMessage {
    const KIND: &'static str = "email_message";
    const NAME: &'static str = "mail";
    const FIELDS: &'static [&'static str] = &["status"];
    const ARRAYS: &'static [&'static str] = &[];
    const AUDIT: Audit = Audit::Off;
    const SOFT_DELETE: bool = false;
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn root(&self) -> String {
        self.root.clone()
    }
    fn meta(&self) -> &Meta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
    fn ttl(&self, _now: Timestamp) -> Option<u32> {
        Some(KEPT_DAYS * ttl::DAY)
    }
}

/// What a mail or a notification is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RelatedEntity {
    /// Kind of the document, such as `invitation`.
    pub entity_type: String,
    pub entity_id: String,
}

states! {
    EmailStatus {
        Queued "queued" => [Sent, Failed],
        Sent "sent" => [Delivered, Bounced],
        /// Some providers report a bounce after they reported delivery.
        Delivered "delivered" => [Bounced],
        Bounced "bounced" => [],
        Failed "failed" => [],
    }
}

impl EmailMessage {
    pub fn new(
        organisation: Option<OrganisationId>,
        to: String,
        template_name: &str,
        variables: Map<String, Value>,
        related_entity: Option<RelatedEntity>,
        now: Timestamp,
    ) -> Self {
        let id = EmailMessageId::new();
        Self {
            id,
            root: id.to_string(),
            to,
            template_name: template_name.to_owned(),
            variables,
            status: EmailStatus::Queued,
            attempts: 0,
            provider_id: None,
            error: None,
            related_entity,
            sent_at: None,
            meta: Meta::new(organisation, now, None),
        }
    }

    /// The same, in the aggregate of another document.
    pub fn within(self, root: &str) -> Self {
        Self { root: root.to_owned(), ..self }
    }

    pub fn sent(&mut self, provider_id: Option<String>, now: Timestamp) -> Result<()> {
        self.status.to(EmailStatus::Sent)?;
        self.attempts += 1;
        self.provider_id = provider_id;
        self.sent_at = Some(now);
        self.error = None;
        self.variables.clear();
        Ok(())
    }

    /// A try went wrong. `true` when it was the last one, or trying again is useless (`lasting`): then the sender is told.
    pub fn try_failed(&mut self, error: &str, lasting: bool) -> Result<bool> {
        self.status.check(EmailStatus::Failed)?;
        self.attempts += 1;
        self.error = Some(error.to_owned());
        if !lasting && self.attempts < MAX_ATTEMPTS {
            return Ok(false);
        }
        self.status.to(EmailStatus::Failed)?;
        self.variables.clear();
        Ok(true)
    }

    /// A delivery report; one that is overtaken changes nothing.
    pub fn delivered(&mut self) {
        if self.status == EmailStatus::Sent {
            self.status = EmailStatus::Delivered;
        }
    }

    /// `true` when this turned it to bounced.
    pub fn bounced(&mut self) -> bool {
        self.status.to(EmailStatus::Bounced).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mail() -> EmailMessage {
        let variables = serde_json::from_str(r#"{"link":"https://f.example/invite/secret"}"#).unwrap();
        EmailMessage::new(
            None,
            "a@b.example".into(),
            "interview_invitation",
            variables,
            None,
            Timestamp::from_unix(0),
        )
    }

    #[test]
    fn the_fifth_try_is_the_last_and_a_lasting_fault_ends_it_at_once() {
        let mut tried = mail();
        let last: Vec<_> = (0..5).map(|_| tried.try_failed("timeout", false).unwrap()).collect();
        assert_eq!(last, [false, false, false, false, true]);
        assert!(tried.try_failed("timeout", false).is_err());
        assert!(mail().try_failed("missing variable", true).unwrap());
    }

    #[test]
    fn once_it_is_out_no_token_is_left() {
        let mut out = mail();
        out.sent(None, Timestamp::from_unix(1)).unwrap();
        assert!(!serde_json::to_string(&out).unwrap().contains("secret"));
    }

    const TABLE: &[(&str, &[&str])] = &[
        ("queued", &["sent", "failed"]),
        ("sent", &["delivered", "bounced"]),
        ("delivered", &["bounced"]),
        ("bounced", &[]),
        ("failed", &[]),
    ];

    proptest! {
        #[test]
        fn no_sequence_of_verbs_leaves_the_table(verbs in prop::collection::vec(0..5u8, 0..15)) {
            let mut mail = mail();
            for verb in verbs {
                let before = mail.status.to_string();
                let result = match verb {
                    0 => mail.sent(None, Timestamp::from_unix(1)),
                    1 => mail.try_failed("x", false).map(drop),
                    2 => mail.try_failed("x", true).map(drop),
                    3 => { mail.delivered(); Ok(()) }
                    _ => { mail.bounced(); Ok(()) }
                };
                super::super::machine::check(TABLE, &before, &mail.status.to_string(), &result);
            }
        }
    }
}
