//! Tasks: one piece of work with one owner, a clock and a result, on its way through the levels.
//!
//! A receipt is asked for at the last level only; being late is a request for help and goes up one
//! level at a time. This module knows states and moves; areas and clocks are loaded by `app`.
//! Start with [`TaskState`].

use fangxian_base::UserId;

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// On its way: held by an area, perhaps assigned to somebody.
    Open,
    /// Somebody at the last level has it.
    Received,
    /// Fed back; waits for closing.
    Done,
    /// Closed: the loop is complete.
    Closed,
    /// No longer needed, because what it served has ended.
    Cancelled,
}

/// What happens to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskMove {
    /// The last level says that it has it.
    Receive,
    /// To an area below, or to a person.
    HandDown,
    /// Back to the area above, with a reason.
    Return,
    /// The result.
    Feedback,
    /// Agreed and closed.
    Close,
    /// The feedback does not settle it: back to work, with a reason.
    Reopen,
    /// Help or more time is asked for.
    AskHelp,
    /// Late: the next level is asked to help.
    Climb,
    /// No longer needed.
    Cancel,
}

impl TaskState {
    /// Every state, in the order of the work.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Received,
        Self::Done,
        Self::Closed,
        Self::Cancelled,
    ];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Received => "received",
            Self::Done => "done",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether the work itself is still to be done.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Open | Self::Received)
    }

    /// Whether the loop is not complete yet.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Received | Self::Done)
    }

    /// Where a move leads; `None` when it does not begin here.
    pub const fn after(self, step: TaskMove) -> Option<Self> {
        match (self, step) {
            (Self::Open, TaskMove::Receive) => Some(Self::Received),
            (Self::Open | Self::Received, TaskMove::HandDown | TaskMove::Return)
            | (Self::Done, TaskMove::Reopen) => Some(Self::Open),
            (Self::Open | Self::Received, TaskMove::Feedback) => Some(Self::Done),
            (Self::Done, TaskMove::Close) => Some(Self::Closed),
            (Self::Open | Self::Received, TaskMove::AskHelp | TaskMove::Climb) => Some(self),
            (Self::Open | Self::Received, TaskMove::Cancel) => Some(Self::Cancelled),
            (Self::Open | Self::Received, TaskMove::Close | TaskMove::Reopen)
            | (Self::Received, TaskMove::Receive)
            | (
                Self::Done,
                TaskMove::Receive
                | TaskMove::HandDown
                | TaskMove::Return
                | TaskMove::Feedback
                | TaskMove::AskHelp
                | TaskMove::Climb
                | TaskMove::Cancel,
            )
            | (Self::Closed | Self::Cancelled, _) => None,
        }
    }
}

impl TaskMove {
    /// Every move.
    pub const ALL: [Self; 9] = [
        Self::Receive,
        Self::HandDown,
        Self::Return,
        Self::Feedback,
        Self::Close,
        Self::Reopen,
        Self::AskHelp,
        Self::Climb,
        Self::Cancel,
    ];
}

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// Every one, in the order in which forms show them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stored code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Reads a code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }

            /// In Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh,)* }
            }

            /// In English.
            pub const fn en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }
        }
    };
}

coded! {
    /// What came of a task.
    TaskResult {
        /// Seen or spoken to; nothing wrong.
        Well = "well", "正常", "well";
        /// Has symptoms.
        Symptoms = "symptoms", "有症状", "has symptoms";
        /// A sample was taken.
        Sampled = "sampled", "已采样", "sample taken";
        /// The notice reached the person.
        Served = "served", "已送达", "notice served";
        /// What was missing was asked and answered.
        Answered = "answered", "已核实补充", "asked and answered";
        /// Nobody there.
        NotFound = "not_found", "未找到", "not found";
        /// The person did not want the visit.
        RefusedVisit = "refused_visit", "拒绝访视", "declined the visit";
        /// Lives elsewhere now.
        MovedAway = "moved_away", "已迁出", "moved away";
    }
}

coded! {
    /// Why a task goes back to the level above.
    ReturnReason {
        /// The address is wrong: counts against the source of the record, not against the area.
        WrongAddress = "wrong_address", "地址有误", "wrong address";
        /// The address belongs to another area.
        NotOurs = "not_ours", "不属本辖区", "not in this area";
        /// The same work is asked for twice.
        Duplicate = "duplicate", "重复下派", "asked for twice";
        /// Nobody here can do it now.
        NoCapacity = "no_capacity", "力量不足", "nobody free to do it";
        /// Something else; see the note.
        Other = "other", "其他(见说明)", "other, see the note";
    }
}

coded! {
    /// What somebody who is late, or will be, asks for.
    HelpAsked {
        /// Hands: somebody to join or to take over.
        Help = "help", "请求协助", "help";
        /// A later deadline.
        MoreTime = "more_time", "申请延时", "more time";
    }
}

/// The kinds of task that this program makes itself; packs name others.
pub mod kinds {
    /// Knock and look: standard visit added by a looker.
    pub const DOOR_VISIT: &str = "door_visit";
    /// Call and ask: standard call added by a looker.
    pub const PHONE_CHECK: &str = "phone_check";
    /// Get what an assessment misses.
    pub const ASK_FACTS: &str = "ask_facts";
    /// Bring the notice of a decided measure.
    pub const SERVE_NOTICE: &str = "serve_notice";
    /// One day's question after temperature and symptoms, under a measure.
    pub const OBSERVE: &str = "observe";
    /// One day's sample, under a measure.
    pub const SAMPLE: &str = "sample";
}

/// What can come of a kind of task. Kinds that packs name and this program does not know can end as
/// a visit does.
pub fn results_of(kind: &str) -> &'static [TaskResult] {
    use TaskResult as R;
    match kind {
        kinds::SERVE_NOTICE => &[R::Served, R::NotFound, R::RefusedVisit, R::MovedAway],
        kinds::SAMPLE => &[
            R::Sampled,
            R::Symptoms,
            R::NotFound,
            R::RefusedVisit,
            R::MovedAway,
        ],
        kinds::ASK_FACTS => &[
            R::Answered,
            R::Symptoms,
            R::NotFound,
            R::RefusedVisit,
            R::MovedAway,
        ],
        kinds::OBSERVE | kinds::DOOR_VISIT | kinds::PHONE_CHECK => &[
            R::Well,
            R::Symptoms,
            R::NotFound,
            R::RefusedVisit,
            R::MovedAway,
        ],
        _ => &[
            R::Well,
            R::Symptoms,
            R::Sampled,
            R::Answered,
            R::NotFound,
            R::RefusedVisit,
            R::MovedAway,
        ],
    }
}

/// Whether a fed-back task needs nobody to close it: a routine observation visit that found the
/// person well.
pub fn closes_itself(kind: &str, result: TaskResult) -> bool {
    kind == kinds::OBSERVE && result == TaskResult::Well
}

/// Whether `closer` may close what `doer` fed back: never the same person.
pub fn may_close(doer: Option<UserId>, closer: UserId) -> bool {
    doer != Some(closer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_move_is_as_written_in_this_table() {
        use TaskState as S;
        let table = TaskState::ALL.map(|state| TaskMove::ALL.map(|step| state.after(step)));
        let (open, done, received) = (Some(S::Open), Some(S::Done), Some(S::Received));
        let off = Some(S::Cancelled);
        assert_eq!(
            table,
            [
                // receive, hand down, return, feedback, close, reopen, ask help, climb, cancel
                [received, open, open, done, None, None, open, open, off],
                [None, open, open, done, None, None, received, received, off],
                [
                    None,
                    None,
                    None,
                    None,
                    Some(S::Closed),
                    open,
                    None,
                    None,
                    None
                ],
                [None; 9],
                [None; 9],
            ]
        );
    }

    #[test]
    fn nothing_is_closed_that_was_not_fed_back() {
        for state in TaskState::ALL {
            if state.after(TaskMove::Close).is_some() {
                assert_eq!(state, TaskState::Done);
            }
        }
    }

    #[test]
    fn only_a_routine_visit_that_found_somebody_well_closes_itself() {
        for result in TaskResult::ALL {
            assert_eq!(
                closes_itself(kinds::OBSERVE, *result),
                *result == TaskResult::Well
            );
            assert!(!closes_itself(kinds::SERVE_NOTICE, *result));
        }
    }

    #[test]
    fn a_result_belongs_to_its_kind_of_task() {
        let may = |kind: &str, result| results_of(kind).contains(&result);
        for kind in [kinds::OBSERVE, kinds::SAMPLE, kinds::ASK_FACTS, "visit"] {
            assert!(!may(kind, TaskResult::Served), "{kind}");
        }
        assert!(may(kinds::SERVE_NOTICE, TaskResult::Served));
        assert!(!may(kinds::SERVE_NOTICE, TaskResult::Well));
        assert!(!may(kinds::OBSERVE, TaskResult::Sampled));
    }

    #[test]
    fn nobody_closes_the_own_work() {
        let (a, b) = (UserId::new(), UserId::new());
        assert!(may_close(Some(a), b) && may_close(None, a));
        assert!(!may_close(Some(a), a));
    }

    #[test]
    fn every_code_reads_back() {
        for state in TaskState::ALL {
            assert_eq!(TaskState::from_code(state.code()), Some(state));
        }
        for result in TaskResult::ALL {
            assert_eq!(TaskResult::from_code(result.code()), Some(*result));
        }
        for reason in ReturnReason::ALL {
            assert_eq!(ReturnReason::from_code(reason.code()), Some(*reason));
        }
        assert_eq!(HelpAsked::from_code("help"), Some(HelpAsked::Help));
        assert_eq!(HelpAsked::from_code("sleep"), None);
    }
}
