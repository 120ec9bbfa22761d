//! The configuration: one struct, read once from the environment. What is left out falls to the embedded default;
//! a wrong value stops the start with one clear line.

mod azure;
mod reader;

pub(crate) use azure::is_this_machine;
pub use azure::{Azure, BlobAccount, CosmosAccount, Identity};

use crate::auth::Secret;
use reader::Reader;
use std::net::IpAddr;
use std::path::PathBuf;
use time::Duration;
use url::Url;

/// Seconds. A function is ended after ten minutes (`functionTimeout` in host.json).
const MOST_PATIENCE: u64 = 540;

/// One environment variable the platform reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub group: &'static str,
    /// What applies when it is not set; empty when nothing does.
    pub default: &'static str,
    pub doc: &'static str,
    pub secret: bool,
}

const fn var(group: &'static str, name: &'static str, default: &'static str, doc: &'static str) -> Variable {
    Variable { name, group, default, doc, secret: false }
}
const fn secret(group: &'static str, name: &'static str, doc: &'static str) -> Variable {
    Variable { name, group, default: "", doc, secret: true }
}

/// Every variable, as `local.settings.json.example` and the deployment list them.
pub const VARIABLES: &[Variable] = &[
    var(
        "General",
        "ENVIRONMENT",
        "development",
        "development or production; production turns the API pages and the development outbox off",
    ),
    var("General", "LOG_LEVEL", "info", "off, error, warn, info, debug or trace"),
    var("General", "PORT", "7071", "port of the standalone platform; a Functions host gives its own"),
    var("General", "BIND", "127.0.0.1", "address the standalone platform listens on"),
    var("General", "TALENTI_DATA", ".data", "data directory of the embedded backends, or :memory:"),
    var(
        "General",
        "API_BASE_URL",
        "",
        "public address of this API, which file links are made with; http://localhost:<PORT> when left out",
    ),
    var(
        "General",
        "FRONTEND_URL",
        "http://localhost:5173",
        "public address of the web frontend; invitation links lead there",
    ),
    var(
        "General",
        "ALLOWED_ORIGINS",
        "http://localhost:5173",
        "comma-separated origins that browsers may call from",
    ),
    secret(
        "General",
        "FIELD_KEYS",
        "32-byte keys in base64, newest first, that telephone numbers and demographic answers are stored encrypted with; \
         derived from the key of AUTH_SIGNING_KEY when left out",
    ),
    var(
        "Azure",
        "AZURE_CREDENTIAL",
        "managed",
        "who the platform is in Azure: managed (identity of the app), workload (federated token) or developer (az, azd)",
    ),
    var(
        "Azure",
        "AZURE_CLIENT_ID",
        "",
        "client id of a user-assigned identity; the system-assigned one when left out",
    ),
    var("Azure", "AZURE_REGION", "Australia East", "region the platform runs in; Cosmos DB is read near it"),
    var(
        "Azure",
        "COSMOS_ENDPOINT",
        "",
        "https://<account>.documents.azure.com; documents are kept there instead of in SQLite",
    ),
    var("Azure", "COSMOS_DATABASE", "talenti", "database of that account"),
    secret("Azure", "COSMOS_KEY", "account key; for emulators on this machine only, refused elsewhere"),
    var(
        "Azure",
        "AZURE_STORAGE_QUEUE_ENDPOINT",
        "",
        "https://<account>.queue.core.windows.net; messages travel there instead of through SQLite",
    ),
    var(
        "Azure",
        "AZURE_STORAGE_BLOB_ENDPOINT",
        "",
        "https://<account>.blob.core.windows.net; files are kept there instead of in a directory",
    ),
    var("Azure", "AZURE_STORAGE_CONTAINER", "files", "blob container of that account"),
    var(
        "Azure",
        "AZURE_DOCUMENT_ENDPOINT",
        "",
        "https://<resource>.cognitiveservices.azure.com; Document Intelligence reads scanned resumes, in AZURE_REGION",
    ),
    var("Limits", "RATE_LIMITS", "on", "on or off; off is for load tests and refused in production"),
    var("Limits", "RATE_LIMIT_REQUESTS", "100", "requests per address in one window"),
    var("Limits", "RATE_LIMIT_WINDOW", "60", "seconds of that window"),
    var(
        "Limits",
        "TRUSTED_PROXY_HOPS",
        "1",
        "proxies in front whose X-Forwarded-For entries count; 0 trusts the peer address only",
    ),
    var(
        "AI",
        "AZURE_OPENAI_ENDPOINT",
        "",
        "https://<resource>.openai.azure.com; without it (and without AI_BASE_URL) the offline engine answers",
    ),
    secret("AI", "AZURE_OPENAI_API_KEY", "key of that resource; leave out to use Entra tokens"),
    var("AI", "AZURE_OPENAI_DEPLOYMENT", "gpt-4o", "deployment for interviews and scoring"),
    var("AI", "AZURE_OPENAI_DEPLOYMENT_SMALL", "gpt-4o-mini", "deployment for resumes and adverts"),
    var("AI", "AZURE_OPENAI_API_VERSION", "2024-10-21", "data-plane version"),
    var(
        "AI",
        "AZURE_OPENAI_REGION",
        "australiaeast",
        "region the endpoint runs in; must be in AI_ALLOWED_REGIONS",
    ),
    var("AI", "AI_BASE_URL", "", "any OpenAI-compatible address, such as http://localhost:11434/v1"),
    secret("AI", "AI_API_KEY", "key for AI_BASE_URL"),
    var("AI", "AI_MODEL", "", "model name at AI_BASE_URL"),
    var(
        "AI",
        "AI_PATIENCE",
        "120",
        "seconds that a question nobody waits for may take (uploaded resumes, scores), 30 to 540; more for a slow model",
    ),
    var("AI", "AI_ALLOWED_REGIONS", "australiaeast", "comma-separated regions candidate data may be sent to"),
    var("AI", "SCORING_SAMPLES", "", "judgements per score, 1 to 9; default 3 with a model, 1 offline"),
    var("Sign-in", "AUTH_ISSUER", "talenti", "issuer of our own access tokens"),
    secret(
        "Sign-in",
        "AUTH_SIGNING_KEY",
        "Ed25519 private key (PKCS#8 PEM) for own tokens; made in the data directory when left out",
    ),
    var("Sign-in", "SUPABASE_URL", "", "https://<project>.supabase.co; turns Supabase sign-in on"),
    secret(
        "Sign-in",
        "SUPABASE_JWT_SECRET",
        "HS256 secret of the project; only when its tokens are not signed with a published key",
    ),
    var("Sign-in", "CLERK_ISSUER", "", "https://<instance>.clerk.accounts.dev; turns Clerk sign-in on"),
    var(
        "Sign-in",
        "CLERK_AUTHORIZED_PARTIES",
        "",
        "comma-separated origins a Clerk token may have been issued for",
    ),
    var("Sign-in", "OIDC_ISSUER", "", "any OpenID Connect issuer with a published key set"),
    var("Sign-in", "OIDC_AUDIENCE", "", "audience its tokens must name; required with OIDC_ISSUER"),
    var("Sign-in", "OIDC_JWKS_URL", "", "its key set, when not at <issuer>/.well-known/jwks.json"),
    var("Mail", "EMAIL_FROM", "noreply@talenti.ai", "sender of letters"),
    var(
        "Mail",
        "ACS_ENDPOINT",
        "",
        "https://<resource>.communication.azure.com; letters are sent by Azure Communication Services",
    ),
    secret(
        "Mail",
        "SMTP_URL",
        "smtp://user:password@host:587 or smtps://, when ACS_ENDPOINT is left out; without both letters go to the outbox folder",
    ),
    var(
        "Telemetry",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "OpenTelemetry collector (OTLP over HTTP); traces are exported when set",
    ),
    var("Telemetry", "OTEL_SERVICE_NAME", "talenti", "service name on exported traces"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Development,
    Production,
}

/// Where the embedded backends keep their data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataPlace {
    Directory(PathBuf),
    Memory,
}

#[derive(Clone)]
pub struct Config {
    pub environment: Environment,
    pub log_level: tracing::level_filters::LevelFilter,
    pub port: u16,
    pub bind: IpAddr,
    pub data: DataPlace,
    pub api_base_url: String,
    pub frontend_url: String,
    pub allowed_origins: Vec<String>,
    pub field_keys: Option<Secret>,
    pub azure: Azure,
    pub limits: Limits,
    pub ai: Ai,
    pub auth: Auth,
    pub mail: Mail,
    pub otlp_endpoint: Option<String>,
    pub service_name: String,
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub enabled: bool,
    pub requests: u32,
    pub window: Duration,
    pub trusted_proxy_hops: usize,
}

#[derive(Clone)]
pub struct Ai {
    pub azure_endpoint: Option<String>,
    pub azure_key: Option<Secret>,
    pub deployment: String,
    pub deployment_small: String,
    pub api_version: String,
    pub region: String,
    pub base_url: Option<String>,
    pub key: Option<Secret>,
    pub model: Option<String>,
    /// For questions nobody waits for.
    pub patience: std::time::Duration,
    pub allowed_regions: Vec<String>,
    pub scoring_samples: Option<u32>,
}

#[derive(Clone)]
pub struct Auth {
    pub issuer: String,
    pub signing_key: Option<Secret>,
    pub supabase_url: Option<String>,
    pub supabase_jwt_secret: Option<Secret>,
    pub clerk_issuer: Option<String>,
    pub clerk_authorized_parties: Vec<String>,
    pub oidc: Option<Oidc>,
}

#[derive(Clone)]
pub struct Oidc {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: Option<String>,
}

#[derive(Clone)]
pub struct Mail {
    pub from: String,
    pub acs_endpoint: Option<Url>,
    pub smtp_url: Option<Secret>,
}

/// The first setting that is wrong. Values are not quoted: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {name}: {reason}")]
pub struct ConfigError {
    pub name: &'static str,
    pub reason: String,
}

impl Config {
    /// From the process environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::read(&|name| std::env::var(name).ok())
    }

    /// From any source of settings; tests pass a map.
    pub fn read(source: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = Reader { source };
        let environment = match read.text("ENVIRONMENT").as_str() {
            "production" => Environment::Production,
            "development" => Environment::Development,
            _ => return Err(wrong("ENVIRONMENT", "must be development or production")),
        };
        let port = read.number("PORT", 0, u64::from(u16::MAX))? as u16;
        let config = Self {
            environment,
            log_level: read
                .text("LOG_LEVEL")
                .parse()
                .map_err(|_| wrong("LOG_LEVEL", "must be off, error, warn, info, debug or trace"))?,
            port,
            bind: read.text("BIND").parse().map_err(|_| wrong("BIND", "must be an IP address"))?,
            data: match read.text("TALENTI_DATA").as_str() {
                ":memory:" => DataPlace::Memory,
                path => DataPlace::Directory(path.into()),
            },
            api_base_url: read.address("API_BASE_URL")?.unwrap_or_else(|| format!("http://localhost:{port}")),
            frontend_url: read.address("FRONTEND_URL")?.unwrap_or_default(),
            allowed_origins: read.list("ALLOWED_ORIGINS"),
            field_keys: read.secret("FIELD_KEYS"),
            azure: Azure::read(&read)?,
            limits: Limits {
                enabled: read.switch("RATE_LIMITS")?,
                requests: read.number("RATE_LIMIT_REQUESTS", 1, 1_000_000)? as u32,
                window: Duration::seconds(read.number("RATE_LIMIT_WINDOW", 1, 3600)? as i64),
                trusted_proxy_hops: read.number("TRUSTED_PROXY_HOPS", 0, 10)? as usize,
            },
            ai: Self::read_ai(&read)?,
            auth: Self::read_auth(&read)?,
            mail: Mail {
                from: read.text("EMAIL_FROM"),
                acs_endpoint: read.url("ACS_ENDPOINT")?,
                smtp_url: read.secret("SMTP_URL"),
            },
            otlp_endpoint: read.address("OTEL_EXPORTER_OTLP_ENDPOINT")?,
            service_name: read.text("OTEL_SERVICE_NAME"),
        };
        if config.is_production() && !config.limits.enabled {
            return Err(wrong("RATE_LIMITS", "cannot be off in production"));
        }
        if config.is_production() && config.azure.cosmos.is_some() && config.auth.signing_key.is_none() {
            return Err(wrong(
                "AUTH_SIGNING_KEY",
                "is needed in production with COSMOS_ENDPOINT: every instance signs and checks tokens with the same key",
            ));
        }
        Ok(config)
    }

    fn read_ai(read: &Reader<'_>) -> Result<Ai, ConfigError> {
        let samples = match read.optional("SCORING_SAMPLES") {
            Some(_) => Some(read.number("SCORING_SAMPLES", 1, 9)? as u32),
            None => None,
        };
        let ai = Ai {
            azure_endpoint: read.address("AZURE_OPENAI_ENDPOINT")?,
            azure_key: read.secret("AZURE_OPENAI_API_KEY"),
            deployment: read.text("AZURE_OPENAI_DEPLOYMENT"),
            deployment_small: read.text("AZURE_OPENAI_DEPLOYMENT_SMALL"),
            api_version: read.text("AZURE_OPENAI_API_VERSION"),
            region: read.text("AZURE_OPENAI_REGION"),
            base_url: read.address("AI_BASE_URL")?,
            key: read.secret("AI_API_KEY"),
            model: read.optional("AI_MODEL"),
            patience: std::time::Duration::from_secs(read.number("AI_PATIENCE", 30, MOST_PATIENCE)?),
            allowed_regions: read.list("AI_ALLOWED_REGIONS"),
            scoring_samples: samples,
        };
        if ai.base_url.is_some() && ai.model.is_none() {
            return Err(wrong("AI_MODEL", "is needed with AI_BASE_URL"));
        }
        Ok(ai)
    }

    fn read_auth(read: &Reader<'_>) -> Result<Auth, ConfigError> {
        let oidc = match (read.address("OIDC_ISSUER")?, read.optional("OIDC_AUDIENCE")) {
            (Some(issuer), Some(audience)) => {
                Some(Oidc { issuer, audience, jwks_url: read.address("OIDC_JWKS_URL")? })
            }
            (Some(_), None) => return Err(wrong("OIDC_AUDIENCE", "is needed with OIDC_ISSUER")),
            (None, _) => None,
        };
        Ok(Auth {
            issuer: read.text("AUTH_ISSUER"),
            signing_key: read.secret("AUTH_SIGNING_KEY"),
            supabase_url: read.address("SUPABASE_URL")?,
            supabase_jwt_secret: read.secret("SUPABASE_JWT_SECRET"),
            clerk_issuer: read.address("CLERK_ISSUER")?,
            clerk_authorized_parties: read.list("CLERK_AUTHORIZED_PARTIES"),
            oidc,
        })
    }

    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }
}

fn wrong(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError { name, reason: reason.into() }
}

#[cfg(test)]
mod tests;
