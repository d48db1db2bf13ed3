//! Points in time as each engine keeps them (database §3).

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types;

use chrono::{NaiveDate, NaiveDateTime};
use glance_common::model::Timestamp;

use super::connection::MultiBackend;

/// A [`Timestamp`] on its way to or from a column.
///
/// Diesel's own conversion writes SQLite's text with as many digits as needed and hands MySQL a fraction to round.
/// Here SQLite always gets six digits, since it compares texts, and MySQL whole seconds, cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Timestamp)]
pub(crate) struct DbTime(NaiveDateTime);

impl From<Timestamp> for DbTime {
    fn from(time: Timestamp) -> Self {
        Self(time.naive())
    }
}

impl From<DbTime> for Timestamp {
    fn from(time: DbTime) -> Self {
        Self::from_naive(time.0)
    }
}

impl ToSql<sql_types::Timestamp, MultiBackend> for DbTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((sql_types::Timestamp, self));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Timestamp, MultiBackend> for DbTime {
    fn from_sql(bytes: <MultiBackend as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        bytes.from_sql::<Self, sql_types::Timestamp>()
    }
}

/// The text that SQLite keeps and compares.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_text(time: NaiveDateTime) -> String {
    time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// Reads a text in the form of [`sqlite_text`].
#[cfg(feature = "sqlite")]
fn read_sqlite_text(text: &str) -> Option<NaiveDateTime> {
    let bytes: &[u8; 26] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':'), (19, b'.')];
    if marks.iter().any(|(place, mark)| bytes[*place] != *mark) {
        return None;
    }
    let number = |digits: std::ops::Range<usize>| {
        let mut digits = bytes[digits].iter();
        digits.try_fold(0, |sum: u32, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0..4)?).ok()?, number(5..7)?, number(8..10)?)?;
    date.and_hms_micro_opt(number(11..13)?, number(14..16)?, number(17..19)?, number(20..26)?)
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::sqlite::{Sqlite, SqliteValue};

    use super::{DbTime, FromSql, IsNull, NaiveDateTime, Output, ToSql, deserialize, serialize, sql_types};

    impl ToSql<sql_types::Timestamp, Sqlite> for DbTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(super::sqlite_text(self.0));
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql_types::Timestamp, Sqlite> for DbTime {
        /// Diesel's own reader, which knows every form that SQLite does, tries them one after the other.
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            if let Some(time) = super::read_sqlite_text(value.read_text()) {
                return Ok(Self(time));
            }
            <NaiveDateTime as FromSql<sql_types::Timestamp, Sqlite>>::from_sql(value).map(Self)
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::pg::{Pg, PgValue};

    use super::{DbTime, FromSql, NaiveDateTime, Output, ToSql, deserialize, serialize, sql_types};

    impl ToSql<sql_types::Timestamp, Pg> for DbTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            <NaiveDateTime as ToSql<sql_types::Timestamp, Pg>>::to_sql(&self.0, out)
        }
    }

    impl FromSql<sql_types::Timestamp, Pg> for DbTime {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            <NaiveDateTime as FromSql<sql_types::Timestamp, Pg>>::from_sql(value).map(Self)
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel::mysql::{Mysql, MysqlValue};

    use super::{DbTime, FromSql, NaiveDateTime, Output, Timestamp, ToSql, deserialize, serialize, sql_types};

    impl ToSql<sql_types::Timestamp, Mysql> for DbTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            let whole = Timestamp::from_naive(self.0).whole_seconds().naive();
            <NaiveDateTime as ToSql<sql_types::Timestamp, Mysql>>::to_sql(&whole, &mut out.reborrow())
        }
    }

    impl FromSql<sql_types::Timestamp, Mysql> for DbTime {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            <NaiveDateTime as FromSql<sql_types::Timestamp, Mysql>>::from_sql(value).map(Self)
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use glance_common::model::Timestamp;

    #[test]
    fn sqlite_texts_have_six_digits_and_sort_as_times() {
        let table = [
            ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05.000000"),
            ("2026-01-02T03:04:05.1Z", "2026-01-02 03:04:05.100000"),
            ("2026-01-02T03:04:05.123456Z", "2026-01-02 03:04:05.123456"),
            ("2026-01-02T03:04:06Z", "2026-01-02 03:04:06.000000"),
        ];
        let mut texts = Vec::new();
        for (rfc3339, text) in table {
            let written = Timestamp::parse_rfc3339(rfc3339).map(|time| super::sqlite_text(time.naive()));
            assert_eq!(written, Ok(text.to_owned()));
            assert_eq!(super::read_sqlite_text(text).map(super::sqlite_text).as_deref(), Some(text));
            texts.push(text);
        }
        assert!(texts.is_sorted());
        for other in ["2026-01-02 03:04:05", "2026-01-02T03:04:05.000000", "2026-13-02 03:04:05.000000", ""] {
            assert_eq!(super::read_sqlite_text(other), None, "{other}");
        }
    }
}
