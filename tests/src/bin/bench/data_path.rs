//! One large image in and out, beside the slower hash and beside nginx.

use std::io::Write;
use std::path::Path;

use glance_tests::bytes::pattern;
use glance_tests::{Caller, Cloud, Must, NewImage};

use crate::Options;
use crate::report::{Figure, Goal, Report};
use crate::tools::{Nginx, best, curl_download, curl_upload, openssl_speed};

const MEBIBYTE: f64 = 1_048_576.0;

/// Uploads and downloads an image of the asked size.
pub(crate) fn measure(options: &Options, report: &mut Report) {
    let cloud = Cloud::builder().start();
    let caller = Caller::with_roles("member,reader", "p1");
    let owner = cloud.caller(caller.clone());
    let base = format!("http://{}/v2/images", owner.address.authority);
    let source = cloud.path().join("source");
    write_source(&source, options.mebibytes);

    let mut last = String::new();
    let upload = best(3, || {
        if !last.is_empty() {
            owner.delete(&format!("/v2/images/{last}")).send().expect(204);
        }
        last = NewImage::default().create(&owner);
        curl_upload(&format!("{base}/{last}/file"), &caller, &source)
    });
    if options.wants("upload") {
        let (name, speed) = ["md5", "sha512"]
            .map(|digest| (digest, openssl_speed(digest)))
            .into_iter()
            .min_by(|one, other| one.1.total_cmp(&other.1))
            .must("a digest");
        report.add(Figure {
            name: format!("upload {} MiB", options.mebibytes),
            ours: upload / MEBIBYTE,
            unit: "MiB/s",
            against: format!("openssl speed {name}"),
            limit: speed / MEBIBYTE,
            target: Some((Goal::AtLeast, 0.85)),
        });
    }
    if options.wants("download") {
        let nginx = Nginx::start(&cloud.store_folder("fast"), cloud.path());
        let (ours_url, theirs_url) = (format!("{base}/{last}/file"), format!("{}/{last}", nginx.url));
        let (mut ours, mut theirs) = (0.0_f64, 0.0_f64);
        // by turns, so that a disturbance meets both
        for _ in 0..5 {
            ours = ours.max(curl_download(&ours_url, &caller));
            theirs = theirs.max(curl_download(&theirs_url, &Caller::Nobody));
        }
        report.add(Figure {
            name: format!("download {} MiB", options.mebibytes),
            ours: ours / MEBIBYTE,
            unit: "MiB/s",
            against: "nginx with sendfile".into(),
            limit: theirs / MEBIBYTE,
            target: Some((Goal::AtLeast, 0.9)),
        });
    }
}

fn write_source(path: &Path, mebibytes: u64) {
    let block = pattern(7, 1 << 20);
    let mut file = std::fs::File::create(path).must(path.display());
    for _ in 0..mebibytes {
        file.write_all(&block).must(path.display());
    }
}
