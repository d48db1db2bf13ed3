//! Resident memory of the API server with a hundred transfers at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use glance_tests::bytes::pattern;
use glance_tests::cloud::Service;
use glance_tests::{Body, Cloud, NewImage};

use crate::report::{Figure, Goal, Report};

const MEBIBYTE: f64 = 1_048_576.0;
const TRANSFERS: usize = 50;

/// Fifty uploads and fifty downloads of 32 MiB.
pub(crate) fn measure(report: &mut Report) {
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let data = pattern(3, 32 << 20);
    let source = NewImage::default().upload(&owner, &data);
    let targets: Vec<String> = (0..TRANSFERS).map(|_| NewImage::default().create(&owner)).collect();
    let path = cloud.path().join("source");
    std::fs::write(&path, &data).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    drop(data);

    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let idle = cloud.process(Service::Api).resident_bytes().unwrap_or_default();
    let process = cloud.process(Service::Api);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(process.resident_bytes().unwrap_or_default(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let (owner, source, path) = (&owner, &source, &path);
        let transfers: Vec<_> = targets
            .iter()
            .flat_map(|id| {
                let upload = scope.spawn(move || {
                    owner.upload(id, Body::File(path.clone())).send().expect(204);
                });
                let download = scope.spawn(move || {
                    owner.get(&format!("/v2/images/{source}/file")).send().expect(200);
                });
                [upload, download]
            })
            .collect();
        let failed = transfers.into_iter().filter_map(|transfer| transfer.join().err()).count();
        done.store(true, Ordering::Relaxed);
        assert_eq!(failed, 0, "transfers failed");
    });
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let mebibytes = |bytes: u64| bytes as f64 / MEBIBYTE;
    report.add(Figure {
        name: "API with 50 uploads, 50 downloads".into(),
        ours: mebibytes(peak.into_inner()),
        unit: "MiB",
        against: "64 MiB".into(),
        limit: 64.0,
        target: Some((Goal::AtMost, 1.0)),
    });
    report.add(Figure {
        name: "API at rest after one upload".into(),
        ours: mebibytes(idle),
        unit: "MiB",
        against: "64 MiB".into(),
        limit: 64.0,
        target: None,
    });
}
