//! Purging: what was deleted long ago goes, and nothing else.

use glance_common::model::ImageStatus;
use glance_common::registry_api::{ImageDelete, ImageUpdate, NewImage, PropertiesChange};

use super::on_every_engine;
use super::support::{TestDatabase, admin, location, new_image, time};
use crate::db::purge::{PurgeError, PurgeTables, purge};
use crate::db::queries::images;
use crate::db::{DbError, Engine};

/// Images with everything, deleted.
fn populate(database: &mut TestDatabase, count: usize) {
    database.prepared();
    for _ in 0..count {
        let image = database.create(&NewImage {
            tags: vec!["t".to_owned()],
            properties: [("p".to_owned(), None)].into(),
            locations: vec![location("file:///a")],
            ..new_image()
        });
        let delete =
            ImageDelete { status: ImageStatus::Deleted, from: Vec::new(), ignore_protection: false, end_lease: None };
        database.write(|session| images::delete_image(session, &admin(), image.id.as_str(), &delete)).unwrap();
    }
}

fn count(database: &mut TestDatabase, table: &str) -> usize {
    database.texts(&format!("SELECT 'x' AS answer FROM {table}")).len()
}

fn run(database: &mut TestDatabase, max: Option<u32>, which: PurgeTables) -> Result<usize, PurgeError> {
    let removed = purge(&mut database.conn, time("2999-01-01T00:00:00Z"), max, which)?;
    Ok(removed.into_iter().map(|(_, rows)| rows).sum())
}

on_every_engine! {
    fn children_go_first_and_images_by_themselves(database) {
        populate(database, 3);
        assert!(matches!(run(database, None, PurgeTables::Images), Err(PurgeError::Referenced("images"))));
        let early = purge(&mut database.conn, time("2020-01-01T00:00:00Z"), None, PurgeTables::AllButImages).unwrap();
        assert!(early.into_iter().all(|(_, rows)| rows == 0));
        assert_eq!(run(database, Some(2), PurgeTables::AllButImages).unwrap(), 6, "two of each table");
        assert_eq!(run(database, None, PurgeTables::AllButImages).unwrap(), 3);
        assert_eq!(count(database, "images"), 3);
        assert_eq!(run(database, Some(1), PurgeTables::Images).unwrap(), 1);
        assert_eq!(run(database, None, PurgeTables::Images).unwrap(), 2);
        assert_eq!((count(database, "images"), count(database, "rs_image_versions")), (0, 3));
    }

    /// B6, whoever wrote the image: one that the original made has no version.
    fn ids_of_purged_images_stay_used(database) {
        populate(database, 2);
        let ids: Vec<String> = database.texts("SELECT id AS answer FROM images").into_iter().flatten().collect();
        database.execute(&format!("DELETE FROM rs_image_versions WHERE image_id = '{}'", ids[0]));
        run(database, None, PurgeTables::AllButImages).unwrap();
        assert_eq!(run(database, None, PurgeTables::Images).unwrap(), 2);
        for id in ids {
            let again = NewImage { id: id.parse().ok(), ..new_image() };
            let refused = database.write(|session| images::create_image(session, &admin(), &again));
            assert!(matches!(refused, Err(DbError::Duplicate(_))), "{refused:?}");
        }
        assert_eq!((count(database, "images"), count(database, "rs_image_versions")), (0, 2));
    }

    fn live_rows_with_an_old_time_of_deletion_stay(database) {
        database.prepared();
        let image = database.create(&NewImage { properties: [("a".to_owned(), None)].into(), ..new_image() });
        let change = |purge| ImageUpdate {
            properties: PropertiesChange {
                purge, set: if purge { [].into() } else { [("a".to_owned(), None)].into() }, ..PropertiesChange::default()
            },
            ..ImageUpdate::default()
        };
        for update in [change(true), change(false)] {
            database.write(|session| images::update_image(session, &admin(), image.id.as_str(), &update)).unwrap();
        }
        database.execute("UPDATE images SET deleted_at = '2000-01-01 00:00:00'");
        assert_eq!(run(database, None, PurgeTables::AllButImages).unwrap(), 0);
        assert_eq!(run(database, None, PurgeTables::Images).unwrap(), 0);
        assert_eq!(database.get(image.id.as_str()).properties.len(), 1);
    }

    fn tasks_go_with_their_details(database) {
        database.prepared();
        let (falsehood, truth) = if database.engine() == Engine::Postgres { ("false", "true") } else { ("0", "1") };
        for (id, deleted) in [("live", falsehood), ("dead", truth)] {
            database.execute(&format!(
                "INSERT INTO tasks (id, type, status, owner, created_at, deleted_at, deleted) VALUES \
                 ('{id}', 'import', 'success', 'p1', '2020-01-01 00:00:00', '2020-01-02 00:00:00', {deleted}); \
                 INSERT INTO task_info (task_id) VALUES ('{id}')"
            ));
        }
        assert_eq!(run(database, None, PurgeTables::AllButImages).unwrap(), 2);
        assert_eq!(database.text("SELECT task_id AS answer FROM task_info"), "live");
    }
}
