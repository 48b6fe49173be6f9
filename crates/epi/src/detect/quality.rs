//! How good a detector is on series whose outbreaks are known: seen, missed, raised without cause, how late.

use std::collections::BTreeMap;

use crate::answer::{Estimated, NotEstimated, Why};
use crate::call::{Call, Method, Mode, Refused};
use crate::table::{Cell, Sheet, SheetSpec};

use super::{cdc, cusum, ears, farrington, glr, outbreakp, rki_bayes};

/// The detectors that can be measured.
pub const DETECTORS: &[&Method] = &[
    &ears::METHOD,
    &cusum::METHOD,
    &rki_bayes::RKI,
    &rki_bayes::BAYES,
    &cdc::METHOD,
    &outbreakp::METHOD,
    &farrington::original::METHOD,
    &farrington::flexible::METHOD,
    &glr::POISSON,
    &glr::NEGATIVE_BINOMIAL,
];

/// One judged step: whether it was an outbreak, and whether it was an alarm.
pub type Told = (bool, Option<bool>);

/// What alarms are worth.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quality {
    /// Outbreak steps with an alarm.
    pub seen: usize,
    /// Quiet steps with an alarm.
    pub raised: usize,
    /// Quiet steps without.
    pub quiet: usize,
    /// Outbreak steps without.
    pub missed: usize,
    /// Outbreaks in the judged steps.
    pub outbreaks: usize,
    /// Mean number of steps from the first judged step of an outbreak to the next alarm, each the penalty at most.
    pub delay: Option<f64>,
}

impl Quality {
    /// Share of outbreak steps with an alarm.
    pub fn sensitivity(&self) -> Option<f64> {
        share(self.seen, self.missed)
    }

    /// Share of quiet steps without.
    pub fn specificity(&self) -> Option<f64> {
        share(self.quiet, self.raised)
    }

    /// Distance from the corner where both are 1.
    pub fn distance(&self) -> Option<f64> {
        let (sensitivity, specificity) = (self.sensitivity()?, self.specificity()?);
        Some((1.0 - sensitivity).hypot(1.0 - specificity))
    }
}

fn share(part: usize, rest: usize) -> Option<f64> {
    (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
}

/// Measures alarms against known outbreaks, step by step.
///
/// - Quantity: sensitivity, specificity and delay of a detector.
/// - Method: counts of steps; a run of outbreak steps is one outbreak, whose delay ends with the next alarm, also one after its
///   end, and is `penalty` at most.
/// - Units: steps.
/// - Interval: none.
/// - Assumes: the labels are right; a step that the detector could not judge is left out.
/// - Do not use: to compare detectors at different rates of false alarm by sensitivity alone.
/// - Source: Riebler 2004; Höhle 2007.
/// - Differs from source: not.
/// - Checked by: the reference folder `detection_quality`.
pub fn measure(told: &[Told], penalty: f64) -> Estimated<Quality> {
    let count = |outbreak: bool, alarm: bool| {
        told.iter()
            .filter(|step| **step == (outbreak, Some(alarm)))
            .count()
    };
    if told.iter().all(|(_, alarm)| alarm.is_none()) {
        let what = "the detector judged no step";
        return Err(NotEstimated::because(Why::NoData, what));
    }
    let starts: Vec<usize> = (0..told.len())
        .filter(|at| told[*at].0 && (*at == 0 || !told[at - 1].0))
        .collect();
    let delay = |start: &usize| {
        let next = told[*start..]
            .iter()
            .position(|(_, alarm)| *alarm == Some(true));
        next.map_or(penalty, |steps| penalty.min(steps as f64))
    };
    let delays: f64 = starts.iter().map(delay).sum();
    Ok(Quality {
        seen: count(true, true),
        raised: count(false, true),
        quiet: count(false, false),
        missed: count(true, false),
        outbreaks: starts.len(),
        delay: (!starts.is_empty()).then(|| delays / starts.len() as f64),
    })
}

/// Quality by name: parameter `algorithm` names a detector, `control` holds its parameters; input `series` has a column
/// `state`, 1 in outbreaks.
pub const METHOD: Method = Method {
    function: "detection_quality",
    title: "How good is a detector on series whose outbreaks are known?",
    page: "detection-quality",
    input: Some("series"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "quality",
    columns: &["TP", "FP", "TN", "FN", "sens", "spec", "dist", "mlag"],
    on_request: None,
};

/// Parameters that the detector gets beside its own.
const SHARED: [&str; 3] = ["series", "freq", "range"];

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let known: Vec<(&str, &Method)> = DETECTORS
        .iter()
        .map(|method| (method.function, *method))
        .collect();
    let Some(method) = call.params.one_of("algorithm", &known)? else {
        return Err(Refused::NoParameter("algorithm".to_owned()));
    };
    let penalty = call.params.number_or("penalty", 20.0)?;
    let detector = Call {
        params: call.params.taken_out("control", &SHARED)?,
        inputs: call.inputs,
        mode: call.mode,
        wanted: BTreeMap::new(),
        seed: call.seed,
    };
    let sheets = (method.run)(&detector)?;
    let unread = detector.params.unread();
    if let Some(unknown) = unread.iter().find(|name| !SHARED.contains(&name.as_str())) {
        let what = format!("`{}` knows no parameter `{unknown}`", method.function);
        return call.params.refuse("control", what);
    }
    let state = call.selected("series", "series")?.numbers("state")?;
    let judged = sheets.first().into_iter().flat_map(|sheet| {
        let at = |name| sheet.spec.columns.iter().position(|column| *column == name);
        let (t, alarm) = (at("t").unwrap_or(0), at("alarm").unwrap_or(0));
        sheet.rows.iter().map(move |row| (&row[t], &row[alarm]))
    });
    let told: Vec<Told> = judged
        .filter_map(|(t, alarm)| {
            let Cell::Number(t) = t else { return None };
            let state = state.get(crate::numbers::whole(t - 1.0)?)?;
            let alarm = match alarm {
                Cell::Number(alarm) => Some(*alarm != 0.0),
                Cell::Missing | Cell::Text(_) => None,
            };
            Some((*state != 0.0, alarm))
        })
        .collect();
    let quality = match (measure(&told, penalty), call.mode) {
        (Err(_), Mode::Peer) => Quality::default(),
        (quality, _) => quality?,
    };
    // The reference program counts where nothing was judged, and calls the delay of no outbreak 0.
    let delay = match call.mode {
        Mode::Peer => Some(quality.delay.unwrap_or(0.0)),
        Mode::Published => quality.delay,
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: vec![vec![
            Cell::whole(quality.seen),
            Cell::whole(quality.raised),
            Cell::whole(quality.quiet),
            Cell::whole(quality.missed),
            Cell::maybe(quality.sensitivity()),
            Cell::maybe(quality.specificity()),
            Cell::maybe(quality.distance()),
            Cell::maybe(delay),
        ]],
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_outbreak_costs_the_penalty_and_an_unjudged_step_nothing() {
        let told = |text: &str| -> Vec<Told> {
            text.chars()
                .map(|c| {
                    (
                        c.is_uppercase(),
                        (c != 'x' && c != 'X').then(|| "aA".contains(c)),
                    )
                })
                .collect()
        };
        // Three outbreaks (upper case): seen after two steps, five steps late, and never.
        let quality = measure(&told("naXNAnNNxnnanN"), 20.0).expect("quality");
        let counts = [quality.seen, quality.raised, quality.quiet, quality.missed];
        assert_eq!(counts, [1, 2, 5, 4]);
        assert_eq!((quality.outbreaks, quality.delay), (3, Some(9.0)));
        let quiet = measure(&told("nnn"), 20.0).expect("quality");
        assert_eq!((quiet.sensitivity(), quiet.delay), (None, None));
        assert!(measure(&told("xX"), 20.0).is_err() && measure(&[], 20.0).is_err());
    }
}
