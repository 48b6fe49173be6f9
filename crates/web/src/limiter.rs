//! Counts what comes from one address: a count per address that begins anew after a minute.
//!
//! In memory and per process; what must hold across processes is counted in the database.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// LIMIT: counts kept. Nothing is kept for each address, so no number of addresses fills the
/// memory; two that fall on the same count share a limit until the process starts again.
const COUNTS: usize = 1 << 16;
const MINUTE: Duration = Duration::from_mins(1);

/// At most so many a minute from one address.
#[derive(Debug)]
pub struct Limiter {
    per_minute: u32,
    begun: Instant,
    place: RandomState,
    /// Second at which a count began, and the count.
    counts: Box<[AtomicU64]>,
}

impl Limiter {
    /// A limit; 0 means none.
    pub fn per_minute(per_minute: u32) -> Self {
        let counts = if per_minute == 0 { 0 } else { COUNTS };
        Self {
            per_minute,
            begun: Instant::now(),
            place: RandomState::new(),
            counts: (0..counts).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Whether one more may pass.
    pub fn admits(&self, address: Option<IpAddr>, now: Instant) -> bool {
        let Some(address) = address else { return true };
        let at = self.place.hash_one(neighbourhood(address)) % COUNTS as u64;
        let count = usize::try_from(at).ok().and_then(|at| self.counts.get(at));
        let Some(count) = count else { return true };
        // The first second is 1, so that a count of never is long ago.
        let second = now.saturating_duration_since(self.begun).as_secs() + 1;
        let next = |held: u64| {
            let (since, seen) = (held >> 32, held & 0xffff_ffff);
            if since == 0 || second.saturating_sub(since) >= MINUTE.as_secs() {
                (second << 32) | 1
            } else {
                (since << 32) | (seen + 1).min(0xffff_ffff)
            }
        };
        let before = count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                Some(next(held))
            })
            .unwrap_or_default();
        next(before) & 0xffff_ffff <= u64::from(self.per_minute)
    }
}

/// What is counted as one: an address of IPv4, the network of 64 bits of an address of IPv6, for
/// that is what one household or one machine is given.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
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

    #[test]
    fn the_addresses_of_one_network_are_counted_together() {
        let (limiter, start) = (Limiter::per_minute(1), Instant::now());
        let admits = |text: &str| limiter.admits(Some(text.parse().unwrap()), start);
        assert!(admits("2001:db8:1:2::1"));
        assert!(!admits("2001:db8:1:2:ffff::9"));
        assert!(admits("2001:db8:1:3::1"));
        assert!(admits("192.0.2.7"));
        assert!(!admits("::ffff:192.0.2.7"));
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_one_that_was_slowed_down_stays_so() {
        let (limiter, start) = (Limiter::per_minute(2), Instant::now());
        let loud = Some("192.0.2.7".parse().unwrap());
        for _ in 0..3 {
            limiter.admits(loud, start);
        }
        for n in 0..200_000_u128 {
            limiter.admits(Some(Ipv6Addr::from_bits(n << 64).into()), start);
        }
        assert_eq!(limiter.counts.len(), COUNTS);
        assert!(!limiter.admits(loud, start));
    }
}
