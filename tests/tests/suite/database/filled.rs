//! A database that the reference made and filled is served as the reference serves it.

use glance_tests::{Cloud, Engine, golden, on_every_database, scenario, schema};
use serde_json::json;

fn answers_are_the_references(engine: Engine) {
    let cloud = Cloud::builder().database(engine).filled().like_the_reference().start();
    let scenario = scenario::load("database/read");
    let golden = golden::load(&format!("database/read.{}", engine.name()));
    let answers = scenario::run(&scenario, &cloud.api_address(), cloud.path());
    let differences = golden::compare(&scenario, &golden, &answers);
    assert!(differences.is_empty(), "{}\n{} differ", differences.join("\n"), differences.len());
}

fn serving_leaves_the_schema_alone(engine: Engine) {
    let cloud = Cloud::builder().database(engine).filled().start();
    let path = golden::folder().join(format!("schema/{}.json", engine.name()));
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted: schema::Schema = serde_json::from_str(&text).unwrap_or_default();
    assert_eq!(schema::differences(&wanted, &schema::dump(&cloud.database)), Vec::<String>::new());
}

/// Rows written by the reference can be changed: children are revived, not doubled.
fn rows_of_the_reference_can_be_changed(engine: Engine) {
    let cloud = Cloud::builder().database(engine).filled().start();
    let owner = cloud.as_member("p1");
    let image = "/v2/images/00000008-0000-4000-8000-000000000000";
    let changes = json!([
        {"op": "add", "path": "/bar", "value": "revived"},
        {"op": "remove", "path": "/foo"},
        {"op": "replace", "path": "/name", "value": "changed by us"},
        {"op": "replace", "path": "/tags", "value": ["only"]},
    ]);
    let changed = owner.patch(image, &changes).send().expect(200).json();
    assert_eq!(changed["bar"], "revived");
    assert_eq!(changed["tags"], json!(["only"]));
    assert!(changed.get("foo").is_none());
    let mut session = cloud.database.session();
    let id = "image_id = '00000008-0000-4000-8000-000000000000'";
    assert_eq!(session.count("image_properties", &format!("{id} AND name = 'bar'")), 1);

    owner.delete("/v2/images/00000001-0000-4000-8000-000000000000").send().expect(204);
    let id = "image_id = '00000001-0000-4000-8000-000000000000'";
    let live = format!("{id} AND NOT (deleted IN ({}))", if engine == Engine::Postgres { "true" } else { "1" });
    for child in ["image_properties", "image_tags", "image_locations"] {
        assert_eq!(session.count(child, &live), 0, "{child}");
    }
    let left: Vec<String> = cloud.stored_files("fast");
    assert!(!left.iter().any(|path| path.contains("00000001-")), "{left:?}");
}

on_every_database! {
    filled_database_reads_the_same => answers_are_the_references;
    filled_database_keeps_its_schema => serving_leaves_the_schema_alone;
    filled_database_can_be_changed => rows_of_the_reference_can_be_changed;
}
