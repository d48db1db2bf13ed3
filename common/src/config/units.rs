//! Options that carry a unit: times and sizes.

use std::fmt;
use std::time::Duration;

use super::OptionValue;

/// A span of time, written as a number of seconds (`30`, `0.5`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Duration);

impl Seconds {
    /// So many whole seconds.
    pub const fn new(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// So many thousandths of a second.
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// The span for the standard library.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs_f64())
    }
}

impl OptionValue for Seconds {
    const KIND: &'static str = "seconds";
    const EMPTY_IS_UNSET: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        let number: f64 = raw.trim().parse().map_err(|_| "not a number of seconds".to_owned())?;
        Duration::try_from_secs_f64(number)
            .map(Self)
            .map_err(|_| "a number of seconds must be zero or more, and finite".to_owned())
    }

    fn render(&self) -> Vec<String> {
        vec![self.to_string()]
    }

    fn number(&self) -> Option<f64> {
        Some(self.0.as_secs_f64())
    }
}

/// A number of bytes, written plain or with a unit of 1024 (`10GB`, `64 KiB`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

/// The units with their power of 1024; the longer spelling first.
const UNITS: [(&str, u32); 13] = [
    ("KIB", 1),
    ("MIB", 2),
    ("GIB", 3),
    ("TIB", 4),
    ("KB", 1),
    ("MB", 2),
    ("GB", 3),
    ("TB", 4),
    ("K", 1),
    ("M", 2),
    ("G", 3),
    ("T", 4),
    ("B", 0),
];

impl ByteSize {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl OptionValue for ByteSize {
    const KIND: &'static str = "size in bytes";
    const EMPTY_IS_UNSET: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        let text = raw.trim().to_ascii_uppercase();
        let unit = UNITS.iter().find_map(|(name, power)| Some((text.strip_suffix(name)?, *power)));
        let (digits, power) = unit.unwrap_or((text.as_str(), 0));
        let number: u64 = digits
            .trim_end()
            .parse()
            .map_err(|_| "not a size: a whole number, optionally with B, KB, MB, GB or TB".to_owned())?;
        number.checked_mul(1024_u64.pow(power)).map(Self).ok_or_else(|| "the size is larger than any disk".to_owned())
    }

    fn render(&self) -> Vec<String> {
        vec![self.to_string()]
    }

    fn number(&self) -> Option<f64> {
        Some(self.0 as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        let cases = [
            ("0", 0),
            ("10737418240", 10_737_418_240),
            ("10GB", 10 << 30),
            ("1 tb", 1 << 40),
            ("64KiB", 65_536),
            ("2M", 2 << 20),
            ("7B", 7),
        ];
        for (raw, bytes) in cases {
            assert_eq!(ByteSize::parse(raw).unwrap().bytes(), bytes, "{raw}");
        }
        for raw in ["", "B", "-1", "1.5GB", "10XB", "99999999999TB", "ü"] {
            assert!(ByteSize::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn times_are_seconds() {
        let cases = [("0", 0), ("30", 30_000), (" 0.25 ", 250)];
        for (raw, millis) in cases {
            assert_eq!(Seconds::parse(raw).unwrap().duration().as_millis(), millis, "{raw}");
        }
        for raw in ["", "-1", "nan", "inf", "1e300", "5s"] {
            assert!(Seconds::parse(raw).is_err(), "{raw}");
        }
        assert_eq!(Seconds::millis(1500).render(), ["1.5"]);
        assert_eq!(
            (Seconds::new(30).render(), ByteSize::new(5).render()),
            (vec!["30".to_owned()], vec!["5".to_owned()])
        );
    }
}
