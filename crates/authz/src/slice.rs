//! Builds what Cedar needs to see for one question: the post, the thing, its area, the action.
//!
//! Nothing else is ever loaded: an area carries the areas above it, and no table of areas exists.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use fangxian_base::{Instant, ResponseId, UnitId, UserId};
use fangxian_domain::units::UnitKind;

use crate::actions::{Action, Kind};
use crate::areas::AreaPath;
use crate::resource::{About, Resource};
use crate::roles::{Purpose, Role};
use crate::rules::LoadError;

type Attributes = HashMap<String, RestrictedExpression>;

/// Somebody acting under one grant.
#[derive(Debug, Clone)]
pub(crate) struct Post<'a> {
    pub user: UserId,
    pub unit: UnitId,
    pub unit_kind: UnitKind,
    pub role: Role,
    pub area: &'a AreaPath,
    pub response: Option<ResponseId>,
    pub until: Option<Instant>,
    /// All roles the person holds now.
    pub holds: &'a [Role],
}

/// One question.
#[derive(Debug)]
pub(crate) struct Slice<'a> {
    pub post: &'a Post<'a>,
    pub resource: &'a Resource,
    pub purpose: Option<Purpose>,
    pub now: Instant,
}

/// The entity types, parsed once.
#[derive(Debug)]
pub(crate) struct Names {
    role: EntityTypeName,
    purpose: EntityTypeName,
    unit_kind: EntityTypeName,
    user: EntityTypeName,
    unit: EntityTypeName,
    area: EntityTypeName,
    post: EntityTypeName,
    action: EntityTypeName,
    kinds: Vec<(Kind, EntityTypeName)>,
    response: EntityTypeName,
}

fn uid(kind: &EntityTypeName, id: impl AsRef<str>) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn entity(uid: EntityUid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid)
}

impl Names {
    pub fn new() -> Result<Self, LoadError> {
        let name = |text: &'static str| -> Result<EntityTypeName, LoadError> {
            text.parse().map_err(|source| LoadError::Name {
                name: text,
                source: Box::new(source),
            })
        };
        let mut kinds = Vec::new();
        for kind in Kind::ALL {
            kinds.push((kind, name(kind.code())?));
        }
        Ok(Self {
            role: name("Role")?,
            purpose: name("Purpose")?,
            unit_kind: name("UnitKind")?,
            user: name("User")?,
            unit: name("Unit")?,
            area: name("Area")?,
            post: name("Post")?,
            action: name("Action")?,
            response: name(Kind::Response.code())?,
            kinds,
        })
    }

    pub fn action(&self, action: Action) -> EntityUid {
        uid(&self.action, action.code())
    }

    fn user(&self, user: UserId) -> RestrictedExpression {
        entity(uid(&self.user, user.to_string()))
    }

    fn unit(&self, unit: UnitId) -> RestrictedExpression {
        entity(uid(&self.unit, unit.to_string()))
    }

    fn unit_kind(&self, kind: UnitKind) -> RestrictedExpression {
        entity(uid(&self.unit_kind, kind.code()))
    }

    fn area(&self, area: &AreaPath) -> EntityUid {
        uid(&self.area, area.as_str())
    }

    fn role(&self, role: Role) -> EntityUid {
        uid(&self.role, role.code())
    }

    fn response(&self, response: ResponseId) -> EntityUid {
        uid(&self.response, response.to_string())
    }

    fn responses<'a>(&self, ids: impl IntoIterator<Item = &'a ResponseId>) -> RestrictedExpression {
        RestrictedExpression::new_set(ids.into_iter().map(|id| entity(self.response(*id))))
    }

    fn post(&self, post: &Post<'_>) -> (EntityUid, Attributes) {
        let mut attributes = Attributes::from([
            ("user".to_owned(), self.user(post.user)),
            ("unit".to_owned(), self.unit(post.unit)),
            ("unit_kind".to_owned(), self.unit_kind(post.unit_kind)),
            ("area".to_owned(), entity(self.area(post.area))),
            (
                "holds".to_owned(),
                RestrictedExpression::new_set(post.holds.iter().map(|r| entity(self.role(*r)))),
            ),
        ]);
        if let Some(response) = post.response {
            attributes.insert("response".to_owned(), entity(self.response(response)));
        }
        if let Some(until) = post.until {
            attributes.insert(
                "until".to_owned(),
                RestrictedExpression::new_long(until.millis()),
            );
        }
        (uid(&self.post, post.user.to_string()), attributes)
    }

    fn thing(&self, resource: &Resource) -> Option<(EntityUid, Attributes)> {
        let kind = resource.kind();
        let name = self
            .kinds
            .iter()
            .find(|(one, _)| *one == kind)
            .map(|(_, name)| name)?;
        let mut attributes =
            Attributes::from([("area".to_owned(), entity(self.area(&resource.area())))]);
        if let Some(about) = resource.about() {
            self.about(about, &mut attributes);
        }
        let mut set = |key: &str, value: Option<RestrictedExpression>| {
            if let Some(value) = value {
                attributes.insert(key.to_owned(), value);
            }
        };
        let mut id = "this".to_owned();
        match resource {
            Resource::Intake { submitted_by, .. } => {
                set("submitted_by", submitted_by.map(|unit| self.unit(unit)));
            }
            Resource::Review {
                first_looker,
                second_looker,
                ..
            } => {
                set("first_looker", first_looker.map(|user| self.user(user)));
                set("second_looker", second_looker.map(|user| self.user(user)));
            }
            Resource::Measure {
                organ_kinds,
                restricts_personal,
                first_looker,
                second_looker,
                decided_by,
                decider,
                ..
            } => {
                let kinds = organ_kinds.iter().map(|kind| self.unit_kind(*kind));
                set("organ_kinds", Some(RestrictedExpression::new_set(kinds)));
                let restricts = RestrictedExpression::new_bool(*restricts_personal);
                set("restricts_personal", Some(restricts));
                set("first_looker", first_looker.map(|user| self.user(user)));
                set("second_looker", second_looker.map(|user| self.user(user)));
                set("decided_by", decided_by.map(|unit| self.unit(unit)));
                set("decider", decider.map(|user| self.user(user)));
            }
            Resource::Appeal {
                took_part,
                assignee,
                decided_by,
                ..
            } => {
                let users = took_part.iter().map(|user| self.user(*user));
                set("took_part", Some(RestrictedExpression::new_set(users)));
                set("assignee", assignee.map(|user| self.user(user)));
                set("decided_by", decided_by.map(|unit| self.unit(unit)));
            }
            Resource::Task { assignee, .. } => {
                set("assignee", assignee.map(|user| self.user(user)));
            }
            Resource::Report {
                submitted_by,
                statutory,
                ..
            } => {
                set("submitted_by", submitted_by.map(|unit| self.unit(unit)));
                set(
                    "statutory",
                    Some(RestrictedExpression::new_bool(*statutory)),
                );
            }
            Resource::Response {
                response,
                closed,
                closed_by,
                proposed_by,
                ..
            } => {
                id = response.map_or_else(|| "new".to_owned(), |response| response.to_string());
                set("is_closed", Some(RestrictedExpression::new_bool(*closed)));
                set("closed_by", closed_by.map(|user| self.user(user)));
                set("proposed_by", proposed_by.map(|user| self.user(user)));
            }
            Resource::Account { user, .. } => set("user", user.map(|user| self.user(user))),
            Resource::Import { .. }
            | Resource::Person { .. }
            | Resource::Pair { .. }
            | Resource::Alert { .. }
            | Resource::Figures { .. }
            | Resource::Installation => {}
        }
        Some((uid(name, id), attributes))
    }

    fn about(&self, about: &About, attributes: &mut Attributes) {
        attributes.insert(
            "sealed".to_owned(),
            RestrictedExpression::new_bool(about.sealed),
        );
        attributes.insert("open".to_owned(), self.responses(&about.open));
        attributes.insert("closed".to_owned(), self.responses(&about.closed));
    }
}

impl Slice<'_> {
    /// The request with the entities it needs; nothing when they cannot be built.
    pub fn build(
        &self,
        names: &Names,
        action: &EntityUid,
        action_entity: &Entity,
    ) -> Option<(Request, Entities)> {
        let (post, post_attributes) = names.post(self.post);
        let (thing, thing_attributes) = names.thing(self.resource)?;
        let area = self.resource.area();
        let above: HashSet<EntityUid> = area.above().map(|up| names.area(&up)).collect();
        let role = HashSet::from([names.role(self.post.role)]);
        let entities = Entities::from_entities(
            [
                Entity::new(post.clone(), post_attributes, role).ok()?,
                Entity::new(thing.clone(), thing_attributes, HashSet::new()).ok()?,
                Entity::new_no_attrs(names.area(&area), above),
                action_entity.clone(),
            ],
            None,
        )
        .ok()?;
        let mut asking = vec![(
            "now".to_owned(),
            RestrictedExpression::new_long(self.now.millis()),
        )];
        if let Some(purpose) = self.purpose {
            asking.push((
                "purpose".to_owned(),
                entity(uid(&names.purpose, purpose.code())),
            ));
        }
        let context = Context::from_pairs(asking).ok()?;
        let request = Request::new(post, action.clone(), thing, context, None).ok()?;
        Some((request, entities))
    }
}
