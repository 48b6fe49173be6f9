//! Appeals against measures and requests to correct facts: where one stands, which way it may go,
//! and who may answer.
//!
//! Within what time one is answered is the packs' business. Start with [`AppealState`].

use std::collections::BTreeSet;

use fangxian_base::UserId;

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealKind {
    /// That a measure is lifted or changed.
    Measure,
    /// That something recorded about the person is put right.
    Fact,
}

/// Where an appeal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealState {
    /// Filed; nobody has it yet.
    Filed,
    /// With a person who had no part in the measure.
    Assigned,
    /// Answered: it is right.
    Upheld,
    /// Answered: it is not, with the reason and where to turn next.
    Refused,
    /// Taken back by whoever filed it.
    Withdrawn,
}

/// What happens to an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppealMove {
    /// Somebody is named who will answer.
    Assign,
    /// That person finds it right.
    Uphold,
    /// That person does not.
    Refuse,
    /// Whoever filed it takes it back.
    Withdraw,
}

impl AppealKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Measure, Self::Fact];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Fact => "fact",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl AppealState {
    /// Every state, in the order of its life.
    pub const ALL: [Self; 5] = [
        Self::Filed,
        Self::Assigned,
        Self::Upheld,
        Self::Refused,
        Self::Withdrawn,
    ];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Assigned => "assigned",
            Self::Upheld => "upheld",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether an answer is still to come.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Filed | Self::Assigned)
    }

    /// Where a move leads; `None` when it does not begin here.
    pub const fn after(self, step: AppealMove) -> Option<Self> {
        match (self, step) {
            (Self::Filed | Self::Assigned, AppealMove::Assign) => Some(Self::Assigned),
            (Self::Assigned, AppealMove::Uphold) => Some(Self::Upheld),
            (Self::Assigned, AppealMove::Refuse) => Some(Self::Refused),
            (Self::Filed | Self::Assigned, AppealMove::Withdraw) => Some(Self::Withdrawn),
            (Self::Filed, AppealMove::Uphold | AppealMove::Refuse)
            | (Self::Upheld | Self::Refused | Self::Withdrawn, _) => None,
        }
    }
}

impl AppealMove {
    /// Every move.
    pub const ALL: [Self; 4] = [Self::Assign, Self::Uphold, Self::Refuse, Self::Withdraw];
}

/// Whether somebody may answer: nobody who looked at the assessment or decided the measure judges
/// an appeal against it.
pub fn may_answer(took_part: &BTreeSet<UserId>, who: UserId) -> bool {
    !took_part.contains(&who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_move_is_as_written_in_this_table() {
        use AppealState as S;
        let table = AppealState::ALL.map(|state| AppealMove::ALL.map(|step| state.after(step)));
        assert_eq!(
            table,
            [
                // assign, uphold, refuse, withdraw
                [Some(S::Assigned), None, None, Some(S::Withdrawn)],
                [
                    Some(S::Assigned),
                    Some(S::Upheld),
                    Some(S::Refused),
                    Some(S::Withdrawn)
                ],
                [None; 4],
                [None; 4],
                [None; 4],
            ]
        );
        for state in AppealState::ALL {
            let moves = AppealMove::ALL
                .iter()
                .any(|step| state.after(*step).is_some());
            assert_eq!(state.is_open(), moves);
        }
    }

    #[test]
    fn whoever_took_part_in_the_measure_does_not_answer() {
        let (looker, decider, other) = (UserId::new(), UserId::new(), UserId::new());
        let took_part = BTreeSet::from([looker, decider]);
        assert!(may_answer(&took_part, other));
        assert!(!may_answer(&took_part, looker) && !may_answer(&took_part, decider));
    }

    #[test]
    fn codes_read_back() {
        for state in AppealState::ALL {
            assert_eq!(AppealState::from_code(state.code()), Some(state));
        }
        for kind in AppealKind::ALL {
            assert_eq!(AppealKind::from_code(kind.code()), Some(kind));
        }
    }
}
