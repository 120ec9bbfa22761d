//! Entra tokens for services that are spoken to over plain HTTP.

use crate::BoxFuture;
use crate::auth::Secret;
use azure_core::credentials::TokenCredential;
use std::sync::Arc;

/// Azure OpenAI and Document Intelligence.
pub const COGNITIVE_SERVICES: &str = "https://cognitiveservices.azure.com/.default";
/// Communication Services.
pub const COMMUNICATION: &str = "https://communication.azure.com/.default";

/// Why there is no token: for the log.
pub type TokenError = Box<dyn std::error::Error + Send + Sync>;

/// Bearer tokens for an address that takes no key. Keeps them until they are stale.
pub trait TokenSource: Send + Sync {
    fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>>;
}

/// Tokens of one scope. The credential keeps them and gets new ones five minutes before they run out.
pub struct EntraTokens {
    credential: Arc<dyn TokenCredential>,
    scope: &'static str,
}

impl EntraTokens {
    pub fn new(credential: Arc<dyn TokenCredential>, scope: &'static str) -> Self {
        Self { credential, scope }
    }
}

impl TokenSource for EntraTokens {
    fn token(&self) -> BoxFuture<'_, Result<Secret, TokenError>> {
        Box::pin(async {
            let token = self.credential.get_token(&[self.scope], None).await?;
            Ok(Secret::new(token.token.secret()))
        })
    }
}
