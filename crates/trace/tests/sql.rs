//! The same questions as SQL: the text that the benchmark runs in other engines, on SQLite.

use fangxian_trace::ask::companions::LongStay;
use fangxian_trace::{Contact, Moment, Person, Place, Window};
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

const COMPANIONS: &str = "
with cv as (
  select place, max(s, :from) as s, min(e, :to) as e, imputed from stay
  where person = :case and s < :to and e > :from),
cstay as (select place, sum(e - s) as stay from cv group by place),
p as (
  select cv.place as place, v.person as contact, max(v.s, cv.s) as s, min(v.e, cv.e) as e,
    v.imputed | cv.imputed as imputed
  from cv join stay v on v.place = cv.place
  where v.s < cv.e and v.e > cv.s and v.person <> :case and min(v.e, cv.e) - max(v.s, cv.s) >= :shortest),
g as (select contact, count(*) as n, sum(e - s) as total, min(s), max(e), sum(imputed), place
  from p group by place, contact),
ostay as (select place, person, sum(min(e, :to) - max(s, :from)) as stay from stay
  where s < :to and e > :from group by place, person)
select g.*, k.stay, o.stay from g join cstay k on k.place = g.place
  join ostay o on o.place = g.place and o.person = g.contact
where k.stay >= :long or o.stay >= :long order by g.place, g.total desc, g.contact";

const POINTS: &str = "
select person, count(*), sum(min(e, :to) - max(s, :from)) as total, min(max(s, :from)), max(min(e, :to)),
  sum(imputed), place
from stay where s < :to and e > :from and place in (
  select place from stay where person = :case and s < :to and e > :from
    and min(e, :to) - max(s, :from) >= :shortest)
group by place, person order by place, total desc, person";

const PAIRS: &str = "
with cv as (
  select person, place, max(s, :from) as s, min(e, :to) as e, imputed
  from stay join (select distinct person from sick) using (person) where s < :to and e > :from)
select b.person, count(*), sum(min(a.e, b.e) - max(a.s, b.s)), min(max(a.s, b.s)), max(min(a.e, b.e)),
  sum(a.imputed | b.imputed), a.place, a.person
from cv a join cv b on b.place = a.place and a.person < b.person
where min(a.e, b.e) - max(a.s, b.s) >= :shortest
group by a.person, b.person, a.place order by a.person, b.person, a.place";

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

    pub fn companions(
        &self,
        case: u64,
        window: Window,
        shortest: u32,
        long: u64,
    ) -> Vec<(Place, Contact, LongStay)> {
        let mut statement = self.0.prepare_cached(COMPANIONS).unwrap();
        let parameters = named_params! {
            ":case": case.cast_signed(), ":from": window.from.0, ":to": window.to.0, ":shortest": shortest,
            ":long": long.cast_signed()
        };
        let rows = statement.query_map(parameters, |row| {
            let stay = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
            let because = if stay(7)? >= long {
                LongStay::OfTheCase(stay(7)?)
            } else {
                LongStay::OfTheOther(stay(8)?)
            };
            Ok((Place(stay(6)?), contact(row)?, because))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    pub fn points(&self, case: u64, window: Window, shortest: u32) -> Vec<(Place, Contact)> {
        let mut statement = self.0.prepare_cached(POINTS).unwrap();
        let parameters = named_params! {
            ":case": case.cast_signed(), ":from": window.from.0, ":to": window.to.0, ":shortest": shortest
        };
        let rows = statement.query_map(parameters, |row| {
            Ok((Place(row.get::<_, i64>(6)?.cast_unsigned()), contact(row)?))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Which of the cases met: the smaller pseudonym, where, the other.
    pub fn pairs(
        &self,
        cases: &[u64],
        window: Window,
        shortest: u32,
    ) -> Vec<(Person, Place, Contact)> {
        self.sick(cases);
        let mut statement = self.0.prepare_cached(PAIRS).unwrap();
        let parameters = named_params! {
            ":from": window.from.0, ":to": window.to.0, ":shortest": shortest
        };
        let rows = statement.query_map(parameters, |row| {
            let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
            Ok((Person(number(7)?), Place(number(6)?), contact(row)?))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    fn sick(&self, cases: &[u64]) {
        self.0.execute("delete from sick", ()).unwrap();
        for case in cases {
            self.0
                .execute("insert into sick values (?)", [case.cast_signed()])
                .unwrap();
        }
    }

    pub fn ring2(&self, cases: &[u64], window: Window, shortest: u32, close: u64) -> Vec<Contact> {
        self.sick(cases);
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
