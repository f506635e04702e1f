"""Rooms: the form that describes one, what the server is told of all of them, and what becomes of their devices."""

import logging
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryData, SubentryFlowResult
from homeassistant.const import STATE_HOME, STATE_NOT_HOME, STATE_OFF, STATE_ON, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.ruview.api import client
from custom_components.ruview.api.catalog import MAX_ROOMS
from custom_components.ruview.household import CONF_OWNS_ROOMS, REPEAT_EVERY
from custom_components.ruview.registries import SETTLED_AFTER_S, async_find_device
from custom_components.ruview.room_flow import SECTION_EXACT
from custom_components.ruview.rooms import SUBENTRY_ROOM, new_id

from .fake_server import FakeServer, until
from .home import ROOM_ID, WHOLE_HOME, ZONE_ID, as_messages, nodes

BEDROOM = {"name": "Bedroom", "nodes": ["node_1"], "sensitivity": "medium", "hold_time": 60, SECTION_EXACT: {}}
STUDY = BEDROOM | {"name": "Study", "nodes": ["node_2"]}
ALICE, BOB, OFFICE_HOURS = "person.alice", "person.bob", "schedule.office_hours"


@pytest.fixture(autouse=True)
def two_nodes(server: FakeServer, announced: str) -> None:
    """Let the server have two nodes, unless a test asks for something else."""
    if announced != WHOLE_HOME:
        server.snapshot = nodes((1, 2))


def subentry(name: str, *node_ids: str, **data: object) -> ConfigSubentryData:
    """Return a room that is there already."""
    settings = {"nodes": list(node_ids), "sensitivity": "medium", "hold_time": 60}
    return ConfigSubentryData(data=settings | data, subentry_type=SUBENTRY_ROOM, title=name, unique_id=new_id(name, ()))


def add(hass: HomeAssistant, entry: MockConfigEntry, name: str, *node_ids: str, **data: object) -> ConfigSubentry:
    """Add a room without its form."""
    added = ConfigSubentry(**subentry(name, *node_ids, **data))  # type: ignore[arg-type]
    hass.config_entries.async_add_subentry(entry, added)
    return added


def told(server: FakeServer, service: str = "set_rooms") -> list[dict[str, Any]]:
    """Return what the server was told, without what it was only asked about."""
    return [
        call["data"] for call in server.calls if call["service"] == service and not call["data"].get("check", False)
    ]


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> SubentryFlowResult:
    """Begin to add a room."""
    return await hass.config_entries.subentries.async_init((entry.entry_id, SUBENTRY_ROOM), context={"source": "user"})


async def fill_in(hass: HomeAssistant, entry: MockConfigEntry, user_input: dict[str, Any]) -> SubentryFlowResult:
    """Add a room by its form."""
    result = await start(hass, entry)
    assert result["type"] is FlowResultType.FORM
    assert not result["errors"]
    return await hass.config_entries.subentries.async_configure(result["flow_id"], user_input)


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, room: ConfigSubentry, **changes: object
) -> SubentryFlowResult:
    """Change a room by its form, which shows what it is now."""
    result = await entry.start_subentry_reconfigure_flow(hass, room.subentry_id)
    assert result["type"] is FlowResultType.FORM
    schema = result["data_schema"]
    assert schema is not None
    shown = {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description and key.description.get("suggested_value") is not None
    }
    wanted = {SECTION_EXACT: {}} | shown | changes
    user_input = {key: value for key, value in wanted.items() if value is not None}
    return await hass.config_entries.subentries.async_configure(result["flow_id"], user_input)


async def test_an_empty_form_chooses_no_node(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Without an empty suggestion Home Assistant's page would choose the first."""
    schema = (await start(hass, entry))["data_schema"]
    assert schema is not None
    suggested = [key.description["suggested_value"] for key in schema.schema if key == "nodes"]
    assert suggested == [[]]


async def test_add_a_room(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    zones: list[dict[str, Any]] = [
        {"name": "Bed", "nodes": ["node_2"], "bed": True},
        {"name": "bed ", "nodes": ["node_1"]},
    ]
    everything = BEDROOM | {
        "nodes": ["node_1", "node_2"],
        "tags": ["bedroom"],
        "zones": zones,
        "persons": [ALICE],
        "schedule": OFFICE_HOURS,
        "sensitivity": "high",
        SECTION_EXACT: {"thresholds": {"no_movement": {"still_s": 1800}}},
    }
    result = await fill_in(hass, entry, everything)
    assert result["errors"] == {"zones": "zone_name_taken"}
    assert told(server) == []

    zones[1]["name"] = "Bed!"
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], everything)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["title"], result["unique_id"]) == ("Bedroom", "bedroom")
    await until(lambda: told(server))
    assert told(server) == [
        {
            "rooms": [
                {
                    "id": "bedroom",
                    "name": "Bedroom",
                    "tags": ["bedroom"],
                    "nodes": ["node_1", "node_2"],
                    "zones": [
                        {"id": "bed", "name": "Bed", "tags": ["bed"], "nodes": ["node_2"]},
                        {"id": "bed_2", "name": "Bed!", "tags": [], "nodes": ["node_1"]},
                    ],
                    "sensitivity": "high",
                    "hold_s": 60,
                    "thresholds": {"no_movement": {"still_s": 1800}},
                    "adjacent": [],
                }
            ]
        }
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "  "}, ({"name": "name_form"}, {})),
        ({"name": "a" * 65}, ({"name": "name_form"}, {"max": "64"})),
        ({"name": "Bed\x07room"}, ({"name": "name_form"}, {})),
        ({"name": "studY"}, ({"name": "name_taken"}, {})),
        ({"nodes": []}, ({"nodes": "nodes_missing"}, {})),
        ({"nodes": ["node_1", "node_2"]}, ({"nodes": "node_taken"}, {"node": "Node 2", "room": "Study"})),
        ({"zones": [{"name": " ", "nodes": ["node_1"]}]}, ({"zones": "zone_name_form"}, {})),
        ({"zones": [{"name": "Bed", "nodes": ["node_2"]}]}, ({"zones": "zone_nodes"}, {"zone": "Bed"})),
        ({"zones": [{"name": "Bed", "nodes": []}]}, ({"zones": "zone_nodes"}, {"zone": "Bed"})),
        ({SECTION_EXACT: {"thresholds": "low"}}, ({"base": "thresholds_form"}, {})),
    ],
)
async def test_what_makes_no_sense(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    changes: dict[str, Any],
    expected: tuple[dict[str, str], dict[str, str]],
) -> None:
    """Each mistake has its own words, and the form goes on with what was entered."""
    errors, placeholders = expected
    add(hass, entry, "Study", "node_2")
    result = await fill_in(hass, entry, BEDROOM | changes)
    assert result["errors"] == errors
    assert result["description_placeholders"] is not None
    assert placeholders.items() <= result["description_placeholders"].items()
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], BEDROOM)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await until(lambda: len(told(server)) == 2)


@pytest.mark.parametrize(
    ("code", "error"), [("invalid_data", "refused"), ("not_permitted", "not_permitted"), (None, "cannot_connect")]
)
async def test_server_refuses(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, code: str | None, error: str
) -> None:
    if code is None:
        await server.stop()
        await until(lambda: not entry.runtime_data.coordinator.connected)
    else:
        server.refusals["set_rooms"] = code
    result = await fill_in(hass, entry, BEDROOM)
    assert result["errors"] == {"base": error}
    assert entry.subentries == {}
    server.refusals.clear()
    if code is None:
        await server.start()
        await until(lambda: entry.runtime_data.coordinator.connected)
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], BEDROOM)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_not_now(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    assert (await start(hass, config_entry))["reason"] == "not_loaded"
    server.snapshot = nodes(())
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    assert (await start(hass, config_entry))["reason"] == "no_nodes"
    for number in range(MAX_ROOMS):
        add(hass, config_entry, f"Room {number}", f"node_{number}")
    assert (await start(hass, config_entry))["reason"] == "too_many_rooms"
    room = next(iter(config_entry.subentries))
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    result = await config_entry.start_subentry_reconfigure_flow(hass, room)
    assert result["reason"] == "not_loaded"


@pytest.mark.parametrize(
    ("name", "room_id"),
    [
        ("客厅", "ke_ting"),
        ("Küche & Bad", "kuche_bad"),
        ("Node 1", "room_node_1"),
        ("???", "unknown"),
        ("é" * 64, "e" * 61),
        ("Node " + "1" * 59, "room_node_" + "1" * 51),
        ("Bedroom", "bedroom_3"),
    ],
)
async def test_names(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, name: str, room_id: str) -> None:
    """Any name will do; the id is one that the server takes, and no node's."""
    for number, taken in enumerate(("Bedroom A", "Bedroom B"), 3):
        other = ConfigSubentry(
            **subentry(taken, f"node_{number}") | {"unique_id": ("bedroom", "bedroom_2")[number - 3]}  # type: ignore[arg-type]
        )
        hass.config_entries.async_add_subentry(entry, other)
    result = await fill_in(hass, entry, BEDROOM | {"name": name})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["title"], result["unique_id"]) == (name, room_id)
    await until(lambda: len(told(server)) == 3)
    assert [room["name"] for room in told(server)[-1]["rooms"]] == ["Bedroom A", "Bedroom B", name]


async def test_change_a_room(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """Its id stays, whatever it is called; what was filled in is shown again, and can be taken out."""
    thresholds = {"no_movement": {"still_s": 900}}
    room = add(hass, entry, "Bedroom", "node_1", tags=["bedroom"], schedule=OFFICE_HOURS, thresholds=thresholds)
    result = await change(hass, entry, room, name="Sleeping", schedule=None, **{SECTION_EXACT: {}})
    assert result["reason"] == "reconfigure_successful"
    await until(lambda: len(told(server)) == 2)
    (described,) = told(server)[-1]["rooms"]
    assert (described["id"], described["name"], described["tags"]) == ("bedroom", "Sleeping", ["bedroom"])
    assert described["thresholds"] == {}
    assert "schedule" not in room.data
    assert (await change(hass, entry, room, nodes=[]))["errors"] == {"nodes": "nodes_missing"}


async def test_same_again_is_not_told(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    room = add(hass, entry, "Bedroom", "node_1")
    await until(lambda: told(server))
    await change(hass, entry, room)
    hass.config_entries.async_update_entry(entry, title="Home")
    await hass.async_block_till_done(wait_background_tasks=False)
    assert len(told(server)) == 1


async def test_title_that_home_assistant_lets_pass(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry
) -> None:
    """A subentry can be renamed without its form."""
    room = add(hass, entry, "Bedroom", "node_1")
    await until(lambda: told(server))
    hass.config_entries.async_update_subentry(entry, room, title=" \x07 ")
    await until(lambda: told(server)[-1]["rooms"][0]["name"] == "bedroom")
    hass.config_entries.async_update_subentry(entry, room, title="x" * 99)
    await until(lambda: told(server)[-1]["rooms"][0]["name"] == "x" * 64)


async def test_neighbours(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """Rooms are next to each other, whichever says so; either can take it back, and a room that goes is nobody's."""

    def ways() -> list[list[str]]:
        return [room["adjacent"] for room in told(server)[-1]["rooms"]]

    bedroom = add(hass, entry, "Bedroom", "node_1")
    await fill_in(hass, entry, STUDY | {"adjacent": ["bedroom"]})
    await until(lambda: len(told(server)) == 2)
    assert ways() == [["study"], ["bedroom"]]
    await change(hass, entry, bedroom, adjacent=[])
    await until(lambda: ways() == [[], []])
    await change(hass, entry, bedroom, adjacent=["study"])
    await until(lambda: ways() == [["study"], ["bedroom"]])
    study = next(room for room in entry.subentries.values() if room.unique_id == "study")
    hass.config_entries.async_remove_subentry(entry, study.subentry_id)
    await until(lambda: ways() == [[]])


async def test_nodes_by_name(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """As the user calls them; two with one name can be told apart, and one that is gone stays what it was."""
    registry = dr.async_get(hass)
    assert isinstance(server.snapshot, dict)
    for node_id in ("node_1", "node_2"):
        device = async_find_device(hass, entry, node_id)
        assert device is not None
        registry.async_update_device(device.id, name_by_user="Shelf")
    add(hass, entry, "Attic", "node_9")
    schema = (await start(hass, entry))["data_schema"]
    assert schema is not None
    options = {option["value"]: option["label"] for option in schema.schema["nodes"].config["options"]}
    assert options == {"node_9": "node_9", "node_1": "Shelf (node_1)", "node_2": "Shelf (node_2)"}


async def test_areas(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Nodes go into the area of their room, and with it into another, unless the user has put them somewhere."""
    areas = ar.async_get(hass)
    attic, cellar, garden = (areas.async_create(name).id for name in ("Attic", "Cellar", "Garden"))

    def area_of(node_id: str) -> str | None:
        device = async_find_device(hass, entry, node_id)
        assert device is not None
        return device.area_id

    device = async_find_device(hass, entry, "node_2")
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, area_id=garden)
    await fill_in(hass, entry, BEDROOM | {"nodes": ["node_1", "node_2"], "area_id": attic})
    assert (area_of("node_1"), area_of("node_2")) == (attic, garden)
    (room,) = entry.subentries.values()
    await change(hass, entry, room, area_id=cellar)
    assert (area_of("node_1"), area_of("node_2")) == (cellar, garden)


async def test_server_with_rooms_of_its_own(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """They are left alone until there is one here. When the last one here is gone, the server knows it, even later."""
    await server.drop()
    await until(lambda: entry.runtime_data.coordinator.reconnects == 1)
    assert told(server) == []

    room = add(hass, entry, "Bedroom", "node_1")
    await until(lambda: len(told(server)) == 1)
    assert entry.data[CONF_OWNS_ROOMS] is True
    await server.stop()
    await until(lambda: not entry.runtime_data.coordinator.connected)
    hass.config_entries.async_remove_subentry(entry, room.subentry_id)
    await server.start()
    await until(lambda: told(server)[1:] == [{"rooms": []}])
    await until(lambda: CONF_OWNS_ROOMS not in entry.data)
    await server.drop()
    await until(lambda: entry.runtime_data.coordinator.reconnects == 3)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert len(told(server)) == 2


async def test_again_after_a_reconnection(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    hass.states.async_set(ALICE, STATE_HOME)
    add(hass, entry, "Bedroom", "node_1", persons=[ALICE])
    context = {"room_id": "bedroom", "known_home": True, "expected": None}
    await until(lambda: told(server, "set_context") == [context])
    await server.drop()
    await until(lambda: told(server, "set_context") == [context, context])
    assert len(told(server)) == 2


@pytest.mark.parametrize(
    "home",
    [
        ((STATE_HOME, STATE_NOT_HOME), True),
        (("work", STATE_HOME), True),
        ((STATE_HOME, STATE_UNKNOWN), True),
        ((STATE_NOT_HOME, "work"), False),
        ((STATE_NOT_HOME, STATE_UNKNOWN), None),
        ((STATE_NOT_HOME, "unavailable"), None),
        ((STATE_NOT_HOME, None), None),
    ],
)
@pytest.mark.parametrize("office", [(STATE_ON, True), (STATE_OFF, False), (STATE_UNKNOWN, None), (None, None)])
async def test_who_is_home_and_expected(
    hass: HomeAssistant,
    server: FakeServer,
    entry: MockConfigEntry,
    home: tuple[tuple[str | None, ...], bool | None],
    office: tuple[str | None, bool | None],
) -> None:
    """Yes, no or nothing, as soon as it is known, and never a name; nothing need not be said."""
    (persons, known_home), (schedule, expected) = home, office
    add(hass, entry, "Bedroom", "node_1", persons=[ALICE, BOB], schedule=OFFICE_HOURS)
    add(hass, entry, "Study", "node_2")
    await until(lambda: len(told(server)) == 2)
    assert told(server, "set_context") == []
    for entity_id, state in zip((ALICE, BOB, OFFICE_HOURS), (*persons, schedule), strict=True):
        if state is not None:
            hass.states.async_set(entity_id, state)
    said = {"room_id": "bedroom", "known_home": known_home, "expected": expected}
    if known_home is None and expected is None:
        await hass.async_block_till_done(wait_background_tasks=False)
        contexts = told(server, "set_context")
        assert not contexts or contexts[-1] == said
    else:
        await until(lambda: told(server, "set_context")[-1:] == [said])
    assert not any(name in str(server.calls) for name in ("alice", "bob", "office"))


async def test_links_that_change(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """Whoever is not linked any more is not followed, and what was said of the room is taken back."""
    hass.states.async_set(ALICE, STATE_HOME)
    room = add(hass, entry, "Bedroom", "node_1", persons=[ALICE])
    await until(lambda: len(told(server, "set_context")) == 1)
    await change(hass, entry, room, persons=None)
    nothing = {"room_id": "bedroom", "known_home": None, "expected": None}
    await until(lambda: told(server, "set_context")[1:] == [nothing])
    hass.states.async_set(ALICE, STATE_NOT_HOME)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert len(told(server, "set_context")) == 2


async def test_repeated_before_it_is_not_believed(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry
) -> None:
    hass.states.async_set(OFFICE_HOURS, STATE_ON)
    add(hass, entry, "Study", "node_2", schedule=OFFICE_HOURS)
    add(hass, entry, "Bedroom", "node_1")
    await until(lambda: len(told(server, "set_context")) == 1)
    async_fire_time_changed(hass, dt_util.utcnow() + REPEAT_EVERY)
    await until(lambda: len(told(server, "set_context")) == 2)
    async_fire_time_changed(hass, dt_util.utcnow() + REPEAT_EVERY * 2)
    await until(lambda: len(told(server, "set_context")) == 3)
    assert {said["room_id"] for said in told(server, "set_context")} == {"study"}


async def test_refused_later(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once in the log, not with every change of a person, and tried again with the next change of a room."""
    server.refusals["set_rooms"] = "not_permitted"
    hass.states.async_set(ALICE, STATE_HOME)
    room = add(hass, entry, "Bedroom", "node_1", persons=[ALICE])
    await until(lambda: "does not take what it is told about the rooms" in caplog.text)
    hass.states.async_set(ALICE, STATE_NOT_HOME)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert caplog.text.count("does not take") == 1
    assert told(server, "set_context") == []

    server.refusals["set_rooms"] = "not_stored"
    hass.config_entries.async_update_subentry(entry, room, title="Sleeping")
    await until(lambda: caplog.text.count("does not take") == 2)
    hass.states.async_set(ALICE, STATE_HOME)
    await until(lambda: told(server, "set_context"))


async def test_slow_server_is_told_again(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.ruview")
    server.silent = {"call_service"}
    with patch.object(client, "TIMEOUT_S", 0.05):
        add(hass, entry, "Bedroom", "node_1")
        await until(lambda: "was not told about the rooms" in caplog.text)
    server.silent.clear()
    async_fire_time_changed(hass, dt_util.utcnow() + REPEAT_EVERY)
    await until(lambda: len(told(server)) == 2)


def room_messages(server: FakeServer) -> list[dict[str, Any]]:
    """Return how a server tells of the whole home's room and zone."""
    assert isinstance(server.snapshot, dict)
    ours = (ROOM_ID, ZONE_ID)
    found = {
        "devices": [device for device in server.snapshot["devices"] if device["id"] in ours],
        "entities": [entity for entity in server.snapshot["entities"] if entity["device_id"] in ours],
    }
    entity_ids = {entity["entity_id"] for entity in found["entities"]}
    found["states"] = [state for state in server.snapshot["states"] if state["entity_id"] in entity_ids]
    found["devices"].sort(key=lambda device: device["id"] != ROOM_ID)
    return as_messages(found)


SLEEPING = "binary_sensor.bedroom_someone_sleeping"
OCCUPANCY = "binary_sensor.bedroom_bed_occupancy"


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
@pytest.mark.parametrize("announced", [WHOLE_HOME])
@pytest.mark.parametrize("is_online", [True, False])
async def test_delete_a_room_that_is_occupied(
    hass: HomeAssistant,
    server: FakeServer,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    *,
    is_online: bool,
) -> None:
    """Its devices and entities are gone at once, and the server is told, or will be; late words change nothing."""
    area = ar.async_get(hass).async_create("Bedroom").id
    room = ConfigSubentry(**subentry("Bedroom", "node_1", "node_2", area_id=area))  # type: ignore[arg-type]
    hass.config_entries.async_add_subentry(config_entry, room)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.states.is_state(SLEEPING, STATE_ON)
    assert hass.states.is_state(OCCUPANCY, STATE_ON)
    for device_id in (ROOM_ID, ZONE_ID):
        device = async_find_device(hass, config_entry, device_id)
        assert device is not None
        assert device.config_subentry_id == room.subentry_id
        entities = er.async_entries_for_device(entity_registry, device.id, include_disabled_entities=True)
        assert {found.config_subentry_id for found in entities} == {room.subentry_id}
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=SETTLED_AFTER_S))
    await until(lambda: (found := async_find_device(hass, config_entry, ROOM_ID)) and found.area_id == area)
    node = async_find_device(hass, config_entry, "node_1")
    assert node is not None
    assert node.config_subentry_id is None

    if not is_online:
        await server.stop()
        await until(lambda: not config_entry.runtime_data.coordinator.connected)
    hass.config_entries.async_remove_subentry(config_entry, room.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert hass.states.get(SLEEPING) is None
    assert hass.states.get(OCCUPANCY) is None
    if not is_online:
        await server.start()
    await until(lambda: told(server)[-1:] == [{"rooms": []}])
    for device_id in (ZONE_ID, ROOM_ID):
        removal = {"type": "device_registry_updated", "action": "remove", "device_id": device_id, "device": None}
        await server.send_event(removal)
    await server.set_state("binary_sensor.node_1_presence", STATE_ON)
    await until(lambda: hass.states.is_state("binary_sensor.node_1_presence", STATE_ON))
    assert async_find_device(hass, config_entry, ROOM_ID) is None
    assert async_find_device(hass, config_entry, ZONE_ID) is None
    assert hass.states.get(SLEEPING) is None

    # It is made again: as it was, in its subentry.
    again = add(hass, config_entry, "Bedroom", "node_1", "node_2")
    for message in room_messages(server):
        await server.send_event(message)
    await until(lambda: hass.states.is_state(SLEEPING, STATE_ON))
    device = async_find_device(hass, config_entry, ROOM_ID)
    assert device is not None
    assert device.config_subentry_id == again.subentry_id
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_room_of_a_file_comes_to_a_subentry(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """The server has it already, so nothing is announced; what the user made of its devices stays."""
    device = async_find_device(hass, entry, ROOM_ID)
    assert device is not None
    assert device.config_subentry_id is None
    dr.async_get(hass).async_update_device(device.id, name_by_user="Mine")
    room = add(hass, entry, "Bedroom", "node_1", "node_2")
    await hass.async_block_till_done(wait_background_tasks=False)
    moved = async_find_device(hass, entry, ROOM_ID)
    zone = async_find_device(hass, entry, ZONE_ID)
    assert moved is not None
    assert zone is not None
    assert isinstance(moved, dr.DeviceEntry)
    assert (moved.id, moved.name_by_user) == (device.id, "Mine")
    assert moved.config_subentry_id == zone.config_subentry_id == room.subentry_id
    await until(lambda: hass.states.is_state(SLEEPING, STATE_ON))
    assert "Detected that" not in caplog.text


async def test_unload_while_telling(hass: HomeAssistant, server: FakeServer, config_entry: MockConfigEntry) -> None:
    server.silent = {"call_service"}
    hass.config_entries.async_add_subentry(
        config_entry,
        ConfigSubentry(**subentry("Bedroom", "node_1", persons=[ALICE])),  # type: ignore[arg-type]
    )
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await until(lambda: told(server))
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    hass.states.async_set(ALICE, STATE_HOME)
    await hass.async_block_till_done()
    assert len(server.calls) == 1


HOLD_TIME = "number.node_1_hold_time"
SENSITIVITY = "select.node_1_sensitivity"


async def test_settings_of_a_room(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """They are on the node that is the room, apply at once, and are kept; the form shows them too."""
    assert hass.states.get(HOLD_TIME) is None
    room = add(hass, entry, "Bedroom", "node_1", thresholds={"no_movement": {"still_s": 900}})
    await until(lambda: hass.states.is_state(HOLD_TIME, "60") and hass.states.is_state(SENSITIVITY, "medium"))
    await until(lambda: told(server))
    await hass.services.async_call("number", "set_value", {"entity_id": HOLD_TIME, "value": 90}, blocking=True)
    await hass.services.async_call(
        "select", "select_option", {"entity_id": SENSITIVITY, "option": "low"}, blocking=True
    )
    changes: list[dict[str, Any]] = [{"hold_s": 90}, {"sensitivity": "low"}]
    assert told(server, "set_thresholds") == [{"room_id": "bedroom", **change} for change in changes]
    assert hass.states.is_state(HOLD_TIME, "90")
    assert hass.states.is_state(SENSITIVITY, "low")
    assert (room.data["hold_time"], room.data["sensitivity"]) == (90, "low")
    await until(lambda: told(server)[-1]["rooms"][0]["sensitivity"] == "low")
    assert told(server)[-1]["rooms"][0]["thresholds"] == {"no_movement": {"still_s": 900}}
    await change(hass, entry, room, hold_time=5)
    assert hass.states.is_state(HOLD_TIME, "5")

    server.refusals["set_thresholds"] = "not_permitted"
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call("number", "set_value", {"entity_id": HOLD_TIME, "value": 7}, blocking=True)
    assert refused.value.translation_key == "not_permitted"
    assert hass.states.is_state(HOLD_TIME, "5")


async def test_settings_without_server(hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry) -> None:
    """They are unavailable like everything else, and a node that a new server does not know yet keeps them."""
    add(hass, entry, "Bedroom", "node_1")
    await until(lambda: hass.states.is_state(HOLD_TIME, "60"))
    before = server.snapshot
    server.snapshot = nodes(())
    await server.stop()
    await until(lambda: hass.states.is_state(HOLD_TIME, "unavailable"))
    await server.start()
    await until(lambda: entry.runtime_data.coordinator.connected)
    assert er.async_get(hass).async_get(HOLD_TIME) is not None
    server.snapshot = before
    await server.send_snapshot()
    await until(lambda: hass.states.is_state(HOLD_TIME, "60"))


async def test_settings_go_with_their_room(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """From the node that the room was; another room that the node comes to has them again, as it is set."""
    registry = er.async_get(hass)
    room = add(hass, entry, "Bedroom", "node_1")
    await until(lambda: hass.states.is_state(HOLD_TIME, "60"))
    registry.async_update_entity(HOLD_TIME, icon="mdi:bed")
    hass.config_entries.async_remove_subentry(entry, room.subentry_id)
    await until(lambda: hass.states.get(HOLD_TIME) is None)
    assert registry.async_get(HOLD_TIME) is None
    add(hass, entry, "Study", "node_1", hold_time=30)
    await until(lambda: hass.states.is_state(HOLD_TIME, "30"))
    found = registry.async_get(HOLD_TIME)
    assert found is not None
    assert found.icon == "mdi:bed"


async def test_node_comes_to_another_room(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """At one stroke, as no form does it: its settings are those of the room that it is in now."""
    bedroom = add(hass, entry, "Bedroom", "node_1")
    study = add(hass, entry, "Study", "node_2", hold_time=30)
    await until(lambda: hass.states.is_state(HOLD_TIME, "60"))
    with patch.object(entry.runtime_data.coordinator, "async_rooms_changed"):
        hass.config_entries.async_update_subentry(entry, bedroom, data={**bedroom.data, "nodes": ["node_2"]})
    hass.config_entries.async_update_subentry(entry, study, data={**study.data, "nodes": ["node_1"]})
    await until(lambda: hass.states.is_state(HOLD_TIME, "30"))
    await until(lambda: hass.states.is_state("number.node_2_hold_time", "60"))


@pytest.mark.parametrize("announced", [WHOLE_HOME])
async def test_settings_of_a_room_with_a_device(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry
) -> None:
    """A room of two nodes has them on its own device, in its subentry; never on a node, not even for a moment."""
    created: list[str] = []
    stop = hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED,
        lambda event: created.append(event.data["entity_id"]) if event.data["action"] == "create" else None,
    )
    room = add(hass, entry, "Bedroom", "node_8", "node_9")
    await until(lambda: hass.states.is_state("number.bedroom_hold_time", "60"))
    found = er.async_get(hass).async_get("select.bedroom_sensitivity")
    assert found is not None
    assert found.config_subentry_id == room.subentry_id
    await until(lambda: told(server))
    stop()
    assert not [entity_id for entity_id in created if entity_id.startswith("number.node_")]


async def test_settings_of_a_room_that_waits_for_its_device(
    hass: HomeAssistant, server: FakeServer, entry: MockConfigEntry
) -> None:
    """The server makes the device of two nodes. One node and a radio that overhears are no such room."""

    def numbers() -> list[str]:
        return [found for found in hass.states.async_entity_ids() if found.startswith("number.")]

    hall = add(hass, entry, "Hall", "node_2", "node_1")
    await until(lambda: told(server))
    assert not numbers()
    data = {**hall.data, "nodes": ["monitor_attic", "node_2"]}
    hass.config_entries.async_update_subentry(entry, hall, data=data)
    await until(lambda: numbers() == ["number.node_2_hold_time"])
