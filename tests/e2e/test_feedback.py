"""Beamforming feedback of real stations, from the capture file through the real server into a real Home Assistant."""

import pytest
from conftest import AddServer

from devkit.hass import HomeAssistant
from devkit.paths import RECORDINGS
from devkit.recordings import missing

NAME = "cbfr/11ac_SU_3x1_40.pcapng"
RECORDING = RECORDINGS / NAME

PRESENCE = "binary_sensor.monitor_recording_presence_beamforming"
MOTION = "binary_sensor.monitor_recording_motion_beamforming"
QUALITY = "sensor.monitor_recording_beamforming_quality"
IDENTITY_RISK = "sensor.monitor_recording_identity_risk"

pytestmark = [
    pytest.mark.usefixtures("no_entries_left"),
    pytest.mark.skipif(missing(NAME) is not None, reason=str(missing(NAME))),
]


async def _entity_ids(hass: HomeAssistant) -> set[str]:
    entities = await hass.command(type="config/entity_registry/list")
    return {entity["entity_id"] for entity in entities if entity["platform"] == "ruview"}


async def test_feedback_tells_motion(hass: HomeAssistant, serve: AddServer) -> None:
    """A capture file becomes a monitor device whose presence and motion are learnt and change."""
    async with serve("replay", RECORDING, "--speed", "20", "--loop") as server:
        await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state(PRESENCE, "on", seconds=60)
        await hass.wait_for_state(MOTION, "on", seconds=60)
        await hass.wait_for_state(MOTION, "off", seconds=60)
        assert await hass.state("sensor.monitor_recording_data_source") == "replay"
        assert {QUALITY, IDENTITY_RISK} <= await _entity_ids(hass)
        assert await hass.state(IDENTITY_RISK) is None, "nobody has asked for it"


async def test_restricted_class_has_no_identity_risk(hass: HomeAssistant, serve: AddServer) -> None:
    """At class 3 presence is there and the entity that the class withholds is not, also after class 2 had it."""
    options = ("replay", RECORDING, "--speed", "20", "--loop")
    async with serve(*options) as server:
        await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        await hass.wait_for_state(PRESENCE, "on", seconds=60)
        assert IDENTITY_RISK in await _entity_ids(hass)
        port = server.port
    async with serve(*options, "--privacy-class", "restricted", port=port):
        await hass.wait_for_state(PRESENCE, "unavailable", seconds=30)
        await hass.wait_for_state(PRESENCE, "on", "unknown", seconds=60)
        assert IDENTITY_RISK not in await _entity_ids(hass)
        assert QUALITY in await _entity_ids(hass)
