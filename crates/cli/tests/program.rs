//! The program under test: where its data are, how it is started, asked and killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use fangxian_store::Store;
use fangxian_store::testing::{Place, engines};

/// An installation of its own, on SQLite or on a database made for it.
pub struct Home {
    place: Place,
}

impl Home {
    /// One for each engine that can be tested here.
    pub fn each(test: impl Fn(&Self)) {
        for engine in engines() {
            test(&Self {
                place: Place::new(engine),
            });
        }
    }

    pub fn dir(&self) -> &Path {
        self.place.dir()
    }

    /// Its store, opened beside the program.
    pub fn store(&self) -> Arc<Store> {
        self.place.open()
    }

    /// A command of the program on this installation.
    pub fn command(&self, words: &[&str]) -> Command {
        let config = self.place.config();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fangxian"));
        command
            .args(words)
            .env_remove("FANGXIAN_CITY")
            .env("FANGXIAN_DATA", &config.data)
            .env("FANGXIAN_LISTEN", "127.0.0.1:0")
            .env("FANGXIAN_DOOR_PER_MINUTE", "0")
            .env("FANGXIAN_LOG", "warn")
            .stdin(Stdio::null());
        if let Some(keys) = &config.keys {
            command.env("FANGXIAN_KEYS", keys);
        }
        if let Some(address) = &config.postgres {
            command.env("FANGXIAN_DATABASE", address);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command that answers with JSON.
    pub fn json(&self, words: &[&str]) -> (i32, serde_json::Value) {
        let output = self.run(words);
        let code = output.status.code().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        let value = serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{words:?} gave no JSON ({e}): {text}\n{complaint}"));
        (code, value)
    }

    /// Starts the server and waits until it says where it listens.
    pub fn serve(&self) -> Server {
        let child = self
            .command(&["serve"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = Server {
            child,
            address: ([127, 0, 0, 1], 0).into(),
        };
        let mut said = BufReader::new(server.child.stderr.take().unwrap());
        let mut all = String::new();
        loop {
            let mut line = String::new();
            assert!(
                said.read_line(&mut line).unwrap() > 0,
                "the server ended: {all}"
            );
            all.push_str(&line);
            if let Some(rest) = line.split("http://").nth(1) {
                server.address = rest.split('/').next().unwrap().parse().unwrap();
                // Somebody must go on reading, or the program stops at a full pipe.
                std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
                return server;
            }
        }
    }

    /// Writes a file into the installation's directory.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Kills it at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
