//! Two people sign what a pack says before it takes effect: the digest that they sign, the words of
//! their statement, and the check that two different people signed it.
//!
//! Pure: who may sign, where signatures are kept and who asks for them is for the caller
//! (`docs/design/packs-signing.md`). Start with [`Statement`] and [`effective`].

use std::collections::BTreeMap;

use ed25519_dalek::{Signature as Bytes, VerifyingKey};
use fangxian_base::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::reading::typed;

/// What a pack says, as a number: the same for every layout and order of its keys, comments and
/// files, another for every other word. Examples are part of it: they show what was agreed.
///
/// # Errors
/// The finding, when one of the files cannot be read.
pub fn digest(pack: &str, files: &[(String, String)]) -> Result<Option<String>, Finding> {
    let mut parts = Vec::new();
    for (file, text) in files {
        let said = typed(file, text)?;
        // What persons confirmed decides nothing, and is said after a pack is written.
        if said.get("kind").and_then(Value::as_str) == Some("confirmed") {
            continue;
        }
        // The vocabulary has no id; its kind is its name.
        let named = said
            .get("id")
            .or_else(|| said.get("of"))
            .or_else(|| said.get("kind"));
        if named.and_then(Value::as_str) == Some(pack) {
            parts.push(canonical(&said));
        }
    }
    if parts.is_empty() {
        return Ok(None);
    }
    parts.sort();
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps the end of one file apart from the beginning of the next.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hex = hash
        .finalize()
        .into_iter()
        .map(|byte| format!("{byte:02x}"));
    Ok(Some(hex.collect()))
}

/// JSON with its keys in order of the alphabet and nothing between its signs.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            let pair = |(key, value): (&String, &Value)| {
                format!("{}:{}", Value::String(key.clone()), canonical(value))
            };
            let pairs: Vec<String> = sorted.into_iter().map(pair).collect();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(canonical).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// What somebody signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The pack.
    pub pack: String,
    /// What it says: [`digest`].
    pub digest: String,
    /// The first day on which it is used here.
    pub from: Date,
    /// Where it is used: the region of the installation.
    pub region: String,
    /// Who signs.
    pub signer: String,
}

impl Statement {
    /// The words that are signed, byte for byte. None where a field would break its line: two
    /// statements never share their words.
    pub fn words(&self) -> Option<String> {
        let fields = [&self.pack, &self.digest, &self.region, &self.signer];
        let whole = |field: &String| !field.is_empty() && !field.chars().any(char::is_control);
        fields.into_iter().all(whole).then(|| {
            format!(
                "fangxian pack statement 1\n\
                 I have compared this pack with its sources and agree that it is used.\n\
                 pack: {}\ndigest: sha256 {}\nregion: {}\nfrom: {}\nsigner: {}\n",
                self.pack, self.digest, self.region, self.from, self.signer
            )
        })
    }
}

/// A statement with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What is signed.
    pub statement: Statement,
    /// The Ed25519 signature over [`Statement::words`], in hexadecimal digits.
    pub signature: String,
}

/// The key of a person who may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningPerson<'a> {
    /// Who.
    pub signer: &'a str,
    /// Their Ed25519 public key.
    pub key: [u8; 32],
}

/// Why a pack does not take effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// Fewer than two people signed it.
    #[error("`{pack}` needs the signatures of two people and has {found}")]
    TooFew {
        /// The pack.
        pack: String,
        /// How many people signed it.
        found: usize,
    },
    /// The statement is about something else.
    #[error("`{signer}` signed another pack, digest, place or day")]
    Other {
        /// Who.
        signer: String,
    },
    /// Somebody signed twice.
    #[error("`{signer}` signed twice; the second signature is another person's")]
    Twice {
        /// Who.
        signer: String,
    },
    /// Nobody of that name may sign.
    #[error("`{signer}` may not sign packs here")]
    Unknown {
        /// Who.
        signer: String,
    },
    /// Two people have the same key: nobody can tell them apart.
    #[error("`{first}` and `{second}` have the same key")]
    SameKey {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// The signature does not fit the words.
    #[error("the signature of `{signer}` does not fit what it stands under")]
    Broken {
        /// Who.
        signer: String,
    },
}

/// The two people whose signatures let a pack take effect. Everything handed in must hold: a wrong
/// signature beside two good ones is a sign that somebody has to look.
///
/// # Errors
/// Why it does not take effect.
pub fn effective<'s>(
    pack: &str,
    digest: &str,
    region: &str,
    from: Date,
    signed: &'s [Signed],
    people: &[SigningPerson<'_>],
) -> Result<(&'s str, &'s str), NotSigned> {
    let mut found: Vec<(&str, [u8; 32])> = Vec::new();
    for one in signed {
        let statement = &one.statement;
        let signer = || statement.signer.clone();
        let same = statement.pack == pack
            && statement.digest == digest
            && statement.region == region
            && statement.from == from;
        if !same {
            return Err(NotSigned::Other { signer: signer() });
        }
        let Some(person) = people.iter().find(|p| p.signer == statement.signer) else {
            return Err(NotSigned::Unknown { signer: signer() });
        };
        if found.iter().any(|(name, _)| *name == statement.signer) {
            return Err(NotSigned::Twice { signer: signer() });
        }
        if let Some((first, _)) = found.iter().find(|(_, key)| *key == person.key) {
            return Err(NotSigned::SameKey {
                first: (*first).to_owned(),
                second: signer(),
            });
        }
        if !fits(one, &person.key) {
            return Err(NotSigned::Broken { signer: signer() });
        }
        found.push((&statement.signer, person.key));
    }
    match found.as_slice() {
        [(first, _), (second, _), ..] => Ok((first, second)),
        _ => Err(NotSigned::TooFew {
            pack: pack.to_owned(),
            found: found.len(),
        }),
    }
}

/// Whether a signature was made with a key over the words of its statement.
fn fits(signed: &Signed, key: &[u8; 32]) -> bool {
    let (Some(words), Some(bytes)) = (signed.statement.words(), unhex(&signed.signature)) else {
        return false;
    };
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(words.as_bytes(), &Bytes::from_bytes(&bytes))
            .is_ok()
    })
}

fn unhex(text: &str) -> Option<[u8; 64]> {
    let mut bytes = [0; 64];
    if text.len() != 128 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
