"""The delays between attempts to connect."""

from unittest.mock import patch

import pytest

from custom_components.ruview.backoff import MAX_S, Backoff


@pytest.fixture(autouse=True)
def fast_backoff() -> None:
    """Use the real delays here."""


@pytest.mark.parametrize(("jitter", "share"), [(0.5, 0.5), (1.0, 1.0)])
def test_delays(jitter: float, share: float) -> None:
    with patch("random.uniform", return_value=jitter):
        backoff = Backoff()
        assert [backoff.next_s() for _ in range(7)] == [share * limit for limit in (1, 2, 4, 8, 16, MAX_S, MAX_S)]
        backoff.reset()
        assert backoff.next_s() == share


def test_jitter() -> None:
    delays = {Backoff().next_s() for _ in range(20)}
    assert len(delays) > 1
    assert all(0.5 <= delay <= 1 for delay in delays)
