"""The repair issue that stands while data is simulated."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.const import DOMAIN

from .fake_server import FakeServer, until

DATA_SOURCE = "sensor.node_1_data_source"


async def test_simulated_data(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    issue_id = f"simulated_data_{config_entry.entry_id}"
    server.state(DATA_SOURCE)["state"] = "simulated"
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.WARNING
    assert not issue.is_fixable
    assert issue.translation_key == "simulated_data"
    assert issue.translation_placeholders == {"server": "RuView", "nodes": "Node 1"}

    # It stands while the server is away: nothing has become real.
    await server.stop()
    await until(lambda: hass.states.is_state(DATA_SOURCE, "unavailable"))
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    await server.start()
    await until(lambda: hass.states.is_state(DATA_SOURCE, "simulated"))

    await server.set_state(DATA_SOURCE, "live")
    await until(lambda: issue_registry.async_get_issue(DOMAIN, issue_id) is None)
    await server.set_state(DATA_SOURCE, "simulated")
    await until(lambda: issue_registry.async_get_issue(DOMAIN, issue_id) is not None)

    assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_no_issue(entry: MockConfigEntry, issue_registry: ir.IssueRegistry) -> None:
    assert issue_registry.async_get_issue(DOMAIN, f"simulated_data_{entry.entry_id}") is None
