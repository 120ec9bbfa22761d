//! Time comes in through here; domain code never reads the wall clock.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

/// An instant, written as RFC 3339 in UTC with milliseconds and `Z` (spec 00 §4). Its text has a fixed width, so that
/// the order of texts is the order of instants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Cut to whole milliseconds, in UTC.
    pub fn new(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        let millis = at.millisecond();
        Self(at.replace_millisecond(millis).unwrap_or(at))
    }
    pub fn from_unix(seconds: i64) -> Self {
        Self::new(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }
    pub fn instant(self) -> OffsetDateTime {
        self.0
    }
    pub fn unix(self) -> i64 {
        self.0.unix_timestamp()
    }
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0 - duration)
    }
    /// Whole seconds from `earlier` to `self`; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).whole_seconds()
    }
}

/// A moment as text: every document and every line of the log has some.
struct Written([u8; 24]);

impl Written {
    fn of(at: Timestamp) -> Self {
        let t = at.0;
        let mut text = Self(*b"0000-00-00T00:00:00.000Z");
        text.digits(0..4, u32::try_from(t.year()).unwrap_or(0));
        text.digits(5..7, u8::from(t.month()).into());
        text.digits(8..10, t.day().into());
        text.digits(11..13, t.hour().into());
        text.digits(14..16, t.minute().into());
        text.digits(17..19, t.second().into());
        text.digits(20..23, t.millisecond().into());
        text
    }
    fn digits(&mut self, place: std::ops::Range<usize>, mut value: u32) {
        for digit in self.0[place].iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }
    fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Written::of(*self).as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Written::of(*self).as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .filter(|at| (0..=9999).contains(&at.to_offset(UtcOffset::UTC).year()))
            .map(Self::new)
            .ok_or_else(|| D::Error::custom("expected an RFC 3339 time such as 2026-03-01T09:00:00Z"))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A calendar day, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(time::Date);

impl Day {
    pub fn of(at: Timestamp) -> Self {
        Self(at.0.date())
    }
    pub fn date(self) -> time::Date {
        self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FORMAT: &[time::format_description::BorrowedFormatItem<'_>] =
            time::macros::format_description!("[year]-[month]-[day]");
        let text = Cow::<str>::deserialize(deserializer)?;
        time::Date::parse(&text, FORMAT)
            .ok()
            .filter(|day| (0..=9999).contains(&day.year()))
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected a date such as 2026-03-01"))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// The clock of a running platform: the system's, moved by an offset that only tests set.
#[derive(Debug, Default)]
pub struct Clock {
    offset_millis: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
        let now = OffsetDateTime::now_utc();
        Timestamp::new(now + Duration::milliseconds(self.offset_millis.load(Ordering::Relaxed)))
    }
    /// Moves the clock, as a test does to see something expire.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.whole_milliseconds()).unwrap_or(i64::MAX);
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_with_fixed_width_and_read_back() {
        let at: Timestamp = serde_json::from_str("\"2026-03-01T19:00:00.5+10:00\"").unwrap();
        assert_eq!(at.to_string(), "2026-03-01T09:00:00.500Z");
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-03-01T09:00:00.500Z\"");
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Timestamp>("\"0000-01-01T00:00:00+23:59\"").is_err());
    }

    #[test]
    fn a_day_refuses_what_is_no_date() {
        assert!(serde_json::from_str::<Day>("\"2026-02-30\"").is_err());
        assert_eq!(serde_json::from_str::<Day>("\"2026-02-28\"").unwrap().to_string(), "2026-02-28");
    }
}
