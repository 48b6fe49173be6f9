//! Finds or starts a PostgreSQL server for the tests, and says which and why.
//!
//! In this order: the one that `FANGXIAN_TEST_POSTGRES` names, one that runs, an installed cluster
//! that is down, a private one in a folder of its own (stopped and removed at the end), and as root
//! on Debian an installed package. Must never pass over PostgreSQL in silence. Start at [`find`].

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Outcome, run};

/// The variable by which test suites and journeys learn where PostgreSQL is.
pub const VARIABLE: &str = "FANGXIAN_TEST_POSTGRES";
const PORT: u16 = 5432;
/// The oldest major version that the store supports.
const MAJOR_MIN: u32 = 15;

/// A server to test on. A private one stops and its folder goes when this is dropped.
#[derive(Debug)]
pub struct Server {
    pub url: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "kept only to be dropped"))]
    private: Option<Private>,
}

#[derive(Debug)]
struct Private {
    folder: PathBuf,
    programs: PathBuf,
}

/// Finds or starts a server; an error says what to do.
pub fn find() -> Outcome<Server> {
    if let Ok(url) = std::env::var(VARIABLE) {
        println!("    PostgreSQL: {url}, named by {VARIABLE}");
        usable(&url).map_err(|why| format!("{VARIABLE}: {why}"))?;
        return Ok(Server { url, private: None });
    }
    if let Some(server) = running(PORT, "it runs") {
        return Ok(server);
    }
    if let Some(server) = start_cluster() {
        return Ok(server);
    }
    if programs().is_none() {
        run::apt_install(
            &["postgresql"],
            "PostgreSQL is neither running nor installed",
        )
        .map_err(|why| {
            format!("{why}, or start a server and name it in {VARIABLE}=postgres://…")
        })?;
        let started = running(PORT, "just installed").or_else(start_cluster);
        if let Some(server) = started {
            return Ok(server);
        }
    }
    let programs = programs().ok_or_else(|| "initdb is not there after installing".to_owned())?;
    println!("    PostgreSQL: starting a private server, because no running one lets us in");
    private(&programs)
}

/// A server on this machine that lets us in and may create databases.
fn running(port: u16, why: &str) -> Option<Server> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    let user = std::env::var("USER").unwrap_or_default();
    for user in ["postgres", user.as_str()]
        .iter()
        .filter(|user| !user.is_empty())
    {
        let database = if *user == "postgres" { "" } else { "/postgres" };
        let url = format!("postgres://{user}@{address}{database}");
        match usable(&url) {
            Ok(()) => {
                println!("    PostgreSQL: {url}, because {why}");
                return Some(Server { url, private: None });
            }
            Err(why) => println!("    PostgreSQL: not {url}: {why}"),
        }
    }
    None
}

/// Asks the server whether it is new enough and lets us create databases.
fn usable(url: &str) -> Outcome<()> {
    let answer = ask(
        url,
        "SELECT current_setting('server_version_num') || ' ' || (rolsuper OR rolcreatedb) \
         FROM pg_roles WHERE rolname = current_user",
    )?;
    let (version, may_create) = answer.split_once(' ').unwrap_or((&answer, ""));
    let major = version.parse::<u32>().unwrap_or_default() / 10_000;
    if major < MAJOR_MIN {
        return Err(format!("version {major} is too old, {MAJOR_MIN} is needed"));
    }
    if may_create == "true" {
        Ok(())
    } else {
        Err("the user may not create databases".to_owned())
    }
}

/// How many sessions clients have opened, this question included. What tells a run that used the
/// server from one that passed it over.
pub fn sessions(url: &str) -> Outcome<u64> {
    let answer = ask(url, "SELECT sum(sessions)::bigint FROM pg_stat_database")?;
    answer
        .parse()
        .map_err(|error| format!("PostgreSQL counts its sessions as `{answer}`: {error}"))
}

fn ask(url: &str, question: &str) -> Outcome<String> {
    if run::which("psql").is_none() {
        run::apt_install(&["postgresql-client"], "psql is missing")?;
    }
    let mut psql = Command::new("psql");
    psql.env("PGCONNECT_TIMEOUT", "5")
        .args([url, "-w", "-X", "-Atqc", question]);
    let answer = psql
        .output()
        .map_err(|error| format!("could not start psql: {error}"))?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&answer.stderr);
    Err(format!(
        "no answer from {url}: {}",
        said.lines().next().unwrap_or("psql says nothing")
    ))
}

/// Debian's clusters that are down: starts the first that will.
fn start_cluster() -> Option<Server> {
    run::which("pg_ctlcluster")?;
    let list = run::read(Command::new("pg_lsclusters").arg("-h")).ok()?;
    for (version, name, port) in list.lines().filter_map(down_cluster) {
        println!("    PostgreSQL: starting the installed cluster {version}/{name}, which is down");
        let mut start = Command::new("pg_ctlcluster");
        start.args(["--skip-systemctl-redirect", version, name, "start"]);
        match run::read(&mut start) {
            Ok(_) => {
                if let Some(server) = running(port, "it was just started") {
                    return Some(server);
                }
            }
            Err(why) => println!("    PostgreSQL: {why}"),
        }
    }
    None
}

/// `15  main  5432  down  postgres  …`
fn down_cluster(line: &str) -> Option<(&str, &str, u16)> {
    let mut words = line.split_whitespace();
    let (version, name, port) = (words.next()?, words.next()?, words.next()?);
    let down = words.next()?.starts_with("down");
    down.then_some((version, name, port.parse().ok()?))
}

/// The folder with `initdb` and `pg_ctl`, newest version first.
fn programs() -> Option<PathBuf> {
    if let Some(found) = run::which("initdb") {
        return found.parent().map(Path::to_path_buf);
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin"))))
        .filter(|(version, bin)| *version >= MAJOR_MIN && bin.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop().map(|(_, bin)| bin)
}

/// Makes and starts a server of our own. PostgreSQL refuses to run as root: root runs it as the
/// user `postgres` that the package made.
fn private(programs: &Path) -> Outcome<Server> {
    let folder = std::env::temp_dir().join(format!("fangxian-postgres-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let private = Private {
        folder: folder.clone(),
        programs: programs.to_path_buf(),
    };
    if run::is_root() {
        run::read(Command::new("chown").arg("postgres").arg(&folder))?;
    }
    let port = free_port()?;
    let data = folder.join("data");
    let mut initdb = private.program("initdb");
    initdb.args([
        "-U",
        "postgres",
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
        "-D",
    ]);
    run::read(initdb.arg(&data))?;
    // The data go when the tests end, so nothing is worth waiting for the disk.
    let options = format!(
        "-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200",
        folder.display()
    );
    let mut start = private.program("pg_ctl");
    start.arg("-D").arg(&data).arg("-l").arg(folder.join("log"));
    start
        .args(["-o", &options, "-w", "start"])
        .stdout(std::process::Stdio::null());
    let started = start.stderr(std::process::Stdio::null()).status();
    if !started.is_ok_and(|status| status.success()) {
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        return Err(format!(
            "the private PostgreSQL server did not start: {}",
            log.trim()
        ));
    }
    let url = format!("postgres://postgres@127.0.0.1:{port}");
    println!("    PostgreSQL: {url}, private, in {}", folder.display());
    let server = Server {
        url,
        private: Some(private),
    };
    usable(&server.url)?;
    Ok(server)
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|a| a.port())
        .map_err(|error| format!("no free port: {error}"))
}

impl Private {
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if run::is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        if data.is_dir() {
            let mut stop = self.program("pg_ctl");
            let _ = run::read(stop.arg("-D").arg(&data).args(["-m", "immediate", "stop"]));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Server {
        fn folder(&self) -> Option<PathBuf> {
            self.private.as_ref().map(|private| private.folder.clone())
        }
    }

    #[test]
    fn only_a_cluster_that_is_down_is_started() {
        let down = "15  main    5433 down   postgres /var/lib/postgresql/15/main /var/log/x.log";
        assert_eq!(down_cluster(down), Some(("15", "main", 5433)));
        let binaries = "15  main    5433 down,binaries_missing postgres x";
        assert_eq!(down_cluster(binaries), Some(("15", "main", 5433)));
        assert_eq!(down_cluster("15  main    5432 online postgres x y"), None);
        assert_eq!(down_cluster(""), None);
    }

    #[test]
    #[ignore = "long: starts a PostgreSQL server"]
    fn long_a_private_server_starts_and_leaves_nothing_behind() {
        let programs = programs().expect("PostgreSQL's programs are installed");
        let server = private(&programs).expect("a private server starts");
        let before = sessions(&server.url).expect("it answers");
        let after = sessions(&server.url).expect("it answers");
        assert!(after > before, "sessions are counted: {before}, {after}");
        let folder = server.folder().expect("it is private");
        assert!(folder.is_dir());
        drop(server);
        assert!(!folder.exists());
    }
}
