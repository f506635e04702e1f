"""CSI frames and their metadata."""

import wifi_densepose
from wifi_densepose import CsiFrame


def test_version() -> None:
    assert wifi_densepose.__version__ == "2.0.0"


def test_repr() -> None:
    frame = CsiFrame([1.0] * 56, [0.0] * 56, 56, 0, 100.0)
    assert repr(frame) == "CsiFrame(n_subcarriers=56, sample_index=0, sample_rate_hz=100.0)"
