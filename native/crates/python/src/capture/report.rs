//! One report out of a capture file.

use numpy::ndarray::{Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_core::{Complex32, MacAddress};
use ruview_wire::cbfr::{CbfrReport, ReceivedReport, TailNote, Tones, n_angles, order, snr};
use ruview_wire::dot11::Fcs;

use super::control::MimoControl;
use crate::arrays::freeze;
use crate::bfi::BfldFrame;
use crate::error::{item, value_error, wire_error};

/// A report as it is before Python has it.
pub(super) struct Decoded {
    about: About,
    report: CbfrReport,
    v: Vec<Complex32>,
}

/// What is known of a report beside what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
struct About {
    at_ns: Option<i64>,
    /// To whom, from whom, and in which network.
    beamformer: MacAddress,
    beamformee: MacAddress,
    bssid: MacAddress,
    sequence: u16,
    rssi_dbm: Option<i8>,
    noise_floor_dbm: Option<i8>,
    frequency_mhz: Option<u16>,
    fcs_checked: bool,
}

impl Decoded {
    pub(super) fn of(at_ns: Option<i64>, received: ReceivedReport) -> Self {
        let ReceivedReport { header, info, report, .. } = received;
        let about = About {
            at_ns,
            beamformer: header.receiver,
            beamformee: header.transmitter,
            bssid: header.bssid,
            sequence: header.sequence,
            rssi_dbm: info.rssi_dbm,
            noise_floor_dbm: info.noise_floor_dbm,
            frequency_mhz: info.frequency_mhz,
            fcs_checked: info.fcs == Fcs::Present,
        };
        Self { v: report.v(), about, report }
    }

    /// Numbers that it holds.
    pub(super) fn size(&self) -> usize {
        self.v.len()
    }
}

/// A decoded report; see the stub.
#[pyclass(module = "wifi_densepose.bfi", frozen)]
pub(crate) struct BeamformingReport {
    about: About,
    control: MimoControl,
    tail_note: Option<TailNote>,
    tones: Tones,
    snr_codes: Vec<i8>,
    delta_snr_db: Option<Vec<i8>>,
    codes: Py<PyArray2<u16>>,
    v: Py<PyArray3<Complex32>>,
}

impl BeamformingReport {
    pub(super) fn of(py: Python<'_>, Decoded { about, report, v }: Decoded) -> PyResult<Self> {
        let CbfrReport { control, tones, snr_codes, codes, delta_snr_db, tail_note } = report;
        let n_tones = tones.len();
        let n_angles = codes.len().checked_div(n_tones).unwrap_or(0);
        let codes = PyArray1::from_vec(py, codes).reshape([n_tones, n_angles])?;
        let v = PyArray1::from_vec(py, v).reshape([n_tones, control.nr.into(), control.nc.into()])?;
        freeze(codes.as_any())?;
        freeze(v.as_any())?;
        let control = MimoControl(control);
        Ok(Self { about, control, tail_note, tones, snr_codes, delta_snr_db, codes: codes.unbind(), v: v.unbind() })
    }
}

#[pymethods]
impl BeamformingReport {
    #[getter]
    const fn timestamp_ns(&self) -> Option<i64> {
        self.about.at_ns
    }

    #[getter]
    fn timestamp_s(&self) -> Option<f64> {
        self.about.at_ns.map(|ns| ns as f64 / 1e9)
    }

    #[getter]
    fn beamformer(&self) -> String {
        self.about.beamformer.in_full().to_string()
    }

    #[getter]
    fn beamformee(&self) -> String {
        self.about.beamformee.in_full().to_string()
    }

    #[getter]
    fn bssid(&self) -> String {
        self.about.bssid.in_full().to_string()
    }

    #[getter]
    const fn sequence(&self) -> u16 {
        self.about.sequence
    }

    #[getter]
    const fn rssi_dbm(&self) -> Option<i8> {
        self.about.rssi_dbm
    }

    #[getter]
    const fn noise_floor_dbm(&self) -> Option<i8> {
        self.about.noise_floor_dbm
    }

    #[getter]
    const fn frequency_mhz(&self) -> Option<u16> {
        self.about.frequency_mhz
    }

    #[getter]
    const fn fcs_checked(&self) -> bool {
        self.about.fcs_checked
    }

    #[getter]
    const fn control(&self) -> MimoControl {
        self.control
    }

    #[getter]
    fn tones<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i16>> {
        self.tones.iter().collect::<Vec<_>>().into_pyarray(py)
    }

    #[getter]
    fn codes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u16>> {
        self.codes.bind(py).clone()
    }

    #[getter]
    fn angles<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let codes = self.codes.bind(py).readonly();
        let codes = codes.as_array();
        let control = self.control.0;
        let widths = control.angle_widths();
        let mut angles = Array2::zeros(codes.dim());
        for ((mut of_angle, codes), angle) in
            angles.columns_mut().into_iter().zip(codes.columns()).zip(order(control.nr, control.nc))
        {
            of_angle.zip_mut_with(&codes, |radians, &code| *radians = widths.radians(angle.kind, code));
        }
        angles.into_pyarray(py)
    }

    #[getter]
    fn v<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray3<Complex32>> {
        self.v.bind(py).clone()
    }

    #[getter]
    fn snr_db<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.snr_codes.iter().map(|&code| snr::average_db(code)).collect::<Vec<_>>().into_pyarray(py)
    }

    #[getter]
    fn delta_snr_db<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<i8>>>> {
        let streams = usize::from(self.control.0.nc);
        let array = self.delta_snr_db.clone().map(|deltas| {
            let tones = deltas.len() / streams;
            PyArray1::from_vec(py, deltas).reshape([tones, streams])
        });
        array.transpose()
    }

    #[getter]
    fn delta_snr_tones<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyArray1<i16>>> {
        let tones = Tones::of_delta_snr(&self.control.0, self.tones);
        self.delta_snr_db.is_some().then(|| tones.iter().collect::<Vec<_>>().into_pyarray(py))
    }

    #[getter]
    const fn odd_tail(&self) -> Option<(usize, usize)> {
        match self.tail_note {
            None => None,
            Some(TailNote::Extra { octets }) => Some((0, octets)),
            Some(TailNote::DeltaSnr { expected, found }) => Some((expected, found)),
        }
    }

    fn frame(&self, py: Python<'_>) -> PyResult<BfldFrame> {
        let at_ns = self.about.at_ns.ok_or_else(|| value_error("timestamp_ns", "a time", "none"))?;
        let timestamp_ms = u64::try_from(at_ns.div_euclid(1_000_000))
            .map_err(|_| value_error("timestamp_ns", "a time since 1970", at_ns))?;
        let v = self.v.bind(py).readonly();
        let matrix: Array3<Complex32> = v.as_array().permuted_axes([1, 2, 0]).as_standard_layout().into_owned();
        BfldFrame::from_compressed_feedback(
            timestamp_ms,
            self.control.token().into(),
            self.beamformee().into_pyobject(py)?.as_any(),
            self.control.bandwidth_mhz(),
            self.tones.len() as u16,
            matrix.into_pyarray(py).as_any(),
        )
    }

    fn __repr__(&self) -> String {
        let at = self.timestamp_s().map_or_else(|| "None".to_owned(), |at| format!("{at:.6}"));
        let About { beamformer, beamformee, .. } = self.about;
        format!(
            "BeamformingReport(timestamp_s={at}, beamformer='{beamformer}', beamformee='{beamformee}', {}, {} tones)",
            self.control.__repr__(),
            self.tones.len()
        )
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            (self.about, self.control, self.tail_note, self.tones)
                == (other.about, other.control, other.tail_note, other.tones)
                && self.snr_codes == other.snr_codes
                && self.delta_snr_db == other.delta_snr_db
                && self.codes.bind(py).readonly().as_array() == other.codes.bind(py).readonly().as_array()
        })
    }

    /// All but what follows from it: V, angles, tones.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("timestamp_ns", self.about.at_ns)?;
        dict.set_item("beamformer", self.beamformer())?;
        dict.set_item("beamformee", self.beamformee())?;
        dict.set_item("bssid", self.bssid())?;
        dict.set_item("sequence", self.about.sequence)?;
        dict.set_item("rssi_dbm", self.about.rssi_dbm)?;
        dict.set_item("noise_floor_dbm", self.about.noise_floor_dbm)?;
        dict.set_item("frequency_mhz", self.about.frequency_mhz)?;
        dict.set_item("fcs_checked", self.about.fcs_checked)?;
        dict.set_item("control", self.control.to_dict(py)?)?;
        dict.set_item("snr_codes", &self.snr_codes)?;
        dict.set_item("codes", self.codes.bind(py).call_method0("tolist")?)?;
        dict.set_item("delta_snr_db", &self.delta_snr_db)?;
        dict.set_item("odd_tail", self.odd_tail().map(|(expected, found)| [expected, found]))?;
        Ok(dict)
    }

    #[staticmethod]
    fn from_dict(data: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = data.py();
        let control: Bound<'_, PyDict> = item(data, "control")?;
        let control = MimoControl::from_dict(&control)?.cast::<MimoControl>()?.get().0;
        let codes: Vec<Vec<u16>> = item(data, "codes")?;
        let tones = Tones::of_len(&control, codes.len())
            .ok_or_else(|| value_error("codes", "as many rows as the report has tones", codes.len()))?;
        let angles = n_angles(control.nr, control.nc);
        if let Some(row) = codes.iter().find(|row| row.len() != angles) {
            return Err(value_error("codes", format_args!("rows of {angles} codes"), row.len()));
        }
        let delta_snr_db: Option<Vec<i8>> = item(data, "delta_snr_db")?;
        let odd_tail: Option<(usize, usize)> = item::<Option<[usize; 2]>>(data, "odd_tail")?.map(Into::into);
        let tail_note = odd_tail.map(|(expected, found)| match expected {
            0 => TailNote::Extra { octets: found },
            expected => TailNote::DeltaSnr { expected, found },
        });
        let snr_codes = item(data, "snr_codes")?;
        let codes = codes.concat();
        let report = CbfrReport { control, tones, snr_codes, codes, delta_snr_db, tail_note };
        check(py, &report)?;
        let about = About {
            at_ns: item(data, "timestamp_ns")?,
            beamformer: address(data, "beamformer")?,
            beamformee: address(data, "beamformee")?,
            bssid: address(data, "bssid")?,
            sequence: item(data, "sequence")?,
            rssi_dbm: item(data, "rssi_dbm")?,
            noise_floor_dbm: item(data, "noise_floor_dbm")?,
            frequency_mhz: item(data, "frequency_mhz")?,
            fcs_checked: item(data, "fcs_checked")?,
        };
        Self::of(py, Decoded { v: report.v(), about, report })
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.to_dict(py)?,)))
    }
}

/// That a report can be what its parts say.
fn check(py: Python<'_>, report: &CbfrReport) -> PyResult<()> {
    // Differences that could not be read are not there, and the builder wants them.
    let mut whole = report.clone();
    if let Some(TailNote::DeltaSnr { .. }) = report.tail_note {
        let tones = Tones::of_delta_snr(&report.control, report.tones).len();
        whole.delta_snr_db = Some(vec![0; tones * usize::from(report.control.nc)]);
    }
    whole.build().map(drop).map_err(|refusal| wire_error(py, &refusal))
}

fn address(data: &Bound<'_, PyDict>, name: &str) -> PyResult<MacAddress> {
    let text: String = item(data, name)?;
    text.parse().map_err(|error| PyValueError::new_err(format!("{name}: {error}, found other text")))
}
