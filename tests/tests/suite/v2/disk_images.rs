//! Real disk images go in and come out byte for byte.

use glance_tests::bytes::{md5_hex, sha512_hex};
use glance_tests::{Body, Cloud, Engine, NewImage, on_every_database, samples};

fn come_back_byte_for_byte(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    for sample in samples::all(cloud.path()) {
        let id = NewImage::named(sample.name).with("disk_format", sample.disk_format).create(&owner);
        owner.upload(&id, Body::File(sample.path.clone())).send().expect(204);
        let bytes = sample.bytes();
        let image = owner.show(&id);
        assert_eq!(image["status"], "active", "{}", sample.name);
        assert_eq!(image["size"], bytes.len(), "{}", sample.name);
        assert_eq!(image["checksum"], md5_hex(&bytes), "{}", sample.name);
        assert_eq!(image["os_hash_algo"], "sha512", "{}", sample.name);
        assert_eq!(image["os_hash_value"], sha512_hex(&bytes), "{}", sample.name);
        assert!(owner.download(&id) == bytes, "{} came back different", sample.name);
        // a reader of parts gets the same bytes
        let half = bytes.len() / 2;
        let path = format!("/v2/images/{id}/file");
        let first = owner.get(&path).header("Range", &format!("bytes=0-{}", half - 1)).send().expect(206).body;
        let second = owner.get(&path).header("Range", &format!("bytes={half}-")).send().expect(206).body;
        assert!([first, second].concat() == bytes, "{} came back different in parts", sample.name);
    }
}

fn chunked_uploads_are_the_same(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let owner = cloud.as_member("p1");
    let bytes = samples::ipxe().bytes();
    let id = NewImage::named("chunked").with("disk_format", "iso").create(&owner);
    owner.upload(&id, Body::Chunked(bytes.clone(), 40_000)).send().expect(204);
    assert!(owner.download(&id) == bytes, "came back different");
}

on_every_database! {
    real_disk_images_come_back_byte_for_byte => come_back_byte_for_byte;
    chunked_upload_of_a_disk_image => chunked_uploads_are_the_same;
}
