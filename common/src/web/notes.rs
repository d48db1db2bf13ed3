//! What is learned about a request on its way to the handler and still needed when the request is gone.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use actix_web::dev::ServiceRequest;
use actix_web::{HttpMessage, HttpRequest};

use crate::logging::RequestLog;

/// Notes that the access log, the metrics and the answer to a panic are made of. Clones share them.
///
/// Every request has some. The [`RequestIds`](super::RequestIds) middleware and actix's own routes fill them in; a
/// server that names requests or finds routes in another way does so itself.
#[derive(Clone, Default)]
pub struct RequestNotes(Rc<Notes>);

#[derive(Default)]
struct Notes {
    log: OnceCell<RequestLog>,
    route: Cell<Option<&'static str>>,
    client: RefCell<Option<String>>,
}

impl RequestNotes {
    /// The notes of a request.
    pub fn of(request: &HttpRequest) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// Begins the notes of a request.
    pub(super) fn attach(request: &ServiceRequest) -> Self {
        let notes = Self::default();
        request.extensions_mut().insert(notes.clone());
        notes
    }

    /// Names the request: its access line gets the id and, once known, the identity; a panic's answer gets the
    /// `x-openstack-request-id` header. Only the first call counts.
    pub fn set_log(&self, log: RequestLog) {
        // The first name is the one that answers and earlier lines carry.
        let _ = self.0.log.set(log);
    }

    /// Names the route for the metrics: its pattern, not its path, so that there are few different ones.
    pub fn set_route(&self, route: &'static str) {
        self.0.route.set(Some(route));
    }

    /// Names the client, where a proxy in between says who it is.
    pub fn set_client(&self, client: &str) {
        *self.0.client.borrow_mut() = Some(client.to_owned());
    }

    /// The client, where a proxy named it.
    pub(super) fn take_client(&self) -> Option<String> {
        self.0.client.borrow_mut().take()
    }

    pub(super) fn log(&self) -> Option<&RequestLog> {
        self.0.log.get()
    }

    pub(super) fn route(&self) -> Option<&'static str> {
        self.0.route.get()
    }
}
