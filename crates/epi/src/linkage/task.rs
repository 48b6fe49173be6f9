//! A measuring task: files with columns, which of them say what, and the truth that is read afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::quality::{Quality, best, quality};
use super::{Person, Trained, birth};
use crate::table::{Table, is_missing};

/// A task of a `link.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Task {
    /// Its name.
    pub task: String,
    /// One list or two.
    pub kind: TaskKind,
    /// The lists.
    pub files: Vec<String>,
    /// The column that names a record; by row number when absent.
    pub id: Option<String>,
    /// What tells the truth.
    pub truth: Truth,
    /// Number of true pairs.
    pub true_pairs: usize,
    /// Columns that must not be looked at.
    #[serde(default)]
    pub not_for_matching: Vec<String>,
    /// Which columns say what, for all files or for each.
    pub fields: OneOrEach,
    /// What another program reaches.
    pub reference: Option<Reference>,
}

/// What another program reaches on a task.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Reference {
    /// Its best F1 over all cut-offs.
    pub best_f1: f64,
}

/// How good the links of a task are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Pairs that were compared.
    pub pairs: usize,
    /// True pairs.
    pub true_pairs: usize,
    /// True pairs among those compared.
    pub found: usize,
    /// Best F1 over all cut-offs; nothing when no pair was compared.
    pub best: Option<Quality>,
    /// Links at the threshold that balances both errors.
    pub at_threshold: Quality,
    /// Links made without asking.
    pub automatic: Quality,
}

/// One list or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Duplicates within one list.
    Dedupe,
    /// Links between two lists.
    Link,
}

/// Where the truth stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// In a file of pairs with columns `a` and `b`.
    Pairs(String),
    /// In a column: records with the same value are of one person.
    Same(String),
}

/// Columns for all files, or one set a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrEach {
    /// The same for all.
    One(Box<Columns>),
    /// One set a file.
    Each(Vec<Columns>),
}

/// Which columns say what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    given_name: Option<String>,
    middle_initial: Option<String>,
    family_name: Option<String>,
    name_full: Option<String>,
    birth_date: Option<DateColumn>,
    id_number: Option<String>,
    phone: Option<String>,
    address: Vec<String>,
    sex: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct DateColumn {
    column: String,
    format: String,
}

/// Why a task cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The file of tasks is not what it should be.
    #[error("`link.json` cannot be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The number of files does not fit.
    #[error("task `{task}`: `{kind}` takes {wanted}, `files` names {found}")]
    Files {
        /// The task.
        task: String,
        /// Its kind.
        kind: &'static str,
        /// Files needed.
        wanted: &'static str,
        /// Files named.
        found: usize,
    },
    /// A column is named that the file lacks.
    #[error(
        "task `{task}`: `{file}` has no column `{column}`; correct `fields`, `id` or `truth` in `link.json`"
    )]
    NoColumn {
        /// The task.
        task: String,
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// A column is both the truth, or withheld, and to be matched on.
    #[error(
        "task `{task}`: column `{column}` is not for matching and stands in `fields`; take it out of one of them"
    )]
    Withheld {
        /// The task.
        task: String,
        /// The column.
        column: String,
    },
    /// A pair of the truth names a record that no list has.
    #[error("task `{task}`: the truth names record `{id}`, which no list has")]
    NoRecord {
        /// The task.
        task: String,
        /// The record.
        id: String,
    },
}

/// The tasks in the text of a `link.json`.
pub fn tasks(text: &str) -> Result<Vec<Task>, TaskError> {
    Ok(serde_json::from_str(text)?)
}

/// Usual names of the parts of an address, in their order.
const ADDRESS: [&[&str]; 7] = [
    &["address"],
    &["street_number"],
    &["address_1", "street_name"],
    &["address_2", "unit_number"],
    &["suburb", "city"],
    &["state"],
    &["postcode", "zipcode"],
];

impl Columns {
    /// The columns of a table that say by their names what they hold, those withheld left out.
    fn recognised(table: &Table, withheld: &[String]) -> Self {
        let find = |names: &[&str]| {
            let fits = |column: &&String| {
                let name = column.strip_prefix("mailing_address_").unwrap_or(column);
                names.contains(&name) && !withheld.contains(column)
            };
            table.columns().iter().find(fits).cloned()
        };
        Self {
            given_name: find(&["given_name", "first_name"]),
            middle_initial: find(&["middle_initial", "middle_name"]),
            family_name: find(&["surname", "last_name", "family_name"]),
            name_full: find(&["name", "full_name"]),
            birth_date: find(&["date_of_birth", "dob", "birth_date"]).map(|column| DateColumn {
                format: date_format(table, &column).to_owned(),
                column,
            }),
            id_number: find(&["id_number", "soc_sec_id", "ssn"]),
            phone: find(&["phone", "telephone"]),
            address: ADDRESS.iter().filter_map(|names| find(names)).collect(),
            sex: find(&["sex", "gender"]),
        }
    }

    fn named(&self) -> impl Iterator<Item = &String> {
        let date = self.birth_date.as_ref().map(|date| &date.column);
        [
            &self.given_name,
            &self.middle_initial,
            &self.family_name,
            &self.name_full,
            &self.id_number,
            &self.phone,
            &self.sex,
        ]
        .into_iter()
        .flatten()
        .chain(date)
        .chain(&self.address)
    }
}

/// The form in which most dates of a column can be read.
fn date_format(table: &Table, column: &str) -> &'static str {
    let at = table.position(column).unwrap_or(0);
    let possible = |[_, month, day]: [u16; 3]| (1..=12).contains(&month) && (1..=31).contains(&day);
    let read = |format: &&&str| {
        let dates = table
            .rows()
            .iter()
            .filter_map(|row| birth(&row[at], format));
        dates.filter(|date| possible(*date)).count()
    };
    let formats = ["%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%Y-%m-%d"];
    formats.iter().max_by_key(read).unwrap_or(&"%Y-%m-%d")
}

impl Task {
    /// The task that tables with columns of usual names pose.
    pub fn recognised(
        kind: TaskKind,
        files: Vec<String>,
        tables: &[Table],
        id: Option<String>,
        truth: Truth,
        mut not_for_matching: Vec<String>,
    ) -> Self {
        not_for_matching.extend(id.clone());
        if let Truth::Same(column) = &truth {
            not_for_matching.push(column.clone());
        }
        let columns = |table: &Table| Columns::recognised(table, &not_for_matching);
        Self {
            task: files.join(" and "),
            kind,
            fields: OneOrEach::Each(tables.iter().map(columns).collect()),
            files,
            id,
            truth,
            true_pairs: 0,
            not_for_matching,
            reference: None,
        }
    }

    fn columns(&self, file: usize) -> Option<&Columns> {
        match &self.fields {
            OneOrEach::One(columns) => Some(columns),
            OneOrEach::Each(each) => each.get(file),
        }
    }

    fn position(&self, file: usize, table: &Table, column: &str) -> Result<usize, TaskError> {
        table.position(column).ok_or_else(|| TaskError::NoColumn {
            task: self.task.clone(),
            file: self.files.get(file).cloned().unwrap_or_default(),
            column: column.to_owned(),
        })
    }

    /// The persons of all lists in a row, and where the second list begins.
    pub fn people(&self, tables: &[Table]) -> Result<(Vec<Person>, Option<usize>), TaskError> {
        let wrong = |kind, wanted| TaskError::Files {
            task: self.task.clone(),
            kind,
            wanted,
            found: self.files.len(),
        };
        match (self.kind, tables) {
            (TaskKind::Dedupe, [_]) | (TaskKind::Link, [_, _]) => {}
            (TaskKind::Dedupe, _) => return Err(wrong("dedupe", "one file")),
            (TaskKind::Link, _) => return Err(wrong("link", "two files")),
        }
        let mut people = Vec::new();
        for (file, table) in tables.iter().enumerate() {
            let columns = self
                .columns(file)
                .ok_or_else(|| wrong("fields", "one object, or one a file"))?;
            if let Some(column) = columns
                .named()
                .find(|column| self.not_for_matching.contains(column))
            {
                return Err(TaskError::Withheld {
                    task: self.task.clone(),
                    column: column.clone(),
                });
            }
            let find = |column: &Option<String>| {
                column
                    .as_ref()
                    .map(|column| self.position(file, table, column))
                    .transpose()
            };
            let single = [
                &columns.given_name,
                &columns.middle_initial,
                &columns.family_name,
                &columns.name_full,
                &columns.id_number,
                &columns.phone,
                &columns.sex,
            ];
            let single: Vec<Option<usize>> =
                single.into_iter().map(find).collect::<Result<_, _>>()?;
            let address: Vec<usize> = columns
                .address
                .iter()
                .map(|c| self.position(file, table, c))
                .collect::<Result<_, _>>()?;
            let date = columns.birth_date.as_ref();
            let date = date
                .map(|date| {
                    Ok::<_, TaskError>((self.position(file, table, &date.column)?, &date.format))
                })
                .transpose()?;
            for row in table.rows() {
                let cell = |at: usize| row.get(at).filter(|text| !is_missing(text)).cloned();
                let [
                    given_name,
                    middle_name,
                    family_name,
                    full_name,
                    number,
                    phone,
                    sex,
                ] = std::array::from_fn(|at| single.get(at).copied().flatten().and_then(cell));
                people.push(Person {
                    full_name,
                    family_name,
                    given_name,
                    middle_name,
                    birth: date.and_then(|(at, format)| birth(&cell(at)?, format)),
                    number,
                    phone,
                    address: address.iter().map(|at| cell(*at)).collect(),
                    sex,
                });
            }
        }
        let split = (self.kind == TaskKind::Link)
            .then(|| tables.first().map_or(0, |table| table.rows().len()));
        Ok((people, split))
    }

    /// The true pairs, as positions in the row of all records. `pairs` is the table that the truth names, if any.
    pub fn truth(
        &self,
        tables: &[Table],
        pairs: Option<&Table>,
    ) -> Result<BTreeSet<(usize, usize)>, TaskError> {
        let starts: Vec<usize> = tables
            .iter()
            .scan(0, |next, table| {
                let start = *next;
                *next += table.rows().len();
                Some(start)
            })
            .collect();
        let ordered = |a: usize, b: usize| (a.min(b), a.max(b));
        let mut truth = BTreeSet::new();
        match &self.truth {
            Truth::Same(column) => {
                let mut groups: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
                for (file, table) in tables.iter().enumerate() {
                    let at = self.position(file, table, column)?;
                    for (row, cells) in table.rows().iter().enumerate() {
                        groups
                            .entry(cells[at].as_str())
                            .or_default()
                            .push((file, starts[file] + row));
                    }
                }
                for group in groups.values() {
                    for (i, (file, a)) in group.iter().enumerate() {
                        for (other, b) in &group[i + 1..] {
                            if self.kind == TaskKind::Dedupe || file != other {
                                truth.insert(ordered(*a, *b));
                            }
                        }
                    }
                }
            }
            Truth::Pairs(file) => {
                let mut named: BTreeMap<String, usize> = BTreeMap::new();
                for (list, table) in tables.iter().enumerate() {
                    let at = self
                        .id
                        .as_ref()
                        .map(|id| self.position(list, table, id))
                        .transpose()?;
                    for (row, cells) in table.rows().iter().enumerate() {
                        let name = at.map_or_else(|| (row + 1).to_string(), |at| cells[at].clone());
                        named.insert(name, starts[list] + row);
                    }
                }
                let find = |id: &String| {
                    named.get(id).copied().ok_or_else(|| TaskError::NoRecord {
                        task: self.task.clone(),
                        id: id.clone(),
                    })
                };
                let lacks = |column: &str| TaskError::NoColumn {
                    task: self.task.clone(),
                    file: file.clone(),
                    column: column.to_owned(),
                };
                let pairs = pairs.ok_or_else(|| lacks("a"))?;
                let a = pairs.position("a").ok_or_else(|| lacks("a"))?;
                let b = pairs.position("b").ok_or_else(|| lacks("b"))?;
                for row in pairs.rows() {
                    truth.insert(ordered(find(&row[a])?, find(&row[b])?));
                }
            }
        }
        Ok(truth)
    }

    /// The links of a trained model against the truth.
    pub fn measure(trained: &Trained, truth: &BTreeSet<(usize, usize)>) -> Measured {
        let told = |pair: &super::Linked| (pair.score.log_odds, truth.contains(&(pair.a, pair.b)));
        let told: Vec<(f64, bool)> = trained.pairs.iter().map(told).collect();
        let from = |least: f64| {
            let links = trained.pairs.iter().zip(&told);
            let links = links.filter(|(pair, _)| pair.score.probability() >= least);
            let (links, right) = links.fold((0, 0), |(links, right), (_, (_, true_pair))| {
                (links + 1, right + usize::from(*true_pair))
            });
            quality(links, right, truth.len())
        };
        Measured {
            pairs: told.len(),
            true_pairs: truth.len(),
            found: told.iter().filter(|(_, true_pair)| *true_pair).count(),
            best: best(&told, truth.len()).map(|(_, best)| best),
            at_threshold: from(trained.model.threshold),
            automatic: from(trained.model.automatic),
        }
    }
}
