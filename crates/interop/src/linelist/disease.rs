//! Of which disease a list evidently is: by its disease column, else by what its headers name.

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

/// Words by which lists name a disease, as [`plain`] leaves them.
const WORDS: &[(&str, &[&str])] = &[
    (
        "covid-19",
        &[
            "新冠",
            "新型冠状病毒",
            "covid",
            "sarscov2",
            "ncov",
            "xinguan",
        ],
    ),
    ("norovirus", &["诺如", "norovirus", "norwalk", "nuoru"]),
    (
        "novel-influenza",
        &[
            "禽流感",
            "动物源性流感",
            "avianinfluenza",
            "novelinfluenza",
            "zoonoticinfluenza",
            "h5n1",
            "h5n6",
            "h7n9",
            "h9n2",
            "h10n3",
        ],
    ),
];

/// Headers that ask who was in Wuhan stand in the lists of early 2020 and in no others.
const WUHAN: [&str; 4] = ["wuhan", "武汉", "离汉", "离鄂"];

/// Share of the filled cells of a disease column that must name one disease.
const SHARE_MIN: f32 = 0.9;

/// The disease that a text names, by the id of its pack; `None` when it names none, or several.
pub fn disease_in(text: &str) -> Option<&'static str> {
    let text = plain(text);
    let mut named = WORDS
        .iter()
        .filter(|(_, words)| words.iter().any(|word| text.contains(word)))
        .map(|(code, _)| *code);
    match (named.next(), named.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// The disease by a file's name.
pub fn disease_by_name(file_name: &str) -> Option<DiseaseMapping> {
    Some(DiseaseMapping {
        code: disease_in(file_name)?.to_owned(),
        confidence: 0.7,
        why: Wording::new("文件名写明", "the name of the file says so"),
    })
}

/// What a list is evidently about; `None` when nothing says so, or several diseases stand in it.
pub(super) fn propose(table: &Table, columns: &[ColumnMapping]) -> Option<DiseaseMapping> {
    let column = columns
        .iter()
        .position(|column| column.field == Some(Field::Disease));
    if let Some(column) = column {
        match by_column(table, column) {
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
    if let Some(code) = headers().find_map(|header| disease_in(header)) {
        let why = Wording::new("列名写明", "a header says so");
        return Some(by_headers(code, 0.9, why));
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

fn by_column(table: &Table, column: usize) -> ByColumn {
    let mut counts: Vec<(&str, usize)> = WORDS.iter().map(|(code, _)| (*code, 0)).collect();
    let mut filled = 0;
    for row in table.rows() {
        let cell = row.cell(column);
        if is_missing(cell) {
            continue;
        }
        filled += 1;
        let named = disease_in(cell);
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
        assert_eq!(disease_in("新型冠状病毒感染"), Some("covid-19"));
        assert_eq!(disease_in("COVID-19 (confirmed)"), Some("covid-19"));
        assert_eq!(disease_in("诺如病毒感染性腹泻"), Some("norovirus"));
        assert_eq!(disease_in("人感染H7N9禽流感"), Some("novel-influenza"));
        assert_eq!(disease_in("新冠合并诺如"), None);
        assert_eq!(disease_in("手足口病"), None);
    }
}
