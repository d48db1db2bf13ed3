//! The statements of `migrations/`, by engine.

use crate::db::Engine;

/// A file of `migrations/`, in the engine's spelling.
macro_rules! migration {
    ($engine:expr, $name:literal) => {
        match $engine {
            Engine::Sqlite => include_str!(concat!("../../../migrations/sqlite/", $name, "/up.sql")),
            Engine::Postgres => include_str!(concat!("../../../migrations/postgres/", $name, "/up.sql")),
            Engine::Mysql => include_str!(concat!("../../../migrations/mysql/", $name, "/up.sql")),
        }
    };
}

/// A step of Glance's history that changes tables: the release it came with, and its statements.
pub(super) type Step = ((&'static str, &'static str), &'static str);

/// Glance's tables at its newest revision, for an empty database.
pub(super) const fn glance(engine: Engine) -> &'static str {
    migration!(engine, "2024_1_contract01_glance")
}

/// Version of our own tables after all of [`own`].
pub(super) const OWN_VERSION: i32 = 2;

/// The steps to our own tables, oldest first, each with the version that it leads to.
pub(super) const fn own(engine: Engine) -> [(i32, &'static str); 2] {
    [(1, migration!(engine, "0001_own_tables")), (2, migration!(engine, "0002_reservations"))]
}

/// What changed in Glance's tables since Pike, oldest first. All other revisions since are empty.
pub(super) const fn steps(engine: Engine) -> [Step; 4] {
    [
        (("rocky", "01"), migration!(engine, "rocky_expand01_os_hidden")),
        (("rocky", "02"), migration!(engine, "rocky_expand02_os_hash")),
        (("wallaby", "01"), migration!(engine, "wallaby_expand01_tasks")),
        (("2024_1", "01"), migration!(engine, "2024_1_expand01_cache")),
    ]
}
