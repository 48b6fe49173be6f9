//! Of which disease a list evidently is: by its disease column, else by what its headers name.

use std::collections::BTreeSet;

use fangxian_domain::identifiers::Wording;

use super::codes::{is_missing, plain};
use super::field::Field;
use super::mapping::ColumnMapping;
use super::table::Table;

/// The disease that a list is taken to be about.
#[derive(Debug, Clone, PartialEq)]
pub struct DiseaseMapping {
    /// The disease, by the id of its pack.
    pub code: String,
    /// How sure the proposal is, from 0 to 1; 1 for what a person wrote.
    pub confidence: f32,
    /// Why.
    pub why: Wording,
}

/// What diseases are called, by the ids of their packs. Everybody who reads a name asks here.
#[derive(Debug, Clone, Default)]
pub struct DiseaseNames(Vec<(String, Vec<String>)>);

impl DiseaseNames {
    /// Names as the packs give them: the id of each disease with the words that name it. A word
    /// names its disease wherever it stands in a text, an id where it is a word of its own.
    pub fn new<W: AsRef<str>>(
        diseases: impl IntoIterator<Item = (String, impl IntoIterator<Item = W>)>,
    ) -> Self {
        let words = |names: &mut dyn Iterator<Item = W>| -> Vec<String> {
            let names = names.map(|name| plain(name.as_ref()));
            names.filter(|name| !name.is_empty()).collect()
        };
        let diseases = diseases
            .into_iter()
            .map(|(code, names)| (code, words(&mut names.into_iter())));
        Self(diseases.collect())
    }

    /// The disease that a text names, by the id of its pack; `None` when it names none, or
    /// several. A word that is only part of another disease's longer word, which stands there too,
    /// names nothing: the influenza in "avian influenza".
    pub fn named_in(&self, text: &str) -> Option<&str> {
        let whole = plain(text);
        let ids = self
            .0
            .iter()
            .map(|(code, _)| (code.as_str(), code.as_str()));
        let words = self
            .0
            .iter()
            .flat_map(|(code, words)| words.iter().map(|word| (code.as_str(), word.as_str())));
        let found: Vec<(&str, &str)> = ids
            .filter(|(code, _)| plain(code) == whole || stands_alone(code, text))
            .chain(words.filter(|(_, word)| whole.contains(word)))
            .collect();
        let covered = |(code, word): &(&str, &str)| {
            let longer = |(other, long): &(&str, &str)| {
                other != code && long.len() > word.len() && long.contains(word)
            };
            found.iter().any(longer)
        };
        let mut named = found.iter().filter(|entry| !covered(entry));
        let one = named.next()?.0;
        named.all(|(code, _)| *code == one).then_some(one)
    }

    /// The disease by a file's name.
    pub fn in_file_name(&self, file_name: &str) -> Option<DiseaseMapping> {
        Some(DiseaseMapping {
            code: self.named_in(file_name)?.to_owned(),
            confidence: 0.7,
            why: Wording::new("文件名写明", "the name of the file says so"),
        })
    }
}

/// Whether an id is a word of its own among letters and digits of its kind: "mers" in `mers_2015` and
/// in `MERS病例`, and not in `farmers`.
fn stands_alone(id: &str, text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word.eq_ignore_ascii_case(id))
}

/// Headers that ask who was in Wuhan stand in the lists of early 2020 and in no others.
const WUHAN: [&str; 4] = ["wuhan", "武汉", "离汉", "离鄂"];

/// Headers with these words ask about something beside the disease of the list: a vaccination, an
/// earlier illness, a test that excludes another.
const BESIDE: [&str; 8] = [
    "疫苗", "接种", "既往", "病史", "合并", "vaccin", "history", "past",
];

/// Share of the filled cells of a disease column that must name one disease.
const SHARE_MIN: f32 = 0.9;

/// What a list is evidently about; `None` when nothing says so, or several diseases stand in it.
pub(super) fn propose(
    names: &DiseaseNames,
    table: &Table,
    columns: &[ColumnMapping],
) -> Option<DiseaseMapping> {
    let column = columns
        .iter()
        .position(|column| column.field == Some(Field::Disease));
    if let Some(column) = column {
        match by_column(names, table, column) {
            ByColumn::Empty => {}
            ByColumn::Unclear => return None,
            ByColumn::One(disease) => return Some(disease),
        }
    }
    let headers = || table.header.iter();
    let by_headers = |code: &str, confidence, why| DiseaseMapping {
        code: code.to_owned(),
        confidence,
        why,
    };
    let beside = |header: &String| BESIDE.iter().any(|word| plain(header).contains(word));
    let named: BTreeSet<&str> = headers()
        .filter(|header| !beside(header))
        .filter_map(|header| names.named_in(header))
        .collect();
    match (named.first(), named.len()) {
        (Some(code), 1) => {
            let why = Wording::new("列名写明", "a header says so");
            return Some(by_headers(code, 0.9, why));
        }
        (Some(_), _) => return None,
        (None, _) => {}
    }
    let asks = |header: &String| WUHAN.iter().any(|word| plain(header).contains(word));
    headers().any(asks).then(|| {
        let why = Wording::new(
            "列名询问武汉旅居史，只见于2020年初的新冠病例名单",
            "headers ask about stays in Wuhan, as only lists of COVID-19 cases of early 2020 do",
        );
        by_headers("covid-19", 0.75, why)
    })
}

/// What the column of diseases says.
enum ByColumn {
    /// Nothing stands in it.
    Empty,
    /// It names several diseases, or none that is known.
    Unclear,
    /// It names one.
    One(DiseaseMapping),
}

fn by_column(names: &DiseaseNames, table: &Table, column: usize) -> ByColumn {
    let mut counts: Vec<(&str, usize)> =
        names.0.iter().map(|(code, _)| (code.as_str(), 0)).collect();
    let mut filled = 0;
    for row in table.rows() {
        let cell = row.cell(column);
        if is_missing(cell) {
            continue;
        }
        filled += 1;
        let named = names.named_in(cell);
        for (code, count) in &mut counts {
            *count += usize::from(named == Some(*code));
        }
    }
    if filled == 0 {
        return ByColumn::Empty;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let one = most.and_then(|(code, count)| {
        let share = share(count, filled);
        (share >= SHARE_MIN).then(|| {
            let percent = (share * 100.0).floor();
            DiseaseMapping {
                code: code.to_owned(),
                confidence: (0.95 * share * 100.0).round() / 100.0,
                why: Wording::new(
                    format!("疾病名称一列{percent}%写明"),
                    format!("{percent} % of the disease column say so"),
                ),
            }
        })
    });
    one.map_or(ByColumn::Unclear, ByColumn::One)
}

#[expect(clippy::cast_precision_loss, reason = "a share of the rows of a list")]
fn share(part: usize, all: usize) -> f32 {
    part as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_one_disease_or_none() {
        let names = DiseaseNames::new([
            (
                "covid-19".to_owned(),
                vec!["新型冠状病毒感染", "新冠", "COVID"],
            ),
            ("norovirus".to_owned(), vec!["诺如"]),
            ("mers".to_owned(), vec!["中东呼吸", "MERS-CoV"]),
            ("influenza".to_owned(), vec!["流感", "influenza"]),
            (
                "novel-influenza".to_owned(),
                vec!["禽流感", "avian influenza", "H7N9"],
            ),
        ]);
        assert_eq!(names.named_in("新型冠状病毒感染"), Some("covid-19"));
        assert_eq!(names.named_in("COVID-19 (confirmed)"), Some("covid-19"));
        assert_eq!(names.named_in("诺如病毒感染性腹泻"), Some("norovirus"));
        assert_eq!(names.named_in("人感染H7N9禽流感"), Some("novel-influenza"));
        assert_eq!(names.named_in("Avian Influenza"), Some("novel-influenza"));
        assert_eq!(names.named_in("甲型流感"), Some("influenza"));
        assert_eq!(names.named_in("norovirus"), Some("norovirus"), "by id");
        assert_eq!(names.named_in("mers_korea_2015.csv"), Some("mers"));
        assert_eq!(names.named_in("MERS病例"), Some("mers"));
        assert_eq!(names.named_in("farmers of Hemersdorf"), None);
        assert_eq!(names.named_in("新冠合并诺如"), None);
        assert_eq!(names.named_in("手足口病"), None);
    }

    #[test]
    fn a_vaccination_says_nothing_of_the_disease_and_two_diseases_are_none() {
        let names = DiseaseNames::new([
            ("influenza".to_owned(), vec!["流感", "influenza"]),
            ("covid-19".to_owned(), vec!["新冠"]),
        ]);
        let proposed = |header: &str| {
            let text = format!("姓名,{header}\n王小明,是\n");
            let limits = super::super::Limits::default();
            let table = super::super::read_table(text.as_bytes(), limits).unwrap();
            propose(&names, &table, &[]).map(|one| one.code)
        };
        assert_eq!(proposed("流感发病日期").as_deref(), Some("influenza"));
        assert_eq!(proposed("流感疫苗接种史"), None);
        assert_eq!(proposed("Influenza vaccination"), None);
        assert_eq!(
            proposed("新冠核酸结果,流感疫苗接种史").as_deref(),
            Some("covid-19")
        );
        assert_eq!(proposed("新冠核酸结果,流感抗原结果"), None);
    }
}
