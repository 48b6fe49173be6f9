//! How people at work behave: how long until somebody acts, and what is found at the door.
//!
//! Everything follows from a seed and a text key by hashing, never from the order of questions, so
//! a restart or another pace changes nothing. Shares are `ours`: chosen so that a week shows every
//! way a task can take. Start with [`Behaviour::new`].

/// What somebody at the door finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Well.
    Well,
    /// Fever and cough.
    Symptoms,
    /// Nobody opened and nobody answered.
    NotFound,
    /// The person has moved away.
    MovedAway,
    /// The address is wrong.
    WrongAddress,
    /// Nobody gets round to it until somebody helps.
    Undone,
}

/// Habits under a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behaviour {
    seed: u64,
}

impl Behaviour {
    /// The habits of the run with this seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// 64 bits for a key.
    pub fn hash(self, key: &str) -> u64 {
        let bits = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        // splitmix64, so that near keys are far apart.
        let mut z = (bits ^ self.seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n` for a key; 0 when `n` is 0.
    pub fn below(self, key: &str, n: u64) -> u64 {
        let wide = u128::from(self.hash(key)) * u128::from(n);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// Minutes until somebody acts: from `low` to `high`, short waits more often.
    pub fn minutes(self, key: &str, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap_or(1);
        let (a, b) = (
            self.below(key, width),
            self.below(&format!("{key}|again"), width),
        );
        low + i64::try_from(a.min(b)).unwrap_or(0)
    }

    /// True for so many of a hundred keys.
    pub fn percent(self, key: &str, chance: u64) -> bool {
        self.below(key, 100) < chance
    }

    /// What is found for a key: of a hundred, seventy-six are well.
    pub fn found(self, key: &str) -> Found {
        match self.below(key, 100) {
            0..76 => Found::Well,
            76..84 => Found::Symptoms,
            84..88 => Found::NotFound,
            88..90 => Found::MovedAway,
            90..94 => Found::WrongAddress,
            _ => Found::Undone,
        }
    }

    /// A name for a command in the form of a UUID (version 8), the same for the same key.
    pub fn command(self, key: &str) -> String {
        let (a, b) = (self.hash(key), self.hash(&format!("command|{key}")));
        let bits = (u128::from(a) << 64) | u128::from(b);
        let bits = (bits & !(0xf << 76) | (8 << 76)) & !(3 << 62) | (2 << 62);
        format!("{bits:032x}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_same_key_always_finds_the_same() {
        let habits = Behaviour::new(1);
        assert_eq!(habits.found("a task"), habits.found("a task"));
        assert_eq!(habits.command("a"), habits.command("a"));
        assert_ne!(habits.command("a"), Behaviour::new(2).command("a"));
    }

    #[test]
    fn every_outcome_occurs_and_most_people_are_well() {
        let habits = Behaviour::new(1);
        let mut seen: BTreeMap<Found, usize> = BTreeMap::new();
        for n in 0..2_000 {
            *seen.entry(habits.found(&format!("task {n}"))).or_default() += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!((1_400..1_640).contains(&seen[&Found::Well]), "{seen:?}");
    }

    #[test]
    fn waits_stay_within_their_bounds() {
        let habits = Behaviour::new(9);
        let waits: Vec<i64> = (0..500)
            .map(|n| habits.minutes(&n.to_string(), 10, 90))
            .collect();
        assert!(waits.iter().all(|wait| (10..=90).contains(wait)));
        assert!(waits.iter().any(|wait| *wait > 70));
    }
}
