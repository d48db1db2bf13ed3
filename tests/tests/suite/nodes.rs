//! Node pairs as `deploy/` ships them: two internal and two public API nodes over two registries, behind HAProxy, started
//! by `deploy/nodes/start` with the shipped files. They stand on PostgreSQL.

mod files;
mod start;
mod traffic;

/// Named after the database that they need, so that the runner can leave them out.
mod postgres {
    mod shows;
    mod survives;
}
