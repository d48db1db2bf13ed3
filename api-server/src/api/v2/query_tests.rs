//! Tests of the list parameters.

use glance_common::model::{MemberStatus, Visibility};
use glance_common::registry_api::{Direction, SortField};

use super::*;

const LIMITS: PageLimits = PageLimits { default: 25, maximum: 1000 };

fn run(query: &str) -> Result<ImageQuery, Refusal> {
    let pairs = glance_common::http::query::parse(query).unwrap_or_default();
    read(&pairs, LIMITS)
}

/// The filters, without the one that leaves out hidden images.
fn filters(query: &str) -> Result<Vec<Filter>, Refusal> {
    let not_hidden = Filter::Flag { field: FlagField::OsHidden, value: false };
    run(query).map(|query| query.filters.into_iter().filter(|filter| *filter != not_hidden).collect())
}

fn text(field: TextField, values: &[&str]) -> Filter {
    Filter::Text { field, any_of: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn property(name: &str, value: &str) -> Filter {
    Filter::Property { name: name.into(), value: value.into() }
}

#[test]
fn without_parameters_the_newest_images_come_first() {
    let query = run("").unwrap_or_default();
    assert_eq!(query.limit, Some(25));
    assert_eq!(query.filters, [Filter::Flag { field: FlagField::OsHidden, value: false }]);
    assert_eq!(
        query.sort.iter().map(|key| (key.field, key.direction)).collect::<Vec<_>>(),
        [(SortField::CreatedAt, Direction::Desc)]
    );
    assert_eq!((query.visibility, query.marker), (None, None));
    assert_eq!(query.member_status, MemberStatusFilter::Only(MemberStatus::Accepted));
}

#[test]
fn pages_have_a_limit() {
    for (query, limit) in [("limit=0", 0), ("limit=7", 7), ("limit=5000", 1000), ("limit=99999999999999", 1000)] {
        assert_eq!(run(query).map(|query| query.limit), Ok(Some(limit)), "{query}");
    }
    assert_eq!(run("limit=3&limit=4").map(|query| query.limit), Ok(Some(3)));
    assert_eq!(filters("limit=3&limit=4"), Ok(vec![property("limit", "4")]));
}

#[test]
fn visibility_and_membership_are_words() {
    let visibility = |text: &str| run(text).map(|query| query.visibility);
    assert_eq!(visibility("visibility=all"), Ok(Some(VisibilityFilter::All)));
    assert_eq!(visibility("visibility=private"), Ok(Some(VisibilityFilter::Only(Visibility::Private))));
    assert_eq!(filters("visibility="), Ok(vec![Filter::Nothing]));
    assert_eq!(run("member_status=all").map(|query| query.member_status), Ok(MemberStatusFilter::All));
}

#[test]
fn every_other_parameter_is_a_filter() {
    let number = |field, op, value| Filter::Number { field, op, value };
    let table = [
        ("name=a", text(TextField::Name, &["a"])),
        ("name=in:a,b", text(TextField::Name, &["a", "b"])),
        ("status=nonsense", text(TextField::Status, &["nonsense"])),
        ("owner=p1", text(TextField::Owner, &["p1"])),
        ("owner=", Filter::Nothing),
        ("checksum=in:a,b", text(TextField::Checksum, &["in:a,b"])),
        ("size=5", number(NumberField::Size, Comparison::Eq, 5)),
        ("size=big", Filter::Nothing),
        ("size_min=5", number(NumberField::Size, Comparison::Gte, 5)),
        ("min_ram_max=5", number(NumberField::MinRam, Comparison::Lte, 5)),
        ("protected=true", Filter::Flag { field: FlagField::Protected, value: true }),
        ("os_hidden=TRUE", Filter::Flag { field: FlagField::OsHidden, value: true }),
        ("tag=+a+", Filter::Tag("a".into())),
        ("foo=in:a,b", property("foo", "in:a,b")),
        ("foo=1&foo=2", property("foo", "2")),
        ("tags=xy", property("tags", "xy")),
        ("sort=name&sort=id", property("sort", "id")),
    ];
    for (query, filter) in table {
        assert_eq!(filters(query), Ok(vec![filter]), "{query}");
    }
    assert_eq!(filters("tag=a&tag=b"), Ok(vec![Filter::Tag("a".into()), Filter::Tag("b".into())]));
    assert_eq!(filters("deleted=true"), Ok(vec![]));
}

#[test]
fn times_are_compared() {
    let value = read_time("2026-01-02T03:04:05Z");
    for (query, op) in [
        ("created_at=2026-01-02T03:04:05Z", Comparison::Eq),
        ("created_at=lte:2026-01-02T03:04:05Z", Comparison::Lte),
        ("created_at=neq:2026-01-02T05:04:05%2B02:00", Comparison::Neq),
    ] {
        let wanted = value.map(|value| vec![Filter::Time { field: TimeField::CreatedAt, op, value }]);
        assert_eq!(filters(query).ok(), wanted, "{query}");
    }
}

#[test]
fn mistakes_have_the_known_words() {
    let table = [
        ("limit=a", "limit param must be an integer"),
        ("limit=", "limit param must be an integer"),
        ("limit=-1", "limit param must be positive"),
        ("member_status=x", "Invalid status: x"),
        ("visibility=x", "Invalid visibility value: x"),
        ("os_hidden=1", "Invalid value '1' for 'os_hidden' filter. Valid values are 'true' or 'false'."),
        ("protected=True", "Invalid value 'True' for 'protected' filter. Valid values are 'true' or 'false'."),
        ("changes-since=2026", "The \"changes-since\" filter is no longer available on v2."),
        ("changes-since=", "The \"changes-since\" filter is no longer available on v2."),
        ("name=a:b", "Unable to filter by unknown operator 'a'."),
        ("created_at=x", "Bad \"created_at\" query filter format. Use ISO 8601 DateTime notation."),
        ("created_at=gt:x", "Bad \"created_at\" query filter format. Use ISO 8601 DateTime notation."),
        ("updated_at=in:2026-01-01", "Unable to filter on a unknown operator."),
        ("size_min=x", "Unable to filter on a range with a non-numeric value."),
        ("foo_max=5", "Unable to filter on a range with a non-numeric value."),
        ("sort=x:asc&sort_key=name", "Old and new sorting syntax cannot be combined"),
    ];
    for (query, text) in table {
        assert_eq!(run(query), Err(Refusal::invalid(text)), "{query}");
    }
}

#[test]
fn the_number_of_filters_is_bounded() {
    let many: Vec<String> = (0..100).map(|n| format!("p{n}=x")).collect();
    assert!(run(&many.join("&")).is_err());
    assert!(run(&many[..60].join("&")).is_ok());
}
