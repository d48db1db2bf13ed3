//! Query strings of lists: filters, operators, sort keys, markers, pages.

use super::table::{Row, get, run};

const PAGES: &[Row] = &[
    get("empty limit", "GET /v2/images?limit=", 400, "limit param must be an integer"),
    get("hexadecimal limit", "GET /v2/images?limit=0x10", 400, "limit param must be an integer"),
    get("limit with an exponent", "GET /v2/images?limit=1e3", 400, "limit param must be an integer"),
    get("limit of other digits and letters", "GET /v2/images?limit=%D9%A1x", 400, "limit param must be an integer"),
    get("limit below zero", "GET /v2/images?limit=-2147483649", 400, "limit param must be positive"),
    get("limit and more", "GET /v2/images?limit=10;DROP", 400, "limit param must be an integer"),
    get("limit with a NUL", "GET /v2/images?limit=1%00", 400, "limit param must be an integer"),
    get("marker of 37 letters", "GET /v2/images?marker={1*37}", 400, "No image found with ID 1111"),
    get("marker of 5000 letters", "GET /v2/images?marker={m*5000}", 400, "No image found with ID mmmm"),
    get("marker that is SQL", "GET /v2/images?marker='%20OR%201=1--", 400, "No image found with ID ' OR 1=1--"),
    get("marker with a wide letter", "GET /v2/images?marker=%F0%9F%98%80", 400, "No image found with ID"),
    get(
        "marker with a path",
        "GET /v2/images?marker=..%2F..%2Fetc%2Fpasswd",
        400,
        "No image found with ID ../../etc/passwd",
    ),
    get(
        "marker of nothing, sorted",
        "GET /v2/images?sort=size:asc&marker=00000000-0000-4000-8000-000000000000",
        400,
        "No image found with ID 00000000-0000-4000-8000-000000000000",
    ),
];

const SORTS: &[Row] = &[
    get(
        "custom sort key",
        "GET /v2/images?sort_key=foo",
        400,
        "Invalid sort key: foo. It must be one of the following: name, status",
    ),
    get("sort key of a column that is not offered", "GET /v2/images?sort_key=owner", 400, "Invalid sort key: owner"),
    get("empty sort key", "GET /v2/images?sort_key=", 400, "Invalid sort key: "),
    get("sort key in capitals", "GET /v2/images?sort_key=NAME", 400, "Invalid sort key: NAME"),
    get("sort key of two", "GET /v2/images?sort_key=name,id", 400, "Invalid sort key: name,id"),
    get("sort key with SQL", "GET /v2/images?sort=id%29%3BDELETE", 400, "Invalid sort key: id);DELETE"),
    get("second sort key", "GET /v2/images?sort=name:asc,checksum:desc", 400, "Invalid sort key: checksum"),
    get("direction in capitals", "GET /v2/images?sort=name:ASC", 400, "Invalid sort direction: ASC"),
    get("direction of nonsense", "GET /v2/images?sort=name:up", 400, "Invalid sort direction: up"),
    get(
        "direction in the old form",
        "GET /v2/images?sort_key=name&sort_dir=ascending",
        400,
        "Invalid sort direction: ascending",
    ),
    get(
        "two directions, one key",
        "GET /v2/images?sort_key=name&sort_dir=asc&sort_dir=desc",
        400,
        "Number of sort dirs does not match the number of sort keys",
    ),
    get(
        "three directions, two keys",
        "GET /v2/images?sort_key=name&sort_key=id&sort_dir=asc&sort_dir=asc&sort_dir=asc",
        400,
        "Number of sort dirs does not match",
    ),
    get(
        "sort and direction",
        "GET /v2/images?sort=name&sort_dir=asc",
        400,
        "Old and new sorting syntax cannot be combined",
    ),
    get("sort with a third part", "GET /v2/images?sort=name:asc:first", 400, "Invalid sort"),
    get("a thousand sort keys that are none", "GET /v2/images?sort={x,*1000}x", 400, "Invalid sort key: x"),
];

const FILTERS: &[Row] = &[
    get(
        "empty changes-since",
        "GET /v2/images?changes-since=x",
        400,
        "The \"changes-since\" filter is no longer available on v2.",
    ),
    get("visibility in capitals", "GET /v2/images?visibility=PUBLIC", 400, "Invalid visibility value: PUBLIC"),
    get(
        "two visibilities",
        "GET /v2/images?visibility=public,private",
        400,
        "Invalid visibility value: public,private",
    ),
    get(
        "visibility with an operator",
        "GET /v2/images?visibility=in:public",
        400,
        "Invalid visibility value: in:public",
    ),
    get("member status in capitals", "GET /v2/images?member_status=Accepted", 400, "Invalid status: Accepted"),
    get("empty member status", "GET /v2/images?member_status=", 400, "Invalid status: "),
    get(
        "hidden by number",
        "GET /v2/images?os_hidden=1",
        400,
        "Invalid value '1' for 'os_hidden' filter. Valid values are 'true' or 'false'.",
    ),
    get("empty hidden", "GET /v2/images?os_hidden=", 400, "Invalid value '' for 'os_hidden' filter."),
    get("protected in capitals", "GET /v2/images?protected=True", 400, "Invalid value 'True' for 'protected' filter."),
    get("protected by number", "GET /v2/images?protected=0", 400, "Invalid value '0' for 'protected' filter."),
    get(
        "name with an operator of times",
        "GET /v2/images?name=gt:a",
        400,
        "Unable to filter by unknown operator 'gt'.",
    ),
    get("name with an address", "GET /v2/images?name=http://h/", 400, "Unable to filter by unknown operator 'http'."),
    get("status with neq", "GET /v2/images?status=neq:active", 400, "Unable to filter by unknown operator 'neq'."),
    get("id with like", "GET /v2/images?id=like:%25", 400, "Unable to filter by unknown operator 'like'."),
    get("operator in capitals", "GET /v2/images?disk_format=IN:raw", 400, "Unable to filter by unknown operator 'IN'."),
    get(
        "container with an operator",
        "GET /v2/images?container_format=or:bare",
        400,
        "Unable to filter by unknown operator 'or'.",
    ),
    get(
        "quote without comma before",
        "GET /v2/images?name=in:a%22b%22",
        400,
        "There is no comma before opening quotation mark.",
    ),
    get(
        "quote without comma after",
        "GET /v2/images?name=in:%22a%22b",
        400,
        "There is no comma after closing quotation mark.",
    ),
    get("quote that stays open", "GET /v2/images?status=in:active,%22queued", 400, "The quote is not closed."),
    get("one quote", "GET /v2/images?id=in:%22", 400, "The quote is not closed."),
    get("escaped quote that stays open", "GET /v2/images?name=in:%22a%5C%22", 400, "The quote is not closed."),
    get(
        "time of words",
        "GET /v2/images?created_at=gt:today",
        400,
        "Bad \"created_at\" query filter format. Use ISO 8601 DateTime notation.",
    ),
    get(
        "time with a month thirteen",
        "GET /v2/images?updated_at=lt:2020-13-01T00:00:00Z",
        400,
        "Bad \"updated_at\" query filter format.",
    ),
    get(
        "time with an hour 25",
        "GET /v2/images?created_at=2020-01-01T25:00:00Z",
        400,
        "Unable to filter on a unknown operator.",
    ),
    get(
        "time in the 29th of February 2021",
        "GET /v2/images?created_at=eq:2021-02-29T00:00:00Z",
        400,
        "Bad \"created_at\" query filter format.",
    ),
    get(
        "time of a year beyond",
        "GET /v2/images?created_at=gt:99999-01-01T00:00:00Z",
        400,
        "Bad \"created_at\" query filter format.",
    ),
    get("empty time", "GET /v2/images?created_at=", 400, "Bad \"created_at\" query filter format."),
    get(
        "time with nothing behind its operator",
        "GET /v2/images?updated_at=gte:",
        400,
        "Bad \"updated_at\" query filter format.",
    ),
    get("time in a list", "GET /v2/images?created_at=in:2020-01-01", 400, "Unable to filter on a unknown operator."),
    get("time with like", "GET /v2/images?updated_at=like:2020-01-01", 400, "Unable to filter on a unknown operator."),
    get("size of words", "GET /v2/images?size_max=big", 400, "Unable to filter on a range with a non-numeric value."),
    get("empty size", "GET /v2/images?size_min=", 400, "Unable to filter on a range with a non-numeric value."),
    get(
        "memory with a unit",
        "GET /v2/images?min_ram_min=1G",
        400,
        "Unable to filter on a range with a non-numeric value.",
    ),
    get(
        "disk in hexadecimals",
        "GET /v2/images?min_disk_max=0xff",
        400,
        "Unable to filter on a range with a non-numeric value.",
    ),
    get("range of a text", "GET /v2/images?name_min=a", 400, "Unable to filter on a range with a non-numeric value."),
    get(
        "range of what is not there",
        "GET /v2/images?foo_max=1",
        400,
        "Unable to filter on a range with a non-numeric value.",
    ),
    get("value that is not UTF-8", "GET /v2/images?foo=%C3%28", 400, "could not be decoded"),
    get("overlong UTF-8", "GET /v2/images?foo=%C0%AF", 400, "could not be decoded"),
    get("half a pair in UTF-8", "GET /v2/images?tag=%ED%A0%80", 400, "could not be decoded"),
];

#[test]
fn bad_pages_and_markers_are_refused_in_words() {
    run(PAGES);
}

#[test]
fn bad_sorts_are_refused_in_words() {
    run(SORTS);
}

#[test]
fn bad_filters_are_refused_in_words() {
    run(FILTERS);
}
