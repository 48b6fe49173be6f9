//! Measures on a person: where one stands, which way it may go, and whom it takes.
//!
//! A measure exists only because a confirmed review proposed it and its organ decided it. What it
//! may be is the law packs' business; this module only knows its life. Start with [`MeasureState`].

use fangxian_base::{Date, UserId};

/// Where a measure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureState {
    /// Before its organ, with no effect on anybody.
    Proposed,
    /// Decided, beyond a limit: it waits for another organ and has no effect on anybody.
    Held,
    /// Decided with document number, start and end.
    Decided,
    /// The notice has reached the person.
    Served,
    /// Lifted by the organ that decided it.
    Lifted,
    /// Its last day has passed.
    Ended,
    /// The organ refused it.
    Refused,
    /// Its last day passed before anybody decided.
    Lapsed,
}

/// What happens to a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeasureMove {
    /// The organ decides it.
    Decide,
    /// The organ decides it, and a limit holds the decision.
    Hold,
    /// Another organ confirms the decision that was held.
    Confirm,
    /// The organ refuses it, or another organ the decision that was held.
    Refuse,
    /// The notice is served.
    Serve,
    /// The deciding organ lifts it.
    Lift,
    /// Its last day passes.
    RunOut,
}

/// How a notice was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServedHow {
    /// Handed to the person, who signed.
    Signed,
    /// Handed to an adult of the household, who signed.
    Household,
    /// The person would not sign: read out and left there, before a witness.
    Refused,
}

impl ServedHow {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Signed, Self::Household, Self::Refused];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Household => "household",
            Self::Refused => "refused",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.code() == code)
    }

    /// Whether somebody must have been there who can say so.
    pub const fn needs_witness(self) -> bool {
        matches!(self, Self::Refused)
    }
}

impl MeasureState {
    /// Every state, in the order of its life.
    pub const ALL: [Self; 8] = [
        Self::Proposed,
        Self::Held,
        Self::Decided,
        Self::Served,
        Self::Lifted,
        Self::Ended,
        Self::Refused,
        Self::Lapsed,
    ];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Held => "held",
            Self::Decided => "decided",
            Self::Served => "served",
            Self::Lifted => "lifted",
            Self::Ended => "ended",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether something is still to come: a decision, serving, lifting, the end.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Proposed | Self::Held | Self::Decided | Self::Served => true,
            Self::Lifted | Self::Ended | Self::Refused | Self::Lapsed => false,
        }
    }

    /// Whether its decision is in force and nobody has ended it.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Decided | Self::Served)
    }

    /// Whether it binds the person on `today`; the last day belongs to it.
    pub fn in_force(self, starts: Date, ends: Date, today: Date) -> bool {
        self.is_decided() && starts <= today && today <= ends
    }

    /// Where a move leads; `None` when it does not begin here.
    pub const fn after(self, step: MeasureMove) -> Option<Self> {
        match (self, step) {
            (Self::Proposed, MeasureMove::Decide) | (Self::Held, MeasureMove::Confirm) => {
                Some(Self::Decided)
            }
            (Self::Proposed, MeasureMove::Hold) => Some(Self::Held),
            (Self::Proposed | Self::Held, MeasureMove::Refuse) => Some(Self::Refused),
            (Self::Proposed | Self::Held, MeasureMove::RunOut) => Some(Self::Lapsed),
            (Self::Decided, MeasureMove::Serve) => Some(Self::Served),
            (Self::Decided | Self::Served, MeasureMove::Lift) => Some(Self::Lifted),
            (Self::Decided | Self::Served, MeasureMove::RunOut) => Some(Self::Ended),
            (Self::Proposed, MeasureMove::Serve | MeasureMove::Lift | MeasureMove::Confirm)
            | (
                Self::Held,
                MeasureMove::Decide | MeasureMove::Hold | MeasureMove::Serve | MeasureMove::Lift,
            )
            | (
                Self::Decided | Self::Served,
                MeasureMove::Decide
                | MeasureMove::Hold
                | MeasureMove::Confirm
                | MeasureMove::Refuse,
            )
            | (Self::Served, MeasureMove::Serve)
            | (Self::Lifted | Self::Ended | Self::Refused | Self::Lapsed, _) => None,
        }
    }
}

impl MeasureMove {
    /// Every move.
    pub const ALL: [Self; 7] = [
        Self::Decide,
        Self::Hold,
        Self::Confirm,
        Self::Refuse,
        Self::Serve,
        Self::Lift,
        Self::RunOut,
    ];
}

/// Whether the measure takes liberty from a person: isolation of patients or carriers (M01), of
/// suspected patients (M02), medical observation of close contacts (M03).
///
/// Source: Infectious Diseases Law 2025, art. 58; catalogue numbers as in the law packs.
pub fn takes_liberty(catalogue: &str) -> bool {
    matches!(catalogue, "M01" | "M02" | "M03")
}

/// Whether `decider` had no part in the looks that led to the measure.
pub fn may_decide(first: Option<UserId>, second: Option<UserId>, decider: UserId) -> bool {
    first != Some(decider) && second != Some(decider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_move_is_as_written_in_this_table() {
        use MeasureState as S;
        let table = MeasureState::ALL.map(|state| MeasureMove::ALL.map(|step| state.after(step)));
        assert_eq!(
            table,
            [
                // decide, hold, confirm, refuse, serve, lift, run out
                [
                    Some(S::Decided),
                    Some(S::Held),
                    None,
                    Some(S::Refused),
                    None,
                    None,
                    Some(S::Lapsed)
                ],
                [
                    None,
                    None,
                    Some(S::Decided),
                    Some(S::Refused),
                    None,
                    None,
                    Some(S::Lapsed)
                ],
                [
                    None,
                    None,
                    None,
                    None,
                    Some(S::Served),
                    Some(S::Lifted),
                    Some(S::Ended)
                ],
                [
                    None,
                    None,
                    None,
                    None,
                    None,
                    Some(S::Lifted),
                    Some(S::Ended)
                ],
                [None; 7],
                [None; 7],
                [None; 7],
                [None; 7],
            ]
        );
    }

    #[test]
    fn only_a_decision_brings_a_measure_into_force() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let (starts, ends) = (day("2026-01-02"), day("2026-01-08"));
        for state in MeasureState::ALL {
            let decided = matches!(state, MeasureState::Decided | MeasureState::Served);
            assert_eq!(state.in_force(starts, ends, day("2026-01-08")), decided);
            assert!(!state.in_force(starts, ends, day("2026-01-01")));
            assert!(!state.in_force(starts, ends, day("2026-01-09")));
        }
    }

    #[test]
    fn whoever_looked_does_not_decide() {
        let (a, b, c) = (UserId::new(), UserId::new(), UserId::new());
        assert!(may_decide(Some(a), Some(b), c));
        assert!(!may_decide(Some(a), Some(b), a));
        assert!(!may_decide(Some(a), Some(b), b));
    }

    #[test]
    fn every_state_is_found_again_by_its_code() {
        for state in MeasureState::ALL {
            assert_eq!(MeasureState::from_code(state.code()), Some(state));
        }
        for how in ServedHow::ALL {
            assert_eq!(ServedHow::from_code(how.code()), Some(how));
            assert_eq!(how.needs_witness(), how == ServedHow::Refused);
        }
        assert!(takes_liberty("M03") && !takes_liberty("M04") && !takes_liberty("m03"));
    }
}
