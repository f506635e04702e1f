"""Reads what devices announce to Home Assistant's MQTT integration.

That is at `homeassistant/COMPONENT/…/config`, or for all of a device at `homeassistant/device/…/config`. Abbreviations
are written out, the base `~` is put into topics, and what a device says for all of its components stands in each of
them. Templates are text: nothing is evaluated here. This module needs no extra.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ._ha_abbreviations import ABBREVIATIONS, DEVICE_ABBREVIATIONS, ORIGIN_ABBREVIATIONS
from ._json import Value, as_object, decode_object, read, text_of
from .errors import MessageError

__all__ = ["Availability", "Component", "Device", "Discovery", "Origin", "Removal", "parse"]

_TOPIC = re.compile(r"(\w+)/(?:([a-zA-Z0-9_-]+)/)?([a-zA-Z0-9_-]+)/config", re.ASCII)
_DEVICE, _ORIGIN, _COMPONENTS = "device", "origin", "components"
_WHERE = "discovery"
_MIGRATE = "migrate_discovery"
_NOTHING = object()
# What is no entity.
_WITHOUT_ID = ("device_automation", "tag")
_BASE = "~"
_MODES = ("all", "any", "latest")
_MAX_TOPIC_BYTES = 65_535
# What a device says for all of its components, where they do not say it themselves.
_SHARED = (
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "command_topic",
    "encoding",
    "message_expiry_interval",
    "payload_available",
    "payload_not_available",
    "state_topic",
    "qos",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability(Value):
    """A topic that says whether something is there."""

    topic: str
    payload_available: str = "online"
    payload_not_available: str = "offline"
    value_template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Value):
    """The device in Home Assistant's registry; it has an identifier or a connection, (kind, address)."""

    identifiers: tuple[str, ...] = ()
    connections: tuple[tuple[str, ...], ...] = ()
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    model_id: str | None = None
    hw_version: str | None = None
    sw_version: str | None = None
    serial_number: str | None = None
    suggested_area: str | None = None
    configuration_url: str | None = None
    via_device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin(Value):
    """Who announces."""

    name: str
    sw_version: str | None = None
    support_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component(Value):
    """An entity, a tag or a trigger. `other` has every option that has no field here, by its full name."""

    object_id: str
    platform: str
    unique_id: str | None = None
    name: str | None = None
    device_class: str | None = None
    entity_category: str | None = None
    enabled_by_default: bool = True
    state_topic: str | None = None
    command_topic: str | None = None
    value_template: str | None = None
    json_attributes_topic: str | None = None
    json_attributes_template: str | None = None
    unit_of_measurement: str | None = None
    state_class: str | None = None
    options: tuple[str, ...] | None = None
    event_types: tuple[str, ...] | None = None
    payload_on: str | None = None
    payload_off: str | None = None
    payload_press: str | None = None
    expire_after: int | None = None
    qos: int = 0
    availability: tuple[Availability, ...] = ()
    availability_mode: str = "latest"
    other: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal(Value):
    """A component that Home Assistant is told to forget."""

    object_id: str
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery(Value):
    """A message: what is announced, and what is to be forgotten.

    An empty message about a whole device has neither: all of it is to be forgotten. `other` is what a message about a
    device says beside that, child devices for example, as it came. `is_migration`: nothing is announced, but what was
    announced at this topic goes to another one.
    """

    object_id: str
    node_id: str | None
    device: Device | None
    origin: Origin | None
    components: tuple[Component, ...]
    removed: tuple[Removal, ...]
    other: Mapping[str, Any]
    is_migration: bool = False


def parse(topic: str, payload: str | bytes, *, prefix: str = "homeassistant") -> Discovery:
    """Read a message. Raises MessageError, naming the first field that is wrong."""
    found = _TOPIC.fullmatch(topic.removeprefix(f"{prefix}/"))
    if found is None or not topic.startswith(f"{prefix}/"):
        raise MessageError(where="topic", expected=f"{prefix}/COMPONENT/[NODE/]OBJECT/config", found="another one")
    platform, node_id, object_id = found.groups()
    data = _full(decode_object(payload, _WHERE), ABBREVIATIONS) if payload else {}
    if _MIGRATE in data:
        return _nothing(object_id, node_id, is_migration=True)
    if platform == _DEVICE and not payload:
        return _nothing(object_id, node_id)
    if platform == _DEVICE:
        return _of_device(object_id, node_id, data)
    return Discovery(
        object_id=object_id,
        node_id=node_id,
        device=_device(data.pop(_DEVICE)) if _DEVICE in data else None,
        origin=_origin(data.pop(_ORIGIN)) if _ORIGIN in data else None,
        components=(_component(object_id, {**data, "platform": platform}, _WHERE),) if data else (),
        removed=() if data else (Removal(object_id=object_id, platform=platform),),
        other={},
    )


def _nothing(object_id: str, node_id: str | None, *, is_migration: bool = False) -> Discovery:
    return Discovery(
        object_id=object_id,
        node_id=node_id,
        device=None,
        origin=None,
        components=(),
        removed=(),
        other={},
        is_migration=is_migration,
    )


def _of_device(object_id: str, node_id: str | None, data: dict[str, Any]) -> Discovery:
    """Read what is announced of a whole device."""
    if _BASE in data:
        raise MessageError(where=f"{_WHERE}.~", expected="a base in each component", found="one for all")
    if _COMPONENTS not in data and "child_devices" not in data:
        raise MessageError(where=f"{_WHERE}.{_COMPONENTS}", expected="an object", found="nothing")
    device, origin = _device(data.pop(_DEVICE, _NOTHING)), _origin(data.pop(_ORIGIN, _NOTHING))
    shared = {name: data.pop(name) for name in _SHARED if name in data}
    components, removed = [], []
    for name, part in as_object(data.pop(_COMPONENTS, {}), f"{_WHERE}.{_COMPONENTS}").items():
        where = f"{_WHERE}.{_COMPONENTS}.{name}"
        options = _full(as_object(part, where), ABBREVIATIONS)
        platform = text_of(options, "platform", where)
        if len(options) == 1:
            removed.append(Removal(object_id=name, platform=platform))
            continue
        if platform not in _WITHOUT_ID and "unique_id" not in options:
            raise MessageError(where=f"{where}.unique_id", expected="text", found="nothing")
        components.append(_component(name, {**shared, **options}, where))
    return Discovery(
        object_id=object_id,
        node_id=node_id,
        device=device,
        origin=origin,
        components=tuple(components),
        removed=tuple(removed),
        other=data,
    )


def _component(object_id: str, options: dict[str, Any], where: str) -> Component:
    """Read a component whose options have their full names."""
    base = text_of(options, _BASE, where) if _BASE in options else None
    options = _with_base({name: value for name, value in options.items() if name != _BASE}, base)
    availability = _availability(options, base, where)
    known = {name: options.pop(name) for name in _OPTIONS if name in options}
    data = {**_as_text(known), "object_id": object_id, "other": options}
    component = replace(read(Component, data, where), availability=availability)
    if component.availability_mode not in _MODES:
        raise MessageError(where=f"{where}.availability_mode", expected="all, any or latest", found="another one")
    for name in ("state_topic", "json_attributes_topic"):
        _check_topic(getattr(component, name), f"{where}.{name}", is_filter=True)
    _check_topic(component.command_topic, f"{where}.command_topic", is_filter=False)
    return component


def _availability(options: dict[str, Any], base: str | None, where: str) -> tuple[Availability, ...]:
    """Take what says whether it is there out of the options: one topic, or a list of them."""
    listed, topic = options.pop("availability", None), options.pop("availability_topic", None)
    names = ("payload_available", "payload_not_available", "availability_template")
    one = {name.replace("availability", "value"): options.pop(name) for name in names if name in options}
    if listed is not None and topic is not None:
        raise MessageError(where=f"{where}.availability_topic", expected="nothing beside availability", found="a topic")
    items = listed if isinstance(listed, list) else [listed]
    if listed is None:
        items = [] if topic is None else [{**one, "topic": topic}]
    read_items = []
    for index, item in enumerate(items):
        place = f"{where}.availability[{index}]"
        full = _with_base(_full(as_object(item, place), ABBREVIATIONS), base)
        read_items.append(read(Availability, _as_text(full), place))
        _check_topic(read_items[-1].topic, f"{place}.topic", is_filter=True)
    return tuple(read_items)


def _device(data: object) -> Device:
    where = f"{_WHERE}.{_DEVICE}"
    if data is _NOTHING:
        raise MessageError(where=where, expected="an object", found="nothing")
    full = _as_text(_full(as_object(data, where), DEVICE_ABBREVIATIONS))
    for name in ("identifiers", "connections"):
        if name in full and not isinstance(full[name], list):
            full[name] = [full[name]]
    full["identifiers"] = [str(name) if isinstance(name, int) else name for name in full.get("identifiers", [])]
    device = read(Device, full, where)
    if not device.identifiers and not device.connections:
        raise MessageError(where=f"{where}.identifiers", expected="an identifier or a connection", found="none")
    for index, connection in enumerate(device.connections):
        if len(connection) != len(("kind", "address")):
            raise MessageError(where=f"{where}.connections[{index}]", expected="kind and address", found="a list")
    return device


def _origin(data: object) -> Origin:
    where = f"{_WHERE}.{_ORIGIN}"
    if data is _NOTHING:
        raise MessageError(where=where, expected="an object", found="nothing")
    return read(Origin, _as_text(_full(as_object(data, where), ORIGIN_ABBREVIATIONS)), where)


def _full(data: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Write abbreviated keys out. Where both are there, the abbreviated one counts, as for Home Assistant."""
    short = {names[key]: value for key, value in data.items() if key in names}
    return {key: value for key, value in data.items() if key not in names} | short


def _with_base(options: dict[str, Any], base: str | None) -> dict[str, Any]:
    """Put the base where a topic begins or ends with `~`."""
    if base is None:
        return options
    topics = {name: value for name, value in options.items() if name.endswith("topic") and isinstance(value, str)}
    for name, topic in topics.items():
        begun = base + topic[1:] if topic.startswith(_BASE) else topic
        topics[name] = begun[:-1] + base if topic.endswith(_BASE) and len(topic) > 1 else begun
    return options | topics


def _as_text(options: dict[str, Any]) -> dict[str, Any]:
    """Numbers are text too, where text is wanted: many a device has version 2."""
    return {
        name: str(value) if name in _TEXTS and isinstance(value, (int, float)) else value
        for name, value in options.items()
    }


def _check_topic(topic: str | None, where: str, *, is_filter: bool) -> None:
    """Expect what MQTT takes as a topic, or as a filter."""
    if topic is None:
        return
    expected = "a filter of topics" if is_filter else "a topic without wildcards"
    levels = topic.split("/")
    wildcards = [level for level in levels if "+" in level or "#" in level]
    misplaced = any(level not in ("+", "#") for level in wildcards) or "#" in levels[:-1]
    is_wrong = misplaced if is_filter else wildcards
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        size = 0
    if is_wrong or "\0" in topic or not 0 < size <= _MAX_TOPIC_BYTES:
        raise MessageError(where=where, expected=expected, found="other text")


_TEXTS = frozenset(
    field.name
    for kind in (Availability, Device, Origin, Component)
    for field in fields(kind)
    if field.type in ("str", "str | None")
)
_OPTIONS = tuple(field.name for field in fields(Component) if field.name not in ("object_id", "availability", "other"))
