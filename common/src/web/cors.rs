//! Access from pages of other origins (CORS), as the filter of oslo.middleware grants it.
//!
//! Off until origins are configured, and a wildcard never goes with credentials (H4). `[cors]` names origins and what
//! they may do; further sections `[cors.anything]` name further origins and take from `[cors]` what they do not say.

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};

use crate::config::{Config, ConfigError, Section, SectionSpec};

/// Stands for every origin.
const ANY: &str = "*";
/// Beginning of the names of further sections.
const FURTHER: &str = "cors.";
/// Headers that every page may send, whatever is configured.
const SIMPLE_HEADERS: [&str; 8] = [
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Cache-Control",
    "Content-Language",
    "Expires",
    "Last-Modified",
    "Pragma",
];

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

crate::options! {
    /// Pages of other origins that may use the API from a browser. Sections [cors.NAME] add further origins.
    pub struct CorsOptions in "cors" {
        /// Origins, as browsers send them (scheme, host, port), no slash at the end. * for all of them, never with
        /// credentials. Empty: no page of another origin.
        pub allowed_origin: Vec<String> = Vec::new();
        /// Whether pages may send cookies and other credentials of the browser.
        pub allow_credentials: bool = true;
        /// Headers of answers that pages may read.
        pub expose_headers: Vec<String> = words(&["X-Image-Meta-Checksum", "X-Auth-Token", "X-Subject-Token",
            "X-Service-Token", "X-OpenStack-Request-ID"]);
        /// Seconds for which browsers may remember what is allowed; 0: they are not told.
        pub max_age: u32 = 3600;
        /// Methods that pages may use.
        pub allow_methods: Vec<String> = words(&["GET", "PUT", "POST", "DELETE", "PATCH"]);
        /// Headers that pages may send.
        pub allow_headers: Vec<String> = words(&["Content-MD5", "X-Image-Meta-Checksum", "X-Storage-Token",
            "Accept-Encoding", "X-Auth-Token", "X-Identity-Status", "X-Roles", "X-Service-Catalog", "X-User-Id",
            "X-Tenant-Id", "X-OpenStack-Request-ID"]);
    }
}

/// What pages of some origins may do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grant {
    credentials: bool,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    methods: Vec<String>,
    /// The configured ones and the simple ones.
    headers: Vec<String>,
}

/// The origins and their grants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors {
    grants: Vec<Grant>,
    /// Number of the grant of each origin.
    origins: HashMap<String, usize>,
}

impl Cors {
    /// Reads `[cors]` and all `[cors.NAME]`; none where no origin is named.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`].
    pub fn read(config: &Config) -> Result<Option<Self>, ConfigError> {
        let mut cors = Self::default();
        cors.add(&config.section()?);
        for group in config.groups().filter(|group| group.starts_with(FURTHER)) {
            let mut options: CorsOptions = config.section_at(group, &[CorsOptions::GROUP])?;
            // Its own origins only: everything else is inherited.
            options.allowed_origin = config.section_at::<CorsOptions>(group, &[])?.allowed_origin;
            cors.add(&options);
        }
        Ok((!cors.origins.is_empty()).then_some(cors))
    }

    /// The tables of all sections, for the warnings about unknown options.
    pub fn option_tables(config: &Config) -> Vec<SectionSpec> {
        let further = config.groups().filter(|group| group.starts_with(FURTHER)).map(CorsOptions::spec_at);
        std::iter::once(CorsOptions::spec()).chain(further).collect()
    }

    /// Does a wildcard stand where credentials are allowed? They are not sent then.
    pub fn has_wildcard(&self) -> bool {
        self.origins.contains_key(ANY)
    }

    fn add(&mut self, options: &CorsOptions) {
        let value = |text: String| HeaderValue::from_str(&text).ok();
        let expose = (!options.expose_headers.is_empty()).then(|| options.expose_headers.join(","));
        self.grants.push(Grant {
            credentials: options.allow_credentials,
            expose: expose.and_then(value),
            max_age: (options.max_age > 0).then(|| HeaderValue::from(options.max_age)),
            methods: options.allow_methods.clone(),
            headers: options.allow_headers.iter().cloned().chain(words(&SIMPLE_HEADERS)).collect(),
        });
        for origin in &options.allowed_origin {
            // The first section that names an origin decides about it.
            self.origins.entry(origin.clone()).or_insert(self.grants.len() - 1);
        }
    }

    /// Puts on an answer what the page that asked needs to be given it; nothing for pages that may not have it. The
    /// answer to `OPTIONS` tells what may be asked.
    pub fn mark(&self, method: &Method, request: &HeaderMap, answer: &mut HeaderMap) {
        let Some(origin) = request.get(ORIGIN) else { return };
        let Some((grant, is_any)) = self.grant_for(origin) else { return };
        if *method == Method::OPTIONS {
            let Some(asked) = grant.asked(request) else { return };
            grant.allow(asked, answer);
        } else if let Some(expose) = &grant.expose {
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
        answer.append(VARY, HeaderValue::from_static("Origin"));
        let origin = if is_any { HeaderValue::from_static(ANY) } else { origin.clone() };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if grant.credentials && !is_any {
            answer.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    fn grant_for(&self, origin: &HeaderValue) -> Option<(&Grant, bool)> {
        let named = origin.to_str().ok().and_then(|origin| self.origins.get(origin));
        let (number, is_any) = match named {
            Some(number) => (number, false),
            None => (self.origins.get(ANY)?, true),
        };
        Some((self.grants.get(*number)?, is_any))
    }
}

/// What a page announces that it will ask.
struct Asked {
    method: HeaderValue,
    headers: Vec<String>,
}

impl Grant {
    /// What the page will ask, if it may.
    fn asked(&self, request: &HeaderMap) -> Option<Asked> {
        let method = request.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        if !self.methods.iter().any(|own| own.as_bytes() == method.as_bytes()) {
            return None;
        }
        let mut headers = Vec::new();
        for line in request.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
            let names = line.to_str().ok()?.split(',').map(str::trim).filter(|name| !name.is_empty());
            headers.extend(names.map(str::to_owned));
        }
        let may_send = |name: &String| self.headers.iter().any(|own| own.eq_ignore_ascii_case(name));
        headers.iter().all(may_send).then(|| Asked { method: method.clone(), headers })
    }

    fn allow(&self, asked: Asked, answer: &mut HeaderMap) {
        if let Some(max_age) = &self.max_age {
            answer.insert(ACCESS_CONTROL_MAX_AGE, max_age.clone());
        }
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, asked.method);
        if let (false, Ok(headers)) = (asked.headers.is_empty(), HeaderValue::from_str(&asked.headers.join(","))) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn read(text: &str) -> Option<Cors> {
        Cors::read(&Config::from_text(text).unwrap()).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    /// The answer's headers in short, in order of their names.
    fn marked(cors: &Cors, method: &Method, request: &[(&'static str, &'static str)]) -> String {
        let mut answer = HeaderMap::new();
        cors.mark(method, &headers(request), &mut answer);
        let short = |name: &HeaderName| name.as_str().replace("access-control-", "");
        let mut lines: Vec<_> =
            answer.iter().map(|(name, value)| format!("{}={}", short(name), value.to_str().unwrap())).collect();
        lines.sort();
        lines.join(" ")
    }

    #[test]
    fn nothing_is_allowed_until_origins_are_named() {
        assert_eq!(read(""), None);
        assert_eq!(read("[cors]\nallow_credentials = true\n"), None);
        let cors = read("[cors]\nallowed_origin = https://a\n").unwrap();
        for request in [&[][..], &[("origin", "https://b")], &[("origin", "https://a/")], &[("origin", "null")]] {
            assert_eq!(marked(&cors, &Method::GET, request), "", "{request:?}");
        }
    }

    #[test]
    fn a_wildcard_never_goes_with_credentials() {
        let cors = read("[cors]\nallowed_origin = https://a, *\nexpose_headers =\n").unwrap();
        assert!(cors.has_wildcard());
        let page = |origin| marked(&cors, &Method::GET, &[("origin", origin)]);
        assert_eq!(page("https://b"), "allow-origin=* vary=Origin");
        assert_eq!(page("https://a"), "allow-credentials=true allow-origin=https://a vary=Origin");
    }

    #[test]
    fn sections_inherit_all_but_the_origins() {
        let text = "[cors]\nallowed_origin = https://a\nexpose_headers = X-One\nmax_age = 7\n[cors.b]\n\
                    allowed_origin = https://b,https://a\nallow_credentials = false\n[cors.empty]\nmax_age = 1\n";
        let cors = read(text).unwrap();
        let page = |origin| marked(&cors, &Method::GET, &[("origin", origin)]);
        assert_eq!(page("https://a"), "allow-credentials=true allow-origin=https://a expose-headers=X-One vary=Origin");
        assert_eq!(page("https://b"), "allow-origin=https://b expose-headers=X-One vary=Origin");
        let ask = [("origin", "https://b"), ("access-control-request-method", "PUT")];
        let allowed = "allow-methods=PUT allow-origin=https://b max-age=7 vary=Origin";
        assert_eq!(marked(&cors, &Method::OPTIONS, &ask), allowed);
    }

    #[test]
    fn what_may_be_asked_is_told_before() {
        let cors = read("[cors]\nallowed_origin = https://a\nallow_headers = X-Own\nmax_age = 0\n").unwrap();
        let asked = |method, names| {
            let request = [
                ("origin", "https://a"),
                ("access-control-request-method", method),
                ("access-control-request-headers", names),
            ];
            marked(&cors, &Method::OPTIONS, &request)
        };
        let common = "allow-credentials=true";
        assert_eq!(asked("GET", ""), format!("{common} allow-methods=GET allow-origin=https://a vary=Origin"));
        assert_eq!(
            asked("PATCH", "x-own, CONTENT-type,"),
            format!("{common} allow-headers=x-own,CONTENT-type allow-methods=PATCH allow-origin=https://a vary=Origin")
        );
        for (method, names) in [("TRACE", ""), ("get", ""), ("GET", "X-Other"), ("GET", "x-own, x-other")] {
            assert_eq!(asked(method, names), "", "{method} {names}");
        }
        assert_eq!(marked(&cors, &Method::OPTIONS, &[("origin", "https://a")]), "");
    }
}
