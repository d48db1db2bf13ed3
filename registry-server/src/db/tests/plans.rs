//! How lists are found where there are many images: along indexes, whoever asks.

use glance_common::context::RequestContext;
use glance_common::model::Visibility;
use glance_common::registry_api::{
    Comparison, Direction, Filter, ImageQuery, SortField, SortKey, TextField, TimeField, VisibilityFilter,
};

use super::on_every_engine;
use super::support::{TestDatabase, admin, time, user};
use crate::db::Engine;
use crate::db::queries::image_pages::explain::plans;
use crate::db::queries::images;

/// More rows than can be sorted in passing.
const ROWS: u32 = 20_000;

/// Many images: `few` owns 20 of them, `many` the others; one in a thousand is public.
fn populate(database: &mut TestDatabase) {
    database.prepared();
    let columns = "INSERT INTO images (id, name, status, created_at, updated_at, deleted, owner, min_disk, min_ram, \
                   visibility)";
    match database.engine() {
        Engine::Sqlite => database.execute(&format!(
            "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {ROWS}) {columns} \
             SELECT printf('%08x-0000-4000-8000-%012x', i, i), 'name' || i, 'active', \
             datetime('2020-01-01', '+' || i || ' minutes') || '.000000', \
             datetime('2020-01-01', '+' || i || ' minutes') || '.000000', 0, \
             CASE WHEN i % 1000 = 7 THEN 'few' ELSE 'many' END, 0, 0, \
             CASE WHEN i % 1000 = 0 THEN 'public' WHEN i % 2 = 0 THEN 'shared' ELSE 'private' END FROM numbers"
        )),
        Engine::Postgres => database.execute(&format!(
            "{columns} SELECT lpad(to_hex(i), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(i), 12, '0'), 'name' || i, \
             'active', timestamp '2020-01-01' + i * interval '1 minute', \
             timestamp '2020-01-01' + i * interval '1 minute', false, \
             CASE WHEN i % 1000 = 7 THEN 'few' ELSE 'many' END, 0, 0, \
             (CASE WHEN i % 1000 = 0 THEN 'public' WHEN i % 2 = 0 THEN 'shared' ELSE 'private' END)::image_visibility \
             FROM generate_series(1, {ROWS}) AS i; ANALYZE"
        )),
        Engine::Mysql => database.execute(&format!(
            "{columns} SELECT LOWER(CONCAT(LPAD(HEX(seq), 8, '0'), '-0000-4000-8000-', LPAD(HEX(seq), 12, '0'))), \
             CONCAT('name', seq), 'active', DATE_ADD('2020-01-01', INTERVAL seq MINUTE), \
             DATE_ADD('2020-01-01', INTERVAL seq MINUTE), 0, CASE WHEN seq % 1000 = 7 THEN 'few' ELSE 'many' END, 0, 0, \
             CASE WHEN seq % 1000 = 0 THEN 'public' WHEN seq % 2 = 0 THEN 'shared' ELSE 'private' END \
             FROM seq_1_to_{ROWS}; ANALYZE TABLE images"
        )),
    }
}

/// Rows that MySQL reads for the list, in tables and indexes, temporary ones included.
fn rows_read(database: &mut TestDatabase, context: &RequestContext, query: &ImageQuery) -> u32 {
    database.execute("FLUSH STATUS");
    images::list_images(&mut database.session(), context, query, 25).unwrap();
    let sum = "SELECT CAST(CAST(SUM(variable_value) AS INTEGER) AS CHAR) AS answer FROM \
               information_schema.session_status WHERE variable_name LIKE 'handler_read%'";
    database.text(sum).parse().unwrap()
}

/// No plan looks at every image, and none sorts more than what has the same time. MySQL chooses again with every value,
/// so that there the rows are counted that it really reads.
fn assert_frugal(database: &mut TestDatabase, context: &RequestContext, query: &ImageQuery) {
    let engine = database.engine();
    if engine == Engine::Mysql {
        // it cannot sort by further keys what an index gives in the order of the first; by default the id is the second,
        // which every index has
        if !query.sort.is_empty() && query.filters.is_empty() {
            return;
        }
        let rows = rows_read(database, context, query);
        assert!(rows < ROWS / 2, "{rows} rows are read: {query:?} {context:?}");
        return;
    }
    for plan in plans(&mut database.session(), context, query) {
        let (forbidden, by_index): (&[&str], &[&str]) = match engine {
            Engine::Sqlite => (&["SCAN images\n"], &["USING INDEX", "USING COVERING INDEX"]),
            _ => (&["Seq Scan on images"], &["Index"]),
        };
        let text = format!("{plan}\n");
        if text.contains("One-Time Filter: false") {
            // Two conditions exclude each other: nothing is looked at.
            continue;
        }
        assert!(forbidden.iter().all(|words| !text.contains(words)), "{query:?}\n{plan}");
        assert!(by_index.iter().any(|words| text.contains(words)), "{query:?}\n{plan}");
    }
}

fn by_name(direction: Direction) -> Vec<SortKey> {
    vec![SortKey { field: SortField::Name, direction }]
}

on_every_engine! {
    fn lists_go_along_indexes(database) {
        populate(database);
        let marker = Some("00002710-0000-4000-8000-000000002710".to_owned());
        let owner = Filter::Text { field: TextField::Owner, any_of: vec!["few".to_owned()] };
        let changed = Filter::Time {
            field: TimeField::UpdatedAt, op: Comparison::Gt, value: time("2020-01-14T21:00:00Z")
        };
        let queries = [
            ImageQuery::default(),
            ImageQuery { tie_direction: Direction::Asc, ..ImageQuery::default() },
            ImageQuery { marker: marker.clone(), ..ImageQuery::default() },
            ImageQuery { visibility: Some(VisibilityFilter::All), ..ImageQuery::default() },
            ImageQuery { visibility: Some(VisibilityFilter::Only(Visibility::Public)), ..ImageQuery::default() },
            ImageQuery { visibility: Some(VisibilityFilter::Only(Visibility::Shared)), ..ImageQuery::default() },
            ImageQuery { filters: vec![owner.clone()], ..ImageQuery::default() },
            ImageQuery { filters: vec![changed], ..ImageQuery::default() },
            ImageQuery {
                sort: vec![
                    SortKey { field: SortField::CreatedAt, direction: Direction::Asc },
                    SortKey { field: SortField::Name, direction: Direction::Desc },
                ],
                ..ImageQuery::default()
            },
            ImageQuery {
                filters: vec![Filter::Text { field: TextField::Status, any_of: vec!["active".to_owned()] }],
                ..ImageQuery::default()
            },
            ImageQuery {
                sort: vec![SortKey { field: SortField::UpdatedAt, direction: Direction::Desc }],
                ..ImageQuery::default()
            },
        ];
        for query in &queries {
            assert_frugal(database, &admin(), query);
            for project in ["few", "many", "none"] {
                let query = ImageQuery { marker: None, ..query.clone() };
                assert_frugal(database, &user(project), &query);
            }
        }
        // An order without an index is affordable where a condition leaves few rows.
        let narrow = ImageQuery { filters: vec![owner], sort: by_name(Direction::Asc), ..ImageQuery::default() };
        assert_frugal(database, &admin(), &narrow);
    }

    fn the_default_order_is_read_from_its_index(database) {
        populate(database);
        if database.engine() == Engine::Mysql {
            let rows = rows_read(database, &admin(), &ImageQuery::default());
            assert!(rows < ROWS / 4, "{rows} rows are read for one page");
            return;
        }
        let plan = plans(&mut database.session(), &admin(), &ImageQuery::default()).remove(0);
        let words: &[&str] = match database.engine() {
            Engine::Sqlite => &["USING INDEX created_at_image_idx", "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"],
            _ => &["Incremental Sort", "created_at_image_idx"],
        };
        assert!(words.iter().all(|words| plan.contains(words)), "{plan}");
    }
}
