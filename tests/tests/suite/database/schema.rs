//! The schema that we create is the one that the reference creates.

use glance_tests::{Cloud, Engine, Must, golden, on_every_database, schema};

fn created_schema_is_the_references(engine: Engine) {
    let cloud = Cloud::builder().database(engine).start();
    let found = schema::dump(&cloud.database);
    let path = golden::folder().join(format!("schema/{}.json", engine.name()));
    let wanted: schema::Schema =
        serde_json::from_str(&std::fs::read_to_string(&path).must(path.display())).must(path.display());
    let differences = schema::differences(&wanted, &found);
    assert!(differences.is_empty(), "- wanted, + ours\n{}", differences.join("\n"));
}

fn starting_again_changes_nothing(engine: Engine) {
    let mut cloud = Cloud::builder().database(engine).start();
    let before = schema::dump(&cloud.database);
    cloud.kill(glance_tests::cloud::Service::Registry);
    cloud.start(glance_tests::cloud::Service::Registry);
    assert_eq!(schema::differences(&before, &schema::dump(&cloud.database)), Vec::<String>::new());
}

on_every_database! {
    schema_is_the_references => created_schema_is_the_references;
    second_start_keeps_the_schema => starting_again_changes_nothing;
}
