//! Which of the links that a Nexmon radio hears is followed.
//!
//! The radio measures whoever sends: each transmitter has another path through the room, each receive core another antenna,
//! and legacy frames fill other tones than wide ones. A detector compares a channel with itself, so it gets one link only:
//! the one with the most frames, since motion is found from 10 frames a second on and no rarer link could make up for what
//! a mixture destroys.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_core::{Complex32, CsiFrame, MacAddress, NexmonBandwidth, NexmonFrame, StreamTime};
use ruview_wire::nexmon::{ToneLayout, usable_tones};

/// For so long links are counted before the choice is made again.
const WINDOW: Duration = Duration::from_secs(10);
/// Another link must have so many times the frames: a detector that changes its link learns its room anew.
const CLEARLY_BUSIER: u32 = 2;
/// Frames of a window below which a link is not worth a change: a detector needs three a second.
const WORTH_A_CHANGE: u32 = 30;
/// Links that are counted in a window; further ones are not the busiest. Addresses cost a stranger nothing.
const MAX_LINKS: usize = 256;

/// What measurements must share to be compared. Its transmitter never leaves this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    transmitter: MacAddress,
    core: u8,
    stream: u8,
    bandwidth: NexmonBandwidth,
    is_legacy: bool,
}

impl Link {
    /// `None` for a width that no firmware measures.
    fn of(frame: &NexmonFrame) -> Option<Self> {
        Some(Self {
            transmitter: frame.transmitter,
            core: frame.core,
            stream: frame.stream,
            bandwidth: frame.channel.bandwidth()?,
            is_legacy: is_legacy(frame),
        })
    }
}

/// Whether a measurement is of the link that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Followed {
    No,
    Yes,
    /// It is, and what came before was of another one.
    FromNowOn,
}

/// Follows the busiest link.
#[derive(Debug, Default)]
pub(super) struct LinkChoice {
    followed: Option<Link>,
    /// A measurement of the followed link was handed on.
    begun: bool,
    window_from: Option<StreamTime>,
    frames: BTreeMap<Link, u32>,
}

impl LinkChoice {
    /// Counts a measurement and says whether to use it. Until the first choice, the first link is followed.
    pub(super) fn follow(&mut self, at: StreamTime, frame: &NexmonFrame) -> Followed {
        let Some(link) = Link::of(frame) else { return Followed::No };
        let from = *self.window_from.get_or_insert(at);
        if at < from || at.since(from) >= WINDOW {
            self.choose();
            self.window_from = Some(at);
        }
        if self.frames.len() < MAX_LINKS || self.frames.contains_key(&link) {
            *self.frames.entry(link).or_default() += 1;
        }
        if *self.followed.get_or_insert(link) != link {
            return Followed::No;
        }
        let first = !self.begun;
        self.begun = true;
        if first { Followed::FromNowOn } else { Followed::Yes }
    }

    /// Counts anew after a silence. What was learnt of the followed link is still true of it.
    pub(super) fn resume(&mut self) {
        self.window_from = None;
        self.frames.clear();
    }

    /// Takes up the busiest link of the window that ends, where it was clearly busier than the followed one.
    fn choose(&mut self) {
        let of_followed = self.followed.and_then(|link| self.frames.get(&link)).copied().unwrap_or(0);
        let busiest = self.frames.iter().max_by_key(|(_, frames)| **frames).map(|(link, frames)| (*link, *frames));
        if let Some((link, frames)) = busiest
            && frames >= WORTH_A_CHANGE
            && frames > CLEARLY_BUSIER * of_followed
        {
            self.followed = Some(link);
            self.begun = false;
        }
        self.frames.clear();
    }
}

/// The measurement with zeros where its bins are not the channel: the detector passes over bins that are zero. `None` for a
/// width that no firmware measures.
pub(super) fn masked(frame: &NexmonFrame) -> Option<CsiFrame> {
    let layout = if is_legacy(frame) { ToneLayout::NonHtDuplicate } else { ToneLayout::Wide };
    let usable = usable_tones(frame.channel.bandwidth()?, layout);
    let csi = &frame.csi;
    let antenna = |samples: &[Complex32]| {
        let keep = |(sample, usable): (&Complex32, &bool)| if *usable { *sample } else { Complex32::ZERO };
        samples.iter().zip(usable).map(keep).collect::<Vec<_>>()
    };
    let samples = csi.antennas().flat_map(antenna).collect();
    CsiFrame::new(csi.node, csi.n_antennas(), csi.n_subcarriers(), samples).ok()
}

/// Management and control frames go at legacy rates, which repeat 20 MHz; data frames mostly fill the channel. The firmware
/// tells the type of the frame and not its rate, and the old format tells neither.
fn is_legacy(frame: &NexmonFrame) -> bool {
    const TYPE_MASK: u8 = 0x0C;
    const DATA: u8 = 0x08;
    frame.frame_control.is_some_and(|octet| octet & TYPE_MASK != DATA)
}

#[cfg(test)]
mod tests {
    use ruview_core::{ChannelSpec, NexmonChip, NodeNumber};

    use super::*;

    const BINS: usize = 64;
    const QOS_DATA: u8 = 0x88;
    const BLOCK_ACK: u8 = 0x94;

    fn frame(station: u8, core: u8, frame_control: u8) -> NexmonFrame {
        NexmonFrame {
            chip: NexmonChip::Bcm43455c0,
            channel: ChannelSpec(0x1006),
            transmitter: MacAddress::new([2, 0, 0, 0, 0, station]),
            frame_control: Some(frame_control),
            sequence_control: 0,
            core,
            stream: 0,
            csi: CsiFrame::new(NodeNumber(0), 1, BINS as u16, vec![Complex32::ONE; BINS]).unwrap(),
        }
    }

    fn second(seconds: f64) -> StreamTime {
        StreamTime::from_micros((seconds * 1e6) as i64)
    }

    /// What is said of frames that come one after the other, 0.1 s apart.
    fn follow(choice: &mut LinkChoice, from_s: f64, frames: &[NexmonFrame]) -> Vec<Followed> {
        let at = |number: usize| second(from_s + number as f64 / 10.0);
        frames.iter().enumerate().map(|(number, frame)| choice.follow(at(number), frame)).collect()
    }

    #[test]
    fn links_are_not_mixed() {
        let mut choice = LinkChoice::default();
        let frames = [frame(1, 0, QOS_DATA), frame(2, 0, QOS_DATA), frame(1, 1, QOS_DATA), frame(1, 0, BLOCK_ACK)];
        assert_eq!(follow(&mut choice, 0.0, &frames), [Followed::FromNowOn, Followed::No, Followed::No, Followed::No]);
        assert_eq!(follow(&mut choice, 1.0, &frames[..1]), [Followed::Yes]);
    }

    #[test]
    fn the_clearly_busier_link_is_taken_up() {
        let mut choice = LinkChoice::default();
        let mut frames = vec![frame(1, 0, QOS_DATA); 20];
        frames.extend(vec![frame(2, 0, QOS_DATA); 40]);
        follow(&mut choice, 0.0, &frames);
        assert_eq!(
            choice.follow(second(10.0), &frame(2, 0, QOS_DATA)),
            Followed::No,
            "twice as busy is not clearly busier"
        );

        frames.push(frame(2, 0, QOS_DATA));
        follow(&mut choice, 20.0, &frames);
        assert_eq!(choice.follow(second(30.0), &frame(1, 0, QOS_DATA)), Followed::No);
        assert_eq!(choice.follow(second(30.1), &frame(2, 0, QOS_DATA)), Followed::FromNowOn);
        assert_eq!(choice.follow(second(30.2), &frame(2, 0, QOS_DATA)), Followed::Yes);
    }

    #[test]
    fn many_strangers_are_not_remembered() {
        let mut choice = LinkChoice::default();
        for station in 0..=255 {
            for core in 0..4 {
                choice.follow(second(0.0), &frame(station, core, QOS_DATA));
            }
        }
        assert_eq!(choice.frames.len(), MAX_LINKS);
    }

    #[test]
    fn bins_that_are_not_the_channel_are_zero() {
        let filled = |frame_control| {
            masked(&frame(1, 0, frame_control))
                .unwrap()
                .iq()
                .iter()
                .filter(|sample| **sample != Complex32::ZERO)
                .count()
        };
        let usable = |layout| usable_tones(NexmonBandwidth::Mhz20, layout).iter().filter(|usable| **usable).count();
        assert_eq!(filled(QOS_DATA), usable(ToneLayout::Wide));
        assert_eq!(filled(BLOCK_ACK), usable(ToneLayout::NonHtDuplicate));
        assert!(filled(BLOCK_ACK) < filled(QOS_DATA));
    }
}
