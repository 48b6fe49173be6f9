//! Two different people sign what a pack says, not how it is laid out.

#![expect(clippy::expect_used, reason = "a test may stop")]

use ed25519_dalek::{Signer, SigningKey};
use fangxian_packs::{
    NotSigned, Signed, SigningPerson, Statement, digest, effective, layout, shipped_files,
};
use jiff::civil::date;

const PACK: &str = "norovirus";
const FILE: &str = "diseases/norovirus/pack.yaml";

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

fn said() -> String {
    let digest = digest(PACK, &shipped_files()).expect("the packs can be read");
    digest.expect("the pack is shipped")
}

fn signed(signer: &str, key: &SigningKey) -> Signed {
    let statement = Statement {
        pack: PACK.to_owned(),
        digest: said(),
        from: date(2026, 12, 1),
        region: "cn/demo".to_owned(),
        signer: signer.to_owned(),
    };
    let words = statement.words().expect("a statement of whole lines");
    let bytes = key.sign(words.as_bytes()).to_bytes();
    Signed {
        statement,
        signature: hex(&bytes),
    }
}

fn person(signer: &str, key: &SigningKey) -> SigningPerson<'static> {
    SigningPerson {
        signer: match signer {
            "lin" => "lin",
            "zhao" => "zhao",
            _ => "other",
        },
        key: key.verifying_key().to_bytes(),
    }
}

fn ask(signed: &[Signed], people: &[SigningPerson<'_>]) -> Result<(String, String), NotSigned> {
    effective(PACK, &said(), "cn/demo", date(2026, 12, 1), signed, people)
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
}

#[test]
fn two_people_let_a_pack_take_effect_and_one_does_not() {
    let people = [person("lin", &key(1)), person("zhao", &key(2))];
    let both = [signed("lin", &key(1)), signed("zhao", &key(2))];
    assert_eq!(ask(&both, &people), Ok(("lin".into(), "zhao".into())));
    let too_few = |found| NotSigned::TooFew {
        pack: PACK.into(),
        found,
    };
    assert_eq!(ask(&both[..1], &people), Err(too_few(1)));
    assert_eq!(ask(&[], &people), Err(too_few(0)));
}

#[test]
fn one_person_is_not_two() {
    let people = [person("lin", &key(1)), person("zhao", &key(1))];
    let twice = [signed("lin", &key(1)), signed("lin", &key(1))];
    assert_eq!(
        ask(&twice, &people),
        Err(NotSigned::Twice {
            signer: "lin".into()
        })
    );
    let same = [signed("lin", &key(1)), signed("zhao", &key(1))];
    let (first, second) = ("lin".into(), "zhao".into());
    assert_eq!(
        ask(&same, &people),
        Err(NotSigned::SameKey { first, second })
    );
}

#[test]
fn a_signature_holds_for_its_words_its_key_and_its_person() {
    let people = [person("lin", &key(1)), person("zhao", &key(2))];
    let lin = signed("lin", &key(1));
    let other_key = signed("zhao", &key(3));
    let broken = Err(NotSigned::Broken {
        signer: "zhao".into(),
    });
    assert_eq!(ask(&[lin.clone(), other_key], &people), broken);
    let mut moved = signed("zhao", &key(2));
    moved.statement.from = date(2026, 12, 2);
    let other = Err(NotSigned::Other {
        signer: "zhao".into(),
    });
    assert_eq!(ask(&[lin.clone(), moved], &people), other);
    let mut short = signed("zhao", &key(2));
    short.signature.truncate(10);
    assert_eq!(ask(&[lin.clone(), short], &people), broken);
    let stranger = signed("other", &key(2));
    let unknown = Err(NotSigned::Unknown {
        signer: "other".into(),
    });
    assert_eq!(ask(&[lin, stranger], &people), unknown);
}

#[test]
fn a_field_that_breaks_its_line_is_never_signed() {
    let mut statement = signed("lin", &key(1)).statement;
    statement.signer = "lin\nsigner: zhao".to_owned();
    assert_eq!(statement.words(), None);
    statement.signer = String::new();
    assert_eq!(statement.words(), None);
}

#[test]
fn the_digest_follows_what_is_said_and_nothing_else() {
    let before = said();
    let digest_with = |change: &dyn Fn(&str) -> String| {
        let mut files = shipped_files();
        let (_, text) = files
            .iter_mut()
            .find(|(file, _)| file == FILE)
            .expect("shipped");
        *text = change(text);
        files.reverse();
        digest(PACK, &files).expect("readable").expect("there")
    };
    let commented = |text: &str| format!("# another comment\n{text}\n\n# and one more\n");
    assert_eq!(digest_with(&commented), before);
    let laid = |text: &str| layout(FILE, &text.replace(": { ", ":  {   ")).expect("laid out");
    assert_eq!(digest_with(&laid), before);
    let changed = |text: &str| text.replacen("value: 72", "value: 71", 1);
    assert_ne!(digest_with(&changed), before);
    let worded = |text: &str| text.replacen("icd10: A08.1", "icd10: A08.2", 1);
    assert_ne!(digest_with(&worded), before);
    // An example is part of what was agreed.
    let mut files = shipped_files();
    files.retain(|(file, _)| file != "diseases/norovirus/examples.yaml");
    assert_ne!(digest(PACK, &files).expect("readable"), Some(before));
    assert_eq!(digest("no-such-pack", &files), Ok(None));
}
