"""What docs/python.md shows works, on recordings of others where it names one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from wifi_densepose.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared/data"
RECORDINGS = {"resp_6rpm.npz": "breath_esp32_pulse", "11ac_SU_3x1_40.pcapng": "cbfr"}
EXAMPLES = ROOT / "native/python/examples"
PAGE = (ROOT / "docs/python.md").read_text()
BLOCKS = re.findall(r"```python\n(.+?)```\n(?:\n```\n(.+?)```)?", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_runs(number: int, tmp_path: Path) -> None:
    code, shown = BLOCKS[number]
    if "ws://" in code:
        compile(code, "docs/python.md", "exec")
        return
    for name, folder in RECORDINGS.items():
        if name in code or "readings" in code:
            if not (DATA / folder / name).exists():
                pytest.skip(f"no recordings at {DATA}")
            (tmp_path / name).symlink_to(DATA / folder / name)
    # A block may go on where an earlier one ended.
    before = BLOCKS[0][0] if code.startswith("for reading in readings") else ""
    done = subprocess.run(
        [sys.executable, "-c", before + code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if shown:
        assert done.stdout == shown


def test_every_command_is_described() -> None:
    assert set(re.findall(r"^\| `wifi-densepose (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize(
    ("example", "arguments", "shows"),
    [
        ("breathing.py", ["breath_esp32_pulse/resp_6rpm.npz"], "6.0 breaths/min"),
        ("feedback.py", ["cbfr/11ac_SU_3x1_40.pcapng"], "stability"),
        ("rooms.py", [], "binary_sensor."),
    ],
)
def test_an_example_runs(example: str, arguments: list[str], shows: str) -> None:
    files = [DATA / argument for argument in arguments]
    if not all(file.exists() for file in files):
        pytest.skip(f"no recordings at {DATA}")
    command = [sys.executable, str(EXAMPLES / example), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert shows in done.stdout
