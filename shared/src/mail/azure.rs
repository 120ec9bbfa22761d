//! Azure Communication Services E-mail, version 2023-03-31 of its interface.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::{Cause, Email, MailError, Mailer, ProviderId, message};
use crate::BoxFuture;
use crate::azure::{EndpointError, NoReply, Reply, Resource, TokenSource};

const API_VERSION: (&str, &str) = ("api-version", "2023-03-31");
/// For the whole letter, waiting for its outcome included. What is still under way then counts as taken.
const LETTER_LIMIT: Duration = Duration::from_secs(30);
/// The id of no operation.
const NO_LETTER: &str = "00000000-0000-0000-0000-000000000000";
/// The answers are a few lines.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Letters leave through a Communication Services resource whose domain is `EMAIL_FROM`'s. The identity needs a role on
/// it that may send e-mail.
///
/// A letter sent again is no second letter: the operation carries the letter's own id, and the service is asked to refuse
/// a Message-ID it has seen. When it refuses, the operation of the first time tells how that went.
pub struct AzureEmail {
    resource: Resource,
    letter_limit: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmailMessage<'a> {
    headers: Headers,
    sender_address: String,
    content: Content<'a>,
    recipients: Recipients,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    /// No pixel and no rewritten links in letters to candidates.
    user_engagement_tracking_disabled: bool,
}

#[derive(Serialize)]
struct Headers {
    #[serde(rename = "Message-ID")]
    message_id: String,
    /// RFC 3834: asks responders to keep quiet.
    #[serde(rename = "Auto-Submitted")]
    auto_submitted: &'static str,
    #[serde(rename = "x-ms-acsemail-validate-message-id")]
    validate_message_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    subject: String,
    plain_text: &'a str,
    html: &'a str,
}

#[derive(Serialize)]
struct Recipients {
    to: [Recipient; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    name: &'static str,
    content_type: &'static str,
    content_in_base64: String,
}

#[derive(Deserialize)]
struct SendResult {
    status: String,
    #[serde(default)]
    error: Option<ErrorDetail>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ErrorDetail,
}

/// Its message is not read: it may repeat the address.
#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default)]
    code: Option<String>,
}

impl AzureEmail {
    /// `endpoint` is `https://<resource>.communication.azure.com`.
    pub fn new(endpoint: &Url, tokens: Arc<dyn TokenSource>) -> Result<Self, EndpointError> {
        let resource = Resource::new(endpoint, tokens, LARGEST_ANSWER)?;
        Ok(Self { resource, letter_limit: LETTER_LIMIT })
    }

    async fn deliver(&self, email: &Email) -> Result<ProviderId, MailError> {
        let message = written(email)?;
        let deadline = Instant::now() + self.letter_limit;
        let operation = email.message_id.to_string();
        let request = self.resource.request(Method::POST, &["emails:send"], &[API_VERSION]);
        let request = request.map(|request| request.header("operation-id", &operation).json(&message));
        let reply = self.resource.exchange(request, deadline).await.map_err(unavailable)?;
        match reply.status {
            StatusCode::ACCEPTED => self.follow(&operation, reply, deadline).await?,
            // Perhaps it was handed over before and only our note of it was lost.
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT => {
                let known = self.look(&operation, deadline).await.map_err(unavailable)?;
                match known.status {
                    StatusCode::OK => self.follow(&operation, known, deadline).await?,
                    StatusCode::NOT_FOUND => return Err(MailError::Refused(cause(&reply))),
                    _ => return Err(MailError::Unavailable(cause(&known))),
                }
            }
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                return Err(MailError::Refused(cause(&reply)));
            }
            // A missing role or a wrong address concerns our settings, not the letter.
            _ => return Err(MailError::Unavailable(cause(&reply))),
        }
        Ok(ProviderId(operation))
    }

    /// Waits for the outcome of a letter that was taken. Only its failure changes anything; whatever keeps us from learning
    /// of it does not.
    async fn follow(&self, operation: &str, mut reply: Reply, deadline: Instant) -> Result<(), MailError> {
        loop {
            if let Ok(result) = serde_json::from_slice::<SendResult>(&reply.body) {
                match result.status.as_str() {
                    "Succeeded" => return Ok(()),
                    "Failed" | "Canceled" => {
                        let word = result.error.and_then(|error| error.code).filter(|code| is_word(code));
                        return Err(MailError::Refused(Cause::GivenUp { word }));
                    }
                    _ => {}
                }
            }
            let pause = reply.pause();
            if Instant::now() + pause >= deadline {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            match self.look(operation, deadline).await {
                Ok(next) if next.status == StatusCode::OK => reply = next,
                _ => return Ok(()),
            }
        }
    }

    async fn look(&self, operation: &str, deadline: Instant) -> Result<Reply, NoReply> {
        let path = ["emails", "operations", operation];
        self.resource.insist(self.resource.request(Method::GET, &path, &[API_VERSION]), deadline).await
    }
}

impl Mailer for AzureEmail {
    fn describe(&self) -> String {
        format!("Azure Communication Services at {}", self.resource.host())
    }

    fn send<'a>(&'a self, email: &'a Email) -> BoxFuture<'a, Result<ProviderId, MailError>> {
        Box::pin(self.deliver(email))
    }

    /// Asks after a letter that never was.
    fn probe(&self) -> BoxFuture<'_, Result<(), MailError>> {
        Box::pin(async {
            let deadline = Instant::now() + self.letter_limit;
            let path = ["emails", "operations", NO_LETTER];
            let request = self.resource.request(Method::GET, &path, &[API_VERSION]);
            let reply = self.resource.exchange(request, deadline).await.map_err(unavailable)?;
            match reply.status {
                StatusCode::OK | StatusCode::NOT_FOUND => Ok(()),
                _ => Err(MailError::Unavailable(cause(&reply))),
            }
        })
    }
}

fn written(email: &Email) -> Result<EmailMessage<'_>, MailError> {
    let (from, to) = message::parties(email)?;
    let attachments = email.calendar.iter().map(|calendar| Attachment {
        name: "invite.ics",
        content_type: "text/calendar",
        content_in_base64: BASE64_STANDARD.encode(calendar),
    });
    Ok(EmailMessage {
        headers: Headers {
            message_id: format!("<{}>", message::message_id(email, &from.email)),
            auto_submitted: "auto-generated",
            validate_message_id: "true",
        },
        // The name shown beside it is set on the resource.
        sender_address: from.email.to_string(),
        content: Content {
            subject: message::single_line(&email.subject),
            plain_text: &email.text,
            html: &email.html,
        },
        recipients: Recipients { to: [Recipient { address: to.email.to_string(), display_name: to.name }] },
        attachments: attachments.collect(),
        user_engagement_tracking_disabled: true,
    })
}

fn unavailable(error: NoReply) -> MailError {
    MailError::Unavailable(Cause::Because(match error {
        NoReply::NoToken => "no Entra token for the mail service",
        NoReply::NoConnection => "no connection to the mail service (network or TLS)",
        NoReply::TooSlow => "the mail service took too long",
        NoReply::Cut | NoReply::TooLarge => "the mail service's answer was not understood",
    }))
}

fn cause(reply: &Reply) -> Cause {
    let code = serde_json::from_slice(&reply.body).ok().and_then(|answer: ErrorAnswer| answer.error.code);
    Cause::Reply { code: reply.status.as_u16(), enhanced: code.filter(|code| is_word(code)) }
}

/// Codes are words such as `EmailDropped`; anything else might be somebody's address.
fn is_word(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ai::replay::server::{Reply, Server};
    use crate::auth::Secret;
    use crate::azure::TokenError;
    use crate::mail::message::tests::email;

    /// Tokens `entra-1`, `entra-2`, …
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl TokenSource for Counting {
        fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>> {
            let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            Box::pin(async move { Ok(Secret::new(format!("entra-{number}"))) })
        }
    }

    struct Nobody;

    impl TokenSource for Nobody {
        fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>> {
            Box::pin(async { Err("nobody is signed in".into()) })
        }
    }

    fn mailer(address: &str) -> AzureEmail {
        let endpoint = address.parse().unwrap();
        let mut mailer = AzureEmail::new(&endpoint, Arc::new(Counting::default())).unwrap();
        mailer.letter_limit = Duration::from_secs(2);
        mailer
    }

    fn result(status: u16, state: &str) -> Reply {
        let body = json!({ "id": email().message_id, "status": state });
        Reply::json(status, &body).header("retry-after", "0")
    }

    fn refusal(status: u16, code: &str) -> Reply {
        Reply::json(status, &json!({ "error": { "code": code, "message": "about sam@example.org" } }))
    }

    #[tokio::test]
    async fn a_letter_arrives_whole() {
        let server =
            Server::playing([result(202, "Running"), result(200, "Running"), result(200, "Succeeded")]).await;
        let letter = email().with_calendar("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into());
        let id = mailer(&server.address).send(&letter).await.unwrap();
        assert_eq!(id.0, letter.message_id.to_string());
        let asked = server.asked();
        let (sent, looks) = asked.split_first().unwrap();
        assert_eq!(
            (&sent.method, sent.path.as_str()),
            (&Method::POST, "/emails:send?api-version=2023-03-31")
        );
        assert_eq!(sent.headers["operation-id"], id.0.as_str());
        assert_eq!(sent.headers["authorization"], "Bearer entra-1");
        let expected = json!({
            "headers": {
                "Message-ID": format!("<{}@talenti.ai>", letter.message_id),
                "Auto-Submitted": "auto-generated",
                "x-ms-acsemail-validate-message-id": "true",
            },
            "senderAddress": "noreply@talenti.ai",
            "content": { "subject": letter.subject, "plainText": letter.text, "html": letter.html },
            "recipients": { "to": [{ "address": "sam@example.org" }] },
            "attachments": [{
                "name": "invite.ics",
                "contentType": "text/calendar",
                "contentInBase64": "QkVHSU46VkNBTEVOREFSDQpFTkQ6VkNBTEVOREFSDQo=",
            }],
            "userEngagementTrackingDisabled": true,
        });
        assert_eq!(sent.body, expected);
        assert_eq!(looks.len(), 2);
        let look = format!("/emails/operations/{}?api-version=2023-03-31", id.0);
        assert!(looks.iter().all(|asked| asked.method == Method::GET && asked.path == look));
        assert_eq!(looks[1].headers["authorization"], "Bearer entra-3", "every request asks for a token");
    }

    #[tokio::test]
    async fn a_letter_that_was_handed_over_before_is_not_sent_again() {
        let server = Server::playing([refusal(400, "DuplicateMessageId"), result(200, "Succeeded")]).await;
        assert!(mailer(&server.address).send(&email()).await.is_ok());
        let server =
            Server::playing([refusal(409, "Conflict"), result(200, "Running"), result(200, "Failed")]).await;
        let error = mailer(&server.address).send(&email()).await.unwrap_err();
        assert_eq!(error, MailError::Refused(Cause::GivenUp { word: None }));
    }

    #[tokio::test]
    async fn answers_decide_between_later_and_never() {
        let reply = |code, word: &str| Cause::Reply { code, enhanced: Some(word.to_owned()) };
        let dropped = json!({ "id": "1", "status": "Failed", "error": { "code": "EmailDropped", "message": "sam@example.org" } });
        let cases = [
            (
                vec![refusal(400, "InvalidRecipient"), refusal(404, "NotFound")],
                MailError::Refused(reply(400, "InvalidRecipient")),
            ),
            (vec![refusal(413, "TooLarge")], MailError::Refused(reply(413, "TooLarge"))),
            (
                vec![result(202, "Running"), Reply::json(200, &dropped)],
                MailError::Refused(Cause::GivenUp { word: Some("EmailDropped".into()) }),
            ),
            (vec![result(202, "Canceled")], MailError::Refused(Cause::GivenUp { word: None })),
            (vec![refusal(401, "Denied")], MailError::Unavailable(reply(401, "Denied"))),
            (
                vec![refusal(403, "sam@example.org")],
                MailError::Unavailable(Cause::Reply { code: 403, enhanced: None }),
            ),
            (vec![refusal(404, "NotFound")], MailError::Unavailable(reply(404, "NotFound"))),
            (
                vec![refusal(429, "TooManyRequests").header("retry-after", "600")],
                MailError::Unavailable(reply(429, "TooManyRequests")),
            ),
            (
                vec![Reply::body(503, "text/html", "<h1>sam@example.org")],
                MailError::Unavailable(Cause::Reply { code: 503, enhanced: None }),
            ),
            (
                vec![Reply::body(307, "text/plain", "").header("location", "http://127.0.0.1:9/")],
                MailError::Unavailable(Cause::Reply { code: 307, enhanced: None }),
            ),
        ];
        for (replies, expected) in cases {
            let server = Server::playing(replies).await;
            let error = mailer(&server.address).send(&email()).await.unwrap_err();
            assert_eq!(error, expected);
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains("example.org") && !shown.contains("entra"), "{shown}");
            }
        }
    }

    #[tokio::test]
    async fn what_was_taken_counts_as_sent_whatever_its_outcome_is_answered_with() {
        let endings = [
            result(200, "Running").header("retry-after", "600"),
            Reply::body(200, "application/json", "{\"id\":"),
            refusal(401, "Denied"),
            refusal(500, "Oops"),
        ];
        for ending in endings {
            let server = Server::playing([result(202, "Running"), ending]).await;
            assert!(mailer(&server.address).send(&email()).await.is_ok());
        }
        let server = Server::playing([Reply::body(202, "text/plain", "fine")]).await;
        assert!(mailer(&server.address).send(&email()).await.is_ok());
    }

    #[tokio::test]
    async fn a_silent_service_is_given_up_on_in_time() {
        let server = Server::playing([result(202, "Running").after(Duration::from_secs(30))]).await;
        let mut mailer = mailer(&server.address);
        mailer.letter_limit = Duration::from_millis(200);
        let error = mailer.send(&email()).await.unwrap_err();
        assert_eq!(error, MailError::Unavailable(Cause::Because("the mail service took too long")));
    }

    #[tokio::test]
    async fn an_absent_service_is_worth_another_try() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        assert!(mailer(&address).send(&email()).await.unwrap_err().may_retry());
    }

    #[tokio::test]
    async fn without_a_token_nothing_is_sent() {
        let server = Server::playing([result(202, "Succeeded")]).await;
        let mailer = AzureEmail::new(&server.address.parse().unwrap(), Arc::new(Nobody)).unwrap();
        assert!(mailer.send(&email()).await.unwrap_err().may_retry());
        assert!(server.asked().is_empty());
    }

    #[tokio::test]
    async fn addresses_are_checked_before_anything_is_sent() {
        let server = Server::playing([result(202, "Succeeded")]).await;
        for to in ["sam@example.org\r\nBcc: eve@example.org", "sam@example.org, eve@example.org", "sam", ""] {
            let error = mailer(&server.address).send(&Email { to: to.into(), ..email() }).await.unwrap_err();
            assert!(!error.may_retry());
        }
        assert!(server.asked().is_empty());
    }

    #[test]
    fn tokens_do_not_travel_unencrypted() {
        let made = |endpoint: &str| AzureEmail::new(&endpoint.parse().unwrap(), Arc::new(Nobody));
        for wrong in ["http://acme.communication.azure.com", "https://me:key@acme.communication.azure.com"] {
            assert!(made(wrong).is_err(), "{wrong}");
        }
        let described = made("https://acme.communication.azure.com").unwrap().describe();
        assert_eq!(described, "Azure Communication Services at acme.communication.azure.com");
    }
}
