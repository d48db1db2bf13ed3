//! The file driver against the contract, and what is its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::super::contract::{self, Subject, body, read, sample};
use super::*;

fn options(folder: &Path) -> FileOptions {
    FileOptions { filesystem_store_datadir: Some(folder.to_owned()), ..FileOptions::default() }
}

fn store(options: &FileOptions) -> Arc<dyn Store> {
    let opened = FileStore::open(options);
    assert_eq!(opened.problem, None);
    opened.store
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn id(name: &str) -> ObjectId {
    ObjectId::new(name).unwrap()
}

fn subject(root: &TempDir, adapt: impl FnOnce(&mut FileOptions)) -> Subject {
    let folder = root.path().join("images");
    let mut options = options(&folder);
    adapt(&mut options);
    let store = store(&options);
    fs::write(root.path().join("secret"), "secret").unwrap();
    let base = folder.display();
    let hostile = vec![
        format!("file://{}/secret", root.path().display()),
        format!("file://{base}/../secret"),
        format!("file://{base}/./../secret"),
        "file:///etc/passwd".to_owned(),
        "file://etc/passwd".to_owned(),
        "file://".to_owned(),
        format!("http://{base}/a"),
        format!("{base}/a"),
    ];
    Subject { store, leavings: Box::new(move || names(&folder)), hostile }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds() {
    let root = tempfile::tempdir().unwrap();
    contract::writing(&subject(&root, |_| {})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_with_thin_provisioning_and_a_small_pool() {
    let root = tempfile::tempdir().unwrap();
    let adapt = |options: &mut FileOptions| {
        options.filesystem_thin_provisioning = true;
        options.filesystem_store_chunk_size = 1000;
        options.filesystem_store_thread_pool_size = 1;
        options.filesystem_store_timeout = glance_common::config::Seconds::new(20);
    };
    contract::writing(&subject(&root, adapt)).await;
}

#[tokio::test]
async fn links_out_of_the_folder_are_neither_read_nor_deleted() {
    let root = tempfile::tempdir().unwrap();
    let subject = subject(&root, |_| {});
    let secret = root.path().join("secret");
    symlink(&secret, root.path().join("images/link")).unwrap();
    let at = Location::new(format!("file://{}/images/link", root.path().display()));
    for error in [subject.store.get(&at, None).await.err(), subject.store.delete(&at).await.err()] {
        assert!(matches!(error.unwrap().kind(), StoreErrorKind::BadStoreUri { .. }));
    }
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
}

#[tokio::test]
async fn a_folder_or_a_pipe_is_no_image() {
    let root = tempfile::tempdir().unwrap();
    let store = store(&options(root.path()));
    fs::create_dir(root.path().join("folder")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.path().join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    for name in ["folder", "pipe"] {
        let at = Location::new(format!("file://{}/{name}", root.path().display()));
        assert!(store.get(&at, None).await.unwrap_err().is_not_found(), "{name}");
        assert!(store.size(&at).await.unwrap_err().is_not_found(), "{name}");
    }
    let at = Location::new(format!("file://{}/folder", root.path().display()));
    assert!(matches!(store.delete(&at).await.unwrap_err().kind(), StoreErrorKind::Forbidden));
}

#[tokio::test]
async fn files_are_for_the_service_or_as_configured() {
    for (digits, mode) in [(0, 0o640), (600, 0o600), (644, 0o644)] {
        let root = tempfile::tempdir().unwrap();
        let mut options = options(root.path());
        options.filesystem_store_file_perm = digits;
        store(&options).put(&id("a"), None, body(&sample(10))).await.unwrap();
        let found = fs::metadata(root.path().join("a")).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "file_perm {digits}");
    }
}

#[tokio::test]
async fn holes_are_left_wherever_the_transfer_cuts_the_zeros() {
    let root = tempfile::tempdir().unwrap();
    let mut options = options(root.path());
    options.filesystem_thin_provisioning = true;
    let store = store(&options);
    let mut data = vec![0_u8; 8 * 1024 * 1024];
    data[3_000_000] = 1;
    let data = Bytes::from(data);
    let at = store.put(&id("thin"), Some(data.len() as u64), body(&data)).await.unwrap().location;
    assert!(read(store.get(&at, None).await.unwrap()).await == data);
    let on_disk = fs::metadata(root.path().join("thin")).unwrap().blocks() * 512;
    assert!(on_disk <= 2 * 65536, "{on_disk} bytes for one that is not zero");
}

#[tokio::test]
async fn locations_carry_the_fitting_mountpoint() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("metadata.json");
    let text = serde_json::json!([{"id": "share", "mountpoint": root.path()}]).to_string();
    fs::write(&file, text).unwrap();
    let mut options = options(&root.path().join("images"));
    options.filesystem_store_metadata_file = Some(file.clone());
    let at = store(&options).put(&id("a"), None, body(&sample(1))).await.unwrap().location;
    assert_eq!(at.metadata.get("id"), Some(&"share".into()));
    fs::write(&file, "{}").unwrap();
    assert!(FileStore::open(&options).problem.unwrap().contains("metadata_file"));
}

/// A small file system of its own, where the machine lets tests mount one.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|outcome| outcome.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg(self.0.path()).status().ok();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_left_clean() {
    // Where mounting is not allowed the mapping of ENOSPC is still tested beside the code.
    let Some(disk) = SmallDisk::mount() else { return };
    let store = store(&options(disk.0.path()));
    let data = sample(3_000_000);
    for announced in [Some(data.len() as u64), None] {
        let error = store.put(&id("big"), announced, body(&data)).await.unwrap_err();
        assert!(matches!(error.kind(), StoreErrorKind::StorageFull), "{error:?}");
        assert_eq!(names(disk.0.path()), Vec::<String>::new());
    }
    store.put(&id("small"), None, body(&sample(100_000))).await.unwrap();
}

#[tokio::test]
async fn an_announced_size_beyond_the_disk_is_refused_before_the_data() {
    let Some(disk) = SmallDisk::mount() else { return };
    let store = store(&options(disk.0.path()));
    let endless = contract::stalling_body(&Bytes::new());
    let name = id("big");
    let put = store.put(&name, Some(1 << 40), endless);
    let error = tokio::time::timeout(Duration::from_secs(10), put).await.unwrap().unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::StorageFull), "{error:?}");
}

#[tokio::test]
async fn the_folder_with_room_gets_the_image() {
    let Some(disk) = SmallDisk::mount() else { return };
    let root = tempfile::tempdir().unwrap();
    let folders = [format!("{}:200", disk.0.path().display()), format!("{}:100", root.path().display())];
    let options = FileOptions {
        filesystem_store_datadir: None,
        filesystem_store_datadirs: glance_common::config::Multi(folders.to_vec()),
        ..FileOptions::default()
    };
    let store = store(&options);
    for (name, size, folder) in [("small", 10_000, disk.0.path()), ("large", 3_000_000, root.path())] {
        let at = store.put(&id(name), Some(size), body(&sample(size as usize))).await.unwrap().location;
        assert_eq!(at.url, format!("file://{}/{name}", folder.display()));
        assert_eq!(store.size(&at).await.unwrap(), Some(size));
    }
}

#[tokio::test]
async fn a_hanging_file_system_fails_in_bounded_time_and_alone() {
    let root = tempfile::tempdir().unwrap();
    let mut options = options(root.path());
    options.filesystem_store_timeout = glance_common::config::Seconds::millis(100);
    options.filesystem_store_thread_pool_size = 2;
    let (settings, _) = Settings::from_options(&options);
    let hanging =
        FileStore { settings: Arc::new(settings), calls: Pool::new("hang", 2), writers: threads::Pool::new("hang", 2) };
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(wait));
    for attempt in 0..4 {
        // The first two hang in the call, the others find no thread.
        let wait = Arc::clone(&wait);
        let outcome = hanging.call(move |_| {
            wait.lock().unwrap().recv().ok();
            Ok(())
        });
        let error = tokio::time::timeout(Duration::from_secs(5), outcome).await.unwrap().unwrap_err();
        assert!(matches!(error.kind(), StoreErrorKind::Timeout { .. }), "{attempt}");
    }
    store(&options).probe().await.unwrap();
    drop(release);
    let mut answer = hanging.probe().await;
    for _ in 0..100 {
        if answer.is_ok() {
            break;
        }
        answer = hanging.probe().await;
    }
    answer.unwrap();
}
