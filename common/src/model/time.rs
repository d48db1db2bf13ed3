//! Points in time as the service stores and shows them.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Timelike, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A point in time, UTC, with microseconds: the finest step that a database keeps (database §3).
///
/// On the private protocol it is RFC 3339 with six digits; clients see whole seconds ([`Timestamp::to_api`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NaiveDateTime);

/// The text is no point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a point in time in ISO 8601 form")]
pub struct TimestampError;

impl Timestamp {
    /// Now, cut to microseconds.
    #[must_use]
    pub fn now() -> Self {
        Self::from_naive(Utc::now().naive_utc())
    }

    /// A UTC time without zone, as databases hand it out; cut to microseconds.
    #[must_use]
    pub fn from_naive(time: NaiveDateTime) -> Self {
        let micros = time.nanosecond() / 1_000;
        Self(time.with_nanosecond(micros * 1_000).unwrap_or(time))
    }

    /// The UTC time without zone.
    #[must_use]
    pub const fn naive(self) -> NaiveDateTime {
        self.0
    }

    /// The same point with the fraction cut off: MySQL keeps whole seconds only.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self(self.0.with_nanosecond(0).unwrap_or(self.0))
    }

    /// `2026-01-02T03:04:05Z`, as clients of the Images API see it; the fraction is cut off (images-v2 §2.2).
    #[must_use]
    pub fn to_api(self) -> String {
        self.0.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// Read RFC 3339 with any offset; the result is UTC.
    ///
    /// # Errors
    /// [`TimestampError`] for any other text.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimestampError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError)?;
        Ok(Self::from_naive(time.naive_utc()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_microseconds() {
        let table = [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05.999999Z", "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000000Z", "2026-01-02T01:04:05Z"),
        ];
        for (text, wire, api) in table {
            let time = Timestamp::parse_rfc3339(text);
            assert_eq!(time.map(|t| t.to_string()), Ok(wire.to_owned()));
            assert_eq!(time.map(Timestamp::to_api), Ok(api.to_owned()));
        }
        assert!(Timestamp::parse_rfc3339("yesterday").is_err());
    }
}
