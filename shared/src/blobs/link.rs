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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::Duration;

    const EXPIRES: i64 = 2_000_000_000;

    fn links(key: u8) -> Links {
        Links::new([key; 32], "https://talenti.example/base/").unwrap()
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn a_link_is_good_until_it_expires() {
        let link = links(1).make("o/1/cv & more.pdf", "Żółw \"1\".pdf", at(EXPIRES)).unwrap();
        let url = Url::parse(&link).unwrap();
        assert_eq!(url.path(), "/base/files/o/1/cv%20&%20more.pdf");
        let query = url.query().unwrap();
        let verify = |path, now| links(1).verify(path, query, now);
        let verified = verify("o/1/cv & more.pdf", at(EXPIRES) - Duration::SECOND).unwrap();
        assert_eq!((verified.download_name.as_str(), verified.expires_at), ("Żółw \"1\".pdf", at(EXPIRES)));
        assert_eq!(verify("o/1/cv & more.pdf", at(EXPIRES)), Err(LinkError::Expired));
        assert_eq!(verify("o/1/other.pdf", at(0)), Err(LinkError::Forged));
        assert_eq!(links(2).verify("o/1/cv & more.pdf", query, at(0)), Err(LinkError::Forged));
        let doubled = format!("{query}&expires=9999999999");
        assert_eq!(links(1).verify("o/1/cv & more.pdf", &doubled, at(0)), Err(LinkError::Forged));
        assert!(Links::new([0; 32], "not a url").is_err());
        assert!(Links::new([0; 32], "mailto:a@b.example").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_good_path_and_name_survive_the_round_trip(path in "[^\\x00-\\x1f]{1,60}", name in "\\PC{0,40}") {
            prop_assume!(path::check(&path).is_ok());
            let link = links(1).make(&path, &name, at(EXPIRES)).unwrap();
            let url = Url::parse(&link).unwrap();
            let verified = links(1).verify(&path, url.query().unwrap(), at(0)).unwrap();
            prop_assert_eq!(verified.download_name, name);
        }

        #[test]
        fn a_changed_query_is_refused(at_byte in 0..200_usize, with in "[a-zA-Z0-9]") {
            let link = links(1).make("a/b", "name.pdf", at(EXPIRES)).unwrap();
            let query = link.split_once('?').unwrap().1;
            let at_byte = at_byte % query.len();
            let mut changed = query.to_owned();
            changed.replace_range(at_byte..=at_byte, &with);
            prop_assume!(changed != query);
            prop_assert!(links(1).verify("a/b", &changed, at(0)).is_err());
        }
    }
}
