//! The same questions as SQL: the text that the benchmark runs in other engines, on SQLite.

use fangxian_trace::{Contact, Moment, Person, Window};
use rusqlite::{Connection, Row, named_params};

use crate::world::Plain;

/// Stays in a table.
#[derive(Debug)]
pub struct Sql(Connection);

const CONTACTS: &str = "
with cv as (
  select person, place, max(s, :from) as s, min(e, :to) as e, imputed from stay
  where person = :case and s < :to and e > :from),
p as (
  select v.person as contact, max(v.s, cv.s) as s, min(v.e, cv.e) as e, v.imputed | cv.imputed as imputed
  from cv join stay v on v.place = cv.place
  where v.s < cv.e and v.e > cv.s and v.person <> cv.person and min(v.e, cv.e) - max(v.s, cv.s) >= :shortest)
select contact, count(*), sum(e - s), min(s), max(e), sum(imputed) from p group by contact
order by sum(e - s) desc, contact";

const RING_TWO: &str = "
with cv as (
  select c.person as person, place, max(s, :from) as s, min(e, :to) as e
  from stay join (select distinct person from sick) c using (person) where s < :to and e > :from),
p as (
  select cv.person as sick, v.person as contact, max(v.s, cv.s) as s, min(v.e, cv.e) as e
  from cv join stay v on v.place = cv.place
  where v.s < cv.e and v.e > cv.s and v.person <> cv.person and min(v.e, cv.e) - max(v.s, cv.s) >= :shortest),
r1 as (select contact as pid, min(first_s) as since from
   (select sick, contact, sum(e - s) as total, min(s) as first_s from p group by sick, contact) t
   where total >= :close and contact not in (select person from sick) group by contact),
rv as (select r1.pid as pid, place, max(v.s, r1.since) as s, v.e as e, imputed
  from stay v join r1 on v.person = r1.pid where v.e > r1.since),
p2 as (select v.person as contact, max(v.s, rv.s) as s, min(v.e, rv.e) as e, v.imputed | rv.imputed as imputed
  from rv join stay v on v.place = rv.place
  where v.s < rv.e and v.e > rv.s and v.person <> rv.pid and min(v.e, rv.e) - max(v.s, rv.s) >= :shortest)
select contact, count(*), sum(e - s), min(s), max(e), sum(imputed) from p2
where contact not in (select pid from r1) and contact not in (select person from sick)
group by contact order by sum(e - s) desc, contact";

impl Sql {
    pub fn of(stays: &[Plain]) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "create table stay (person, place, s, e, imputed); create table sick (person);
                 create index by_place on stay (place, s);",
            )
            .unwrap();
        for s in stays {
            let values = (
                s.person.cast_signed(),
                s.place.cast_signed(),
                s.start,
                s.end,
                s.imputed,
            );
            connection
                .execute("insert into stay values (?, ?, ?, ?, ?)", values)
                .unwrap();
        }
        Self(connection)
    }

    pub fn contacts(&self, case: u64, window: Window, shortest: u32) -> Vec<Contact> {
        let mut statement = self.0.prepare_cached(CONTACTS).unwrap();
        let parameters = named_params! {
            ":case": case.cast_signed(), ":from": window.from.0, ":to": window.to.0, ":shortest": shortest
        };
        statement
            .query_map(parameters, contact)
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    pub fn ring2(&self, cases: &[u64], window: Window, shortest: u32, close: u64) -> Vec<Contact> {
        self.0.execute("delete from sick", ()).unwrap();
        for case in cases {
            self.0
                .execute("insert into sick values (?)", [case.cast_signed()])
                .unwrap();
        }
        let mut statement = self.0.prepare_cached(RING_TWO).unwrap();
        let parameters = named_params! {
            ":from": window.from.0, ":to": window.to.0, ":shortest": shortest, ":close": close.cast_signed()
        };
        statement
            .query_map(parameters, contact)
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }
}

fn contact(row: &Row<'_>) -> rusqlite::Result<Contact> {
    Ok(Contact {
        person: Person(row.get::<_, i64>(0)?.cast_unsigned()),
        overlaps: row.get(1)?,
        seconds: row.get::<_, i64>(2)?.cast_unsigned(),
        first: Moment(row.get(3)?),
        last: Moment(row.get(4)?),
        imputed: row.get(5)?,
    })
}
