//! The list of notifiable diseases, and that every disease pack says what the list says.

use std::collections::BTreeSet;

use fangxian_base::{Date, plus_days};

use crate::assessment::Managed;
use crate::compile::Report;
use crate::compile::disease::Disease;
use crate::compile::series::cites;
use crate::finding::{Finding, Severity, nearest};
use crate::library::Library;
use crate::schema::NotifiableDoc;
use crate::text::Text;

/// A disease of the list on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifiable {
    /// Id.
    pub id: String,
    /// The law's word for it.
    pub text: Text,
    /// The disease of the list that it is a form of.
    pub form_of: Option<String>,
    /// Whether its records live in a compartment.
    pub sealed: bool,
    /// Its class.
    pub class: Managed,
    /// How it is managed.
    pub managed: Managed,
}

/// The class of a disease while it is.
#[derive(Debug, Clone)]
struct Listed {
    from: Date,
    until: Date,
    class: Managed,
    managed: Managed,
}

/// One disease of the list.
#[derive(Debug, Clone)]
struct Entry {
    id: String,
    text: Text,
    form_of: Option<String>,
    sealed: bool,
    packs: Vec<String>,
    listed: Vec<Listed>,
}

/// The list.
#[derive(Debug, Clone)]
pub struct List {
    file: String,
    entries: Vec<Entry>,
}

/// Looks up what the list names within itself.
pub fn compile(report: &mut Report<'_>, doc: &NotifiableDoc) -> List {
    let ids: BTreeSet<&str> = doc.diseases.iter().map(|d| d.id.value.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for disease in &doc.diseases {
        let line = disease.id.spot();
        if !seen.insert(disease.id.value.as_str()) {
            let message = format!("`{}` is listed twice", disease.id.value);
            report.error(line, "duplicate", message, String::new());
        }
        if let Some(form_of) = &disease.form_of
            && !ids.contains(form_of.value.as_str())
        {
            report.unknown("disease of the list", form_of, ids.iter().copied());
        }
        let mut listed: Vec<Listed> = Vec::new();
        for (index, entry) in disease.dated.iter().enumerate() {
            cites(report, &entry.cites, &doc.sources, line);
            let next = disease.dated.get(index + 1).map(|next| next.from);
            let until = entry
                .until
                .or_else(|| next.map(|next| plus_days(next, -1)))
                .unwrap_or(Date::MAX);
            if until < entry.from || next.is_some_and(|next| next <= until) {
                let message = format!("an entry of `{}` overlaps with the next", disease.id.value);
                report.error(
                    line,
                    "time",
                    message,
                    "entries stand in order of time".into(),
                );
            }
            listed.push(Listed {
                from: entry.from,
                until,
                class: entry.class,
                managed: entry.managed.unwrap_or(entry.class),
            });
        }
        entries.push(Entry {
            id: disease.id.value.clone(),
            text: Text::new(&disease.zh, &disease.en),
            form_of: disease.form_of.as_ref().map(|name| name.value.clone()),
            sealed: disease.sealed,
            packs: disease
                .packs
                .iter()
                .map(|name| name.value.clone())
                .collect(),
            listed,
        });
    }
    List {
        file: report.file.to_owned(),
        entries,
    }
}

impl Entry {
    fn on(&self, day: Date) -> Option<&Listed> {
        self.listed
            .iter()
            .find(|listed| listed.from <= day && day <= listed.until)
    }
}

impl List {
    /// Whether a disease of the list is sealed.
    pub fn sealed(&self, disease: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.id == disease && entry.sealed)
    }

    /// The diseases that are notifiable on a day, in the order of the list.
    pub fn on(&self, day: Date) -> Vec<Notifiable> {
        let listed = |entry: &Entry| {
            entry.on(day).map(|listed| Notifiable {
                id: entry.id.clone(),
                text: entry.text.clone(),
                form_of: entry.form_of.clone(),
                sealed: entry.sealed,
                class: listed.class,
                managed: listed.managed,
            })
        };
        self.entries.iter().filter_map(listed).collect()
    }

    /// How the list manages the disease of a pack on a day.
    fn managed(&self, pack: &str, day: Date) -> Managed {
        self.entries
            .iter()
            .filter(|entry| entry.packs.iter().any(|named| named == pack))
            .find_map(|entry| entry.on(day))
            .map_or(Managed::None, |listed| listed.managed)
    }

    /// Days on which the list or the pack may change its answer, and the days before them.
    fn days(&self, disease: &Disease) -> BTreeSet<Date> {
        let of_list = self
            .entries
            .iter()
            .filter(|entry| entry.packs.contains(&disease.id))
            .flat_map(|entry| &entry.listed)
            .flat_map(|listed| [listed.from, listed.until, plus_days(listed.until, 1)]);
        let of_pack = disease.management.iter().map(|entry| entry.from);
        of_list
            .chain(of_pack)
            .flat_map(|day| [plus_days(day, -1), day])
            .collect()
    }
}

/// Packs that do not say what the list says, and names of the list that lead nowhere.
pub fn agree(library: &Library, findings: &mut Vec<Finding>) {
    let Some(list) = &library.notifiable else {
        return;
    };
    let mut error = |file: &str, message: String, hint: String| {
        findings.push(Finding {
            file: file.to_owned(),
            line: 0,
            column: 0,
            severity: Severity::Error,
            code: "notifiable",
            message,
            hint,
        });
    };
    let packs = || library.diseases.iter().map(|disease| disease.id.as_str());
    for named in list.entries.iter().flat_map(|entry| &entry.packs) {
        if !packs().any(|id| id == named) {
            let message = format!("the list names an unknown disease pack `{named}`");
            error(&list.file, message, nearest(named, packs()));
        }
    }
    for disease in &library.diseases {
        let file = library.file_of(&disease.id);
        let sealed = list
            .entries
            .iter()
            .any(|entry| entry.sealed && entry.packs.contains(&disease.id));
        if sealed && !disease.sealed {
            let message = format!("the list seals `{}`, the pack does not", disease.id);
            error(file, message, "set `sealed: true`".into());
        }
        let Some(first) = disease.management.first().map(|entry| entry.from) else {
            continue;
        };
        for day in list.days(disease).into_iter().filter(|day| *day >= first) {
            let own = crate::law::managed(disease, day, day, &[]);
            let listed = list.managed(&disease.id, day);
            if own != listed {
                let message = format!(
                    "on {day} `{}` is managed as {own:?}, the list of notifiable diseases says {listed:?}",
                    disease.id
                );
                let hint = format!("mend `management` or {}", list.file);
                error(file, message, hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped_files;

    fn listed(day: &str) -> Vec<Notifiable> {
        Library::shipped().unwrap().notifiable(day.parse().unwrap())
    }

    fn counts(day: &str) -> [usize; 3] {
        let all = listed(day);
        [Managed::A, Managed::B, Managed::C].map(|class| {
            let own = all.iter().filter(|one| one.form_of.is_none());
            own.filter(|one| one.class == class).count()
        })
    }

    fn managed_as_a(day: &str) -> Vec<String> {
        let all = listed(day);
        let raised = all
            .into_iter()
            .filter(|one| one.class != Managed::A && one.managed == Managed::A);
        raised.map(|one| one.id).collect()
    }

    #[test]
    fn the_list_has_as_many_diseases_as_the_laws_count() {
        assert_eq!(counts("2013-06-28"), [0, 0, 0]);
        assert_eq!(counts("2013-06-29"), [2, 25, 11]);
        assert_eq!(counts("2013-11-01"), [2, 26, 11], "H7N9");
        assert_eq!(counts("2020-01-19"), [2, 26, 11]);
        assert_eq!(counts("2020-01-20"), [2, 27, 11], "COVID-19");
        assert_eq!(counts("2023-09-20"), [2, 28, 11], "mpox");
        assert_eq!(counts("2025-08-31"), [2, 28, 11]);
        assert_eq!(counts("2025-09-01"), [2, 27, 11], "the law of 2025");
    }

    #[test]
    fn it_says_what_is_managed_as_class_a() {
        let always = ["sars", "pulmonary-anthrax"].map(str::to_owned);
        let with = |more: &str| [always.to_vec(), vec![more.to_owned()]].concat();
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        let on = |day| sorted(managed_as_a(day));
        assert_eq!(on("2013-10-31"), sorted(with("human-avian-influenza")));
        assert_eq!(on("2013-11-01"), sorted(always.to_vec()));
        assert_eq!(on("2020-01-20"), sorted(with("covid-19")));
        assert_eq!(on("2023-01-07"), sorted(with("covid-19")));
        assert_eq!(on("2023-01-08"), sorted(always.to_vec()));
        assert_eq!(on("2025-09-01"), sorted(always.to_vec()));
    }

    #[test]
    fn it_names_the_sealed_diseases() {
        let sealed = listed("2026-05-11").into_iter().filter(|one| one.sealed);
        let ids: Vec<String> = sealed.map(|one| one.id).collect();
        let agreed = [
            "aids",
            "viral-hepatitis",
            "pulmonary-tuberculosis",
            "gonorrhoea",
            "syphilis",
        ];
        assert_eq!(ids, agreed);
    }

    /// What is found when one line of one file reads otherwise.
    fn found(file: &str, old: &str, new: &str) -> Vec<String> {
        let mut files = shipped_files();
        let one = files.iter_mut().find(|(name, _)| name == file).unwrap();
        assert!(one.1.contains(old), "{file} has no `{old}`");
        one.1 = one.1.replacen(old, new, 1);
        let findings = Library::from_files(files).findings.into_iter();
        let own = findings.filter(|finding| finding.code == "notifiable");
        own.map(|finding| finding.message).collect()
    }

    #[test]
    fn a_pack_that_says_otherwise_does_not_load() {
        let list = "law/notifiable.yaml";
        let covid = "{ from: 2023-01-08, class: b, cites: [announcement-2022] }";
        let late = "{ from: 2023-01-09, class: b, cites: [announcement-2022] }";
        assert!(!found(list, covid, late).is_empty(), "a day late");
        let early = "{ from: 2023-01-07, class: b, cites: [announcement-2022] }";
        assert!(!found(list, covid, early).is_empty(), "a day early");
        let pack = "diseases/measles/pack.yaml";
        let unlike = found(
            pack,
            "managed: b, class_a_by_approval",
            "managed: c, class_a_by_approval",
        );
        assert!(unlike[0].contains("measles"), "{unlike:?}");
        let unlisted = found(list, "packs: [measles]", "packs: []");
        assert!(unlisted[0].contains("measles"), "{unlisted:?}");
        let unknown = found(list, "packs: [measles]", "packs: [meazles]");
        assert!(unknown.iter().any(|message| message.contains("meazles")));
        let sealed = found(
            list,
            "packs: [measles]",
            "sealed: true\n    packs: [measles]",
        );
        assert!(sealed[0].contains("seals `measles`"), "{sealed:?}");
    }
}
