"""The HTTP API, judged by others: the published MCP agent, and schemathesis on the OpenAPI document."""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import aiohttp
import pytest
from conftest import AddServer

from devkit.paths import ROOT
from devkit.server import RuViewServer

PROBE = ROOT.parent / "shared" / "tools" / "judges" / "mcp_probe.mjs"
AGENT = "@ruvnet/rvagent@0.2.0"
CONFIG = Path(__file__).with_name("schemathesis.toml")
LEARNT_SECONDS = 30


async def _run(*command: str | Path, seconds: float = 120, cwd: Path | None = None) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, cwd=cwd)
    try:
        said, _ = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, said.decode(errors="replace")


async def _learnt(server: RuViewServer) -> None:
    """Wait until the first node knows its room: before that, numbers are null."""
    url = f"http://{server.host}:{server.port}/api/v1/vitals/default/latest"
    async with asyncio.timeout(LEARNT_SECONDS), aiohttp.ClientSession() as session:
        while True:
            async with session.get(url, headers={"Authorization": f"Bearer {server.token}"}) as response:
                if response.ok and (await response.json())["n_persons"] is not None:
                    return
            await asyncio.sleep(0.2)


@pytest.fixture(scope="session")
async def agent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the published agent, once, where other runs find it again."""
    if not PROBE.is_file():
        pytest.skip(f"no probe at {PROBE}")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    cache = os.environ.get("RUVIEW_CACHE")
    folder = Path(cache) / "rvagent-0.2.0" if cache else tmp_path_factory.mktemp("rvagent")
    if not (folder / "node_modules" / "@ruvnet" / "rvagent" / "dist" / "index.js").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        status, said = await _run(npm, "install", "--no-audit", "--no-fund", "--prefix", folder, AGENT, cwd=folder)
        if status:
            pytest.skip(f"npm cannot install {AGENT}: {said[-300:]}")
    return folder


async def test_every_tool_of_the_published_agent(agent: Path, serve: AddServer) -> None:
    """The agent gets good answers from every sensing tool, by node and by default; CSI in research mode."""
    research = ("--privacy-class", "derived", "--research-mode")
    async with serve("simulate", "--nodes", "2", "--speed", "10", *research) as server:
        await _learnt(server)
        url = f"http://{server.host}:{server.port}"
        options = ("--token", server.token, "--node", "node_2", "--csi", "--registry", "--dir", agent)
        status, said = await _run("node", PROBE, url, *options)
    assert status == 0, said
    assert "RESULT pass" in said


async def test_the_agent_gets_no_csi_at_home(agent: Path, serve: AddServer) -> None:
    """At class 3 the agent gets all the rest, and is told why there is no CSI."""
    async with serve("simulate", "--speed", "10", "--privacy-class", "restricted") as server:
        await _learnt(server)
        url = f"http://{server.host}:{server.port}"
        options = ("--token", server.token, "--dir", agent)
        status, said = await _run("node", PROBE, url, *options, "--registry")
        assert status == 0, said
        status, said = await _run("node", PROBE, url, *options, "--csi", "--json")
    assert status == 1
    assert [line.split()[1] for line in said.splitlines() if line.startswith("FAIL")] == ["ruview_csi_latest[default]"]
    assert "CSI stays inside at privacy class 3" in said


async def test_the_description_keeps_its_promises(serve: AddServer, tmp_path: Path) -> None:
    """Schemathesis finds no answer that the OpenAPI document does not promise, and no error 500."""
    uv = shutil.which("uv") or str(Path(os.environ["RUVIEW_CACHE"]) / "uv" / "bin" / "uv")
    async with serve("simulate", "--speed", "10", "--privacy-class", "derived", "--research-mode") as server:
        await _learnt(server)
        environment = (
            "run",
            "--project",
            ROOT,
            "--isolated",
            "--frozen",
            "--python",
            sys.executable,
            "--only-group",
            "http",
        )
        url = f"http://{server.host}:{server.port}/api/openapi.json"
        options = ("--header", f"Authorization: Bearer {server.token}", "--max-examples", "30", "--seed", "1")
        command = (uv, *environment, "schemathesis", "--config-file", CONFIG, "run", url, *options)
        status, said = await _run(*command, seconds=300, cwd=tmp_path)
    assert status == 0, said
