//! Index entries: one text per declared member, so that one range of one index answers a query in its order.
//!
//! An entry of the member `status` reads `<tenant>$<kind>$<value>$<id>$<root>$`. Compared by UTF-16 code units, as Cosmos DB
//! does, entries stand in the order the store promises: by type, by value (strings by code point), by id. So neither
//! composite indexes nor Cosmos DB's own order of types is needed, and the tenant stands in every range.

use crate::store::fold;
use serde_json::Value;
use std::fmt::Write as _;

/// Ends a part; below everything that stands in one.
const END: char = '$';
/// Just above [`END`]: starts the two hexadecimal digits of every character up to itself.
const ESCAPE: char = '%';
/// Starts the six hexadecimal digits of every character from itself on: UTF-16 sorts surrogates below U+E000.
const HIGH: char = '\u{d7ff}';
/// Above everything that stands in an entry.
const ABOVE: char = '\u{fffd}';

const NULL: char = '0';
const FALSE: char = '1';
const TRUE: char = '2';
const NUMBER: char = '3';
const STRING: char = '4';
const OTHER: char = '5';
/// Above every value.
const LAST: char = '6';

/// Where the entries of a tenant's records of one kind begin.
pub(super) fn base(tenant: &str, kind: &str) -> String {
    let mut base = String::with_capacity(tenant.len() + kind.len() + 2);
    push_part(&mut base, tenant);
    push_part(&mut base, kind);
    base
}

pub(super) fn push_part(entry: &mut String, text: &str) {
    push_text(entry, text);
    entry.push(END);
}

fn push_text(entry: &mut String, text: &str) {
    for c in text.chars() {
        let code = c as u32;
        // Writing to a string never fails.
        let _ = match c {
            '\0'..=ESCAPE => write!(entry, "{ESCAPE}{code:02X}"),
            HIGH.. => write!(entry, "{HIGH}{code:06X}"),
            _ => entry.write_char(c),
        };
    }
}

/// The part of a stored member; a missing one is null.
pub(super) fn push_value(entry: &mut String, value: &Value) {
    match scalar(value) {
        Some(text) => entry.push_str(&text),
        None => entry.push(OTHER),
    }
    entry.push(END);
}

/// A value a query may ask for, without its end; `None` for arrays and objects.
pub(super) fn scalar(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => NULL.into(),
        Value::Bool(false) => FALSE.into(),
        Value::Bool(true) => TRUE.into(),
        Value::Number(number) => {
            // Adding zero turns -0.0 into 0.0.
            let bits = (number.as_f64()? + 0.0).to_bits();
            let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
            format!("{NUMBER}{ordered:016x}")
        }
        Value::String(text) => string(text),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

pub(super) fn string(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 1);
    value.push(STRING);
    push_text(&mut value, text);
    value
}

/// The entry for case-blind prefixes of a string that is not all lower case.
pub(super) fn folded(text: &str) -> Option<String> {
    let folded = fold(text);
    (folded != text).then(|| string(&folded))
}

/// `low <= entry < high`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: String,
    pub(super) high: String,
}

impl Range {
    /// Every entry that begins with these whole parts.
    pub(super) fn of_parts(parts: String) -> Self {
        let mut high = parts.clone();
        high.pop();
        high.push(ESCAPE);
        Self { low: parts, high }
    }
    /// Every entry whose value is this one.
    pub(super) fn equal(base: &str, value: &str) -> Self {
        Self::of_parts(format!("{base}{value}{END}"))
    }
    /// Every entry whose string begins with `folded`.
    pub(super) fn beginning(base: &str, folded: &str) -> Self {
        let low = format!("{base}{}", string(folded));
        Self { high: format!("{low}{ABOVE}"), low }
    }
    /// `low <= value < high` among values of the bounds' type; both open is everything. `None` when the types differ.
    pub(super) fn between(base: &str, low: Option<&str>, high: Option<&str>) -> Option<Self> {
        let kind = |value: &str| match value.chars().next() {
            Some(FALSE | TRUE) => (FALSE, NUMBER),
            Some(NUMBER) => (NUMBER, STRING),
            Some(STRING) => (STRING, OTHER),
            _ => (NULL, FALSE),
        };
        let types = [low, high].map(|value| value.map(kind));
        let (first, above) = match types {
            [None, None] => (NULL, LAST),
            [Some(low), Some(high)] if low != high => return None,
            [Some(only), _] | [None, Some(only)] => only,
        };
        let bound = |value: Option<&str>, open: char| match value {
            Some(value) => format!("{base}{value}"),
            None => format!("{base}{open}"),
        };
        Some(Self { low: bound(low, first), high: bound(high, above) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(value: &Value, id: &str) -> String {
        let mut entry = base("o:1", "job");
        push_value(&mut entry, value);
        push_part(&mut entry, id);
        entry
    }

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    proptest! {
        #[test]
        fn entries_sort_by_value_then_id_in_both_encodings(
            a in ".{0,6}", b in ".{0,6}", one in "[a$% ]{0,3}", two in "[a$% ]{0,3}",
        ) {
            let (left, right) = (entry(&a.as_str().into(), &one), entry(&b.as_str().into(), &two));
            let wanted = (a.chars().collect::<Vec<_>>(), &one).cmp(&(b.chars().collect(), &two));
            prop_assert_eq!(utf16(&left).cmp(&utf16(&right)), wanted);
            prop_assert_eq!(left.cmp(&right), wanted);
        }

        #[test]
        fn a_range_holds_its_values_only(a in "[ab$%é\u{1f422}]{0,4}", b in "[ab$%é\u{1f422}]{0,4}") {
            let base = base("o:1", "job");
            let stored = entry(&a.as_str().into(), "x");
            let within = |range: &Range| range.low <= stored && stored < range.high;
            prop_assert_eq!(within(&Range::equal(&base, &string(&b))), a == b);
            prop_assert_eq!(within(&Range::beginning(&base, &b)), a.starts_with(&b));
            let from = Range::between(&base, Some(&string(&b)), None).unwrap();
            prop_assert_eq!(within(&from), a >= b);
            let to = Range::between(&base, None, Some(&string(&b))).unwrap();
            prop_assert_eq!(within(&to), a < b);
        }
    }

    #[test]
    fn types_are_apart() {
        let base = base("o:1", "job");
        let number = scalar(&5.into()).unwrap();
        assert!(Range::between(&base, Some(&number), Some(&string("5"))).is_none());
        let numbers = Range::between(&base, None, Some(&scalar(&1e300.into()).unwrap())).unwrap();
        let within = |value: Value| numbers.low <= entry(&value, "x") && entry(&value, "x") < numbers.high;
        assert!(within((-5).into()) && within(0.into()) && !within(1e300.into()));
        assert!(!within(true.into()) && !within(Value::Null) && !within("".into()));
        assert!(!base.starts_with(&Range::of_parts("o:1$".into()).high));
    }
}
