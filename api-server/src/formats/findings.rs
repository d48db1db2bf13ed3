//! What an inspection found.

glance_common::choices! {
    /// A format that can be recognised from content, in the order in which several matches are named. The words are
    /// those of `disk_format`.
    pub enum DiskFormat {
        /// Nothing else matched.
        Raw = "raw",
        /// QEMU copy-on-write, versions 2 and 3.
        Qcow2 = "qcow2",
        /// Virtual PC.
        Vhd = "vhd",
        /// Hyper-V.
        Vhdx = "vhdx",
        /// VMware.
        Vmdk = "vmdk",
        /// VirtualBox.
        Vdi = "vdi",
        /// QEMU enhanced disk; never accepted.
        Qed = "qed",
        /// ISO 9660 or UDF.
        Iso = "iso",
        /// A partition table, GPT or MBR.
        Gpt = "gpt",
        /// Encrypted disk, version 1.
        Luks = "luks",
    }
}

impl DiskFormat {
    /// The format of this name, if content of that format can be recognised.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        <Self as glance_common::config::OptionValue>::parse(name).ok()
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
