//! Reading uploaded documents: what a person sees on the page, in reading order, and what was hidden from them
//! (spec 25 §3, 40 §5). Kind is told by content, never by name. Nothing here trusts its input: every loop is bounded by
//! [`Limits`], parsing runs on its own thread with a large stack, and a panic in a library is a damaged document.

mod azure;
mod columns;
mod docx;
mod docx_styles;
mod layout;
mod pdf;
mod plain;
mod scan;
mod visible;

pub use azure::DocumentIntelligence;
pub use scan::{Ocr, OcrError, Scan, scan};

use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Bounds on what reading one document may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest file taken, in bytes.
    pub bytes: usize,
    /// Most pages taken.
    pub pages: u32,
    /// Sum of everything decompressed while reading, in bytes.
    pub decompressed: usize,
    /// Wall clock for one document.
    pub time: Duration,
}

impl Default for Limits {
    /// 10 MiB, 50 pages (spec 40 §7), 64 MiB decompressed, 4 s.
    fn default() -> Self {
        Self {
            bytes: 10 * 1024 * 1024,
            pages: 50,
            decompressed: 64 * 1024 * 1024,
            time: Duration::from_secs(4),
        }
    }
}

/// The visible text of a document. No `Debug`: it is personal data.
#[derive(Clone, Default, PartialEq)]
pub struct DocumentText {
    /// One line of the page per line, in reading order; pages separated by form feeds (U+000C). Parts of a line that
    /// stand far apart are separated by three spaces.
    pub text: String,
    pub pages: u32,
    /// What was on the page but not to be seen; never part of `text`.
    pub hidden: Vec<HiddenText>,
}

impl DocumentText {
    /// Whether nothing on it can be read.
    pub fn is_blank(&self) -> bool {
        !self.text.chars().any(char::is_alphanumeric)
    }

    fn or_no_text(self) -> Result<Self, DocumentError> {
        if self.is_blank() { Err(DocumentError::NoText) } else { Ok(self) }
    }
}

/// A finding for a person: text the document carries but does not show.
#[derive(Clone, PartialEq)]
pub struct HiddenText {
    pub kind: HiddenKind,
    /// Counted from 1.
    pub page: u32,
    /// The hidden text, at most 200 characters.
    pub excerpt: String,
}

/// How a text was hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HiddenKind {
    /// The colour of what lies under it: white on white.
    SameColour,
    /// Outside the page or its clipping path.
    OffPage,
    /// Under 2 pt as shown.
    Tiny,
    /// Text render mode 3 (or 7), or fully transparent.
    Invisible,
    /// Painted over by something opaque.
    Covered,
    /// Characters without width.
    ZeroWidth,
    /// Characters that change the writing direction.
    BidiOverride,
    /// Formatted as hidden (DOCX `vanish`), or in a layer that is switched off.
    Vanish,
}

impl HiddenKind {
    /// The word stored with a finding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameColour => "same_colour",
            Self::OffPage => "off_page",
            Self::Tiny => "tiny",
            Self::Invisible => "invisible",
            Self::Covered => "covered",
            Self::ZeroWidth => "zero_width",
            Self::BidiOverride => "bidi_override",
            Self::Vanish => "vanish",
        }
    }
}

/// Why a document gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("the document needs a password")]
    Encrypted,
    #[error("the document has no readable text")]
    NoText,
    #[error("the document has too many pages")]
    TooManyPages,
    #[error("the document is damaged")]
    Damaged,
    /// The kind found, in one word.
    #[error("documents of type {0} are not supported")]
    Unsupported(&'static str),
    #[error("the document is too large, or unpacks to something too large")]
    TooLarge,
    #[error("the document took too long to read")]
    TooSlow,
}

/// What a document is, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Docx,
    Text,
}

/// Stack of the reading thread. The parsers nest a few hundred levels at most; unoptimised frames are large.
const STACK: usize = 64 * 1024 * 1024;

/// Read the visible text of a PDF, DOCX or plain text. Blocks for at most about `limits.time`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<DocumentText, DocumentError> {
    if bytes.len() > limits.bytes {
        return Err(DocumentError::TooLarge);
    }
    let kind = kind(bytes)?;
    if kind == Kind::Text {
        return visible::finish(&[plain::decode(bytes)?], Vec::new()).or_no_text();
    }
    let (bytes, limits) = (bytes.to_vec(), *limits);
    let document = off_thread(&limits, move |deadline| match kind {
        Kind::Pdf => pdf::read(&bytes, &limits, deadline),
        _ => docx::read(&bytes, &limits, deadline),
    });
    document?.or_no_text()
}

/// Runs a reader on a thread with a large stack, for at most about `limits.time`. A panic in it is a damaged document.
fn off_thread<T: Send + 'static>(
    limits: &Limits,
    reader: impl FnOnce(Instant) -> Result<T, DocumentError> + Send + 'static,
) -> Result<T, DocumentError> {
    let deadline = Instant::now() + limits.time;
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("read-document".to_owned()).stack_size(STACK);
    let spawned = thread.spawn(move || {
        // The caller may have given up waiting.
        let _ = sender.send(reader(deadline));
    });
    if spawned.is_err() {
        return Err(DocumentError::TooLarge);
    }
    // Own code looks at the deadline; the grace is for a library in the middle of something.
    match receiver.recv_timeout(limits.time + Duration::from_millis(500)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(DocumentError::TooSlow),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(DocumentError::Damaged),
    }
}

/// [`read`] off the async threads.
pub async fn read_async(bytes: bytes::Bytes, limits: Limits) -> Result<DocumentText, DocumentError> {
    match tokio::task::spawn_blocking(move || read(&bytes, &limits)).await {
        Ok(result) => result,
        Err(_) => Err(DocumentError::Damaged),
    }
}

/// The kind of a document by its content. A PDF may have up to 1 KiB of other bytes before its header, as readers allow.
pub fn kind(bytes: &[u8]) -> Result<Kind, DocumentError> {
    const OTHERS: [(&[u8], &str); 9] = [
        (b"{\\rtf", "rtf"),
        (b"\x89PNG", "png"),
        (b"\xff\xd8\xff", "jpeg"),
        (b"GIF8", "gif"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"MZ", "executable"),
        (b"\x7fELF", "executable"),
        (b"%!PS", "postscript"),
    ];
    if bytes.is_empty() {
        return Err(DocumentError::NoText);
    }
    if is_pdf(bytes) {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Docx);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        // An OLE container: a password-protected DOCX holds a stream of this name, in UTF-16.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|window| window == name);
        return Err(if encrypted { DocumentError::Encrypted } else { DocumentError::Unsupported("doc") });
    }
    match OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((b"MZ", _)) if plain::decode(bytes).is_ok() => Ok(Kind::Text),
        Some((_, other)) => Err(DocumentError::Unsupported(other)),
        None => plain::decode(bytes).map(|_| Kind::Text),
    }
}

/// Whether a ZIP archive is a Word document: it has the part every one has.
pub fn is_docx(bytes: &[u8]) -> bool {
    zip::ZipArchive::new(std::io::Cursor::new(bytes))
        .is_ok_and(|archive| archive.index_for_name("word/document.xml").is_some())
}

/// A header in the first KiB, or a damaged one whose file ends as a PDF does.
fn is_pdf(bytes: &[u8]) -> bool {
    let holds = |part: &[u8], wanted: &[u8]| part.windows(wanted.len()).any(|window| window == wanted);
    let (head, tail) = (&bytes[..bytes.len().min(1024)], &bytes[bytes.len().saturating_sub(2048)..]);
    holds(head, b"%PDF") || holds(tail, b"startxref") || (holds(head, b" 0 obj") || holds(head, b"trailer<<"))
}

#[cfg(test)]
mod tests;
