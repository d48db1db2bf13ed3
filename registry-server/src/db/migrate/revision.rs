//! Glance's revisions, oldest first, and what this program makes of the rows of `alembic_version` (database §1).

/// What every revision of a fully migrated database is called.
pub const CONTRACTED: &str = "2024_1_contract01";
/// What remains to be contracted; the tables are the same.
pub const EXPANDED: &str = "2024_1_expand01";

/// The releases that have an expand and a contract revision, oldest first, by their prefix and number.
const RELEASES: [(&str, &str); 13] = [
    ("ocata", "01"),
    ("pike", "01"),
    ("queens", "01"),
    ("rocky", "01"),
    ("rocky", "02"),
    ("train", "01"),
    ("ussuri", "01"),
    ("wallaby", "01"),
    ("xena", "01"),
    ("yoga", "01"),
    ("zed", "01"),
    ("2023_1", "01"),
    ("2024_1", "01"),
];

/// The oldest release whose databases this program upgrades.
const OLDEST: (&str, &str) = ("pike", "01");

/// What the rows of `alembic_version` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Fully migrated: the contract row of the newest release is there.
    Contracted,
    /// The tables are the newest; the contract row is still to come.
    Expanded,
    /// Migrated to an older release. The number is the place of its newest expansion in the history.
    Older(usize),
    /// Older than Pike, or under the control of the tool before Alembic.
    TooOld,
    /// A revision that this program does not know: most likely a newer Glance.
    Unknown(String),
}

/// Judges the rows of `alembic_version`.
pub(super) fn judge(rows: &[String]) -> Standing {
    if rows.iter().any(|row| row == CONTRACTED) {
        return Standing::Contracted;
    }
    if rows.iter().any(|row| row == EXPANDED) {
        // Contracting does nothing after Pike, so the older contract row does not matter.
        return match rows.iter().filter_map(|row| place(row)).min() {
            Some(oldest) if oldest < place_of(OLDEST) => Standing::TooOld,
            _ => Standing::Expanded,
        };
    }
    let mut newest = None;
    for row in rows {
        match place(row) {
            Some(found) => newest = newest.max(Some(found)),
            None if matches!(row.as_str(), "liberty" | "mitaka01" | "mitaka02") => return Standing::TooOld,
            None => return Standing::Unknown(row.clone()),
        }
    }
    match newest {
        Some(place) if place >= place_of(OLDEST) && contracted(rows) => Standing::Older(place),
        _ => Standing::TooOld,
    }
}

/// Must the step of this release still be taken on a database that stands at `place`?
pub(super) fn is_missing(release: (&str, &str), place: usize) -> bool {
    place_of(release) > place
}

/// Does a row say that the contraction of Pike or later was done?
fn contracted(rows: &[String]) -> bool {
    rows.iter().any(|row| !row.contains("_expand") && place(row).is_some_and(|place| place >= place_of(OLDEST)))
}

/// The place of a revision in the history. `pike01` and `ocata01` are old spellings of the contract revision.
fn place(revision: &str) -> Option<usize> {
    let (release, number) = match revision {
        "pike01" | "ocata01" => revision.split_at(revision.len() - 2),
        _ => revision.split_once("_expand").or_else(|| revision.split_once("_contract"))?,
    };
    RELEASES.iter().position(|known| *known == (release, number))
}

fn place_of(release: (&str, &str)) -> usize {
    RELEASES.iter().position(|known| *known == release).unwrap_or(RELEASES.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_judged_by_the_history() {
        let table: [(&[&str], Standing); 12] = [
            (&["2024_1_contract01"], Standing::Contracted),
            (&["2024_1_expand01"], Standing::Expanded),
            (&["zed_contract01", "2024_1_expand01"], Standing::Expanded),
            (&["ocata_contract01", "2024_1_expand01"], Standing::TooOld),
            (&["zed_contract01"], Standing::Older(10)),
            (&["pike_contract01"], Standing::Older(1)),
            (&["pike01"], Standing::Older(1)),
            (&["pike_contract01", "rocky_expand01"], Standing::Older(3)),
            (&["ocata_contract01"], Standing::TooOld),
            (&["liberty"], Standing::TooOld),
            (&[], Standing::TooOld),
            (&["2027_1_contract01"], Standing::Unknown("2027_1_contract01".to_owned())),
        ];
        for (rows, standing) in table {
            let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
            assert_eq!(judge(&rows), standing, "{rows:?}");
        }
    }

    #[test]
    fn only_later_steps_are_missing() {
        assert!(is_missing(("rocky", "02"), place("rocky_expand01").unwrap_or_default()));
        assert!(!is_missing(("rocky", "01"), place("rocky_contract01").unwrap_or_default()));
        assert!(!is_missing(("wallaby", "01"), place("zed_contract01").unwrap_or_default()));
        assert!(is_missing(("2024_1", "01"), place("2023_1_contract01").unwrap_or_default()));
    }
}
