//! Headers: identity, versions, media types, lengths.

use super::table::{Row, get, row, run};

const IDENTITIES: &[Row] = &[
    get("identity that is not confirmed", "GET /v2/images", 401, "").with(&[("X-Identity-Status", "Invalid")]),
    get("confirmed with a blank", "GET /v2/images", 401, "").with(&[("X-Identity-Status", "Confirmed by me")]),
    get("confirmed in capitals", "GET /v2/images", 401, "").with(&[("X-Identity-Status", "CONFIRMED")]),
    get("no identity", "GET /v2/images/{active}", 401, "").with(&[("X-Identity-Status", "")]),
    get("no roles, one image", "GET /v2/images/{queued}", 404, "The resource could not be found.")
        .with(&[("X-Roles", "")]),
    get("role that only looks like reader", "GET /v2/images", 403, "not authorized to complete get_images action")
        .with(&[("X-Roles", "readers")]),
    get("two roles in one", "GET /v2/images", 403, "not authorized to complete get_images action")
        .with(&[("X-Roles", "member;reader")]),
    get("admin with letters around", "GET /v2/images", 403, "not authorized to complete get_images action")
        .with(&[("X-Roles", "'admin'")]),
    get("scope of a domain", "GET /v2/images", 403, "not authorized to complete get_images action")
        .with(&[("X-Domain-Id", "default")]),
    get("scope of the system", "GET /v2/images/{queued}", 404, "The resource could not be found.")
        .with(&[("OpenStack-System-Scope", "all")]),
    row("creation by a reader", "POST /v2/images", "{}", 403, "not authorized to complete add_image action")
        .with(&[("X-Roles", "reader")]),
    row("change by a reader", "DELETE /v2/images/{queued}", "", 403, "not authorized to complete delete_image action")
        .with(&[("X-Roles", "reader")]),
    row(
        "upload by a reader",
        "PUT /v2/images/{queued}/file",
        "x",
        403,
        "not authorized to complete upload_image action",
    )
    .with(&[("X-Roles", "reader"), ("Content-Type", "application/octet-stream")]),
    get(
        "download by a reader",
        "GET /v2/images/{active}/file",
        403,
        "not authorized to complete download_image action",
    )
    .with(&[("X-Roles", "reader")]),
    get("request id of 5000 letters", "GET /v2/images", 431, "is too long, max size 64")
        .with(&[("X-OpenStack-Request-ID", "{r*5000}")]),
    get("request id of 65 letters", "GET /v2/images/nothing", 431, "is too long, max size 64")
        .with(&[("X-OpenStack-Request-ID", "{r*65}")]),
];

const VERSIONS: &[Row] = &[
    get("version 3", "GET /v3/images", 300, "\"versions\""),
    get("version 1", "GET /v1/images", 300, "\"versions\""),
    get("version of words", "GET /vlatest/images", 300, "\"versions\""),
    get("version beyond", "GET /v2.99/images", 300, "\"versions\""),
    get("version of many digits", "GET /v{2*500}/images", 300, "\"versions\""),
    get("version twice", "GET /v2/v2/images", 404, "The resource could not be found."),
    get("no version", "GET /images", 300, "\"versions\""),
    get("root of version 2", "GET /v2/", 404, "The resource could not be found."),
    get("version in Accept and path", "GET /v2/images", 404, "")
        .with(&[("Accept", "application/vnd.openstack.images-v2")]),
    get("unknown version in Accept", "GET /images", 300, "\"versions\"")
        .with(&[("Accept", "application/vnd.openstack.images-v9")]),
    get("path of a kilobyte", "GET /v2/images/{p*1000}", 404, "No image found with ID pppp"),
    get("path of a hundred steps", "GET /v2{/a*100}", 404, "The resource could not be found."),
    get("image id with a quote", "GET /v2/images/%22%3E", 404, "No image found with ID"),
    get("image id with a line break", "GET /v2/images/a%0d%0ab", 404, "No image found with ID"),
    get("nonsense as Accept", "GET /v2/images/nothing", 404, "No image found with ID nothing")
        .with(&[("Accept", ";;;q=,,/*;=")]),
    get("Accept of ten thousand letters", "GET /v2/images/nothing", 404, "No image found with ID nothing")
        .with(&[("Accept", "{a/b,*2500}")]),
    get("nonsense as language", "GET /v2/images/nothing", 404, "nothing").with(&[("Accept-Language", "{x*100};q=9,*")]),
];

#[test]
fn identities_that_are_none_are_refused() {
    run(IDENTITIES);
}

#[test]
fn versions_and_paths_that_are_none_are_refused() {
    run(VERSIONS);
}
