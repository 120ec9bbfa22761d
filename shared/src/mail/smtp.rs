use std::{net::IpAddr, sync::LazyLock, time::Duration};

use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor, transport::smtp};
use regex::Regex;
use url::Url;

use super::{Cause, Email, MailError, Mailer, ProviderId, message};
use crate::BoxFuture;

/// For each command; RFC 5321 §4.5.3.2 allows minutes, but a queue message is not held that long.
const COMMAND_LIMIT: Duration = Duration::from_secs(20);
/// For the whole letter, connecting included.
const LETTER_LIMIT: Duration = Duration::from_secs(60);

/// An SMTP relay (RFC 5321), TLS by rustls.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    description: String,
    letter_limit: Duration,
}

/// What is wrong with the configured address, which itself is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SmtpAddressError(&'static str);

impl Smtp {
    /// `smtps://user:password@host:465` (TLS from the start) or `smtp://user:password@host:587`, user and
    /// password percent-encoded. With `smtp`, STARTTLS is required unless the host is this machine;
    /// `?tls=opportunistic` and `?tls=none` relax that. The error names no credentials.
    pub fn from_url(address: &str) -> Result<Self, SmtpAddressError> {
        let refuse = SmtpAddressError;
        let mut url = Url::parse(address).map_err(|_| refuse("the SMTP address is not a URL"))?;
        let host =
            url.host_str().filter(|host| !host.is_empty()).ok_or(refuse("the SMTP address names no host"))?;
        let bare = host.trim_matches(['[', ']']);
        let local = bare == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        let chosen = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let tls = match (url.scheme(), chosen.as_deref()) {
            ("smtps", None) => "implicit TLS",
            ("smtp", Some("required")) => "STARTTLS",
            ("smtp", None) if !local => "STARTTLS",
            ("smtp", Some("opportunistic")) => "STARTTLS if offered",
            ("smtp", None | Some("none")) => "no TLS",
            ("smtp" | "smtps", Some(_)) => {
                return Err(refuse("tls is none, opportunistic or required, and only with smtp://"));
            }
            _ => return Err(refuse("the SMTP address begins with neither smtp:// nor smtps://")),
        };
        let description = match url.port() {
            Some(port) => format!("SMTP {host}:{port}, {tls}"),
            None => format!("SMTP {host}, {tls}"),
        };
        url.set_query(match tls {
            "STARTTLS" => Some("tls=required"),
            "STARTTLS if offered" => Some("tls=opportunistic"),
            _ => None,
        });
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|_| refuse("the SMTP address is not understood"))?
            .timeout(Some(COMMAND_LIMIT))
            .build();
        Ok(Self { transport, description, letter_limit: LETTER_LIMIT })
    }

    async fn deliver(&self, email: &Email) -> Result<ProviderId, MailError> {
        let (message, message_id) = message::compose(email)?;
        match tokio::time::timeout(self.letter_limit, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(ProviderId(message_id)),
            // RFC 6531: the server cannot carry an address with letters beyond ASCII.
            Ok(Err(error)) if error.is_client() && !email.to.is_ascii() => Err(MailError::Refused(
                Cause::Because("the mail server does not take international addresses"),
            )),
            Ok(Err(error)) => Err(classified(&error)),
            Err(_) => Err(MailError::Unavailable(Cause::Because("the mail server took too long"))),
        }
    }
}

impl Mailer for Smtp {
    fn describe(&self) -> String {
        self.description.clone()
    }

    fn send<'a>(&'a self, email: &'a Email) -> BoxFuture<'a, Result<ProviderId, MailError>> {
        Box::pin(self.deliver(email))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), MailError>> {
        Box::pin(async {
            match tokio::time::timeout(COMMAND_LIMIT, self.transport.test_connection()).await {
                Ok(Ok(true)) => Ok(()),
                Ok(Ok(false)) => Err(MailError::Unavailable(Cause::Because("the mail server hung up"))),
                Ok(Err(error)) => Err(classified(&error)),
                Err(_) => Err(MailError::Unavailable(Cause::Because("the mail server took too long"))),
            }
        })
    }
}

fn classified(error: &smtp::Error) -> MailError {
    if let Some(status) = error.status() {
        let code = u16::from(status);
        let cause = Cause::Reply { code, enhanced: enhanced_code(error) };
        // Sign-in and TLS refusals (RFC 4954 §6) concern our settings, not the letter.
        let ours = matches!(code, 454 | 500..=504 | 530 | 534 | 535 | 538);
        return if error.is_permanent() && !ours {
            MailError::Refused(cause)
        } else {
            MailError::Unavailable(cause)
        };
    }
    MailError::Unavailable(Cause::Because(if error.is_timeout() {
        "the mail server took too long"
    } else if error.is_tls() {
        "no TLS connection to the mail server"
    } else if error.is_response() {
        "the mail server's reply was not understood"
    } else if error.is_client() {
        "the mail server lacks something this letter or the settings need"
    } else {
        "no connection to the mail server (network or TLS)"
    }))
}

fn enhanced_code(error: &smtp::Error) -> Option<String> {
    static ENHANCED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[245]\.\d{1,3}\.\d{1,3}\b").expect("a fixed expression"));
    let reply = std::error::Error::source(error)?.to_string();
    ENHANCED.find(&reply).map(|found| found.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
        task::JoinHandle,
    };

    use super::*;
    use crate::mail::message::tests::email;

    /// What a server was told during one connection.
    #[derive(Default)]
    struct Heard {
        commands: Vec<String>,
        data: String,
    }

    /// A server for one connection. `answer` may replace the usual reply to a command; an empty one means
    /// silence.
    async fn server(answer: fn(&str) -> Option<&'static str>) -> (String, JoinHandle<Heard>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://us%40er:p%3Ass@{}", listener.local_addr().unwrap());
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut heard = Heard::default();
            write.write_all(b"220 test ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
                let usual = match verb.as_str() {
                    "EHLO" => "250-test\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES",
                    "AUTH" => "235 2.7.0 welcome",
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    _ => "250 2.0.0 fine",
                };
                heard.commands.push(line);
                let mut reply = answer(&verb).unwrap_or(usual);
                if reply.starts_with("354") {
                    write.write_all(b"354 go on\r\n").await.unwrap();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        heard.data += line.strip_prefix('.').unwrap_or(&line);
                        heard.data += "\r\n";
                    }
                    reply = answer("END").unwrap_or("250 2.0.0 queued");
                }
                if !reply.is_empty() && write.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
            heard
        });
        (url, heard)
    }

    #[tokio::test]
    async fn a_letter_arrives_whole() {
        let (url, heard) = server(|_| None).await;
        let smtp = Smtp::from_url(&url).unwrap();
        assert!(!smtp.describe().contains("p%3Ass") && !smtp.describe().contains("us%40er"));
        let sent = email();
        let id = smtp.send(&sent).await.unwrap();
        let heard = heard.await.unwrap();
        // us@er and p:ss, RFC 4616.
        assert!(heard.commands.contains(&"AUTH PLAIN AHVzQGVyAHA6c3M=".to_owned()), "{:?}", heard.commands);
        assert!(heard.commands.iter().any(|c| c.starts_with("MAIL FROM:<noreply@talenti.ai>")));
        assert!(heard.commands.iter().any(|c| c.starts_with("RCPT TO:<sam@example.org>")));
        let read = MessageParser::default().parse(heard.data.as_bytes()).unwrap();
        assert_eq!(read.subject(), Some(sent.subject.as_str()));
        assert_eq!(read.message_id(), Some(id.0.as_str()));
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), sent.text);
        assert_eq!(read.body_html(0).unwrap().trim_end(), sent.html);
    }

    #[tokio::test]
    async fn replies_decide_between_later_and_never() {
        type Answer = fn(&str) -> Option<&'static str>;
        let cases: [(Answer, bool, u16, Option<&str>); 6] = [
            (|c| (c == "RCPT").then_some("550 5.1.1 <sam@example.org> unknown"), false, 550, Some("5.1.1")),
            (
                |c| (c == "RCPT").then_some("450 4.2.0 sam@example.org is greylisted"),
                true,
                450,
                Some("4.2.0"),
            ),
            (|c| (c == "END").then_some("554 refused as spam"), false, 554, None),
            (|c| (c == "END").then_some("452 4.3.1 disk full"), true, 452, Some("4.3.1")),
            (|c| (c == "AUTH").then_some("535 5.7.8 us@er unknown"), true, 535, Some("5.7.8")),
            (|c| (c == "MAIL").then_some("421 4.3.2 closing"), true, 421, Some("4.3.2")),
        ];
        for (answer, may_retry, code, enhanced) in cases {
            let (url, _heard) = server(answer).await;
            let error = Smtp::from_url(&url).unwrap().send(&email()).await.unwrap_err();
            let cause = Cause::Reply { code, enhanced: enhanced.map(str::to_owned) };
            let expected = if may_retry { MailError::Unavailable(cause) } else { MailError::Refused(cause) };
            assert_eq!(error, expected);
            assert_eq!(error.may_retry(), may_retry);
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("example.org") && !shown.contains("us@er"), "{shown}");
            }
        }
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up_on_in_time() {
        let (url, _heard) = server(|c| (c == "EHLO").then_some("")).await;
        let mut smtp = Smtp::from_url(&url).unwrap();
        smtp.letter_limit = Duration::from_millis(200);
        let error = smtp.send(&email()).await.unwrap_err();
        assert_eq!(error, MailError::Unavailable(Cause::Because("the mail server took too long")));
    }

    #[tokio::test]
    async fn an_absent_server_is_worth_another_try() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        drop(listener);
        assert!(Smtp::from_url(&url).unwrap().send(&email()).await.unwrap_err().may_retry());
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_no_password_when_tls_is_required() {
        let (url, heard) = server(|_| None).await;
        let error = Smtp::from_url(&format!("{url}?tls=required")).unwrap().send(&email()).await.unwrap_err();
        assert!(error.may_retry());
        assert!(heard.await.unwrap().commands.iter().all(|c| !c.starts_with("AUTH")));
    }

    #[tokio::test]
    async fn a_server_that_speaks_no_tls_gets_nothing_over_smtps() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtps://us%40er:p%3Ass@{}", listener.local_addr().unwrap());
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"220 plain ESMTP\r\n").await.unwrap();
            let mut heard = Vec::new();
            // The client may hang up by a reset; what came before it is what counts.
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut heard).await;
            heard
        });
        let error = Smtp::from_url(&url).unwrap().send(&email()).await.unwrap_err();
        assert!(error.may_retry(), "{error}");
        // A TLS record of type handshake, RFC 8446 §5.1.
        assert_eq!(heard.await.unwrap().first(), Some(&22));
    }

    #[test]
    fn addresses_are_checked_without_repeating_them() {
        for wrong in ["mail.example.org", "http://h", "smtps://h?tls=none", "smtp://h?tls=maybe", "smtp:///x"]
        {
            assert!(Smtp::from_url(wrong).is_err(), "{wrong}");
        }
        let described = |url: &str| Smtp::from_url(url).unwrap().describe();
        assert_eq!(described("smtp://u:secret@mail.example.org:587"), "SMTP mail.example.org:587, STARTTLS");
        assert_eq!(described("smtps://u:secret@mail.example.org"), "SMTP mail.example.org, implicit TLS");
        assert_eq!(described("smtp://localhost:1025"), "SMTP localhost:1025, no TLS");
        assert_eq!(described("smtp://mail.example.org?tls=none"), "SMTP mail.example.org, no TLS");
    }
}
