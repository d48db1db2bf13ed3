//! Which events are logged: `debug` and `default_log_levels`.

use log::LevelFilter;

/// Libraries that tell too much, also about secrets, when asked for everything; an explicit level still counts.
const QUIET: [&str; 3] = ["actix_server", "actix_http", "h2"];

/// What does the work of a Python library here, for `default_log_levels`.
const STAND_INS: [(&str, &[&str]); 8] = [
    ("sqlalchemy", &["diesel", "diesel_migrations", "r2d2"]),
    ("amqp", &["lapin"]),
    ("oslo.messaging", &["lapin"]),
    ("oslo_messaging", &["lapin"]),
    ("boto", &["object_store"]),
    ("urllib3.connectionpool", &["reqwest", "hyper", "hyper_util"]),
    ("requests.packages.urllib3.connectionpool", &["reqwest", "hyper", "hyper_util"]),
    ("eventlet.wsgi.server", &["actix_http", "actix_server", "actix_web"]),
];

/// The levels by prefix of the Rust path; the longest prefix decides, the empty one is for the rest.
///
/// `debug` concerns Glance's own code; libraries stay at INFO unless `levels` says otherwise.
///
/// # Errors
/// The reason, for an item that is not `name=LEVEL`.
pub(super) fn filters(debug: bool, levels: &[String]) -> Result<Vec<(String, LevelFilter)>, String> {
    let own = if debug { LevelFilter::Debug } else { LevelFilter::Info };
    let mut filters = vec![(String::new(), LevelFilter::Info), ("glance_".to_owned(), own)];
    filters.extend(QUIET.map(|name| (name.to_owned(), LevelFilter::Warn)));
    for item in levels.iter().filter(|item| !item.is_empty()) {
        let (name, level) = item.split_once('=').ok_or_else(|| format!("{item:?} is not name=LEVEL"))?;
        let level = level_of(level.trim()).ok_or_else(|| format!("{level:?} is no level"))?;
        filters.extend(paths(name.trim()).into_iter().map(|path| (path, level)));
    }
    Ok(filters)
}

/// The Rust paths of a Python logger.
fn paths(name: &str) -> Vec<String> {
    if let Some((_, paths)) = STAND_INS.iter().find(|(python, _)| *python == name) {
        return paths.iter().map(|path| (*path).to_owned()).collect();
    }
    let path = match name.strip_prefix("glance") {
        Some("") => "glance_".to_owned(),
        Some(rest) if rest.starts_with('.') => format!("glance_{}", &rest[1..]),
        _ => name.to_owned(),
    };
    vec![path.replace('.', "::")]
}

/// A level by name or by Python's number.
fn level_of(word: &str) -> Option<LevelFilter> {
    Some(match word.to_ascii_uppercase().as_str() {
        "CRITICAL" | "FATAL" | "ERROR" => LevelFilter::Error,
        "WARNING" | "WARN" => LevelFilter::Warn,
        "INFO" | "AUDIT" => LevelFilter::Info,
        "DEBUG" => LevelFilter::Debug,
        "TRACE" | "NOTSET" => LevelFilter::Trace,
        number => match number.parse::<u32>().ok()? {
            0..=9 => LevelFilter::Trace,
            10..=19 => LevelFilter::Debug,
            20..=29 => LevelFilter::Info,
            30..=39 => LevelFilter::Warn,
            _ => LevelFilter::Error,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level that the longest prefix gives.
    fn level(debug: bool, levels: &[&str], path: &str) -> LevelFilter {
        let levels: Vec<_> = levels.iter().map(|level| (*level).to_owned()).collect();
        let filters = filters(debug, &levels).unwrap();
        let longest = filters.iter().filter(|(prefix, _)| path.starts_with(prefix.as_str()));
        longest.max_by_key(|(prefix, _)| prefix.len()).unwrap().1
    }

    #[test]
    fn names_apply_to_our_paths() {
        let cases: [(bool, &[&str], &str, LevelFilter); 11] = [
            (false, &[], "glance_api::stores", LevelFilter::Info),
            (true, &[], "glance_api::stores", LevelFilter::Debug),
            (true, &[], "rustls::client", LevelFilter::Info),
            (true, &[], "h2::codec", LevelFilter::Warn),
            (true, &["h2=TRACE"], "h2::codec", LevelFilter::Trace),
            (true, &["glance=WARN"], "glance_api::stores", LevelFilter::Warn),
            (false, &["glance.api.stores=DEBUG"], "glance_api::stores::file", LevelFilter::Debug),
            (false, &["glance.api.stores=DEBUG"], "glance_api::service", LevelFilter::Info),
            (false, &["sqlalchemy=10"], "diesel::connection", LevelFilter::Debug),
            (false, &["sqlalchemy=critical", ""], "r2d2", LevelFilter::Error),
            (false, &["stevedore=WARN"], "stevedore::x", LevelFilter::Warn),
        ];
        for (debug, levels, path, expected) in cases {
            assert_eq!(level(debug, levels, path), expected, "{debug} {levels:?} {path}");
        }
    }

    #[test]
    fn other_items_are_refused() {
        for item in ["amqp", "amqp=LOUD", "=", "amqp=-1"] {
            assert!(filters(false, &[item.to_owned()]).is_err(), "{item}");
        }
    }
}
