"""What was built, and an empty environment for each Python that is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.fixture(scope="session")
def wheels(request: pytest.FixtureRequest) -> Path:
    folder = request.config.getoption("--wheels")
    if folder is None:
        pytest.skip("tests what was built: --wheels DIR, a folder that scripts/wheel filled")
    return Path(folder)


@pytest.fixture(scope="session")
def built(wheels: Path) -> Callable[[str], Path]:
    def find(pattern: str) -> Path:
        (found,) = wheels.glob(pattern)
        return found

    return find


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin/python"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its Python, without what the environment around it could add."""
        command = [str(self.python), "-I", "-W", "error", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Environment]:
    """Make an environment of a version of Python with what is named installed, once each."""
    known: dict[tuple[str, ...], Environment] = {}
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("environments are made by uv, which is not on PATH")

    def make(version: str, *packages: str) -> Environment:
        key = (version, *packages)
        if key not in known:
            folder = tmp_path_factory.mktemp("environment") / "venv"
            python = sys.executable if version == "{}.{}".format(*sys.version_info) else version
            made = subprocess.run(
                [uv, "venv", "--quiet", "--no-python-downloads", "--python", python, str(folder)],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                pytest.skip(f"there is no Python {version}: {made.stderr.strip()}")
            subprocess.run([uv, "pip", "install", "--quiet", "--python", str(folder), *packages], check=True)
            known[key] = Environment(folder)
        return known[key]

    return make
