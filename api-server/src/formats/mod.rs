//! What the bytes of an image really are: disk formats recognised while the data streams by (images-v2 §9.3).
//!
//! [`FormatInspector`] sees every chunk once, keeps a few fixed regions of the stream and nothing else, and gives
//! [`Findings`] at the end. The findings depend on the bytes alone, never on how they were cut into chunks
//! (security requirement E8). [`Rules::judge`] then compares them with what the client declared: content that can
//! make a reader of the image open other files, or that fits two formats, is refused whatever was declared
//! (E1–E3, E7).
//!
//! ```text
//! chunk ─► FormatInspector::update ─► regions: head 592 B · ISO descriptor 2 KiB · tail 1536 B
//!                                      VMDK descriptor ≤ 1 MiB · VHDX tables 128 KiB   (only once the head says so)
//! end   ─► FormatInspector::finish ─► Findings ─► Rules::judge ─► virtual size, or a refusal in the client's words
//! ```

mod capture;
mod findings;
mod header;
mod inspector;
mod judge;
mod rules;
mod vhdx;
mod vmdk;

#[cfg(test)]
mod tests;

pub use findings::{Check, Detected, DiskFormat, Findings};
pub use inspector::FormatInspector;
pub use judge::ContentJudge;
pub use rules::{Refusal, Rules};
