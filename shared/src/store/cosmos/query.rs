//! A query as one parameterised statement over one range of one index.
//!
//! The order's own entries are walked; an equality filter of a query ordered by id gives a shorter walk in the same order.
//! Every other filter is a range of another index, or ARRAY_CONTAINS. A page begins above (below) the entry where the last
//! one ended: whatever is written in between, what stays is seen exactly once.

use super::entry::{self, Range};
use crate::store::{Filter, Indexes, Query, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::fmt::Write as _;

/// An indexed path of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    OfKind,
    OfRoot,
    By(&'static str),
    Folded(&'static str),
}

impl Path {
    /// Dotted: the client plans no order by `c["…"]`. No declared member is a word of SQL; a test sees to that.
    fn sql(self) -> String {
        match self {
            Self::OfKind => "c.of_kind".into(),
            Self::OfRoot => "c.of_root".into(),
            Self::By(field) => format!("c.sorted.{field}"),
            Self::Folded(field) => format!("c.folded.{field}"),
        }
    }
}

enum Condition {
    Within(Path, Range),
    Has(&'static str, String),
    Any(Vec<Condition>),
}

/// A checked query.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) parameters: Vec<(String, Value)>,
    fingerprint: [u8; 8],
    /// What stands before the rest of every entry of the walk; a cursor leaves it out.
    base: String,
}

impl Statement {
    pub(super) fn new(
        query: &Query,
        declared: Option<&Indexes>,
        now_millis: i64,
    ) -> Result<Self, StoreError> {
        if !(1..=1000).contains(&query.limit) {
            return Err(StoreError::BadQuery("limit not within 1 to 1000"));
        }
        let checker = Checker { declared, base: entry::base(query.tenant.as_str(), query.kind) };
        if query.order.field != "id" {
            checker.declares(query.order.field, false)?;
        }
        let conditions =
            query.filters.iter().map(|filter| checker.condition(filter)).collect::<Result<Vec<_>, _>>()?;
        let (walk, range, base) = walk(query, &conditions, checker.base);
        let fingerprint = query.fingerprint();
        let after = query.after.as_deref().map(|cursor| read(fingerprint, &base, cursor)).transpose()?;

        let mut parameters = Parameters(Vec::new());
        let path = walk.sql();
        let mut sql = format!(
            "SELECT TOP {} c.root, c.key, c.etag, c.body, {path} AS place FROM c WHERE c.tenant = {}",
            query.limit + 1,
            parameters.add(query.tenant.as_str()),
        );
        let mut also = |condition: String| {
            sql.push_str(" AND ");
            sql.push_str(&condition);
        };
        if let Some(root) = &query.root {
            also(format!("c.root = {}", parameters.add(root.as_str())));
        }
        also(parameters.within(&path, &range));
        for condition in &conditions {
            if !matches!(condition, Condition::Within(path, same) if *path == walk && *same == range) {
                also(parameters.condition(condition));
            }
        }
        if let Some(after) = after {
            let compare = if query.order.descending { '<' } else { '>' };
            also(format!("{path} {compare} {}", parameters.add(after)));
        }
        also(format!("(NOT IS_DEFINED(c.expires) OR c.expires > {})", parameters.add(now_millis)));
        let direction = if query.order.descending { "DESC" } else { "ASC" };
        // Writing to a string never fails.
        let _ = write!(sql, " ORDER BY {path} {direction}");
        Ok(Self { text: sql, parameters: parameters.0, fingerprint, base })
    }

    /// The cursor of a page whose last record stands here in the walk.
    pub(super) fn cursor(&self, place: &str) -> String {
        let mut bytes = self.fingerprint.to_vec();
        bytes.extend_from_slice(place.strip_prefix(&self.base).unwrap_or(place).as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn read(fingerprint: [u8; 8], base: &str, cursor: &str) -> Result<String, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::BadQuery("cursor unreadable"))?;
    let rest = bytes.strip_prefix(&fingerprint).and_then(|rest| std::str::from_utf8(rest).ok());
    Ok(format!("{base}{}", rest.ok_or(StoreError::BadQuery("cursor of another query"))?))
}

/// Whether a filter only leaves out what was deleted softly.
fn is_liveness(filter: &Filter) -> bool {
    matches!(filter, Filter::Eq("is_active", Value::Bool(true)))
}

/// The path to walk, the range of it, and where that path's entries begin.
fn walk(query: &Query, conditions: &[Condition], base: String) -> (Path, Range, String) {
    let whole = |path, base: String| (path, Range::of_parts(base.clone()), base);
    match (&query.root, query.order.field) {
        (Some(root), "id") => {
            let mut base = String::new();
            for part in [query.tenant.as_str(), root, query.kind] {
                entry::push_part(&mut base, part);
            }
            whole(Path::OfRoot, base)
        }
        (None, "id") => {
            // Equal values stand in the order of ids. The most selective filter comes first, liveness selects nothing.
            let mut equal: Vec<_> = query
                .filters
                .iter()
                .zip(conditions)
                .filter_map(|pair| match pair {
                    (filter @ Filter::Eq(..), Condition::Within(path, range)) => {
                        Some((is_liveness(filter), *path, range.clone()))
                    }
                    _ => None,
                })
                .collect();
            equal.sort_by_key(|(liveness, ..)| *liveness);
            match equal.into_iter().next() {
                Some((_, path, range)) => (path, range, base),
                None => whole(Path::OfKind, base),
            }
        }
        (_, field) => {
            let path = Path::By(field);
            let narrow = conditions.iter().find_map(|condition| match condition {
                Condition::Within(same, range) if *same == path => Some(range.clone()),
                _ => None,
            });
            match narrow {
                Some(range) => (path, range, base),
                None => whole(path, base),
            }
        }
    }
}

struct Checker<'a> {
    declared: Option<&'a Indexes>,
    base: String,
}

impl Checker<'_> {
    fn declares(&self, field: &'static str, array: bool) -> Result<(), StoreError> {
        let names =
            self.declared.map_or(&[][..], |indexes| if array { indexes.arrays } else { indexes.fields });
        names.contains(&field).then_some(()).ok_or(StoreError::BadQuery("field is not declared"))
    }

    fn condition(&self, filter: &Filter) -> Result<Condition, StoreError> {
        let scalar = |value| entry::scalar(value).ok_or(StoreError::BadQuery("value is not a scalar"));
        let by = |field| self.declares(field, false).map(|()| Path::By(field));
        Ok(match filter {
            Filter::Eq(field, value) => {
                Condition::Within(by(field)?, Range::equal(&self.base, &scalar(value)?))
            }
            Filter::In(field, values) => {
                let path = by(field)?;
                let mut values = values.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
                values.sort_unstable();
                values.dedup();
                let within = |value: String| Condition::Within(path, Range::equal(&self.base, &value));
                Condition::Any(values.into_iter().map(within).collect())
            }
            Filter::Has(field, text) => {
                self.declares(field, true)?;
                Condition::Has(field, text.clone())
            }
            Filter::Prefix(field, prefix) => {
                // A text that is all lower case has no folded entry.
                let range = Range::beginning(&self.base, &crate::store::fold(prefix));
                Condition::Any(vec![
                    Condition::Within(by(field)?, range.clone()),
                    Condition::Within(Path::Folded(field), range),
                ])
            }
            Filter::Range(field, low, high) => {
                let path = by(field)?;
                let low = low.as_ref().map(scalar).transpose()?;
                let high = high.as_ref().map(scalar).transpose()?;
                let range = Range::between(&self.base, low.as_deref(), high.as_deref());
                Condition::Within(path, range.ok_or(StoreError::BadQuery("range over two types"))?)
            }
            Filter::Any(filters) => {
                Condition::Any(filters.iter().map(|filter| self.condition(filter)).collect::<Result<_, _>>()?)
            }
        })
    }
}

struct Parameters(Vec<(String, Value)>);

impl Parameters {
    fn add(&mut self, value: impl Into<Value>) -> String {
        let name = format!("@p{}", self.0.len());
        self.0.push((name.clone(), value.into()));
        name
    }

    fn within(&mut self, path: &str, range: &Range) -> String {
        let (low, high) = (self.add(range.low.as_str()), self.add(range.high.as_str()));
        format!("{path} >= {low} AND {path} < {high}")
    }

    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Within(path, range) => self.within(&path.sql(), range),
            Condition::Has(field, text) => {
                format!("ARRAY_CONTAINS(c.listed.{field}, {})", self.add(text.as_str()))
            }
            Condition::Any(conditions) => {
                let each: Vec<_> =
                    conditions.iter().map(|condition| format!("({})", self.condition(condition))).collect();
                either(&each)
            }
        }
    }
}

/// Any of them, as a balanced tree: whoever reads a chain of hundreds descends once for each link, and the client's own
/// planner overflows its stack.
fn either(conditions: &[String]) -> String {
    match conditions {
        [] => "false".into(),
        [only] => only.clone(),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            format!("({} OR {})", either(left), either(right))
        }
    }
}
