//! The figures of the command screen: what is open, what is late, by area.

use fangxian_base::{AreaId, Date, Instant};

use crate::AreaRange;
use crate::db::{DbError, Tx, Val, vals};

/// What is open and late in an area and below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AreaFigures {
    /// Tasks waiting to be done.
    pub open: i64,
    /// Of these, past their time.
    pub overdue: i64,
    /// Of these, with a level above asked to help.
    pub raised: i64,
    /// Fed back, waiting for closing.
    pub to_close: i64,
    /// Reviews waiting for a look.
    pub reviews: i64,
    /// Statutory reports still to be sent.
    pub clocks_open: i64,
    /// Of these, past their time.
    pub clocks_late: i64,
    /// Measures before their organ.
    pub measures_proposed: i64,
    /// Measures in force today.
    pub measures_in_force: i64,
}

/// What a count is limited to.
struct Limits<'a> {
    area: &'a AreaRange,
    confined: bool,
}

impl Limits<'_> {
    /// The condition on rows of `x` with this area column; its values follow `first - 1` others.
    fn sql(&self, column: &str, first: usize) -> String {
        let open = if self.confined {
            "1 = 1"
        } else {
            "x.confined = 0"
        };
        if self.area.is_everywhere() {
            return open.to_owned();
        }
        format!(
            "{open} AND {column} IN (SELECT y.id FROM area y WHERE y.path >= ${first} AND y.path < ${})",
            first + 1
        )
    }

    /// The values: those given, then the bounds of the area.
    fn values(&self, mut values: Vec<Val>) -> Vec<Val> {
        if !self.area.is_everywhere() {
            let bounds = [
                Val::from(self.area.from.as_str()),
                Val::from(self.area.to.as_str()),
            ];
            values.extend(bounds);
        }
        values
    }
}

fn sum(condition: &str) -> String {
    format!("CAST(COALESCE(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END), 0) AS BIGINT)")
}

/// Counts an area and everything below it; sealed diseases are counted by whoever may know of
/// them only.
pub fn area_figures(
    tx: &mut Tx<'_>,
    area: &AreaRange,
    confined: bool,
    now: Instant,
    today: Date,
) -> Result<AreaFigures, DbError> {
    let limits = Limits { area, confined };
    let mut figures = AreaFigures::default();
    count_tasks(tx, &limits, now, &mut figures)?;
    figures.reviews = tx.value(
        &format!(
            "SELECT COUNT(*) FROM review x WHERE x.state IN ('first_look', 'second_look', 'asked')
             AND {}",
            limits.sql("x.area_id", 1)
        ),
        &limits.values(Vec::new()),
    )?;
    count_clocks(tx, &limits, now, &mut figures)?;
    count_measures(tx, &limits, today, &mut figures)?;
    Ok(figures)
}

fn count_tasks(
    tx: &mut Tx<'_>,
    limits: &Limits<'_>,
    now: Instant,
    figures: &mut AreaFigures,
) -> Result<(), DbError> {
    let waiting = "x.state IN ('open', 'received')";
    let row = tx.row(
        &format!(
            "SELECT {}, {}, {}, {} FROM task x WHERE x.state IN ('open', 'received', 'done')
             AND {}",
            sum(waiting),
            sum(&format!("{waiting} AND x.due_at < $1")),
            sum(&format!("{waiting} AND x.raised_area_id IS NOT NULL")),
            sum("x.state = 'done'"),
            limits.sql("x.holder_area_id", 2)
        ),
        &limits.values(vals![now].to_vec()),
    )?;
    if let Some(row) = row {
        (figures.open, figures.overdue) = (row.get(0)?, row.get(1)?);
        (figures.raised, figures.to_close) = (row.get(2)?, row.get(3)?);
    }
    Ok(())
}

fn count_clocks(
    tx: &mut Tx<'_>,
    limits: &Limits<'_>,
    now: Instant,
    figures: &mut AreaFigures,
) -> Result<(), DbError> {
    let row = tx.row(
        &format!(
            "SELECT COUNT(*), {} FROM
                 (SELECT k.due_at, k.area_id, k.confined FROM report_clock k
                  WHERE k.sent_at IS NULL AND k.ended_at IS NULL
                  UNION ALL
                  SELECT k.due_at, k.area_id, k.confined FROM alert_clock k
                  WHERE k.sent_at IS NULL AND k.ended_at IS NULL) x
             WHERE {}",
            sum("x.due_at < $1"),
            limits.sql("x.area_id", 2)
        ),
        &limits.values(vals![now].to_vec()),
    )?;
    if let Some(row) = row {
        (figures.clocks_open, figures.clocks_late) = (row.get(0)?, row.get(1)?);
    }
    Ok(())
}

fn count_measures(
    tx: &mut Tx<'_>,
    limits: &Limits<'_>,
    today: Date,
    figures: &mut AreaFigures,
) -> Result<(), DbError> {
    let row = tx.row(
        &format!(
            "SELECT {}, {} FROM measure x WHERE x.state IN ('proposed', 'held', 'decided', 'served')
             AND {}",
            sum("x.state = 'proposed'"),
            sum("x.state IN ('decided', 'served') AND x.starts_on <= $1
                 AND x.ends_on >= $1 AND x.suspended_at IS NULL"),
            limits.sql("x.area_id", 2)
        ),
        &limits.values(vals![today].to_vec()),
    )?;
    if let Some(row) = row {
        (figures.measures_proposed, figures.measures_in_force) = (row.get(0)?, row.get(1)?);
    }
    Ok(())
}

/// The figures of an area's children, in the order of their codes, each with everything below it.
pub fn figures_of_children(
    tx: &mut Tx<'_>,
    parent: AreaId,
    confined: bool,
    now: Instant,
    today: Date,
) -> Result<Vec<(crate::places::Area, AreaFigures)>, DbError> {
    let mut all = Vec::new();
    for child in crate::places::area_children(tx, parent)? {
        let range = AreaRange::below(&child.path);
        let figures = area_figures(tx, &range, confined, now, today)?;
        all.push((child, figures));
    }
    Ok(all)
}
