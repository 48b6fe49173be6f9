//! The queue for the doubtful, one pair a page, and the models by which records are matched.

use fangxian_app::linkage::{ModelsView, Reason, Told};
use fangxian_app::people::PairView;
use fangxian_app::{Action, App, Result};
use fangxian_base::{JobId, PairId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::shell::Shell;

/// The pair that is next to be decided.
#[derive(Debug, Serialize, JsonSchema)]
struct Queue {
    /// It; none: nothing waits from here on.
    pair: Option<PairView>,
    /// How many wait, counted up to a thousand.
    waiting: i64,
    /// The pair that this one comes after.
    after: Option<PairId>,
    /// The pair that was just decided.
    last: Option<PairId>,
}

page!(Queue, "pairs.html");

#[derive(Deserialize, JsonSchema)]
struct From {
    /// Only pairs that come after this one: less likely, or as likely and later.
    after: Option<PairId>,
    /// The pair that was just decided, so that the decision can be taken back.
    last: Option<PairId>,
}

fn queue(app: &App, ask: &Ask, input: From) -> Result<Queue> {
    let next = app.pair_next(&ask.who, input.after)?;
    Ok(Queue {
        pair: next.pair,
        waiting: next.waiting,
        after: input.after,
        last: input.last,
    })
}

/// One thing that both records may say, side by side, with what their agreement counts for.
#[derive(Debug)]
pub struct Side<'a> {
    /// What it is.
    pub label: String,
    /// What the older record says.
    pub a: String,
    /// What the newer record says.
    pub b: String,
    /// How far they agree.
    pub steps: Vec<&'a Reason>,
}

/// Everything that at least one of the two says.
pub fn sides<'a>(s: &Shell, pair: &'a PairView) -> Vec<Side<'a>> {
    let (a, b) = (&pair.a, &pair.b);
    let sex = |code: &String| match code.as_str() {
        "" => String::new(),
        code => s.code("sex", code),
    };
    let day = |day: Option<fangxian_base::Date>| day.map_or_else(String::new, |d| d.to_string());
    let number = |kind: &String, number: &String| match number.as_str() {
        "" => String::new(),
        number => format!("{} {number}", s.code("document", kind)),
    };
    let told: &[(&str, &[&str], String, String)] = &[
        (
            "person-name",
            &["family", "given", "middle"],
            a.name.clone(),
            b.name.clone(),
        ),
        ("attr-sex", &["sex"], sex(&a.sex), sex(&b.sex)),
        (
            "person-birth",
            &["birth"],
            day(a.birth_date),
            day(b.birth_date),
        ),
        (
            "pairs-number",
            &["number"],
            number(&a.document_kind, &a.document_number),
            number(&b.document_kind, &b.document_number),
        ),
        ("person-phone", &["phone"], a.phone.clone(), b.phone.clone()),
        (
            "person-address",
            &["address"],
            a.address.clone(),
            b.address.clone(),
        ),
        (
            "person-workplace",
            &[],
            a.workplace.clone(),
            b.workplace.clone(),
        ),
    ];
    told.iter()
        .map(|(label, fields, a, b)| Side {
            label: s.t(label),
            a: a.clone(),
            b: b.clone(),
            steps: reasons(pair)
                .filter(|reason| fields.contains(&reason.field.as_str()))
                .collect(),
        })
        .filter(|side| !side.a.is_empty() || !side.b.is_empty() || !side.steps.is_empty())
        .collect()
}

fn reasons(pair: &PairView) -> impl Iterator<Item = &Reason> {
    pair.told.iter().flat_map(|told| &told.reasons)
}

/// Field and step in words.
pub fn step(s: &Shell, reason: &Reason) -> String {
    format!(
        "{}{}{}",
        s.code("link-field", &reason.field),
        s.either("：", ": "),
        s.code("link-step", &reason.step)
    )
}

/// Bits, with their sign; what rounds to nothing has none.
pub fn bits(bits: &f64) -> String {
    let text = format!("{bits:+.1}");
    match text.as_str() {
        "+0.0" | "-0.0" => "0".into(),
        _ => text,
    }
}

/// A probability as a percentage; never a whole hundred, for nothing is certain.
pub fn percent(probability: &f64) -> String {
    let shown = (probability * 100.0).clamp(0.001, 99.999);
    if (1.0..99.0).contains(&shown) {
        format!("{shown:.0} %")
    } else {
        format!("{shown:.3} %")
    }
}

/// The end of a model's id.
pub fn model_name(id: &JobId) -> String {
    super::short(&id.to_string()).to_owned()
}

/// A pair of a model's training in one line.
pub fn line(s: &Shell, told: &Told) -> String {
    let steps = told
        .reasons
        .iter()
        .map(|reason| format!("{} {}", step(s, reason), bits(&reason.bits)));
    steps.collect::<Vec<_>>().join(s.either("；", "; "))
}

#[derive(Deserialize, JsonSchema)]
struct Decide {
    /// The pair.
    id: PairId,
    /// Whether the two are one person.
    #[serde(default)]
    same: bool,
}

fn decide(app: &App, ask: &Ask, input: Decide) -> Result<Done<()>> {
    let id = input.id;
    app.pair_decide(&ask.who, ask.command, id, input.same)?;
    // On to the next one: what was put off stays put off.
    Ok(Done::then(format!("/pairs?after={id}&last={id}"), ()))
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The pair.
    id: PairId,
}

fn undo(app: &App, ask: &Ask, input: Which) -> Result<Done<()>> {
    app.pair_undo(&ask.who, ask.command, input.id)?;
    Ok(Done::then("/pairs", ()))
}

/// The models of matching.
#[derive(Debug, Serialize, JsonSchema)]
struct Models {
    /// Which there are, and which is in force.
    #[serde(flatten)]
    view: ModelsView,
    /// Whether the asker may have one learnt and release it.
    may_learn: bool,
}

page!(Models, "pairs-models.html");

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

fn models(app: &App, ask: &Ask, _: Nothing) -> Result<Models> {
    Ok(Models {
        view: app.linkage_models(&ask.who)?,
        may_learn: app.may(&ask.who, Action::PairsLearn),
    })
}

fn learn(app: &App, ask: &Ask, _: Nothing) -> Result<Done<()>> {
    if let Some(job) = app.linkage_ask(&ask.who, ask.command)? {
        let (app, who) = (ask.app.clone(), ask.who.clone());
        // It takes longer than a request; how it ended stands with the job.
        std::thread::Builder::new()
            .name("linkage".to_owned())
            .spawn(move || app.linkage_learn(&who, job))
            .map(drop)
            .map_err(fangxian_app::AppError::internal)?;
    }
    Ok(Done::then("/pairs/models", ()))
}

#[derive(Deserialize, JsonSchema)]
struct Release {
    /// The model.
    id: JobId,
}

fn release(app: &App, ask: &Ask, input: Release) -> Result<Done<()>> {
    app.linkage_release(&ask.who, ask.command, input.id)?;
    Ok(Done::then("/pairs/models", ()))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (list, decides, learns) = (
        Access::Staff(Action::PairsList),
        Access::Staff(Action::PairsDecide),
        Access::Staff(Action::PairsLearn),
    );
    vec![
        Endpoint::page("pairs.list", "/pairs", list, queue).traced(),
        Endpoint::command("pairs.decide", "/pairs/{id}", decides, "pairs.list", decide),
        Endpoint::command(
            "pairs.undo",
            "/pairs/{id}/undo",
            decides,
            "pairs.list",
            undo,
        ),
        Endpoint::page("pairs.models", "/pairs/models", list, models),
        Endpoint::command(
            "pairs.learn",
            "/pairs/models",
            learns,
            "pairs.models",
            learn,
        ),
        Endpoint::command(
            "pairs.release",
            "/pairs/models/{id}",
            learns,
            "pairs.models",
            release,
        ),
    ]
}
