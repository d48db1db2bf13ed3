//! Which images a list holds: visibility, membership, every filter.

use glance_common::context::RequestContext;
use glance_common::model::{ImageStatus, MemberStatus, Visibility};
use glance_common::registry_api::{
    Comparison, DeletedFilter, Direction, Filter, FlagField, ImageDelete, ImageQuery, MemberStatusFilter, NewImage,
    NumberField, SortField, SortKey, TextField, TimeField, VisibilityFilter,
};

use super::on_every_engine;
use super::support::{TestDatabase, admin, new_image, time, user};
use crate::db::Engine;
use crate::db::queries::images;

/// The names that a query finds, in alphabetic order.
fn found(database: &mut TestDatabase, context: &RequestContext, query: &ImageQuery) -> Vec<String> {
    let mut names = database.names(context, query);
    names.sort_unstable();
    names
}

fn of(visibility: VisibilityFilter) -> ImageQuery {
    ImageQuery { visibility: Some(visibility), ..ImageQuery::default() }
}

fn filtered(filters: &[Filter]) -> ImageQuery {
    ImageQuery { filters: filters.to_vec(), ..ImageQuery::default() }
}

fn text(field: TextField, any_of: &[&str]) -> Filter {
    Filter::Text { field, any_of: any_of.iter().map(|value| (*value).to_owned()).collect() }
}

/// Images of two projects in every visibility, shared ones of `p2` with every answer of `p1`, an ownerless one.
fn populate(database: &mut TestDatabase) {
    database.prepared();
    for (owner, prefix) in [("p1", "my"), ("p2", "their")] {
        for visibility in Visibility::ALL {
            database.create(&NewImage {
                name: Some(format!("{prefix} {visibility}")),
                owner: Some(owner.to_owned()),
                visibility: *visibility,
                ..new_image()
            });
        }
    }
    database.create(&NewImage {
        name: Some("ownerless".to_owned()),
        owner: None,
        visibility: Visibility::Private,
        ..new_image()
    });
    let falsehood = if database.engine() == Engine::Postgres { "false" } else { "0" };
    for status in MemberStatus::ALL {
        let image = database.create(&NewImage {
            name: Some(format!("offered {status}")),
            owner: Some("p2".to_owned()),
            ..new_image()
        });
        database.execute(&format!(
            "INSERT INTO image_members (image_id, member, can_share, created_at, deleted, status) \
             VALUES ('{}', 'p1', {falsehood}, '2026-01-01 00:00:00', {falsehood}, '{status}')",
            image.id
        ));
    }
}

on_every_engine! {
    fn everybody_lists_what_is_theirs_to_see(database) {
        populate(database);
        let me = user("p1");
        let members = |status| ImageQuery { member_status: status, ..ImageQuery::default() };
        let default = ["my community", "my private", "my public", "my shared", "offered accepted", "their public"];
        assert_eq!(found(database, &me, &ImageQuery::default()), default);
        assert_eq!(
            found(database, &me, &members(MemberStatusFilter::Only(MemberStatus::Pending))),
            ["my community", "my private", "my public", "my shared", "offered pending", "their public"]
        );
        assert_eq!(found(database, &me, &members(MemberStatusFilter::All)).len(), 8);
        assert_eq!(
            found(database, &me, &of(VisibilityFilter::All)),
            ["my community", "my private", "my public", "my shared", "offered accepted", "their community", "their public"]
        );
        let only = |database: &mut TestDatabase, visibility| {
            found(database, &user("p1"), &of(VisibilityFilter::Only(visibility)))
        };
        assert_eq!(only(database, Visibility::Private), ["my private"]);
        assert_eq!(only(database, Visibility::Public), ["my public", "their public"]);
        assert_eq!(only(database, Visibility::Community), ["my community", "their community"]);
        assert_eq!(only(database, Visibility::Shared), ["my shared", "offered accepted"]);
    }

    fn nobody_and_administrators(database) {
        populate(database);
        let nobody = RequestContext::anonymous("req-test");
        assert_eq!(found(database, &nobody, &ImageQuery::default()), ["my public", "their public"]);
        assert_eq!(found(database, &nobody, &of(VisibilityFilter::All)).len(), 4);
        assert!(found(database, &nobody, &of(VisibilityFilter::Only(Visibility::Private))).is_empty());
        assert_eq!(found(database, &admin(), &of(VisibilityFilter::All)).len(), 12);
        assert_eq!(found(database, &admin(), &ImageQuery::default()).len(), 10, "no community images");
        let mine = RequestContext { project_id: Some("p1".to_owned()), ..admin() };
        assert_eq!(found(database, &mine, &ImageQuery::default()).len(), 11, "no community images of others");
        let as_user = ImageQuery { as_regular_user: true, ..ImageQuery::default() };
        assert_eq!(found(database, &mine, &as_user), found(database, &user("p1"), &ImageQuery::default()));
        assert_eq!(
            found(database, &admin(), &of(VisibilityFilter::Only(Visibility::Private))),
            ["my private", "ownerless", "their private"]
        );
    }

    fn killed_and_deleted_images(database) {
        database.prepared();
        database.create_named("live");
        database.create(&NewImage { name: Some("killed".to_owned()), status: ImageStatus::Killed, ..new_image() });
        let dead = database.create_named("dead");
        let delete = ImageDelete { status: ImageStatus::Deleted, from: Vec::new(), ignore_protection: false, end_lease: None };
        database.write(|session| images::delete_image(session, &admin(), dead.id.as_str(), &delete)).unwrap();
        let query = |deleted, include_killed| ImageQuery { deleted, include_killed, ..ImageQuery::default() };
        assert_eq!(found(database, &admin(), &query(DeletedFilter::Live, false)), ["live"]);
        assert_eq!(found(database, &admin(), &query(DeletedFilter::Live, true)), ["killed", "live"]);
        assert_eq!(found(database, &admin(), &query(DeletedFilter::Deleted, false)), ["dead"]);
        assert_eq!(found(database, &admin(), &query(DeletedFilter::Any, true)), ["dead", "killed", "live"]);
        assert_eq!(found(database, &user("p1"), &query(DeletedFilter::Any, false)), ["live"]);
    }

    fn every_filter(database) {
        database.prepared();
        let property = |value: &str| [("os_distro".to_owned(), Some(value.to_owned()))].into();
        database.create(&NewImage {
            name: Some("a".to_owned()), size: Some(10), min_ram: 512, min_disk: 1, protected: true,
            disk_format: Some("qcow2".to_owned()), checksum: Some("c1".to_owned()), status: ImageStatus::Active,
            created_at: Some(time("2026-01-01T00:00:00Z")), updated_at: Some(time("2026-03-01T00:00:00Z")),
            tags: vec!["x".to_owned(), "y".to_owned()], properties: property("debian"), ..new_image()
        });
        database.create(&NewImage {
            name: Some("b".to_owned()), size: Some(20), os_hidden: true, container_format: Some("bare".to_owned()),
            os_hash_algo: Some("sha512".to_owned()), os_hash_value: Some("h2".to_owned()),
            created_at: Some(time("2026-02-01T00:00:00Z")), updated_at: Some(time("2026-02-01T00:00:00Z")),
            tags: vec!["x".to_owned()], properties: property("Ubuntu"), virtual_size: Some(99), ..new_image()
        });
        database.create(&NewImage { name: None, owner: Some("p2".to_owned()), ..new_image() });
        let number = |field, op, value| Filter::Number { field, op, value };
        let moment = |field, op, at: &str| Filter::Time { field, op, value: time(at) };
        let flag = |field, value| Filter::Flag { field, value };
        let tag = |tag: &str| Filter::Tag(tag.to_owned());
        let property = |name: &str, value: &str| Filter::Property { name: name.to_owned(), value: value.to_owned() };
        let february = "2026-02-01T00:00:00Z";
        let table: Vec<(Vec<Filter>, &[&str])> = vec![
            (vec![text(TextField::Name, &["a"])], &["a"]),
            (vec![text(TextField::Name, &["a", "b", "zz"])], &["a", "b"]),
            (vec![text(TextField::Name, &[])], &[]),
            (vec![text(TextField::Name, &["a\0"])], &[]),
            (vec![text(TextField::Name, &["😀"])], &[]),
            (vec![text(TextField::Status, &["queued"])], &["", "b"]),
            (vec![text(TextField::DiskFormat, &["qcow2"])], &["a"]),
            (vec![text(TextField::ContainerFormat, &["bare"])], &["b"]),
            (vec![text(TextField::Owner, &["p2"])], &[""]),
            (vec![text(TextField::Checksum, &["c1"])], &["a"]),
            (vec![text(TextField::OsHashAlgo, &["sha512"])], &["b"]),
            (vec![text(TextField::OsHashValue, &["h2"])], &["b"]),
            (vec![text(TextField::Id, &["nonsense"])], &[]),
            (vec![number(NumberField::Size, Comparison::Gte, 20)], &["b"]),
            (vec![number(NumberField::Size, Comparison::Lte, 20)], &["a", "b"]),
            (vec![number(NumberField::Size, Comparison::Neq, 10)], &["b"]),
            (vec![number(NumberField::VirtualSize, Comparison::Eq, 99)], &["b"]),
            (vec![number(NumberField::MinRam, Comparison::Gt, 0)], &["a"]),
            (vec![number(NumberField::MinDisk, Comparison::Lt, 1)], &["", "b"]),
            (vec![moment(TimeField::CreatedAt, Comparison::Lt, february)], &["a"]),
            (vec![moment(TimeField::CreatedAt, Comparison::Eq, february)], &["b"]),
            (vec![moment(TimeField::CreatedAt, Comparison::Gte, february)], &["", "b"]),
            (vec![moment(TimeField::UpdatedAt, Comparison::Gt, february)], &["", "a"]),
            (vec![flag(FlagField::Protected, true)], &["a"]),
            (vec![flag(FlagField::OsHidden, true)], &["b"]),
            (vec![flag(FlagField::OsHidden, false)], &["", "a"]),
            (vec![tag("x")], &["a", "b"]),
            (vec![tag("x"), tag("y")], &["a"]),
            (vec![tag("z\0")], &[]),
            (vec![property("os_distro", "debian")], &["a"]),
            (vec![property("os_distro", "zz")], &[]),
            (vec![property("a\0", "zz")], &[]),
            (vec![Filter::Nothing], &[]),
            (vec![tag("x"), flag(FlagField::OsHidden, false), number(NumberField::Size, Comparison::Gt, 5)], &["a"]),
        ];
        for (filters, names) in table {
            let context = RequestContext { project_id: Some("p2".to_owned()), ..user("p1") };
            assert_eq!(found(database, &admin(), &filtered(&filters)), names, "{filters:?}");
            let of_p2: Vec<&str> = names.iter().copied().filter(|name| name.is_empty()).collect();
            assert_eq!(found(database, &context, &filtered(&filters)), of_p2, "{filters:?}");
        }
    }

    fn removed_tags_and_properties_are_not_found(database) {
        database.prepared();
        database.create(&NewImage {
            tags: vec!["t".to_owned()], properties: [("p".to_owned(), Some("v".to_owned()))].into(), ..new_image()
        });
        let tag = filtered(&[Filter::Tag("t".to_owned())]);
        let property = filtered(&[Filter::Property { name: "p".to_owned(), value: "v".to_owned() }]);
        assert_eq!((found(database, &admin(), &tag).len(), found(database, &admin(), &property).len()), (1, 1));
        let truth = if database.engine() == Engine::Postgres { "true" } else { "1" };
        database.execute(&format!("UPDATE image_tags SET deleted = {truth}; UPDATE image_properties SET deleted = {truth}"));
        assert_eq!((found(database, &admin(), &tag).len(), found(database, &admin(), &property).len()), (0, 0));
    }

    fn a_row_with_unknown_words_does_not_spoil_a_list(database) {
        database.prepared();
        database.create_named("good");
        let bad = database.create_named("bad");
        database.execute(&format!("UPDATE images SET status = 'melted' WHERE id = '{}'", bad.id));
        assert_eq!(found(database, &admin(), &ImageQuery::default()), ["good"]);
    }

    fn projects_that_differ_by_case_are_strangers(database) {
        populate(database);
        for query in [ImageQuery::default(), of(VisibilityFilter::Only(Visibility::Shared))] {
            let open: Vec<String> = found(database, &user("P1"), &query);
            assert!(open.iter().all(|name| name.ends_with("public") || name.ends_with("community")), "{open:?}");
        }
    }

    fn lists_show_what_single_images_show(database) {
        populate(database);
        let sort = vec![SortKey { field: SortField::Name, direction: Direction::Asc }];
        let query = ImageQuery { sort, visibility: Some(VisibilityFilter::All), ..ImageQuery::default() };
        for context in [admin(), user("p1")] {
            let list = database.read(|session| images::list_images(session, &context, &query, 1000)).unwrap();
            assert!(list.len() > 5);
            for image in list {
                let alone = database.read(|session| images::get_image(session, &context, image.id.as_str(), false));
                assert_eq!(alone.unwrap(), image);
            }
        }
    }
}
