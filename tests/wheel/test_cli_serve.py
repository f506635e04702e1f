"""`wifi-densepose serve` with the real `ruview-server`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running import server_binary
from wifi_densepose.cli import main, serve


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server on PATH, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ruview-server").symlink_to(server_binary())
    monkeypatch.setenv("PATH", str(folder))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "wifi_densepose.cli", "serve", *arguments]


@pytest.mark.usefixtures("on_path")
def test_it_becomes_the_server(tmp_path: Path) -> None:
    arguments = ["--", "simulate", "--data-dir", str(tmp_path / "data"), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        assert ready["event"] == "ready"
        # The process is the server itself.
        assert int((tmp_path / "data" / "lock").read_text()) == child.pid
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0


@pytest.mark.usefixtures("on_path")
@pytest.mark.parametrize("dashes", [[], ["--"]])
def test_arguments_and_exit_status_are_passed_on(dashes: list[str]) -> None:
    version = subprocess.run(command(*dashes, "version"), check=True, capture_output=True, text=True)
    assert version.stdout.startswith("ruview-server ")
    wrong = subprocess.run(command(*dashes, "run", "--no-such-option"), check=False, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "--no-such-option" in wrong.stderr


@pytest.mark.usefixtures("on_path")
def test_where_programs_cannot_be_become_it_is_run(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "execv", None)
    monkeypatch.setattr(serve, "_BECOMES", False)
    assert main(["serve", "--", "version"]) == 0
    assert capfd.readouterr().out.startswith("ruview-server ")
    assert main(["serve", "--", "run", "--no-such-option"]) == 1


def test_without_a_server_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["serve"]) == 2
    error = capsys.readouterr().err
    assert "ruview-server is not on PATH" in error
    assert "docs/install.md" in error


def test_a_server_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "ruview-server"
    program.write_bytes(b"\x7fELF, but not really")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["serve"]) == 2
    assert "Exec format error" in capsys.readouterr().err
