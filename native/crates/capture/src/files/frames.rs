//! Nexmon CSI, frame after frame in one block of memory: how arrays are filled.

use std::collections::TryReserveError;

use ruview_core::{ChannelSpec, Complex32, MacAddress, NexmonBandwidth, NexmonChip};
use ruview_wire::nexmon::{NexmonView, SAMPLE_LEN, ToneLayout};

/// What frames must share to lie in one array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NexmonFormat {
    /// The radio: each has its own unit.
    pub chip: NexmonChip,
    /// The width of the channel, and so the number of bins.
    pub bandwidth: NexmonBandwidth,
}

/// What is known of a frame beside its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NexmonInfo {
    /// When it was captured, nanoseconds since the Unix epoch; that of the frame before it where the file does not say.
    pub at_ns: i64,
    /// Who sent the frame whose preamble was measured.
    pub transmitter: MacAddress,
    /// That frame's signal strength.
    pub rssi_dbm: Option<i8>,
    /// The first octet of that frame's header; `None` in the old format.
    pub frame_control: Option<u8>,
    /// That frame's sequence control field.
    pub sequence_control: u16,
    /// The receive core.
    pub core: u8,
    /// The spatial stream.
    pub stream: u8,
    /// The channel.
    pub channel: ChannelSpec,
}

/// Frames of one format: that of the first one of the width that is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NexmonFrames {
    wanted: Option<NexmonBandwidth>,
    format: Option<NexmonFormat>,
    samples: Vec<Complex32>,
    infos: Vec<NexmonInfo>,
}

impl NexmonFrames {
    /// For frames of a width, or of the first one's.
    pub fn of(wanted: Option<NexmonBandwidth>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// The format; `None` while there is no frame.
    pub const fn format(&self) -> Option<NexmonFormat> {
        self.format
    }

    /// What is known of each frame.
    pub fn infos(&self) -> &[NexmonInfo] {
        &self.infos
    }

    /// The samples of all frames, `[frames x bins]`: bins in the order 0 … N/2-1, -N/2 … -1, unmasked.
    pub fn into_samples(self) -> Vec<Complex32> {
        self.samples
    }

    /// Appends a frame; one of another format is left out. `octets` is what the file may still hold: memory for as many
    /// frames is asked for once.
    ///
    /// # Errors
    /// Where there is no memory for it.
    pub fn push(&mut self, at_ns: Option<i64>, view: &NexmonView<'_>, octets: u64) -> Result<(), TryReserveError> {
        let format = NexmonFormat { chip: view.chip, bandwidth: view.bandwidth };
        if self.wanted.is_some_and(|wanted| wanted != view.bandwidth) || *self.format.get_or_insert(format) != format {
            return Ok(());
        }
        if self.infos.is_empty() {
            // A guess that costs nothing if it is wrong: untouched memory is none.
            let _ = self.samples.try_reserve_exact(usize::try_from(octets).unwrap_or(0) / SAMPLE_LEN);
        }
        self.samples.try_reserve(view.bandwidth.bins().into())?;
        self.infos.try_reserve(1)?;
        view.append_samples(&mut self.samples);
        self.infos.push(NexmonInfo {
            at_ns: at_ns.or(self.infos.last().map(|info| info.at_ns)).unwrap_or(0),
            transmitter: view.transmitter,
            rssi_dbm: view.rssi_dbm,
            frame_control: view.frame_control,
            sequence_control: view.sequence_control,
            core: view.core,
            stream: view.stream,
            channel: view.channel,
        });
        Ok(())
    }

    /// The layout whose tones every frame has.
    pub fn tone_layout(&self) -> ToneLayout {
        let is_wide = |info: &NexmonInfo| ToneLayout::of_frame_control(info.frame_control) == ToneLayout::Wide;
        if self.infos.iter().all(is_wide) { ToneLayout::Wide } else { ToneLayout::NonHtDuplicate }
    }
}
