"""The app's image in a container, beside a fake Supervisor. scripts/app-image makes both image and network."""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml  # type: ignore[import-untyped]

from devkit.paths import ROOT
from devkit.processes import Process
from devkit.supervisor import FakeSupervisor

PODMAN = ("podman", "--cgroup-manager", "cgroupfs", "--runtime", "runc")
# What a sandbox lets a container have.
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1000:1000")
DEFAULTS: dict[str, Any] = yaml.safe_load((ROOT / "capture_addon" / "config.yaml").read_text())["options"]

type RunApp = Callable[..., contextlib.AbstractAsyncContextManager[App]]


class App:
    """A running container of the app."""

    def __init__(self, process: Process, data: Path, url: str) -> None:
        """Use the fixture `run_app` instead."""
        self.process = process
        self.data = data
        self.url = url
        self.started = time.monotonic()

    @property
    def log(self) -> str:
        """What it has logged."""
        return self.process.log.read_text(errors="replace")

    async def healthy(self) -> float:
        """Wait until the server answers; return how many seconds the container took."""
        async with aiohttp.ClientSession() as session:
            while self.process.running and time.monotonic() < self.started + 30:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/health") as response:
                        assert (await response.json())["status"] == "ok"
                        return time.monotonic() - self.started
                await asyncio.sleep(0.05)
        pytest.fail(f"the app does not answer:\n{self.log}")

    async def states(self) -> list[dict[str, Any]]:
        """Return what the server tells with its own token."""
        token = (self.data / "ruview" / "token").read_text().strip()
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
            session.get(f"{self.url}/api/v1/states") as response,
        ):
            answer: list[dict[str, Any]] = await response.json()
            return answer

    def server(self) -> int:
        """Return the server's process id, seen from outside."""
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "comm").read_text() == "ruview-server\n":
                    command = (entry / "cmdline").read_bytes()
                    if b"/run/ruview/settings.json" in command:
                        return int(entry.name)
        pytest.fail("no server runs in the container")


@pytest.fixture
async def supervisor() -> AsyncIterator[FakeSupervisor]:
    """Run a fake Supervisor: the real one cannot run here."""
    running = await FakeSupervisor.start()
    yield running
    await running.stop()


@pytest.fixture
def image() -> str:
    """Return the name of the image."""
    name = os.environ.get("APP_IMAGE")
    if not name:
        pytest.skip("scripts/app-image makes the image")
    return name


@pytest.fixture
def run_app(supervisor: FakeSupervisor, tmp_path: Path, image: str) -> RunApp:
    """Start the app with these options beside the defaults, and stop it at the end of the block."""

    @contextlib.asynccontextmanager
    async def _run(**options: Any) -> AsyncIterator[App]:  # noqa: ANN401 - JSON
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        (data / "options.json").write_text(json.dumps(DEFAULTS | options))
        variables = [f"--env={name}={value}" for name, value in supervisor.environment.items()]
        rights = ["--cap-add=NET_ADMIN", "--cap-add=NET_RAW"]
        place = ["--rm", "--network=host", f"--volume={data}:/data"]
        command = [*PODMAN, "run", *place, *LIMITS, *rights, *variables, image]
        process = await Process.start("podman", command, tmp_path / "app.log")
        try:
            yield App(process, data, f"http://{supervisor.ip_address}:{supervisor.ingress_port}")
        finally:
            await process.stop()

    return _run
