//! How many packets are looked at: nobody's node, and nobody on the network, can keep the engine from the others.
//!
//! Counted per second of the source's clock, so that a recording that is played fast is not a flood.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_core::StreamTime;

use crate::identity::NodeId;

/// Packets a second that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketLimits {
    /// Of one node.
    pub of_a_node: u32,
    /// Of one source.
    pub of_a_source: u32,
}

impl PacketLimits {
    /// Nodes send a hundred, recordings of other radios reach a thousand; 64 nodes that send a hundred, and as many again.
    pub const DEFAULT: Self = Self { of_a_node: 2_000, of_a_source: 12_800 };
}

const SECOND: Duration = Duration::from_secs(1);

/// What a source has sent in the second that runs.
#[derive(Debug, Default)]
struct Second {
    from: Option<StreamTime>,
    all: u32,
    nodes: BTreeMap<NodeId, u32>,
}

/// Counts packets by source and node. Remembers no more nodes than a second has packets.
#[derive(Debug)]
pub(crate) struct Flood {
    limits: PacketLimits,
    sources: BTreeMap<usize, Second>,
}

impl Flood {
    pub(crate) fn new(limits: PacketLimits) -> Self {
        Self { limits, sources: BTreeMap::new() }
    }

    /// Whether a packet may pass.
    pub(crate) fn passes(&mut self, source: usize, node: &NodeId, at: StreamTime) -> bool {
        let second = self.sources.entry(source).or_default();
        if second.from.is_none_or(|from| at < from || at.since(from) >= SECOND) {
            *second = Second { from: Some(at), ..Second::default() };
        }
        if second.all >= self.limits.of_a_source {
            return false;
        }
        second.all += 1;
        let count = second.nodes.entry(node.clone()).or_default();
        *count += 1;
        *count <= self.limits.of_a_node
    }
}

#[cfg(test)]
mod tests {
    use ruview_core::NodeNumber;

    use super::*;

    #[test]
    fn a_flood_of_one_node_costs_the_others_nothing_until_the_source_is_full() {
        let at = |micros: i64| StreamTime::from_micros(1_000_000_000 + micros);
        let node = |number| NodeId::Esp32(NodeNumber(number));
        let mut flood = Flood::new(PacketLimits::DEFAULT);
        let passed = |flood: &mut Flood, number, count: i64| {
            (0..count).filter(|&packet| flood.passes(0, &node(number), at(packet))).count()
        };
        assert_eq!(passed(&mut flood, 1, 3_000), 2_000);
        assert_eq!(passed(&mut flood, 2, 500), 500);
        assert_eq!(passed(&mut flood, 3, 20_000), 2_000);
        assert_eq!(passed(&mut flood, 4, 10), 0, "the source has sent 12,800");
        assert!(flood.passes(1, &node(4), at(0)), "another source has not");
        assert!(flood.passes(0, &node(4), at(1_000_000)), "the next second");
        assert!(flood.passes(0, &node(4), at(-5)), "a clock that was set back begins anew");
    }

    #[test]
    fn limits_are_what_somebody_says() {
        let node = |number| NodeId::Esp32(NodeNumber(number));
        let mut flood = Flood::new(PacketLimits { of_a_node: 2, of_a_source: 5 });
        let at = StreamTime::from_micros(0);
        let passed = [1, 1, 1, 2, 2, 3].map(|number| flood.passes(0, &node(number), at));
        assert_eq!(passed, [true, true, false, true, true, false]);
    }
}
