//! The served description says what is served: its paths against the route table, its schemas against the types.

use std::collections::{BTreeMap, BTreeSet};

use glance_common::model::{
    Image, ImageId, ImageStatus, Location, LocationStatus, MemberStatus, Membership, Timestamp, Visibility,
};
use glance_common::registry_api::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::ROUTES;
use super::service::OPENAPI;

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

#[test]
fn paths_are_those_of_the_route_table() {
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        described.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let served: BTreeSet<_> = ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(described, served);
}

#[test]
fn every_operation_names_its_path_parameters_and_changes_take_a_key() {
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named: BTreeSet<_> =
                parameters.iter().filter(|p| p["in"] == "path").map(|p| p["name"].to_string()).collect();
            let in_path: BTreeSet<_> =
                path.split('{').skip(1).map(|part| json!(part.split('}').next()).to_string()).collect();
            assert_eq!(named, in_path, "{method} {path}");
            let keyed = parameters.iter().any(|p| p["$ref"] == "#/components/parameters/RequestKey");
            assert_eq!(keyed, method != "get" && !path.ends_with("/search"), "{method} {path}");
        }
    }
}

#[test]
fn words_are_those_of_the_types() {
    fn words<T: Serialize>(all: &[T]) -> Value {
        serde_json::to_value(all).unwrap()
    }
    let schemas = &document()["components"]["schemas"];
    let table = [
        ("ImageStatus", words(ImageStatus::ALL)),
        ("Visibility", words(Visibility::ALL)),
        ("LocationStatus", words(LocationStatus::ALL)),
        ("MemberStatus", words(MemberStatus::ALL)),
        ("Direction", words(&[Direction::Asc, Direction::Desc])),
        ("DeletedFilter", words(&[DeletedFilter::Live, DeletedFilter::Deleted, DeletedFilter::Any])),
    ];
    for (name, expected) in table {
        assert_eq!(schemas[name]["enum"], expected, "{name}");
    }
    for word in schemas["ErrorCode"]["enum"].as_array().unwrap() {
        assert!(serde_json::from_value::<ErrorCode>(word.clone()).is_ok(), "{word}");
    }
}

/// Examples that have every field, by the name of their schema; several where a type has several forms.
fn examples() -> Vec<(&'static str, Value)> {
    fn example<T: Serialize>(name: &'static str, value: T) -> (&'static str, Value) {
        (name, serde_json::to_value(value).unwrap())
    }
    let mut all = vec![
        example("ServiceInfo", ServiceInfo { protocol: 3, schema_revision: "r".into(), version: "v".into() }),
        example("ImageList", ImageList { images: vec![image()] }),
        example("Image", image()),
        example("Location", image().locations.remove(0)),
        example("Membership", image().membership.unwrap()),
        example("NewImage", new_image()),
        example("NewLocation", new_location()),
        example("ImageUpdate", update()),
        example("ImageUpdate", ImageUpdate { locations: Some(LocationsChange::Replace(vec![])), ..update() }),
        example("ImageFields", update().set),
        example("PropertiesChange", update().properties),
        example(
            "ImageDelete",
            ImageDelete {
                status: ImageStatus::Deleted,
                from: vec![],
                ignore_protection: false,
                end_lease: Some("l".into()),
            },
        ),
        example("PropertyWrite", PropertyWrite { value: None, expect: PropertyExpectation::Absent }),
        example("PropertyWrite", PropertyWrite { value: None, expect: PropertyExpectation::Value(None) }),
        example("PropertyRemove", PropertyRemove::default()),
        example("Member", member()),
        example("MemberList", MemberList { image: image(), members: vec![member()] }),
        example("NewMember", NewMember { status: Some(MemberStatus::Pending), can_share: true, maximum: Some(128) }),
        example("MemberUpdate", MemberUpdate { status: Some(MemberStatus::Rejected), can_share: Some(false) }),
        example("TagAdd", TagAdd { maximum: Some(128) }),
        example("LocationRemove", LocationRemove { status: LocationStatus::Deleted }),
        example("ImageQuery", ImageQuery::default()),
        example("ImageQuery", query()),
        example("SortKey", query().sort[0]),
        example("NewLease", new_lease()),
        example("Lease", lease()),
        example("LocationList", LocationList { locations: image().locations }),
        example("LeaseList", LeaseList { leases: vec![lease()] }),
        example("LeaseRenewal", LeaseRenewal { holder: "h".into(), seconds: 1, detail: Some(json!([1])) }),
        example("QuotaClaim", claim()),
        example("ReservationGrowth", growth()),
        example("Reservation", Reservation { bytes: 5 }),
        example("Usage", Usage { stored: 1, staged: 2, images: 3, uploading: 4 }),
        example("ErrorBody", ErrorBody { error: error() }),
        example("ErrorDetail", error()),
    ];
    all.extend(query().filters.into_iter().map(|filter| example("Filter", filter)));
    all
}

#[test]
fn schemas_fit_the_types_and_miss_no_field() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let examples = examples();
    for (name, value) in &examples {
        assert_eq!(misfits(&document, &schemas[*name], value, name), Vec::<String>::new(), "{value}");
        if let Some(properties) = schemas[*name]["properties"].as_object() {
            let described: BTreeSet<_> = properties.keys().collect();
            let written: BTreeSet<_> = value.as_object().unwrap().keys().collect();
            assert_eq!(described, written, "fields of {name}");
        }
    }
    let shown: BTreeSet<_> = examples.iter().map(|(name, _)| *name).collect();
    let objects =
        schemas.iter().filter(|(_, schema)| schema.get("properties").is_some()).map(|(name, _)| name.as_str());
    assert_eq!(objects.filter(|name| !shown.contains(name)).collect::<Vec<_>>(), Vec::<&str>::new(), "no example");
    let forms = schemas["Filter"]["oneOf"].as_array().unwrap().len();
    assert_eq!(forms, query().filters.len(), "forms of a filter");
}

/// Where a value differs from its schema: the part of JSON Schema that the document uses, objects always closed.
fn misfits(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(inner) = schema["allOf"].as_array() {
        return misfits(document, &inner[0], value, at);
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        let fitting = forms.iter().filter(|form| misfits(document, form, value, at).is_empty()).count();
        return if fitting == 1 { vec![] } else { vec![format!("{at} fits {fitting} forms")] };
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return vec![format!("{at}: {value} is no word of the schema")];
    }
    if schema.get("type").is_none() && schema.get("enum").is_none() {
        return vec![]; // any JSON value
    }
    if !has_type(&schema["type"], value) {
        return vec![format!("{at}: {value} is no {}", schema["type"])];
    }
    match value {
        Value::Array(items) => items.iter().flat_map(|item| misfits(document, &schema["items"], item, at)).collect(),
        Value::Object(fields) => object_misfits(document, schema, fields, at),
        _ => vec![],
    }
}

fn object_misfits(document: &Value, schema: &Value, fields: &serde_json::Map<String, Value>, at: &str) -> Vec<String> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let missing = required.iter().filter_map(Value::as_str).filter(|name| !fields.contains_key(*name));
    let mut found: Vec<String> = missing.map(|name| format!("{at}.{name} is missing")).collect();
    for (name, value) in fields {
        let at = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(true)) => {}
            (Value::Null, Value::Object(other)) => {
                found.extend(misfits(document, &Value::Object(other.clone()), value, &at));
            }
            (Value::Null, _) => found.push(format!("{at} is not described")),
            (described, _) => found.extend(misfits(document, described, value, &at)),
        }
    }
    found
}

fn has_type(types: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        other => panic!("the document uses the type {other}"),
    };
    match types {
        Value::String(name) => fits(name),
        types => types.as_array().unwrap().iter().any(|name| fits(name.as_str().unwrap())),
    }
}

fn time() -> Timestamp {
    Timestamp::parse_rfc3339("2026-01-02T03:04:05.678Z").unwrap()
}

fn image() -> Image {
    Image {
        id: ImageId::generate(),
        name: Some("n".into()),
        status: ImageStatus::Active,
        visibility: Visibility::Shared,
        owner: Some("p".into()),
        size: Some(1),
        virtual_size: Some(2),
        disk_format: Some("raw".into()),
        container_format: Some("bare".into()),
        checksum: Some("c".into()),
        os_hash_algo: Some("sha512".into()),
        os_hash_value: Some("d".into()),
        min_disk: 0,
        min_ram: 0,
        protected: false,
        os_hidden: false,
        created_at: time(),
        updated_at: time(),
        deleted_at: Some(time()),
        deleted: false,
        properties: BTreeMap::from([("a".into(), Some("b".into())), ("c".into(), None)]),
        tags: vec!["t".into()],
        locations: vec![Location {
            id: 1,
            url: "file:///x".into(),
            metadata: json!({"store": "fast"}).as_object().cloned().unwrap(),
            status: LocationStatus::Active,
        }],
        membership: Some(Membership { status: MemberStatus::Accepted, can_share: true }),
        version: 1,
    }
}

fn member() -> Member {
    Member {
        image_id: ImageId::generate(),
        member: "p2".into(),
        status: MemberStatus::Accepted,
        can_share: false,
        created_at: time(),
        updated_at: time(),
    }
}

fn new_location() -> NewLocation {
    NewLocation { id: Some(1), url: "u".into(), metadata: serde_json::Map::new(), status: LocationStatus::Pending }
}

fn new_image() -> NewImage {
    let bare = json!({"status": "queued", "visibility": "private"});
    NewImage {
        id: Some(ImageId::generate()),
        properties: BTreeMap::from([("a".into(), None)]),
        locations: vec![new_location()],
        quota: Some(claim()),
        ..serde_json::from_value(bare).unwrap()
    }
}

fn update() -> ImageUpdate {
    ImageUpdate {
        from: vec![ImageStatus::Queued],
        if_version: Some(3),
        set: ImageFields {
            name: Patch::Set(None),
            status: Patch::Set(ImageStatus::Active),
            visibility: Patch::Set(Visibility::Public),
            owner: Patch::Set(Some("p".into())),
            size: Patch::Set(Some(5)),
            virtual_size: Patch::Set(None),
            disk_format: Patch::Set(Some("raw".into())),
            container_format: Patch::Set(None),
            checksum: Patch::Set(None),
            os_hash_algo: Patch::Set(None),
            os_hash_value: Patch::Set(None),
            min_disk: Patch::Set(1),
            min_ram: Patch::Set(1),
            protected: Patch::Set(true),
            os_hidden: Patch::Set(false),
        },
        properties: PropertiesChange {
            purge: true,
            keep: vec!["k".into()],
            remove: vec!["r".into()],
            set: BTreeMap::from([("s".into(), None)]),
        },
        tags: Some(vec!["t".into()]),
        locations: Some(LocationsChange::Add(vec![new_location()])),
        take_lease: Some(new_lease()),
        end_lease: Some("l".into()),
        quota: Some(claim()),
    }
}

fn claim() -> QuotaClaim {
    let limits = Resource::ALL.iter().map(|resource| (*resource, 5)).collect();
    QuotaClaim { project: Some("p".into()), limits, bytes: Some(5), replaces: true }
}

fn growth() -> ReservationGrowth {
    let QuotaClaim { project, limits, .. } = claim();
    ReservationGrowth { holder: "h".into(), project, limits, at_least: 5, wish: 50 }
}

fn query() -> ImageQuery {
    let text = |field| Filter::Text { field, any_of: vec!["a".into()] };
    ImageQuery {
        filters: vec![
            text(TextField::OsHashValue),
            Filter::Number { field: NumberField::MinDisk, op: Comparison::Gte, value: 1 },
            Filter::Time { field: TimeField::UpdatedAt, op: Comparison::Neq, value: time() },
            Filter::Flag { field: FlagField::OsHidden, value: true },
            Filter::Tag("t".into()),
            Filter::Property { name: "n".into(), value: "v".into() },
            Filter::Nothing,
        ],
        sort: vec![SortKey { field: SortField::DiskFormat, direction: Direction::Asc }],
        tie_direction: Direction::Asc,
        marker: Some("m".into()),
        limit: Some(5),
        visibility: Some(VisibilityFilter::Only(Visibility::Community)),
        member_status: MemberStatusFilter::All,
        deleted: DeletedFilter::Any,
        include_killed: true,
        as_regular_user: true,
    }
}

fn new_lease() -> NewLease {
    NewLease {
        id: "l".into(),
        kind: "upload".into(),
        resource: "image/1".into(),
        image_id: Some(ImageId::generate()),
        holder: "h".into(),
        seconds: 60,
        detail: json!({"store": "fast"}),
    }
}

fn lease() -> Lease {
    let NewLease { id, kind, resource, image_id, holder, detail, .. } = new_lease();
    Lease { id, kind, resource, image_id, holder, created_at: time(), expires_at: time(), detail }
}

fn error() -> ErrorDetail {
    let details = json!({"status": "active"}).as_object().cloned().unwrap();
    ErrorDetail { code: ErrorCode::Conflict, message: "m".into(), details }
}
