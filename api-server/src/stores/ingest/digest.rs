//! Digests of image data: MD5, and the one that `hashing_algorithm` names.

use blake2::{Blake2b512, Blake2s256};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use sha2::Sha224;
use sha2::digest::Digest;
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512};

glance_common::choices! {
    /// A digest that `hashing_algorithm` can name: those which Python's hashlib has on every machine.
    pub enum HashAlgorithm {
        /// MD5.
        Md5 = "md5",
        /// SHA-1.
        Sha1 = "sha1",
        /// SHA-2 of 224 bits.
        Sha224 = "sha224",
        /// SHA-2 of 256 bits.
        Sha256 = "sha256",
        /// SHA-2 of 384 bits.
        Sha384 = "sha384",
        /// SHA-2 of 512 bits.
        Sha512 = "sha512",
        /// SHA-3 of 224 bits.
        Sha3_224 = "sha3_224",
        /// SHA-3 of 256 bits.
        Sha3_256 = "sha3_256",
        /// SHA-3 of 384 bits.
        Sha3_384 = "sha3_384",
        /// SHA-3 of 512 bits.
        Sha3_512 = "sha3_512",
        /// BLAKE2b of 512 bits.
        Blake2b = "blake2b",
        /// BLAKE2s of 256 bits.
        Blake2s = "blake2s",
    }
}

/// Digests in the making, to be fed by one thread.
pub(super) enum Digester {
    Md5(Box<dyn Hasher>),
    /// The digest beside MD5.
    Other(Box<dyn Hasher>),
    /// MD5 and SHA-512 in one pass.
    #[cfg(target_arch = "x86_64")]
    Both(Box<super::fast_hash::Md5Sha512>),
}

impl Digester {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hasher) | Self::Other(hasher) => hasher.update(bytes),
            #[cfg(target_arch = "x86_64")]
            Self::Both(hasher) => hasher.update(bytes),
        }
    }
}

/// A digest in the making.
pub(super) trait Hasher: Send {
    /// Takes the next bytes.
    fn update(&mut self, bytes: &[u8]);
    /// The digest as lower-case hexadecimal digits.
    fn finish(self: Box<Self>) -> String;
}

impl HashAlgorithm {
    /// Size of a digest in bytes.
    #[must_use]
    pub fn digest_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha3_224 => 28,
            Self::Sha256 | Self::Sha3_256 | Self::Blake2s => 32,
            Self::Sha384 | Self::Sha3_384 => 48,
            Self::Sha512 | Self::Sha3_512 | Self::Blake2b => 64,
        }
    }

    /// Begins this digest and MD5: together where the processor gains by it, else as two, so that they can be computed side
    /// by side. The first takes the longer.
    pub(super) fn with_md5(self) -> (Digester, Option<Digester>) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Sha512
            && let Some(both) = super::fast_hash::Md5Sha512::new()
        {
            return (Digester::Both(Box::new(both)), None);
        }
        (Digester::Other(self.hasher()), Some(Digester::Md5(Self::Md5.hasher())))
    }

    /// Begins a digest: ring's code where it has the algorithm, since it is the fastest.
    pub(super) fn hasher(self) -> Box<dyn Hasher> {
        match self {
            Self::Md5 => md5(),
            Self::Sha1 => Box::new(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Self::Sha224 => Box::new(Crypto(Sha224::new())),
            Self::Sha256 => Box::new(Context::new(&SHA256)),
            Self::Sha384 => Box::new(Context::new(&SHA384)),
            Self::Sha512 => Box::new(Context::new(&SHA512)),
            Self::Sha3_224 => Box::new(Crypto(Sha3_224::new())),
            Self::Sha3_256 => Box::new(Crypto(Sha3_256::new())),
            Self::Sha3_384 => Box::new(Crypto(Sha3_384::new())),
            Self::Sha3_512 => Box::new(Crypto(Sha3_512::new())),
            Self::Blake2b => Box::new(Crypto(Blake2b512::new())),
            Self::Blake2s => Box::new(Crypto(Blake2s256::new())),
        }
    }
}

/// A digest of the RustCrypto family.
struct Crypto<D>(D);

impl<D: Digest + Send> Hasher for Crypto<D> {
    fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.0, bytes);
    }

    fn finish(self: Box<Self>) -> String {
        hex::encode(self.0.finalize())
    }
}

/// The processor's own MD5.
#[cfg(target_arch = "x86_64")]
fn md5() -> Box<dyn Hasher> {
    Box::new(super::fast_hash::Md5::new())
}

/// MD5 for processors without code of their own.
#[cfg(not(target_arch = "x86_64"))]
fn md5() -> Box<dyn Hasher> {
    Box::new(Crypto(md5::Md5::new()))
}

#[cfg(target_arch = "x86_64")]
impl Hasher for super::fast_hash::Md5 {
    fn update(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn finish(self: Box<Self>) -> String {
        hex::encode((*self).finalize())
    }
}

impl Hasher for Context {
    fn update(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn finish(self: Box<Self>) -> String {
        hex::encode((*self).finish())
    }
}

#[cfg(test)]
mod tests {
    use glance_common::config::OptionValue;

    use super::*;

    /// Digests of `abc`, from the standards.
    #[test]
    fn digests_are_those_of_the_standards() {
        let cases = [
            ("md5", "900150983cd24fb0d6963f7d28e17f72"),
            ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "sha384",
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                "sha512",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            ("sha3_224", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            ("sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (
                "sha3_384",
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
            ),
            (
                "sha3_512",
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
            (
                "blake2b",
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
            ),
            ("blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
        ];
        assert_eq!(cases.len(), HashAlgorithm::choices().len());
        for (name, digest) in cases {
            let mut hasher = HashAlgorithm::parse(name).unwrap().hasher();
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hasher.finish(), digest, "{name}");
        }
    }

    #[test]
    fn an_unknown_algorithm_is_refused_by_the_configuration() {
        for name in ["", "sha-512", "SHA512", "crc32", "shake_128"] {
            assert!(HashAlgorithm::parse(name).is_err(), "{name}");
        }
    }
}
