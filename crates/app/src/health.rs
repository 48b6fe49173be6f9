//! How the installation is: database, audit trail, disk, queue, clock. Nothing personal.
//!
//! [`App::ready`] is for machines that route requests; [`App::health`] is the page for people.

use std::time::Instant as Stopwatch;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{Instant, Text};
use fangxian_store::{Engine, audit, queue};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{App, Result, Who};

/// Below this much room a disk is called nearly full, and the program no longer ready.
const ROOM_MIN: u64 = 256 << 20;
/// An entry that waits longer than this for its seal means that upkeep does not run.
const UNSEALED_SECONDS_MAX: i64 = 120;
/// LIMIT: queued messages and jobs shown.
const QUEUE_MAX: i64 = 200;

/// How the installation is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HealthView {
    /// The program's version.
    pub program: String,
    /// `sqlite` or `postgresql`.
    pub engine: String,
    /// How long a small question to the database took, in milliseconds.
    pub database_ms: f64,
    /// The version of the tables.
    pub schema: i64,
    /// The last place in the sealed order.
    pub last_seal: i64,
    /// When that was sealed.
    pub last_sealed_at: Option<Instant>,
    /// Entries not sealed yet.
    pub unsealed: i64,
    /// How long the oldest of them has waited, in seconds.
    pub unsealed_seconds: i64,
    /// Room on the disk that holds the data, in bytes.
    pub disk_free: Option<u64>,
    /// The size of that disk, in bytes.
    pub disk_total: Option<u64>,
    /// Whether the room is too small.
    pub disk_nearly_full: bool,
    /// Messages and jobs that wait.
    pub queue_waiting: i64,
    /// Messages and jobs that were given up.
    pub queue_dead: i64,
    /// How late the oldest of those that wait is, in seconds.
    pub queue_late_seconds: i64,
    /// The installation's clock.
    pub now: Instant,
    /// The clock of the machine.
    pub machine_now: Instant,
    /// The time zone.
    pub zone: String,
    /// What stands against being ready; empty: ready.
    pub not_ready: Vec<Text>,
}

/// A message or job that waits or was given up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct QueuedView {
    /// The id.
    pub id: String,
    /// `message` or `job`.
    pub what: String,
    /// Template or kind.
    pub kind: String,
    /// `waiting`, `leased` or `dead`.
    pub state: String,
    /// When it is due next.
    pub run_at: Instant,
    /// Attempts so far.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl App {
    /// How the installation is.
    pub fn health(&self, who: &Who) -> Result<HealthView> {
        self.permit(
            who,
            Action::HealthView,
            &Resource::Installation,
            Purpose::Administration,
        )?;
        self.health_now()
    }

    /// The same for whoever runs the command line.
    pub fn health_now(&self) -> Result<HealthView> {
        let now = self.now();
        let watch = Stopwatch::now();
        let schema = self.store().schema_version()?;
        let database_ms = watch.elapsed().as_secs_f64() * 1_000.0;
        let (seal, queue) =
            self.read(|tx| Ok((audit::seal_state(tx)?, queue::queue_state(tx)?)))?;
        let seconds = |since: Option<Instant>| {
            since.map_or(0, |at| ((now.millis() - at.millis()) / 1_000).max(0))
        };
        let (disk_free, disk_total) = self.room().unzip();
        let unsealed_seconds = seconds(seal.oldest_unsealed_at);
        let mut view = HealthView {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            engine: match self.store().engine() {
                Engine::Sqlite => "sqlite".to_owned(),
                Engine::Postgres => "postgresql".to_owned(),
            },
            database_ms,
            schema,
            last_seal: seal.last_seal,
            last_sealed_at: seal.last_sealed_at,
            unsealed: seal.unsealed,
            unsealed_seconds,
            disk_free,
            disk_total,
            disk_nearly_full: disk_free.is_some_and(|free| free < ROOM_MIN),
            queue_waiting: queue.waiting,
            queue_dead: queue.dead,
            queue_late_seconds: seconds(queue.oldest_due),
            now,
            machine_now: self.wall_now(),
            zone: self.settings().zone.name().to_owned(),
            not_ready: Vec::new(),
        };
        if view.disk_nearly_full {
            view.not_ready
                .push(Text::new("磁盘空间即将用尽", "the disk is nearly full"));
        }
        if unsealed_seconds > UNSEALED_SECONDS_MAX {
            view.not_ready.push(Text::new(
                "审计记录未能按时封存",
                "audit entries are not being sealed",
            ));
        }
        Ok(view)
    }

    /// Whether requests may be sent here; the error says why not.
    ///
    /// # Errors
    /// The reasons, when the database is away, the disk nearly full, or sealing stands still.
    pub fn ready(&self) -> Result<(), Vec<Text>> {
        match self.health_now() {
            Ok(view) if view.not_ready.is_empty() => Ok(()),
            Ok(view) => Err(view.not_ready),
            Err(error) => {
                error.log();
                Err(vec![Text::new(
                    "数据库没有响应",
                    "the database does not answer",
                )])
            }
        }
    }

    /// Messages and jobs that wait or were given up.
    pub fn queue_list(&self, who: &Who) -> Result<Vec<QueuedView>> {
        self.permit(
            who,
            Action::JobsView,
            &Resource::Installation,
            Purpose::Administration,
        )?;
        let rows = self.read(|tx| Ok(queue::queue_list(tx, QUEUE_MAX)?))?;
        Ok(rows
            .into_iter()
            .map(|row| QueuedView {
                id: row.id,
                what: row.what.to_owned(),
                kind: row.kind,
                state: row.state,
                run_at: row.run_at,
                attempts: row.attempts,
                last_error: row.last_error,
            })
            .collect())
    }

    /// Free and total bytes of the disk that holds the data, where the system tells.
    fn room(&self) -> Option<(u64, u64)> {
        let disk = rustix::fs::statvfs(self.store().data_dir()).ok()?;
        Some((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
    }
}
