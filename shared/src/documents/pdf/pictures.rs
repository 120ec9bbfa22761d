//! A PDF as its pictures show it: the same pages, on which nothing is written any more.

use std::time::Instant;

use lopdf::{Document, Object, ObjectId, Stream, dictionary};

use super::lexer::Lexer;
use super::objects::stream_bytes;
use super::{content, pages};
use crate::documents::{DocumentError, Limits};

/// Everything that shows text is taken out of the pages and the forms on them, and the annotations with it.
pub(super) fn without_text(
    mut document: Document,
    limits: &Limits,
    deadline: Instant,
) -> Result<Vec<u8>, DocumentError> {
    let mut budget = limits.decompressed;
    for id in pages(&document, limits.pages)? {
        let Ok(page) = document.get_dictionary(id) else { continue };
        let content = content(&document, page, &mut budget)?;
        let blank = document.add_object(Stream::new(dictionary! {}, unwritten(&content, deadline)?));
        let Ok(page) = document.get_dictionary_mut(id) else { continue };
        page.set("Contents", blank);
        page.remove(b"Annots");
    }
    let forms: Vec<ObjectId> =
        document.objects.iter().filter(|(_, object)| is_form(object)).map(|(id, _)| *id).collect();
    for id in forms {
        let Some(content) = stream_bytes(&document, &Object::Reference(id), &mut budget) else {
            return Err(DocumentError::TooLarge);
        };
        let content = unwritten(&content, deadline)?;
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.set_plain_content(content);
        }
    }
    // What was taken off the pages is still in the file.
    document.prune_objects();
    // It was unlocked while it was loaded.
    document.trailer.remove(b"Encrypt");
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|_| DocumentError::Damaged)?;
    if bytes.len() > limits.bytes { Err(DocumentError::TooLarge) } else { Ok(bytes) }
}

/// Forms and tiling patterns hold content as pages do.
fn is_form(object: &Object) -> bool {
    let Object::Stream(stream) = object else { return false };
    let subtype = stream.dict.get(b"Subtype").and_then(Object::as_name);
    subtype.is_ok_and(|name| name == b"Form") || stream.dict.has(b"PatternType")
}

/// The content without the operators that show text (ISO 32000-1 §9.4.3).
fn unwritten(content: &[u8], deadline: Instant) -> Result<Vec<u8>, DocumentError> {
    let mut lexer = Lexer::new(content);
    let mut operands = Vec::new();
    let mut kept = Vec::with_capacity(content.len());
    let mut start = 0;
    let mut count = 0u32;
    while let Some(operator) = lexer.next_operation(&mut operands) {
        let end = lexer.position();
        if !matches!(operator.as_slice(), b"Tj" | b"TJ" | b"'" | b"\"") {
            kept.extend_from_slice(&content[start..end]);
            kept.push(b'\n');
        }
        start = end;
        count += 1;
        if count.is_multiple_of(1024) && Instant::now() > deadline {
            return Err(DocumentError::TooSlow);
        }
    }
    Ok(kept)
}
