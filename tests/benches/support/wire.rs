//! HTTP/1.1 over one kept connection, as little as it takes: the client must cost less than what it measures.

use super::Fallible;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    line: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body, when the request succeeded.
    pub(crate) fn json(&self) -> Fallible<Value> {
        if !(200..300).contains(&self.status) {
            return Err(format!("status {}: {}", self.status, String::from_utf8_lossy(&self.body)).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// A request as it goes over the wire. `caller` is a bearer token; `address` is whom the proxy says it forwards for.
pub(crate) fn request(
    method: &str,
    path: &str,
    caller: Option<&str>,
    address: &str,
    body: Option<&Value>,
) -> Vec<u8> {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {address}\r\naccept: */*\r\n"
    );
    if let Some(token) = caller {
        text.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    match body.map(Value::to_string) {
        Some(body) => {
            let length = body.len();
            text.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            ));
        }
        None => text.push_str("\r\n"),
    }
    text.into_bytes()
}

impl Wire {
    pub(crate) fn connect(port: u16) -> Fallible<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::with_capacity(64 * 1024, stream), line: String::new() })
    }

    pub(crate) fn get(&mut self, path: &str) -> Fallible<Answer> {
        self.send(&request("GET", path, None, "127.0.0.1", None))
    }

    pub(crate) fn send(&mut self, request: &[u8]) -> Fallible<Answer> {
        let mut body = Vec::new();
        let status = self.stream(request, |piece| body.extend_from_slice(piece))?;
        Ok(Answer { status, body })
    }

    /// Hands over the pieces of the body as they come.
    pub(crate) fn stream(&mut self, request: &[u8], mut piece: impl FnMut(&[u8])) -> Fallible<u16> {
        self.stream.get_mut().write_all(request)?;
        let status =
            self.read_line()?.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or("no status")?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.read_line()?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        if !chunked {
            self.read_exactly(length, &mut piece)?;
            return Ok(status);
        }
        loop {
            let size = usize::from_str_radix(self.read_line()?.trim(), 16)?;
            self.read_exactly(size, &mut piece)?;
            self.read_line()?;
            if size == 0 {
                return Ok(status);
            }
        }
    }

    fn read_line(&mut self) -> Fallible<&str> {
        self.line.clear();
        if self.stream.read_line(&mut self.line)? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(self.line.trim_end())
    }

    fn read_exactly(&mut self, length: usize, piece: &mut impl FnMut(&[u8])) -> Fallible<()> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !body.is_empty() {
            piece(&body);
        }
        Ok(())
    }
}
