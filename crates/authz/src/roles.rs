//! The roles a grant can give and the purposes for which something may be done.
//!
//! What a role may do is not written here but in `policies/roles.cedar`.

use crate::coded::coded;

coded! {
    /// What somebody is there for. One person may hold several, each for an area.
    pub enum Role {
        /// Accounts and settings; never a personal file.
        Admin = "admin", "系统管理员", "administrator";
        /// The data desk: inbox, import, matching, first look.
        Desk = "desk", "数据专班", "data desk";
        /// The second look, at the CDC institution.
        Assessor = "assessor", "研判复核员", "assessor";
        /// Decides measures for a unit that the law names as deciding organ.
        Organ = "organ", "措施决定人", "deciding officer";
        /// Clinic, school, laboratory: reports, and sees what the own unit reported.
        Reporter = "reporter", "报告人", "reporter";
        /// Head of a township or community: the tasks of the area.
        Lead = "lead", "属地负责人", "area lead";
        /// Grid worker: own tasks.
        Grid = "grid", "网格员", "grid worker";
        /// Duty officer: command screen, lists within the area, statutory report clock.
        Duty = "duty", "值班员", "duty officer";
        /// Reads the audit trail and the aggregated command screen.
        Auditor = "auditor", "审计员", "auditor";
        /// A source that submits with a token and can do nothing else.
        Integration = "integration", "接口来源", "integration";
    }
}

coded! {
    /// Why something is done; stated with every look at a person, kept with the trace of it.
    pub enum Purpose {
        /// Taking in signals and matching them to files.
        Intake = "intake", "信息受理", "intake";
        /// Judging cases and contacts.
        Assessment = "assessment", "研判", "assessment";
        /// Carrying out tasks.
        TaskWork = "task_work", "任务办理", "task work";
        /// Deciding, reviewing and lifting measures.
        MeasureWork = "measure_work", "措施办理", "work on measures";
        /// Keeping the whole in view.
        Command = "command", "指挥调度", "command";
        /// Reporting as the law demands.
        StatutoryReport = "statutory_report", "法定报告", "statutory report";
        /// Running the installation.
        Administration = "administration", "系统管理", "administration";
        /// Checking the work of others.
        Audit = "audit", "审计监督", "audit";
        /// Answering an appeal of the person concerned.
        Appeal = "appeal", "申诉办理", "appeal";
        /// The person concerned, or who acts for them, reads the own file.
        OwnFile = "own_file", "本人查阅", "own file";
    }
}
