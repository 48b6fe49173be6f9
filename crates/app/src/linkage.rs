//! Models of matching: the one in force, how one is learnt from the records here, and who releases
//! it. How a record is matched with it stands in `intake::scored`.

use std::sync::{Arc, PoisonError};

use fangxian_authz::{About, Action, AreaPath, Purpose, Resource};
use fangxian_base::{CommandId, Instant, JobId};
use fangxian_epi::linkage::levels::Field;
use fangxian_epi::linkage::{Explained, Linked, Model, Person, Scorer, Trained, train};
use fangxian_store::Tx;
use fangxian_store::linkage::{
    LinkModel, link_model_in_force, link_model_insert, link_model_list, link_model_release,
    link_model_text, link_token_complete,
};
use fangxian_store::records::{record_ids_newest, record_total};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::code_of;
use crate::intake::{Identity, identity_of, linking_tokens, matching_person};
use crate::people::author_name;
use crate::{App, AppError, Result, Who, found};

/// The model that matching begins with, learnt from a synthetic city. Ours: seed, slips and shares
/// of the city are (`crates/app/tests/house/linkage.rs` makes it again and compares).
const SHIPPED: &str = include_str!("../data/linkage.json");
/// LIMIT: records that a model is learnt from, the newest.
const SAMPLE_MAX: i64 = 100_000;
/// A model of fewer records would say nothing. `ours`.
const SAMPLE_MIN: i64 = 300;
/// The model is fitted to the number of records again after so many minutes.
const FIT_MINUTES: i64 = 10;
/// LIMIT: records that get their tokens in one round of upkeep.
const FILL: i64 = 200;
/// LIMIT: models shown.
const MODELS_MAX: i64 = 20;
/// Pairs shown around each threshold.
const NEAR: usize = 20;

/// The model in force, ready for the records here.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    model: Option<Model>,
    id: Option<JobId>,
    refused: Option<String>,
    fitted_at: Option<Instant>,
}

impl Matching {
    /// The model; none: matching is exact.
    pub(crate) const fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// The job that made it; none: it was shipped.
    pub(crate) const fn id(&self) -> Option<JobId> {
        self.id
    }

    /// Reads the model in force. One that cannot be used leaves matching exact and says so.
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self> {
        let id = link_model_in_force(tx)?.map(|model| model.id);
        let text = match id {
            Some(id) => link_model_text(tx, id)?.unwrap_or_default(),
            None => SHIPPED.to_owned(),
        };
        let records = usize::try_from(record_total(tx)?).unwrap_or(usize::MAX);
        let (model, refused) = match Kept::model(&text) {
            Ok(model) => (Some(model.among(records)), None),
            Err(error) => {
                tracing::error!(%error, "matching is exact until a model is released");
                (None, Some(error.to_string()))
            }
        };
        Ok(Self {
            model,
            id,
            refused,
            fitted_at: Some(tx.now()),
        })
    }
}

/// What one field says about a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The field: `family`, `given`, `middle`, `birth`, `number`, `sex`, `phone` or `address`.
    pub field: String,
    /// The step on its ladder, from "different" to "the same".
    pub step: String,
    /// Evidence for one person, in bits.
    pub bits: f64,
}

/// A pair with the whole calculation: `start`, the bits of all reasons and `other` add up to
/// `weight`. No value is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// Log odds to base 2.
    pub weight: f64,
    /// Probability of one person.
    pub probability: f64,
    /// Bits before any field is looked at: few records are of one person.
    pub start: f64,
    /// One line per field that both records tell.
    pub reasons: Vec<Reason>,
    /// What the less likely readings add.
    pub other: f64,
    /// The likeliest reading in which they are two persons: `household`, `twins` or `unrelated`;
    /// the bits weigh against it.
    #[serde(default)]
    pub against: Option<String>,
}

impl From<Explained> for Told {
    fn from(explained: Explained) -> Self {
        let field = |field: Field| match field {
            Field::Family => "family",
            Field::Given => "given",
            Field::Middle => "middle",
            Field::Birth => "birth",
            Field::Number => "number",
            Field::Sex => "sex",
            Field::Phone => "phone",
            Field::Address(_) => "address",
        };
        let reasons = explained.reasons.iter().map(|reason| Reason {
            field: field(reason.field).to_owned(),
            step: reason.step.to_owned(),
            bits: reason.bits,
        });
        Self {
            weight: explained.weight,
            probability: explained.probability,
            start: explained.start,
            reasons: reasons.collect(),
            other: explained.other,
            against: Some(code_of(&explained.against)),
        }
    }
}

/// What a model made of the records that it was learnt from, for whoever releases it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Pairs that were compared.
    pub pairs: usize,
    /// Of these, what would be linked without asking.
    pub automatic: usize,
    /// Of these, what would wait in the queue.
    pub doubtful: usize,
    /// Pairs nearest to the threshold from which a link is made without asking.
    pub near_automatic: Vec<Told>,
    /// Pairs nearest to the threshold from which somebody is asked.
    pub near_doubtful: Vec<Told>,
}

/// A model as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    model: serde_json::Value,
    #[serde(default)]
    summary: Summary,
}

impl Kept {
    fn read(text: &str) -> std::result::Result<Self, fangxian_epi::linkage::BadModel> {
        Ok(serde_json::from_str(text)?)
    }

    fn model(text: &str) -> std::result::Result<Model, fangxian_epi::linkage::BadModel> {
        Model::from_json(&Self::read(text)?.model.to_string())
    }
}

/// A model that was learnt here.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ModelRow {
    /// Its id.
    pub id: JobId,
    /// The seed it was learnt with.
    pub seed: i64,
    /// Records that it was learnt from.
    pub records: i64,
    /// Who had it made.
    pub made_by: String,
    /// When.
    pub made_at: Instant,
    /// Who released it last.
    pub released_by: Option<String>,
    /// When.
    pub released_at: Option<Instant>,
    /// From this probability on, a pair is linked without asking.
    pub automatic: f64,
    /// From this probability on, somebody is asked.
    pub threshold: f64,
    /// What it made of the records here.
    pub summary: Summary,
}

/// The models of matching.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ModelsView {
    /// The model in force; none: the one that was shipped.
    pub in_force: Option<JobId>,
    /// Both thresholds of the model in force, the higher one first; none: matching is exact.
    pub thresholds: Option<(f64, f64)>,
    /// Why matching is exact although a model was released.
    pub refused: Option<String>,
    /// Whether older records have all got what they are found by.
    pub complete: bool,
    /// The newest models.
    pub models: Vec<ModelRow>,
}

impl App {
    /// The model in force.
    pub(crate) fn matching(&self) -> Arc<Matching> {
        Arc::clone(&self.matching.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes up a model that was released, here or by another program on the same store, and fits
    /// it to the number of records now and then.
    pub(crate) fn matching_refresh(&self) -> Result<()> {
        let now = self.now();
        let old = self.matching();
        let fresh = old
            .fitted_at
            .is_some_and(|at| now < at.plus_minutes(FIT_MINUTES));
        let new = self.read(|tx| {
            let same = link_model_in_force(tx)?.map(|model| model.id) == old.id;
            Ok(if same && fresh {
                None
            } else {
                Some(Matching::load(tx)?)
            })
        })?;
        if let Some(new) = new {
            *self
                .matching
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        Ok(())
    }

    /// One slice of giving older records what they are found by.
    pub(crate) fn linkage_fill(&self) -> Result<()> {
        self.store()
            .link_token_fill(i64::from(Model::VERSION), FILL, |tx, record| {
                let facts = fangxian_store::facts::fact_list_of_kind(tx, &[record], "identity")?;
                Ok(linking_tokens(&Identity::of(&facts)))
            })?;
        Ok(())
    }

    fn linkage_permit(&self, who: &Who, action: Action) -> Result<()> {
        let about = About::new(AreaPath::root());
        self.permit(who, action, &Resource::Pair { about }, Purpose::Intake)
            .map(drop)
    }

    /// The models, and which is in force.
    ///
    /// # Errors
    /// When the asker may not see doubtful pairs.
    pub fn linkage_models(&self, who: &Who) -> Result<ModelsView> {
        self.linkage_permit(who, Action::PairsList)?;
        let matching = self.matching();
        self.read(|tx| {
            let mut models = Vec::new();
            for model in link_model_list(tx, MODELS_MAX)? {
                models.push(model_row(tx, model)?);
            }
            Ok(ModelsView {
                in_force: matching.id,
                thresholds: matching.model().map(|m| (m.automatic, m.threshold)),
                refused: matching.refused.clone(),
                complete: link_token_complete(tx, i64::from(Model::VERSION))?,
                models,
            })
        })
    }

    /// Asks for a model to be learnt from the records here; [`App::linkage_learn`] does it. Nothing
    /// when this command has asked before.
    ///
    /// # Errors
    /// When there are too few records, or the asker may not.
    pub fn linkage_ask(&self, who: &Who, command: CommandId) -> Result<Option<JobId>> {
        self.linkage_permit(who, Action::PairsLearn)?;
        self.write(
            who,
            command,
            Action::PairsLearn,
            Purpose::Intake,
            None,
            move |tx| {
                if record_total(tx)? < SAMPLE_MIN {
                    return Err(AppError::conflict(
                        "TOO-FEW-RECORDS",
                        &format!("至少要有 {SAMPLE_MIN} 条记录才能训练模型；在此之前使用随程序提供的模型。"),
                        &format!("A model needs {SAMPLE_MIN} records or more; until then the one that came with the program is used."),
                    ));
                }
                tx.detail("what", "learn");
                Ok(())
            },
        )?;
        let key = format!("linkage_learn|{command}");
        Ok(self.store().job_begin_once("linkage_learn", &key)?)
    }

    /// Learns a model as the job that was begun for it; it is in force when somebody releases it.
    /// What goes wrong ends the job as dead, which the health page shows.
    pub fn linkage_learn(&self, who: &Who, job: JobId) {
        let error = self.learn(who, job).err();
        if let Some(error) = &error {
            error.log();
        }
        let told = error.map(|error| error.text.en);
        if let Err(error) = self.store().job_end(job, told.as_deref()) {
            AppError::from(error).log();
        }
    }

    fn learn(&self, who: &Who, job: JobId) -> Result<()> {
        let people: Vec<Person> = self.read(|tx| {
            let mut people = Vec::new();
            for record in record_ids_newest(tx, SAMPLE_MAX)? {
                people.push(matching_person(&identity_of(tx, &[record])?));
            }
            Ok(people)
        })?;
        people_said(&people)?;
        let (seed, records) = (
            seed_of(job),
            i64::try_from(people.len()).unwrap_or(i64::MAX),
        );
        let trained = train(&people, None, seed.unsigned_abs()).map_err(AppError::internal)?;
        let kept = Kept {
            summary: summary(&people, &trained),
            model: serde_json::to_value(&trained.model).map_err(AppError::internal)?,
        };
        let text = serde_json::to_string(&kept).map_err(AppError::internal)?;
        let author = who.author();
        self.write(
            who,
            CommandId::new(),
            Action::PairsLearn,
            Purpose::Intake,
            None,
            move |tx| {
                tx.detail("records", records);
                Ok(link_model_insert(tx, job, (seed, records), author, &text)?)
            },
        )
    }

    /// Puts a model into force, by name: from now on records are matched with it.
    ///
    /// # Errors
    /// When there is none, it cannot be used, or the asker may not.
    pub fn linkage_release(&self, who: &Who, command: CommandId, id: JobId) -> Result<()> {
        self.linkage_permit(who, Action::PairsLearn)?;
        let Some(user) = who.user() else {
            return Err(AppError::not_found());
        };
        self.write(
            who,
            command,
            Action::PairsLearn,
            Purpose::Intake,
            None,
            move |tx| {
                let text = found(link_model_text(tx, id))?;
                if let Err(error) = Kept::model(&text) {
                    return Err(AppError::conflict(
                        "MODEL-UNUSABLE",
                        "这个模型由其他版本的程序生成，不能启用，请重新训练。",
                        "This model was made by another release of the program and cannot be used. Train it again.",
                    )
                    .because(error));
                }
                tx.detail("what", "release");
                link_model_release(tx, id, user)?;
                Ok(())
            },
        )?;
        self.matching_refresh()
    }
}

fn model_row(tx: &mut Tx<'_>, model: LinkModel) -> Result<ModelRow> {
    let text = found(link_model_text(tx, model.id))?;
    let (summary, thresholds) = match (Kept::read(&text), Kept::model(&text)) {
        (Ok(kept), Ok(read)) => (kept.summary, (read.automatic, read.threshold)),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => (Summary::default(), (1.0, 1.0)),
    };
    let released_by = match model.released_by {
        Some(user) => Some(author_name(tx, &fangxian_store::Author::User(user).code())?),
        None => None,
    };
    Ok(ModelRow {
        id: model.id,
        seed: model.seed,
        records: model.records,
        made_by: author_name(tx, &model.made_by)?,
        made_at: model.made_at,
        released_by,
        released_at: model.released_at,
        automatic: thresholds.0,
        threshold: thresholds.1,
        summary,
    })
}

/// The seed of a run: from its job, so that it can be run again.
fn seed_of(job: JobId) -> i64 {
    let [.., a, b, c, d] = *job.uuid().as_bytes();
    i64::from(u32::from_be_bytes([a, b, c, d]))
}

fn people_said(people: &[Person]) -> Result<()> {
    let telling = people.iter().filter(|p| p.full_name.is_some()).count();
    if i64::try_from(telling).is_ok_and(|n| n >= SAMPLE_MIN) {
        return Ok(());
    }
    Err(AppError::conflict(
        "TOO-FEW-RECORDS",
        "有姓名的记录太少，无法训练模型。",
        "too few records with a name to learn from",
    ))
}

fn summary(people: &[Person], trained: &Trained) -> Summary {
    let (model, scorer) = (&trained.model, Scorer::new(&trained.model));
    let above = |least: f64| {
        let at_least = |pair: &&Linked| pair.score.probability() >= least;
        trained.pairs.iter().filter(at_least).count()
    };
    let near = |threshold: f64| {
        let odds = (threshold / (1.0 - threshold)).ln().min(1e3);
        let far = |pair: &&Linked| (pair.score.log_odds - odds).abs();
        let mut pairs: Vec<&Linked> = trained.pairs.iter().collect();
        pairs.sort_by(|x, y| far(x).total_cmp(&far(y)));
        let told = |pair: &Linked| {
            let (a, b) = (people.get(pair.a)?, people.get(pair.b)?);
            Some(
                scorer
                    .explain(&scorer.prepare(a), &scorer.prepare(b))
                    .into(),
            )
        };
        pairs.into_iter().take(NEAR).filter_map(told).collect()
    };
    let automatic = above(model.automatic);
    Summary {
        pairs: trained.pairs.len(),
        automatic,
        doubtful: above(model.threshold).saturating_sub(automatic),
        near_automatic: near(model.automatic),
        near_doubtful: near(model.threshold),
    }
}
