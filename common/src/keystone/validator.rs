//! Whose a token is, and what its holder may be taken for.

use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use tokio::sync::Semaphore;

use super::cache::TokenCache;
use super::figures::{Figures, Verdict};
use super::rules;
use super::{AuthOptions, KeystoneError, Session, TokenInfo, TokenOptions};
use crate::config::{Config, ConfigError, Secret, Section, SectionSpec};
use crate::context::RequestContext;

/// Questions that the identity service is asked at the same time.
const AT_ONCE: usize = 64;
/// Longest token, in characters.
const LONGEST_TOKEN: usize = 8192;

const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
const ACCESS_RULES: HeaderName = HeaderName::from_static("openstack-identity-access-rules");
/// The version of access rules that is understood here.
const RULES_VERSION: HeaderValue = HeaderValue::from_static("1");

/// Name of the section that says how tokens are judged.
const SECTION: &str = "keystone_authtoken";

/// What a request brought to say who asks. `Debug` shows no token.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The caller's token.
    pub token: Option<&'a str>,
    /// The token of the service that passes the request on.
    pub service_token: Option<&'a str>,
    /// Method of the request, for the access rules of application credentials.
    pub method: &'a str,
    /// Path of the request, likewise.
    pub path: &'a str,
    /// A trusted peer passes the request on and has judged the access rules.
    pub is_judged: bool,
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// The options of `[keystone_authtoken]`.
#[derive(Debug, Clone)]
pub struct ValidatorOptions {
    auth: AuthOptions,
    tokens: TokenOptions,
}

impl ValidatorOptions {
    /// Reads the section, and the one that `auth_section` names.
    ///
    /// # Errors
    /// [`ConfigError::BadValue`] for the first bad option.
    pub fn read(config: &Config) -> Result<Self, ConfigError> {
        let tokens: TokenOptions = config.section_at(SECTION, &[])?;
        let auth = AuthOptions::load(config, SECTION)?;
        let auth = AuthOptions {
            timeout: tokens.http_connect_timeout.or(auth.timeout),
            connect_retries: tokens.http_request_max_retries,
            ..auth
        };
        Ok(Self { auth, tokens })
    }

    /// What makes tokens less safe than they could be, and what is asked for and not done (I2): one sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<&'static str> {
        let insecure = self.auth.insecure.then_some("insecure: any certificate of the identity service is accepted");
        self.tokens.warnings().into_iter().chain(insecure).collect()
    }

    /// The tables of these options, for samples and the warnings about unknown ones.
    #[must_use]
    pub fn tables(config: &Config) -> Vec<SectionSpec> {
        let mut tables = vec![TokenOptions::spec_at(SECTION)];
        tables.extend(AuthOptions::tables(config, SECTION));
        tables
    }
}

/// Judges tokens.
#[derive(Debug)]
pub struct Validator {
    session: Session,
    options: TokenOptions,
    challenge: String,
    warnings: Vec<&'static str>,
    cache: TokenCache,
    figures: Figures,
    places: Semaphore,
}

impl Validator {
    /// As the options say. Reads files of certificates, and connects to nothing.
    ///
    /// # Errors
    /// [`KeystoneError::Options`] and [`KeystoneError::File`] for options that cannot be used.
    pub fn new(options: &ValidatorOptions, figures: Figures) -> Result<Self, KeystoneError> {
        let mut warnings = options.warnings();
        let ValidatorOptions { auth, tokens: options } = options.clone();
        if options.www_authenticate_uri.is_none() {
            warnings.push("www_authenticate_uri is not set: callers are told auth_url");
        }
        let session = Session::new(&auth)?;
        let uri = options.www_authenticate_uri.clone().or(auth.auth_url).unwrap_or_default();
        let challenge = format!("Keystone uri=\"{uri}\"");
        if HeaderValue::from_str(&challenge).is_err() {
            return Err(KeystoneError::Options("www_authenticate_uri: is no URL".to_owned()));
        }
        let cache = TokenCache::new(&options, figures.clone())?;
        Ok(Self { session, options, challenge, warnings, cache, figures, places: Semaphore::new(AT_ONCE) })
    }

    /// The server's own account.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The value of `WWW-Authenticate` for callers who are not known (images-v2 §1.1).
    #[must_use]
    pub fn challenge(&self) -> &str {
        &self.challenge
    }

    /// What the log should say at the start.
    #[must_use]
    pub fn warnings(&self) -> &[&'static str] {
        &self.warnings
    }

    /// Is the caller this server's own account, such as another server of the same kind?
    ///
    /// # Errors
    /// As [`Session::user_id`].
    pub async fn is_own(&self, caller: &RequestContext) -> Result<bool, KeystoneError> {
        Ok(caller.user_id.as_deref() == Some(&*self.session.user_id().await?))
    }

    /// Who asks; none where no good token was brought. `is_admin` and the request id are left to be set.
    ///
    /// A service's token that is not good makes the caller no other than he is, as in the reference. With one that is
    /// good, a caller's token counts for a while after its end: the identity service says for how long.
    ///
    /// # Errors
    /// [`KeystoneError`] when the identity service is away or does not accept the server's own account.
    pub async fn judge(&self, credentials: &Credentials<'_>) -> Result<Option<RequestContext>, KeystoneError> {
        let Some(token) = credentials.token else { return Ok(None) };
        let limit = self.session.limit();
        let judged = tokio::time::timeout(limit, self.judge_tokens(credentials, token.trim())).await;
        judged.unwrap_or(Err(KeystoneError::TimedOut { after: limit }))
    }

    async fn judge_tokens(
        &self,
        credentials: &Credentials<'_>,
        token: &str,
    ) -> Result<Option<RequestContext>, KeystoneError> {
        let service = match credentials.service_token.map(str::trim) {
            Some(token) => self.look_up(token, false).await?,
            None => None,
        };
        let has_role = service.as_ref().is_some_and(|info| info.has_any_role(&self.options.service_token_roles));
        let Some(user) = self.look_up(token, has_role).await? else { return Ok(None) };
        if !rules::allow(&user, self.options.service_type.as_deref(), credentials) {
            return Ok(None);
        }
        let service = service.filter(|_| has_role || !self.options.service_token_roles_required);
        Ok(Some(super::caller::context(&user, Secret::from(token), service.as_deref())))
    }

    /// What is known of a token; none where it is not a good one.
    async fn look_up(&self, token: &str, even_if_over: bool) -> Result<Option<Arc<TokenInfo>>, KeystoneError> {
        let Some(header) = subject(token) else { return Ok(None) };
        let found = self.cache.find(token, self.validate(header.clone(), false)).await?;
        // one that was good when it was remembered may have ended since
        let found = found.filter(|info| !info.ends_within(0));
        if found.is_some() || !even_if_over {
            return Ok(found);
        }
        Ok(self.validate(header, true).await?.map(Arc::new))
    }

    /// Asks the identity service.
    async fn validate(&self, subject: HeaderValue, even_if_over: bool) -> Result<Option<TokenInfo>, KeystoneError> {
        let answer = self.ask(subject, even_if_over).await;
        let verdict = match &answer {
            Ok(Some(_)) => Verdict::Good,
            Ok(None) => Verdict::Bad,
            Err(_) => Verdict::Failed,
        };
        self.figures.validation(verdict);
        answer
    }

    async fn ask(&self, subject: HeaderValue, even_if_over: bool) -> Result<Option<TokenInfo>, KeystoneError> {
        let closed = |_| KeystoneError::Nonsense("no place to ask from".to_owned());
        let _place = self.places.acquire().await.map_err(closed)?;
        let base = self.session.identity_url(self.options.interface.as_str()).await?;
        let mut url = format!("{base}/auth/tokens");
        let parts = [(!self.options.include_service_catalog, "nocatalog"), (even_if_over, "allow_expired=1")];
        let parts: Vec<&str> = parts.into_iter().filter(|(wanted, _)| *wanted).map(|(_, part)| part).collect();
        if !parts.is_empty() {
            url = format!("{url}?{}", parts.join("&"));
        }
        let headers = [(SUBJECT_TOKEN, subject), (ACCESS_RULES, RULES_VERSION)];
        let answer = self.session.ask(Method::GET, &url, &headers).await?;
        match answer.status {
            StatusCode::OK => {
                let nonsense = || KeystoneError::Nonsense("a validation without a token".to_owned());
                let value = serde_json::from_slice(&answer.body).map_err(|_| nonsense())?;
                TokenInfo::from_answer(&value).map(Some).ok_or_else(nonsense)
            }
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(KeystoneError::Account { status: answer.status.as_u16() })
            }
            status => Err(KeystoneError::Status { status: status.as_u16() }),
        }
    }
}

/// A token as the header of a question; none for what no token looks like.
fn subject(token: &str) -> Option<HeaderValue> {
    let plausible = !token.is_empty() && token.len() <= LONGEST_TOKEN && token.bytes().all(|b| b.is_ascii_graphic());
    let mut header = HeaderValue::from_str(token).ok().filter(|_| plausible)?;
    header.set_sensitive(true);
    Some(header)
}
