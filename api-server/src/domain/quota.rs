//! How much may belong to one image (images-v2 §11.1). The limits bind administrators too.

use super::{Refusal, properties};

/// The limits; a negative one is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Custom properties, those of the service itself not counted.
    pub properties: i64,
    /// Tags as submitted, repeated ones included.
    pub tags: i64,
    /// Members.
    pub members: i64,
    /// Locations.
    pub locations: i64,
}

impl Quotas {
    /// # Errors
    /// 413 when more tags are submitted than allowed.
    pub fn check_tags(&self, submitted: usize) -> Result<(), Refusal> {
        check("tags", submitted, self.tags)
    }

    /// Counts the names that are the caller's own.
    ///
    /// # Errors
    /// 413 when there are more than allowed.
    pub fn check_properties<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
        let own = names.filter(|name| !properties::is_service_name(name)).count();
        check("properties", own, self.properties)
    }

    /// # Errors
    /// 413 when the image would have more locations than allowed.
    pub fn check_locations(&self, attempted: usize) -> Result<(), Refusal> {
        check("locations", attempted, self.locations)
    }
}

/// A limit as the registry takes it, which checks those that many may try to pass at once.
#[must_use]
pub const fn maximum(limit: i64) -> Option<i64> {
    if limit < 0 { None } else { Some(limit) }
}

/// What is said of a limit that would be passed. `what` is what there would be too many of.
#[must_use]
pub fn exceeded(what: &str, attempted: i64, maximum: i64) -> String {
    format!(
        "The limit has been exceeded on the number of allowed image {what}. Attempted: {attempted}, Maximum: {maximum}"
    )
}

fn check(what: &str, attempted: usize, limit: i64) -> Result<(), Refusal> {
    let attempted = i64::try_from(attempted).unwrap_or(i64::MAX);
    match maximum(limit) {
        Some(maximum) if attempted > maximum => Err(Refusal::over_limit(exceeded(what, attempted, maximum))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(limit: i64) -> Quotas {
        Quotas { properties: limit, tags: limit, members: limit, locations: limit }
    }

    #[test]
    fn a_limit_is_the_largest_allowed_number() {
        for (limit, tags, allowed) in [(2, 2, true), (2, 3, false), (0, 0, true), (0, 1, false), (-1, 9999, true)] {
            assert_eq!(quotas(limit).check_tags(tags).is_ok(), allowed, "{tags} of {limit}");
        }
        let refusal = quotas(1).check_tags(2).err();
        let text = "The limit has been exceeded on the number of allowed image tags. Attempted: 2, Maximum: 1";
        assert_eq!(refusal.map(|r| r.text).as_deref(), Some(text));
    }

    #[test]
    fn properties_of_the_service_do_not_count() {
        let names = ["a", "b", "os_glance_import_task"];
        assert!(quotas(2).check_properties(names.into_iter()).is_ok());
        let text = "The limit has been exceeded on the number of allowed image properties. Attempted: 2, Maximum: 1";
        assert_eq!(quotas(1).check_properties(names.into_iter()), Err(Refusal::over_limit(text)));
    }
}
