//! What is done about the risk: nothing, a mark, silence, or silence and a new salt.

use core::time::Duration;

use ruview_core::{PrivacyClass, StreamTime};

/// How far a score must be beyond a boundary to count as beyond it.
const HYSTERESIS: f32 = 0.05;
/// For how long it must stay there.
const DEBOUNCE: Duration = Duration::from_secs(5);

/// What the gate does with what is measured. Later is stricter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoherenceAction {
    /// Score below 0.5: publish.
    #[default]
    Accept,
    /// Below 0.7: publish, with less confidence.
    PredictOnly,
    /// Below 0.9: drop.
    Reject,
    /// 0.9 and above: drop, and rotate the site's salt.
    Recalibrate,
}

impl CoherenceAction {
    const ALL: [Self; 4] = [Self::Accept, Self::PredictOnly, Self::Reject, Self::Recalibrate];

    /// The score at which the action begins.
    const fn begins_at(self) -> f32 {
        match self {
            Self::Accept => 0.0,
            Self::PredictOnly => 0.5,
            Self::Reject => 0.7,
            Self::Recalibrate => 0.9,
        }
    }

    /// The action for `score` while `self` holds: a boundary counts as crossed 0.05 beyond it.
    fn for_score(self, score: f32) -> Self {
        let holds = |action: &Self| {
            let margin = if *action > self { HYSTERESIS } else { -HYSTERESIS };
            *action == Self::Accept || score >= action.begins_at() + margin
        };
        Self::ALL.into_iter().rev().find(holds).unwrap_or_default()
    }

    /// Whether what is measured is dropped.
    pub const fn drops(self) -> bool {
        matches!(self, Self::Reject | Self::Recalibrate)
    }
}

/// What the caller must do after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Another action holds from now on.
    Changed(CoherenceAction),
    /// `Recalibrate` holds from now on: rotate the salt, forget the embeddings.
    RotateSalt,
}

/// The gate: a state machine on the score and the reports' own times.
///
/// To change the action, the score must lie beyond the boundary for 5 s without a break. When it then does, the action is
/// the nearest that was held all that time: a score that jumps between 0.8 and 1 is rejected, not recalibrated.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CoherenceGate {
    action: CoherenceAction,
    pending: Option<Pending>,
}

/// A change that has not lasted long enough.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pending {
    since: StreamTime,
    /// The action nearest to the present one since then.
    nearest: CoherenceAction,
}

impl CoherenceGate {
    /// A gate that accepts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The action that holds.
    pub const fn action(&self) -> CoherenceAction {
        self.action
    }

    /// The class under which everything leaves: 3 while the gate drops, else the configured one.
    pub fn effective_class(&self, configured: PrivacyClass) -> PrivacyClass {
        if self.action.drops() { configured.max(PrivacyClass::Restricted) } else { configured }
    }

    /// The gate after `score` (0 to 1; NaN counts as 1) at `now`, and what to do.
    #[must_use]
    pub fn step(self, score: f32, now: StreamTime) -> (Self, Effect) {
        let score = if score.is_nan() { 1.0 } else { score };
        let wanted = self.action.for_score(score);
        if wanted == self.action {
            return (Self { pending: None, ..self }, Effect::None);
        }
        let pending = self.pending_with(wanted, now);
        if now.since(pending.since) < DEBOUNCE {
            return (Self { pending: Some(pending), ..self }, Effect::None);
        }
        let action = pending.nearest;
        let effect = match action {
            CoherenceAction::Recalibrate => Effect::RotateSalt,
            other => Effect::Changed(other),
        };
        (Self { action, pending: None }, effect)
    }

    /// The pending change with `wanted` in it; a new one where there is none, or one to the other side.
    fn pending_with(self, wanted: CoherenceAction, now: StreamTime) -> Pending {
        let same_side = |pending: &Pending| (pending.nearest > self.action) == (wanted > self.action);
        match self.pending.filter(same_side) {
            None => Pending { since: now, nearest: wanted },
            Some(Pending { since, nearest }) if wanted > self.action => Pending { since, nearest: nearest.min(wanted) },
            Some(Pending { since, nearest }) => Pending { since, nearest: nearest.max(wanted) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The effects of scores one second apart, and the last gate.
    fn run(gate: CoherenceGate, scores: &[f32]) -> (CoherenceGate, Vec<Effect>) {
        let mut gate = gate;
        let effects = scores.iter().enumerate().map(|(second, score)| {
            let effect;
            (gate, effect) = gate.step(*score, StreamTime::from_micros(second as i64 * 1_000_000));
            effect
        });
        let effects = effects.filter(|effect| *effect != Effect::None).collect();
        (gate, effects)
    }

    fn at(score: f32) -> CoherenceGate {
        run(CoherenceGate::new(), &[score; 6]).0
    }

    #[test]
    fn a_score_must_last_five_seconds() {
        assert_eq!(run(CoherenceGate::new(), &[0.8; 5]).1, []);
        assert_eq!(run(CoherenceGate::new(), &[0.8; 6]).1, [Effect::Changed(CoherenceAction::Reject)]);
        let broken = [0.8, 0.8, 0.8, 0.1, 0.8, 0.8, 0.8, 0.8];
        assert_eq!(run(CoherenceGate::new(), &broken).1, []);
    }

    #[test]
    fn boundaries_are_crossed_with_a_margin() {
        for (score, action) in [
            (0.54, CoherenceAction::Accept),
            (0.56, CoherenceAction::PredictOnly),
            (0.74, CoherenceAction::PredictOnly),
            (0.76, CoherenceAction::Reject),
            (0.94, CoherenceAction::Reject),
            (0.96, CoherenceAction::Recalibrate),
            (f32::NAN, CoherenceAction::Recalibrate),
        ] {
            assert_eq!(at(score).action(), action, "{score}");
        }
        assert_eq!(run(at(0.8), &[0.66; 10]).0.action(), CoherenceAction::Reject);
        assert_eq!(run(at(0.8), &[0.64; 10]).0.action(), CoherenceAction::PredictOnly);
        assert_eq!(run(at(0.6), &[0.46; 10]).0.action(), CoherenceAction::PredictOnly);
        assert_eq!(run(at(0.6), &[0.44; 10]).0.action(), CoherenceAction::Accept);
    }

    #[test]
    fn a_score_that_jumps_above_a_boundary_is_above_it() {
        let jumping = [0.8, 1.0, 0.8, 1.0, 0.8, 1.0];
        assert_eq!(run(CoherenceGate::new(), &jumping).1, [Effect::Changed(CoherenceAction::Reject)]);
    }

    #[test]
    fn the_highest_risk_rotates_the_salt_once() {
        assert_eq!(run(CoherenceGate::new(), &[1.0; 30]).1, [Effect::RotateSalt]);
    }

    #[test]
    fn dropping_makes_the_class_the_strictest() {
        assert_eq!(at(0.6).effective_class(PrivacyClass::Derived), PrivacyClass::Derived);
        assert_eq!(at(0.8).effective_class(PrivacyClass::Derived), PrivacyClass::Restricted);
        assert_eq!(at(1.0).effective_class(PrivacyClass::Anonymous), PrivacyClass::Restricted);
    }
}
