//! Index values: JSON scalars as bytes whose order is the order of queries.
//!
//! null (or a missing member) < false < true < numbers < strings by code point < arrays and objects, which can be
//! neither compared nor asked for. Numbers compare as doubles. A string that is not all lower case has a second,
//! folded entry for case-blind prefixes.

use super::DatabaseError;
use crate::store::{StoreError, fold};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;

const NULL: u8 = 1;
const BOOL: u8 = 2;
const NUMBER: u8 = 3;
const STRING: u8 = 4;
const OTHER: u8 = 5;
const FOLDED: u8 = 6;

/// Below every value, and above every value but the folded ones.
pub(super) const LOWEST: &[u8] = &[];
pub(super) const HIGHEST: &[u8] = &[FOLDED];

/// One declared (kind, member), as numbered in this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) number: u16,
    pub(super) field: String,
    pub(super) array: bool,
}

/// Whether records have entries for this member. `is_active` is true of nearly all: a walk by it would be one by kind,
/// and each write would touch one page more for it.
pub(super) fn has_entries(field: &str) -> bool {
    field != "is_active"
}

/// By kind.
pub(super) type Slots = HashMap<String, Vec<Slot>>;

pub(super) fn find(slots: &Slots, kind: &str, field: &str, array: bool) -> Option<u16> {
    slots.get(kind)?.iter().find(|slot| slot.array == array && slot.field == field).map(|slot| slot.number)
}

pub(super) fn declared(slots: &Slots, kind: &str, field: &str, array: bool) -> Result<u16, StoreError> {
    find(slots, kind, field, array).ok_or(StoreError::BadQuery("field is not declared"))
}

/// `None` for arrays and objects.
pub(super) fn scalar(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => Some(vec![NULL]),
        Value::Bool(value) => Some(vec![BOOL, u8::from(*value)]),
        Value::Number(number) => {
            // Adding zero turns -0.0 into 0.0.
            let bits = (number.as_f64()? + 0.0).to_bits();
            let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
            let mut bytes = vec![NUMBER];
            bytes.extend_from_slice(&ordered.to_be_bytes());
            Some(bytes)
        }
        Value::String(text) => Some(string(text)),
        Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn string(text: &str) -> Vec<u8> {
    tagged(STRING, text)
}

fn tagged(tag: u8, text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.push(tag);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// The least bytes above every value of the same type.
pub(super) fn above_type(value: &[u8]) -> Vec<u8> {
    vec![value[0] + 1]
}

/// The least value of the same type.
pub(super) fn least_of_type(value: &[u8]) -> Vec<u8> {
    vec![value[0]]
}

pub(super) fn same_type(left: &[u8], right: &[u8]) -> bool {
    left[0] == right[0]
}

/// The least bytes above `value`.
pub(super) fn just_above(value: &[u8]) -> Vec<u8> {
    let mut above = value.to_vec();
    above.push(0);
    above
}

/// The ranges of entries whose strings start with `folded`, as spelled and as folded. A record may be in both.
pub(super) fn prefix_ranges(folded: &str) -> [(Vec<u8>, Vec<u8>); 2] {
    [STRING, FOLDED].map(|tag| {
        let low = tagged(tag, folded);
        (low.clone(), successor(low))
    })
}

/// The least bytes above everything that starts with `prefix`. The tag is never 255, so there always is one.
fn successor(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}

pub(super) fn starts_with(value: &[u8], folded: &str) -> bool {
    value.first() == Some(&STRING)
        && std::str::from_utf8(&value[1..]).is_ok_and(|text| fold(text).starts_with(folded))
}

/// The declared members of a body, packed for the `fields` column: (slot u16, length u32, value) and so on. A scalar
/// slot occurs exactly once, an array slot once per distinct string.
pub(super) fn extract(body: &str, slots: &[Slot]) -> Result<Vec<u8>, DatabaseError> {
    if slots.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = serde_json::Deserializer::from_str(body);
    let members = Members(slots).deserialize(&mut reader)?;
    let mut packed = Vec::with_capacity(slots.len() * 32);
    for (slot, member) in slots.iter().zip(members) {
        if slot.array {
            let Some(Value::Array(items)) = member else { continue };
            let mut items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            items.sort_unstable();
            items.dedup();
            items.into_iter().for_each(|item| pack(&mut packed, slot.number, &string(item)));
        } else {
            let value = scalar(&member.unwrap_or(Value::Null)).unwrap_or_else(|| vec![OTHER]);
            pack(&mut packed, slot.number, &value);
        }
    }
    Ok(packed)
}

fn pack(packed: &mut Vec<u8>, slot: u16, value: &[u8]) {
    packed.extend_from_slice(&slot.to_le_bytes());
    packed.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
    packed.extend_from_slice(value);
}

/// The (slot, value) pairs of a packed column.
pub(super) fn unpack(mut packed: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (slot, rest) = packed.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        packed = rest;
        Some((u16::from_le_bytes(*slot), value))
    })
}

pub(super) fn value_of(packed: &[u8], slot: u16) -> &[u8] {
    unpack(packed).find(|(number, _)| *number == slot).map_or(&[NULL], |(_, value)| value)
}

/// Every row of `entry` that a packed column stands for.
pub(super) fn entries(packed: &[u8], slots: &[Slot]) -> Vec<(u16, Vec<u8>)> {
    let mut entries = Vec::new();
    for (number, value) in unpack(packed) {
        let slot = slots.iter().find(|slot| slot.number == number);
        if slot.is_some_and(|slot| !has_entries(&slot.field)) {
            continue;
        }
        entries.push((number, value.to_vec()));
        if !slot.is_some_and(|slot| slot.array)
            && value.first() == Some(&STRING)
            && let Ok(text) = std::str::from_utf8(&value[1..])
        {
            let folded = fold(text);
            if folded != text {
                entries.push((number, tagged(FOLDED, &folded)));
            }
        }
    }
    entries
}

/// Reads only the members of the slots; the others are skipped without building them.
struct Members<'s>(&'s [Slot]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Vec<Option<Value>>;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Option<Value>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = vec![None; self.0.len()];
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let mut wanted =
                self.0.iter().enumerate().filter(|(_, slot)| slot.field == name).map(|(at, _)| at);
            let Some(first) = wanted.next() else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: Value = map.next_value()?;
            for at in wanted {
                members[at] = Some(value.clone());
            }
            members[first] = Some(value);
        }
        Ok(members)
    }
}
