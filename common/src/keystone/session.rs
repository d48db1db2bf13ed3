//! The server's own identity with the identity service: a token that is got when it is needed, and got again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request, StatusCode, Url};
use serde_json::Value;

use super::account::{Account, versioned};
use super::http::{Answer, Http};
use super::{AuthOptions, KeystoneError, TokenInfo};
use crate::config::Secret;

/// A token is replaced when it has less than this many seconds to live.
const MARGIN: u32 = 30;
/// After a failure to get a token, the next attempt waits for so long and everybody gets the same answer meanwhile.
const REST: Duration = Duration::from_secs(1);

pub(super) const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An account of the server. Clones share the token.
///
/// Nothing is asked before the first use. A token that the identity service does not accept any more is replaced and the
/// call made again, once. Whoever needs a new token at the same moment waits for the same one. Every call ends within
/// `timeout`.
#[derive(Debug, Clone)]
pub struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Http,
    account: Account,
    region: Option<String>,
    own: ArcSwapOption<Own>,
    /// Held by whoever gets a new token.
    turn: tokio::sync::Mutex<()>,
    /// The last failure to get one.
    failure: Mutex<Option<(Instant, KeystoneError)>>,
}

/// The server's own token.
#[derive(Debug)]
struct Own {
    secret: Secret,
    header: HeaderValue,
    info: TokenInfo,
}

impl Session {
    /// The account of these options. Reads files of certificates, and connects to nothing.
    ///
    /// # Errors
    /// [`KeystoneError::Options`], [`KeystoneError::File`].
    pub fn new(options: &AuthOptions) -> Result<Self, KeystoneError> {
        Ok(Self(Arc::new(Inner {
            http: Http::new(options)?,
            account: Account::new(options)?,
            region: options.region_name.clone(),
            own: ArcSwapOption::empty(),
            turn: tokio::sync::Mutex::new(()),
            failure: Mutex::new(None),
        })))
    }

    /// A token of the server's own.
    ///
    /// # Errors
    /// [`KeystoneError`] when the identity service is away or does not accept the account.
    pub async fn token(&self) -> Result<Secret, KeystoneError> {
        Ok(self.own(None).await?.secret.clone())
    }

    /// A token of the server's own that is not this one, which somebody does not accept.
    ///
    /// # Errors
    /// As [`Session::token`].
    pub async fn token_after(&self, refused: &Secret) -> Result<Secret, KeystoneError> {
        let bad = self.0.own.load_full().filter(|own| own.secret == *refused);
        Ok(self.own(bad.as_ref()).await?.secret.clone())
    }

    /// The id of the server's own user.
    ///
    /// # Errors
    /// As [`Session::token`], as long as the server has not had any token.
    pub async fn user_id(&self) -> Result<String, KeystoneError> {
        match self.0.own.load_full() {
            Some(own) => Ok(own.info.user.id.clone()),
            None => Ok(self.own(None).await?.info.user.id.clone()),
        }
    }

    /// Who the server itself is.
    ///
    /// # Errors
    /// As [`Session::token`].
    pub async fn identity(&self) -> Result<TokenInfo, KeystoneError> {
        Ok(self.own(None).await?.info.clone())
    }

    /// The URL of a service in the catalogue, without a slash at its end. `interface` is `public`, `internal` or `admin`;
    /// without a region the one of `region_name` counts.
    ///
    /// # Errors
    /// [`KeystoneError::NoEndpoint`]; otherwise as [`Session::token`].
    pub async fn endpoint(
        &self,
        service: &str,
        interface: &str,
        region: Option<&str>,
    ) -> Result<String, KeystoneError> {
        let own = self.own(None).await?;
        let region = region.or(self.0.region.as_deref());
        match own.info.catalog.endpoint(service, interface, region) {
            Some(url) => Ok(url.trim_end_matches('/').to_owned()),
            None => Err(KeystoneError::NoEndpoint { service: service.to_owned(), interface: interface.to_owned() }),
        }
    }

    /// The URL of the identity service for this interface, with its version; the one of `auth_url` where the catalogue
    /// has none.
    ///
    /// # Errors
    /// As [`Session::token`].
    pub async fn identity_url(&self, interface: &str) -> Result<String, KeystoneError> {
        let own = self.own(None).await?;
        let found = own.info.catalog.endpoint("identity", interface, self.0.region.as_deref());
        Ok(found.and_then(versioned).unwrap_or_else(|| self.0.account.base.clone()))
    }

    /// The URL at which the server logs in, with its version.
    #[must_use]
    pub fn auth_url(&self) -> &str {
        &self.0.account.base
    }

    /// The longest time that a call may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.0.http.limit
    }

    /// The JSON document at a URL of configuration or catalogue, asked for with the server's own token.
    ///
    /// # Errors
    /// [`KeystoneError::Status`] for another answer than a good one, [`KeystoneError::Nonsense`] for one that is not JSON;
    /// otherwise as [`Session::token`].
    pub async fn get(&self, url: &str) -> Result<Value, KeystoneError> {
        let answer = self.ask(Method::GET, url, &[]).await?;
        if !answer.status.is_success() {
            return Err(KeystoneError::Status { status: answer.status.as_u16() });
        }
        serde_json::from_slice(&answer.body).map_err(|error| KeystoneError::Nonsense(error.to_string()))
    }

    /// Any call with the server's own token; a status of 401 means that two tokens were not accepted.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, KeystoneError> {
        let url = Url::parse(url).map_err(|_| KeystoneError::Nonsense("the catalogue holds what is no URL".into()))?;
        let request = |own: &Own| {
            let mut request = Request::new(method.clone(), url.clone());
            request.headers_mut().extend(headers.iter().cloned());
            request.headers_mut().insert(AUTH_TOKEN, own.header.clone());
            request
        };
        let own = self.own(None).await?;
        let answer = self.0.http.send(request(&own)).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        log::info!("the identity service does not know the token of this server any more");
        let own = self.own(Some(&own)).await?;
        self.0.http.send(request(&own)).await
    }

    /// A token that is good, as far as is known, and is not the `bad` one.
    async fn own(&self, bad: Option<&Arc<Own>>) -> Result<Arc<Own>, KeystoneError> {
        if let Some(own) = self.present(bad) {
            return Ok(own);
        }
        let limit = self.0.http.limit;
        let renewal = async {
            let _turn = self.0.turn.lock().await;
            // somebody else may have got one while this call waited for its turn
            if let Some(own) = self.present(bad) {
                return Ok(own);
            }
            if let Some(failure) = self.recent_failure() {
                return Err(failure);
            }
            let outcome = self.log_in().await.map(Arc::new);
            match &outcome {
                Ok(own) => self.0.own.store(Some(Arc::clone(own))),
                Err(error) => self.note_failure(error),
            }
            outcome
        };
        tokio::time::timeout(limit, renewal).await.map_err(|_| KeystoneError::TimedOut { after: limit })?
    }

    fn present(&self, bad: Option<&Arc<Own>>) -> Option<Arc<Own>> {
        let own = self.0.own.load_full()?;
        let is_bad = bad.is_some_and(|bad| Arc::ptr_eq(bad, &own));
        (!is_bad && !own.info.ends_within(MARGIN)).then_some(own)
    }

    fn recent_failure(&self) -> Option<KeystoneError> {
        let failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().filter(|(at, _)| at.elapsed() < REST).map(|(_, error)| error.clone())
    }

    fn note_failure(&self, error: &KeystoneError) {
        log::warn!("no token for this server: {error}");
        *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.clone()));
    }

    async fn log_in(&self) -> Result<Own, KeystoneError> {
        let url = format!("{}/auth/tokens", self.0.account.base);
        let url = Url::parse(&url).map_err(|_| KeystoneError::Options("auth_url is no URL".into()))?;
        let mut request = Request::new(Method::POST, url);
        request.headers_mut().insert(CONTENT_TYPE, JSON);
        *request.body_mut() = Some(self.0.account.body().into());
        let answer = self.0.http.send(request).await?;
        match answer.status.as_u16() {
            201 => own_of(&answer),
            status @ (400 | 401 | 403) => Err(KeystoneError::Account { status }),
            status => Err(KeystoneError::Status { status }),
        }
    }
}

fn own_of(answer: &Answer) -> Result<Own, KeystoneError> {
    let nonsense = |what: &str| KeystoneError::Nonsense(format!("a new token without {what}"));
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| nonsense("a JSON body"))?;
    let info = TokenInfo::from_answer(&value).ok_or_else(|| nonsense("user and time"))?;
    let mut header = answer.headers.get(SUBJECT_TOKEN).cloned().ok_or_else(|| nonsense("X-Subject-Token"))?;
    header.set_sensitive(true);
    let secret = header.to_str().map(Secret::from).map_err(|_| nonsense("a readable X-Subject-Token"))?;
    Ok(Own { secret, header, info })
}
