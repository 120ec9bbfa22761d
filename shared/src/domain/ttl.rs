//! How long a stored document lives.

use crate::clock::Timestamp;

pub(crate) const DAY: u32 = 86_400;

/// Seconds until `end`; at least 1, so that what is overdue goes at once instead of staying for ever.
pub(crate) fn until(end: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(end.seconds_since(now).clamp(1, i64::from(i32::MAX))).unwrap_or(1)
}
