//! The one error of the platform. What a caller reads and what a log keeps are separate fields.

use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! codes {
    ($($name:ident $status:literal $text:literal $title:literal;)*) => {
        /// Every outward error code with its status and title (spec 00 §5 and the bad-input tables).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }
        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)* } }
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
        }
    };
}

codes! {
    BadRequest 400 "bad_request" "The request cannot be understood";
    MalformedJson 400 "malformed_json" "The body is not JSON";
    NoText 400 "no_text" "The file has no readable text";
    TooManyPages 400 "too_many_pages" "The file has too many pages";
    Unauthenticated 401 "unauthenticated" "Sign-in needed";
    Forbidden 403 "forbidden" "Not allowed";
    Escalation 403 "escalation" "Nobody can hand out what they do not hold";
    OrganisationSuspended 403 "organisation_suspended" "The organisation is suspended";
    FileQuarantined 403 "file_quarantined" "The file is locked";
    LinkExpired 403 "link_expired" "The link is no longer valid";
    NotFound 404 "not_found" "Not found";
    ScoreNotReady 404 "score_not_ready" "There is no score yet";
    MethodNotAllowed 405 "method_not_allowed" "Method not allowed";
    NotAcceptable 406 "not_acceptable" "None of the accepted types can be given";
    Conflict 409 "conflict" "The request clashes with the present state";
    InvalidTransition 409 "invalid_transition" "Not possible in the present status";
    Duplicate 409 "duplicate" "It exists already";
    IdempotencyMismatch 409 "idempotency_mismatch" "The idempotency key was used for another request";
    LastAdmin 409 "last_admin" "The last administrator cannot be removed";
    NoPassword 409 "no_password" "This account signs in elsewhere";
    CandidateBlacklisted 409 "candidate_blacklisted" "The candidate is blacklisted";
    JobNotOpen 409 "job_not_open" "The job takes no applications";
    RoleInUse 409 "role_in_use" "Somebody still has the role";
    StageInUse 409 "stage_in_use" "The stage holds open applications";
    SystemRole 409 "system_role" "Built-in roles cannot be changed";
    ScanPending 409 "scan_pending" "The file is still being checked";
    DisclosureRequired 409 "disclosure_required" "The AI disclosure must be acknowledged first";
    Gone 410 "gone" "No longer available";
    StaleEtag 412 "stale_etag" "The resource has changed since it was read";
    TooLarge 413 "too_large" "The body is too large";
    UnsupportedMediaType 415 "unsupported_media_type" "This media type is not taken here";
    ValidationFailed 422 "validation_failed" "Some values are not valid";
    UnknownParameter 422 "unknown_parameter" "Unknown parameter";
    EmptyTranscript 422 "empty_transcript" "There is no transcript to score";
    EmailMismatch 422 "email_mismatch" "The e-mail address does not belong to the candidate";
    Locked 423 "locked" "The account is locked for a while";
    PreconditionRequired 428 "precondition_required" "If-Match is needed";
    RateLimited 429 "rate_limited" "Too many requests";
    Internal 500 "internal_error" "Something went wrong on our side";
    UpstreamFailed 502 "upstream_failed" "A service we depend on gave a wrong answer";
    AiUnavailable 503 "ai_unavailable" "The AI service is not available";
    Unavailable 503 "unavailable" "A service we depend on is not available";
    UpstreamTimeout 504 "upstream_timeout" "A service we depend on did not answer in time";
}

/// One invalid value: an RFC 6901 pointer into the body (or the parameter's name), a code, a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

/// An error on its way out. `Display` is the outward text; the cause goes to the log only.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    detail: Cow<'static, str>,
    fields: Vec<FieldError>,
    /// Further members of the problem body, such as `current_status`.
    members: serde_json::Map<String, serde_json::Value>,
    retry_after: Option<u32>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// `detail` is read by the caller: no personal data, no internals.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            members: serde_json::Map::new(),
            retry_after: None,
            cause: None,
        }))
    }
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}, or you may not see it."))
    }
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(Code::Forbidden, detail)
    }
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Conflict, detail)
    }
    /// One invalid value of the body.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::ValidationFailed, "Some values are not valid.").with_field(pointer, "invalid", detail)
    }
    /// A move its state machine does not allow (spec 20 §2).
    pub fn transition(current: impl fmt::Display, allowed: Vec<String>) -> Self {
        Self::new(Code::InvalidTransition, format!("This is not possible while the status is {current}."))
            .with("current_status", current.to_string())
            .with("allowed", allowed)
    }
    /// Our own fault; the cause is logged, never shown.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "The request failed on our side. Please try again later.").because(cause)
    }
    pub fn with_field(
        mut self,
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        self.0.fields.push(FieldError { pointer: pointer.into(), code, detail: detail.into() });
        self
    }
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields.extend(fields);
        self
    }
    pub fn with(mut self, member: &str, value: impl Into<serde_json::Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }
    pub fn code(&self) -> Code {
        self.0.code
    }
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    pub fn members(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.0.members
    }
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after
    }
    /// The inward cause and what caused that, for the log.
    pub fn cause_chain(&self) -> Option<String> {
        let mut cause: &dyn std::error::Error = self.0.cause.as_deref()?;
        let mut text = cause.to_string();
        while let Some(next) = cause.source() {
            text.push_str(": ");
            text.push_str(&next.to_string());
            cause = next;
        }
        Some(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} (cause: {})", self.cause_chain().as_deref().unwrap_or("none"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<crate::store::StoreError> for Error {
    fn from(error: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        match error {
            StoreError::Precondition { .. } => {
                Self::new(Code::Conflict, "Somebody else changed this at the same moment. Please try again.")
            }
            StoreError::BadQuery(what) if what.starts_with("cursor") => {
                Self::new(Code::ValidationFailed, "The cursor does not belong to this list.").with_field(
                    "cursor",
                    "invalid",
                    "Use next_cursor of the same list with the same filters.",
                )
            }
            StoreError::BadQuery(_) => Self::internal(error),
            StoreError::TooLarge(_) => {
                Self::new(Code::TooLarge, "This is more than can be stored at once.").because(error)
            }
            StoreError::Unavailable(_) => {
                Self::new(Code::Unavailable, "The data store is not available. Please try again.")
                    .retry_after(5)
                    .because(error)
            }
        }
    }
}

impl From<crate::queue::QueueError> for Error {
    fn from(error: crate::queue::QueueError) -> Self {
        Self::new(Code::Unavailable, "The queue is not available. Please try again.")
            .retry_after(5)
            .because(error)
    }
}

/// The words are ours, the cause goes to the log (spec 00 §5).
impl From<crate::ai::AiError> for Error {
    fn from(error: crate::ai::AiError) -> Self {
        use crate::ai::AiError;
        let seconds = |wait: std::time::Duration| u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX);
        let retry_after = error.retry_after().map_or(30, seconds);
        match error {
            AiError::Unavailable(_) => {
                Self::new(Code::AiUnavailable, "The AI service is not available. Please try again.")
                    .retry_after(retry_after)
            }
            AiError::TimedOut(_) => {
                Self::new(Code::UpstreamTimeout, "The AI service did not answer in time. Please try again.")
            }
            AiError::Upstream(_) | AiError::Filtered(_) => {
                Self::new(Code::UpstreamFailed, "The AI service gave no usable answer.")
            }
        }
        .because(error)
    }
}

impl From<crate::blobs::BlobError> for Error {
    fn from(error: crate::blobs::BlobError) -> Self {
        use crate::blobs::BlobError;
        match error {
            BlobError::NotFound | BlobError::BadPath => Self::not_found("file"),
            BlobError::TooLarge(limit) => {
                Self::new(Code::TooLarge, format!("The file is larger than {limit} bytes."))
            }
            BlobError::Unavailable(_) => {
                Self::new(Code::Unavailable, "The file storage is not available. Please try again.")
                    .retry_after(5)
                    .because(error)
            }
        }
    }
}
