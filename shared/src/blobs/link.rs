//! Links that anyone may read with until they expire: an HMAC-SHA256 over path, expiry and download name.

use super::{BlobError, path};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;
use url::Url;
use url::form_urlencoded;

/// Makes and checks links of the form `{base_url}/files/{path}?expires={unix seconds}&name={name}&signature={…}`.
pub struct Links {
    key: [u8; 32],
    base_url: Url,
}

/// What a good link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLink {
    /// For the Content-Disposition header; still to be quoted.
    pub download_name: String,
    pub expires_at: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// A part is missing, doubled or unreadable, or the signature is not ours.
    #[error("not a link of ours")]
    Forged,
    #[error("the link has expired")]
    Expired,
}

impl Links {
    /// `base_url` is where the links are served, without `/files`. An unreadable one is an error.
    pub fn new(key: [u8; 32], base_url: &str) -> Result<Self, url::ParseError> {
        let base_url = Url::parse(base_url)?;
        if base_url.cannot_be_a_base() {
            return Err(url::ParseError::RelativeUrlWithCannotBeABaseBase);
        }
        Ok(Self { key, base_url })
    }

    /// Does not look whether the file exists.
    pub fn make(
        &self,
        path: &str,
        download_name: &str,
        expires_at: OffsetDateTime,
    ) -> Result<String, BlobError> {
        path::check(path)?;
        let expires = expires_at.unix_timestamp();
        let signature =
            URL_SAFE_NO_PAD.encode(self.mac(path, expires, download_name).finalize().into_bytes());
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| BlobError::BadPath)?
            .pop_if_empty()
            .push("files")
            .extend(path.split('/'));
        url.query_pairs_mut()
            .clear()
            .append_pair("expires", &expires.to_string())
            .append_pair("name", download_name)
            .append_pair("signature", &signature);
        Ok(url.into())
    }

    /// `path` is percent-decoded, `query` as received. Takes the same time whatever byte of the signature is wrong.
    pub fn verify(&self, path: &str, query: &str, now: OffsetDateTime) -> Result<VerifiedLink, LinkError> {
        path::check(path).map_err(|_| LinkError::Forged)?;
        let expires: i64 = only(query, "expires")?.parse().map_err(|_| LinkError::Forged)?;
        let download_name = only(query, "name")?;
        let signature = URL_SAFE_NO_PAD.decode(only(query, "signature")?).map_err(|_| LinkError::Forged)?;
        self.mac(path, expires, &download_name).verify_slice(&signature).map_err(|_| LinkError::Forged)?;
        let expires_at = OffsetDateTime::from_unix_timestamp(expires).map_err(|_| LinkError::Forged)?;
        if now >= expires_at {
            return Err(LinkError::Expired);
        }
        Ok(VerifiedLink { download_name, expires_at })
    }

    /// Paths hold no line break and the expiry is a number, so the three cannot be split in another way.
    fn mac(&self, path: &str, expires: i64, download_name: &str) -> Hmac<Sha256> {
        // HMAC fills keys up to a block with zeros (RFC 2104 §2); done here because the block is the key type.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("file link\n{path}\n{expires}\n{download_name}").as_bytes());
        mac
    }
}

/// The value of a parameter that occurs once.
fn only(query: &str, name: &str) -> Result<String, LinkError> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value.into_owned()),
        _ => Err(LinkError::Forged),
    }
}
