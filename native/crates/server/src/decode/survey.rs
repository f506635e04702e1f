//! What was found in a file so far. Its size depends on how many different things there are, never on how many.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use jiff::Timestamp;
use ruview_capture::{PacketKind, RejectReason};
use ruview_core::{MacAddress, NodeNumber, StreamTime};
use ruview_wire::WireError;
use ruview_wire::link::LinkType;
use serde::Serialize;

use super::names::Names;
use ruview_host::frames::Time;

/// More than any site has; with addresses that change for every frame the rest is counted together.
const MAX_TRANSMITTERS: usize = 4096;

/// What was found so far.
pub(super) struct Survey<'a> {
    names: &'a Names,
    container: &'static str,
    links: BTreeMap<LinkType, u64>,
    /// Packets, or lines that are not blank.
    packets: u64,
    /// First and last.
    times: Option<(StreamTime, StreamTime)>,
    kinds: BTreeMap<PacketKind, Sizes>,
    nodes: BTreeMap<NodeNumber, u64>,
    transmitters: BTreeMap<MacAddress, u64>,
    unnamed_transmissions: u64,
    incomplete_reports: u64,
    errors: BTreeMap<(String, &'static str), Fault>,
    whole: bool,
}

/// How many of a kind, and how long they are, octets.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Sizes {
    pub(super) packets: u64,
    pub(super) octets: u64,
    pub(super) shortest: usize,
    pub(super) longest: usize,
}

/// A fault that occurred, and where first.
#[derive(Debug, Clone, Serialize)]
struct Fault {
    count: u64,
    first: Example,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Example {
    /// The packet's or line's number, from 1.
    pub(super) number: u64,
    pub(super) message: String,
}

impl<'a> Survey<'a> {
    pub(super) fn new(names: &'a Names, container: &'static str) -> Self {
        Self {
            names,
            container,
            links: BTreeMap::new(),
            packets: 0,
            times: None,
            kinds: BTreeMap::new(),
            nodes: BTreeMap::new(),
            transmitters: BTreeMap::new(),
            unnamed_transmissions: 0,
            incomplete_reports: 0,
            errors: BTreeMap::new(),
            whole: true,
        }
    }

    /// Begins the next packet or line.
    pub(super) fn begin(&mut self) {
        self.packets += 1;
    }

    pub(super) fn note_link(&mut self, link: LinkType) {
        *self.links.entry(link).or_default() += 1;
    }

    pub(super) fn note_time(&mut self, at: StreamTime) {
        let (first, last) = self.times.unwrap_or((at, at));
        self.times = Some((first.min(at), last.max(at)));
    }

    pub(super) fn note(&mut self, kind: PacketKind, octets: usize) {
        let none = Sizes { packets: 0, octets: 0, shortest: octets, longest: octets };
        let sizes = self.kinds.entry(kind).or_insert(none);
        sizes.packets += 1;
        sizes.octets += octets as u64;
        sizes.shortest = sizes.shortest.min(octets);
        sizes.longest = sizes.longest.max(octets);
    }

    pub(super) fn note_node(&mut self, node: NodeNumber) {
        *self.nodes.entry(node).or_default() += 1;
    }

    pub(super) fn note_transmitter(&mut self, address: MacAddress) {
        let has_room = self.transmitters.len() < MAX_TRANSMITTERS;
        match self.transmitters.get_mut(&address) {
            Some(count) => *count += 1,
            None if has_room => {
                self.transmitters.insert(address, 1);
            }
            None => self.unnamed_transmissions += 1,
        }
    }

    pub(super) fn note_incomplete_reports(&mut self, reports: u64) {
        self.incomplete_reports = reports;
    }

    pub(super) fn refuse(&mut self, error: &WireError) {
        self.fault(&error.layer, RejectReason::from(&error.kind), error);
    }

    /// The file ends where it should not.
    pub(super) fn cut(&mut self, error: &impl Display) {
        self.whole = false;
        self.fault(&"file", RejectReason::Truncated, error);
    }

    pub(super) fn fault(&mut self, layer: &impl Display, reason: RejectReason, error: &impl Display) {
        let (number, names) = (self.packets, self.names);
        let fault = self
            .errors
            .entry((layer.to_string(), reason.as_str()))
            .or_insert_with(|| Fault { count: 0, first: Example { number, message: names.clean(error.to_string()) } });
        fault.count += 1;
    }

    pub(super) fn finish(self, path: &Path, file_octets: u64, gzip: bool) -> FileSurvey {
        let utc = |at: StreamTime| Timestamp::from_microsecond(at.as_micros()).map(Time).ok();
        let mut transmitters: Vec<_> = self
            .transmitters
            .iter()
            .map(|(&address, &packets)| Transmitter { transmitter: self.names.of(address), packets })
            .collect();
        transmitters.sort_by_key(|transmitter| std::cmp::Reverse(transmitter.packets));
        FileSurvey {
            file: path.display().to_string(),
            container: self.container,
            gzip,
            file_octets,
            whole: self.whole,
            packets: self.packets,
            first: self.times.and_then(|(first, _)| utc(first)),
            last: self.times.and_then(|(_, last)| utc(last)),
            duration_s: self.times.map(|(first, last)| last.seconds_since(first)),
            link_types: self.links.into_iter().map(|(link, packets)| Link::new(link, packets)).collect(),
            kinds: self.kinds.into_iter().map(|(kind, sizes)| KindCount { kind, sizes }).collect(),
            nodes: self.nodes.into_iter().map(|(node, packets)| Node { node: node.0, packets }).collect(),
            transmitters,
            unnamed_transmissions: self.unnamed_transmissions,
            incomplete_reports: self.incomplete_reports,
            errors: self
                .errors
                .into_iter()
                .map(|((layer, reason), Fault { count, first })| ErrorCount { layer, reason, count, first })
                .collect(),
        }
    }
}

/// What a file holds. The names in JSON are stable.
#[derive(Debug, Serialize)]
pub(super) struct FileSurvey {
    pub(super) file: String,
    pub(super) container: &'static str,
    pub(super) gzip: bool,
    pub(super) file_octets: u64,
    /// Whether the file does not break off.
    pub(super) whole: bool,
    pub(super) packets: u64,
    pub(super) first: Option<Time>,
    pub(super) last: Option<Time>,
    pub(super) duration_s: Option<f64>,
    pub(super) link_types: Vec<Link>,
    pub(super) kinds: Vec<KindCount>,
    pub(super) nodes: Vec<Node>,
    /// Who sent reports or frames that were measured, most first.
    pub(super) transmitters: Vec<Transmitter>,
    pub(super) unnamed_transmissions: u64,
    pub(super) incomplete_reports: u64,
    pub(super) errors: Vec<ErrorCount>,
}

#[derive(Debug, Serialize)]
pub(super) struct Link {
    pub(super) number: u16,
    pub(super) name: Option<&'static str>,
    pub(super) packets: u64,
}

impl Link {
    fn new(link: LinkType, packets: u64) -> Self {
        let name = match link {
            LinkType::ETHERNET => Some("Ethernet"),
            LinkType::IEEE802_11 => Some("802.11"),
            LinkType::PRISM => Some("Prism"),
            LinkType::RADIOTAP => Some("radiotap"),
            _ => None,
        };
        Self { number: link.0, name, packets }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct KindCount {
    #[serde(flatten)]
    pub(super) kind: PacketKind,
    #[serde(flatten)]
    pub(super) sizes: Sizes,
}

#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) node: u8,
    pub(super) packets: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Transmitter {
    pub(super) transmitter: String,
    pub(super) packets: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorCount {
    pub(super) layer: String,
    pub(super) reason: &'static str,
    pub(super) count: u64,
    pub(super) first: Example,
}
