//! What is known of an empty room, in a form that outlives the process.

use ruview_core::StreamTime;
use serde::{Deserialize, Serialize};

use crate::baseline::{Baseline, Quiet};
use crate::conditioning::{Bins, Shape};
use crate::lane::{Known, LaneKey};
use crate::motion::Noise;
use crate::samples::MAX_SAMPLES;
use crate::whitening::Whitener;

/// The format of the records that are written. Others are refused: a baseline is learnt anew in ten seconds.
pub const BASELINE_FORMAT: u32 = 2;

/// What is known of the empty room on one channel, from frames of one shape. To be stored and given back as it is, through any
/// serde format that keeps `f32` exactly; at most 70 kB as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineRecord {
    format: u32,
    antennas: u8,
    subcarriers: u16,
    variant: u8,
    frequency_mhz: Option<u32>,
    version: u32,
    requested: bool,
    learnt_us: i64,
    bins: Bins,
    whitener: Whitener,
    power: f32,
    micro: f32,
    moving: f32,
    slots: usize,
    level: f32,
    strongest: f32,
    wander: f32,
    shape: Shape,
    check: u32,
}

/// Why a record is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineError {
    /// Another format than this detector's.
    Format {
        /// The record's.
        found: u32,
    },
    /// Its content is not what was written: damaged, or changed by hand.
    Damaged,
    /// It holds what no detector writes.
    Invalid,
}

impl std::fmt::Display for BaselineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Format { found } => write!(f, "baseline of format {found}; this detector reads {BASELINE_FORMAT}"),
            Self::Damaged => f.write_str("baseline is damaged: its check does not match"),
            Self::Invalid => f.write_str("baseline holds what no detector writes"),
        }
    }
}

impl std::error::Error for BaselineError {}

impl BaselineRecord {
    /// Antennas and subcarriers of the frames that it is about.
    pub fn frame_shape(&self) -> (u8, u16) {
        (self.antennas, self.subcarriers)
    }

    /// Centre frequency of its channel in MHz; `None` where the frames do not say.
    pub fn frequency_mhz(&self) -> Option<u32> {
        self.frequency_mhz
    }

    /// The calibration's version, as [`crate::Calibration`] names it.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was learnt, on the clock of the frames.
    pub fn learnt(&self) -> StreamTime {
        StreamTime::from_micros(self.learnt_us)
    }

    pub(crate) fn of(key: LaneKey, bins: &Bins, known: &Known) -> Option<Self> {
        let quiet = known.baseline.quiet.as_ref()?;
        let mut record = Self {
            format: BASELINE_FORMAT,
            antennas: key.antennas,
            subcarriers: key.subcarriers,
            variant: key.format,
            frequency_mhz: known.frequency_mhz,
            version: known.version,
            requested: known.baseline.requested,
            learnt_us: known.learnt.as_micros(),
            bins: bins.clone(),
            whitener: quiet.noise.whitener.clone(),
            power: quiet.noise.power,
            micro: quiet.noise.micro,
            moving: quiet.noise.moving,
            slots: quiet.noise.slots,
            level: quiet.noise.level,
            strongest: quiet.moving,
            wander: quiet.wander,
            shape: quiet.shape.clone(),
            check: 0,
        };
        record.check = record.computed_check();
        Some(record)
    }

    /// The lane, its bins and what is known; an error when the record cannot be trusted.
    pub(crate) fn into_parts(self) -> Result<(LaneKey, Bins, Known), BaselineError> {
        if self.format != BASELINE_FORMAT {
            return Err(BaselineError::Format { found: self.format });
        }
        if self.check != self.computed_check() {
            return Err(BaselineError::Damaged);
        }
        if !self.is_valid() {
            return Err(BaselineError::Invalid);
        }
        let key = LaneKey { antennas: self.antennas, subcarriers: self.subcarriers, format: self.variant };
        let noise = Noise {
            whitener: self.whitener,
            power: self.power,
            micro: self.micro,
            moving: self.moving,
            slots: self.slots,
            level: self.level,
        };
        let quiet = Quiet { moving: self.strongest, noise, shape: self.shape, wander: self.wander };
        let baseline = Baseline { quiet: Some(quiet), requested: self.requested, doubtful: false };
        let learnt = StreamTime::from_micros(self.learnt_us);
        Ok((key, self.bins, Known { frequency_mhz: self.frequency_mhz, baseline, version: self.version, learnt }))
    }

    fn scales(&self) -> [f32; 6] {
        [self.power, self.micro, self.moving, self.level, self.strongest, self.wander]
    }

    fn is_valid(&self) -> bool {
        let samples = usize::from(self.antennas) * usize::from(self.subcarriers);
        let scales = self.scales();
        let features = self.bins.n_features();
        samples <= MAX_SAMPLES
            && self.bins.fits(samples)
            && self.variant <= 1
            && self.version > 0
            && self.slots > 0
            && self.whitener.fits(features)
            && self.shape.len() == features
            && scales.iter().chain(&self.shape).all(|value| (0.0..1e12).contains(value))
    }

    /// FNV-1a (Fowler, Noll and Vo) over everything else: against damage, not against intent.
    fn computed_check(&self) -> u32 {
        let scales = self.scales();
        let numbers = [
            u64::from(self.format),
            u64::from(self.antennas),
            u64::from(self.subcarriers),
            u64::from(self.variant),
            self.frequency_mhz.map_or(u64::MAX, u64::from),
            u64::from(self.version),
            u64::from(self.requested),
            self.learnt_us as u64,
            self.slots as u64,
        ];
        let floats = self.whitener.factors().chain(scales).chain(self.shape.iter().copied());
        let words = numbers.into_iter().chain(self.bins.words()).chain(floats.map(|value| u64::from(value.to_bits())));
        words
            .flat_map(u64::to_le_bytes)
            .fold(0x811C_9DC5, |hash: u32, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193))
    }
}
