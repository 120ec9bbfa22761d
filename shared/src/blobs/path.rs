//! Which paths name a blob. The same rule for every backend, so that what one takes, all take.

use super::BlobError;

const MAX_BYTES: usize = 500;

/// Relative, `/`-separated, no empty, `.` or `..` segment, no back-slash, no control character, at most 500 bytes.
pub(super) fn check(path: &str) -> Result<(), BlobError> {
    let fits = !path.is_empty() && path.len() <= MAX_BYTES;
    let plain = !path.chars().any(|character| character == '\\' || character.is_control());
    let named = path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if fits && plain && named { Ok(()) } else { Err(BlobError::BadPath) }
}
