//! Stores as an operator configures them.

use std::os::unix::fs::PermissionsExt;

use glance_tests::bytes::pattern;
use glance_tests::{Body, Cloud, Must, NewImage};

/// The path of the only file in a store.
fn only_file(cloud: &Cloud, store: &str) -> String {
    let files = cloud.stored_files(store);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn single_store_form_works_as_before() {
    let cloud = Cloud::builder().single_store().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"one store");
    assert_eq!(owner.download(&id), b"one store");
    assert!(owner.show(&id).get("stores").is_none(), "stores are named though there is one only");
    assert!(only_file(&cloud, "fast").ends_with(&id));
}

#[test]
fn clients_choose_among_stores() {
    let cloud = Cloud::builder().store("a", "file").store("b", "file").start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().create(&owner);
    owner.upload(&id, Body::Bytes(b"in b".to_vec())).header("X-Image-Meta-Store", "b").send().expect(204);
    assert_eq!(owner.show(&id)["stores"], "b");
    assert!(only_file(&cloud, "b").ends_with(&id));
    assert!(cloud.stored_files("a").is_empty());
    let second = NewImage::default().upload(&owner, b"in the default");
    assert_eq!(owner.show(&second)["stores"], "a");
}

#[test]
fn data_files_have_the_configured_permissions() {
    let cloud = Cloud::builder().api_option("fast", "filesystem_store_file_perm", "640").start();
    let owner = cloud.as_member("p1");
    NewImage::default().upload(&owner, b"data");
    let file = only_file(&cloud, "fast");
    let mode = std::fs::metadata(&file).must(&file).permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn data_files_are_private_by_default() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    NewImage::default().upload(&owner, b"data");
    let file = only_file(&cloud, "fast");
    let mode = std::fs::metadata(&file).must(&file).permissions().mode();
    assert_eq!(mode & 0o007, 0, "others may use {file}: {mode:o}");
}

#[test]
fn folder_with_the_highest_priority_gets_the_data() {
    let cloud = Cloud::builder()
        .api_option("fast", "filesystem_store_datadir", "")
        .api_option("fast", "filesystem_store_datadirs+", "@DATA@/low:10")
        .api_option("fast", "filesystem_store_datadirs+", "@DATA@/high:200")
        .start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"data");
    assert!(only_file(&cloud, "high").ends_with(&id));
    assert_eq!(owner.download(&id), b"data");
}

#[test]
fn thin_provisioning_leaves_holes() {
    use std::os::unix::fs::MetadataExt;
    let cloud = Cloud::builder().api_option("fast", "filesystem_thin_provisioning", "true").start();
    let owner = cloud.as_member("p1");
    let mut data = vec![0; 8 << 20];
    data.extend(pattern(1, 1000));
    let id = NewImage::default().upload(&owner, &data);
    let file = only_file(&cloud, "fast");
    let blocks = std::fs::metadata(&file).must(&file).blocks();
    assert!(blocks * 512 < 1 << 20, "{} bytes are taken", blocks * 512);
    assert!(owner.download(&id) == data, "came back different");
}

#[test]
fn deleted_image_frees_its_data_once() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let id = NewImage::default().upload(&owner, b"data");
    owner.delete(&format!("/v2/images/{id}")).send().expect(204);
    assert!(cloud.stored_files("fast").is_empty());
    // data that somebody else has removed already does not keep an image alive
    let id = NewImage::default().upload(&owner, b"data");
    std::fs::remove_file(only_file(&cloud, "fast")).must("the data file");
    owner.get(&format!("/v2/images/{id}/file")).send().expect(204);
    owner.delete(&format!("/v2/images/{id}")).send().expect(204);
}

/// C2: a location in the database that leads out of the store's folder is not followed.
#[test]
fn locations_outside_the_store_are_not_read() {
    let cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    std::fs::write(cloud.path().join("secret"), "secret of the server").must("a file");
    for escape in ["@DATA@/secret", "@DATA@/fast/../secret", "/etc/passwd"] {
        let id = NewImage::default().upload(&owner, b"data");
        let url = format!("file://{}", escape.replace("@DATA@", &cloud.path().to_string_lossy()));
        let sql = format!("UPDATE image_locations SET value = '{url}' WHERE image_id = '{id}'");
        cloud.database.session().batch(&sql).must("a changed location");
        let answer = owner.get(&format!("/v2/images/{id}/file")).send();
        let text = answer.text();
        assert!(!text.contains("secret") && !text.contains("root:"), "{escape}: {answer}");
        assert_ne!(answer.status, 200, "{escape}");
        let _ = owner.delete(&format!("/v2/images/{id}")).send();
    }
    assert!(cloud.path().join("secret").is_file(), "a file outside the store was removed");
}
