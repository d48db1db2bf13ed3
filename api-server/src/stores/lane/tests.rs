//! Lanes with workers whose doings can be seen.

use std::sync::mpsc;
use std::time::Duration;

use futures_util::FutureExt;

use super::*;

/// Gathers what it gets. It fails or panics at a byte of that value, and tells when it is dropped.
struct Gatherer {
    seen: Vec<u8>,
    refused: Option<u8>,
    cursed: Option<u8>,
    gate: Option<mpsc::Receiver<()>>,
    _dropped: Option<oneshot::Sender<()>>,
}

impl Gatherer {
    fn new() -> Self {
        Self { seen: Vec::new(), refused: None, cursed: None, gate: None, _dropped: None }
    }
}

impl Worker for Gatherer {
    type Outcome = Vec<u8>;

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.refused == Some(0) { Err(StoreErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn take(&mut self, chunks: Vec<Bytes>) -> Result<(), StoreError> {
        if let Some(gate) = &self.gate {
            gate.recv().ok();
        }
        for chunk in chunks {
            assert!(self.cursed.is_none_or(|byte| !chunk.contains(&byte)), "as the test wants it");
            if self.refused.is_some_and(|byte| chunk.contains(&byte)) {
                return Err(StoreErrorKind::StorageFull.into());
            }
            self.seen.extend_from_slice(&chunk);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, StoreError> {
        Ok(self.seen)
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.unwrap()
}

#[tokio::test]
async fn many_lanes_share_one_thread_and_keep_their_order() {
    let threads = Pool::new("test", 1);
    let lanes: Vec<_> = (0..20).map(|_| Lane::open(&threads, Gatherer::new())).collect();
    for round in 0..100_u8 {
        for lane in &lanes {
            assert!(soon(lane.push(&Bytes::from(vec![round; 1000]))).await);
        }
    }
    // The others are still open: a lane that waits for its sender keeps no thread.
    let expected: Vec<u8> = (0..100_u8).flat_map(|round| [round; 1000]).collect();
    for lane in lanes.into_iter().rev() {
        assert!(soon(lane.finish()).await.unwrap().unwrap() == expected);
    }
}

#[tokio::test]
async fn a_sender_waits_while_much_is_under_way() {
    let (open, gate) = mpsc::channel();
    let lane = Lane::open(&Pool::new("test", 1), Gatherer { gate: Some(gate), ..Gatherer::new() });
    let chunk = Bytes::from(vec![7; 100_000]);
    let mut pushed = 0;
    while lane.push(&chunk).now_or_never().is_some() {
        pushed += chunk.len();
    }
    assert!(pushed <= MOST_BYTES && pushed + chunk.len() > MOST_BYTES, "{pushed}");
    drop(open);
    assert!(soon(lane.push(&chunk)).await);
    // However large a chunk is, it gets its turn.
    assert!(soon(lane.push(&Bytes::from(vec![7; MOST_BYTES + 1]))).await);
    assert_eq!(soon(lane.finish()).await.unwrap().unwrap().len(), pushed + chunk.len() + MOST_BYTES + 1);
}

#[tokio::test]
async fn an_early_failure_is_told_even_to_a_sender_that_sends_nothing() {
    let threads = Pool::new("test", 1);
    for first in [0, 5] {
        let mut lane = Lane::open(&threads, Gatherer { refused: Some(first), ..Gatherer::new() });
        if first > 0 {
            soon(lane.push(&Bytes::from_static(&[1, 5]))).await;
        }
        assert!(matches!(soon(lane.ended()).await.kind(), StoreErrorKind::StorageFull));
        assert!(!soon(lane.push(&Bytes::from_static(&[2]))).await);
    }
}

#[tokio::test]
async fn a_panic_is_told_and_harms_no_other_lane() {
    let threads = Pool::new("test", 1);
    let mut lane = Lane::open(&threads, Gatherer { cursed: Some(3), ..Gatherer::new() });
    soon(lane.push(&Bytes::from_static(&[3]))).await;
    assert!(matches!(soon(lane.ended()).await.kind(), StoreErrorKind::Backend));
    assert!(soon(Lane::open(&threads, Gatherer::new()).finish()).await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn work_that_is_given_up_is_dropped() {
    let threads = Pool::new("test", 1);
    for is_finished in [false, true] {
        let (open, gate) = mpsc::channel();
        let (sender, dropped) = oneshot::channel::<()>();
        let worker = Gatherer { gate: Some(gate), _dropped: Some(sender), ..Gatherer::new() };
        let lane = Lane::open(&threads, worker);
        soon(lane.push(&Bytes::from_static(&[1]))).await;
        if is_finished {
            drop(lane.finish())
        } else {
            drop(lane)
        }
        drop(open);
        assert!(soon(dropped).await.is_err());
    }
}
