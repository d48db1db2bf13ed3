//! One call: which registry to ask, for how long, and when to ask again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use glance_common::config::Secret;
use glance_common::context::RequestContext;
use glance_common::keystone::Session;
use glance_common::registry_api::headers;
use glance_common::registry_auth::{self, SharedKey, Signed, Stamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use url::Position;
use uuid::Uuid;

use crate::answer;
use crate::connections::Connections;
use crate::endpoints::{Endpoint, Endpoints, Tried};
use crate::error::{RegistryError, SetupError};
use crate::identity;
use crate::options::ClientOptions;
use crate::tokens::Tokens;

/// Pause before a call is repeated, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// With less time left than this no further attempt is begun.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(100);

/// What all clones of a client share.
#[derive(Debug)]
pub(crate) struct Transport {
    endpoints: Endpoints,
    connections: Connections,
    key: Option<SharedKey>,
    tokens: Tokens,
    nonces: Nonces,
    /// Time for one ordinary call.
    ordinary: Duration,
    /// Longest time for a patient call.
    longest: Option<Duration>,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience {
    /// The ordinary time, and two or three attempts.
    Ordinary,
    /// Keep trying for so long: for work whose result would be lost.
    Long(Duration),
}

/// What to ask.
#[derive(Debug)]
pub(crate) struct Call {
    method: Method,
    /// Path, and query after `?`, fit for a request line.
    target: String,
    /// JSON.
    body: Option<Bytes>,
    /// Repeating a call with the same key has no second effect; reads have none.
    key: Option<String>,
}

impl Call {
    /// A call without effect.
    pub(crate) fn read(method: Method, target: String) -> Self {
        Self { method, target, body: None, key: None }
    }

    /// A call with an effect: it gets its request key here, once for all attempts.
    pub(crate) fn change(method: Method, target: String) -> Self {
        Self { key: Some(Uuid::new_v4().simple().to_string()), ..Self::read(method, target) }
    }

    /// The call with a body.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] when the value cannot be written as JSON.
    pub(crate) fn with(self, body: &impl Serialize) -> Result<Self, RegistryError> {
        let body = serde_json::to_vec(body).map_err(|_| unwritable())?;
        Ok(Self { body: Some(body.into()), ..self })
    }
}

/// Numbers that differ between all requests of all clients: a random start per client, then counted.
#[derive(Debug)]
struct Nonces(AtomicU64);

impl Nonces {
    fn new() -> Self {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self(AtomicU64::new(high ^ low.rotate_left(17)))
    }

    fn next(&self) -> u64 {
        // An odd step walks through all numbers and keeps clients that started close to each other apart.
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

impl Transport {
    pub(crate) fn new(options: &ClientOptions, account: Option<Session>) -> Result<Self, SetupError> {
        let endpoints = Endpoints::new(options)?;
        let longest = options.registry_client_timeout.duration();
        Ok(Self {
            connections: Connections::new(options, endpoints.any_tls())?,
            key: options.registry_auth_secret.as_ref().map(SharedKey::new).transpose()?,
            tokens: Tokens::new(options.use_user_token, account),
            nonces: Nonces::new(),
            // The caller's own answer must fit into the time too.
            ordinary: options.registry_request_timeout.duration().mul_f64(0.95),
            longest: (!longest.is_zero()).then_some(longest),
            endpoints,
        })
    }

    /// Ask until there is an answer that the registry stands for, or time or attempts are used up.
    pub(crate) async fn ask(
        &self,
        context: &RequestContext,
        call: &Call,
        patience: Patience,
    ) -> Result<Bytes, RegistryError> {
        let begun = Instant::now();
        let (total, mut attempts_left) = match patience {
            Patience::Ordinary => (self.ordinary, self.endpoints.count().clamp(2, 3)),
            Patience::Long(total) => (self.longest.map_or(total, |longest| total.min(longest)), usize::MAX),
        };
        let mut tried = Tried::default();
        let mut pause = FIRST_PAUSE;
        loop {
            attempts_left -= 1;
            let endpoint = self.endpoints.pick(&mut tried);
            let left = total.saturating_sub(begun.elapsed());
            let error = match self.attempt(endpoint, context, call, self.share(left, attempts_left)).await {
                Err(error) if error.is_endpoints_fault() => error,
                answer => return answer,
            };
            let left = total.saturating_sub(begun.elapsed());
            if attempts_left == 0 || left < SHORTEST_ATTEMPT + pause {
                return Err(given_up(error, begun.elapsed()));
            }
            log::debug!("asking the registry again for {}: {error}", context.request_id);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One attempt at one endpoint, which is marked good or bad by what comes of it.
    async fn attempt(
        &self,
        endpoint: &Endpoint,
        context: &RequestContext,
        call: &Call,
        time: Duration,
    ) -> Result<Bytes, RegistryError> {
        let result = match tokio::time::timeout(time, self.exchange(&endpoint.base, context, call)).await {
            Ok(result) => result,
            Err(_) => Err(RegistryError::TimedOut { after: time }),
        };
        match &result {
            Err(error) if error.is_endpoints_fault() => self.endpoints.failed(endpoint, error),
            _ => self.endpoints.succeeded(endpoint),
        }
        result
    }

    /// One request, and another one with a token, or with a new one, where the registry wants that.
    async fn exchange(&self, base: &Url, context: &RequestContext, call: &Call) -> Result<Bytes, RegistryError> {
        let token = if self.tokens.are_wanted() { self.tokens.of(context, None).await? } else { None };
        match self.send(self.request(base, context, call, token.as_ref())?).await {
            Err(RegistryError::TokenRefused(text)) => {
                let other = self.tokens.of(context, token.as_ref()).await?;
                let Some(other) = other else { return Err(RegistryError::TokenRefused(text)) };
                let answer = self.send(self.request(base, context, call, Some(&other))?).await;
                if !matches!(answer, Err(RegistryError::TokenRefused(_))) {
                    self.tokens.note_wanted();
                }
                answer
            }
            answer => answer,
        }
    }

    async fn send(&self, request: Request) -> Result<Bytes, RegistryError> {
        let client = self.connections.client().map_err(answer::broken)?;
        answer::read(client.execute(request).await.map_err(answer::broken)?).await
    }

    /// The time for one attempt: where another registry can be asked, half of what is left.
    fn share(&self, left: Duration, attempts_left: usize) -> Duration {
        let others = self.endpoints.count() > 1 && attempts_left > 0;
        if others { (left / 2).min(self.ordinary) } else { left.min(self.ordinary) }
    }

    /// The request for one attempt. Each is signed anew, since a registry accepts a signature once.
    fn request(
        &self,
        base: &Url,
        context: &RequestContext,
        call: &Call,
        token: Option<&Secret>,
    ) -> Result<Request, RegistryError> {
        let url = base.join(&call.target).map_err(|_| unwritable())?;
        let mut request = Request::new(call.method.clone(), url);
        let mut map = identity::headers(context)?;
        if let Some(token) = token {
            let mut token = HeaderValue::from_str(token.expose()).map_err(|_| unwritable())?;
            token.set_sensitive(true);
            map.insert(HeaderName::from_static(headers::AUTH_TOKEN), token);
        }
        if call.body.is_some() {
            map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(key) = &call.key {
            let key = HeaderValue::from_str(key).map_err(|_| unwritable())?;
            map.insert(HeaderName::from_static(headers::REQUEST_KEY), key);
        }
        if let Some(key) = &self.key {
            let signature = self.signature(key, &request, &map, call.body.as_deref().unwrap_or_default())?;
            map.insert(HeaderName::from_static(headers::SIGNATURE), signature);
        }
        *request.headers_mut() = map;
        *request.body_mut() = call.body.clone().map(reqwest::Body::from);
        Ok(request)
    }

    fn signature(
        &self,
        key: &SharedKey,
        request: &Request,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<HeaderValue, RegistryError> {
        let signed = Signed {
            method: request.method().as_str(),
            target: &request.url()[Position::BeforePath..Position::AfterQuery],
            header: |name: &str| headers.get(name).map(HeaderValue::as_bytes),
        };
        let stamp = Stamp { time: registry_auth::unix_now(), nonce: self.nonces.next() };
        HeaderValue::try_from(key.sign(&signed, body, stamp)).map_err(|_| unwritable())
    }
}

/// What the caller learns: an attempt that was cut short at its share still is a call that took so long.
fn given_up(error: RegistryError, after: Duration) -> RegistryError {
    match error {
        RegistryError::TimedOut { .. } => RegistryError::TimedOut { after },
        error => error,
    }
}

fn unwritable() -> RegistryError {
    RegistryError::Invalid("the request cannot be written".to_owned())
}
