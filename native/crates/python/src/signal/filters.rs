//! Filters of samples and phases; see the stub.

use numpy::{Complex32, Ix1, Ix2, IxDyn, PyArray1, PyArray2, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use ruview_signal as signal;

use crate::arrays::array_of;
use crate::error::value_error;
use crate::state::State;

/// Hampel's identifier on a stream of samples.
#[pyclass(module = "wifi_densepose.signal", frozen)]
pub(crate) struct HampelFilter(State<signal::HampelFilter>);

#[pymethods]
impl HampelFilter {
    #[new]
    #[pyo3(signature = (reach=3, n_sigmas=3.0))]
    fn new(reach: usize, n_sigmas: f32) -> PyResult<Self> {
        check_hampel("reach", 1, reach, "n_sigmas", n_sigmas)?;
        Ok(Self(State::new(signal::HampelFilter::new(reach, n_sigmas))))
    }

    fn push<'py>(&self, py: Python<'py>, samples: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let samples = array_of::<f32, Ix2>("samples", samples)?;
        let (width, values) = (samples.shape()[1], samples.readonly().as_slice()?.to_vec());
        if width == 0 {
            return Err(value_error("samples", "shape [N, n_features] with features", "none"));
        }
        let filtered: Vec<f32> = self
            .0
            .with(py, |filter| values.chunks_exact(width).filter_map(|sample| filter.push(sample)).flatten().collect());
        let rows = filtered.len() / width;
        PyArray1::from_vec(py, filtered).reshape([rows, width])
    }

    fn clear(&self, py: Python<'_>) {
        self.0.with(py, signal::HampelFilter::clear);
    }
}

/// Refuses a reach below `least` or beyond 32, and what is no number of standard deviations.
pub(super) fn check_hampel(reach: &str, least: usize, value: usize, sigmas: &str, n_sigmas: f32) -> PyResult<()> {
    if !(least..=32).contains(&value) {
        return Err(value_error(reach, format_args!("{least} to 32"), value));
    }
    if !(n_sigmas.is_finite() && n_sigmas >= 0.0) {
        return Err(value_error(sigmas, "a finite number of 0 and above", n_sigmas));
    }
    Ok(())
}

/// Takes a radio's own offsets out of phases.
#[pyclass(module = "wifi_densepose.signal", frozen)]
pub(crate) struct PhaseSanitizer;

#[pymethods]
impl PhaseSanitizer {
    #[new]
    const fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "Python calls it so")]
    fn sanitize<'py>(
        &self,
        py: Python<'py>,
        csi: &Bound<'py, PyAny>,
        positions: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let positions = array_of::<i16, Ix1>("positions", positions)?.readonly().as_slice()?.to_vec();
        if positions.len() < 3 || positions.first() == positions.last() || !positions.is_sorted() {
            return Err(value_error("positions", "three and more subcarrier numbers that rise", "others"));
        }
        each_row(py, csi, Some(positions.len()), positions.len(), |bins, phases| {
            match signal::PhaseSanitizer.sanitize(bins, &positions) {
                Some(sane) => phases.copy_from_slice(&sane),
                None => phases.fill(f32::NAN),
            }
        })
    }
}

/// Gives `fill` each of the rows of `csi`, `[n_bins]` or `[N, n_bins]`, and room for `width` numbers that it makes of it;
/// with the interpreter released.
pub(super) fn each_row<'py>(
    py: Python<'py>,
    csi: &Bound<'py, PyAny>,
    n_bins: Option<usize>,
    width: usize,
    fill: impl Fn(&[Complex32], &mut [f32]) + Sync,
) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
    let csi = array_of::<Complex32, IxDyn>("csi", csi)?;
    let mut shape = csi.shape().to_vec();
    let bins = shape.last().copied().unwrap_or(0);
    if !(1..=2).contains(&shape.len()) || bins == 0 || n_bins.is_some_and(|expected| expected != bins) {
        let expected = n_bins.map_or_else(|| "n_bins".to_owned(), |bins| bins.to_string());
        let expected = format!("shape [{expected}] or [N, {expected}]");
        return Err(value_error("csi", expected, format_args!("{shape:?}")));
    }
    let samples = csi.readonly().as_slice()?.to_vec();
    let rows = py.detach(|| {
        let mut rows = vec![0.0; samples.len() / bins * width];
        for (bins, row) in samples.chunks_exact(bins).zip(rows.chunks_exact_mut(width)) {
            fill(bins, row);
        }
        rows
    });
    if let Some(last) = shape.last_mut() {
        *last = width;
    }
    PyArray1::from_vec(py, rows).reshape(shape)
}
