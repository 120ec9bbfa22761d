//! Passwords: which are accepted, how they are kept, how they are compared.

use super::secret::Secret;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Characters (Unicode scalar values after NFKC) a password has at least and at most.
pub const MIN_CHARACTERS: usize = 12;
pub const MAX_CHARACTERS: usize = 128;

/// OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, 2 passes, 1 lane.
const PARAMS: Params = match Params::new(19 * 1024, 2, 1, Some(32)) {
    Ok(params) => params,
    Err(_) => panic!("valid Argon2 parameters"),
};

/// Django's list (licence: common-passwords.LICENSE), lower-case. Entries below the minimum length are refused as short.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common-passwords.txt")
        .lines()
        .filter(|line| line.chars().count() >= MIN_CHARACTERS)
        .collect()
});

/// Why a new password is not accepted (422).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    #[error("the password has fewer than 12 characters")]
    TooShort,
    #[error("the password has more than 128 characters")]
    TooLong,
    #[error("the password is one of the most common ones")]
    Common,
    #[error("the password is the e-mail address or its first part")]
    LikeEmail,
}

/// The rules for a new password (area 10 §6). Upper and lower case are the same for the list and the address.
pub fn check(password: &Secret, email: &str) -> Result<(), Unacceptable> {
    // Four bytes a character at most; do not normalise megabytes first.
    if password.expose().len() > 4 * MAX_CHARACTERS {
        return Err(Unacceptable::TooLong);
    }
    let password = normalised(password);
    let characters = password.chars().count();
    if characters < MIN_CHARACTERS {
        return Err(Unacceptable::TooShort);
    }
    if characters > MAX_CHARACTERS {
        return Err(Unacceptable::TooLong);
    }
    let lower = password.to_lowercase();
    if COMMON.contains(lower.as_str()) {
        return Err(Unacceptable::Common);
    }
    let email = email.trim().nfkc().collect::<String>().to_lowercase();
    let local = email.rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
    if lower == email || lower == local {
        return Err(Unacceptable::LikeEmail);
    }
    Ok(())
}

/// The password could not be hashed: out of memory or of randomness. Nothing of the password is in it.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashingFailed;

/// Argon2id as a PHC string with a fresh salt. Takes tens of milliseconds and 19 MiB: on async threads use [`Passwords`].
pub fn hash(password: &Secret) -> Result<String, HashingFailed> {
    let hash = hasher().hash_password(normalised(password).as_bytes()).map_err(|_| HashingFailed)?;
    Ok(hash.to_string())
}

/// Whether the password is the one `stored` (a PHC string) was made of, compared in constant time.
///
/// `None` stands for an unknown user or one without a password: the answer is no, after the same work, so that the time
/// it takes does not tell which addresses are registered.
pub fn verify(password: &Secret, stored: Option<&str>) -> bool {
    // Longer ones were never accepted; only their time is spent.
    let fits = password.expose().len() <= 4 * MAX_CHARACTERS;
    let normalised = if fits { normalised(password) } else { String::new() };
    let parsed = stored.filter(|_| fits).and_then(|phc| match PasswordHash::new(phc) {
        Ok(parsed) => Some(parsed),
        Err(_) => {
            tracing::error!("a stored password hash is not a PHC string");
            None
        }
    });
    match parsed {
        Some(parsed) => hasher().verify_password(normalised.as_bytes(), &parsed).is_ok(),
        None => {
            let mut output = [0; 32];
            // Only the time it takes counts.
            let _ = hasher().hash_password_into(normalised.as_bytes(), b"nobody's salt 16", &mut output);
            std::hint::black_box(output);
            false
        }
    }
}

/// Whether a hash that just verified should be replaced, because it was made with another algorithm or other parameters.
pub fn needs_rehash(stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return true };
    let current = Params::try_from(&parsed).is_ok_and(|params| {
        (params.m_cost(), params.t_cost(), params.p_cost())
            == (PARAMS.m_cost(), PARAMS.t_cost(), PARAMS.p_cost())
    });
    let argon2id = parsed.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && parsed.version == Some(Version::V0x13.into());
    !(current && argon2id)
}

/// Hashes and verifies off the async threads, a few at a time, so that many sign-ins at once neither stop other
/// requests nor fill the memory. One per process; clones share the limit.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

impl Passwords {
    /// At most half the cores work on passwords, at least one.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { permits: Arc::new(Semaphore::new((cores / 2).max(1))) }
    }

    /// See [`hash`].
    pub async fn hash(&self, password: Secret) -> Result<String, HashingFailed> {
        self.run(move || hash(&password)).await.ok_or(HashingFailed)?
    }

    /// See [`verify`].
    pub async fn verify(&self, password: Secret, stored: Option<String>) -> bool {
        self.run(move || verify(&password, stored.as_deref())).await.unwrap_or(false)
    }

    /// The permit travels into the thread: a caller who goes away does not make room before the work is done.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let job = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        job.await.ok()
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

/// The same characters typed on different keyboards give the same password (NIST SP 800-63B §3.1.1.2).
fn normalised(password: &Secret) -> String {
    password.expose().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[test]
    fn length_is_counted_in_characters_at_both_ends() {
        let rule = |text: &str| check(&secret(text), "rita@acme.example");
        assert_eq!(rule("elevenchars"), Err(Unacceptable::TooShort));
        assert_eq!(rule("twelve chars"), Ok(()));
        assert_eq!(rule("öäüßéñ漢字かなカ"), Err(Unacceptable::TooShort));
        assert_eq!(rule("öäüßéñ漢字かなカナ"), Ok(()));
        assert_eq!(rule(&"🦀".repeat(128)), Ok(()));
        assert_eq!(rule(&"🦀".repeat(129)), Err(Unacceptable::TooLong));
        assert_eq!(rule(&"x".repeat(1_000_000)), Err(Unacceptable::TooLong));
    }

    #[test]
    fn common_passwords_and_the_address_are_refused_in_any_case() {
        let common = COMMON.iter().next().unwrap();
        assert!(COMMON.len() >= 100);
        assert_eq!(check(&secret(common), ""), Err(Unacceptable::Common));
        assert_eq!(check(&secret(&common.to_uppercase()), ""), Err(Unacceptable::Common));
        let email = "Rita.Recruiter@acme.example";
        assert_eq!(check(&secret("rita.recruiter@ACME.example"), email), Err(Unacceptable::LikeEmail));
        assert_eq!(check(&secret("RITA.recruiter"), email), Err(Unacceptable::LikeEmail));
        assert_eq!(check(&secret("rita.recruiter!"), email), Ok(()));
    }

    #[test]
    fn only_the_right_password_verifies() {
        let stored = hash(&secret("correct horse battery")).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify(&secret("correct horse battery"), Some(&stored)));
        assert!(!verify(&secret("correct horse batterz"), Some(&stored)));
        assert!(!verify(&secret(""), Some(&stored)));
        assert!(!verify(&secret(&"x".repeat(10_000)), Some(&stored)));
        assert!(!verify(&secret("correct horse battery"), None));
        assert!(!verify(&secret("correct horse battery"), Some("not a hash")));
        assert_ne!(stored, hash(&secret("correct horse battery")).unwrap(), "salted");
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        let stored = hash(&secret("caf\u{e9} au lait noir")).unwrap();
        assert!(verify(&secret("cafe\u{301} au lait noir"), Some(&stored)));
    }

    #[test]
    fn hashes_made_otherwise_are_to_be_made_again() {
        assert!(!needs_rehash(&hash(&secret("correct horse battery")).unwrap()));
        let tail = "c2FsdHNhbHRzYWx0c2FsdA$ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0MTI";
        assert!(!needs_rehash(&format!("$argon2id$v=19$m=19456,t=2,p=1${tail}")));
        assert!(needs_rehash(&format!("$argon2id$v=19$m=4096,t=3,p=1${tail}")));
        assert!(needs_rehash(&format!("$argon2i$v=19$m=19456,t=2,p=1${tail}")));
        assert!(needs_rehash(&format!("$argon2id$v=16$m=19456,t=2,p=1${tail}")));
        assert!(needs_rehash("$2b$12$old"));
    }

    #[test]
    fn an_unknown_user_takes_as_long_as_a_wrong_password() {
        let stored = hash(&secret("correct horse battery")).unwrap();
        let time = |stored: Option<&str>| {
            let start = Instant::now();
            assert!(!verify(&secret("wrong horse battery"), stored));
            start.elapsed()
        };
        // Interleaved, so that other load on the machine hits all of them alike; the shortest times tell, and on a busy
        // machine it takes a while until one of each was left alone. What does no work stays shorter however long.
        let [mut known, mut unknown, mut broken] = [Duration::MAX; 3];
        let alike = |a: Duration, b: Duration| a < b * 3 && b < a * 3;
        for _ in 0..40 {
            known = known.min(time(Some(&stored)));
            unknown = unknown.min(time(None));
            broken = broken.min(time(Some("broken")));
            if alike(known, unknown) && alike(known, broken) {
                return;
            }
        }
        panic!("known {known:?}, unknown {unknown:?}, broken {broken:?}");
    }

    #[tokio::test]
    async fn twenty_sign_ins_at_once_leave_the_async_thread_free() {
        let passwords = Passwords::new();
        let stored = passwords.hash(secret("correct horse battery")).await.unwrap();
        let sign_ins: Vec<_> = (0..20)
            .map(|_| {
                let (passwords, stored) = (passwords.clone(), stored.clone());
                tokio::spawn(
                    async move { passwords.verify(secret("correct horse battery"), Some(stored)).await },
                )
            })
            .collect();
        let mut worst = Duration::ZERO;
        while !sign_ins.iter().all(tokio::task::JoinHandle::is_finished) {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_millis(1)).await;
            worst = worst.max(start.elapsed());
        }
        for sign_in in sign_ins {
            assert!(sign_in.await.unwrap());
        }
        assert!(worst < Duration::from_millis(400), "the only async thread stood still for {worst:?}");
    }

    #[tokio::test]
    async fn no_more_work_at_once_than_there_are_permits() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let passwords = Passwords { permits: Arc::new(Semaphore::new(2)) };
        let (active, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs: Vec<_> = (0..12)
            .map(|_| {
                let (passwords, active, most) = (passwords.clone(), Arc::clone(&active), Arc::clone(&most));
                let work = move || {
                    most.fetch_max(active.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::sleep(Duration::from_millis(10));
                    active.fetch_sub(1, SeqCst);
                };
                tokio::spawn(async move { passwords.run(work).await })
            })
            .collect();
        // Callers who go away do not make room before their work is done.
        tokio::task::yield_now().await;
        jobs.iter().take(4).for_each(tokio::task::JoinHandle::abort);
        for job in jobs.into_iter().skip(4) {
            assert!(job.await.unwrap().is_some());
        }
        assert_eq!(most.load(SeqCst), 2);
    }
}
