//! The UDP payload: a header of 18 octets, then one 32-bit sample a bin.

use alloc::vec::Vec;

use ruview_core::{ChannelSpec, Complex32, CsiFrame, MacAddress, NexmonBandwidth, NexmonChip, NexmonFrame, NodeNumber};

use super::layout::{
    CHANNEL_SPEC, CHIP, CORE_AND_STREAM, FRAME_CONTROL, HEADER_LEN, INDEX_MASK, MAGIC, RSSI_DBM, SAMPLE_LEN,
    SEQUENCE_CONTROL, STREAM_SHIFT, TRANSMITTER,
};
use super::samples;
use crate::esp32::levels;
use crate::fields::{put, u16_at};
use crate::{Layer, WireError, WireErrorKind};

const LAYER: Layer = Layer::NexmonPayload;

/// One datagram that borrows its samples.
#[derive(Debug, Clone, Copy)]
pub struct NexmonView<'a> {
    /// Which radio measured.
    pub chip: NexmonChip,
    /// The channel it was tuned to.
    pub channel: ChannelSpec,
    /// The width of that channel.
    pub bandwidth: NexmonBandwidth,
    /// Who sent the frame whose preamble was measured.
    pub transmitter: MacAddress,
    /// That frame's signal strength; `None` in the old format, and where the radio did not know it.
    pub rssi_dbm: Option<i8>,
    /// As [`NexmonFrame::frame_control`].
    pub frame_control: Option<u8>,
    /// As [`NexmonFrame::sequence_control`].
    pub sequence_control: u16,
    /// The receive core, 0 to 7.
    pub core: u8,
    /// The spatial stream, 0 to 7.
    pub stream: u8,
    samples: &'a [u8],
}

impl<'a> NexmonView<'a> {
    /// Reads the payload of one datagram.
    ///
    /// # Errors
    /// - `TooShort` and `Length` where the octets do not fill the header and the bins of the channel's width, or are more;
    /// - `InvalidField` for another magic, an unknown chip and a width that no firmware measures.
    pub fn parse(payload: &'a [u8]) -> Result<Self, WireError> {
        let Some((header, samples)) = payload.split_first_chunk::<HEADER_LEN>() else {
            return Err(refused(0, WireErrorKind::TooShort { expected: HEADER_LEN, found: payload.len() }));
        };
        check_magic(header)?;
        let channel = ChannelSpec(u16_at(header, CHANNEL_SPEC));
        let bandwidth = bandwidth_of(channel)?;
        let chip = chip_of(u16_at(header, CHIP))?;
        let expected = payload_len(bandwidth);
        if payload.len() != expected {
            return Err(refused(CHANNEL_SPEC, WireErrorKind::Length { expected, found: payload.len() }));
        }
        let old_format = header[RSSI_DBM..][..MAGIC.len()] == MAGIC;
        let core_and_stream = u16_at(header, CORE_AND_STREAM);
        Ok(Self {
            chip,
            channel,
            bandwidth,
            transmitter: MacAddress::new(core::array::from_fn(|i| header[TRANSMITTER + i])),
            rssi_dbm: levels::known(header[RSSI_DBM] as i8).filter(|_| !old_format),
            frame_control: (!old_format).then_some(header[FRAME_CONTROL]),
            sequence_control: u16_at(header, SEQUENCE_CONTROL),
            core: (core_and_stream & INDEX_MASK) as u8,
            stream: (core_and_stream >> STREAM_SHIFT & INDEX_MASK) as u8,
            samples,
        })
    }

    /// Appends the samples, as many as the channel has bins, in the chip's own linear units.
    pub fn append_samples(&self, samples: &mut Vec<Complex32>) {
        samples::append(self.chip, self.samples, samples);
    }
}

/// Reads the payload of one datagram. `node` is the number that this radio has among the nodes of the installation.
///
/// # Errors
/// Those of [`NexmonView::parse`].
pub fn parse_payload(node: NodeNumber, payload: &[u8]) -> Result<NexmonFrame, WireError> {
    let view = NexmonView::parse(payload)?;
    let mut samples = Vec::with_capacity(view.bandwidth.bins().into());
    view.append_samples(&mut samples);
    let mut csi = CsiFrame::new(node, 1, view.bandwidth.bins(), samples).map_err(|error| {
        refused(CHANNEL_SPEC, WireErrorKind::Length { expected: error.expected, found: error.found })
    })?;
    csi.rssi_dbm = view.rssi_dbm;
    csi.frequency_mhz = view.channel.frequency_mhz();
    Ok(NexmonFrame {
        chip: view.chip,
        channel: view.channel,
        transmitter: view.transmitter,
        frame_control: view.frame_control,
        sequence_control: view.sequence_control,
        core: view.core,
        stream: view.stream,
        csi,
    })
}

/// The payload that [`parse_payload`] reads as `frame`; the old format where it has no frame control.
///
/// # Errors
/// - `Missing` for a level without a frame control: no format has only one of them;
/// - `InvalidField` for a shape that is not the channel's, indices above 7, and levels and samples that the format cannot
///   hold.
pub fn build_payload(frame: &NexmonFrame) -> Result<Vec<u8>, WireError> {
    let bandwidth = bandwidth_of(frame.channel)?;
    check_shape(&frame.csi, bandwidth)?;
    let core = index("core", frame.core)?;
    let stream = index("stream", frame.stream)?;

    let mut header = [0; HEADER_LEN];
    put(&mut header, 0, MAGIC);
    put(&mut header, RSSI_DBM, level_and_frame_control(frame)?);
    put(&mut header, TRANSMITTER, frame.transmitter.octets());
    put(&mut header, SEQUENCE_CONTROL, frame.sequence_control.to_le_bytes());
    put(&mut header, CORE_AND_STREAM, (core | stream << STREAM_SHIFT).to_le_bytes());
    put(&mut header, CHANNEL_SPEC, frame.channel.0.to_le_bytes());
    put(&mut header, CHIP, chip_number(frame.chip).to_le_bytes());

    let mut payload = Vec::with_capacity(payload_len(bandwidth));
    payload.extend_from_slice(&header);
    for sample in frame.csi.iq() {
        let octets = samples::encode(frame.chip, *sample).map_err(|kind| refused(payload.len(), kind))?;
        payload.extend_from_slice(&octets);
    }
    Ok(payload)
}

/// Octets of a payload of this width.
pub const fn payload_len(bandwidth: NexmonBandwidth) -> usize {
    HEADER_LEN + SAMPLE_LEN * bandwidth.bins() as usize
}

fn check_magic(header: &[u8; HEADER_LEN]) -> Result<(), WireError> {
    if header.starts_with(&MAGIC) {
        return Ok(());
    }
    let found = u16_at(header, 0).into();
    Err(refused(0, WireErrorKind::InvalidField { field: "magic", expected: "4369 (0x1111)", found }))
}

fn bandwidth_of(channel: ChannelSpec) -> Result<NexmonBandwidth, WireError> {
    channel.bandwidth().ok_or_else(|| {
        let expected = "a channel of 20, 40 or 80 MHz";
        refused(CHANNEL_SPEC, WireErrorKind::InvalidField { field: "chanspec", expected, found: channel.0.into() })
    })
}

const fn chip_number(chip: NexmonChip) -> u16 {
    match chip {
        NexmonChip::Bcm4339 => 0x0001,
        NexmonChip::Bcm4358 => 0x0003,
        NexmonChip::Bcm43455c0 => 0x0065,
        NexmonChip::Bcm4366c0 => 0x006A,
    }
}

fn chip_of(number: u16) -> Result<NexmonChip, WireError> {
    NexmonChip::ALL.into_iter().find(|chip| chip_number(*chip) == number).ok_or_else(|| {
        let expected = "1 (4339), 3 (4358), 101 (43455c0) or 106 (4366c0)";
        refused(CHIP, WireErrorKind::InvalidField { field: "chip", expected, found: number.into() })
    })
}

fn check_shape(csi: &CsiFrame, bandwidth: NexmonBandwidth) -> Result<(), WireError> {
    if csi.n_antennas() == 1 && csi.n_subcarriers() == bandwidth.bins() {
        return Ok(());
    }
    let (expected, found) = (payload_len(bandwidth), HEADER_LEN + SAMPLE_LEN * csi.iq().len());
    Err(refused(CHANNEL_SPEC, WireErrorKind::Length { expected, found }))
}

fn index(field: &'static str, index: u8) -> Result<u16, WireError> {
    let index = u16::from(index);
    if index <= INDEX_MASK {
        return Ok(index);
    }
    Err(refused(CORE_AND_STREAM, WireErrorKind::InvalidField { field, expected: "0 to 7", found: index.into() }))
}

/// Octets 2 and 3.
fn level_and_frame_control(frame: &NexmonFrame) -> Result<[u8; 2], WireError> {
    match (frame.csi.rssi_dbm, frame.frame_control) {
        (None, None) => Ok(MAGIC),
        (Some(_), None) => Err(refused(FRAME_CONTROL, WireErrorKind::Missing { field: "frame_control" })),
        (level, Some(frame_control)) => {
            let level = levels::sent(LAYER, RSSI_DBM, "rssi_dbm", level)?;
            Ok([level as u8, frame_control])
        }
    }
}

const fn refused(offset: usize, kind: WireErrorKind) -> WireError {
    WireError { layer: LAYER, offset, kind }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const NODE: NodeNumber = NodeNumber(9);

    /// A Raspberry Pi on channel 6, 20 MHz: number 0x1234, core 2, stream 1, -58 dBm, samples 1 + 2i.
    fn payload() -> Vec<u8> {
        let mut payload = vec![0x11, 0x11, 0xC6, 0x88, 2, 0, 0, 0, 0, 7, 0x34, 0x12, 0b001_010, 0, 0x06, 0x10, 0x65, 0];
        payload.extend([1, 0, 2, 0].repeat(64));
        payload
    }

    fn refusal(payload: &[u8]) -> WireError {
        parse_payload(NODE, payload).unwrap_err()
    }

    #[test]
    fn header_is_read_and_written() {
        let frame = parse_payload(NODE, &payload()).unwrap();
        assert_eq!(
            (frame.chip, frame.channel, frame.frame_control),
            (NexmonChip::Bcm43455c0, ChannelSpec(0x1006), Some(0x88))
        );
        assert_eq!((frame.core, frame.stream, frame.measurement().sequence), (2, 1, 0x123));
        assert_eq!(frame.transmitter.octets(), [2, 0, 0, 0, 0, 7]);
        assert_eq!((frame.csi.rssi_dbm, frame.csi.frequency_mhz, frame.csi.node), (Some(-58), Some(2437), NODE));
        assert_eq!((frame.csi.n_antennas(), frame.csi.n_subcarriers()), (1, 64));
        assert_eq!(build_payload(&frame).unwrap(), payload());
    }

    #[test]
    fn old_format_has_neither_level_nor_frame_control() {
        let mut old = payload();
        old[2..4].copy_from_slice(&MAGIC);
        let frame = parse_payload(NODE, &old).unwrap();
        assert_eq!((frame.csi.rssi_dbm, frame.frame_control), (None, None));
        assert_eq!(build_payload(&frame).unwrap(), old);
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        let with = |at: usize, octet| {
            let mut payload = payload();
            payload[at] = octet;
            refusal(&payload)
        };
        assert_eq!(refusal(&[]).kind, WireErrorKind::TooShort { expected: 18, found: 0 });
        assert_eq!(with(1, 0x12).kind.subject(), "magic");
        assert_eq!((with(15, 0x28).offset, with(15, 0x28).kind.subject()), (CHANNEL_SPEC, "chanspec"));
        assert_eq!((with(16, 0x66).offset, with(16, 0x66).kind.subject()), (CHIP, "chip"));
        // 40 MHz needs 128 bins.
        assert_eq!(with(15, 0x18).kind, WireErrorKind::Length { expected: 530, found: 274 });
        let long = [payload(), vec![0]].concat();
        assert_eq!(refusal(&long).kind, WireErrorKind::Length { expected: 274, found: 275 });
    }

    #[test]
    fn only_what_a_payload_can_say_is_built() {
        let frame = parse_payload(NODE, &payload()).unwrap();
        let refusal = |change: fn(&mut NexmonFrame)| {
            let mut frame = frame.clone();
            change(&mut frame);
            build_payload(&frame).unwrap_err()
        };
        assert_eq!(refusal(|f| f.frame_control = None).kind, WireErrorKind::Missing { field: "frame_control" });
        assert_eq!(refusal(|f| f.stream = 8).kind.subject(), "stream");
        assert_eq!(refusal(|f| f.channel = ChannelSpec(0xE02A)).kind.subject(), "length");
        assert_eq!(refusal(|f| f.csi.rssi_dbm = Some(5)).offset, RSSI_DBM);
    }
}
