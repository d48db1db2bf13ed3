//! How a rule says no.

use thiserror::Error;

/// What kind of no it is; one HTTP status each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// The value itself is wrong (400).
    Invalid,
    /// Nobody, or not this caller, may do that (403).
    Forbidden,
    /// The image is in a state that does not allow it (409).
    Conflict,
    /// A quota would be passed (413).
    OverLimit,
}

/// A rule's refusal, in the words that clients know.
///
/// The Images API puts a text in one of two places: as the *explanation* of the error, or as the *detail* behind the
/// stock explanation of the status (images-v2 §2.3). Clients parse both, so the place belongs to the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct Refusal {
    /// The kind of no.
    pub class: RefusalClass,
    /// For the caller.
    pub text: String,
    /// The text is the detail, not the explanation.
    pub is_detail: bool,
}

impl Refusal {
    /// 400 with an explanation.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::explain(RefusalClass::Invalid, text)
    }

    /// 403 with an explanation.
    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::explain(RefusalClass::Forbidden, text)
    }

    /// 403 with the stock explanation and a detail.
    pub fn forbidden_detail(text: impl Into<String>) -> Self {
        Self { is_detail: true, ..Self::forbidden(text) }
    }

    /// 409 with an explanation.
    pub fn conflict(text: impl Into<String>) -> Self {
        Self::explain(RefusalClass::Conflict, text)
    }

    /// 409 with the stock explanation and a detail.
    pub fn conflict_detail(text: impl Into<String>) -> Self {
        Self { is_detail: true, ..Self::conflict(text) }
    }

    /// 413 with an explanation.
    pub fn over_limit(text: impl Into<String>) -> Self {
        Self::explain(RefusalClass::OverLimit, text)
    }

    fn explain(class: RefusalClass, text: impl Into<String>) -> Self {
        Self { class, text: text.into(), is_detail: false }
    }
}
