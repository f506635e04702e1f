//! Who guesses tokens: a bounded memory of failed attempts by address.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::api::{FAILED_ATTEMPTS, FAILED_ATTEMPTS_WINDOW};

/// How many failures are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Failures that an address may have within `window`.
    pub failures: usize,
    /// See `failures`.
    pub window: Duration,
    /// Addresses that are remembered.
    pub addresses: usize,
}

impl Default for AttemptLimits {
    fn default() -> Self {
        Self { failures: FAILED_ATTEMPTS, window: FAILED_ATTEMPTS_WINDOW, addresses: 1024 }
    }
}

/// The failed attempts of each address.
#[derive(Debug)]
pub(crate) struct FailedAttempts {
    limits: AttemptLimits,
    /// The last failures of each address, oldest first.
    table: Mutex<HashMap<IpAddr, VecDeque<Instant>>>,
}

impl FailedAttempts {
    /// Nobody has failed yet.
    pub(crate) fn new(limits: AttemptLimits) -> Self {
        Self { limits, table: Mutex::default() }
    }

    /// Whether `address` may try.
    ///
    /// # Errors
    /// The time until it may, when it failed too often.
    pub(crate) fn check(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let table = self.table.lock();
        let Some(failures) = table.get(&key(address)).filter(|f| f.len() >= self.limits.failures) else {
            return Ok(());
        };
        let age = failures.front().map_or(self.limits.window, |oldest| now.saturating_duration_since(*oldest));
        match self.limits.window.checked_sub(age) {
            Some(rest) if !rest.is_zero() => Err(rest),
            _ => Ok(()),
        }
    }

    /// Remembers a failure.
    pub(crate) fn failed(&self, address: IpAddr, now: Instant) {
        let mut table = self.table.lock();
        let address = key(address);
        if !table.contains_key(&address) && table.len() >= self.limits.addresses {
            self.make_room(&mut table, now);
        }
        let failures = table.entry(address).or_default();
        failures.push_back(now);
        while failures.len() > self.limits.failures {
            failures.pop_front();
        }
    }

    /// Forgets who has not failed for the whole window, or failing that, who has not for longest.
    fn make_room(&self, table: &mut HashMap<IpAddr, VecDeque<Instant>>, now: Instant) {
        let last = |failures: &VecDeque<Instant>| failures.back().copied();
        table.retain(|_, failures| {
            last(failures).is_some_and(|last| now.saturating_duration_since(last) < self.limits.window)
        });
        if table.len() >= self.limits.addresses
            && let Some(oldest) = table.iter().min_by_key(|(_, failures)| last(failures)).map(|(address, _)| *address)
        {
            table.remove(&oldest);
        }
    }
}

/// Whoever has one IPv6 address has its whole /64 to guess from.
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(addresses: usize) -> AttemptLimits {
        AttemptLimits { failures: 3, window: Duration::from_mins(1), addresses }
    }

    fn v4(n: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, n])
    }

    #[test]
    fn too_many_failures_block_until_the_oldest_is_a_window_old() {
        let attempts = FailedAttempts::new(limits(8));
        let start = Instant::now();
        let after = |s| start + Duration::from_secs(s);
        for s in [0, 10, 20] {
            assert_eq!(attempts.check(v4(1), after(s)), Ok(()));
            attempts.failed(v4(1), after(s));
        }
        assert_eq!(attempts.check(v4(1), after(30)), Err(Duration::from_secs(30)));
        assert_eq!(attempts.check(v4(2), after(30)), Ok(()), "others are not punished");
        assert_eq!(attempts.check(v4(1), after(60)), Ok(()));
        attempts.failed(v4(1), after(60));
        assert_eq!(attempts.check(v4(1), after(61)), Err(Duration::from_secs(9)));
    }

    #[test]
    fn the_table_is_bounded_and_keeps_the_latest() {
        let attempts = FailedAttempts::new(limits(4));
        let start = Instant::now();
        for n in 0..100_u8 {
            for _ in 0..3 {
                attempts.failed(v4(n), start + Duration::from_millis(n.into()));
            }
            assert!(attempts.table.lock().len() <= 4);
        }
        let now = start + Duration::from_secs(1);
        assert!(attempts.check(v4(99), now).is_err());
        assert!(attempts.check(v4(0), now).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_addresses_is_one_guesser() {
        let attempts = FailedAttempts::new(limits(8));
        let now = Instant::now();
        for host in 1..=3_u16 {
            attempts.failed(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]), now);
        }
        assert!(attempts.check(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 77]), now).is_err());
        assert!(attempts.check(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, 1]), now).is_ok());
        for _ in 0..3 {
            attempts.failed("::ffff:10.0.0.9".parse().unwrap(), now);
        }
        assert!(attempts.check(v4(9), now).is_err(), "a mapped IPv4 address is that address");
    }
}
