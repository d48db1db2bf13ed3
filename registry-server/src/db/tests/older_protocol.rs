//! What only the older protocol asks: deleted images, whole lists of members, offers, columns as they are.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, Visibility};
use glance_common::registry_api::{
    DeletedFilter, ImageQuery, ImageUpdate, LocationsChange, MemberStatusFilter, NewImage, Patch, VisibilityFilter,
};

use super::on_every_engine;
use super::support::{TestDatabase, admin, location, new_image, time, user};
use crate::db::DbError;
use crate::db::queries::{images, locations, members};

fn named(name: &str, visibility: Visibility) -> NewImage {
    NewImage { name: Some(name.to_owned()), visibility, ..new_image() }
}

fn delete(database: &mut TestDatabase, by: &RequestContext, image: &Image) -> Result<Image, DbError> {
    database.write(|session| images::delete_as_it_is(session, by, image.id.as_str()))
}

fn with_deleted(database: &mut TestDatabase, by: &RequestContext, query: &ImageQuery) -> Result<Vec<String>, DbError> {
    let images = database.read(|session| images::list_with_deleted(session, by, query, 1000))?;
    let mut names: Vec<String> = images.into_iter().map(|image| image.name.unwrap_or_default()).collect();
    names.sort();
    Ok(names)
}

fn replace(
    database: &mut TestDatabase,
    by: &RequestContext,
    image: &Image,
    list: &[(&str, Option<bool>)],
) -> Result<(), DbError> {
    let list: Vec<_> = list.iter().map(|(member, can_share)| ((*member).to_owned(), *can_share)).collect();
    database.write(|session| members::replace_members(session, by, image.id.as_str(), &list))
}

/// The members of an image, those who may share it with a `+`.
fn shown(database: &mut TestDatabase, image: &Image) -> Vec<String> {
    let list = database.read(|session| members::list_members(session, &admin(), image.id.as_str())).unwrap();
    let mark = |can_share| if can_share { "+" } else { "" };
    list.members.into_iter().map(|found| format!("{}{}", found.member, mark(found.can_share))).collect()
}

fn offers(database: &mut TestDatabase, by: &RequestContext, member: &str) -> Vec<String> {
    let found = database.read(|session| members::list_offers(session, by, member)).unwrap();
    found.into_iter().map(|(id, can_share)| format!("{id} {can_share}")).collect()
}

on_every_engine! {
    fn deletion_leaves_the_status_alone(database) {
        database.prepared();
        let new = NewImage { status: ImageStatus::Saving, protected: true, locations: vec![location("u")], ..new_image() };
        let image = database.create(&new);
        assert!(matches!(delete(database, &user("p9"), &image), Err(DbError::NotFound)));
        let gone = delete(database, &user("p1"), &image).unwrap();
        assert_eq!((gone.status, gone.deleted), (ImageStatus::Saving, true));
        let kept = database.get(image.id.as_str());
        assert_eq!((kept.status, kept.deleted, kept.deleted_at.is_some()), (ImageStatus::Saving, true, true));
        assert_eq!(database.text("SELECT status AS answer FROM image_locations"), "deleted");
        assert!(matches!(delete(database, &user("p1"), &image), Err(DbError::NotFound)));
        assert_eq!(delete(database, &admin(), &image).unwrap().deleted_at, kept.deleted_at);
    }

    fn administrators_change_rows_of_deleted_images(database) {
        database.prepared();
        let image = database.create(&NewImage { status: ImageStatus::PendingDelete, ..new_image() });
        delete(database, &user("p1"), &image).unwrap();
        let mut update = ImageUpdate { from: vec![ImageStatus::PendingDelete], ..ImageUpdate::default() };
        update.set.status = Patch::Set(ImageStatus::Deleted);
        let id = image.id.as_str();
        for (by, old) in [(user("p1"), false), (user("p1"), true), (admin(), true)] {
            let refused = database.write(|session| match old {
                true => images::update_image(session, &by, id, &update),
                false => images::update_any_image(session, &by, id, &update),
            });
            assert!(matches!(refused, Err(DbError::NotFound)), "{refused:?}");
        }
        let done = database.write(|session| images::update_any_image(session, &admin(), id, &update)).unwrap();
        assert_eq!((done.status, done.deleted), (ImageStatus::Deleted, true));
        let late = database.write(|session| images::update_any_image(session, &admin(), id, &update));
        assert!(matches!(late, Err(DbError::WrongStatus { status: ImageStatus::Deleted })), "{late:?}");
    }

    fn deleted_images_are_listed_to_those_who_saw_them(database) {
        database.prepared();
        for (name, visibility) in [("open", Visibility::Public), ("mine", Visibility::Private)] {
            for living in [true, false] {
                let image = database.create(&named(&format!("{name} {living}"), visibility));
                if !living {
                    delete(database, &admin(), &image).unwrap();
                }
            }
        }
        let of = |deleted| ImageQuery { deleted, member_status: MemberStatusFilter::All, ..ImageQuery::default() };
        let all = ["mine false", "mine true", "open false", "open true"];
        let table: [(RequestContext, DeletedFilter, &[&str]); 6] = [
            (user("p1"), DeletedFilter::Any, &all),
            (user("p1"), DeletedFilter::Deleted, &["mine false", "open false"]),
            (user("p1"), DeletedFilter::Live, &["mine true", "open true"]),
            (user("p2"), DeletedFilter::Any, &["open false", "open true"]),
            (RequestContext::anonymous("req-x"), DeletedFilter::Any, &["open false", "open true"]),
            (admin(), DeletedFilter::Any, &all),
        ];
        for (by, deleted, expected) in table {
            assert_eq!(with_deleted(database, &by, &of(deleted)).unwrap(), expected, "{by:?} {deleted:?}");
        }
        let newest = Some(time("2037-01-01T00:00:00Z"));
        let hidden = database.create(&NewImage { created_at: newest, ..named("marker", Visibility::Private) });
        let marked = ImageQuery { marker: Some(hidden.id.to_string()), ..of(DeletedFilter::Any) };
        assert!(matches!(with_deleted(database, &user("p2"), &marked), Err(DbError::MarkerNotFound)));
        assert_eq!(with_deleted(database, &user("p1"), &marked).unwrap(), all);
    }

    fn one_visibility_can_be_left_out(database) {
        database.prepared();
        for visibility in Visibility::ALL {
            database.create(&named(visibility.as_str(), *visibility));
        }
        let except = |visibility| ImageQuery {
            visibility: Some(VisibilityFilter::Except(visibility)),
            ..ImageQuery::default()
        };
        let table: [(RequestContext, Visibility, &[&str]); 4] = [
            (admin(), Visibility::Public, &["community", "private", "shared"]),
            (user("p1"), Visibility::Public, &["community", "private", "shared"]),
            (user("p1"), Visibility::Private, &["community", "public", "shared"]),
            (user("p2"), Visibility::Public, &["community"]),
        ];
        for (by, visibility, expected) in table {
            let mut names = database.names(&by, &except(visibility));
            names.sort();
            assert_eq!(names, expected, "{visibility} {by:?}");
        }
    }

    fn lists_of_members_replace_each_other(database) {
        database.prepared();
        let image = database.create(&new_image());
        let me = user("p1");
        replace(database, &me, &image, &[("b", Some(true)), ("a", None), ("B", None)]).unwrap();
        assert_eq!(shown(database, &image), ["b+", "a", "B"]);
        replace(database, &me, &image, &[("c", Some(true)), ("b", None)]).unwrap();
        assert_eq!(shown(database, &image), ["b+", "c+"]);
        replace(database, &me, &image, &[("a", Some(true)), ("b", Some(false)), ("a", None)]).unwrap();
        assert_eq!(shown(database, &image), ["b", "a"], "the last entry of a name counts");
        assert_eq!(database.texts("SELECT member AS answer FROM image_members").len(), 4, "rows are used again");

        database.write(|session| members::put_member(session, &me, image.id.as_str(), "a", Some(true))).unwrap();
        assert!(matches!(replace(database, &user("b"), &image, &[]), Err(DbError::Forbidden(_))));
        assert!(matches!(replace(database, &user("p9"), &image, &[]), Err(DbError::NotFound)));
        assert!(matches!(replace(database, &me, &image, &[("", None)]), Err(DbError::Invalid(_))));
        replace(database, &user("a"), &image, &[("a", Some(false)), ("z", None)]).unwrap();
        assert_eq!(shown(database, &image), ["a", "z"], "who gives up sharing in a list has shared the rest of it");
        let long: Vec<_> = (0..10_001).map(|_| ("x", None)).collect();
        let refused = replace(database, &me, &image, &long);
        assert!(matches!(refused, Err(DbError::LimitExceeded { maximum: 10_000, attempted: 10_001 })), "{refused:?}");
        assert_eq!(shown(database, &image), ["a", "z"]);
    }

    fn offers_are_known_to_both_sides(database) {
        database.prepared();
        let mine = database.create(&new_image());
        let theirs = database.create(&NewImage { owner: Some("p2".into()), ..new_image() });
        let closed = database.create(&NewImage { visibility: Visibility::Private, ..new_image() });
        for (image, can_share) in [(&mine, Some(true)), (&theirs, None), (&closed, None)] {
            database.write(|session| members::put_member(session, &admin(), image.id.as_str(), "p3", can_share)).unwrap();
        }
        let [mine_too, theirs_too, closed_too] =
            [(&mine, true), (&theirs, false), (&closed, false)].map(|(image, share)| format!("{} {share}", image.id));
        assert_eq!(offers(database, &admin(), "p3"), [mine_too.clone(), theirs_too.clone(), closed_too.clone()]);
        assert_eq!(offers(database, &user("p3"), "p3"), [mine_too.clone(), theirs_too.clone()]);
        assert_eq!(offers(database, &user("p1"), "p3"), [mine_too, closed_too]);
        assert_eq!(offers(database, &user("p2"), "p3"), [theirs_too]);
        for nobody in ["P3", "p4", "", "a\0", "\u{1f600}"] {
            assert!(offers(database, &admin(), nobody).is_empty(), "{nobody:?}");
        }
        delete(database, &admin(), &mine).unwrap();
        delete(database, &admin(), &theirs).unwrap();
        assert!(offers(database, &user("p3"), "p3").is_empty());
    }

    fn columns_of_locations_are_passed_on_as_they_are(database) {
        database.prepared();
        database.encrypt("0123456789abcdef");
        let sealed = database.create(&NewImage { locations: vec![location("file:///secret")], ..new_image() });
        let id = sealed.id.as_str();
        let stored = database.text("SELECT value AS answer FROM image_locations");
        let raw = database.read(|session| images::get_image(&mut session.as_stored(), &admin(), id, false)).unwrap();
        assert_eq!(raw.locations[0].url, stored);
        assert_ne!(stored, "file:///secret");

        let mut change = location("made elsewhere");
        change.id = Some(raw.locations[0].id);
        let update = ImageUpdate { locations: Some(LocationsChange::Replace(vec![change])), ..ImageUpdate::default() };
        database.write(|session| images::update_image(&mut session.as_stored(), &admin(), id, &update)).unwrap();
        assert_eq!(database.text("SELECT value AS answer FROM image_locations"), "made elsewhere");
        let empty = ImageUpdate { locations: Some(LocationsChange::Replace(vec![])), ..ImageUpdate::default() };
        database.write(|session| images::update_image(session, &admin(), id, &empty)).unwrap();
        let all = database.read(|session| locations::list_all(session, &[id])).unwrap();
        let found: Vec<_> = all[id].iter().map(|found| (found.url.as_str(), found.status.as_str())).collect();
        assert_eq!(found, [("made elsewhere", "deleted")]);
    }
}
