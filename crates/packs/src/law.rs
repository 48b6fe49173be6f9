//! What the law of a day allows: a measure for a disease, by an organ, with the approvals on
//! record. What it does not allow cannot be offered; the refusal says why and what is needed.

use std::collections::BTreeSet;

use fangxian_base::Date;

use crate::assessment::{Managed, Organ, Refusal, RefusalKind};
use crate::compile::disease::Disease;
use crate::compile::other::Law;
use crate::fact::{Approval, ApprovalKind};
use crate::schema::LawMeasureDoc;
use crate::text::Text;

/// A measure that somebody wants to decide.
#[derive(Debug, Clone, Copy)]
pub struct PermitRequest<'a> {
    /// Disease pack.
    pub disease: &'a str,
    /// Number in the catalogue, such as `M03`.
    pub measure: &'a str,
    /// Who wants to decide; none: only whether anybody may.
    pub organ: Option<Organ>,
    /// The day of the decision.
    pub on: Date,
    /// Only what had been published by this day counts.
    pub as_of: Date,
    /// Approvals on record.
    pub approvals: &'a [Approval],
}

/// A law and the measure in it.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The law.
    pub law: &'a Law,
    /// The measure.
    pub measure: &'a LawMeasureDoc,
}

/// Whether an approval is on record on a day.
fn approved(approvals: &[Approval], kind: ApprovalKind, disease: &str, on: Date) -> bool {
    approvals.iter().any(|approval| {
        approval.kind == kind
            && approval.disease.as_deref().is_none_or(|id| id == disease)
            && approval.from <= on
            && approval.until.is_none_or(|until| on <= until)
    })
}

/// The kinds of approval that the packs declare for a disease: class A measures where its list entry
/// allows them, and whatever a measure of a law needs on record.
pub fn approval_kinds(laws: &[Law], disease: &Disease) -> BTreeSet<ApprovalKind> {
    let by_list = disease.management.iter().any(|m| m.class_a_by_approval);
    let needed = laws.iter().flat_map(|law| &law.measures);
    let needed = needed.flat_map(|measure| measure.needs.iter().copied());
    needed
        .chain(by_list.then_some(ApprovalKind::ManagedAsClassA))
        .collect()
}

/// How a disease is managed on a day, with the approvals on record.
pub fn managed(disease: &Disease, on: Date, as_of: Date, approvals: &[Approval]) -> Managed {
    let entry = disease
        .management
        .iter()
        .rev()
        .find(|m| m.from <= on && m.published <= as_of);
    match entry {
        None => Managed::None,
        Some(entry)
            if entry.class_a_by_approval
                && approved(approvals, ApprovalKind::ManagedAsClassA, &disease.id, on) =>
        {
            Managed::A
        }
        Some(entry) => entry.managed,
    }
}

/// Whether a measure may be decided; a refusal explains.
///
/// # Errors
/// The refusal, when the law of the day does not allow it.
#[expect(
    clippy::result_large_err,
    reason = "a refusal is the answer, not an accident; it is rare"
)]
pub fn permit<'a>(
    laws: &'a [Law],
    disease: &Disease,
    request: &PermitRequest<'_>,
) -> Result<Grant<'a>, Refusal> {
    let known = |law: &'a Law| {
        law.measures
            .iter()
            .find(|m| m.id.value == request.measure)
            .map(|measure| Grant { law, measure })
    };
    let in_force = laws
        .iter()
        .filter(|law| law.holds(request.on, request.as_of))
        .find_map(known);
    let Some(grant) = in_force else {
        let absent = laws
            .iter()
            .filter(|law| law.holds(request.on, request.as_of))
            .find_map(|law| {
                let mut absent = law.absent.iter();
                absent.find(|absent| absent.id.value == request.measure)
            });
        if let Some(absent) = absent {
            return Err(Refusal {
                why: absent.says.clone(),
                needed: absent.needed.clone(),
                ..no_law(request, Some(absent.name.clone()))
            });
        }
        let name = laws
            .iter()
            .find_map(known)
            .map(|grant| grant.measure.name.clone());
        return Err(no_law(request, name));
    };
    let managed = managed(disease, request.on, request.as_of, request.approvals);
    let mut lacking: Vec<ApprovalKind> = Vec::new();
    if !grant.measure.managed.contains(&managed) {
        let by_approval = disease
            .management
            .iter()
            .rev()
            .find(|m| m.from <= request.on && m.published <= request.as_of)
            .is_some_and(|m| m.class_a_by_approval);
        if by_approval && grant.measure.managed.contains(&Managed::A) {
            lacking.push(ApprovalKind::ManagedAsClassA);
        }
        return Err(wrong_class(request, grant, disease, managed, lacking));
    }
    for kind in &grant.measure.needs {
        if !approved(request.approvals, *kind, &disease.id, request.on) {
            lacking.push(*kind);
        }
    }
    if !lacking.is_empty() {
        return Err(Refusal {
            approvals: lacking.clone(),
            ..refusal(
                request,
                grant,
                RefusalKind::Approval,
                grant.measure.says.clone(),
                grant
                    .measure
                    .needed
                    .clone()
                    .unwrap_or_else(|| on_record(&lacking)),
            )
        });
    }
    match request.organ {
        Some(organ) if !grant.measure.organs.contains(&organ) => {
            let (zh, en) = list(&grant.measure.organs);
            let who = organ.text();
            let why = Text::new(
                format!("{}无权决定此项措施", who.zh),
                format!("{} may not decide this measure", who.en),
            );
            let needed = Text::new(format!("由{zh}决定"), format!("a decision by: {en}"));
            Err(refusal(request, grant, RefusalKind::Organ, why, needed))
        }
        Some(_) | None => Ok(grant),
    }
}

fn list(organs: &[Organ]) -> (String, String) {
    let texts: Vec<Text> = organs.iter().map(|organ| organ.text()).collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    (zh.join("或"), en.join(" or "))
}

fn on_record(lacking: &[ApprovalKind]) -> Text {
    let texts: Vec<Text> = lacking.iter().map(|kind| kind.text()).collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    let (zh, en) = (zh.join("、"), en.join(", "));
    Text::new(format!("登记在案：{zh}"), format!("on record: {en}"))
}

fn needed(grant: Grant<'_>) -> Text {
    grant
        .measure
        .needed
        .clone()
        .unwrap_or_else(|| Text::new("现行法律未规定例外", "the law in force names no exception"))
}

fn refusal(
    request: &PermitRequest<'_>,
    grant: Grant<'_>,
    kind: RefusalKind,
    why: Text,
    needed: Text,
) -> Refusal {
    Refusal {
        rule: String::new(),
        measure: request.measure.to_owned(),
        name: grant.measure.name.clone(),
        kind,
        regime: grant.law.id.clone(),
        article: grant
            .measure
            .refused_by
            .clone()
            .unwrap_or_else(|| grant.measure.article.clone()),
        why,
        needed,
        approvals: Vec::new(),
        evidence: Vec::new(),
    }
}

fn no_law(request: &PermitRequest<'_>, name: Option<Text>) -> Refusal {
    Refusal {
        rule: String::new(),
        measure: request.measure.to_owned(),
        name: name.unwrap_or_else(|| Text::new(request.measure, request.measure)),
        kind: RefusalKind::NoLaw,
        regime: String::new(),
        article: Text::default(),
        why: Text::new(
            format!("{}有效的法律中没有此项措施的依据", request.on),
            format!(
                "no law in force on {} provides for this measure",
                request.on
            ),
        ),
        needed: Text::new("法律依据", "a legal basis"),
        approvals: Vec::new(),
        evidence: Vec::new(),
    }
}

fn wrong_class(
    request: &PermitRequest<'_>,
    grant: Grant<'_>,
    disease: &Disease,
    managed: Managed,
    approvals: Vec<ApprovalKind>,
) -> Refusal {
    let state = managed.text();
    let why = Text::new(
        format!(
            "{}当日{}，{}只适用于{}",
            disease.title.zh,
            state.zh,
            grant.measure.name.zh,
            classes(grant).zh
        ),
        format!(
            "{} is {} on that day; {} is only for diseases {}",
            disease.title.en,
            state.en,
            grant.measure.name.en,
            classes(grant).en
        ),
    );
    Refusal {
        approvals,
        ..refusal(
            request,
            grant,
            RefusalKind::DiseaseClass,
            why,
            grant
                .measure
                .needed_for
                .get(&managed)
                .cloned()
                .unwrap_or_else(|| needed(grant)),
        )
    }
}

fn classes(grant: Grant<'_>) -> Text {
    let texts: Vec<Text> = grant
        .measure
        .managed
        .iter()
        .map(|managed| managed.text())
        .collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Text::new(format!("{}的传染病", zh.join("或")), en.join(" or "))
}

/// The refusal for a disease that no pack describes.
pub fn unknown_disease(request: &PermitRequest<'_>) -> Refusal {
    let mut refusal = no_law(request, None);
    refusal.why = Text::new(
        format!(
            "没有名为 `{}` 的病种规则包，不能判断其管理类别",
            request.disease
        ),
        format!(
            "no pack describes `{}`, so how it is managed is not known",
            request.disease
        ),
    );
    refusal.needed = Text::new("病种规则包", "a disease pack");
    refusal
}
