//! Several nodes, one room: who is there according to all of them.
//!
//! # The rule
//! Each link is believed by its *quality*: how often it is measured, and whether it knows its empty room.
//! - A link that is at least fairly good occupies the room by itself: a person is often seen by the nearest link only.
//! - A link that says so alone, for [`ALONE`] more than it agreed or was quiet, is *doubted*: noise holds a link for hours, a
//!   person who stays is seen to breathe, moves into other links, or leaves. A doubted link counts only by its share of all
//!   quality, which must be more than half. It is believed again once another link has agreed, or it was quiet, for as long.
//! - Breathing is never doubted: noise does not breathe.
//!
//! So one noisy link never holds a room occupied. Numbers come from the links that are believed: motion is the most that
//! one sees, persons are the mean by quality and confidence (all links see the same people), rates are those of the link
//! that is surest. A fall that two links see in a second is one fall.

use std::collections::BTreeMap;
use std::time::Duration;

use ruview_core::StreamTime;
use ruview_signal::PersonCount;

use crate::observation::{Observation, Rate};

/// A link that was alone with its opinion for longer is doubted. Longer than the hold of a link that saw somebody leave.
pub(crate) const ALONE: Duration = Duration::from_mins(3);
/// Links of lower quality occupy no room by themselves.
const FAIR: f32 = 0.5;
/// The share of all quality that has to say what no link is believed to say alone, which it has to exceed.
const MAJORITY: f32 = 0.5;
/// Two observations further apart have a gap between them, of which nothing is known.
const MAX_STEP: Duration = Duration::from_secs(5);

/// What several links know together.
#[derive(Debug, Default)]
pub(crate) struct Fusion {
    links: BTreeMap<String, Solitude>,
    last: Option<StreamTime>,
}

/// For how long a link was alone in saying that somebody is there.
#[derive(Debug, Clone, Copy, Default)]
struct Solitude {
    alone: Duration,
    doubted: bool,
}

/// A link in this second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'a> {
    pub(crate) node: &'a str,
    /// `None` while its node is silent.
    pub(crate) seen: Option<&'a Observation>,
}

impl Fusion {
    /// What the links know together at `at`, about once a second. `None` when none of them knows anything.
    pub(crate) fn fuse(&mut self, at: StreamTime, links: &[Link<'_>]) -> Option<Observation> {
        let passed = self.last.map_or(Duration::ZERO, |last| at.since(last).min(MAX_STEP));
        self.last = Some(at);
        self.links.retain(|node, _| links.iter().any(|link| link.node == node));
        let occupied = links.iter().filter(|link| says_presence(link)).count();
        for link in links {
            let alone = says_presence(link) && occupied == 1 && !breathes(link);
            self.links.entry(link.node.to_owned()).or_default().pass(passed, alone);
        }
        let seen: Vec<_> = links.iter().filter_map(|link| Some((self.weigh(link)?, link.seen?))).collect();
        (!seen.is_empty()).then(|| together(&seen))
    }

    fn weigh(&self, link: &Link<'_>) -> Option<Weight> {
        let seen = link.seen?;
        let doubted = self.links.get(link.node).is_some_and(|solitude| solitude.doubted) && !seen.breathes;
        Some(Weight { quality: seen.quality, believed: seen.quality >= FAIR && !doubted })
    }
}

impl Solitude {
    fn pass(&mut self, passed: Duration, alone: bool) {
        self.alone = if alone { (self.alone + passed).min(ALONE) } else { self.alone.saturating_sub(passed) };
        if self.alone >= ALONE {
            self.doubted = true;
        } else if self.alone.is_zero() {
            self.doubted = false;
        }
    }
}

/// What a link counts for.
#[derive(Debug, Clone, Copy)]
struct Weight {
    quality: f32,
    believed: bool,
}

fn says_presence(link: &Link<'_>) -> bool {
    link.seen.is_some_and(|seen| seen.presence == Some(true))
}

fn breathes(link: &Link<'_>) -> bool {
    link.seen.is_some_and(|seen| seen.breathes)
}

fn together(seen: &[(Weight, &Observation)]) -> Observation {
    let believed = || seen.iter().filter(|(weight, _)| weight.believed).map(|(_, seen)| *seen);
    let presence = decide(seen, |seen| seen.presence);
    // A room that is empty has no people who breathe or walk in it.
    let present = presence != Some(false);
    let surest = |rate: fn(&Observation) -> Option<Rate>| {
        let rates = believed().filter_map(rate).filter(|_| present);
        rates.max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    };
    Observation {
        quality: seen.iter().map(|(weight, _)| weight.quality).fold(0.0, f32::max),
        measures: seen.iter().any(|(_, seen)| seen.measures),
        presence,
        presence_score: most(believed().filter_map(|seen| seen.presence_score)),
        motion: decide(seen, |seen| seen.motion),
        motion_percent: most(believed().filter_map(|seen| seen.motion_percent)),
        persons: persons(seen, presence),
        breathing: surest(|seen| seen.breathing),
        breathes: believed().any(|seen| seen.breathes),
        heart_rate: surest(|seen| seen.heart_rate),
        falls: seen.iter().filter_map(|(_, seen)| seen.falls).max(),
        near_falls: seen.iter().filter_map(|(_, seen)| seen.near_falls).max(),
        gait_instability: most(believed().filter_map(|seen| seen.gait_instability)),
        calibrating: seen.iter().any(|(_, seen)| seen.calibrating),
    }
}

/// Yes if a believed link says so, or a majority of all quality; unknown while nobody knows.
fn decide(seen: &[(Weight, &Observation)], said: impl Fn(&Observation) -> Option<bool>) -> Option<bool> {
    let voices: Vec<_> = seen.iter().filter_map(|(weight, seen)| Some((*weight, said(seen)?))).collect();
    if voices.is_empty() {
        return None;
    }
    let quality = |voices: &mut dyn Iterator<Item = &(Weight, bool)>| voices.map(|(w, _)| w.quality).sum::<f32>();
    let all = quality(&mut voices.iter());
    let yes = quality(&mut voices.iter().filter(|(_, yes)| *yes));
    let alone = voices.iter().any(|(weight, yes)| *yes && weight.believed);
    // The last link of two may be doubted and be half of all: the other half says no, so it takes more than half.
    Some(alone || (all > 0.0 && yes / all > MAJORITY))
}

fn persons(seen: &[(Weight, &Observation)], presence: Option<bool>) -> Option<PersonCount> {
    if presence == Some(false) {
        let sure = most(seen.iter().filter_map(|(_, seen)| seen.persons).map(|found| found.confidence))?;
        return Some(PersonCount { count: 0, confidence: sure });
    }
    let counts = seen.iter().filter(|(weight, seen)| weight.believed && seen.presence == Some(true));
    let (mut weights, mut sum, mut sure) = (0.0, 0.0, 0.0_f32);
    for (weight, seen) in counts {
        let Some(found) = seen.persons.filter(|found| found.confidence.is_finite()) else { continue };
        let weight = weight.quality * found.confidence.clamp(0.0, 1.0);
        weights += weight;
        sum += weight * f32::from(found.count);
        sure = sure.max(found.confidence.clamp(0.0, 1.0));
    }
    (weights > 0.0).then(|| PersonCount { count: (sum / weights).round().clamp(1.0, 4.0) as u8, confidence: sure })
}

fn most(values: impl Iterator<Item = f32>) -> Option<f32> {
    values.filter(|value| value.is_finite()).max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u32) -> StreamTime {
        StreamTime::from_micros(i64::from(seconds) * 1_000_000)
    }

    fn saw(presence: bool) -> Observation {
        Observation {
            quality: 1.0,
            measures: true,
            presence: Some(presence),
            motion: Some(presence),
            motion_percent: Some(if presence { 30.0 } else { 1.0 }),
            ..Observation::default()
        }
    }

    /// For how many of the seconds the room was occupied, with these links.
    fn occupied(seconds: u32, links: impl Fn(u32) -> Vec<Observation>) -> u32 {
        let mut fusion = Fusion::default();
        let names = ["node_1", "node_2", "node_3"];
        let fuse = |at: u32| {
            let seen = links(at);
            let links: Vec<_> = names.iter().zip(&seen).map(|(node, seen)| Link { node, seen: Some(seen) }).collect();
            fusion.fuse(second(at), &links).unwrap().presence == Some(true)
        };
        (0..seconds).map(fuse).filter(|occupied| *occupied).count() as u32
    }

    #[test]
    fn the_nearest_link_is_enough() {
        assert_eq!(occupied(60, |_| vec![saw(true), saw(false), saw(false)]), 60);
    }

    #[test]
    fn one_noisy_link_never_holds_a_room() {
        let hour = 3600;
        for others in 1..=2 {
            let noisy = occupied(hour, |_| [vec![saw(true)], vec![saw(false); others]].concat());
            assert_eq!(noisy, ALONE.as_secs() as u32, "{others} quiet links");
        }
        let flickering = occupied(hour, |at| vec![saw(at % 10 < 8), saw(false)]);
        assert!(flickering < hour / 5, "{flickering}");
    }

    #[test]
    fn who_breathes_is_not_doubted() {
        let sleeper = Observation { breathes: true, motion: Some(false), ..saw(true) };
        assert_eq!(occupied(3600, |_| vec![sleeper.clone(), saw(false)]), 3600);
    }

    #[test]
    fn who_walks_from_link_to_link_is_not_doubted() {
        assert_eq!(occupied(3600, |at| vec![saw(at % 300 < 160), saw(at % 300 >= 150)]), 3600);
    }

    #[test]
    fn a_poor_link_alone_says_nothing() {
        let poor = Observation { quality: 0.3, ..saw(true) };
        assert_eq!(occupied(60, |_| vec![poor.clone(), saw(false)]), 0);
        assert_eq!(occupied(60, |_| vec![poor.clone()]), 60, "it is all there is");
    }

    #[test]
    fn silence_is_not_a_no() {
        let mut fusion = Fusion::default();
        assert_eq!(fusion.fuse(second(0), &[Link { node: "node_1", seen: None }]), None);
        let learning = Observation { presence: None, motion: None, ..saw(true) };
        let fused = fusion.fuse(second(1), &[Link { node: "node_1", seen: Some(&learning) }]).unwrap();
        assert_eq!((fused.presence, fused.motion), (None, None));
    }

    #[test]
    fn people_are_counted_once() {
        let counted =
            |count, confidence| Observation { persons: Some(PersonCount { count, confidence }), ..saw(count > 0) };
        let mut fusion = Fusion::default();
        let mut count = |seen: [Observation; 2]| {
            let links = [Link { node: "node_1", seen: Some(&seen[0]) }, Link { node: "node_2", seen: Some(&seen[1]) }];
            fusion.fuse(second(0), &links).unwrap().persons.map(|found| found.count)
        };
        assert_eq!(count([counted(2, 0.8), counted(2, 0.6)]), Some(2));
        assert_eq!(count([counted(3, 0.9), counted(1, 0.1)]), Some(3));
        assert_eq!(count([counted(1, 0.9), counted(0, 0.9)]), Some(1));
        assert_eq!(count([counted(0, 0.9), counted(0, 0.9)]), Some(0));
        assert_eq!(count([counted(1, f32::NAN), saw(true)]), None);
    }
}
