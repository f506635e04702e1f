"""The wheel for Python programs, as the benchmarks take it."""

import subprocess
import sys
from pathlib import Path

from devkit.paths import ROOT


def built_wheel(folder: Path) -> Path:
    """Build the wheel for this machine alone, and return its file."""
    subprocess.run([ROOT / "scripts" / "wheel", folder, "--compatibility", "linux"], check=True, stdout=sys.stderr)
    [wheel] = folder.glob("wifi_densepose-2*.whl")
    return wheel
