//! The packs of one installation: read, looked up, ready to answer. Start with
//! [`Library::shipped`] and [`Library::assess`].

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::Date;

use crate::alerts::{self, AlertQuestion, AlertRaised};
use crate::assessment::{Assessment, Refusal};
use crate::compile::disease::Disease;
use crate::compile::other::{City, Law, Scheme};
use crate::compile::overlay::{self, Local, Overlay};
use crate::compile::vocabulary::Vocabulary;
use crate::eval::assess::assess;
use crate::fact::{ApprovalKind, Fact, Input};
use crate::finding::Finding;
use crate::law::{PermitRequest, permit};
use crate::levels::{LevelFound, LevelQuestion, LevelRefused, Levels};
use crate::load;
use crate::notifiable::{List, Notifiable};
use crate::outcome::Outcome;
use crate::overview::{FactView, PackOverview};
use crate::retention::Retention;
use crate::schema::ConfirmedDoc;
use crate::text::Text;

/// A pack that is needed is not there, or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The packs do not load; the findings say why.
    #[error("the packs do not load: {first}")]
    Findings {
        /// The first finding, for a log line.
        first: String,
        /// All of them.
        findings: Vec<Finding>,
    },
}

/// What came of reading a set of files.
#[derive(Debug)]
pub struct Loaded {
    /// The packs, when nothing stands against using them.
    pub library: Option<Library>,
    /// Everything that does not hold.
    pub findings: Vec<Finding>,
}

/// A level of a city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelName {
    /// Id: `city`, `county`, `township`, `community`, `grid`.
    pub id: String,
    /// Its name here.
    pub name: Text,
}

/// The packs, ready to answer.
#[derive(Debug, Clone)]
pub struct Library {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) laws: Vec<Law>,
    pub(crate) diseases: Vec<Disease>,
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) levels: Vec<Levels>,
    pub(crate) overlays: Vec<Overlay>,
    /// Diseases as places have them, the outer places first.
    pub(crate) locals: Vec<Local>,
    pub(crate) cities: Vec<City>,
    pub(crate) notifiable: Option<List>,
    pub(crate) retention: Option<Retention>,
    pub(crate) examples: Vec<load::Example>,
    pub(crate) confirmed: Vec<ConfirmedDoc>,
    /// The file of each pack.
    pub(crate) files: BTreeMap<String, String>,
}

impl Library {
    /// The file that a pack stands in; its id when that is not known.
    pub(crate) fn file_of<'a>(&'a self, pack: &'a str) -> &'a str {
        self.files.get(pack).map_or(pack, String::as_str)
    }
}

impl Library {
    /// The packs that come with the program.
    ///
    /// # Errors
    /// When one of them does not load; their examples run each time.
    pub fn shipped() -> Result<Self, LoadError> {
        let loaded = Self::from_files(crate::shipped::files());
        match loaded.library {
            Some(library) => Ok(library),
            None => Err(LoadError::Findings {
                first: loaded
                    .findings
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                findings: loaded.findings,
            }),
        }
    }

    /// Packs from texts: pairs of file name and content. A pack whose examples fail does not load.
    pub fn from_files(files: Vec<(String, String)>) -> Loaded {
        load::load(&files)
    }

    /// Answers for one person, one disease, one day.
    pub fn assess(&self, input: &Input<'_>) -> Assessment {
        assess(self, input, true)
    }

    /// What the answer comes to, in codes; without reasons, at a fraction of the work.
    pub fn outcome(&self, input: &Input<'_>) -> Outcome {
        Outcome::of(&assess(self, input, false))
    }

    /// Whether the law that a measure rests on calls it a restriction.
    pub(crate) fn restricts(&self, regime: &str, measure: &str) -> bool {
        let law = self.laws.iter().find(|law| law.id == regime);
        law.is_some_and(|law| {
            let mut all = law.measures.iter();
            all.any(|known| known.id.value == measure && known.restricts)
        })
    }

    /// Whether a measure may be decided for a disease on a day.
    ///
    /// # Errors
    /// The refusal, with article and what would be needed.
    #[expect(
        clippy::result_large_err,
        reason = "a refusal is the answer, not an accident"
    )]
    pub fn permit(&self, request: &PermitRequest<'_>) -> Result<Permit, Refusal> {
        let Some(disease) = self.disease(request.disease) else {
            return Err(crate::law::unknown_disease(request));
        };
        permit(&self.laws, disease, request).map(Permit::from)
    }

    /// The diseases that are notifiable on a day, in the order of the list.
    pub fn notifiable(&self, on: Date) -> Vec<Notifiable> {
        self.notifiable
            .as_ref()
            .map_or_else(Vec::new, |list| list.on(on))
    }

    /// What becomes of the data of a response once it is over; none when no pack says.
    pub const fn retention(&self) -> Option<&Retention> {
        self.retention.as_ref()
    }

    /// The kinds of approval that the packs declare for a disease; none for one without a pack.
    pub fn approval_kinds(&self, disease: &str) -> BTreeSet<ApprovalKind> {
        self.disease(disease)
            .map(|disease| crate::law::approval_kinds(&self.laws, disease))
            .unwrap_or_default()
    }

    /// The alerts that cases in one place cause, with the reports that the law wants of them.
    pub fn alerts(&self, question: &AlertQuestion<'_>) -> Vec<AlertRaised> {
        self.disease_at(question.disease, question.region)
            .map_or_else(Vec::new, |d| alerts::raised(&self.laws, d, question))
    }

    /// The level of an area, event or response, or the code of a person, on a day.
    ///
    /// # Errors
    /// When there is no such pack, it is not in force, or it is a code that is off.
    pub fn level(&self, question: &LevelQuestion<'_>) -> Result<LevelFound, LevelRefused> {
        crate::levels::level(&self.levels, question)
    }

    /// Every word that names a disease: id of its pack, titles, what else it is called.
    pub fn disease_names(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.diseases.iter().map(|pack| {
            let titles = [pack.title.zh.clone(), pack.title.en.clone()];
            let names = titles.into_iter().chain(pack.also_called.iter().cloned());
            (pack.id.clone(), names.collect())
        })
    }

    /// Diseases: id and name.
    pub fn diseases(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.diseases
            .iter()
            .map(|pack| (pack.id.as_str(), &pack.title))
    }

    /// Schemes: id and title.
    pub fn schemes(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.schemes
            .iter()
            .map(|pack| (pack.id.as_str(), &pack.title))
    }

    /// The categories of a scheme, in the order of its file: id and name.
    pub fn categories(&self, scheme: &str) -> impl Iterator<Item = (&str, &Text)> {
        let packs = self.schemes.iter().filter(move |pack| pack.id == scheme);
        packs
            .flat_map(|pack| &pack.categories)
            .map(|category| (category.id.as_str(), &category.text))
    }

    /// Cities: id and name.
    pub fn cities(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.cities
            .iter()
            .map(|pack| (pack.id.as_str(), &pack.title))
    }

    /// Laws: id and title.
    pub fn laws(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.laws.iter().map(|pack| (pack.id.as_str(), &pack.title))
    }

    /// Every measure that a law knows, or knows to be without a basis: number in the catalogue and
    /// name, in the order of the numbers; the name of the newest law.
    pub fn catalogue(&self) -> BTreeMap<String, Text> {
        let mut laws: Vec<&Law> = self.laws.iter().collect();
        laws.sort_by_key(|law| law.from);
        let mut all = BTreeMap::new();
        for law in laws {
            let absent = law.absent.iter().map(|one| (&one.id, &one.name));
            let measures = law.measures.iter().map(|one| (&one.id, &one.name));
            all.extend(
                absent
                    .chain(measures)
                    .map(|(id, name)| (id.value.clone(), name.clone())),
            );
        }
        all
    }

    /// Where somebody who learns on a day that a complaint was refused can turn next, by the law
    /// that the measure rests on.
    pub fn routes(&self, regime: &str, known_on: Date) -> Vec<RouteOpen> {
        let Some(law) = self.laws.iter().find(|pack| pack.id == regime) else {
            return Vec::new();
        };
        let until = |route: &crate::compile::other::Route| {
            let days = law.rules.values.get(route.within?.0)?.whole(known_on)?;
            Some(fangxian_base::plus_days(known_on, days))
        };
        law.routes
            .iter()
            .map(|route| RouteOpen {
                id: route.id.clone(),
                text: route.text.clone(),
                article: route.article.clone(),
                until: until(route),
            })
            .collect()
    }

    /// A city's own settings.
    pub fn city(&self, id: &str) -> Option<CityView<'_>> {
        self.city_pack(id).map(CityView)
    }

    /// The declared facts.
    pub fn facts(&self) -> Vec<FactView> {
        crate::overview::facts(&self.vocabulary)
    }

    /// What is wrong with a fact before it is recorded: kind, attributes, types, codes. Empty
    /// when nothing is.
    pub fn objections(&self, fact: &Fact) -> Vec<String> {
        self.vocabulary.objections(fact)
    }

    /// The packs, as the page "packs in force" shows them.
    pub fn overview(&self, on: Date) -> Vec<PackOverview> {
        crate::overview::overview(self, on)
    }

    /// Why an answer is what it is, as text in a language (`zh` or `en`).
    pub fn explain(&self, input: &Input<'_>, language: &str) -> String {
        crate::explain::explain(&self.assess(input), language)
    }

    pub(crate) const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(crate) fn disease(&self, id: &str) -> Option<&Disease> {
        self.diseases.iter().find(|pack| pack.id == id)
    }

    /// Whether records about a disease live in a compartment that few see, by its pack or by the list
    /// of notifiable diseases; not where neither knows it.
    pub fn sealed(&self, disease: &str) -> bool {
        self.disease(disease).is_some_and(|pack| pack.sealed)
            || self
                .notifiable
                .as_ref()
                .is_some_and(|list| list.sealed(disease))
    }

    /// A disease as a place has it.
    pub(crate) fn disease_at(&self, id: &str, region: &str) -> Option<&Disease> {
        overlay::at(&self.locals, id, region).or_else(|| self.disease(id))
    }

    pub(crate) fn city_pack(&self, id: &str) -> Option<&City> {
        self.cities.iter().find(|pack| pack.id == id)
    }

    pub(crate) fn scheme_packs(&self) -> &[Scheme] {
        &self.schemes
    }

    pub(crate) fn law_packs(&self) -> &[Law] {
        &self.laws
    }
}

/// A city pack, as pages and commands need it.
#[derive(Debug, Clone, Copy)]
pub struct CityView<'a>(pub(crate) &'a City);

impl<'a> CityView<'a> {
    /// Id.
    pub fn id(&self) -> &'a str {
        &self.0.id
    }

    /// Name.
    pub const fn name(&self) -> &'a Text {
        &self.0.title
    }

    /// Whether it exists only for demonstration.
    pub const fn fictional(&self) -> bool {
        self.0.fictional
    }

    /// Path, such as `cn/hubei/wuhan/wuchang`.
    pub fn region(&self) -> &'a str {
        &self.0.region
    }

    /// Levels, top first.
    pub fn levels(&self) -> Vec<LevelName> {
        let name = |level: &crate::schema::Level| LevelName {
            id: level.id.clone(),
            name: Text::new(&level.zh, &level.en),
        };
        self.0.levels.iter().map(name).collect()
    }

    /// Disease packs in force on a day.
    pub fn diseases_on(&self, on: Date) -> Vec<&'a str> {
        let ids = self.0.diseases.iter().map(|entry| entry.id.value.as_str());
        ids.filter(|id| City::in_force(&self.0.diseases, id, on))
            .collect()
    }

    /// Schemes in force on a day.
    pub fn schemes_on(&self, on: Date) -> Vec<&'a str> {
        let ids = self.0.schemes.iter().map(|entry| entry.id.value.as_str());
        ids.filter(|id| City::in_force(&self.0.schemes, id, on))
            .collect()
    }

    /// Hours within which a level does a kind of task.
    pub fn deadline_hours(&self, task: &str, level: &str, on: Date) -> Option<i64> {
        let found = self
            .0
            .deadlines
            .iter()
            .find(|d| d.task == task && d.level == level)?;
        self.0.rules.values.get(found.within.0)?.whole(on)
    }
}

/// A way that stands open to somebody whose complaint was refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct RouteOpen {
    /// Its id.
    pub id: String,
    /// What can be done.
    pub text: Text,
    /// Law and article.
    pub article: Text,
    /// The last day for it, where the law names a term.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

/// A measure that may be decided, and how.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Permit {
    /// Number in the catalogue.
    pub measure: String,
    /// Name.
    pub name: Text,
    /// Law pack.
    pub regime: String,
    /// The law's title.
    pub law: Text,
    /// Article.
    pub article: Text,
    /// What the article says, in our words.
    pub says: Text,
    /// Who may decide.
    pub organs: Vec<crate::assessment::Organ>,
    /// What it may be applied to.
    pub applies_to: Vec<crate::assessment::Target>,
    /// What must be done.
    pub formalities: Vec<crate::assessment::Formality>,
    /// Limit of the term.
    pub term: Text,
    /// How to complain.
    pub remedy: Text,
    /// The article about complaints.
    pub remedy_article: Text,
}

impl From<crate::law::Grant<'_>> for Permit {
    fn from(grant: crate::law::Grant<'_>) -> Self {
        Self {
            measure: grant.measure.id.value.clone(),
            name: grant.measure.name.clone(),
            regime: grant.law.id.clone(),
            law: grant.law.title.clone(),
            article: grant.measure.article.clone(),
            says: grant.measure.says.clone(),
            organs: grant.measure.organs.clone(),
            applies_to: grant.measure.applies_to.clone(),
            formalities: grant.measure.formalities.clone(),
            term: grant.measure.term.clone(),
            remedy: grant.law.remedy.says.clone(),
            remedy_article: grant.law.remedy.article.clone(),
        }
    }
}
