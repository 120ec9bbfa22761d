//! Where a page ended: opaque to clients, bound to its query.

use crate::store::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The place of a record in an order. `value` is empty when ordered by id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) value: Vec<u8>,
    pub(super) id: String,
    /// The row, which tells records of two roots with one id apart.
    pub(super) n: i64,
}

pub(super) fn write(fingerprint: [u8; 8], position: &Position) -> String {
    let mut bytes = fingerprint.to_vec();
    bytes.extend_from_slice(&position.n.to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(position.value.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&position.value);
    bytes.extend_from_slice(position.id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn read(fingerprint: [u8; 8], cursor: &str) -> Result<Position, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::BadQuery("cursor unreadable"))?;
    parse(fingerprint, &bytes).ok_or(StoreError::BadQuery("cursor of another query"))
}

fn parse(fingerprint: [u8; 8], bytes: &[u8]) -> Option<Position> {
    let (made_for, rest) = bytes.split_first_chunk::<8>()?;
    if *made_for != fingerprint {
        return None;
    }
    let (n, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (value, id) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some(Position {
        value: value.to_vec(),
        id: String::from_utf8(id.to_vec()).ok()?,
        n: i64::from_be_bytes(*n),
    })
}
