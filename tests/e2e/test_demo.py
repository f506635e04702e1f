"""The demo itself, as a newcomer runs it."""

import asyncio
import os
import re
import sys
from pathlib import Path

from devkit.paths import ROOT


async def test_headless_demo(tmp_path: Path) -> None:
    """It ends by itself with exit code 0, tells what happens, and leaves a screenshot."""
    screenshot = tmp_path / "demo.png"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "devkit.demo", "--headless", "--seconds", "30", "--screenshot", str(screenshot)),
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    output = (await asyncio.wait_for(process.communicate(), 150))[0].decode()
    assert process.returncode == 0, output
    assert "All data is simulated" in output
    assert re.search(r"Presence\s+on", output), output
    assert screenshot.stat().st_size > 20_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.png"]
