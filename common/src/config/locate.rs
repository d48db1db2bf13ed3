//! Finding the configuration: what was named, else the search path (operations.md §2).

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Cli, ConfigError};

/// Largest configuration file; a device or the wrong file must not fill the memory.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Where files without a path are searched, the first hit winning.
#[derive(Debug, Clone)]
pub(super) struct SearchPath {
    /// Folders for `<program>.conf`.
    pub files: Vec<PathBuf>,
    /// Folders for `<program>.conf.d`.
    pub folders: Vec<PathBuf>,
}

impl SearchPath {
    /// `.`, `~/.glance`, `~`, `/etc/glance`, `/etc`; drop-in folders are not searched in the working directory.
    pub(super) fn of_system() -> Self {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let homes = home.iter().flat_map(|home| [home.join(".glance"), home.clone()]);
        let folders: Vec<_> = homes.chain([PathBuf::from("/etc/glance"), PathBuf::from("/etc")]).collect();
        let files = std::iter::once(PathBuf::from(".")).chain(folders.iter().cloned()).collect();
        Self { files, folders }
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.files.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_dir())
    }
}

/// The files to read, in order; a later one wins.
///
/// `glance.conf` comes before the files of `programs` (in their order). Drop-in folders come after all files.
pub(super) fn files(programs: &[&str], cli: &Cli, search: &SearchPath) -> Result<Vec<PathBuf>, ConfigError> {
    let names: Vec<_> = std::iter::once("glance").chain(programs.iter().copied()).collect();
    let named = cli.files();
    let mut files = if named.is_empty() {
        names.iter().filter_map(|name| search.file(&format!("{name}.conf"))).collect()
    } else {
        require_all(&named)?
    };
    let folders = if cli.config_dir.is_empty() {
        names.iter().filter_map(|name| search.folder(&format!("{name}.conf.d"))).collect()
    } else {
        cli.config_dir.clone()
    };
    for folder in &folders {
        files.extend(files_in(folder)?);
    }
    if files.is_empty() && cli.config_dir.is_empty() && !cli.lab {
        let program = programs.last().copied().unwrap_or("glance").to_owned();
        return Err(ConfigError::NothingFound { program });
    }
    Ok(files)
}

fn require_all(named: &[PathBuf]) -> Result<Vec<PathBuf>, ConfigError> {
    let missing: Vec<_> = named.iter().filter(|path| !path.exists()).map(|path| path.display().to_string()).collect();
    if missing.is_empty() { Ok(named.to_vec()) } else { Err(ConfigError::MissingFiles { paths: missing }) }
}

/// The `*.conf` files of a folder by name, hidden ones left out.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let refuse = |_| ConfigError::MissingFolder { path: folder.display().to_string() };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(refuse)?;
    let wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".conf") && !name.starts_with('.') && path.is_file()
    };
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(wanted).collect();
    files.sort();
    Ok(files)
}

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    let refuse = |reason: String| ConfigError::Unreadable { path: path.display().to_string(), reason };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| refuse(error.to_string()))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| refuse(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(refuse("larger than 16 MiB".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        refuse(format!("line {line} is not UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tree {
        root: tempfile::TempDir,
        search: SearchPath,
    }

    fn tree(paths: &[&str]) -> Tree {
        let root = tempfile::tempdir().unwrap();
        for path in paths {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let folders: Vec<_> = ["home/.glance", "home", "etc/glance", "etc"].map(|dir| root.path().join(dir)).into();
        let files = std::iter::once(root.path().join("work")).chain(folders.iter().cloned()).collect();
        Tree { root, search: SearchPath { files, folders } }
    }

    fn found(tree: &Tree, programs: &[&str], cli: &Cli) -> Result<Vec<String>, String> {
        let relative = |path: PathBuf| path.strip_prefix(tree.root.path()).unwrap_or(&path).display().to_string();
        let files = files(programs, cli, &tree.search).map_err(|error| error.to_string())?;
        Ok(files.into_iter().map(relative).collect())
    }

    #[test]
    fn the_first_hit_of_each_name_is_read() {
        let cases: [(&[&str], &[&str], &[&str]); 6] = [
            (&["glance-api"], &["work/glance-api.conf", "etc/glance/glance-api.conf"], &["work/glance-api.conf"]),
            (&["glance-api"], &["home/glance-api.conf", "etc/glance-api.conf"], &["home/glance-api.conf"]),
            (
                &["glance-api"],
                &["etc/glance/glance-api.conf", "etc/glance.conf", "etc/glance/glance-registry.conf"],
                &["etc/glance.conf", "etc/glance/glance-api.conf"],
            ),
            (
                &["glance-api"],
                &[
                    "etc/glance/glance-api.conf",
                    "etc/glance/glance-api.conf.d/b.conf",
                    "etc/glance/glance-api.conf.d/a.conf",
                ],
                &[
                    "etc/glance/glance-api.conf",
                    "etc/glance/glance-api.conf.d/a.conf",
                    "etc/glance/glance-api.conf.d/b.conf",
                ],
            ),
            (&["glance-api"], &["work/glance-api.conf.d/a.conf", "work/glance.conf"], &["work/glance.conf"]),
            (
                &["glance-registry", "glance-api", "glance-manage"],
                &["etc/glance-manage.conf", "etc/glance-registry.conf"],
                &["etc/glance-registry.conf", "etc/glance-manage.conf"],
            ),
        ];
        for (programs, present, expected) in cases {
            assert_eq!(found(&tree(present), programs, &Cli::default()).unwrap(), expected);
        }
    }

    #[test]
    fn nothing_found_is_an_error_but_not_in_the_lab() {
        let tree = tree(&["etc/glance-registry.conf"]);
        let error = found(&tree, &["glance-api"], &Cli::default()).unwrap_err();
        assert_eq!(error, "Unable to locate any configuration file. Cannot load application glance-api");
        let lab = Cli { lab: true, ..Cli::default() };
        assert_eq!(found(&tree, &["glance-api"], &lab).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn named_places_must_exist() {
        let tree = tree(&[
            "work/a.conf",
            "work/d/2.conf",
            "work/d/1.conf",
            "work/d/.x.conf",
            "work/d/readme",
            "etc/glance-api.conf",
        ]);
        let path = |name: &str| tree.root.path().join("work").join(name);
        let named = |files: &[&str], dirs: &[&str]| Cli {
            config_file: files.iter().map(|name| path(name)).collect(),
            config_dir: dirs.iter().map(|name| path(name)).collect(),
            ..Cli::default()
        };
        let expected = ["work/a.conf", "work/d/1.conf", "work/d/2.conf"];
        assert_eq!(found(&tree, &["glance-api"], &named(&["a.conf"], &["d"])).unwrap(), expected);
        let error = found(&tree, &["glance-api"], &named(&["a.conf", "b", "c"], &[])).unwrap_err();
        let (b, c) = (path("b"), path("c"));
        assert_eq!(error, format!("Failed to find some config files: {},{}", b.display(), c.display()));
        let error = found(&tree, &["glance-api"], &named(&[], &["e"])).unwrap_err();
        assert_eq!(error, format!("Failed to read config file directory: {}", path("e").display()));
    }

    #[test]
    fn unreadable_files_say_why() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        fs::write(&path, b"[a]\nb = \xff\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().ends_with("a: line 2 is not UTF-8"));
        assert!(read(root.path()).unwrap_err().to_string().starts_with("Error trying to load config /"));
    }
}
