//! The tables as Diesel sees them. The DDL is in `migrations/`; columns that nothing here reads are left out.
//!
//! Only types that exist on all engines: flags are `Bool`, times `Timestamp`, JSON `Text`, and `images.visibility`
//! is read as `Text` (an enum on PostgreSQL and MySQL; `dialect::word` writes it).

diesel::table! {
    images (id) {
        id -> Text,
        name -> Nullable<Text>,
        size -> Nullable<BigInt>,
        status -> Text,
        created_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
        disk_format -> Nullable<Text>,
        container_format -> Nullable<Text>,
        checksum -> Nullable<Text>,
        owner -> Nullable<Text>,
        min_disk -> Integer,
        min_ram -> Integer,
        protected -> Bool,
        virtual_size -> Nullable<BigInt>,
        visibility -> Text,
        os_hidden -> Bool,
        os_hash_algo -> Nullable<Text>,
        os_hash_value -> Nullable<Text>,
    }
}

diesel::table! {
    image_properties (id) {
        id -> Integer,
        image_id -> Text,
        name -> Text,
        value -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
    }
}

diesel::table! {
    image_tags (id) {
        id -> Integer,
        image_id -> Text,
        value -> Text,
        created_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
    }
}

diesel::table! {
    image_locations (id) {
        id -> Integer,
        image_id -> Text,
        value -> Text,
        created_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
        meta_data -> Nullable<Text>,
        status -> Text,
    }
}

diesel::table! {
    image_members (id) {
        id -> Integer,
        image_id -> Text,
        member -> Text,
        can_share -> Bool,
        created_at -> Timestamp,
        updated_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
        status -> Text,
    }
}

diesel::table! {
    tasks (id) {
        id -> Text,
        deleted_at -> Nullable<Timestamp>,
        deleted -> Bool,
    }
}

diesel::table! {
    task_info (task_id) {
        task_id -> Text,
    }
}

diesel::table! {
    alembic_version (version_num) {
        version_num -> Text,
    }
}

diesel::table! {
    rs_schema (version) {
        version -> Integer,
    }
}

diesel::table! {
    rs_image_versions (image_id) {
        image_id -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    rs_leases (id) {
        id -> Text,
        kind -> Text,
        resource -> Text,
        image_id -> Nullable<Text>,
        holder -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        detail -> Text,
    }
}

diesel::table! {
    rs_quota_locks (project) {
        project -> Text,
        changes -> BigInt,
    }
}

diesel::table! {
    rs_reservations (lease_id) {
        lease_id -> Text,
        project -> Text,
        kind -> Text,
        bytes -> BigInt,
    }
}

diesel::table! {
    rs_request_keys (request_key) {
        request_key -> Text,
        digest -> Text,
        status -> Integer,
        body -> Text,
        created_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    images,
    image_properties,
    image_tags,
    image_locations,
    image_members,
    rs_image_versions,
);
diesel::allow_tables_to_appear_in_same_query!(tasks, task_info);
