//! A made-up room in which somebody sits and breathes: what detectors have most work with.

use std::f32::consts::TAU;

use ruview_core::{Complex32, CsiFrame, FrameShapeError, NodeNumber};

use super::RATE_HZ;

const BREATHS_PER_S: f32 = 0.25;
const STATIC: f32 = 40.0;
const BREATHING: f32 = 2.0;
const NOISE: f32 = 0.7;

/// A stream of one antenna: a static path, one that breathing lengthens and shortens, and noise, as whole numbers like a
/// sensor's. The same every time.
pub(super) fn frames(node: NodeNumber, bins: u16, count: u32) -> Result<Vec<CsiFrame>, FrameShapeError> {
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let mut frame = |number: u32| {
        let breath = (TAU * BREATHS_PER_S * number as f32 / RATE_HZ as f32).sin();
        let bin = |k: u16| {
            let turn = TAU * f32::from(k) / f32::from(bins);
            let channel =
                Complex32::from_polar(STATIC, 3.0 * turn) + Complex32::from_polar(BREATHING, 7.0 * turn + breath);
            let noisy = channel + Complex32::new(noise.next(), noise.next()) * NOISE;
            Complex32::new(noisy.re.round(), noisy.im.round())
        };
        CsiFrame::new(node, 1, bins, (0..bins).map(bin).collect())
    };
    (0..count).map(&mut frame).collect()
}

/// Numbers between -1 and 1 (xorshift64*).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        high as f32 / (1_u32 << 23) as f32 - 1.0
    }
}
