//! Loads the policy texts, validates them against the schema, and sorts them by action so that a
//! decision evaluates only rules that can apply.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use cedar_policy::{
    ActionConstraint, Authorizer, Decision, Effect, Entities, Entity, EntityUid, Policy, PolicyId,
    PolicySet, Schema, ValidationMode, Validator,
};
use thiserror::Error;

use crate::actions::Action;
use crate::areas::ParseAreaPathError;
use crate::slice::{Names, Slice};

/// The schema and the policy files, in the order in which reasons are preferred.
const SCHEMA: &str = include_str!("../policies/schema.cedarschema");
const FILES: [(&str, &str); 4] = [
    (
        "boundaries.cedar",
        include_str!("../policies/boundaries.cedar"),
    ),
    ("looks.cedar", include_str!("../policies/looks.cedar")),
    ("purposes.cedar", include_str!("../policies/purposes.cedar")),
    ("roles.cedar", include_str!("../policies/roles.cedar")),
];

/// The rules could not be loaded; nothing is decided without them.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The schema does not parse.
    #[error("the authorisation schema does not load")]
    Schema(#[source] Box<cedar_policy::CedarSchemaError>),
    /// The schema's action groups are circular.
    #[error("the actions of the schema do not load")]
    Actions(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A policy file does not parse.
    #[error("policy file `{file}` does not parse")]
    Parse {
        /// Which file.
        file: String,
        /// Where and why.
        #[source]
        source: Box<cedar_policy::ParseErrors>,
    },
    /// A policy lacks its `@id`, a boundary its reasons, or two share an id.
    #[error("policy `{policy}` in `{file}` {problem}")]
    Annotation {
        /// Which file.
        file: String,
        /// Which policy.
        policy: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The policies do not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
    /// The schema lacks an action of the program.
    #[error("the schema has no action `{0}`")]
    UnknownAction(Action),
    /// An entity type of the program cannot be a name in a schema.
    #[error("`{name}` cannot be named in the schema")]
    Name {
        /// Which.
        name: &'static str,
        /// Why.
        #[source]
        source: Box<cedar_policy::ParseErrors>,
    },
    /// The made-up areas that lists are explored with are not areas.
    #[error("lists cannot be explored")]
    Area(#[from] ParseAreaPathError),
}

/// What a refusing policy says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    /// Position in the files: the lower, the sooner it is shown.
    pub rank: usize,
    pub zh: String,
    pub en: String,
}

/// The outcome of one evaluation.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// These policies permitted it.
    Allowed(Vec<String>),
    /// These policies forbade it; none when nothing permitted it.
    Refused(Vec<String>),
    /// It could not be evaluated, which is a refusal.
    Failed,
}

struct ActionRules {
    uid: EntityUid,
    entity: Entity,
    policies: PolicySet,
}

/// The loaded rules.
pub(crate) struct Rules {
    authorizer: Authorizer,
    names: Names,
    by_action: BTreeMap<Action, ActionRules>,
    reasons: BTreeMap<String, Reason>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("boundaries", &self.reasons.len())
            .finish_non_exhaustive()
    }
}

impl Rules {
    /// Loads and validates what is built into the program.
    pub fn load() -> Result<Self, LoadError> {
        Self::from_texts(SCHEMA, &FILES)
    }

    /// Loads and validates these texts.
    pub fn from_texts(schema: &str, files: &[(&str, &str)]) -> Result<Self, LoadError> {
        let (schema, warnings) = Schema::from_cedarschema_str(schema)
            .map_err(|error| LoadError::Schema(Box::new(error)))?;
        if let Some(warning) = warnings.map(|w| w.to_string()).next() {
            return Err(LoadError::Invalid(warning));
        }
        let (policies, reasons) = parse(files)?;
        validate(&schema, &policies)?;
        let groups = schema
            .action_entities()
            .map_err(|error| LoadError::Actions(Box::new(error)))?;
        let names = Names::new()?;
        let mut by_action = BTreeMap::new();
        for &action in Action::ALL {
            let uid = names.action(action);
            let entity = groups
                .get(&uid)
                .ok_or(LoadError::UnknownAction(action))?
                .clone();
            let fitting = policies
                .policies()
                .filter(|p| can_apply(p, &uid, &groups))
                .cloned();
            let policies = PolicySet::from_policies(fitting)
                .map_err(|error| LoadError::Invalid(error.to_string()))?;
            by_action.insert(
                action,
                ActionRules {
                    uid,
                    entity,
                    policies,
                },
            );
        }
        Ok(Self {
            authorizer: Authorizer::new(),
            names,
            by_action,
            reasons,
        })
    }

    /// Evaluates one question for one post.
    pub fn judge(&self, action: Action, slice: &Slice<'_>) -> Verdict {
        let Some(rules) = self.by_action.get(&action) else {
            return Verdict::Failed;
        };
        let Some((request, entities)) = slice.build(&self.names, &rules.uid, &rules.entity) else {
            return Verdict::Failed;
        };
        let response = self
            .authorizer
            .is_authorized(&request, &rules.policies, &entities);
        if response.diagnostics().errors().next().is_some() {
            return Verdict::Failed;
        }
        let mut deciding: Vec<String> = response
            .diagnostics()
            .reason()
            .map(|id| AsRef::<str>::as_ref(id).to_owned())
            .collect();
        deciding.sort_by_key(|id| (self.rank(id), id.clone()));
        match response.decision() {
            Decision::Allow => Verdict::Allowed(deciding),
            Decision::Deny => Verdict::Refused(deciding),
        }
    }

    /// What the refusing policy says about itself.
    pub fn reason(&self, policy: &str) -> Option<&Reason> {
        self.reasons.get(policy)
    }

    fn rank(&self, policy: &str) -> usize {
        self.reasons
            .get(policy)
            .map_or(usize::MAX, |reason| reason.rank)
    }

    /// How many policies are evaluated for an action, for the benchmark.
    #[cfg(test)]
    pub fn considered(&self, action: Action) -> usize {
        self.by_action
            .get(&action)
            .map_or(0, |rules| rules.policies.num_of_policies())
    }
}

/// Parses the files and names every policy by its `@id`.
fn parse(files: &[(&str, &str)]) -> Result<(PolicySet, BTreeMap<String, Reason>), LoadError> {
    let mut all = PolicySet::new();
    let mut reasons = BTreeMap::new();
    let mut rank = 0;
    for (file, text) in files {
        let parsed = PolicySet::from_str(text).map_err(|source| LoadError::Parse {
            file: (*file).to_owned(),
            source: Box::new(source),
        })?;
        let wrong = |policy: &str, problem| LoadError::Annotation {
            file: (*file).to_owned(),
            policy: policy.to_owned(),
            problem,
        };
        let mut in_order: Vec<&Policy> = parsed.policies().collect();
        in_order.sort_by_key(|policy| text_order(policy));
        for policy in in_order {
            let Some(id) = policy.annotation("id") else {
                return Err(wrong(policy.id().as_ref(), "has no `@id`"));
            };
            match (
                policy.effect(),
                policy.annotation("zh"),
                policy.annotation("en"),
            ) {
                (Effect::Forbid, Some(zh), Some(en)) => {
                    let reason = Reason {
                        rank,
                        zh: zh.to_owned(),
                        en: en.to_owned(),
                    };
                    reasons.insert(id.to_owned(), reason);
                    rank += 1;
                }
                (Effect::Forbid, _, _) => return Err(wrong(id, "forbids without `@zh` and `@en`")),
                (Effect::Permit, _, _) => {}
            }
            if all.add(policy.new_id(PolicyId::new(id))).is_err() {
                return Err(wrong(id, "has an id already taken"));
            }
        }
    }
    Ok((all, reasons))
}

/// Cedar numbers policies `policy0`, `policy1` … as they stand in the text.
fn text_order(policy: &Policy) -> usize {
    let id: &str = policy.id().as_ref();
    id.strip_prefix("policy")
        .and_then(|number| number.parse().ok())
        .unwrap_or(usize::MAX)
}

fn validate(schema: &Schema, policies: &PolicySet) -> Result<(), LoadError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let findings: Vec<String> = result
        .validation_errors()
        .map(ToString::to_string)
        .chain(result.validation_warnings().map(ToString::to_string))
        .collect();
    if findings.is_empty() {
        Ok(())
    } else {
        Err(LoadError::Invalid(findings.join("; ")))
    }
}

/// Whether the policy's scope can match the action, itself or through a group.
fn can_apply(policy: &Policy, action: &EntityUid, groups: &Entities) -> bool {
    let within = |named: &EntityUid| named == action || groups.is_ancestor_of(named, action);
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(named) => named == *action,
        ActionConstraint::In(named) => named.iter().any(within),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::{Purpose, Role};
    use fangxian_domain::units::UnitKind;

    /// The words of `entity <name> enum [...]` in the schema.
    fn words(name: &str) -> Vec<&'static str> {
        let opening = format!("entity {name} enum [");
        let (_, rest) = SCHEMA.split_once(&opening).unwrap();
        let (list, _) = rest.split_once(']').unwrap();
        list.split(',')
            .map(|word| word.trim().trim_matches('"'))
            .collect()
    }

    #[test]
    fn the_schema_knows_exactly_the_words_of_the_program() {
        assert_eq!(
            words("Role"),
            Role::ALL.iter().map(|r| r.code()).collect::<Vec<_>>()
        );
        assert_eq!(
            words("Purpose"),
            Purpose::ALL.iter().map(|p| p.code()).collect::<Vec<_>>()
        );
        assert_eq!(words("UnitKind"), UnitKind::ALL.map(UnitKind::code));
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        for uid in schema
            .actions()
            .filter(|uid| schema.resources_for_action(uid).is_some())
        {
            let id: &str = uid.id().unescaped();
            if !matches!(id, "about-people" | "anywhere") {
                let action = Action::from_code(id).unwrap_or_else(|| panic!("`{id}` is unknown"));
                let kinds: Vec<String> = schema
                    .resources_for_action(uid)
                    .into_iter()
                    .flatten()
                    .map(ToString::to_string)
                    .collect();
                assert_eq!(kinds, [action.kind().code()], "{id}");
            }
        }
    }

    #[test]
    fn the_policies_load_and_fit_the_schema() {
        let rules = Rules::load()
            .map_err(|e| fangxian_base::error_chain(&e))
            .unwrap();
        assert!(rules.considered(Action::PacksView) < rules.considered(Action::PeopleRead));
    }

    fn load_with(policy: &str) -> String {
        Rules::from_texts(SCHEMA, &[("x.cedar", policy)])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_misspelt_attribute_role_or_purpose_is_refused_at_start() {
        let head = "@id(\"x\") permit (principal, action == Action::\"tasks.read\", resource)";
        for wrong in [
            "when { resource.asignee == principal.user };",
            "when { principal in Role::\"gird\" };",
            "when { context has purpose && context.purpose == Purpose::\"task\" };",
            "when { resource.assignee == principal.user };",
        ] {
            let error = load_with(&format!("{head} {wrong}"));
            assert!(
                error.starts_with("the policies do not fit the schema"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_may_stand_in_the_way_of_a_statutory_report_is_on_this_list_and_no_look_is() {
        let rules = Rules::load().unwrap();
        let policies = &rules.by_action[&Action::ReportsMarkSent].policies;
        let forbids = policies
            .policies()
            .filter(|policy| policy.effect() == Effect::Forbid);
        let mut ids: Vec<String> = forbids.map(|policy| policy.id().to_string()).collect();
        ids.sort();
        assert_eq!(
            ids,
            [
                "admin-no-personal-files",
                "area",
                "grant-expired",
                "integration-submits-only",
                "police-own-tasks-only",
                "purpose-missing",
                "purpose-reports",
                "report-statutory",
                "response-closed",
                "response-of-the-grant",
                "sealed",
            ]
        );
        let error = load_with(
            "@id(\"x\") permit (principal, action == Action::\"reports.mark_sent\", resource) \
             when { resource.second_looker == principal.user };",
        );
        assert!(
            error.starts_with("the policies do not fit the schema"),
            "{error}"
        );
    }

    #[test]
    fn boundaries_hold_even_when_a_permission_is_far_too_wide() {
        use crate::explore::Memory;
        use crate::{About, Actor, AreaPath, Authz, Grant, Resource};
        use fangxian_base::{Instant, UnitId, UserId};
        let wide = (
            "wide.cedar",
            "@id(\"wide\") permit (principal, action, resource);",
        );
        let files = [FILES[0], FILES[1], FILES[2], wide];
        let rules = Rules::from_texts(SCHEMA, &files).unwrap();
        let authz = Authz {
            rules,
            memory: Memory::new().unwrap(),
        };
        let about = About::new(AreaPath::root());
        let task = Resource::Task {
            about: about.clone(),
            assignee: Some(UserId::new()),
        };
        let measure = Resource::Measure {
            about,
            organ_kinds: [UnitKind::Hospital].into(),
            restricts_personal: true,
            first_looker: None,
            second_looker: None,
            decided_by: None,
            decider: None,
        };
        let refused = |role, action, thing: &Resource, purpose| {
            let actor = Actor {
                user: UserId::new(),
                unit: UnitId::new(),
                unit_kind: UnitKind::Hospital,
                grants: vec![Grant::new(role, AreaPath::root())],
            };
            let now = Instant::from_millis(0);
            authz
                .decide(&actor, action, thing, Some(purpose), now)
                .map_err(|no| no.policies)
        };
        let one = |id: &str| Err(vec![id.to_owned()]);
        assert_eq!(
            refused(
                Role::Integration,
                Action::TasksRead,
                &task,
                Purpose::TaskWork
            )
            .map(drop),
            one("integration-submits-only")
        );
        assert_eq!(
            refused(Role::Grid, Action::TasksFeedback, &task, Purpose::TaskWork).map(drop),
            one("feedback-by-assignee-or-lead")
        );
        assert_eq!(
            refused(
                Role::Organ,
                Action::MeasuresDecide,
                &measure,
                Purpose::Intake
            )
            .map(drop),
            one("purpose-measures-work")
        );
    }

    /// The validator takes a misspelt `has` for "never there", so it is looked at here.
    #[test]
    fn every_attribute_whose_presence_is_asked_for_is_in_the_schema() {
        for (file, text) in FILES {
            let code = text.lines().filter(|line| !line.starts_with('@'));
            for line in code.map(|line| line.split("//").next().unwrap_or_default()) {
                for rest in line.split(" has ").skip(1) {
                    let name = rest
                        .split(|c: char| c != '_' && !c.is_alphanumeric())
                        .next();
                    let declared = format!("{}?:", name.unwrap_or_default());
                    assert!(SCHEMA.contains(&declared), "{file}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_policy_without_id_or_reason_or_with_a_used_id_is_refused() {
        let permit = "permit (principal, action, resource);";
        assert_eq!(
            load_with(permit),
            "policy `policy0` in `x.cedar` has no `@id`"
        );
        let twice = format!("@id(\"a\") {permit} @id(\"a\") {permit}");
        assert_eq!(
            load_with(&twice),
            "policy `a` in `x.cedar` has an id already taken"
        );
        let silent = "@id(\"a\") forbid (principal, action, resource);";
        assert_eq!(
            load_with(silent),
            "policy `a` in `x.cedar` forbids without `@zh` and `@en`"
        );
    }
}
