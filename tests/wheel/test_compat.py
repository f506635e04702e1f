"""Who comes from version 1 is told where to go."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from wifi_densepose.compat import MIGRATION_GUIDE, MigrationError, v1

TOMBSTONE = Path(__file__).resolve().parents[2] / "native/tombstone"


@pytest.mark.parametrize("name", [*v1.SUCCESSORS, "SomethingElse"])
def test_every_old_name_says_what_took_its_place(name: str) -> None:
    with pytest.raises(MigrationError, match=name) as raised:
        getattr(v1, name)
    assert MIGRATION_GUIDE in str(raised.value)
    assert v1.SUCCESSORS.get(name, "see the guide") in str(raised.value)


def test_from_import_says_it_too() -> None:
    with pytest.raises(MigrationError):
        exec("from wifi_densepose.compat.v1 import CSIProcessor")


def test_what_is_named_as_a_successor_exists() -> None:
    for successor in v1.SUCCESSORS.values():
        name = successor.split(",")[0]
        if name.startswith("wifi_densepose."):
            module, _, attribute = name.rpartition(".")
            assert hasattr(import_module(module), attribute), name


def test_the_tombstone_raises_with_the_address() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wifi_densepose"],
        env={"PYTHONPATH": str(TOMBSTONE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ImportError: wifi-densepose 1 has ended." in done.stderr
    assert MIGRATION_GUIDE in done.stderr
