"""What a server says can be exported, as far as it may be said."""

import asyncio
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .golden import golden
from .home import WHOLE_HOME
from .test_privacy import PRESENCE, change

SECONDS = 5


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


@pytest.fixture(autouse=True)
def config_folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Write elsewhere than into the test plugin's folder."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path


class Clock:
    """Lets the action wait until the test has said everything."""

    def __init__(self) -> None:
        """Begin to wait."""
        self.waits_for: list[float] = []
        self.is_over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait for the test instead."""
        self.waits_for.append(seconds)
        await self.is_over.wait()


def read(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the file, which nobody else may read."""
    path = Path(response["path"])
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == response["lines"]
    return lines


def said_of(lines: list[dict[str, Any]]) -> set[str]:
    """Return of what the lines are, of any node or room."""
    keys = ("presence", "breathing_rate", "someone_sleeping")
    return {key for key in keys for line in lines if line["entity_id"].endswith(f"_{key}")}


async def begin(hass: HomeAssistant, entry: MockConfigEntry, clock: Clock) -> asyncio.Task[Any]:
    """Call the action and return once it listens."""
    call = hass.services.async_call(
        DOMAIN,
        "export_recording",
        {"config_entry_id": entry.entry_id, "duration": SECONDS},
        blocking=True,
        return_response=True,
    )
    task = hass.async_create_task(call)
    await until(lambda: clock.waits_for)
    assert clock.waits_for == [SECONDS]
    return task


async def test_export(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, config_folder: Path) -> None:
    clock = Clock()
    with patch("custom_components.ruview.recording.asyncio.sleep", clock.sleep):
        task = await begin(hass, entry, clock)
    await server.set_state(PRESENCE, "on", reason=["motion"])
    await until(lambda: hass.states.is_state(PRESENCE, "on"))
    await server.send(golden("server_event"))
    await server.set_state(PRESENCE, "off", reason=["departure"])
    await until(lambda: hass.states.is_state(PRESENCE, "off"))
    await server.send_event({"type": "state_changed", "entity_id": PRESENCE, "state": None})
    await until(lambda: hass.states.is_state(PRESENCE, "unavailable"))
    clock.is_over.set()
    response = await task

    assert Path(response["path"]).parent == config_folder / DOMAIN
    lines = read(response)
    of_presence = [line["state"] for line in lines if line["entity_id"] == PRESENCE]
    assert of_presence == ["off", "on", "off", None]
    assert [line["event_type"] for line in lines if line["type"] == "event"] == ["unknown_presence"]
    assert {"breathing_rate", "someone_sleeping"} <= said_of(lines)
    assert all(line["at"].endswith("+00:00") for line in lines)


async def test_class_that_becomes_stricter_meanwhile(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry
) -> None:
    """What was said before it is not written either."""
    clock = Clock()
    with patch("custom_components.ruview.recording.asyncio.sleep", clock.sleep):
        task = await begin(hass, entry, clock)
    await change(server, 3, privacy_mode=True)
    await until(lambda: hass.states.is_state("select.ruview_privacy_class", "restricted"))
    clock.is_over.set()
    said = said_of(read(await task))
    assert "presence" in said
    assert not said & {"breathing_rate", "someone_sleeping"}


async def test_no_room_on_the_disk(hass: HomeAssistant, entry: MockConfigEntry, config_folder: Path) -> None:
    (config_folder / DOMAIN).write_text("a file is where the folder should be")
    clock = Clock()
    with patch("custom_components.ruview.recording.asyncio.sleep", clock.sleep):
        task = await begin(hass, entry, clock)
    clock.is_over.set()
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "not_written"


async def test_unknown_server(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert entry.runtime_data.coordinator.connected
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(DOMAIN, "export_recording", {"config_entry_id": "nobody"}, blocking=True)
