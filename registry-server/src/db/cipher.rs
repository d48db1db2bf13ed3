//! Encrypted location URLs (database §6).

use std::sync::Arc;

use aes::{Aes128, Aes192, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;

use super::DbError;

/// Bytes of a block and of the IV.
const BLOCK: usize = 16;

/// The key is not 16, 24 or 32 bytes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("metadata_encryption_key must have 16, 24 or 32 bytes")]
pub struct CipherKeyError;

/// Encrypts and decrypts location URLs with `[DEFAULT] metadata_encryption_key`, or leaves them alone.
///
/// The stored text is URL-safe base64 of a random IV and AES-CBC; the padding is a zero byte and random non-zero
/// bytes. There is no integrity check in the format, so a wrong key shows as text that is not UTF-8, at best.
#[derive(Clone, Default)]
pub struct LocationCipher {
    key: Option<Arc<[u8]>>,
}

impl std::fmt::Debug for LocationCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.key.is_some() { "LocationCipher(***)" } else { "LocationCipher(none)" })
    }
}

impl LocationCipher {
    /// URLs are stored as they are.
    #[must_use]
    pub const fn none() -> Self {
        Self { key: None }
    }

    /// A cipher with the key of `metadata_encryption_key`.
    ///
    /// # Errors
    /// [`CipherKeyError`] unless the key has 16, 24 or 32 bytes.
    pub fn new(key: &str) -> Result<Self, CipherKeyError> {
        match key.len() {
            16 | 24 | 32 => Ok(Self { key: Some(key.as_bytes().into()) }),
            _ => Err(CipherKeyError),
        }
    }

    /// The text to store for a URL.
    pub(crate) fn seal(&self, url: &str) -> Result<String, DbError> {
        let Some(key) = &self.key else { return Ok(url.to_owned()) };
        let mut random = [0; 2 * BLOCK];
        SystemRandom::new().fill(&mut random).map_err(|_| DbError::internal("no random numbers"))?;
        let (iv, padding) = random.split_at_mut(BLOCK);
        padding.iter_mut().for_each(|byte| *byte = *byte % 255 + 1);
        seal_with(key, iv, padding, url).ok_or_else(|| DbError::internal("a location could not be encrypted"))
    }

    /// The URL of a stored text. A text that is no ciphertext is taken as it is: an import into several stores writes
    /// plain rows, and so did everything before the option was set.
    pub(crate) fn open(&self, stored: String) -> String {
        self.key.as_ref().and_then(|key| open_with(key, &stored)).unwrap_or(stored)
    }
}

/// Encrypts with a given IV; `padding` holds the non-zero bytes to choose from.
fn seal_with(key: &[u8], iv: &[u8], padding: &[u8], url: &str) -> Option<String> {
    let mut plain = url.as_bytes().to_vec();
    plain.push(0);
    let missing = (BLOCK - plain.len() % BLOCK) % BLOCK;
    plain.extend_from_slice(&padding[..missing]);
    let sealed = match key.len() {
        16 => cbc::Encryptor::<Aes128>::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<NoPadding>(&plain),
        24 => cbc::Encryptor::<Aes192>::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<NoPadding>(&plain),
        _ => cbc::Encryptor::<Aes256>::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<NoPadding>(&plain),
    };
    Some(URL_SAFE.encode([iv, &sealed].concat()))
}

/// Decrypts; none when the text cannot be a ciphertext of this key.
fn open_with(key: &[u8], stored: &str) -> Option<String> {
    let bytes = URL_SAFE.decode(stored).ok()?;
    let (iv, sealed) = bytes.split_at_checked(BLOCK)?;
    if sealed.is_empty() {
        return None;
    }
    let mut plain = match key.len() {
        16 => cbc::Decryptor::<Aes128>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(sealed),
        24 => cbc::Decryptor::<Aes192>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(sealed),
        _ => cbc::Decryptor::<Aes256>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(sealed),
    }
    .ok()?;
    let end = plain.iter().rposition(|byte| *byte == 0)?;
    plain.truncate(end);
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "file:///var/lib/glance/images/abc";

    /// Key and stored text of [`URL`] with IV 00 01 … 0f and padding bytes 01 (database §6).
    const VECTORS: [(&str, &str); 3] = [
        (
            "0123456789abcdef",
            "AAECAwQFBgcICQoLDA0ODwj-hUg3YMk1PMMRhtwRMJM1-hxwLpDyBteng57BK29ZN9vqbgiuBRKAPSe3tYV3eg==",
        ),
        (
            "0123456789abcdef01234567",
            "AAECAwQFBgcICQoLDA0OD3V93o3rsXRW3Ok1q2Kp8nbv-rOVtUMXtiPKOzu5CAEjWdPKyUiX05sdmueTnbq81g==",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "AAECAwQFBgcICQoLDA0OD0VV-MOucFd1_4HoNS5NT9-HZ7xRgcVUmdARx1C6gdRm4dzEcWyauQCiY4c9lElaig==",
        ),
    ];

    #[test]
    fn the_vectors_of_the_specification_hold() {
        let iv: Vec<u8> = (0..16).collect();
        for (key, stored) in VECTORS {
            assert_eq!(seal_with(key.as_bytes(), &iv, &[1; BLOCK], URL).unwrap(), stored);
            assert_eq!(LocationCipher::new(key).unwrap().open(stored.to_owned()), URL);
        }
    }

    #[test]
    fn every_length_survives_and_no_text_repeats() {
        let cipher = LocationCipher::new("0123456789abcdef").unwrap();
        for length in 0..40 {
            let url = "x".repeat(length);
            let sealed = cipher.seal(&url).unwrap();
            assert_ne!(sealed, cipher.seal(&url).unwrap());
            assert_eq!(cipher.open(sealed), url);
        }
    }

    #[test]
    fn what_is_no_ciphertext_is_taken_as_it_is() {
        let cipher = LocationCipher::new("0123456789abcdef").unwrap();
        for plain in [URL, "pending://parallel-import/a/b", "", "AAAA", "AAECAwQFBgcICQoLDA0ODw=="] {
            assert_eq!(cipher.open(plain.to_owned()), plain);
        }
        assert_eq!(LocationCipher::none().open(VECTORS[0].1.to_owned()), VECTORS[0].1);
        assert_eq!(LocationCipher::new("short").unwrap_err(), CipherKeyError);
    }
}
