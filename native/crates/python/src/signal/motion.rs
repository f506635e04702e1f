//! Motion and presence against what was learnt of the empty room; see the stub.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use ruview_core::StreamTime;
use ruview_signal::{
    Assessment, BaselineRecord, Calibration, CalibrationJob, CalibrationRefusal, NodeDetector, PresenceReason, Seconds,
    Sensitivity,
};

use crate::error::value_error;
use crate::frames::{Timed, each_piece};
use crate::json::{from_json, to_json};
use crate::state::State;
use crate::time::{duration, seconds, stream_time};

const REASONS: [&str; 5] = ["motion", "breathing", "baseline_departure", "hold", "quiet"];
const CALIBRATIONS: [&str; 3] = ["learning", "self_calibrated", "calibrated"];
const JOBS: [&str; 6] =
    ["running", "finished", "refused_motion", "refused_breathing", "refused_presence", "refused_too_few_frames"];

/// What the detector says at one moment.
#[pyclass(module = "wifi_densepose.signal", frozen, eq, get_all)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MotionScore {
    timestamp_s: f64,
    motion: Option<bool>,
    level_percent: Option<f32>,
    energy: Option<f32>,
    presence: Option<bool>,
    presence_score: Option<f32>,
    reason: &'static str,
    calibration: &'static str,
    progress: f32,
    job: Option<&'static str>,
}

#[pymethods]
impl MotionScore {
    #[new]
    #[pyo3(signature = (
        timestamp_s, motion, level_percent, energy, presence, presence_score, reason, calibration, progress, job=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "a value has its fields")]
    fn new(
        timestamp_s: f64,
        motion: Option<bool>,
        level_percent: Option<f32>,
        energy: Option<f32>,
        presence: Option<bool>,
        presence_score: Option<f32>,
        reason: &str,
        calibration: &str,
        progress: f32,
        job: Option<&str>,
    ) -> PyResult<Self> {
        stream_time("timestamp_s", timestamp_s)?;
        Ok(Self {
            timestamp_s,
            motion,
            level_percent,
            energy,
            presence,
            presence_score,
            reason: one_of("reason", &REASONS, reason)?,
            calibration: one_of("calibration", &CALIBRATIONS, calibration)?,
            progress,
            job: job.map(|job| one_of("job", &JOBS, job)).transpose()?,
        })
    }

    fn __repr__(&self) -> String {
        fn show<T: std::fmt::Debug>(value: Option<T>) -> String {
            value.map_or_else(|| "None".to_owned(), |value| format!("{value:?}"))
        }
        let yes = |value: Option<bool>| value.map_or("None", |value| if value { "True" } else { "False" });
        format!(
            "MotionScore(timestamp_s={:?}, motion={}, level_percent={}, energy={}, presence={}, presence_score={}, \
             reason={:?}, calibration={:?}, progress={:?}, job={})",
            self.timestamp_s,
            yes(self.motion),
            show(self.level_percent),
            show(self.energy),
            yes(self.presence),
            show(self.presence_score),
            self.reason,
            self.calibration,
            self.progress,
            show(self.job)
        )
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("timestamp_s", self.timestamp_s)?;
        dict.set_item("motion", self.motion)?;
        dict.set_item("level_percent", self.level_percent)?;
        dict.set_item("energy", self.energy)?;
        dict.set_item("presence", self.presence)?;
        dict.set_item("presence_score", self.presence_score)?;
        dict.set_item("reason", self.reason)?;
        dict.set_item("calibration", self.calibration)?;
        dict.set_item("progress", self.progress)?;
        dict.set_item("job", self.job)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        data.py().get_type::<Self>().call((), Some(data))
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let from_dict = py.get_type::<Self>().getattr("from_dict")?;
        Ok((from_dict, PyTuple::new(py, [slf.to_dict(py)?])?))
    }
}

impl MotionScore {
    fn of(at: StreamTime, found: &Assessment) -> Self {
        let (calibration, progress) = match found.calibration {
            Calibration::Learning { progress } => ("learning", progress),
            Calibration::SelfCalibrated { .. } => ("self_calibrated", 1.0),
            Calibration::Calibrated { .. } => ("calibrated", 1.0),
        };
        let (job, progress) = match found.job {
            None => (None, progress),
            Some(CalibrationJob::Running { progress }) => (Some("running"), progress),
            Some(CalibrationJob::Finished { .. }) => (Some("finished"), progress),
            Some(CalibrationJob::Refused(refusal)) => (Some(refused(refusal)), progress),
        };
        Self {
            timestamp_s: seconds(at),
            motion: found.motion,
            level_percent: found.motion_level_percent,
            energy: found.motion_energy,
            presence: found.presence,
            presence_score: found.presence_score,
            reason: match found.reason {
                PresenceReason::Motion => "motion",
                PresenceReason::Breathing => "breathing",
                PresenceReason::BaselineDeparture => "baseline_departure",
                PresenceReason::Hold => "hold",
                PresenceReason::Quiet => "quiet",
            },
            calibration,
            progress,
            job,
        }
    }
}

const fn refused(refusal: CalibrationRefusal) -> &'static str {
    match refusal {
        CalibrationRefusal::Motion => "refused_motion",
        CalibrationRefusal::Breathing => "refused_breathing",
        CalibrationRefusal::Presence => "refused_presence",
        CalibrationRefusal::TooFewFrames => "refused_too_few_frames",
    }
}

/// Motion and presence from the CSI of one node.
#[pyclass(module = "wifi_densepose.signal", frozen)]
pub(crate) struct MotionDetector(State<(NodeDetector, Seconds)>);

#[pymethods]
impl MotionDetector {
    #[new]
    #[pyo3(signature = (*, sensitivity="medium", hold_s=10.0))]
    fn new(sensitivity: &str, hold_s: f64) -> PyResult<Self> {
        let named = [("low", Sensitivity::Low), ("medium", Sensitivity::Medium), ("high", Sensitivity::High)];
        let found = named.into_iter().find(|(name, _)| *name == sensitivity);
        let (_, sensitivity) =
            found.ok_or_else(|| value_error("sensitivity", "low, medium or high", format_args!("{sensitivity:?}")))?;
        let mut detector = NodeDetector::new();
        detector.set_sensitivity(sensitivity);
        detector.set_hold(duration("hold_s", hold_s)?);
        Ok(Self(State::new((detector, Seconds::new()))))
    }

    #[pyo3(signature = (frames, *, timestamps_s=None, sample_rate_hz=None))]
    fn push(
        &self,
        frames: &Bound<'_, PyAny>,
        timestamps_s: Option<&Bound<'_, PyAny>>,
        sample_rate_hz: Option<f64>,
    ) -> PyResult<Vec<MotionScore>> {
        let mut scores = Vec::new();
        let take = |piece: &[Timed]| {
            self.0.with_released(|(detector, seconds)| {
                for (at, frame) in piece {
                    scores.extend(seconds.ended_before(*at).map(|at| MotionScore::of(at, &detector.assess(at))));
                    detector.push(*at, frame);
                }
            });
        };
        each_piece(frames, timestamps_s, sample_rate_hz, take)?;
        Ok(scores)
    }

    fn assess(&self, py: Python<'_>, timestamp_s: f64) -> PyResult<MotionScore> {
        let at = stream_time("timestamp_s", timestamp_s)?;
        Ok(MotionScore::of(at, &self.0.with(py, |(detector, _)| detector.assess(at))))
    }

    #[pyo3(signature = (timestamp_s, duration_s=10.0))]
    fn calibrate(&self, py: Python<'_>, timestamp_s: f64, duration_s: f64) -> PyResult<()> {
        let at = stream_time("timestamp_s", timestamp_s)?;
        if !(1.0..=600.0).contains(&duration_s) {
            return Err(value_error("duration_s", "1 to 600", duration_s));
        }
        let duration = duration("duration_s", duration_s)?;
        self.0.with(py, |(detector, _)| detector.calibrate(at, duration));
        Ok(())
    }

    fn cancel_calibration(&self, py: Python<'_>) {
        self.0.with(py, |(detector, _)| detector.cancel_calibration());
    }

    fn breathing_seen(&self, py: Python<'_>, timestamp_s: f64) -> PyResult<()> {
        let at = stream_time("timestamp_s", timestamp_s)?;
        self.0.with(py, |(detector, _)| detector.breathing_seen(at));
        Ok(())
    }

    fn reset_baseline(&self, py: Python<'_>) {
        self.0.with(py, |(detector, _)| detector.reset_baseline());
    }

    fn baselines_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |(detector, _)| to_json(&detector.baselines()))
    }

    fn restore_json(&self, py: Python<'_>, text: &str) -> PyResult<()> {
        let records: Vec<BaselineRecord> = from_json(text)?;
        let restored =
            self.0.with(py, |(detector, _)| records.into_iter().try_for_each(|record| detector.restore(record)));
        restored.map_err(|error| value_error("text", "baselines that baselines_json gave", error))
    }
}

fn one_of(field: &str, all: &[&'static str], found: &str) -> PyResult<&'static str> {
    let known = all.iter().find(|word| **word == found);
    known
        .copied()
        .ok_or_else(|| value_error(field, format_args!("one of {}", all.join(", ")), format_args!("{found:?}")))
}
