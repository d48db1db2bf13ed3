//! Bodies of PATCH.

use super::table::{Row, change, old_change, row, run};

const DOCUMENTS: &[Row] = &[
    change("an object", r#"{}"#, 400, "Request body must be a JSON array of operation objects."),
    change("a text in the list", r#"["add"]"#, 400, "Operations must be JSON objects."),
    change("null in the list", r#"[null]"#, 400, "Operations must be JSON objects."),
    change("a list in the list", r#"[[{"op": "add"}]]"#, 400, "Operations must be JSON objects."),
    change("an empty operation", r#"[{}]"#, 400, "Unable to find `op` in JSON Schema change."),
    change("operation in capitals", r#"[{"op": "ADD", "path": "/a", "value": "b"}]"#, 400, "Invalid operation: `ADD`."),
    change(
        "operation with a blank",
        r#"[{"op": "add ", "path": "/a", "value": "b"}]"#,
        400,
        "Invalid operation: `add `.",
    ),
    change("no word as operation", r#"[{"op": "", "path": "/a", "value": "b"}]"#, 400, "Invalid operation: ``."),
    change("null as operation", r#"[{"op": null, "path": "/a"}]"#, 400, "Invalid operation: "),
    change("copy", r#"[{"op": "copy", "from": "/name", "path": "/a"}]"#, 400, "Invalid operation: `copy`."),
    change("test", r#"[{"op": "test", "path": "/name", "value": "queued"}]"#, 400, "Invalid operation: `test`."),
    change("no path", r#"[{"op": "remove"}]"#, 400, "Unable to find 'path' in JSON Schema change"),
    change("object as path", r#"[{"op": "remove", "path": {}}]"#, 400, "Pointer `{}` is not a string."),
    change("flag as path", r#"[{"op": "remove", "path": true}]"#, 400, "Pointer `true` is not a string."),
    change(
        "path without its slash",
        r#"[{"op": "remove", "path": "name"}]"#,
        400,
        "Pointer `name` does not start with",
    ),
    change("path with a blank first", r#"[{"op": "remove", "path": " /a"}]"#, 400, "Pointer ` /a` does not start with"),
    change("pointer as a fragment", r##"[{"op": "remove", "path": "#/a"}]"##, 400, "Pointer `#/a` does not start with"),
    change("three slashes", r#"[{"op": "remove", "path": "/a///b"}]"#, 400, "contains adjacent"),
    change("only slashes", r#"[{"op": "remove", "path": "///"}]"#, 400, "Pointer `///`"),
    change("two slashes", r#"[{"op": "remove", "path": "//"}]"#, 400, "Pointer `//` end with"),
    change("tilde at the end", r#"[{"op": "remove", "path": "/a~"}]"#, 400, "not part of a recognized escape sequence"),
    change("tilde two", r#"[{"op": "remove", "path": "/~2"}]"#, 400, "not part of a recognized escape sequence"),
    change(
        "path below a property",
        r#"[{"op": "add", "path": "/a/b", "value": "c"}]"#,
        400,
        "Invalid JSON pointer for this resource: '/a/b'",
    ),
    change(
        "path to a tag",
        r#"[{"op": "add", "path": "/tags/0", "value": "c"}]"#,
        400,
        "Invalid JSON pointer for this resource: '/tags/0'",
    ),
    change(
        "path into a location",
        r#"[{"op": "remove", "path": "/locations/0/url"}]"#,
        400,
        "Invalid JSON pointer for this resource",
    ),
    change(
        "path of a thousand steps",
        r#"[{"op": "remove", "path": "{/a*1000}"}]"#,
        400,
        "Invalid JSON pointer for this resource",
    ),
    change(
        "replacement without value",
        r#"[{"op": "replace", "path": "/name"}]"#,
        400,
        "Operation \"replace\" requires a member named \"value\".",
    ),
    change(
        "the second of two is wrong",
        r#"[{"op": "add", "path": "/a", "value": "b"}, 5]"#,
        400,
        "Operations must be JSON objects.",
    ),
    change("older words", r#"[{"add": "/a", "value": "b"}]"#, 400, "Unable to find `op` in JSON Schema change."),
    old_change(
        "newer words",
        r#"[{"op": "add", "path": "/a", "value": "b"}]"#,
        400,
        "must contain exactly one member named",
    ),
    old_change(
        "two operations in one",
        r#"[{"add": "/a", "remove": "/a", "value": "b"}]"#,
        400,
        "must contain only one member named",
    ),
    old_change("no operation", r#"[{"value": "b"}]"#, 400, "must contain exactly one member named"),
    old_change("list as path", r#"[{"add": ["/a"], "value": "b"}]"#, 400, "is not a string."),
    old_change("null as path", r#"[{"remove": null}]"#, 400, "is not a string."),
    old_change("no value", r#"[{"add": "/a"}]"#, 400, "Operation \"add\" requires a member named \"value\"."),
    old_change("what is there", r#"[{"add": "/name", "value": "x"}]"#, 409, "Property name already present."),
    old_change(
        "what is not there",
        r#"[{"replace": "/nothing", "value": "x"}]"#,
        409,
        "Property nothing does not exist.",
    ),
];

const VALUES: &[Row] = &[
    change(
        "number as name",
        r#"[{"op": "add", "path": "/name", "value": 1}]"#,
        400,
        "1 is not of type 'null', 'string'",
    ),
    change("long name", r#"[{"op": "replace", "path": "/name", "value": "{n*256}"}]"#, 400, "is too long"),
    change(
        "word as protected",
        r#"[{"op": "replace", "path": "/protected", "value": "no"}]"#,
        400,
        "'no' is not of type 'boolean'",
    ),
    change(
        "null as hidden",
        r#"[{"op": "replace", "path": "/os_hidden", "value": null}]"#,
        400,
        "None is not of type 'boolean'",
    ),
    change(
        "unknown visibility",
        r#"[{"op": "replace", "path": "/visibility", "value": "open"}]"#,
        400,
        "'open' is not one of",
    ),
    change(
        "unknown disk format",
        r#"[{"op": "replace", "path": "/disk_format", "value": "zip"}]"#,
        400,
        "'zip' is not one of",
    ),
    change(
        "number as container",
        r#"[{"op": "replace", "path": "/container_format", "value": 5}]"#,
        400,
        "5 is not of type 'null', 'string'",
    ),
    change(
        "word as memory",
        r#"[{"op": "replace", "path": "/min_ram", "value": "1"}]"#,
        400,
        "'1' is not of type 'integer'",
    ),
    change(
        "negative memory",
        r#"[{"op": "replace", "path": "/min_ram", "value": -1}]"#,
        400,
        "Cannot be a negative value",
    ),
    change(
        "disk beyond 31 bits",
        r#"[{"op": "replace", "path": "/min_disk", "value": 2147483648}]"#,
        400,
        "'min_disk' value out of range",
    ),
    change(
        "text as tags",
        r#"[{"op": "replace", "path": "/tags", "value": "a,b"}]"#,
        400,
        "'a,b' is not of type 'array'",
    ),
    change(
        "object as a tag",
        r#"[{"op": "replace", "path": "/tags", "value": [{}]}]"#,
        400,
        "{} is not of type 'string'",
    ),
    change("long tag", r#"[{"op": "replace", "path": "/tags", "value": ["{t*256}"]}]"#, 400, "is too long"),
    change(
        "list as property",
        r#"[{"op": "add", "path": "/foo", "value": ["a"]}]"#,
        400,
        "['a'] is not of type 'string'",
    ),
    change(
        "null as property",
        r#"[{"op": "add", "path": "/foo", "value": null}]"#,
        400,
        "None is not of type 'string'",
    ),
    change(
        "long property name",
        r#"[{"op": "add", "path": "/{k*256}", "value": "v"}]"#,
        400,
        "should not be greater than 255 characters",
    ),
    change(
        "wide letter in a value",
        r#"[{"op": "add", "path": "/foo", "value": "😀"}]"#,
        400,
        "can't contain 4 byte unicode",
    ),
    change(
        "wide letter in a path",
        r#"[{"op": "add", "path": "/😀", "value": "x"}]"#,
        400,
        "can't contain 4 byte unicode",
    ),
    change(
        "wide letter in a tag",
        r#"[{"op": "replace", "path": "/tags", "value": ["😀"]}]"#,
        400,
        "can't contain 4 byte unicode",
    ),
    change("NUL in a name", r#"[{"op": "replace", "path": "/name", "value": "a\u0000"}]"#, 400, ""),
    change(
        "object as location",
        r#"[{"op": "replace", "path": "/locations", "value": {"url": "http://h/x"}}]"#,
        400,
        "is not of type 'array'",
    ),
    change(
        "text as location",
        r#"[{"op": "add", "path": "/locations/-", "value": "http://h/x"}]"#,
        400,
        "is not of type 'object'",
    ),
    change(
        "location without metadata",
        r#"[{"op": "add", "path": "/locations/-", "value": {"url": "http://h/x"}}]"#,
        400,
        "'metadata' is a required property",
    ),
    change(
        "location without address",
        r#"[{"op": "add", "path": "/locations/-", "value": {"metadata": {}}}]"#,
        400,
        "'url' is a required property",
    ),
    change(
        "number as address",
        r#"[{"op": "add", "path": "/locations/-", "value": {"url": 1, "metadata": {}}}]"#,
        400,
        "1 is not of type 'string'",
    ),
    change(
        "address of 256 letters",
        r#"[{"op": "add", "path": "/locations/-", "value": {"url": "http://{h*256}", "metadata": {}}}]"#,
        400,
        "is too long",
    ),
    change(
        "text as metadata",
        r#"[{"op": "add", "path": "/locations/-", "value": {"url": "http://h/x", "metadata": "m"}}]"#,
        400,
        "'m' is not of type 'object'",
    ),
    change(
        "no locations",
        r#"[{"op": "replace", "path": "/locations", "value": []}]"#,
        403,
        "Cannot set locations to empty list.",
    ),
    change(
        "a location, while they are hidden",
        r#"[{"op": "add", "path": "/locations/-", "value": {"url": "http://h/x", "metadata": {}}}]"#,
        403,
        "It's not allowed to add locations if locations are invisible.",
    ),
    change(
        "locations, while they are hidden",
        r#"[{"op": "replace", "path": "/locations", "value": [{"url": "http://h/x", "metadata": {}}]}]"#,
        403,
        "It's not allowed to update locations if locations are invisible.",
    ),
    change(
        "removed location",
        r#"[{"op": "remove", "path": "/locations/0"}]"#,
        403,
        "not authorized to complete delete_image_location action",
    ),
    change(
        "added status",
        r#"[{"op": "add", "path": "/status", "value": "active"}]"#,
        403,
        "Attribute 'status' is read-only.",
    ),
    change("removed checksum", r#"[{"op": "remove", "path": "/checksum"}]"#, 403, "Attribute 'checksum' is read-only."),
    change(
        "replaced size",
        r#"[{"op": "replace", "path": "/size", "value": 1}]"#,
        403,
        "Attribute 'size' is read-only.",
    ),
    change(
        "replaced stores",
        r#"[{"op": "replace", "path": "/stores", "value": "x"}]"#,
        403,
        "Attribute 'stores' is read-only.",
    ),
    change(
        "deleted by hand",
        r#"[{"op": "add", "path": "/deleted", "value": "1"}]"#,
        403,
        "Attribute 'deleted' is reserved.",
    ),
    change(
        "reserved name, escaped",
        r#"[{"op": "add", "path": "/os_glance~1x", "value": "1"}]"#,
        403,
        "Attribute 'os_glance/x' is reserved.",
    ),
    change(
        "reserved name with blanks",
        r#"[{"op": "add", "path": "/ os_glance_x ", "value": "1"}]"#,
        403,
        "Attribute 'os_glance_x' is reserved.",
    ),
    change(
        "removed reserved name",
        r#"[{"op": "remove", "path": "/os_glance_x"}]"#,
        403,
        "Attribute 'os_glance_x' is reserved.",
    ),
    change(
        "removed visibility",
        r#"[{"op": "remove", "path": "/visibility"}]"#,
        403,
        "Property visibility may not be removed.",
    ),
    change("removed tags", r#"[{"op": "remove", "path": "/tags"}]"#, 403, "Property tags may not be removed."),
    change(
        "replaced owner",
        r#"[{"op": "replace", "path": "/owner", "value": "p2"}]"#,
        403,
        "Owner can't be updated by non admin.",
    ),
    change(
        "replaced by what is not there",
        r#"[{"op": "replace", "path": "/nothing", "value": "1"}]"#,
        409,
        "Property nothing does not exist.",
    ),
    change(
        "removed twice",
        r#"[{"op": "add", "path": "/a", "value": "1"}, {"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}]"#,
        409,
        "Property a does not exist.",
    ),
    row(
        "format of an active image",
        "PATCH /v2/images/{active}",
        r#"[{"op": "replace", "path": "/disk_format", "value": "raw"}]"#,
        403,
        "Attribute disk_format can be only replaced for a queued image.",
    )
    .with(&[("Content-Type", "application/openstack-images-v2.1-json-patch")]),
    row(
        "an image that is not there",
        "PATCH /v2/images/00000000-0000-4000-8000-000000000000",
        r#"[{"op": "add", "path": "/a", "value": "1"}]"#,
        404,
        "No image found with ID 00000000-0000-4000-8000-000000000000",
    )
    .with(&[("Content-Type", "application/openstack-images-v2.1-json-patch")]),
    row("media type of version 2.2", "PATCH /v2/images/{queued}", "[]", 415, "Image PATCH expects Content-Type one of")
        .with(&[("Content-Type", "application/openstack-images-v2.2-json-patch")]),
    row("two media types", "PATCH /v2/images/{queued}", "[]", 415, "Image PATCH expects Content-Type one of")
        .with(&[("Content-Type", "text/plain, application/openstack-images-v2.1-json-patch")]),
];

#[test]
fn malformed_patches_are_refused_in_words() {
    run(DOCUMENTS);
}

#[test]
fn patches_with_wrong_values_are_refused_in_words() {
    run(VALUES);
}
