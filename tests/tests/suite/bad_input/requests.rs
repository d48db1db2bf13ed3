//! Requests that HTTP allows and the service must refuse: method and path, headers, body.

use glance_tests::Body;

use super::Stage;

/// Title, request line, headers, body, allowed statuses.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], &'a [u16]);

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
const PATCH: &[(&str, &str)] = &[("Content-Type", "application/openstack-images-v2.1-json-patch")];
const OLD_PATCH: &[(&str, &str)] = &[("Content-Type", "application/openstack-images-v2.0-json-patch")];
const DATA: &[(&str, &str)] = &[("Content-Type", "application/octet-stream")];
const CREATE: &str = "POST /v2/images";
const CHANGE: &str = "PATCH /v2/images/{queued}";

const JSON_BODIES: &[Row] = &[
    ("no body", CREATE, JSON, b"", &[400]),
    ("only blanks", CREATE, JSON, b"   \n", &[400]),
    ("half an object", CREATE, JSON, b"{\"name\": \"x\"", &[400]),
    ("half a string", CREATE, JSON, b"{\"name\": \"x", &[400]),
    ("a comma too much", CREATE, JSON, b"{\"name\": \"x\",}", &[400]),
    ("single quotes", CREATE, JSON, b"{'name': 'x'}", &[400]),
    ("unquoted key", CREATE, JSON, b"{name: 1}", &[400]),
    ("two documents", CREATE, JSON, b"{}{}", &[400]),
    ("a comment", CREATE, JSON, b"{} // x", &[400]),
    ("a byte order mark", CREATE, JSON, b"\xef\xbb\xbf{}", &[400]),
    ("UTF-16", CREATE, JSON, b"\xff\xfe{\0}\0", &[400]),
    ("not UTF-8 in a value", CREATE, JSON, b"{\"name\": \"\xff\xfe\"}", &[400]),
    ("not UTF-8 in a key", CREATE, JSON, b"{\"\xc3\x28\": \"x\"}", &[400]),
    ("overlong UTF-8", CREATE, JSON, b"{\"name\": \"\xc0\xaf\"}", &[400]),
    ("half a surrogate pair", CREATE, JSON, b"{\"name\": \"\\ud800\"}", &[400]),
    ("unknown escape", CREATE, JSON, b"{\"name\": \"\\x41\"}", &[400]),
    ("raw line break in a string", CREATE, JSON, b"{\"name\": \"a\nb\"}", &[400]),
    ("NUL bytes", CREATE, JSON, b"\0\0\0\0", &[400]),
    ("NUL in a name", CREATE, JSON, b"{\"name\": \"a\\u0000b\"}", &[400]),
    ("NUL in a property", CREATE, JSON, b"{\"foo\": \"a\\u0000b\"}", &[400]),
    ("NUL in a key", CREATE, JSON, b"{\"fo\\u0000o\": \"x\"}", &[400]),
    ("NUL in a tag", CREATE, JSON, b"{\"tags\": [\"a\\u0000\"]}", &[400]),
    ("a string", CREATE, JSON, b"\"text\"", &[400]),
    ("a number", CREATE, JSON, b"12", &[400]),
    ("null", CREATE, JSON, b"null", &[400]),
    ("true", CREATE, JSON, b"true", &[400]),
    ("a list", CREATE, JSON, b"[]", &[400]),
    ("a list of objects", CREATE, JSON, b"[{\"name\": \"x\"}]", &[400]),
    ("XML", CREATE, JSON, b"<?xml version=\"1.0\"?><image/>", &[400]),
    ("a form", CREATE, JSON, b"name=x&disk_format=raw", &[400]),
    ("number as name", CREATE, JSON, b"{\"name\": 1}", &[400]),
    ("list as name", CREATE, JSON, b"{\"name\": [\"x\"]}", &[400]),
    ("object as name", CREATE, JSON, b"{\"name\": {\"a\": 1}}", &[400]),
    ("text as boolean", CREATE, JSON, b"{\"protected\": \"true\"}", &[400]),
    ("number as boolean", CREATE, JSON, b"{\"os_hidden\": 1}", &[400]),
    ("null as boolean", CREATE, JSON, b"{\"protected\": null}", &[400]),
    ("text as number", CREATE, JSON, b"{\"min_ram\": \"5\"}", &[400]),
    ("fraction as number", CREATE, JSON, b"{\"min_disk\": 1.5}", &[400]),
    ("boolean as number", CREATE, JSON, b"{\"min_disk\": true}", &[400]),
    ("negative number", CREATE, JSON, b"{\"min_ram\": -1}", &[400]),
    ("number beyond 31 bits", CREATE, JSON, b"{\"min_ram\": 2147483648}", &[400]),
    ("number beyond 64 bits", CREATE, JSON, b"{\"min_ram\": 99999999999999999999999999}", &[400]),
    ("number beyond floats", CREATE, JSON, b"{\"min_ram\": 1e999}", &[400]),
    ("not a number", CREATE, JSON, b"{\"min_ram\": NaN}", &[400]),
    ("negative infinity", CREATE, JSON, b"{\"min_ram\": -Infinity}", &[400]),
    ("text as tags", CREATE, JSON, b"{\"tags\": \"a\"}", &[400]),
    ("numbers as tags", CREATE, JSON, b"{\"tags\": [1, 2]}", &[400]),
    ("nested tags", CREATE, JSON, b"{\"tags\": [[\"a\"]]}", &[400]),
    ("number as property", CREATE, JSON, b"{\"foo\": 1}", &[400]),
    ("null as property", CREATE, JSON, b"{\"foo\": null}", &[400]),
    ("object as property", CREATE, JSON, b"{\"foo\": {\"a\": \"b\"}}", &[400]),
    ("unknown visibility", CREATE, JSON, b"{\"visibility\": \"secret\"}", &[400]),
    ("unknown disk format", CREATE, JSON, b"{\"disk_format\": \"floppy\"}", &[400]),
    ("unknown container format", CREATE, JSON, b"{\"container_format\": \"box\"}", &[400]),
    ("id that is none", CREATE, JSON, b"{\"id\": \"../../etc/passwd\"}", &[400]),
    ("id that is SQL", CREATE, JSON, b"{\"id\": \"' OR 1=1 --\"}", &[400]),
    ("number as id", CREATE, JSON, b"{\"id\": 7}", &[400]),
    ("status of one's own", CREATE, JSON, b"{\"status\": \"active\"}", &[403]),
    ("size of one's own", CREATE, JSON, b"{\"size\": 5}", &[403]),
    ("checksum of one's own", CREATE, JSON, b"{\"checksum\": \"00000000000000000000000000000000\"}", &[403]),
    ("reserved name", CREATE, JSON, b"{\"os_glance_import_task\": \"x\"}", &[403]),
    ("location of one's own", CREATE, JSON, b"{\"location\": \"file:///etc/passwd\"}", &[403]),
    (
        "locations of one's own",
        CREATE,
        JSON,
        b"{\"locations\": [{\"url\": \"file:///etc/passwd\", \"metadata\": {}}]}",
        &[403],
    ),
    ("deleted flag of one's own", CREATE, JSON, b"{\"deleted\": \"true\"}", &[403]),
    ("foreign owner", CREATE, JSON, b"{\"owner\": \"p2\"}", &[403]),
    ("four-byte letter in a name", CREATE, JSON, b"{\"name\": \"\xf0\x9f\x98\x80\"}", &[400]),
    ("four-byte letter in a key", CREATE, JSON, b"{\"\xf0\x9f\x98\x80\": \"x\"}", &[400]),
    ("four-byte letter in a tag", CREATE, JSON, b"{\"tags\": [\"\xf0\x9f\x98\x80\"]}", &[400]),
];

const PATCHES: &[Row] = &[
    ("no content type", CHANGE, &[], b"[]", &[415]),
    ("plain JSON type", CHANGE, JSON, b"[]", &[415]),
    ("standard patch type", CHANGE, &[("Content-Type", "application/json-patch+json")], b"[]", &[415]),
    ("type with a line of its own", CHANGE, &[("Content-Type", "text/html; charset=<b>")], b"[]", &[415]),
    ("empty patch body", CHANGE, PATCH, b"", &[400]),
    ("broken patch", CHANGE, PATCH, b"[{", &[400]),
    ("patch that is no list", CHANGE, PATCH, b"{\"op\": \"add\"}", &[400]),
    ("list of texts", CHANGE, PATCH, b"[\"add\"]", &[400]),
    ("list of lists", CHANGE, PATCH, b"[[]]", &[400]),
    ("operation without op", CHANGE, PATCH, b"[{\"path\": \"/a\", \"value\": \"b\"}]", &[400]),
    ("unknown operation", CHANGE, PATCH, b"[{\"op\": \"move\", \"from\": \"/a\", \"path\": \"/b\"}]", &[400]),
    ("number as operation", CHANGE, PATCH, b"[{\"op\": 1, \"path\": \"/a\", \"value\": \"b\"}]", &[400]),
    ("list as operation", CHANGE, PATCH, b"[{\"op\": [], \"path\": \"/a\", \"value\": \"b\"}]", &[400]),
    ("operation without path", CHANGE, PATCH, b"[{\"op\": \"add\", \"value\": \"b\"}]", &[400]),
    ("number as path", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": 1, \"value\": \"b\"}]", &[400]),
    ("list as path", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": [\"a\"], \"value\": \"b\"}]", &[400]),
    ("null as path", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": null, \"value\": \"b\"}]", &[400]),
    ("path without slash", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"a\", \"value\": \"b\"}]", &[400]),
    ("empty path", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"\", \"value\": \"b\"}]", &[400]),
    ("path with double slash", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a//b\", \"value\": \"b\"}]", &[400]),
    ("path with last slash", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a/\", \"value\": \"b\"}]", &[400]),
    ("path with a wild tilde", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a~x\", \"value\": \"b\"}]", &[400]),
    ("path too deep", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a/b/c\", \"value\": \"b\"}]", &[400]),
    ("add without value", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a\"}]", &[400]),
    (
        "wrong type of value",
        CHANGE,
        PATCH,
        b"[{\"op\": \"replace\", \"path\": \"/min_ram\", \"value\": \"x\"}]",
        &[400],
    ),
    (
        "value out of range",
        CHANGE,
        PATCH,
        b"[{\"op\": \"replace\", \"path\": \"/min_ram\", \"value\": 99999999999}]",
        &[400],
    ),
    (
        "value beyond 64 bits",
        CHANGE,
        PATCH,
        b"[{\"op\": \"replace\", \"path\": \"/min_ram\", \"value\": 9e99}]",
        &[400],
    ),
    ("NUL in a value", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/a\", \"value\": \"\\u0000\"}]", &[400]),
    ("NUL in a path", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/\\u0000\", \"value\": \"x\"}]", &[400]),
    (
        "read-only field",
        CHANGE,
        PATCH,
        b"[{\"op\": \"replace\", \"path\": \"/status\", \"value\": \"active\"}]",
        &[403],
    ),
    ("read-only id", CHANGE, PATCH, b"[{\"op\": \"replace\", \"path\": \"/id\", \"value\": \"x\"}]", &[403]),
    (
        "reserved field",
        CHANGE,
        PATCH,
        b"[{\"op\": \"add\", \"path\": \"/os_glance_stage_host\", \"value\": \"x\"}]",
        &[403],
    ),
    ("removed base field", CHANGE, PATCH, b"[{\"op\": \"remove\", \"path\": \"/name\"}]", &[403]),
    ("missing property", CHANGE, PATCH, b"[{\"op\": \"remove\", \"path\": \"/nothing\"}]", &[409]),
    ("owner given away", CHANGE, PATCH, b"[{\"op\": \"add\", \"path\": \"/owner\", \"value\": \"p2\"}]", &[403]),
    (
        "published by a member",
        CHANGE,
        PATCH,
        b"[{\"op\": \"replace\", \"path\": \"/visibility\", \"value\": \"public\"}]",
        &[403],
    ),
    (
        "old dialect with two operations",
        CHANGE,
        OLD_PATCH,
        b"[{\"add\": \"/a\", \"replace\": \"/b\", \"value\": \"c\"}]",
        &[400],
    ),
    ("old dialect without operation", CHANGE, OLD_PATCH, b"[{\"value\": \"c\"}]", &[400]),
    ("old dialect with a number", CHANGE, OLD_PATCH, b"[{\"add\": 5, \"value\": \"c\"}]", &[400]),
    ("patch of an unknown image", "PATCH /v2/images/nothing", PATCH, b"[]", &[404]),
];

const PATHS: &[Row] = &[
    ("unknown path", "GET /nothing/at/all", &[], b"", &[300, 404]),
    ("unknown path below v2", "GET /v2/nothing", &[], b"", &[404]),
    ("unknown version", "GET /v99/images", &[], b"", &[300]),
    ("unknown method", "BREW /v2/images/nothing/at/all", &[], b"", &[501]),
    ("lower-case method", "get /v2/nothing", &[], b"", &[400, 501]),
    ("wrong method", "PUT /v2/images", &[], b"", &[405]),
    ("delete of data", "DELETE /v2/images/{active}/file", &[], b"", &[405]),
    ("post to data", "POST /v2/images/{active}/file", &[], b"x", &[405]),
    ("trace", "TRACE /v2/images", &[], b"", &[405, 501]),
    ("connect", "CONNECT /v2/images", &[], b"", &[400, 405, 501]),
    ("path that climbs", "GET /v2/images/../../../etc/passwd", &[], b"", &[300, 400, 404]),
    ("path that climbs encoded", "GET /v2/images/%2e%2e%2f%2e%2e%2fetc%2fpasswd", &[], b"", &[404]),
    ("path that climbs twice encoded", "GET /v2/images/%252e%252e%252fetc", &[], b"", &[404]),
    ("path with NUL", "GET /v2/images/%00", &[], b"", &[400, 404]),
    ("path with line break", "GET /v2/images/%0d%0aX-Injected:%20yes", &[], b"", &[400, 404]),
    ("path that is not UTF-8", "GET /v2/images/%ff%fe", &[], b"", &[400]),
    ("path with half an escape", "GET /v2/images/%4", &[], b"", &[400, 404]),
    ("path with a wrong escape", "GET /v2/images/%zz", &[], b"", &[400, 404]),
    ("id that is SQL in the path", "GET /v2/images/'%20OR%20'1'='1", &[], b"", &[404]),
    ("id that is too long", "GET /v2/images/00000000-0000-0000-0000-0000000000000000000000", &[], b"", &[404]),
    ("id in braces", "GET /v2/images/%7B%7D", &[], b"", &[404]),
    ("id with markup", "GET /v2/images/%3Cscript%3Ealert(1)%3C%2Fscript%3E", &[], b"", &[404]),
    ("body with GET", "GET /v2/images/{active}", &[], b"x", &[400]),
    ("body with DELETE", "DELETE /v2/images/{active}", &[], b"x", &[400]),
    ("body with a download", "GET /v2/images/{active}/file", &[], b"x", &[400]),
];

const QUERIES: &[Row] = &[
    ("limit that is a word", "GET /v2/images?limit=x", &[], b"", &[400]),
    ("negative limit", "GET /v2/images?limit=-1", &[], b"", &[400]),
    ("limit beyond 64 bits", "GET /v2/images?limit=1000000000000000000000000x", &[], b"", &[400]),
    ("fractional limit", "GET /v2/images?limit=1.5", &[], b"", &[400]),
    ("unknown marker", "GET /v2/images?marker=11111111-1111-4111-8111-111111111111", &[], b"", &[400]),
    ("marker that is no id", "GET /v2/images?marker=../x", &[], b"", &[400]),
    ("marker with NUL", "GET /v2/images?marker=%00", &[], b"", &[400]),
    ("empty marker", "GET /v2/images?marker=", &[], b"", &[400]),
    ("unknown sort key", "GET /v2/images?sort_key=password", &[], b"", &[400]),
    ("sort key that is SQL", "GET /v2/images?sort_key=id;DROP%20TABLE%20images", &[], b"", &[400]),
    ("unknown sort direction", "GET /v2/images?sort_dir=sideways", &[], b"", &[400]),
    ("sort with too many parts", "GET /v2/images?sort=name:asc:desc", &[], b"", &[400]),
    ("both sort forms", "GET /v2/images?sort=name&sort_key=id", &[], b"", &[400]),
    ("unbalanced sort lists", "GET /v2/images?sort_key=id&sort_dir=asc&sort_dir=desc", &[], b"", &[400]),
    ("unknown visibility filter", "GET /v2/images?visibility=x", &[], b"", &[400]),
    ("unknown member status", "GET /v2/images?member_status=x", &[], b"", &[400]),
    ("hidden that is a word", "GET /v2/images?os_hidden=perhaps", &[], b"", &[400]),
    ("protected that is a word", "GET /v2/images?protected=perhaps", &[], b"", &[400]),
    ("changes-since", "GET /v2/images?changes-since=2020-01-01", &[], b"", &[400]),
    ("unknown operator", "GET /v2/images?name=like:x", &[], b"", &[400]),
    ("quote not closed", "GET /v2/images?name=in:%22x", &[], b"", &[400]),
    ("quote in the middle", "GET /v2/images?name=in:x%22y%22", &[], b"", &[400]),
    ("time that is a word", "GET /v2/images?created_at=yesterday", &[], b"", &[400]),
    ("time out of range", "GET /v2/images?created_at=gt:2020-99-99", &[], b"", &[400]),
    ("time with a wrong operator", "GET /v2/images?updated_at=in:2020-01-01", &[], b"", &[400]),
    ("range that is a word", "GET /v2/images?size_min=small", &[], b"", &[400]),
    ("range of no number", "GET /v2/images?min_ram_max=x", &[], b"", &[400]),
    ("query that is not UTF-8", "GET /v2/images?name=%ff", &[], b"", &[400]),
    ("query key that is not UTF-8", "GET /v2/images?%ff=x", &[], b"", &[400]),
];

const DOWNLOADS: &[Row] = &[
    ("range behind the end", "GET /v2/images/{active}/file", &[("Range", "bytes=10-")], b"", &[416]),
    (
        "range far behind the end",
        "GET /v2/images/{active}/file",
        &[("Range", "bytes=99999999999999999999-")],
        b"",
        &[416],
    ),
    ("range backwards", "GET /v2/images/{active}/file", &[("Range", "bytes=5-3")], b"", &[416]),
    ("range without numbers", "GET /v2/images/{active}/file", &[("Range", "bytes=")], b"", &[416]),
    ("range of letters", "GET /v2/images/{active}/file", &[("Range", "bytes=a-b")], b"", &[416]),
    ("range of another unit", "GET /v2/images/{active}/file", &[("Range", "lines=0-1")], b"", &[416]),
    ("range without unit", "GET /v2/images/{active}/file", &[("Range", "0-1")], b"", &[416]),
    ("range with two signs", "GET /v2/images/{active}/file", &[("Range", "bytes=--1")], b"", &[416]),
    ("several ranges", "GET /v2/images/{active}/file", &[("Range", "bytes=0-1,3-4")], b"", &[400]),
    (
        "a thousand ranges",
        "GET /v2/images/{active}/file",
        &[("Range", "bytes=0-,0-,0-,0-,0-,0-,0-,0-,0-")],
        b"",
        &[400],
    ),
    (
        "content range behind the end",
        "GET /v2/images/{active}/file",
        &[("Content-Range", "bytes 10-11/12")],
        b"",
        &[416],
    ),
    (
        "content range longer than the image",
        "GET /v2/images/{active}/file",
        &[("Content-Range", "bytes 3-12/20")],
        b"",
        &[416],
    ),
    ("content range of a star", "GET /v2/images/{active}/file", &[("Content-Range", "bytes */10")], b"", &[416]),
    ("content range of letters", "GET /v2/images/{active}/file", &[("Content-Range", "x")], b"", &[416]),
    ("unknown store preferred", "GET /v2/images/{active}/file?prefer=nowhere", &[], b"", &[400]),
];

const UPLOADS: &[Row] = &[
    ("upload without type", "PUT /v2/images/{queued}/file", &[], b"x", &[415]),
    ("upload of JSON", "PUT /v2/images/{queued}/file", JSON, b"{}", &[415]),
    (
        "upload of a form",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "multipart/form-data; boundary=x")],
        b"--x--",
        &[415],
    ),
    (
        "size that is a word",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "big")],
        b"x",
        &[400],
    ),
    (
        "negative size",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "-5")],
        b"x",
        &[400],
    ),
    (
        "size beyond 64 bits",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "99999999999999999999999")],
        b"x",
        &[400, 413],
    ),
    (
        "size that is too small",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "1")],
        b"12345",
        &[400],
    ),
    (
        "size that is too large",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("x-openstack-image-size", "50")],
        b"12345",
        &[400],
    ),
    (
        "unknown store",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("X-Image-Meta-Store", "../fast")],
        b"x",
        &[400],
    ),
    (
        "read-only store",
        "PUT /v2/images/{queued}/file",
        &[("Content-Type", "application/octet-stream"), ("X-Image-Meta-Store", "web")],
        b"x",
        &[400, 410],
    ),
    ("upload to an active image", "PUT /v2/images/{active}/file", DATA, b"x", &[409]),
    ("upload to nothing", "PUT /v2/images/nothing/file", DATA, b"x", &[404]),
];

const IDENTITIES: &[Row] = &[
    (
        "request id that is too long",
        "GET /v2/images",
        &[("X-OpenStack-Request-ID", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")],
        b"",
        &[431],
    ),
    ("catalogue that is no JSON", "GET /v2/images", &[("X-Service-Catalog", "{")], b"", &[400, 500]),
    ("status that is almost right", "GET /v2/images", &[("X-Identity-Status", "confirmed")], b"", &[401]),
    ("no roles", "GET /v2/images", &[("X-Roles", "")], b"", &[403]),
    ("roles of commas", "GET /v2/images", &[("X-Roles", ",,,")], b"", &[403]),
    ("scope of the system", "GET /v2/images", &[("OpenStack-System-Scope", "all")], b"", &[403]),
];

fn all_rows() -> Vec<Row<'static>> {
    [JSON_BODIES, PATCHES, PATHS, QUERIES, DOWNLOADS, UPLOADS, IDENTITIES].concat()
}

#[test]
fn bad_requests_are_refused_clearly() {
    let stage = Stage::new();
    let rows = all_rows();
    let mut faults = Vec::new();
    for (title, line, headers, body, allowed) in &rows {
        let line = stage.fill(line);
        let (method, target) = line.split_once(' ').expect("a method and a path");
        let mut call = stage.owner.request(method, target);
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            call = call.body(Body::Bytes(body.to_vec()));
        }
        for (name, value) in *headers {
            call = call.header(name, value);
        }
        let fault = match call.try_send() {
            Ok(answer) => stage.fault(&answer, allowed),
            Err(error) => Some(format!("no answer: {error}")),
        };
        faults.extend(fault.map(|fault| format!("* {title}: {line}\n  {fault}")));
    }
    stage.end(&faults, rows.len());
}

#[test]
fn tables_hold_at_least_150_rows() {
    assert!(all_rows().len() >= 150, "{}", all_rows().len());
}

#[test]
fn sizes_beyond_reason_are_refused() {
    let stage = Stage::new();
    let mut faults = Vec::new();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let long = "x".repeat(2_000_000);
    let many: Vec<String> = (0..20_000).map(|n| format!("\"k{n}\": \"v\"")).collect();
    let tags: Vec<String> = (0..50_000).map(|n| format!("\"t{n}\"")).collect();
    let bodies: [(&str, String, &[u16]); 9] = [
        ("a name of two megabytes", format!("{{\"name\": \"{long}\"}}"), &[400, 413]),
        ("a key of two megabytes", format!("{{\"{long}\": \"x\"}}"), &[400, 413]),
        ("a tag of two megabytes", format!("{{\"tags\": [\"{long}\"]}}"), &[400, 413]),
        ("lists in lists", deep("[", "]"), &[400, 413]),
        ("objects in objects", deep("{\"a\":", "}"), &[400, 413]),
        ("lists in a property", format!("{{\"foo\": {}}}", deep("[", "]")), &[400, 413]),
        ("twenty thousand properties", format!("{{{}}}", many.join(",")), &[400, 413]),
        ("fifty thousand tags", format!("{{\"tags\": [{}]}}", tags.join(",")), &[400, 413]),
        ("a number of two megabytes", format!("{{\"min_ram\": {}}}", "9".repeat(2_000_000)), &[400, 413]),
    ];
    for (title, body, allowed) in &bodies {
        let call = stage.owner.request("POST", "/v2/images").body(Body::Bytes(body.clone().into_bytes()));
        let fault = match call.try_send() {
            Ok(answer) => stage.fault(&answer, allowed),
            Err(error) => Some(format!("no answer: {error}")),
        };
        faults.extend(fault.map(|fault| format!("* {title}: {}", fault.chars().take(500).collect::<String>())));
    }
    let operation = "{\"op\": \"add\", \"path\": \"/a\", \"value\": \"b\"},";
    let patch = format!("[{}{{}}]", operation.repeat(100_000));
    let call = stage.owner.request("PATCH", &stage.fill("/v2/images/{queued}"));
    let call = call.header(PATCH[0].0, PATCH[0].1).body(Body::Bytes(patch.into_bytes()));
    match call.try_send() {
        Ok(answer) => faults.extend(stage.fault(&answer, &[400, 413])),
        Err(error) => faults.push(format!("no answer to a long patch: {error}")),
    }
    stage.end(&faults, bodies.len() + 1);
}
