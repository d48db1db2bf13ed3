//! Old image maps, good and bad.

use super::*;

const ID: &str = "0d4a9a5b-1c2d-4e5f-8a9b-0c1d2e3f4a5b";

fn created(image: &str) -> Result<NewImage, String> {
    new_image(format!("{{\"image\": {image}}}").as_bytes(), true, Some("p")).map_err(|error| shown(&error))
}

fn changed(image: &str) -> Result<ImageUpdate, String> {
    update(format!("{{\"image\": {image}}}").as_bytes(), true, false).map_err(|error| shown(&error))
}

fn shown(error: &V1Error) -> String {
    match error {
        V1Error::Fault(fault) => format!("{fault:?}"),
        other => other.to_string(),
    }
}

#[test]
fn an_empty_map_is_an_active_image_of_the_caller() {
    let new = created("{}").unwrap();
    assert_eq!(
        (new.status, new.visibility, new.owner.as_deref()),
        (ImageStatus::Active, Visibility::Shared, Some("p"))
    );
    assert_eq!((new.id, new.size, new.min_ram, new.locations), (None, None, 0, vec![]));
    let change = changed("{}").unwrap();
    assert_eq!(change, ImageUpdate::default());
}

#[test]
fn what_is_known_is_read_and_the_rest_ignored() {
    let text = format!(
        r#"{{"id": "{ID}", "name": "é", "status": "queued", "is_public": true, "size": "5", "virtual_size": 7.0,
            "min_ram": null, "min_disk": 2147483647, "protected": "True", "owner": "", "checksum": "c",
            "disk_format": "raw", "container_format": null, "created_at": "2010-02-03T04:05:06.5", "type": "kernel",
            "deleted": true, "deleted_at": 7, "properties": {{"a": "b", "n": 5, "t": true, "z": null}}}}"#
    );
    let new = created(&text).unwrap();
    assert_eq!(new.id.as_ref().map(ImageId::as_str), Some(ID));
    assert_eq!((new.status, new.visibility, new.protected), (ImageStatus::Queued, Visibility::Public, true));
    assert_eq!((new.size, new.virtual_size, new.min_ram, new.min_disk), (Some(5), Some(7), 0, i32::MAX));
    assert_eq!((new.owner.as_deref(), new.disk_format.as_deref(), new.container_format), (Some(""), Some("raw"), None));
    assert_eq!(new.created_at.map(|time| time.to_string()).as_deref(), Some("2010-02-03T04:05:06.500000Z"));
    let properties: Vec<_> = new.properties.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(properties, [("a", Some("b")), ("n", Some("5")), ("t", Some("1")), ("z", None)]);
}

#[test]
fn owners_are_named_by_administrators_only() {
    let table = [
        (true, r#"{"owner": "o"}"#, Some("o")),
        (true, r#"{"owner": null}"#, None),
        (true, "{}", Some("p")),
        (false, r#"{"owner": "o"}"#, Some("p")),
        (false, r#"{"owner": null}"#, Some("p")),
    ];
    for (is_admin, image, expected) in table {
        let body = format!("{{\"image\": {image}}}");
        let new = new_image(body.as_bytes(), is_admin, Some("p")).unwrap();
        assert_eq!(new.owner.as_deref(), expected, "{image} {is_admin}");
        let change = update(body.as_bytes(), is_admin, true).unwrap();
        assert_eq!(change.set.owner.is_keep(), !is_admin || image == "{}", "{image} {is_admin}");
        assert!(change.properties.purge);
    }
}

#[test]
fn an_update_may_name_the_status_it_comes_from() {
    let from = |state: &str| {
        let body = format!("{{\"image\": {{}}, \"from_state\": {state}}}");
        update(body.as_bytes(), false, false).map(|update| update.from).map_err(|error| shown(&error))
    };
    assert_eq!(from("\"saving\""), Ok(vec![ImageStatus::Saving]));
    assert_eq!(from("null"), Ok(vec![]));
    assert_eq!(from("\"\""), Ok(vec![]));
    assert!(from("\"melted\"").unwrap_err().contains("Invalid image status 'melted'"));
    assert!(from("5").unwrap_err().contains("'from_state' must be a status."));
}

#[test]
fn visibility_comes_in_two_forms() {
    let table = [
        (r#"{"is_public": false}"#, Patch::Set(Visibility::Shared)),
        (r#"{"is_public": "1"}"#, Patch::Set(Visibility::Public)),
        (r#"{"is_public": null}"#, Patch::Keep),
        (r#"{"visibility": "community"}"#, Patch::Set(Visibility::Community)),
        (r#"{"visibility": null, "is_public": true}"#, Patch::Set(Visibility::Public)),
    ];
    for (image, expected) in table {
        assert_eq!(changed(image).unwrap().set.visibility, expected, "{image}");
    }
}

#[test]
fn locations_are_merged_by_url() {
    let merged = |image: &str| {
        let list = created(image).unwrap().locations;
        list.into_iter()
            .map(|found| format!("{} {:?} {} {}", found.url, found.id, found.status, found.metadata.len()))
            .collect::<Vec<_>>()
    };
    let table: [(&str, &[&str]); 6] = [
        (r#"{"location": "u"}"#, &["u None active 0"]),
        (r#"{"location": null, "location_data": []}"#, &[]),
        (r#"{"locations": ["a", "b", "a"]}"#, &["a None active 0", "b None active 0"]),
        (r#"{"location": "u", "locations": ["x"]}"#, &["u None active 0"]),
        (
            r#"{"locations": ["b", "a"], "location_data": [{"url": "c"},
                {"url": "a", "id": 7, "metadata": {"x": 1}, "status": "pending_delete"}]}"#,
            &["b None active 0", "a Some(7) pending_delete 1", "c None active 0"],
        ),
        (r#"{"location_data": [{"url": "a", "id": 1}, {"url": "a", "id": 2}]}"#, &["a Some(2) active 0"]),
    ];
    for (image, expected) in table {
        assert_eq!(merged(image), expected, "{image}");
    }
    assert_eq!(changed(r#"{"location_data": []}"#).unwrap().locations, None, "an empty list says nothing");
    let change = changed(r#"{"location": "u"}"#).unwrap().locations;
    assert!(matches!(change, Some(LocationsChange::Replace(list)) if list.len() == 1));
}

#[test]
fn bad_maps_are_refused_by_name() {
    let out_of_range = "'min_ram' value out of range, must not exceed 2147483647.";
    let table = [
        (r#"{"status": "nope"}"#, "Invalid image status 'nope' for image."),
        (r#"{"status": null}"#, "Invalid image status 'None' for image."),
        (r#"{"min_ram": 2147483648}"#, out_of_range),
        (r#"{"min_ram": "99999999999999999999"}"#, out_of_range),
        (r#"{"min_ram": 1e300}"#, out_of_range),
        (r#"{"min_ram": 9223372036854775808}"#, out_of_range),
        (r#"{"min_ram": -1}"#, "'min_ram' must not be negative."),
        (r#"{"min_ram": ""}"#, "'min_ram' must be an integer."),
        (r#"{"min_disk": true}"#, "'min_disk' must be an integer."),
        (r#"{"size": 1.5}"#, "'size' must be an integer."),
        (r#"{"size": "nan"}"#, "'size' must be an integer."),
        (r#"{"size": 9223372036854775808}"#, "'size' value out of range"),
        (r#"{"size": -9223372036854775809}"#, "'size' must"),
        (r#"{"name": 5}"#, "'name' must be a text."),
        (r#"{"protected": "maybe"}"#, "'protected' must be true or false."),
        (r#"{"is_public": {}}"#, "'is_public' must be true or false."),
        (r#"{"is_public": true, "visibility": "public"}"#, "both 'visibility' and 'is_public'"),
        (r#"{"visibility": "secret"}"#, "Invalid visibility 'secret'"),
        (r#"{"properties": []}"#, "'properties' must be an object."),
        (r#"{"properties": {"a": {}}}"#, "The value of the property 'a' must be a text."),
        (r#"{"location": 5}"#, "'location' must be a URL"),
        (r#"{"locations": "u"}"#, "'locations' a list of URLs"),
        (r#"{"locations": [5]}"#, "a location must be a URL."),
        (r#"{"location_data": {}}"#, "'location_data' must be a list."),
        (r#"{"location_data": [5]}"#, "no good 'url'"),
        (r#"{"location_data": [{"url": "u", "id": "x"}]}"#, "no good 'id'"),
        (r#"{"location_data": [{"url": "u", "metadata": 5}]}"#, "no good 'metadata'"),
        (r#"{"location_data": [{"url": "u", "status": "gone"}]}"#, "no good 'status'"),
    ];
    for (image, text) in table {
        for (done, prefix) in [
            (created(image).map(drop), "Failed to add image metadata. Got error: "),
            (changed(image).map(drop), "Failed to update image metadata. Got error: "),
        ] {
            let refusal = done.unwrap_err();
            let good = refusal.contains("status: 400") && refusal.contains(prefix) && refusal.contains(text);
            assert!(good, "{image}: {refusal}");
        }
    }
    for time in ["", "yesterday"] {
        let refusal = created(&format!(r#"{{"created_at": "{time}"}}"#)).unwrap_err();
        assert!(refusal.contains("Invalid time format for created_at."), "{refusal}");
    }
    for id in ["\"x\"", "5", "\"../../etc/passwd\""] {
        assert!(created(&format!(r#"{{"id": {id}}}"#)).unwrap_err().contains("Invalid image id format"), "{id}");
    }
}

#[test]
fn bodies_that_are_no_image_are_refused() {
    let table = [
        ("", "Malformed JSON"),
        ("{", "Malformed JSON"),
        ("\u{feff}{}", "Malformed JSON"),
        ("[]", "Unexpected body type"),
        ("null", "Unexpected body type"),
        ("{}", "with the object 'image'"),
        (r#"{"image": []}"#, "with the object 'image'"),
        (r#"{"image": null}"#, "with the object 'image'"),
    ];
    for (body, text) in table {
        for error in [
            new_image(body.as_bytes(), true, None).map(drop).unwrap_err(),
            update(body.as_bytes(), true, false).map(drop).unwrap_err(),
        ] {
            assert!(shown(&error).contains(text), "{body}: {error:?}");
        }
    }
    let deep = format!("{{\"image\": {{\"x\": {}{}}}}}", "[".repeat(300), "]".repeat(300));
    assert!(shown(&new_image(deep.as_bytes(), true, None).unwrap_err()).contains("Malformed JSON"));
}
