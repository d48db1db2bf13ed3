//! Which request the running code works for, so that its log lines say so.

use std::sync::{Arc, OnceLock};

tokio::task_local! {
    static CURRENT: RequestLog;
}

/// Who is asking, as log lines show it; `-` where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub user: Option<String>,
    /// Project id.
    pub project: Option<String>,
    /// Domain that the token is scoped to.
    pub domain: Option<String>,
    /// The user's domain.
    pub user_domain: Option<String>,
    /// The project's domain.
    pub project_domain: Option<String>,
}

/// What log lines say about a request. Clones share the identity.
#[derive(Debug, Clone)]
pub struct RequestLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request_id: String,
    global_request_id: Option<String>,
    identity: OnceLock<Identity>,
}

impl RequestLog {
    /// A request that is not authenticated yet: its id (`req-…`) and the id that the caller gave it.
    pub fn new(request_id: impl Into<String>, global_request_id: Option<String>) -> Self {
        Self(Arc::new(Inner { request_id: request_id.into(), global_request_id, identity: OnceLock::new() }))
    }

    /// Tells who is asking, once that is known; only the first call counts.
    pub fn identify(&self, identity: Identity) {
        // A second identity of one request would be a fault elsewhere; the first one stays true for the log.
        let _ = self.0.identity.set(identity);
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The id that the caller gave.
    pub fn global_request_id(&self) -> Option<&str> {
        self.0.global_request_id.as_deref()
    }

    /// Who is asking, when that is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.0.identity.get()
    }
}

/// Runs a future whose log lines belong to the request.
pub async fn scope<F: Future>(request: RequestLog, future: F) -> F::Output {
    CURRENT.scope(request, future).await
}

/// Runs a function whose log lines belong to the request.
pub fn in_scope<R>(request: RequestLog, function: impl FnOnce() -> R) -> R {
    CURRENT.sync_scope(request, function)
}

/// The request that the running code works for.
pub fn current() -> Option<RequestLog> {
    CURRENT.try_with(RequestLog::clone).ok()
}

/// Wraps a function for another thread so that its log lines belong to the request running now:
/// `spawn_blocking(logging::carried(move || …))`.
pub fn carried<R>(function: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let request = current();
    move || match request {
        Some(request) => in_scope(request, function),
        None => function(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> Option<String> {
        current().map(|request| request.request_id().to_owned())
    }

    #[tokio::test]
    async fn each_task_sees_its_own_request() {
        assert_eq!(id(), None);
        let one = scope(RequestLog::new("req-1", None), async {
            tokio::task::yield_now().await;
            let other_thread = tokio::task::spawn_blocking(carried(id)).await.unwrap();
            (id(), other_thread)
        });
        let two = scope(RequestLog::new("req-2", None), async { id() });
        let (one, two) = tokio::join!(one, two);
        assert_eq!(one, (Some("req-1".to_owned()), Some("req-1".to_owned())));
        assert_eq!((two, id()), (Some("req-2".to_owned()), None));
        assert_eq!(carried(id)(), None);
    }

    #[test]
    fn the_first_identity_stays() {
        let request = RequestLog::new("req-1", None);
        request.clone().identify(Identity { user: Some("u".to_owned()), ..Identity::default() });
        request.identify(Identity::default());
        assert_eq!(request.identity().unwrap().user.as_deref(), Some("u"));
    }
}
