//! The MIMO Control field of a report.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use ruview_wire::cbfr::{
    AngleKind, Bandwidth, Codebook, FeedbackType, Grouping, MimoControl as Control, Phy, RuRange, Tones, order,
};

use crate::error::{value_error, wire_error};

/// The shape of a report; see the stub.
#[pyclass(module = "wifi_densepose.bfi", frozen, eq, hash, from_py_object)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MimoControl(pub(super) Control);

#[pymethods]
impl MimoControl {
    #[new]
    #[pyo3(signature = (phy, n_rows, n_cols, bandwidth_mhz, grouping, codebook, feedback, token=0, rus=None, disallowed=None))]
    #[expect(clippy::too_many_arguments, reason = "as many as the field has")]
    fn new(
        py: Python<'_>,
        phy: &str,
        n_rows: u8,
        n_cols: u8,
        bandwidth_mhz: u16,
        grouping: u8,
        codebook: u8,
        feedback: &str,
        token: u8,
        rus: Option<[u8; 2]>,
        disallowed: Option<u8>,
    ) -> PyResult<Self> {
        let bandwidth = Bandwidth::ALL.into_iter().find(|bandwidth| bandwidth.mhz() == bandwidth_mhz);
        let bandwidth = bandwidth.ok_or_else(|| value_error("bandwidth_mhz", "20, 40, 80 or 160", bandwidth_mhz))?;
        let phy = match phy {
            "VHT" => Phy::Vht,
            "HE" => {
                let full = RuRange::full(bandwidth);
                let [start, end] = rus.unwrap_or([full.start, full.end]);
                Phy::He { rus: RuRange { start, end }, disallowed }
            }
            other => return Err(value_error("phy", "'VHT' or 'HE'", format_args!("{other:?}"))),
        };
        let grouping = match grouping {
            1 => Grouping::Ng1,
            2 => Grouping::Ng2,
            4 => Grouping::Ng4,
            16 => Grouping::Ng16,
            other => return Err(value_error("grouping", "1, 2, 4 or 16", other)),
        };
        let codebook = match codebook {
            0 => Codebook::Coarse,
            1 => Codebook::Fine,
            other => return Err(value_error("codebook", "0 or 1", other)),
        };
        let feedback = match feedback {
            "SU" => FeedbackType::Su,
            "MU" => FeedbackType::Mu,
            other => return Err(value_error("feedback", "'SU' or 'MU'", format_args!("{other:?}"))),
        };
        if !(1..=8).contains(&n_rows) {
            return Err(value_error("n_rows", "1 to 8", n_rows));
        }
        if !(1..=n_rows).contains(&n_cols) {
            return Err(value_error("n_cols", format_args!("1 to {n_rows} (n_rows)"), n_cols));
        }
        let (remaining_segments, first_segment) = (0, true);
        let (nr, nc) = (n_rows, n_cols);
        let control =
            Control { phy, nc, nr, bandwidth, grouping, codebook, feedback, remaining_segments, first_segment, token };
        // What the field cannot say, the builder refuses.
        control.build().map_err(|refusal| wire_error(py, &refusal))?;
        Ok(Self(control))
    }

    #[getter]
    const fn phy(&self) -> &'static str {
        match self.0.phy {
            Phy::Vht => "VHT",
            Phy::He { .. } => "HE",
        }
    }

    #[getter]
    const fn n_rows(&self) -> u8 {
        self.0.nr
    }

    #[getter]
    const fn n_cols(&self) -> u8 {
        self.0.nc
    }

    #[getter]
    pub(super) const fn bandwidth_mhz(&self) -> u16 {
        self.0.bandwidth.mhz()
    }

    #[getter]
    const fn grouping(&self) -> u8 {
        match self.0.grouping {
            Grouping::Ng1 => 1,
            Grouping::Ng2 => 2,
            Grouping::Ng4 => 4,
            Grouping::Ng16 => 16,
        }
    }

    #[getter]
    const fn codebook(&self) -> u8 {
        match self.0.codebook {
            Codebook::Coarse => 0,
            Codebook::Fine => 1,
        }
    }

    #[getter]
    const fn feedback(&self) -> &'static str {
        match self.0.feedback {
            FeedbackType::Su => "SU",
            FeedbackType::Mu => "MU",
            FeedbackType::Cqi => "CQI",
        }
    }

    #[getter]
    pub(super) const fn token(&self) -> u8 {
        self.0.token
    }

    #[getter]
    const fn rus(&self) -> Option<(u8, u8)> {
        match self.0.phy {
            Phy::Vht => None,
            Phy::He { rus, .. } => Some((rus.start, rus.end)),
        }
    }

    #[getter]
    const fn disallowed(&self) -> Option<u8> {
        match self.0.phy {
            Phy::Vht => None,
            Phy::He { disallowed, .. } => disallowed,
        }
    }

    #[getter]
    const fn phi_bits(&self) -> u8 {
        self.0.angle_widths().phi
    }

    #[getter]
    const fn psi_bits(&self) -> u8 {
        self.0.angle_widths().psi
    }

    #[getter]
    fn angle_names(&self) -> Vec<String> {
        let name = |kind| if kind == AngleKind::Phi { "phi" } else { "psi" };
        order(self.0.nr, self.0.nc).map(|angle| format!("{}{}{}", name(angle.kind), angle.row, angle.column)).collect()
    }

    fn tones<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i16>> {
        Tones::of(&self.0).iter().collect::<Vec<_>>().into_pyarray(py)
    }

    pub(super) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("phy", self.phy())?;
        dict.set_item("n_rows", self.n_rows())?;
        dict.set_item("n_cols", self.n_cols())?;
        dict.set_item("bandwidth_mhz", self.bandwidth_mhz())?;
        dict.set_item("grouping", self.grouping())?;
        dict.set_item("codebook", self.codebook())?;
        dict.set_item("feedback", self.feedback())?;
        dict.set_item("token", self.token())?;
        dict.set_item("rus", self.rus().map(|(start, end)| [start, end].map(u16::from)))?;
        dict.set_item("disallowed", self.disallowed())?;
        Ok(dict)
    }

    #[staticmethod]
    pub(super) fn from_dict<'py>(data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        data.py().get_type::<Self>().call((), Some(data))
    }

    pub(super) fn __repr__(&self) -> String {
        format!(
            "MimoControl({}, {}x{}, {} MHz, Ng {}, codebook {}, {}, token {})",
            self.phy(),
            self.n_rows(),
            self.n_cols(),
            self.bandwidth_mhz(),
            self.grouping(),
            self.codebook(),
            self.feedback(),
            self.token()
        )
    }

    fn __reduce__<'py>(slf: PyRef<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let py = slf.py();
        Ok((py.get_type::<Self>().getattr("from_dict")?, (slf.to_dict(py)?,)))
    }
}
