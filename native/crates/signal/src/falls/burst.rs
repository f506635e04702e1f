//! A movement from stillness to stillness, and what tells how it went.

use ruview_core::StreamTime;

use super::change::HOP_US;
use super::trace::Trace;

/// Movement is a change of twice the quiet level (a natural logarithm, as all levels here).
const MOVEMENT: f32 = core::f32::consts::LN_2;
/// A burst that could be a fall is twice as strong as that again.
const LEAST_RATIO: f32 = 2.0 * core::f32::consts::LN_2;
/// A pause of up to this many hops belongs to the burst.
const BRIDGED: usize = 5;
/// A body takes half a second to the floor, and the averages add two hops. What is over sooner is a door or a gain step.
const LEAST_HOPS: usize = 7;
/// The first hops of a trace say nothing: the quiet level is not known, nor what happened before.
const WARM_UP: u64 = 10;
/// Stillness of at least this many hops ends a burst after which somebody moved again.
const LEAST_PAUSE: usize = 10;
/// Share of the hops of a stillness that must be known.
const LEAST_KNOWN: f32 = 0.8;
/// Movement is smooth: 20 ms change the channel less than 60 ms do. Noise changes it as much in either time, and so do two
/// senders in turn. A ratio of the mean squares of 0.67 (half its logarithm) is between the bulk of the two on every
/// chip that was measured; `tests/falls.rs` prints the ratios.
const SMOOTH: f32 = 0.2;
/// Microseconds by which the mean over half a second is later than what it describes.
const HEIGHT_DELAY_US: i64 = 250_000;

/// A movement that has ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Burst {
    /// When it was strongest.
    pub(super) at: StreamTime,
    /// Natural logarithm of the rms relative change of the channel within 60 ms over the strongest half second, the
    /// quiet level's share taken out.
    pub(super) strength: f32,
    /// Seconds from the first movement to the last.
    pub(super) duration: f32,
}

/// The burst that ended exactly `stillness` hops before the end of `trace`, if the stillness since is complete.
pub(super) fn followed_by(trace: &Trace, stillness: usize) -> Option<Burst> {
    let movement = trace.quiet()? + MOVEMENT;
    let end = trace.len().checked_sub(stillness + 1)?;
    let after = end + 1..trace.len();
    (moves(trace, end, movement) && is_still(trace, after.clone(), movement)).then_some(())?;
    // Somebody who has walked all the time is the quiet level, but not still. The first hops still hold the burst's end.
    (!is_smooth(trace, after.start + BRIDGED..after.end)).then_some(())?;
    burst_until(trace, end, movement)
}

/// The burst before a pause that the newest hop of `trace` ended, if the pause was shorter than `stillness` hops.
pub(super) fn before_pause(trace: &Trace, stillness: usize) -> Option<Burst> {
    let movement = trace.quiet()? + MOVEMENT;
    let newest = trace.len().checked_sub(1)?;
    moves(trace, newest, movement).then_some(())?;
    let end = (newest.saturating_sub(stillness)..newest).rev().find(|&hop| moves(trace, hop, movement))?;
    let pause = newest - end - 1;
    (pause >= LEAST_PAUSE && is_still(trace, end + 1..newest, movement)).then_some(())?;
    (!is_smooth(trace, end + 1 + BRIDGED..newest - 2)).then_some(())?;
    burst_until(trace, end, movement)
}

fn moves(trace: &Trace, hop: usize, movement: f32) -> bool {
    trace.short(hop).is_some_and(|change| change >= movement)
}

/// Whether what happened in `hops` is known to be movement.
fn is_smooth(trace: &Trace, hops: core::ops::Range<usize>) -> bool {
    trace.smoothness(hops).is_some_and(|smoothness| smoothness >= SMOOTH)
}

/// Whether what happened in `hops` is known not to be movement.
fn is_rough(trace: &Trace, hops: core::ops::Range<usize>) -> bool {
    trace.smoothness(hops).is_some_and(|smoothness| smoothness < SMOOTH)
}

/// Whether nothing moved in any of `hops`, most of them being known.
fn is_still(trace: &Trace, hops: core::ops::Range<usize>, movement: f32) -> bool {
    let wanted = hops.len() as f32 * LEAST_KNOWN;
    let known = hops.filter_map(|hop| trace.short(hop));
    let (still, all) =
        known.fold((0_u32, 0_u32), |(still, all), change| (still + u32::from(change < movement), all + 1));
    still == all && all as f32 >= wanted
}

/// The burst whose last moving hop is `end`; `None` when its begin was not seen, or it was too weak or brief for a body.
fn burst_until(trace: &Trace, end: usize, movement: f32) -> Option<Burst> {
    let mut begin = end;
    let mut hop = end;
    while begin - hop <= BRIDGED {
        if moves(trace, hop, movement) {
            begin = hop;
        }
        hop = hop.checked_sub(1)?;
    }
    // What was before it must be stillness, not silence.
    let seen = trace.hops_before(hop) >= WARM_UP && is_still(trace, hop + 1..begin, movement);
    (seen && end - begin + 1 >= LEAST_HOPS).then_some(())?;
    // The mean over half a second reaches its height after the last movement, at the latest two hops later.
    let heights = (begin..(end + 3).min(trace.len())).filter_map(|hop| Some((hop, trace.height(hop)?)));
    let (strongest, height) = heights.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let quiet = movement - MOVEMENT;
    (height - quiet >= LEAST_RATIO).then_some(())?;
    let around = strongest.saturating_sub(7)..strongest + 4;
    (!is_rough(trace, around)).then_some(())?;
    let excess = libm::expf(2.0 * height) - libm::expf(2.0 * quiet);
    Some(Burst {
        at: StreamTime::from_micros(trace.number(strongest + 1).saturating_mul(HOP_US).saturating_sub(HEIGHT_DELAY_US)),
        strength: 0.5 * libm::logf(excess.max(f32::MIN_POSITIVE)),
        duration: (end - begin + 1) as f32 * HOP_US as f32 / 1e6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: f32 = -5.0;
    const STILLNESS: usize = 30;

    /// Quiet for `before`, then `levels` of each hop, then quiet for `after`.
    fn trace(before: usize, levels: &[f32], after: usize) -> Trace {
        let quiet = |hops| std::iter::repeat_n(QUIET, hops);
        Trace::of(quiet(before).chain(levels.iter().copied()).chain(quiet(after)))
    }

    /// The first burst followed by stillness in any prefix.
    fn found(before: usize, levels: &[f32]) -> Vec<Burst> {
        (0..60).filter_map(|after| followed_by(&trace(before, levels, after), STILLNESS)).collect()
    }

    #[test]
    fn a_burst_is_found_once_with_its_strength_and_duration() {
        let bursts = found(50, &[-2.0; 10]);
        let [burst] = bursts[..] else { panic!("{bursts:?}") };
        assert!((burst.strength + 2.0).abs() < 0.01, "{burst:?}");
        assert!((0.9..=1.3).contains(&burst.duration), "{burst:?}");
        let at = burst.at.as_micros() as f64 / 1e6;
        assert!((5.0..=6.0).contains(&at), "{burst:?}");
    }

    #[test]
    fn no_burst_without_movement_stillness_or_a_begin() {
        assert!(found(50, &[]).is_empty());
        assert!(found(50, &[QUIET + 1.2; 10]).is_empty(), "too weak");
        assert!(found(50, &[0.0; 3]).is_empty(), "too brief");
        assert!(found(4, &[-2.0; 10]).is_empty(), "began before the stream");
        assert!(found(50, &[-2.0; 400]).is_empty(), "longer than is kept");
        assert!(followed_by(&trace(50, &[-2.0; 10], 25), STILLNESS).is_none(), "still for too short");
        let unknown = Trace::of(
            [QUIET; 50].into_iter().chain([-2.0; 10]).chain([f32::NAN; 28]).chain([QUIET; 12]).collect::<Vec<_>>(),
        );
        assert!((0..40).all(|stillness| stillness == 0 || followed_by(&unknown, stillness).is_none()), "silence");
    }

    #[test]
    fn a_short_pause_belongs_to_the_burst() {
        let mut levels = vec![-2.0; 8];
        levels.extend([QUIET; 4]);
        levels.extend([-2.5; 8]);
        let bursts = found(50, &levels);
        assert!(bursts.len() == 1 && bursts[0].duration >= 1.9, "{bursts:?}");
    }

    #[test]
    fn moving_again_within_the_stillness_is_a_pause() {
        let mut levels = vec![-2.0; 10];
        levels.extend([QUIET; 20]);
        levels.extend([-2.0; 3]);
        let whole = trace(50, &levels, 0);
        let found: Vec<Burst> = (60..=whole.len())
            .filter_map(|hops| {
                let part = Trace::of((0..hops).filter_map(|hop| whole.change(hop)));
                before_pause(&part, STILLNESS)
            })
            .collect();
        assert!(found.len() == 1 && found[0].duration < 1.4, "{found:?}");
        assert!(before_pause(&trace(50, &[-2.0; 10], 0), STILLNESS).is_none());
    }
}
