//! Which node: ids that last, and never an address.
//!
//! An ESP32 node is known by the number that it was flashed with. Every other radio is known by the name of the source that
//! reads it, because all that its packets could tell are the hardware addresses of people's devices.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use ruview_core::{DataSource, NodeNumber};

const MAX_NAME_LEN: usize = 32;
/// Hexadecimal digits of a hardware address.
const ADDRESS_DIGITS: usize = 12;

/// The name of a source: what its owner calls it, or the interface that it listens to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(Cow<'static, str>);

/// A text that names no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceNameError {
    /// It could not be part of an entity id.
    #[error("expected 1 to {MAX_NAME_LEN} characters a-z and 0-9, with single underscores between them")]
    Form,
    /// It holds a hardware address, which every id and log would repeat.
    #[error("the name holds a hardware address; choose another one")]
    Address,
}

impl SourceName {
    /// A source without a name of its own, of which there is one of its kind.
    pub const FIRST: Self = Self(Cow::Borrowed("1"));
    /// A recording: whose radio it was is not written in it.
    pub const RECORDING: Self = Self(Cow::Borrowed("recording"));

    /// Checks a name that somebody chose.
    ///
    /// # Errors
    /// [`SourceNameError`] says what a name must be.
    pub fn new(name: impl Into<String>) -> Result<Self, SourceNameError> {
        let name = name.into();
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if name.len() > MAX_NAME_LEN || !name.split('_').all(is_word) {
            return Err(SourceNameError::Form);
        }
        if holds_address(&name) {
            return Err(SourceNameError::Address);
        }
        Ok(Self(name.into()))
    }

    /// The name of a source that listens to a network interface.
    ///
    /// # Errors
    /// [`SourceNameError`] where the system has put the card's address into the interface's name (`wlx…`), or where
    /// nothing of it can be part of a name.
    pub fn of_interface(interface: &str) -> Result<Self, SourceNameError> {
        let lower = interface.to_ascii_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        Self::new(words.collect::<Vec<_>>().join("_"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether twelve hexadecimal digits stand together, underscores aside. Words alone can look so, addresses without any
/// digit from 0 to 9 hardly exist.
fn holds_address(name: &str) -> bool {
    let digits: Vec<u8> = name.bytes().filter(|b| *b != b'_').collect();
    digits
        .windows(ADDRESS_DIGITS)
        .any(|run| run.iter().all(u8::is_ascii_hexdigit) && run.iter().any(u8::is_ascii_digit))
}

/// Which node. As text it is the id of the node's device and a part of the ids of its entities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// An ESP32 node.
    Esp32(NodeNumber),
    /// A radio that measures CSI with Nexmon firmware.
    Nexmon(SourceName),
    /// A card that overhears beamforming feedback.
    Monitor(SourceName),
}

/// What users see of a node's hardware.
pub(crate) struct Hardware {
    pub(crate) manufacturer: &'static str,
    pub(crate) model: &'static str,
}

impl NodeId {
    /// How every id begins, before an underscore.
    pub const KINDS: [&str; 3] = ["node", "nexmon", "monitor"];

    /// Whether it measures the channel, rather than overhear what others have measured.
    pub const fn measures(&self) -> bool {
        !matches!(self, Self::Monitor(_))
    }

    /// What the node's device is called until somebody renames it.
    pub(crate) fn device_name(&self) -> String {
        match self {
            Self::Esp32(number) => format!("Node {number}"),
            Self::Nexmon(name) => format!("Nexmon {name}"),
            Self::Monitor(name) => format!("Monitor {name}"),
        }
    }

    /// What the node is.
    pub(crate) const fn hardware(&self, source: DataSource) -> Hardware {
        match (source, self) {
            (DataSource::Simulated, _) => Hardware { manufacturer: "RuView", model: "Simulated node" },
            (_, Self::Esp32(_)) => Hardware { manufacturer: "Espressif", model: "ESP32 CSI node" },
            (_, Self::Nexmon(_)) => Hardware { manufacturer: "Broadcom", model: "Nexmon CSI radio" },
            (_, Self::Monitor(_)) => Hardware { manufacturer: "RuView", model: "Beamforming feedback monitor" },
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Esp32(number) => write!(f, "node_{number}"),
            Self::Nexmon(name) => write!(f, "nexmon_{name}"),
            Self::Monitor(name) => write!(f, "monitor_{name}"),
        }
    }
}

/// A text that names no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected node_N, nexmon_NAME or monitor_NAME")]
pub struct NodeIdError;

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let (kind, name) = text.split_once('_').ok_or(NodeIdError)?;
        let source = || SourceName::new(name).map_err(|_| NodeIdError);
        let id = match kind {
            "node" => Self::Esp32(NodeNumber(name.parse().map_err(|_| NodeIdError)?)),
            "nexmon" => Self::Nexmon(source()?),
            "monitor" => Self::Monitor(source()?),
            _ => return Err(NodeIdError),
        };
        // A number has one way to be written.
        if id.to_string() == text { Ok(id) } else { Err(NodeIdError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parts_of_entity_ids() {
        for good in ["1", "attic", "living_room", "wlan1", "faced_a_facade"] {
            assert_eq!(SourceName::new(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(MAX_NAME_LEN + 1);
        for bad in ["", "_", "a_", "_a", "a__b", "Attic", "living room", "wlan0.mon", long.as_str()] {
            assert_eq!(SourceName::new(bad), Err(SourceNameError::Form), "{bad}");
        }
    }

    #[test]
    fn every_kind_is_one() {
        for kind in NodeId::KINDS {
            assert_eq!(format!("{kind}_1").parse::<NodeId>().unwrap().to_string(), format!("{kind}_1"));
        }
    }

    #[test]
    fn an_address_is_no_name() {
        for bad in ["wlx00c0caad12ef", "00c0caad12ef", "00_c0_ca_ad_12_ef", "mac_00c0caad12ef_a"] {
            assert_eq!(SourceName::new(bad), Err(SourceNameError::Address), "{bad}");
        }
        assert_eq!(SourceName::of_interface("wlx00c0caad12ef"), Err(SourceNameError::Address));
    }

    #[test]
    fn interfaces_give_their_names() {
        assert_eq!(SourceName::of_interface("wlan0").unwrap().as_str(), "wlan0");
        assert_eq!(SourceName::of_interface("Phy1-mon.2").unwrap().as_str(), "phy1_mon_2");
        assert_eq!(SourceName::of_interface("-"), Err(SourceNameError::Form));
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        for text in ["node_1", "node_255", "nexmon_kitchen", "monitor_living_room"] {
            assert_eq!(text.parse::<NodeId>().unwrap().to_string(), text);
        }
        for bad in ["", "node", "node_", "node_01", "node_256", "node_-1", "room_a", "nexmon_A", "monitor_00c0caad12ef"]
        {
            assert_eq!(bad.parse::<NodeId>(), Err(NodeIdError), "{bad}");
        }
    }

    #[test]
    fn the_constants_are_names() {
        for name in [SourceName::FIRST, SourceName::RECORDING] {
            assert_eq!(SourceName::new(name.as_str()), Ok(name));
        }
    }
}
