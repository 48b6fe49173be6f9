//! Keys and ciphertexts. Personal payloads are sealed under a key per source record; that key is
//! wrapped by the key of its response, which lies in a file apart from the database.
//!
//! Destroying a key is the deletion: of one person's records, or of a whole response. What was
//! destroyed is also written to `destroyed.log`, which a restored backup replays. Cipher:
//! AES-256-GCM-SIV (RFC 8452), whose associated data names table, column and row, so a ciphertext
//! cannot be moved. Search tokens: HMAC-SHA-256 under a key of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use fangxian_base::{Instant, RecordId, ResponseId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A 256-bit key; printing it shows nothing.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<key>")
    }
}

/// A key or a ciphertext could not be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[non_exhaustive]
pub enum CryptError {
    /// The key was destroyed on purpose: the data is gone.
    #[error("the key was destroyed, the data is gone")]
    Destroyed,
    /// There is no such key here.
    #[error("the key is not in the key directory")]
    Missing,
    /// The ciphertext was altered, moved, or sealed under another key.
    #[error("a sealed value was altered or belongs elsewhere")]
    Altered,
    /// The system gave no randomness.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// The key directory could not be opened or written.
#[derive(Debug, thiserror::Error)]
#[error("key directory `{path}`")]
pub struct KeysError {
    path: PathBuf,
    #[source]
    source: std::io::Error,
}

/// What was destroyed, as `destroyed.log` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destroyed {
    /// Responses whose key is gone.
    pub responses: BTreeSet<ResponseId>,
    /// Single records whose key is gone.
    pub records: BTreeSet<RecordId>,
}

/// The key directory, opened.
#[derive(Debug)]
pub struct Keys {
    dir: PathBuf,
    master: Key,
    search: Key,
    signing: SigningKey,
    responses: RwLock<BTreeMap<ResponseId, Key>>,
}

const MASTER: &str = "master.key";
const SEARCH: &str = "search.key";
const SIGNING: &str = "audit.key";

/// Fills a new array with random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CryptError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_e: getrandom::Error| CryptError::NoRandomness)?;
    Ok(bytes)
}

impl Key {
    /// A new random key.
    pub(crate) fn new() -> Result<Self, CryptError> {
        random().map(Self)
    }

    /// HMAC-SHA-256 of a kind and a value.
    fn code(&self, kind: &str, value: &str) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of every length")
        };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&self.0).into())
    }

    /// Seals `plain`; `place` (table, column, row) must be given again to open it.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptError> {
        let nonce: [u8; 12] = random()?;
        let mut sealed = nonce.to_vec();
        let body = self
            .cipher()
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_e: aes_gcm_siv::Error| CryptError::Altered)?;
        sealed.extend(body);
        Ok(sealed)
    }

    /// Opens what [`Key::seal`] made for the same place.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, CryptError> {
        let (nonce, body) = sealed
            .split_first_chunk::<12>()
            .ok_or(CryptError::Altered)?;
        self.cipher()
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: place.as_bytes(),
                },
            )
            .map_err(|_e: aes_gcm_siv::Error| CryptError::Altered)
    }
}

impl Keys {
    /// Opens the key directory and answers which of its files are missing. In the place of a
    /// missing key stands a random one that is written nowhere: see [`Keys::make`].
    pub(crate) fn look(dir: &Path) -> Result<(Self, Vec<&'static str>), KeysError> {
        let fail = |source| KeysError {
            path: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir.join("responses")).map_err(fail)?;
        restrict(dir, 0o700).map_err(fail)?;
        let mut missing = Vec::new();
        let mut load = |name: &'static str| {
            if let Some(key) = load(&dir.join(name)).map_err(fail)? {
                return Ok(key);
            }
            missing.push(name);
            Key::new().map_err(|e| fail(std::io::Error::other(e)))
        };
        let [master, search, signing] = [load(MASTER)?, load(SEARCH)?, load(SIGNING)?];
        let keys = Self {
            dir: dir.to_owned(),
            master,
            search,
            signing: SigningKey::from_bytes(&signing.0),
            responses: RwLock::new(BTreeMap::new()),
        };
        Ok((keys, missing))
    }

    /// Makes the keys that are missing, durable before they are used. Of two programs that do so
    /// at once both get the same.
    pub(crate) fn make(dir: &Path) -> Result<Self, KeysError> {
        let fail = |source| KeysError {
            path: dir.to_owned(),
            source,
        };
        for name in Self::look(dir)?.1 {
            load_or_make(&dir.join(name)).map_err(fail)?;
        }
        Ok(Self::look(dir)?.0)
    }

    /// By what a database knows each of these keys again: file names, and codes made with the keys
    /// that say nothing about them.
    pub(crate) fn marks(&self) -> [(&'static str, [u8; 32]); 3] {
        let signing = Key(self.signing.to_bytes());
        [
            (MASTER, self.master.code("key mark", MASTER)),
            (SEARCH, self.search.code("key mark", SEARCH)),
            (SIGNING, signing.code("key mark", SIGNING)),
        ]
    }

    /// Whether the key of a response is there and was wrapped under this master key.
    pub(crate) fn has_response(&self, response: ResponseId) -> Result<(), CryptError> {
        self.response(response).map(|_| ())
    }

    /// Whether a key that should be destroyed is still in memory or on disk.
    pub fn still_holds(&self, response: ResponseId) -> bool {
        let known = self
            .responses
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&response);
        known || self.response_file(response).exists()
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The public half of the key that signs audit batches.
    pub(crate) fn verifying(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// The search token of a normalised value: the same value of the same kind, the same token.
    pub(crate) fn token(&self, kind: &str, value: &str) -> [u8; 32] {
        self.search.code(kind, value)
    }

    fn response_file(&self, response: ResponseId) -> PathBuf {
        self.dir.join("responses").join(format!("{response}.key"))
    }

    /// Makes the key of a new response, durable before it is used.
    pub fn make_response(&self, response: ResponseId) -> Result<(), KeysError> {
        let path = self.response_file(response);
        if path.exists() {
            return Ok(());
        }
        let fail = |source| KeysError {
            path: path.clone(),
            source,
        };
        let no_luck = |e: CryptError| fail(std::io::Error::other(e));
        let key = Key::new().map_err(no_luck)?;
        let sealed = self
            .master
            .seal(&format!("response|{response}"), &key.0)
            .map_err(no_luck)?;
        write_durably(&path, &sealed).map_err(fail)?;
        self.responses
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(response, key);
        Ok(())
    }

    /// Takes back the key of a response that was never opened. Best effort: an unused key file
    /// does no harm.
    pub fn discard_response(&self, response: ResponseId) {
        self.responses
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&response);
        let _ = std::fs::remove_file(self.response_file(response));
    }

    fn response(&self, response: ResponseId) -> Result<Key, CryptError> {
        if let Some(key) = self
            .responses
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&response)
        {
            return Ok(key.clone());
        }
        let sealed = match std::fs::read(self.response_file(response)) {
            Ok(sealed) => sealed,
            Err(_) if self.destroyed().responses.contains(&response) => {
                return Err(CryptError::Destroyed);
            }
            Err(_) => return Err(CryptError::Missing),
        };
        let plain = self.master.open(&format!("response|{response}"), &sealed)?;
        let key = Key(plain
            .try_into()
            .map_err(|_e: Vec<u8>| CryptError::Altered)?);
        self.responses
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(response, key.clone());
        Ok(key)
    }

    /// Wraps a record's key for its response.
    pub(crate) fn wrap(
        &self,
        response: ResponseId,
        record: RecordId,
        key: &Key,
    ) -> Result<Vec<u8>, CryptError> {
        self.response(response)?
            .seal(&format!("record_key|{record}"), &key.0)
    }

    /// Unwraps a record's key.
    pub(crate) fn unwrap(
        &self,
        response: ResponseId,
        record: RecordId,
        wrapped: &[u8],
    ) -> Result<Key, CryptError> {
        let plain = self
            .response(response)?
            .open(&format!("record_key|{record}"), wrapped)?;
        plain
            .try_into()
            .map(Key)
            .map_err(|_e: Vec<u8>| CryptError::Altered)
    }

    /// Seals something that belongs to a response as a whole, such as an imported file.
    pub(crate) fn seal_for(
        &self,
        response: ResponseId,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, CryptError> {
        self.response(response)?.seal(place, plain)
    }

    /// Opens what [`Keys::seal_for`] made.
    pub(crate) fn open_for(
        &self,
        response: ResponseId,
        place: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, CryptError> {
        self.response(response)?.open(place, sealed)
    }

    /// Seals something that belongs to the installation as a whole.
    pub(crate) fn seal_own(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, CryptError> {
        self.master.seal(place, plain)
    }

    /// Opens what [`Keys::seal_own`] made.
    pub(crate) fn open_own(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, CryptError> {
        self.master.open(place, sealed)
    }

    /// Notes that a response's key is to be destroyed: nothing personal collected for it can be
    /// read again.
    ///
    /// The line is durable before the key file goes, so that a kill in between is finished by the
    /// next [`Keys::finish_destruction`].
    pub(crate) fn note_response(&self, response: ResponseId, at: Instant) -> Result<(), KeysError> {
        self.note_destroyed("response", &response.to_string(), at)
    }

    /// Notes that a single record's wrapped key was deleted, for a restore to replay.
    pub(crate) fn note_record(&self, record: RecordId, at: Instant) -> Result<(), KeysError> {
        self.note_destroyed("record", &record.to_string(), at)
    }

    /// Removes every response key that the log says is destroyed.
    pub fn finish_destruction(&self) -> Result<(), KeysError> {
        for response in self.destroyed().responses {
            self.responses
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&response);
            let path = self.response_file(response);
            match std::fs::read(&path) {
                Ok(old) => {
                    let zeros = vec![0; old.len()];
                    let fail = |source| KeysError {
                        path: path.clone(),
                        source,
                    };
                    std::fs::write(&path, zeros).map_err(fail)?;
                    std::fs::remove_file(&path).map_err(fail)?;
                }
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(KeysError { path, source }),
            }
        }
        Ok(())
    }

    fn note_destroyed(&self, kind: &str, id: &str, at: Instant) -> Result<(), KeysError> {
        let path = self.dir.join("destroyed.log");
        let fail = |source| KeysError {
            path: path.clone(),
            source,
        };
        let known = match std::fs::read(&path) {
            Ok(known) => known,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(fail(e)),
        };
        // A line that a kill cut is ended first, or the next one could not be read either.
        let torn = known.last().is_some_and(|last| *last != b'\n');
        let begin = if torn { "\n" } else { "" };
        let mut log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(fail)?;
        log.write_all(format!("{begin}{kind} {id} {at}\n").as_bytes())
            .map_err(fail)?;
        log.sync_all().map_err(fail)?;
        sync_dir(&path).map_err(fail)?;
        let wanted = format!("{kind} {id} ");
        let bytes = std::fs::read(&path).map_err(fail)?;
        let text = String::from_utf8_lossy(&bytes);
        if text.lines().any(|line| line.starts_with(&wanted)) {
            Ok(())
        } else {
            Err(fail(std::io::Error::other(
                "a line just written cannot be read back",
            )))
        }
    }

    /// What was destroyed so far.
    pub fn destroyed(&self) -> Destroyed {
        let bytes = std::fs::read(self.dir.join("destroyed.log")).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut destroyed = Destroyed::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next()) {
                (Some("response"), Some(id)) => {
                    destroyed.responses.extend(id.parse::<ResponseId>());
                }
                (Some("record"), Some(id)) => destroyed.records.extend(id.parse::<RecordId>()),
                _ => {}
            }
        }
        destroyed
    }
}

fn load(path: &Path) -> std::io::Result<Option<Key>> {
    match std::fs::read(path) {
        Ok(bytes) => bytes
            .try_into()
            .map(|bytes| Some(Key(bytes)))
            .map_err(|_e: Vec<u8>| std::io::Error::other("a key file has 32 bytes")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn load_or_make(path: &Path) -> std::io::Result<Key> {
    if let Some(key) = load(path)? {
        return Ok(key);
    }
    let key = Key::new().map_err(std::io::Error::other)?;
    // Of two programs that start at once, the one that comes first gives the key.
    let own = path.with_extension(format!("{}.new", uuid::Uuid::now_v7().simple()));
    write_durably(&own, &key.0)?;
    let linked = std::fs::hard_link(&own, path);
    std::fs::remove_file(&own)?;
    match linked {
        Ok(()) => sync_dir(path).map(|()| key),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => load_or_make(path),
        Err(e) => Err(e),
    }
}

/// Writes a new file so that after a kill it is either whole or absent.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let half = path.with_extension("part");
    let mut file = std::fs::File::create(&half)?;
    restrict(&half, 0o600)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&half, path)?;
    sync_dir(path)
}

/// Makes the name of a file durable.
fn sync_dir(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(dir) => std::fs::File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn restrict(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
