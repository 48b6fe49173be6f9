//! What can be asked on the command line. The doc comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Fangxian 防线: a city's public-health emergency command, in one program.
///
/// The first look: `fangxian demo`. An installation of your own: `fangxian serve`.
#[derive(Debug, Parser)]
#[command(name = "fangxian", version, color = clap::ColorChoice::Never)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What every command understands. Flags win over the environment, the environment over the file.
#[derive(Debug, Args)]
pub struct Global {
    /// Data directory: database, keys, audit heads [FANGXIAN_DATA]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Configuration file [default: fangxian.toml in the data directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// PostgreSQL address; without one the embedded database is used [FANGXIAN_DATABASE]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// How the log is written: text or json [FANGXIAN_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Log filter, such as info or warn [FANGXIAN_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Key directory [FANGXIAN_KEYS]; with backup and restore --keys is where the copy lies
    #[arg(long, global = true, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Address that pages are served on [FANGXIAN_LISTEN]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// City pack [FANGXIAN_CITY]
    #[arg(long, global = true, value_name = "PACK")]
    pub city: Option<String>,
    /// Civil time zone [FANGXIAN_ZONE]
    #[arg(long, global = true, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Whether browsers reach it by HTTPS: true, false or auto [FANGXIAN_SECURE_COOKIES]
    #[arg(long, global = true, value_name = "WHEN")]
    pub secure_cookies: Option<String>,
    /// Whether a proxy of ours stands in front: true or false [FANGXIAN_BEHIND_PROXY]
    #[arg(long, global = true, value_name = "YES")]
    pub behind_proxy: Option<String>,
    /// Public forms a minute from one address; 0: no limit [FANGXIAN_DOOR_PER_MINUTE]
    #[arg(long, global = true, value_name = "N")]
    pub door_per_minute: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Serve this installation's pages (启动服务)
    Serve,
    /// Fill a made-up district and serve it: a living demonstration (演示)
    Demo(DemoArgs),
    /// Take in a list: cases, contacts or movements (导入表格)
    Import(ImportArgs),
    /// Questions about people's records (人员档案)
    People(PeopleArgs),
    /// Check and test rule packs (规则包)
    Pack(PackArgs),
    /// Verify the audit trail (审计核验)
    Audit(AuditArgs),
    /// Write a backup; keys go apart (备份)
    Backup(BackupArgs),
    /// Restore a backup into an empty installation (恢复)
    Restore(RestoreArgs),
    /// Bring in divisions and units (区划)
    Areas(AreasArgs),
    /// Accounts (账号)
    User(UserArgs),
    /// Show and check the configuration (配置)
    Config(ConfigArgs),
    /// Say whether the installation is well (健康检查)
    Health(JsonFlag),
    /// Measure on this machine, beside a peer (性能测量)
    Bench(BenchArgs),
    /// The visit store: who was where, with whom (轨迹追溯)
    Trace(crate::trace::TraceArgs),
    /// The epidemiology engine: methods on tables, and checks against reference outputs (流行病学分析)
    Epi(EpiArgs),
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The city pack
    #[arg(long, default_value = "demo")]
    pub city: String,
    /// Port to serve on; 0 picks a free one [default: 8080, or that of FANGXIAN_LISTEN]
    #[arg(long)]
    pub port: Option<u16>,
    /// Minutes of the district's time that pass in a real second
    #[arg(long, default_value_t = 20)]
    pub pace: u32,
    /// Residents of the district
    #[arg(long, default_value_t = 20_000)]
    pub residents: usize,
    /// Seed of everything made up
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Begin anew: forget what an earlier demonstration left behind
    #[arg(long)]
    pub fresh: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    pub kind: ImportKind,
}

#[derive(Debug, Subcommand)]
pub enum ImportKind {
    /// One case per row
    Linelist(ListArgs),
    /// One pair of case and contact per row
    Contacts(ListArgs),
    /// One journey, visit or event per row
    Movements(ListArgs),
    /// An empty workbook to fill in, with drop-downs
    Template(TemplateArgs),
    /// Withdraw everything that came with an import
    Undo(UndoArgs),
}

#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The import
    pub id: fangxian_base::ImportId,
    /// Why; it stands beside everything that is withdrawn
    #[arg(long, value_name = "WORDS", required_if_eq("yes", "true"))]
    pub reason: Option<String>,
    /// Do it; without this, only what it would touch is shown
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// What a row is
    #[arg(value_parser = ["linelist", "contacts", "movements"])]
    pub kind: String,
    /// Where to write it (XLSX)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Words of the header and of the drop-downs
    #[arg(long, value_name = "LANGUAGE", default_value = "zh", value_parser = ["zh", "en"])]
    pub language: String,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// The list: CSV in any usual encoding, or XLSX
    pub file: PathBuf,
    /// Namespace of the list's own case numbers [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Mapping file; without one a mapping is proposed and printed
    #[arg(long, value_name = "M")]
    pub mapping: Option<PathBuf>,
    /// Year of the last dates that are written without one
    #[arg(long, value_name = "YEAR")]
    pub year: Option<i16>,
    /// Code of the response that the list is collected for [default: that of the disease which the
    /// list is evidently about, for contacts and movements that of their cases, else routine]
    #[arg(long, value_name = "CODE")]
    pub response: Option<String>,
    /// Disease pack of a list of cases elsewhere: kept in a response of its own
    #[arg(long, value_name = "PACK", conflicts_with = "response")]
    pub disease: Option<String>,
    /// Write refused rows, with reason and remedy, to this file
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
    /// Take the proposed mapping without asking
    #[arg(long)]
    pub yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PeopleArgs {
    #[command(subcommand)]
    pub what: PeopleWhat,
}

#[derive(Debug, Subcommand)]
pub enum PeopleWhat {
    /// Measure matching on labelled sets: every task of DIR/link.json
    LinkCheck(LinkCheckArgs),
}

#[derive(Debug, Args)]
pub struct LinkCheckArgs {
    /// The folder with link.json and the lists
    pub dir: PathBuf,
    /// Explain this many pairs of each task, those nearest to the threshold first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub explain: usize,
    /// Seed of what is random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PackArgs {
    #[command(subcommand)]
    pub what: PackWhat,
}

#[derive(Debug, Subcommand)]
pub enum PackWhat {
    /// Read packs and report everything that does not hold
    Check(PackDir),
    /// Run the examples that packs carry
    Test(PackDir),
    /// Say what the rules make of a file of facts, and why
    Explain(ExplainArgs),
    /// Say what two versions of a set of packs say differently, and which outcomes change
    Diff(DiffArgs),
    /// Say how often examples reach each rule and each dated value, and which cases around their
    /// changes a person has confirmed
    Coverage(CoverageArgs),
    /// Put pack files into the agreed layout; comments stay
    Fmt(PackFmtArgs),
    /// Write packs out for people: rules, values over time, articles, organs, sources
    Docs(PackDocsArgs),
    /// Print the JSON Schema that every pack file meets
    Schema,
}

#[derive(Debug, Args)]
pub struct PackFmtArgs {
    /// Directory of pack files; with --check the shipped packs when left out
    #[arg(required_unless_present = "check")]
    pub dir: Option<PathBuf>,
    /// Change nothing; say where files leave the layout
    #[arg(long)]
    pub check: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PackDocsArgs {
    /// Only this pack
    pub pack: Option<String>,
    /// Directory of pack files [default: the shipped packs]
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Language of the Markdown
    #[arg(long, value_parser = ["zh", "en"], default_value = "zh")]
    pub language: String,
    /// Write ID.zh.md, ID.en.md and ID.json for every pack into this directory instead of printing
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object, with both languages
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Directory of the pack files as they were
    pub old: PathBuf,
    /// Directory of the pack files as they are [default: the shipped packs]
    pub new: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `fangxian pack coverage`.
#[derive(Debug, Args)]
pub struct CoverageArgs {
    /// Directory of pack files [default: the shipped packs]
    pub dir: Option<PathBuf>,
    /// Fail also when nobody has confirmed a case
    #[arg(long, conflicts_with = "confirm")]
    pub check: bool,
    /// Confirm the outcome of these cases; without one, at a terminal, each open case is shown and asked
    #[arg(long, value_name = "ID", num_args = 0.., requires = "by", requires = "dir")]
    pub confirm: Option<Vec<String>>,
    /// Who confirms
    #[arg(long, value_name = "NAME", requires = "confirm")]
    pub by: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `fangxian bench regrade`.
#[derive(Debug, Args)]
pub struct RegradeMeasured {
    /// Persons
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10..))]
    pub persons: u64,
    /// Facts of all of them together
    #[arg(long, default_value_t = 5_000_000)]
    pub facts: u64,
    /// Another seed makes other persons
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct PackDir {
    /// Directory of pack files [default: the shipped packs]
    pub dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A JSON file: disease, on, facts, and optionally city, region, approvals
    pub file: PathBuf,
    /// Directory of pack files [default: the shipped packs]
    pub dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub what: AuditWhat,
}

#[derive(Debug, Subcommand)]
pub enum AuditWhat {
    /// Check the whole trail: chain, signatures, heads told outside, fact rows
    Verify(JsonFlag),
}

#[derive(Debug, Args)]
pub struct JsonFlag {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where the backup goes; it must not exist yet
    pub to: PathBuf,
    /// Write a copy of the keys here, apart from the backup
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    pub from: PathBuf,
    /// The keys, when this installation has none yet
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AreasArgs {
    #[command(subcommand)]
    pub what: AreasWhat,
}

#[derive(Debug, Subcommand)]
pub enum AreasWhat {
    /// Bring in divisions and units from a JSON file
    Import {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    pub what: UserWhat,
}

#[derive(Debug, Subcommand)]
pub enum UserWhat {
    /// Create an administrator; the password is read from standard input
    CreateAdmin {
        /// Log-in name
        login: String,
        /// Name shown to colleagues
        #[arg(long)]
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub what: ConfigWhat,
}

#[derive(Debug, Subcommand)]
pub enum ConfigWhat {
    /// Print every value and where it came from; fail on what does not hold
    Check,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    pub what: BenchWhat,
}

impl BenchArgs {
    /// Whether it asks where time goes.
    pub const fn measures_phases(&self) -> bool {
        matches!(self.what, BenchWhat::Import(_))
    }
}

#[derive(Debug, Args)]
pub struct ImportMeasured {
    /// People whom the store knows before
    #[arg(long, default_value_t = 1_000_000)]
    pub persons: usize,
    /// Rows of the list that is measured
    #[arg(long, default_value_t = 100_000)]
    pub rows: usize,
    /// An empty PostgreSQL database, which is left filled [default: the embedded one]
    #[arg(long, value_name = "ADDRESS")]
    pub postgres: Option<String>,
    /// Another seed makes other people
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

#[derive(Debug, Subcommand)]
pub enum BenchWhat {
    /// Self-reports over HTTP, durable, beside an endpoint that only answers
    Intake {
        /// Clients at once
        #[arg(long, default_value_t = 64)]
        clients: usize,
        /// Seconds to measure
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// A long list into a store that knows many people, and where the time goes
    Import(ImportMeasured),
    /// A change of a pack put to many persons, beside the whole assessment of each
    Regrade(RegradeMeasured),
    /// The epidemiology engine, beside the R packages that are installed; a table in Markdown
    Epi {
        /// Without the peers
        #[arg(long)]
        alone: bool,
        /// A folder of reference folders with a table of timings (`peer_timings.csv`): the same input beside these, too
        #[arg(long, value_name = "DIR")]
        reference: Option<PathBuf>,
    },
    /// The visit store, beside `DuckDB` when Python has it; a table in Markdown
    Trace(TraceMeasured),
}

#[derive(Debug, Args)]
pub struct TraceMeasured {
    /// Measure data of crates/trace/benches/gen.py instead of making some
    #[arg(long, conflicts_with_all = ["events", "people", "seed"])]
    pub dir: Option<PathBuf>,
    /// Make about so many stays, and as many in grid cells
    #[arg(long, default_value_t = 1_000_000)]
    pub events: u32,
    /// Make so many people
    #[arg(long, default_value_t = 125_000)]
    pub people: u32,
    /// Another seed makes other movements
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Leave `DuckDB` out
    #[arg(long)]
    pub alone: bool,
}

#[derive(Debug, Args)]
pub struct EpiArgs {
    #[command(subcommand)]
    pub what: EpiWhat,
}

#[derive(Debug, Subcommand)]
pub enum EpiWhat {
    /// Name every method
    List(JsonFlag),
    /// Compare the methods with a folder of reference outputs
    Check(EpiCheck),
    /// METHOD --input FILE [--input ROLE=FILE] [--param NAME=VALUE] [--output FILE]: call a method on tables
    #[command(external_subcommand)]
    Method(Vec<String>),
}

#[derive(Debug, Args)]
pub struct EpiCheck {
    /// The folder; it holds a `check.json`
    pub dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How a method is called.
#[derive(Debug, Parser)]
#[command(name = "fangxian epi METHOD", color = clap::ColorChoice::Never)]
pub struct EpiCall {
    /// A CSV table: the main input of the method, or ROLE=FILE for another
    #[arg(long, value_name = "[ROLE=]FILE")]
    pub input: Vec<String>,
    /// A parameter; the value is JSON, or else a text
    #[arg(long, value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// A JSON object of parameters
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Where the result goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Draws the result as a picture, too
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// The language of the picture
    #[arg(long, value_name = "LANGUAGE", default_value = "zh", value_parser = ["zh", "en"])]
    pub language: String,
    /// The form that imitates the reference program, where it departs from the paper
    #[arg(long)]
    pub peer: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl EpiCall {
    /// Reads what follows the name of a method.
    pub fn read(name: &str, words: &[String]) -> Result<Self, crate::out::Failed> {
        let words = std::iter::once(name).chain(words.iter().map(String::as_str));
        Self::try_parse_from(words).map_err(|e| crate::out::Failed::new(e.render()))
    }
}
