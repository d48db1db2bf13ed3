//! The query of a list as what the database is asked (registry §6).

use glance_common::http::query as text;
use glance_common::model::{ImageId, Timestamp, Visibility};
use glance_common::registry_api::{
    Comparison, DeletedFilter, Direction, Filter, FlagField, ImageQuery, MemberStatusFilter, NumberField, SortField,
    SortKey, TextField, TimeField, VisibilityFilter,
};

use super::error::V1Error;

/// The keys that a list can be ordered by, in the order of the refusal that names them.
const SORT_KEYS: [(&str, SortField); 8] = [
    ("name", SortField::Name),
    ("status", SortField::Status),
    ("container_format", SortField::ContainerFormat),
    ("disk_format", SortField::DiskFormat),
    ("size", SortField::Size),
    ("id", SortField::Id),
    ("created_at", SortField::CreatedAt),
    ("updated_at", SortField::UpdatedAt),
];

/// The query of a list: of repeated parameters the last counts, unknown ones are ignored.
///
/// # Errors
/// 400 in the words that callers know.
pub(super) fn read(raw: &str, is_admin: bool, default_limit: u32, max: u32) -> Result<ImageQuery, V1Error> {
    let pairs = text::parse(raw).map_err(|error| V1Error::detailed(400, error.to_string()))?;
    let get = |name: &str| pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let direction = direction(get("sort_dir"))?;
    let since = get("changes-since").map(since).transpose()?;
    let deleted = deleted(get("deleted").filter(|_| is_admin), since.is_some())?;
    let (visibility, as_regular_user) = match get("is_public").filter(|_| is_admin) {
        None => (None, is_admin),
        Some(word) => whose(word)?,
    };
    let mut filters = filters(&get)?;
    filters.extend(since);
    filters.extend(properties(&pairs));
    Ok(ImageQuery {
        filters,
        sort: vec![SortKey { field: sort_field(get("sort_key"))?, direction }],
        tie_direction: direction,
        marker: get("marker").map(marker).transpose()?,
        limit: Some(limit(get("limit"), default_limit)?.min(max)),
        visibility,
        member_status: MemberStatusFilter::All,
        deleted,
        include_killed: deleted != DeletedFilter::Live,
        as_regular_user,
    })
}

/// Conditions on columns.
fn filters<'a>(get: &impl Fn(&str) -> Option<&'a str>) -> Result<Vec<Filter>, V1Error> {
    let mut filters = Vec::new();
    let texts = [
        ("name", TextField::Name),
        ("status", TextField::Status),
        ("container_format", TextField::ContainerFormat),
        ("disk_format", TextField::DiskFormat),
    ];
    for (name, field) in texts {
        filters.extend(get(name).map(|value| Filter::Text { field, any_of: any_of(value) }));
    }
    for (name, field) in [("min_ram", NumberField::MinRam), ("min_disk", NumberField::MinDisk)] {
        let filter = |value: &str| match value.trim().parse() {
            Ok(value) => Filter::Number { field, op: Comparison::Eq, value },
            Err(_) => Filter::Nothing,
        };
        filters.extend(get(name).map(filter));
    }
    for (name, op) in [("size_min", Comparison::Gte), ("size_max", Comparison::Lte)] {
        if let Some(text) = get(name) {
            let bad = || V1Error::detailed(400, format!("Bad value passed to filter {name} got {text}"));
            let value = text.trim().parse().map_err(|_| bad())?;
            filters.push(Filter::Number { field: NumberField::Size, op, value });
        }
    }
    if let Some(word) = get("protected") {
        let value = flag(word).ok_or_else(|| V1Error::detailed(400, "protected must be True, or False"))?;
        filters.push(Filter::Flag { field: FlagField::Protected, value });
    }
    Ok(filters)
}

/// `in:a,b`, or one value as it is.
fn any_of(value: &str) -> Vec<String> {
    match value.strip_prefix("in:") {
        Some(list) => list.split(',').map(str::to_owned).collect(),
        None => vec![value.to_owned()],
    }
}

/// `property-<name>`: each name once, with its last value.
fn properties(pairs: &[(String, String)]) -> Vec<Filter> {
    let named: std::collections::BTreeMap<&str, &str> =
        pairs.iter().filter_map(|(key, value)| Some((key.strip_prefix("property-")?, value.as_str()))).collect();
    named.into_iter().map(|(name, value)| Filter::Property { name: name.to_owned(), value: value.to_owned() }).collect()
}

fn since(text: &str) -> Result<Filter, V1Error> {
    match Timestamp::parse_iso8601(text) {
        Ok(value) => Ok(Filter::Time { field: TimeField::UpdatedAt, op: Comparison::Gt, value }),
        Err(_) => Err(V1Error::detailed(400, "Unrecognized changes-since value")),
    }
}

/// Deleted images are for administrators who ask for them, and for all who ask for changes.
fn deleted(word: Option<&str>, since: bool) -> Result<DeletedFilter, V1Error> {
    match word.map(wide_flag) {
        None if since => Ok(DeletedFilter::Any),
        None | Some(Some(false)) => Ok(DeletedFilter::Live),
        Some(Some(true)) => Ok(DeletedFilter::Deleted),
        Some(None) => Err(V1Error::detailed(400, "deleted must be True, or False")),
    }
}

/// `is_public` of an administrator: which images, and whether it is taken for a regular user.
fn whose(word: &str) -> Result<(Option<VisibilityFilter>, bool), V1Error> {
    if word.eq_ignore_ascii_case("none") {
        return Ok((Some(VisibilityFilter::All), false));
    }
    match flag(word) {
        Some(true) => Ok((None, true)),
        Some(false) => Ok((Some(VisibilityFilter::Except(Visibility::Public)), false)),
        None => Err(V1Error::detailed(400, "is_public must be None, True, or False")),
    }
}

/// A number of images; what is larger than any limit means that limit.
fn limit(text: Option<&str>, default: u32) -> Result<u32, V1Error> {
    let Some(text) = text.map(str::trim) else { return Ok(default) };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(V1Error::detailed(400, "limit param must be an integer"));
    }
    match digits.parse().unwrap_or(u32::MAX) {
        1.. if negative => Err(V1Error::detailed(400, "limit param must be positive")),
        limit => Ok(limit),
    }
}

/// An empty marker can be the id of no image; that is found out later.
fn marker(text: &str) -> Result<String, V1Error> {
    match ImageId::parse(text) {
        Err(_) if !text.is_empty() => Err(V1Error::invalid("Invalid marker format")),
        _ => Ok(text.to_owned()),
    }
}

fn sort_field(name: Option<&str>) -> Result<SortField, V1Error> {
    let name = name.unwrap_or("created_at");
    let found = SORT_KEYS.iter().find(|(key, _)| *key == name).map(|(_, field)| *field);
    found.ok_or_else(|| {
        let names = SORT_KEYS.map(|(key, _)| key).join(", ");
        V1Error::invalid(format!("Unsupported sort_key. Acceptable values: {names}"))
    })
}

fn direction(word: Option<&str>) -> Result<Direction, V1Error> {
    match word.unwrap_or("desc") {
        "asc" => Ok(Direction::Asc),
        "desc" => Ok(Direction::Desc),
        _ => Err(V1Error::invalid("Unsupported sort_dir. Acceptable values: asc, desc")),
    }
}

/// A yes or no of the filters.
fn flag(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A yes or no in more words.
fn wide_flag(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" | "y" | "on" => Some(true),
        "false" | "0" | "f" | "no" | "n" | "off" | "" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(raw: &str, is_admin: bool) -> Result<ImageQuery, String> {
        read(raw, is_admin, 25, 1000).map_err(|error| match error {
            V1Error::Fault(fault) => format!("{fault:?}"),
            other => other.to_string(),
        })
    }

    #[test]
    fn everything_has_a_default() {
        let query = one("", false).unwrap();
        assert_eq!(query.sort, [SortKey { field: SortField::CreatedAt, direction: Direction::Desc }]);
        assert_eq!((query.limit, query.marker, query.filters.len()), (Some(25), None, 0));
        assert_eq!((query.deleted, query.include_killed), (DeletedFilter::Live, false));
        assert_eq!(query.member_status, MemberStatusFilter::All);
        assert!(!query.as_regular_user && one("", true).unwrap().as_regular_user);
    }

    #[test]
    fn filters_become_conditions() {
        let text = |field, value: &str| Filter::Text { field, any_of: vec![value.to_owned()] };
        let number = |field, op, value| Filter::Number { field, op, value };
        let property = |name: &str, value: &str| Filter::Property { name: name.to_owned(), value: value.to_owned() };
        let table = [
            ("name=a", vec![text(TextField::Name, "a")]),
            ("name=a:b", vec![text(TextField::Name, "a:b")]),
            ("name=a&name=b", vec![text(TextField::Name, "b")]),
            ("name=in:a,b", vec![Filter::Text { field: TextField::Name, any_of: vec!["a".into(), "b".into()] }]),
            ("status=killed", vec![text(TextField::Status, "killed")]),
            ("disk_format=", vec![text(TextField::DiskFormat, "")]),
            ("container_format=ovf", vec![text(TextField::ContainerFormat, "ovf")]),
            ("min_ram=5", vec![number(NumberField::MinRam, Comparison::Eq, 5)]),
            ("min_ram=x", vec![Filter::Nothing]),
            ("min_disk=99999999999999999999", vec![Filter::Nothing]),
            ("size_min=7", vec![number(NumberField::Size, Comparison::Gte, 7)]),
            ("size_max=-1", vec![number(NumberField::Size, Comparison::Lte, -1)]),
            ("protected=TRUE", vec![Filter::Flag { field: FlagField::Protected, value: true }]),
            ("property-a=1&property-B=2&property-a=3", vec![property("B", "2"), property("a", "3")]),
            ("property-=1", vec![property("", "1")]),
            ("owner=x&foo=1&visibility=public&created_at=y", vec![]),
        ];
        for (raw, expected) in table {
            assert_eq!(one(raw, false).unwrap().filters, expected, "{raw}");
        }
    }

    #[test]
    fn only_administrators_choose_whose_and_deleted_ones() {
        let except = VisibilityFilter::Except(Visibility::Public);
        let table = [
            ("", None, true, DeletedFilter::Live),
            ("is_public=True", None, true, DeletedFilter::Live),
            ("is_public=NONE", Some(VisibilityFilter::All), false, DeletedFilter::Live),
            ("is_public=0", Some(except), false, DeletedFilter::Live),
            ("deleted=True", None, true, DeletedFilter::Deleted),
            ("deleted=no", None, true, DeletedFilter::Live),
            ("changes-since=2020-01-01", None, true, DeletedFilter::Any),
            ("changes-since=2020-01-01&deleted=0", None, true, DeletedFilter::Live),
        ];
        for (raw, visibility, regular, deleted) in table {
            let query = one(raw, true).unwrap();
            assert_eq!(
                (query.visibility, query.as_regular_user, query.deleted),
                (visibility, regular, deleted),
                "{raw}"
            );
            assert_eq!(query.include_killed, deleted != DeletedFilter::Live, "{raw}");
        }
        let ignored = one("is_public=nonsense&deleted=nonsense", false).unwrap();
        assert_eq!((ignored.visibility, ignored.deleted), (None, DeletedFilter::Live));
        assert_eq!(one("changes-since=20200101", false).unwrap().deleted, DeletedFilter::Any);
    }

    #[test]
    fn limits_markers_and_orders() {
        for (raw, limit) in [("limit=0", 0), ("limit=+7", 7), ("limit=-0", 0), ("limit=99999999999999999999", 1000)] {
            assert_eq!(one(raw, false).unwrap().limit, Some(limit), "{raw}");
        }
        let id = "0d4a9a5b1c2d4e5f8a9b0c1d2e3f4a5b";
        assert_eq!(one(&format!("marker={id}"), false).unwrap().marker.as_deref(), Some(id));
        assert_eq!(one("marker=", false).unwrap().marker.as_deref(), Some(""));
        for (key, field) in SORT_KEYS {
            let query = one(&format!("sort_key={key}&sort_dir=asc"), false).unwrap();
            assert_eq!(query.sort, [SortKey { field, direction: Direction::Asc }]);
            assert_eq!(query.tie_direction, Direction::Asc);
        }
    }

    #[test]
    fn bad_values_are_refused_in_the_known_words() {
        let keys = "Unsupported sort_key. Acceptable values: name, status, container_format, disk_format, size, id, \
                    created_at, updated_at";
        let table = [
            ("limit=x", "limit param must be an integer"),
            ("limit=", "limit param must be an integer"),
            ("limit=1.5", "limit param must be an integer"),
            ("limit=-1", "limit param must be positive"),
            ("marker=x", "Invalid marker format"),
            ("marker=%00", "Invalid marker format"),
            ("sort_key=", keys),
            ("sort_key=owner", keys),
            ("sort_dir=ASC", "Unsupported sort_dir. Acceptable values: asc, desc"),
            ("protected=", "protected must be True, or False"),
            ("protected=none", "protected must be True, or False"),
            ("is_public=", "is_public must be None, True, or False"),
            ("deleted=maybe", "deleted must be True, or False"),
            ("changes-since=", "Unrecognized changes-since value"),
            ("changes-since=yesterday", "Unrecognized changes-since value"),
            ("size_min=x", "Bad value passed to filter size_min got x"),
            ("size_max=9223372036854775808", "Bad value passed to filter size_max got 9223372036854775808"),
            ("name=%ff", "could not be decoded"),
        ];
        for (raw, expected) in table {
            let refusal = one(raw, true).unwrap_err();
            assert!(refusal.contains("status: 400") && refusal.contains(expected), "{raw}: {refusal}");
        }
    }
}
