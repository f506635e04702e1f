//! What a frame of beamforming features says, and what its privacy class forbids it to say.

use alloc::vec::Vec;
use core::fmt;

use ruview_core::PrivacyClass;

use super::layout::{HEADER_LEN, STA_HASH};
use crate::{Layer, WireError, WireErrorKind};

/// How the numbers of the payload's sections are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantization {
    /// 32-bit floating point: inside the process only.
    F32,
    /// 16-bit integers.
    I16,
    /// 8-bit integers.
    I8,
    /// Two 4-bit integers an octet.
    PackedNibbles,
}

impl Quantization {
    /// Every form, in the order of their numbers on the wire.
    pub const ALL: [Self; 4] = [Self::F32, Self::I16, Self::I8, Self::PackedNibbles];

    /// The number on the wire.
    pub const fn as_u8(self) -> u8 {
        self as u8
    }

    /// The form of this number.
    pub const fn from_u8(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::F32),
            1 => Some(Self::I16),
            2 => Some(Self::I8),
            3 => Some(Self::PackedNibbles),
            _ => None,
        }
    }
}

/// The fixed part of a frame. Lengths, checksum and the flag of the CSI section follow from the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfldHeader {
    /// Nanoseconds since the Unix epoch, UTC.
    pub timestamp_ns: u64,
    /// Who received the feedback, as a hash.
    pub ap_hash: [u8; 16],
    /// Who sent the feedback, as a hash: follows a device and so a person. All zero at classes 2 and 3.
    pub sta_hash: [u8; 16],
    /// The capture session.
    pub session_id: [u8; 16],
    /// The channel's number.
    pub channel: u16,
    /// The channel's width in MHz.
    pub bandwidth_mhz: u16,
    /// Received signal strength in dBm.
    pub rssi_dbm: i16,
    /// Noise floor in dBm.
    pub noise_floor_dbm: i16,
    /// Tones of the report.
    pub n_subcarriers: u16,
    /// Antennas of the beamformer.
    pub n_tx: u8,
    /// Streams of the report.
    pub n_rx: u8,
    /// How the payload's numbers are written.
    pub quantization: Quantization,
    /// How much the frame may say.
    pub privacy_class: PrivacyClass,
    /// Flag b1: everything biometric was removed.
    pub privacy_mode: bool,
    /// Flag b3: the feedback of the capturing host itself.
    pub self_only: bool,
}

/// The sections of a frame, in the order of the wire. Their numbers are in the header's [`Quantization`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BfldPayload {
    /// The feedback's angles. Empty at classes 2 and 3.
    pub compressed_angle_matrix: Vec<u8>,
    /// Amplitude per tone.
    pub amplitude_proxy: Vec<u8>,
    /// Phase per tone.
    pub phase_proxy: Vec<u8>,
    /// Signal to noise ratio per stream.
    pub snr_vector: Vec<u8>,
    /// Difference to the last CSI. None at classes 2 and 3.
    pub csi_delta: Option<Vec<u8>>,
    /// Octets of a vendor's own.
    pub vendor_extension: Vec<u8>,
}

/// What was measured must not get into a log: only how much there is of each section.
impl fmt::Debug for BfldPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BfldPayload")
            .field("compressed_angle_matrix", &self.compressed_angle_matrix.len())
            .field("amplitude_proxy", &self.amplitude_proxy.len())
            .field("phase_proxy", &self.phase_proxy.len())
            .field("snr_vector", &self.snr_vector.len())
            .field("csi_delta", &self.csi_delta.as_ref().map(Vec::len))
            .field("vendor_extension", &self.vendor_extension.len())
            .finish()
    }
}

impl BfldPayload {
    /// The sections that are there, in the order of the wire.
    pub fn sections(&self) -> impl Iterator<Item = &[u8]> {
        let first = [&self.compressed_angle_matrix, &self.amplitude_proxy, &self.phase_proxy, &self.snr_vector];
        first.into_iter().chain(&self.csi_delta).chain([&self.vendor_extension]).map(Vec::as_slice)
    }
}

/// A frame of features that were taken from 802.11 beamforming feedback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfldFrame {
    /// The fixed part.
    pub header: BfldHeader,
    /// The sections.
    pub payload: BfldPayload,
}

impl BfldFrame {
    /// Classes 2 and 3 carry no angles, no CSI and nothing that is derived from an identity.
    pub(super) fn check_class(&self) -> Result<(), WireError> {
        let class = self.header.privacy_class;
        if class < PrivacyClass::Anonymous {
            return Ok(());
        }
        let hash_octets = self.header.sta_hash.iter().filter(|octet| **octet != 0).count();
        let csi_octets = self.payload.csi_delta.as_ref().map_or(0, |csi| csi.len().max(1));
        let forbidden = [
            ("sta_hash", STA_HASH, hash_octets),
            ("compressed_angle_matrix", HEADER_LEN, self.payload.compressed_angle_matrix.len()),
            ("csi_delta", HEADER_LEN, csi_octets),
        ];
        for (field, offset, found) in forbidden {
            if found > 0 {
                let kind = WireErrorKind::ForbiddenByClass { field, class, found };
                return Err(WireError { layer: Layer::BfldFrame, offset, kind });
            }
        }
        Ok(())
    }
}
