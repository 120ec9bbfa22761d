//! Letters: written into the commit that causes them, sent by the queue. One-time links are not stored: their tokens are
//! derived from the platform's secret when the letter leaves, so that a token stands in the letter only (spec 60 §9.1).

use crate::context::Context;
use crate::docs::{At, Claim, Work};
use crate::domain::email_message::{EmailMessage, EmailMessageId, EmailStatus, RelatedEntity};
use crate::domain::email_template::EmailTemplate;
use crate::domain::invitation::Invitation;
use crate::domain::messages::SendLetter;
use crate::error::{Error, Result};
use crate::function::Failure;
use crate::mail::{Email, Letter, MailError, TemplateName, TemplateSource, render};
use crate::message::Envelope;
use crate::store::Tenant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A token that works once, made from the platform's secret and what it is for. The same parts give the same token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedToken {
    /// Such as `invitation`.
    pub purpose: String,
    /// Such as the invitation's id and the number of its token.
    pub parts: Vec<String>,
}

impl DerivedToken {
    pub fn new(purpose: &str, parts: &[&str]) -> Self {
        Self { purpose: purpose.to_owned(), parts: parts.iter().map(|part| (*part).to_owned()).collect() }
    }
    /// The token of an invitation's newest link.
    pub fn of_invitation(invitation: &Invitation) -> Self {
        Self::new("invitation", &[&invitation.id.to_string(), &invitation.token_number.to_string()])
    }
    /// 43 characters, base64url.
    pub fn text(&self, ctx: &Context) -> String {
        ctx.sign_in().derived_token(&self.purpose, &self.parts)
    }
    /// What the token is looked up by; only its hash is stored.
    pub fn claim(&self, ctx: &Context) -> Claim {
        Self::claim_of(&self.purpose, &self.text(ctx))
    }
    /// The claim of a token somebody brought.
    pub fn claim_of(purpose: &str, token: &str) -> Claim {
        Claim::new(&Tenant::platform(), &format!("{purpose}-token"), &[token])
    }
}

/// What a letter says in one place.
pub enum LetterValue {
    Text(String),
    /// `prefix` and a derived token.
    Link {
        prefix: String,
        token: DerivedToken,
    },
}

impl Work<'_> {
    /// Writes a letter into this commit and queues it.
    pub fn letter<'v>(
        &mut self,
        to: &str,
        template: TemplateName,
        variables: impl IntoIterator<Item = (&'v str, LetterValue)>,
        about: Option<RelatedEntity>,
    ) -> Result<EmailMessageId> {
        let mut stored = Map::new();
        for (name, value) in variables {
            let value = match value {
                LetterValue::Text(text) => Value::String(text),
                LetterValue::Link { prefix, token } => {
                    serde_json::json!({ "prefix": prefix, "token": token })
                }
            };
            stored.insert(name.to_owned(), value);
        }
        let organisation = self.tenant().organisation_id();
        let message =
            EmailMessage::new(organisation, to.to_owned(), template.as_str(), stored, about, self.now())
                .within(self.root());
        let id = message.id;
        self.create(message)?;
        self.send(&SendLetter { root: self.root().to_owned(), email_message_id: id })?;
        Ok(id)
    }
}

/// Sends one letter; the consumer of `email-outbox`. Sending again the same letter is harmless where the way out can tell.
/// `after` is told of a letter that left, before it is marked as sent.
pub async fn send_letter(
    ctx: &Context,
    envelope: &Envelope<SendLetter>,
    after: impl AsyncFn(&At, &EmailMessage) -> Result<()>,
) -> Result<(), Failure> {
    let at = envelope.at();
    let SendLetter { root, email_message_id } = &envelope.payload;
    let docs = ctx.docs::<EmailMessage>(&at);
    let Some(message) = docs.find_in(root, email_message_id).await? else {
        return Err(Failure::GiveUp(Error::not_found("letter")));
    };
    if message.status != EmailStatus::Queued {
        return Ok(());
    }
    let outcome = deliver(ctx, &at, &message).await;
    match outcome {
        Ok(provider_id) => {
            after(&at, &message).await?;
            docs.update(root, email_message_id, None, |message, work| {
                if message.status == EmailStatus::Queued {
                    message.sent(Some(provider_id.clone()), work.now())?;
                }
                Ok(())
            })
            .await?;
            Ok(())
        }
        Err((lasting, error)) => {
            let text = error.code().as_str();
            docs.update(root, email_message_id, None, |message, _| {
                if message.status == EmailStatus::Queued {
                    message.try_failed(text, lasting)?;
                }
                Ok(())
            })
            .await?;
            Err(if lasting { Failure::GiveUp(error) } else { Failure::Retry(error) })
        }
    }
}

/// On failure: whether trying again is useless, and why.
async fn deliver(
    ctx: &Context,
    at: &At,
    message: &EmailMessage,
) -> std::result::Result<String, (bool, Error)> {
    let lasting = |cause: Box<dyn std::error::Error + Send + Sync>| (true, Error::internal(cause));
    let template: TemplateName = message.template_name.parse().map_err(|error| lasting(Box::new(error)))?;
    let letter = Letter {
        to: message.to.clone(),
        template,
        variables: variables(ctx, message).map_err(|error| (true, error))?,
        message_id: message.id.uuid(),
    };
    let own = own_template(ctx, at, template).await.map_err(|error| (false, error))?;
    let rendered = render(&letter, own.as_ref()).map_err(|error| lasting(Box::new(error)))?;
    let email = Email::new(&ctx.config().mail.from, &letter, rendered);
    match ctx.mailer().send(&email).await {
        Ok(provider_id) => Ok(provider_id.0),
        Err(error) => {
            let lasting = !MailError::may_retry(&error);
            Err((
                lasting,
                Error::new(crate::error::Code::UpstreamFailed, "The mail service did not take the letter.")
                    .because(error),
            ))
        }
    }
}

fn variables(ctx: &Context, message: &EmailMessage) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Link {
        prefix: String,
        token: DerivedToken,
    }
    message
        .variables
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            other => {
                let link: Link = serde_json::from_value(other.clone()).map_err(Error::internal)?;
                Ok((name.clone(), format!("{}{}", link.prefix, link.token.text(ctx))))
            }
        })
        .collect()
}

async fn own_template(ctx: &Context, at: &At, name: TemplateName) -> Result<Option<TemplateSource>> {
    let own = ctx.docs::<EmailTemplate>(at).find(name.as_str()).await?;
    Ok(own.filter(|own| own.fields.is_enabled).map(|own| TemplateSource {
        subject: own.fields.subject.clone(),
        body_html: own.fields.body_html.clone(),
        body_text: own.fields.body_text.clone(),
    }))
}
