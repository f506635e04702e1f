"""Actions: what automations can ask of nodes."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, Platform
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry, async_get_device_and_config_entry

from .api.catalog import Service
from .const import CONF_PRIVACY_MODE, DOMAIN
from .controls import PRIVACY_CLASS, PRIVACY_CLASSES
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .recording import async_export
from .registries import device_identifier

# What the action is called with, and what the server is.
ATTR_DURATION: Final = "duration"
ATTR_NODE_ID: Final = "node_id"
ATTR_DURATION_S: Final = "duration_s"

MIN_DURATION_S: Final = 5
DEFAULT_DURATION_S: Final = 10
MAX_DURATION_S: Final = 600

# The action that the server has no part in.
EXPORT_RECORDING: Final = "export_recording"
DEFAULT_RECORDING_S: Final = 60

EXPORT_RECORDING_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_DURATION, default=DEFAULT_RECORDING_S): vol.All(
            vol.Coerce(int), vol.Range(min=MIN_DURATION_S, max=MAX_DURATION_S)
        ),
    }
)
SET_PRIVACY_CLASS_SCHEMA = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Required(PRIVACY_CLASS): vol.In(PRIVACY_CLASSES),
        vol.Optional(CONF_PRIVACY_MODE, default=False): cv.boolean,
    }
)
RESET_BASELINE_SCHEMA = vol.Schema({vol.Required(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string])})
CALIBRATE_SCHEMA = RESET_BASELINE_SCHEMA.extend(
    {
        vol.Optional(ATTR_DURATION, default=DEFAULT_DURATION_S): vol.All(
            vol.Coerce(int), vol.Range(min=MIN_DURATION_S, max=MAX_DURATION_S)
        )
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def _async_calibrate(call: ServiceCall) -> None:
        await _async_call(call, Service.CALIBRATE, {ATTR_DURATION_S: call.data[ATTR_DURATION]})

    async def _async_reset_baseline(call: ServiceCall) -> None:
        await _async_call(call, Service.RESET_BASELINE, {})

    async def _async_set_privacy_class(call: ServiceCall) -> None:
        entry: RuViewConfigEntry = async_get_config_entry(hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
        coordinator = entry.runtime_data.coordinator
        privacy_mode = call.data[CONF_PRIVACY_MODE]
        await coordinator.async_set_privacy_class(call.data[PRIVACY_CLASS], privacy_mode=privacy_mode)

    async def _async_export_recording(call: ServiceCall) -> ServiceResponse:
        entry: RuViewConfigEntry = async_get_config_entry(hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
        return await async_export(hass, entry.runtime_data.coordinator, call.data[ATTR_DURATION])

    for service, action, schema, response in (
        (Service.CALIBRATE, _async_calibrate, CALIBRATE_SCHEMA, SupportsResponse.NONE),
        (EXPORT_RECORDING, _async_export_recording, EXPORT_RECORDING_SCHEMA, SupportsResponse.OPTIONAL),
        (Service.RESET_BASELINE, _async_reset_baseline, RESET_BASELINE_SCHEMA, SupportsResponse.NONE),
        (Service.SET_PRIVACY_CLASS, _async_set_privacy_class, SET_PRIVACY_CLASS_SCHEMA, SupportsResponse.NONE),
    ):
        # Home Assistant runs voluptuous as an alias of probatio, which type checkers cannot see.
        hass.services.async_register(DOMAIN, service, action, schema, response)  # type: ignore[arg-type]


async def _async_call(call: ServiceCall, service: Service, data: Mapping[str, Any]) -> None:
    """Call a service of the server for each node; nothing is done when one of them cannot be meant."""
    nodes = [_node(call.hass, device_id) for device_id in call.data[ATTR_DEVICE_ID]]
    for coordinator, node_id in nodes:
        await coordinator.async_call_service(service, {ATTR_NODE_ID: node_id, **data})


def _node(hass: HomeAssistant, device_id: str) -> tuple[RuViewCoordinator, str]:
    """Return the server and its id of a node with a baseline, which is one that has buttons for it."""
    device, entry = async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=False)
    coordinator: RuViewCoordinator = entry.runtime_data.coordinator
    for entity in coordinator.data.entities.values():
        if entity.domain == Platform.BUTTON and device_identifier(entry, entity.device_id) in device.identifiers:
            return coordinator, entity.device_id
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_a_node",
        translation_placeholders={"device": device.name_by_user or device.name or device_id},
    )
