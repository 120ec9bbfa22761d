//! What a font says about text: the Unicode of each code and how wide it is (ISO 32000-1 §9.6, 9.7, 9.10).

use std::collections::HashMap;

use encoding_rs::Encoding as Legacy;
use lopdf::{Dictionary, Document, Object};

use super::cmap::{self, CMap};
use super::objects::{array, dictionary, name, number, resolve, stream_bytes};
use crate::documents::plain::cp1252;

/// One shown glyph: its text, its advance in text space for size 1, and whether word spacing applies.
pub(super) struct Glyph {
    pub(super) text: String,
    pub(super) width: f64,
    pub(super) is_space_code: bool,
}

pub(super) struct Font {
    kind: Coding,
    to_unicode: Option<CMap>,
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// Height of a Type 3 glyph in text space; 1 for all others, where the size is the height.
    pub(super) height: f64,
    pub(super) vertical: bool,
}

enum Coding {
    Simple(Box<[String]>),
    /// Composite with an embedded or identity map from codes to CIDs.
    Cids(CMap),
    /// Composite with a predefined map whose codes are a known character set.
    Utf16,
    Legacy(&'static Legacy),
}

impl Font {
    /// A font that reads bytes as Windows-1252, for content that names a font it does not have.
    pub(super) fn fallback() -> Self {
        let table = (0..=255u8).map(|byte| cp1252(byte).to_string()).collect();
        Self {
            kind: Coding::Simple(table),
            to_unicode: None,
            widths: HashMap::new(),
            default_width: 0.5,
            height: 1.0,
            vertical: false,
        }
    }

    pub(super) fn load(document: &Document, font: &Dictionary, budget: &mut usize) -> Self {
        let subtype = name(document, font, b"Subtype").unwrap_or_default();
        let to_unicode = font
            .get(b"ToUnicode")
            .ok()
            .and_then(|object| stream_bytes(document, object, budget))
            .map(|bytes| CMap::parse(&bytes))
            .filter(CMap::has_unicode);
        let mut loaded = match subtype {
            b"Type0" => Self::composite(document, font, budget),
            _ => Self::simple(document, font, subtype, budget),
        };
        loaded.to_unicode = to_unicode;
        loaded
    }

    fn simple(document: &Document, font: &Dictionary, subtype: &[u8], budget: &mut usize) -> Self {
        let base = name(document, font, b"BaseFont").unwrap_or_default();
        let descriptor = dictionary(document, font, b"FontDescriptor");
        let mut loaded = Self::fallback();
        loaded.kind = Coding::Simple(encoding(document, font, subtype, base, descriptor, budget));
        // Type 3 widths are in glyph space, whose scale the font matrix gives; all others are in thousandths.
        let mut scale = 0.001;
        if subtype == b"Type3" {
            let matrix: Vec<f64> =
                array(document, font, b"FontMatrix").iter().filter_map(|o| number(document, o)).collect();
            scale = matrix.first().map_or(0.001, |value| value.abs());
            let bounds: Vec<f64> =
                array(document, font, b"FontBBox").iter().filter_map(|o| number(document, o)).collect();
            if let ([.., low, _, high], Some(down)) = (bounds.as_slice(), matrix.get(3)) {
                let height = (high - low).abs() * down.abs();
                loaded.height = if height > 0.0 { height } else { 1.0 };
            }
        }
        let first = font.get(b"FirstChar").ok().and_then(|o| number(document, o)).unwrap_or(0.0) as u32;
        for (code, width) in (first..256).zip(array(document, font, b"Widths")) {
            if let Some(width) = number(document, width) {
                loaded.widths.insert(code, width * scale);
            }
        }
        if loaded.widths.is_empty() {
            standard_widths(base, &mut loaded);
        } else {
            let missing =
                descriptor.and_then(|d| d.get(b"MissingWidth").ok()).and_then(|o| number(document, o));
            loaded.default_width = missing.unwrap_or(0.0) * 0.001;
        }
        loaded
    }

    fn composite(document: &Document, font: &Dictionary, budget: &mut usize) -> Self {
        let mut loaded = Self::fallback();
        let encoding = font.get(b"Encoding").ok().map(|object| resolve(document, object));
        let map = match encoding {
            Some(Object::Name(name)) => name.clone(),
            _ => Vec::new(),
        };
        loaded.vertical = map.ends_with(b"-V");
        loaded.kind = match (encoding, predefined(&map)) {
            (Some(object @ Object::Stream(_)), _) => Coding::Cids(
                stream_bytes(document, object, budget).map(|b| CMap::parse(&b)).unwrap_or_default(),
            ),
            (_, Some(kind)) => kind,
            _ => Coding::Cids(CMap::default()),
        };
        loaded.default_width = 1.0;
        let descendants = array(document, font, b"DescendantFonts");
        let Some(Object::Dictionary(descendant)) = descendants.first().map(|o| resolve(document, o)) else {
            return loaded;
        };
        if let Some(width) = descendant.get(b"DW").ok().and_then(|o| number(document, o)) {
            loaded.default_width = width * 0.001;
        }
        loaded.cid_widths(document, array(document, descendant, b"W"));
        loaded
    }

    /// `c [w1 w2 …]` and `first last w`, mixed.
    fn cid_widths(&mut self, document: &Document, mut entries: &[Object]) {
        // There are 65,536 CIDs; a range may name them all, but only so many ranges do.
        let mut left = 200_000usize;
        while let [first, second, rest @ ..] = entries {
            let Some(first) = number(document, first) else { return };
            let first = first.max(0.0) as u32;
            if let Object::Array(widths) = resolve(document, second) {
                for (offset, width) in (0u32..).zip(widths) {
                    if let Some(width) = number(document, width) {
                        self.widths.insert(first.saturating_add(offset), width * 0.001);
                    }
                }
                entries = rest;
            } else {
                let [width, rest @ ..] = rest else { return };
                let last = number(document, second).unwrap_or(0.0).clamp(0.0, 65_535.0) as u32;
                if let Some(width) = number(document, width) {
                    let named = (last.saturating_sub(first) as usize).saturating_add(1);
                    if named > left {
                        return;
                    }
                    left -= named;
                    for cid in first..=last {
                        self.widths.insert(cid, width * 0.001);
                    }
                }
                entries = rest;
            }
        }
    }

    /// The glyphs a shown string stands for.
    pub(super) fn glyphs(&self, bytes: &[u8], mut each: impl FnMut(Glyph)) {
        let mut at = 0;
        while at < bytes.len() {
            let length = match &self.kind {
                Coding::Simple(_) => 1,
                Coding::Cids(map) if map.has_codespace() => map.code_length(&bytes[at..]),
                Coding::Cids(_) => match &self.to_unicode {
                    // A map of one-byte codes with a two-byte encoding is a common mistake; the encoding wins.
                    Some(_) | None => 2,
                },
                Coding::Utf16 => 2,
                Coding::Legacy(_) if bytes[at] >= 0x81 => 2,
                Coding::Legacy(_) => 1,
            }
            .min(bytes.len() - at)
            .max(1);
            let part = &bytes[at..at + length];
            let code = cmap::code(part);
            let mapped = self.to_unicode.as_ref().and_then(|map| map.unicode(code));
            let text = mapped.unwrap_or_else(|| self.own_text(part, code));
            let cid = match &self.kind {
                Coding::Cids(map) => map.cid(code).unwrap_or(code),
                _ => code,
            };
            let width = self.widths.get(&cid).copied().unwrap_or(self.default_width);
            each(Glyph { text, width, is_space_code: length == 1 && part[0] == b' ' });
            at += length;
        }
    }

    fn own_text(&self, part: &[u8], code: u32) -> String {
        match &self.kind {
            Coding::Simple(table) => table[(code & 0xff) as usize].clone(),
            Coding::Utf16 => match part {
                [high, low] => String::from_utf16_lossy(&[u16::from_be_bytes([*high, *low])]),
                _ => String::new(),
            },
            Coding::Legacy(encoding) => encoding.decode_without_bom_handling(part).0.into_owned(),
            Coding::Cids(_) => "\u{fffd}".to_owned(),
        }
    }
}

/// The predefined CMaps whose codes are characters of a public character set (ISO 32000-1 table 118).
fn predefined(name: &[u8]) -> Option<Coding> {
    let name = std::str::from_utf8(name).ok()?;
    if name.contains("UCS2") || name.contains("UTF16") {
        return Some(Coding::Utf16);
    }
    let legacy = match name {
        _ if name.contains("RKSJ") => encoding_rs::SHIFT_JIS,
        _ if name.starts_with("EUC-H") || name.starts_with("EUC-V") => encoding_rs::EUC_JP,
        _ if name.starts_with("GB") => encoding_rs::GBK,
        _ if name.contains("B5") => encoding_rs::BIG5,
        _ if name.starts_with("KSC") => encoding_rs::EUC_KR,
        _ => return None,
    };
    Some(Coding::Legacy(legacy))
}

/// The character table of a simple font: base encoding, then differences, then the names in an embedded Type 1 program.
fn encoding(
    document: &Document,
    font: &Dictionary,
    subtype: &[u8],
    base: &[u8],
    descriptor: Option<&Dictionary>,
    budget: &mut usize,
) -> Box<[String]> {
    let pictures = [&b"Wingdings"[..], b"Webdings", b"Dingbats"];
    if pictures.iter().any(|name| base.windows(name.len()).any(|window| window == *name)) {
        return (0..=255u8).map(|byte| if byte <= b' ' { " " } else { "•" }.to_owned()).collect();
    }
    let declared = font.get(b"Encoding").ok().map(|object| resolve(document, object));
    let (base_name, differences) = match declared {
        Some(Object::Name(name)) => (Some(name.as_slice()), &[][..]),
        Some(Object::Dictionary(dictionary)) => {
            (name(document, dictionary, b"BaseEncoding"), array(document, dictionary, b"Differences"))
        }
        _ => (None, &[][..]),
    };
    let default: &[u8] = if subtype == b"Type1" { b"StandardEncoding" } else { b"WinAnsiEncoding" };
    let mut table = named_encoding(base_name.unwrap_or(default));
    if base_name.is_none() && subtype != b"TrueType" {
        let program =
            descriptor.and_then(|d| d.get(b"FontFile").ok()).and_then(|o| stream_bytes(document, o, budget));
        for (code, glyph) in program.as_deref().map(program_encoding).unwrap_or_default() {
            table[usize::from(code)] = glyph_text(&glyph);
        }
    }
    let mut code = 0usize;
    for object in differences {
        match resolve(document, object) {
            Object::Integer(start) => code = usize::try_from(*start).unwrap_or(0),
            Object::Name(glyph) => {
                if let Some(slot) = table.get_mut(code) {
                    *slot = glyph_text(glyph);
                }
                code += 1;
            }
            _ => {}
        }
    }
    table
}

fn named_encoding(encoding: &[u8]) -> Box<[String]> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Name(encoding.to_vec()));
    let document = Document::new();
    let known = font.get_font_encoding(&document);
    (0..=255u8)
        .map(|byte| {
            let text =
                known.as_ref().ok().and_then(|known| known.bytes_to_string(&[byte]).ok()).unwrap_or_default();
            // Bytes the encoding leaves empty are shown by readers as Windows-1252 more often than not.
            if text.is_empty() && encoding != b"StandardEncoding" { cp1252(byte).to_string() } else { text }
        })
        .collect()
}

/// `dup 65 /A put` in the clear part of a Type 1 font program.
fn program_encoding(program: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let end = program.windows(5).position(|window| window == b"eexec").unwrap_or(program.len());
    let words: Vec<&[u8]> =
        program[..end].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(20_000).collect();
    words
        .windows(4)
        .filter_map(|window| match window {
            [b"dup", code, glyph, b"put"] => {
                let code = std::str::from_utf8(code).ok()?.parse().ok()?;
                Some((code, glyph.strip_prefix(b"/")?.to_vec()))
            }
            _ => None,
        })
        .collect()
}

/// Unicode of a glyph name (Adobe Glyph List specification §2), the list itself being the library's.
fn glyph_text(glyph: &[u8]) -> String {
    let glyph = glyph.split(|byte| *byte == b'.').next().unwrap_or_default();
    if glyph.is_empty() {
        return String::new();
    }
    let Ok(text) = std::str::from_utf8(glyph) else { return String::new() };
    let ligature = match text {
        "ff" => "ff",
        "fi" => "fi",
        "fl" => "fl",
        "ffi" => "ffi",
        "ffl" => "ffl",
        "nbspace" | "nonbreakingspace" | "space" => " ",
        "sfthyphen" | "softhyphen" | "hyphen" => "-",
        "bullet" => "•",
        _ => "",
    };
    if !ligature.is_empty() {
        return ligature.to_owned();
    }
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let by_number = match text {
        _ if text.len() >= 7 && text.starts_with("uni") && text.is_ascii() => hex(&text[3..7]),
        _ if text.len() >= 5 && text.starts_with('u') && text.is_ascii() => hex(&text[1..]),
        _ => None,
    };
    if let Some(c) = by_number {
        return c.to_string();
    }
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    let mut differences = Dictionary::new();
    differences.set("Differences", Object::Array(vec![Object::Integer(1), Object::Name(glyph.to_vec())]));
    font.set("Encoding", Object::Dictionary(differences));
    let document = Document::new();
    let known = font.get_font_encoding(&document).ok().and_then(|known| known.bytes_to_string(&[1]).ok());
    match known {
        Some(text) if !text.is_empty() => text,
        _ if text.contains('_') => text.split('_').map(|part| glyph_text(part.as_bytes())).collect(),
        _ => String::new(),
    }
}

/// Rough advances for the standard fonts, which may come without widths. Helvetica's classes; Courier is 0.6 throughout.
fn standard_widths(base: &[u8], font: &mut Font) {
    let courier = base.windows(7).any(|window| window == b"Courier");
    let times = base.windows(5).any(|window| window == b"Times");
    font.default_width = if courier { 0.6 } else { 0.53 };
    if courier {
        return;
    }
    let scale = if times { 0.92 } else { 1.0 };
    for code in 32..=126u8 {
        let width = match char::from(code) {
            'i' | 'j' | 'l' | '\'' | '|' => 0.222,
            ' ' | '!' | ',' | '.' | '/' | ':' | ';' | 'f' | 't' | 'I' | '[' | ']' | '\\' => 0.278,
            '(' | ')' | 'r' | '-' | '`' | '{' | '}' => 0.333,
            'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 0.5,
            'm' | 'M' => 0.833,
            'w' | 'C' | 'D' | 'H' | 'N' | 'R' | 'U' => 0.722,
            'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' => 0.667,
            'F' | 'T' | 'Z' => 0.611,
            'G' | 'O' | 'Q' => 0.778,
            'W' => 0.944,
            '@' => 1.015,
            '%' => 0.889,
            '+' | '<' | '=' | '>' | '~' => 0.584,
            _ => 0.556,
        };
        font.widths.insert(u32::from(code), width * scale);
    }
}
