//! At which address each node is followed. Two nodes with one number would be noise in one detector: the one that is
//! there stays, and the other is heard when it falls silent, as after a move to another address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use ruview_core::NodeNumber;

/// A node that is silent for so long may have another address now.
const FRESH: Duration = Duration::from_secs(5);
/// How often it is told that there is a second one.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Whose packet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The node's that is followed, or nobody's so far.
    First,
    /// Another's with the same number. `news` is true at most once a second.
    Second { news: bool },
}

#[derive(Debug)]
struct Owner {
    address: IpAddr,
    heard: Instant,
    told: Option<Instant>,
}

/// The addresses of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Owners(BTreeMap<NodeNumber, Owner>);

impl Owners {
    /// Judges a packet before it is read.
    pub(crate) fn judge(&mut self, node: NodeNumber, from: IpAddr, now: Instant) -> Claim {
        let Some(owner) = self.0.get_mut(&node) else { return Claim::First };
        if owner.address == from || now.saturating_duration_since(owner.heard) >= FRESH {
            return Claim::First;
        }
        let news = owner.told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if news {
            owner.told = Some(now);
        }
        Claim::Second { news }
    }

    /// A packet of the node's was in order.
    pub(crate) fn heard(&mut self, node: NodeNumber, from: IpAddr, now: Instant) {
        let owner = self.0.entry(node).or_insert(Owner { address: from, heard: now, told: None });
        (owner.address, owner.heard) = (from, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeNumber = NodeNumber(7);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn the_first_stays_while_it_is_heard() {
        let (mut owners, start) = (Owners::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(owners.judge(NODE, address(1), at(0)), Claim::First);
        owners.heard(NODE, address(1), at(0));
        let claims = [100, 200, 1100].map(|ms| owners.judge(NODE, address(2), at(ms)));
        assert_eq!(claims, [true, false, true].map(|news| Claim::Second { news }));
        owners.heard(NODE, address(1), at(4000));
        assert_eq!(owners.judge(NODE, address(2), at(5000)), Claim::Second { news: true });
        assert_eq!(owners.judge(NodeNumber(8), address(2), at(5000)), Claim::First);
        assert_eq!(owners.judge(NODE, address(1), at(5000)), Claim::First);
    }

    #[test]
    fn a_node_that_moved_is_followed_after_a_short_silence() {
        let (mut owners, start) = (Owners::default(), Instant::now());
        owners.heard(NODE, address(1), start);
        assert_eq!(owners.judge(NODE, address(2), start + FRESH), Claim::First);
        owners.heard(NODE, address(2), start + FRESH);
        assert_eq!(owners.judge(NODE, address(1), start + FRESH), Claim::Second { news: true });
    }
}
