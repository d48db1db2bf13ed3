//! Changing and deleting images: guards, rules of ownership, what is written.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, LocationStatus, MemberStatus, Visibility};
use glance_common::registry_api::{ImageDelete, ImageFields, ImageUpdate, LocationsChange, NewImage, Patch};

use super::on_every_engine;
use super::support::{TestDatabase, admin, location, new_image, time, user};
use crate::db::DbError;
use crate::db::queries::images;

fn update(
    database: &mut TestDatabase,
    context: &RequestContext,
    image: &Image,
    update: &ImageUpdate,
) -> Result<Image, DbError> {
    database.write(|session| images::update_image(session, context, image.id.as_str(), update))
}

fn delete(database: &mut TestDatabase, context: &RequestContext, image: &Image) -> Result<Image, DbError> {
    let delete =
        ImageDelete { status: ImageStatus::Deleted, from: Vec::new(), ignore_protection: false, end_lease: None };
    database.write(|session| images::delete_image(session, context, image.id.as_str(), &delete))
}

fn to_status(status: ImageStatus, from: &[ImageStatus]) -> ImageUpdate {
    let set = ImageFields { status: Patch::Set(status), ..ImageFields::default() };
    ImageUpdate { set, from: from.to_vec(), ..ImageUpdate::default() }
}

fn renamed(name: &str) -> ImageUpdate {
    let set = ImageFields { name: Patch::Set(Some(name.to_owned())), ..ImageFields::default() };
    ImageUpdate { set, ..ImageUpdate::default() }
}

/// Adds a member row, which no query function does yet.
fn share(database: &mut TestDatabase, image: &Image, project: &str, status: MemberStatus) {
    let falsehood = if database.engine() == crate::db::Engine::Postgres { "false" } else { "0" };
    database.execute(&format!(
        "INSERT INTO image_members (image_id, member, can_share, created_at, deleted, status) \
         VALUES ('{}', '{project}', {falsehood}, '2026-01-01 00:00:00', {falsehood}, '{status}')",
        image.id
    ));
}

on_every_engine! {
    fn a_change_keeps_what_it_does_not_name(database) {
        database.prepared();
        let old = time("2026-01-01T00:00:00Z");
        let before = database.create(&NewImage {
            size: Some(5), checksum: Some("c".to_owned()), created_at: Some(old), ..new_image()
        });
        let set = ImageFields { name: Patch::Set(None), min_disk: Patch::Set(7), ..ImageFields::default() };
        let after = update(database, &user("p1"), &before, &ImageUpdate { set, ..ImageUpdate::default() }).unwrap();
        assert!(after.updated_at > old);
        let expected = Image { name: None, min_disk: 7, version: 2, updated_at: after.updated_at, ..before };
        assert_eq!(after, expected);
        assert_eq!(database.get(after.id.as_str()), after);
    }

    fn a_change_comes_only_from_the_named_statuses(database) {
        database.prepared();
        let image = database.create(&new_image());
        let image = update(database, &admin(), &image, &to_status(ImageStatus::Saving, &[ImageStatus::Queued])).unwrap();
        assert_eq!(image.status, ImageStatus::Saving);
        let error = update(database, &admin(), &image, &to_status(ImageStatus::Active, &[ImageStatus::Queued]));
        assert!(matches!(error, Err(DbError::WrongStatus { status: ImageStatus::Saving })));
        assert_eq!(database.get(image.id.as_str()), image, "a refused change leaves no trace");
    }

    fn a_change_of_an_old_version_is_refused(database) {
        database.prepared();
        let image = database.create(&new_image());
        let change = ImageUpdate { if_version: Some(image.version), ..renamed("first") };
        let first = update(database, &admin(), &image, &change).unwrap();
        assert_eq!(first.version, 2);
        let error = update(database, &admin(), &image, &ImageUpdate { if_version: Some(1), ..renamed("second") });
        assert!(matches!(error, Err(DbError::Stale { version: 2 })));
        assert_eq!(database.get(image.id.as_str()).name.unwrap(), "first");
    }

    fn an_image_of_glance_has_version_0_and_counts_from_there(database) {
        database.prepared();
        let image = database.create(&new_image());
        database.execute("DELETE FROM rs_image_versions");
        assert_eq!(database.get(image.id.as_str()).version, 0);
        let change = ImageUpdate { if_version: Some(0), ..renamed("x") };
        assert_eq!(update(database, &admin(), &image, &change).unwrap().version, 1);
    }

    fn strangers_see_nothing_and_change_nothing(database) {
        database.prepared();
        let private = database.create(&NewImage { visibility: Visibility::Private, ..new_image() });
        let public = database.create(&NewImage { visibility: Visibility::Public, ..new_image() });
        let shared = database.create(&new_image());
        share(database, &shared, "p2", MemberStatus::Rejected);
        let stranger = user("p2");
        let get = |database: &mut TestDatabase, context: &RequestContext, image: &Image| {
            database.read(|session| images::get_image(session, context, image.id.as_str(), false))
        };
        assert!(matches!(get(database, &stranger, &private), Err(DbError::NotFound)));
        assert!(matches!(update(database, &stranger, &private, &renamed("x")), Err(DbError::NotFound)));
        assert!(matches!(delete(database, &stranger, &private), Err(DbError::NotFound)));
        assert_eq!(get(database, &stranger, &public).unwrap(), public);
        assert!(matches!(update(database, &stranger, &public, &renamed("x")), Err(DbError::Forbidden(_))));
        assert!(matches!(delete(database, &stranger, &public), Err(DbError::Forbidden(_))));
        let membership = get(database, &stranger, &shared).unwrap().membership.unwrap();
        assert_eq!((membership.status, membership.can_share), (MemberStatus::Rejected, false));
        assert!(matches!(get(database, &user("p3"), &shared), Err(DbError::NotFound)));
        let reader = RequestContext { read_only: true, ..user("p1") };
        assert!(matches!(update(database, &reader, &public, &renamed("x")), Err(DbError::Forbidden(_))));
    }

    fn only_administrators_choose_owners(database) {
        database.prepared();
        let foreign = NewImage { owner: Some("p2".to_owned()), ..new_image() };
        let error = database.write(|session| images::create_image(session, &user("p1"), &foreign));
        assert!(matches!(error, Err(DbError::Forbidden(_))));
        let ownerless = NewImage { owner: None, ..new_image() };
        let error = database.write(|session| images::create_image(session, &user("p1"), &ownerless));
        assert!(matches!(error, Err(DbError::Forbidden(_))));
        let image = database.write(|session| images::create_image(session, &user("p1"), &new_image())).unwrap();
        let owner = Patch::Set(Some("p2".to_owned()));
        let give = ImageUpdate { set: ImageFields { owner, ..ImageFields::default() }, ..ImageUpdate::default() };
        assert!(matches!(update(database, &user("p1"), &image, &give), Err(DbError::Forbidden(_))));
        assert_eq!(update(database, &admin(), &image, &give).unwrap().owner.unwrap(), "p2");
    }

    fn a_deleted_image_is_gone_with_all_that_belongs_to_it(database) {
        database.prepared();
        let new = NewImage {
            properties: [("a".to_owned(), Some("1".to_owned()))].into(),
            tags: vec!["t".to_owned()],
            locations: vec![location("file:///a")],
            ..new_image()
        };
        let image = database.create(&new);
        share(database, &image, "p2", MemberStatus::Accepted);
        // Removed before: not part of what the image was last.
        let replace = LocationsChange::Replace(vec![location("file:///b")]);
        let change = ImageUpdate { locations: Some(replace), tags: Some(vec!["u".to_owned()]), ..ImageUpdate::default() };
        let image = update(database, &admin(), &image, &change).unwrap();
        for table in ["image_locations", "image_tags"] {
            // Whole seconds, as MySQL has them, would not tell the two deletions apart.
            database.execute(&format!("UPDATE {table} SET deleted_at = '2026-01-01 00:00:00' WHERE deleted"));
        }
        let answer = delete(database, &user("p1"), &image).unwrap();
        assert!(answer.deleted && answer.status == ImageStatus::Queued);
        assert_eq!(answer.locations, image.locations);
        let found = database.read(|session| images::get_image(session, &user("p1"), image.id.as_str(), true));
        assert!(matches!(found, Err(DbError::NotFound)));
        let dead = database.get(image.id.as_str());
        assert_eq!((dead.status, dead.deleted), (ImageStatus::Deleted, true));
        assert_eq!(dead.deleted_at.unwrap(), dead.updated_at);
        assert_eq!((dead.properties.len(), dead.tags.len(), dead.locations.len()), (1, 1, 1));
        assert_eq!((dead.locations[0].url.as_str(), dead.locations[0].status), ("file:///b", LocationStatus::Deleted));
        for table in ["images", "image_properties", "image_tags", "image_locations", "image_members"] {
            let live = database.texts(&format!("SELECT 'x' AS answer FROM {table} WHERE NOT deleted OR deleted_at IS NULL"));
            assert!(live.is_empty(), "{table}");
        }
        let error = database.write(|session| {
            images::create_image(session, &admin(), &NewImage { id: Some(image.id.clone()), ..new_image() })
        });
        assert!(matches!(error, Err(DbError::Duplicate(_))), "ids of deleted images are not given out again");
    }

    fn deletion_keeps_its_guards(database) {
        database.prepared();
        let image = database.create(&NewImage { protected: true, ..new_image() });
        assert!(matches!(delete(database, &admin(), &image), Err(DbError::Protected)));
        let wanted = ImageDelete {
            status: ImageStatus::PendingDelete, from: vec![ImageStatus::Active], ignore_protection: true, end_lease: None
        };
        let id = image.id.as_str();
        let error = database.write(|session| images::delete_image(session, &admin(), id, &wanted));
        assert!(matches!(error, Err(DbError::WrongStatus { status: ImageStatus::Queued })));
        let nonsense = ImageDelete { status: ImageStatus::Active, from: Vec::new(), ignore_protection: true, end_lease: None };
        let error = database.write(|session| images::delete_image(session, &admin(), id, &nonsense));
        assert!(matches!(error, Err(DbError::Invalid(_))));
        let later = ImageDelete { from: Vec::new(), ..wanted };
        database.write(|session| images::delete_image(session, &admin(), id, &later)).unwrap();
        assert_eq!(database.get(id).status, ImageStatus::PendingDelete);
    }

    fn locations_of_deactivated_images_are_for_administrators(database) {
        database.prepared();
        let new = NewImage { status: ImageStatus::Deactivated, locations: vec![location("file:///a")], ..new_image() };
        let image = database.create(&new);
        let id = image.id.as_str();
        let seen = database.read(|session| images::get_image(session, &user("p1"), id, false)).unwrap();
        assert!(seen.locations.is_empty());
        assert_eq!(database.get(id).locations.len(), 1);
        let renamed = update(database, &user("p1"), &image, &renamed("x")).unwrap();
        assert!(renamed.locations.is_empty());
        assert_eq!(database.get(id).locations.len(), 1, "what is hidden is not lost");
    }

    fn ids_that_are_none_are_not_found(database) {
        database.prepared();
        for id in ["", "x", "../../etc/passwd", "6b1e2f7a-0c1d-4e5f-8a9b-0c1d2e3f4a5b0", "a\0"] {
            let found = database.read(|session| images::get_image(session, &admin(), id, true));
            assert!(matches!(found, Err(DbError::NotFound)), "{id}");
            let changed = database.write(|session| images::update_image(session, &admin(), id, &renamed("x")));
            assert!(matches!(changed, Err(DbError::NotFound)), "{id}");
        }
        let unknown = "6b1e2f7a-0c1d-4e5f-8a9b-0c1d2e3f4a5b";
        let changed = database.write(|session| images::update_image(session, &admin(), unknown, &renamed("x")));
        assert!(matches!(changed, Err(DbError::NotFound)));
        assert!(database.texts("SELECT image_id AS answer FROM rs_image_versions").is_empty());
    }
}
