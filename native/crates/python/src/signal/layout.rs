//! One grid for every chip; see the stub.

use numpy::{Complex32, Ix2, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use ruview_signal::{BinLayout, BinOrder, CANONICAL_BINS, HardwareNormalizer as Normalizer};

use super::filters::each_row;
use crate::arrays::array_of;
use crate::error::value_error;

/// Brings samples of any chip onto 56 subcarriers.
#[pyclass(module = "wifi_densepose.signal", frozen)]
pub(crate) struct HardwareNormalizer {
    layout: BinLayout,
    normalizer: Normalizer,
}

#[pymethods]
impl HardwareNormalizer {
    #[new]
    fn new(py: Python<'_>, csi: &Bound<'_, PyAny>) -> PyResult<Self> {
        let csi = array_of::<Complex32, Ix2>("csi", csi)?;
        let (bins, samples) = (csi.shape()[1], csi.readonly().as_slice()?.to_vec());
        let layout = py.detach(|| BinLayout::learn(samples.chunks_exact(bins.max(1))));
        let normalizer = Normalizer::new(&layout)
            .ok_or_else(|| value_error("csi", "two and more subcarriers that carry the channel", "fewer"))?;
        Ok(Self { layout, normalizer })
    }

    #[getter]
    fn order(&self) -> &'static str {
        match self.layout.order() {
            BinOrder::Fft => "fft",
            BinOrder::Shifted => "shifted",
            BinOrder::Unknown => "unknown",
        }
    }

    #[getter]
    fn subcarriers(&self) -> Vec<Option<i16>> {
        self.layout.subcarriers().to_vec()
    }

    #[getter]
    fn selected(&self) -> Vec<usize> {
        self.layout.selected()
    }

    fn normalize<'py>(&self, py: Python<'py>, csi: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let bins = self.layout.subcarriers().len();
        each_row(py, csi, Some(bins), CANONICAL_BINS, |bins, grid| match self.normalizer.normalize(bins) {
            Some(amplitudes) => grid.copy_from_slice(&amplitudes),
            None => grid.fill(f32::NAN),
        })
    }

    fn __repr__(&self) -> String {
        let (bins, used) = (self.layout.subcarriers().len(), self.layout.selected().len());
        format!("HardwareNormalizer(order={:?}, n_subcarriers={bins}, n_used={used})", self.order())
    }
}
