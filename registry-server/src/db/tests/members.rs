//! Members: who sees and changes them, revived rows, limits; and tags one by one.

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageId, ImageStatus, MemberStatus, Visibility};
use glance_common::registry_api::{ImageDelete, ImageUpdate, Member, MemberUpdate, NewImage, NewMember, Patch, TagAdd};

use super::on_every_engine;
use super::support::{TestDatabase, admin, new_image, time, user};
use crate::db::DbError;
use crate::db::queries::{images, members, tags};

fn add(database: &mut TestDatabase, by: &RequestContext, image: &Image, member: &str) -> Result<Member, DbError> {
    database.write(|session| members::add_member(session, by, image.id.as_str(), member, &NewMember::default()))
}

fn add_limited(database: &mut TestDatabase, image: &Image, member: &str, maximum: i64) -> Result<Member, DbError> {
    let new = NewMember { maximum: Some(maximum), ..NewMember::default() };
    database.write(|session| members::add_member(session, &admin(), image.id.as_str(), member, &new))
}

fn remove(database: &mut TestDatabase, by: &RequestContext, image: &Image, member: &str) -> Result<(), DbError> {
    database.write(|session| members::remove_member(session, by, image.id.as_str(), member))
}

fn change(
    database: &mut TestDatabase,
    by: &RequestContext,
    image: &Image,
    member: &str,
    update: MemberUpdate,
) -> Result<Member, DbError> {
    database.write(|session| members::update_member(session, by, image.id.as_str(), member, update))
}

fn answer(status: MemberStatus) -> MemberUpdate {
    MemberUpdate { status: Some(status), can_share: None }
}

fn list(database: &mut TestDatabase, by: &RequestContext, image: &Image) -> Result<Vec<String>, DbError> {
    let list = database.read(|session| members::list_members(session, by, image.id.as_str()))?;
    assert_eq!(list.image.id, image.id);
    Ok(list.members.into_iter().map(|member| member.member).collect())
}

fn tag(database: &mut TestDatabase, image: &Image, tag: &str, maximum: Option<i64>) -> Result<(), DbError> {
    database.write(|session| tags::add_tag(session, &user("p1"), image.id.as_str(), tag, TagAdd { maximum }))
}

fn untag(database: &mut TestDatabase, image: &Image, tag: &str) -> Result<(), DbError> {
    database.write(|session| tags::remove_tag(session, &user("p1"), image.id.as_str(), tag))
}

/// What a refusal is, without its words.
fn kind<T: std::fmt::Debug>(result: Result<T, DbError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(DbError::NotFound) => "not found",
        Err(DbError::Forbidden(_)) => "forbidden",
        Err(DbError::Duplicate(_)) => "duplicate",
        Err(DbError::LimitExceeded { .. }) => "limit",
        Err(DbError::Invalid(_)) => "invalid",
        Err(other) => panic!("{other:?}"),
    }
}

on_every_engine! {
    fn a_member_added_again_revives_its_row(database) {
        database.prepared();
        let image = database.create(&new_image());
        let first = add(database, &user("p1"), &image, "p2").unwrap();
        assert_eq!((first.status, first.can_share), (MemberStatus::Pending, false));
        change(database, &user("p2"), &image, "p2", answer(MemberStatus::Accepted)).unwrap();
        assert_eq!(kind(add(database, &user("p1"), &image, "p2")), "duplicate");
        remove(database, &user("p1"), &image, "p2").unwrap();
        assert_eq!(kind(remove(database, &user("p1"), &image, "p2")), "not found");
        assert!(list(database, &user("p1"), &image).unwrap().is_empty());
        let again = add(database, &user("p1"), &image, "p2").unwrap();
        assert_eq!((again.status, again.created_at), (MemberStatus::Pending, first.created_at));
        assert_eq!(database.texts("SELECT member AS answer FROM image_members").len(), 1);
    }

    fn members_are_told_apart_letter_by_letter(database) {
        database.prepared();
        let image = database.create(&new_image());
        for member in ["p2", "P2", "p\u{e4}", "a/b c"] {
            add(database, &user("p1"), &image, member).unwrap();
        }
        assert_eq!(list(database, &user("p1"), &image).unwrap(), ["p2", "P2", "p\u{e4}", "a/b c"]);
        assert_eq!(list(database, &user("P2"), &image).unwrap(), ["P2"]);
        remove(database, &user("p1"), &image, "P2").unwrap();
        assert_eq!(list(database, &user("p2"), &image).unwrap(), ["p2"]);
        assert_eq!(kind(list(database, &user("P2"), &image)), "not found");
    }

    fn everybody_sees_and_changes_what_is_theirs(database) {
        database.prepared();
        let image = database.create(&new_image());
        add(database, &user("p1"), &image, "p2").unwrap();
        add(database, &user("p1"), &image, "p3").unwrap();
        // who, the members it sees, adding, own answer to p2's offer, removing p3
        let table = [
            ("p1", Some(vec!["p2", "p3"]), "ok", "forbidden", "ok"),
            ("p2", Some(vec!["p2"]), "forbidden", "ok", "not found"),
            ("p3", Some(vec!["p3"]), "forbidden", "not found", "forbidden"),
            ("p4", None, "not found", "not found", "not found"),
        ];
        for (who, sees, adds, answers, removes) in table {
            let by = user(who);
            let seen = list(database, &by, &image).ok();
            assert_eq!(seen, sees.map(|names| names.into_iter().map(str::to_owned).collect()), "{who}");
            assert_eq!(kind(add(database, &by, &image, &format!("of-{who}"))), adds, "{who}");
            let given = change(database, &by, &image, "p2", answer(MemberStatus::Rejected));
            assert_eq!(kind(given), answers, "{who}");
            assert_eq!(kind(remove(database, &by, &image, "p3")), removes, "{who}");
            if removes == "ok" {
                add(database, &admin(), &image, "p3").unwrap();
            }
        }
        assert_eq!(list(database, &admin(), &image).unwrap(), ["p2", "p3", "of-p1"]);
        change(database, &admin(), &image, "p2", answer(MemberStatus::Accepted)).unwrap();
    }

    fn a_member_that_may_share_shares_on(database) {
        database.prepared();
        let image = database.create(&new_image());
        add(database, &user("p1"), &image, "p2").unwrap();
        let may_share = MemberUpdate { status: None, can_share: Some(true) };
        assert_eq!(kind(change(database, &user("p2"), &image, "p2", may_share)), "forbidden");
        assert!(change(database, &user("p1"), &image, "p2", may_share).unwrap().can_share);
        let kept = change(database, &user("p2"), &image, "p2", answer(MemberStatus::Accepted)).unwrap();
        assert!(kept.can_share, "what is not named stays");
        add(database, &user("p2"), &image, "p5").unwrap();
        remove(database, &user("p2"), &image, "p5").unwrap();
        let reader = RequestContext { read_only: true, ..user("p2") };
        assert_eq!(kind(add(database, &reader, &image, "p6")), "forbidden");
    }

    fn memberships_are_no_change_of_the_image(database) {
        database.prepared();
        let image = database.create(&new_image());
        add(database, &user("p1"), &image, "p2").unwrap();
        change(database, &user("p2"), &image, "p2", answer(MemberStatus::Accepted)).unwrap();
        let after = database.get(image.id.as_str());
        assert_eq!((after.updated_at, after.version), (image.updated_at, image.version));
        remove(database, &user("p1"), &image, "p2").unwrap();
        assert_eq!(database.get(image.id.as_str()), after);
    }

    fn no_more_members_than_the_maximum(database) {
        database.prepared();
        let image = database.create(&new_image());
        add_limited(database, &image, "p2", 2).unwrap();
        add_limited(database, &image, "p3", 2).unwrap();
        for member in ["p4", "p2"] {
            let refusal = add_limited(database, &image, member, 2);
            assert!(matches!(refusal, Err(DbError::LimitExceeded { maximum: 2, attempted: 3 })), "{refusal:?}");
        }
        remove(database, &admin(), &image, "p2").unwrap();
        add_limited(database, &image, "p4", 2).unwrap();
        assert_eq!(kind(add_limited(database, &image, "p5", 0)), "limit");
    }

    fn what_no_column_holds_is_no_member(database) {
        database.prepared();
        let image = database.create(&new_image());
        for member in ["", "a\0b", "\u{1f600}", &"x".repeat(256)] {
            assert_eq!(kind(add(database, &user("p1"), &image, member)), "invalid", "{member:?}");
            assert_eq!(kind(remove(database, &user("p1"), &image, member)), "not found", "{member:?}");
        }
        add(database, &user("p1"), &image, &"x".repeat(255)).unwrap();
        let nowhere = Image { id: ImageId::generate(), ..image };
        assert_eq!(kind(add(database, &user("p1"), &nowhere, "p2")), "not found");
    }

    fn a_private_image_hides_its_members(database) {
        database.prepared();
        let image = database.create(&new_image());
        add(database, &user("p1"), &image, "p2").unwrap();
        let mut update = ImageUpdate::default();
        update.set.visibility = Patch::Set(Visibility::Private);
        database.write(|session| images::update_image(session, &user("p1"), image.id.as_str(), &update)).unwrap();
        assert_eq!(kind(list(database, &user("p2"), &image)), "not found");
        assert_eq!(kind(change(database, &user("p2"), &image, "p2", answer(MemberStatus::Accepted))), "not found");
        assert_eq!(list(database, &user("p1"), &image).unwrap(), ["p2"]);
    }

    fn members_of_a_deleted_image_go_with_it(database) {
        database.prepared();
        let image = database.create(&new_image());
        add(database, &user("p1"), &image, "p2").unwrap();
        let delete = ImageDelete {
            status: ImageStatus::Deleted,
            from: vec![],
            ignore_protection: false,
            end_lease: None,
        };
        database.write(|session| images::delete_image(session, &user("p1"), image.id.as_str(), &delete)).unwrap();
        assert_eq!(kind(list(database, &admin(), &image)), "not found");
        assert_eq!(kind(add(database, &admin(), &image, "p3")), "not found");
        assert!(database.texts("SELECT member AS answer FROM image_members WHERE deleted_at IS NULL").is_empty());
    }

    fn one_tag_is_added_and_removed(database) {
        database.prepared();
        let image = database.create(&NewImage { tags: vec!["a".into()], ..new_image() });
        tag(database, &image, "b", Some(2)).unwrap();
        tag(database, &image, "a", Some(2)).unwrap();
        let refusal = tag(database, &image, "c", Some(2));
        assert!(matches!(refusal, Err(DbError::LimitExceeded { maximum: 2, attempted: 3 })), "{refusal:?}");
        let tagged = database.get(image.id.as_str());
        assert_eq!(tagged.tags, ["a", "b"]);
        assert!(tagged.version > image.version && tagged.updated_at >= image.updated_at);
        assert_eq!(database.texts("SELECT value AS answer FROM image_tags").len(), 2, "an added one is not doubled");
        assert_eq!(kind(untag(database, &image, "A")), "not found");
        untag(database, &image, "a").unwrap();
        assert_eq!(kind(untag(database, &image, "a")), "not found");
        assert_eq!(database.get(image.id.as_str()).tags, ["b"]);
        tag(database, &image, "\u{fc} @.", None).unwrap();
        assert_eq!(database.get(image.id.as_str()).tags, ["b", "\u{fc} @."]);
    }

    fn a_tag_touches_the_image(database) {
        database.prepared();
        let long_ago = time("2020-01-02T03:04:05Z");
        let given = NewImage { created_at: Some(long_ago), tags: vec!["a".into()], ..new_image() };
        let image = database.create(&given);
        for step in [true, false] {
            database.execute("UPDATE images SET updated_at = '2020-01-02 03:04:05'");
            if step { tag(database, &image, "a", None).unwrap() } else { untag(database, &image, "a").unwrap() }
            assert!(database.get(image.id.as_str()).updated_at > long_ago);
        }
    }

    fn tags_of_others_are_not_changed(database) {
        database.prepared();
        let image = database.create(&NewImage { visibility: Visibility::Public, ..new_image() });
        let hidden = database.create(&NewImage { visibility: Visibility::Private, ..new_image() });
        for (image, wanted) in [(&image, "forbidden"), (&hidden, "not found")] {
            let id = image.id.as_str();
            let added = database.write(|session| tags::add_tag(session, &user("p9"), id, "t", TagAdd::default()));
            assert_eq!(kind(added), wanted);
            let removed = database.write(|session| tags::remove_tag(session, &user("p9"), id, "t"));
            assert_eq!(kind(removed), wanted);
        }
        assert_eq!(kind(tag(database, &image, "a\0", None)), "invalid");
        assert_eq!(kind(untag(database, &image, "a\0")), "not found");
    }
}
