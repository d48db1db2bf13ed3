//! Properties, tags and locations: soft deletion, revival, locks, lists that are replaced.

use std::collections::BTreeMap;

use glance_common::model::{Image, LocationStatus};
use glance_common::registry_api::{
    ImageUpdate, LocationsChange, NewImage, NewLocation, PropertiesChange, PropertyExpectation, PropertyRemove,
    PropertyWrite,
};

use super::on_every_engine;
use super::support::{TestDatabase, admin, location, new_image, user};
use crate::db::queries::{images, locations, properties};
use crate::db::{DbError, Engine};

const LOCK: &str = "os_glance_import_task";

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect()
}

fn change(database: &mut TestDatabase, image: &Image, update: &ImageUpdate) -> Image {
    database.write(|session| images::update_image(session, &admin(), image.id.as_str(), update)).unwrap()
}

fn set(
    database: &mut TestDatabase,
    image: &Image,
    name: &str,
    value: &str,
    expect: PropertyExpectation,
) -> Result<(), DbError> {
    let write = PropertyWrite { value: Some(value.to_owned()), expect };
    database.write(|session| properties::set_property(session, &admin(), image.id.as_str(), name, &write))
}

fn unset(database: &mut TestDatabase, image: &Image, name: &str, expect: PropertyExpectation) -> Result<(), DbError> {
    let remove = PropertyRemove { expect };
    database.write(|session| properties::remove_property(session, &admin(), image.id.as_str(), name, &remove))
}

fn is_value(value: &str) -> PropertyExpectation {
    PropertyExpectation::Value(Some(value.to_owned()))
}

on_every_engine! {
    fn a_property_set_again_revives_its_row(database) {
        database.prepared();
        let image = database.create(&NewImage { properties: pairs(&[("a", "1"), ("b", "2")]), ..new_image() });
        let properties = PropertiesChange { remove: vec!["a".into(), "zzz".into()], ..PropertiesChange::default() };
        let image = change(database, &image, &ImageUpdate { properties, ..ImageUpdate::default() });
        assert_eq!(image.properties, pairs(&[("b", "2")]));
        let properties = PropertiesChange { set: pairs(&[("a", "3"), ("b", "2")]), ..PropertiesChange::default() };
        let image = change(database, &image, &ImageUpdate { properties, ..ImageUpdate::default() });
        assert_eq!(image.properties, pairs(&[("a", "3"), ("b", "2")]));
        let rows = database.texts("SELECT name AS answer FROM image_properties WHERE deleted_at IS NOT NULL");
        assert_eq!(rows, [Some("a".to_owned())], "the row keeps the time of its deletion");
        assert_eq!(database.texts("SELECT name AS answer FROM image_properties").len(), 2);
    }

    fn a_purge_spares_what_it_shall_keep(database) {
        database.prepared();
        let given = pairs(&[("a", "1"), ("b", "2"), (LOCK, "t1")]);
        let image = database.create(&NewImage { properties: given, ..new_image() });
        let properties = PropertiesChange {
            purge: true,
            keep: vec![LOCK.to_owned()],
            set: pairs(&[("b", "3"), ("c", "4"), (LOCK, "stolen")]),
            remove: Vec::new(),
        };
        let image = change(database, &image, &ImageUpdate { properties, ..ImageUpdate::default() });
        assert_eq!(image.properties, pairs(&[("b", "3"), ("c", "4"), (LOCK, "t1")]));
    }

    fn the_import_lock_is_held_by_one(database) {
        database.prepared();
        let image = database.create(&new_image());
        set(database, &image, LOCK, "t1", PropertyExpectation::Absent).unwrap();
        let error = set(database, &image, LOCK, "t2", PropertyExpectation::Absent);
        assert!(matches!(error, Err(DbError::Duplicate(_))));
        assert!(matches!(unset(database, &image, LOCK, is_value("t2")), Err(DbError::NotFound)));
        unset(database, &image, LOCK, is_value("t1")).unwrap();
        assert!(database.texts("SELECT name AS answer FROM image_properties").is_empty(), "the row goes physically");
        assert!(matches!(unset(database, &image, LOCK, PropertyExpectation::Any), Err(DbError::NotFound)));
        set(database, &image, LOCK, "t2", PropertyExpectation::Absent).unwrap();
    }

    fn a_lock_revives_a_removed_row(database) {
        database.prepared();
        let image = database.create(&NewImage { properties: pairs(&[(LOCK, "old")]), ..new_image() });
        let properties = PropertiesChange { purge: true, ..PropertiesChange::default() };
        change(database, &image, &ImageUpdate { properties, ..ImageUpdate::default() });
        set(database, &image, LOCK, "new", PropertyExpectation::Absent).unwrap();
        assert_eq!(database.get(image.id.as_str()).properties, pairs(&[(LOCK, "new")]));
        assert_eq!(database.texts("SELECT name AS answer FROM image_properties").len(), 1);
    }

    fn a_property_is_compared_and_set(database) {
        database.prepared();
        let image = database.create(&NewImage { properties: pairs(&[("a", "x")]), ..new_image() });
        assert!(matches!(set(database, &image, "a", "y", is_value("X")), Err(DbError::WrongValue)));
        assert!(matches!(set(database, &image, "b", "y", is_value("x")), Err(DbError::WrongValue)));
        let before = database.get(image.id.as_str());
        set(database, &image, "a", "y", is_value("x")).unwrap();
        set(database, &image, "b", "z", PropertyExpectation::Any).unwrap();
        let after = database.get(image.id.as_str());
        assert_eq!(after.properties, pairs(&[("a", "y"), ("b", "z")]));
        assert_eq!(after.updated_at, before.updated_at);
        assert_eq!(after.version, before.version + 2);
        let stranger = PropertyWrite { value: None, expect: PropertyExpectation::Any };
        let id = image.id.as_str();
        let error = database.write(|session| properties::set_property(session, &user("p2"), id, "a", &stranger));
        assert!(matches!(error, Err(DbError::NotFound)));
    }

    fn names_that_differ_by_case(database) {
        database.prepared();
        let image = database.create(&NewImage { properties: pairs(&[("abc", "1")]), ..new_image() });
        let written = set(database, &image, "ABC", "2", PropertyExpectation::Absent);
        if database.engine() == Engine::Mysql {
            assert!(matches!(written, Err(DbError::Duplicate(_))), "its collation knows no case");
            assert_eq!(database.get(image.id.as_str()).properties, pairs(&[("abc", "1")]));
        } else {
            written.unwrap();
            assert_eq!(database.get(image.id.as_str()).properties, pairs(&[("ABC", "2"), ("abc", "1")]));
        }
    }

    fn tags_keep_their_order_and_come_back_as_new_rows(database) {
        database.prepared();
        let tags = |list: &[&str]| Some(list.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        let image = database.create(&NewImage { tags: tags(&["c", "a", "b"]).unwrap(), ..new_image() });
        let image = change(database, &image, &ImageUpdate { tags: tags(&["a", "x", "x"]), ..ImageUpdate::default() });
        assert_eq!(image.tags, ["a", "x"]);
        let image = change(database, &image, &ImageUpdate { tags: tags(&["c", "a", "x"]), ..ImageUpdate::default() });
        assert_eq!(image.tags, ["a", "x", "c"]);
        assert_eq!(database.texts("SELECT value AS answer FROM image_tags WHERE value = 'c'").len(), 2);
        // Glance can leave the same tag twice.
        database.execute("UPDATE image_tags SET value = 'a' WHERE value = 'x'");
        assert_eq!(database.get(image.id.as_str()).tags, ["a", "c"]);
    }

    fn a_replaced_list_of_locations(database) {
        database.prepared();
        let image = database.create(&NewImage { locations: vec![location("a"), location("b")], ..new_image() });
        let kept = NewLocation { id: Some(image.locations[1].id), ..location("b2") };
        let list = vec![kept, location("c"), NewLocation { id: Some(987_654), ..location("d") }];
        let replace = ImageUpdate { locations: Some(LocationsChange::Replace(list)), ..ImageUpdate::default() };
        let image_after = change(database, &image, &replace);
        let urls: Vec<&str> = image_after.locations.iter().map(|location| location.url.as_str()).collect();
        assert_eq!(urls, ["b2", "c", "d"]);
        assert_eq!(image_after.locations[0].id, image.locations[1].id);
        assert_eq!(database.text("SELECT status AS answer FROM image_locations WHERE value = 'a'"), "deleted");
        let add = ImageUpdate {
            locations: Some(LocationsChange::Add(vec![location("e")])), ..ImageUpdate::default()
        };
        assert_eq!(change(database, &image, &add).locations.len(), 4);
        let none = ImageUpdate { locations: Some(LocationsChange::Replace(Vec::new())), ..ImageUpdate::default() };
        assert!(change(database, &image, &none).locations.is_empty());
    }

    fn locations_are_added_written_and_removed(database) {
        database.prepared();
        let image = database.create(&new_image());
        let (other, id) = (database.create(&new_image()), image.id.as_str());
        let added = database.write(|session| locations::add_location(session, &admin(), id, &location("a"))).unwrap();
        assert_eq!((added.url.as_str(), added.status), ("a", LocationStatus::Active));
        let pending = NewLocation { status: LocationStatus::Uploading, ..location("b") };
        let written = database
            .write(|session| locations::update_location(session, &admin(), id, added.id, &pending))
            .unwrap();
        assert_eq!((written.id, written.url.as_str(), written.status), (added.id, "b", LocationStatus::Uploading));
        assert_eq!(database.get(id).locations, [written]);
        let foreign = other.id.as_str();
        let error = database.write(|session| locations::update_location(session, &admin(), foreign, added.id, &pending));
        assert!(matches!(error, Err(DbError::NotFound)));
        let mut remove = |status| database.write(|session| locations::remove_location(session, &admin(), id, added.id, status));
        assert!(matches!(remove(LocationStatus::Active), Err(DbError::Invalid(_))));
        remove(LocationStatus::PendingDelete).unwrap();
        let waiting = |database: &mut TestDatabase| {
            let found = database.read(|session| locations::list_waiting(session, &admin(), id)).unwrap();
            found.iter().map(|at| at.url.clone()).collect::<Vec<_>>()
        };
        assert_eq!((waiting(database), database.get(id).locations.len()), (vec!["b".to_owned()], 0));
        // Its data could not be removed: it is back.
        database.write(|session| locations::update_location(session, &admin(), id, added.id, &location("b"))).unwrap();
        assert_eq!((waiting(database), database.get(id).locations.len()), (vec![], 1));
        let mut remove = |status| database.write(|session| locations::remove_location(session, &admin(), id, added.id, status));
        remove(LocationStatus::PendingDelete).unwrap();
        remove(LocationStatus::Deleted).unwrap();
        remove(LocationStatus::Deleted).unwrap();
        assert!(database.get(id).locations.is_empty());
        assert_eq!(database.text("SELECT status AS answer FROM image_locations"), "deleted");
        let error = database.write(|session| locations::update_location(session, &admin(), id, added.id, &pending));
        assert!(matches!(error, Err(DbError::NotFound)));
        let error = database.write(|session| locations::remove_location(session, &admin(), id, 987_654, LocationStatus::Deleted));
        assert!(matches!(error, Err(DbError::NotFound)));
    }
}
