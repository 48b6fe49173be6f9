//! What came in and how people are classed, as counts for the command screen. Sealed diseases are
//! left out: a count of one in a small place names the person.

use fangxian_base::Instant;

use crate::AreaRange;
use crate::assessments::CASE;
use crate::db::{DbError, Tx, Val, vals};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The condition that `column` lies in the area; its bounds follow the values that are there.
fn within(area: &AreaRange, column: &str, values: &mut Vec<Val>) -> String {
    if area.is_everywhere() {
        return "1 = 1".to_owned();
    }
    values.push(area.from.as_str().into());
    values.push(area.to.as_str().into());
    let (from, to) = (values.len() - 1, values.len());
    format!("{column} IN (SELECT y.id FROM area y WHERE y.path >= ${from} AND y.path < ${to})")
}

/// How many records were received on each day since `from`, as days after it; days without any are
/// left out. `from` is the beginning of a civil day in a zone without summer time.
pub fn received_by_day(
    tx: &mut Tx<'_>,
    area: &AreaRange,
    from: Instant,
) -> Result<Vec<(i64, i64)>, DbError> {
    let mut values = vals![from, DAY].to_vec();
    let inside = within(area, "r.area_id", &mut values);
    tx.rows(
        &format!(
            "SELECT (r.received_at - $1) / $2 AS day, COUNT(*) FROM record r
             WHERE r.received_at >= $1 AND r.confined = 0 AND {inside} GROUP BY 1 ORDER BY 1"
        ),
        &values,
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// How many records were received since `from`, by channel.
pub fn received_by_channel(
    tx: &mut Tx<'_>,
    area: &AreaRange,
    from: Instant,
) -> Result<Vec<(String, i64)>, DbError> {
    let mut values = vals![from].to_vec();
    let inside = within(area, "r.area_id", &mut values);
    tx.rows(
        &format!(
            "SELECT r.channel, COUNT(*) FROM record r
             WHERE r.received_at >= $1 AND r.confined = 0 AND {inside}
             GROUP BY r.channel ORDER BY r.channel"
        ),
        &values,
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// People of a class, or contacts of a kind, in a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classed {
    /// The response's title in Chinese and English.
    pub response: [String; 2],
    /// The class's code.
    pub class: Option<String>,
    /// The code of the kind of contact.
    pub contact: Option<String>,
    /// How many people.
    pub count: i64,
}

/// People by class and kind of contact, response by response.
pub fn classed(tx: &mut Tx<'_>, area: &AreaRange) -> Result<Vec<Classed>, DbError> {
    let mut values = vals![CASE].to_vec();
    let inside = within(area, "p.area_id", &mut values);
    tx.rows(
        &format!(
            "SELECT s.title_zh, s.title_en, a.class, a.category, COUNT(*) FROM assessment a
             JOIN person p ON p.id = a.person_id
             JOIN response s ON s.id = a.response_id
             WHERE a.scheme = $1 AND p.confined = 0 AND s.closed_at IS NULL
               AND (a.class IS NOT NULL OR a.category IS NOT NULL) AND {inside}
             GROUP BY s.title_zh, s.title_en, s.opened_at, a.class, a.category
             ORDER BY s.opened_at, a.class, a.category"
        ),
        &values,
    )?
    .iter()
    .map(|row| {
        Ok(Classed {
            response: [row.get(0)?, row.get(1)?],
            class: row.get(2)?,
            contact: row.get(3)?,
            count: row.get(4)?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BEGIN, each_engine, record, response, tree};

    #[test]
    fn what_came_in_is_counted_by_day_channel_and_area() {
        each_engine(|store, clock| {
            let (tree, noro) = (tree(&store), response(&store, "norovirus"));
            record(&store, noro, Some(tree.grids[0]));
            record(&store, noro, None);
            clock.advance_minutes(24 * 60);
            record(&store, noro, Some(tree.grids[7]));
            let township = AreaRange::below("a.01.");
            let (days, channels, there, none) = store
                .read(|tx| {
                    Ok::<_, DbError>((
                        received_by_day(tx, &AreaRange::everywhere(), BEGIN)?,
                        received_by_channel(tx, &AreaRange::everywhere(), BEGIN.plus_hours(1))?,
                        received_by_day(tx, &township, BEGIN)?,
                        classed(tx, &township)?,
                    ))
                })
                .unwrap();
            assert_eq!(days, [(0, 2), (1, 1)]);
            assert_eq!(channels.iter().map(|(_, n)| n).sum::<i64>(), 1);
            assert_eq!(there, [(0, 1)]);
            assert!(none.is_empty());
        });
    }
}
