//! Whether the law of today lets an organ decide a measure, and what is said to one that it does not.

use fangxian_base::Text;
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Organ, PermitRequest};
use fangxian_store::Tx;
use fangxian_store::measures::{Measure, measure_content};
use fangxian_store::responses::response_fetch;

use super::{due_of, notice, organs_of, unit_kind};
use crate::assess::{Rules, approvals_of};
use crate::{AppError, Kind, Result, Who, found};

/// Names the law, the article and its organs to somebody whose unit is none of them. Whoever may
/// not know of the measure is told nothing.
pub(super) fn not_the_organ(
    tx: &mut Tx<'_>,
    who: &Who,
    measure: &Measure,
    mut error: AppError,
) -> Result<AppError> {
    let mut kinds = organs_of(measure).into_iter().filter_map(unit_kind);
    let is_one = who
        .actor()
        .is_some_and(|actor| kinds.any(|kind| kind == actor.unit_kind));
    if error.kind != Kind::Forbidden || is_one {
        return Ok(error);
    }
    let content = measure_content(tx, measure)?;
    let Some(due) = due_of(content.proposal.as_deref()) else {
        return Ok(error);
    };
    let organs: Vec<_> = due.organs.iter().map(|organ| organ.text()).collect();
    let list = |of: fn(&fangxian_packs::Text) -> &str, between: &str| {
        organs.iter().map(of).collect::<Vec<_>>().join(between)
    };
    let basis = notice::basis(&due);
    error.text = Text::new(
        format!(
            "{}：按{}，该措施由{}决定。",
            error.text.zh.trim_end_matches('。'),
            basis.zh,
            list(|text| text.zh.as_str(), "、")
        ),
        format!(
            "{}: by {} this measure is decided by {}.",
            error.text.en.trim_end_matches('.'),
            basis.en,
            list(|text| text.en.as_str(), ", ")
        ),
    );
    Ok(error)
}

/// Asks the law of today with the organ that decides.
pub(super) fn lawful(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    kind: UnitKind,
) -> Result<()> {
    let organs: Vec<Organ> = organs_of(measure)
        .into_iter()
        .filter(|o| unit_kind(*o) == Some(kind))
        .collect();
    let response = found(response_fetch(tx, measure.response))?;
    let approvals = approvals_of(tx, &response)?;
    let today = rules.today(tx);
    let mut why = Text::new(
        "本单位不是该措施的法定决定机关。",
        "This unit is not among the organs that may decide the measure.",
    );
    for organ in organs {
        let request = PermitRequest {
            disease: &response.disease,
            measure: &measure.kind,
            organ: Some(organ),
            on: today,
            as_of: today,
            approvals: &approvals,
        };
        match rules.packs().permit(&request) {
            Ok(_) => return Ok(()),
            Err(refusal) => {
                why = Text::new(
                    format!("{}（{}）。", refusal.why.zh, refusal.article.zh),
                    format!("{} ({}).", refusal.why.en, refusal.article.en),
                );
            }
        }
    }
    Err(AppError::conflict("NOT-LAWFUL", &why.zh, &why.en))
}
