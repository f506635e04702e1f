//! What a packet or line of a recording can be, in the words in which users are told of it.

use std::fmt;

use ruview_core::{ChannelSpec, NexmonBandwidth, NexmonChip, NodePacket};
use ruview_wire::cbfr::{CbfrReport, FeedbackType, Grouping, Phy};
use ruview_wire::{Layer, WireError, WireErrorKind};
use serde::Serialize;

/// What a packet or line is. The names in JSON are stable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PacketKind {
    /// ESP32 raw CSI.
    Esp32RawCsi {
        /// Receive antennas.
        antennas: u8,
        /// Subcarriers of each.
        subcarriers: u16,
    },
    /// What a node's firmware concluded.
    Esp32EdgeVitals,
    /// A node's feature vector.
    Esp32FeatureVector,
    /// A node's fused state.
    Esp32FeatureState,
    /// Nexmon CSI.
    NexmonCsi {
        /// The radio.
        chip: &'static str,
        /// 20, 40 or 80; 0 for a width that no firmware measures.
        bandwidth_mhz: u16,
    },
    /// A beamforming report of 802.11ac.
    VhtReport(ReportShape),
    /// A beamforming report of 802.11ax.
    HeReport(ReportShape),
    /// A part of a report that was not whole with it. The part that completes a report counts as the report.
    ReportSegment,
    /// HE channel quality, which has no angles.
    ChannelQuality,
    /// A frame of a station that had nothing to report.
    NothingToReport,
    /// An action frame about something else.
    OtherAction {
        /// Its category.
        category: u8,
        /// Its action.
        action: u8,
    },
    /// An encrypted action frame.
    ProtectedAction,
    /// A frame that is no action frame.
    OtherFrame {
        /// 0 management, 1 control, 2 data, 3 extension.
        frame_type: u8,
        /// Its subtype.
        subtype: u8,
    },
    /// What is not IPv4, not UDP, or to another port than Nexmon's.
    OtherEthernet,
}

/// The shape of a beamforming report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReportShape {
    rows: u8,
    columns: u8,
    bandwidth_mhz: u16,
    grouping: u8,
    feedback: &'static str,
    tones: usize,
}

impl PacketKind {
    /// Of what a node sent.
    pub fn of_packet(packet: &NodePacket) -> Self {
        match packet {
            NodePacket::Csi(frame) => {
                Self::Esp32RawCsi { antennas: frame.n_antennas(), subcarriers: frame.n_subcarriers() }
            }
            NodePacket::EdgeVitals(_) => Self::Esp32EdgeVitals,
            NodePacket::FeatureVector(_) => Self::Esp32FeatureVector,
            NodePacket::FeatureState(_) => Self::Esp32FeatureState,
        }
    }

    /// Of a Nexmon measurement.
    pub fn of_nexmon(chip: NexmonChip, channel: ChannelSpec) -> Self {
        let bandwidth_mhz = channel.bandwidth().map_or(0, NexmonBandwidth::mhz);
        Self::NexmonCsi { chip: chip.as_str(), bandwidth_mhz }
    }

    /// Of a whole report.
    pub fn of_report(report: &CbfrReport) -> Self {
        let control = &report.control;
        let shape = ReportShape {
            rows: control.nr,
            columns: control.nc,
            bandwidth_mhz: control.bandwidth.mhz(),
            grouping: match control.grouping {
                Grouping::Ng1 => 1,
                Grouping::Ng2 => 2,
                Grouping::Ng4 => 4,
                Grouping::Ng16 => 16,
            },
            feedback: match control.feedback {
                FeedbackType::Su => "su",
                FeedbackType::Mu => "mu",
                FeedbackType::Cqi => "cqi",
            },
            tones: report.tones.len(),
        };
        match control.phy {
            Phy::Vht => Self::VhtReport(shape),
            Phy::He { .. } => Self::HeReport(shape),
        }
    }

    /// Of a packet that is in order and none of ours, which is what most packets on the air and on a network are; `None`
    /// for an error that says that something is wrong with a packet.
    pub fn of_other_traffic(error: &WireError) -> Option<Self> {
        match error.kind {
            WireErrorKind::NotAnAction { frame_type, subtype } => Some(Self::OtherFrame { frame_type, subtype }),
            WireErrorKind::NotAReport { category, action } => Some(Self::OtherAction { category, action }),
            WireErrorKind::Protected => Some(Self::ProtectedAction),
            WireErrorKind::InvalidField { .. } if error.layer == Layer::NexmonFraming => Some(Self::OtherEthernet),
            _ => None,
        }
    }
}

impl fmt::Display for PacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Esp32RawCsi { antennas, subcarriers } => {
                write!(f, "ESP32 raw CSI, {antennas} antennas x {subcarriers} subcarriers")
            }
            Self::Esp32EdgeVitals => f.write_str("ESP32 edge vitals"),
            Self::Esp32FeatureVector => f.write_str("ESP32 feature vector"),
            Self::Esp32FeatureState => f.write_str("ESP32 feature state"),
            Self::NexmonCsi { chip, bandwidth_mhz } => write!(f, "Nexmon CSI, {chip}, {bandwidth_mhz} MHz"),
            Self::VhtReport(shape) => write!(f, "VHT report, {shape}"),
            Self::HeReport(shape) => write!(f, "HE report, {shape}"),
            Self::ReportSegment => f.write_str("part of a report"),
            Self::ChannelQuality => f.write_str("HE channel quality"),
            Self::NothingToReport => f.write_str("beamforming frame without a report"),
            Self::OtherAction { category, action } => {
                write!(f, "other 802.11 action frame, category {category}, action {action}")
            }
            Self::ProtectedAction => f.write_str("encrypted 802.11 action frame"),
            Self::OtherFrame { frame_type, subtype } => {
                let name = match frame_type {
                    0 => "management",
                    1 => "control",
                    2 => "data",
                    _ => "extension",
                };
                write!(f, "other 802.11 {name} frame, subtype {subtype}")
            }
            Self::OtherEthernet => f.write_str("other Ethernet"),
        }
    }
}

impl fmt::Display for ReportShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, columns, bandwidth_mhz, grouping, feedback, tones } = self;
        let feedback = feedback.to_uppercase();
        write!(f, "{rows}x{columns}, {bandwidth_mhz} MHz, Ng {grouping}, {feedback}, {tones} tones")
    }
}
