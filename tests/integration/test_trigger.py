"""Automation triggers of our own: what happened fires them once, and nothing else does."""

from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import trigger as trigger_helper
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from custom_components.ruview.const import DOMAIN, EVENT_RUVIEW
from custom_components.ruview.trigger import TRIGGERS

from .automations import check_described, runs_of
from .fake_server import FakeServer, until
from .golden import golden
from .home import NODE_ID, ROOM_ID, WHOLE_HOME
from .test_init import device_of

ACTIVITY = "event.node_1_activity"
PRESENCE = "binary_sensor.node_1_presence"
FALL_RISK = "sensor.bedroom_fall_risk"

# The trigger, the event, the server's entity and ours.
EVENTS = [
    ("unknown_presence", "unknown_presence", ACTIVITY, ACTIVITY),
    ("unexpected_occupancy", "unexpected_occupancy", ACTIVITY, ACTIVITY),
    ("unrecognized_activity_pattern", "unrecognized_activity_pattern", ACTIVITY, ACTIVITY),
    ("fall_detected", "fall_detected", "event.node_1_fall", "event.node_1_fall"),
    ("bed_exit", "bed_exit", "event.room_bedroom_bed_exit", "event.bedroom_bed_exit"),
    ("room_transition", "transition", "event.ruview_multi_room_transition", "event.ruview_room_transition"),
    ("fall_risk_elevated", "fall_risk_elevated", "sensor.room_bedroom_fall_risk_elevated", FALL_RISK),
]
SAID = {"person_aware": True, "confidence": 0.9, "reason": ["motion"]}


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


def on(name: str, **target: list[str]) -> dict[str, Any]:
    """Return one of our triggers."""
    return {"trigger": f"{DOMAIN}.{name}", "target": target or {"entity_id": ACTIVITY}, "id": name}


async def happen(server: FakeServer, event_type: str, entity_id: str = ACTIVITY, **data: object) -> None:
    """Let something happen."""
    event = {"event_type": event_type, "entity_id": entity_id, "device_id": NODE_ID, "data": data or SAID}
    await server.send_event(golden("server_event")["event"] | event)


async def settle(hass: HomeAssistant, server: FakeServer) -> None:
    """Wait until everything that was sent has arrived and was handled."""
    state = "off" if hass.states.is_state(PRESENCE, "on") else "on"
    await server.set_state(PRESENCE, state)
    await until(lambda: hass.states.is_state(PRESENCE, state))
    await hass.async_block_till_done()


def test_every_event_has_a_trigger() -> None:
    assert TRIGGERS.keys() == {name for name, *_ in EVENTS}


@pytest.mark.parametrize(("name", "event_type", "theirs", "ours"), EVENTS)
@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
async def test_fires_once(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant, server: FakeServer, name: str, event_type: str, theirs: str, ours: str
) -> None:
    """Each trigger, with its own entity among all of ours, and its variables."""
    variables = ("entity_id", "event_type", "data")
    runs = await runs_of(
        hass,
        *(on(other, entity_id=[entity_id]) for other, _, _, entity_id in EVENTS),
        **{variable: f"{{{{ trigger.{variable} }}}}" for variable in variables},
    )
    await happen(server, event_type, theirs)
    await settle(hass, server)
    assert [run.data for run in runs] == [{"id": name, "entity_id": ours, "event_type": event_type, "data": SAID}]
    await happen(server, event_type, theirs)
    await settle(hass, server)
    assert [run.data["id"] for run in runs] == [name, name]


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
async def test_nothing_happens_when_an_entity_comes_back(hass: HomeAssistant, server: FakeServer, state: str) -> None:
    runs = await runs_of(hass, on("unknown_presence"))
    await happen(server, "unknown_presence")
    await settle(hass, server)
    assert len(runs) == 1
    before = hass.states.get(ACTIVITY)
    await server.set_state(ACTIVITY, "unavailable")
    await until(lambda: hass.states.is_state(ACTIVITY, "unavailable"))
    await server.set_state(ACTIVITY, state if state != "unavailable" else "unknown")
    await until(lambda: before is not None and hass.states.is_state(ACTIVITY, before.state))
    # Neither does a connection that is lost and found.
    await server.drop()
    await until(lambda: hass.states.is_state(ACTIVITY, "unavailable"))
    await until(lambda: before is not None and hass.states.is_state(ACTIVITY, before.state))
    await settle(hass, server)
    assert len(runs) == 1


async def test_nothing_happens_on_a_restart(
    hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry
) -> None:
    """What happened before is shown again, and was not said again."""
    said = {"last_event_type": "unknown_presence", "last_event_attributes": SAID}
    at = dt_util.utcnow().isoformat(timespec="milliseconds")
    mock_restore_cache_with_extra_data(hass, [(State(ACTIVITY, at, {"event_type": "unknown_presence", **SAID}), said)])
    runs = await runs_of(hass, on("unknown_presence"))
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await settle(hass, server)
    assert hass.states.is_state(ACTIVITY, at)
    assert runs == []
    await happen(server, "unknown_presence")
    await settle(hass, server)
    assert len(runs) == 1
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
async def test_two_events_of_one_moment(hass: HomeAssistant, server: FakeServer) -> None:
    """The time is the state of the entity, and what comes at the same time is no change of it."""
    runs = await runs_of(hass, on("unknown_presence"), on("unrecognized_activity_pattern"))
    now = dt_util.utcnow()
    with patch("homeassistant.util.dt.utcnow", return_value=now):
        await happen(server, "unknown_presence")
        await happen(server, "unrecognized_activity_pattern")
        await settle(hass, server)
    assert [run.data["id"] for run in runs] == ["unknown_presence", "unrecognized_activity_pattern"]


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_targets(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """A device or an area stands for its entities that the trigger is about; a room that is moved goes with it."""
    area = ar.async_get(hass).async_create("Bedroom")
    room = device_of(hass, entry, ROOM_ID)
    node = device_of(hass, entry, NODE_ID)
    assert room is not None
    assert node is not None
    runs = await runs_of(
        hass,
        on("unknown_presence", device_id=[node.id]) | {"id": "node"},
        on("bed_exit", area_id=[area.id]) | {"id": "area"},
        on("fall_risk_elevated", area_id=[area.id]) | {"id": "risk"},
        on("fall_risk_elevated", device_id=[node.id]) | {"id": "never"},
    )
    bed, risk = "event.room_bedroom_bed_exit", "sensor.room_bedroom_fall_risk_elevated"
    for area_id, expected in ((None, ["node"]), (area.id, ["area", "node", "risk"])):
        dr.async_get(hass).async_update_device(room.id, area_id=area_id)
        await hass.async_block_till_done()
        runs.clear()
        await happen(server, "unknown_presence")
        await happen(server, "bed_exit", bed)
        await happen(server, "fall_risk_elevated", risk)
        await settle(hass, server)
        assert sorted(run.data["id"] for run in runs) == expected


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
async def test_entities_of_others(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    """Another integration's event with the same words is not ours, whatever the target says."""
    other = entity_registry.async_get_or_create(
        Platform.EVENT, "other", "1", suggested_object_id="other", translation_key="activity"
    )
    hass.states.async_set(other.entity_id, "unknown")
    hass.states.async_set("event.unregistered", "unknown")
    runs = await runs_of(hass, on("unknown_presence", entity_id=[other.entity_id, "event.unregistered", FALL_RISK]))
    for entity_id in (other.entity_id, "event.unregistered"):
        hass.states.async_set(entity_id, dt_util.utcnow().isoformat(), {"event_type": "unknown_presence"})
    hass.bus.async_fire(EVENT_RUVIEW, {"type": "fall_risk_elevated"})
    hass.bus.async_fire(EVENT_RUVIEW)
    await hass.async_block_till_done()
    assert runs == []


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
async def test_described_for_the_editor(hass: HomeAssistant) -> None:
    """Home Assistant's editor offers each of them, for entities of this integration only."""
    assert await async_setup_component(hass, "automation", {})
    descriptions = await trigger_helper.async_get_all_descriptions(hass)
    check_described(descriptions, TRIGGERS)
