//! Files that operators put beside the configuration: where they are looked for.

use std::path::{Path, PathBuf};

use glance_common::config::Config;

/// The folders, first one first (operations §2): those of the configuration files, then the usual ones.
#[must_use]
pub fn folders(config: &Config) -> Vec<PathBuf> {
    let beside = config.files().filter_map(|file| file.parent()).map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let at_home = home.into_iter().flat_map(|home| [home.join(".glance"), home]);
    beside.chain(at_home).chain([PathBuf::from("/etc/glance"), PathBuf::from("/etc")]).collect()
}

/// An absolute path as it is, a relative one in the first folder that has it.
#[must_use]
pub fn locate(path: &Path, folders: &[PathBuf]) -> Option<PathBuf> {
    if path.is_absolute() {
        return path.exists().then(|| path.to_owned());
    }
    folders.iter().map(|folder| folder.join(path)).find(|candidate| candidate.exists())
}
