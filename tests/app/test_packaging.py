"""The service for Raspberry Pi OS and Debian: what its installer puts where, and how narrow the service is."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from devkit.paths import ROOT, server_binary

PACKAGING = ROOT / "packaging"
# What `systemd-analyze security` calls the service at most, in tenths: under 5 is "OK".
MOST_EXPOSURE = 30


def install(root: Path, *options: str | Path) -> None:
    """Install below a folder, which starts nothing."""
    command: list[str | Path] = [PACKAGING / "install", "--root", root, "--server", server_binary(), *options]
    subprocess.run(command, check=True, capture_output=True)


def test_installs_what_runs(tmp_path: Path) -> None:
    install(tmp_path)
    service = (tmp_path / "etc/systemd/system/ruview-server.service").read_text()
    [start] = [line for line in service.splitlines() if line.startswith("ExecStart=")]
    program, *arguments = start.removeprefix("ExecStart=").split()
    placed = tmp_path / program.lstrip("/")
    assert placed.read_bytes() == server_binary().read_bytes()
    settings = tmp_path / arguments[arguments.index("--config") + 1].lstrip("/")
    said = yaml.safe_load(settings.read_text())
    assert said == {"listen": "0.0.0.0:3000", "udp_bind": "0.0.0.0:5005"}
    subprocess.run([placed, "config", "check", settings], check=True, capture_output=True)
    assert not (tmp_path / "etc/systemd/system/ruview-server.service.d").exists()


def test_an_update_keeps_settings(tmp_path: Path) -> None:
    install(tmp_path)
    settings = tmp_path / "etc/ruview/ruview.yaml"
    settings.write_text("udp_allow: [192.168.1.0/24]\n")
    install(tmp_path, "--monitor")
    assert settings.read_text() == "udp_allow: [192.168.1.0/24]\n"
    assert "CAP_NET_RAW" in (tmp_path / "etc/systemd/system/ruview-server.service.d/monitor.conf").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there")
@pytest.mark.parametrize("options", [(), ("--monitor",)])
def test_the_service_is_narrow(tmp_path: Path, options: tuple[str, ...]) -> None:
    install(tmp_path, *options)
    judge = ["systemd-analyze", "security", "--offline=true", f"--root={tmp_path}", f"--threshold={MOST_EXPOSURE}"]
    judged = subprocess.run([*judge, "ruview-server.service"], check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout


def test_an_unknown_option_installs_nothing(tmp_path: Path) -> None:
    command: list[str | Path] = [PACKAGING / "install", "--root", tmp_path, "--sever", "x"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    assert list(tmp_path.iterdir()) == []
