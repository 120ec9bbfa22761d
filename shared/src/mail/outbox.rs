use std::{
    io,
    path::{Path, PathBuf},
};

use mail_parser::MessageParser;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::{fs, io::AsyncWriteExt as _};
use uuid::Uuid;

use super::{Cause, Email, MailError, Mailer, ProviderId, message};
use crate::BoxFuture;

/// Letters as `.eml` files in a folder, for use without a mail provider. The file is named after the message
/// id, so a letter sent again does not appear twice; the first one stays.
pub struct OutboxFolder {
    folder: PathBuf,
}

/// A letter in the folder, as the development listing shows it. No Debug: it holds personal data.
#[derive(Clone, PartialEq, Serialize)]
pub struct OutboxLetter {
    pub message_id: Uuid,
    pub to: String,
    pub subject: String,
    /// From its Date header, UTC, whole seconds.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The plain text body.
    pub text: String,
}

impl OutboxFolder {
    /// The folder is made when the first letter is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The newest `limit` letters, newest first. Files that are not letters of ours are passed over.
    pub async fn list(&self, limit: usize) -> io::Result<Vec<OutboxLetter>> {
        let mut entries = match fs::read_dir(&self.folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            if let Some(message_id) = letter_id(&entry.path()) {
                files.push((entry.metadata().await?.modified()?, message_id, entry.path()));
            }
        }
        // By file time first, so that only as many files are read as are shown.
        files.sort_unstable_by(|a, b| b.cmp(a));
        let mut letters = Vec::new();
        for (_, message_id, path) in files.into_iter().take(limit) {
            letters.extend(read_letter(message_id, &fs::read(path).await?));
        }
        Ok(letters)
    }

    async fn write(&self, email: &Email) -> Result<ProviderId, MailError> {
        let (message, provider_id) = message::compose(email)?;
        self.place(email.message_id, &message.formatted())
            .await
            .map_err(|_| MailError::Unavailable(Cause::Because("the outbox folder cannot be written")))?;
        Ok(ProviderId(provider_id))
    }

    async fn place(&self, message_id: Uuid, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(format!("{message_id}.eml"));
        if fs::try_exists(&path).await? {
            return Ok(());
        }
        private_folder(&self.folder).await?;
        // Readers never see half a letter, and two writers never share a file.
        let draft = self.folder.join(format!(".{message_id}.{}.tmp", Uuid::new_v4()));
        let written = async {
            let mut file = private_file(&draft).await?;
            file.write_all(bytes).await?;
            file.sync_all().await?;
            fs::rename(&draft, &path).await
        }
        .await;
        if written.is_err() {
            // The failure above is what counts; a left-over draft is never listed.
            let _ = fs::remove_file(&draft).await;
        }
        written
    }
}

impl Mailer for OutboxFolder {
    fn describe(&self) -> String {
        format!("outbox folder {}", self.folder.display())
    }

    fn send<'a>(&'a self, email: &'a Email) -> BoxFuture<'a, Result<ProviderId, MailError>> {
        Box::pin(self.write(email))
    }

    fn probe(&self) -> BoxFuture<'_, Result<(), MailError>> {
        Box::pin(async {
            match fs::metadata(&self.folder).await {
                Ok(found) if found.is_dir() && !found.permissions().readonly() => Ok(()),
                // Made with the first letter.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                _ => Err(MailError::Unavailable(Cause::Because("the outbox folder cannot be written"))),
            }
        })
    }
}

fn letter_id(path: &Path) -> Option<Uuid> {
    if path.extension()? != "eml" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

fn read_letter(message_id: Uuid, bytes: &[u8]) -> Option<OutboxLetter> {
    let message = MessageParser::default().parse(bytes)?;
    Some(OutboxLetter {
        message_id,
        to: message.to()?.first()?.address()?.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        at: OffsetDateTime::from_unix_timestamp(message.date()?.to_timestamp()).ok()?,
        text: message.body_text(0)?.replace("\r\n", "\n"),
    })
}

/// Letters hold one-time links: for the owner's eyes only.
async fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

async fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::tests::email;

    #[tokio::test]
    async fn a_letter_sent_many_times_at_once_lies_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(folder.path().join("deep/outbox"));
        assert!(outbox.list(10).await.unwrap().is_empty());

        let letter = email();
        let sent = futures_util::future::join_all((0..8).map(|_| outbox.send(&letter))).await;
        let expected = ProviderId(format!("{}@talenti.ai", letter.message_id));
        assert!(sent.into_iter().all(|sent| sent.as_ref() == Ok(&expected)));

        let names: Vec<_> = std::fs::read_dir(folder.path().join("deep/outbox"))
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, [format!("{}.eml", letter.message_id).as_str()]);
        let listed = outbox.list(10).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].to, "sam@example.org");
        assert_eq!(listed[0].subject, letter.subject);
        assert_eq!(listed[0].text, letter.text);
        #[expect(clippy::disallowed_methods, reason = "the Date header is the machine's time")]
        let now = OffsetDateTime::now_utc();
        assert!((now - listed[0].at).whole_seconds() < 60);
    }

    #[tokio::test]
    async fn the_listing_is_newest_first_and_passes_over_strangers() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(folder.path());
        for n in 1..=3u128 {
            let letter = Email { message_id: Uuid::from_u128(n), subject: format!("No {n}"), ..email() };
            outbox.send(&letter).await.unwrap();
        }
        std::fs::write(folder.path().join("notes.eml"), "hello").unwrap();
        std::fs::write(folder.path().join(format!("{}.eml", Uuid::from_u128(9))), "").unwrap();
        let listed = outbox.list(3).await.unwrap();
        let subjects: Vec<&str> = listed.iter().map(|l| l.subject.as_str()).collect();
        assert_eq!(subjects, ["No 3", "No 2"]);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_worth_another_try() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = OutboxFolder::new(file.path().join("outbox")).send(&email()).await.unwrap_err();
        assert!(refused.may_retry());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_letters() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let outbox = OutboxFolder::new(folder.path().join("outbox"));
        outbox.send(&email()).await.unwrap();
        let file = folder.path().join(format!("outbox/{}.eml", email().message_id));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
