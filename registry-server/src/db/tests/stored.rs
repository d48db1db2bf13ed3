//! What a column holds and gives back: texts, times, NULLs, encrypted URLs.

use glance_common::model::{Image, ImageId, ImageStatus, Visibility};
use glance_common::registry_api::{ImageFields, ImageUpdate, NewImage, Patch};

use super::on_every_engine;
use super::support::{admin, kept, location, new_image, time};
use crate::db::queries::images;
use crate::db::{DbError, Engine};

/// An image with everything.
fn full_image() -> NewImage {
    NewImage {
        id: Some(ImageId::parse("6b1e2f7a-0c1d-4e5f-8a9b-0c1d2e3f4a5b").unwrap()),
        name: Some("Zürich ☃".to_owned()),
        status: ImageStatus::Active,
        visibility: Visibility::Community,
        size: Some(5_000_000_000),
        virtual_size: Some(i64::MAX),
        disk_format: Some("qcow2".to_owned()),
        container_format: Some("bare".to_owned()),
        checksum: Some("d41d8cd98f00b204e9800998ecf8427e".to_owned()),
        os_hash_algo: Some("sha512".to_owned()),
        os_hash_value: Some("cf83".repeat(32)),
        min_disk: 2_147_483_647,
        min_ram: 512,
        protected: true,
        os_hidden: true,
        created_at: Some(time("2026-01-02T03:04:05.100000Z")),
        updated_at: Some(time("2026-01-02T03:04:06Z")),
        properties: [("os_distro", Some("debian")), ("empty", Some("")), ("none", None)]
            .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
            .into(),
        tags: ["b", "a", "b", "c"].map(str::to_owned).to_vec(),
        locations: vec![location("file:///a"), location("file:///b")],
        ..new_image()
    }
}

on_every_engine! {
    fn an_image_comes_back_as_it_was_given(database) {
        database.prepared();
        let new = full_image();
        let created = database.create(&new);
        assert_eq!(database.get(created.id.as_str()), created);
        let engine = database.engine();
        let expected = Image {
            id: new.id.unwrap(),
            name: new.name,
            status: new.status,
            visibility: new.visibility,
            owner: new.owner,
            size: new.size,
            virtual_size: new.virtual_size,
            disk_format: new.disk_format,
            container_format: new.container_format,
            checksum: new.checksum,
            os_hash_algo: new.os_hash_algo,
            os_hash_value: new.os_hash_value,
            min_disk: new.min_disk,
            min_ram: new.min_ram,
            protected: true,
            os_hidden: true,
            created_at: kept(engine, new.created_at.unwrap()),
            updated_at: kept(engine, new.updated_at.unwrap()),
            deleted_at: None,
            deleted: false,
            properties: new.properties,
            tags: ["b", "a", "c"].map(str::to_owned).to_vec(),
            locations: created.locations.clone(),
            membership: None,
            version: 1,
        };
        assert_eq!(created, expected);
        let urls: Vec<_> = created.locations.iter().map(|location| location.url.as_str()).collect();
        assert_eq!(urls, ["file:///a", "file:///b"]);
    }

    fn every_visibility_survives(database) {
        database.prepared();
        for visibility in Visibility::ALL {
            let image = database.create(&NewImage { visibility: *visibility, ..new_image() });
            assert_eq!(database.get(image.id.as_str()).visibility, *visibility);
            for other in Visibility::ALL {
                let set = ImageFields { visibility: Patch::Set(*other), ..ImageFields::default() };
                let update = ImageUpdate { set, ..ImageUpdate::default() };
                let image = database
                    .write(|session| images::update_image(session, &admin(), image.id.as_str(), &update))
                    .unwrap();
                assert_eq!(image.visibility, *other);
            }
        }
    }

    fn times_are_stored_in_the_form_of_the_engine(database) {
        database.prepared();
        let new = NewImage { created_at: Some(time("2026-01-02T03:04:05.900000Z")), ..new_image() };
        let image = database.create(&new);
        assert_eq!(image.updated_at, image.created_at);
        let query = format!("SELECT CAST(created_at AS {}) AS answer FROM images", database.text_type());
        let stored = match database.engine() {
            Engine::Sqlite => "2026-01-02 03:04:05.900000",
            Engine::Postgres => "2026-01-02 03:04:05.9",
            Engine::Mysql => "2026-01-02 03:04:05",
        };
        assert_eq!(database.text(&query), stored);
    }

    fn an_empty_owner_is_none(database) {
        database.prepared();
        let image = database.create(&NewImage { owner: Some(String::new()), ..new_image() });
        assert_eq!(image.owner, None);
        assert_eq!(database.texts("SELECT owner AS answer FROM images"), [None]);
    }

    fn an_id_is_given_out_once(database) {
        database.prepared();
        let image = database.create(&new_image());
        let again = NewImage { id: Some(image.id.clone()), ..new_image() };
        let error = database.write(|session| images::create_image(session, &admin(), &again)).unwrap_err();
        assert!(matches!(&error, DbError::Duplicate(text) if *text == format!("Image ID {} already exists!", image.id)));
    }

    fn location_metadata_is_spaced_json(database) {
        database.prepared();
        let mut new = location("file:///a");
        new.metadata.insert("label".to_owned(), serde_json::json!(["é", {"b": 1, "a": null}]));
        database.create(&NewImage { locations: vec![new], ..new_image() });
        let stored = database.text("SELECT meta_data AS answer FROM image_locations");
        assert_eq!(stored, r#"{"store": "fast", "label": ["\u00e9", {"b": 1, "a": null}]}"#);
    }

    fn location_rows_of_old_services_are_read(database) {
        database.prepared();
        let image = database.create(&NewImage { locations: vec![location("a"), location("b")], ..new_image() });
        database.execute(
            "UPDATE image_locations SET meta_data = '{\"backend\": \"slow\"}' WHERE value = 'a';
             UPDATE image_locations SET meta_data = NULL WHERE value = 'b'",
        );
        let image = database.get(image.id.as_str());
        assert_eq!(image.locations[0].metadata.get("store"), Some(&"slow".into()));
        assert!(image.locations[1].metadata.is_empty());
    }

    fn urls_are_encrypted_when_a_key_is_set(database) {
        database.prepared();
        let plain = database.create(&NewImage { locations: vec![location("file:///plain")], ..new_image() });
        database.encrypt("0123456789abcdef");
        let sealed = database.create(&NewImage { locations: vec![location("file:///sealed")], ..new_image() });
        assert_eq!(sealed.locations[0].url, "file:///sealed");
        assert_eq!(database.get(plain.id.as_str()).locations[0].url, "file:///plain");
        let stored = database.text(&format!(
            "SELECT value AS answer FROM image_locations WHERE image_id = '{}'", sealed.id
        ));
        assert!(!stored.contains("sealed") && !stored.contains(':'), "{stored}");
    }

    fn what_no_column_holds_is_refused(database) {
        database.prepared();
        let text = |text: &str| Some(text.to_owned());
        let table = [
            (NewImage { name: text("😀"), ..new_image() }, "Name can't contain 4 byte unicode characters."),
            (NewImage { name: text(&"x".repeat(256)), ..new_image() }, "name can have 255 characters at most"),
            (NewImage { name: text("a\0b"), ..new_image() }, "name cannot contain a NUL character"),
            (NewImage { owner: text(&"x".repeat(256)), ..new_image() }, "owner can have 255 characters at most"),
            (NewImage { tags: vec!["😀".to_owned()], ..new_image() }, "Param values can't contain 4 byte unicode."),
            (
                NewImage { properties: [("😀".to_owned(), None)].into(), ..new_image() },
                "Property names can't contain 4 byte unicode.",
            ),
            (
                NewImage { properties: [("os_x".to_owned(), text("😀"))].into(), ..new_image() },
                "Os_X can't contain 4 byte unicode characters.",
            ),
            (
                NewImage { locations: vec![location(&"x".repeat(65_536))], ..new_image() },
                "the URL of a location can have 65535 bytes at most, and no NUL",
            ),
        ];
        for (new, message) in table {
            let error = database.write(|session| images::create_image(session, &admin(), &new)).unwrap_err();
            assert!(matches!(&error, DbError::Invalid(text) if text == message), "{error:?}");
        }
        assert!(database.texts("SELECT id AS answer FROM images").is_empty());
        let longest = NewImage { name: text(&"é".repeat(255)), ..new_image() };
        assert_eq!(database.create(&longest).name, longest.name);
    }
}
