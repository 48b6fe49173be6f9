//! One person, one disease, one day: classes, contacts, categories, measures, reports, work.
//!
//! The order matters: what a case is comes first, what a contact is second, everything else may
//! ask for both. Start with [`assess`].

use fangxian_base::{Date, plus_days};

use super::{Deciding, Found, Open, Scope};
use crate::assessment::{Answer, Assessment, CaseClass, Category, Managed, PackUsed, Reason};
use crate::compile::disease::{Disease, Head, Pathway};
use crate::compile::other::City;
use crate::fact::Input;
use crate::law;
use crate::library::Library;
use crate::schema::Covers;
use crate::text::Text;

/// What is being worked on.
pub(super) struct Work<'a> {
    pub(super) library: &'a Library,
    pub(super) input: &'a Input<'a>,
    pub(super) disease: &'a Disease,
    pub(super) city: Option<&'a City>,
    pub(super) edition: usize,
    pub(super) deciding: Deciding<'a>,
    /// Measures whose calendar has run its course.
    pub(super) over: Vec<String>,
    /// Whether anybody reads why, and what would help to decide.
    pub(super) explains: bool,
    pub(super) out: Assessment,
}

/// Answers one question. Total: whatever the facts are, there is an answer. Unless it `explains`,
/// the answer holds no reasons and not what is missing; everything else is the same.
pub fn assess(library: &Library, input: &Input<'_>, explains: bool) -> Assessment {
    let mut out = empty(input);
    let city = library.city_pack(input.city);
    let region = match (input.region, city) {
        ("", Some(city)) => city.region.as_str(),
        (region, _) => region,
    };
    let Some(disease) = library.disease_at(input.disease, region) else {
        out.notices.push(Text::new(
            format!("没有名为 `{}` 的病种规则包", input.disease),
            format!("there is no disease pack `{}`", input.disease),
        ));
        return out;
    };
    if city.is_none() && !input.city.is_empty() {
        out.notices.push(Text::new(
            format!("没有名为 `{}` 的城市规则包", input.city),
            format!("there is no city pack `{}`", input.city),
        ));
    }
    if let Some(city) = city
        && !City::in_force(&city.diseases, &disease.id, input.on)
    {
        out.notices.push(Text::new(
            format!("{}当日未启用{}规则包", city.title.zh, disease.title.zh),
            format!(
                "{} had not put the pack for {} in force on that day",
                city.title.en, disease.title.en
            ),
        ));
    }
    out.managed = law::managed(disease, input.on, input.as_of, input.approvals);
    for fact in input.facts {
        for objection in library.vocabulary().objections(fact) {
            let zh = format!("事实 {} 未采用：{objection}", fact.id);
            out.notices
                .push(Text::new(zh, format!("fact {}: {objection}", fact.id)));
        }
    }
    let Some(edition) = disease.edition(input.on, input.as_of) else {
        out.notices.push(Text::new(
            format!("{}没有{}有效的方案版本", disease.title.zh, input.on),
            format!(
                "no edition of the plan for {} is in force on {}",
                disease.title.en, input.on
            ),
        ));
        return out;
    };
    let mut scope = Scope::new(library.vocabulary(), input.facts, input.on, region);
    if let Some(in_force) = disease.editions.get(edition) {
        scope.values_on = input.on.min(in_force.until);
        out.packs.push(PackUsed {
            pack: disease.id.clone(),
            edition: in_force.id.clone(),
            text: in_force.title.clone(),
            from: in_force.from,
        });
        overlays_used(disease, scope.values_on, &mut out);
        if let Some(gap) = &in_force.not_covered {
            out.notices.push(gap.clone());
        }
        if in_force.covers == Covers::None {
            return out;
        }
    }
    let deciding = Deciding::new(&disease.rules, &scope, Found::default());
    let mut work = Work {
        library,
        input,
        disease,
        city,
        edition,
        deciding,
        over: Vec::new(),
        explains,
        out,
    };
    work.classes();
    work.contacts();
    work.pathways();
    work.orphans();
    work.categories();
    work.declines();
    work.advice();
    work.reports();
    work.tasks();
    work.without();
    work.next_change();
    work.out.missing.sort_by_key(|missing| !missing.near);
    work.out
}

/// Names the overlays that change something on the day.
fn overlays_used(disease: &Disease, on: Date, out: &mut Assessment) {
    for layer in &disease.layers {
        let without = layer.without.iter().map(|without| &without.days);
        let mut days = layer.days.iter().chain(without);
        if let Some((from, _)) = days.find(|(from, to)| *from <= on && on <= *to) {
            out.packs.push(PackUsed {
                pack: layer.pack.clone(),
                edition: String::new(),
                text: layer.title.clone(),
                from: *from,
            });
        }
    }
}

fn empty(input: &Input<'_>) -> Assessment {
    Assessment {
        disease: input.disease.to_owned(),
        on: input.on,
        case: Answer::Unknown,
        class: None,
        contact: Answer::Unknown,
        contact_kind: None,
        managed: Managed::None,
        categories: Vec::new(),
        measures_due: Vec::new(),
        refused: Vec::new(),
        advice: Vec::new(),
        reports_due: Vec::new(),
        tasks_due: Vec::new(),
        release: Vec::new(),
        migrations: Vec::new(),
        next_change_on: None,
        reasons: Vec::new(),
        missing: Vec::new(),
        notices: Vec::new(),
        packs: Vec::new(),
    }
}

/// What a list of definitions says: the first that holds, else whether one is still open.
pub(super) fn first_that_holds<'r, T: Copy + 'r>(
    deciding: &Deciding<'_>,
    rules: impl Iterator<Item = &'r (T, Head)>,
) -> (Option<(T, &'r Head)>, Vec<&'r Head>) {
    let mut open = Vec::new();
    for (gives, head) in rules {
        match deciding.answer(&head.node) {
            Answer::Yes => return (Some((*gives, head)), open),
            Answer::Unknown => open.push(head),
            Answer::No => {}
        }
    }
    (None, open)
}

impl Work<'_> {
    pub(super) fn on(&self) -> Date {
        self.input.on
    }

    fn covers_all(&self) -> bool {
        self.disease
            .editions
            .get(self.edition)
            .is_some_and(|edition| edition.covers == Covers::Full)
    }

    fn answer_of(&self, found: bool, open: bool) -> Answer {
        match (found, open || !self.covers_all()) {
            (true, _) => Answer::Yes,
            (false, true) => Answer::Unknown,
            (false, false) => Answer::No,
        }
    }

    fn classes(&mut self) {
        let (edition, on) = (self.edition, self.on());
        let rules = self
            .disease
            .classes
            .iter()
            .filter(|(_, head)| head.applies(edition, on));
        let (found, open) = first_that_holds(&self.deciding, rules);
        self.ask(&open);
        self.out.case = self.answer_of(found.is_some(), !open.is_empty());
        if let Some((class, head)) = found {
            self.because(head);
            self.out.class = Some(class);
            if class == CaseClass::Excluded {
                self.out.case = Answer::No;
            }
            self.deciding.set(Found {
                class: Some(class),
                contact: None,
            });
        }
    }

    fn contacts(&mut self) {
        let (edition, on) = (self.edition, self.on());
        let rules = self
            .disease
            .contacts
            .iter()
            .filter(|(_, head)| head.applies(edition, on));
        let (found, open) = first_that_holds(&self.deciding, rules);
        self.ask(&open);
        self.out.contact = self.answer_of(found.is_some(), !open.is_empty());
        if let Some((kind, head)) = found {
            self.because(head);
            self.out.contact_kind = Some(kind);
            let class = self.deciding.found.class;
            self.deciding.set(Found {
                class,
                contact: Some(kind),
            });
        }
    }

    /// Tells why a rule holds, to whom it may concern.
    pub(super) fn because(&mut self, head: &Head) {
        if self.explains {
            self.out.reasons.push(self.deciding.reason(head));
        }
    }

    /// Lists what would decide rules that are still open.
    fn ask(&mut self, open: &[&Head]) {
        if !self.explains {
            return;
        }
        for head in open {
            let open = Open {
                rule: &head.id,
                near: self.deciding.near(&head.node),
                begin: self.out.missing.len(),
            };
            self.deciding
                .missing(&open, &head.node, &mut self.out.missing);
        }
    }

    fn categories(&mut self) {
        let Some(city) = self.city else { return };
        for scheme in self.library.scheme_packs() {
            let here = scheme.sorts(&self.disease.id)
                && City::in_force(&city.schemes, &scheme.id, self.input.on);
            if !here || self.input.on < scheme.from || self.input.on > scheme.until {
                continue;
            }
            self.out.packs.push(PackUsed {
                pack: scheme.id.clone(),
                edition: String::new(),
                text: scheme.title.clone(),
                from: scheme.from,
            });
            let mut deciding =
                Deciding::new(&scheme.rules, self.deciding.scope, self.deciding.found);
            deciding.over = &self.over;
            let holds = |node| deciding.answer(node) == Answer::Yes;
            let Some(category) = scheme.categories.iter().find(|c| holds(&c.node)) else {
                continue;
            };
            if self.explains {
                let mut reason = Reason {
                    rule: category.rule.clone(),
                    text: category.text.clone(),
                    because: Vec::new(),
                    facts: Vec::new(),
                    values: Vec::new(),
                    cites: category.cites.clone(),
                };
                deciding.explain(&category.node, &mut reason);
                self.out.reasons.push(reason);
            }
            self.out.categories.push(Category {
                scheme: scheme.id.clone(),
                category: category.id.clone(),
                text: category.text.clone(),
                label: category.label,
            });
        }
    }

    /// Rules that would hold for the person, had the place not taken them out.
    fn without(&mut self) {
        if !self.explains {
            return;
        }
        let (disease, on) = (self.disease, self.on());
        let all = disease.layers.iter().flat_map(|layer| &layer.without);
        for without in all.filter(|w| w.days.0 <= on && on <= w.days.1) {
            let heads = disease.pathways.iter().map(|rule| &rule.head);
            let heads = heads.chain(disease.advice.iter().map(|rule| &rule.head));
            let heads = heads.chain(disease.tasks.iter().map(|rule| &rule.head));
            let mut heads = heads.chain(disease.declines.iter().map(|(_, head)| head));
            let head = heads.find(|head| head.id == without.rule);
            let Some(head) = head.filter(|head| head.foreseen(self.edition, on)) else {
                continue;
            };
            if self.deciding.answer(&head.node) == Answer::Yes {
                let mut reason = self.deciding.reason(head);
                reason.rule.clone_from(&without.id);
                reason.text.clone_from(&without.text);
                reason.cites.clone_from(&without.cites);
                self.out.reasons.push(reason);
            }
        }
    }

    fn next_change(&mut self) {
        let scope = self.deciding.scope;
        let after = |day: Date| scope.may_change(plus_days(day, 1));
        let published = |index: usize| {
            self.disease
                .editions
                .get(index)
                .filter(|e| e.published <= self.input.as_of)
        };
        if let Some(next) = published(self.edition + 1) {
            scope.may_change(next.from);
        }
        let managed = self.disease.management.iter();
        managed
            .filter(|m| m.published <= self.input.as_of)
            .for_each(|m| scope.may_change(m.from));
        let laws = self.library.law_packs().iter();
        laws.filter(|law| law.published <= self.input.as_of)
            .for_each(|law| scope.may_change(law.from));
        for (_, head) in &self.disease.classes {
            if head.applies(self.edition, head.days.0) {
                scope.may_change(head.days.0);
                after(head.days.1);
            }
        }
        for Pathway { head, .. } in &self.disease.pathways {
            if head.applies(self.edition, head.days.0) {
                scope.may_change(head.days.0);
            }
            if head.applies(self.edition, head.days.1) {
                after(head.days.1);
            }
        }
        for layer in &self.disease.layers {
            let without = layer.without.iter().map(|without| &without.days);
            for (from, to) in layer.days.iter().chain(without) {
                scope.may_change(*from);
                after(*to);
            }
        }
        for approval in self.input.approvals {
            scope.may_change(approval.from);
            approval.until.into_iter().for_each(after);
        }
        for due in &self.out.measures_due {
            due.stages
                .iter()
                .for_each(|stage| scope.may_change(stage.start));
            due.end.into_iter().for_each(after);
            due.review_on
                .into_iter()
                .for_each(|day| scope.may_change(day));
        }
        self.out
            .advice
            .iter()
            .filter_map(|a| a.until)
            .for_each(after);
        self.out.next_change_on = Some(scope.change.get()).filter(|day| *day < Date::MAX);
    }
}
