//! Comparing the length of a body with what was announced.

use super::BodyError;

/// Counts a body. The announced size is exact: more bytes are an error at once, fewer at the end.
#[derive(Debug)]
pub(super) struct SizeCheck {
    announced: Option<u64>,
    seen: u64,
}

impl SizeCheck {
    pub(super) fn new(announced: Option<u64>) -> Self {
        Self { announced, seen: 0 }
    }

    /// Counts a chunk.
    pub(super) fn add(&mut self, length: usize) -> Result<(), BodyError> {
        self.seen += length as u64;
        match self.announced {
            Some(expected) if self.seen > expected => Err(BodyError::SizeExceeded { expected, got: self.seen }),
            _ => Ok(()),
        }
    }

    /// Bytes so far.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The body has ended.
    pub(super) fn finish(&self) -> Result<(), BodyError> {
        match self.announced {
            Some(expected) if self.seen < expected => Err(BodyError::SizeMismatch { expected, got: self.seen }),
            _ => Ok(()),
        }
    }
}
