//! Files as bodies of answers.
//!
//! On a plain HTTP/1 connection the kernel moves the file into the socket (`sendfile(2)`), on
//! threads of the server's own; the bytes never enter the process. Everywhere else, and while all
//! those threads are busy, the file is read ahead in chunks.
//!
//! ```no_run
//! # use actix_web::{HttpRequest, HttpResponse};
//! # fn answer(request: &HttpRequest, file: std::fs::File, length: u64) -> HttpResponse {
//! HttpResponse::Ok()
//!     .no_chunking(length)
//!     .body(glance_common::web::sendfile::file_body(request, file, 0, length))
//! # }
//! ```

mod body;
mod read_ahead;
pub(super) mod slot;
mod sys;
mod transfer;

pub use body::file_body;
pub use read_ahead::{ReadAhead, read_ahead};
pub(super) use transfer::SentBytes;
