//! A database's schema as a tree of texts, to be compared and kept as a golden file:
//! table → kind of thing → name → description.

use std::collections::BTreeMap;

use crate::database::{Database, Engine, Row};

/// Table → kind (column, index, constraint, …) → name → description.
pub type Schema = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;

/// Reads the schema of everything that Glance knows; our own tables (`rs_…`) and those of
/// migration tools are left out. The rows of `alembic_version` are part of it.
pub fn dump(database: &Database) -> Schema {
    let mut session = database.session();
    let queries: &[&str] = match database.engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
        Engine::MariaDb => MARIADB,
    };
    let mut rows: Vec<Row> = queries.iter().flat_map(|query| session.rows(query)).collect();
    rows.extend(session.rows(VERSIONS));
    let mut schema = Schema::new();
    for row in rows.into_iter().filter(|row| !is_ours(&row.place)) {
        let table = schema.entry(row.place.clone()).or_default();
        if row.kind == "definition" {
            let clauses = clauses(&row.detail);
            table.entry("constraint".into()).or_default().extend(clauses.map(|clause| (clause, String::new())));
        } else {
            table.entry(row.kind).or_default().insert(row.name, row.detail);
        }
    }
    schema
}

fn is_ours(table: &str) -> bool {
    table.starts_with("rs_") || table.starts_with("__") || table.starts_with("sqlite_")
}

/// The lines in which two schemas differ; `-` is only in the first, `+` only in the second.
pub fn differences(wanted: &Schema, found: &Schema) -> Vec<String> {
    let (wanted, found) = (lines(wanted), lines(found));
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("- {line}"));
    let extra = found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("+ {line}"));
    missing.chain(extra).collect()
}

fn lines(schema: &Schema) -> Vec<String> {
    let mut lines = Vec::new();
    for (table, kinds) in schema {
        for (kind, things) in kinds {
            lines.extend(things.iter().map(|(name, detail)| format!("{table}: {kind} {name}: {detail}")));
        }
    }
    lines
}

/// The constraint clauses of a CREATE TABLE statement, in one spelling. SQLite tells names of
/// unique constraints and the conditions of checks nowhere else.
fn clauses(statement: &str) -> impl Iterator<Item = String> {
    let body = statement.split_once('(').map_or("", |(_, rest)| rest);
    let body = body.rsplit_once(')').map_or(body, |(inner, _)| inner);
    split_at_commas(body).into_iter().map(|clause| one_spelling(&clause)).filter(|clause| {
        ["constraint ", "check ", "check(", "unique ", "unique("].iter().any(|start| clause.starts_with(start))
    })
}

fn split_at_commas(body: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0_u32);
    for letter in body.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts
}

fn one_spelling(clause: &str) -> String {
    let bare: String = clause.chars().filter(|letter| !matches!(letter, '"' | '`')).collect();
    let words: Vec<&str> = bare.split_whitespace().collect();
    words.join(" ").to_lowercase().replace(" (", "(").replace("( ", "(").replace(", ", ",")
}

const VERSIONS: &str = "SELECT 'row' AS kind, 'alembic_version' AS place, version_num AS name, '' AS detail \
    FROM alembic_version";

const SQLITE: &[&str] = &[
    "SELECT 'column' AS kind, m.name AS place, c.name AS name,
        c.type || CASE c.\"notnull\" WHEN 1 THEN ' not null' ELSE '' END
        || coalesce(' default ' || c.dflt_value, '')
        || CASE c.pk WHEN 0 THEN '' ELSE ' key ' || c.pk END AS detail
     FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    "SELECT 'index' AS kind, m.name AS place,
        CASE i.origin WHEN 'c' THEN i.name ELSE '(' || i.origin || ')' END AS name,
        CASE i.\"unique\" WHEN 1 THEN 'unique ' ELSE '' END || '(' ||
        (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' AS detail
     FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table'",
    "SELECT 'foreign key' AS kind, m.name AS place, f.\"from\" AS name,
        f.\"table\" || '(' || coalesce(f.\"to\", '') || ') ' || f.on_delete AS detail
     FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT 'definition' AS kind, name AS place, '' AS name, sql AS detail FROM sqlite_master WHERE type = 'table'",
];

const POSTGRES: &[&str] = &[
    "SELECT 'column' AS kind, c.relname::text AS place, a.attname::text AS name,
        format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS detail
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped",
    "SELECT 'index' AS kind, tablename::text AS place, indexname::text AS name, indexdef AS detail
     FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT 'constraint' AS kind, c.relname::text AS place, n.conname::text AS name, pg_get_constraintdef(n.oid) AS detail
     FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE n.connamespace = 'public'::regnamespace",
    "SELECT 'sequence' AS kind, coalesce(t.relname::text, '(none)') AS place, s.relname::text AS name,
        format_type(q.seqtypid, NULL) AS detail
     FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
     LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a' LEFT JOIN pg_class t ON t.oid = d.refobjid
     WHERE s.relnamespace = 'public'::regnamespace",
    "SELECT 'type' AS kind, t.typname::text AS place, 'labels' AS name,
        string_agg(e.enumlabel::text, ',' ORDER BY e.enumsortorder) AS detail
     FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY t.typname",
];

const MARIADB: &[&str] = &[
    "SELECT 'column' AS kind, table_name AS place, column_name AS name,
        concat(column_type, if(is_nullable = 'NO', ' not null', ''), if(column_default IS NULL, '',
        concat(' default ', column_default)), if(extra = '', '', concat(' ', extra)),
        if(collation_name IS NULL, '', concat(' ', collation_name))) AS detail
     FROM information_schema.columns WHERE table_schema = database()",
    "SELECT 'index' AS kind, table_name AS place, index_name AS name,
        concat(if(non_unique = 0, 'unique ', ''), '(', group_concat(column_name ORDER BY seq_in_index), ')') AS detail
     FROM information_schema.statistics WHERE table_schema = database()
     GROUP BY table_name, index_name, non_unique",
    "SELECT 'foreign key' AS kind, k.table_name AS place, k.constraint_name AS name,
        concat(k.column_name, ' -> ', k.referenced_table_name, '(', k.referenced_column_name, ') ', r.delete_rule) AS detail
     FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
     ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
     WHERE k.table_schema = database() AND k.referenced_table_name IS NOT NULL",
    "SELECT 'check' AS kind, table_name AS place, constraint_name AS name, check_clause AS detail
     FROM information_schema.check_constraints WHERE constraint_schema = database()",
    "SELECT 'table' AS kind, table_name AS place, 'storage' AS name, concat(engine, ' ', table_collation) AS detail
     FROM information_schema.tables WHERE table_schema = database() AND table_type = 'BASE TABLE'",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_told_from_columns() {
        let statement = "CREATE TABLE \"x\" (id INTEGER NOT NULL, ok BOOLEAN, \n PRIMARY KEY (id),\n \
            CONSTRAINT uq UNIQUE (id, ok), CHECK (ok IN (0, 1)))";
        let found: Vec<String> = clauses(statement).collect();
        assert_eq!(found, ["constraint uq unique(id,ok)", "check(ok in(0,1))"]);
    }
}
