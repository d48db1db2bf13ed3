//! A store whose disk is full.

use std::process::Command;

use glance_tests::bytes::pattern;
use glance_tests::cloud::Service;
use glance_tests::{Body, Cloud, NewImage};

/// A namespace of its own in which the store's folder is a file system of one megabyte.
const SMALL_DISK: &[&str] = &[
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mkdir -p @DATA@/fast && mount -t tmpfs -o size=1m none @DATA@/fast && exec \"$0\" \"$@\"",
];

/// Where namespaces are forbidden, as in some containers: no file may pass half a megabyte.
const SMALL_FILES: &[&str] = &["sh", "-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""];

fn wrapper() -> &'static [&'static str] {
    let allowed = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).output();
    if allowed.is_ok_and(|output| output.status.success()) { SMALL_DISK } else { SMALL_FILES }
}

#[test]
fn full_disk_is_a_413_and_leaves_nothing() {
    let mut cloud = Cloud::builder().api_under(wrapper()).start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    for body in [Body::Bytes(pattern(1, 3_000_000)), Body::Chunked(pattern(1, 3_000_000), 50_000)] {
        let answer = owner.upload(&id, body).header("Accept", "application/json").send();
        assert_eq!(answer.status, 413, "{answer}");
        assert!(answer.text().contains("Image storage media is full"), "{answer}");
        let folder = cloud.path().to_string_lossy().into_owned();
        assert!(!answer.text().contains(&folder), "a path is told: {answer}");
        let image = owner.show(&id);
        assert_eq!(image["status"], "queued");
        assert!(image["size"].is_null() && image["checksum"].is_null(), "{image}");
        // the folder as the server sees it
        let seen = format!("/proc/{}/root{}", cloud.process(Service::Api).id(), cloud.store_folder("fast").display());
        let left: Vec<_> = std::fs::read_dir(&seen).expect(&seen).flatten().map(|entry| entry.path()).collect();
        assert!(left.iter().all(|path| path.is_dir()), "{left:?}");
    }
    owner.upload(&id, Body::Bytes(pattern(1, 1000))).send().expect(204);
    assert!(owner.download(&id) == pattern(1, 1000), "came back different");
}
