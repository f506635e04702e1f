"""Options of the wheel's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--wheels", type=Path, help="folder with what scripts/wheel built: its files are tested too")
