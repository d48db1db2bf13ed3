//! All detectors over one stream.

use super::capture::{Capture, Tail};
use super::findings::{Detected, Findings};
use super::header::{self, HEAD, ISO_DESCRIPTOR, ISO_DESCRIPTOR_LENGTH};
use super::vhdx::Vhdx;
use super::vmdk::{FOOTER, Vmdk};

/// Recognises formats in a stream of bytes. Holds some kilobytes, at most a megabyte for a VMDK descriptor.
#[derive(Debug, Clone)]
pub struct FormatInspector {
    total: u64,
    head: Capture,
    iso: Capture,
    tail: Tail<FOOTER>,
    /// Known once the head is complete.
    late: Option<Late>,
}

/// What is only kept when the head asks for it.
#[derive(Debug, Clone)]
struct Late {
    vmdk: Vmdk,
    vhdx: Option<Vhdx>,
}

impl Late {
    fn from_head(head: &[u8]) -> Self {
        Self { vmdk: Vmdk::from_head(head), vhdx: head.starts_with(b"vhdxfile").then(Vhdx::new) }
    }

    fn feed(&mut self, position: u64, chunk: &[u8]) {
        self.vmdk.feed(position, chunk);
        if let Some(vhdx) = &mut self.vhdx {
            vhdx.feed(position, chunk);
        }
    }
}

impl Default for FormatInspector {
    fn default() -> Self {
        Self::new()
    }
}

impl FormatInspector {
    /// An inspector at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            total: 0,
            head: Capture::new(0, HEAD),
            iso: Capture::new(ISO_DESCRIPTOR, ISO_DESCRIPTOR_LENGTH),
            tail: Tail::new(),
            late: None,
        }
    }

    /// Look at the next bytes of the stream.
    pub fn update(&mut self, chunk: &[u8]) {
        if chunk.is_empty() {
            return;
        }
        let position = self.total;
        self.total += chunk.len() as u64;
        self.head.feed(position, chunk);
        self.iso.feed(position, chunk);
        self.tail.feed(chunk);
        match &mut self.late {
            Some(late) => late.feed(position, chunk),
            None if self.head.is_complete() => self.late = Some(self.begin_late(position, chunk)),
            None => {}
        }
    }

    /// The head has just become complete: let the late detectors see it and what follows it in this chunk.
    fn begin_late(&self, position: u64, chunk: &[u8]) -> Late {
        let mut late = Late::from_head(self.head.data());
        late.feed(0, self.head.data());
        let rest = usize::try_from(self.head.end() - position).unwrap_or(chunk.len());
        late.feed(self.head.end(), &chunk[rest.min(chunk.len())..]);
        late
    }

    /// The stream has ended: what was it?
    #[must_use]
    pub fn finish(mut self) -> Findings {
        let late = self.late.take().unwrap_or_else(|| {
            let mut late = Late::from_head(self.head.data());
            late.feed(0, self.head.data());
            late
        });
        let head = self.head.data();
        let detectors: [Option<Detected>; 9] = [
            header::qcow2(head),
            header::vhd(head),
            late.vhdx.as_ref().map(Vhdx::finish),
            late.vmdk.finish(head, self.tail.data()),
            header::vdi(head),
            header::qed(head),
            header::iso(self.iso.data()),
            header::gpt(head, self.total),
            header::luks(head, self.total),
        ];
        Findings { total: self.total, detected: detectors.into_iter().flatten().collect() }
    }
}
