//! What became of a file's packets.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_capture::{FileCounts, PacketKind};

use crate::error::item;

/// What a file was found to hold; see the stub.
#[pyclass(module = "wifi_densepose.capture", frozen, eq, get_all)]
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct CaptureCounts {
    packets: u64,
    first_ns: Option<i64>,
    last_ns: Option<i64>,
    reports: u64,
    csi: u64,
    segments: u64,
    incomplete_reports: u64,
    kinds: BTreeMap<String, u64>,
    rejected: BTreeMap<String, u64>,
    first_rejected: BTreeMap<String, String>,
}

impl From<&FileCounts> for CaptureCounts {
    fn from(counts: &FileCounts) -> Self {
        let of = |wanted: fn(&PacketKind) -> bool| {
            counts.kinds.iter().filter(|(kind, _)| wanted(kind)).map(|(_, packets)| packets).sum()
        };
        let rejected = || counts.rejected.iter().map(|(reason, rejection)| (reason.as_str().to_owned(), rejection));
        Self {
            packets: counts.packets,
            first_ns: counts.times_ns.map(|(first, _)| first),
            last_ns: counts.times_ns.map(|(_, last)| last),
            reports: of(|kind| matches!(kind, PacketKind::VhtReport(_) | PacketKind::HeReport(_))),
            csi: of(|kind| matches!(kind, PacketKind::NexmonCsi { .. })),
            segments: of(|kind| matches!(kind, PacketKind::ReportSegment)),
            incomplete_reports: counts.incomplete_reports,
            kinds: counts.kinds.iter().map(|(kind, packets)| (kind.to_string(), *packets)).collect(),
            rejected: rejected().map(|(reason, rejection)| (reason, rejection.packets)).collect(),
            first_rejected: rejected()
                .map(|(reason, rejection)| (reason, format!("packet {}: {}", rejection.first, rejection.message)))
                .collect(),
        }
    }
}

#[pymethods]
impl CaptureCounts {
    fn __repr__(&self) -> String {
        let Self { packets, reports, csi, incomplete_reports, .. } = self;
        let rejected: u64 = self.rejected.values().sum();
        format!(
            "CaptureCounts(packets={packets}, reports={reports}, csi={csi}, incomplete_reports={incomplete_reports}, \
             rejected={rejected})"
        )
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("packets", self.packets)?;
        dict.set_item("first_ns", self.first_ns)?;
        dict.set_item("last_ns", self.last_ns)?;
        dict.set_item("reports", self.reports)?;
        dict.set_item("csi", self.csi)?;
        dict.set_item("segments", self.segments)?;
        dict.set_item("incomplete_reports", self.incomplete_reports)?;
        dict.set_item("kinds", &self.kinds)?;
        dict.set_item("rejected", &self.rejected)?;
        dict.set_item("first_rejected", &self.first_rejected)?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict(data: &Bound<'_, PyDict>) -> PyResult<Self> {
        Ok(Self {
            packets: item(data, "packets")?,
            first_ns: item(data, "first_ns")?,
            last_ns: item(data, "last_ns")?,
            reports: item(data, "reports")?,
            csi: item(data, "csi")?,
            segments: item(data, "segments")?,
            incomplete_reports: item(data, "incomplete_reports")?,
            kinds: item(data, "kinds")?,
            rejected: item(data, "rejected")?,
            first_rejected: item(data, "first_rejected")?,
        })
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.to_dict(py)?,)))
    }
}
