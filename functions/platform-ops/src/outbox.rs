use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::http::Json;
use shared::mail::OutboxFolder;
use shared::{Context, Error, Result};

/// A letter in the outbox folder.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OutboxView {
    message_id: String,
    to: String,
    subject: String,
    /// RFC 3339.
    at: shared::clock::Timestamp,
    text: String,
}

/// The newest hundred letters. Development only: letters hold personal data and links.
pub(crate) async fn list(State(ctx): State<Context>) -> Result<Json<Vec<OutboxView>>> {
    if ctx.config().is_production() || ctx.config().mail.smtp_url.is_some() {
        return Err(Error::not_found("outbox"));
    }
    let folder = OutboxFolder::new(shared::serve::outbox_folder(&ctx.config().data));
    let letters = folder.list(100).await.map_err(Error::internal)?;
    let view = letters.into_iter().map(|letter| OutboxView {
        message_id: letter.message_id.to_string(),
        to: letter.to,
        subject: letter.subject,
        at: shared::clock::Timestamp::new(letter.at),
        text: letter.text,
    });
    Ok(Json(view.collect()))
}
