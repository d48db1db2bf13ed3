//! Configurations, good and bad, and the choice of a store.

use std::fs;

use tempfile::TempDir;

use super::super::contract::{body, read, sample};
use super::super::{ByteStream, ObjectId, Written};
use super::*;

fn open(text: &str) -> Result<StoreCatalog, CatalogError> {
    StoreCatalog::open(&Config::from_text(text).unwrap())
}

/// Two file stores, a web store, and the reserved ones, all in one folder.
fn several(root: &TempDir, more: &str) -> String {
    let root = root.path().display();
    format!(
        "[DEFAULT]\nenabled_backends = fast:file, slow:file, web:http\n\
         [glance_store]\ndefault_backend = fast\n\
         [fast]\nfilesystem_store_datadir = {root}/fast\nstore_description = quick\nweight = -5\n\
         [slow]\nfilesystem_store_datadir = {root}/slow\nweight = 10\n\
         [os_glance_staging_store]\nfilesystem_store_datadir = {root}/staging\n\
         [os_glance_tasks_store]\nfilesystem_store_datadir = {root}/tasks\n{more}"
    )
}

async fn put(catalog: &StoreCatalog, store: &str, body: ByteStream) -> Result<Written, StoreError> {
    catalog.find(store).unwrap().store.put(&ObjectId::new("image").unwrap(), None, body).await
}

#[tokio::test]
async fn several_stores_are_built_with_their_own_options() {
    let root = tempfile::tempdir().unwrap();
    let catalog = open(&several(&root, "")).unwrap();
    let found: Vec<_> = catalog
        .stores()
        .iter()
        .map(|store| (store.id.as_str(), store.driver, store.weight, store.description.as_deref()))
        .collect();
    assert_eq!(
        found,
        [("fast", Driver::File, -5, Some("quick")), ("slow", Driver::File, 10, None), ("web", Driver::Http, 0, None),]
    );
    assert!(catalog.is_multi_store());
    assert_eq!(catalog.default_store().id, "fast");
    assert!(catalog.find(STAGING_STORE).is_none(), "users do not see it");
    assert!(catalog.reserved(STAGING_STORE).is_some() && catalog.reserved(TASKS_STORE).is_some());
    let written = put(&catalog, "slow", body(&sample(10))).await.unwrap();
    assert_eq!(written.location.url, format!("file://{}/slow/image", root.path().display()));
    assert_eq!(written.location.store_id(), Some("slow"));
}

#[tokio::test]
async fn options_fall_back_to_the_section_for_all_backends() {
    let root = tempfile::tempdir().unwrap();
    let more =
        "[backend_defaults]\nfilesystem_store_file_perm = 600\nweight = 3\n[slow]\nfilesystem_store_file_perm = 644\n";
    let catalog = open(&several(&root, more)).unwrap();
    assert_eq!(catalog.find("web").unwrap().weight, 3);
    for (store, wanted) in [("fast", 0o600), ("slow", 0o644)] {
        use std::os::unix::fs::PermissionsExt;
        put(&catalog, store, body(&sample(1))).await.unwrap();
        let mode = fs::metadata(root.path().join(store).join("image")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, wanted, "{store}");
    }
}

#[tokio::test]
async fn without_enabled_backends_there_is_one_store_of_each_type() {
    let root = tempfile::tempdir().unwrap();
    let text = format!("[glance_store]\nfilesystem_store_datadir = {}\n", root.path().display());
    let catalog = open(&text).unwrap();
    assert!(!catalog.is_multi_store());
    assert_eq!(catalog.default_store().driver, Driver::File);
    let written = put(&catalog, "file", body(&sample(1))).await.unwrap();
    assert_eq!(written.location.store_id(), None);
    let mut named = written.location.clone();
    named.set_store_id("from-a-former-set-up");
    assert_eq!(catalog.size(&named).await.unwrap(), Some(1));
    let spelled = format!("{text}stores = filesystem, https\ndefault_store = filesystem\n");
    assert_eq!(open(&spelled).unwrap().stores().len(), 2);
}

#[test]
fn configurations_that_cannot_serve_are_refused_in_words() {
    let root = tempfile::tempdir().unwrap();
    let with = |from: &str, to: &str| several(&root, "").replace(from, to);
    let cases = [
        (with("default_backend = fast", ""), "default_backend"),
        (
            with("default_backend = fast", "default_backend = none"),
            "\"none\" is not configured; configured are: fast, slow, web",
        ),
        (with("fast:file", "fast:swift"), "driver swift is not available in this build"),
        (with("fast:file", "fast:files"), "no store type \"files\""),
        (with("slow:file", "os_glance_mine:file"), "reserved"),
        (with("weight = 10", "weight = ten"), "weight"),
        ("[glance_store]\nstores = http\n".to_owned(), "\"file\" is not configured"),
        ("[glance_store]\nstores = http\ndefault_store = gopher\n".to_owned(), "\"gopher\" is not configured"),
        ("[glance_store]\nstores = rbd\ndefault_store = rbd\n".to_owned(), "driver rbd is not available"),
        (
            "[glance_store]\nstores = http\ndefault_store = http\nhttps_ca_certificates_file = /none\n".to_owned(),
            "/none",
        ),
    ];
    for (text, reason) in cases {
        let error = open(&text).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}\n{text}");
    }
}

#[test]
fn a_store_that_cannot_run_is_left_out_when_it_is_not_the_default() {
    let root = tempfile::tempdir().unwrap();
    let text = several(&root, "").replace("slow:file", "slow:ceph").replace("web:http", "web:s3");
    let catalog = open(&text).unwrap();
    let ids: Vec<_> = catalog.stores().iter().map(|store| store.id.as_str()).collect();
    assert_eq!(ids, ["fast"]);
}

#[tokio::test]
async fn a_store_with_bad_options_is_kept_for_reading() {
    let root = tempfile::tempdir().unwrap();
    let at = put(&open(&several(&root, "")).unwrap(), "fast", body(&sample(9))).await.unwrap().location;
    let catalog = open(&several(&root, "[fast]\nfilesystem_store_file_perm = 7\n")).unwrap();
    assert_eq!(read(catalog.get(&at, None).await.unwrap()).await, sample(9));
    let error = put(&catalog, "fast", body(&sample(1))).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::StoreAddDisabled));
    let error = catalog.delete(&at).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::StoreDeleteNotSupported));
}

#[tokio::test]
async fn a_location_leads_to_its_store() {
    let root = tempfile::tempdir().unwrap();
    let catalog = open(&several(&root, "")).unwrap();
    let at = put(&catalog, "slow", body(&sample(5))).await.unwrap().location;
    let ids = |at: &Location| -> Vec<String> {
        catalog.candidates(at).unwrap().iter().map(|store| store.id.clone()).collect()
    };
    assert_eq!(ids(&at), ["slow"]);
    let unnamed = Location::new(at.url.as_str());
    assert_eq!(ids(&unnamed), ["fast", "slow"]);
    assert_eq!(catalog.size(&unnamed).await.unwrap(), Some(5), "the stores are tried in turn");
    let mut misnamed = unnamed.clone();
    misnamed.set_store_id("fast");
    let error = catalog.size(&misnamed).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::BadStoreUri { .. }));
    for (url, store) in
        [("rbd://a", None), ("FILE:///a", None), ("file:///a", Some("web")), ("file:///a", Some("gone")), ("", None)]
    {
        let mut stray = Location::new(url);
        if let Some(id) = store {
            stray.set_store_id(id);
        }
        let error = catalog.get(&stray, None).await.unwrap_err();
        assert!(matches!(error.kind(), StoreErrorKind::UnknownScheme { .. }), "{url} {store:?}");
    }
    catalog.delete(&unnamed).await.unwrap();
    assert!(catalog.delete(&at).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn locations_are_healed_and_sorted_by_weight() {
    let root = tempfile::tempdir().unwrap();
    let catalog = open(&several(&root, "")).unwrap();
    let base = root.path().display();
    let mut locations = [
        Location::new(format!("file://{base}/fast/a")),
        Location::new("https://host/a"),
        Location::new(format!("file://{base}/slow/a")),
        Location::new("rbd://a"),
    ];
    assert!(catalog.heal(&mut locations));
    assert!(!catalog.heal(&mut locations));
    catalog.sort_for_reading(&mut locations);
    let ids: Vec<_> = locations.iter().map(Location::store_id).collect();
    assert_eq!(ids, [Some("slow"), Some("web"), None, Some("fast")]);
}

#[tokio::test]
async fn recovery_clears_every_store() {
    let root = tempfile::tempdir().unwrap();
    let catalog = open(&several(&root, "")).unwrap();
    for folder in ["fast", "slow", "staging"] {
        fs::write(root.path().join(folder).join(".glance-image-0.part"), "x").unwrap();
    }
    assert_eq!(catalog.recover().await, 3);
    assert_eq!(catalog.recover().await, 0);
}

#[tokio::test]
async fn a_store_whose_folder_is_gone_is_unavailable() {
    let root = tempfile::tempdir().unwrap();
    let catalog = open(&several(&root, "")).unwrap();
    let all_there = tokio::spawn(async move { (catalog.unavailable().await.is_empty(), catalog) });
    let (all_there, catalog) = all_there.await.unwrap();
    assert!(all_there);
    fs::remove_dir(root.path().join("slow")).unwrap();
    let ids: Vec<_> = catalog.unavailable().await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["slow"]);
}
