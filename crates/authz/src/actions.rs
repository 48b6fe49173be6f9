//! Everything that can be asked of the program, one code each, and what kind of thing it is asked
//! about.
//!
//! Who may do it is not written here but in `policies/`. Start with [`Action`].

use crate::coded::coded;

coded! {
    /// One thing that may be allowed or refused; the code reads `<noun>.<verb>`.
    pub enum Action {
        /// Hand in a signal.
        IntakeSubmit = "intake.submit", "提交信息", "submit a signal";
        /// See the inbox.
        IntakeList = "intake.list", "查看收件箱", "see the inbox";
        /// Read one signal as received.
        IntakeRead = "intake.read", "查看来件", "read a signal";
        /// Match, correct or set aside a signal.
        IntakeHandle = "intake.handle", "处理来件", "handle a signal";
        /// Import a file.
        ImportCreate = "import.create", "导入名单", "import a file";
        /// Read an import's report and error file.
        ImportRead = "import.read", "查看导入结果", "read an import's report";
        /// Search for people.
        PeopleSearch = "people.search", "查找人员", "search for people";
        /// Read a personal file.
        PeopleRead = "people.read", "查看个人档案", "read a personal file";
        /// See a document number in full.
        PeopleDocument = "people.document", "查看完整证件号码", "see a document number in full";
        /// Say that two records are one person.
        PeopleMerge = "people.merge", "合并档案", "merge files";
        /// Say that they are not.
        PeopleUnmerge = "people.unmerge", "拆分档案", "unmerge files";
        /// Withdraw or correct what is recorded of a person.
        PeopleCorrect = "people.correct", "更正或撤回记录", "correct what is recorded of a person";
        /// Give the person, or who acts for them, a code to their own file.
        PeopleGiveCode = "people.give_code", "发放查阅码", "give out a code to the own file";
        /// Read the own file with such a code; nobody with an account does.
        PeopleReadOwn = "people.read_own", "本人查阅档案", "read the own file";
        /// See records that may be the same person.
        PairsList = "pairs.list", "查看疑似重复", "see doubtful pairs";
        /// Decide on such a pair.
        PairsDecide = "pairs.decide", "判定疑似重复", "decide a doubtful pair";
        /// Have a model of matching learnt, and release one.
        PairsLearn = "pairs.learn", "训练和启用匹配模型", "train and release a matching model";
        /// See what waits for a look.
        ReviewsList = "reviews.list", "查看待核清单", "see what waits for a look";
        /// Take the first look.
        ReviewsFirstLook = "reviews.first_look", "初核", "take the first look";
        /// Take the second look.
        ReviewsSecondLook = "reviews.second_look", "复核", "take the second look";
        /// Send back with a reason.
        ReviewsReturn = "reviews.return", "退回", "return with a reason";
        /// See measures.
        MeasuresList = "measures.list", "查看措施清单", "see measures";
        /// Read one measure.
        MeasuresRead = "measures.read", "查看措施", "read a measure";
        /// Decide a measure.
        MeasuresDecide = "measures.decide", "决定措施", "decide a measure";
        /// Confirm or refuse, for another organ, a decision that a limit holds.
        MeasuresConfirm = "measures.confirm", "复核搁置的决定", "confirm or refuse a held decision";
        /// Lift a measure.
        MeasuresLift = "measures.lift", "解除措施", "lift a measure";
        /// File an appeal or a request for correction.
        AppealsFile = "appeals.file", "提出申诉或更正请求", "file an appeal";
        /// See appeals.
        AppealsList = "appeals.list", "查看申诉清单", "see appeals";
        /// Read one appeal.
        AppealsRead = "appeals.read", "查看申诉", "read an appeal";
        /// Name who answers an appeal, and find the measure it means.
        AppealsAssign = "appeals.assign", "指定申诉承办人", "assign an appeal";
        /// Answer an appeal.
        AppealsAnswer = "appeals.answer", "答复申诉", "answer an appeal";
        /// Let the measure rest until the answer.
        AppealsRelieve = "appeals.relieve", "申诉期间暂停措施", "let a measure rest until the answer";
        /// See tasks.
        TasksList = "tasks.list", "查看任务清单", "see tasks";
        /// Read one task.
        TasksRead = "tasks.read", "查看任务", "read a task";
        /// Acknowledge a task.
        TasksReceive = "tasks.receive", "签收任务", "receive a task";
        /// Hand a task to the level below.
        TasksHandDown = "tasks.hand_down", "下派任务", "hand a task down";
        /// Give a task back with a reason.
        TasksReturn = "tasks.return", "退回任务", "return a task";
        /// Report what was done.
        TasksFeedback = "tasks.feedback", "反馈任务", "feed a task back";
        /// Close a task.
        TasksClose = "tasks.close", "办结任务", "close a task";
        /// Give a task an owner.
        TasksAssign = "tasks.assign", "指派任务", "assign a task";
        /// See statutory reports and their clocks.
        ReportsList = "reports.list", "查看法定报告", "see statutory reports";
        /// Record that a statutory report was sent.
        ReportsMarkSent = "reports.mark_sent", "登记已报告", "mark a report as sent";
        /// Raise alerts by counting; the program does it, nobody else.
        AlertsRaise = "alerts.raise", "生成预警信号", "raise alerts";
        /// See alerts.
        AlertsList = "alerts.list", "查看预警信号清单", "see alerts";
        /// Read one alert with its counted days and reasons.
        AlertsRead = "alerts.read", "查看预警信号", "read an alert";
        /// Say what was done about an alert.
        AlertsAcknowledge = "alerts.acknowledge", "核实预警信号", "acknowledge an alert";
        /// See the command screen.
        CommandView = "command.view", "查看指挥台", "see the command screen";
        /// See areas as table and map.
        AreasView = "areas.view", "查看区域", "see areas";
        /// See the packs in force.
        PacksView = "packs.view", "查看规则包", "see packs";
        /// See responses.
        ResponsesList = "responses.list", "查看响应", "see responses";
        /// Open a response.
        ResponsesOpen = "responses.open", "启动响应", "open a response";
        /// Propose that an approval is put on record.
        ResponsesApprove = "responses.approve", "提请登记批准文件", "propose an approval";
        /// Confirm, as a second person, an approval that somebody proposed, or refuse it.
        ResponsesConfirm = "responses.confirm", "复核批准文件", "confirm an approval";
        /// End an approval early.
        ResponsesEndApproval = "responses.end_approval", "提前终止批准", "end an approval early";
        /// Close a response.
        ResponsesClose = "responses.close", "终止响应", "close a response";
        /// Destroy the personal records of a closed response.
        ResponsesDestroy = "responses.destroy", "销毁个人信息", "destroy personal records";
        /// Propose that something of a closed response is kept.
        ResponsesKeep = "responses.keep", "申请保存部分数据", "propose to keep something";
        /// Confirm, as a second person, that something is kept, or refuse it.
        ResponsesConfirmKeep = "responses.confirm_keep", "复核保存申请", "confirm what is kept";
        /// Read the copies that were kept.
        ResponsesReadKept = "responses.read_kept", "查阅保存的副本", "read what was kept";
        /// See accounts.
        UsersList = "users.list", "查看账号", "see accounts";
        /// Create an account.
        UsersCreate = "users.create", "新建账号", "create an account";
        /// Change an account or its grants.
        UsersUpdate = "users.update", "修改账号", "change an account";
        /// Disable an account.
        UsersDisable = "users.disable", "停用账号", "disable an account";
        /// Give somebody a new first password.
        UsersResetPassword = "users.reset_password", "重置密码", "reset a password";
        /// Read the audit trail.
        AuditRead = "audit.read", "查看审计记录", "read the audit trail";
        /// Verify the audit chain.
        AuditVerify = "audit.verify", "校验审计链", "verify the audit chain";
        /// See the health of the installation.
        HealthView = "health.view", "查看运行状态", "see health";
        /// See background jobs.
        JobsView = "jobs.view", "查看后台作业", "see jobs";
        /// Make a backup.
        BackupCreate = "backup.create", "创建备份", "make a backup";
        /// Change the own password.
        SelfPassword = "self.password", "修改本人密码", "change the own password";
        /// Ask somebody for an ID number.
        IdentityAsk = "identity.ask", "要求出示证件号码", "ask for an ID number";
    }
}

/// What kind of thing an action is about; the name of its entity type in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A signal in the inbox.
    Intake,
    /// An imported file.
    Import,
    /// A personal file.
    Person,
    /// Two records that may be one person.
    Pair,
    /// An assessment that waits for its looks.
    Review,
    /// A measure on a person.
    Measure,
    /// An appeal against one, or a request to correct a fact.
    Appeal,
    /// A task.
    Task,
    /// A report with a clock.
    Report,
    /// Cases that occurred together; counts, without names.
    Alert,
    /// Counts of an area, without names.
    Figures,
    /// A response.
    Response,
    /// An account of a member of staff.
    Account,
    /// The installation itself.
    Installation,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Intake,
        Self::Import,
        Self::Person,
        Self::Pair,
        Self::Review,
        Self::Measure,
        Self::Appeal,
        Self::Task,
        Self::Report,
        Self::Alert,
        Self::Figures,
        Self::Response,
        Self::Account,
        Self::Installation,
    ];

    /// The entity type in the schema.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Intake => "Intake",
            Self::Import => "Import",
            Self::Person => "Person",
            Self::Pair => "Pair",
            Self::Review => "Review",
            Self::Measure => "Measure",
            Self::Appeal => "Appeal",
            Self::Task => "Task",
            Self::Report => "Report",
            Self::Alert => "Alert",
            Self::Figures => "Figures",
            Self::Response => "Response",
            Self::Account => "Account",
            Self::Installation => "Installation",
        }
    }

    /// The actions that let somebody know that such a thing exists: whoever has none of them for
    /// it is told "not found" instead of "not allowed". Empty where existence is no secret.
    pub const fn sight(self) -> &'static [Action] {
        match self {
            Self::Intake => &[Action::IntakeList, Action::IntakeRead],
            Self::Import => &[Action::ImportRead],
            Self::Person => &[Action::PeopleSearch, Action::PeopleRead],
            Self::Pair => &[Action::PairsList],
            Self::Review => &[Action::ReviewsList],
            Self::Measure => &[Action::MeasuresList, Action::MeasuresRead],
            Self::Appeal => &[Action::AppealsList, Action::AppealsRead],
            Self::Task => &[Action::TasksList, Action::TasksRead],
            Self::Report => &[Action::ReportsList],
            Self::Alert => &[Action::AlertsList, Action::AlertsRead],
            Self::Account => &[Action::UsersList],
            Self::Figures | Self::Response | Self::Installation => &[],
        }
    }
}

impl Action {
    /// What kind of thing it is about.
    pub const fn kind(self) -> Kind {
        match self {
            Self::IntakeSubmit | Self::IntakeList | Self::IntakeRead | Self::IntakeHandle => {
                Kind::Intake
            }
            Self::ImportCreate | Self::ImportRead => Kind::Import,
            Self::PeopleSearch
            | Self::PeopleRead
            | Self::PeopleDocument
            | Self::PeopleMerge
            | Self::PeopleUnmerge
            | Self::PeopleCorrect
            | Self::PeopleGiveCode
            | Self::PeopleReadOwn => Kind::Person,
            Self::PairsList | Self::PairsDecide | Self::PairsLearn => Kind::Pair,
            Self::ReviewsList
            | Self::ReviewsFirstLook
            | Self::ReviewsSecondLook
            | Self::ReviewsReturn => Kind::Review,
            Self::MeasuresList
            | Self::MeasuresRead
            | Self::MeasuresDecide
            | Self::MeasuresConfirm
            | Self::MeasuresLift => Kind::Measure,
            Self::AppealsFile
            | Self::AppealsList
            | Self::AppealsRead
            | Self::AppealsAssign
            | Self::AppealsAnswer
            | Self::AppealsRelieve => Kind::Appeal,
            Self::TasksList
            | Self::TasksRead
            | Self::TasksReceive
            | Self::TasksHandDown
            | Self::TasksReturn
            | Self::TasksFeedback
            | Self::TasksClose
            | Self::TasksAssign => Kind::Task,
            Self::ReportsList | Self::ReportsMarkSent => Kind::Report,
            Self::AlertsRaise | Self::AlertsList | Self::AlertsRead | Self::AlertsAcknowledge => {
                Kind::Alert
            }
            Self::CommandView => Kind::Figures,
            Self::ResponsesList
            | Self::ResponsesOpen
            | Self::ResponsesApprove
            | Self::ResponsesConfirm
            | Self::ResponsesEndApproval
            | Self::ResponsesClose
            | Self::ResponsesDestroy
            | Self::ResponsesKeep
            | Self::ResponsesConfirmKeep
            | Self::ResponsesReadKept => Kind::Response,
            Self::UsersList
            | Self::UsersCreate
            | Self::UsersUpdate
            | Self::UsersDisable
            | Self::UsersResetPassword => Kind::Account,
            Self::AreasView
            | Self::PacksView
            | Self::AuditRead
            | Self::AuditVerify
            | Self::HealthView
            | Self::JobsView
            | Self::BackupCreate
            | Self::SelfPassword
            | Self::IdentityAsk => Kind::Installation,
        }
    }

    /// Whether it only shows something, so that [`crate::Authz::reach`] answers for it.
    pub const fn shows(self) -> bool {
        matches!(
            self,
            Self::IntakeList
                | Self::IntakeRead
                | Self::ImportRead
                | Self::PeopleSearch
                | Self::PeopleRead
                | Self::PairsList
                | Self::ReviewsList
                | Self::MeasuresList
                | Self::MeasuresRead
                | Self::AppealsList
                | Self::AppealsRead
                | Self::TasksList
                | Self::TasksRead
                | Self::ReportsList
                | Self::AlertsList
                | Self::AlertsRead
                | Self::CommandView
                | Self::AreasView
                | Self::PacksView
                | Self::ResponsesList
                | Self::UsersList
                | Self::AuditRead
                | Self::HealthView
                | Self::JobsView
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_code_of_noun_and_verb_that_reads_back() {
        for &action in Action::ALL {
            assert_eq!(Action::from_code(action.code()), Some(action));
            assert_eq!(action.code().split('.').count(), 2, "{action}");
        }
    }

    #[test]
    fn what_gives_sight_of_a_thing_shows_it() {
        for kind in Kind::ALL {
            for action in kind.sight() {
                assert!(action.shows() && action.kind() == kind, "{action}");
            }
        }
    }
}
