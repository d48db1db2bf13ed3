//! VMDK: a sparse extent with a text descriptor inside, or the descriptor alone.

use super::capture::Capture;
use super::findings::{Detected, DiskFormat};
use super::header::{le_u32, le_u64};

/// Magic of a hosted sparse extent.
pub(super) const MAGIC: &[u8] = b"KDMV";
/// Bytes at the end that hold the footer marker, the footer and the end-of-stream marker.
pub(super) const FOOTER: usize = 1536;

const SECTOR: usize = 512;
/// Readers take no longer descriptor than this.
const MAX_DESCRIPTOR: usize = (1 << 20) - 1;
/// The grain directory is only known at the end of the stream.
const DIRECTORY_AT_END: u64 = u64::MAX;
/// The subformats that keep all data in the one file.
const SINGLE_FILE_TYPES: [&str; 2] = ["monolithicsparse", "streamoptimized"];

/// Keeps the descriptor of what may be a VMDK.
#[derive(Debug, Clone)]
pub(super) enum Vmdk {
    /// A sparse extent: the descriptor is where the header says.
    Sparse { descriptor: Option<Capture> },
    /// Text from the first byte on, so far.
    Text(Vec<u8>),
    /// Something else.
    No,
}

impl Vmdk {
    /// Decide by the first sector (or all there is of it).
    pub(super) fn from_head(head: &[u8]) -> Self {
        let sector = &head[..head.len().min(SECTOR)];
        if sector.starts_with(MAGIC) {
            return Self::Sparse { descriptor: embedded_descriptor(sector) };
        }
        let text = !sector.is_empty() && sector.iter().all(|&b| is_text(b) || b == 0) && is_text(sector[0]);
        if text { Self::Text(Vec::new()) } else { Self::No }
    }

    pub(super) fn feed(&mut self, position: u64, chunk: &[u8]) {
        match self {
            Self::Sparse { descriptor: Some(region) } => region.feed(position, chunk),
            Self::Text(text) => {
                let room = MAX_DESCRIPTOR - text.len();
                text.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Self::Sparse { descriptor: None } | Self::No => {}
        }
    }

    pub(super) fn finish(&self, head: &[u8], tail: Option<&[u8]>) -> Option<Detected> {
        match self {
            Self::Sparse { descriptor } => Some(sparse(head, descriptor.as_ref(), tail)),
            Self::Text(text) => text_only(text),
            Self::No => None,
        }
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace() || byte == 0x0b
}

/// The region of the embedded descriptor, if the header is one that readers accept.
fn embedded_descriptor(header: &[u8]) -> Option<Capture> {
    let version = le_u32(header, 4)?;
    let offset = le_u64(header, 28)?;
    let sectors = usize::try_from(le_u64(header, 36)?).unwrap_or(usize::MAX);
    let length = sectors.saturating_mul(SECTOR).min(MAX_DESCRIPTOR);
    (matches!(version, 1..=3) && offset == 1 && length > 0).then(|| Capture::new(SECTOR as u64, length))
}

fn sparse(head: &[u8], descriptor: Option<&Capture>, tail: Option<&[u8]>) -> Detected {
    let text = descriptor.and_then(|region| Descriptor::read(region.data()));
    let mut failed = Vec::new();
    if !text.as_ref().is_some_and(Descriptor::is_safe) {
        failed.push("descriptor");
    }
    let footer_needed = le_u64(head, 56) == Some(DIRECTORY_AT_END);
    if footer_needed && !tail.is_some_and(|tail| footer_agrees(head, tail)) {
        failed.push("footer");
    }
    let size = le_u64(head, 12).and_then(|sectors| sectors.checked_mul(SECTOR as u64));
    let single = text.is_some_and(|text| text.is_single_file());
    // A header that no reader accepts has no descriptor to wait for: it is judged as it is.
    let complete = descriptor.is_none_or(Capture::is_complete);
    Detected { format: DiskFormat::Vmdk, virtual_size: if single { size } else { None }, complete, failed }
}

/// A descriptor by itself always points to other files, so it is recognised in order to be refused.
fn text_only(text: &[u8]) -> Option<Detected> {
    let descriptor = Descriptor::read(text)?;
    descriptor.create_type()?;
    Some(Detected { format: DiskFormat::Vmdk, virtual_size: None, complete: true, failed: vec!["descriptor"] })
}

/// The descriptor as text, lower case (it is read without regard to case), up to the first NUL.
struct Descriptor(String);

impl Descriptor {
    fn read(data: &[u8]) -> Option<Self> {
        let end = data.iter().position(|&b| b == 0).unwrap_or(data.len());
        let text = std::str::from_utf8(&data[..end]).ok().filter(|text| text.is_ascii())?;
        Some(Self(text.to_ascii_lowercase()))
    }

    fn create_type(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("createtype=\"")?;
        let (name, _) = rest.split_once('"')?;
        (name.len() < 64).then_some(name)
    }

    fn is_single_file(&self) -> bool {
        self.create_type().is_some_and(|name| SINGLE_FILE_TYPES.contains(&name))
    }

    /// Every line is understood, there is an extent, and no extent names a path.
    fn is_safe(&self) -> bool {
        let lines = || self.0.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let extents = lines().filter(|line| is_extent(line)).count();
        let known = lines().all(|line| line.starts_with("ddb") || is_field(line) || is_extent(line));
        let paths = lines().any(|line| is_extent(line) && line.contains('/'));
        self.is_single_file() && known && extents > 0 && !paths
    }
}

fn is_field(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| !name.contains(' '))
}

fn is_extent(line: &str) -> bool {
    let access = line.split(' ').next().unwrap_or_default();
    !line.starts_with("ddb") && !is_field(line) && ["rw", "rdonly", "noaccess"].contains(&access)
}

/// The footer takes the header's place for readers, so it may not say anything else.
fn footer_agrees(head: &[u8], tail: &[u8]) -> bool {
    const FOOTER_MARKER: u32 = 3;
    const END_MARKER: u32 = 0;
    let (marker, rest) = tail.split_at(SECTOR);
    let (footer, end) = rest.split_at(SECTOR);
    let is_marker = |sector: &[u8], kind: u32| {
        le_u32(sector, 8) == Some(0) && le_u32(sector, 12) == Some(kind) && sector[16..].iter().all(|&b| b == 0)
    };
    // Signature, version; then place and length of the descriptor.
    let same = footer[..8] == head[..8] && footer[28..44] == head[28..44];
    let ends = le_u64(end, 0) == Some(0) && is_marker(end, END_MARKER);
    same && le_u64(footer, 56) != Some(DIRECTORY_AT_END) && is_marker(marker, FOOTER_MARKER) && ends
}
