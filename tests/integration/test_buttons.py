"""Buttons, which the server does not announce: they follow from what it announces."""

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .fake_server import FakeServer, until
from .home import NODE_ID, WHOLE_HOME

CALIBRATE = "button.node_1_calibrate"
RESET = "button.node_1_reset_presence"
CALIBRATION = "sensor.node_1_calibration"


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button as a user does."""
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


@pytest.mark.usefixtures("entity_registry_enabled_by_default", "entry")
@pytest.mark.parametrize(("entity_id", "service"), [(CALIBRATE, "calibrate"), (RESET, "reset_baseline")])
async def test_press(hass: HomeAssistant, server: FakeServer, entity_id: str, service: str) -> None:
    await press(hass, entity_id)
    assert server.calls == [{"domain": "ruview", "service": service, "data": {"node_id": NODE_ID}}]


@pytest.mark.usefixtures("entry")
async def test_only_the_node_has_buttons(hass: HomeAssistant) -> None:
    assert hass.states.async_entity_ids(Platform.BUTTON) == [CALIBRATE]


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize(
    ("code", "key", "message"),
    [
        ("room_not_empty", "room_not_empty", "The room is not empty. Let everybody leave it, and try again."),
        ("node_silent", "node_silent", "The node is silent. Try again when it sends data."),
        (
            "not_permitted",
            "not_permitted",
            (
                "The token of this entry is for reading only. "
                "Use a token with the scope control for the server at 127.0.0.1."
            ),
        ),
        (
            "not_stored",
            "not_stored",
            "The server at 127.0.0.1 did this, but could not write it to its disk: a restart will have forgotten it.",
        ),
        ("unreadable", "unreadable", "The server at 127.0.0.1 cannot read its log of events."),
        (
            "dance",
            "refused",
            "The server at 127.0.0.1 did not do this: dance: node_id: expected an empty room, found motion.",
        ),
    ],
)
async def test_refused(hass: HomeAssistant, server: FakeServer, code: str, key: str, message: str) -> None:
    server.refusals = {"calibrate": code}
    with pytest.raises(HomeAssistantError) as error:
        await press(hass, CALIBRATE)
    assert error.value.translation_key == key
    assert str(error.value) == message.removesuffix(".")


async def test_server_goes_while_it_is_asked(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    server.silent = {"call_service"}
    task = hass.async_create_task(press(hass, CALIBRATE), eager_start=True)
    await until(lambda: server.calls)
    await server.stop()
    with pytest.raises(HomeAssistantError) as error:
        await task
    assert error.value.translation_key == "cannot_connect"
    assert error.value.translation_placeholders is not None
    assert error.value.translation_placeholders["host"] == "127.0.0.1"
    await until(lambda: not entry.runtime_data.coordinator.connected)
    assert hass.states.is_state(CALIBRATE, "unavailable")


@pytest.mark.usefixtures("entry")
async def test_silent_node(hass: HomeAssistant, server: FakeServer) -> None:
    """It cannot be calibrated, although its calibration is not even shown."""
    assert hass.states.get(CALIBRATION) is None
    await server.set_state(CALIBRATION, "unavailable")
    await until(lambda: hass.states.is_state(CALIBRATE, "unavailable"))
    await server.set_state(CALIBRATION, "calibrated")
    await until(lambda: hass.states.is_state(CALIBRATE, "unknown"))


@pytest.mark.usefixtures("entry")
async def test_buttons_go_with_the_calibration_and_come_back(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, server: FakeServer
) -> None:
    assert isinstance(server.snapshot, dict)
    entity = next(entity for entity in server.snapshot["entities"] if entity["entity_id"] == CALIBRATION)
    updated = {"type": "entity_registry_updated", "entity_id": CALIBRATION}
    await server.send_event({**updated, "action": "remove", "entity": None})
    await until(lambda: entity_registry.async_get(CALIBRATE) is None)
    assert entity_registry.async_get(RESET) is None
    await server.send_event({**updated, "action": "create", "entity": entity})
    await until(lambda: entity_registry.async_get(CALIBRATE))
    await until(lambda: hass.states.get(CALIBRATE))


@pytest.mark.usefixtures("entry")
async def test_buttons_outlive_a_snapshot(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, server: FakeServer
) -> None:
    """No snapshot has them, and they are not stale."""
    entity_registry.async_update_entity(CALIBRATE, name="Learn the empty room")
    await server.send_snapshot()
    await server.set_state(CALIBRATION, "unavailable")
    await until(lambda: hass.states.is_state(CALIBRATE, "unavailable"))
    kept = entity_registry.async_get(CALIBRATE)
    assert kept is not None
    assert kept.name == "Learn the empty room"
