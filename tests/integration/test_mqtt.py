"""A server over MQTT: from the first message to the last, with everything that can go wrong between."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_HASSIO, SOURCE_MQTT, SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN, STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.api.errors import ConnectionLostError
from custom_components.ruview.api.mqtt import ServerTopics
from custom_components.ruview.const import CONF_PUBLIC_KEY, CONF_SERVER_ID, CONF_TOPIC_PREFIX, DOMAIN
from custom_components.ruview.mqtt_connection import MqttConnection

from .fake_broker import FakeBroker, FakeMqttServer
from .fake_server import FakeServer, until
from .mqtt_home import KEY, OTHER_KEY, SERVER_ID, START, event, info, public, registry, signed

PRESENCE = "binary_sensor.node_1_presence"
PRESENCE_TOPIC = f"{START}_node_1/presence/state"
EVENT_TOPIC = f"{START}_node_1/events/unknown_presence"
DATA = {CONF_TOPIC_PREFIX: "ruview", CONF_SERVER_ID: SERVER_ID, CONF_PUBLIC_KEY: public(KEY)}
MODULE = "custom_components.ruview.mqtt_connection"


@pytest.fixture(autouse=True)
def broker() -> Generator[FakeBroker]:
    """Return a broker that Home Assistant is connected to."""
    broker = FakeBroker()
    with (
        patch(f"{MODULE}.mqtt", broker),
        patch(f"{MODULE}.TIMEOUT_S", 0.2),
        patch(f"{MODULE}.SETTLE_S", 0.05),
        patch(f"{MODULE}.SEARCH_S", 0.02),
    ):
        yield broker


@pytest.fixture
def mqtt_server(broker: FakeBroker) -> FakeMqttServer:
    """Return a server that publishes."""
    return FakeMqttServer(broker)


@pytest.fixture
def mqtt_entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry for it, not set up yet."""
    entry = MockConfigEntry(domain=DOMAIN, title="RuView", unique_id=SERVER_ID, data=DATA)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def loaded(
    hass: HomeAssistant, mqtt_server: FakeMqttServer, mqtt_entry: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """Return an entry that is set up."""
    assert mqtt_server
    await setup(hass, mqtt_entry)
    assert mqtt_entry.state is ConfigEntryState.LOADED
    yield mqtt_entry
    await hass.config_entries.async_unload(mqtt_entry.entry_id)
    await hass.async_block_till_done()


async def setup(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up an entry."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def settle(hass: HomeAssistant) -> None:
    """Let what was said arrive."""
    for _ in range(5):
        await asyncio.sleep(0)
    await hass.async_block_till_done()


def state_of(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the state of an entity, None without one."""
    return state.state if (state := hass.states.get(entity_id)) else None


async def until_state(hass: HomeAssistant, entity_id: str, wanted: str) -> None:
    """Wait until an entity is in a state."""
    await until(lambda: state_of(hass, entity_id) == wanted)


async def test_states_follow(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    assert state_of(hass, PRESENCE) == STATE_OFF
    assert state_of(hass, "sensor.node_1_data_source") == "replay"
    broker.say(PRESENCE_TOPIC, {"state": "on", "attributes": {"reason": ["motion"]}})
    await settle(hass)
    assert state_of(hass, PRESENCE) == STATE_ON
    assert state_of(hass, "event.node_1_activity") != STATE_UNAVAILABLE
    assert loaded.runtime_data.coordinator.connection.counters.frames_ignored == 0


async def test_everything_ends_with_the_entry(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    assert broker.subscriptions
    assert await hass.config_entries.async_unload(loaded.entry_id)
    await settle(hass)
    assert not broker.subscriptions
    assert not broker.connection_listeners


async def test_events_are_believed_once(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    fired: list[Any] = []
    hass.bus.async_listen("ruview_event", fired.append)
    good = signed(event())
    broker.say(EVENT_TOPIC, good)
    broker.say(EVENT_TOPIC, good)
    broker.say(EVENT_TOPIC, event())
    broker.say(EVENT_TOPIC, signed(event(), OTHER_KEY))
    broker.say(EVENT_TOPIC, signed(event()), retained=True)
    await settle(hass)
    assert len(fired) == 1
    activity = hass.states.get("event.node_1_activity")
    assert activity is not None
    assert activity.attributes["event_type"] == "unknown_presence"
    assert loaded.runtime_data.coordinator.connection.counters.events_refused == 4


def repairs(hass: HomeAssistant) -> set[str | None]:
    """Return the issues that stand."""
    return {issue.translation_key for (domain, _), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}


async def test_refused_events_are_told(
    hass: HomeAssistant, broker: FakeBroker, mqtt_server: FakeMqttServer, mqtt_entry: MockConfigEntry
) -> None:
    """A repair stands until a day has passed without another one; one that is believed is no matter."""
    assert mqtt_server
    now = utcnow()
    with (
        patch("custom_components.ruview.broker_issues.utcnow", lambda: now),
        patch("custom_components.ruview.broker_issues.LOOK_EVERY", timedelta(milliseconds=5)),
    ):
        await setup(hass, mqtt_entry)
        broker.say(EVENT_TOPIC, signed(event()))
        await settle(hass)
        await asyncio.sleep(0.05)
        assert repairs(hass) == set()
        broker.say(EVENT_TOPIC, event())
        await until(lambda: repairs(hass) == {"unsigned_events"})
        now += timedelta(hours=23)
        broker.say(EVENT_TOPIC, event())
        await settle(hass)
        await asyncio.sleep(0.05)
        now += timedelta(hours=23)
        await asyncio.sleep(0.05)
        assert repairs(hass) == {"unsigned_events"}
        now += timedelta(hours=1)
        await until(lambda: repairs(hass) == set())
        broker.say(f"ruview/{SERVER_ID}/status", "offline", keep=True)
        await until(lambda: not mqtt_entry.runtime_data.coordinator.connected)
        await asyncio.sleep(0.05)
        assert repairs(hass) == set()
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)


@pytest.mark.usefixtures("mqtt_server")
@pytest.mark.parametrize(
    ("broker_data", "stands"),
    [
        ({"broker": "192.168.1.5"}, True),
        ({"broker": "nas.local"}, True),
        ({"broker": "192.168.1.5", "certificate": "auto"}, False),
        ({"broker": "localhost"}, False),
        ({"broker": "core-mosquitto"}, False),
        ({"broker": "127.0.0.1"}, False),
        ({"broker": "::1"}, False),
    ],
)
async def test_a_broker_that_others_can_hear_is_told(
    hass: HomeAssistant, mqtt_entry: MockConfigEntry, broker_data: dict[str, str], *, stands: bool
) -> None:
    other = MockConfigEntry(domain="mqtt", data=broker_data)
    other.add_to_hass(hass)
    other.mock_state(hass, ConfigEntryState.LOADED)
    await setup(hass, mqtt_entry)
    assert repairs(hass) == ({"plaintext_broker"} if stands else set())
    other.mock_state(hass, ConfigEntryState.NOT_LOADED)
    await hass.config_entries.async_remove(mqtt_entry.entry_id)
    assert repairs(hass) == set()


async def test_what_is_malformed_is_counted(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    for topic in (
        PRESENCE_TOPIC,
        EVENT_TOPIC,
        f"ruview/{SERVER_ID}/info",
        f"ruview/{SERVER_ID}/registry",
        f"ruview/{SERVER_ID}/result",
    ):
        broker.say(topic, "{")
    broker.say(f"ruview/{SERVER_ID}/result", {"id": "of another client", "success": True})
    broker.say(f"ruview/{SERVER_ID}/status", "online")
    await settle(hass)
    assert loaded.runtime_data.coordinator.connection.counters.frames_ignored == 5
    assert state_of(hass, PRESENCE) == STATE_OFF


async def test_a_stricter_class_withholds(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    assert loaded.runtime_data.coordinator.server.privacy_class == 2
    broker.say(f"ruview/{SERVER_ID}/info", info(privacy_class=3))
    rest = registry()
    rest["entities"] = [entity for entity in rest["entities"] if entity["key"] != "presence"]
    broker.say(f"ruview/{SERVER_ID}/registry", rest)
    await settle(hass)
    assert loaded.runtime_data.coordinator.server.privacy_class == 3
    assert er.async_get(hass).async_get(PRESENCE) is None
    assert hass.states.get(PRESENCE) is None


async def test_many_messages_leave_turns_for_others(
    hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry
) -> None:
    assert loaded
    with patch(f"{MODULE}.MAX_BUSY_S", -1):
        for state in ("on", "off", "on"):
            broker.say(PRESENCE_TOPIC, {"state": state, "attributes": {}})
        await until_state(hass, PRESENCE, STATE_ON)


@pytest.mark.parametrize("how", ["offline", "broker"])
async def test_what_goes_comes_back(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry, how: str) -> None:
    if how == "offline":
        broker.say(f"ruview/{SERVER_ID}/status", "offline", keep=True)
    else:
        broker.takes_subscriptions = False
        broker.lose()
        assert not broker.subscriptions, "a new client must not take them over"
    await until_state(hass, PRESENCE, STATE_UNAVAILABLE)
    broker.connected = broker.takes_subscriptions = True
    broker.say(f"ruview/{SERVER_ID}/status", "online", keep=True)
    await until_state(hass, PRESENCE, STATE_OFF)
    assert loaded.runtime_data.coordinator.reconnects == 1


async def test_the_mqtt_integration_goes(
    hass: HomeAssistant,
    broker: FakeBroker,
    mqtt_integration: MockConfigEntry,
    mqtt_entry: MockConfigEntry,
) -> None:
    """It is left before it goes, and what it delivers all the same says nothing."""
    server = FakeMqttServer(broker)
    mqtt_integration.mock_state(hass, ConfigEntryState.LOADED)
    await setup(hass, mqtt_entry)
    late = [received for topic, received in broker.subscriptions if topic.endswith("/state")]
    mqtt_integration.mock_state(hass, ConfigEntryState.UNLOAD_IN_PROGRESS)
    assert not broker.subscriptions
    broker.is_there = False
    await until_state(hass, PRESENCE, STATE_UNAVAILABLE)
    broker.is_there = True
    await until_state(hass, PRESENCE, STATE_OFF)
    broker.subscriptions += [(f"ruview/{SERVER_ID}/info", received) for received in late]
    server.broker.say(f"ruview/{SERVER_ID}/info", "{")
    await settle(hass)
    assert mqtt_entry.runtime_data.coordinator.connection.counters.frames_ignored == 1
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)


async def test_a_connection_to_the_broker_that_comes_is_no_loss(
    hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry
) -> None:
    for listener in broker.connection_listeners:
        listener(True)
    await settle(hass)
    assert loaded.runtime_data.coordinator.connected


async def test_another_key_is_not_believed(hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry) -> None:
    broker.say(f"ruview/{SERVER_ID}/info", info(public_key=public(OTHER_KEY)), keep=True)
    await until(lambda: loaded.state is ConfigEntryState.SETUP_ERROR)
    assert loaded.error_reason_translation_key == "signing_key_changed"
    assert state_of(hass, PRESENCE) == STATE_UNAVAILABLE


type Fault = Callable[[FakeBroker], None]


def _missing(broker: FakeBroker) -> None:
    broker.is_there = False


def _no_subscriptions(broker: FakeBroker) -> None:
    broker.takes_subscriptions = False


def _no_publications(broker: FakeBroker) -> None:
    broker.takes_publications = False


def _disconnected(broker: FakeBroker) -> None:
    broker.retained.clear()
    broker.connected = False


def _silent(broker: FakeBroker) -> None:
    broker.retained.clear()


def _offline(broker: FakeBroker) -> None:
    broker.retained[f"ruview/{SERVER_ID}/status"] = "offline"


def _nonsense(broker: FakeBroker) -> None:
    broker.retained[f"ruview/{SERVER_ID}/info"] = "{"


def _newer(broker: FakeBroker) -> None:
    broker.say(f"ruview/{SERVER_ID}/info", info(api=2), keep=True)


def _another(broker: FakeBroker) -> None:
    broker.say(f"ruview/{SERVER_ID}/info", info(server_id="another"), keep=True)


def _no_registry(broker: FakeBroker) -> None:
    del broker.retained[f"ruview/{SERVER_ID}/registry"]


@pytest.mark.usefixtures("mqtt_server")
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (_missing, (ConfigEntryState.SETUP_RETRY, "mqtt_missing")),
        (_no_subscriptions, (ConfigEntryState.SETUP_RETRY, "mqtt_missing")),
        (_no_publications, (ConfigEntryState.SETUP_RETRY, "mqtt_disconnected")),
        (_disconnected, (ConfigEntryState.SETUP_RETRY, "mqtt_disconnected")),
        (_silent, (ConfigEntryState.SETUP_RETRY, "timeout_connect")),
        (_offline, (ConfigEntryState.SETUP_RETRY, "server_offline")),
        (_nonsense, (ConfigEntryState.SETUP_RETRY, "not_ruview")),
        (_newer, (ConfigEntryState.SETUP_ERROR, "unsupported_api")),
        (_another, (ConfigEntryState.SETUP_ERROR, "wrong_server")),
        (_no_registry, (ConfigEntryState.SETUP_RETRY, "timeout_connect")),
    ],
)
async def test_setup_says_what_is_wrong(
    hass: HomeAssistant,
    broker: FakeBroker,
    mqtt_entry: MockConfigEntry,
    fault: Fault,
    expected: tuple[ConfigEntryState, str],
) -> None:
    fault(broker)
    await setup(hass, mqtt_entry)
    assert (mqtt_entry.state, mqtt_entry.error_reason_translation_key) == expected
    assert not broker.subscriptions


async def test_an_integration_that_never_gets_ready(
    hass: HomeAssistant, broker: FakeBroker, mqtt_entry: MockConfigEntry
) -> None:
    broker.is_there = False
    with patch.object(broker, "async_wait_for_mqtt_client", lambda _hass: asyncio.sleep(60)):
        await setup(hass, mqtt_entry)
    assert mqtt_entry.error_reason_translation_key == "mqtt_disconnected"


async def test_states_that_do_not_come_are_not_awaited_for_ever(
    hass: HomeAssistant, mqtt_server: FakeMqttServer, mqtt_entry: MockConfigEntry
) -> None:
    del mqtt_server.states[PRESENCE_TOPIC]
    await setup(hass, mqtt_entry)
    assert mqtt_entry.state is ConfigEntryState.LOADED
    assert state_of(hass, PRESENCE) == STATE_UNAVAILABLE
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)


async def command(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Ask for a stricter class."""
    data = {"config_entry_id": entry.entry_id, "privacy_class": "restricted"}
    await hass.services.async_call(DOMAIN, "set_privacy_class", data, blocking=True)


async def test_commands_need_a_server_that_takes_them(
    hass: HomeAssistant, broker: FakeBroker, loaded: MockConfigEntry
) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await command(hass, loaded)
    assert refused.value.translation_key == "not_over_mqtt"
    assert f"ruview/{SERVER_ID}" in str(refused.value.translation_placeholders)
    assert not any(topic.endswith("/command") for topic, _payload in broker.published)


async def test_forms_say_that_they_need_commands(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    options = await hass.config_entries.options.async_init(loaded.entry_id)
    wanted = {"privacy_class": "restricted", "privacy_mode": False, "poses": False, "install_blueprints": False}
    refused = await hass.config_entries.options.async_configure(options["flow_id"], wanted)
    assert refused["errors"] == {"base": "not_over_mqtt"}
    room = await hass.config_entries.subentries.async_init((loaded.entry_id, "room"), context={"source": SOURCE_USER})
    told = {"name": "Kitchen", "nodes": ["node_1"], "exact": {}}
    form = await hass.config_entries.subentries.async_configure(room["flow_id"], told)
    assert form["errors"] == {"base": "not_over_mqtt"}


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"success": True, "result": None}, None),
        ({"success": False, "error": {"code": "room_not_empty", "message": "m"}}, "room_not_empty"),
        (None, "timeout_connect"),
    ],
)
async def test_commands_are_answered(
    hass: HomeAssistant,
    broker: FakeBroker,
    mqtt_entry: MockConfigEntry,
    answer: dict[str, Any] | None,
    key: str | None,
) -> None:
    server = FakeMqttServer(broker, commands=True)
    server.answer = answer
    await setup(hass, mqtt_entry)
    if key is None:
        await command(hass, mqtt_entry)
    else:
        with pytest.raises(HomeAssistantError) as refused:
            await command(hass, mqtt_entry)
        assert refused.value.translation_key == key
    assert any(topic == f"ruview/{SERVER_ID}/command" for topic, _payload in broker.published)
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)


async def test_a_command_ends_with_its_connection(
    hass: HomeAssistant, broker: FakeBroker, mqtt_entry: MockConfigEntry
) -> None:
    server = FakeMqttServer(broker, commands=True)
    server.answer = None
    await setup(hass, mqtt_entry)
    pressed = hass.async_create_task(command(hass, mqtt_entry))
    await asyncio.sleep(0.02)
    broker.say(f"ruview/{SERVER_ID}/status", "offline", keep=True)
    with pytest.raises(HomeAssistantError) as lost:
        await pressed
    assert lost.value.translation_key == "cannot_connect"
    assert await hass.config_entries.async_unload(mqtt_entry.entry_id)


async def test_nothing_is_asked_without_a_connection(hass: HomeAssistant) -> None:
    connection = MqttConnection(hass, ServerTopics("ruview", SERVER_ID), None)
    with pytest.raises(ConnectionLostError):
        await connection.subscribe()
    await connection.close()


async def test_diagnostics_name_the_transport(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    from custom_components.ruview.diagnostics import async_get_config_entry_diagnostics  # noqa: PLC0415

    said = await async_get_config_entry_diagnostics(hass, loaded)
    assert said["entry"] == {"over_mqtt": True}
    assert said["server_diagnostics"] == {"error": "NotOverMqttError"}
    assert public(KEY) not in str(said)


@pytest.fixture
def mqtt_integration(hass: HomeAssistant) -> MockConfigEntry:
    """Return Home Assistant's own MQTT integration, as an entry that nobody sets up."""
    entry = MockConfigEntry(domain="mqtt", data={"broker": "mock"})
    entry.add_to_hass(hass)
    return entry


async def choose(hass: HomeAssistant, step: str) -> ConfigFlowResult:
    """Start a flow and choose how the server is reached."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["server", "broker"]
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": step})


async def submit(hass: HomeAssistant, flow: ConfigFlowResult, **data: str) -> ConfigFlowResult:
    """Submit a form."""
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], data)
    await hass.async_block_till_done()
    return result


async def remove(hass: HomeAssistant) -> None:
    """Remove the entries that flows have made."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_remove(entry.entry_id)


async def test_the_menu_leads_to_either(hass: HomeAssistant, mqtt_integration: MockConfigEntry) -> None:
    assert mqtt_integration
    assert (await choose(hass, "server"))["step_id"] == "server"
    assert (await choose(hass, "broker"))["step_id"] == "broker"


async def test_one_server_needs_no_choice(
    hass: HomeAssistant, mqtt_integration: MockConfigEntry, mqtt_server: FakeMqttServer
) -> None:
    assert mqtt_integration
    assert mqtt_server
    flow = await choose(hass, "broker")
    result = await submit(hass, flow, topic_prefix=" ruview/ ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == DATA
    assert result["result"].unique_id == SERVER_ID
    again = await submit(hass, await choose(hass, "broker"), topic_prefix="ruview")
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_set_up")
    await remove(hass)


async def test_several_servers_are_a_choice(
    hass: HomeAssistant, broker: FakeBroker, mqtt_integration: MockConfigEntry, mqtt_server: FakeMqttServer
) -> None:
    assert mqtt_integration
    assert mqtt_server
    broker.say("ruview/other/info", info(server_id="other", name="Attic"), keep=True)
    broker.say("ruview/stranger/info", info(server_id="not its topic"), keep=True)
    broker.say("ruview/nonsense/info", "{", keep=True)
    form = await submit(hass, await choose(hass, "broker"), topic_prefix="ruview")
    assert form["step_id"] == "broker_server"
    silent = await submit(hass, form, server_id="other")
    assert silent["errors"] == {"base": "timeout_connect"}
    result = await submit(hass, silent, server_id=SERVER_ID)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await remove(hass)


@pytest.mark.usefixtures("mqtt_server", "mqtt_integration")
@pytest.mark.parametrize(
    ("fault", "prefix", "errors"),
    [
        (_missing, "ruview", {"base": "mqtt_missing"}),
        (_no_subscriptions, "ruview", {"base": "mqtt_missing"}),
        (_disconnected, "ruview", {"base": "mqtt_disconnected"}),
        (_silent, "ruview", {"base": "no_server"}),
        (lambda _broker: None, "ruview/#", {"topic_prefix": "invalid_prefix"}),
        (lambda _broker: None, "", {"topic_prefix": "invalid_prefix"}),
    ],
)
async def test_the_broker_step_recovers(
    hass: HomeAssistant,
    broker: FakeBroker,
    fault: Fault,
    prefix: str,
    errors: dict[str, str],
) -> None:
    fault(broker)
    form = await submit(hass, await choose(hass, "broker"), topic_prefix=prefix)
    assert form["errors"] == errors
    broker.is_there = broker.connected = broker.takes_subscriptions = True
    FakeMqttServer(broker)
    result = await submit(hass, form, topic_prefix="ruview")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await remove(hass)


def introduction(topic: str = f"ruview/{SERVER_ID}/info", payload: str | None = None) -> MqttServiceInfo:
    """Return what Home Assistant has heard of a server."""
    from .mqtt_home import text  # noqa: PLC0415

    return MqttServiceInfo(
        topic=topic,
        payload=text(info()) if payload is None else payload,
        qos=0,
        retain=True,
        subscribed_topic="ruview/+/info",
        timestamp=datetime.now(UTC).timestamp(),
    )


async def test_what_is_found_needs_one_click(
    hass: HomeAssistant, broker: FakeBroker, mqtt_server: FakeMqttServer
) -> None:
    assert mqtt_server
    form = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_MQTT}, data=introduction())
    assert form["step_id"] == "mqtt_confirm"
    assert form["description_placeholders"] == {"server": info()["name"]}
    _offline(broker)
    failed = await submit(hass, form)
    assert failed["errors"] == {"base": "server_offline"}
    broker.say(f"ruview/{SERVER_ID}/status", "online", keep=True)
    result = await submit(hass, failed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == DATA
    await remove(hass)


@pytest.mark.parametrize(
    "found",
    [introduction(payload=""), introduction(payload="{}"), introduction(topic="ruview/another/info")],
)
async def test_what_is_no_introduction_is_not_taken_up(hass: HomeAssistant, found: MqttServiceInfo) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_MQTT}, data=found)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "invalid_discovery")


async def test_a_server_is_there_once(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    server: FakeServer,
) -> None:
    """What is set up by address is not found over MQTT too."""
    assert config_entry.unique_id == server.info["server_id"] == SERVER_ID
    before = dict(config_entry.data)
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_MQTT}, data=introduction())
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_set_up")
    assert config_entry.data == before


async def test_an_entry_over_mqtt_is_left_alone_by_others(
    hass: HomeAssistant, mqtt_entry: MockConfigEntry, server: FakeServer
) -> None:
    found = {CONF_HOST: "127.0.0.1", CONF_PORT: server.port, CONF_TOKEN: server.token, "server_id": SERVER_ID}
    app = HassioServiceInfo(config=found, name="RuView", slug="ruview", uuid="1")
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_HASSIO}, data=app)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_set_up")
    assert mqtt_entry.data == DATA


async def test_reconfigure_takes_the_key_of_today(
    hass: HomeAssistant, broker: FakeBroker, mqtt_server: FakeMqttServer, mqtt_entry: MockConfigEntry
) -> None:
    assert mqtt_server
    form = await mqtt_entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_mqtt"
    broker.say("ruview/other/info", info(server_id="other"), keep=True)
    del broker.retained[f"ruview/{SERVER_ID}/info"]
    failed = await submit(hass, form, topic_prefix="ruview")
    assert failed["errors"] == {"base": "no_server"}
    broker.say(f"ruview/{SERVER_ID}/info", info(public_key=public(OTHER_KEY)), keep=True)
    _offline(broker)
    failed = await submit(hass, failed, topic_prefix="ruview")
    assert failed["errors"] == {"base": "server_offline"}
    failed = await submit(hass, failed, topic_prefix="#")
    assert failed["errors"] == {"topic_prefix": "invalid_prefix"}
    broker.say(f"ruview/{SERVER_ID}/status", "online", keep=True)
    result = await submit(hass, failed, topic_prefix="ruview")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert mqtt_entry.data == {**DATA, CONF_PUBLIC_KEY: public(OTHER_KEY)}
    await remove(hass)
