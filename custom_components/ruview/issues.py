"""Repair issues: what a user should know without looking for it, and what can be done about it.

An issue is deleted when it is no longer so, and while nothing is known it stays as it was: one that came and went with
every restart of the server, or every reload, would forget that the user has ignored it. A token that is rejected needs
none: Home Assistant has one of its own for that. The ids name entries and the server's devices, never an address.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util.dt import parse_datetime, utcnow

from .api.catalog import Calibration, DataSource, EntityKey
from .api.models import Device, State
from .const import DOMAIN
from .coordinator import RuViewConfigEntry, RuViewCoordinator
from .issue import async_create_issue
from .registries import KIND_NODE

ISSUE_SIMULATED_DATA: Final = "simulated_data"
ISSUE_NODE_SILENT: Final = "node_silent"
ISSUE_DUPLICATE_ID: Final = "duplicate_id"
ISSUE_NOT_CALIBRATED: Final = "not_calibrated"

# A node that is unplugged for a weekend's cleaning is no reason to worry anybody.
LONG: Final = timedelta(days=1)
LOOK_EVERY: Final = timedelta(minutes=30)

ATTR_DUPLICATE_ID = "duplicate_id"


@dataclass(slots=True)
class _Node:
    """A node, and its states that issues are about."""

    device: Device
    states: dict[str, State | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeIssue:
    """An issue of a node: `is_so` says yes, no, or None while nothing is known; it has to be so for `after`."""

    key: str
    is_so: Callable[[_Node], bool | None]
    since: Callable[[_Node], datetime | None] = lambda _: None
    after: timedelta = LONG


def _is_silent(node: _Node) -> bool:
    """Judge by what comes in, not by what is seen: a sleeper says nothing new either."""
    state = node.states.get(EntityKey.DATA_SOURCE)
    return state is None or state.state in {DataSource.NONE, STATE_UNAVAILABLE}


def _last_seen(node: _Node) -> datetime | None:
    """Return when a node was heard last; a server that was started since does not know."""
    state = node.states.get(EntityKey.LAST_SEEN)
    at = None if state is None else parse_datetime(state.state)
    return at if at and at.tzinfo else None


def _has_twin(node: _Node) -> bool | None:
    """Return whether two nodes claim this one's id, which the server has made sure of."""
    state = node.states.get(EntityKey.DATA_SOURCE)
    return None if state is None else state.attributes.get(ATTR_DUPLICATE_ID) is True


def _is_learning(node: _Node) -> bool | None:
    """Return whether a node has never found its room empty; what it has learnt once it keeps up to date by itself."""
    state = node.states.get(EntityKey.CALIBRATION)
    if state is None or state.state == Calibration.CALIBRATING or state.state not in set(Calibration):
        return None
    return state.state == Calibration.LEARNING


NODE_ISSUES: Final = (
    NodeIssue(ISSUE_NODE_SILENT, _is_silent, since=_last_seen),
    NodeIssue(ISSUE_DUPLICATE_ID, _has_twin, after=timedelta(0)),
    NodeIssue(ISSUE_NOT_CALIBRATED, _is_learning),
)
_NODE_KEYS: Final = frozenset({EntityKey.DATA_SOURCE, EntityKey.LAST_SEEN, EntityKey.CALIBRATION})
# Those whose change can begin or end an issue at once.
_TELLING: Final = _NODE_KEYS - {EntityKey.LAST_SEEN}


@callback
def async_setup_issues(hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
    """Keep the issues of an entry true."""
    watch = _Watch(hass, entry)
    watch.check()
    for unsubscribe in (
        entry.runtime_data.coordinator.async_add_listener(watch.check),
        entry.runtime_data.coordinator.async_subscribe_states(watch.check_state),
        async_track_time_interval(hass, watch.check, LOOK_EVERY, cancel_on_shutdown=True),
    ):
        entry.async_on_unload(unsubscribe)


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete all issues of an entry that is removed or disabled."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and entry.entry_id in issue_id:
            ir.async_delete_issue(hass, domain, issue_id)


class _Watch:
    """What is known of the nodes of one entry."""

    def __init__(self, hass: HomeAssistant, entry: RuViewConfigEntry) -> None:
        """Begin with nothing known."""
        self._hass = hass
        self._entry = entry
        self._coordinator: RuViewCoordinator = entry.runtime_data.coordinator
        # Since when an issue of a node is so, as far as is known.
        self._since: dict[str, datetime] = {}
        self._simulated: list[str] = []

    @callback
    def check_state(self, entity_id: str) -> None:
        """Look again when a state has changed that issues are about."""
        entity = self._coordinator.data.entities.get(entity_id)
        if entity is not None and entity.key in _TELLING:
            self.check()

    @callback
    def check(self, _now: datetime | None = None) -> None:
        """Create what has become so, and delete what is not so any more; without a connection nothing is known."""
        if not self._coordinator.connected:
            return
        self._delete_of_removed_nodes()
        nodes = list(self._nodes())
        self._check_simulated(nodes)
        for issue in NODE_ISSUES:
            for node in nodes:
                self._check_node(issue, node)

    def _delete_of_removed_nodes(self) -> None:
        """Forget the nodes that are no more. One that a server has not heard yet since its start is not gone."""
        there = {entity.device_id for entity in self._coordinator.data.entities.values()}
        for issue in NODE_ISSUES:
            prefix = f"{issue.key}_{self._entry.entry_id}_"
            for domain, issue_id in list(ir.async_get(self._hass).issues):
                if domain == DOMAIN and issue_id.startswith(prefix) and issue_id.removeprefix(prefix) not in there:
                    self._since.pop(issue_id, None)
                    ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _check_node(self, issue: NodeIssue, node: _Node) -> None:
        """Create or delete one issue of one node."""
        issue_id = f"{issue.key}_{self._entry.entry_id}_{node.device.id}"
        is_so = issue.is_so(node)
        if is_so is None:
            return
        if not is_so:
            self._since.pop(issue_id, None)
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        now = utcnow()
        since = min(self._since.setdefault(issue_id, now), issue.since(node) or now)
        if now - since >= issue.after:
            async_create_issue(self._hass, self._entry, issue_id, issue.key, node=node.device.name)

    def _check_simulated(self, nodes: list[_Node]) -> None:
        """Keep one issue open while nodes' data is simulated: nobody may take a demo for his home."""
        issue_id = f"{ISSUE_SIMULATED_DATA}_{self._entry.entry_id}"
        states = ((node.device.name, node.states.get(EntityKey.DATA_SOURCE)) for node in nodes)
        names = sorted(name for name, state in states if state and state.state == DataSource.SIMULATED)
        if names == self._simulated:
            return
        self._simulated = names
        if names:
            async_create_issue(self._hass, self._entry, issue_id, ISSUE_SIMULATED_DATA, nodes=", ".join(names))
        else:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _nodes(self) -> Iterator[_Node]:
        """Return the nodes; what a room says of them is said of them already."""
        data = self._coordinator.data
        nodes: dict[str, _Node] = {}
        for entity in data.entities.values():
            device = data.devices.get(entity.device_id)
            if device is not None and device.kind == KIND_NODE and entity.key in _NODE_KEYS:
                node = nodes.setdefault(device.id, _Node(device))
                node.states[entity.key] = data.states.get(entity.entity_id)
        yield from nodes.values()
