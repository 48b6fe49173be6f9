//! Values along time: bars of what was counted, a line with a band of what is estimated, alarms.

use super::svg::{ALARM, BAND, BAR, INK, LINE, Scale, Svg, WIDTH, told};
use super::{Columns, Language, NotDrawn};
use crate::table::Sheet;

/// LIMIT: steps of time in a picture.
const STEPS_MAX: usize = 4_000;

/// What a picture of some methods shows. Columns that a table lacks are left out.
pub(super) struct View {
    pub functions: &'static [&'static str],
    title: (&'static str, &'static str),
    /// Column of the time, and its name.
    time: (&'static str, (&'static str, &'static str)),
    /// Column of counts, and its name.
    bars: Option<(&'static str, (&'static str, &'static str))>,
    /// Column of the line, and its name.
    line: (&'static str, (&'static str, &'static str)),
    /// Columns of both ends of the band, and its name.
    band: Option<(&'static str, &'static str, (&'static str, &'static str))>,
    /// Column of alarms.
    alarm: Option<&'static str>,
    /// A value with a line of its own, and its name.
    level: Option<(f64, &'static str)>,
}

const REPRODUCTION: View = View {
    functions: &["estimate_r", "estimate_r_uncertain_si", "wallinga_teunis"],
    title: ("再生数 R", "Reproduction number R"),
    time: (
        "t_end",
        (
            "窗口最后一日（第几日）",
            "last day of the window, counted from the first",
        ),
    ),
    bars: None,
    line: ("mean", ("均值", "mean")),
    band: Some(("q0.025", "q0.975", ("95% 区间", "95 % interval"))),
    alarm: None,
    level: Some((1.0, "R = 1")),
};

/// What can be drawn so.
pub(super) const VIEWS: &[View] = &[
    View {
        functions: &[
            "ears",
            "cusum",
            "rki",
            "bayes",
            "cdc",
            "farrington",
            "farrington_flexible",
        ],
        title: ("流行曲线与预警界限", "Epidemic curve and alarm bound"),
        time: (
            "t",
            (
                "时段（第几个）",
                "step of the series, counted from the first",
            ),
        ),
        bars: Some(("observed", ("病例数", "cases"))),
        line: ("upperbound", ("界限", "bound")),
        band: None,
        alarm: Some("alarm"),
        level: None,
    },
    REPRODUCTION,
    View {
        functions: &["nowcast"],
        title: (
            "现况估计：已发病而未报告者",
            "Nowcast: already ill, not yet reported",
        ),
        time: ("date", ("发病（事件）日期", "day of the event")),
        bars: Some(("reported_so_far", ("已报告", "reported so far"))),
        line: ("nowcast_median", ("估计中位数", "nowcast median")),
        band: Some(("pi_lo", "pi_hi", ("预测区间", "prediction interval"))),
        alarm: None,
        level: None,
    },
    View {
        functions: &["project_renewal"],
        title: ("若 R 不变，今后病例数", "Cases to come if R stays"),
        time: ("day", ("今后第几日", "days from now")),
        bars: None,
        line: ("q50", ("中位数", "median")),
        band: Some(("q05", "q95", ("90% 区间", "90 % interval"))),
        alarm: None,
        level: None,
    },
];

const HEIGHT: f64 = 356.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 52.0;

/// Values of a row, nothing where there is none.
struct Step {
    time: String,
    bar: Option<f64>,
    line: Option<f64>,
    band: Option<(f64, f64)>,
    alarm: bool,
}

fn steps(view: &View, sheets: &[Sheet]) -> Option<Vec<Step>> {
    let table = Columns::find(sheets, &[view.time.0, view.line.0])?;
    let column = |name: Option<&str>| name.map(|name| table.numbers(name)).unwrap_or_default();
    let bars = column(view.bars.map(|(name, _)| name));
    let (low, high) = (
        column(view.band.map(|(low, _, _)| low)),
        column(view.band.map(|(_, high, _)| high)),
    );
    let alarms = column(view.alarm);
    let line = table.numbers(view.line.0);
    let of = |list: &[Option<f64>], at: usize| list.get(at).copied().flatten();
    let step = |(at, time): (usize, String)| Step {
        time,
        bar: of(&bars, at),
        line: of(&line, at),
        band: of(&low, at).zip(of(&high, at)),
        alarm: of(&alarms, at).is_some_and(|alarm| alarm != 0.0),
    };
    Some(
        table
            .texts(view.time.0)
            .into_iter()
            .enumerate()
            .map(step)
            .collect(),
    )
}

/// Draws a series.
pub(super) fn draw(view: &View, sheets: &[Sheet], language: Language) -> Result<String, NotDrawn> {
    let name = |(chinese, english)| language.of(chinese, english);
    let steps = steps(view, sheets).unwrap_or_default();
    let values = steps.iter().flat_map(|step| {
        let band = step.band.map(|(low, high)| [low, high]);
        [step.bar, step.line]
            .into_iter()
            .flatten()
            .chain(band.into_iter().flatten())
    });
    let level = view.level.map(|(level, _)| level);
    let Some(high) = values.chain(level).reduce(f64::max).filter(|_| {
        steps
            .iter()
            .any(|step| step.bar.is_some() || step.line.is_some())
    }) else {
        return Err(NotDrawn::Empty);
    };
    let mut times: Vec<&str> = steps.iter().map(|step| step.time.as_str()).collect();
    times.sort_unstable();
    if times.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(NotDrawn::Several);
    }
    if steps.len() > STEPS_MAX {
        return Err(NotDrawn::TooMuch {
            found: steps.len(),
            most: STEPS_MAX,
        });
    }
    let alarms = steps.iter().filter(|step| step.alarm).count();
    let what = what(view, &steps, alarms, language);
    let code = language.of("zh-CN", "en");
    let mut svg = Svg::new(HEIGHT, code, name(view.title), &what);
    let y = Scale {
        low: 0.0,
        high: if high > 0.0 { high * 1.05 } else { 1.0 },
        from: HEIGHT - BOTTOM,
        to: TOP,
    };
    let slot = (WIDTH - LEFT - RIGHT) / steps.len() as f64;
    let x = |at: usize| LEFT + (at as f64 + 0.5) * slot;
    for mark in y.marks() {
        svg.grid((LEFT, y.at(mark)), (WIDTH - RIGHT, y.at(mark)));
        svg.words(LEFT - 6.0, y.at(mark) + 4.0, "end", &told(mark));
    }
    let every = steps.len().div_ceil(8).max(1);
    for (at, step) in steps.iter().enumerate().step_by(every) {
        svg.words(x(at), HEIGHT - BOTTOM + 18.0, "middle", &step.time);
    }
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    svg.words(middle, HEIGHT - 12.0, "middle", name(view.time.1));
    for run in runs(&steps, |step| step.band.is_some()) {
        let band = |at: usize| steps[at].band.unwrap_or_default();
        let up = run.clone().map(|at| (x(at), y.at(band(at).1)));
        let down = run
            .clone()
            .rev()
            .map(|at| (x(at), y.at(band(at).0.max(0.0))));
        svg.path(&up.chain(down).collect::<Vec<_>>(), true, BAND);
    }
    for (at, step) in steps.iter().enumerate() {
        if let Some(bar) = step.bar {
            let colour = if step.alarm { ALARM } else { BAR };
            let size = ((slot * 0.86).max(0.2), y.at(0.0) - y.at(bar));
            svg.bar(
                (x(at) - slot * 0.43, y.at(bar)),
                size,
                colour,
                &words(view, step, language),
            );
        }
    }
    if let Some((level, label)) = view.level {
        svg.line((LEFT, y.at(level)), (WIDTH - RIGHT, y.at(level)), INK, 1.0);
        svg.words(WIDTH - RIGHT, y.at(level) - 4.0, "end", label);
    }
    for run in runs(&steps, |step| step.line.is_some()) {
        let points: Vec<(f64, f64)> = run
            .map(|at| (x(at), y.at(steps[at].line.unwrap_or_default())))
            .collect();
        svg.path(&points, false, LINE);
    }
    if view.bars.is_none() {
        for (at, step) in steps.iter().enumerate() {
            if let Some(value) = step.line {
                svg.dot(
                    (x(at), y.at(value)),
                    2.0,
                    LINE,
                    &words(view, step, language),
                );
            }
        }
    }
    legend(&mut svg, view, alarms > 0, language);
    Ok(svg.done())
}

/// Neighbouring steps of which all hold.
fn runs(steps: &[Step], holds: impl Fn(&Step) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in steps.iter().enumerate().filter(|(_, step)| holds(step)) {
        match found.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}

/// The values of a step in words.
fn words(view: &View, step: &Step, language: Language) -> String {
    let name = |(chinese, english)| language.of(chinese, english);
    let mut words = vec![step.time.clone()];
    if let (Some((_, label)), Some(bar)) = (view.bars, step.bar) {
        words.push(format!("{} {}", name(label), told(bar)));
    }
    if let Some(line) = step.line {
        words.push(format!("{} {}", name(view.line.1), told(line)));
    }
    if let (Some((_, _, label)), Some((low, high))) = (view.band, step.band) {
        words.push(format!("{} {}–{}", name(label), told(low), told(high)));
    }
    if step.alarm {
        words.push(language.of("预警", "alarm").to_owned());
    }
    words.join(language.of("，", ", "))
}

/// What is to be seen, in a sentence.
fn what(view: &View, steps: &[Step], alarms: usize, language: Language) -> String {
    let (first, last) = (&steps[0].time, &steps[steps.len() - 1].time);
    let end = steps
        .iter()
        .rev()
        .find(|step| step.line.is_some() || step.bar.is_some());
    let end = end
        .map(|step| words(view, step, language))
        .unwrap_or_default();
    let n = steps.len();
    match (language, view.alarm.is_some()) {
        (Language::Chinese, true) => {
            format!("{first} 至 {last}，共 {n} 个时段，预警 {alarms} 次。最后：{end}。")
        }
        (Language::Chinese, false) => format!("{first} 至 {last}，共 {n} 个时段。最后：{end}。"),
        (Language::English, true) => {
            format!("{first} to {last}, {n} steps, {alarms} alarms. Last: {end}.")
        }
        (Language::English, false) => format!("{first} to {last}, {n} steps. Last: {end}."),
    }
}

fn legend(svg: &mut Svg, view: &View, alarms: bool, language: Language) {
    let name = |(chinese, english)| language.of(chinese, english);
    let mut entries: Vec<(&str, &str)> = Vec::new();
    entries.extend(view.bars.map(|(_, label)| (BAR, name(label))));
    entries.push((LINE, name(view.line.1)));
    entries.extend(view.band.map(|(_, _, label)| (BAND, name(label))));
    if alarms {
        entries.push((ALARM, language.of("预警", "alarm")));
    }
    for (at, (colour, label)) in entries.into_iter().enumerate() {
        let x = LEFT + at as f64 * 160.0;
        // A line is shown as one.
        let (top, height) = if colour == LINE {
            (32.0, 2.0)
        } else {
            (27.0, 12.0)
        };
        svg.bar((x, top), (12.0, height), colour, label);
        svg.words(x + 18.0, 37.0, "start", label);
    }
}
