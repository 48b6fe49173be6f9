//! Chains of transmission: who infected whom, generation by generation.

use std::collections::BTreeMap;

use super::svg::{ALARM, BAR, INK, LINE, Svg, WIDTH, told};
use super::{Columns, Language, NotDrawn};
use crate::table::Sheet;

/// LIMIT: persons in a picture.
const PERSONS_MAX: usize = 1_500;

/// Height of a row.
const ROW: f64 = 16.0;
const LEFT: f64 = 24.0;
const TOP: f64 = 76.0;

/// A link to be drawn: infector, infected, how sure, what is told.
struct Link {
    from: String,
    to: String,
    sure: f64,
    told: String,
}

/// Chains that are known. Persons without a link are counted, not drawn.
pub(super) fn known(sheets: &[Sheet], language: Language) -> Result<String, NotDrawn> {
    let intervals =
        Columns::find(sheets, &["from", "to", "onset_difference_days"]).ok_or(NotDrawn::Empty)?;
    let days = intervals.numbers("onset_difference_days");
    let links = intervals
        .texts("from")
        .into_iter()
        .zip(intervals.texts("to"))
        .zip(days);
    let link = |((from, to), days): ((String, String), Option<f64>)| {
        let told = match days {
            Some(days) => format!(
                "{from} → {to}{} {}",
                language.of("，发病间隔（日）", ", days between onsets"),
                told(days)
            ),
            None => format!("{from} → {to}"),
        };
        Link {
            from,
            to,
            sure: 1.0,
            told,
        }
    };
    let persons = Columns::find(sheets, &["id", "generation", "root"])
        .map_or(0, |table| table.texts("id").len());
    draw(
        links.map(link).collect(),
        persons,
        language.of("传播链", "Chains of transmission"),
        language,
    )
}

/// Chains that are likely, the surer the darker.
pub(super) fn likely(sheets: &[Sheet], language: Language) -> Result<String, NotDrawn> {
    let table = Columns::find(sheets, &["id", "infector", "support"]).ok_or(NotDrawn::Empty)?;
    let (ids, support) = (table.texts("id"), table.numbers("support"));
    let persons = ids.len();
    let rows = ids.into_iter().zip(table.texts("infector")).zip(support);
    let links = rows
        .filter(|((_, from), _)| from != "NA")
        .map(|((to, from), support)| {
            let sure = support.unwrap_or(0.0);
            let told = format!(
                "{from} → {to}{} {}",
                language.of("，支持度", ", support"),
                told(sure)
            );
            Link {
                from,
                to,
                sure,
                told,
            }
        });
    draw(
        links.collect(),
        persons,
        language.of("可能的传播链", "Likely chains of transmission"),
        language,
    )
}

/// Where a person stands: generation and row.
type Places<'a> = BTreeMap<&'a str, (usize, usize)>;

/// Places of all persons with a link: those infected by one under each other, below their infector. A person with several
/// infectors stands with the first named; a ring is entered at its first person.
fn places(links: &[Link]) -> (Places<'_>, usize, usize) {
    let mut infected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for link in links {
        infected.entry(&link.from).or_default().push(&link.to);
        *sources.entry(&link.to).or_default() += 1;
        order.extend([link.from.as_str(), link.to.as_str()]);
    }
    let roots = order.iter().filter(|name| !sources.contains_key(**name));
    let starts: Vec<&str> = roots.chain(order.iter()).copied().collect();
    let mut places = Places::new();
    let (mut row, mut deepest) = (0, 0);
    for start in starts {
        let mut stack = vec![(start, 0)];
        while let Some((name, generation)) = stack.pop() {
            if places.contains_key(name) {
                continue;
            }
            places.insert(name, (generation, row));
            row += 1;
            deepest = deepest.max(generation);
            let next = infected.get(name).into_iter().flatten().rev();
            stack.extend(next.map(|name| (*name, generation + 1)));
        }
    }
    (places, row, deepest)
}

fn draw(
    links: Vec<Link>,
    persons: usize,
    title: &str,
    language: Language,
) -> Result<String, NotDrawn> {
    if links.is_empty() {
        return Err(NotDrawn::Empty);
    }
    let (places, rows, deepest) = places(&links);
    if rows > PERSONS_MAX {
        return Err(NotDrawn::TooMuch {
            found: rows,
            most: PERSONS_MAX,
        });
    }
    let mut infected: BTreeMap<&str, usize> = BTreeMap::new();
    for link in &links {
        *infected.entry(&link.from).or_default() += 1;
    }
    let most = infected
        .iter()
        .max_by_key(|(name, n)| (**n, std::cmp::Reverse(**name)));
    let (name, n) = most.map_or(("", 0), |(name, n)| (*name, *n));
    let what = match language {
        Language::Chinese => format!(
            "{persons} 例，{} 条传播关系，{} 代。{name} 传染最多：{n} 人。",
            links.len(),
            deepest + 1
        ),
        Language::English => format!(
            "{persons} cases, {} links, {} generations. {name} infected most: {n}.",
            links.len(),
            deepest + 1
        ),
    };
    let mut svg = Svg::new(
        TOP + ROW * rows as f64 + 12.0,
        language.of("zh-CN", "en"),
        title,
        &what,
    );
    svg.words(WIDTH / 2.0, 36.0, "middle", &what);
    let key = language.of(
        "红点：传染过他人；黑点：未见传染他人；线越粗，把握越大",
        "red: infected others; black: nobody that is known; thicker lines are surer",
    );
    svg.words(WIDTH / 2.0, 52.0, "middle", key);
    let step = (WIDTH - LEFT - 120.0) / (deepest.max(1)) as f64;
    let place = |name: &str| {
        let (generation, row) = places.get(name).copied().unwrap_or_default();
        (LEFT + step * generation as f64, TOP + ROW * row as f64)
    };
    for link in &links {
        let ((x1, y1), (x2, y2)) = (place(&link.from), place(&link.to));
        let colour = if link.sure >= 0.5 { LINE } else { BAR };
        svg.line((x1, y1), (x1, y2), colour, 0.5 + link.sure);
        svg.line((x1, y2), (x2, y2), colour, 0.5 + link.sure);
    }
    for link in &links {
        svg.dot(place(&link.to), 4.0, INK, &link.told);
    }
    for (name, (_, _)) in &places {
        let n = infected.get(name).copied().unwrap_or(0);
        let (x, y) = place(name);
        let told = match language {
            Language::Chinese => format!("{name} 传染 {n} 人"),
            Language::English => format!("{name} infected {n}"),
        };
        if n > 0 {
            svg.dot((x, y), 5.0, ALARM, &told);
        }
        svg.words(x + 8.0, y + 4.0, "start", name);
    }
    Ok(svg.done())
}
