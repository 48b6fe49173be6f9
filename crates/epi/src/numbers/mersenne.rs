//! The generator of other programs, for reproducing what they draw; our own draws are in [`super::random`].

/// The Mersenne Twister of Matsumoto and Nishimura (1998) with the seeding of R.
#[derive(Debug, Clone)]
pub struct Mersenne {
    state: Vec<u32>,
    at: usize,
}

const WORDS: usize = 624;
const SHIFT: usize = 397;

/// Half the smallest step, for keeping a draw inside 0 and 1.
const HALF_STEP: f64 = 0.5 * 2.328_306_437_080_797e-10;

impl Mersenne {
    /// The generator after `set.seed(seed)`.
    pub fn new(seed: u32) -> Self {
        let mut word = seed;
        let mut next = || {
            word = word.wrapping_mul(69_069).wrapping_add(1);
            word
        };
        // Fifty rounds of scrambling, and the word that holds the position.
        for _ in 0..51 {
            next();
        }
        Self {
            state: (0..WORDS).map(|_| next()).collect(),
            at: WORDS,
        }
    }

    fn word(&mut self) -> u32 {
        if self.at == WORDS {
            for k in 0..WORDS {
                let joined =
                    (self.state[k] & 0x8000_0000) | (self.state[(k + 1) % WORDS] & 0x7fff_ffff);
                let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[k] = self.state[(k + SHIFT) % WORDS] ^ (joined >> 1) ^ twist;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// A number above 0 and below 1.
    pub fn unit(&mut self) -> f64 {
        let x = f64::from(self.word()) * 2.328_306_436_538_696_3e-10;
        x.clamp(HALF_STEP, 1.0 - HALF_STEP)
    }

    /// Whether an event of this chance happens, by the smaller of the two chances.
    pub fn happens(&mut self, chance: f64) -> bool {
        let rare = chance.min(1.0 - chance);
        let rarely = self.unit() >= 1.0 - rare;
        rarely != (chance > 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_draws_are_the_well_known_ones() {
        let mut r = Mersenne::new(1);
        for want in [0.265_508_663_1, 0.372_123_899_6, 0.572_853_363_4] {
            assert!((r.unit() - want).abs() < 1e-9);
        }
        // Beyond the first block of words.
        let mut r = Mersenne::new(42);
        let mean = (0..5_000).map(|_| r.unit()).sum::<f64>() / 5_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
