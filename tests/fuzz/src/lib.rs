//! What the fuzz targets share: hostile disk images made from sound ones, and what must hold for every one of them.

#[path = "../../src/disks.rs"]
pub mod disks;

use glance_api::formats::{DiskFormat, FormatInspector, Findings, Rules};

/// Bytes of a sample that count as one place worth changing when any of them is set.
const BLOCK: usize = 64;
/// Longest piece that is written over a sample at once.
const LONGEST_PIECE: usize = 64;

/// A disk image and the sizes of the chunks in which it arrives.
pub struct Case {
    image: Vec<u8>,
    cuts: Vec<usize>,
}

impl Case {
    /// The case that an input stands for: three sizes of chunks, a length, and pieces that are written over `sample`
    /// where it is not empty. Every input stands for something, and small changes of it for small changes of the image.
    pub fn read(sample: &[u8], input: &[u8]) -> Self {
        let mut input = Input(input);
        let cuts = (0..3).map(|_| input.number() + 1).collect();
        let length = input.number();
        let places = places(sample);
        let mut image = sample.to_vec();
        while !input.0.is_empty() {
            let place = places[input.number() % places.len()];
            let piece = input.piece();
            let end = (place + piece.len()).min(image.len());
            image[place..end].copy_from_slice(&piece[..end - place]);
        }
        // most images are whole, some end early
        if length % 4 == 3 {
            image.truncate(length * image.len() / (1 << 16));
        }
        Self { image, cuts }
    }

    /// The bytes of the input themselves.
    pub fn plain(input: &[u8]) -> Self {
        let mut rest = Input(input);
        let cuts = (0..3).map(|_| rest.number() + 1).collect();
        Self { image: rest.0.to_vec(), cuts }
    }

    /// Panics where the inspector breaks a promise: the same findings however the stream is cut (E8), no harmful
    /// image accepted (E2), no absurd size (E7), nothing accepted as `format` that does not look like it (E1).
    pub fn check(&self, format: DiskFormat) {
        let findings = inspect(&self.image, &[]);
        assert_eq!(findings, inspect(&self.image, &self.cuts), "chunks of {:?}", self.cuts);
        assert_eq!(findings.total, self.image.len() as u64);
        let strict = Rules::default();
        let lax = Rules { require_match: false, ..Rules::default() };
        for declared in [format.as_str(), "raw", "ami"] {
            let verdict = strict.judge(declared, &findings);
            // whoever passes the strict rules passes the lax ones
            assert!(verdict.is_err() || lax.judge(declared, &findings).is_ok(), "{declared}");
            if let Ok(size) = verdict {
                assert!(size.is_none_or(|bytes| i64::try_from(bytes).is_ok_and(|bytes| bytes > 0)), "{size:?}");
                assert!(self.is_harmless(), "accepted as {declared}");
            }
        }
        let accepted = strict.judge(format.as_str(), &findings).is_ok();
        assert!(!accepted || self.looks_like(format), "accepted as {format}");
    }

    /// What readers must never be given, told apart by means of its own.
    fn is_harmless(&self) -> bool {
        let has = |at: usize, bytes: &[u8]| self.image.get(at..at + bytes.len()) == Some(bytes);
        let backed = has(0, b"QFI\xfb") && !has(8, &[0; 8]);
        let lower = self.image.to_ascii_lowercase();
        let names_a_path = has(0, b"KDMV") && contains(&lower, b"\nrw 1 flat \"/etc/passwd\"");
        !backed && !has(0, b"QED\0") && !names_a_path
    }

    fn looks_like(&self, format: DiskFormat) -> bool {
        let has = |at: usize, bytes: &[u8]| self.image.get(at..at + bytes.len()) == Some(bytes);
        match format {
            DiskFormat::Raw => true,
            DiskFormat::Qcow2 => has(0, b"QFI\xfb"),
            DiskFormat::Vhd => has(0, b"conectix"),
            DiskFormat::Vhdx => has(0, b"vhdxfile"),
            DiskFormat::Vmdk => has(0, b"KDMV"),
            DiskFormat::Vdi => has(0x40, &0xbeda_107f_u32.to_le_bytes()),
            DiskFormat::Qed => false,
            DiskFormat::Iso => [b"CD001", b"NSR02", b"NSR03"].iter().any(|name| has(32_769, *name)),
            DiskFormat::Gpt => has(510, &[0x55, 0xaa]),
            DiskFormat::Luks => has(0, b"LUKS\xba\xbe"),
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Looks at an image in chunks whose sizes repeat; in one piece without any.
fn inspect(image: &[u8], cuts: &[usize]) -> Findings {
    let mut inspector = FormatInspector::new();
    let mut rest = image;
    for &cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at(cut.min(rest.len()));
        inspector.update(chunk);
        rest = tail;
    }
    inspector.update(rest);
    inspector.finish()
}

/// The offsets within the blocks of a sample that are not empty.
fn places(sample: &[u8]) -> Vec<usize> {
    let blocks = sample.chunks(BLOCK).enumerate().filter(|(_, block)| block.iter().any(|&byte| byte != 0));
    blocks.flat_map(|(at, block)| (0..block.len()).map(move |offset| at * BLOCK + offset)).collect()
}

/// An input that is read from front to back and never ends too early.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> usize {
        self.take(2).iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
    }

    fn piece(&mut self) -> &'a [u8] {
        let length = self.take(1).first().map_or(0, |&byte| usize::from(byte) % LONGEST_PIECE + 1);
        self.take(length)
    }
}
