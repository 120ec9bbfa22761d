//! From the configuration to a context: which backend each part uses.

use crate::ai::{AiSettings, Model, Timeouts, same_region};
use crate::auth::{Issuer, Jwks, Secret, SigningKey, Verifier};
use crate::azure::{COGNITIVE_SERVICES, COMMUNICATION, Login};
use crate::blobs::Blobs;
use crate::blobs::azure::BlobStorage;
use crate::blobs::directory::Directory;
use crate::blobs::memory::Memory;
use crate::clock::Clock;
use crate::config::{self, Config, DataPlace};
use crate::context::{Backends, Context};
use crate::documents::{DocumentIntelligence, Ocr};
use crate::domain;
use crate::function::Function;
use crate::http::SignIn;
use crate::mail::{AzureEmail, Mailer, OutboxFolder, Smtp};
use crate::queue::Queue;
use crate::queue::azure::StorageQueues;
use crate::queue::sqlite::SqliteQueue;
use crate::sealed::{FieldKeys, Sealed};
use crate::store::Store;
use crate::store::cosmos::{Access, Account, Cosmos};
use crate::store::sqlite::{Database, Durability, Location, Sqlite};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the platform cannot start, in one line that says what to change.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {cause}")]
pub struct StartError {
    what: String,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

pub(super) fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    what: impl Into<String>,
) -> impl FnOnce(E) -> StartError {
    move |cause| StartError { what: what.into(), cause: cause.into() }
}

/// A context over the backends the configuration names.
pub fn context(config: Config, clock: Arc<Clock>, functions: &[Function]) -> Result<Context, StartError> {
    let backends = backends(&config, &clock)?;
    Ok(Context::new(config, clock, backends, functions))
}

/// The same under a host, which keeps many processes waiting: a function of its own opens the embedded store with the first
/// request that needs it.
pub(super) fn context_under_host(
    config: Config,
    clock: Arc<Clock>,
    functions: &[Function],
) -> Result<Context, StartError> {
    let backends = open(&config, &clock, functions.len() != 1)?;
    Ok(Context::new(config, clock, backends, functions))
}

/// Opens the backends. Nothing here goes over a network: clients are made at first use.
pub fn backends(config: &Config, clock: &Arc<Clock>) -> Result<Backends, StartError> {
    open(config, clock, true)
}

fn open(config: &Config, clock: &Arc<Clock>, store_now: bool) -> Result<Backends, StartError> {
    if let DataPlace::Directory(folder) = &config.data {
        private_folder(folder).map_err(failed(format!("data directory {}", folder.display())))?;
    }
    let key = signing_key(config)?;
    let location = match &config.data {
        DataPlace::Directory(folder) => Location::File(folder.join("talenti.db")),
        DataPlace::Memory => Location::Memory,
    };
    let database = Database::at(location, domain::KINDS, Durability::Process);
    let is_used = config.azure.cosmos.is_none() || config.azure.queue_endpoint.is_none();
    if store_now && is_used {
        database.make_ready().map_err(failed("embedded store"))?;
    }
    let login = Login::new(&config.azure.identity);
    Ok(Backends {
        store: Arc::new(Sealed::over(store(config, &database, &login)?, field_keys(config, &key)?)),
        queue: queue(config, database, &login)?,
        blobs: blobs(config, &key, clock, &login)?,
        model: model(&config.ai, &login)?,
        mailer: mailer(config, &login)?,
        ocr: ocr(config, &login)?,
        sign_in: sign_in(&config.auth, key)?,
    })
}

fn store(config: &Config, database: &Arc<Database>, login: &Login<'_>) -> Result<Arc<dyn Store>, StartError> {
    Ok(match cosmos(&config.azure, login)? {
        Some(account) => Arc::new(Cosmos::new(account, domain::KINDS)),
        None => Arc::new(Sqlite::over(database.clone())),
    })
}

/// The account that documents are kept in, when one is set.
pub(super) fn cosmos(azure: &config::Azure, login: &Login<'_>) -> Result<Option<Account>, StartError> {
    let Some(config::CosmosAccount { endpoint, database, key }) = &azure.cosmos else { return Ok(None) };
    let access = match key {
        Some(key) => Access::Key(key.clone()),
        None => Access::Identity(login.credential().map_err(failed("setting AZURE_CREDENTIAL"))?),
    };
    Ok(Some(Account::new(endpoint.clone(), database.clone(), azure.region.clone(), access)))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// From the settings, else the one kept in the data directory, else a new one.
fn signing_key(config: &Config) -> Result<SigningKey, StartError> {
    if let Some(pem) = &config.auth.signing_key {
        return SigningKey::from_pem(pem).map_err(failed("setting AUTH_SIGNING_KEY"));
    }
    let DataPlace::Directory(folder) = &config.data else { return Ok(SigningKey::generate()) };
    let path = folder.join("signing-key.pem");
    let what = || format!("signing key {}", path.display());
    match fs::read_to_string(&path) {
        Ok(pem) => SigningKey::from_pem(&Secret::new(pem)).map_err(failed(what())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SigningKey::generate();
            match write_private(&path, key.to_pem().expose()) {
                Ok(()) => Ok(key),
                // Another process was faster.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    let pem = fs::read_to_string(&path).map_err(failed(what()))?;
                    SigningKey::from_pem(&Secret::new(pem)).map_err(failed(what()))
                }
                Err(error) => Err(failed(what())(error)),
            }
        }
        Err(error) => Err(failed(what())(error)),
    }
}

fn field_keys(config: &Config, key: &SigningKey) -> Result<FieldKeys, StartError> {
    match &config.field_keys {
        Some(keys) => FieldKeys::parse(keys).ok_or_else(|| {
            failed("setting FIELD_KEYS")("must be keys of 32 bytes in base64, separated by commas")
        }),
        None => Ok(FieldKeys::derived(&key.to_pem())),
    }
}

/// Whole or not at all, readable by the owner only, never over an existing one.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked
}

fn queue(config: &Config, database: Arc<Database>, login: &Login<'_>) -> Result<Arc<dyn Queue>, StartError> {
    Ok(match storage_queues(&config.azure, login)? {
        Some(queues) => Arc::new(queues),
        None => Arc::new(SqliteQueue::over(database)),
    })
}

/// The account that messages travel through, when one is set.
pub(super) fn storage_queues(
    azure: &config::Azure,
    login: &Login<'_>,
) -> Result<Option<StorageQueues>, StartError> {
    let Some(endpoint) = &azure.queue_endpoint else { return Ok(None) };
    let credential = login.credential().map_err(failed("setting AZURE_CREDENTIAL"))?;
    Ok(Some(StorageQueues::new(endpoint.clone(), credential)))
}

/// The container that files are kept in, when one is set.
pub(super) fn blob_storage(
    azure: &config::Azure,
    clock: &Arc<Clock>,
    login: &Login<'_>,
) -> Result<Option<BlobStorage>, StartError> {
    let Some(account) = &azure.blobs else { return Ok(None) };
    let credential = login.credential().map_err(failed("setting AZURE_CREDENTIAL"))?;
    Ok(Some(BlobStorage::new(account.clone(), credential, clock.clone())))
}

fn blobs(
    config: &Config,
    key: &SigningKey,
    clock: &Arc<Clock>,
    login: &Login<'_>,
) -> Result<Arc<dyn Blobs>, StartError> {
    if let Some(storage) = blob_storage(&config.azure, clock, login)? {
        return Ok(Arc::new(storage));
    }
    // Links are signed with a key derived from the signing key: one secret to keep.
    let mut hash = Sha256::new();
    hash.update(b"talenti file links\n");
    hash.update(key.to_pem().expose().as_bytes());
    let link_key: [u8; 32] = hash.finalize().into();
    let base = &config.api_base_url;
    Ok(match &config.data {
        DataPlace::Directory(folder) => {
            Arc::new(Directory::open(folder.join("files"), link_key, base).map_err(failed("file storage"))?)
        }
        DataPlace::Memory => Arc::new(Memory::new(link_key, base).map_err(failed("file storage"))?),
    })
}

fn model(ai: &config::Ai, login: &Login<'_>) -> Result<Model, StartError> {
    let address = |text: &Option<String>| {
        text.as_deref().map(url::Url::parse).transpose().map_err(failed("AI address"))
    };
    let is_azure = ai.azure_endpoint.is_some();
    let name = |azure: &str| if is_azure { azure.to_owned() } else { ai.model.clone().unwrap_or_default() };
    let settings = AiSettings {
        endpoint: address(&ai.azure_endpoint)?,
        base_url: address(&ai.base_url)?,
        api_key: if is_azure { ai.azure_key.clone() } else { ai.key.clone() },
        api_version: ai.api_version.clone(),
        conversation_model: name(&ai.deployment),
        resume_model: name(&ai.deployment_small),
        region: Some(ai.region.clone()),
        allowed_regions: ai.allowed_regions.clone(),
        scoring_samples: ai.scoring_samples.and_then(|samples| std::num::NonZeroU8::new(samples as u8)),
        timeouts: Timeouts { background: ai.patience, ..Timeouts::default() },
    };
    let tokens = match (is_azure, &ai.azure_key) {
        (true, None) => Some(login.tokens(COGNITIVE_SERVICES).map_err(failed("setting AZURE_CREDENTIAL"))?),
        _ => None,
    };
    Model::with_tokens(settings, tokens).map_err(failed("AI"))
}

fn mailer(config: &Config, login: &Login<'_>) -> Result<Arc<dyn Mailer>, StartError> {
    if let Some(endpoint) = &config.mail.acs_endpoint {
        let tokens = login.tokens(COMMUNICATION).map_err(failed("setting AZURE_CREDENTIAL"))?;
        return Ok(Arc::new(AzureEmail::new(endpoint, tokens).map_err(failed("setting ACS_ENDPOINT"))?));
    }
    Ok(match (&config.mail.smtp_url, &config.data) {
        (Some(url), _) => Arc::new(Smtp::from_url(url.expose()).map_err(failed("setting SMTP_URL"))?),
        (None, place) => Arc::new(OutboxFolder::new(outbox_folder(place))),
    })
}

fn ocr(config: &Config, login: &Login<'_>) -> Result<Option<Arc<dyn Ocr>>, StartError> {
    let Some(endpoint) = &config.azure.document_endpoint else { return Ok(None) };
    let (region, allowed) = (&config.azure.region, &config.ai.allowed_regions);
    if !allowed.iter().any(|one| same_region(one, region)) {
        let cause = format!("{region} (AZURE_REGION) is not among the allowed regions (AI_ALLOWED_REGIONS)");
        return Err(failed("setting AZURE_DOCUMENT_ENDPOINT")(cause));
    }
    let tokens = login.tokens(COGNITIVE_SERVICES).map_err(failed("setting AZURE_CREDENTIAL"))?;
    let reader =
        DocumentIntelligence::new(endpoint, tokens).map_err(failed("setting AZURE_DOCUMENT_ENDPOINT"))?;
    Ok(Some(Arc::new(reader)))
}

/// Where letters go when nothing sends them.
pub fn outbox_folder(place: &DataPlace) -> PathBuf {
    match place {
        DataPlace::Directory(folder) => folder.join("outbox"),
        // Memory-only platforms still need somewhere to put letters.
        DataPlace::Memory => std::env::temp_dir().join(format!("talenti-outbox-{}", std::process::id())),
    }
}

fn sign_in(auth: &config::Auth, key: SigningKey) -> Result<SignIn, StartError> {
    let mut issuers = vec![Issuer::password(&auth.issuer, &auth.issuer, vec![key.clone()])];
    let mut modes = vec!["password".to_owned()];
    if let Some(url) = &auth.supabase_url {
        let issuer = format!("{url}/auth/v1");
        issuers.push(match &auth.supabase_jwt_secret {
            Some(secret) => Issuer::supabase_with_secret(issuer, secret.clone()),
            None => {
                let keys = Jwks::new(&format!("{issuer}/.well-known/jwks.json"))
                    .map_err(failed("setting SUPABASE_URL"))?;
                Issuer::supabase(issuer, keys)
            }
        });
        modes.push("Supabase".into());
    }
    if let Some(issuer) = &auth.clerk_issuer {
        let keys =
            Jwks::new(&format!("{issuer}/.well-known/jwks.json")).map_err(failed("setting CLERK_ISSUER"))?;
        issuers.push(Issuer::clerk(issuer, keys, auth.clerk_authorized_parties.clone()));
        modes.push("Clerk".into());
    }
    if let Some(oidc) = &auth.oidc {
        let url = oidc.jwks_url.clone().unwrap_or_else(|| format!("{}/.well-known/jwks.json", oidc.issuer));
        let keys = Jwks::new(&url).map_err(failed("setting OIDC_JWKS_URL"))?;
        issuers.push(Issuer::oidc(&oidc.issuer, &oidc.audience, keys));
        modes.push(format!("OpenID Connect ({})", oidc.issuer));
    }
    let verifier = Verifier::new(issuers).map_err(failed("sign-in settings"))?;
    Ok(SignIn::new(verifier, key, auth.issuer.clone(), modes.join(", ")))
}
