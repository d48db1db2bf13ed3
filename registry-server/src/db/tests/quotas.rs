//! Limits of projects: what counts, what is reserved and until when, and many at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use glance_common::context::RequestContext;
use glance_common::model::{Image, ImageStatus, LocationStatus};
use glance_common::registry_api::{
    ImageDelete, ImageFields, ImageUpdate, LocationsChange, NewImage, NewLease, NewLocation, Patch, QuotaClaim,
    ReservationGrowth, Resource, Usage,
};

use super::on_every_engine;
use super::support::{TestDatabase, admin, location, new_image, user};
use crate::db::queries::{images, leases, quotas, usage};
use crate::db::{Db, DbError};

const MIB: i64 = 1 << 20;

fn limits(list: &[(Resource, i64)]) -> BTreeMap<Resource, i64> {
    list.iter().copied().collect()
}

fn claim(list: &[(Resource, i64)], bytes: Option<i64>) -> QuotaClaim {
    QuotaClaim { project: Some("p1".to_owned()), limits: limits(list), bytes, replaces: true }
}

fn lease(id: &str) -> NewLease {
    NewLease {
        id: id.to_owned(),
        kind: "upload".to_owned(),
        resource: format!("image/{id}"),
        image_id: None,
        holder: "node".to_owned(),
        seconds: 60,
        detail: serde_json::Value::Null,
    }
}

/// The begin of an upload under the lease `id`.
fn begin(id: &str, claim: QuotaClaim) -> ImageUpdate {
    ImageUpdate {
        from: vec![ImageStatus::Queued],
        set: ImageFields { status: Patch::Set(ImageStatus::Saving), ..ImageFields::default() },
        take_lease: Some(lease(id)),
        quota: Some(claim),
        ..ImageUpdate::default()
    }
}

/// Its end with this many bytes in one place.
fn complete(id: &str, bytes: i64) -> ImageUpdate {
    ImageUpdate {
        from: vec![ImageStatus::Saving],
        set: ImageFields {
            status: Patch::Set(ImageStatus::Active),
            size: Patch::Set(Some(bytes)),
            ..ImageFields::default()
        },
        locations: Some(LocationsChange::Add(vec![location(&format!("file:///{id}"))])),
        end_lease: Some(id.to_owned()),
        ..ImageUpdate::default()
    }
}

fn update(database: &mut TestDatabase, image: &Image, update: &ImageUpdate) -> Result<Image, DbError> {
    database.write(|session| images::update_image(session, &user("p1"), image.id.as_str(), update))
}

fn grow(
    database: &mut TestDatabase,
    lease: &str,
    limit: (Resource, i64),
    (at_least, wish): (i64, i64),
) -> Result<i64, DbError> {
    let (holder, project) = ("node".to_owned(), Some("p1".to_owned()));
    let growth = ReservationGrowth { holder, project, limits: limits(&[limit]), at_least, wish };
    let grown = database.write(|session| quotas::grow_reservation(session, &user("p1"), lease, &growth))?;
    Ok(grown.bytes)
}

fn used(database: &mut TestDatabase, project: Option<&str>) -> Usage {
    database.read(|session| usage::usage_of(session, &admin(), project)).unwrap()
}

/// An active image with data in these places.
fn stored(database: &mut TestDatabase, size: i64, places: &[LocationStatus]) -> Image {
    let place = |(number, status): (usize, &LocationStatus)| NewLocation {
        status: *status,
        ..location(&format!("file:///{number}"))
    };
    let locations = places.iter().enumerate().map(place).collect();
    database.create(&NewImage { status: ImageStatus::Active, size: Some(size), locations, ..new_image() })
}

/// Limit, maximum, usage and delta of a refusal.
fn excess<T: std::fmt::Debug>(result: Result<T, DbError>) -> (Resource, i64, i64, i64) {
    match result {
        Err(DbError::OverQuota { resource, maximum, usage, delta }) => (resource, maximum, usage, delta),
        other => panic!("{other:?}"),
    }
}

on_every_engine! {
    fn used_is_every_copy_of_what_lives(database) {
        use LocationStatus::{Active, Deleted, PendingDelete};
        database.prepared();
        stored(database, 100, &[Active]);
        stored(database, 1000, &[Active, PendingDelete, Deleted]);
        stored(database, 5, &[]);
        let deleted = stored(database, 7000, &[Active]);
        let gone = ImageDelete { status: ImageStatus::Deleted, from: vec![], ignore_protection: false, end_lease: None };
        database.write(|session| images::delete_image(session, &admin(), deleted.id.as_str(), &gone)).unwrap();
        for status in [ImageStatus::Killed, ImageStatus::PendingDelete] {
            database.create(&NewImage { status, size: Some(40_000), locations: vec![location("a")], ..new_image() });
        }
        for (status, size) in [
            (ImageStatus::Saving, None),
            (ImageStatus::Uploading, Some(20)),
            (ImageStatus::Importing, Some(300)),
        ] {
            database.create(&NewImage { status, size, ..new_image() });
        }
        let copying = [("os_glance_importing_to_stores".to_owned(), Some("slow".to_owned()))].into();
        database.create(&NewImage { status: ImageStatus::Active, size: Some(4000), properties: copying, ..new_image() });
        let idle = [("os_glance_importing_to_stores".to_owned(), Some(String::new()))].into();
        database.create(&NewImage { status: ImageStatus::Active, size: Some(9000), properties: idle, ..new_image() });
        let others = NewImage { owner: Some("P1".to_owned()), ..new_image() };
        database.create(&NewImage { size: Some(1), locations: vec![location("a")], ..others.clone() });
        database.create(&NewImage { size: Some(3), locations: vec![location("a")], owner: None, ..others });

        let expected = Usage { stored: 2100, staged: 4320, images: 8, uploading: 4 };
        assert_eq!(used(database, Some("p1")), expected);
        assert_eq!(used(database, Some("P1")), Usage { stored: 1, images: 1, ..Usage::default() }, "another project");
        assert_eq!(used(database, None), Usage { stored: 3, images: 1, ..Usage::default() });
        assert_eq!(used(database, Some("nobody\0")), Usage::default());
    }

    fn sums_of_impossible_sizes_do_not_fail(database) {
        database.prepared();
        for _ in 0..3 {
            stored(database, i64::MAX, &[LocationStatus::Active, LocationStatus::Active]);
            database.create(&NewImage { status: ImageStatus::Uploading, size: Some(i64::MAX), ..new_image() });
        }
        let found = used(database, Some("p1"));
        assert!(found.stored > i64::MAX - 2048 && found.staged > i64::MAX - 2048, "{found:?}");
        let image = database.create(&new_image());
        let refused = update(database, &image, &begin("1", claim(&[(Resource::UserStorage, i64::MAX - 9999)], Some(1))));
        assert_eq!(excess(refused).0, Resource::UserStorage);
    }

    fn reservations_count_until_their_lease_ends(database) {
        database.prepared();
        let quota = [(Resource::UserStorage, 100)];
        let (first, second) = (database.create(&new_image()), database.create(&new_image()));
        update(database, &first, &begin("1", claim(&quota, Some(70)))).unwrap();
        let refused = update(database, &second, &begin("2", claim(&quota, Some(31))));
        assert_eq!(excess(refused), (Resource::UserStorage, 100, 70, 31));
        assert_eq!(database.get(second.id.as_str()).status, ImageStatus::Queued, "a refusal changes nothing");
        update(database, &second, &begin("2", claim(&quota, Some(30)))).unwrap();
        assert_eq!(used(database, Some("p1")).stored, 100);

        update(database, &first, &complete("1", 60)).unwrap();
        assert_eq!(used(database, Some("p1")).stored, 90, "data in place of the reservation");
        database.write(|session| leases::release_lease(session, "2", "node")).unwrap();
        assert_eq!(used(database, Some("p1")).stored, 60);

        let third = database.create(&new_image());
        update(database, &third, &begin("3", claim(&quota, Some(40)))).unwrap();
        database.execute("UPDATE rs_leases SET expires_at = 1");
        assert_eq!(used(database, Some("p1")).stored, 100, "nobody has removed its bytes yet");
        let successor = NewLease { id: "4".to_owned(), ..lease("3") };
        database.write(|session| leases::take_lease(session, &successor)).unwrap();
        assert_eq!(used(database, Some("p1")).stored, 60);
    }

    fn a_reservation_grows_by_what_is_left(database) {
        database.prepared();
        let quota = (Resource::UserStorage, 100);
        stored(database, 10, &[LocationStatus::Active]);
        let (first, second) = (database.create(&new_image()), database.create(&new_image()));
        update(database, &first, &begin("1", claim(&[quota], None))).unwrap();
        update(database, &second, &begin("2", claim(&[quota], None))).unwrap();
        assert_eq!(grow(database, "1", quota, (20, 30)).unwrap(), 30);
        assert_eq!(grow(database, "2", quota, (20, 80)).unwrap(), 60, "not as much as wished is left");
        let refused = grow(database, "1", quota, (31, 40));
        assert_eq!(excess(refused), (Resource::UserStorage, 100, 70, 31));
        let third = database.create(&new_image());
        let nothing_left = update(database, &third, &begin("3", claim(&[quota], None)));
        assert_eq!(excess(nothing_left), (Resource::UserStorage, 100, 100, 1));
        assert_eq!(grow(database, "2", quota, (5, 5)).unwrap(), 5, "what is not needed is given back");
        assert_eq!(grow(database, "1", quota, (31, 31)).unwrap(), 31);
        assert!(matches!(grow(database, "9", quota, (1, 1)), Err(DbError::LeaseLost)));
        database.execute("UPDATE rs_leases SET holder = 'other'");
        assert!(matches!(grow(database, "1", quota, (1, 1)), Err(DbError::LeaseLost)));
    }

    fn data_that_lies_elsewhere_is_checked_and_not_reserved(database) {
        database.prepared();
        let quota = QuotaClaim { replaces: false, ..claim(&[(Resource::UserStorage, 100)], Some(60)) };
        let image = database.create(&new_image());
        let mut add = ImageUpdate { from: vec![], end_lease: None, quota: Some(quota), ..complete("1", 60) };
        add.take_lease = Some(lease("1"));
        update(database, &image, &add).unwrap();
        assert_eq!(used(database, Some("p1")).stored, 60, "stored by the change itself");
        let again = ImageUpdate { take_lease: None, ..add.clone() };
        assert_eq!(excess(update(database, &image, &again)), (Resource::UserStorage, 100, 60, 60));
    }

    fn limits_in_mib_are_compared_rounded_down(database) {
        database.prepared();
        let size = (Resource::SizeTotal, 2);
        stored(database, MIB + 5, &[LocationStatus::Active]);
        let image = database.create(&new_image());
        let refused = update(database, &image, &begin("1", claim(&[size], Some(2 * MIB))));
        assert_eq!(excess(refused), (Resource::SizeTotal, 2, 1, 2));
        let refused = update(database, &image, &begin("1", claim(&[(Resource::SizeTotal, 0)], None)));
        assert_eq!(excess(refused), (Resource::SizeTotal, 0, 1, 0), "passed already");
        update(database, &image, &begin("1", claim(&[size], Some(2 * MIB - 1)))).unwrap();
        let refused = grow(database, "1", size, (2 * MIB, 2 * MIB));
        assert_eq!(excess(refused), (Resource::SizeTotal, 2, 1, 2));
        assert_eq!(grow(database, "1", size, (1, 9 * MIB)).unwrap(), 2 * MIB - 1);
    }

    fn images_are_counted_when_created_and_when_they_begin_to_be_written(database) {
        database.prepared();
        let total = |most| Some(QuotaClaim { bytes: None, ..claim(&[(Resource::CountTotal, most)], None) });
        let create = |database: &mut TestDatabase, most| {
            let new = NewImage { quota: total(most), ..new_image() };
            database.write(|session| images::create_image(session, &user("p1"), &new))
        };
        let first = create(database, 2).unwrap();
        let second = create(database, 2).unwrap();
        assert_eq!(excess(create(database, 2)), (Resource::CountTotal, 2, 2, 1));
        let uploading = [(Resource::CountUploading, 1)];
        update(database, &first, &begin("1", claim(&uploading, Some(1)))).unwrap();
        let refused = update(database, &second, &begin("2", claim(&uploading, Some(1))));
        assert_eq!(excess(refused), (Resource::CountUploading, 1, 2, 0), "it counts already");
        update(database, &first, &complete("1", 1)).unwrap();
        update(database, &second, &begin("2", claim(&uploading, Some(1)))).unwrap();
    }

    fn limits_are_those_of_the_caller_and_space_is_the_owners(database) {
        database.prepared();
        let foreign = QuotaClaim { project: Some("p2".to_owned()), ..claim(&[(Resource::UserStorage, 100)], Some(50)) };
        let image = database.create(&new_image());
        let refused = update(database, &image, &begin("1", foreign.clone()));
        assert!(matches!(refused, Err(DbError::Forbidden(_))), "{refused:?}");
        let look = database.read(|session| usage::usage_of(session, &user("p1"), Some("p2")));
        assert!(matches!(look, Err(DbError::Forbidden(_))), "{look:?}");
        let by_admin = RequestContext { project_id: Some("p2".to_owned()), ..admin() };
        let begin = begin("1", foreign);
        database.write(|session| images::update_image(session, &by_admin, image.id.as_str(), &begin)).unwrap();
        assert_eq!((used(database, Some("p1")).stored, used(database, Some("p2")).stored), (50, 0));
    }

    fn many_at_once_never_pass_a_limit(database) {
        database.prepared();
        let ids: Vec<String> = (0..24).map(|_| database.create(&new_image()).id.to_string()).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        let options = database.options();
        let begun = runtime.block_on(async {
            let db = Arc::new(Db::open(&options, crate::db::LocationCipher::none()).unwrap());
            let begin = |id: String| {
                let db = Arc::clone(&db);
                async move {
                    let update = begin(&id, claim(&[(Resource::UserStorage, 100)], Some(15)));
                    let begun = db.write(move |session| images::update_image(session, &user("p1"), &id, &update));
                    begun.await
                }
            };
            let tasks: Vec<_> = ids.into_iter().map(|id| tokio::spawn(begin(id))).collect();
            let mut begun = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Ok(_) => begun += 1,
                    Err(error) => assert!(matches!(error, DbError::OverQuota { .. }), "{error:?}"),
                }
            }
            begun
        });
        assert_eq!((begun, used(database, Some("p1")).stored), (6, 90));
    }
}
