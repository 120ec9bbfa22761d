//! Plain text in UTF-8, UTF-16 or Windows-1252.

use super::DocumentError;

/// Windows-1252 for 0x80 to 0x9f; the rest equals Latin-1.
const CP1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file that is text. Form feeds are kept: they separate pages.
pub(super) fn decode(bytes: &[u8]) -> Result<String, DocumentError> {
    let text = if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        String::from_utf8_lossy(rest).into_owned()
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        utf16(rest, u16::from_le_bytes)
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        utf16(rest, u16::from_be_bytes)
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        match text.contains('\0') {
            true => bare_utf16(bytes)?,
            false => text.to_owned(),
        }
    } else if bytes.contains(&0) {
        bare_utf16(bytes)?
    } else {
        bytes.iter().map(|byte| cp1252(*byte)).collect()
    };
    // Real text has next to no control characters; anything else is some binary format.
    let odd = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\x0c')).count();
    let unreadable = text.chars().filter(|c| *c == '\u{fffd}').count();
    if (odd + unreadable) * 50 > text.chars().count() {
        return Err(DocumentError::Unsupported("binary"));
    }
    Ok(text)
}

pub(super) fn cp1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => CP1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// UTF-16 without a mark shows in every other byte of Latin text being zero.
fn bare_utf16(bytes: &[u8]) -> Result<String, DocumentError> {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match bytes.len() / 2 {
        half if odd * 2 > half && even * 20 < half => Ok(utf16(bytes, u16::from_le_bytes)),
        half if even * 2 > half && odd * 20 < half => Ok(utf16(bytes, u16::from_be_bytes)),
        _ => Err(DocumentError::Unsupported("binary")),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}
