//! Digests of one long stream on x86-64, faster than libraries have them.
//!
//! [`Md5`] can be spread neither over threads nor over the lanes of vector registers, so its speed bounds every upload: it
//! is a chain of steps that mostly waits for itself. [`Md5Sha512`] fills the waiting with SHA-512: both on one thread
//! take little longer than SHA-512 alone.
#![expect(unsafe_code, reason = "the compression functions are written in assembly")]

#[macro_use]
mod md5_text;
#[macro_use]
mod sha512_text;
mod md5;
mod md5_sha512;
mod scalar;
mod together;
mod vector;

pub(super) use md5::Md5;
pub(super) use md5_sha512::Md5Sha512;
