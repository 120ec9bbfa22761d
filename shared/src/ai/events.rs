//! Server-sent events as a model sends them (WHATWG HTML §9.2.6): of every event only its data.

/// Cuts bytes that come in any pieces into events.
#[derive(Default)]
pub(super) struct Events {
    bytes: Vec<u8>,
    /// How much of `bytes` was read.
    read: usize,
    /// Of the event that is being read, each line ended by a line feed.
    data: String,
    begun: bool,
}

/// The data are not UTF-8.
pub(super) struct NotText;

const MARK: &[u8] = "\u{feff}".as_bytes();

impl Events {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The data of the next whole event; `None` when more bytes are needed. An event without data is none.
    pub(super) fn next(&mut self) -> Option<Result<String, NotText>> {
        while let Some(line) = next_line(&self.bytes[self.read..]) {
            let (mut text, whole) = (&self.bytes[self.read..][..line.text], line.whole);
            if !std::mem::replace(&mut self.begun, true) {
                text = text.strip_prefix(MARK).unwrap_or(text);
            }
            self.read += whole;
            if text.is_empty() {
                if self.data.pop().is_some() {
                    return Some(Ok(std::mem::take(&mut self.data)));
                }
            } else if let Some(value) = text.strip_prefix(b"data") {
                let value = match value {
                    [] => value,
                    [b':', b' ', value @ ..] | [b':', value @ ..] => value,
                    // Another field whose name begins like this.
                    _ => continue,
                };
                let Ok(value) = std::str::from_utf8(value) else { return Some(Err(NotText)) };
                self.data.push_str(value);
                self.data.push('\n');
            }
        }
        None
    }
}

struct Line {
    text: usize,
    /// With its end.
    whole: usize,
}

/// Lines end with CR LF, LF or CR. A CR that is the last byte may be half of an end: the next piece tells.
fn next_line(bytes: &[u8]) -> Option<Line> {
    let text = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let end = match (bytes[text], bytes.get(text + 1)) {
        (b'\r', None) => return None,
        (b'\r', Some(b'\n')) => 2,
        _ => 1,
    };
    Some(Line { text, whole: text + end })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let (mut events, mut all) = (Events::default(), Vec::new());
        for piece in pieces {
            events.push(piece);
            while let Some(event) = events.next() {
                all.push(event.unwrap_or_else(|NotText| "not text".into()));
            }
        }
        all
    }

    const STREAM: &[u8] = "\u{feff}: hello\ndata: é\ndata\ndata:\tb\r\n\r\nevent: x\ndatabase: 1\n\ndata:  c\r\rid: 1\ndata: cut".as_bytes();

    #[test]
    fn fields_lines_and_ends_are_told_apart() {
        assert_eq!(read([STREAM]), ["é\n\n\tb", " c"]);
        assert_eq!(read([b"data: \xff\n\n".as_slice()])[0], "not text");
    }

    proptest! {
        #[test]
        fn where_the_pieces_are_cut_makes_no_difference(cuts in proptest::collection::vec(0..STREAM.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            prop_assert_eq!(read(cuts.windows(2).map(|cut| &STREAM[cut[0]..cut[1]])), read([STREAM]));
        }
    }
}
