//! Options of the file driver, and what they mean once read (spec/stores.md §4.1).

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use glance_common::config::{Multi, Seconds};
use rustix::fs::Access;

use super::metadata::Mountpoints;

glance_common::options! {
    /// A store of type file.
    pub struct FileOptions in "glance_store" {
        /// Folder of the images; made at start, must be writable. Set it to nothing when filesystem_store_datadirs is used.
        pub filesystem_store_datadir: Option<PathBuf> = Some(PathBuf::from("/var/lib/glance/images"));
        /// Several folders, one a line, as PATH or PATH:PRIORITY. A new image goes to the folder with the most free space
        /// among those of the highest priority. Deprecated: configure several stores.
        pub filesystem_store_datadirs: Multi<String> = Multi::default();
        /// JSON file with one object or a list of objects that have `id` and `mountpoint`; the fitting object is added to the
        /// metadata of new locations.
        pub filesystem_store_metadata_file: Option<PathBuf> = None;
        /// Permissions of image files as octal digits, such as 640. 0: read and write for the service, read for its group.
        pub filesystem_store_file_perm: i64 = 0;
        /// Bytes per read and write, and the unit of thin provisioning.
        pub filesystem_store_chunk_size: u64 = 65536, min 1;
        /// Leave holes in the file where the image has zeros.
        pub filesystem_thin_provisioning: bool = false;
        /// Seconds after which a call to the file system counts as failed; 0: two minutes.
        pub filesystem_store_timeout: Seconds = Seconds::new(0);
        /// Calls to the file system that run at once, per store, where a timeout is set; 64 otherwise.
        pub filesystem_store_thread_pool_size: usize = 10, min 1;
        /// Percent of these calls in use that logs a warning.
        pub filesystem_store_threadpool_threshold: usize = 75, min 0, max 100;
    }
}

/// Bound for calls where no timeout is set, so that a hanging file system cannot hang a request for good (F8).
const CALL_CEILING: Duration = Duration::from_secs(120);
/// Calls at once where no timeout is set.
const FREE_CALLS: usize = 64;
/// Permissions of folders that are made: nothing for others.
const FOLDER_MODE: u32 = 0o750;

/// A folder of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) priority: i64,
}

/// The options in their final form.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// By priority, higher first; never empty.
    pub(super) folders: Vec<Folder>,
    /// Whether the folder is chosen by free space.
    pub(super) choose_by_space: bool,
    /// Permissions of image files, where configured.
    pub(super) mode: Option<u32>,
    pub(super) chunk_size: u64,
    pub(super) thin: bool,
    pub(super) call_timeout: Duration,
    pub(super) call_threads: usize,
    /// Percent of the threads in use that is worth a warning; only where a timeout is set, as in the original.
    pub(super) call_warning: Option<usize>,
    pub(super) mountpoints: Mountpoints,
}

impl Settings {
    /// Reads the options; what is bad about them is told, and whatever is good enough for reading remains.
    pub(super) fn from_options(options: &FileOptions) -> (Self, Option<String>) {
        let mut problems = Problems::default();
        let folders = problems.note(folders(options)).unwrap_or_else(|| fallback_folders(options));
        let mode = problems.note(file_mode(options.filesystem_store_file_perm)).flatten();
        let file = options.filesystem_store_metadata_file.as_deref();
        let mountpoints = problems.note(file.map(Mountpoints::load).transpose()).flatten().unwrap_or_default();
        let timeout = options.filesystem_store_timeout.duration();
        let settings = Self {
            choose_by_space: !options.filesystem_store_datadirs.is_empty(),
            folders,
            mode,
            chunk_size: options.filesystem_store_chunk_size.max(1),
            thin: options.filesystem_thin_provisioning,
            call_timeout: if timeout.is_zero() { CALL_CEILING } else { timeout },
            call_threads: if timeout.is_zero() { FREE_CALLS } else { options.filesystem_store_thread_pool_size.max(1) },
            call_warning: (!timeout.is_zero()).then_some(options.filesystem_store_threadpool_threshold),
            mountpoints,
        };
        for folder in &settings.folders {
            problems.note(settings.prepare(&folder.path));
        }
        (settings, problems.0)
    }

    /// Makes a folder where it is missing, and checks that images can be written to it.
    fn prepare(&self, path: &Path) -> Result<(), String> {
        let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path);
        made.map_err(|error| format!("the folder {} cannot be made: {error}", path.display()))?;
        rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|error| format!("the folder {} is not writable: {}", path.display(), io::Error::from(error)))?;
        if let Some(mode) = self.mode
            && let Err(error) = let_in(path, mode)
        {
            log::warn!("the folder {} could not be opened to those who may read images: {error}", path.display());
        }
        Ok(())
    }
}

/// The first thing that is bad about the options.
#[derive(Default)]
struct Problems(Option<String>);

impl Problems {
    fn note<T>(&mut self, outcome: Result<T, String>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(problem) => {
                self.0.get_or_insert(problem);
                None
            }
        }
    }
}

/// The folders by priority, higher first.
fn folders(options: &FileOptions) -> Result<Vec<Folder>, String> {
    let several = &options.filesystem_store_datadirs;
    match (&options.filesystem_store_datadir, several.is_empty()) {
        (Some(path), true) => Ok(vec![Folder { path: path.clone(), priority: 0 }]),
        (None, false) => parse_folders(several),
        (Some(_), false) => Err("filesystem_store_datadir and filesystem_store_datadirs are both set".to_owned()),
        (None, true) => Err("neither filesystem_store_datadir nor filesystem_store_datadirs is set".to_owned()),
    }
}

/// Whatever folders can be made out of bad options, so that existing images stay readable.
fn fallback_folders(options: &FileOptions) -> Vec<Folder> {
    let one = options.filesystem_store_datadir.iter().map(|path| Folder { path: path.clone(), priority: 0 });
    let several = options.filesystem_store_datadirs.iter().filter_map(|text| parse_folder(text).ok());
    one.chain(several).collect()
}

fn parse_folders(texts: &[String]) -> Result<Vec<Folder>, String> {
    let mut folders: Vec<Folder> = Vec::with_capacity(texts.len());
    for text in texts {
        let folder = parse_folder(text)?;
        match folders.iter().find(|known| known.path == folder.path) {
            None => folders.push(folder),
            Some(known) if known.priority == folder.priority => {
                log::warn!("filesystem_store_datadirs names {} twice", folder.path.display());
            }
            Some(_) => {
                return Err(format!("filesystem_store_datadirs gives {} two priorities", folder.path.display()));
            }
        }
    }
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.priority));
    Ok(folders)
}

/// Reads `PATH` or `PATH:PRIORITY`.
fn parse_folder(text: &str) -> Result<Folder, String> {
    let (path, priority) = match text.rsplit_once(':') {
        None => (text, 0),
        Some((path, priority)) => {
            let priority = priority.trim();
            let number = priority
                .parse()
                .map_err(|_| format!("filesystem_store_datadirs: the priority {priority:?} is not an integer"))?;
            (path, number)
        }
    };
    match path.trim() {
        "" => Err("filesystem_store_datadirs has an empty path".to_owned()),
        path => Ok(Folder { path: PathBuf::from(path), priority }),
    }
}

/// Decimal digits meant as octal; `None` where the service's default holds.
fn file_mode(digits: i64) -> Result<Option<u32>, String> {
    if digits <= 0 {
        return Ok(None);
    }
    let mode = u32::from_str_radix(&digits.to_string(), 8).ok().filter(|mode| *mode <= 0o777);
    match mode {
        Some(mode) if mode & 0o400 != 0 => Ok(Some(mode)),
        Some(_) => Err("filesystem_store_file_perm does not let the service read its own files".to_owned()),
        None => Err(format!("filesystem_store_file_perm: {digits} are not permissions")),
    }
}

/// Adds search permission to the folder for those whom `mode` lets read images.
fn let_in(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let others = if mode & 0o007 == 0 { 0 } else { 0o001 };
    let group = if mode & 0o070 == 0 { 0 } else { 0o010 };
    let current = fs::metadata(path)?.permissions().mode();
    let wanted = current | others | group;
    if wanted == current {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(datadir: Option<&str>, datadirs: &[&str]) -> FileOptions {
        FileOptions {
            filesystem_store_datadir: datadir.map(PathBuf::from),
            filesystem_store_datadirs: Multi(datadirs.iter().map(|text| (*text).to_owned()).collect()),
            ..FileOptions::default()
        }
    }

    #[test]
    fn folders_are_sorted_by_priority_and_bad_ones_are_refused() {
        let good = folders(&options(None, &["/a:1", "/b", " /c : 20 ", "/b:0"])).unwrap();
        let paths: Vec<_> = good.iter().map(|folder| folder.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["/c", "/a", "/b"]);
        let bad: [(Option<&str>, &[&str], &str); 6] = [
            (None, &[], "neither"),
            (Some("/a"), &["/b"], "both"),
            (None, &["/a:x"], "not an integer"),
            (None, &["/a:"], "not an integer"),
            (None, &[":3"], "empty path"),
            (None, &["/a:1", "/a:2"], "two priorities"),
        ];
        for (datadir, datadirs, reason) in bad {
            let problem = folders(&options(datadir, datadirs)).unwrap_err();
            assert!(problem.contains(reason), "{problem}");
        }
    }

    #[test]
    fn permissions_are_decimal_digits_read_as_octal() {
        assert_eq!(file_mode(0).unwrap(), None);
        assert_eq!(file_mode(-1).unwrap(), None);
        assert_eq!(file_mode(640).unwrap(), Some(0o640));
        assert_eq!(file_mode(444).unwrap(), Some(0o444));
        assert!(file_mode(40).is_err(), "the owner could not read");
        assert!(file_mode(680).is_err());
        assert!(file_mode(1_000).is_err());
    }

    #[test]
    fn a_bad_option_leaves_the_folder_for_reading() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = options(folder.path().to_str(), &[]);
        options.filesystem_store_file_perm = 88;
        let (settings, problem) = Settings::from_options(&options);
        assert!(problem.unwrap().contains("file_perm"));
        assert_eq!(settings.folders[0].path, folder.path());
    }

    #[test]
    fn folders_are_made_and_opened_for_those_who_may_read() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        let mut options = options(path.to_str(), &[]);
        options.filesystem_store_file_perm = 644;
        assert_eq!(Settings::from_options(&options).1, None);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o011, 0o011);
    }

    #[test]
    fn a_path_that_cannot_be_a_folder_is_a_problem() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().join("below");
        let (_, problem) = Settings::from_options(&options(path.to_str(), &[]));
        assert!(problem.unwrap().contains("cannot be made"));
    }
}
