//! Calls of the identity service: bounded in time and size, tried again where nobody answered.

use std::error::Error as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Request, Response, StatusCode};

use super::{AuthOptions, KeystoneError};
use crate::logging;

/// Time for one call unless the operator says otherwise: what waits for it must itself be answered in five seconds.
const CALL: Duration = Duration::from_millis(4500);
/// Pause before the first further attempt; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Idle connections are closed after this time.
const IDLE: Duration = Duration::from_secs(30);
/// Longest answer: catalogues of large clouds have some hundred KiB.
const LONGEST_ANSWER: usize = 4 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What makes the calls.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    /// Time for one call with all its attempts.
    pub(super) limit: Duration,
    retries: u32,
}

impl Http {
    /// Reads the certificates; connects to nothing.
    pub(super) fn new(options: &AuthOptions) -> Result<Self, KeystoneError> {
        let limit = options.timeout.map_or(CALL, |limit| limit.duration());
        let mut builder = Client::builder()
            .http1_only()
            // tokens go where configuration and catalogue say, and nowhere else (D10)
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(limit)
            .pool_idle_timeout(IDLE)
            .tcp_nodelay(true)
            .tls_danger_accept_invalid_certs(options.insecure);
        if let Some(path) = &options.cafile {
            let bundle = Certificate::from_pem_bundle(&read("cafile", path)?);
            let bundle = bundle.map_err(|error| unusable("cafile", path, &error))?;
            builder = builder.tls_certs_only(bundle);
        }
        if let Some(path) = &options.certfile {
            let mut pem = read("certfile", path)?;
            if let Some(key) = &options.keyfile {
                pem.push(b'\n');
                pem.extend(read("keyfile", key)?);
            }
            builder = builder.identity(Identity::from_pem(&pem).map_err(|error| unusable("certfile", path, &error))?);
        }
        let client = builder.build().map_err(|error| KeystoneError::Options(causes(&error)))?;
        Ok(Self { client, limit, retries: options.connect_retries })
    }

    /// Sends a request until somebody answers it, for as long and as often as the options say.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, KeystoneError> {
        let begun = Instant::now();
        let attempts = async {
            let mut pause = FIRST_PAUSE;
            for _ in 0..self.retries {
                // Requests without a body stream can be copied; ours have none.
                let Some(copy) = request.try_clone() else { break };
                match self.attempt(copy).await {
                    Ok(answer) if !is_away(answer.status) => return Ok(answer),
                    Err(error) if !matches!(error, KeystoneError::Unreachable { .. }) => return Err(error),
                    Ok(_) | Err(_) => {}
                }
                if begun.elapsed() + pause >= self.limit {
                    break;
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            self.attempt(request).await
        };
        match tokio::time::timeout(self.limit, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(KeystoneError::TimedOut { after: self.limit }),
        }
    }

    async fn attempt(&self, mut request: Request) -> Result<Answer, KeystoneError> {
        if let Some(id) = logging::current().and_then(|log| HeaderValue::from_str(log.request_id()).ok()) {
            request.headers_mut().insert(REQUEST_ID, id);
        }
        let response = self.client.execute(request).await.map_err(broken)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = whole_body(response).await?;
        Ok(Answer { status, headers, body })
    }
}

/// Balancers say this while the service behind them is away.
fn is_away(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

async fn whole_body(mut response: Response) -> Result<Bytes, KeystoneError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(KeystoneError::Nonsense(format!("more than {LONGEST_ANSWER} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn broken(error: reqwest::Error) -> KeystoneError {
    KeystoneError::Unreachable { cause: causes(&error.without_url()) }
}

/// The error with what lies under it.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, KeystoneError> {
    fs::read(path).map_err(|error| unusable(option, path, &error))
}

fn unusable(option: &'static str, path: &Path, cause: &dyn std::fmt::Display) -> KeystoneError {
    KeystoneError::File { option, path: path.display().to_string(), cause: cause.to_string() }
}
