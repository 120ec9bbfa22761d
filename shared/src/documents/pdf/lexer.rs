//! Tokens of a content stream (ISO 32000-1 §7.8.2). Own and forgiving: a page with one bad operator still shows the rest,
//! and nothing is ever built but the operands of one operator.

/// One operand. Arrays are flat: a content stream nests them nowhere that matters for text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Number(f64),
    Text(Vec<u8>),
    Name(Vec<u8>),
    Array(Vec<Operand>),
    /// A dictionary's raw bytes are of no use to text; its names are kept for marked content.
    Dictionary(Vec<Operand>),
    Other,
}

impl Operand {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Operand::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Operand::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Most operands kept for one operator; the standard allows 33.
const OPERANDS: usize = 64;
/// Most elements of one array: a line of text has a few hundred at most.
const ELEMENTS: usize = 20_000;

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

enum Token {
    Operand(Operand),
    Keyword(Vec<u8>),
    Open(u8),
    Close,
    End,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next token is looked for.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next operator with its operands; `None` at the end.
    pub(super) fn next_operation(&mut self, operands: &mut Vec<Operand>) -> Option<Vec<u8>> {
        operands.clear();
        loop {
            match self.token() {
                Token::Operand(operand) => push(operands, operand),
                Token::Open(kind) => {
                    let elements = self.elements();
                    let operand =
                        if kind == b'[' { Operand::Array(elements) } else { Operand::Dictionary(elements) };
                    push(operands, operand);
                }
                Token::Close => {}
                Token::Keyword(word) if word == b"BI" => {
                    self.skip_inline_image();
                    operands.clear();
                    return Some(b"BI".to_vec());
                }
                Token::Keyword(word) => return Some(word),
                Token::End => return None,
            }
        }
    }

    /// Every operand before this keyword, which is passed; for the sections of a CMap.
    pub(super) fn until_keyword(&mut self, keyword: &[u8]) -> Vec<Operand> {
        let mut values = Vec::new();
        loop {
            match self.token() {
                Token::Operand(operand) if values.len() < ELEMENTS => values.push(operand),
                Token::Operand(_) | Token::Close => {}
                Token::Open(_) => values.push(Operand::Array(self.elements())),
                Token::Keyword(word) if word != keyword => {}
                Token::Keyword(_) | Token::End => return values,
            }
        }
    }

    /// Up to the closing bracket; brackets within are flattened into the same list.
    fn elements(&mut self) -> Vec<Operand> {
        let mut elements = Vec::new();
        let mut depth = 1u32;
        loop {
            match self.token() {
                Token::Operand(operand) if elements.len() < ELEMENTS => elements.push(operand),
                Token::Operand(_) => {}
                Token::Open(_) => depth += 1,
                Token::Close => {
                    depth -= 1;
                    if depth == 0 {
                        return elements;
                    }
                }
                // A keyword here means the bracket was never closed. `true`, `false` and `null` are values.
                Token::Keyword(word) if matches!(word.as_slice(), b"true" | b"false" | b"null") => {
                    elements.push(Operand::Other);
                }
                Token::Keyword(word) => {
                    self.at -= word.len();
                    return elements;
                }
                Token::End => return elements,
            }
        }
    }

    fn token(&mut self) -> Token {
        self.skip_space();
        let Some(byte) = self.bytes.get(self.at).copied() else { return Token::End };
        match byte {
            b'(' => Token::Operand(Operand::Text(self.literal())),
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => {
                self.at += 2;
                Token::Open(b'<')
            }
            b'<' => Token::Operand(Operand::Text(self.hexadecimal())),
            b'>' if self.bytes.get(self.at + 1) == Some(&b'>') => {
                self.at += 2;
                Token::Close
            }
            b'[' => {
                self.at += 1;
                Token::Open(b'[')
            }
            b']' => {
                self.at += 1;
                Token::Close
            }
            b'/' => {
                self.at += 1;
                Token::Operand(Operand::Name(unescape(self.regular())))
            }
            b'>' | b')' | b'{' | b'}' => {
                self.at += 1;
                Token::Operand(Operand::Other)
            }
            _ => {
                let word = self.regular();
                match number(word) {
                    Some(number) => Token::Operand(Operand::Number(number)),
                    None => Token::Keyword(word.to_vec()),
                }
            }
        }
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'%' => {
                    while self.bytes.get(self.at).is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                        self.at += 1;
                    }
                }
                byte if is_space(*byte) => self.at += 1,
                _ => return,
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| !is_space(*byte) && !is_delimiter(*byte)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn literal(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut depth = 0u32;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'(' => {
                    depth += 1;
                    if depth > 1 {
                        text.push(byte);
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return text;
                    }
                    text.push(byte);
                }
                b'\\' => self.escape(&mut text),
                _ => text.push(byte),
            }
        }
        text
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.bytes.get(self.at).copied() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                if self.bytes.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.bytes.get(self.at) {
                        Some(digit @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut digits = Vec::new();
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match char::from(byte).to_digit(16) {
                Some(digit) => digits.push(digit as u8),
                None if byte == b'>' => break,
                None => {}
            }
        }
        digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
    }

    /// Past `EI`, which must stand between spaces; image data may hold those letters by chance, so what follows must look
    /// like content again.
    fn skip_inline_image(&mut self) {
        let mut at = self.at;
        while at + 2 <= self.bytes.len() {
            let before = at == 0 || is_space(self.bytes[at - 1]);
            if before && &self.bytes[at..at + 2] == b"EI" {
                let after = &self.bytes[at + 2..self.bytes.len().min(at + 12)];
                if after.first().is_none_or(|byte| is_space(*byte))
                    && after.iter().all(|b| (9..127).contains(b))
                {
                    self.at = at + 2;
                    return;
                }
            }
            at += 1;
        }
        self.at = self.bytes.len();
    }
}

fn push(operands: &mut Vec<Operand>, operand: Operand) {
    if operands.len() < OPERANDS {
        operands.push(operand);
    }
}

/// Numbers as producers write them: `--5`, `1.2.3` and `.` occur and readers shrug.
fn number(word: &[u8]) -> Option<f64> {
    let first = *word.first()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    let text = std::str::from_utf8(word).ok()?;
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let digits = text.trim_start_matches(['-', '+']);
    let end = digits
        .char_indices()
        .scan(false, |dot, (at, c)| {
            let stop = match c {
                '0'..='9' => false,
                '.' => std::mem::replace(dot, true),
                _ => true,
            };
            (!stop).then_some(at + 1)
        })
        .last()
        .unwrap_or(0);
    let value = digits[..end].parse::<f64>().unwrap_or(0.0);
    Some(if text.starts_with('-') { -value } else { value })
}

fn unescape(name: &[u8]) -> Vec<u8> {
    if !name.contains(&b'#') {
        return name.to_vec();
    }
    let mut out = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        let digit = |offset: usize| name.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (name[at], digit(1), digit(2)) {
            (b'#', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

pub(super) fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}
