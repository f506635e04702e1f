"""The actions, and why they are refused."""

from typing import Any

import pytest
import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer
from .home import NODE_ID, ROOM_ID, WHOLE_HOME
from .test_init import device_of


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


def device_id(hass: HomeAssistant, entry: MockConfigEntry, server_device_id: str) -> str:
    """Return Home Assistant's id of a device."""
    device = device_of(hass, entry, server_device_id)
    assert device is not None
    return device.id


async def call(hass: HomeAssistant, service: str, **data: object) -> None:
    """Call an action and wait for it."""
    await hass.services.async_call(DOMAIN, service, data, blocking=True)


@pytest.mark.parametrize(
    ("service", "asked", "sent"),
    [
        ("calibrate", {}, {"duration_s": 10}),
        ("calibrate", {"duration": 60}, {"duration_s": 60}),
        ("reset_baseline", {}, {}),
    ],
)
async def test_call(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    service: str,
    asked: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    await call(hass, service, device_id=device_id(hass, entry, NODE_ID), **asked)
    assert server.calls == [{"domain": "ruview", "service": service, "data": {"node_id": NODE_ID, **sent}}]


@pytest.mark.parametrize("duration", [0, 4, 601, "long"])
async def test_duration(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, duration: object) -> None:
    with pytest.raises(vol.Invalid):
        await call(hass, "calibrate", device_id=device_id(hass, entry, NODE_ID), duration=duration)
    assert not server.calls


async def test_refused(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    server.refusals = {"calibrate": "room_not_empty"}
    with pytest.raises(HomeAssistantError) as error:
        await call(hass, "calibrate", device_id=device_id(hass, entry, NODE_ID))
    assert error.value.translation_domain == DOMAIN
    assert error.value.translation_key == "room_not_empty"


async def test_a_room_has_no_baseline(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """Nothing is done for the node either: a list is meant as a whole."""
    devices = [device_id(hass, entry, NODE_ID), device_id(hass, entry, ROOM_ID)]
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "reset_baseline", device_id=devices)
    assert error.value.translation_key == "not_a_node"
    assert str(error.value) == "Bedroom has no empty room to learn. Choose a node that measures the channel"
    assert not server.calls


async def test_unknown_device(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    assert entry.runtime_data.coordinator.connected
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "calibrate", device_id="nobody")
    assert error.value.translation_key == "service_device_not_found"
    assert not server.calls


async def test_entry_is_not_loaded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    node = device_id(hass, entry, NODE_ID)
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, "calibrate", device_id=node)
    assert error.value.translation_key == "service_config_entry_not_loaded"
    assert await hass.config_entries.async_setup(entry.entry_id)


async def test_actions_are_there_without_a_server(hass: HomeAssistant) -> None:
    """An automation can be checked before its server is there."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert hass.services.async_services_for_domain(DOMAIN).keys() == {
        "calibrate",
        "export_recording",
        "reset_baseline",
        "set_privacy_class",
    }
