//! What two records of one person are likely to share, as tokens; and the pairs that share one.

use super::person::{Known, digest};

/// Groups of more records say too little to compare everybody in them with everybody.
pub(super) const LARGEST: usize = 300;

/// The tokens of a person, each a digest.
pub(super) fn of(person: &Known) -> Vec<u64> {
    let mut tokens = Vec::with_capacity(32);
    let mut token = |kind: u64, parts: &[u64]| {
        let start = kind.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x51_7cc1_b727_220a;
        let fold = |hash: u64, part: &u64| {
            (hash ^ part)
                .wrapping_mul(0xff51_afd7_ed55_8ccd)
                .rotate_left(29)
        };
        tokens.push(parts.iter().fold(start, fold));
    };
    if let Some(number) = &person.number {
        token(1, &[number.key]);
        let middle = number.chars.len() / 2;
        if middle > 2 {
            token(2, &[digest(1, number.chars[..middle].iter().copied())]);
            token(3, &[digest(1, number.chars[middle..].iter().copied())]);
        }
    }
    if let Some(phone) = &person.phone {
        token(4, &[phone.key]);
        if phone.chars.len() > 7 {
            token(
                5,
                &[digest(
                    1,
                    phone.chars[phone.chars.len() - 6..].iter().copied(),
                )],
            );
        }
    }
    let family = person.family.as_ref();
    let given = person.given.as_ref();
    let birth = person
        .birth_or_card()
        .map(|[y, m, d]| [u64::from(y), u64::from(m.min(d)), u64::from(m.max(d))]);
    if let (Some(family), Some(given)) = (family, given) {
        let (one, other) = (family.sound.min(given.sound), family.sound.max(given.sound));
        token(6, &[one, other]);
        token(7, &[family.rough, given.rough]);
        if let Some([y, ..]) = birth {
            token(8, &[one, other, y]);
        }
        if let Some(middle) = person.middle {
            token(
                9,
                &[family.sound, given.initials, u64::from(u32::from(middle))],
            );
            token(
                10,
                &[family.initials, given.sound, u64::from(u32::from(middle))],
            );
        }
    }
    if let Some(birth) = birth {
        token(11, &birth);
        for (kind, name) in [(12, family), (13, given)] {
            if let Some(name) = name {
                let [y, m, d] = birth;
                token(kind, &[y, m, d, name.rough]);
                token(kind + 2, &[y, name.rough, m]);
                token(kind + 4, &[y, name.rough, d]);
                token(kind + 6, &[m, d, name.rough]);
            }
        }
    }
    if let Some((home, _)) = person.home {
        token(20, &[home]);
        for (kind, name) in [(21, family), (22, given)] {
            if let Some(name) = name {
                token(kind, &[home, name.rough]);
            }
        }
    }
    let long = |at: usize| {
        let part = person.address.get(at)?.as_ref()?;
        Some((at as u64, part.key))
    };
    for at in 0..person.address.len() {
        let Some((place, part)) = long(at) else {
            continue;
        };
        for (kind, name) in [(23, family), (24, given)] {
            if let Some(name) = name {
                token(kind, &[place, part, name.sound]);
                token(kind + 2, &[place, part, name.initials]);
            }
        }
        if let Some((_, next)) = long(at + 1) {
            token(27, &[place, part, next]);
        }
    }
    tokens
}

/// All pairs of records that share a token, each once, first position below second. With `split`, only pairs of
/// one record before this position and one from it on. Also the number of tokens that too many share.
pub(super) fn pairs(people: &[Known], split: Option<usize>) -> (Vec<(u32, u32)>, usize) {
    let mut crowded = 0;
    let mut posted: Vec<(u64, u32)> = Vec::with_capacity(people.len() * 24);
    for (at, person) in people.iter().enumerate() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        posted.extend(of(person).into_iter().map(|token| (token, at)));
    }
    posted.sort_unstable();
    posted.dedup();
    let mut pairs: Vec<u64> = Vec::new();
    for group in posted.chunk_by(|a, b| a.0 == b.0) {
        if group.len() > LARGEST {
            crowded += 1;
            continue;
        }
        for (at, (_, a)) in group.iter().enumerate() {
            for (_, b) in &group[at + 1..] {
                let apart =
                    split.is_none_or(|split| ((*a as usize) < split) != ((*b as usize) < split));
                if apart {
                    pairs.push(u64::from(*a) << 32 | u64::from(*b));
                }
            }
        }
        if pairs.len() > 1 << 24 {
            pairs.sort_unstable();
            pairs.dedup();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    let half = |pair: u64| u32::try_from(pair & 0xffff_ffff).unwrap_or(u32::MAX);
    let pairs = pairs.into_iter().map(|pair| (half(pair >> 32), half(pair)));
    (pairs.collect(), crowded)
}
