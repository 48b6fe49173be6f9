//! Facts as cells: which columns of a form say them, and in which row they fit.

use std::collections::BTreeMap;

use fangxian_base::Date;
use fangxian_domain::identifiers::DocumentKind;
use fangxian_interop::linelist::{Field, Kind as ListKind, Language};
use fangxian_store::facts::{Fact, When};
use fangxian_store::records::Record;

use crate::imports::symptoms_in;
use crate::intake::{DISEASE, Identity};

/// The cells of a row. One that is there and empty must stay so.
pub(super) type Cells = BTreeMap<Field, String>;

/// The list that numbers of ours stand in.
const OURS: &str = "fangxian";

/// What every row of a record says: who, where, from which list.
pub(super) fn base(
    (kind, language): (ListKind, Language),
    record: &Record,
    identity: &Identity,
    source: Option<String>,
    area: Option<&str>,
) -> Cells {
    let number = match kind {
        ListKind::Linelist | ListKind::Movements => Field::CaseNumber,
        ListKind::Contacts => Field::ToCase,
    };
    let (space, own) = match &identity.case_number {
        Some((space, own)) => (Some(space.clone()), Some(own.clone())),
        None => (source, None),
    };
    let (document_kind, document) = identity.document.clone().unzip();
    let all = [
        (number, own),
        (Field::Name, identity.name.clone()),
        (
            Field::Sex,
            identity.sex.as_deref().map(|sex| match sex {
                "male" => word(language, "男", "male"),
                "female" => word(language, "女", "female"),
                other => other.to_owned(),
            }),
        ),
        (
            Field::BirthDate,
            identity.birth_date.map(|day| day.to_string()),
        ),
        (Field::Age, identity.age.clone()),
        (
            Field::DocumentType,
            document_kind.map(|code| document_words(language, &code)),
        ),
        (Field::DocumentNumber, document),
        (Field::Phone, identity.phone.clone()),
        (Field::Address, identity.address.clone()),
        (Field::Workplace, identity.workplace.clone()),
        (
            Field::ReportedOn,
            record.reported_on.map(|day| day.to_string()),
        ),
        (Field::AreaCode, area.map(str::to_owned)),
        (
            Field::ListSource,
            Some(space.unwrap_or_else(|| OURS.to_owned())),
        ),
    ];
    all.into_iter()
        .filter(|(field, _)| field.fits(kind))
        .filter_map(|(field, cell)| Some((field, cell?)))
        .collect()
}

/// A word of a code list; one language even for who reads both, so that it is understood again.
fn word(language: Language, zh: &str, en: &str) -> String {
    match language {
        Language::Zh | Language::Both => zh.to_owned(),
        Language::En => en.to_owned(),
    }
}

/// The words by which a kind of document is known again.
fn document_words(language: Language, code: &str) -> String {
    match DocumentKind::from_code(code) {
        Some(kind) => word(language, kind.name_zh(), code),
        None => code.to_owned(),
    }
}

/// The rows of a record in the making.
pub(super) struct Sheet {
    kind: ListKind,
    language: Language,
    base: Cells,
    rows: Vec<Cells>,
    /// Facts that wait for the others to be placed.
    later: Vec<Fact>,
    left_out: usize,
}

impl Sheet {
    /// One row with nothing but who it is about.
    pub(super) fn new((kind, language): (ListKind, Language), base: Cells) -> Self {
        Self {
            kind,
            language,
            rows: vec![base.clone()],
            base,
            later: Vec::new(),
            left_out: 0,
        }
    }

    /// Places a fact; `case` is the number of the case that it names.
    pub(super) fn take(&mut self, fact: &Fact, case: Option<String>) {
        if fact.kind == "identity" {
            return;
        }
        // A symptom stands for the day of onset, and most follow from a text: those come last.
        if fact.kind == "symptom" {
            self.later.push(fact.clone());
            return;
        }
        let ways = self.ways(fact, case);
        // A row that is there goes before a further one.
        let placed = [false, true]
            .into_iter()
            .any(|further| ways.iter().any(|cells| self.place(cells, further)));
        if !placed {
            self.left_out += 1;
        }
    }

    /// Puts cells into the first row where they fit, or a further one; the first cell must be free
    /// there.
    fn place(&mut self, cells: &[(Field, String)], further: bool) -> bool {
        let Some((key, _)) = cells.first() else {
            return false;
        };
        if !cells.iter().all(|(field, _)| field.fits(self.kind)) {
            return false;
        }
        let fits = |row: &Cells| {
            !row.contains_key(key)
                && cells
                    .iter()
                    .all(|(field, cell)| row.get(field).is_none_or(|known| known == cell))
        };
        if !self.rows.iter().any(fits) {
            if !further || !fits(&self.base) {
                return false;
            }
            self.rows.push(self.base.clone());
        }
        if let Some(row) = self.rows.iter_mut().find(|row| fits(row)) {
            row.extend(cells.iter().cloned());
        }
        true
    }

    /// The ways in which a form can say a fact; the first cell of each is the fact itself.
    fn ways(&self, fact: &Fact, case: Option<String>) -> Vec<Vec<(Field, String)>> {
        let attr = |name: &str| {
            let value = fact.attrs.as_ref()?.get(name)?;
            value.as_str().map(str::to_owned)
        };
        let Some(evidence) = evidence(fact) else {
            return Vec::new();
        };
        let with = |mut cells: Vec<(Field, String)>| {
            cells.push((Field::Evidence, evidence.clone()));
            vec![cells]
        };
        let day = moment(fact.when);
        let disease = (Field::Disease, attr(DISEASE).unwrap_or_default());
        let dated = |field, undated: Option<(&str, &str)>| match (day.clone(), undated) {
            (Some(day), _) => with(vec![(field, day)]),
            (None, Some((zh, en))) => with(vec![(Field::Outcome, word(self.language, zh, en))]),
            (None, None) => Vec::new(),
        };
        match fact.kind.as_str() {
            "onset" => dated(Field::Onset, None),
            "visit" => dated(Field::FirstVisit, None),
            "admission" => dated(Field::Hospitalised, None),
            "arrival" => dated(Field::Arrival, None),
            "exposure" => dated(Field::Exposure, None),
            "discharge" => dated(Field::Discharged, Some(("治愈", "recovered"))),
            "death" => dated(Field::Died, Some(("死亡", "died"))),
            "classification_notified" => {
                match attr("class").and_then(|class| class_words(&class)) {
                    Some((zh, en)) => with(vec![
                        (Field::Class, word(self.language, zh, en)),
                        (Field::ConfirmedOn, day.unwrap_or_default()),
                        disease,
                    ]),
                    None => Vec::new(),
                }
            }
            "test" => match attr("result").and_then(|result| result_words(&result)) {
                Some((zh, en)) => with(vec![
                    (Field::TestResult, word(self.language, zh, en)),
                    (Field::SampledOn, day.unwrap_or_default()),
                    (Field::TestKind, attr("kind").unwrap_or_default()),
                    disease,
                ]),
                None => Vec::new(),
            },
            "note" if self.kind == ListKind::Movements => {
                let mut cells = vec![(Field::Event, attr("text").unwrap_or_default())];
                cells.extend(span(fact.when, Field::EventBegin, Field::EventEnd));
                with(cells)
            }
            "note" => with(vec![(Field::Symptoms, attr("text").unwrap_or_default())]),
            "journey" => {
                let mut cells = vec![(Field::Transport, attr("by").unwrap_or_default())];
                cells.extend(span(fact.when, Field::EventBegin, Field::EventEnd));
                with(cells)
            }
            "stay" if self.kind == ListKind::Movements => {
                let place = attr("place").unwrap_or_default();
                let ways = [Field::Place, Field::Destination, Field::Origin].into_iter();
                ways.flat_map(|field| {
                    let mut cells = vec![(field, place.clone())];
                    cells.extend(span(fact.when, Field::EventBegin, Field::EventEnd));
                    with(cells)
                })
                .collect()
            }
            "stay" => {
                let days = span(fact.when, Field::ExposureBegin, Field::ExposureEnd);
                let mut cells = vec![(Field::ExposurePlace, attr("place").unwrap_or_default())];
                cells.extend(days);
                with(cells)
            }
            "contact" => {
                let mut cells = vec![
                    (Field::FromCase, case.unwrap_or_default()),
                    (Field::ExposureSetting, attr("setting").unwrap_or_default()),
                ];
                // Days that stand in a column of their own are not said twice.
                match self.exposure(fact.when) {
                    Some(day) => cells.push((Field::Exposure, day)),
                    None => cells.extend(span(fact.when, Field::ExposureBegin, Field::ExposureEnd)),
                }
                with(cells)
            }
            _ => Vec::new(),
        }
    }

    /// The cell of an exposure on the very days of a contact, where one was placed.
    fn exposure(&self, when: When) -> Option<String> {
        let days = match (when.from(), when.to()) {
            (Some(from), Some(to)) if from == to => When::Day(from),
            (from, to) => When::Range(from, to),
        };
        let days = moment(days)?;
        let mut rows = self.rows.iter();
        rows.any(|row| row.get(&Field::Exposure) == Some(&days))
            .then_some(days)
    }

    /// The rows, and how many facts they do not hold.
    pub(super) fn rows(mut self) -> (Vec<Cells>, usize) {
        let mut symptoms = std::mem::take(&mut self.later);
        for row in &self.rows {
            let onset = row.get(&Field::Onset).map_or("", String::as_str);
            let evidence_of = row.get(&Field::Evidence).map_or("", String::as_str);
            let text = row.get(&Field::Symptoms).map_or("", String::as_str);
            for code in symptoms_in(text) {
                let said = symptoms.iter().position(|fact| {
                    named(fact) == Some(code)
                        && moment(fact.when).unwrap_or_default() == onset
                        && evidence(fact).as_deref() == Some(evidence_of)
                });
                said.map(|at| symptoms.swap_remove(at));
            }
        }
        // What follows from no text is written as codes beside its day of onset.
        let mut texts: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for fact in &symptoms {
            let (Some(name), Some(evidence)) = (named(fact), evidence(fact)) else {
                self.left_out += 1;
                continue;
            };
            let day = moment(fact.when).unwrap_or_default();
            texts
                .entry((day, evidence))
                .or_default()
                .push(name.to_owned());
        }
        for ((day, evidence), mut codes) in texts {
            codes.sort_unstable();
            let count = codes.len();
            let free = self.rows.iter_mut().find(|row| {
                !row.contains_key(&Field::Symptoms)
                    && row.get(&Field::Onset).map_or("", String::as_str) == day
                    && row
                        .get(&Field::Evidence)
                        .is_none_or(|known| *known == evidence)
            });
            match free {
                Some(row) => {
                    row.insert(Field::Symptoms, codes.join("+"));
                    row.insert(Field::Evidence, evidence);
                }
                None => self.left_out += count,
            }
        }
        (self.rows, self.left_out)
    }
}

/// A symptom that is there.
fn named(fact: &Fact) -> Option<&str> {
    let attrs = fact.attrs.as_ref()?;
    let there = attrs.get("present").and_then(serde_json::Value::as_bool);
    attrs.get("name")?.as_str().filter(|_| there == Some(true))
}

/// What a row must say of how its facts are known: nothing for what a list counts for.
fn evidence(fact: &Fact) -> Option<String> {
    match (fact.kind.as_str(), fact.evidence.as_str()) {
        ("test", "laboratory") => Some(String::new()),
        ("test", "official") | (_, "laboratory") => None,
        (_, "official") => Some(String::new()),
        (_, lesser @ ("declared" | "observed" | "clinical")) => Some(lesser.to_owned()),
        _ => None,
    }
}

/// A time as one cell; nothing where nobody said.
fn moment(when: When) -> Option<String> {
    let known = |day: Option<Date>| day.map_or_else(|| "?".to_owned(), |day| day.to_string());
    match when {
        When::Unknown | When::Range(None, None) => None,
        When::Day(day) | When::Moment(day, _) => Some(day.to_string()),
        // A month is said as one: its last day may lie ahead.
        When::Range(Some(from), Some(to))
            if from == from.first_of_month() && to == from.last_of_month() =>
        {
            Some(format!("{:04}-{:02}", from.year(), from.month()))
        }
        When::Range(from, to) => Some(format!("{} to {}", known(from), known(to))),
    }
}

/// A time as begin and end.
fn span(when: When, begin: Field, end: Field) -> [(Field, String); 2] {
    let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    [(begin, text(when.from())), (end, text(when.to()))]
}

fn class_words(class: &str) -> Option<(&'static str, &'static str)> {
    match class {
        "confirmed" => Some(("确诊病例", "confirmed")),
        "clinically_diagnosed" => Some(("临床诊断病例", "clinically diagnosed")),
        "suspected" => Some(("疑似病例", "suspected")),
        "asymptomatic" => Some(("无症状感染者", "asymptomatic")),
        "excluded" => Some(("排除", "excluded")),
        _ => None,
    }
}

fn result_words(result: &str) -> Option<(&'static str, &'static str)> {
    match result {
        "positive" => Some(("阳性", "positive")),
        "negative" => Some(("阴性", "negative")),
        "unclear" => Some(("可疑", "indeterminate")),
        _ => None,
    }
}
