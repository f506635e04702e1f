"""Real automations in the Home Assistant of a test, and what became of them."""

from collections.abc import Collection, Mapping
from typing import Any

from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.ruview.const import DOMAIN

RAN = "test_ran"


async def set_up(hass: HomeAssistant, *automations: Mapping[str, Any]) -> None:
    """Set up automations; each must be valid."""
    config = [{"id": str(index), "alias": f"Test {index}", **given} for index, given in enumerate(automations)]
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: config})
    await hass.async_block_till_done()
    states = hass.states.async_all(AUTOMATION)
    assert [state.state for state in states] == ["on"] * len(automations), states


async def runs_of(hass: HomeAssistant, *triggers: Mapping[str, Any], **data: str) -> list[Event[dict[str, Any]]]:
    """Set up an automation with these triggers, and return the list of what will be its runs, with this data."""
    runs = async_capture_events(hass, RAN)
    action = {"event": RAN, "event_data_template": {"id": "{{ trigger.id }}", **data}}
    await set_up(hass, {"triggers": list(triggers), "actions": [action], "mode": "queued"})
    return runs


def check_described(descriptions: Mapping[str, Any], names: Collection[str]) -> None:
    """Check what the editor is told of our triggers or conditions: all of them, for our own entities only."""
    ours = {name: value for name, value in descriptions.items() if name.startswith(f"{DOMAIN}.")}
    assert ours.keys() == {f"{DOMAIN}.{name}" for name in names}
    for description in ours.values():
        assert description is not None
        assert [entity["integration"] for entity in description["target"]["entity"]] == [DOMAIN]
