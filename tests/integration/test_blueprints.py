"""Blueprints: they come when the user wishes so and stay his, and each does what it says in a real automation."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.blueprint import models, schemas
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.ruview.blueprints import SOURCE
from custom_components.ruview.const import DOMAIN

from .automations import set_up
from .fake_server import FakeServer, until
from .home import WHOLE_HOME
from .test_rules import THREAT
from .test_trigger import happen

NAMES = sorted(path.stem for path in SOURCE.glob("*.yaml"))
LIGHT = "light.test"
HOUR = {"hours": 1}


@pytest.fixture
def announced() -> str:
    """Begin with every kind of entity."""
    return WHOLE_HOME


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Let Home Assistant have a configuration folder of its own, and return where the blueprints go."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path / "blueprints" / "automation" / "ruview"


@pytest.fixture
async def installed(hass: HomeAssistant, folder: Path, entry: MockConfigEntry) -> Path:
    """Install the blueprints, as the option does."""
    await install(hass, entry)
    return folder


async def install(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wish for blueprints, and set up with that wish."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, "install_blueprints": True})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


def contents(folder: Path) -> dict[str, str]:
    """Return what is in a folder."""
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.exists() else {}


async def test_nothing_is_installed_unasked(folder: Path, entry: MockConfigEntry) -> None:
    assert "install_blueprints" not in entry.options
    assert contents(folder) == {}


async def test_option(hass: HomeAssistant, folder: Path, entry: MockConfigEntry) -> None:
    """The box of the options installs them, and to untick it removes none."""
    for wanted in (True, False):
        flow = await hass.config_entries.options.async_init(entry.entry_id)
        answer = {"privacy_class": "anonymous", "privacy_mode": False, "poses": False, "install_blueprints": wanted}
        await hass.config_entries.options.async_configure(flow["flow_id"], answer)
        await hass.async_block_till_done()
        assert entry.options["install_blueprints"] is wanted
        assert contents(folder).keys() == {f"{name}.yaml" for name in NAMES}


async def test_changes_are_the_users(hass: HomeAssistant, installed: Path, entry: MockConfigEntry) -> None:
    """What he changed or made stays; what is missing or old comes back as it should be."""
    before = contents(installed)
    lighting, fan, distress = (installed / f"{name}.yaml" for name in NAMES[-2::-1][:3])
    lighting.write_text(lighting.read_text().replace("name:", "name: My", 1))
    fan.write_bytes(b"\xff not even text")
    (installed / "mine.yaml").write_text("blueprint:")
    distress.unlink()
    changed = contents_of_bytes(installed)
    await install(hass, entry)
    assert contents_of_bytes(installed) == changed | {distress.name: before[distress.name].encode()}


def contents_of_bytes(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, which may be no text."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_update(
    hass: HomeAssistant, installed: Path, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A newer version replaces what an older one installed."""
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "bathroom_fan.yaml").write_text("newer: true\n")
    monkeypatch.setattr("custom_components.ruview.blueprints.SOURCE", newer)
    await install(hass, entry)
    assert (installed / "bathroom_fan.yaml").read_text().startswith("newer: true\n#")
    assert contents(installed).keys() == {f"{name}.yaml" for name in NAMES}


async def test_disk_that_refuses(
    hass: HomeAssistant, folder: Path, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """There is a line in the log, and the server is there all the same."""
    folder.parent.mkdir(parents=True)
    folder.touch()  # noqa: ASYNC240 - a file where a folder should be
    await install(hass, entry)
    assert "The blueprints could not be copied" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("name", NAMES)
def test_is_valid(name: str) -> None:
    """Home Assistant takes it, its words are ours, and every input is described and used."""
    blueprint = models.Blueprint(
        load_yaml_dict(str(SOURCE / f"{name}.yaml")),
        path=f"ruview/{name}.yaml",
        expected_domain="automation",
        schema=schemas.BLUEPRINT_SCHEMA,
    )
    assert blueprint.validate() is None
    text = (SOURCE / f"{name}.yaml").read_text()
    assert not THREAT.search(text)
    assert blueprint.metadata["source_url"].endswith(f"/custom_components/ruview/blueprints/automation/{name}.yaml")
    for key, described in blueprint.inputs.items():
        assert described["name"]
        assert described["selector"]
        assert f"!input {key}\n" in text, key


async def use(hass: HomeAssistant, name: str, **inputs: object) -> None:
    """Make an automation of a blueprint."""
    assert await async_setup_component(hass, "sun", {})
    await set_up(hass, {"use_blueprint": {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}})


async def later(hass: HomeAssistant, **passed: int) -> None:
    """Let time pass."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**passed))
    await react()


async def told(hass: HomeAssistant, server: FakeServer) -> None:
    """Wait until all that the server said has arrived."""
    await become(hass, server, "room_active", "off" if hass.states.is_state(ENTITIES["room_active"][1], "on") else "on")


async def react() -> None:
    """Let automations do what they do at once: to wait for one to end would be to wait for its delays."""
    await asyncio.sleep(0.05)


async def become(hass: HomeAssistant, server: FakeServer, key: str, state: str) -> str:
    """Let the server say something of a binary sensor or a sensor; return our entity's id."""
    theirs, ours = ENTITIES[key]
    await server.set_state(theirs, state)
    await until(lambda: hass.states.is_state(ours, state))
    await react()
    return ours


def entities(domain: str, **names: str) -> dict[str, tuple[str, str]]:
    """Return the server's ids and ours, by key."""
    return {key: (f"{domain}.{key_of(ours, key)}", f"{domain}.{ours}") for key, ours in names.items()}


def key_of(ours: str, key: str) -> str:
    """Return the server's name of an entity."""
    return f"{'room_bedroom' if ours.startswith('bedroom') else 'node_1'}_{key}"


ENTITIES = {
    **entities(
        "binary_sensor",
        presence="node_1_presence",
        room_active="node_1_room_active",
        possible_distress="bedroom_possible_distress",
        someone_sleeping="bedroom_someone_sleeping",
        bathroom_occupied="bedroom_bathroom_occupied",
        no_movement="bedroom_no_movement",
    ),
    **entities("sensor", bfld_identity_risk="node_1_identity_risk"),
}


class Done:
    """What automations did with lights, fans and climates, and what they said."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take the place of the actions."""
        self.calls: list[ServiceCall] = []
        for domain, service in (
            ("light", "turn_on"),
            ("light", "turn_off"),
            ("climate", "set_temperature"),
            ("homeassistant", "turn_on"),
            ("homeassistant", "turn_off"),
            ("persistent_notification", "create"),
            ("test", "escalate"),
        ):
            async_mock_service(hass, domain, service)
            hass.services.async_register(domain, service, self.calls.append)

    def take(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what was done since the last time."""
        calls: list[tuple[str, Mapping[str, Any]]] = [
            (f"{call.domain}.{call.service}", dict(call.data)) for call in self.calls
        ]
        self.calls.clear()
        return calls


@pytest.fixture
def done(hass: HomeAssistant) -> Done:
    """Watch what automations do."""
    return Done(hass)


ON = ("light.turn_on", {"entity_id": [LIGHT]})
OFF = ("light.turn_off", {"entity_id": [LIGHT]})
DIM = ("light.turn_on", {"entity_id": [LIGHT], "brightness_pct": 10})

usefixtures = pytest.mark.usefixtures("entity_registry_enabled_by_default", "installed")


@usefixtures
@pytest.mark.parametrize(
    ("aware", "message"),
    [
        (True, "Somebody came while nobody linked to this room was at home."),
        (False, "Somebody came. Who is at home is not known here."),
    ],
)
async def test_unknown_presence(hass: HomeAssistant, server: FakeServer, done: Done, aware: bool, message: str) -> None:
    await use(hass, "unknown_presence_notification", rooms={"entity_id": "event.node_1_activity"})
    await happen(server, "unexpected_occupancy")
    await happen(server, "unknown_presence", person_aware=aware)
    await told(hass, server)
    assert done.take() == [("persistent_notification.create", {"title": "Node 1", "message": message})]


@usefixtures
async def test_presence_lighting(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    presence = ENTITIES["presence"][1]
    await use(hass, "presence_lighting", presence=presence, light={"entity_id": LIGHT}, hold_time={"minutes": 2})
    await become(hass, server, "presence", "on")
    assert done.take() == [ON]
    await become(hass, server, "presence", "off")
    await later(hass, minutes=1)
    assert done.take() == []
    await become(hass, server, "presence", "on")
    await later(hass, minutes=3)
    assert done.take() == [ON]
    # Nobody can tell: nothing is switched, and what comes back is no arrival.
    await become(hass, server, "presence", "unavailable")
    await later(hass, minutes=3)
    await become(hass, server, "presence", "on")
    assert done.take() == []
    await become(hass, server, "presence", "off")
    await later(hass, minutes=3)
    assert done.take() == [OFF]


@usefixtures
@pytest.mark.parametrize(("sun", "expected"), [("above_horizon", []), ("below_horizon", [ON])])
async def test_presence_lighting_by_night(
    hass: HomeAssistant, server: FakeServer, done: Done, sun: str, expected: list[Any]
) -> None:
    presence = ENTITIES["presence"][1]
    await use(hass, "presence_lighting", presence=presence, light={"entity_id": LIGHT}, only_when_dark=True)
    hass.states.async_set("sun.sun", sun)
    await become(hass, server, "presence", "on")
    assert done.take() == expected
    # What was turned on by hand goes off all the same.
    await become(hass, server, "presence", "off")
    await later(hass, minutes=3)
    assert done.take() == [OFF]


@usefixtures
async def test_climate(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    hass.states.async_set("climate.test", "heat")
    await use(hass, "motion_aware_climate", room_active=ENTITIES["room_active"][1], climate="climate.test")
    await become(hass, server, "room_active", "on")
    assert done.take() == [("climate.set_temperature", {"entity_id": ["climate.test"], "temperature": 21})]
    await become(hass, server, "room_active", "off")
    await later(hass, minutes=29)
    assert done.take() == []
    await later(hass, minutes=31)
    assert done.take() == [("climate.set_temperature", {"entity_id": ["climate.test"], "temperature": 17})]
    hass.states.async_set("climate.test", "off")
    await become(hass, server, "room_active", "on")
    assert done.take() == []


@usefixtures
async def test_distress(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    await use(hass, "possible_distress", distress=[ENTITIES["possible_distress"][1]])
    await become(hass, server, "possible_distress", "unavailable")
    await become(hass, server, "possible_distress", "off")
    assert done.take() == []
    await become(hass, server, "possible_distress", "on")
    [(action, said)] = done.take()
    assert (action, said["title"]) == ("persistent_notification.create", "Bedroom")
    assert said["message"].startswith("Somebody may be in distress.")


@usefixtures
async def test_bed_exit(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    await use(hass, "bed_exit_wake_light", bed={"entity_id": "event.bedroom_bed_exit"}, light=LIGHT)
    theirs = "event.room_bedroom_bed_exit"
    hass.states.async_set(LIGHT, "on")
    await happen(server, "bed_exit", theirs)
    await told(hass, server)
    assert done.take() == []
    hass.states.async_set(LIGHT, "off")
    await happen(server, "bed_exit", theirs)
    await told(hass, server)
    assert done.take() == [DIM]
    # Up again: the time begins anew.
    hass.states.async_set(LIGHT, "on")
    await later(hass, minutes=5)
    await happen(server, "bed_exit", theirs)
    await told(hass, server)
    assert done.take() == [DIM]
    await later(hass, minutes=11)
    assert done.take() == [OFF]


@usefixtures
async def test_hallway(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    motion = "binary_sensor.hallway"
    hass.states.async_set(motion, "off")
    sleeping = await become(hass, server, "someone_sleeping", "off")
    inputs = {"motion": motion, "bedrooms": {"entity_id": sleeping}, "light": LIGHT, "hold_time": {"minutes": 1}}
    await use(hass, "dim_hallway_while_sleeping", **inputs)
    hass.states.async_set(motion, "on")
    await react()
    assert done.take() == []
    hass.states.async_set(motion, "off")
    await become(hass, server, "someone_sleeping", "on")
    for lost in ("off", "unavailable"):
        hass.states.async_set(motion, "on")
        await react()
        assert done.take() == [DIM]
        await later(hass, minutes=5)
        assert done.take() == []
        hass.states.async_set(motion, lost)
        await react()
        await later(hass, minutes=2)
        assert done.take() == [OFF]
        hass.states.async_set(motion, "off")


@usefixtures
async def test_fan(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    await become(hass, server, "bathroom_occupied", "off")
    occupied = ENTITIES["bathroom_occupied"][1]
    await use(hass, "bathroom_fan", occupied=occupied, fan={"entity_id": "switch.fan"}, run_on=HOUR)
    await become(hass, server, "bathroom_occupied", "on")
    await later(hass, seconds=30)
    assert done.take() == []
    await later(hass, seconds=61)
    assert done.take() == [("homeassistant.turn_on", {"entity_id": ["switch.fan"]})]
    await become(hass, server, "bathroom_occupied", "off")
    await later(hass, minutes=59)
    assert done.take() == []
    await later(hass, minutes=61)
    assert done.take() == [("homeassistant.turn_off", {"entity_id": ["switch.fan"]})]


@usefixtures
@pytest.mark.parametrize("moves", [True, False])
async def test_inactivity(hass: HomeAssistant, server: FakeServer, done: Done, moves: bool) -> None:
    await become(hass, server, "no_movement", "off")
    inactivity = [ENTITIES["no_movement"][1]]
    escalation = [{"action": "test.escalate", "data": {"room": "{{ room }}"}}]
    await use(hass, "inactivity_check", inactivity=inactivity, escalation=escalation)
    await become(hass, server, "no_movement", "on")
    [(action, said)] = done.take()
    assert (action, said["title"]) == ("persistent_notification.create", "Bedroom")
    assert said["message"].startswith("Somebody has been still for unusually long.")
    if moves:
        await become(hass, server, "no_movement", "off")
    await later(hass, minutes=16)
    assert done.take() == ([] if moves else [("test.escalate", {"room": "Bedroom"})])


@usefixtures
@pytest.mark.parametrize(
    ("data", "message"), [({"fall_risk_elevated": 73}, "rose to 73 %:"), ({"confidence": 1}, "rose to its threshold:")]
)
async def test_fall_risk(
    hass: HomeAssistant, server: FakeServer, done: Done, data: dict[str, Any], message: str
) -> None:
    await use(hass, "fall_risk_elevated", rooms={"entity_id": "sensor.bedroom_fall_risk"})
    await happen(server, "fall_risk_elevated", "sensor.room_bedroom_fall_risk_elevated", **data)
    await told(hass, server)
    [(action, said)] = done.take()
    assert (action, said["title"]) == ("persistent_notification.create", "Bedroom")
    assert message in said["message"]


@usefixtures
async def test_identity_risk(hass: HomeAssistant, server: FakeServer, done: Done) -> None:
    await use(hass, "identity_risk_anomaly", identity_risk=[ENTITIES["bfld_identity_risk"][1]], threshold=0.5)
    await become(hass, server, "bfld_identity_risk", "0.8")
    await later(hass, minutes=4)
    assert done.take() == []
    await later(hass, minutes=6)
    [(action, said)] = done.take()
    assert (action, said["title"]) == ("persistent_notification.create", "Node 1")
    assert said["message"].startswith("The identity risk is 0.8:")
