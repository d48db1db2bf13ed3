//! What every driver must do, whatever is behind it: one suite, run for each driver against a fresh store.
//!
//! The suite reads [`Capabilities`](super::Capabilities) and leaves out what a driver says it does not do. A driver's tests
//! call [`writing`] or [`reading`] with a [`Subject`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};

use super::{
    BodyError, ByteRange, ByteStream, Location, ObjectId, ReadBody, Reading, Store, StoreError, StoreErrorKind,
};

/// Uneven, so that chunks, parts and pages end in different places.
const CHUNK: usize = 50_021;
/// More than one part of any driver.
const BIG: usize = 12_000_017;

/// A store under test, with the outside view of it.
pub(super) struct Subject {
    pub(super) store: Arc<dyn Store>,
    /// Names of everything that the backend holds, hidden leavings included.
    pub(super) leavings: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Locations that must be refused with `BadStoreUri`.
    pub(super) hostile: Vec<String>,
}

/// Bytes that differ from place to place.
pub(super) fn sample(length: usize) -> Bytes {
    (0..length).map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// The bytes as an upload would bring them.
pub(super) fn body(data: &Bytes) -> ByteStream {
    let data = data.clone();
    let starts = (0..data.len()).step_by(CHUNK);
    stream::iter(starts.map(move |start| Ok(data.slice(start..data.len().min(start + CHUNK))))).boxed()
}

/// The bytes, and then a failure of the sender.
pub(super) fn broken_body(data: &Bytes) -> ByteStream {
    body(data).chain(stream::iter([Err(BodyError::Disconnected)])).boxed()
}

/// The bytes, and then nothing for ever.
pub(super) fn stalling_body(data: &Bytes) -> ByteStream {
    body(data).chain(stream::pending()).boxed()
}

/// All bytes of a reading; also checks the size that it promises.
pub(super) async fn read(reading: Reading) -> Vec<u8> {
    let size = reading.size;
    let bytes = match reading.body {
        ReadBody::File { file, offset, length } => {
            let mut bytes = vec![0; usize::try_from(length).unwrap()];
            std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, offset).unwrap();
            bytes
        }
        ReadBody::Stream(stream) => {
            let chunks: Vec<_> = stream.collect().await;
            chunks.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect()
        }
    };
    assert!(size.is_none_or(|size| size == bytes.len() as u64), "the promised size is the true one");
    bytes
}

fn id(name: &str) -> ObjectId {
    ObjectId::new(name).unwrap()
}

fn kind(error: StoreError) -> StoreErrorKind {
    error.into_kind()
}

/// The suite for a driver that stores.
pub(super) async fn writing(subject: &Subject) {
    round_trips(subject).await;
    parts_are_served(subject).await;
    absence_is_told(subject).await;
    duplicates_are_refused(subject).await;
    failed_uploads_leave_nothing(subject).await;
    dropped_uploads_leave_nothing(subject).await;
    of_many_writers_one_wins(subject).await;
    hostile_locations_are_refused(subject).await;
    becomes_empty(subject).await;
}

async fn round_trips(subject: &Subject) {
    let store = &subject.store;
    for length in [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 1, BIG] {
        for announced in [Some(length as u64), None] {
            if announced.is_none() && store.capabilities().needs_size {
                continue;
            }
            let data = sample(length);
            let written = store.put(&id("round-trip"), announced, body(&data)).await.unwrap();
            assert_eq!(written.size, length as u64);
            // What the registry keeps is text: a location must survive the way there and back.
            let at = Location { url: written.location.url.clone(), metadata: written.location.metadata.clone() };
            assert!(matches!(store.size(&at).await.unwrap(), Some(size) if size == length as u64));
            assert!(read(store.get(&at, None).await.unwrap()).await == data, "{length} bytes come back as they were");
            let prefixes = store.url_prefixes();
            assert!(prefixes.iter().any(|prefix| at.url.starts_with(prefix)), "{prefixes:?} lead to {}", at.url);
            store.delete(&at).await.unwrap();
        }
    }
}

async fn parts_are_served(subject: &Subject) {
    let store = &subject.store;
    if !store.capabilities().ranged_get {
        return;
    }
    let data = sample(3 * CHUNK);
    let at = store.put(&id("parts"), None, body(&data)).await.unwrap().location;
    check_parts(store, &at, &data).await;
    store.delete(&at).await.unwrap();
}

/// Reads parts of an object that holds `data`.
async fn check_parts(store: &Arc<dyn Store>, at: &Location, data: &[u8]) {
    let length = data.len();
    for (first, count) in [(0, 1), (0, length), (1, length - 1), (CHUNK - 1, 2), (length - 1, 1), (7, CHUNK)] {
        let range = ByteRange { offset: first as u64, length: count as u64 };
        let reading = store.get(at, Some(range)).await.unwrap();
        assert_eq!(reading.size, Some(count as u64));
        assert!(read(reading).await == data[first..first + count], "{count} bytes from {first}");
    }
}

async fn absence_is_told(subject: &Subject) {
    let store = &subject.store;
    let at = store.put(&id("absent"), Some(1), body(&sample(1))).await.unwrap().location;
    store.delete(&at).await.unwrap();
    check_absence(store, &at).await;
    assert!(store.delete(&at).await.unwrap_err().is_not_found());
}

async fn check_absence(store: &Arc<dyn Store>, at: &Location) {
    assert!(store.get(at, None).await.unwrap_err().is_not_found());
    assert!(store.size(at).await.unwrap_err().is_not_found());
}

async fn duplicates_are_refused(subject: &Subject) {
    let store = &subject.store;
    if !store.capabilities().refuses_duplicates {
        return;
    }
    let first = sample(CHUNK);
    let at = store.put(&id("twice"), None, body(&first)).await.unwrap().location;
    for other in [body(&sample(2 * CHUNK)), body(&Bytes::new()), broken_body(&first)] {
        let error = store.put(&id("twice"), None, other).await.unwrap_err();
        assert!(matches!(kind(error), StoreErrorKind::Duplicate | StoreErrorKind::Body(BodyError::Disconnected)));
    }
    assert!(read(store.get(&at, None).await.unwrap()).await == first, "the first object is untouched");
    store.delete(&at).await.unwrap();
}

async fn failed_uploads_leave_nothing(subject: &Subject) {
    let data = sample(3 * CHUNK);
    let length = data.len() as u64;
    let too_many = BodyError::SizeExceeded { expected: length - 1, got: length };
    let too_few = BodyError::SizeMismatch { expected: length + 1, got: length };
    let cases = [
        (None, broken_body(&data), BodyError::Disconnected),
        (Some(length), broken_body(&data), BodyError::Disconnected),
        (None, broken_body(&Bytes::new()), BodyError::Disconnected),
        (Some(length - 1), body(&data), too_many),
        (Some(length + 1), body(&data), too_few),
    ];
    for (announced, body, wanted) in cases {
        if announced.is_none() && subject.store.capabilities().needs_size {
            continue;
        }
        let error = subject.store.put(&id("failed"), announced, body).await.unwrap_err();
        assert!(matches!(kind(error), StoreErrorKind::Body(found) if found == wanted), "{wanted:?}");
        becomes_empty(subject).await;
    }
    let again = subject.store.put(&id("failed"), Some(length), body(&data)).await.unwrap();
    subject.store.delete(&again.location).await.unwrap();
}

async fn dropped_uploads_leave_nothing(subject: &Subject) {
    let data = sample(3 * CHUNK);
    for millis in [0, 1, 5, 50] {
        let name = id("dropped");
        let put = subject.store.put(&name, None, stalling_body(&data));
        assert!(tokio::time::timeout(Duration::from_millis(millis), put).await.is_err());
        becomes_empty(subject).await;
    }
    // The moment between the body's end and the answer counts as well.
    // Each has its own name: the writer of one that was dropped may still be about to notice.
    for polls in 0..60 {
        let name = id(&format!("dropped-{polls}"));
        let mut put = subject.store.put(&name, None, body(&data));
        for _ in 0..polls {
            if let Some(written) = future::poll_immediate(&mut put).await {
                subject.store.delete(&written.unwrap().location).await.unwrap();
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        drop(put);
        becomes_empty(subject).await;
    }
}

/// Cleaning up may go on in the background for a moment.
async fn becomes_empty(subject: &Subject) {
    for _ in 0..500 {
        if (subject.leavings)().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("left behind: {:?}", (subject.leavings)());
}

async fn of_many_writers_one_wins(subject: &Subject) {
    if !subject.store.capabilities().refuses_duplicates {
        return;
    }
    let bodies: Vec<Bytes> = (1..=8).map(|times| sample(times * CHUNK)).collect();
    let name = id("contested");
    let puts = bodies.iter().map(|data| subject.store.put(&name, Some(data.len() as u64), body(data)));
    let outcomes = future::join_all(puts).await;
    let mut winners = Vec::new();
    for (outcome, data) in outcomes.into_iter().zip(&bodies) {
        match outcome {
            Ok(written) => winners.push((written, data)),
            Err(error) => assert!(matches!(kind(error), StoreErrorKind::Duplicate)),
        }
    }
    let [(written, data)] = winners.as_slice() else { panic!("{} winners", winners.len()) };
    assert!(read(subject.store.get(&written.location, None).await.unwrap()).await == **data);
    subject.store.delete(&written.location).await.unwrap();
}

async fn hostile_locations_are_refused(subject: &Subject) {
    for url in &subject.hostile {
        let at = Location::new(url.as_str());
        let range = Some(ByteRange { offset: 0, length: 1 });
        let mut errors = vec![
            subject.store.get(&at, None).await.err(),
            subject.store.get(&at, range).await.err(),
            subject.store.size(&at).await.err(),
        ];
        if subject.store.capabilities().delete {
            errors.push(subject.store.delete(&at).await.err());
        }
        for error in errors {
            assert!(matches!(error.map(kind), Some(StoreErrorKind::BadStoreUri { .. })), "{url:?}");
        }
    }
}

/// The suite for a driver that only reads: `at` holds `data`, and at `absent` there is nothing.
pub(super) async fn reading(subject: &Subject, at: &Location, data: &[u8], absent: &Location) {
    let store = &subject.store;
    assert_eq!(store.size(at).await.unwrap(), Some(data.len() as u64));
    assert!(read(store.get(at, None).await.unwrap()).await == data);
    if store.capabilities().ranged_get {
        check_parts(store, at, data).await;
    }
    check_absence(store, absent).await;
    hostile_locations_are_refused(subject).await;
    let put = store.put(&id("any"), None, body(&Bytes::new())).await.unwrap_err();
    assert!(matches!(kind(put), StoreErrorKind::StoreAddDisabled));
    let delete = store.delete(at).await.unwrap_err();
    assert!(matches!(kind(delete), StoreErrorKind::StoreDeleteNotSupported));
}
