//! PDF: loads the objects with lopdf, runs each page's content and lays its glyphs out as lines.

mod cmap;
mod font;
mod geometry;
mod guard;
mod interpreter;
mod judge;
mod lexer;
mod objects;
mod pictures;
mod resources;
mod state;

use std::borrow::Cow;
use std::time::Instant;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use self::geometry::{Matrix, Rect};
use self::interpreter::Session;
use self::objects::{get, number, resolve, stream_bytes};
use super::{DocumentError, DocumentText, Limits, layout, visible};

/// Levels of the page tree; real ones have four at most.
const TREE_DEPTH: usize = 32;

/// What is on the pages; perhaps nothing but hidden text.
pub(super) fn read(bytes: &[u8], limits: &Limits, deadline: Instant) -> Result<DocumentText, DocumentError> {
    let unpacked = guard::check(bytes, limits)?;
    let bytes = with_header(bytes);
    let attempt = |rebuild| read_loaded(&load(&bytes, unpacked, rebuild)?, limits, deadline);
    let first = attempt(false);
    let is_doubtful = match &first {
        Ok(document) => document.is_blank(),
        Err(error) => *error == DocumentError::Damaged,
    };
    // The table of objects may point at the wrong places: look for the objects themselves.
    if is_doubtful { attempt(true).or(first) } else { first }
}

/// The same document without anything written on its pages.
pub(super) fn pictures(bytes: &[u8], limits: &Limits, deadline: Instant) -> Result<Vec<u8>, DocumentError> {
    let unpacked = guard::check(bytes, limits)?;
    let bytes = with_header(bytes);
    let document = load(&bytes, unpacked, false).or_else(|_| load(&bytes, unpacked, true))?;
    pictures::without_text(document, limits, deadline)
}

fn load(bytes: &[u8], unpacked: usize, rebuild: bool) -> Result<Document, DocumentError> {
    let options = LoadOptions {
        max_decompressed_size: Some(unpacked),
        force_reconstruct: rebuild,
        ..LoadOptions::default()
    };
    let document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(error) => return Err(load_error(&error, bytes)),
    };
    if document.trailer.has(b"Encrypt") && !document.was_encrypted() {
        return Err(DocumentError::Encrypted);
    }
    Ok(document)
}

fn read_loaded(
    document: &Document,
    limits: &Limits,
    deadline: Instant,
) -> Result<DocumentText, DocumentError> {
    let pages = pages(document, limits.pages)?;
    let mut session = Session::new(document, limits.decompressed, deadline);
    let mut texts = Vec::with_capacity(pages.len());
    let mut hidden = Vec::new();
    let mut sidebar = false;
    for (number, id) in (1u32..).zip(pages) {
        let Ok(page) = document.get_dictionary(id) else {
            texts.push(String::new());
            continue;
        };
        let content = content(document, page, &mut session.budget)?;
        let (bounds, matrix) = frame(document, page);
        let glyphs = session.page(number, &content, &resources(document, page), bounds, matrix)?;
        hidden.extend(glyphs.hidden);
        texts.push(layout::text(glyphs.visible, &mut sidebar));
        if Instant::now() > deadline {
            return Err(DocumentError::TooSlow);
        }
    }
    Ok(visible::finish(&texts, hidden))
}

/// The library wants `%PDF-1.4` or the like; other readers take anything near it.
fn with_header(bytes: &[u8]) -> Cow<'_, [u8]> {
    let head = &bytes[..bytes.len().min(1024)];
    let at = head.windows(4).position(|window| window == b"%PDF").unwrap_or(0);
    let fine = matches!(&bytes[at..], [b'%', b'P', b'D', b'F', b'-', b'1'..=b'2', b'.', b'0'..=b'9', ..]);
    if fine || bytes.len() < at + 8 {
        return Cow::Borrowed(bytes);
    }
    let mut fixed = bytes.to_vec();
    fixed[at..at + 8].copy_from_slice(b"%PDF-1.4");
    Cow::Owned(fixed)
}

fn load_error(error: &lopdf::Error, bytes: &[u8]) -> DocumentError {
    match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword => DocumentError::Encrypted,
        lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => {
            DocumentError::TooLarge
        }
        // A security handler the library gives up on comes as some other error.
        _ if bytes.windows(8).any(|window| window == b"/Encrypt") => DocumentError::Encrypted,
        _ => DocumentError::Damaged,
    }
}

/// Pages in order. A broken page tree is replaced by every page object there is, in the order of their numbers.
fn pages(document: &Document, most: u32) -> Result<Vec<ObjectId>, DocumentError> {
    let bound = most as usize + 1;
    let mut pages: Vec<ObjectId> = document.page_iter().take(bound).collect();
    if pages.is_empty() {
        let is_page = |object: &Object| match object {
            Object::Dictionary(page) => {
                page.has_type(b"Page") || page.has(b"Contents") && page.has(b"MediaBox")
            }
            _ => false,
        };
        pages = document
            .objects
            .iter()
            .filter(|(_, object)| is_page(object))
            .map(|(id, _)| *id)
            .take(bound)
            .collect();
    }
    match pages.len() {
        0 => Err(DocumentError::Damaged),
        count if count == bound => Err(DocumentError::TooManyPages),
        _ => Ok(pages),
    }
}

/// The page's content streams as one; operators may not cross streams, tokens are separated by a space.
fn content(document: &Document, page: &Dictionary, budget: &mut usize) -> Result<Vec<u8>, DocumentError> {
    let streams = match get(document, page, b"Contents") {
        Some(Object::Array(parts)) => parts.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let mut content = Vec::new();
    for stream in streams {
        match stream_bytes(document, stream, budget) {
            Some(bytes) => content.extend_from_slice(&bytes),
            None if *budget == 0 => return Err(DocumentError::TooLarge),
            None => {}
        }
        content.push(b'\n');
    }
    Ok(content)
}

/// Own resources first, then those of the nodes above.
fn resources<'a>(document: &'a Document, page: &'a Dictionary) -> Vec<&'a Dictionary> {
    ancestors(document, page)
        .into_iter()
        .filter_map(|node| objects::dictionary(document, node, b"Resources"))
        .collect()
}

fn ancestors<'a>(document: &'a Document, page: &'a Dictionary) -> Vec<&'a Dictionary> {
    let mut nodes = vec![page];
    while let Some(Object::Dictionary(parent)) = nodes.last().and_then(|node| get(document, node, b"Parent"))
    {
        if nodes.len() >= TREE_DEPTH {
            break;
        }
        nodes.push(parent);
    }
    nodes
}

/// What is shown of the page, and the matrix that turns it upright.
fn frame(document: &Document, page: &Dictionary) -> (Rect, Matrix) {
    let nodes = ancestors(document, page);
    let inherited = |key: &[u8]| nodes.iter().find_map(|node| get(document, node, key));
    let boxed = |key: &[u8]| match inherited(key) {
        Some(Object::Array(values)) => interpreter::rect(document, values),
        _ => None,
    };
    let letter = Rect { left: 0.0, bottom: 0.0, right: 612.0, top: 792.0 };
    let media = boxed(b"MediaBox").unwrap_or(letter);
    let shown =
        boxed(b"CropBox").map(|crop| crop.intersect(media)).filter(|crop| crop.area() > 0.0).unwrap_or(media);
    let turn =
        inherited(b"Rotate").and_then(|object| number(document, resolve(document, object))).unwrap_or(0.0);
    let matrix = match (turn as i64).rem_euclid(360) {
        90 => Matrix([0.0, -1.0, 1.0, 0.0, 0.0, 0.0]),
        180 => Matrix([-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]),
        270 => Matrix([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]),
        _ => Matrix::IDENTITY,
    };
    (shown, matrix)
}
