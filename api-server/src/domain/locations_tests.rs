//! Every rule with its words.

use glance_common::model::{ImageId, ImageStatus, Timestamp, Visibility};
use serde_json::json;

use super::super::RefusalClass;
use super::*;

const QUOTAS: Quotas = Quotas { properties: 1, tags: 1, members: 1, locations: 2 };
const RULE: DigestRule = DigestRule { algorithm: "sha256", bytes: 32 };

fn image(status: ImageStatus, urls: &[&str]) -> Image {
    let location = |(row, url): (usize, &&str)| Location {
        id: i64::try_from(row).unwrap() + 1,
        url: (*url).to_owned(),
        metadata: LocationMetadata::new(),
        status: LocationStatus::Active,
    };
    Image {
        id: ImageId::generate(),
        name: None,
        status,
        visibility: Visibility::Shared,
        owner: None,
        size: None,
        virtual_size: None,
        disk_format: Some("raw".into()),
        container_format: Some("bare".into()),
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk: 0,
        min_ram: 0,
        protected: false,
        os_hidden: false,
        created_at: Timestamp::now(),
        updated_at: Timestamp::now(),
        deleted_at: None,
        deleted: false,
        properties: [].into(),
        tags: Vec::new(),
        locations: urls.iter().enumerate().map(location).collect(),
        membership: None,
        version: 1,
    }
}

fn given(url: &str) -> GivenLocation {
    GivenLocation { url: url.into(), metadata: LocationMetadata::new(), promised: Vec::new() }
}

fn promising(url: &str, promised: &[(&str, &str)]) -> GivenLocation {
    let promised = promised.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    GivenLocation { promised, ..given(url) }
}

fn add(at: Position, url: &str) -> LocationsOperation {
    LocationsOperation::Add { at, location: given(url) }
}

fn urls(image: &Image) -> Vec<&str> {
    image.locations.iter().map(|at| at.url.as_str()).collect()
}

/// B2: adding and replacing are for queued and active images, removing for active ones, and one location stays.
#[test]
fn b2_statuses_and_positions() {
    use ImageStatus::{Active, Deactivated, Queued, Saving};
    use LocationsOperation::{Remove, Replace};
    use Position::{At, End, Nowhere};
    let not = |verb: &str, status: &str| {
        Some((RefusalClass::Conflict, format!("It's not allowed to {verb} locations if image status is {status}.")))
    };
    let invalid = |text: &str| Some((RefusalClass::Invalid, text.to_owned()));
    let no_add = invalid("Invalid position for adding a location.");
    let no_remove = invalid("Invalid position for removing a location.");
    let over = "The limit has been exceeded on the number of allowed image locations. Attempted: 3, Maximum: 2";
    let over = Some((RefusalClass::OverLimit, over.to_owned()));
    let last = Some((RefusalClass::Forbidden, "Cannot remove last location in the image.".to_owned()));
    let table = [
        (Queued, 0, add(End, "c"), None),
        (Active, 1, add(At(0), "c"), None),
        (Active, 1, add(At(99), "c"), None),
        (Active, 1, add(Nowhere, "c"), no_add),
        (Active, 2, add(End, "c"), over.clone()),
        (Saving, 0, add(End, "c"), not("add", "saving")),
        (Deactivated, 1, add(End, "c"), not("add", "deactivated")),
        (Queued, 0, Replace(vec![given("c")]), None),
        (Queued, 0, Replace(vec![given("c"), given("d"), given("e")]), over),
        (Active, 2, Replace(vec![given("b"), given("a")]), None),
        (Active, 2, Replace(vec![given("b")]), invalid("Original locations is not empty")),
        (Saving, 0, Replace(vec![given("c")]), not("replace", "saving")),
        (Active, 2, Remove { at: At(1) }, None),
        (Active, 2, Remove { at: End }, None),
        (Active, 2, Remove { at: At(2) }, no_remove.clone()),
        (Active, 2, Remove { at: Nowhere }, no_remove.clone()),
        (Active, 1, Remove { at: At(0) }, last.clone()),
        (Active, 1, Remove { at: Nowhere }, last),
        (Active, 0, Remove { at: End }, no_remove),
        (Queued, 2, Remove { at: At(0) }, not("remove", "queued")),
    ];
    for (status, count, operation, wanted) in table {
        let image = image(status, &["a", "b"][..count]);
        let refusal = begin(&image, &operation, RULE, &QUOTAS).err().map(|refusal| (refusal.class, refusal.text));
        assert_eq!(refusal, wanted, "{status} {count} {operation:?}");
    }
}

#[test]
fn what_is_promised_of_the_data_has_to_fit() {
    let (sum, hash) = ("0".repeat(32), "f".repeat(64));
    let both = [("os_hash_algo", "sha256"), ("os_hash_value", hash.as_str())];
    let with = |key: &'static str, value: &str| {
        let mut all: Vec<(&str, String)> = both.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        all.retain(|(other, _)| *other != key);
        all.insert(0, (key, value.to_owned()));
        let all: Vec<(&str, &str)> = all.iter().map(|(key, value)| (*key, value.as_str())).collect();
        promising("c", &all)
    };
    let queued = image(ImageStatus::Queued, &[]);
    let active = image(ImageStatus::Active, &["a"]);
    let known = Image { os_hash_algo: Some("sha256".into()), os_hash_value: Some(hash.clone()), ..active.clone() };
    let (short, odd) = ("f".repeat(62), "f".repeat(63));
    let table = [
        (&queued, with("checksum", &sum), String::new()),
        (&known, promising("c", &both), String::new()),
        (&known, with("os_hash_value", &short), "os_hash_value is already set with a different value".into()),
        (
            &active,
            with("checksum", &sum),
            "New value(s) for checksum, os_hash_algo, os_hash_value may only be provided when image status is 'queued'"
                .into(),
        ),
        (
            &queued,
            with("checksum", &"g".repeat(32)),
            format!("checksum ({}) is not a valid hexadecimal value", "g".repeat(32)),
        ),
        (&queued, with("checksum", "00"), "checksum (00) is not the correct size for md5 (should be 16 bytes)".into()),
        (&queued, with("os_hash_algo", "md5"), "os_hash_algo must be sha256, not md5".into()),
        (&queued, with("os_hash_value", "xx"), "os_hash_value (xx) is not a valid hexadecimal value".into()),
        (&queued, with("os_hash_value", &odd), format!("os_hash_value ({odd}) is not a valid hexadecimal value")),
        (
            &queued,
            with("os_hash_value", &short),
            format!("os_hash_value ({short}) is not the correct size for sha256 (should be 32 bytes)"),
        ),
    ];
    for (image, location, text) in table {
        let operation = LocationsOperation::Add { at: Position::End, location };
        let refusal = begin(image, &operation, RULE, &QUOTAS).err();
        assert!(refusal.as_ref().is_none_or(|refusal| refusal.class == RefusalClass::Conflict));
        assert_eq!(refusal.map(|refusal| refusal.text).unwrap_or_default(), text);
    }
    let disagree = vec![promising("c", &both), with("os_hash_value", &short)];
    let refusal = begin(&queued, &LocationsOperation::Replace(disagree), RULE, &QUOTAS).err();
    assert_eq!(refusal.map(|refusal| refusal.text).as_deref(), Some("Conflicting values for os_hash_value"));
}

#[test]
fn the_first_location_makes_a_queued_image_active() {
    let mut queued = image(ImageStatus::Queued, &[]);
    super::add(&mut queued, Position::End, &given("a"), 7).unwrap();
    assert_eq!((queued.status, queued.size, urls(&queued)), (ImageStatus::Active, Some(7), vec!["a"]));
    super::add(&mut queued, Position::At(0), &given("b"), 7).unwrap();
    assert_eq!(urls(&queued), ["b", "a"]);
    let text = |refusal: Result<(), Refusal>| refusal.map_err(|refusal| refusal.text);
    let twice = super::add(&mut queued, Position::End, &given("a"), 7);
    assert_eq!(text(twice), Err("The location a already exists".into()));
    let other = super::add(&mut queued, Position::End, &given("c"), 8);
    assert_eq!(text(other), Err("Invalid location".into()), "other bytes");
    let mut raw = Image { disk_format: None, ..image(ImageStatus::Queued, &[]) };
    let unset = "Property disk_format must be set prior to saving data.";
    assert_eq!(text(super::add(&mut raw, Position::End, &given("a"), 7)), Err(unset.into()));
}

#[test]
fn a_new_list_keeps_the_rows_of_its_places() {
    let mut active = Image { size: Some(7), ..image(ImageStatus::Active, &["a", "b"]) };
    let metadata = json!({"k": "v"}).as_object().cloned().unwrap();
    let list = [GivenLocation { metadata: metadata.clone(), ..given("b") }, given("a")];
    replace(&mut active, &list, &[]).unwrap();
    let rows: Vec<_> = active.locations.iter().map(|at| (at.id, at.url.as_str())).collect();
    assert_eq!((rows, active.locations[0].metadata.clone()), (vec![(2, "b"), (1, "a")], metadata));
    let mut queued = image(ImageStatus::Queued, &[]);
    replace(&mut queued, &[given("a"), given("b")], &[7, 7]).unwrap();
    assert_eq!((queued.status, queued.size), (ImageStatus::Active, Some(7)));
    let refused = |list: &[GivenLocation], sizes: &[i64]| {
        replace(&mut image(ImageStatus::Queued, &[]), list, sizes).unwrap_err().text
    };
    assert_eq!(refused(&[given("a"), given("a")], &[7, 7]), "The location a already exists");
    assert_eq!(refused(&[given("a"), given("b")], &[7, 8]), "Invalid location");
}

#[test]
fn metadata_holds_texts_lists_and_objects() {
    let check = |value: Value| check_metadata(value.as_object().unwrap()).map_err(|refusal| refusal.text);
    assert_eq!(check(json!({"a": "b", "c": ["d", {"e": "f"}]})), Ok(()));
    for value in [json!({"a": {"k": 1}}), json!({"k": null}), json!({"k": [true]})] {
        assert!(check(value).unwrap_err().contains("metadata key k "));
    }
}
