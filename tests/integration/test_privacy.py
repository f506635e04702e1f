"""The privacy class: where it is changed, and what it takes out of Home Assistant."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until
from .home import WHOLE_HOME

SELECT = "select.ruview_privacy_class"
SLEEPING = "binary_sensor.bedroom_someone_sleeping"
BREATHING = "sensor.node_1_breathing_rate"
PRESENCE = "binary_sensor.node_1_presence"
POSE = "sensor.node_1_pose"


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


async def change(server: FakeServer, privacy_class: int, *, privacy_mode: bool) -> None:
    """Change the class, for those that are connected and for those that will be."""
    terms = {"privacy_class": privacy_class, "privacy_mode": privacy_mode}
    server.info |= terms
    await server.send_event({"type": "config_updated", **terms})


def sent(privacy_class: int, *, privacy_mode: bool) -> dict[str, Any]:
    """Return the call that asks the server for a class."""
    data = {"privacy_class": privacy_class, "privacy_mode": privacy_mode}
    return {"domain": DOMAIN, "service": "set_privacy_class", "data": data}


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_stricter(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """What is withheld goes at once, the server's own removals need not come; looser brings it back."""
    assert hass.states.get(SLEEPING) is not None
    entity_registry.async_update_entity(BREATHING, name="Breath of the baby")
    await change(server, 3, privacy_mode=True)
    await until(lambda: hass.states.is_state(SELECT, "restricted"))
    for entity_id in (SLEEPING, BREATHING, POSE):
        assert entity_registry.async_get(entity_id) is None
        assert hass.states.get(entity_id) is None
    assert hass.states.get(PRESENCE) is not None
    issue = issue_registry.async_get_issue(DOMAIN, f"class_changed_{entry.entry_id}")
    assert issue is not None
    assert issue.is_persistent
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["server"] == "RuView"
    assert "Breath of the baby" in issue.translation_placeholders["entities"]
    assert "Presence" not in issue.translation_placeholders["entities"].split(", ")

    await change(server, 2, privacy_mode=False)
    await server.send_snapshot()
    await until(lambda: hass.states.get(SLEEPING) is not None)
    assert hass.states.is_state(SELECT, "anonymous")
    assert issue_registry.async_get_issue(DOMAIN, f"class_changed_{entry.entry_id}") is None


async def test_disabled_entities_go_too(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    assert entry.state is ConfigEntryState.LOADED
    breathing = entity_registry.async_get(BREATHING)
    assert breathing is not None
    assert breathing.disabled
    await change(server, 2, privacy_mode=True)
    await until(lambda: entity_registry.async_get(BREATHING) is None)
    assert hass.states.is_state(SELECT, "anonymous")


async def test_stricter_while_home_assistant_was_away(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """The issue survives the next start, where there is nothing to remove, and goes with the entry."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    server.info |= {"privacy_class": 3, "privacy_mode": True}
    issue_id = f"class_changed_{config_entry.entry_id}"
    for _start in range(2):
        assert await hass.config_entries.async_setup(config_entry.entry_id)
        await hass.async_block_till_done()
        assert entity_registry.async_get(BREATHING) is None
        assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
        assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert await hass.config_entries.async_remove(config_entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


@pytest.mark.parametrize(("option", "number", "kept"), [("restricted", 3, False), ("anonymous", 2, True)])
async def test_select(  # noqa: PLR0913, PLR0917
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, option: str, number: int, kept: bool
) -> None:
    """The privacy mode that was wished for is kept."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, "privacy_mode": kept})
    await hass.services.async_call("select", "select_option", {"entity_id": SELECT, "option": option}, blocking=True)
    assert server.calls == [sent(number, privacy_mode=kept)]


async def test_select_is_refused(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    assert entry.state is ConfigEntryState.LOADED
    server.refusals = {"set_privacy_class": "looser_class"}
    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call(
            "select", "select_option", {"entity_id": SELECT, "option": "anonymous"}, blocking=True
        )
    assert error.value.translation_key == "looser_class"
    assert str(error.value).startswith("The server's own configuration asks for a stricter class")


async def test_action(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    data = {"config_entry_id": entry.entry_id, "privacy_class": "anonymous", "privacy_mode": True}
    await hass.services.async_call(DOMAIN, "set_privacy_class", data, blocking=True)
    assert server.calls == [sent(2, privacy_mode=True)]
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(DOMAIN, "set_privacy_class", data | {"config_entry_id": "nobody"}, blocking=True)


BEFORE = {"privacy_class": "anonymous", "privacy_mode": False, "poses": False, "install_blueprints": False}


async def options(hass: HomeAssistant, entry: MockConfigEntry, answer: dict[str, Any]) -> dict[str, Any]:
    """Open the options and fill them in."""
    result: Any = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.FORM
    result = await hass.config_entries.options.async_configure(result["flow_id"], answer)
    await hass.async_block_till_done()
    return dict(result)


def suggested(result: dict[str, Any]) -> dict[str, Any]:
    """Return what a form suggests."""
    return {str(key): key.description["suggested_value"] for key in result["data_schema"].schema}


async def test_options(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """They begin with what holds, and reload the entry."""
    shown: Any = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(shown) == BEFORE | {"poses": True}
    hass.config_entries.options.async_abort(shown["flow_id"])
    assert hass.states.get(POSE) is None, "it is disabled by default"

    connects = server.connects
    result = await options(hass, entry, {"privacy_class": "anonymous", "privacy_mode": False, "poses": False})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"privacy_mode": False, "poses": False, "install_blueprints": False}
    assert not server.calls, "nothing was to change there"
    assert server.connects == connects + 1

    server.info |= {"privacy_class": 3, "privacy_mode": True}
    result = await options(hass, entry, {"privacy_class": "restricted", "privacy_mode": False, "poses": True})
    assert server.calls == [sent(3, privacy_mode=False)]
    shown = await hass.config_entries.options.async_init(entry.entry_id)
    assert suggested(shown) == BEFORE | {"privacy_class": "restricted", "poses": True}


async def test_poses_are_opted_out(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry, issue_registry: ir.IssueRegistry
) -> None:
    """It is what the user asked for a moment ago: no issue says it again."""
    assert entity_registry.async_get(POSE) is not None
    await options(hass, entry, {"privacy_class": "anonymous", "privacy_mode": False, "poses": False})
    assert entity_registry.async_get(POSE) is None
    assert issue_registry.async_get_issue(DOMAIN, f"class_changed_{entry.entry_id}") is None


@pytest.mark.parametrize(
    ("code", "shown"),
    [("looser_class", "looser_class"), ("not_permitted", "not_permitted"), ("not_supported", "refused")],
)
async def test_options_are_refused(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, code: str, shown: str
) -> None:
    """The form keeps what was entered, and can be sent again."""
    server.refusals = {"set_privacy_class": code}
    answer = BEFORE | {"privacy_mode": True}
    result = await options(hass, entry, answer)
    assert result["errors"] == {"base": shown}
    assert suggested(result) == answer
    server.refusals = {}
    result = dict(await hass.config_entries.options.async_configure(result["flow_id"], answer))
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_options_need_the_server(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "not_connected"
    assert await hass.config_entries.async_setup(entry.entry_id)


async def test_class_that_is_nobodys_choice(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """A research server is neither."""
    assert entry.state is ConfigEntryState.LOADED
    await change(server, 1, privacy_mode=False)
    await until(lambda: hass.states.is_state(SELECT, "unknown"))
