//! People: search, the file of one person, merging and taking apart.

use fangxian_app::assess::MissingView;
use fangxian_app::intake::CLASSES;
use fangxian_app::measures::MeasureRow;
use fangxian_app::people::{
    CodeView, CorrectInput, DocumentsView, FactView, FileView, GiveCodeInput, GivenCode, LinkView,
    Looks, NEEDS, Search, SearchView, SourceView,
};
use fangxian_app::tasks::TaskRow;
use fangxian_app::{Action, App, AppError, Kind, Purpose, Result};
use fangxian_base::{EntryId, LinkId, PersonId, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::shell::Shell;

/// The unit of a reading; programs and the public have a word instead.
pub fn unit_name(s: &Shell, unit: &Text) -> String {
    if unit.zh == unit.en {
        s.code("author", &unit.zh)
    } else {
        s.text(unit).to_owned()
    }
}

/// What a search found, or nothing yet.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// The answer, when something was asked.
    found: Option<SearchView>,
    /// What was asked.
    q: String,
    /// The purpose given.
    purpose: String,
}

page!(Found, "people.html");

fn search(app: &App, ask: &Ask, input: Search) -> Result<Found> {
    let (q, purpose) = (input.q.clone(), input.purpose.clone());
    let found = if q.trim().is_empty() {
        None
    } else {
        Some(app.people_search(&ask.who, &input)?)
    };
    Ok(Found { found, q, purpose })
}

/// Purposes for which a file is opened, as choices.
pub fn purposes(s: &Shell) -> Vec<Choice> {
    let asked = Purpose::ALL
        .iter()
        .filter(|one| !matches!(one, Purpose::Administration | Purpose::OwnFile));
    asked
        .map(|one| Choice::new(one.code(), s.either(one.zh(), one.en())))
        .collect()
}

/// A purpose in words.
pub fn purpose_name<'a>(s: &Shell, code: &'a str) -> &'a str {
    Purpose::from_code(code).map_or(code, |one| s.either(one.zh(), one.en()))
}

/// An action in words.
pub fn action_name<'a>(s: &Shell, code: &'a str) -> &'a str {
    Action::from_code(code).map_or(code, |one| s.either(one.zh(), one.en()))
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The person.
    id: PersonId,
    /// Why the file is opened: a purpose's code. It is kept, and the person can see it.
    purpose: Option<String>,
    /// Only readings older than this entry: the next page of them.
    readings_before: Option<EntryId>,
}

/// A file, or the question why it shall be opened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FilePage {
    /// The person.
    person: PersonId,
    /// The file.
    file: Option<FileView>,
    /// Why it was not opened for the purpose given.
    refused: Option<String>,
    /// Whether the asker may merge files.
    may_merge: bool,
    /// Whether the asker may correct what is recorded.
    may_correct: bool,
    /// Whether the asker may see document numbers in full.
    may_see_numbers: bool,
    /// Whether the asker may give out a code to the file.
    may_give_code: bool,
}

page!(FilePage, "person.html");

fn file(app: &App, ask: &Ask, input: Which) -> Result<FilePage> {
    let mut page = FilePage {
        person: input.id,
        file: None,
        refused: None,
        may_merge: app.may(&ask.who, Action::PeopleMerge),
        may_correct: app.may(&ask.who, Action::PeopleCorrect),
        may_see_numbers: app.may(&ask.who, Action::PeopleDocument),
        may_give_code: app.may(&ask.who, Action::PeopleGiveCode),
    };
    let Some(why) = input.purpose else {
        return Ok(page);
    };
    match app.person_file_from(&ask.who, input.id, &why, input.readings_before) {
        Ok(file) => {
            page.person = file.person;
            page.file = Some(file);
        }
        Err(error) if error.kind == Kind::Forbidden => {
            page.refused = Some(error.text.in_language(ask.lang.tag()).to_owned());
        }
        Err(error) => return Err(error),
    }
    Ok(page)
}

/// Who may hold a code, as choices.
pub fn holders(s: &Shell) -> Vec<Choice> {
    ["self", "guardian", "agent"]
        .map(|code| Choice::new(code, s.code("code-holder", code)))
        .to_vec()
}

/// How it was made sure who somebody is, as choices.
pub fn checks(s: &Shell) -> Vec<Choice> {
    ["document", "visit"]
        .map(|code| Choice::new(code, s.code("code-checked", code)))
        .to_vec()
}

/// A code in one line: who holds it, how that was made sure, who gave it out.
pub fn code_line(s: &Shell, code: &CodeView) -> String {
    format!(
        "{} · {} · {}",
        s.code("code-holder", &code.holder),
        s.code("code-checked", &code.checked),
        code.by
    )
}

/// A code to a file, shown once.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct NewCode(GivenCode);

page!(NewCode, "file-code.html");

#[derive(Deserialize, JsonSchema)]
struct GiveCode {
    /// The person.
    id: PersonId,
    /// To whom, and how that was made sure.
    #[serde(flatten)]
    input: GiveCodeInput,
}

fn give_code(app: &App, ask: &Ask, given: GiveCode) -> Result<NewCode> {
    app.file_code_give(&ask.who, ask.command, given.id, &given.input)
        .map(NewCode)
}

#[derive(Deserialize, JsonSchema)]
struct WhichDocuments {
    /// The person.
    id: PersonId,
    /// Why: a purpose's code. It is kept, and the person can see it.
    purpose: Option<String>,
    /// What the number is needed for: a code of the list that fits the purpose.
    need: Option<String>,
}

/// Document numbers in full, or the question what for.
#[derive(Debug, Serialize, JsonSchema)]
struct DocumentsPage {
    /// The person.
    person: PersonId,
    /// The purpose that was given with the file.
    purpose: String,
    /// The documents.
    found: Option<DocumentsView>,
}

page!(DocumentsPage, "documents.html");

fn documents(app: &App, ask: &Ask, input: WhichDocuments) -> Result<DocumentsPage> {
    let purpose = input.purpose.unwrap_or_default();
    let found = match input.need {
        None => None,
        Some(need) => Some(app.person_documents(&ask.who, input.id, &purpose, &need)?),
    };
    Ok(DocumentsPage {
        person: found.as_ref().map_or(input.id, |found| found.person),
        purpose,
        found,
    })
}

/// What a full number may be needed for: each need with the purpose that it belongs to.
pub fn needs() -> Vec<(&'static str, &'static str)> {
    NEEDS.to_vec()
}

/// Attributes whose values are people's own words, never codes.
const WORDS: [&str; 8] = [
    "address",
    "document_number",
    "note",
    "phone",
    "place",
    "reason",
    "text",
    "workplace",
];

/// One attribute in words.
fn attr(s: &Shell, kind: &str, name: &str, value: &str) -> Option<String> {
    match (kind, name, value) {
        ("symptom", "name", _) => Some(s.code("symptom", value)),
        ("symptom", "present", "true") | ("task_result", "task", _) | (_, "measure_id", _) => None,
        ("measure_ended", "how", _) => Some(s.code("ended", value)),
        ("symptom", "present", _) => Some(s.t("attr-absent")),
        ("note", "text", _) => Some(value.to_owned()),
        ("task_result", "result", _) => Some(s.code("result", value)),
        ("task_result", "kind", _) => Some(s.code("task-kind", value)),
        (_, "case_record", _) => Some(format!(
            "{} {}",
            s.t("attr-case-record"),
            super::short(value)
        )),
        (_, "celsius", _) => Some(format!("{value} °C")),
        ("identity", "name", _) => Some(format!("{} {value}", s.t("attr-name"))),
        _ if WORDS.contains(&name) => Some(format!("{} {value}", s.code("attr", name))),
        _ => Some(format!(
            "{} {}",
            s.code("attr", name),
            s.code("value", value)
        )),
    }
}

/// What is missing, in words: the kind of fact, and the attribute if only that is missing.
pub fn question(s: &Shell, one: &MissingView) -> String {
    let kind = s.code("fact", &one.kind);
    match &one.attr {
        Some(attr) => format!("{kind} · {}", s.code("attr", attr)),
        None => kind,
    }
}

/// Several questions in one line.
pub fn asked(s: &Shell, missing: &[MissingView]) -> String {
    let mut all: Vec<String> = missing.iter().map(|one| question(s, one)).collect();
    all.dedup();
    all.join(s.either("、", ", "))
}

/// The criteria that an answer would decide, in one line.
pub fn criteria(s: &Shell, one: &MissingView) -> String {
    let all: Vec<&str> = one.decides.iter().map(|text| s.text(text)).collect();
    all.join(s.either("；", "; "))
}

/// What is worth asking for, and the rest.
pub fn near_and_rest(missing: &[MissingView]) -> (Vec<&MissingView>, Vec<&MissingView>) {
    missing.iter().partition(|one| one.near)
}

/// LIMIT: facts of a timeline that are shown at once; older ones are folded.
const TIMELINE_MAX: usize = 20;

/// A timeline as it is read: what stands, the newest first, and apart what does not stand.
#[derive(Debug)]
pub struct Timeline<'a> {
    /// The newest facts that stand.
    pub newest: Vec<&'a FactView>,
    /// Older facts that stand.
    pub older: Vec<&'a FactView>,
    /// Facts that were corrected or withdrawn, with what did it.
    pub gone: Vec<(&'a FactView, Option<&'a FactView>)>,
}

/// Sorts facts into a timeline; they come as the file has them, the newest first.
pub fn timeline(facts: &[FactView]) -> Timeline<'_> {
    let stands = |fact: &&FactView| !fact.replaced && !fact.withdraws;
    let mut newest: Vec<&FactView> = facts.iter().filter(stands).collect();
    let older = newest.split_off(newest.len().min(TIMELINE_MAX));
    let gone = facts.iter().filter(|fact| fact.replaced && !fact.withdraws);
    let gone = gone.map(|fact| {
        let by = facts.iter().find(|other| other.corrects == Some(fact.id));
        (fact, by)
    });
    Timeline {
        newest,
        older,
        gone: gone.collect(),
    }
}

/// Why a fact was corrected or withdrawn, in the words of whoever did it.
pub fn reason(fact: &FactView) -> &str {
    let attrs = fact.attrs.iter().flatten();
    let mut found = attrs.filter(|(name, _)| name == "reason");
    found.next().map_or("", |(_, value)| value)
}

/// The words of a fact: its attributes.
pub fn attrs(s: &Shell, fact: &FactView) -> String {
    match &fact.attrs {
        None => s.t("destroyed"),
        Some(attrs) => {
            let words =
                attrs
                    .iter()
                    .filter_map(|(name, value)| match (name.as_str(), &fact.measure) {
                        ("measure", Some(title)) => Some(s.text(title).to_owned()),
                        _ => attr(s, &fact.kind, name, value),
                    });
            words.collect::<Vec<_>>().join(" · ")
        }
    }
}

/// The days of a fact.
pub fn days(s: &Shell, fact: &FactView) -> String {
    match (fact.from, fact.to) {
        // Who somebody is, and a note, have no day.
        (None, None) if ["identity", "note", "set_aside"].contains(&fact.kind.as_str()) => {
            String::new()
        }
        (None, None) => s.t("day-not-stated"),
        (Some(day), None) => day.to_string(),
        (None, Some(day)) => format!("– {day}"),
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from} – {to}"),
    }
}

/// The rows with something still to come, and those that are over.
fn running_and_over<T>(rows: &[T], open: impl Fn(&T) -> bool) -> (Vec<&T>, Vec<&T>) {
    rows.iter().partition(|row| open(row))
}

/// The measures of a file that something is still to come of, and the others.
pub fn measures(file: &FileView) -> (Vec<&MeasureRow>, Vec<&MeasureRow>) {
    const OPEN: [&str; 3] = ["proposed", "decided", "served"];
    running_and_over(&file.measures, |row| OPEN.contains(&row.state.as_str()))
}

/// The tasks of a file that are under way, and the others.
pub fn tasks(file: &FileView) -> (Vec<&TaskRow>, Vec<&TaskRow>) {
    running_and_over(&file.tasks, |row| {
        ["open", "received"].contains(&row.state.as_str())
    })
}

/// What came back from tasks, each with the link that puts it in this file.
pub fn fed_back(file: &FileView) -> Vec<(&SourceView, Option<&LinkView>)> {
    let sources = file.sources.iter();
    let fed = sources.filter(|source| source.channel == "task_feedback");
    let link_of = |source: &SourceView| {
        let mut links = file.links.iter();
        links.find(|link| link.basis == "task" && link.b == source.record)
    };
    fed.map(|source| (source, link_of(source))).collect()
}

/// LIMIT: lines of readings that are shown at once; the others are folded.
const LOOKS_MAX: usize = 8;

/// The latest readings of a file, and the rest of the page.
pub fn latest(file: &FileView) -> (&[Looks], &[Looks]) {
    let looks = &file.readings.looks;
    looks.split_at(looks.len().min(LOOKS_MAX))
}

#[derive(Deserialize, JsonSchema)]
struct Merge {
    /// The person whose file is open.
    id: PersonId,
    /// The other person's id, or the address of the file.
    other: String,
    /// Why the file is open.
    purpose: Option<String>,
}

fn back(id: PersonId, purpose: Option<&String>) -> String {
    let purpose = purpose.map_or("", String::as_str);
    format!("/people/{id}?purpose={purpose}")
}

fn merge(app: &App, ask: &Ask, input: Merge) -> Result<Done<PersonId>> {
    let text = input.other.trim().split('?').next().unwrap_or_default();
    let other = text
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .parse()
        .map_err(|_no_id: fangxian_base::ParseIdError| {
            AppError::field(
                "other",
                "请粘贴另一份档案的编号或网址。",
                "Paste the other file's id or address.",
            )
        })?;
    let person = app.people_merge(&ask.who, ask.command, (input.id, other))?;
    Ok(Done::then(back(person, input.purpose.as_ref()), person))
}

#[derive(Deserialize, JsonSchema)]
struct Unmerge {
    /// The person.
    id: PersonId,
    /// The link that is taken back.
    link: LinkId,
    /// Why the file is open.
    purpose: Option<String>,
}

fn unmerge(app: &App, ask: &Ask, input: Unmerge) -> Result<Done<()>> {
    app.people_unmerge(&ask.who, ask.command, input.id, input.link)?;
    Ok(Done::then(back(input.id, input.purpose.as_ref()), ()))
}

#[derive(Deserialize, JsonSchema)]
struct Correct {
    /// The person.
    id: PersonId,
    /// Why the file is open.
    purpose: Option<String>,
    /// The correction.
    #[serde(flatten)]
    input: CorrectInput,
}

fn correct(app: &App, ask: &Ask, given: Correct) -> Result<Done<()>> {
    app.fact_correct(&ask.who, ask.command, given.id, &given.input)?;
    Ok(Done::then(back(given.id, given.purpose.as_ref()), ()))
}

/// Facts of a file that can be corrected, as choices.
pub fn correctable(s: &Shell, file: &FileView) -> Vec<Choice> {
    let standing = file.facts.iter().filter(|fact| {
        !fact.replaced && !fact.withdraws && fact.attrs.is_some() && fact.kind != "identity"
    });
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(standing.map(|fact| {
        let words = [s.code("fact", &fact.kind), days(s, fact), attrs(s, fact)];
        Choice::new(fact.id.to_string(), words.join(" "))
    }));
    choices
}

/// What a finding can be corrected to.
pub fn corrections(s: &Shell) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("correct-no-value"))];
    let classes = CLASSES
        .iter()
        .map(|code| Choice::new(*code, s.code("class", code)));
    choices.extend(classes);
    let results = ["positive", "negative", "unclear"];
    choices.extend(results.map(|code| Choice::new(code, s.code("value", code))));
    choices
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("people.search", "/people", on(Action::PeopleSearch), search).traced(),
        Endpoint::page("people.view", "/people/{id}", on(Action::PeopleRead), file).traced(),
        Endpoint::page(
            "people.documents",
            "/people/{id}/documents",
            on(Action::PeopleDocument),
            documents,
        )
        .traced(),
        Endpoint::command(
            "people.merge",
            "/people/{id}/merge",
            on(Action::PeopleMerge),
            "people.view",
            merge,
        ),
        Endpoint::command(
            "people.unmerge",
            "/people/{id}/unmerge",
            on(Action::PeopleUnmerge),
            "people.view",
            unmerge,
        ),
        Endpoint::command(
            "people.correct",
            "/people/{id}/correct",
            on(Action::PeopleCorrect),
            "people.view",
            correct,
        ),
        Endpoint::once(
            "people.give_code",
            "/people/{id}/code",
            on(Action::PeopleGiveCode),
            "people.view",
            give_code,
        ),
    ]
}
