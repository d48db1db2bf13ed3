//! Names and texts of an image: what is reserved, what only the service sets, what the database can hold
//! (images-v2 §5.1, §13).

use super::Refusal;

/// Longest name of a custom property, in characters.
pub const MAX_NAME: usize = 255;
/// Largest `min_ram` and `min_disk`.
pub const MAX_MINIMUM: i64 = i32::MAX as i64;

/// Keys of an image that only views have: refused before anything else is looked at.
const VIEW_ONLY: [&str; 5] = ["direct_url", "self", "file", "schema", "stores"];
/// Keys that the service alone sets.
const SERVER_OWNED: [&str; 8] =
    ["status", "checksum", "size", "virtual_size", "created_at", "updated_at", "os_hash_algo", "os_hash_value"];
/// Names that were columns once and shall not return as properties.
const RESERVED: [&str; 3] = ["location", "deleted", "deleted_at"];
/// Beginning of all names that the service keeps for itself (A7).
const SERVICE_PREFIX: &str = "os_glance";
/// Service properties that no view shows.
const HIDDEN: [&str; 2] = ["os_glance_stage_host", "os_glance_hash_op_host"];
/// The keys that callers may set at creation.
const SETTABLE: [&str; 12] = [
    "id",
    "name",
    "visibility",
    "owner",
    "protected",
    "os_hidden",
    "disk_format",
    "container_format",
    "min_ram",
    "min_disk",
    "tags",
    "locations",
];

/// Does the key exist only in views (`self`, `file`, …)?
#[must_use]
pub fn is_view_only(name: &str) -> bool {
    VIEW_ONLY.contains(&name)
}

/// Is the key's value the service's to decide?
#[must_use]
pub fn is_server_owned(name: &str) -> bool {
    SERVER_OWNED.contains(&name)
}

/// Is the key one of the image itself, not a custom property?
#[must_use]
pub fn is_base(name: &str) -> bool {
    SETTABLE.contains(&name) || is_server_owned(name) || is_view_only(name)
}

/// Does the name belong to the service?
#[must_use]
pub fn is_service_name(name: &str) -> bool {
    name.starts_with(SERVICE_PREFIX)
}

/// May callers neither set nor remove a property of this name?
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || is_service_name(name)
}

/// Is the property left out of every view?
#[must_use]
pub fn is_hidden(name: &str) -> bool {
    HIDDEN.contains(&name)
}

/// What is said of a key that the service alone sets.
#[must_use]
pub fn read_only_text(name: &str) -> String {
    format!("Attribute '{name}' is read-only.")
}

/// What is said of a name that callers may not use.
#[must_use]
pub fn reserved_text(name: &str) -> String {
    format!("Attribute '{name}' is reserved.")
}

/// # Errors
/// 400 for a name of a custom property that does not fit into its column.
pub fn check_name_length(name: &str) -> Result<(), Refusal> {
    if name.chars().count() <= MAX_NAME {
        return Ok(());
    }
    Err(Refusal::invalid("Custom property should not be greater than 255 characters."))
}

/// `min_ram` and `min_disk` are not negative.
///
/// # Errors
/// 400 that names value and key.
pub fn check_not_negative(key: &str, value: i64) -> Result<(), Refusal> {
    if value >= 0 {
        return Ok(());
    }
    Err(Refusal::invalid(format!("Invalid value '{value}' for parameter '{key}': Cannot be a negative value")))
}

/// `min_ram` and `min_disk` fit into their columns; returns what is stored.
///
/// # Errors
/// 400 that names the key.
pub fn check_fits_column(key: &str, value: i64) -> Result<i32, Refusal> {
    i32::try_from(value)
        .map_err(|_| Refusal::invalid(format!("'{key}' value out of range, must not exceed {MAX_MINIMUM}.")))
}

/// The value of a key, as far as the databases of old clouds can hold it.
///
/// # Errors
/// 400 for characters outside of the Basic Multilingual Plane.
pub fn check_value_characters(key: &str, value: &str) -> Result<(), Refusal> {
    if fits_basic_plane(value) {
        return Ok(());
    }
    Err(Refusal::invalid(format!("{} can't contain 4 byte unicode characters.", title_case(key))))
}

/// # Errors
/// 400 for a property name with characters outside of the Basic Multilingual Plane.
pub fn check_name_characters(name: &str) -> Result<(), Refusal> {
    if fits_basic_plane(name) {
        return Ok(());
    }
    Err(Refusal::invalid("Property names can't contain 4 byte unicode."))
}

/// # Errors
/// 400 for a tag with characters outside of the Basic Multilingual Plane.
pub fn check_tag_characters(tag: &str) -> Result<(), Refusal> {
    if fits_basic_plane(tag) {
        return Ok(());
    }
    Err(Refusal::invalid("Param values can't contain 4 byte unicode."))
}

fn fits_basic_plane(text: &str) -> bool {
    text.chars().all(|character| u32::from(character) <= 0xFFFF)
}

/// Every letter that follows none is upper case, every other one lower case.
fn title_case(text: &str) -> String {
    let mut after_letter = false;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if after_letter {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        after_letter = character.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_meaning() {
        let table = [
            ("name", true, false, false),
            ("os_hash_value", true, true, false),
            ("stores", true, false, false),
            ("location", false, false, true),
            ("os_glancefoo", false, false, true),
            ("os_glance_stage_host", false, false, true),
            ("os_distro", false, false, false),
            ("deleted", false, false, true),
            ("", false, false, false),
        ];
        for (name, base, owned, reserved) in table {
            assert_eq!((is_base(name), is_server_owned(name), is_reserved(name)), (base, owned, reserved), "{name}");
        }
    }

    #[test]
    fn four_byte_characters_are_refused_with_the_known_words() {
        let crab = "\u{1F980}";
        let texts = [
            (check_value_characters("os_distro", crab), "Os_Distro can't contain 4 byte unicode characters."),
            (check_value_characters("name", crab), "Name can't contain 4 byte unicode characters."),
            (check_name_characters(crab), "Property names can't contain 4 byte unicode."),
            (check_tag_characters(crab), "Param values can't contain 4 byte unicode."),
        ];
        for (outcome, text) in texts {
            assert_eq!(outcome, Err(Refusal::invalid(text)));
        }
        assert!(check_value_characters("name", "äöü \u{FFFF}").is_ok());
    }

    #[test]
    fn minimums_are_small_natural_numbers() {
        assert_eq!(
            check_not_negative("min_ram", -1),
            Err(Refusal::invalid("Invalid value '-1' for parameter 'min_ram': Cannot be a negative value"))
        );
        assert_eq!(check_fits_column("min_disk", MAX_MINIMUM), Ok(i32::MAX));
        assert_eq!(
            check_fits_column("min_disk", MAX_MINIMUM + 1),
            Err(Refusal::invalid("'min_disk' value out of range, must not exceed 2147483647."))
        );
    }

    #[test]
    fn names_are_counted_in_characters() {
        assert!(check_name_length(&"ä".repeat(255)).is_ok());
        assert!(check_name_length(&"a".repeat(256)).is_err());
    }
}
