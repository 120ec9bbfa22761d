//! E-mail: letters from templates, and the ways they leave the house (spec 60 §4).

mod azure;
mod letter;
mod message;
mod outbox;
mod smtp;
mod template;

use std::fmt;

pub use azure::AzureEmail;
pub use letter::{Letter, Rendered, render};
pub use outbox::{OutboxFolder, OutboxLetter};
pub use smtp::{Smtp, SmtpAddressError};
pub use template::{Need, TemplateError, TemplateName, TemplateSource, Variable};
use uuid::Uuid;

use crate::BoxFuture;

/// A finished letter. It holds personal data and one-time links, so it has no Debug.
#[derive(Clone)]
pub struct Email {
    /// `address@host` or `Name <address@host>`.
    pub from: String,
    /// One recipient, in the same form.
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// The `email_message` document. Sending it again must not reach the recipient as a second letter where
    /// the way out can tell; the Message-ID header is derived from it.
    pub message_id: Uuid,
    /// An iCalendar object (RFC 5545) that goes along as `invite.ics`.
    pub calendar: Option<String>,
}

impl Email {
    /// Puts sender and recipient on what [`render`] made of `letter`.
    pub fn new(from: &str, letter: &Letter, rendered: Rendered) -> Self {
        Self {
            from: from.to_owned(),
            to: letter.to.clone(),
            subject: rendered.subject,
            html: rendered.html,
            text: rendered.text,
            message_id: letter.message_id,
            calendar: None,
        }
    }

    /// With an iCalendar object enclosed.
    pub fn with_calendar(mut self, calendar: String) -> Self {
        self.calendar = Some(calendar);
        self
    }
}

/// What the provider calls the letter in its delivery reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderId(pub String);

/// A way for letters to leave.
pub trait Mailer: Send + Sync {
    /// One line for the start-up banner; no credentials.
    fn describe(&self) -> String;

    /// Hands one letter over. Ok means the provider has taken it, not that it has arrived.
    fn send<'a>(&'a self, email: &'a Email) -> BoxFuture<'a, Result<ProviderId, MailError>>;

    /// Whether letters could leave now. Sends none.
    fn probe(&self) -> BoxFuture<'_, Result<(), MailError>>;
}

/// Why a letter was not taken. Server replies often repeat the address, so only their codes are kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The way out did not answer, answered "later", or is set up wrongly; the letter itself is sound.
    #[error("mail could not be handed over for now: {0}")]
    Unavailable(Cause),
    /// This letter will never be taken: bad address, refused content.
    #[error("mail was refused for good: {0}")]
    Refused(Cause),
}

impl MailError {
    /// True when the same letter may succeed later.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Refused(_) => false,
        }
    }
}

/// What went wrong, free of personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// An SMTP reply code (RFC 5321 §4.2) with its enhanced code (RFC 3463), or an HTTP status with the provider's word for
    /// it, if the server gave one.
    Reply { code: u16, enhanced: Option<String> },
    /// The provider took the letter and then gave it up, with its word for why.
    GivenUp { word: Option<String> },
    /// Anything else, in fixed words.
    Because(&'static str),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply { code, enhanced: Some(enhanced) } => write!(f, "server replied {code} {enhanced}"),
            Self::Reply { code, enhanced: None } => write!(f, "server replied {code}"),
            Self::GivenUp { word: Some(word) } => write!(f, "the provider gave the letter up: {word}"),
            Self::GivenUp { word: None } => f.write_str("the provider gave the letter up"),
            Self::Because(words) => f.write_str(words),
        }
    }
}
