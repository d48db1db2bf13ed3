//! The way of a request from the framework to its handler, and of the answer back (images-v2 §1).
//!
//! | step | refuses with |
//! |---|---|
//! | `OPTIONS` is answered; marks for pages of other origins | 200, empty |
//! | version negotiation | 300 and the list of versions |
//! | who is asking | 401 or, where the identity service is away, 503; without request id |
//! | request id | 431 |
//! | rate limits of the project | 429 |
//! | route table | 400 for a path that is no UTF-8, 404, 405, 501 |
//! | body where none belongs, query that is no UTF-8 | 400 |
//! | the handler | what it refuses |
//!
//! Everything from the request id on carries that id in `x-openstack-request-id`.

mod flavor;
pub mod identity;
mod origin;

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{
    ACCEPT, CONTENT_LENGTH, HeaderName, HeaderValue, LOCATION, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use arc_swap::ArcSwap;
use glance_common::context::RequestContext;
use glance_common::http::query::{self, NotUtf8};
use glance_common::keystone::Credentials;
use glance_common::logging::{self, RequestLog};
use glance_common::web::{RequestId, RequestNotes};
use percent_encoding::percent_decode_str;

pub use flavor::{Flavor, FlavorError, Identification};
pub use origin::{Origin, Proxies};

use super::call::Call;
use super::error_response::respond;
use super::negotiation::{Negotiated, negotiate};
use super::router::{Answer, Route, Router};
use super::routes;
use crate::error::{ApiError, Situation};
use crate::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The server between framework and handlers; one for all workers.
pub struct Edge {
    app: ArcSwap<AppState>,
    router: Router,
}

impl Edge {
    /// The edge with all routes.
    #[must_use]
    pub fn new(app: AppState) -> Self {
        Self::with_routes(app, routes::table())
    }

    /// The edge with these routes.
    fn with_routes(app: AppState, table: Vec<Route>) -> Self {
        Self { app: ArcSwap::from_pointee(app), router: Router::new(table) }
    }

    /// What new requests share now.
    #[must_use]
    pub fn app(&self) -> Arc<AppState> {
        self.app.load_full()
    }

    /// Replaces what requests share; running ones keep what they began with.
    pub fn replace(&self, app: AppState) {
        self.app.store(Arc::new(app));
    }

    /// Hands every request of a worker to the edge.
    pub fn configure(self: &Arc<Self>, config: &mut ServiceConfig) {
        let edge = Arc::clone(self);
        config.default_service(web::to(move |request: HttpRequest, payload: web::Payload| {
            let edge = Arc::clone(&edge);
            async move { edge.serve(request, payload.into_inner()).await }
        }));
    }

    /// Answers one request, and marks the answer for pages of other origins.
    pub async fn serve(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        let app = self.app();
        let Some(cors) = app.cors.clone() else { return self.answer(app, request, payload).await };
        let asked = request.clone();
        let mut answer = self.answer(app, request, payload).await;
        cors.mark(asked.method(), asked.headers(), answer.headers_mut());
        answer
    }

    async fn answer(&self, app: Arc<AppState>, request: HttpRequest, payload: Payload) -> HttpResponse {
        if request.method() == Method::OPTIONS {
            return HttpResponse::Ok().finish();
        }
        let origin = Origin::of(&request, &app.proxies);
        app.proxies.note_client(&request);
        let decoded = percent_decode_str(request.uri().path());
        let path = decoded.clone().decode_utf8();
        let readable = path.is_ok();
        let path = path.unwrap_or_else(|_| decoded.decode_utf8_lossy());
        let status = match negotiate(&path, accept(&request).as_ref(), &app.versions) {
            Negotiated::Resource(path) => {
                return self.resource(Asked { app, origin, path, readable, request, payload }).await;
            }
            Negotiated::List => StatusCode::OK,
            Negotiated::Choices => StatusCode::MULTIPLE_CHOICES,
        };
        let base = app.public_endpoint().map_or_else(|| origin.base(), str::to_owned);
        app.versions.respond(status, &base)
    }

    /// Answers a request for a resource. Who is not known is told where to get a token (images-v2 §1.1).
    async fn resource(&self, asked: Asked) -> HttpResponse {
        let app = Arc::clone(&asked.app);
        let longest = app.options.api.max_request_id_length;
        let (id, is_too_long) = match RequestId::from_headers(asked.request.headers(), longest) {
            Ok(id) => (id, false),
            Err(_) => (RequestId::random(), true),
        };
        let log = RequestLog::new(id.as_str(), None);
        let mut answer = logging::scope(log.clone(), self.identified(asked, id, is_too_long, log)).await;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(Ok(challenge)) = app.validator.as_ref().map(|it| HeaderValue::from_str(it.challenge()))
        {
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }

    /// Finds out who asks and goes on.
    async fn identified(&self, asked: Asked, id: RequestId, is_too_long: bool, log: RequestLog) -> HttpResponse {
        let request = asked.request.clone();
        let mut context = match context(&asked).await {
            Ok(context) => context,
            Err(refusal) => return respond(&refusal, &request),
        };
        context.request_id = id.as_str().to_owned();
        request.extensions_mut().insert(id.clone());
        log.identify(log_identity(&context));
        RequestNotes::of(&request).set_log(log);
        let outcome = if is_too_long {
            Err(overlong_id(asked.app.options.api.max_request_id_length))
        } else {
            self.dispatch(asked, context).await
        };
        let mut answer = outcome.unwrap_or_else(|refusal| respond(&refusal, &request));
        if let Ok(value) = HeaderValue::from_str(id.as_str()) {
            answer.headers_mut().insert(REQUEST_ID, value);
        }
        answer
    }

    /// Finds the route, checks what it demands and runs its handler.
    async fn dispatch(&self, asked: Asked, context: RequestContext) -> Answer {
        let Asked { app, origin, path, readable, request, payload } = asked;
        if !readable {
            return Err(ApiError::bad_request(NotUtf8.to_string()));
        }
        if path == "/v2" {
            return Ok(HttpResponse::Found().insert_header((LOCATION, format!("{}/v2/", origin.base()))).finish());
        }
        if let Some(limits) = &app.rate_limits {
            limits.admit(&context, request.method(), &path)?;
        }
        let (route, params) = self.router.find(request.method(), &path)?;
        RequestNotes::of(&request).set_route(route.path());
        refuse_body(route, &request)?;
        let query = query::parse(request.query_string()).map_err(|error| ApiError::bad_request(error.to_string()))?;
        route.run(Call { app, context, origin, http: request, params, query, payload }).await
    }
}

/// A request for a resource, before anybody knows whether there is one.
struct Asked {
    app: Arc<AppState>,
    origin: Origin,
    /// Decoded, with `/v2` in place of the version.
    path: String,
    /// Was the path UTF-8?
    readable: bool,
    request: HttpRequest,
    payload: Payload,
}

/// The whole `Accept` header.
fn accept(request: &HttpRequest) -> Cow<'_, str> {
    request.headers().get(ACCEPT).map_or(Cow::Borrowed(""), |value| String::from_utf8_lossy(value.as_bytes()))
}

/// Who is asking (images-v2 §3.2). The request id is set later: a caller that is refused here gets none.
async fn context(asked: &Asked) -> Result<RequestContext, ApiError> {
    let app = &asked.app;
    let caller = match app.flavor.identification {
        Identification::Nobody => return Ok(RequestContext::unauthenticated("")),
        Identification::TrustedHeaders => identity::from_headers(asked.request.headers())?,
        Identification::Tokens => by_token(asked).await?,
    };
    match caller {
        Some(caller) => Ok(RequestContext { is_admin: app.policy.is_admin(&caller), ..caller }),
        None if app.options.api.allow_anonymous_access => Ok(RequestContext::anonymous("")),
        None => Err(ApiError::stock(Situation::Unauthorized)),
    }
}

/// Who is asking, by the tokens of the request.
async fn by_token(asked: &Asked) -> Result<Option<RequestContext>, ApiError> {
    let validator = asked.app.validator.as_ref().ok_or_else(|| ApiError::internal("no validator of tokens"))?;
    let (method, path) = (asked.request.method().as_str(), asked.path.as_str());
    let credentials = Credentials { method, path, ..identity::credentials(asked.request.headers())? };
    let away = |error| ApiError::unavailable("The Keystone service is temporarily unavailable.").caused_by(error);
    validator.judge(&credentials).await.map_err(away)
}

/// What log lines say about the caller.
fn log_identity(context: &RequestContext) -> logging::Identity {
    logging::Identity {
        user: context.user_id.clone(),
        project: context.project_id.clone(),
        domain: context.domain_id.clone(),
        user_domain: context.user_domain_id.clone(),
        project_domain: context.project_domain_id.clone(),
    }
}

fn overlong_id(longest: usize) -> ApiError {
    let comment = format!("x-openstack-request-id is too long, max size {longest}");
    ApiError::stock(Situation::HeaderTooLarge).commented(comment)
}

/// Refuses a body on routes that take none: a length above zero, or chunks where bodies are usual.
fn refuse_body(route: &Route, request: &HttpRequest) -> Result<(), ApiError> {
    if !route.refuses_body() {
        return Ok(());
    }
    let headers = request.headers();
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).unwrap_or("0");
    let usual = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    if length.trim().bytes().any(|digit| digit != b'0') || (usual && headers.contains_key(TRANSFER_ENCODING)) {
        return Err(ApiError::bad_request("A body is not expected with this request."));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
