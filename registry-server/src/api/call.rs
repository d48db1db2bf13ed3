//! A request on its way to the database.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use glance_common::context::RequestContext;
use glance_common::logging::{self, Identity};
use glance_common::web::{RequestId, read_body};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::json;
use super::request_key::RequestKey;
use crate::auth::Head;
use crate::db::queries::request_keys::{self, StoredAnswer};
use crate::db::{DbError, Session};
use crate::error::ApiError;
use crate::state::{State, Terms};

/// What [`Call::change`] answers with when there is nothing to say.
pub(crate) const NO_CONTENT: StatusCode = StatusCode::NO_CONTENT;

/// An authenticated request with its whole body.
pub(crate) struct Call {
    pub(crate) state: Data<State>,
    pub(crate) terms: Arc<Terms>,
    pub(crate) context: Arc<RequestContext>,
    body: Bytes,
    key: Option<RequestKey>,
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(Self::begin(request, payload))
    }
}

impl Call {
    /// Judges the head before the body is read, then compares the body with what was signed.
    async fn begin(request: HttpRequest, mut payload: Payload) -> Result<Self, ApiError> {
        let Some(state) = request.app_data::<Data<State>>().cloned() else {
            return Err(DbError::internal("the worker has no state").into());
        };
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let terms = state.terms();
        let caller = terms.authentication.authenticate(&Head::from(&request), &request_id).await?;
        identify(&caller.context);
        let body = read_body(&request, &mut payload, terms.max_body).await?;
        if caller.proof.is_some_and(|proof| !proof.covers(&body)) {
            return Err(ApiError::Unauthenticated("the body is not the one that was signed"));
        }
        let key = RequestKey::read(&Head::from(&request), &caller.context, &body)?;
        state.prepared.check()?;
        Ok(Self { state, terms, context: Arc::new(caller.context), body, key })
    }

    /// The typed body.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] that names the field.
    pub(crate) fn input<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        json::parse(&self.body)
    }

    /// The body as it came.
    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    /// Only administrators may go on.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub(crate) fn needs_admin(&self) -> Result<(), ApiError> {
        if self.context.is_admin { Ok(()) } else { Err(ApiError::Forbidden("only administrators may do this")) }
    }

    /// Answer with what one snapshot shows.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) async fn read<T, F>(self, work: F) -> Result<HttpResponse, ApiError>
    where
        T: Serialize,
        F: Fn(&mut Session<'_>, &RequestContext) -> Result<T, DbError> + Send + 'static,
    {
        let context = self.context;
        let body = self.state.db.read(move |session| {
            let value = work(session, &context)?;
            // Long lists take a while to write: that belongs to this thread too.
            serde_json::to_vec(&value).map_err(DbError::internal)
        });
        Ok(answer(StatusCode::OK, body.await?))
    }

    /// Do the work in one transaction and answer with its result, or, when a request with the same key was answered
    /// before, give that answer again. With status 204 the result is left out.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`] for callers that may only read; those of the work.
    pub(crate) async fn change<T, F>(self, status: StatusCode, work: F) -> Result<HttpResponse, ApiError>
    where
        T: Serialize,
        F: Fn(&mut Session<'_>, &RequestContext) -> Result<T, DbError> + Send + 'static,
    {
        if self.context.read_only {
            return Err(ApiError::Forbidden("the caller may only read"));
        }
        let Self { state, context, key, .. } = self;
        let key = Arc::new(key);
        let first = Arc::clone(&key);
        let stored = state.db.write(move |session| {
            if let Some(RequestKey { text, digest }) = key.as_ref()
                && let Some(earlier) = request_keys::find_answer(session, text, digest)?
            {
                return Ok(earlier);
            }
            let value = work(session, &context)?;
            let body = match status {
                NO_CONTENT => String::new(),
                _ => serde_json::to_string(&value).map_err(DbError::internal)?,
            };
            let given = StoredAnswer { status: status.as_u16(), body };
            if let Some(RequestKey { text, digest }) = key.as_ref() {
                request_keys::store_answer(session, text, digest, &given)?;
            }
            Ok(given)
        });
        let StoredAnswer { status, body } = match stored.await {
            Ok(answer) => answer,
            Err(error) => answered_meanwhile(&state, first, &error).await.ok_or(error)?,
        };
        let status = StatusCode::from_u16(status).map_err(DbError::internal)?;
        Ok(answer(status, body.into_bytes()))
    }
}

/// The answer that an equal request got while this one waited for its locks, only to find the work done and refuse it.
async fn answered_meanwhile(state: &State, key: Arc<Option<RequestKey>>, error: &DbError) -> Option<StoredAnswer> {
    let is_refusal = !matches!(
        error,
        DbError::Unavailable { .. } | DbError::Contended { .. } | DbError::WrongSchema(_) | DbError::Internal { .. }
    );
    if key.is_none() || !is_refusal {
        return None;
    }
    let find = state.db.read(move |session| match key.as_ref() {
        Some(RequestKey { text, digest }) => request_keys::find_answer(session, text, digest),
        None => Ok(None),
    });
    find.await.ok().flatten()
}

/// A good answer.
pub(crate) fn answer(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    if status == NO_CONTENT {
        return HttpResponse::NoContent().finish();
    }
    HttpResponse::build(status).insert_header(ContentType::json()).body(body)
}

/// Tells the log who asks.
fn identify(context: &RequestContext) {
    if let Some(request) = logging::current() {
        let (user, project) = (context.user_id.clone(), context.project_id.clone());
        request.identify(Identity { user, project, ..Identity::default() });
    }
}
