//! Where the client thinks the service is: for links that are absolute (images-v2 §1.5).

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderMap};
use glance_common::web::RequestNotes;

use crate::config::Options;

/// Scheme, host and path under which the client reached the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    prefix: String,
}

impl Origin {
    /// The origin of a request. Headers of proxies count only where the operator said so.
    #[must_use]
    pub fn of(request: &HttpRequest, proxies: &Proxies) -> Self {
        let config = request.app_config();
        let host = header(request.headers(), HOST.as_str()).or_else(|| request.uri().authority().map(|a| a.as_str()));
        let direct = Self {
            scheme: if config.secure() { "https" } else { "http" }.to_owned(),
            host: host.map_or_else(|| config.local_addr().to_string(), str::to_owned),
            prefix: String::new(),
        };
        let origin = if proxies.believe { direct.behind_proxies(request.headers()) } else { direct };
        match &proxies.scheme_header {
            Some(name) => origin.with_scheme(header(request.headers(), name)),
            None => origin,
        }
    }

    /// The URL of the service's root, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> String {
        self.server() + &self.prefix
    }

    /// The same without the path below which a proxy offers the service: what the `Location` of a new image begins with
    /// (images-v2 §1.5). The usual port of the scheme is left out.
    #[must_use]
    pub fn server(&self) -> String {
        let Self { scheme, host, .. } = self;
        let usual = if scheme == "https" { ":443" } else { ":80" };
        format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(host))
    }

    /// The same with the scheme that a proxy names; only those that this API is served under.
    fn with_scheme(mut self, scheme: Option<&str>) -> Self {
        if let Some(scheme) = scheme.map(str::to_ascii_lowercase).filter(|scheme| scheme == "http" || scheme == "https")
        {
            self.scheme = scheme;
        }
        self
    }

    /// `Forwarded` wins over the `X-Forwarded` headers, and only its first element counts; the prefix has no place in it.
    fn behind_proxies(mut self, headers: &HeaderMap) -> Self {
        let (scheme, host) = match header(headers, FORWARDED.as_str()) {
            Some(forwarded) => (parameter(forwarded, "proto"), parameter(forwarded, "host")),
            None => (first(headers, "x-forwarded-proto"), first(headers, "x-forwarded-host")),
        };
        self = self.with_scheme(scheme);
        if let Some(host) = host {
            self.host = host.to_owned();
        }
        if let Some(prefix) = first(headers, "x-forwarded-prefix") {
            let prefix = prefix.trim_matches('/');
            self.prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        }
        self
    }
}

/// What is believed of proxies before this server.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// `Forwarded` and the `X-Forwarded` headers.
    believe: bool,
    /// The header that names the scheme.
    scheme_header: Option<String>,
}

impl Proxies {
    /// As the operator wants it. The header is written as WSGI names it, `HTTP_X_FORWARDED_PROTO`.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let name = options.api.secure_proxy_ssl_header.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
        let name = name.strip_prefix("http_").unwrap_or(&name).replace('_', "-");
        let scheme_header = (!name.is_empty()).then_some(name);
        Self { believe: options.middleware.enable_proxy_headers_parsing, scheme_header }
    }

    /// Notes for the log from which client a request came, where a proxy says so.
    pub fn note_client(&self, request: &HttpRequest) {
        if !self.believe {
            return;
        }
        let client = match header(request.headers(), FORWARDED.as_str()) {
            Some(forwarded) => parameter(forwarded, "for"),
            None => first(request.headers(), "x-forwarded-for"),
        };
        if let Some(client) = client {
            RequestNotes::of(request).set_client(client);
        }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The first element of a list: what the proxy nearest to the client said.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = header(headers, name)?.split(',').next()?.trim();
    (!text.is_empty()).then_some(text)
}

/// A parameter of the first element of `Forwarded`.
fn parameter<'a>(forwarded: &'a str, name: &str) -> Option<&'a str> {
    let element = forwarded.split(',').next()?;
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?.1.trim();
    let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    type Headers<'a> = &'a [(&'static str, &'static str)];

    fn base(headers: Headers<'_>, believe: bool) -> String {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        let proxies = Proxies { believe, scheme_header: Some("x-ssl".to_owned()) };
        Origin::of(&request.to_http_request(), &proxies).base()
    }

    #[test]
    fn the_base_url_follows_host_and_proxies() {
        let host = ("host", "glance:9292");
        let table: &[(Headers<'_>, bool, &str)] = &[
            (&[host], false, "http://glance:9292"),
            (&[("host", "glance:80")], false, "http://glance"),
            (&[("host", "[::1]:9292")], false, "http://[::1]:9292"),
            (&[host, ("x-forwarded-proto", "https")], false, "http://glance:9292"),
            (&[host, ("x-forwarded-proto", "https")], true, "https://glance:9292"),
            (&[host, ("x-forwarded-proto", "HTTPS, http"), ("x-forwarded-host", "a:443, b")], true, "https://a"),
            (&[host, ("x-forwarded-proto", "gopher")], true, "http://glance:9292"),
            (&[host, ("x-ssl", "https")], false, "https://glance:9292"),
            (&[host, ("x-ssl", "http"), ("x-forwarded-proto", "https")], true, "http://glance:9292"),
            (&[host, ("x-ssl", "on")], false, "http://glance:9292"),
            (&[host, ("x-forwarded-prefix", "/image/")], true, "http://glance:9292/image"),
            (
                &[host, ("forwarded", "for=1.2.3.4;Proto=https;host=\"p:8443\", host=x"), ("x-forwarded-host", "no")],
                true,
                "https://p:8443",
            ),
            (&[host, ("forwarded", "for=1"), ("x-forwarded-proto", "https")], true, "http://glance:9292"),
            (&[host, ("forwarded", "host=p"), ("x-forwarded-prefix", "img")], true, "http://p/img"),
        ];
        for (headers, believe, expected) in table {
            assert_eq!(base(headers, *believe), *expected, "{headers:?}");
        }
    }
}
