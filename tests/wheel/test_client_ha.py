"""Announcements to Home Assistant: what the real server publishes, what others write, and what is wrong."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from running import Mosquitto, Server, wait_until
from wifi_densepose.client import MessageError
from wifi_densepose.client.ha import Availability, Component, Discovery, Origin, Removal, parse

TOPIC = "homeassistant/sensor/garden/config"
DEVICE_TOPIC = "homeassistant/device/garden/config"
# As in Home Assistant's documentation of MQTT discovery, of a device and of an entity.
DEVICE: dict[str, Any] = {
    "dev": {"ids": "ea334450945afc", "name": "Kitchen", "mf": "Bla electronics", "mdl": "xya", "sw": 1.0, "sn": "ea33"},
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "some_unique_component_id1": {
            "p": "sensor",
            "dev_cla": "temperature",
            "unit_of_meas": "°C",
            "val_tpl": "{{ value_json.temperature }}",
            "uniq_id": "temp01ae_t",
        },
        "some_unique_id2": {"p": "sensor", "uniq_id": "temp01ae_h", "~": "kitchen", "stat_t": "~/humidity", "qos": 1},
        "gone": {"p": "binary_sensor"},
    },
    "stat_t": "sensorBedroom/state",
    "qos": 2,
    "avty": {"t": "kitchen/status", "pl_avail": "up"},
}
ENTITY: dict[str, Any] = {
    "~": "homeassistant/light/kitchen",
    "name": None,
    "uniq_id": "kitchen_light",
    "cmd_t": "~/set",
    "stat_t": "~/state",
    "schema": "json",
    "brightness": True,
    "avty_t": "~/status",
    "pl_not_avail": "gone",
    "avty_tpl": "{{ value }}",
    "dev": {"cns": [["mac", "02:5b:26:a8:dc:12"]]},
}


def changed(payload: dict[str, Any], **options: object) -> str:
    return json.dumps({key: value for key, value in {**payload, **options}.items() if value is not Ellipsis})


def component(options: dict[str, Any]) -> dict[str, Any]:
    """Change the one component of a device."""
    return {"cmps": {"one": options}}


def test_a_device_with_components() -> None:
    discovery = parse(DEVICE_TOPIC, json.dumps(DEVICE))
    assert discovery.device is not None
    assert discovery.device.identifiers == ("ea334450945afc",)
    assert (discovery.device.manufacturer, discovery.device.sw_version) == ("Bla electronics", "1.0")
    assert discovery.origin == Origin(
        name="bla2mqtt", sw_version="2.1", support_url="https://bla2mqtt.example.com/support"
    )
    assert discovery.removed == (Removal(object_id="gone", platform="binary_sensor"),)
    there = (Availability(topic="kitchen/status", payload_available="up"),)
    assert discovery.components == (
        Component(
            object_id="some_unique_component_id1",
            platform="sensor",
            unique_id="temp01ae_t",
            device_class="temperature",
            unit_of_measurement="°C",
            value_template="{{ value_json.temperature }}",
            state_topic="sensorBedroom/state",
            qos=2,
            availability=there,
            other={},
        ),
        Component(
            object_id="some_unique_id2",
            platform="sensor",
            unique_id="temp01ae_h",
            state_topic="kitchen/humidity",
            qos=1,
            availability=there,
            other={},
        ),
    )


def test_one_entity() -> None:
    discovery = parse("homeassistant/light/hall/kitchen/config", json.dumps(ENTITY).encode())
    assert (discovery.node_id, discovery.object_id) == ("hall", "kitchen")
    assert discovery.device is not None
    assert discovery.device.connections == (("mac", "02:5b:26:a8:dc:12"),)
    (light,) = discovery.components
    assert (light.platform, light.object_id, light.unique_id, light.name) == ("light", "kitchen", "kitchen_light", None)
    assert light.command_topic == "homeassistant/light/kitchen/set"
    assert light.availability == (
        Availability(
            topic="homeassistant/light/kitchen/status", payload_not_available="gone", value_template="{{ value }}"
        ),
    )
    assert light.other == {"schema": "json", "brightness": True}


def test_a_base_at_the_end_of_a_topic() -> None:
    (sensor,) = parse(TOPIC, '{"~": "garden", "stat_t": "state/~", "avty": [{"topic": "~"}], "name": "~"}').components
    assert (sensor.state_topic, sensor.availability[0].topic, sensor.name) == ("state/garden", "garden", "~")


def test_a_base_with_a_wave_of_its_own() -> None:
    (sensor,) = parse(TOPIC, '{"~": "~x", "stat_t": "~/a"}').components
    assert sensor.state_topic == "~x/a"


@pytest.mark.parametrize("payload", ["", b"", "{}"])
def test_an_empty_message_removes(payload: str | bytes) -> None:
    discovery = parse(TOPIC, payload)
    assert (discovery.components, discovery.removed) == ((), (Removal(object_id="garden", platform="sensor"),))


def test_an_empty_message_about_a_device_removes_all_of_it() -> None:
    discovery = parse(DEVICE_TOPIC, b"")
    assert (discovery.object_id, discovery.components, discovery.removed) == ("garden", (), ())


def test_a_migration_announces_nothing() -> None:
    for topic in (TOPIC, DEVICE_TOPIC):
        discovery = parse(topic, '{"migr_discvry": true}')
        assert discovery.is_migration
        assert discovery.components == ()


def test_child_devices_are_kept() -> None:
    child = [{"ids": ["child"], "cmps": {}}]
    assert parse(DEVICE_TOPIC, changed(DEVICE, cdevs=child)).other == {"child_devices": child}


@pytest.mark.parametrize(
    ("payload", "where"),
    [
        ("[]", "discovery: expected an object, found a list"),
        ("{", "discovery: expected JSON"),
        (changed(DEVICE, dev=...), "discovery.device: expected an object, found nothing"),
        (changed(DEVICE, o=...), "discovery.origin: expected an object, found nothing"),
        (changed(DEVICE, o={"sw": "1"}), "discovery.origin.name: expected text, found nothing"),
        (changed(DEVICE, cmps=...), "discovery.components: expected an object, found nothing"),
        (changed(DEVICE, cmps=[]), "discovery.components: expected an object, found a list"),
        (changed(DEVICE, dev={"name": "x"}), "discovery.device.identifiers: expected an identifier or a connection"),
        (changed(DEVICE, dev={"ids": [[]]}), "discovery.device.identifiers[0]: expected text, found a list"),
        (changed(DEVICE, dev={"cns": [["mac"]]}), "discovery.device.connections[0]: expected kind and address"),
        (changed(DEVICE, dev={"ids": "a", "name": []}), "discovery.device.name: expected text, found a list"),
        (changed(DEVICE, **{"~": "a"}), "discovery.~: expected a base in each component"),
        (
            changed(DEVICE, **component({"name": "a"})),
            "discovery.components.one.platform: expected text, found nothing",
        ),
        (changed(DEVICE, **component({"p": 1})), "discovery.components.one.platform: expected text, found an integer"),
        (changed(DEVICE, cmps={"one": "a"}), "discovery.components.one: expected an object, found text"),
        (
            changed(DEVICE, **component({"p": "sensor", "name": "a"})),
            "discovery.components.one.unique_id: expected text, found nothing",
        ),
        (
            changed(DEVICE, **component({"p": "sensor", "uniq_id": "a", "exp_aft": "soon"})),
            "discovery.components.one.expire_after: expected an integer, found text",
        ),
        (
            changed(DEVICE, **component({"p": "event", "uniq_id": "a", "evt_typ": ["a", None]})),
            "discovery.components.one.event_types[1]: expected text, found null",
        ),
        (
            changed(DEVICE, **component({"p": "sensor", "uniq_id": "a", "stat_t": "a/#/b"})),
            "discovery.components.one.state_topic: expected a filter of topics",
        ),
        (
            changed(DEVICE, **component({"p": "button", "uniq_id": "a", "cmd_t": "a/+"})),
            "discovery.components.one.command_topic: expected a topic without wildcards",
        ),
        (
            changed(DEVICE, **component({"p": "sensor", "uniq_id": "a", "~": 5})),
            "discovery.components.one.~: expected text, found an integer",
        ),
        (changed(DEVICE, avty_mode="most"), ".availability_mode: expected all, any or latest"),
        (changed(DEVICE, avty_t="a"), ".availability_topic: expected nothing beside availability"),
        (changed(DEVICE, avty=[{"pl_avail": "a"}]), ".availability[0].topic: expected text, found nothing"),
        (changed(DEVICE, avty=["a"]), ".availability[0]: expected an object, found text"),
    ],
)
def test_a_wrong_field_is_named(payload: str, where: str) -> None:
    with pytest.raises(MessageError) as error:
        parse(DEVICE_TOPIC, payload)
    assert where in str(error.value)


@pytest.mark.parametrize(
    "topic", ["", "a/sensor/b/config", "homeassistant/sensor/config", f"{TOPIC}/x", "homeassistant/s/ä/config"]
)
def test_a_topic_that_is_none(topic: str) -> None:
    with pytest.raises(MessageError, match="topic: expected homeassistant/COMPONENT"):
        parse(topic, "{}")


def test_another_prefix() -> None:
    assert parse("ha/x/sensor/garden/config", '{"name": "a"}', prefix="ha/x").components[0].platform == "sensor"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
KEYS = [
    "dev",
    "o",
    "cmps",
    "avty",
    "avty_t",
    "avty_mode",
    "stat_t",
    "~",
    "name",
    "uniq_id",
    "ops",
    "qos",
    "en",
    "migr_discvry",
]


@given(st.sampled_from([TOPIC, DEVICE_TOPIC]), st.sampled_from(KEYS), JSON)
def test_any_value_in_any_field_is_an_announcement_or_a_typed_error(topic: str, key: str, value: object) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(parse(topic, json.dumps(DEVICE | {key: value})), Discovery)
    with contextlib.suppress(MessageError):
        assert isinstance(
            parse(topic, json.dumps(DEVICE | component({"p": "sensor", "uniq_id": "a", key: value}))), Discovery
        )


@given(st.sampled_from([TOPIC, DEVICE_TOPIC]), JSON)
def test_any_json_is_an_announcement_or_a_typed_error(topic: str, value: object) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(parse(topic, json.dumps(value)), Discovery)


def test_what_a_real_server_announces(tmp_path: Path) -> None:
    """Everything has a field or is an option that stands in `other`; nothing is wrong."""
    broker = Mosquitto(tmp_path / "broker")
    published: dict[str, bytes] = {}

    def keep(_client: Client, _data: object, message: MQTTMessage) -> None:
        published[message.topic] = message.payload

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = keep
    client.connect("127.0.0.1", broker.port)
    client.subscribe("homeassistant/#")
    client.loop_start()
    server = Server(tmp_path / "server", "--nodes", "2", "--mqtt-discovery", "--mqtt-url", broker.url)
    try:
        site = f"ruview_{server.server_id[:8]}"
        topics = [f"homeassistant/device/{site}_{name}/config" for name in ("server", "node_1", "node_2")]
        late = (b"presence_score", b"unknown_presence")
        wait_until(lambda: all(part in published.get(topic, b"") for topic in topics[1:] for part in late), "two nodes")
        wait_until(lambda: topics[0] in published, "the server")
    finally:
        server.stop()
        client.disconnect()
        client.loop_stop()
        broker.stop()
    discoveries = [parse(topic, payload) for topic, payload in published.items()]
    assert len(discoveries) == 3
    for discovery in discoveries:
        assert discovery.device is not None
        assert discovery.device.identifiers == (discovery.object_id,)
        assert discovery.origin is not None
        assert discovery.origin.name == "RuView"
        assert discovery.other == {}
        assert all(
            not part.other and part.unique_id and part.availability_mode == "all" for part in discovery.components
        )
    node = parse(topics[1], published[topics[1]])
    parts = {part.object_id: part for part in node.components}
    assert parts["presence"].platform == "binary_sensor"
    assert (parts["presence"].payload_on, parts["presence"].device_class) == ("on", "occupancy")
    assert parts["presence"].state_topic == f"ruview/{server.server_id[:8]}_node_1/presence/state"
    assert len(parts["presence"].availability) == 2
    assert parts["calibrate"].payload_press == "PRESS"
    assert parts["activity"].event_types == (
        "unknown_presence",
        "unexpected_occupancy",
        "unrecognized_activity_pattern",
    )
    assert node.device is not None
    assert node.device.via_device == f"{site}_server"
    assert Removal(object_id="tracked_person", platform="binary_sensor") in node.removed
