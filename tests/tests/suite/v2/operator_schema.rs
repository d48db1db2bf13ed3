//! Properties that the operator declares in `schema-image.json`: published, checked, nullable, required.

use std::time::Duration;

use glance_tests::cloud::Service;
use glance_tests::process::Signal;
use glance_tests::{Client, Cloud, Engine, NewImage, eventually, on_every_database};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const UUID: &str = "^([0-9a-f]){8}-([0-9a-f]){4}-([0-9a-f]){4}-([0-9a-f]){4}-([0-9a-f]){12}$";

/// What most clouds declare, and more.
fn flat() -> Value {
    json!({
        "kernel_id": {"type": ["null", "string"], "pattern": UUID, "description": "kernel"},
        "architecture": {"type": "string"},
        "policy": {"type": "string", "enum": ["on_image_deletion", "do_not_delete"]},
        "cores": {"type": "integer"},
    })
}

/// A running cloud with this schema file beside the configuration.
fn declaring(engine: Engine, schema: &Value) -> Cloud {
    Cloud::builder().database(engine).file("schema-image.json", &schema.to_string()).start()
}

fn write(cloud: &Cloud, schema: &Value) {
    std::fs::write(cloud.path().join("schema-image.json"), schema.to_string()).expect("a schema file");
}

/// First line of the explanation of a refused creation.
fn refused(client: &Client, image: &Value) -> String {
    let text = client.post("/v2/images", image).send().expect(400).text();
    let (_, after) = text.split_once("does not match schema 'image': ").expect(&text);
    after.lines().next().unwrap_or_default().trim_end_matches("<br /><br />").to_owned()
}

fn null_is_a_value_where_it_is_declared(engine: Engine) {
    let cloud = declaring(engine, &flat());
    let owner = cloud.as_member("p1");
    let id = NewImage::default().with("kernel_id", Value::Null).with("cores", 4).create(&owner);
    let path = format!("/v2/images/{id}");
    assert_eq!((&owner.show(&id)["kernel_id"], &owner.show(&id)["cores"]), (&Value::Null, &json!("4")));
    let kernel = "0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b";
    for value in [json!(kernel), Value::Null] {
        let change = json!([{"op": "replace", "path": "/kernel_id", "value": value}]);
        assert_eq!(owner.patch(&path, &change).send().expect(200).json()["kernel_id"], value);
        let list = owner.get("/v2/images").send().expect(200).json();
        assert_eq!(list["images"][0]["kernel_id"], value);
    }
    let other = json!([{"op": "add", "path": "/undeclared", "value": null}]);
    owner.patch(&path, &other).send().expect(400);
}

on_every_database! {
    nullable => null_is_a_value_where_it_is_declared;
}

#[test]
fn declared_properties_are_published_and_checked() {
    let cloud = declaring(Engine::Sqlite, &flat());
    let owner = cloud.as_member("p1");
    let document = owner.get("/v2/schemas/image").send().expect(200).json();
    let properties = document["properties"].as_object().expect("properties");
    let last: Vec<&String> = properties.keys().skip(25).collect();
    assert_eq!(last, ["kernel_id", "architecture", "policy", "cores"]);
    assert_eq!(properties["architecture"], json!({"type": "string", "is_base": false}));
    assert_eq!(document.get("required"), None);
    let list = owner.get("/v2/schemas/images").send().expect(200).json();
    assert_eq!(list["properties"]["images"]["items"], document);

    let table = [
        (json!({"kernel_id": "nope"}), format!("'nope' does not match '{UUID}'")),
        (json!({"kernel_id": 5}), "5 is not of type 'null', 'string'".to_owned()),
        (json!({"architecture": null}), "None is not of type 'string'".into()),
        (json!({"policy": "x"}), "'x' is not one of ['on_image_deletion', 'do_not_delete']".into()),
        (json!({"cores": "4"}), "'4' is not of type 'integer'".into()),
        (json!({"undeclared": null}), "None is not of type 'string'".into()),
    ];
    for (image, reason) in table {
        assert_eq!(refused(&owner, &image), reason);
    }
    let id = NewImage::default().create(&owner);
    let change = json!([{"op": "add", "path": "/policy", "value": "x"}]);
    owner.patch(&format!("/v2/images/{id}"), &change).send().expect(400);
}

#[test]
fn required_properties_hold_for_the_image_and_not_for_each_operation() {
    let schema = json!({
        "properties": {"architecture": {"type": "string"}, "os_distro": {"type": "string"}},
        "required": ["architecture", "name"],
    });
    let mut cloud = Cloud::builder().start();
    let owner = cloud.as_member("p1");
    let old = NewImage::default().create(&owner);
    write(&cloud, &schema);
    cloud.process(Service::Api).signal(Signal::Hangup);
    let required = || owner.get("/v2/schemas/image").send().expect(200).json()["required"].clone();
    eventually(SOON, "the new schema", || (required() == json!(["architecture", "name"])).then_some(()));

    assert_eq!(refused(&owner, &json!({"name": "a"})), "'architecture' is a required property");
    assert_eq!(refused(&owner, &json!({"architecture": "x"})), "'name' is a required property");
    let id = NewImage::default().with("architecture", "x").create(&owner);
    let patch = |id: &str, operations: Value| owner.patch(&format!("/v2/images/{id}"), &operations).send();
    patch(&id, json!([{"op": "add", "path": "/os_distro", "value": "debian"}])).expect(200);
    patch(&id, json!([{"op": "replace", "path": "/name", "value": null}])).expect(200);
    let text = patch(&id, json!([{"op": "remove", "path": "/architecture"}])).expect(400).text();
    assert!(text.contains("Provided object does not match schema 'image': 'architecture' is a required"), "{text}");
    let swap = [("remove", None), ("add", Some("y"))];
    let swap = swap.map(|(op, value)| json!({"op": op, "path": "/architecture", "value": value}));
    patch(&id, json!(swap)).expect(200);
    // An image from before is brought up to date together with the next change.
    let rename = json!({"op": "replace", "path": "/name", "value": "b"});
    patch(&old, json!([rename])).expect(400);
    patch(&old, json!([rename, {"op": "add", "path": "/architecture", "value": "z"}])).expect(200);
    owner.delete(&format!("/v2/images/{old}")).send().expect(204);
}

#[test]
fn a_broken_schema_stops_the_start_and_a_reload_keeps_the_old_one() {
    let mut cloud = declaring(Engine::Sqlite, &flat());
    let owner = cloud.as_member("p1");
    let unusable = [
        (json!({"min_ram": {"type": "string"}}), "min_ram belongs to every image"),
        (json!({"a": {"type": "nonsense"}}), "the definition of a is no JSON schema"),
        (json!([]), "it is no object"),
    ];
    for (at, (schema, _)) in unusable.iter().enumerate() {
        write(&cloud, schema);
        cloud.process(Service::Api).signal(Signal::Hangup);
        let kept = || cloud.log(Service::Api).matches("the old schema of images stays in force").count() == at + 1;
        eventually(SOON, "a reload", || kept().then_some(()));
        owner.post("/v2/images", &json!({"policy": "x"})).send().expect(400);
    }
    for (schema, said) in unusable {
        write(&cloud, &schema);
        cloud.kill(Service::Api);
        cloud.launch(Service::Api);
        let ended = cloud.process(Service::Api).wait(SOON).expect("an end");
        let log = cloud.log(Service::Api);
        assert!(ended.code() == Some(1) && log.contains(said), "{ended}: {log}");
    }
}
