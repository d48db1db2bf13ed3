//! The registries that may be asked, and which of them to ask now.
//!
//! Health is passive: nothing is probed. An endpoint that failed is left out for a moment that doubles with every
//! further failure; then one call tries it again while the others still avoid it, and a success brings it back.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Url;

use crate::error::{RegistryError, SetupError};
use crate::options::ClientOptions;

/// Endpoints tried in one call are kept as bits.
const MAX_ENDPOINTS: usize = 64;

/// How long an endpoint is left out after its first failure, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// All endpoints of a client.
#[derive(Debug)]
pub(crate) struct Endpoints {
    list: Vec<Endpoint>,
    next: AtomicUsize,
    started: Instant,
}

/// One registry.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// `http://host:port/`.
    pub(crate) base: Url,
    /// Failures since the last success.
    failures: AtomicU32,
    /// When it may be tried again, in milliseconds since the client was made. Meaningless without failures.
    retry_at: AtomicU64,
}

/// The endpoints that one call has tried already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tried(u64);

impl Tried {
    fn has(self, index: usize) -> bool {
        self.0 & (1 << index) != 0
    }
}

impl Endpoints {
    /// The endpoints that the options name.
    ///
    /// # Errors
    /// [`SetupError::Endpoint`], [`SetupError::TooManyEndpoints`].
    pub(crate) fn new(options: &ClientOptions) -> Result<Self, SetupError> {
        let mut list = Vec::new();
        for text in addresses(options) {
            let base = parse(&text).ok_or(SetupError::Endpoint { endpoint: text })?;
            list.push(Endpoint { base, failures: AtomicU32::new(0), retry_at: AtomicU64::new(0) });
        }
        if list.len() > MAX_ENDPOINTS {
            return Err(SetupError::TooManyEndpoints { maximum: MAX_ENDPOINTS });
        }
        Ok(Self { list, next: AtomicUsize::new(0), started: Instant::now() })
    }

    /// How many there are; at least one.
    pub(crate) const fn count(&self) -> usize {
        self.list.len()
    }

    /// Does any endpoint use TLS?
    pub(crate) fn any_tls(&self) -> bool {
        self.list.iter().any(|endpoint| endpoint.base.scheme() == "https")
    }

    /// The endpoint to ask next: a healthy one in turn, else one whose pause is over, else any that this call has
    /// not tried, else any. Notes it in `tried`.
    pub(crate) fn pick(&self, tried: &mut Tried) -> &Endpoint {
        let first = if self.list.len() == 1 { 0 } else { self.next.fetch_add(1, Ordering::Relaxed) };
        let in_turn = (0..self.list.len()).map(|step| (first + step) % self.list.len());
        let fresh = in_turn.filter(|index| !tried.has(*index));
        let now = self.now();
        let index = fresh.clone().find(|index| self.list[*index].admits(now)).or_else(|| fresh.clone().next());
        let index = index.unwrap_or(first % self.list.len());
        tried.0 |= 1 << index;
        &self.list[index]
    }

    /// A call of this endpoint was answered.
    pub(crate) fn succeeded(&self, endpoint: &Endpoint) {
        if endpoint.failures.load(Ordering::Relaxed) != 0 && endpoint.failures.swap(0, Ordering::Relaxed) != 0 {
            log::info!("the registry at {} answers again", endpoint.base.authority());
        }
    }

    /// A call of this endpoint failed by its fault. The first failure after a success is logged.
    pub(crate) fn failed(&self, endpoint: &Endpoint, error: &RegistryError) {
        let before = endpoint.failures.fetch_add(1, Ordering::Relaxed);
        endpoint.pause(self.now(), before);
        if before == 0 {
            let cause = error.cause().unwrap_or_else(|| error.to_string());
            log::warn!("the registry at {} fails: {cause}", endpoint.base.authority());
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Endpoint {
    /// May a call go here now? After a pause only one caller gets a yes; the others wait for what it finds.
    fn admits(&self, now: u64) -> bool {
        let failures = self.failures.load(Ordering::Relaxed);
        if failures == 0 {
            return true;
        }
        let retry_at = self.retry_at.load(Ordering::Relaxed);
        let next = now + millis(pause_after(failures));
        now >= retry_at && self.retry_at.compare_exchange(retry_at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn pause(&self, now: u64, failures_before: u32) {
        self.retry_at.store(now + millis(pause_after(failures_before)), Ordering::Relaxed);
    }
}

/// The pause after so many earlier failures in a row.
fn pause_after(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.min(5)).min(LONGEST_PAUSE)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The addresses as text: the list, else host and port.
fn addresses(options: &ClientOptions) -> Vec<String> {
    let named: Vec<String> = options.registry_endpoints.iter().filter(|text| !text.is_empty()).cloned().collect();
    if !named.is_empty() {
        return named;
    }
    let host = match options.registry_host.trim() {
        "" | "0.0.0.0" => "127.0.0.1",
        "::" | "[::]" => "[::1]",
        host => host,
    };
    let bare_v6 = host.contains(':') && !host.starts_with('[');
    let host = if bare_v6 { format!("[{host}]") } else { host.to_owned() };
    vec![format!("{}://{host}:{}", options.registry_client_protocol, options.registry_port)]
}

/// Only scheme, host and port: a path would not be what the registry sees when it checks the signature.
fn parse(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain && anonymous).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(lines: &str) -> Result<Endpoints, SetupError> {
        let config = glance_common::config::Config::from_text(&format!("[DEFAULT]\n{lines}\n")).unwrap();
        Endpoints::new(&config.section().unwrap())
    }

    #[test]
    fn addresses_are_found_in_the_options() {
        let table = [
            ("", "http://127.0.0.1:9191/"),
            ("registry_host = ::", "http://[::1]:9191/"),
            ("registry_host = fd00::1", "http://[fd00::1]:9191/"),
            ("registry_host = registry.example\nregistry_client_protocol = https", "https://registry.example:9191/"),
            ("registry_endpoints = http://10.0.0.5:80,https://b:1", "http://10.0.0.5/,https://b:1/"),
        ];
        for (lines, expected) in table {
            let found: Vec<String> = endpoints(lines).unwrap().list.iter().map(|e| e.base.to_string()).collect();
            assert_eq!(found.join(","), expected, "{lines}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["10.0.0.5:9191", "ftp://a", "http://a/registry", "http://a?x", "http://u:p@a", "http://"] {
            let refused = endpoints(&format!("registry_endpoints = {text}"));
            assert!(matches!(refused, Err(SetupError::Endpoint { .. })), "{text}");
        }
    }

    #[test]
    fn calls_are_spread_and_failed_endpoints_are_left_out() {
        let endpoints = endpoints("registry_endpoints = http://a,http://b").unwrap();
        let host = |endpoint: &Endpoint| endpoint.base.host_str().unwrap().to_owned();
        let pick = || host(endpoints.pick(&mut Tried::default()));
        assert_eq!([pick(), pick(), pick()], ["a", "b", "a"]);

        let error = RegistryError::Unreachable { cause: "refused".into() };
        endpoints.failed(&endpoints.list[0], &error);
        assert_eq!([pick(), pick(), pick(), pick()], ["b", "b", "b", "b"]);
        // When all fail, they are still tried, each once in a call.
        endpoints.failed(&endpoints.list[1], &error);
        let mut tried = Tried::default();
        let mut both = [host(endpoints.pick(&mut tried)), host(endpoints.pick(&mut tried))];
        both.sort();
        assert_eq!(both, ["a", "b"]);
        endpoints.succeeded(&endpoints.list[0]);
        assert_eq!([pick(), pick(), pick()], ["a", "a", "a"]);
    }

    #[test]
    fn one_call_looks_whether_a_pause_was_long_enough() {
        let endpoints = endpoints("").unwrap();
        let endpoint = &endpoints.list[0];
        endpoint.failures.store(1, Ordering::Relaxed);
        endpoint.pause(10_000, 0);
        let answers = [10_999, 11_000, 11_001, 12_999, 13_000].map(|now| endpoint.admits(now));
        assert_eq!(answers, [false, true, false, false, true]);
        assert_eq!([0, 1, 4, 5, 40].map(|n| pause_after(n).as_secs()), [1, 2, 16, 30, 30]);
    }
}
