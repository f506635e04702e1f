"""The form of a room: which nodes stand in it, what it is for, and who belongs there."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    AreaSelector,
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .api.catalog import (
    DEFAULT_HOLD_S,
    DEFAULT_SENSITIVITY,
    MAX_HOLD_S,
    MAX_NAME,
    MAX_ROOMS,
    MIN_HOLD_S,
    Sensitivity,
    Service,
)
from .api.errors import CommandError, RuViewError
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .registries import KIND_NODE, async_find_device, async_put_into_area
from .rooms import (
    CONF_ADJACENT,
    CONF_AREA_ID,
    CONF_BATHROOM,
    CONF_BED,
    CONF_HOLD_TIME,
    CONF_NODES,
    CONF_PERSONS,
    CONF_SCHEDULE,
    CONF_SENSITIVITY,
    CONF_TAGS,
    CONF_THRESHOLDS,
    CONF_ZONES,
    TAGS,
    Room,
    clean_name,
    described,
    neighbours,
    new_id,
    rooms_of,
)

# The part of the form that few people need.
SECTION_EXACT: Final = "exact"

_PERSON_DOMAIN: Final = "person"
_SCHEDULE_DOMAIN: Final = "schedule"


class RoomSubentryFlow(ConfigSubentryFlow):
    """Adds a room, or changes one."""

    def __init__(self) -> None:
        """Begin without errors."""
        self._errors: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Describe a new room."""
        if (reason := self._reason_to_abort()) is not None:
            return self.async_abort(reason=reason)
        rooms = rooms_of(self._get_entry())
        if len(rooms) >= MAX_ROOMS:
            return self.async_abort(reason="too_many_rooms")
        if user_input is not None:
            name, data = _read(user_input)
            room = Room.parse(data, room_id=new_id(name, [room.id for room in rooms]), name=name)
            if await self._async_check(name, room, rooms):
                self._follow(room, None, rooms)
                return self.async_create_entry(title=room.name, data=data, unique_id=room.id)
        # Said to be empty, or the form fills in whichever node comes first.
        return self._show("user", None, rooms, user_input or {CONF_NODES: []})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Describe a room otherwise."""
        if (reason := self._reason_to_abort()) is not None:
            return self.async_abort(reason=reason)
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        before = Room.of(subentry)
        rooms = rooms_of(entry)
        if user_input is not None:
            name, data = _read(user_input)
            room = Room.parse(data, room_id=before.id, name=name, subentry_id=before.subentry_id)
            if await self._async_check(name, room, rooms):
                self._follow(room, before, rooms)
                return self.async_update_and_abort(entry, subentry, title=room.name, data=data)
        return self._show("reconfigure", before, rooms, user_input or _filled(before, rooms, subentry.data))

    @property
    def _coordinator(self) -> RuViewCoordinator:
        """Return the server's coordinator."""
        entry: RuViewConfigEntry = self._get_entry()
        return entry.runtime_data.coordinator

    def _reason_to_abort(self) -> str | None:
        """Return why no room can be described now."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return "not_loaded"
        return None if self._nodes() else "no_nodes"

    def _nodes(self) -> dict[str, str]:
        """Return the names of the nodes that the server has, and of those that are in rooms anyway."""
        entry: RuViewConfigEntry = self._get_entry()
        names = {node_id: node_id for room in rooms_of(entry) for node_id in room.nodes}
        for device in self._coordinator.data.devices.values():
            if device.kind == KIND_NODE:
                registered = async_find_device(self.hass, entry, device.id)
                names[device.id] = (registered and registered.name_by_user) or device.name
        return dict(sorted(names.items(), key=lambda node: node[1].casefold()))

    async def _async_check(self, name: str, room: Room, rooms: list[Room]) -> bool:
        """Return whether a room makes sense among the others; what is said of its zones counts as it is entered."""
        self._errors.clear()
        self._placeholders.clear()
        others = [other for other in rooms if other.id != room.id]
        self._check_name(name, others)
        self._check_nodes(room, others)
        self._check_zones(room)
        if not isinstance(room.thresholds, Mapping):
            self._errors["base"] = "thresholds_form"
        if not self._errors:
            await self._async_check_by_server([room if other.id == room.id else other for other in rooms], room)
        return not self._errors

    def _check_name(self, name: str, others: list[Room]) -> None:
        """Find a name that is none, or that another room has."""
        if not name or len(name) > MAX_NAME or clean_name(name) != name:
            self._errors[CONF_NAME] = "name_form"
        elif any(other.name.casefold() == name.casefold() for other in others):
            self._errors[CONF_NAME] = "name_taken"

    def _check_nodes(self, room: Room, others: list[Room]) -> None:
        """Find nodes that stand in another room."""
        if not room.nodes:
            self._errors[CONF_NODES] = "nodes_missing"
        for other in others:
            if taken := [node for node in room.nodes if node in other.nodes]:
                self._errors[CONF_NODES] = "node_taken"
                self._placeholders |= {"node": self._nodes()[taken[0]], "room": other.name}

    def _check_zones(self, room: Room) -> None:
        """Find zones that are not a part of the room, or cannot be told from each other."""
        names: set[str] = set()
        for zone in room.zones:
            name = zone[CONF_NAME].strip()
            error = None
            if not name or len(name) > MAX_NAME or clean_name(name) != name:
                error = "zone_name_form"
            elif name.casefold() in names:
                error = "zone_name_taken"
            elif not zone[CONF_NODES] or not set(zone[CONF_NODES]) <= set(room.nodes):
                error = "zone_nodes"
            if error is not None:
                self._errors[CONF_ZONES] = error
                self._placeholders["zone"] = name
            names.add(name.casefold())

    async def _async_check_by_server(self, rooms: list[Room], room: Room) -> None:
        """Ask the server, which knows what thresholds there are and what they may be."""
        all_rooms = rooms if room in rooms else [*rooms, room]
        try:
            await self._coordinator.connection.call_service(
                Service.SET_ROOMS, {"rooms": described(all_rooms), "check": True}
            )
        except CommandError as err:
            self._errors["base"] = err.code if err.code in {"not_over_mqtt", "not_permitted"} else "refused"
            self._placeholders["error"] = str(err)
        except RuViewError:
            self._errors["base"] = "cannot_connect"

    @callback
    def _follow(self, room: Room, before: Room | None, rooms: list[Room]) -> None:
        """Let the room's devices and neighbours follow what is said of it."""
        entry: RuViewConfigEntry = self._get_entry()
        for device_id in (room.device_id, *room.nodes):
            async_put_into_area(self.hass, entry, device_id, room.area_id, before.area_id if before else None)
        # A neighbour may be the one that says so: it must not contradict.
        for other in rooms:
            if other.id != room.id and other.id not in room.adjacent and room.id in other.adjacent:
                subentry = entry.subentries[str(other.subentry_id)]
                adjacent = [room_id for room_id in other.adjacent if room_id != room.id]
                self.hass.config_entries.async_update_subentry(
                    entry, subentry, data={**subentry.data, CONF_ADJACENT: adjacent}
                )

    def _show(self, step_id: str, room: Room | None, rooms: list[Room], shown: Mapping[str, Any]) -> SubentryFlowResult:
        """Show the form; after an error it keeps what was entered."""
        others = [other for other in rooms if room is None or other.id != room.id]
        # Home Assistant runs voluptuous as an alias of probatio, which type checkers cannot see.
        filled = self.add_suggested_values_to_schema(room_schema(self._nodes(), others), shown)  # type: ignore[arg-type]
        return self.async_show_form(
            step_id=step_id,
            data_schema=filled,
            errors=self._errors,
            description_placeholders={
                "room": room.name if room else "",
                "node": "",
                "zone": "",
                "error": "",
                "max": str(MAX_NAME),
                **self._placeholders,
            },
        )


def room_schema(nodes: Mapping[str, str], others: list[Room]) -> vol.Schema:
    """Return the form for a home with these nodes, by id, and other rooms."""
    node_selector = _select(nodes)
    fields: dict[vol.Marker, Any] = {
        vol.Required(CONF_NAME): TextSelector(),
        vol.Required(CONF_NODES): node_selector,
        vol.Optional(CONF_AREA_ID): AreaSelector(),
        vol.Optional(CONF_TAGS): SelectSelector(
            SelectSelectorConfig(options=list(TAGS), multiple=True, translation_key="room_tag")
        ),
        vol.Optional(CONF_ZONES): ObjectSelector(
            ObjectSelectorConfig(
                fields={
                    CONF_NAME: ObjectSelectorField(required=True, selector=TextSelector()),
                    CONF_NODES: ObjectSelectorField(required=True, selector=node_selector),
                    CONF_BED: ObjectSelectorField(selector=BooleanSelector()),
                    CONF_BATHROOM: ObjectSelectorField(selector=BooleanSelector()),
                },
                multiple=True,
                label_field=CONF_NAME,
                description_field=CONF_NODES,
                translation_key="zone",
            )
        ),
        vol.Optional(CONF_PERSONS): EntitySelector(EntitySelectorConfig(domain=_PERSON_DOMAIN, multiple=True)),
        vol.Optional(CONF_SCHEDULE): EntitySelector(EntitySelectorConfig(domain=_SCHEDULE_DOMAIN)),
        vol.Required(CONF_SENSITIVITY, default=DEFAULT_SENSITIVITY.value): SelectSelector(
            SelectSelectorConfig(
                options=[sensitivity.value for sensitivity in Sensitivity],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key="sensitivity",
            )
        ),
        vol.Required(CONF_HOLD_TIME, default=DEFAULT_HOLD_S): NumberSelector(
            NumberSelectorConfig(
                min=MIN_HOLD_S,
                max=MAX_HOLD_S,
                unit_of_measurement=UnitOfTime.SECONDS,
                mode=NumberSelectorMode.BOX,
            )
        ),
    }
    if others:
        fields[vol.Optional(CONF_ADJACENT)] = _select({other.id: other.name for other in others})
    exact = vol.Schema({vol.Optional(CONF_THRESHOLDS): ObjectSelector()})
    fields[vol.Required(SECTION_EXACT)] = section(exact, {"collapsed": True})  # type: ignore[arg-type] # as in _show
    return vol.Schema(fields)


def _select(names: Mapping[str, str]) -> SelectSelector:
    """Return a choice of several of these, by id; of two with one name the ids are shown too."""
    shown = list(names.values())
    options = [
        SelectOptionDict(value=key, label=name if shown.count(name) == 1 else f"{name} ({key})")
        for key, name in names.items()
    ]
    return SelectSelector(SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.DROPDOWN))


def _read(user_input: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name and the data of a room; what was left empty is not kept."""
    exact = user_input.get(SECTION_EXACT, {})
    data = {key: value for key, value in {**user_input, **exact}.items() if key not in {CONF_NAME, SECTION_EXACT}}
    data = {key: value for key, value in data.items() if key == CONF_NODES or value not in ("", None, [], {})}
    return user_input[CONF_NAME].strip(), data | {CONF_HOLD_TIME: int(data[CONF_HOLD_TIME])}


def _filled(room: Room, rooms: list[Room], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form of a room was filled in with."""
    exact = {CONF_THRESHOLDS: data[CONF_THRESHOLDS]} if CONF_THRESHOLDS in data else {}
    return {
        **data,
        CONF_NAME: room.name,
        CONF_ADJACENT: neighbours(room, rooms),
        SECTION_EXACT: exact,
    }
