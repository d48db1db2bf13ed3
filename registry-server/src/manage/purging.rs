//! The commands that purge.

use chrono::Duration;
use glance_common::model::Timestamp;

use super::{ManageError, PurgeLimits};
use crate::db::purge::{PurgeError, PurgeTables, purge};
use crate::db::{DbConnection, migrate};

const SECONDS_PER_DAY: i64 = 86_400;

/// Removes rows deleted long ago from all tables but `images`.
pub(super) fn purge_tables(connection: &mut DbConnection, limits: &PurgeLimits) -> Result<(), ManageError> {
    run(connection, limits, PurgeTables::AllButImages)
}

/// Removes images deleted long ago.
pub(super) fn purge_images(connection: &mut DbConnection, limits: &PurgeLimits) -> Result<(), ManageError> {
    run(connection, limits, PurgeTables::Images)
}

fn run(connection: &mut DbConnection, limits: &PurgeLimits, tables: PurgeTables) -> Result<(), ManageError> {
    let now = Timestamp::now();
    let (before, max_rows) = read_limits(limits, now).map_err(ManageError::Refused)?;
    migrate::prepare(connection)?;
    match purge(connection, before, max_rows, tables) {
        Ok(removed) => {
            for (table, rows) in removed {
                log::info!("removed {rows} rows from {table}");
            }
            Ok(())
        }
        Err(PurgeError::Db(error)) => Err(error.into()),
        Err(error @ PurgeError::Referenced(_)) => {
            log::error!("{error}");
            let text = "Purge command failed, check glance-manage logs for more details.";
            Err(ManageError::Refused(text.to_owned()))
        }
    }
}

/// The point in time before which rows must have been deleted, and how many may go.
fn read_limits(limits: &PurgeLimits, now: Timestamp) -> Result<(Timestamp, Option<u32>), String> {
    let number = |name: &str, text: &str| -> Result<i64, String> {
        text.trim().parse().map_err(|_| format!("Invalid int value for {name}: {text}"))
    };
    let age = number("age_in_days", &limits.age_in_days)?;
    let max_rows = number("max_rows", &limits.max_rows)?;
    if age < 0 {
        return Err("Must supply a non-negative value for age.".to_owned());
    }
    if age >= now.naive().and_utc().timestamp() / SECONDS_PER_DAY {
        return Err("Maximal age is count of days since epoch.".to_owned());
    }
    if max_rows < -1 {
        return Err("Minimal rows limit is -1.".to_owned());
    }
    let before = Timestamp::from_naive(now.naive() - Duration::days(age));
    // A limit beyond 32 bits is none.
    Ok((before, u32::try_from(max_rows).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_refused_as_in_the_original() {
        let table = [
            ("30", "100", Ok(("2025-12-03T00:00:00Z", Some(100)))),
            ("0", "-1", Ok(("2026-01-02T00:00:00Z", None))),
            ("x", "1", Err("Invalid int value for age_in_days: x")),
            ("1", "", Err("Invalid int value for max_rows: ")),
            ("-1", "1", Err("Must supply a non-negative value for age.")),
            ("99999", "1", Err("Maximal age is count of days since epoch.")),
            ("1", "-2", Err("Minimal rows limit is -1.")),
        ];
        for (age, rows, expected) in table {
            let limits = PurgeLimits { age_in_days: age.to_owned(), max_rows: rows.to_owned() };
            let now = Timestamp::parse_rfc3339("2026-01-02T00:00:00Z");
            let found = now.map_err(|error| error.to_string()).and_then(|now| read_limits(&limits, now));
            let found = found.map(|(before, rows)| (before.to_api(), rows));
            assert_eq!(found, expected.map(|(at, rows)| (at.to_owned(), rows)).map_err(str::to_owned));
        }
    }
}
