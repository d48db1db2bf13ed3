//! The one error type of the API server: what a request is refused with.
//!
//! An [`ApiError`] is a [`Situation`], the words that the client reads, and apart from them the internal cause, which
//! is logged and never shown (G4). Which status, headers and body it becomes is decided in
//! [`crate::api::error_response`] alone.
//!
//! The words come in two shapes (images-v2 §0): an *explanation* (`E"…"` in the specification) replaces the stock
//! sentence of the status; a *detail* (`D"…"`) is added behind it. Constructors take the explanation; those with
//! `_detail` in their name take the detail.
//!
//! ```
//! use glance_api::error::ApiError;
//! let error = ApiError::not_found("No image found with ID 42");
//! let error = ApiError::forbidden_detail("Read-only access");
//! let error = ApiError::internal("the store answered nonsense"); // logged; the client reads the stock sentence
//! ```

mod convert;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Words for the client.
pub type Text = Cow<'static, str>;
type Cause = Box<dyn Error + Send + Sync>;

/// How long a client waits before it asks again when a dependency does not answer.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What kind of refusal it is. Each has exactly one HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Situation {
    /// 400: malformed, or a value that cannot be.
    BadRequest,
    /// 401: no valid identity.
    Unauthorized,
    /// 403: not for this caller, or not for anybody.
    Forbidden,
    /// 404: missing or hidden; the same to the client (A13).
    NotFound,
    /// 405: the path is known, the method is not.
    MethodNotAllowed {
        /// The method of the request.
        method: String,
        /// Value of the `Allow` header.
        allow: String,
    },
    /// 408: the client sent nothing for too long.
    RequestTimeout,
    /// 409: the image is in another state than the operation needs.
    Conflict,
    /// 410: it was there when the operation began.
    Gone,
    /// 413: a size limit or a quota.
    TooLarge,
    /// 415: the body's content type, or the content itself, is not taken.
    UnsupportedMediaType {
        /// `Content-Type` of the request.
        given: Option<String>,
    },
    /// 416: the range lies outside of the data.
    RangeNotSatisfiable,
    /// 429: the project asks too often.
    TooManyRequests {
        /// When it may ask again.
        retry_after: Duration,
    },
    /// 431: a header is longer than allowed.
    HeaderTooLarge,
    /// 500: a defect, or a dependency that answers nonsense.
    Internal,
    /// 501: nobody knows the method.
    NotImplemented {
        /// The method of the request.
        method: String,
    },
    /// 502: a remote server failed.
    BadGateway,
    /// 503: a dependency is away or busy.
    Unavailable {
        /// When to ask again; none where asking again does not help.
        retry_after: Option<Duration>,
    },
    /// 504: a remote server did not answer in time.
    GatewayTimeout,
}

/// A refused request. Small and cheap to pass through `Result`.
pub struct ApiError(Box<Inner>);

struct Inner {
    situation: Situation,
    explanation: Option<Text>,
    detail: Option<Text>,
    comment: Option<Text>,
    headers: Vec<(&'static str, String)>,
    cause: Option<Cause>,
}

/// A constructor with the explanation, and one with the detail.
macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident, $with_detail:ident => $situation:expr;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(explanation: impl Into<Text>) -> Self {
            Self::stock($situation).explained(explanation)
        }

        /// The same status with the stock explanation and this detail.
        #[must_use]
        pub fn $with_detail(detail: impl Into<Text>) -> Self {
            Self::stock($situation).detailed(detail)
        }
    )+};
}

impl ApiError {
    /// The situation in the stock words of its status.
    #[must_use]
    pub fn stock(situation: Situation) -> Self {
        let (explanation, detail, comment, cause) = (None, None, None, None);
        Self(Box::new(Inner { situation, explanation, detail, comment, headers: Vec::new(), cause }))
    }

    constructors! {
        /// 400 with this explanation.
        bad_request, bad_request_detail => Situation::BadRequest;
        /// 401 with this explanation.
        unauthorized, unauthorized_detail => Situation::Unauthorized;
        /// 403 with this explanation.
        forbidden, forbidden_detail => Situation::Forbidden;
        /// 404 with this explanation.
        not_found, not_found_detail => Situation::NotFound;
        /// 409 with this explanation.
        conflict, conflict_detail => Situation::Conflict;
        /// 410 with this explanation.
        gone, gone_detail => Situation::Gone;
        /// 413 with this explanation.
        too_large, too_large_detail => Situation::TooLarge;
        /// 416 with this explanation; carries no `Content-Range` (images-v2 §9).
        range_not_satisfiable, range_not_satisfiable_detail => Situation::RangeNotSatisfiable;
        /// 502 with this explanation.
        bad_gateway, bad_gateway_detail => Situation::BadGateway;
        /// 503 with this explanation and the usual `Retry-After`.
        unavailable, unavailable_detail => Situation::Unavailable { retry_after: Some(RETRY_AFTER) };
        /// 503 with this explanation and no `Retry-After`: asking again does not help.
        out_of_service, out_of_service_detail => Situation::Unavailable { retry_after: None };
    }

    /// 404 in the stock words: what a caller reads who passes neither the rule nor `get_image`.
    #[must_use]
    pub fn hidden() -> Self {
        Self::stock(Situation::NotFound)
    }

    /// 415 with this detail: what is expected, or why the content is refused. `given` is the `Content-Type` of the
    /// request, which the message names.
    #[must_use]
    pub fn unsupported_media(given: Option<&str>, detail: impl Into<Text>) -> Self {
        let given = given.map(str::to_owned);
        Self::stock(Situation::UnsupportedMediaType { given }).detailed(detail)
    }

    /// 500 in the stock words; the cause is for the log.
    #[must_use]
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::stock(Situation::Internal).caused_by(cause)
    }

    /// The same with this explanation in place of the stock sentence.
    #[must_use]
    pub fn explained(mut self, explanation: impl Into<Text>) -> Self {
        self.0.explanation = Some(explanation.into());
        self
    }

    /// The same with this detail behind the explanation.
    #[must_use]
    pub fn detailed(mut self, detail: impl Into<Text>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// The same with a comment behind explanation and detail.
    #[must_use]
    pub fn commented(mut self, comment: impl Into<Text>) -> Self {
        self.0.comment = Some(comment.into());
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// The same with its internal cause: logged where the error is answered, never shown.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn situation(&self) -> &Situation {
        &self.0.situation
    }

    /// The explanation, unless it is the stock sentence.
    #[must_use]
    pub fn explanation(&self) -> Option<&str> {
        self.0.explanation.as_deref()
    }

    /// The detail.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// The comment.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// Headers beside those that the situation itself brings.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Is it a 404? Services ask this where hidden and missing images read differently.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.situation == Situation::NotFound
    }
}

impl fmt::Display for ApiError {
    /// The situation and the words of the client; the cause is [`Error::source`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.situation)?;
        for words in [&self.0.explanation, &self.0.detail, &self.0.comment].into_iter().flatten() {
            write!(f, ": {words}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({self}, cause: {:?})", self.0.cause)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
