//! Tests of the views.

use glance_common::config::Config;
use glance_common::model::{ImageId, LocationStatus, Visibility};
use serde_json::{Value, json};

use super::*;
use crate::domain::FormatLists;

const ID: &str = "0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b";

fn catalog(multi_store: bool, folder: &std::path::Path) -> StoreCatalog {
    let folder = folder.display();
    let text = if multi_store {
        format!(
            "[DEFAULT]\nenabled_backends = fast:file, slow:file\n[glance_store]\ndefault_backend = fast\n\
             [fast]\nfilesystem_store_datadir = {folder}/fast\n\
             [slow]\nfilesystem_store_datadir = {folder}/slow\nweight = 5\n\
             [os_glance_staging_store]\nfilesystem_store_datadir = {folder}/staging\n\
             [os_glance_tasks_store]\nfilesystem_store_datadir = {folder}/tasks\n"
        )
    } else {
        format!("[glance_store]\nfilesystem_store_datadir = {folder}/one\n")
    };
    StoreCatalog::open(&Config::from_text(&text).unwrap()).unwrap()
}

fn sample() -> Image {
    let time = Timestamp::parse_rfc3339("2026-01-02T03:04:05.999999Z").unwrap();
    let properties = [("foo", Some("bär")), ("old", None), ("name", Some("x")), ("os_glance_stage_host", Some("h"))];
    let location = |id: i64, store: &str, status| glance_common::model::Location {
        id,
        url: format!("file:///{store}/{ID}"),
        metadata: json!({"store": store}).as_object().unwrap().clone(),
        status,
    };
    Image {
        id: ImageId::parse(ID).unwrap(),
        name: Some("a".into()),
        status: ImageStatus::Active,
        visibility: Visibility::Shared,
        owner: Some("p1".into()),
        size: Some(3),
        virtual_size: None,
        disk_format: Some("raw".into()),
        container_format: Some("bare".into()),
        checksum: Some("902fbdd2b1df0c4f70b4a5d23525e932".into()),
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: 0,
        min_ram: 0,
        protected: false,
        os_hidden: false,
        created_at: time,
        updated_at: time,
        deleted_at: None,
        deleted: false,
        properties: properties.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).into(),
        tags: vec!["t".into()],
        locations: vec![
            location(1, "fast", LocationStatus::Active),
            location(2, "slow", LocationStatus::Active),
            location(3, "gone", LocationStatus::PendingDelete),
        ],
        membership: None,
        version: 1,
    }
}

fn plain_schema() -> ImageSchema {
    ImageSchema::plain(FormatLists { disk: Vec::new(), container: Vec::new() })
}

fn view(image: &Image, catalog: &StoreCatalog, all: bool, to_admin: bool) -> Value {
    let schema = plain_schema();
    let shown = Shown { direct_url: all, locations: all, stores: catalog, schema: &schema, to_admin };
    serde_json::from_slice(&super::image(image, shown).unwrap()).unwrap()
}

#[test]
fn an_image_is_written_in_the_order_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(false, folder.path());
    let schema = plain_schema();
    let shown = Shown { direct_url: false, locations: false, stores: &catalog, schema: &schema, to_admin: false };
    let text = String::from_utf8(super::image(&sample(), shown).unwrap()).unwrap();
    let wanted = concat!(
        r#"{"foo":"bär","old":"","name":"a","disk_format":"raw","container_format":"bare","visibility":"shared","#,
        r#""size":3,"virtual_size":null,"status":"active","checksum":"902fbdd2b1df0c4f70b4a5d23525e932","#,
        r#""protected":false,"min_ram":0,"min_disk":0,"owner":"p1","os_hidden":false,"os_hash_algo":null,"#,
        r#""os_hash_value":null,"id":"0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b","created_at":"2026-01-02T03:04:05Z","#,
        r#""updated_at":"2026-01-02T03:04:05Z","tags":["t"],"#,
        r#""self":"/v2/images/0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b","#,
        r#""file":"/v2/images/0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b/file","schema":"/v2/schemas/image"}"#,
    );
    assert_eq!(text, wanted);
}

#[test]
fn nulls_are_shown_where_the_operator_declares_the_property() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(false, folder.path());
    let formats = FormatLists { disk: Vec::new(), container: Vec::new() };
    let text = r#"{"old": {"type": ["null", "string"]}, "foo": {"type": "string"}}"#;
    let schema = ImageSchema::read(formats, &serde_json::Map::new(), text).unwrap();
    let shown = Shown { direct_url: false, locations: false, stores: &catalog, schema: &schema, to_admin: false };
    let seen: Value = serde_json::from_slice(&super::image(&sample(), shown).unwrap()).unwrap();
    assert_eq!((&seen["old"], &seen["foo"]), (&Value::Null, &json!("bär")));
}

#[test]
fn locations_are_shown_as_configured_heaviest_store_first() {
    let folder = tempfile::tempdir().unwrap();
    let many = catalog(true, folder.path());
    let shown = view(&sample(), &many, true, false);
    let slow = json!({"url": format!("file:///slow/{ID}"), "metadata": {"store": "slow"}});
    let fast = json!({"url": format!("file:///fast/{ID}"), "metadata": {"store": "fast"}});
    assert_eq!(shown["locations"], json!([slow, fast]));
    assert_eq!(shown["direct_url"], slow["url"]);
    assert_eq!(shown["stores"], "slow,fast");
    let plain = view(&sample(), &many, false, false);
    assert_eq!((plain.get("locations"), plain.get("direct_url")), (None, None));
    assert_eq!(plain["stores"], "slow,fast");
}

#[test]
fn locations_of_deactivated_images_are_for_administrators() {
    let folder = tempfile::tempdir().unwrap();
    let many = catalog(true, folder.path());
    let deactivated = Image { status: ImageStatus::Deactivated, ..sample() };
    let hidden = view(&deactivated, &many, true, false);
    assert_eq!(hidden["locations"], json!([]));
    assert_eq!((hidden.get("direct_url"), hidden.get("stores")), (None, None));
    assert_eq!(view(&deactivated, &many, true, true)["stores"], "slow,fast");
}

#[test]
fn pages_link_to_the_first_and_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = catalog(false, folder.path());
    let schema = plain_schema();
    let shown = Shown { direct_url: false, locations: false, stores: &catalog, schema: &schema, to_admin: false };
    let page = |query: &str, images: &[Image], more: bool| -> Value {
        let pairs = glance_common::http::query::parse(query).unwrap();
        serde_json::from_slice(&super::images(images, &pairs, more, shown).unwrap()).unwrap()
    };
    let empty = page("", &[], true);
    assert_eq!(empty, json!({"images": [], "first": "/v2/images", "schema": "/v2/schemas/images"}));
    let full = page("tag=a&tag=b+c&marker=x&created_at=gt:1,2", &[sample()], true);
    assert_eq!(full["first"], "/v2/images?tag=a&tag=b+c&created_at=gt%3A1%2C2");
    assert_eq!(full["next"], format!("/v2/images?tag=a&tag=b+c&created_at=gt%3A1%2C2&marker={ID}"));
    assert_eq!(page("limit=1", &[sample()], false).get("next"), None);
}
