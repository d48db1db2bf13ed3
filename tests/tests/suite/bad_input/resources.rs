//! Members, tags, schemas, actions, data: what belongs to one image.

use super::table::{Row, get, row, run};

const MEMBERS: &[Row] = &[
    row("no body", "POST /v2/images/{queued}/members", "", 400, "Body expected in request."),
    row("half an object", "POST /v2/images/{queued}/members", "{\"member\":", 400, "Malformed JSON in request body."),
    row("a text", "POST /v2/images/{queued}/members", "\"p2\"", 400, "Unexpected body type."),
    row("a list", "POST /v2/images/{queued}/members", "[\"p2\"]", 400, "Expected a member in the form"),
    row(
        "another key",
        "POST /v2/images/{queued}/members",
        r#"{"member_id": "p2"}"#,
        400,
        "Member to be added not specified",
    ),
    row("nobody", "POST /v2/images/{queued}/members", r#"{"member": ""}"#, 400, "Member can't be empty"),
    row("null", "POST /v2/images/{queued}/members", r#"{"member": null}"#, 400, "Member can't be empty"),
    row("a number", "POST /v2/images/{queued}/members", r#"{"member": 7}"#, 400, ""),
    row("an object", "POST /v2/images/{queued}/members", r#"{"member": {"id": "p2"}}"#, 400, ""),
    row("a list of members", "POST /v2/images/{queued}/members", r#"{"member": ["p2"]}"#, 400, ""),
    row("256 letters", "POST /v2/images/{queued}/members", r#"{"member": "{m*256}"}"#, 400, ""),
    row("a NUL", "POST /v2/images/{queued}/members", r#"{"member": "p\u0000"}"#, 400, ""),
    row("a wide letter", "POST /v2/images/{queued}/members", r#"{"member": "😀"}"#, 400, ""),
    row("member of nothing", "POST /v2/images/nothing/members", r#"{"member": "p2"}"#, 404, "Image nothing not found."),
    get("members of nothing", "GET /v2/images/nothing/members", 404, "Image nothing not found."),
    get(
        "member that is not there",
        "GET /v2/images/{queued}/members/p9",
        404,
        "p9 not found in the member list of the image {queued}.",
    ),
    row(
        "removed member that is not there",
        "DELETE /v2/images/{queued}/members/p9",
        "",
        404,
        "p9 not found in the member list of the image {queued}.",
    ),
    row(
        "status of nobody",
        "PUT /v2/images/{queued}/members/p9",
        r#"{"status": "accepted"}"#,
        404,
        "p9 not found in the member list of the image {queued}.",
    ),
    row("no status", "PUT /v2/images/{queued}/members/p9", "{}", 400, "Status not specified"),
    row(
        "status in a list",
        "PUT /v2/images/{queued}/members/p9",
        "[\"accepted\"]",
        400,
        "Expected a status in the form",
    ),
    row("status without body", "PUT /v2/images/{queued}/members/p9", "", 400, "Body expected in request."),
    row(
        "members with PATCH",
        "PATCH /v2/images/{queued}/members",
        "[]",
        405,
        "The method PATCH is not allowed for this resource.",
    ),
    row(
        "members with DELETE",
        "DELETE /v2/images/{queued}/members",
        "",
        405,
        "The method DELETE is not allowed for this resource.",
    ),
    row(
        "one member with POST",
        "POST /v2/images/{queued}/members/p2",
        "{}",
        405,
        "The method POST is not allowed for this resource.",
    ),
    row(
        "members with a body",
        "GET /v2/images/{queued}/members",
        "x",
        400,
        "A body is not expected with this request.",
    ),
    row(
        "removed member with a body",
        "DELETE /v2/images/{queued}/members/p2",
        "{}",
        400,
        "A body is not expected with this request.",
    ),
    get("members, not UTF-8", "GET /v2/images/{queued}/members/%ff", 400, "could not be decoded"),
    get("member with a slash", "GET /v2/images/{queued}/members/a%2Fb", 404, "The resource could not be found."),
];

const TAGS: &[Row] = &[
    row("tag of 256 letters", "PUT /v2/images/{queued}/tags/{t*256}", "", 400, "is too long"),
    row("wide letter", "PUT /v2/images/{queued}/tags/%F0%9F%98%80", "", 400, "can't contain 4 byte unicode"),
    row("NUL", "PUT /v2/images/{queued}/tags/a%00b", "", 400, ""),
    row("not UTF-8", "PUT /v2/images/{queued}/tags/%ff", "", 400, "could not be decoded"),
    row("no tag", "PUT /v2/images/{queued}/tags/", "", 404, "The resource could not be found."),
    row("slash", "PUT /v2/images/{queued}/tags/a%2Fb", "", 404, "The resource could not be found."),
    row("tag of nothing", "PUT /v2/images/nothing/tags/a", "", 404, "Image nothing not found."),
    row("tag that is not there", "DELETE /v2/images/{queued}/tags/a", "", 404, "The resource could not be found."),
    row("tag removed from nothing", "DELETE /v2/images/nothing/tags/a", "", 404, "Image nothing not found."),
    row("tag with a body", "PUT /v2/images/{queued}/tags/a", "{}", 400, "A body is not expected with this request."),
    row("tag with GET", "GET /v2/images/{queued}/tags/a", "", 405, "The method GET is not allowed for this resource."),
    row(
        "tag with POST",
        "POST /v2/images/{queued}/tags/a",
        "",
        405,
        "The method POST is not allowed for this resource.",
    ),
    row("list of tags", "GET /v2/images/{queued}/tags", "", 404, "The resource could not be found."),
];

const ACTIONS: &[Row] = &[
    row(
        "deactivation of a queued image",
        "POST /v2/images/{queued}/actions/deactivate",
        "",
        403,
        "Not allowed to deactivate image in status 'queued'",
    ),
    row(
        "reactivation of a queued image",
        "POST /v2/images/{queued}/actions/reactivate",
        "",
        403,
        "Not allowed to reactivate image in status 'queued'",
    ),
    row(
        "deactivation of nothing",
        "POST /v2/images/nothing/actions/deactivate",
        "",
        404,
        "No image found with ID nothing",
    ),
    row(
        "reactivation of nothing",
        "POST /v2/images/nothing/actions/reactivate",
        "",
        404,
        "No image found with ID nothing",
    ),
    row(
        "action with a body",
        "POST /v2/images/{active}/actions/deactivate",
        "{}",
        400,
        "A body is not expected with this request.",
    ),
    row("unknown action", "POST /v2/images/{active}/actions/explode", "", 404, "The resource could not be found."),
    row("no action", "POST /v2/images/{active}/actions", "", 404, "The resource could not be found."),
    row(
        "action with GET",
        "GET /v2/images/{active}/actions/deactivate",
        "",
        405,
        "The method GET is not allowed for this resource.",
    ),
    row(
        "action with PUT",
        "PUT /v2/images/{active}/actions/reactivate",
        "",
        405,
        "The method PUT is not allowed for this resource.",
    ),
    row("schema with a body", "GET /v2/schemas/image", "{}", 400, "A body is not expected with this request."),
    row("schema with POST", "POST /v2/schemas/images", "{}", 405, "The method POST is not allowed for this resource."),
    row(
        "schema with DELETE",
        "DELETE /v2/schemas/member",
        "",
        405,
        "The method DELETE is not allowed for this resource.",
    ),
    row("schema of nothing", "GET /v2/schemas/nothing", "", 404, "The resource could not be found."),
    row("schemas", "GET /v2/schemas", "", 404, "The resource could not be found."),
    row("schema with a slash too much", "GET /v2/schemas/image/", "", 404, "The resource could not be found."),
    row("images with a slash too much", "GET /v2/images/", "", 404, "The resource could not be found."),
    row(
        "image with HEAD's cousin",
        "OPTIONSX /v2/images/{active}/nothing",
        "",
        501,
        "is not implemented for this server",
    ),
    row("image with PUT", "PUT /v2/images/{active}", "{}", 405, "The method PUT is not allowed for this resource."),
    row("image with POST", "POST /v2/images/{active}", "{}", 405, "The method POST is not allowed for this resource."),
    row("images with DELETE", "DELETE /v2/images", "", 405, "The method DELETE is not allowed for this resource."),
    row("image shown with a body", "GET /v2/images/{queued}", "{}", 400, "A body is not expected with this request."),
    row(
        "image deleted with a body",
        "DELETE /v2/images/{queued}",
        "{}",
        400,
        "A body is not expected with this request.",
    ),
    row("deleted nothing", "DELETE /v2/images/nothing", "", 404, "Failed to find image nothing to delete"),
    row("deleted by a pattern", "DELETE /v2/images/%25", "", 404, "Failed to find image % to delete"),
];

const OCTETS: &[(&str, &str)] = &[("Content-Type", "application/octet-stream")];

const DATA: &[Row] = &[
    row("no type", "PUT /v2/images/{queued}/file", "x", 415, "Invalid content type None"),
    row("type of text", "PUT /v2/images/{queued}/file", "x", 415, "Invalid content type text/plain")
        .with(&[("Content-Type", "text/plain")]),
    row(
        "type that is longer",
        "PUT /v2/images/{queued}/file",
        "x",
        415,
        "Invalid content type application/octet-streams",
    )
    .with(&[("Content-Type", "application/octet-streams")]),
    row(
        "fractional size",
        "PUT /v2/images/{queued}/file",
        "x",
        400,
        "Invalid or missing image size in request headers.",
    )
    .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "1.0")]),
    row("empty size", "PUT /v2/images/{queued}/file", "x", 400, "Invalid or missing image size in request headers.")
        .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "")]),
    row(
        "size with a unit",
        "PUT /v2/images/{queued}/file",
        "x",
        400,
        "Invalid or missing image size in request headers.",
    )
    .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "1k")]),
    row("one byte more than said", "PUT /v2/images/{queued}/file", "12345", 400, "Size exceeds: expected 4 bytes")
        .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "4")]),
    row(
        "one byte less than said",
        "PUT /v2/images/{queued}/file",
        "12345",
        400,
        "Size mismatch: expected 6 bytes, got 5 bytes",
    )
    .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "6")]),
    row(
        "more than the cap is announced",
        "PUT /v2/images/{queued}/file",
        "12345",
        413,
        "The provided image is too large.",
    )
    .with(&[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "1099511627777")]),
    row("unknown store", "PUT /v2/images/{queued}/file", "x", 400, "Store for identifier nowhere not found")
        .with(&[("Content-Type", "application/octet-stream"), ("X-Image-Meta-Store", "nowhere")]),
    row("two stores", "PUT /v2/images/{queued}/file", "x", 400, "Store for identifier fast,slow not found")
        .with(&[("Content-Type", "application/octet-stream"), ("X-Image-Meta-Store", "fast,slow")]),
    row(
        "data twice",
        "PUT /v2/images/{active}/file",
        "x",
        409,
        "Image status transition from active to saving is not allowed",
    )
    .with(OCTETS),
    row("data of nothing", "PUT /v2/images/nothing/file", "x", 404, "No image found with ID nothing").with(OCTETS),
    get("download of nothing", "GET /v2/images/nothing/file", 404, "No image found with ID nothing"),
    get(
        "unknown store preferred",
        "GET /v2/images/{active}/file?prefer=nowhere",
        400,
        "Store 'nowhere' is not configured.",
    ),
    get(
        "unknown store among known ones",
        "GET /v2/images/{active}/file?prefer=fast,%20nowhere",
        400,
        "Store 'nowhere' is not configured.",
    ),
    row(
        "data with DELETE",
        "DELETE /v2/images/{active}/file",
        "",
        405,
        "The method DELETE is not allowed for this resource.",
    ),
    row(
        "data with PATCH",
        "PATCH /v2/images/{active}/file",
        "[]",
        405,
        "The method PATCH is not allowed for this resource.",
    ),
    row("download with a body", "GET /v2/images/{active}/file", "x", 400, "A body is not expected with this request."),
    get(
        "start at the end",
        "GET /v2/images/{active}/file",
        416,
        "Start position MUST be in the inclusive range [0, 9].",
    )
    .with(&[("Range", "bytes=10-20")]),
    get("start beyond 64 bits", "GET /v2/images/{active}/file", 416, "Range header.")
        .with(&[("Range", "bytes=18446744073709551616-")]),
    get(
        "two ranges",
        "GET /v2/images/{active}/file",
        400,
        "Requests with multiple ranges are not supported in Glance.",
    )
    .with(&[("Range", "bytes=0-0,2-2")]),
    get("range with a fraction", "GET /v2/images/{active}/file", 416, "Invalid Range header.")
        .with(&[("Range", "bytes=0.5-2")]),
    get("range with a minus too much", "GET /v2/images/{active}/file", 416, "Invalid Range header.")
        .with(&[("Range", "bytes=1--2")]),
    get("range of a kilobyte", "GET /v2/images/{active}/file", 416, "Invalid Range header.")
        .with(&[("Range", "bytes={9*1000}x-")]),
    get("content range backwards", "GET /v2/images/{active}/file", 416, "Content-Range header.")
        .with(&[("Content-Range", "bytes 5-3/10")]),
    get("content range beyond its own length", "GET /v2/images/{active}/file", 416, "Invalid Content-Range header.")
        .with(&[("Content-Range", "bytes 3-16/15")]),
    get(
        "content range beyond the image",
        "GET /v2/images/{active}/file",
        416,
        "Invalid stop position in Content-Range header.",
    )
    .with(&[("Content-Range", "bytes 3-10/*")]),
];

#[test]
fn bad_calls_about_members_are_refused_in_words() {
    run(MEMBERS);
}

#[test]
fn bad_calls_about_tags_are_refused_in_words() {
    run(TAGS);
}

#[test]
fn bad_actions_and_methods_are_refused_in_words() {
    run(ACTIONS);
}

#[test]
fn bad_calls_about_data_are_refused_in_words() {
    run(DATA);
}
