//! Pathways: what is proposed, under which law, on which evidence; what the plan declines; what
//! becomes of an order when the plan changes.

use fangxian_base::Date;

use super::assess::{Work, first_that_holds};
use super::measures::{self, Schedule};
use super::{Deciding, Found, Scope};
use crate::assessment::{Answer, EvidenceNeeded, MeasureDue, Migration, Refusal, RefusalKind};
use crate::compile::disease::{Disease, Pathway};
use crate::fact::Value;
use crate::law::{self, Grant, PermitRequest};
use crate::text::Text;

/// Kind of fact that says that an order is running.
const RUNNING: &str = "measure_in_force";

impl Work<'_> {
    #[expect(
        clippy::result_large_err,
        reason = "a refusal is the answer, not an accident"
    )]
    fn permit(&self, measure: &str) -> Result<Grant<'_>, Refusal> {
        let request = PermitRequest {
            disease: &self.disease.id,
            measure,
            organ: None,
            on: self.input.on,
            as_of: self.input.as_of,
            approvals: self.input.approvals,
        };
        law::permit(self.library.law_packs(), self.disease, &request)
    }

    pub(super) fn pathways(&mut self) {
        let disease = self.disease;
        for pathway in &disease.pathways {
            let applies = pathway.head.applies(self.edition, self.on());
            if applies && self.deciding.answer(&pathway.head.node) == Answer::Yes {
                self.propose(pathway);
            }
        }
    }

    fn propose(&mut self, pathway: &Pathway) {
        let Some(schedule) = measures::schedule(&self.deciding, pathway) else {
            self.anchor_missing(pathway);
            return;
        };
        let (edition, schedule) = self.migrate(pathway, schedule);
        let release = measures::release(&self.deciding, pathway, &schedule);
        let over = release.ready || schedule.end.is_some_and(|end| self.on() > end);
        self.out.release.push(release);
        if let Some(end) = schedule.end {
            self.deciding
                .scope
                .may_change(fangxian_base::plus_days(end, 1));
        }
        if self.explains {
            let mut reason = self.deciding.reason(&pathway.head);
            for id in measures::values_of(pathway) {
                self.deciding.value(id, &mut reason.values);
            }
            for node in &pathway.release {
                let mut ids = std::collections::BTreeSet::new();
                self.disease.rules.values_of(node, &mut ids);
                for id in ids {
                    self.deciding.value(id, &mut reason.values);
                }
            }
            self.out.reasons.push(reason);
        }
        if over {
            self.over.push(pathway.measure.clone());
            return;
        }
        let refusal = match self.permit(&pathway.measure) {
            Ok(grant) => match self.weak_evidence(pathway, grant) {
                None => {
                    let due = due(pathway, grant, &edition, schedule);
                    self.out.measures_due.push(due);
                    None
                }
                Some(refusal) => Some(refusal),
            },
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = refusal {
            self.out.refused.push(Refusal {
                rule: pathway.head.id.clone(),
                ..refusal
            });
            let instead = pathway.instead.as_deref();
            let advice = self
                .disease
                .advice
                .iter()
                .find(|a| Some(a.head.id.as_str()) == instead);
            if let Some(advice) = advice {
                self.advise(advice);
            }
        }
    }

    fn anchor_missing(&mut self, pathway: &Pathway) {
        self.out.notices.push(Text::new(
            format!("“{}”无法排期：缺少起算日", pathway.head.text.zh),
            format!(
                "`{}` cannot be dated: the day it is counted from is not known",
                pathway.head.text.en
            ),
        ));
    }

    /// An order made under an earlier edition stands until somebody decides about it.
    fn migrate(&mut self, pathway: &Pathway, new: Schedule) -> (String, Schedule) {
        let title = |index: usize| {
            self.disease
                .editions
                .get(index)
                .map(|edition| edition.id.clone())
                .unwrap_or_default()
        };
        let now = title(self.edition);
        let Some((order, old_edition)) = self.running(&pathway.measure) else {
            return (now, new);
        };
        let was = title(old_edition);
        let region = self.deciding.scope.region;
        let scope = Scope::new(self.library.vocabulary(), self.input.facts, order, region);
        let deciding = Deciding::new(&self.disease.rules, &scope, self.deciding.found);
        let old = self
            .disease
            .pathways
            .iter()
            .filter(|p| p.measure == pathway.measure && p.head.applies(old_edition, order))
            .filter(|p| deciding.answer(&p.head.node) == Answer::Yes)
            .find_map(|p| measures::schedule(&deciding, p));
        let Some(old) = old else { return (now, new) };
        if old.end == new.end {
            return (now, new);
        }
        self.out.migrations.push(Migration {
            rule: pathway.head.id.clone(),
            from_edition: was.clone(),
            to_edition: now,
            old_end: old.end,
            new_end: new.end,
            lift_at_once: false,
            text: Text::new(
                "方案已换版，须由指定人员决定是否调整；决定之前原决定继续有效",
                "the plan has changed: a named person has to decide; until then the order stands as made",
            ),
        });
        (was, old)
    }

    /// Orders in force that no pathway of the day carries: somebody has to decide about each, and
    /// what the law no longer allows is lifted at once.
    pub(super) fn orphans(&mut self) {
        for (measure, from, edition) in self.orders() {
            let carried = self.disease.pathways.iter().any(|pathway| {
                pathway.measure == measure
                    && pathway.head.applies(self.edition, self.on())
                    && self.deciding.answer(&pathway.head.node) == Answer::Yes
            });
            if carried {
                continue;
            }
            let lift_at_once = self.permit(&measure).is_err();
            let made = edition.and_then(|edition| self.made(&measure, from, edition));
            let id_of = |index: usize| {
                let edition = self.disease.editions.get(index);
                edition
                    .map(|edition| edition.id.clone())
                    .unwrap_or_default()
            };
            let text = if lift_at_once {
                Text::new(
                    "现行法律不再允许此项措施，应当立即解除",
                    "the law of the day no longer allows it: it is lifted at once",
                )
            } else {
                Text::new(
                    "现行规则下没有对应的安排，须由指定人员决定是否解除；决定之前原决定继续有效",
                    "the rules of the day do not carry it: a named person has to decide; until then the order stands as made",
                )
            };
            self.out.migrations.push(Migration {
                rule: made.as_ref().map_or_else(
                    || format!("{}/{measure}", self.disease.id),
                    |(rule, _)| rule.clone(),
                ),
                from_edition: edition.map(id_of).unwrap_or_default(),
                to_edition: id_of(self.edition),
                old_end: made.and_then(|(_, end)| end),
                new_end: None,
                lift_at_once,
                text,
            });
        }
    }

    /// The orders in force on the day: measure, first day, edition.
    fn orders(&self) -> Vec<(String, Date, Option<usize>)> {
        let Some(kind) = self.library.vocabulary().id(RUNNING) else {
            return Vec::new();
        };
        let on = self.on();
        let all = self.deciding.scope.of(kind).iter().map(|seen| seen.fact);
        all.filter(|fact| fact.to.is_none_or(|to| on <= to))
            .filter_map(|fact| {
                let measure = code(fact.attrs.get("measure"))?;
                let edition = code(fact.attrs.get("edition"));
                let position = |id: String| self.disease.editions.iter().position(|e| e.id == id);
                Some((measure, fact.from?, edition.and_then(position)))
            })
            .collect()
    }

    /// The pathway of an order as it was made, and its end.
    fn made(&self, measure: &str, order: Date, edition: usize) -> Option<(String, Option<Date>)> {
        let region = self.deciding.scope.region;
        let scope = Scope::new(self.library.vocabulary(), self.input.facts, order, region);
        let mut deciding = Deciding::new(&self.disease.rules, &scope, Found::default());
        judge(&mut deciding, self.disease, edition);
        self.disease
            .pathways
            .iter()
            .filter(|p| p.measure == measure && p.head.applies(edition, order))
            .filter(|p| deciding.answer(&p.head.node) == Answer::Yes)
            .find_map(|p| {
                let end = measures::schedule(&deciding, p)?.end;
                Some((p.head.id.clone(), end))
            })
    }

    /// A running order of this measure that was made under another edition.
    fn running(&self, measure: &str) -> Option<(Date, usize)> {
        let kind = self.library.vocabulary().id(RUNNING)?;
        let mut all = self.deciding.scope.of(kind).iter().map(|seen| seen.fact);
        all.find_map(|fact| {
            if code(fact.attrs.get("measure")).as_deref() != Some(measure) {
                return None;
            }
            let edition = code(fact.attrs.get("edition"))?;
            let index = self.disease.editions.iter().position(|e| e.id == edition)?;
            (index != self.edition).then_some((fact.from?, index))
        })
    }

    /// Whether the proposal would stand on facts that are known well enough; if not, which.
    fn weak_evidence(&self, pathway: &Pathway, grant: Grant<'_>) -> Option<Refusal> {
        if !grant.measure.restricts {
            return None;
        }
        let mut grounds = Vec::new();
        let found = self.deciding.found;
        let heads = self
            .disease
            .classes
            .iter()
            .filter(|(class, _)| Some(*class) == found.class)
            .map(|(_, head)| head)
            .chain(
                self.disease
                    .contacts
                    .iter()
                    .filter(|(kind, _)| Some(*kind) == found.contact)
                    .map(|(_, head)| head),
            )
            .filter(|head| head.applies(self.edition, self.on()))
            .chain(std::iter::once(&pathway.head));
        for head in heads {
            self.deciding.grounds(&head.node, &mut grounds);
        }
        let scope = self.deciding.scope;
        grounds.retain(|(kind, fact)| !scope.firm(*kind, fact));
        if grounds.is_empty() {
            return None;
        }
        let strict = scope.strict();
        if stands(self.disease, &strict, self.edition, pathway) {
            return None;
        }
        let mut evidence: Vec<EvidenceNeeded> = Vec::new();
        for (kind, fact) in grounds {
            let needed = scope.vocabulary.restricts_with(kind).to_vec();
            let entry = EvidenceNeeded {
                fact: fact.id.clone(),
                known: fact.evidence,
                needed,
            };
            if !evidence.contains(&entry) {
                evidence.push(entry);
            }
        }
        Some(Refusal {
            rule: pathway.head.id.clone(),
            measure: pathway.measure.clone(),
            name: grant.measure.name.clone(),
            kind: RefusalKind::Evidence,
            regime: grant.law.id.clone(),
            article: grant.measure.article.clone(),
            why: Text::new(
                "所依据的事实证据不足，不能据此限制个人",
                "the facts it rests on are not known well enough to restrict anybody",
            ),
            needed: Text::new(
                "由医疗机构、检验机构或疾控中心出具的记录，或工作人员现场核实",
                "a record by a hospital, laboratory or CDC institution, or a check on site",
            ),
            approvals: Vec::new(),
            evidence,
        })
    }

    pub(super) fn declines(&mut self) {
        let disease = self.disease;
        for (measure, head) in &disease.declines {
            if !head.applies(self.edition, self.on())
                || self.deciding.answer(&head.node) != Answer::Yes
            {
                continue;
            }
            self.because(head);
            let refusal = match self.permit(measure) {
                Ok(grant) => Refusal {
                    rule: String::new(),
                    measure: measure.clone(),
                    name: grant.measure.name.clone(),
                    kind: RefusalKind::Plan,
                    regime: grant.law.id.clone(),
                    article: grant.measure.article.clone(),
                    why: head.text.clone(),
                    needed: Text::new(
                        "现行方案未规定此项措施",
                        "the plan in force does not provide for it",
                    ),
                    approvals: Vec::new(),
                    evidence: Vec::new(),
                },
                Err(refusal) => refusal,
            };
            self.out.refused.push(Refusal {
                rule: head.id.clone(),
                ..refusal
            });
        }
    }
}

fn code(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Code(code)) => Some(code.clone()),
        Some(Value::Bool(_) | Value::Number(_) | Value::Date(_)) | None => None,
    }
}

/// Whether a pathway would still be proposed on the facts of a scope.
fn stands(disease: &Disease, scope: &Scope<'_>, edition: usize, pathway: &Pathway) -> bool {
    let mut deciding = Deciding::new(&disease.rules, scope, Found::default());
    judge(&mut deciding, disease, edition);
    deciding.answer(&pathway.head.node) == Answer::Yes
}

/// Finds class and kind of contact by an edition on the day of the scope.
fn judge(deciding: &mut Deciding<'_>, disease: &Disease, edition: usize) {
    let on = deciding.scope.on;
    let classes = disease
        .classes
        .iter()
        .filter(|(_, head)| head.applies(edition, on));
    let class = first_that_holds(deciding, classes)
        .0
        .map(|(class, _)| class);
    deciding.set(Found {
        class,
        contact: None,
    });
    let contacts = disease
        .contacts
        .iter()
        .filter(|(_, head)| head.applies(edition, on));
    let contact = first_that_holds(deciding, contacts).0.map(|(kind, _)| kind);
    deciding.set(Found { class, contact });
}

fn due(pathway: &Pathway, grant: Grant<'_>, edition: &str, schedule: Schedule) -> MeasureDue {
    MeasureDue {
        rule: pathway.head.id.clone(),
        measure: pathway.measure.clone(),
        name: grant.measure.name.clone(),
        pathway: pathway.head.text.clone(),
        regime: grant.law.id.clone(),
        law: grant.law.title.clone(),
        article: grant.measure.article.clone(),
        organs: grant.measure.organs.clone(),
        formalities: grant.measure.formalities.clone(),
        edition: edition.to_owned(),
        anchor: schedule.anchor,
        start: schedule.start,
        end: schedule.end,
        review_on: schedule.review_on,
        stages: schedule.stages,
        term: grant.measure.term.clone(),
        remedy: grant.law.remedy.says.clone(),
        remedy_article: grant.law.remedy.article.clone(),
    }
}
