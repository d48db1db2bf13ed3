//! Real disk images: bootable ISO files from Debian packages, and a qcow2 made from one.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::must::Must;

/// A disk image on this machine.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What it is called in tests.
    pub name: &'static str,
    /// Glance's word for its format.
    pub disk_format: &'static str,
    /// Where it is.
    pub path: PathBuf,
}

impl Sample {
    /// Its content.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).must(self.path.display())
    }
}

/// The network boot ISO of Debian's package `ipxe`.
pub fn ipxe() -> Sample {
    let path = installed("/usr/lib/ipxe/ipxe.iso", "ipxe");
    Sample { name: "ipxe", disk_format: "iso", path }
}

/// The rescue ISO of Debian's package `grub-rescue-pc`.
pub fn grub_rescue() -> Sample {
    let path = installed("/usr/lib/grub-rescue/grub-rescue-cdrom.iso", "grub-rescue-pc");
    Sample { name: "grub-rescue", disk_format: "iso", path }
}

/// The rescue ISO as a qcow2 file, made in `folder`.
///
/// # Panics
/// When `qemu-img` (Debian's package `qemu-utils`) is missing.
pub fn qcow2(folder: &Path) -> Sample {
    let path = folder.join("grub-rescue.qcow2");
    let made = Command::new("qemu-img")
        .args(["convert", "-O", "qcow2"])
        .args([&grub_rescue().path, &path])
        .status()
        .must(advice("qemu-img", "qemu-utils"));
    assert!(made.success(), "qemu-img convert failed");
    Sample { name: "qcow2", disk_format: "qcow2", path }
}

/// All of them.
pub fn all(folder: &Path) -> Vec<Sample> {
    vec![ipxe(), grub_rescue(), qcow2(folder)]
}

fn installed(path: &str, package: &str) -> PathBuf {
    let path = PathBuf::from(path);
    assert!(path.is_file(), "{}", advice(&path.display().to_string(), package));
    path
}

fn advice(what: &str, package: &str) -> String {
    format!("{what} is missing: `cargo xtask test` installs it, or apt-get install {package}")
}
