"""What the server keeps of devices and entities is what a real Home Assistant reads and writes."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import AddServer

from devkit.paths import ROOT
from devkit.server import RuViewServer

_GOLDEN = ROOT / "tests" / "golden" / "registries"
_STORY = ("simulate", "--story", "empty", "--nodes", "2", "--speed", "20", "--persist")
_FILES = ("core.device_registry", "core.entity_registry")


async def _as_home_assistant_reads_it(folder: Path) -> dict[str, Any]:
    """Load the files in a Home Assistant of its own process."""
    script = ROOT / "scripts" / "devkit" / "registries.py"
    run = await asyncio.create_subprocess_exec(sys.executable, script, "read", folder, stdout=asyncio.subprocess.PIPE)
    stdout, _ = await run.communicate()
    assert run.returncode == 0
    found: dict[str, Any] = json.loads(stdout)
    return found


async def _until_on_file(server: RuViewServer, storage: Path, entity_id: str) -> None:
    path = storage / "core.entity_registry"
    async with asyncio.timeout(30):
        while not (path.exists() and entity_id in path.read_text()):
            assert server.process.running
            await asyncio.sleep(0.1)


async def test_home_assistant_reads_what_the_server_wrote(serve: AddServer, tmp_path: Path) -> None:
    """Devices with their links, entities with what the catalog says of them; the same ones after a restart."""
    storage = tmp_path / "server" / ".storage"
    found = []
    for _ in range(2):
        async with serve(*_STORY) as server:
            await _until_on_file(server, storage, "sensor.node_2_data_source")
        found.append(await _as_home_assistant_reads_it(storage))
    first, second = found
    server_id = json.loads((tmp_path / "server" / "server.json").read_text())["server_id"]
    assert set(first["devices"]) == {server_id, "node_1", "node_2"}
    assert first["devices"]["node_1"]["via"] == server_id
    presence = first["entities"]["binary_sensor.node_1_presence"]
    assert presence["unique_id"] == f"{server_id}_node_1_presence"
    assert (presence["platform"], presence["config_entry_id"]) == ("ruview", server_id)
    assert (presence["device"], presence["device_class"], presence["disabled_by"]) == ("node_1", "occupancy", None)
    level = first["entities"]["sensor.node_1_motion_level"]
    assert (level["unit"], level["capabilities"], level["disabled_by"]) == (
        "%",
        {"state_class": "measurement"},
        "integration",
    )
    assert first["removed"] == []
    for kind in ("devices", "entities"):
        assert {name: second[kind].get(name) for name in first[kind]} == first[kind]


@pytest.mark.parametrize("version", ["2025.1", "2026.11"])
async def test_home_assistants_own_entries_are_still_there(serve: AddServer, tmp_path: Path, version: str) -> None:
    """Files of an older and of this Home Assistant, to which the server added its own, are read as before."""
    storage = tmp_path / "server" / ".storage"
    storage.mkdir(parents=True)
    for name in _FILES:
        shutil.copy(_GOLDEN / version / name, storage / name)
    before = await _as_home_assistant_reads_it(storage)
    async with serve(*_STORY) as server:
        await _until_on_file(server, storage, "sensor.node_2_data_source")
    after = await _as_home_assistant_reads_it(storage)
    # Ours is called node_1 too, and is another device because it is of another integration.
    ours = {name for name in after["entities"] if after["entities"][name]["platform"] == "ruview"}
    assert "binary_sensor.node_1_presence" in ours
    for kind in ("entities", "removed"):
        assert set(after[kind]) - ours == set(before[kind])
    assert {name: after["entities"][name] for name in before["entities"]} == before["entities"]
    assert after["devices"]["hub"] == before["devices"]["hub"]
