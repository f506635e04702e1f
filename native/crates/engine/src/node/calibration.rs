//! How a requested calibration ends: every one that was begun is told to have ended, once, whatever ended it. Whoever asked
//! cannot know otherwise: an entity that shows what it showed before says nothing of a calibration that came to nothing.

use homecore::Attributes;
use ruview_signal::CalibrationJob;
use serde_json::{Value, json};

use super::reading::refusal;

/// How a calibration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// This version of the baseline counts now.
    Learnt(u32),
    /// The room was not fit to be learnt, for this reason.
    Refused(&'static str),
    /// Nobody can say any more what came of it, for this reason.
    Aborted(&'static str),
    /// Somebody wanted it no more.
    Cancelled,
}

/// The node sends no CSI any more.
pub(super) const NODE_SILENT: &str = "node_silent";
/// What was learnt was forgotten meanwhile, perhaps with the node.
pub(super) const FORGOTTEN: &str = "forgotten";

impl Ending {
    /// The data of the event that tells it.
    pub(super) fn data(self) -> Attributes {
        let (outcome, reason, version) = match self {
            Self::Learnt(version) => ("learnt", None, Some(version)),
            Self::Refused(reason) => ("refused", Some(reason), None),
            Self::Aborted(reason) => ("aborted", Some(reason), None),
            Self::Cancelled => ("cancelled", None, None),
        };
        let mut data = Attributes::new();
        data.insert("outcome".into(), outcome.into());
        data.insert("reason".into(), reason.map_or(Value::Null, |reason| json!([reason])));
        data.insert("version".into(), version.into());
        data
    }
}

/// Whether a calibration was begun whose end was not told yet.
#[derive(Debug, Default)]
pub(super) struct Pending(bool);

impl Pending {
    /// One was begun, perhaps in place of another.
    pub(super) fn begin(&mut self) {
        self.0 = true;
    }

    /// Ends the one that was begun, if there is one.
    pub(super) fn end(&mut self, ending: Ending) -> Option<Ending> {
        std::mem::take(&mut self.0).then_some(ending)
    }

    /// Looks at how it goes.
    pub(super) fn look(&mut self, job: Option<CalibrationJob>) -> Option<Ending> {
        match job {
            Some(CalibrationJob::Running { .. }) => None,
            Some(CalibrationJob::Finished { version }) => self.end(Ending::Learnt(version)),
            Some(CalibrationJob::Refused(why)) => self.end(Ending::Refused(refusal(why))),
            None => self.end(Ending::Aborted(FORGOTTEN)),
        }
    }
}
