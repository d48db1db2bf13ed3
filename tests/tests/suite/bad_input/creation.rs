//! Bodies of POST that break the schema, use names that are taken, or letters that cannot be stored.

use super::table::{Row, create, run};

const SCHEMA: &[Row] = &[
    create("number as name", r#"{"name": 7}"#, 400, "schema 'image': 7 is not of type 'null', 'string'"),
    create("flag as name", r#"{"name": true}"#, 400, "True is not of type 'null', 'string'"),
    create("list as name", r#"{"name": []}"#, 400, "[] is not of type 'null', 'string'"),
    create("name of 256 letters", r#"{"name": "{a*256}"}"#, 400, "is too long"),
    create("name of 256 wide letters", r#"{"name": "{ä*256}"}"#, 400, "is too long"),
    create("null as id", r#"{"id": null}"#, 400, "None is not of type 'string'"),
    create("empty id", r#"{"id": ""}"#, 400, "'' does not match '^([0-9a-fA-F])"),
    create("id without hyphens", r#"{"id": "11111111222243338444555555555555"}"#, 400, "does not match"),
    create("id in braces", r#"{"id": "{11111111-2222-4333-8444-555555555555}"}"#, 400, "does not match"),
    create("id with a letter too much", r#"{"id": "11111111-2222-4333-8444-5555555555556"}"#, 400, "does not match"),
    create("id with a line break", r#"{"id": "11111111-2222-4333-8444-555555555555\n"}"#, 400, "does not match"),
    create("id with a blank", r#"{"id": " 11111111-2222-4333-8444-555555555555"}"#, 400, "does not match"),
    create("id of other hexadecimals", r#"{"id": "１1111111-2222-4333-8444-555555555555"}"#, 400, "does not match"),
    create("id with a letter g", r#"{"id": "g1111111-2222-4333-8444-555555555555"}"#, 400, "does not match"),
    create("id that is taken", r#"{"id": "{queued}"}"#, 409, "Image ID {queued} already exists!"),
    create("null as visibility", r#"{"visibility": null}"#, 400, "None is not of type 'string'"),
    create("empty visibility", r#"{"visibility": ""}"#, 400, "'' is not one of ['community', 'public'"),
    create("visibility in capitals", r#"{"visibility": "Private"}"#, 400, "'Private' is not one of"),
    create("visibility with a blank", r#"{"visibility": "private "}"#, 400, "'private ' is not one of"),
    create("list as visibility", r#"{"visibility": ["private"]}"#, 400, "is not of type 'string'"),
    create("visibility of lists", r#"{"visibility": "all"}"#, 400, "'all' is not one of"),
    create("zero as protected", r#"{"protected": 0}"#, 400, "0 is not of type 'boolean'"),
    create("word as protected", r#"{"protected": "True"}"#, 400, "'True' is not of type 'boolean'"),
    create("object as protected", r#"{"protected": {}}"#, 400, "{} is not of type 'boolean'"),
    create("null as hidden", r#"{"os_hidden": null}"#, 400, "None is not of type 'boolean'"),
    create("word as hidden", r#"{"os_hidden": "yes"}"#, 400, "'yes' is not of type 'boolean'"),
    create("null as memory", r#"{"min_ram": null}"#, 400, "None is not of type 'integer'"),
    create("word as memory", r#"{"min_ram": "512"}"#, 400, "'512' is not of type 'integer'"),
    create("flag as memory", r#"{"min_ram": false}"#, 400, "False is not of type 'integer'"),
    create("fraction as disk", r#"{"min_disk": 0.5}"#, 400, "0.5 is not of type 'integer'"),
    create("list as disk", r#"{"min_disk": [1]}"#, 400, "[1] is not of type 'integer'"),
    create("negative disk", r#"{"min_disk": -1}"#, 400, "for parameter 'min_disk': Cannot be a negative value"),
    create(
        "negative memory",
        r#"{"min_ram": -2147483649}"#,
        400,
        "for parameter 'min_ram': Cannot be a negative value",
    ),
    create("disk beyond 31 bits", r#"{"min_disk": 2147483648}"#, 400, "'min_disk' value out of range"),
    create("memory beyond 63 bits", r#"{"min_ram": 9223372036854775808}"#, 400, "'min_ram' value out of range"),
    create("memory beyond 31 bits as a float", r#"{"min_ram": 2147483648.0}"#, 400, "'min_ram' value out of range"),
    create("null as tags", r#"{"tags": null}"#, 400, "None is not of type 'array'"),
    create("object as tags", r#"{"tags": {"a": "b"}}"#, 400, "is not of type 'array'"),
    create("null as a tag", r#"{"tags": ["a", null]}"#, 400, "None is not of type 'string'"),
    create("flag as a tag", r#"{"tags": [true]}"#, 400, "True is not of type 'string'"),
    create("tag of 256 letters", r#"{"tags": ["{t*256}"]}"#, 400, "is too long"),
    create("number as disk format", r#"{"disk_format": 1}"#, 400, "1 is not of type 'null', 'string'"),
    create("empty disk format", r#"{"disk_format": ""}"#, 400, "'' is not one of [None, "),
    create("disk format in capitals", r#"{"disk_format": "RAW"}"#, 400, "'RAW' is not one of"),
    create("disk format with a NUL", r#"{"disk_format": "raw\u0000"}"#, 400, "is not one of"),
    create("list as disk format", r#"{"disk_format": ["raw"]}"#, 400, "is not of type 'null', 'string'"),
    create("luks as disk format", r#"{"disk_format": "luks"}"#, 400, "'luks' is not one of"),
    create("empty container format", r#"{"container_format": ""}"#, 400, "'' is not one of"),
    create("disk format as container", r#"{"container_format": "raw"}"#, 400, "'raw' is not one of"),
    create("number as owner", r#"{"owner": 1}"#, 400, "1 is not of type 'null', 'string'"),
    create("owner of 256 letters", r#"{"owner": "{o*256}"}"#, 400, "is too long"),
    create("list as property", r#"{"foo": ["a"]}"#, 400, "['a'] is not of type 'string'"),
    create("flag as property", r#"{"foo": true}"#, 400, "True is not of type 'string'"),
    create("fraction as property", r#"{"foo": 1.5}"#, 400, "1.5 is not of type 'string'"),
    create("property name of 256 letters", r#"{"{k*256}": "v"}"#, 400, "should not be greater than 255 characters"),
    create("number as checksum", r#"{"checksum": 1}"#, 400, "1 is not of type 'null', 'string'"),
    create("checksum of 33 letters", r#"{"checksum": "{c*33}"}"#, 400, "is too long"),
    create("digest of 129 letters", r#"{"os_hash_value": "{c*129}"}"#, 400, "is too long"),
    create("digest name of 65 letters", r#"{"os_hash_algo": "{c*65}"}"#, 400, "is too long"),
    create("word as size", r#"{"size": "10"}"#, 400, "'10' is not of type 'null', 'integer'"),
    create("fraction as virtual size", r#"{"virtual_size": 1.5}"#, 400, "1.5 is not of type 'null', 'integer'"),
    create("unknown status", r#"{"status": "ready"}"#, 400, "'ready' is not one of ['queued'"),
    create("number as a time", r#"{"created_at": 0}"#, 400, "0 is not of type 'string'"),
    create("object as locations", r#"{"locations": {"url": "http://h/x"}}"#, 400, "is not of type 'array'"),
    create("texts as locations", r#"{"locations": ["http://h/x"]}"#, 400, "is not of type 'object'"),
    create("location without address", r#"{"locations": [{"metadata": {}}]}"#, 400, "'url' is a required property"),
];

const NAMES: &[Row] = &[
    create("an own status", r#"{"status": "queued"}"#, 403, "Attribute 'status' is read-only."),
    create("no size", r#"{"size": null}"#, 403, "Attribute 'size' is read-only."),
    create("an own virtual size", r#"{"virtual_size": 1}"#, 403, "Attribute 'virtual_size' is read-only."),
    create("no checksum", r#"{"checksum": null}"#, 403, "Attribute 'checksum' is read-only."),
    create("an own digest", r#"{"os_hash_value": "00"}"#, 403, "Attribute 'os_hash_value' is read-only."),
    create("an own digest name", r#"{"os_hash_algo": "md5"}"#, 403, "Attribute 'os_hash_algo' is read-only."),
    create("a time of birth", r#"{"created_at": "2020-01-01T00:00:00Z"}"#, 403, "Attribute 'created_at' is read-only."),
    create("a time of change", r#"{"updated_at": "x"}"#, 403, "Attribute 'updated_at' is read-only."),
    create("an own link", r#"{"self": "/v2/images/x"}"#, 403, "Attribute 'self' is read-only."),
    create("an own file", r#"{"file": "/etc/passwd"}"#, 403, "Attribute 'file' is read-only."),
    create("an own schema", r#"{"schema": "x"}"#, 403, "Attribute 'schema' is read-only."),
    create("own stores", r#"{"stores": "fast"}"#, 403, "Attribute 'stores' is read-only."),
    create("a direct address", r#"{"direct_url": "file:///etc/passwd"}"#, 403, "Attribute 'direct_url' is read-only."),
    create("a location", r#"{"location": "http://h/x"}"#, 403, "Attribute 'location' is reserved."),
    create("no locations", r#"{"locations": []}"#, 403, "Attribute 'locations' is reserved."),
    create("a time of death", r#"{"deleted_at": "x"}"#, 403, "Attribute 'deleted_at' is reserved."),
    create("deleted", r#"{"deleted": "false"}"#, 403, "Attribute 'deleted' is reserved."),
    create("a reserved name", r#"{"os_glance_stage_host": "h"}"#, 403, "Attribute 'os_glance_stage_host' is reserved."),
    create("the reserved prefix alone", r#"{"os_glance": "x"}"#, 403, "Attribute 'os_glance' is reserved."),
    create(
        "the reserved prefix within a word",
        r#"{"os_glancefoo": "x"}"#,
        403,
        "Attribute 'os_glancefoo' is reserved.",
    ),
    create("a reserved name, escaped", r#"{"os_\u0067lance_x": "x"}"#, 403, "Attribute 'os_glance_x' is reserved."),
    create("the owner p2", r#"{"owner": "p2"}"#, 403, "You are not permitted to create images owned by 'p2'"),
    create("no owner", r#"{"owner": null}"#, 403, "You are not permitted to create images owned by 'None'"),
    create("a public image", r#"{"visibility": "public"}"#, 403, "not authorized to complete publicize_image action"),
];

const LETTERS: &[Row] = &[
    create("NUL in a value", r#"{"foo": "a\u0000b"}"#, 400, ""),
    create("NUL in a name", r#"{"name": "\u0000"}"#, 400, ""),
    create("wide letter in a name", r#"{"name": "😀"}"#, 400, "Name can't contain 4 byte unicode characters."),
    create("wide letter in a value", r#"{"foo": "x😀"}"#, 400, "Foo can't contain 4 byte unicode characters."),
    create("wide letter, escaped", r#"{"foo": "\ud83d\ude00"}"#, 400, "Foo can't contain 4 byte unicode characters."),
    create("wide letter in a key", r#"{"k😀": "v"}"#, 400, "Property names can't contain 4 byte unicode."),
    create("wide letter in a tag", r#"{"tags": ["a", "😀"]}"#, 400, "Param values can't contain 4 byte unicode."),
    create("old script in a name", r#"{"name": "𐌰𐌱"}"#, 400, "Name can't contain 4 byte unicode characters."),
    create("half a pair", r#"{"name": "\udc00"}"#, 400, "Malformed JSON in request body."),
    create("pair the wrong way round", r#"{"name": "\ude00\ud83d"}"#, 400, "Malformed JSON in request body."),
    create("escape of three digits", r#"{"name": "\u123"}"#, 400, "Malformed JSON in request body."),
    create("tab as it is", "{\"name\": \"a\tb\"}", 400, "Malformed JSON in request body."),
    create("number with a leading zero", r#"{"min_ram": 01}"#, 400, "Malformed JSON in request body."),
    create("number with a plus", r#"{"min_ram": +1}"#, 400, "Malformed JSON in request body."),
    create("hexadecimal number", r#"{"min_ram": 0x10}"#, 400, "Malformed JSON in request body."),
    create("number that stops at the point", r#"{"min_ram": 1.}"#, 400, "Malformed JSON in request body."),
    create("Python's true", r#"{"protected": True}"#, 400, "Malformed JSON in request body."),
    create("undefined", r#"{"name": undefined}"#, 400, "Malformed JSON in request body."),
    create("lists 200 deep", r#"{"foo": {[*200}{]*200}}"#, 400, "Malformed JSON in request body."),
    create("a list of images", r#"[{"name": "a"}]"#, 400, "is not of type 'object'"),
];

#[test]
fn images_that_break_the_schema_are_refused_in_words() {
    run(SCHEMA);
}

#[test]
fn names_that_callers_may_not_use_are_refused_in_words() {
    run(NAMES);
}

#[test]
fn letters_that_cannot_be_stored_are_refused_in_words() {
    run(LETTERS);
}
