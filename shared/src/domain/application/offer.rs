use crate::clock::{Day, Timestamp};
use crate::domain::status::values;
use crate::domain::text;
use crate::error::{Error, Result};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is offered: the body of POST /applications/{id}/offer.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct OfferTerms {
    /// In whole units of `currency`.
    #[garde(range(min = 1))]
    pub amount: u32,
    #[serde(default)]
    pub unit: PayUnit,
    #[serde(default = "aud")]
    #[garde(custom(text::currency))]
    pub currency: String,
    #[serde(default)]
    pub start_date: Option<Day>,
    /// Last day to answer.
    #[serde(default)]
    pub expires_on: Option<Day>,
}

fn aud() -> String {
    "AUD".into()
}

values! { #[derive(Default)]
PayUnit { #[default] Year "year", Month "month", Day "day", Hour "hour" } }

values! { OfferAnswer { Accepted "accepted", Declined "declined" } }

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    #[serde(flatten)]
    pub terms: OfferTerms,
    pub sent_at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub answer: Option<OfferAnswer>,
}

impl OfferTerms {
    /// Neither day may have passed.
    pub(super) fn check(&self, now: Timestamp) -> Result<()> {
        let today = Day::of(now);
        for (pointer, day) in [("/start_date", self.start_date), ("/expires_on", self.expires_on)] {
            if day.is_some_and(|day| day < today) {
                return Err(Error::invalid(pointer, "The day must not have passed."));
            }
        }
        Ok(())
    }
}

impl Offer {
    pub(super) fn sent(terms: OfferTerms, now: Timestamp) -> Self {
        Self { terms, sent_at: now, answered_at: None, answer: None }
    }

    /// Once; the day after `expires_on` no more.
    pub(super) fn answered(&mut self, answer: OfferAnswer, now: Timestamp) -> Result<()> {
        if self.answer.is_some() {
            return Err(Error::conflict("The offer was answered already."));
        }
        if self.terms.expires_on.is_some_and(|last| last < Day::of(now)) {
            return Err(Error::conflict("The offer has expired."));
        }
        self.answer = Some(answer);
        self.answered_at = Some(now);
        Ok(())
    }
}
