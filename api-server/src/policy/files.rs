//! Policy files: where they are found and how they are read.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::enforcer::{PolicyError, PolicyOptions};
use super::rule_set::Overrides;
use crate::operator_files::locate;

/// Name of the policy file unless the operator names another; it may be missing.
pub(super) const DEFAULT_FILE: &str = "policy.yaml";
/// Older name, read where only it exists.
const OLDER_FILE: &str = "policy.json";

/// Files and what tells that they changed. Folders are in it as well: their times tell of new and removed files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fingerprint(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

/// The files of the operator, in the order in which later ones win.
///
/// # Errors
/// [`PolicyError`] when a file that the operator named is missing, or a folder cannot be read.
pub(super) fn find(options: &PolicyOptions, folders: &[PathBuf]) -> Result<Vec<PathBuf>, PolicyError> {
    let mut files = Vec::new();
    match locate(&options.policy_file, folders) {
        Some(file) => files.push(file),
        None if options.policy_file == Path::new(DEFAULT_FILE) => {
            files.extend(locate(Path::new(OLDER_FILE), folders));
        }
        None => return Err(PolicyError::Missing { path: options.policy_file.clone() }),
    }
    for folder in options.policy_dirs.iter().filter_map(|folder| locate(folder, folders)) {
        files.extend(files_in(&folder)?);
    }
    Ok(files)
}

/// Reads the files; an entry of a later one replaces that of an earlier one.
///
/// # Errors
/// [`PolicyError`] for the first file that cannot be read or understood.
pub(super) fn read(files: &[PathBuf]) -> Result<Overrides, PolicyError> {
    let mut rules = Overrides::new();
    for path in files {
        rules.extend(read_one(path)?);
    }
    Ok(rules)
}

/// What the files and folders look like now.
pub(super) fn fingerprint(options: &PolicyOptions, folders: &[PathBuf]) -> Fingerprint {
    let found = find(options, folders).unwrap_or_default();
    let dirs = options.policy_dirs.iter().filter_map(|folder| locate(folder, folders));
    let named = locate(&options.policy_file, folders);
    Fingerprint(
        named.into_iter().chain(found).chain(dirs).map(|path| (state(&path), path)).map(|(s, p)| (p, s)).collect(),
    )
}

fn state(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The files of a folder by name, hidden ones left out.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, PolicyError> {
    let unreadable = |error| PolicyError::Unreadable { path: folder.to_owned(), error };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read_one(path: &Path) -> Result<Map<String, Value>, PolicyError> {
    let text = fs::read_to_string(path).map_err(|error| PolicyError::Unreadable { path: path.to_owned(), error })?;
    parse(&text).map_err(|reason| PolicyError::Malformed { path: path.to_owned(), reason })
}

/// A mapping of names to rules, in JSON or YAML. An empty file, or one of comments, changes nothing.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, String> {
    // JSON is read as JSON: what indents it (tabs) is not YAML.
    if text.trim_start().starts_with('{')
        && let Ok(rules) = serde_json::from_str(text)
    {
        return Ok(rules);
    }
    let rules: Option<Map<String, Value>> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    Ok(rules.unwrap_or_default())
}
