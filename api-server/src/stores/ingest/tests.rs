//! Uploads as a whole, into a real folder.

use std::path::Path;

use futures_util::FutureExt;

use super::super::contract::{body, broken_body, sample, stalling_body};
use super::super::file::{FileOptions, FileStore};
use super::super::{ByteRange, Capabilities, Reading, Written};
use super::*;

fn store(folder: &Path) -> Arc<dyn Store> {
    let options = FileOptions { filesystem_store_datadir: Some(folder.to_owned()), ..FileOptions::default() };
    FileStore::open(&options).store
}

fn upload(announced: Option<u64>) -> Upload {
    Upload {
        object: ObjectId::new("image").unwrap(),
        announced,
        limits: Limits::default(),
        algorithm: HashAlgorithm::Sha256,
        expected_md5: None,
        expected_digest: None,
        inspector: None,
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

async fn becomes_empty(folder: &Path) {
    for _ in 0..500 {
        if is_empty(folder) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("something is left behind");
}

/// Ingests, expects a failure of the body, and checks that nothing is left.
async fn refusal(upload: Upload, body: ByteStream) -> BodyError {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let error = Ingestor::default().ingest(store.as_ref(), upload, body).await.unwrap_err();
    becomes_empty(folder.path()).await;
    match error.into_kind() {
        StoreErrorKind::Body(error) => error,
        other => panic!("{other:?}"),
    }
}

/// Counts what it sees, and refuses a size if told to.
#[derive(Default)]
struct Counter {
    seen: u64,
    refused: Option<u64>,
}

impl Inspector for Counter {
    fn update(&mut self, bytes: &[u8]) {
        self.seen += bytes.len() as u64;
    }

    fn finish(self: Box<Self>) -> Verdict {
        if self.refused == Some(self.seen) {
            return Verdict::Refused { reason: "not this size".to_owned() };
        }
        Verdict::Accepted { virtual_size: Some(self.seen * 2) }
    }
}

#[tokio::test]
async fn digests_and_size_are_those_of_the_bytes() {
    use sha2::Digest;
    // Below, at and above the border between hashing in place and on threads.
    for length in [0_usize, 1, 1 << 20, (1 << 20) + 1, 5_000_000] {
        let data = sample(length);
        let md5_hex = hex::encode(md5::Md5::digest(&data));
        let digest_hex = hex::encode(sha2::Sha256::digest(&data));
        for announced in [Some(length as u64), None] {
            let folder = tempfile::tempdir().unwrap();
            let mut upload = upload(announced);
            upload.expected_md5 = Some(md5_hex.to_uppercase());
            upload.expected_digest = Some(digest_hex.clone());
            upload.inspector = Some(Box::new(Counter::default()));
            let ingested =
                Ingestor::default().ingest(store(folder.path()).as_ref(), upload, body(&data)).await.unwrap();
            assert_eq!(ingested.size, length as u64);
            assert_eq!((&ingested.md5_hex, &ingested.digest_hex), (&md5_hex, &digest_hex));
            assert_eq!(ingested.algorithm, HashAlgorithm::Sha256);
            assert_eq!(ingested.virtual_size, Some(2 * length as u64));
            assert!(std::fs::read(folder.path().join("image")).unwrap() == data);
        }
    }
}

#[tokio::test]
async fn limits_stop_at_the_first_byte_over() {
    let data = sample(3_000_000);
    let size = data.len() as u64;
    let limits = |size_cap, quota| Limits { size_cap, quota, ..Limits::default() };
    let cases = [
        (limits(Some(size - 1), None), None, BodyError::TooLarge { cap: size - 1 }),
        (limits(Some(size - 1), None), Some(size), BodyError::TooLarge { cap: size - 1 }),
        (limits(Some(0), None), None, BodyError::TooLarge { cap: 0 }),
        (limits(None, Some(size - 1)), None, BodyError::OverQuota { announced: None, remaining: size - 1 }),
        (limits(None, Some(size - 1)), Some(size), BodyError::OverQuota { announced: Some(size), remaining: size - 1 }),
        (limits(None, Some(0)), None, BodyError::OverQuota { announced: None, remaining: 0 }),
        // A lying size does not get around a limit.
        (limits(Some(1000), None), Some(10), BodyError::TooLarge { cap: 1000 }),
    ];
    for (limits, announced, wanted) in cases {
        let upload = Upload { limits, ..upload(announced) };
        assert_eq!(refusal(upload, body(&data)).await, wanted);
    }
    let folder = tempfile::tempdir().unwrap();
    let exact = Upload { limits: limits(Some(size), Some(size)), ..upload(None) };
    Ingestor::default().ingest(store(folder.path()).as_ref(), exact, body(&data)).await.unwrap();
}

#[tokio::test]
async fn an_endless_body_is_read_no_further_than_the_limit() {
    let pulled = Arc::new(Mutex::new(0_u64));
    let counter = Arc::clone(&pulled);
    let chunk = sample(65_536);
    let endless = stream::repeat_with(move || {
        *counter.lock().unwrap() += chunk.len() as u64;
        Ok(chunk.clone())
    });
    let limits = Limits { size_cap: Some(1_000_000), ..Limits::default() };
    let error = refusal(Upload { limits, ..upload(None) }, endless.boxed()).await;
    assert_eq!(error, BodyError::TooLarge { cap: 1_000_000 });
    assert!(*pulled.lock().unwrap() <= 1_000_000 + 65_536);
}

#[tokio::test]
async fn what_the_sender_promised_is_checked() {
    let data = sample(2_000_000);
    let size = data.len() as u64;
    let cases = [
        (upload(Some(size - 1)), "Size exceeds: expected 1999999 bytes, got 2000000 bytes"),
        (upload(Some(size + 1)), "Size mismatch: expected 2000001 bytes, got 2000000 bytes"),
        (upload(Some(10)), "Size exceeds: expected 10 bytes, got 50021 bytes"),
        (
            Upload { expected_md5: Some("0".repeat(32)), ..upload(None) },
            "the data does not match the announced md5 checksum",
        ),
        (
            Upload { expected_digest: Some(String::new()), ..upload(None) },
            "the data does not match the announced sha256 checksum",
        ),
    ];
    for (upload, message) in cases {
        assert_eq!(refusal(upload, body(&data)).await.to_string(), message);
    }
}

#[tokio::test]
async fn the_inspector_has_the_last_word() {
    for (length, announced) in [(1000, Some(1000)), (2_000_000, None)] {
        let inspector = Counter { refused: Some(length), ..Counter::default() };
        let upload = Upload { inspector: Some(Box::new(inspector)), ..upload(announced) };
        let error = refusal(upload, body(&sample(length as usize))).await;
        assert_eq!(error, BodyError::Refused("not this size".to_owned()));
    }
}

#[tokio::test]
async fn a_sender_that_breaks_off_or_falls_silent_leaves_nothing() {
    let data = sample(2_000_000);
    assert_eq!(refusal(upload(None), broken_body(&data)).await, BodyError::Disconnected);
    assert_eq!(refusal(upload(Some(3_000_000)), broken_body(&data)).await, BodyError::Disconnected);
    let after = Duration::from_millis(50);
    let limits = Limits { idle: after, ..Limits::default() };
    let error = refusal(Upload { limits, ..upload(None) }, stalling_body(&data)).await;
    assert_eq!(error, BodyError::TimedOut { after });
}

#[tokio::test]
async fn a_dropped_upload_leaves_nothing_and_frees_its_threads() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let ingestor = Ingestor { threads: Pool::new("test", 1), turns: Semaphore::new(1), ..Ingestor::default() };
    for _ in 0..5 {
        let ingest = ingestor.ingest(store.as_ref(), upload(None), stalling_body(&sample(2_000_000)));
        assert!(tokio::time::timeout(Duration::from_millis(100), ingest).await.is_err());
        becomes_empty(folder.path()).await;
    }
    ingestor.ingest(store.as_ref(), upload(None), body(&sample(2_000_000))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_uploads_share_few_threads() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let ingestor = Ingestor { threads: Pool::new("test", 2), turns: Semaphore::new(7), ..Ingestor::default() };
    let data = sample(1_500_000);
    let uploads = (0..50).map(|number| {
        let object = ObjectId::new(format!("image-{number}")).unwrap();
        // Boxed as a future for any thread: tasks of a thread pool upload too.
        ingestor.ingest(store.as_ref(), Upload { object, ..upload(None) }, body(&data)).boxed()
    });
    let outcomes = futures_util::future::join_all(uploads).await;
    assert!(outcomes.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_failure_of_the_store_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let ingestor = Ingestor::default();
    ingestor.ingest(store.as_ref(), upload(None), body(&sample(10))).await.unwrap();
    let error = ingestor.ingest(store.as_ref(), upload(None), body(&sample(2_000_000))).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::Duplicate));
}

/// A driver that stops reading at the announced size, as no driver should.
#[derive(Debug)]
struct Hasty(Arc<dyn Store>);

#[async_trait::async_trait]
impl Store for Hasty {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn put(&self, object: &ObjectId, size: Option<u64>, body: ByteStream) -> Result<Written, StoreError> {
        self.0.put(object, size, body.take(1).boxed()).await
    }

    async fn get(&self, at: &Location, range: Option<ByteRange>) -> Result<Reading, StoreError> {
        self.0.get(at, range).await
    }

    async fn size(&self, at: &Location) -> Result<Option<u64>, StoreError> {
        self.0.size(at).await
    }

    async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        self.0.delete(at).await
    }

    fn places(&self, _: &ObjectId) -> Vec<Location> {
        unreachable!()
    }

    fn url_prefixes(&self) -> Vec<String> {
        self.0.url_prefixes()
    }
}

#[tokio::test]
async fn an_object_whose_digests_are_unknown_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let hasty = Hasty(store(folder.path()));
    let error = Ingestor::default().ingest(&hasty, upload(Some(10)), body(&sample(10))).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::Backend));
    assert!(is_empty(folder.path()));
}
