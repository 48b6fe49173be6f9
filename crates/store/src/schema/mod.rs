//! The tables, one text for both engines, and the way from one version to the next.
//!
//! `{id}` stands for UUID or BLOB, `{bytes}` for BYTEA or BLOB, `{strict}` for STRICT on SQLite,
//! `{compact}` for the same of a table that is nothing but its key.
//! A change is a new file with the next number; a published file is never edited.

use crate::db::{DbError, Engine, Tx, vals};
use crate::store::{OpenError, Store};

/// Number and text, in the order they are applied in. A number that an older database lacks is
/// applied also when it has a higher one.
pub(crate) const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("0001_spine.sql")),
    (10, include_str!("0010_keeping.sql")),
    (20, include_str!("0020_imports.sql")),
    (30, include_str!("0030_loop.sql")),
    (40, include_str!("0040_approvals.sql")),
    (50, include_str!("0050_lists.sql")),
    (60, include_str!("0060_alerts.sql")),
    (70, include_str!("0070_linkage.sql")),
    (80, include_str!("0080_appeals.sql")),
    (90, include_str!("0090_undo.sql")),
    (100, include_str!("0100_limits.sql")),
    (110, include_str!("0110_door.sql")),
    (120, include_str!("0120_file_codes.sql")),
    (130, include_str!("0130_closing.sql")),
];

/// How a step begins on the server.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";

fn dialect(text: &str, engine: Engine) -> String {
    let (id, bytes, path, strict, zero) = match engine {
        Engine::Sqlite => ("BLOB", "BLOB", "TEXT", "STRICT", "zeroblob(32)"),
        Engine::Postgres => (
            "UUID",
            "BYTEA",
            "TEXT COLLATE \"C\"",
            "",
            "decode(repeat('00', 32), 'hex')",
        ),
    };
    let compact = match engine {
        Engine::Sqlite => "STRICT, WITHOUT ROWID",
        Engine::Postgres => "",
    };
    let text = text
        .replace("{id}", id)
        .replace("{bytes}", bytes)
        .replace("{strict}", strict)
        .replace("{compact}", compact)
        .replace("{path}", path)
        .replace("{zero32}", zero);
    match engine {
        Engine::Sqlite => text.replace("BIGINT", "INTEGER"),
        Engine::Postgres => text,
    }
}

/// Brings the database to the newest version; refuses one from the future.
pub(crate) fn migrate(store: &Store) -> Result<(), OpenError> {
    let found = store.upkeep_in(BEGIN, |tx: &mut Tx<'_>| {
        if tx.engine() == Engine::Postgres {
            // Of several nodes that start on an empty server, one makes the first table.
            tx.script("SELECT pg_advisory_xact_lock(7042)")?;
        }
        tx.script("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")?;
        tx.value::<i64>(
            "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_version",
            &[],
        )
    })?;
    let known = MIGRATIONS.iter().map(|(version, _)| *version).max();
    let known = known.unwrap_or_default();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let made: Vec<i64> = store.read(|tx| {
        tx.rows("SELECT version FROM schema_version", &[])?
            .iter()
            .map(|row| row.get(0))
            .collect::<Result<_, DbError>>()
    })?;
    for (version, text) in MIGRATIONS {
        if !made.contains(version) {
            store.upkeep_in(BEGIN, move |tx: &mut Tx<'_>| apply(tx, *version, text))?;
        }
    }
    Ok(())
}

/// One step, unless another program that started at the same time has made it.
fn apply(tx: &mut Tx<'_>, version: i64, text: &str) -> Result<(), DbError> {
    let engine = tx.engine();
    if engine == Engine::Postgres {
        // A large table takes its time to be indexed, here and by a program that comes first.
        tx.script("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")?;
        tx.script("LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE")?;
    }
    let made: i64 = tx.value(
        "SELECT COUNT(*) FROM schema_version WHERE version = $1",
        &vals![version],
    )?;
    if made == 0 {
        tx.script(&dialect(text, engine))?;
        tx.exec(
            "INSERT INTO schema_version (version) VALUES ($1)",
            &vals![version],
        )?;
    }
    Ok(())
}
