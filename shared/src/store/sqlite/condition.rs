//! Filters, checked and turned into comparisons of index values.

use super::fields::{self, Slots};
use crate::store::{Filter, StoreError, fold};

pub(super) const NO_ENTRIES: StoreError =
    StoreError::BadQuery("is_active can only be asked to equal a value");

/// A condition on the values of one record.
pub(super) enum Condition {
    /// The value is one of these; in an array slot, one of its strings is.
    Among(u16, Vec<Vec<u8>>),
    /// A value that has no entry: tested on each record that another condition or the order finds.
    Flag(u16, Vec<u8>),
    Prefix(u16, String),
    /// `low <= value < high`.
    Between(u16, Vec<u8>, Vec<u8>),
    Any(Vec<Condition>),
}

impl Condition {
    pub(super) fn new(declared: &Slots, kind: &str, filter: &Filter) -> Result<Self, StoreError> {
        let slot = |field, array| fields::declared(declared, kind, field, array);
        let scalar = |value| fields::scalar(value).ok_or(StoreError::BadQuery("value is not a scalar"));
        Ok(match filter {
            Filter::Eq(field, value) if !fields::has_entries(field) => {
                Self::Flag(slot(field, false)?, scalar(value)?)
            }
            Filter::In(field, _) | Filter::Prefix(field, _) | Filter::Range(field, ..)
                if !fields::has_entries(field) =>
            {
                return Err(NO_ENTRIES);
            }
            Filter::Eq(field, value) => Self::Among(slot(field, false)?, vec![scalar(value)?]),
            Filter::In(field, values) => {
                let mut values = values.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
                values.sort_unstable();
                values.dedup();
                Self::Among(slot(field, false)?, values)
            }
            Filter::Has(field, text) => Self::Among(slot(field, true)?, vec![fields::string(text)]),
            Filter::Prefix(field, prefix) => Self::Prefix(slot(field, false)?, fold(prefix)),
            Filter::Range(field, low, high) => {
                let slot = slot(field, false)?;
                let low = low.as_ref().map(scalar).transpose()?;
                let high = high.as_ref().map(scalar).transpose()?;
                let (low, high) = match (low, high) {
                    (None, None) => (fields::LOWEST.to_vec(), fields::HIGHEST.to_vec()),
                    (Some(low), None) => {
                        let high = fields::above_type(&low);
                        (low, high)
                    }
                    (None, Some(high)) => (fields::least_of_type(&high), high),
                    (Some(low), Some(high)) if fields::same_type(&low, &high) => (low, high),
                    _ => return Err(StoreError::BadQuery("range over two types")),
                };
                Self::Between(slot, low, high)
            }
            Filter::Any(filters) => Self::Any(
                filters.iter().map(|filter| Self::new(declared, kind, filter)).collect::<Result<_, _>>()?,
            ),
        })
    }

    pub(super) fn holds(&self, packed: &[u8]) -> bool {
        match self {
            Self::Among(slot, values) => fields::unpack(packed)
                .any(|(number, value)| number == *slot && values.iter().any(|wanted| wanted == value)),
            Self::Flag(slot, wanted) => fields::value_of(packed, *slot) == wanted,
            Self::Prefix(slot, folded) => fields::starts_with(fields::value_of(packed, *slot), folded),
            Self::Between(slot, low, high) => {
                let value = fields::value_of(packed, *slot);
                low.as_slice() <= value && value < high.as_slice()
            }
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(packed)),
        }
    }
}
