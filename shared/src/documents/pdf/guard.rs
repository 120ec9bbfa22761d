//! What a file would cost to load, told before the library loads it: it parses every object at once, and each small object
//! takes some fifty times its two bytes of text in memory.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::lexer::{is_delimiter, is_space};
use crate::documents::{DocumentError, Limits};

/// Most objects, counted generously, in the file and its object streams. About 120 bytes each when loaded.
const OBJECTS: usize = 2_000_000;
/// Together, object streams this module cannot look into (encrypted, or packed otherwise than by Flate) unpack to at most this.
const BLIND: usize = 6 * 1024 * 1024;
/// With so many of them that each gets less than this, the file is refused.
const SMALLEST: usize = 16 * 1024;
/// How far before the keyword `stream` its dictionary is looked for.
const DICTIONARY: usize = 2_048;

/// How much any one stream may unpack to while loading, in bytes.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<usize, DocumentError> {
    let mut objects = count(bytes);
    let mut unpacked = 0usize;
    let mut largest = 64 * 1024;
    let mut blind = 0usize;
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], b"stream") {
        let keyword = at + found;
        at = keyword + 6;
        let before = &bytes[keyword.saturating_sub(DICTIONARY)..keyword];
        let before = match before.windows(3).rposition(|window| window == b"obj") {
            Some(start) => &before[start..],
            None => before,
        };
        // `#` could spell any name; XRef streams are unpacked while loading as well.
        let unpacks =
            before.contains(&b'#') || find(before, b"ObjStm").is_some() || find(before, b"XRef").is_some();
        if before.ends_with(b"end") || !unpacks {
            continue;
        }
        let start = at + bytes[at..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        match unpack(&bytes[start..], limits.decompressed) {
            Some((size, inside)) => {
                objects += inside;
                unpacked += size;
                largest = largest.max(size + 1);
            }
            None => blind += 1,
        }
        if objects > OBJECTS || unpacked > limits.decompressed {
            return Err(DocumentError::TooLarge);
        }
    }
    if objects > OBJECTS {
        return Err(DocumentError::TooLarge);
    }
    match BLIND.checked_div(blind) {
        Some(each) if each < SMALLEST => Err(DocumentError::TooLarge),
        Some(each) => Ok(each),
        None => Ok(largest),
    }
}

/// Size and objects of a Flate stream; `None` when it is none. Nothing is kept.
fn unpack(bytes: &[u8], most: usize) -> Option<(usize, usize)> {
    let mut decoder = ZlibDecoder::new(bytes);
    let mut buffer = [0u8; 8192];
    let (mut size, mut objects) = (0, 0);
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                size += read;
                objects += count(&buffer[..read]);
                if size > most || objects > OBJECTS {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    (size > 0).then_some((size, objects))
}

/// Starts of words and opening brackets: never fewer than the objects a parser would make.
fn count(bytes: &[u8]) -> usize {
    let mut objects = 0;
    let mut inside = false;
    for byte in bytes {
        let ends = is_space(*byte) || is_delimiter(*byte);
        objects += usize::from(!ends && !inside || matches!(byte, b'(' | b'[' | b'<' | b'/'));
        inside = !ends;
    }
    objects
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == wanted[0]) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
