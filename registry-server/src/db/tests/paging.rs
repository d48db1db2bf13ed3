//! Orders and markers: every order is total, and pages put together are the whole list.

use glance_common::context::RequestContext;
use glance_common::model::Visibility;
use glance_common::registry_api::{Direction, ImageQuery, NewImage, SortField, SortKey};

use super::on_every_engine;
use super::support::{TestDatabase, admin, new_image, time, user};
use crate::db::DbError;
use crate::db::queries::images;

const FIELDS: [SortField; 8] = [
    SortField::Name,
    SortField::Status,
    SortField::ContainerFormat,
    SortField::DiskFormat,
    SortField::Size,
    SortField::Id,
    SortField::CreatedAt,
    SortField::UpdatedAt,
];

/// Images with equal and missing values in every column that orders, half of them of each project.
fn populate(database: &mut TestDatabase) {
    database.prepared();
    for number in 0..24_u8 {
        let text = |bit: u8, word: &str| (number & bit != 0).then(|| word.to_owned());
        database.create(&NewImage {
            name: text(1, "name"),
            size: text(2, "").map(|_| i64::from(number / 8) - 1),
            disk_format: text(4, "qcow2"),
            container_format: text(8, "bare"),
            owner: Some(if number % 2 == 0 { "p1" } else { "p2" }.to_owned()),
            visibility: if number % 3 == 0 { Visibility::Public } else { Visibility::Private },
            created_at: Some(time(&format!("2026-01-0{}T00:00:00Z", number / 6 + 1))),
            ..new_image()
        });
    }
    database.execute("UPDATE images SET updated_at = NULL WHERE size = 1");
}

fn ids(database: &mut TestDatabase, context: &RequestContext, query: &ImageQuery) -> Result<Vec<String>, DbError> {
    let list = database.read(|session| images::list_images(session, context, query, 1000))?;
    Ok(list.into_iter().map(|image| image.id.to_string()).collect())
}

fn sorted_by(keys: &[(SortField, Direction)]) -> ImageQuery {
    let sort = keys.iter().map(|(field, direction)| SortKey { field: *field, direction: *direction }).collect();
    ImageQuery { sort, ..ImageQuery::default() }
}

/// Follows the markers through a list.
fn paged(database: &mut TestDatabase, context: &RequestContext, query: &ImageQuery, limit: u32) -> Vec<String> {
    let (mut all, mut query) = (Vec::new(), ImageQuery { limit: Some(limit), ..query.clone() });
    loop {
        let page = ids(database, context, &query).unwrap();
        assert!(page.len() <= limit as usize);
        let Some(last) = page.last() else { return all };
        query.marker = Some(last.clone());
        all.extend(page);
    }
}

on_every_engine! {
    fn pages_put_together_are_the_list(database) {
        populate(database);
        for context in [admin(), user("p1")] {
            for field in FIELDS {
                for direction in [Direction::Asc, Direction::Desc] {
                    for tie_direction in [Direction::Asc, Direction::Desc] {
                        let query = ImageQuery { tie_direction, ..sorted_by(&[(field, direction)]) };
                        let whole = ids(database, &context, &query).unwrap();
                        assert_eq!(whole.len(), if context.is_admin { 24 } else { 16 });
                        assert_eq!(paged(database, &context, &query, 5), whole, "{field:?} {direction:?}");
                    }
                }
            }
            let query = sorted_by(&[
                (SortField::Size, Direction::Asc), (SortField::DiskFormat, Direction::Desc), (SortField::Name, Direction::Asc)
            ]);
            let whole = ids(database, &context, &query).unwrap();
            assert_eq!(paged(database, &context, &query, 1), whole);
        }
    }

    fn what_is_missing_counts_as_empty_or_zero(database) {
        database.prepared();
        for (name, size) in [("b", Some(0)), ("", Some(-1)), ("a", None)] {
            let name = Some(name.to_owned()).filter(|name| !name.is_empty());
            database.create(&NewImage { name, size, created_at: Some(time("2026-01-01T00:00:00Z")), ..new_image() });
        }
        let by = |field, direction| sorted_by(&[(field, direction)]);
        assert_eq!(database.names(&admin(), &by(SortField::Name, Direction::Asc)), ["", "a", "b"]);
        assert_eq!(database.names(&admin(), &by(SortField::Name, Direction::Desc)), ["b", "a", ""]);
        assert_eq!(database.names(&admin(), &by(SortField::Size, Direction::Asc))[0], "");
        assert_eq!(database.names(&admin(), &by(SortField::Size, Direction::Desc))[2], "");
    }

    fn the_newest_come_first_and_ids_break_ties(database) {
        database.prepared();
        let created_at = Some(time("2026-01-01T00:00:00Z"));
        let mut expected: Vec<String> =
            (0..5).map(|_| database.create(&NewImage { created_at, ..new_image() }).id.to_string()).collect();
        expected.sort_unstable();
        expected.reverse();
        let newest = database.create(&NewImage { created_at: Some(time("2026-01-02T00:00:00Z")), ..new_image() });
        expected.insert(0, newest.id.to_string());
        assert_eq!(ids(database, &admin(), &ImageQuery::default()).unwrap(), expected);
    }

    fn limits(database) {
        populate(database);
        let limited = |limit| ImageQuery { limit, ..ImageQuery::default() };
        let mut count = |limit, max| {
            let query = limited(limit);
            database.read(|session| images::list_images(session, &admin(), &query, max)).unwrap().len()
        };
        assert_eq!((count(None, 7), count(Some(3), 7), count(Some(9), 7), count(Some(0), 7)), (7, 3, 7, 0));
    }

    fn a_marker_must_be_visible(database) {
        populate(database);
        let hidden = database.create(&NewImage {
            owner: Some("p2".to_owned()), visibility: Visibility::Private, ..new_image()
        });
        for marker in [hidden.id.as_str(), "6b1e2f7a-0c1d-4e5f-8a9b-0c1d2e3f4a5b", "nonsense", ""] {
            let query = ImageQuery { marker: Some(marker.to_owned()), ..ImageQuery::default() };
            assert!(matches!(ids(database, &user("p1"), &query), Err(DbError::MarkerNotFound)), "{marker}");
        }
        let query = ImageQuery { marker: Some(hidden.id.to_string()), ..ImageQuery::default() };
        assert_eq!(ids(database, &admin(), &query).unwrap().len(), 24);
    }
}
