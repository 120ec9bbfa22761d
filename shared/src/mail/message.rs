use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{Cause, Email, MailError};

/// The letter in Internet message form (RFC 5322, MIME), and the value of its Message-ID without brackets.
pub(super) fn compose(email: &Email) -> Result<(Message, String), MailError> {
    let (from, to) = parties(email)?;
    let message_id = message_id(email, &from.email);

    let bodies = MultiPart::alternative()
        .singlepart(SinglePart::plain(email.text.clone()))
        .singlepart(SinglePart::html(email.html.clone()));
    let content = match &email.calendar {
        None => bodies,
        Some(calendar) => {
            MultiPart::mixed().multipart(bodies).singlepart(Attachment::new("invite.ics".into()).body(
                calendar.clone(),
                ContentType::parse("text/calendar; charset=utf-8").expect("a fixed type"),
            ))
        }
    };
    let message = Message::builder()
        .from(from)
        .to(to)
        .subject(single_line(&email.subject))
        .message_id(Some(format!("<{message_id}>")))
        // RFC 3834: asks responders to keep quiet.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .date_now()
        .multipart(content)
        .map_err(|_| MailError::Refused(Cause::Because("the letter cannot be put together")))?;
    Ok((message, message_id))
}

/// Sender and recipient.
pub(super) fn parties(email: &Email) -> Result<(Mailbox, Mailbox), MailError> {
    let from = mailbox(&email.from)
        .ok_or(MailError::Unavailable(Cause::Because("the sender address is not valid")))?;
    let to =
        mailbox(&email.to).ok_or(MailError::Refused(Cause::Because("the recipient address is not valid")))?;
    Ok((from, to))
}

pub(super) fn message_id(email: &Email, from: &Address) -> String {
    format!("{}@{}", email.message_id, from.domain())
}

fn mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) { None } else { text.trim().parse().ok() }
}

/// The last line of defence for callers that did not come through `render`.
pub(super) fn single_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use mail_parser::{MessageParser, MimeHeaders};
    use uuid::Uuid;

    use super::*;

    pub(in crate::mail) fn email() -> Email {
        Email {
            from: "Talenti <noreply@talenti.ai>".into(),
            to: "sam@example.org".into(),
            subject: "Zoë, your interview — Tuesday".into(),
            html: "<p>Grüß Gott &amp; welcome</p>".into(),
            text: "Grüß Gott\n.\nA line that is only a dot stands above.\n".into(),
            message_id: Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_0001),
            calendar: None,
        }
    }

    #[test]
    fn a_reader_sees_what_was_written() {
        let sent = email().with_calendar("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into());
        let (message, id) = compose(&sent).unwrap();
        let bytes = message.formatted();
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some(sent.subject.as_str()));
        assert_eq!(read.message_id(), Some(id.as_str()));
        assert_eq!(id, "01950000-0000-7000-8000-000000000001@talenti.ai");
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), sent.text);
        assert_eq!(read.body_html(0).unwrap().trim_end(), sent.html);
        assert_eq!(read.attachments().next().unwrap().attachment_name(), Some("invite.ics"));
        assert!(String::from_utf8(bytes).unwrap().contains("Auto-Submitted: auto-generated"));
    }

    #[test]
    fn headers_cannot_be_injected() {
        let mut hostile = email();
        hostile.subject = "Hi\r\nBcc: eve@example.org\r\n\r\nbody".into();
        let bytes = compose(&hostile).unwrap().0.formatted();
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert!(read.bcc().is_none());
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n"), hostile.text);

        for to in ["sam@example.org\r\nBcc: eve@example.org", "sam@example.org, eve@example.org", "sam", ""] {
            let refused = compose(&Email { to: to.into(), ..email() }).err().unwrap();
            assert!(!refused.may_retry());
            assert!(!refused.to_string().contains("example.org"));
        }
    }
}
