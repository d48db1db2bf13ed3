//! HTTP: the only part of the server that knows the framework.
//!
//! ```text
//! request ─► edge (CORS, proxy headers, version, context) ─► router ─► handler ─► service
//! answer  ◄─ request id ◄─ error_response (refusals only)  ◄─ view ◄─┘
//! ```

mod body;
pub mod call;
pub mod error_response;
pub mod middleware;
pub mod negotiation;
pub mod pipeline;
pub mod router;
pub mod routes;
pub mod v2;
pub mod versions;

pub use call::{Call, Params};
pub use router::Answer;
