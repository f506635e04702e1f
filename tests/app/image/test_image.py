"""What the app's image does beside the Supervisor: options, broker, discovery, monitor interface, end."""

import asyncio
import json
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
import yaml  # type: ignore[import-untyped]
from conftest import LIMITS, PODMAN, App, RunApp

from devkit.mosquitto import Mosquitto
from devkit.paths import RECORDINGS, ROOT
from devkit.processes import Process
from devkit.supervisor import FakeSupervisor

LOOK_ALIKE = ROOT.parent / "shared" / "tools" / "judges" / "tap802.py"
FEEDBACK = RECORDINGS / "cbfr" / "11ac_SU_3x1_40.pcapng"
# Where Home Assistant OS has the app, in the host's network, and the Supervisor.
APP_ADDRESS = "172.30.32.1"
SUPERVISOR_ADDRESS = "172.30.32.2"
MOST_SECONDS = 2.0
MOST_MEGABYTES = 60.0


async def _until(check: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `check()` is true."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.05)


async def test_starts_announces_and_ends(run_app: RunApp, supervisor: FakeSupervisor) -> None:
    """It answers within two seconds, tells the Supervisor how it is reached, and ends well when it is asked to."""
    async with run_app() as app:
        seconds = await app.healthy()
        await _until(lambda: supervisor.announced)
        server = app.server()
        status = Path(f"/proc/{server}/status").read_text()
        megabytes = int(status.split("VmRSS:")[1].split()[0]) / 1000
        [told] = supervisor.announced
        assert told["service"] == "ruview"
        assert told["config"] == {
            "host": "localhost",
            "port": supervisor.ingress_port,
            "token": (app.data / "ruview" / "token").read_text().strip(),
            "server_id": json.loads((app.data / "ruview" / "server.json").read_text())["server_id"],
        }
        assert await app.states() == []

        # Not root, and without a right that it does not need.
        assert status.split("Uid:")[1].split()[:4] != ["0"] * 4
        assert [line.split()[1] for line in status.splitlines() if line.startswith("Cap")] == ["0" * 16] * 5
        assert stat.S_IMODE((app.data / "ruview" / "token").stat().st_mode) == 0o600

        before = time.monotonic()
        assert await app.process.stop() == 0
        print(f"\nstart {seconds:.2f} s, server {megabytes:.1f} MB, end {time.monotonic() - before:.2f} s")  # noqa: T201
        assert "terminated" in app.log
    assert seconds < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES


async def test_options_reach_the_server(run_app: RunApp) -> None:
    """A port and a subnet as the user chose them; what he said is wrong is told, and the container fails."""
    async with run_app(udp_bind="127.0.0.1:5999", log_level="debug", udp_allow=["192.168.7.0/24"]) as app:
        await app.healthy()
        assert "udp=Some(127.0.0.1:5999)" in app.log
    async with run_app(privacy_class="derived") as app:
        assert await app.process.wait(20) != 0
        assert "research" in app.log


async def test_wrong_options_end_the_container(run_app: RunApp) -> None:
    async with run_app(udp_allow=["home"]) as app:
        assert await app.process.wait(20) == 1
        assert "udp_allow" in app.log


async def test_broker_of_the_supervisor(run_app: RunApp, supervisor: FakeSupervisor, tmp_path: Path) -> None:
    """What the Supervisor says of its broker is all that MQTT needs."""
    broker = await Mosquitto.start(tmp_path / "mosquitto")
    supervisor.mqtt = {
        "addon": "core_mosquitto",
        "host": "localhost",
        "port": broker.port,
        "ssl": False,
        "protocol": "3.1.1",
        "username": "addons",
        "password": "a password",
    }
    try:
        async with run_app(mqtt=True) as app:
            await app.healthy()
            await _until(lambda: "localhost" in app.log and "core_mosquitto" in app.log)
            async with asyncio.timeout(20):
                while not any(topic.startswith("ruview/") for topic in await broker.retained()):
                    await asyncio.sleep(0.2)
            assert "a password" not in app.log
    finally:
        await broker.stop()


async def test_no_broker_is_no_failure(run_app: RunApp) -> None:
    async with run_app(mqtt=True) as app:
        await app.healthy()
        assert "the Supervisor knows no broker" in app.log


async def test_page_behind_ingress(run_app: RunApp, supervisor: FakeSupervisor) -> None:
    """Who is logged in to Home Assistant sees the page and its data; nobody else does without the token."""
    supervisor.ip_address = APP_ADDRESS

    async def ask(path: str, source: str, *, passed_on: bool) -> int:
        headers = {"X-Ingress-Path": "/api/hassio_ingress/x"} if passed_on else {}
        connector = aiohttp.TCPConnector(local_addr=(source, 0))
        async with (
            aiohttp.ClientSession(connector=connector, headers=headers) as session,
            session.get(f"http://{APP_ADDRESS}:{supervisor.ingress_port}{path}") as response,
        ):
            return response.status

    async with run_app() as app:
        await app.healthy()
        assert await ask("/", SUPERVISOR_ADDRESS, passed_on=True) == 200
        assert await ask("/api/v1/states", SUPERVISOR_ADDRESS, passed_on=True) == 200
        assert await ask("/api/v1/states", SUPERVISOR_ADDRESS, passed_on=False) == 401
        assert await ask("/api/v1/states", APP_ADDRESS, passed_on=True) == 401
        with pytest.raises(aiohttp.ClientConnectorError):  # from the network there is nothing to reach
            async with aiohttp.ClientSession() as session:
                await session.get(f"http://127.0.0.1:{supervisor.ingress_port}/health")


async def test_compose_example(supervisor: FakeSupervisor, tmp_path: Path, image: str) -> None:
    """The image as packaging/compose.yaml runs it: no Supervisor, no root, no right, nothing to write but a volume."""
    service = yaml.safe_load((ROOT / "packaging" / "compose.yaml").read_text())["services"]["ruview"]
    program, *arguments = service["entrypoint"]
    assert (service["cap_drop"], service["read_only"], service["network_mode"]) == (["ALL"], True, "host")
    options = [
        "--cap-drop=ALL",
        "--read-only",
        "--network=host",
        f"--user={service['user']}",
        f"--entrypoint={program}",
    ]
    options += [f"--security-opt={option.split(':')[0]}" for option in service["security_opt"]]
    options += [f"--env={name}={value}" for name, value in service["environment"].items()]
    options += ["--volume=/var/lib/ruview"]
    command = [*PODMAN, "run", "--rm", *LIMITS, *options, image, *arguments]
    process = await Process.start("podman", command, tmp_path / "compose.log")
    try:
        await App(process, tmp_path, "http://127.0.0.1:3000").healthy()
        assert supervisor.announced == []
    finally:
        assert await process.stop() == 0


async def test_monitor_interface(run_app: RunApp, tmp_path: Path) -> None:
    """The server of the container, with two rights only, hears what a monitor interface hears."""
    for needed in (LOOK_ALIKE, FEEDBACK, Path("/dev/net/tun")):
        if not needed.exists():
            pytest.skip(f"{needed} is not there")
    play: list[str | Path] = ["python3", LOOK_ALIKE, FEEDBACK, "--iface", "rvmon0", "--loop", "--quiet", "--wait", "1"]
    player = await Process.start("tap802", play, tmp_path / "tap802.log")
    try:
        await _until(lambda: "rvmon0" in {name for _, name in socket.if_nameindex()})
        async with run_app(monitor=["hall=rvmon0"]) as app:
            await app.healthy()
            status = Path(f"/proc/{app.server()}/status").read_text()
            held = {line.split()[0]: int(line.split()[1], 16) for line in status.splitlines() if line.startswith("Cap")}
            assert held["CapEff:"] == held["CapBnd:"] == (1 << 12) | (1 << 13)  # NET_ADMIN, NET_RAW
            async with asyncio.timeout(30):
                while not (states := await app.states()):
                    await asyncio.sleep(0.2)
            assert any("hall" in json.dumps(state) for state in states)
    finally:
        await player.stop()
