//! Proof that the peer of a registry knows `registry_auth_secret`: a signature over the whole request.
//!
//! The registry believes identity headers only from peers that may speak for others (design, "two services"). Where
//! the network cannot be trusted, both sides share a secret and every request carries
//! `x-glance-signature: v1,t=<unix seconds>,n=<nonce>,b=<SHA-256 of the body>,s=<HMAC-SHA256>`, numbers and digests
//! in hexadecimal but for the time. The HMAC covers method, path with query, every header that says who asks and what
//! the request means ([`SIGNED_HEADERS`]), the body's digest, time and nonce. The body's digest stands in the header,
//! so that a registry can turn a stranger away before it reads the body.
//!
//! The signature proves who asked, not who answered, and hides nothing: use TLS where others can listen.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use ring::hmac;
use thiserror::Error;

use crate::config::Secret;
use crate::registry_api::headers;

/// Headers that the signature covers, present or not.
pub const SIGNED_HEADERS: [&str; 10] = [
    headers::IDENTITY_STATUS,
    headers::USER_ID,
    headers::PROJECT_ID,
    headers::TENANT_ID,
    headers::ROLES,
    headers::IS_ADMIN,
    headers::READ_ONLY,
    headers::AUTH_TOKEN,
    headers::REQUEST_ID,
    headers::REQUEST_KEY,
];

/// Seconds by which the clocks of the two sides may differ, and for which a signature can be used.
pub const MAX_SKEW_SECONDS: u64 = 60;

/// Bytes that a secret must have at least, so that it cannot be found by trying.
pub const MIN_SECRET_BYTES: usize = 16;

/// First word of the signature; another one means another way of signing.
const SCHEME: &str = "v1";

/// Bytes of a SHA-256 digest and of the HMAC.
const DIGEST_BYTES: usize = 32;

/// Why a signature was not accepted. The peer is told nothing more than that it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The header is not in the form that this version writes.
    #[error("the signature is malformed")]
    Malformed,
    /// The time is further than [`MAX_SKEW_SECONDS`] from the own clock.
    #[error("the signature is too old, or the clocks differ")]
    NotFresh,
    /// Another secret, or the request was changed on its way.
    #[error("the signature does not fit the request")]
    Wrong,
}

/// The secret is one that could be found by trying. The program refuses to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("registry_auth_secret: must have at least {MIN_SECRET_BYTES} characters")]
pub struct WeakSecret;

/// The secret that API servers and registries share, ready for use. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SharedKey(hmac::Key);

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedKey(***)")
    }
}

/// What of a request is signed besides body, time and nonce.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a, H> {
    /// Method in upper case.
    pub method: &'a str,
    /// Path with query, exactly as in the request line.
    pub target: &'a str,
    /// Gives the value of a header of [`SIGNED_HEADERS`], if the request has it.
    pub header: H,
}

/// What makes two signatures of the same request differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since 1970, by the signer's clock.
    pub time: u64,
    /// Random; never used twice by a signer.
    pub nonce: u64,
}

/// What a good signature says; the body is still to be compared with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// When it was made, and its nonce: a registry accepts each stamp once.
    pub stamp: Stamp,
    body: [u8; DIGEST_BYTES],
}

impl Proof {
    /// Is this the body that was signed?
    #[must_use]
    pub fn covers(&self, body: &[u8]) -> bool {
        digest(&SHA256, body).as_ref() == self.body
    }
}

/// Seconds since 1970 by this machine's clock.
#[must_use]
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl SharedKey {
    /// The key for a configured secret, whose bytes are the HMAC key.
    ///
    /// # Errors
    /// [`WeakSecret`] for one that is empty or short.
    pub fn new(secret: &Secret) -> Result<Self, WeakSecret> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET_BYTES {
            return Err(WeakSecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The value of the signature header for a request with this body.
    pub fn sign<'h, H>(&self, signed: &Signed<'_, H>, body: &[u8], stamp: Stamp) -> String
    where
        H: Fn(&str) -> Option<&'h [u8]>,
    {
        let body = digest(&SHA256, body);
        let tag = self.context(signed, body.as_ref(), stamp).sign();
        let Stamp { time, nonce } = stamp;
        format!("{SCHEME},t={time},n={nonce:016x},b={},s={}", hex::encode(body), hex::encode(tag))
    }

    /// Check a signature header against the head of the request that carried it.
    ///
    /// # Errors
    /// [`SignatureError`]; the time is looked at only after the signature itself was found good.
    pub fn check<'h, H>(&self, signed: &Signed<'_, H>, header: &str, now: u64) -> Result<Proof, SignatureError>
    where
        H: Fn(&str) -> Option<&'h [u8]>,
    {
        let (proof, tag) = parse(header).ok_or(SignatureError::Malformed)?;
        let expected = self.context(signed, &proof.body, proof.stamp).sign();
        if !bool::from(subtle::ConstantTimeEq::ct_eq(expected.as_ref(), tag.as_slice())) {
            return Err(SignatureError::Wrong);
        }
        if now.abs_diff(proof.stamp.time) > MAX_SKEW_SECONDS {
            return Err(SignatureError::NotFresh);
        }
        Ok(proof)
    }

    /// Feeds everything that is signed; each part with its length, so that no two requests look the same.
    fn context<'h, H>(&self, signed: &Signed<'_, H>, body_digest: &[u8], stamp: Stamp) -> hmac::Context
    where
        H: Fn(&str) -> Option<&'h [u8]>,
    {
        let mut context = hmac::Context::with_key(&self.0);
        feed(&mut context, Some(SCHEME.as_bytes()));
        feed(&mut context, Some(signed.method.as_bytes()));
        feed(&mut context, Some(signed.target.as_bytes()));
        for name in SIGNED_HEADERS {
            feed(&mut context, (signed.header)(name));
        }
        feed(&mut context, Some(body_digest));
        feed(&mut context, Some(&stamp.time.to_be_bytes()));
        feed(&mut context, Some(&stamp.nonce.to_be_bytes()));
        context
    }
}

/// One part: its length and its bytes. An absent header differs from an empty one.
fn feed(context: &mut hmac::Context, part: Option<&[u8]>) {
    let Some(bytes) = part else {
        return context.update(&u64::MAX.to_be_bytes());
    };
    context.update(&(bytes.len() as u64).to_be_bytes());
    context.update(bytes);
}

/// Takes the header apart: exactly the fields that [`SharedKey::sign`] writes, in that order.
fn parse(header: &str) -> Option<(Proof, [u8; DIGEST_BYTES])> {
    let mut fields = header.split(',');
    if fields.next()? != SCHEME {
        return None;
    }
    let time = fields.next()?.strip_prefix("t=")?.parse().ok()?;
    let nonce = fields.next()?.strip_prefix("n=")?;
    let body = fields.next()?.strip_prefix("b=")?;
    let tag = fields.next()?.strip_prefix("s=")?;
    if fields.next().is_some() || nonce.len() != 16 {
        return None;
    }
    let stamp = Stamp { time, nonce: u64::from_str_radix(nonce, 16).ok()? };
    Some((Proof { stamp, body: digest_from_hex(body)? }, digest_from_hex(tag)?))
}

fn digest_from_hex(text: &str) -> Option<[u8; DIGEST_BYTES]> {
    let mut bytes = [0; DIGEST_BYTES];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers<'a> = &'a [(&'a str, &'a [u8])];

    const STAMP: Stamp = Stamp { time: 1_800_000_000, nonce: 0x0123_4567_89ab_cdef };

    fn key() -> SharedKey {
        SharedKey::new(&Secret::from("correct horse battery staple")).unwrap()
    }

    /// Checks a request against a signature made for `PATCH /v3/images/1?x=y` of user `u` with body `{}`.
    fn check(method: &str, target: &str, headers: &[(&str, &[u8])], now: u64) -> Result<Proof, SignatureError> {
        let header = sign();
        key().check(&signed(method, target, headers), &header, now)
    }

    fn signed<'a, 'h>(
        method: &'a str,
        target: &'a str,
        headers: &[(&str, &'h [u8])],
    ) -> Signed<'a, impl Fn(&str) -> Option<&'h [u8]>> {
        Signed { method, target, header: |name: &str| headers.iter().find(|(own, _)| *own == name).map(|(_, v)| *v) }
    }

    fn sign() -> String {
        let headers: Headers<'_> = &[(headers::USER_ID, b"u"), (headers::ROLES, b"")];
        key().sign(&signed("PATCH", "/v3/images/1?x=y", headers), b"{}", STAMP)
    }

    #[test]
    fn every_signed_part_counts() {
        let own: Headers<'_> = &[(headers::USER_ID, b"u"), (headers::ROLES, b"")];
        let now = STAMP.time;
        let proof = check("PATCH", "/v3/images/1?x=y", own, now).unwrap();
        assert_eq!(proof.stamp, STAMP);
        assert!(proof.covers(b"{}") && !proof.covers(b"{ }") && !proof.covers(b""));

        let forged: [(&str, &str, Headers<'_>); 7] = [
            ("DELETE", "/v3/images/1?x=y", own),
            ("PATCH", "/v3/images/2?x=y", own),
            ("PATCH", "/v3/images/1", own),
            ("PATCH", "/v3/images/1?x=y", &[(headers::USER_ID, b"u")]),
            ("PATCH", "/v3/images/1?x=y", &[(headers::USER_ID, b"v"), (headers::ROLES, b"")]),
            ("PATCH", "/v3/images/1?x=y", &[(headers::PROJECT_ID, b"u"), (headers::ROLES, b"")]),
            (
                "PATCH",
                "/v3/images/1?x=y",
                &[(headers::USER_ID, b"u"), (headers::ROLES, b""), (headers::IS_ADMIN, b"true")],
            ),
        ];
        for (method, target, headers) in forged {
            assert_eq!(
                check(method, target, headers, now),
                Err(SignatureError::Wrong),
                "{method} {target} {headers:?}"
            );
        }
    }

    #[test]
    fn a_signature_is_fresh_for_a_minute_on_either_side() {
        let own: Headers<'_> = &[(headers::USER_ID, b"u"), (headers::ROLES, b"")];
        let table = [(0, true), (60, true), (61, false), (-60, true), (-61, false)];
        for (seconds, fresh) in table {
            let now = STAMP.time.checked_add_signed(seconds).unwrap();
            assert_eq!(check("PATCH", "/v3/images/1?x=y", own, now).is_ok(), fresh, "{seconds}");
        }
    }

    #[test]
    fn another_secret_and_malformed_headers_are_refused() {
        let own: Headers<'_> = &[(headers::USER_ID, b"u"), (headers::ROLES, b"")];
        let request = signed("PATCH", "/v3/images/1?x=y", own);
        let other = SharedKey::new(&Secret::from("incorrect horse battery staple")).unwrap();
        assert_eq!(other.check(&request, &sign(), STAMP.time), Err(SignatureError::Wrong));

        let good = sign();
        let cut = &good[..good.len() - 1];
        for header in ["", "v1", "v2,t=1", cut, &format!("{good},x=1"), &good.replace("v1,", "v2,"), "v1,t=,n=,b=,s="] {
            assert_eq!(key().check(&request, header, STAMP.time), Err(SignatureError::Malformed), "{header}");
        }
        for (from, to) in [("t=1800000000", "t=1800000001"), ("n=0123", "n=0124"), ("b=44", "b=45")] {
            let changed = good.replace(from, to);
            assert_ne!(changed, good, "{from}");
            assert_eq!(key().check(&request, &changed, STAMP.time), Err(SignatureError::Wrong), "{from}");
        }
    }

    #[test]
    fn short_secrets_are_refused() {
        for (secret, good) in [("", false), ("fifteen letters", false), ("sixteen letters.", true)] {
            assert_eq!(SharedKey::new(&Secret::from(secret)).is_ok(), good, "{secret}");
        }
    }

    #[test]
    fn the_key_shows_nothing() {
        assert_eq!(format!("{:?}", key()), "SharedKey(***)");
    }
}
