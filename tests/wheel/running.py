"""A real ruview-server and a real mosquitto on free ports of 127.0.0.1, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

START_S = 20.0
# Started as root it would change to another user, which cannot read a temporary folder.
_MOSQUITTO = "user root\nlistener {port} 127.0.0.1\npersistence false\n{settings}\n"


def server_binary() -> str:
    """Find the ruview-server of SERVER_BIN, or of PATH."""
    found = os.environ.get("SERVER_BIN") or shutil.which("ruview-server")
    if not found or not Path(found).is_file():
        pytest.skip("no ruview-server: neither at SERVER_BIN nor on PATH")
    return found


def mosquitto_binary() -> str:
    """Find the mosquitto of PATH, or where Debian has it."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        pytest.skip("no mosquitto on PATH")
    return found


def free_port() -> int:
    """Find a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], object], what: str, seconds: float = START_S) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"{what}: not within {seconds:g} s")
        time.sleep(0.01)


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key, and a certificate of 127.0.0.1 that nobody trusts unless told to."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", *make, *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


class Process:
    """A child process that is ended by its own id."""

    def __init__(self, command: list[str], log: Path, stdout: int | None = None) -> None:
        """Start it, appending what it prints to `log`."""
        self.log = log
        with log.open("ab") as sink:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or sink, stderr=sink)

    def stop(self) -> None:
        """Ask it to end."""
        self.child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(START_S)
        self.kill()

    def kill(self) -> None:
        """End it without a word."""
        self.child.kill()
        self.child.wait()
        if self.child.stdout is not None:
            self.child.stdout.close()


class Server:
    """`ruview-server simulate`: what it says is computed, not measured."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Start it with its data in `folder`."""
        self.folder = folder
        self.arguments = arguments
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, at the same port as before."""
        self.folder.mkdir(exist_ok=True)
        listen = f"127.0.0.1:{self.port}"
        command = [server_binary(), "simulate", "--data-dir", str(self.folder), "--listen", listen, *self.arguments]
        self.process = Process(command, self.folder / "log", subprocess.PIPE)
        assert self.process.child.stdout is not None
        line = self.process.child.stdout.readline()
        assert line, (self.folder / "log").read_text()
        ready = json.loads(line)
        self.port = int(ready["http"].rpartition(":")[2])
        self.server_id = str(ready["server_id"])

    @property
    def url(self) -> str:
        """Its address."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """Its token."""
        return (self.folder / "token").read_text().strip()

    def stop(self) -> None:
        """Ask it to end."""
        self.process.stop()


class Mosquitto:
    """A broker, which lets everybody in unless its settings say otherwise."""

    def __init__(self, folder: Path, settings: str = "allow_anonymous true") -> None:
        """Start it with its configuration in `folder`."""
        self.folder = folder
        self.port = free_port()
        folder.mkdir(exist_ok=True)
        (folder / "mosquitto.conf").write_text(_MOSQUITTO.format(port=self.port, settings=settings))
        self.start()

    def start(self) -> None:
        """Start it, at the same port as before. It has forgotten everything."""
        command = [mosquitto_binary(), "-c", str(self.folder / "mosquitto.conf")]
        self.process = Process(command, self.folder / "log")
        wait_until(self._accepts, "mosquitto accepts connections")

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self) -> str:
        """What ruview-server calls it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Ask it to end."""
        self.process.stop()
