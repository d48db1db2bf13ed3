//! Leases and request keys.

use glance_common::model::{ImageStatus, Timestamp};
use glance_common::registry_api::{ImageDelete, ImageUpdate, Lease, LeaseRenewal, NewLease};
use serde_json::json;

use super::on_every_engine;
use super::support::{TestDatabase, admin, new_image, time};
use crate::db::DbError;
use crate::db::queries::request_keys::StoredAnswer;
use crate::db::queries::{images, leases, request_keys};

fn lease(id: &str, resource: &str, holder: &str) -> NewLease {
    NewLease {
        id: id.to_owned(),
        kind: "upload".to_owned(),
        resource: resource.to_owned(),
        image_id: None,
        holder: holder.to_owned(),
        seconds: 60,
        detail: json!({"path": "é", "parts": [1, 2]}),
    }
}

fn renewal(holder: &str) -> LeaseRenewal {
    LeaseRenewal { holder: holder.to_owned(), seconds: 60, detail: None }
}

fn take(database: &mut TestDatabase, new: &NewLease) -> Result<Lease, DbError> {
    database.write(|session| leases::take_lease(session, new))
}

fn list(database: &mut TestDatabase, kind: Option<&str>, expired: bool) -> Vec<String> {
    let leases = database.read(|session| leases::list_leases(session, kind, expired)).unwrap();
    leases.into_iter().map(|lease| lease.id).collect()
}

fn expire(database: &mut TestDatabase, id: &str) {
    database.execute(&format!("UPDATE rs_leases SET expires_at = 1 WHERE id = '{id}'"));
}

on_every_engine! {
    fn a_lease_is_held_by_one(database) {
        database.prepared();
        let taken = take(database, &lease("1", "image/a", "node1")).unwrap();
        assert_eq!(taken.detail, json!({"path": "é", "parts": [1, 2]}));
        assert!(taken.expires_at > Timestamp::now());
        assert!(matches!(take(database, &lease("2", "image/a", "node2")), Err(DbError::LeaseHeld)));
        assert_eq!(take(database, &lease("1", "image/a", "node1")).unwrap().id, "1", "a repeated call");
        take(database, &lease("3", "image/b", "node2")).unwrap();
        let renew = |database: &mut TestDatabase, id: &str, holder: &str| {
            database.write(|session| leases::renew_lease(session, id, &renewal(holder)))
        };
        assert!(matches!(renew(database, "1", "node2"), Err(DbError::LeaseLost)));
        assert!(matches!(renew(database, "9", "node1"), Err(DbError::LeaseLost)));
        assert_eq!(renew(database, "1", "node1").unwrap().detail, taken.detail);
        let release = |database: &mut TestDatabase, id: &str, holder: &str| {
            database.write(|session| leases::release_lease(session, id, holder))
        };
        assert!(matches!(release(database, "1", "node2"), Err(DbError::LeaseLost)));
        release(database, "1", "node1").unwrap();
        assert!(matches!(release(database, "1", "node1"), Err(DbError::LeaseLost)));
        assert_eq!(list(database, None, false), ["3"]);
    }

    fn an_expired_lease_is_taken_over_once(database) {
        database.prepared();
        take(database, &lease("1", "image/a", "node1")).unwrap();
        let claim = |database: &mut TestDatabase, holder: &str| {
            database.write(|session| leases::claim_lease(session, "1", &renewal(holder)))
        };
        assert!(matches!(claim(database, "node2"), Err(DbError::LeaseHeld)));
        assert!(list(database, None, true).is_empty());
        expire(database, "1");
        assert_eq!(list(database, Some("upload"), true), ["1"]);
        assert!(list(database, Some("import"), true).is_empty());
        let claimed = claim(database, "node2").unwrap();
        assert_eq!((claimed.holder.as_str(), claimed.id.as_str()), ("node2", "1"));
        assert!(matches!(claim(database, "node3"), Err(DbError::LeaseHeld)));
        let late = database.write(|session| leases::renew_lease(session, "1", &renewal("node1")));
        assert!(matches!(late, Err(DbError::LeaseLost)));
        expire(database, "1");
        assert_eq!(take(database, &lease("2", "image/a", "node3")).unwrap().id, "2");
        assert!(matches!(claim(database, "node2"), Err(DbError::LeaseLost)));
    }

    fn leases_begin_and_end_with_changes(database) {
        database.prepared();
        let image = database.create(&new_image());
        let id = image.id.as_str();
        let begin = ImageUpdate { take_lease: Some(lease("1", "image/a", "node1")), ..ImageUpdate::default() };
        database.write(|session| images::update_image(session, &admin(), id, &begin)).unwrap();
        let second = ImageUpdate { take_lease: Some(lease("2", "image/a", "node2")), ..ImageUpdate::default() };
        let error = database.write(|session| images::update_image(session, &admin(), id, &second));
        assert!(matches!(error, Err(DbError::LeaseHeld)));
        let end = ImageUpdate { end_lease: Some("1".to_owned()), ..ImageUpdate::default() };
        let after = database.write(|session| images::update_image(session, &admin(), id, &end)).unwrap();
        let error = database.write(|session| images::update_image(session, &admin(), id, &end));
        assert!(matches!(error, Err(DbError::LeaseLost)));
        assert_eq!(database.get(id).version, after.version, "a refused change leaves no trace");
        let delete = |lease: &str| ImageDelete {
            status: ImageStatus::Deleted,
            from: Vec::new(),
            ignore_protection: true,
            end_lease: Some(lease.to_owned()),
        };
        database.write(|session| images::update_image(session, &admin(), id, &second)).unwrap();
        let error = database.write(|session| images::delete_image(session, &admin(), id, &delete("1")));
        assert!(matches!(error, Err(DbError::LeaseLost)));
        assert!(!database.get(id).deleted);
        database.write(|session| images::delete_image(session, &admin(), id, &delete("2"))).unwrap();
        assert_eq!(database.read(|session| leases::list_leases(session, None, false)).unwrap(), []);
    }

    fn leases_have_limits(database) {
        database.prepared();
        for wrong in [
            NewLease { seconds: 0, ..lease("1", "a", "n") },
            NewLease { seconds: 86_401, ..lease("1", "a", "n") },
            NewLease { kind: "x".repeat(33), ..lease("1", "a", "n") },
            NewLease { resource: "x".repeat(256), ..lease("1", "a", "n") },
            NewLease { detail: json!("x".repeat(65_536)), ..lease("1", "a", "n") },
        ] {
            assert!(matches!(take(database, &wrong), Err(DbError::Invalid(_))), "{wrong:?}");
        }
    }

    fn a_request_key_gives_the_first_answer_again(database) {
        database.prepared();
        let answer = StoredAnswer { status: 201, body: "{\"a\": \"é😀\"}".to_owned() };
        let find = |database: &mut TestDatabase, digest: &str| {
            database.read(|session| request_keys::find_answer(session, "key", digest))
        };
        assert_eq!(find(database, "d").unwrap(), None);
        database.write(|session| request_keys::store_answer(session, "key", "d", &answer)).unwrap();
        assert_eq!(find(database, "d").unwrap(), Some(answer.clone()));
        assert!(matches!(find(database, "other"), Err(DbError::KeyReused)));
        assert_eq!(database.read(|session| request_keys::find_answer(session, "KEY", "d")).unwrap(), None);
        let twice = database.write(|session| request_keys::store_answer(session, "key", "d", &answer));
        assert!(twice.unwrap_err().is_contention(), "the door repeats the work, which then finds the answer");
        let expire = |database: &mut TestDatabase, before| {
            database.write(|session| request_keys::expire_answers(session, before)).unwrap()
        };
        assert_eq!(expire(database, time("2020-01-01T00:00:00Z")), 0);
        assert_eq!(expire(database, time("2999-01-01T00:00:00Z")), 1);
        assert_eq!(find(database, "other").unwrap(), None);
    }
}
