//! What can be set, and where it came from: built-in, file, environment, flag; later ones win.
//! A key that nothing knows is an error with the nearest known name.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use fangxian_base::{Zone, nearest};

use crate::args::{ConfigArgs, ConfigWhat, Global};
use crate::out::{self, Ended, Failed};

/// Every key: its name in the file, its variable, its built-in value, and what it is.
const KEYS: [(&str, &str, &str, &str); 11] = [
    ("data", "FANGXIAN_DATA", "fangxian-data", "data directory"),
    (
        "listen",
        "FANGXIAN_LISTEN",
        "127.0.0.1:8080",
        "address that pages are served on",
    ),
    (
        "database",
        "FANGXIAN_DATABASE",
        "",
        "PostgreSQL address; empty: embedded database",
    ),
    (
        "keys",
        "FANGXIAN_KEYS",
        "",
        "key directory; empty: `keys` in the data directory",
    ),
    ("city", "FANGXIAN_CITY", "demo", "city pack"),
    ("zone", "FANGXIAN_ZONE", "Asia/Shanghai", "civil time zone"),
    ("log", "FANGXIAN_LOG", "info", "log filter"),
    ("log_format", "FANGXIAN_LOG_FORMAT", "text", "text or json"),
    (
        "secure_cookies",
        "FANGXIAN_SECURE_COOKIES",
        "auto",
        "true behind HTTPS; auto: false on this machine only",
    ),
    (
        "behind_proxy",
        "FANGXIAN_BEHIND_PROXY",
        "false",
        "whether a proxy of ours stands in front",
    ),
    (
        "door_per_minute",
        "FANGXIAN_DOOR_PER_MINUTE",
        "60",
        "public forms a minute from one address; 0: no limit",
    ),
];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    BuiltIn,
    File(PathBuf),
    Environment(&'static str),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The configuration of this run.
#[derive(Debug, Clone)]
pub struct Config {
    values: BTreeMap<&'static str, (String, Origin)>,
    /// Civil time zone.
    pub zone: Zone,
    /// Address that pages are served on.
    pub listen: SocketAddr,
    /// Public forms a minute from one address.
    pub door_per_minute: u32,
    /// Whether a proxy of ours stands in front.
    pub behind_proxy: bool,
    /// Whether browsers reach the program by HTTPS only.
    pub secure_cookies: bool,
}

impl Config {
    /// A value by its name in the file.
    pub fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |(value, _)| value.as_str())
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        PathBuf::from(self.get("data"))
    }

    /// The key directory, when it lies apart.
    pub fn keys(&self) -> Option<PathBuf> {
        Some(self.get("keys"))
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
    }

    /// The PostgreSQL address, when one is set.
    pub fn database(&self) -> Option<String> {
        Some(self.get("database"))
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
    }

    /// Whether somebody said where the data are; the demonstration keeps away from them.
    pub fn data_was_set(&self) -> bool {
        self.values
            .get("data")
            .is_some_and(|(_, origin)| *origin != Origin::BuiltIn)
    }

    /// Whether somebody said where to listen.
    pub fn listen_was_set(&self) -> bool {
        self.values
            .get("listen")
            .is_some_and(|(_, origin)| *origin != Origin::BuiltIn)
    }

    /// The same with the data somewhere else.
    #[must_use]
    pub fn with_data(mut self, dir: &std::path::Path) -> Self {
        self.values
            .insert("data", (dir.display().to_string(), Origin::BuiltIn));
        self
    }

    /// The same with another database.
    #[must_use]
    pub fn with_database(mut self, address: &str) -> Self {
        self.values
            .insert("database", (address.to_owned(), Origin::Flag));
        self
    }
}

/// The built-in configuration, whatever the environment says: for measurements.
pub fn built_in() -> Result<Config, Failed> {
    let known = KEYS.iter();
    parse(
        known
            .map(|(key, _, value, _)| (*key, ((*value).to_owned(), Origin::BuiltIn)))
            .collect(),
    )
}

/// Reads the configuration.
pub fn read(flags: &Global) -> Result<Config, Failed> {
    let mut values: BTreeMap<&'static str, (String, Origin)> = KEYS
        .iter()
        .map(|(key, _, built_in, _)| (*key, ((*built_in).to_owned(), Origin::BuiltIn)))
        .collect();
    let environment: Vec<(&str, &str, String)> = KEYS
        .iter()
        .filter_map(|(key, variable, ..)| Some((*key, *variable, variable_of(variable)?)))
        .collect();
    let data = flags
        .data
        .clone()
        .or_else(|| {
            environment
                .iter()
                .find(|(key, ..)| *key == "data")
                .map(|(.., v)| PathBuf::from(v))
        })
        .unwrap_or_else(|| PathBuf::from("fangxian-data"));
    let asked_for = flags.config.clone();
    let file = asked_for
        .clone()
        .unwrap_or_else(|| data.join("fangxian.toml"));
    if asked_for.is_some() || file.exists() {
        for (key, value) in read_file(&file)? {
            values.insert(key, (value, Origin::File(file.clone())));
        }
    }
    for (key, variable, value) in environment {
        values.insert(key, (value, Origin::Environment(variable)));
    }
    let shown = |path: &PathBuf| path.display().to_string();
    let given = [
        ("data", flags.data.as_ref().map(shown)),
        ("listen", flags.listen.clone()),
        ("database", flags.database.clone()),
        ("keys", flags.keys.as_ref().map(shown)),
        ("city", flags.city.clone()),
        ("zone", flags.zone.clone()),
        ("log", flags.log.clone()),
        ("log_format", flags.log_format.clone()),
        ("secure_cookies", flags.secure_cookies.clone()),
        ("behind_proxy", flags.behind_proxy.clone()),
        ("door_per_minute", flags.door_per_minute.clone()),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            values.insert(key, (value, Origin::Flag));
        }
    }
    parse(values)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn variable_of(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Variables that look like ours and are none, each with the nearest that is.
///
/// They are told and not refused: a service manager may set some of its own under our name.
pub fn strange_variables() -> Vec<(String, Option<&'static str>)> {
    strange(environment())
}

fn environment() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

fn strange(names: impl Iterator<Item = String>) -> Vec<(String, Option<&'static str>)> {
    let known = || KEYS.iter().map(|(_, variable, ..)| *variable);
    let mut strange: Vec<_> = names
        .filter(|name| name.starts_with("FANGXIAN_") && known().all(|one| one != name))
        // Those of the tests mean nothing to the program.
        .filter(|name| !name.starts_with("FANGXIAN_TEST_") && name != "FANGXIAN_BLESS")
        .map(|name| {
            let meant = nearest(&name, known());
            (name, meant)
        })
        .collect();
    strange.sort();
    strange
}

fn read_file(path: &std::path::Path) -> Result<Vec<(&'static str, String)>, Failed> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failed::new(format!("configuration file `{}`: {e}", path.display())))?;
    let table: toml::Table = toml::from_str(&text)
        .map_err(|e| Failed::new(format!("configuration file `{}`: {e}", path.display())))?;
    let mut values = Vec::new();
    for (key, value) in table {
        let Some((known, ..)) = KEYS.iter().find(|(known, ..)| *known == key) else {
            let wrong = Failed::new(format!(
                "configuration file `{}`: nothing is called `{key}`",
                path.display()
            ));
            return Err(match nearest(&key, KEYS.iter().map(|(known, ..)| *known)) {
                Some(meant) => wrong.hint(format!("the nearest known name is `{meant}`")),
                None => wrong.hint("`fangxian config check` lists what can be set"),
            });
        };
        let text = match value {
            toml::Value::String(text) => text,
            other => other.to_string(),
        };
        values.push((*known, text));
    }
    Ok(values)
}

fn parse(values: BTreeMap<&'static str, (String, Origin)>) -> Result<Config, Failed> {
    let text = |key: &str| values.get(key).map_or("", |(value, _)| value.as_str());
    let wrong = |key: &str, wanted: &str| {
        let from = values
            .get(key)
            .map_or(String::new(), |(_, origin)| origin.to_string());
        Failed::new(format!("`{key}` ({from}) is `{}`", text(key)))
            .hint(format!("it must be {wanted}"))
    };
    let zone = Zone::named(text("zone"))
        .map_err(|e| wrong("zone", "a time zone such as Asia/Shanghai").hint(e))?;
    let listen: SocketAddr = text("listen")
        .parse()
        .map_err(|_e: std::net::AddrParseError| {
            wrong("listen", "an address such as 127.0.0.1:8080")
        })?;
    let truth = |key: &str| match text(key) {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(wrong(key, "true or false")),
    };
    let secure_cookies = match text("secure_cookies") {
        "auto" => !listen.ip().is_loopback(),
        _ => truth("secure_cookies")?,
    };
    let behind_proxy = truth("behind_proxy")?;
    let door_per_minute = text("door_per_minute")
        .parse()
        .map_err(|_e: std::num::ParseIntError| wrong("door_per_minute", "a whole number"))?;
    if !matches!(text("log_format"), "text" | "json") {
        return Err(wrong("log_format", "text or json"));
    }
    Ok(Config {
        values,
        zone,
        listen,
        door_per_minute,
        behind_proxy,
        secure_cookies,
    })
}

/// `fangxian config check`.
pub fn run(config: &Config, args: &ConfigArgs) -> Result<Ended, Failed> {
    match args.what {
        ConfigWhat::Check => {}
    }
    for (key, _, _, what) in KEYS {
        let Some((value, origin)) = config.values.get(key) else {
            continue;
        };
        // An address may carry a password.
        let shown = match value.split_once('@') {
            Some((_, host)) if key == "database" => format!("…@{host}"),
            _ => value.clone(),
        };
        out::line(format_args!("{key:<16} {shown:<28} {origin:<20} {what}"));
    }
    let known = fangxian_packs::Library::shipped()?;
    if known.city(config.get("city")).is_none() {
        return Err(Failed::new(format!(
            "no city pack is called `{}`",
            config.get("city")
        )));
    }
    Ok(Ended::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nothing_knows_is_told_with_the_nearest() {
        let set = [
            "FANGXIAN_DATA",
            "FANGXIAN_LISTN",
            "FANGXIAN_TEST_KILLS",
            "PATH",
            "FANGXIAN_PORT_8080_TCP",
        ];
        let strange = strange(set.iter().map(|name| (*name).to_owned()));
        assert_eq!(strange.len(), 2);
        assert_eq!(
            strange[0],
            ("FANGXIAN_LISTN".to_owned(), Some("FANGXIAN_LISTEN"))
        );
        assert_eq!(strange[1].0, "FANGXIAN_PORT_8080_TCP");
    }

    #[test]
    fn every_key_has_its_flag() {
        use clap::CommandFactory as _;
        let command = crate::args::Cli::command();
        let flags: Vec<String> = command
            .get_arguments()
            .filter_map(|one| Some(one.get_long()?.replace('-', "_")))
            .collect();
        for (key, ..) in KEYS {
            assert!(flags.iter().any(|flag| flag == key), "no flag for `{key}`");
        }
        for (_, variable, ..) in KEYS {
            assert!(variable.starts_with("FANGXIAN_"));
        }
    }

    #[test]
    fn cookies_are_secure_unless_only_this_machine_can_come() {
        let with = |listen: &str| {
            let mut values: BTreeMap<_, _> = KEYS
                .iter()
                .map(|(key, _, value, _)| (*key, ((*value).to_owned(), Origin::BuiltIn)))
                .collect();
            values.insert("listen", (listen.to_owned(), Origin::Flag));
            parse(values).unwrap().secure_cookies
        };
        assert!(!with("127.0.0.1:80"));
        assert!(with("0.0.0.0:80"));
    }
}
