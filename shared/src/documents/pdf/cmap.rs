//! `ToUnicode` and embedded encoding CMaps (Adobe technical notes 5014, 5411): codes to Unicode, read with the content
//! stream's lexer and kept as ranges, so that a map of a few bytes cannot grow to one of millions of entries.

use super::lexer::{Lexer, Operand};

/// Most entries kept; a font has at most 65,536 glyphs.
const ENTRIES: usize = 70_000;

#[derive(Default)]
pub(super) struct CMap {
    /// (bytes of a code, lowest, highest)
    codespace: Vec<(usize, u32, u32)>,
    /// (lowest, highest, text of the lowest), sorted
    unicode: Vec<(u32, u32, Vec<u16>)>,
    /// (lowest, highest, cid of the lowest), sorted
    cids: Vec<(u32, u32, u32)>,
}

impl CMap {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut lexer = Lexer::new(bytes);
        let mut operands = Vec::new();
        // Operators take at most 64 operands, but a section holds up to 300: read section by section.
        while let Some(operator) = lexer.next_operation(&mut operands) {
            let section: &[u8] = match operator.as_slice() {
                b"begincodespacerange" => b"endcodespacerange",
                b"beginbfchar" => b"endbfchar",
                b"beginbfrange" => b"endbfrange",
                b"begincidrange" => b"endcidrange",
                b"begincidchar" => b"endcidchar",
                _ => continue,
            };
            let values = lexer.until_keyword(section);
            map.take(section, &values);
        }
        map.unicode.sort_by_key(|entry| (entry.0, entry.1));
        map.cids.sort_unstable();
        map
    }

    fn take(&mut self, section: &[u8], values: &[Operand]) {
        let step = if matches!(section, b"endbfchar" | b"endcidchar" | b"endcodespacerange") { 2 } else { 3 };
        for entry in values.chunks_exact(step) {
            let Operand::Text(first) = &entry[0] else { continue };
            let low = code(first);
            let high = match &entry[1] {
                Operand::Text(last) if section != b"endbfchar" => code(last),
                _ => low,
            };
            if high < low || self.unicode.len() + self.cids.len() >= ENTRIES {
                continue;
            }
            match section {
                b"endcodespacerange" => self.codespace.push((first.len(), low, high)),
                b"endcidrange" | b"endcidchar" => {
                    if let Some(cid) = entry.last().and_then(Operand::number) {
                        self.cids.push((low, high, cid as u32));
                    }
                }
                _ => match &entry[step - 1] {
                    Operand::Text(text) => self.unicode.push((low, high, units(text))),
                    Operand::Array(texts) => {
                        for (offset, text) in (0u32..).zip(texts) {
                            if let Operand::Text(text) = text {
                                let code = low.wrapping_add(offset);
                                self.unicode.push((code, code, units(text)));
                            }
                        }
                    }
                    _ => {}
                },
            }
        }
    }

    pub(super) fn has_unicode(&self) -> bool {
        !self.unicode.is_empty()
    }

    pub(super) fn has_codespace(&self) -> bool {
        !self.codespace.is_empty()
    }

    /// Bytes of the code at the start of `text`, by the codespace ranges; 2 when there are none.
    pub(super) fn code_length(&self, text: &[u8]) -> usize {
        if self.codespace.is_empty() {
            return 2;
        }
        (1..=4usize.min(text.len()))
            .find(|length| {
                let value = code(&text[..*length]);
                self.codespace
                    .iter()
                    .any(|(bytes, low, high)| bytes == length && (*low..=*high).contains(&value))
            })
            .unwrap_or_else(|| self.codespace.iter().map(|range| range.0).min().unwrap_or(1))
    }

    pub(super) fn unicode(&self, code: u32) -> Option<String> {
        let at = self.unicode.partition_point(|entry| entry.0 <= code);
        let (low, _, text) = self.unicode[..at].iter().rev().take(8).find(|entry| code <= entry.1)?;
        let mut units = text.clone();
        if let Some(last) = units.last_mut() {
            *last = last.wrapping_add((code - low) as u16);
        }
        Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
    }

    pub(super) fn cid(&self, code: u32) -> Option<u32> {
        let at = self.cids.partition_point(|entry| entry.0 <= code);
        let (low, _, cid) = self.cids[..at].iter().rev().take(8).find(|entry| code <= entry.1)?;
        Some(cid.wrapping_add(code - low))
    }
}

pub(super) fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn units(bytes: &[u8]) -> Vec<u16> {
    match bytes {
        [one] => vec![u16::from(*one)],
        // No character needs more than a few units; ligatures have up to six.
        _ => bytes.chunks_exact(2).take(16).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
    }
}
