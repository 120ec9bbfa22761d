//! The consumer of `email-outbox`.

use shared::docs::At;
use shared::domain::email_message::EmailMessage;
use shared::domain::invitation::{Invitation, InvitationId};
use shared::domain::messages::SendLetter;
use shared::function::Failure;
use shared::message::Envelope;
use shared::{Context, Result};

/// Sends one letter and tells the invitation it belongs to.
pub(crate) async fn send(ctx: Context, envelope: Envelope<SendLetter>) -> Result<(), Failure> {
    let told = ctx.clone();
    shared::letters::send_letter(&ctx, &envelope, async move |at: &At, message: &EmailMessage| {
        note_sent(&told, at, message).await
    })
    .await
}

async fn note_sent(ctx: &Context, at: &At, message: &EmailMessage) -> Result<()> {
    let about = message.related_entity.as_ref().filter(|about| about.entity_type == "invitation");
    let Some(id) = about.and_then(|about| about.entity_id.parse::<InvitationId>().ok()) else {
        return Ok(());
    };
    let docs = ctx.docs::<Invitation>(at);
    if docs.find(id).await?.is_none() {
        return Ok(());
    }
    docs.update(id, id, None, |invitation, work| {
        work.action("status_change");
        invitation.sent(message.id, work.now())
    })
    .await?;
    Ok(())
}
