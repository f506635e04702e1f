//! A node that hears no beamforming feedback can still say what it senses of its own link: amplitudes, and nothing else.
//!
//! An ESP32 cannot capture the reports of others. What it can give is enough for presence and motion and too little for
//! more: no phase, no angles, no hash of anybody. `no_std`, so that the firmware itself can run it.

use alloc::vec::Vec;

use ruview_core::{CsiFrame, PrivacyClass};

use super::{BfldFrame, BfldHeader, BfldPayload, Quantization};

/// The mean amplitude of a frame in steps of the 8-bit numbers: amplitudes up to four times the mean fit.
const MEAN_STEPS: f32 = 32.0;

/// Makes frames of class 2 with the flag `self_only` from a node's own CSI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Esp32SelfOnly {
    /// The capture session that the frames belong to: random, made anew when the node starts.
    pub session_id: [u8; 16],
}

impl Esp32SelfOnly {
    /// The frame that `csi`, measured at `timestamp_ns` since the Unix epoch, becomes.
    ///
    /// `amplitude_proxy` holds one signed octet a subcarrier and antenna, antenna-major, in units of 1/32 of the frame's
    /// mean amplitude, so that the gain control leaves no trace. Levels that the node does not know are 0 dBm.
    pub fn frame(&self, csi: &CsiFrame, timestamp_ns: u64) -> BfldFrame {
        BfldFrame {
            header: BfldHeader {
                timestamp_ns,
                ap_hash: [0; 16],
                sta_hash: [0; 16],
                session_id: self.session_id,
                channel: csi.frequency_mhz.and_then(channel_number).unwrap_or(0),
                bandwidth_mhz: 20,
                rssi_dbm: csi.rssi_dbm.unwrap_or(0).into(),
                noise_floor_dbm: csi.noise_floor_dbm.unwrap_or(0).into(),
                n_subcarriers: csi.n_subcarriers(),
                n_tx: 1,
                n_rx: csi.n_antennas(),
                quantization: Quantization::I8,
                privacy_class: PrivacyClass::Anonymous,
                privacy_mode: false,
                self_only: true,
            },
            payload: BfldPayload { amplitude_proxy: amplitudes(csi), ..BfldPayload::default() },
        }
    }
}

fn amplitudes(csi: &CsiFrame) -> Vec<u8> {
    let amplitude = |sample: &ruview_core::Complex32| libm::hypotf(sample.re, sample.im);
    let mean = csi.iq().iter().map(amplitude).sum::<f32>() / csi.iq().len() as f32;
    // A dead or absurd frame has no shape.
    let scale = if mean.is_normal() { MEAN_STEPS / mean } else { 0.0 };
    csi.iq().iter().map(|sample| libm::rintf(amplitude(sample) * scale).clamp(0.0, 127.0) as i8 as u8).collect()
}

/// The channel of the 2.4 GHz band with this centre (IEEE 802.11-2020, 15.4.4.3): where ESP32 nodes of the first
/// generations live. `None` elsewhere.
const fn channel_number(mhz: u32) -> Option<u16> {
    match mhz {
        2412..=2472 if (mhz - 2407).is_multiple_of(5) => Some(((mhz - 2407) / 5) as u16),
        2484 => Some(14),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use ruview_core::{Complex32, NodeNumber};

    use super::super::{build_frame, parse_frame};
    use super::*;

    fn csi(iq: Vec<Complex32>) -> CsiFrame {
        let mut csi = CsiFrame::new(NodeNumber(1), 1, iq.len() as u16, iq).unwrap();
        csi.frequency_mhz = Some(2437);
        csi
    }

    #[test]
    fn says_amplitudes_and_nothing_of_anybody() {
        let iq = vec![
            Complex32::new(3.0, 4.0),
            Complex32::new(0.0, -15.0),
            Complex32::new(0.0, 0.0),
            Complex32::new(20.0, 0.0),
        ];
        let frame = Esp32SelfOnly { session_id: [7; 16] }.frame(&csi(iq), 1);
        assert_eq!(frame.payload.amplitude_proxy, [16, 48, 0, 64]);
        let only = BfldPayload { amplitude_proxy: frame.payload.amplitude_proxy.clone(), ..BfldPayload::default() };
        assert_eq!(frame.payload, only);
        let header = &frame.header;
        assert_eq!((header.ap_hash, header.sta_hash), ([0; 16], [0; 16]));
        assert_eq!((header.privacy_class, header.self_only, header.channel), (PrivacyClass::Anonymous, true, 6));
        assert_eq!(parse_frame(&build_frame(&frame).unwrap()).unwrap(), frame);
    }

    #[test]
    fn gain_and_phase_leave_no_trace() {
        let shape = |gain: f32, phase: f32| {
            let iq = (1..=64).map(|n| Complex32::from_polar(gain * n as f32, phase * n as f32)).collect();
            Esp32SelfOnly { session_id: [0; 16] }.frame(&csi(iq), 0).payload
        };
        assert_eq!(shape(1.0, 0.0), shape(50.0, 0.0));
        assert_eq!(shape(1.0, 0.0), shape(1.0, 1.3));
    }

    #[test]
    fn absurd_frames_have_no_shape() {
        for value in [0.0, f32::NAN, f32::INFINITY] {
            let frame = Esp32SelfOnly { session_id: [0; 16] }.frame(&csi(vec![Complex32::new(value, value); 4]), 0);
            assert_eq!(frame.payload.amplitude_proxy, [0; 4], "{value}");
        }
    }
}
