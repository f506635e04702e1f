"""Automation conditions of our own: they follow the rooms that they are about, and nothing else."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import condition as condition_helper
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.ruview.condition import CONDITIONS
from custom_components.ruview.const import DOMAIN

from .automations import RAN, check_described, set_up
from .fake_server import FakeServer, until
from .home import NODE_ID, ROOM_ID, WHOLE_HOME
from .test_init import device_of

ACTIVE = "binary_sensor.node_1_room_active"
SLEEPING = "binary_sensor.bedroom_someone_sleeping"
# The server's own ids of them.
THEIRS = {ACTIVE: ACTIVE, SLEEPING: "binary_sensor.room_bedroom_someone_sleeping"}
# The condition and its entity.
KINDS = [("is_room_active", ACTIVE), ("is_someone_sleeping", SLEEPING)]

pytestmark = pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


class Asked:
    """An automation with one condition, which can be asked whether it passes."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen for its runs."""
        self.hass = hass
        self.runs = async_capture_events(hass, RAN)

    async def passes(self) -> bool:
        """Return whether the automation runs now."""
        self.runs.clear()
        self.hass.bus.async_fire("test_ask")
        await self.hass.async_block_till_done()
        return bool(self.runs)


async def ask(hass: HomeAssistant, name: str, options: dict[str, Any] | None = None, **target: list[str]) -> Asked:
    """Set up an automation with one of our conditions."""
    condition = {"condition": f"{DOMAIN}.{name}", "target": target, "options": options or {}}
    triggers = [{"trigger": "event", "event_type": "test_ask"}]
    await set_up(hass, {"triggers": triggers, "conditions": [condition], "actions": [{"event": RAN}]})
    return Asked(hass)


async def become(hass: HomeAssistant, server: FakeServer, entity_id: str, state: str) -> None:
    """Let the server change a state."""
    await server.set_state(THEIRS[entity_id], state)
    await until(lambda: hass.states.is_state(entity_id, state))


@pytest.mark.parametrize(("name", "entity_id"), KINDS)
@pytest.mark.parametrize("state", ["off", "unknown", "unavailable"])
async def test_follows_its_entity(
    hass: HomeAssistant, server: FakeServer, name: str, entity_id: str, state: str
) -> None:
    """Of all of our entities that the target has."""
    automation = await ask(hass, name, entity_id=[entity for _, entity in KINDS])
    for other in THEIRS:
        await become(hass, server, other, "off" if other == entity_id else "on")
    assert not await automation.passes()
    await become(hass, server, entity_id, "on")
    assert await automation.passes()
    await become(hass, server, entity_id, state)
    assert not await automation.passes()


async def test_for(hass: HomeAssistant, server: FakeServer) -> None:
    automation = await ask(hass, "is_room_active", {"for": {"minutes": 5}}, entity_id=[ACTIVE])
    await become(hass, server, ACTIVE, "on")
    now = dt_util.utcnow()
    for seconds, expected in ((0, False), (290, False), (301, True)):
        # A clock that stands still would let aiohttp and asyncio wait for ever.
        with patch("homeassistant.util.dt.utcnow", return_value=now + timedelta(seconds=seconds)):
            assert await automation.passes() is expected


async def test_behavior(hass: HomeAssistant, server: FakeServer, entity_registry: er.EntityRegistry) -> None:
    """One room of two is enough for any, not for all; what others call so does not count."""
    second = entity_registry.async_get_or_create(
        Platform.BINARY_SENSOR, DOMAIN, "second", translation_key="room_active"
    )
    other = entity_registry.async_get_or_create(Platform.BINARY_SENSOR, "other", "1", translation_key="room_active")
    hass.states.async_set(second.entity_id, "off")
    hass.states.async_set(other.entity_id, "on")
    target = [ACTIVE, second.entity_id, other.entity_id]
    await become(hass, server, ACTIVE, "on")
    automation = await ask(hass, "is_room_active", {"behavior": "all"}, entity_id=target)
    assert not await automation.passes()
    hass.states.async_set(second.entity_id, "unknown")
    assert await automation.passes()
    hass.states.async_set(second.entity_id, "on")
    assert await automation.passes()
    await become(hass, server, ACTIVE, "off")
    assert not await automation.passes()


async def test_any_ignores_others(hass: HomeAssistant, server: FakeServer, entity_registry: er.EntityRegistry) -> None:
    other = entity_registry.async_get_or_create(Platform.BINARY_SENSOR, "other", "1", translation_key="room_active")
    hass.states.async_set(other.entity_id, "on")
    automation = await ask(hass, "is_room_active", entity_id=[ACTIVE, other.entity_id])
    await become(hass, server, ACTIVE, "off")
    assert not await automation.passes()
    await become(hass, server, ACTIVE, "on")
    assert await automation.passes()


async def test_targets(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """A device or an area stands for its entities; a room that is moved goes with it."""
    area = ar.async_get(hass).async_create("Bedroom")
    room = device_of(hass, entry, ROOM_ID)
    node = device_of(hass, entry, NODE_ID)
    assert room is not None
    assert node is not None
    await become(hass, server, SLEEPING, "on")
    automation = await ask(hass, "is_someone_sleeping", area_id=[area.id], device_id=[node.id])
    assert not await automation.passes()
    dr.async_get(hass).async_update_device(room.id, area_id=area.id)
    assert await automation.passes()


async def test_described_for_the_editor(hass: HomeAssistant) -> None:
    """Home Assistant's editor offers each of them, for entities of this integration only."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await condition_helper.async_get_all_descriptions(hass)
    check_described(descriptions, CONDITIONS)
