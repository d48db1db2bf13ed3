//! Points in time as the service stores and shows them.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Timelike, Utc};
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

    /// Read ISO 8601: a date (`2026-01-02`, `20260102`, `2026-0102`), or date and time to the minute or finer, with any
    /// offset; without one it is UTC.
    ///
    /// # Errors
    /// [`TimestampError`] for any other text.
    pub fn parse_iso8601(text: &str) -> Result<Self, TimestampError> {
        if !text.is_ascii() {
            return Err(TimestampError);
        }
        let (date, time) = match text.find(['T', ' ']) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let dates = ["%Y-%m-%d", "%Y%m%d", "%Y-%m%d"];
        let read_date = |format: &&str| NaiveDate::parse_from_str(date, format).ok();
        let digits = date.bytes().filter(u8::is_ascii_digit).count();
        let date = dates.iter().find_map(read_date).filter(|_| digits == 8).ok_or(TimestampError)?;
        let Some(time) = time else {
            return Ok(Self::from_naive(date.and_time(NaiveTime::MIN)));
        };
        let (time, offset) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
        let times = ["%H:%M:%S%.f", "%H:%M", "%H%M%S%.f"];
        let time = times.iter().find_map(|format| NaiveTime::parse_from_str(time, format).ok());
        let local = date.and_time(time.ok_or(TimestampError)?);
        local.checked_sub_signed(read_offset(offset)?).map(Self::from_naive).ok_or(TimestampError)
    }
}

/// How far a local time is before UTC: nothing, `Z`, `+02:00`, `+0200` or `+02`.
fn read_offset(text: &str) -> Result<TimeDelta, TimestampError> {
    let (sign, rest) = match text.as_bytes().first() {
        None => return Ok(TimeDelta::zero()),
        Some(b'Z') if text.len() == 1 => return Ok(TimeDelta::zero()),
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) => return Err(TimestampError),
    };
    let digits: String =
        rest.split_once(':').map_or_else(|| rest.to_owned(), |(hours, minutes)| hours.to_owned() + minutes);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(TimestampError);
    }
    let number = |text: &str| text.parse::<i64>().map_err(|_| TimestampError);
    let (hours, minutes) = (number(&digits[..2])?, if digits.len() == 4 { number(&digits[2..])? } else { 0 });
    if hours > 23 || minutes > 59 {
        return Err(TimestampError);
    }
    Ok(TimeDelta::minutes(sign * (hours * 60 + minutes)))
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

    #[test]
    fn times_are_iso_8601() {
        let table = [
            ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05.000000Z")),
            ("2026-01-02T03:04:05", Some("2026-01-02T03:04:05.000000Z")),
            ("2026-01-02 03:04:05.25", Some("2026-01-02T03:04:05.250000Z")),
            ("2026-01-02T03:04:05+02:00", Some("2026-01-02T01:04:05.000000Z")),
            ("2026-01-02T03:04:05-0230", Some("2026-01-02T05:34:05.000000Z")),
            ("2026-01-02T03:04+01", Some("2026-01-02T02:04:00.000000Z")),
            ("2026-01-02T03:04", Some("2026-01-02T03:04:00.000000Z")),
            ("2026-01-02", Some("2026-01-02T00:00:00.000000Z")),
            ("20260102", Some("2026-01-02T00:00:00.000000Z")),
            ("2026-0102", Some("2026-01-02T00:00:00.000000Z")),
            ("20260102T030405Z", Some("2026-01-02T03:04:05.000000Z")),
            ("2026-01-02T03:04:05+25:00", None),
            ("2026-01-02T03:04:05Z1", None),
            ("2026-01-02T", None),
            ("12026-01-02", None),
            ("gt:2026-01-02", None),
            ("yesterday", None),
            ("2026-13-02", None),
            ("2026-01-02T03:04:05+99999", None),
            ("", None),
        ];
        for (text, wanted) in table {
            assert_eq!(Timestamp::parse_iso8601(text).ok().map(|time| time.to_string()).as_deref(), wanted, "{text}");
        }
    }
}
