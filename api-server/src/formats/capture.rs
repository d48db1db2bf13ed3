//! Regions of a stream that are kept while it passes.

/// Bytes `[offset, offset + length)` of a stream.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    offset: u64,
    length: usize,
    data: Vec<u8>,
}

impl Capture {
    pub(super) const fn new(offset: u64, length: usize) -> Self {
        Self { offset, length, data: Vec::new() }
    }

    /// Take what belongs to the region out of a chunk that begins at `position` of the stream. Chunks come in order.
    pub(super) fn feed(&mut self, position: u64, chunk: &[u8]) {
        let wanted = self.offset + self.data.len() as u64;
        let end = position + chunk.len() as u64;
        if self.is_complete() || wanted < position || wanted >= end {
            return;
        }
        // Both differences are below the chunk's length, so they fit.
        let start = usize::try_from(wanted - position).unwrap_or(chunk.len());
        let missing = self.length - self.data.len();
        let stop = chunk.len().min(start.saturating_add(missing));
        self.data.extend_from_slice(&chunk[start..stop]);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.data.len() == self.length
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Position right after the region.
    pub(super) fn end(&self) -> u64 {
        self.offset.saturating_add(self.length as u64)
    }
}

/// The last `N` bytes of a stream.
#[derive(Debug, Clone)]
pub(super) struct Tail<const N: usize> {
    /// Ends with them; earlier bytes are dropped now and then, since each time moves the rest.
    data: Vec<u8>,
}

impl<const N: usize> Tail<N> {
    /// Bytes kept at most, in multiples of `N`.
    const ROOM: usize = 4;

    pub(super) const fn new() -> Self {
        Self { data: Vec::new() }
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let last = &chunk[chunk.len().saturating_sub(N)..];
        if self.data.len() + last.len() > Self::ROOM * N {
            self.data.drain(..self.data.len() - N);
        }
        self.data.extend_from_slice(last);
    }

    /// The bytes, when the stream had that many.
    pub(super) fn data(&self) -> Option<&[u8]> {
        self.data.len().checked_sub(N).map(|start| &self.data[start..])
    }
}
