//! Record linkage by name: a given model on pairs, quality against a known truth, how alike two texts are.

use super::fixed::{self, Fixed};
use super::task::{Task, TaskError, TaskKind, Truth};
use super::{phonetic, quality, text, train};
use crate::answer::{NotEstimated, Why};
use crate::call::{Call, Method, Params, Refused};
use crate::table::{Cell, Sheet, SheetSpec, Table};

const fn sheet(name: &'static str, columns: &'static [&'static str]) -> SheetSpec {
    SheetSpec {
        name,
        columns,
        on_request: None,
    }
}

/// How alike two texts are, by name.
///
/// - Quantity: similarities and steps of editing between two texts; how the first sounds.
/// - Method: Jaro, Jaro and Winkler, Levenshtein, Damerau, optimal alignment, all by character; Soundex, Metaphone.
/// - Units: shares from 0 to 1; steps; codes.
/// - Interval: none.
/// - Assumes: one script in both texts; the codes are for English.
/// - Do not use: for Chinese names that sound alike; our own linkage compares their pinyin.
/// - Source: Jaro 1989; Winkler 1990; Levenshtein 1966; Damerau 1964; Russell 1918; Philips 1990.
/// - Differs from source: not.
/// - Checked by: the reference folder `record_linkage`.
pub const SIMILARITY: Method = Method {
    function: "string_similarity",
    title: "How alike are two texts, and how does the first sound?",
    page: "record-linkage",
    input: None,
    sheets: &[ALIKE],
    run: run_similarity,
};

const ALIKE: SheetSpec = sheet(
    "similarity",
    &[
        "char_jaro",
        "char_jaro_winkler",
        "char_levenshtein",
        "char_damerau_levenshtein",
        "char_osa",
        "soundex_a",
        "metaphone_a",
    ],
);

fn run_similarity(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    if p.text_or("unit", "character")? != "character" {
        return p.refuse("unit", "is not `character`");
    }
    let first = p.text("a")?;
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    let (a, b) = (chars(&first), chars(&p.text("b")?));
    let metaphone = phonetic::metaphone(&first);
    let row = vec![
        text::jaro(&a, &b).into(),
        text::jaro_winkler(&a, &b).into(),
        Cell::whole(text::levenshtein(&a, &b)),
        Cell::whole(text::damerau(&a, &b)),
        Cell::whole(text::alignment(&a, &b)),
        phonetic::soundex(&first).map_or(Cell::Missing, Cell::from),
        match metaphone.is_empty() {
            true => Cell::Missing,
            false => metaphone.into(),
        },
    ];
    Ok(vec![Sheet {
        spec: &ALIKE,
        rows: vec![row],
    }])
}

/// The lists of a call and what is true of them.
struct Lists {
    task: Task,
    tables: Vec<Table>,
    pairs: Option<Table>,
}

impl Lists {
    fn read(call: &Call<'_>) -> Result<Self, Refused> {
        let p = &call.params;
        let known = [("dedupe", TaskKind::Dedupe), ("link", TaskKind::Link)];
        let Some(kind) = p.one_of("kind", &known)? else {
            return Err(Refused::NoParameter("kind".to_owned()));
        };
        let roles = p.texts("inputs")?;
        let tables = roles
            .iter()
            .map(|role| Ok(call.input(role)?.table().clone()))
            .collect::<Result<Vec<Table>, Refused>>()?;
        let id = p.optional_text("id_column")?;
        let (truth, pairs) = match (p.optional_text("truth")?, p.optional_text("truth_column")?) {
            (Some(role), None) => {
                let pairs = call.input(&role)?.table().clone();
                (Truth::Pairs(role), Some(pairs))
            }
            (None, Some(column)) => (Truth::Same(column), None),
            _ => return p.refuse("truth", "or `truth_column` must be given, and not both"),
        };
        let withheld = p.texts("not_for_matching")?;
        Ok(Self {
            task: Task::recognised(kind, roles, &tables, id, truth, withheld),
            tables,
            pairs,
        })
    }

    fn truth(&self, p: &Params) -> Result<std::collections::BTreeSet<(usize, usize)>, Refused> {
        let truth = self.task.truth(&self.tables, self.pairs.as_ref());
        truth.or_else(|error| p.refuse("truth", error.to_string()))
    }

    /// Where the second list begins.
    fn split(&self) -> Option<usize> {
        (self.task.kind == TaskKind::Link)
            .then(|| self.tables.first().map_or(0, |table| table.rows().len()))
    }
}

/// Quality of our own linkage ([`train`], with its card), by name. Columns are known by their usual names; the truth is read
/// after all pairs are scored.
pub const QUALITY: Method = Method {
    function: "link_quality",
    title: "How good are links between records when the truth is known?",
    page: "record-linkage",
    input: Some("records"),
    sheets: &[REACHED],
    run: run_quality,
};

const REACHED: SheetSpec = sheet(
    "quality",
    &[
        "best_f1",
        "at_match_weight",
        "precision",
        "recall",
        "f1_at_threshold",
        "pairs",
        "true_pairs",
    ],
);

fn run_quality(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let lists = Lists::read(call)?;
    let wrong = |error: TaskError| call.params.refuse("inputs", error.to_string());
    let (people, split) = lists.task.people(&lists.tables).or_else(wrong)?;
    let truth = lists.truth(&call.params)?;
    let trained = train(&people, split, call.seed)?;
    let measured = Task::measure(&trained, &truth);
    let told: Vec<(f64, bool)> = trained
        .pairs
        .iter()
        .map(|pair| (pair.score.weight(), truth.contains(&(pair.a, pair.b))))
        .collect();
    let Some((weight, best)) = quality::best(&told, truth.len()) else {
        return Err(NotEstimated::because(Why::NoData, "no two records are alike").into());
    };
    Ok(vec![Sheet {
        spec: &REACHED,
        rows: vec![vec![
            best.f1.into(),
            weight.into(),
            best.precision.into(),
            best.recall.into(),
            measured.at_threshold.f1.into(),
            Cell::whole(told.len()),
            Cell::whole(truth.len()),
        ]],
    }])
}

/// A given model on pairs, by name.
///
/// - Quantity: the match weight of each pair that shares the values of a rule of blocking, and the quality at thresholds.
/// - Method: the first level whose condition holds gives its weight; weights and the odds of two random records add up.
///   Equal names count by how rare they are.
/// - Units: bits; probabilities.
/// - Interval: none.
/// - Assumes: the model fits these records; agreements are independent given the truth.
/// - Do not use: for Chinese names and households; see `link_quality`.
/// - Source: Fellegi, Sunter 1969; Winkler 2006; Linacre and others 2022 (form of the model).
/// - Differs from source: texts are compared by character.
/// - Checked by: the reference folder `record_linkage`.
pub const FIXED: Method = Method {
    function: "link_score_fixed_model",
    title: "What does a given model say of pairs of records?",
    page: "record-linkage",
    input: Some("records"),
    sheets: &[PAIRS, THRESHOLDS],
    run: run_fixed,
};

const PAIRS: SheetSpec = sheet(
    "pairs",
    &[
        "a",
        "b",
        "match_weight",
        "match_probability",
        "is_true_match",
        "gamma_given_name",
        "gamma_surname",
        "gamma_date_of_birth",
        "gamma_soc_sec_id",
        "gamma_street_number",
        "gamma_postcode",
        "gamma_address_1",
    ],
);

const THRESHOLDS: SheetSpec = sheet(
    "thresholds",
    &["threshold", "pairs", "tp", "precision", "recall", "f1"],
);

fn run_fixed(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let lists = Lists::read(call)?;
    let name = p.text("model")?;
    let priors = call.input("prior")?;
    let at = priors
        .texts("dataset")?
        .iter()
        .position(|dataset| *dataset == name);
    let chances = priors.numbers("probability_two_random_records_match")?;
    let Some(chance) = at.map(|at| chances[at]) else {
        return p.refuse("model", format!("`{name}` has no row in `prior`"));
    };
    let model = Fixed::read(&call.input("model")?, &name, chance)?;
    // The columns of the table of pairs behind the five fixed ones, by comparison.
    let shown: Vec<Option<usize>> = PAIRS.columns[5..]
        .iter()
        .map(|column| {
            let compared = column.trim_start_matches("gamma_");
            model.comparisons.iter().position(|c| c.column == compared)
        })
        .collect();
    let mut wanted: Vec<&str> = model
        .comparisons
        .iter()
        .map(|c| c.column.as_str())
        .collect();
    let told = wanted.len();
    let rules = rules(p)?;
    wanted.extend(rules.iter().flatten().map(String::as_str));
    let id = p.text("id_column")?;
    let mut rows: Vec<Vec<&str>> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for (role, table) in lists.task.files.iter().zip(&lists.tables) {
        let position = |column: &str| {
            table.position(column).ok_or_else(|| Refused::NoColumn {
                input: role.clone(),
                column: column.to_owned(),
            })
        };
        let columns: Vec<usize> = wanted
            .iter()
            .map(|column| position(column))
            .collect::<Result<_, _>>()?;
        let id = position(&id)?;
        ids.extend(table.rows().iter().map(|row| row[id].as_str()));
        rows.extend(
            table
                .rows()
                .iter()
                .map(|row| columns.iter().map(|at| row[*at].as_str()).collect()),
        );
    }
    let mut scorer = model.clone();
    // Names, unless the call says which values count by how rare they are.
    let by_rarity = match p.value("rarity") {
        Some(_) => p.texts("rarity")?,
        None => ["given_name", "surname", "first_name", "last_name"]
            .map(str::to_owned)
            .to_vec(),
    };
    for (at, column) in wanted[..told].iter().enumerate() {
        if by_rarity.iter().any(|name| name == column) {
            let values = rows.iter().map(|row| row[at]);
            scorer.count_rarity(column, values);
        }
    }
    let mut next = told;
    let rules: Vec<Vec<usize>> = rules
        .iter()
        .map(|rule| {
            next += rule.len();
            (next - rule.len()..next).collect()
        })
        .collect();
    let truth = lists.truth(p)?;
    let least = p.number_or("min_probability", 0.0)?;
    let mut scored: Vec<(f64, bool)> = Vec::new();
    let mut pairs = Vec::new();
    for (a, b) in fixed::blocked(&rows, &rules, lists.split())? {
        let (a, b) = if ids[a] <= ids[b] { (a, b) } else { (b, a) };
        let (levels, weight) = scorer.score(&rows[a][..told], &rows[b][..told]);
        let probability = fixed::probability(weight);
        if probability < least {
            continue;
        }
        let right = truth.contains(&(a.min(b), a.max(b)));
        scored.push((probability, right));
        let mut row = vec![
            ids[a].into(),
            ids[b].into(),
            weight.into(),
            probability.into(),
            Cell::flag(right),
        ];
        row.extend(shown.iter().map(|at| Cell::maybe(at.map(|at| levels[at]))));
        pairs.push(row);
    }
    let row = |threshold: &f64| {
        let links = scored
            .iter()
            .filter(|(probability, _)| probability >= threshold);
        let (links, right) = links.fold((0, 0), |(n, right), (_, hit)| {
            (n + 1, right + usize::from(*hit))
        });
        let quality = quality::quality(links, right, truth.len());
        vec![
            (*threshold).into(),
            Cell::whole(links),
            Cell::whole(right),
            quality.precision.into(),
            quality.recall.into(),
            quality.f1.into(),
        ]
    };
    let thresholds = p
        .optional_numbers("thresholds")?
        .unwrap_or_else(|| vec![0.5]);
    Ok(vec![
        Sheet {
            spec: &PAIRS,
            rows: pairs,
        },
        Sheet {
            spec: &THRESHOLDS,
            rows: thresholds.iter().map(row).collect(),
        },
    ])
}

/// Lists of columns in which a pair must agree to be looked at.
fn rules(p: &Params) -> Result<Vec<Vec<String>>, Refused> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let rule = |rule: &serde_json::Value| rule.as_array()?.iter().map(text).collect();
    let rules = p
        .value("blocking")
        .and_then(|value| value.as_array()?.iter().map(rule).collect());
    match rules {
        Some(rules) => Ok(rules),
        None => p.refuse("blocking", "is not a list of lists of columns"),
    }
}
