//! Protection of what lies in memcached, where others may read and write (`memcache_security_strategy`).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::KeystoneError;
use super::token_options::{SecurityStrategy, TokenOptions};
use crate::config::Secret;

/// Bytes of an HMAC-SHA256.
const TAG_BYTES: usize = 32;

/// Seals entries and opens them again. An entry is bound to its name: it cannot be moved to another one.
pub(super) enum Seal {
    Plain,
    Mac(hmac::Key),
    Encrypt(Box<LessSafeKey>),
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(***)")
    }
}

impl Seal {
    /// What the options say.
    ///
    /// # Errors
    /// [`KeystoneError::Options`] where a key is needed and not given.
    pub(super) fn new(options: &TokenOptions) -> Result<Self, KeystoneError> {
        let strategy = options.memcache_security_strategy;
        if strategy == SecurityStrategy::None {
            return Ok(Self::Plain);
        }
        let secret = options.memcache_secret_key.as_ref().filter(|key| !key.is_empty());
        let needed = || KeystoneError::Options(format!("memcache_secret_key: {strategy} needs one"));
        let secret = secret.ok_or_else(needed)?;
        if strategy == SecurityStrategy::Mac {
            return Ok(Self::Mac(hmac::Key::new(hmac::HMAC_SHA256, &derived(secret, "mac"))));
        }
        let key = UnboundKey::new(&AES_256_GCM, &derived(secret, "encrypt")).map_err(|_| needed())?;
        Ok(Self::Encrypt(Box::new(LessSafeKey::new(key))))
    }

    /// An entry for this name; none when the system has no random numbers.
    pub(super) fn close(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Plain => Some(plain.to_vec()),
            Self::Mac(key) => {
                let mut entry = tag(key, name, plain).as_ref().to_vec();
                entry.extend_from_slice(plain);
                Some(entry)
            }
            Self::Encrypt(key) => {
                let mut nonce = [0; NONCE_LEN];
                SystemRandom::new().fill(&mut nonce).ok()?;
                let mut text = plain.to_vec();
                let aad = Aad::from(name.as_bytes());
                key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
                let mut entry = nonce.to_vec();
                entry.extend_from_slice(&text);
                Some(entry)
            }
        }
    }

    /// What was put in under this name; none for what nobody with the key has made.
    pub(super) fn open(&self, name: &str, entry: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Plain => Some(entry.to_vec()),
            Self::Mac(key) => {
                let (found, plain) = entry.split_at_checked(TAG_BYTES)?;
                let good = subtle::ConstantTimeEq::ct_eq(tag(key, name, plain).as_ref(), found);
                bool::from(good).then(|| plain.to_vec())
            }
            Self::Encrypt(key) => {
                let (nonce, text) = entry.split_at_checked(NONCE_LEN)?;
                let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
                let mut text = text.to_vec();
                let plain = key.open_in_place(nonce, Aad::from(name.as_bytes()), &mut text).ok()?;
                Some(plain.to_vec())
            }
        }
    }
}

/// A key for one use, from the operator's secret.
fn derived(secret: &Secret, purpose: &str) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let digest = hmac::sign(&key, format!("glance token cache: {purpose}").as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

fn tag(key: &hmac::Key, name: &str, plain: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(&(name.len() as u64).to_be_bytes());
    context.update(name.as_bytes());
    context.update(plain);
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn seal(strategy: &str, key: &str) -> Result<Seal, KeystoneError> {
        let lines = format!("memcache_security_strategy = {strategy}\nmemcache_secret_key = {key}\n");
        let config = Config::from_text(&format!("[keystone_authtoken]\n{lines}")).unwrap();
        Seal::new(&config.section().unwrap())
    }

    #[test]
    fn only_what_was_sealed_under_the_name_is_opened() {
        for strategy in ["MAC", "ENCRYPT"] {
            let own = seal(strategy, "key").unwrap();
            let entry = own.close("name", b"text").unwrap();
            assert_eq!(own.open("name", &entry).as_deref(), Some(&b"text"[..]));
            assert_eq!(own.open("other", &entry), None, "{strategy}");
            assert_eq!(seal(strategy, "another").unwrap().open("name", &entry), None, "{strategy}");
            for at in 0..entry.len() {
                let mut changed = entry.clone();
                changed[at] ^= 1;
                assert_eq!(own.open("name", &changed), None, "{strategy} byte {at}");
            }
            for length in 0..entry.len() {
                assert_eq!(own.open("name", &entry[..length]), None, "{strategy} length {length}");
            }
        }
    }

    #[test]
    fn only_encryption_hides() {
        for (strategy, hides) in [("None", false), ("MAC", false), ("ENCRYPT", true)] {
            let entry = seal(strategy, "key").unwrap().close("name", b"user blue").unwrap();
            assert_eq!(!entry.windows(4).any(|part| part == b"blue"), hides, "{strategy}");
        }
    }

    #[test]
    fn a_key_is_needed() {
        assert!(seal("MAC", "").is_err() && seal("ENCRYPT", "").is_err() && seal("None", "").is_ok());
    }
}
