//! Tables: created in an empty database, added to one of Glance's, upgraded, refused.

use super::on_every_engine;
use super::support::{TestDatabase, new_image};
use crate::db::migrate::{self, Standing, Tables};
use crate::db::{DbError, Engine};

/// Takes a database back to what Pike left: drops what came later.
fn back_to_pike(database: &mut TestDatabase) {
    let drops =
        [("os_hidden_image_idx", "images"), ("os_hash_value_image_idx", "images"), ("ix_tasks_image_id", "tasks")];
    for (index, table) in drops {
        let on = if database.engine() == Engine::Mysql { format!(" ON {table}") } else { String::new() };
        database.execute(&format!("DROP INDEX {index}{on}"));
    }
    let columns = [
        ("images", "os_hidden"),
        ("images", "os_hash_algo"),
        ("images", "os_hash_value"),
        ("tasks", "image_id"),
        ("tasks", "request_id"),
        ("tasks", "user_id"),
    ];
    for (table, column) in columns {
        database.execute(&format!("ALTER TABLE {table} DROP COLUMN {column}"));
    }
    database.execute("DROP TABLE cached_images; DROP TABLE node_reference");
    drop_own_tables(database);
    database.execute("UPDATE alembic_version SET version_num = 'pike_contract01'");
}

fn drop_own_tables(database: &mut TestDatabase) {
    let tables =
        ["rs_schema", "rs_image_versions", "rs_leases", "rs_request_keys", "rs_quota_locks", "rs_reservations"];
    for table in tables {
        database.execute(&format!("DROP TABLE {table}"));
    }
}

fn refusal(database: &mut TestDatabase) -> String {
    match migrate::prepare(&mut database.conn) {
        Err(DbError::WrongSchema(text)) => text,
        other => panic!("{other:?}"),
    }
}

on_every_engine! {
    fn an_empty_database_gets_all_tables(database) {
        assert_eq!(migrate::inspect(&mut database.conn).unwrap(), Tables::Empty);
        assert_eq!(migrate::prepare(&mut database.conn).unwrap(), "2024_1_contract01");
        assert_eq!(migrate::revisions(&mut database.conn).unwrap(), ["2024_1_contract01"]);
        assert_eq!(migrate::prepare(&mut database.conn).unwrap(), "2024_1_contract01", "again, with nothing to do");
        database.create(&new_image());
    }

    fn a_database_of_glance_gets_our_tables_beside(database) {
        database.prepared();
        database.create(&new_image());
        drop_own_tables(database);
        migrate::prepare(&mut database.conn).unwrap();
        database.create(&new_image());
        assert_eq!(database.texts("SELECT id AS answer FROM images").len(), 2);
    }

    fn our_own_tables_of_an_older_version_are_completed(database) {
        database.prepared();
        let image = database.create(&new_image());
        database.execute("DROP TABLE rs_quota_locks; DROP TABLE rs_reservations; DELETE FROM rs_schema WHERE version > 1");
        migrate::prepare(&mut database.conn).unwrap();
        let rows = "SELECT project AS answer FROM rs_reservations UNION SELECT project AS answer FROM rs_quota_locks";
        assert!(database.texts(rows).is_empty());
        assert_eq!(database.get(image.id.as_str()).version, image.version, "what was there stays");
    }

    fn steps_of_an_online_upgrade(database) {
        migrate::expand(&mut database.conn).unwrap();
        assert_eq!(migrate::revisions(&mut database.conn).unwrap(), ["2024_1_expand01"]);
        assert_eq!(migrate::prepare(&mut database.conn).unwrap(), "2024_1_expand01");
        migrate::contract(&mut database.conn).unwrap();
        assert_eq!(migrate::revisions(&mut database.conn).unwrap(), ["2024_1_contract01"]);
    }

    fn a_database_of_pike_is_upgraded_with_its_rows(database) {
        database.prepared();
        let image = database.create(&new_image());
        back_to_pike(database);
        assert!(refusal(database).contains("glance-manage db sync"), "only the command upgrades");
        migrate::expand(&mut database.conn).unwrap();
        assert_eq!(migrate::revisions(&mut database.conn).unwrap(), ["2024_1_expand01", "pike_contract01"]);
        migrate::contract(&mut database.conn).unwrap();
        assert_eq!(migrate::revisions(&mut database.conn).unwrap(), ["2024_1_contract01"]);
        let found = database.get(image.id.as_str());
        assert_eq!((found.os_hidden, found.os_hash_algo, found.version), (false, None, 0));
        database.execute("INSERT INTO node_reference (node_reference_url) VALUES ('http://a')");
    }

    fn foreign_and_unknown_tables_are_refused(database) {
        database.execute("CREATE TABLE images (id INTEGER)");
        assert_eq!(migrate::inspect(&mut database.conn).unwrap(), Tables::Foreign);
        assert!(refusal(database).contains("pike_contract01"));
        database.execute("DROP TABLE images");
        database.prepared();
        database.execute("UPDATE alembic_version SET version_num = '2031_1_contract01'");
        assert!(refusal(database).contains("2031_1_contract01"));
        database.execute("UPDATE alembic_version SET version_num = 'ocata_contract01'");
        assert!(refusal(database).contains("ocata_contract01"));
        let found = migrate::inspect(&mut database.conn).unwrap();
        assert_eq!(found, Tables::Glance(vec!["ocata_contract01".to_owned()], Standing::TooOld));
        database.execute("UPDATE alembic_version SET version_num = '2024_1_contract01'; INSERT INTO rs_schema (version) VALUES (99)");
        assert!(refusal(database).contains("newer"));
    }
}
