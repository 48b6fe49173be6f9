//! The two looks: where an assessment stands, who may move it, and where it goes.
//!
//! A first and a second, different person look before measures and tasks go out. Nothing here
//! knows of statutory reports, on purpose: they never wait for a look. Start with [`ReviewState`].

use fangxian_base::UserId;

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewState {
    /// Waits for the first look.
    FirstLook,
    /// The first looker asked for something that is missing; a task is getting it.
    Asked,
    /// Waits for the second look.
    SecondLook,
    /// Both looks agreed: tasks are out, measures stand before their organ.
    Confirmed,
    /// Nothing has to follow, with a reason; both looks agreed on it where a measure or a class was
    /// proposed.
    SetAside,
}

/// What somebody does to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewMove {
    /// First look: as proposed, or with proposals dropped and standard visits added.
    PassOn,
    /// First look: something is missing; somebody is sent to get it.
    Ask,
    /// First look: nothing has to follow.
    SetAside,
    /// Second look: agreed.
    Confirm,
    /// Second look: back to the first, with a reason.
    Return,
    /// First look: nothing has to follow, although a measure or a class is proposed; somebody else
    /// looks as well.
    ProposeSetAside,
    /// Second look: nothing has to follow.
    ConfirmSetAside,
    /// New facts changed the proposal.
    Supersede,
    /// The response does not concern the person any more.
    Withdraw,
}

/// Why a look is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LookRefused {
    /// The review is not where this move begins.
    #[error("the review is not in a state for this move")]
    State,
    /// Nobody has taken the first look.
    #[error("no first look yet")]
    NoFirst,
    /// The same person took the first look.
    #[error("whoever took the first look cannot take the second")]
    SamePerson,
}

impl ReviewState {
    /// Every state, in the order of the work.
    pub const ALL: [Self; 5] = [
        Self::FirstLook,
        Self::Asked,
        Self::SecondLook,
        Self::Confirmed,
        Self::SetAside,
    ];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstLook => "first_look",
            Self::Asked => "asked",
            Self::SecondLook => "second_look",
            Self::Confirmed => "confirmed",
            Self::SetAside => "set_aside",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether somebody still has to look.
    pub const fn is_open(self) -> bool {
        match self {
            Self::FirstLook | Self::Asked | Self::SecondLook => true,
            Self::Confirmed | Self::SetAside => false,
        }
    }

    /// Where a move leads; `None` when it does not begin here.
    ///
    /// A proposal that new facts change goes back to the first look wherever it stood, because
    /// what was looked at is no longer what is proposed.
    pub const fn after(self, step: ReviewMove) -> Option<Self> {
        match (self, step) {
            (Self::FirstLook | Self::Asked, ReviewMove::PassOn | ReviewMove::ProposeSetAside) => {
                Some(Self::SecondLook)
            }
            (Self::FirstLook | Self::Asked, ReviewMove::SetAside)
            | (Self::SecondLook, ReviewMove::ConfirmSetAside)
            | (Self::FirstLook | Self::Asked | Self::SecondLook, ReviewMove::Withdraw) => {
                Some(Self::SetAside)
            }
            (Self::FirstLook, ReviewMove::Ask) => Some(Self::Asked),
            (Self::SecondLook, ReviewMove::Confirm) => Some(Self::Confirmed),
            (Self::SecondLook, ReviewMove::Return)
            | (Self::FirstLook | Self::Asked | Self::SecondLook, ReviewMove::Supersede) => {
                Some(Self::FirstLook)
            }
            (
                Self::FirstLook | Self::Asked,
                ReviewMove::Confirm | ReviewMove::Return | ReviewMove::ConfirmSetAside,
            )
            | (Self::Asked, ReviewMove::Ask)
            | (
                Self::SecondLook,
                ReviewMove::PassOn
                | ReviewMove::Ask
                | ReviewMove::SetAside
                | ReviewMove::ProposeSetAside,
            )
            | (Self::Confirmed | Self::SetAside, _) => None,
        }
    }
}

impl ReviewMove {
    /// Every move.
    pub const ALL: [Self; 9] = [
        Self::PassOn,
        Self::Ask,
        Self::SetAside,
        Self::Confirm,
        Self::Return,
        Self::ProposeSetAside,
        Self::ConfirmSetAside,
        Self::Supersede,
        Self::Withdraw,
    ];
}

/// Whether `looker` may take the second look after `first` took the first.
///
/// # Errors
/// [`LookRefused`] when nobody looked before, or the same person did.
pub fn second_look_by(first: Option<UserId>, looker: UserId) -> Result<(), LookRefused> {
    match first {
        None => Err(LookRefused::NoFirst),
        Some(first) if first == looker => Err(LookRefused::SamePerson),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_move_is_as_written_in_this_table() {
        use ReviewState as S;
        let table = ReviewState::ALL.map(|state| ReviewMove::ALL.map(|step| state.after(step)));
        let (first, second) = (Some(S::FirstLook), Some(S::SecondLook));
        let aside = Some(S::SetAside);
        assert_eq!(
            table,
            [
                // pass on, ask, set aside, confirm, return, propose and confirm setting aside,
                // supersede, withdraw
                [
                    second,
                    Some(S::Asked),
                    aside,
                    None,
                    None,
                    second,
                    None,
                    first,
                    aside,
                ],
                [second, None, aside, None, None, second, None, first, aside],
                [
                    None,
                    None,
                    None,
                    Some(S::Confirmed),
                    first,
                    None,
                    aside,
                    first,
                    aside,
                ],
                [None; 9],
                [None; 9],
            ]
        );
    }

    #[test]
    fn nothing_is_confirmed_without_a_second_look() {
        for state in ReviewState::ALL {
            for step in ReviewMove::ALL {
                if state.after(step) == Some(ReviewState::Confirmed) {
                    assert_eq!(state, ReviewState::SecondLook);
                }
            }
        }
    }

    #[test]
    fn what_is_done_does_not_move_again() {
        for state in ReviewState::ALL
            .into_iter()
            .filter(|state| !state.is_open())
        {
            assert!(
                ReviewMove::ALL
                    .iter()
                    .all(|step| state.after(*step).is_none())
            );
        }
    }

    #[test]
    fn the_second_looker_is_another_person() {
        let (a, b) = (UserId::new(), UserId::new());
        assert_eq!(second_look_by(Some(a), b), Ok(()));
        assert_eq!(second_look_by(Some(a), a), Err(LookRefused::SamePerson));
        assert_eq!(second_look_by(None, a), Err(LookRefused::NoFirst));
    }

    #[test]
    fn every_state_is_found_again_by_its_code() {
        for state in ReviewState::ALL {
            assert_eq!(ReviewState::from_code(state.code()), Some(state));
        }
        assert_eq!(ReviewState::from_code("done"), None);
    }
}
