//! Counts what comes from one address: a bucket per address that refills every minute.
//!
//! In memory and per process; what must hold across processes is counted in the database.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More addresses than this are not remembered: the oldest minute is forgotten.
const REMEMBERED: usize = 50_000;
const MINUTE: Duration = Duration::from_mins(1);

/// At most so many a minute from one address.
#[derive(Debug)]
pub struct Limiter {
    per_minute: u32,
    seen: Mutex<BTreeMap<IpAddr, (Instant, u32)>>,
}

impl Limiter {
    /// A limit; 0 means none.
    pub const fn per_minute(per_minute: u32) -> Self {
        Self {
            per_minute,
            seen: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether one more may pass.
    pub fn admits(&self, address: Option<IpAddr>, now: Instant) -> bool {
        let Some(address) = address else { return true };
        if self.per_minute == 0 {
            return true;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > REMEMBERED {
            seen.retain(|_, (since, _)| now.duration_since(*since) < MINUTE);
        }
        let (since, count) = seen.entry(address).or_insert((now, 0));
        if now.duration_since(*since) >= MINUTE {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.per_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_slowed_down_and_let_in_again_after_a_minute() {
        let limiter = Limiter::per_minute(2);
        let (here, start) = (Some("192.0.2.7".parse().unwrap()), Instant::now());
        assert!(limiter.admits(here, start) && limiter.admits(here, start));
        assert!(!limiter.admits(here, start));
        assert!(limiter.admits(Some("192.0.2.8".parse().unwrap()), start));
        assert!(limiter.admits(here, start + MINUTE));
    }
}
