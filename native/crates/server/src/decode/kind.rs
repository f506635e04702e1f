//! What a packet or line can be.

use std::fmt;

use ruview_core::{NexmonBandwidth, NexmonChip, NexmonFrame, NodePacket};
use ruview_wire::cbfr::{CbfrReport, FeedbackType, Grouping, Phy};
use serde::Serialize;

/// What a packet or line is. The names in JSON are stable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Kind {
    Esp32RawCsi {
        antennas: u8,
        subcarriers: u16,
    },
    Esp32EdgeVitals,
    Esp32FeatureVector,
    Esp32FeatureState,
    NexmonCsi {
        chip: &'static str,
        bandwidth_mhz: u16,
    },
    VhtReport(Shape),
    HeReport(Shape),
    /// A part of a report that was not whole with it. The part that completes a report counts as the report.
    ReportSegment,
    ChannelQuality,
    NothingToReport,
    OtherAction {
        category: u8,
        action: u8,
    },
    ProtectedAction,
    /// By type (0 management, 1 control, 2 data, 3 extension) and subtype.
    OtherFrame {
        frame_type: u8,
        subtype: u8,
    },
    OtherEthernet,
}

/// The shape of a beamforming report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Shape {
    rows: u8,
    columns: u8,
    bandwidth_mhz: u16,
    grouping: u8,
    feedback: &'static str,
    tones: usize,
}

impl Kind {
    pub(super) fn of_packet(packet: &NodePacket) -> Self {
        match packet {
            NodePacket::Csi(frame) => {
                Self::Esp32RawCsi { antennas: frame.n_antennas(), subcarriers: frame.n_subcarriers() }
            }
            NodePacket::EdgeVitals(_) => Self::Esp32EdgeVitals,
            NodePacket::FeatureVector(_) => Self::Esp32FeatureVector,
            NodePacket::FeatureState(_) => Self::Esp32FeatureState,
        }
    }

    pub(super) fn of_nexmon(frame: &NexmonFrame) -> Self {
        let chip = match frame.chip {
            NexmonChip::Bcm4339 => "4339",
            NexmonChip::Bcm4358 => "4358",
            NexmonChip::Bcm43455c0 => "43455c0",
            NexmonChip::Bcm4366c0 => "4366c0",
        };
        let bandwidth_mhz = match frame.channel.bandwidth() {
            Some(NexmonBandwidth::Mhz20) => 20,
            Some(NexmonBandwidth::Mhz40) => 40,
            Some(NexmonBandwidth::Mhz80) => 80,
            None => 0,
        };
        Self::NexmonCsi { chip, bandwidth_mhz }
    }

    pub(super) fn of_report(report: &CbfrReport) -> Self {
        let control = &report.control;
        let shape = Shape {
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
}

impl fmt::Display for Kind {
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

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, columns, bandwidth_mhz, grouping, feedback, tones } = self;
        let feedback = feedback.to_uppercase();
        write!(f, "{rows}x{columns}, {bandwidth_mhz} MHz, Ng {grouping}, {feedback}, {tones} tones")
    }
}
