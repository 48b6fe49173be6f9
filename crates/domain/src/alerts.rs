//! Alerts: cases that occurred together, and what a named person made of them.
//!
//! Nobody sets where an alert stands: it is raised by counting, answered by an acknowledgement, and
//! over when its window has passed. Start with [`AlertState`].

use fangxian_base::Date;

/// What a named person made of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was reported, with a number.
    Reported,
    /// It is no event, with a reason.
    NoEvent,
}

impl Outcome {
    /// Every outcome, in the order in which forms show them.
    pub const ALL: [Self; 2] = [Self::Reported, Self::NoEvent];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::NoEvent => "no_event",
        }
    }

    /// The outcome with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Nobody has said yet what was done, or more cases came after it was judged to be no event.
    Raised,
    /// A named person has said what was done.
    Acknowledged,
    /// Its window has passed, and somebody had said what was done.
    Over,
}

impl AlertState {
    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Over => "over",
        }
    }

    /// Where an alert stands on a day: from its last acknowledgement with the cases seen then, the
    /// cases counted now, and the last day of its window. An alert that nobody acknowledged stays
    /// raised, so that none is over unseen.
    pub fn of(acknowledged: Option<(Outcome, i64)>, cases: i64, until: Date, today: Date) -> Self {
        let answered = match acknowledged {
            None => false,
            Some((Outcome::Reported, _)) => true,
            Some((Outcome::NoEvent, seen)) => cases <= seen,
        };
        match (answered, today > until) {
            (false, _) => Self::Raised,
            (true, false) => Self::Acknowledged,
            (true, true) => Self::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_over_by_itself_and_never_unseen() {
        let day = |day| Date::constant(2026, 5, day);
        let of =
            |acknowledged, cases, today| AlertState::of(acknowledged, cases, day(10), day(today));
        let reported = Some((Outcome::Reported, 12));
        let judged = Some((Outcome::NoEvent, 12));
        assert_eq!(of(None, 12, 4), AlertState::Raised);
        assert_eq!(of(None, 12, 11), AlertState::Raised, "nobody has seen it");
        assert_eq!(of(reported, 20, 4), AlertState::Acknowledged);
        assert_eq!(of(reported, 20, 10), AlertState::Acknowledged);
        assert_eq!(of(reported, 20, 11), AlertState::Over);
        assert_eq!(of(judged, 11, 4), AlertState::Acknowledged);
        assert_eq!(
            of(judged, 13, 4),
            AlertState::Raised,
            "more than was judged"
        );
    }
}
