//! Reading values out of a document's objects without ever following a chain of references far.

use lopdf::{Dictionary, Document, Object};

/// The object behind a reference (at most a few links), or the object itself.
pub(super) fn resolve<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    const NULL: &Object = &Object::Null;
    let mut object = object;
    for _ in 0..8 {
        match object {
            Object::Reference(id) => object = document.objects.get(id).unwrap_or(NULL),
            _ => return object,
        }
    }
    NULL
}

pub(super) fn get<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    match resolve(document, dictionary.get(key).ok()?) {
        Object::Null => None,
        object => Some(object),
    }
}

pub(super) fn dictionary<'a>(
    document: &'a Document,
    from: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Dictionary> {
    match get(document, from, key)? {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

pub(super) fn name<'a>(document: &'a Document, from: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
    match get(document, from, key)? {
        Object::Name(name) => Some(name),
        _ => None,
    }
}

pub(super) fn array<'a>(document: &'a Document, from: &'a Dictionary, key: &[u8]) -> &'a [Object] {
    match get(document, from, key) {
        Some(Object::Array(array)) => array,
        _ => &[],
    }
}

pub(super) fn number(document: &Document, object: &Object) -> Option<f64> {
    match resolve(document, object) {
        Object::Integer(integer) => Some(*integer as f64),
        Object::Real(real) if real.is_finite() => Some(f64::from(*real)),
        _ => None,
    }
}

/// A stream's decoded bytes, paid for out of the budget; `None` when it is no stream or the budget is spent.
pub(super) fn stream_bytes(document: &Document, object: &Object, budget: &mut usize) -> Option<Vec<u8>> {
    let Object::Stream(stream) = resolve(document, object) else { return None };
    let bytes = match stream.get_plain_content_with_limit(*budget) {
        Ok(bytes) => bytes,
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
            *budget = 0;
            return None;
        }
        // An unknown or broken filter: what is there may still be plain.
        Err(_) if stream.content.len() <= *budget => stream.content.clone(),
        Err(_) => return None,
    };
    *budget = budget.saturating_sub(bytes.len());
    Some(bytes)
}
