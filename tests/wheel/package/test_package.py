"""The wheel's file: what it holds, what it needs, and that it works where nothing else is installed."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from .conftest import VERSIONS, Environment

PACKAGE = Path(__file__).resolve().parents[3] / "native/python/wifi_densepose"
MAX_BYTES = 5_000_000
# glibc and its parts; its loader is named after the machine.
SYSTEM_LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1"}

Built = Callable[[str], Path]
Make = Callable[..., Environment]


@pytest.fixture(scope="module")
def wheel(built: Built) -> Path:
    return built("wifi_densepose-2.*.whl")


def test_size(wheel: Path) -> None:
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
    assert wheel.stat().st_size <= MAX_BYTES


def test_it_needs_no_library_but_the_systems(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (extension,) = [name for name in archive.namelist() if ".so" in name]
        assert extension == "wifi_densepose/_core.abi3.so"
        elf = ELFFile(io.BytesIO(archive.read(extension)))
    dynamic = elf.get_section_by_name(".dynamic")
    assert isinstance(dynamic, DynamicSection)
    needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}  # type: ignore[attr-defined]
    assert "libc.so.6" in needed
    assert {name for name in needed if not name.startswith("ld-linux")} <= SYSTEM_LIBRARIES
    assert not list(dynamic.iter_tags("DT_RPATH")) + list(dynamic.iter_tags("DT_RUNPATH"))


def test_it_keeps_to_the_stable_abi(wheel: Path) -> None:
    command = [sys.executable, "-m", "abi3audit", "--strict", "--report", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    # Of the folder, what is no extension module and no trace of running it.
    files = {path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix in {".py", ".pyi", ".typed", ""}}
    expected = {path.relative_to(PACKAGE.parent).as_posix() for path in files}
    assert names == expected | {"wifi_densepose/_core.abi3.so"}


def test_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in archive.namelist())
    assert (metadata["Name"], metadata["Version"], metadata["Requires-Python"]) == ("wifi-densepose", "2.0.0", ">=3.10")
    needed = metadata.get_all("Requires-Dist") or []
    assert [line for line in needed if "extra ==" not in line] == ["numpy>=1.23"]
    assert set(metadata.get_all("Provides-Extra") or []) == {"client", "plot", "witness"}
    assert metadata["Description-Content-Type"].startswith("text/markdown")


@pytest.mark.parametrize("version", VERSIONS)
def test_it_works_with_numpy_alone(environment: Make, wheel: Path, version: str) -> None:
    fresh = environment(version, str(wheel))
    said = fresh.run("-c", "import wifi_densepose; print(wifi_densepose.__version__)")
    assert (said.stdout, said.stderr) == ("2.0.0\n", "")
    frame = "from wifi_densepose import CsiFrame; print(CsiFrame([1.0]*56,[0.0]*56,56,0,100.0))"
    assert fresh.run("-c", frame).stdout == "CsiFrame(n_subcarriers=56, sample_index=0, sample_rate_hz=100.0)\n"
    every = (
        "import pkgutil, importlib, wifi_densepose as package\n"
        "for module in pkgutil.walk_packages(package.__path__, 'wifi_densepose.'):\n"
        "    importlib.import_module(module.name)\n"
        "import sys; print(sorted({'websockets', 'paho', 'cryptography', 'matplotlib'} & set(sys.modules)))"
    )
    done = fresh.run("-c", every)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_command_works_with_numpy_alone(environment: Make, wheel: Path, tmp_path: Path) -> None:
    fresh = environment(VERSIONS[-1], str(wheel))
    command = [str(fresh.folder / "bin/wifi-densepose")]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)

    assert run("--version").stdout == "wifi-densepose 2.0.0\n"
    assert run("--help").returncode == 0
    missing = run("verify", str(tmp_path))
    assert missing.returncode == 1
    assert missing.stdout.startswith("FAIL: README.md: is missing")


def test_what_an_extra_is_missing_for_is_told(environment: Make, wheel: Path) -> None:
    fresh = environment(VERSIONS[-1], str(wheel))
    code = "from wifi_densepose.witness import generate_bundle; generate_bundle('unused')"
    assert 'pip install "wifi-densepose[witness]"' in fresh.run("-c", code).stderr


def test_the_tombstone(environment: Make, built: Built) -> None:
    fresh = environment(VERSIONS[0], str(built("wifi_densepose-1.99.0-*.whl")))
    done = fresh.run("-c", "import wifi_densepose")
    assert done.returncode == 1
    assert "ImportError: wifi-densepose 1 has ended." in done.stderr
    assert "docs/python.md#from-1x" in done.stderr


def test_the_source_distribution_is_whole(built: Built, tmp_path: Path) -> None:
    """Cargo finds every crate of the workspace that the extension needs, and none of its tests' is missed."""
    with tarfile.open(built("wifi_densepose-2.*.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    assert (root / "PKG-INFO").exists()
    command = ["cargo", "metadata", "--format-version", "1", "--quiet"]
    locked = versions(root / "Cargo.lock")
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Cargo drops from the lock file what is not needed any more; what is left is what was tested.
    assert versions(root / "Cargo.lock") <= locked


def versions(lock: Path) -> set[tuple[str, str]]:
    return set(re.findall(r'name = "(.+)"\nversion = "(.+)"', lock.read_text()))
