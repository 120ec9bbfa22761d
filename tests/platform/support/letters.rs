//! Letters the platform sent: from its outbox folder, from the development listing of a platform elsewhere, or as a mail
//! service took them.

use super::platform::Platform;
use descriptions::Fake;
use shared::mail::OutboxFolder;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any letter takes here.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) enum Letters {
    Folder(PathBuf),
    /// `GET /dev/outbox`.
    Listing,
    /// Communication Services.
    Azure(Arc<Fake>),
}

pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
}

impl Letter {
    /// The token of the link in it.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let link = self.text.split_whitespace().find(|word| word.starts_with("http"));
        let token =
            link.and_then(|link| link.rsplit('/').next()).map(|token| token.trim_end_matches(['.', ')']));
        token.unwrap_or_else(|| panic!("no link in the letter {}\n{}", self.subject, self.text)).to_owned()
    }
}

impl Letters {
    /// The newest letters, newest first.
    pub(crate) async fn list(&self, platform: &Platform) -> Vec<Letter> {
        match self {
            Self::Folder(folder) => {
                let letters = OutboxFolder::new(folder).list(1000).await.expect("the outbox can be read");
                let letters = letters.into_iter();
                letters
                    .map(|letter| Letter { to: letter.to, subject: letter.subject, text: letter.text })
                    .collect()
            }
            Self::Azure(fake) => {
                let text = |letter: &serde_json::Value, pointer: &str| {
                    letter.pointer(pointer).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
                };
                let letters = fake.heard("Email_Send").into_iter().rev().map(|heard| heard.body);
                letters
                    .map(|letter| Letter {
                        to: text(&letter, "/recipients/to/0/address"),
                        subject: text(&letter, "/content/subject"),
                        text: text(&letter, "/content/plainText"),
                    })
                    .collect()
            }
            Self::Listing => {
                let listed = platform.anonymous().get("/dev/outbox").await.ok();
                let text = |letter: &serde_json::Value, member: &str| {
                    letter[member].as_str().unwrap_or_default().to_owned()
                };
                let items = listed.as_array().cloned().unwrap_or_default();
                let letter = |item| Letter {
                    to: text(&item, "to"),
                    subject: text(&item, "subject"),
                    text: text(&item, "text"),
                };
                items.into_iter().map(letter).collect()
            }
        }
    }

    /// The newest letter to somebody whose subject or text contains `about`; waits for it.
    pub(crate) async fn wait_for(&self, platform: &Platform, to: &str, about: &str) -> Letter {
        let started = Instant::now();
        loop {
            let letters = self.list(platform).await;
            let meant = |letter: &Letter| {
                letter.to.eq_ignore_ascii_case(to)
                    && (letter.subject.contains(about) || letter.text.contains(about))
            };
            if let Some(letter) = letters.into_iter().find(meant) {
                return letter;
            }
            assert!(started.elapsed() < PATIENCE, "no letter to {to} about {about:?} came");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
