//! What an inspection found.

use std::fmt;

/// A format that can be recognised from content. The names are those of `disk_format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiskFormat {
    /// Nothing else matched.
    Raw,
    /// QEMU copy-on-write, versions 2 and 3.
    Qcow2,
    /// QEMU enhanced disk; never accepted.
    Qed,
    /// Virtual PC.
    Vhd,
    /// Hyper-V.
    Vhdx,
    /// VMware.
    Vmdk,
    /// VirtualBox.
    Vdi,
    /// ISO 9660 or UDF.
    Iso,
    /// A partition table, GPT or MBR.
    Gpt,
    /// Encrypted disk, version 1.
    Luks,
}

impl DiskFormat {
    /// Every format, in the order in which several matches are named.
    pub const ALL: [Self; 10] = [
        Self::Raw,
        Self::Qcow2,
        Self::Vhd,
        Self::Vhdx,
        Self::Vmdk,
        Self::Vdi,
        Self::Qed,
        Self::Iso,
        Self::Gpt,
        Self::Luks,
    ];

    /// The name as clients write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Qed => "qed",
            Self::Vhd => "vhd",
            Self::Vhdx => "vhdx",
            Self::Vmdk => "vmdk",
            Self::Vdi => "vdi",
            Self::Iso => "iso",
            Self::Gpt => "gpt",
            Self::Luks => "luks",
        }
    }

    /// The format of this name, if content of that format can be recognised.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

impl fmt::Display for DiskFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A safety check by name; `gpt_safety_checks_nonfatal` lists such names.
pub type Check = &'static str;

/// One format that the content has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The format.
    pub format: DiskFormat,
    /// Size in bytes of the disk that the image describes, where the format tells it.
    pub virtual_size: Option<u64>,
    /// Everything that has to be judged was there. A file that ends within its own header is not complete.
    pub complete: bool,
    /// Safety checks that failed.
    pub failed: Vec<Check>,
}

/// The result of an inspection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Bytes seen.
    pub total: u64,
    /// Every format that matched, none for raw data.
    pub detected: Vec<Detected>,
}
