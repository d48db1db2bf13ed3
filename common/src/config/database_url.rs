//! The database URL as SQLAlchemy spells it: `mysql+pymysql://u:p@h/db`, `postgresql+psycopg2://…`, `sqlite:////abs`.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{OptionValue, Secret};

/// What may stand unescaped in the user part of a URL.
const USER_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parameters that only SQLAlchemy's drivers understand.
const DRIVER_PARAMETERS: [&str; 4] = ["charset", "use_unicode", "plugin", "check_same_thread"];

/// Which database to open: `Debug` and `Display` never show the password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file; a relative path is relative to the working directory.
    Sqlite(PathBuf),
    /// A `postgresql://` URL as libpq reads it.
    Postgres(Secret),
    /// A `mysql://` URL, for MySQL and MariaDB.
    Mysql(Secret),
}

impl DatabaseUrl {
    /// Reads a URL in SQLAlchemy's or in the plain form.
    ///
    /// User and password may be percent-encoded, but as in SQLAlchemy only `@` must be (and `:` and `/` in a user's
    /// name); the URLs inside the result have everything encoded. The path of SQLite is taken as it is.
    ///
    /// # Errors
    /// The reason in words, without any part of the URL.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or("not a URL: no :// in it")?;
        let dialect = scheme.split('+').next().unwrap_or_default();
        match dialect {
            "sqlite" => sqlite(rest),
            "postgresql" | "postgres" => Ok(Self::Postgres(Secret::new(server("postgresql", rest)?))),
            "mysql" | "mariadb" => Ok(Self::Mysql(Secret::new(server("mysql", rest)?))),
            _ => Err("the URL must begin with sqlite, postgresql or mysql".to_owned()),
        }
    }

    /// The engine's name: `sqlite`, `postgresql`, `mysql`.
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
            Self::Mysql(_) => "mysql",
        }
    }
}

/// Everything after `sqlite://`: an empty host, a slash, the path.
fn sqlite(rest: &str) -> Result<DatabaseUrl, String> {
    let path = rest.split('?').next().unwrap_or_default();
    let path = match path.strip_prefix('/') {
        Some(path) => path,
        None if path.is_empty() => path,
        None => return Err("sqlite has no host: write sqlite:////absolute/path or sqlite:///relative/path".to_owned()),
    };
    if path.is_empty() || path == ":memory:" {
        return Err("a database in memory cannot be shared by connections: name a file".to_owned());
    }
    if path.starts_with("file:") {
        return Err("a file: URI is not supported: name the file".to_owned());
    }
    if path.contains('\0') {
        return Err("a path cannot contain a NUL".to_owned());
    }
    Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
}

/// Everything after `://` of a database server, as a URL that strict readers understand.
fn server(scheme: &str, rest: &str) -> Result<String, String> {
    let (user, rest) = user_part(rest)?;
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, database) = address.split_once('/').unwrap_or((address, ""));
    if database.is_empty() {
        return Err("the URL names no database".to_owned());
    }
    check_host(host)?;
    let kept = query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && !DRIVER_PARAMETERS.contains(&name)
    });
    let kept: Vec<_> = kept.collect();
    let (mark, query) = if kept.is_empty() { ("", String::new()) } else { ("?", kept.join("&")) };
    Ok(format!("{scheme}://{user}{host}/{database}{mark}{query}"))
}

/// The user part, encoded and with its `@`, and what follows. The first `@` ends it, so `/`, `:`, `?` and `#` may
/// stand in a password as they are.
fn user_part(rest: &str) -> Result<(String, &str), String> {
    let Some((user_part, after)) = rest.split_once('@') else { return Ok((String::new(), rest)) };
    let (user, password) = match user_part.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (user_part, None),
    };
    if user.contains('/') {
        // The @ belongs to something behind the host.
        return Ok((String::new(), rest));
    }
    let encode = |text: &str| -> Result<String, String> {
        let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "user or password is not UTF-8")?;
        Ok(utf8_percent_encode(&decoded, USER_PART).to_string())
    };
    let password = password.map(|text| encode(text).map(|text| format!(":{text}"))).transpose()?.unwrap_or_default();
    Ok((format!("{}{password}@", encode(user)?), after))
}

/// `host`, `host:port`, `[v6]:port`, or nothing (a local socket).
fn check_host(host: &str) -> Result<(), String> {
    let port = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or("the address has no closing bracket")?.1.strip_prefix(':'),
        None => host.split_once(':').map(|(_, port)| port),
    };
    match port.map(str::parse::<u16>) {
        Some(Err(_)) => Err("the port is not a number up to 65535".to_owned()),
        _ => Ok(()),
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = match self {
            Self::Sqlite(path) => return write!(f, "sqlite:///{}", path.display()),
            Self::Postgres(url) | Self::Mysql(url) => url.expose(),
        };
        // Everything is encoded by now: the first @ ends the user part, and parameters may hold secrets.
        let url = url.split('?').next().unwrap_or_default();
        match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) {
            Some((scheme, (user_part, rest))) => {
                let user = user_part.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}:***@{rest}")
            }
            None => f.write_str(url),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<&Path> for DatabaseUrl {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl OptionValue for DatabaseUrl {
    const KIND: &'static str = "database URL";
    const SECRET: bool = true;

    fn parse(raw: &str) -> Result<Self, String> {
        Self::parse(raw)
    }

    fn render(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_paths_are_taken_as_they_are() {
        let cases = [
            ("sqlite:////var/lib/glance.db", "/var/lib/glance.db"),
            ("sqlite:///glance.sqlite", "glance.sqlite"),
            ("sqlite+pysqlite:////a%20b/c d.db?check_same_thread=false", "/a%20b/c d.db"),
        ];
        for (url, path) in cases {
            assert_eq!(DatabaseUrl::parse(url).unwrap(), DatabaseUrl::Sqlite(PathBuf::from(path)), "{url}");
        }
    }

    #[test]
    fn server_urls_become_strict() {
        let cases = [
            ("mysql+pymysql://u:p@h:3306/db?charset=utf8", "mysql://u:p@h:3306/db"),
            ("mariadb+mysqldb://u@[::1]:3306/db?charset=utf8&ssl_ca=/a.pem", "mysql://u@[::1]:3306/db?ssl_ca=/a.pem"),
            ("mysql://glance:pa/ss:w#o?rd@h/db", "mysql://glance:pa%2Fss%3Aw%23o%3Frd@h/db"),
            ("mysql://u:a%40b%25+c@h/db", "mysql://u:a%40b%25%2Bc@h/db"),
            ("postgresql+psycopg2://u:p@h/db?sslmode=require", "postgresql://u:p@h/db?sslmode=require"),
            ("postgres://h/db", "postgresql://h/db"),
            ("postgresql:///db?host=/run/pg@x", "postgresql:///db?host=/run/pg@x"),
            ("postgresql://u:@/db", "postgresql://u:@/db"),
        ];
        for (url, expected) in cases {
            let (DatabaseUrl::Postgres(found) | DatabaseUrl::Mysql(found)) = DatabaseUrl::parse(url).unwrap() else {
                panic!("{url} is no server URL");
            };
            assert_eq!(found.expose(), expected, "{url}");
        }
    }

    #[test]
    fn unusable_urls_are_refused_without_showing_them() {
        let cases = [
            "",
            "glance.db",
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite://host/path",
            "sqlite:///file:x?mode=ro",
            "oracle://u:hunter2@h/db",
            "mysql://u:hunter2@h",
            "mysql://u:hunter2@h/",
            "mysql://u:hunter2@h:port/db",
            "postgresql://u:hunter2@[::1/db",
            "postgresql://u:hunter2@h:70000/db",
            "postgresql://u:hunter2%ff@h/db",
        ];
        for url in cases {
            let reason = DatabaseUrl::parse(url).unwrap_err();
            assert!(!reason.is_empty() && !reason.contains("hunter2"), "{url}: {reason}");
        }
    }

    #[test]
    fn no_form_of_printing_shows_the_password() {
        let url = DatabaseUrl::parse("postgresql+psycopg2://glance:s3@cret@h:5432/db?password=s3cret").unwrap();
        assert_eq!(url.to_string(), "postgresql://glance:***@cret@h:5432/db");
        let url = DatabaseUrl::parse("mysql+pymysql://glance:s%40cret@h:3306/db?password=s3cret").unwrap();
        for shown in [url.to_string(), format!("{url:?}"), url.render().concat()] {
            assert_eq!(shown, "mysql://glance:***@h:3306/db");
        }
        assert_eq!(DatabaseUrl::parse("sqlite:////a.db").unwrap().to_string(), "sqlite:////a.db");
    }
}
