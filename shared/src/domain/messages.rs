//! Messages that one function sends and another one handles.

use crate::domain::email_message::EmailMessageId;
use crate::message::Message;
use serde::{Deserialize, Serialize};

/// Send the mail that stands in this document of the envelope's tenant. The mail itself never travels on the queue: it
/// holds an address and often a token.
#[derive(Serialize, Deserialize)]
pub struct SendLetter {
    pub email_message_id: EmailMessageId,
}

impl Message for SendLetter {
    const QUEUE: &'static str = "email-outbox";
    const TYPE: &'static str = "send-letter";
    fn entity_id(&self) -> String {
        self.email_message_id.to_string()
    }
}
