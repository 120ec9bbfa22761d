//! How a query runs.
//!
//! One root: its records of the kind, which are few. No filter that leaves out more than what was deleted softly: the
//! index of the order. One filter whose index range
//! is already in the wanted order (equality ordered by id, a range ordered by its own member): that range. All these
//! stop as soon as the page is full. Otherwise each filter is asked for at most [`FEW`] matches; the first that has
//! fewer gives the candidates, which are tested and sorted. When every filter matches many, they are met often
//! along the order, which is then walked until the page is full. What is tested per candidate are the packed values
//! in its row, never its body.

#[cfg(test)]
mod plans;

use super::condition::{self, Condition};
use super::cursor::{self, Position};
use super::fields::{self, Slots};
use super::{DatabaseError, now_millis};
use crate::store::{Filter, Query, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::collections::BTreeSet;

/// Candidates that are worth sorting.
const FEW: usize = 1000;
/// Records of an ordered walk that may run on an async thread.
const SHORT_PAGE: u32 = 200;

/// Takes the row of a record, whose root, id, ETag and body stand from the given column on.
type Take<'a> = &'a mut dyn FnMut(&Row<'_>, usize) -> Result<(), DatabaseError>;

/// A stretch of one index, in its order.
#[derive(Clone)]
enum Walk {
    /// By id.
    Root(String),
    /// By id.
    Kind,
    /// By id.
    Equal(u16, Vec<u8>),
    /// By value, then id.
    Between(u16, Vec<u8>, Vec<u8>),
}

/// A checked query.
pub(super) struct Scan {
    query: Query,
    conditions: Vec<Condition>,
    /// Filters that leave something out worth speaking of: all but `is_active`, which deletion alone fails.
    narrowing: usize,
    /// `None`: by id.
    order: Option<u16>,
    after: Option<Position>,
}

/// Whether a filter only leaves out what was deleted softly.
fn is_liveness(filter: &Filter) -> bool {
    matches!(filter, Filter::Eq("is_active", serde_json::Value::Bool(true)))
}

impl Scan {
    pub(super) fn new(query: Query, declared: &Slots) -> Result<Self, StoreError> {
        if !(1..=1000).contains(&query.limit) {
            return Err(StoreError::BadQuery("limit not within 1 to 1000"));
        }
        let order = match query.order.field {
            "id" => None,
            field if !fields::has_entries(field) => return Err(condition::NO_ENTRIES),
            field => Some(fields::declared(declared, query.kind, field, false)?),
        };
        let check = |filter| Condition::new(declared, query.kind, filter);
        let conditions = query.filters.iter().map(check).collect::<Result<_, _>>()?;
        let after = query.after.as_deref().map(|text| cursor::read(query.fingerprint(), text)).transpose()?;
        let narrowing = query.filters.iter().filter(|filter| !is_liveness(filter)).count();
        Ok(Self { query, conditions, narrowing, order, after })
    }

    /// Whether it surely reads little.
    pub(super) fn is_short(&self) -> bool {
        let nothing_skipped = self.query.root.is_none() || self.narrowing == 0;
        self.query.limit <= SHORT_PAGE && nothing_skipped && self.sole_walk().is_some()
    }

    /// Records found at most.
    pub(super) fn limit(&self) -> usize {
        self.query.limit as usize
    }

    /// Hands over each record that is found; gives where to read on.
    pub(super) fn run(
        &self,
        connection: &Connection,
        take: Take<'_>,
    ) -> Result<Option<String>, DatabaseError> {
        if let Some(walk) = self.sole_walk() {
            return self.walk(connection, &walk, take);
        }
        // One snapshot for several statements; inside the writer there already is a transaction.
        let transaction =
            connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
        let next = self.choose(connection, take)?;
        if let Some(transaction) = transaction {
            transaction.commit()?;
        }
        Ok(next)
    }

    /// The walk that answers without a look at anything else.
    fn sole_walk(&self) -> Option<Walk> {
        match (&self.query.root, self.order) {
            (Some(root), None) => Some(Walk::Root(root.clone())),
            (Some(_), Some(_)) => None,
            (None, _) if self.narrowing == 0 => Some(self.whole_order()),
            (None, _) if self.narrowing == 1 => self.ordered_walk(),
            (None, _) => None,
        }
    }

    fn choose(&self, connection: &Connection, take: Take<'_>) -> Result<Option<String>, DatabaseError> {
        if let Some(root) = &self.query.root {
            let candidates = self.rows_of(connection, root)?;
            return self.sort(connection, candidates, take);
        }
        for condition in &self.conditions {
            if let Some(candidates) = self.matches(connection, condition)? {
                return self.sort(connection, candidates, take);
            }
        }
        let walk = self.ordered_walk().unwrap_or_else(|| self.whole_order());
        self.walk(connection, &walk, take)
    }

    /// A walk that yields the wanted order under one of the filters.
    fn ordered_walk(&self) -> Option<Walk> {
        self.conditions.iter().find_map(|condition| self.walk_under(condition))
    }

    fn walk_under(&self, condition: &Condition) -> Option<Walk> {
        match condition {
            Condition::Among(slot, values)
                if values.len() == 1 && self.order.is_none_or(|order| order == *slot) =>
            {
                Some(Walk::Equal(*slot, values[0].clone()))
            }
            Condition::Between(slot, low, high) if self.order == Some(*slot) => {
                Some(Walk::Between(*slot, low.clone(), high.clone()))
            }
            _ => None,
        }
    }

    fn whole_order(&self) -> Walk {
        self.order
            .map_or(Walk::Kind, |slot| Walk::Between(slot, fields::LOWEST.to_vec(), fields::HIGHEST.to_vec()))
    }

    /// The statement of a walk. It yields n, root, id, etag, body, fields of what is not expired, from `after` on.
    fn statement(&self, walk: &Walk, after: Option<&Position>) -> (String, Vec<Value>) {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut values = vec![text(self.query.tenant.as_str()), Value::Integer(now_millis())];
        let (compare, direction) = if self.query.order.descending { ('<', "DESC") } else { ('>', "ASC") };
        let place;
        let (place, order) = match walk {
            Walk::Root(root) => {
                values.extend([text(root), text(self.query.kind)]);
                ("FROM document d WHERE d.tenant = ?1 AND d.root = ?3 AND d.kind = ?4", ["d.id"].as_slice())
            }
            Walk::Kind => {
                values.push(text(self.query.kind));
                ("FROM document d WHERE d.tenant = ?1 AND d.kind = ?3", ["d.id", "d.n"].as_slice())
            }
            Walk::Equal(slot, value) => {
                values.extend([Value::Integer(i64::from(*slot)), Value::Blob(value.clone())]);
                place = format!("{ENTRIES} AND e.value = ?4");
                (place.as_str(), ["e.id", "e.document"].as_slice())
            }
            Walk::Between(slot, low, high) => {
                values.extend([
                    Value::Integer(i64::from(*slot)),
                    Value::Blob(low.clone()),
                    Value::Blob(high.clone()),
                ]);
                // After a place, that place is the bound on its side: given both, SQLite may enter at the wrong one.
                let bounds = match (after.is_some(), self.query.order.descending) {
                    (false, _) => "e.value >= ?4 AND e.value < ?5",
                    (true, false) => "e.value < ?5",
                    (true, true) => "e.value >= ?4",
                };
                place = format!("{ENTRIES} AND {bounds}");
                (place.as_str(), ["e.value", "e.id", "e.document"].as_slice())
            }
        };
        let mut sql = format!("SELECT d.n, d.root, d.id, d.etag, CAST(d.body AS BLOB), d.fields {place}");
        sql.push_str(" AND (d.expires_at IS NULL OR d.expires_at > ?2)");
        if let Some(after) = after {
            let mut names = Vec::new();
            for column in order {
                values.push(match *column {
                    "e.value" => Value::Blob(after.value.clone()),
                    "d.id" | "e.id" => text(&after.id),
                    _ => Value::Integer(after.n),
                });
                names.push(format!("?{}", values.len()));
            }
            sql.push_str(&format!(" AND ({}) {compare} ({})", order.join(", "), names.join(", ")));
        }
        let order: Vec<_> = order.iter().map(|column| format!("{column} {direction}")).collect();
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
        (sql, values)
    }

    /// Follows a walk in its order until the page is full.
    fn walk(
        &self,
        connection: &Connection,
        walk: &Walk,
        take: Take<'_>,
    ) -> Result<Option<String>, DatabaseError> {
        let (sql, values) = self.statement(walk, self.after.as_ref());
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let (mut found, mut last) = (0, None);
        while let Some(row) = rows.next()? {
            let packed = packed(row, 5)?;
            if !self.conditions.iter().all(|condition| condition.holds(packed)) {
                continue;
            }
            if found == self.limit() {
                return Ok(last.map(|last| self.cursor(&last)));
            }
            found += 1;
            if found == self.limit() {
                last = Some(self.position(row.get(0)?, row.get(2)?, packed));
            }
            take(row, 1)?;
        }
        Ok(None)
    }

    fn cursor(&self, last: &Position) -> String {
        cursor::write(self.query.fingerprint(), last)
    }

    fn position(&self, n: i64, id: String, packed: &[u8]) -> Position {
        let value = self.order.map_or(Vec::new(), |slot| fields::value_of(packed, slot).to_vec());
        Position { value, id, n }
    }

    /// The rows that a filter finds, or `None` when there are more than [`FEW`].
    fn matches(
        &self,
        connection: &Connection,
        condition: &Condition,
    ) -> Result<Option<BTreeSet<i64>>, DatabaseError> {
        let mut found = BTreeSet::new();
        Ok(self.gather(connection, condition, &mut found)?.then_some(found))
    }

    /// Adds the rows of a filter; false when there are too many.
    fn gather(
        &self,
        connection: &Connection,
        condition: &Condition,
        found: &mut BTreeSet<i64>,
    ) -> Result<bool, DatabaseError> {
        let ranges = match condition {
            Condition::Among(slot, values) => {
                values.iter().map(|value| (*slot, value.clone(), fields::just_above(value))).collect()
            }
            Condition::Between(slot, low, high) => vec![(*slot, low.clone(), high.clone())],
            Condition::Flag(..) => return Ok(false),
            Condition::Prefix(slot, folded) => {
                fields::prefix_ranges(folded).map(|(low, high)| (*slot, low, high)).to_vec()
            }
            Condition::Any(conditions) => {
                for condition in conditions {
                    if !self.gather(connection, condition, found)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
        };
        let mut statement = connection.prepare_cached(GATHER)?;
        for (slot, low, high) in ranges {
            let mut rows =
                statement.query(params![self.query.tenant.as_str(), slot, low, high, FEW as i64 + 1])?;
            while let Some(row) = rows.next()? {
                found.insert(row.get(0)?);
            }
            if found.len() > FEW {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn rows_of(&self, connection: &Connection, root: &str) -> Result<BTreeSet<i64>, DatabaseError> {
        let mut statement = connection.prepare_cached(ROWS)?;
        let rows =
            statement.query_map([self.query.tenant.as_str(), root, self.query.kind], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Tests the candidates, sorts them and reads the bodies of the page.
    fn sort(
        &self,
        connection: &Connection,
        candidates: BTreeSet<i64>,
        take: Take<'_>,
    ) -> Result<Option<String>, DatabaseError> {
        let now = now_millis();
        let mut found = Vec::new();
        let mut look = connection.prepare_cached(LOOK)?;
        for n in candidates {
            let position = look
                .query_row(params![n, now], |row| {
                    let packed = packed(row, 1)?;
                    if !self.conditions.iter().all(|condition| condition.holds(packed)) {
                        return Ok(None);
                    }
                    Ok(Some(self.position(n, row.get(0)?, packed)))
                })
                .optional()?
                .flatten();
            found.extend(position.filter(|position| self.is_after(position)));
        }
        if self.query.order.descending {
            found.sort_unstable_by(|left, right| right.cmp(left));
        } else {
            found.sort_unstable();
        }
        let more = found.len() > self.limit();
        found.truncate(self.limit());
        let mut read = connection.prepare_cached(READ)?;
        for position in &found {
            read.query_row([position.n], |row| Ok(take(row, 0)))??;
        }
        Ok(found.last().filter(|_| more).map(|last| self.cursor(last)))
    }

    fn is_after(&self, position: &Position) -> bool {
        match &self.after {
            None => true,
            Some(after) if self.query.order.descending => position < after,
            Some(after) => position > after,
        }
    }
}

const ENTRIES: &str =
    "FROM entry e CROSS JOIN document d ON d.n = e.document WHERE e.tenant = ?1 AND e.slot = ?3";
const GATHER: &str =
    "SELECT document FROM entry WHERE tenant = ?1 AND slot = ?2 AND value >= ?3 AND value < ?4 LIMIT ?5";
const ROWS: &str = "SELECT n FROM document WHERE tenant = ?1 AND root = ?2 AND kind = ?3";
const LOOK: &str = "SELECT id, fields FROM document WHERE n = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
const READ: &str = "SELECT root, id, etag, CAST(body AS BLOB) FROM document WHERE n = ?1";

fn packed<'r>(row: &'r Row<'_>, column: usize) -> rusqlite::Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}
