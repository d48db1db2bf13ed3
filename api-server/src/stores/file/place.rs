//! From a location to a path inside the configured folders, and from an object to the folder for it.

use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::super::{Location, StoreError, StoreErrorKind};
use super::config::Settings;
use super::{errors, sys};

/// Path that a location names, as it is written (spec/stores.md §4.2): nothing is percent-decoded.
fn parse(at: &Location) -> Result<&Path, StoreError> {
    let rest = ["file://", "filesystem://"].iter().find_map(|scheme| at.url.strip_prefix(scheme));
    let path = rest.ok_or_else(|| bad_uri("not a file URI"))?.trim();
    if path.is_empty() {
        return Err(bad_uri("No path specified in URI"));
    }
    Ok(Path::new(path))
}

fn bad_uri(reason: &str) -> StoreError {
    StoreErrorKind::BadStoreUri { reason: reason.to_owned() }.into()
}

impl Settings {
    /// The file at a location, with its folder free of links.
    ///
    /// The path must lie inside a configured folder as it is written and after resolving links, and may not
    /// climb with `..` (C2).
    pub(super) fn resolve(&self, at: &Location) -> Result<PathBuf, StoreError> {
        let written = parse(at)?;
        let outside = || bad_uri("the location is outside of the store");
        let climbs = written.components().any(|part| part == Component::ParentDir);
        if climbs || !written.is_absolute() || at.url.contains('\0') {
            return Err(outside());
        }
        let real_file = match written.canonicalize() {
            Ok(path) => path,
            Err(error) if is_absence(&error) && self.holds(written) => return Err(StoreErrorKind::NotFound.into()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(errors::call(error)),
            Err(error) => return Err(outside().caused_by(error)),
        };
        let (Some(parent), Some(name)) = (written.parent(), written.file_name()) else { return Err(outside()) };
        let path = parent.canonicalize().map_err(errors::call)?.join(name);
        if !self.holds(&real_file) || !self.holds(&path) {
            return Err(outside());
        }
        Ok(path)
    }

    /// Whether a path is below a configured folder, as configured or with its links resolved.
    fn holds(&self, path: &Path) -> bool {
        self.folders.iter().any(|folder| {
            let below = |root: &Path| path != root && path.starts_with(root);
            below(&folder.path) || folder.path.canonicalize().is_ok_and(|real| below(&real))
        })
    }

    /// The folder for a new object (spec/stores.md §4.3): the only one, or of the highest priority with room the one
    /// with the most.
    pub(super) fn choose(&self, size: u64) -> Result<&Path, StoreError> {
        if let [only] = self.folders.as_slice()
            && !self.choose_by_space
        {
            return Ok(&only.path);
        }
        let spaces: Vec<_> = self.folders.iter().map(|folder| (folder, space(&folder.path))).collect();
        let fitting = spaces.iter().filter(|(_, free)| *free > 0 && *free >= size);
        let best = fitting.max_by_key(|(folder, free)| (folder.priority, *free));
        best.map(|(folder, _)| folder.path.as_path()).ok_or_else(|| StoreErrorKind::StorageFull.into())
    }
}

/// Free bytes of a folder; one that cannot be asked has none.
fn space(folder: &Path) -> u64 {
    sys::free_space(folder).unwrap_or_else(|error| {
        log::warn!("cannot read the free space of {}: {error}", folder.display());
        0
    })
}

/// Whether the error says that there is nothing at the path.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::super::config::{FileOptions, Folder};
    use super::*;

    fn settings(folders: &[(&Path, i64)]) -> Settings {
        let (mut settings, _) = Settings::from_options(&FileOptions {
            filesystem_store_datadir: Some(folders[0].0.to_owned()),
            ..FileOptions::default()
        });
        settings.folders =
            folders.iter().map(|(path, priority)| Folder { path: (*path).to_owned(), priority: *priority }).collect();
        settings
    }

    #[test]
    fn locations_outside_of_the_folder_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let (inside, outside) = (root.path().join("images"), root.path().join("other"));
        fs::create_dir_all(inside.join("sub")).unwrap();
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(root.path().join("images2")).unwrap();
        for path in [inside.join("a"), inside.join("sub/b"), outside.join("secret"), root.path().join("images2/x")] {
            fs::write(path, "x").unwrap();
        }
        symlink(outside.join("secret"), inside.join("link-out")).unwrap();
        symlink(&outside, inside.join("dir-out")).unwrap();
        symlink(inside.join("a"), inside.join("link-in")).unwrap();
        symlink("link-loop", inside.join("link-loop")).unwrap();
        symlink(inside.join("a"), outside.join("link-from-outside")).unwrap();
        let settings = settings(&[(inside.as_path(), 0)]);
        let base = inside.display();
        let cases = [
            (format!("file://{base}/a"), "ok"),
            (format!("filesystem://{base}/a"), "ok"),
            (format!("file:// {base}/a "), "ok"),
            (format!("file://{base}/./sub/b"), "ok"),
            (format!("file://{base}/link-in"), "ok"),
            (format!("file://{base}/none"), "absent"),
            (format!("file://{base}/a/none"), "absent"),
            (format!("file://{base}/%61"), "absent"),
            (format!("file://{base}/../other/secret"), "outside"),
            (format!("file://{base}/sub/../a"), "outside"),
            (format!("file://{base}/link-out"), "outside"),
            (format!("file://{base}/link-loop"), "outside"),
            (format!("file://{base}/dir-out/secret"), "outside"),
            (format!("file://{base}"), "outside"),
            (format!("file://{base}2/x"), "outside"),
            (format!("file://{base}/\0"), "outside"),
            (format!("file://{}/link-from-outside", outside.display()), "outside"),
            ("file:///etc/passwd".to_owned(), "outside"),
            ("file:///none/none".to_owned(), "outside"),
            ("file://etc/passwd".to_owned(), "outside"),
            ("file://".to_owned(), "outside"),
            ("file://  ".to_owned(), "outside"),
            (format!("FILE://{base}/a"), "outside"),
            (format!("http://{base}/a"), "outside"),
        ];
        for (url, wanted) in cases {
            let verdict = match settings.resolve(&Location::new(url.as_str())) {
                Ok(_) => "ok",
                Err(error) if error.is_not_found() => "absent",
                Err(error) => {
                    assert!(matches!(error.kind(), StoreErrorKind::BadStoreUri { .. }), "{url:?}: {error:?}");
                    assert!(!error.to_string().contains(root.path().to_str().unwrap()), "{error}");
                    "outside"
                }
            };
            assert_eq!(verdict, wanted, "{url:?}");
        }
    }

    #[test]
    fn a_folder_that_is_a_link_itself_is_fine() {
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        fs::write(real.join("a"), "x").unwrap();
        let settings = settings(&[(link.as_path(), 0)]);
        for folder in [&link, &real] {
            let at = Location::new(format!("file://{}/a", folder.display()));
            assert_eq!(settings.resolve(&at).unwrap(), real.canonicalize().unwrap().join("a"));
        }
    }

    #[test]
    fn the_highest_priority_with_room_gets_the_object() {
        let root = tempfile::tempdir().unwrap();
        let gone = root.path().join("gone");
        let mut settings = settings(&[(gone.as_path(), 9), (root.path(), 1)]);
        settings.choose_by_space = true;
        fs::remove_dir_all(&gone).ok();
        assert_eq!(settings.choose(1).unwrap(), root.path(), "a folder without figures has no room");
        let error = settings.choose(u64::MAX).unwrap_err();
        assert!(matches!(error.kind(), StoreErrorKind::StorageFull));
        settings.folders.truncate(1);
        settings.choose_by_space = false;
        assert_eq!(settings.choose(u64::MAX).unwrap(), gone, "an only folder is not asked for room");
    }
}
