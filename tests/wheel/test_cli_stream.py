"""`wifi-densepose stream` with a real server that simulates."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Server, free_port, own_certificate, wait_until
from wifi_densepose.cli import main
from wifi_densepose.cli._streaming import Lines, show_json
from wifi_densepose.client.sensing import parse_sensing
from wifi_densepose.client.ws import Disconnected, InvalidMessage, Missed, Reconnected, UnknownMessage

GOLDEN = Path(__file__).parents[1] / "golden" / "ws_sensing"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Run a server that simulates."""
    running = Server(tmp_path / "server")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def ctrl_c() -> None:
    """Let children hear Ctrl-C: what a shell starts in the background does not, and passes that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Stream:
    """A running `wifi-densepose stream`, and what it has printed."""

    def __init__(self, folder: Path, *arguments: str, token: str | None = None) -> None:
        """Start it."""
        self.out, self.err = folder / "out", folder / "err"
        command = [sys.executable, "-m", "wifi_densepose.cli", "stream", *arguments]
        environment = {key: value for key, value in os.environ.items() if key != "RUVIEW_TOKEN"}
        if token is not None:
            environment["RUVIEW_TOKEN"] = token
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.child = subprocess.Popen(command, stdout=out, stderr=err, env=environment)

    def wait_for(self, text: str, *, in_errors: bool = False) -> None:
        """Wait until it has printed this."""
        log = self.err if in_errors else self.out

        def is_there() -> bool:
            assert self.child.poll() is None, self.err.read_text()
            return text in log.read_text()

        wait_until(is_there, text)

    def interrupt(self) -> int:
        """Press Ctrl-C."""
        self.child.send_signal(signal.SIGINT)
        return self.child.wait(10)

    def end(self) -> None:
        """End it in any case."""
        self.child.kill()
        self.child.wait()


def test_lines_until_ctrl_c(server: Server, tmp_path: Path) -> None:
    stream = Stream(tmp_path, server.url, "--token-file", str(server.folder / "token"))
    try:
        stream.wait_for("node_1  ")
        stream.wait_for("the data is simulated", in_errors=True)
        assert stream.interrupt() == 130
    finally:
        stream.end()
    assert "dBm" in stream.out.read_text()
    errors = stream.err.read_text()
    assert errors.startswith("wifi-densepose: connected to RuView, version ")
    assert "Traceback" not in errors
    assert server.token not in errors


def test_json_over_a_restart_of_the_server(server: Server, tmp_path: Path) -> None:
    stream = Stream(tmp_path, server.url, "--json", token=server.token)
    try:
        stream.wait_for('"edge_vitals"')
        server.stop()
        stream.wait_for('{"type": "disconnected", "reason": "the server closed the connection with code 1001')
        server.start()
        stream.wait_for('{"type": "reconnected", "gap_s": ')
        assert stream.interrupt() == 130
    finally:
        stream.end()
    types = [json.loads(line)["type"] for line in stream.out.read_text().splitlines()]
    assert {"edge_vitals", "sensing_update", "disconnected", "reconnected"} <= set(types)


def test_lines_over_a_restart_of_the_server(server: Server, tmp_path: Path) -> None:
    stream = Stream(tmp_path, server.url, "--token", server.token)
    try:
        stream.wait_for("node_1")
        server.stop()
        stream.wait_for("trying again", in_errors=True)
        server.start()
        stream.wait_for("connected again; nothing is known of", in_errors=True)
    finally:
        stream.end()


def test_tls(tmp_path: Path) -> None:
    key, certificate = own_certificate(tmp_path)
    server = Server(tmp_path / "server", "--tls-cert", str(certificate), "--tls-key", str(key))
    stream = None
    try:
        url = server.url.replace("ws:", "wss:")
        stream = Stream(tmp_path, url, "--ca", str(certificate), token=server.token)
        stream.wait_for("node_1")
    finally:
        if stream is not None:
            stream.end()
        server.stop()


def test_who_reads_its_output_may_go(server: Server) -> None:
    command = [sys.executable, "-m", "wifi_densepose.cli", "stream", server.url, "--json", "--token", server.token]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.readline()
        child.stdout.close()
        assert child.wait(10) == 0
        assert b"Traceback" not in child.stderr.read()


@pytest.mark.parametrize("token", ["wrong", None])
def test_a_wrong_token(
    server: Server, token: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUVIEW_TOKEN", raising=False)
    arguments = ["stream", server.url] if token is None else ["stream", server.url, "--token", token]
    assert main(arguments) == 2
    assert "token" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([f"ws://127.0.0.1:{free_port()}"], "wifi-densepose: "),
        (["ftp://host"], "url: expected ws://HOST:PORT"),
        (["--token-file", "/nowhere"], "No such file or directory"),
        (["wss://127.0.0.1", "--ca", "/nowhere"], "No such file or directory"),
        (["ws://127.0.0.1", "--ca", __file__], "wifi-densepose: "),
    ],
)
def test_what_is_not_possible(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stream", *arguments]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    frames = [
        json.loads((GOLDEN / f"{name}.json").read_text()) for name in ("edge_vitals", "sensing_update", "pose_data")
    ]
    nothing: dict[str, Any] = dict.fromkeys(frames[0]) | {
        "type": "edge_vitals",
        "fall_detected": True,
        "node_id": "\x1b[2J",
    }
    for frame in [*frames, frames[1], nothing]:
        lines.show(parse_sensing(json.dumps(frame)))
    lines.show(Missed(3, "seconds"))
    lines.show(UnknownMessage("new\x07", {}))
    lines.show(InvalidMessage("frame: expected JSON", "x"))
    captured = capsys.readouterr()
    assert [line.partition("  ")[2] for line in captured.out.splitlines()] == [
        "node_1  present still   persons 1  breathing 14.0/min  heart -/min  motion 0.0021  -52 dBm",
        "zones  zone_bedroom_bed occupied",
        "node_1  poses: 1",
        "?[2J  -       -       persons -  breathing -/min  heart -/min  motion -  - dBm  FALL",
    ]
    assert captured.err.splitlines() == [
        "wifi-densepose: the data is live",
        "wifi-densepose: missed 3 seconds",
        "wifi-densepose: a message of a type that this version does not know: new?",
        "wifi-densepose: a message that is wrong: frame: expected JSON",
    ]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    frame = json.loads((GOLDEN / "sensing_update.json").read_text())
    shown = [
        parse_sensing(json.dumps(frame)),
        UnknownMessage("new", {"type": "new", "a": "\ud800"}),
        InvalidMessage("frame: expected JSON", b"\xff"),
        Disconnected("the connection broke"),
        Reconnected(1.5),
        Missed(3, "seconds"),
    ]
    for message in shown:
        show_json(message)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        frame,
        {"type": "new", "a": "\ud800"},
        {"type": "invalid_message", "error": "frame: expected JSON"},
        {"type": "disconnected", "reason": "the connection broke"},
        {"type": "reconnected", "gap_s": 1.5},
        {"type": "missed", "count": 3, "unit": "seconds"},
    ]
