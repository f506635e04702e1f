"""What a stricter class withholds is forgotten by the recorder too."""

import pytest
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from .fake_server import FakeServer, until
from .home import WHOLE_HOME
from .test_privacy import PRESENCE, SLEEPING, change


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


@pytest.fixture(autouse=True)
def custom_integrations(recorder_mock: object, enable_custom_integrations: None) -> None:
    """Set up the recorder, before anything else is."""


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_history_is_forgotten(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
) -> None:
    def history() -> set[str]:
        start = dt_util.utc_from_timestamp(0)
        return {*get_significant_states(hass, start, entity_ids=[SLEEPING, PRESENCE], significant_changes_only=False)}

    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await async_wait_recording_done(hass)
    recorder = get_instance(hass)
    assert await recorder.async_add_executor_job(history) == {SLEEPING, PRESENCE}
    await change(server, 3, privacy_mode=True)
    await until(lambda: hass.states.get(SLEEPING) is None)
    await async_wait_recording_done(hass)
    assert await recorder.async_add_executor_job(history) == {PRESENCE}
    assert await hass.config_entries.async_unload(config_entry.entry_id)
