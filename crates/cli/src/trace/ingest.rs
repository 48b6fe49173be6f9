//! `fangxian trace ingest FILE`: lines into the visit store.

use std::io::{BufRead, BufReader};
use std::path::Path;

use fangxian_trace::{Event, How, Moment, Person, Place, Refusal, Sighting, Store};
use serde_json::json;

use super::{Common, moment, now};
use crate::out::{self, Ended, Failed};

/// Lines that go to disk together.
const TOGETHER: usize = 10_000;
const HEADING: &str = "person,place,from,to,how,confidence";

/// Takes the lines; a line that does not read or is refused is named and the rest go on.
pub fn run(store: &Store, file: &Path, common: &Common) -> Result<Ended, Failed> {
    let input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(std::fs::File::open(file)?))
    };
    let stream = super::questions::stream(common);
    let mut taking = Taking {
        store,
        lines: Vec::new(),
        events: Vec::new(),
        counts: [0; 3],
        refused: Vec::new(),
    };
    let mut read = 0_u64;
    for (number, line) in (1_u64..).zip(input.lines()) {
        let line = line?;
        if number == 1 {
            if line.trim() != HEADING {
                return Err(Failed::new(both(
                    "第一行应为栏目名",
                    "the first line has to name the columns",
                ))
                .hint(HEADING));
            }
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        read += 1;
        match sighting(&line) {
            Ok(sighting) => {
                taking.lines.push(number);
                taking.events.push(Event::Seen(stream, sighting));
            }
            Err(why) => taking.refused.push((number, why)),
        }
        if taking.events.len() == TOGETHER {
            taking.flush()?;
            out::note(format_args!("acknowledged {read}"));
        }
    }
    taking.flush()?;
    out::note(format_args!("acknowledged {read}"));
    let [added, changed, repeated] = taking.counts;
    let refused: Vec<_> = taking
        .refused
        .iter()
        .map(|(line, why)| json!({ "line": line, "why": why }))
        .collect();
    out::json(&json!({
        "read": read, "added": added, "changed": changed, "repeated": repeated, "refused": refused,
    }))?;
    Ok(if taking.refused.is_empty() {
        Ended::Done
    } else {
        Ended::Finding
    })
}

struct Taking<'a> {
    store: &'a Store,
    lines: Vec<u64>,
    events: Vec<Event>,
    counts: [u64; 3],
    refused: Vec<(u64, String)>,
}

impl Taking<'_> {
    fn flush(&mut self) -> Result<(), Failed> {
        let done = self.store.ingest(&self.events, now())?;
        if let Some(why) = &done.not_sealed {
            out::note(format_args!("acknowledged, but not sealed: {why}"));
        }
        let counts = [done.added, done.changed, done.repeated];
        for (sum, count) in self.counts.iter_mut().zip(counts) {
            *sum += count;
        }
        for (at, why) in done.refused {
            let why = match why {
                Refusal::Future => both(
                    "开始时间（`from`）晚于现在：请校正上报设备的时钟，或等停留开始后再报",
                    "its start (`from`) lies in the future: correct the clock that told it, or tell it when it has begun",
                ),
                Refusal::Forgotten => both(
                    "开始日期（`from`）已过保存期限并被清除：请删去本行",
                    "the day of its start (`from`) has been forgotten by rule: leave the line out",
                ),
                Refusal::OutOfRange => both(
                    "开始时间（`from`）超出范围：请填1970年至2106年之间的时间",
                    "its start (`from`) is out of range: give a moment between 1970 and 2106",
                ),
                Refusal::Confidence => both(
                    "可信度（`confidence`）大于100：请填0至100",
                    "its `confidence` is above a hundred percent: give 0 to 100",
                ),
            };
            self.refused.push((self.lines[at], why));
        }
        self.lines.clear();
        self.events.clear();
        Ok(())
    }
}

/// Nobody said which language is read here: both, side by side.
fn both(zh: &str, en: &str) -> String {
    format!("{zh} / {en}")
}

fn sighting(line: &str) -> Result<Sighting, String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [person, place, from, to, how, confidence] = fields[..] else {
        return Err(both(
            "不是六栏：应依次为person、place、from、to、how、confidence，后三栏可留空",
            "it has not six fields: person, place, from, to, how, confidence, the last three may be empty",
        ));
    };
    let number = |text: &str| text.parse::<u64>().ok();
    let time = |text: &str| -> Option<Moment> { moment(text).ok() };
    let person = number(person).ok_or_else(|| {
        both(
            "`person`不是数字：请填人员代号",
            "its `person` is no number: give the pseudonym",
        )
    })?;
    let place = number(place).ok_or_else(|| {
        both(
            "`place`不是数字：请填场所编号",
            "its `place` is no number: give the number of the place",
        )
    })?;
    let from = time(from).ok_or_else(|| {
        both(
            "`from`不是时间：请按RFC 3339填写，或填1970年以来的秒数",
            "its `from` is no moment: give RFC 3339 or seconds since 1970",
        )
    })?;
    let to = if to.is_empty() {
        None
    } else {
        Some(time(to).ok_or_else(|| {
            both(
                "`to`不是时间：请按RFC 3339填写，或填1970年以来的秒数，或留空",
                "its `to` is no moment: give RFC 3339, seconds since 1970, or nothing",
            )
        })?)
    };
    let how = if how.is_empty() {
        How::Other
    } else {
        How::named(how).ok_or_else(|| {
            both(
                "`how`不是已知的来源：请填scan（扫码）、gate（查验）、ticket（购票）、declared（自报）、investigated（流调）、telephone（电话信号）、camera（摄像）或other（其他）",
                "its `how` is no known word: give scan, gate, ticket, declared, investigated, telephone, camera or other",
            )
        })?
    };
    let confidence = if confidence.is_empty() {
        100
    } else {
        confidence.parse().ok().ok_or_else(|| {
            both(
                "`confidence`不是百分数：请填0至100",
                "its `confidence` is no percentage: give 0 to 100",
            )
        })?
    };
    Ok(Sighting {
        person: Person(person),
        place: Place(place),
        from,
        to,
        how,
        confidence,
    })
}
