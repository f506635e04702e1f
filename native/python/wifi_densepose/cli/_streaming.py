"""What a server says, on a terminal and as JSON. Apart from its command, so that others start quickly."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..client._json import Value
from ..client._link import printable
from ..client.ws import (
    Disconnected,
    EdgeVitals,
    InvalidMessage,
    Missed,
    PoseData,
    Reconnected,
    SensingClient,
    SensingUpdate,
    UnknownMessage,
    ZoneUpdate,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping


async def stream(url: str, token: str | None, context: ssl.SSLContext | None, show: Callable[[object], None]) -> None:
    """Show what a server says until somebody ends it."""
    async with SensingClient(url, token=token, ssl_context=context) as client:
        if client.server is not None:
            _say(f"connected to {client.server.name}, version {client.server.version}")
        async for message in client.stream():
            show(message)


def show_json(message: object) -> None:
    """Print a message as an object; what is no message of the server has a `type` of its own."""
    match message:
        case UnknownMessage(data=data):
            shown: Mapping[str, Any] = data
        case InvalidMessage(error=error):
            shown = {"type": "invalid_message", "error": error}
        case Value():
            shown = message.to_dict()
        case _:
            return
    print(json.dumps(shown), flush=True)


class Lines:
    """Messages as lines for people. What is the same every second is told when it changes."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._source: str | None = None
        self._zones: tuple[ZoneUpdate, ...] = ()

    def show(self, message: object) -> None:
        """Print what is new."""
        match message:
            case EdgeVitals():
                _print(_vitals(message))
            case SensingUpdate():
                self._update(message)
            case PoseData(node_id=node, persons=persons):
                _print(f"{node}  poses: {len(persons)}")
            case UnknownMessage(type=kind):
                _say(f"a message of a type that this version does not know: {kind}")
            case InvalidMessage(error=error):
                _say(f"a message that is wrong: {error}")
            case Disconnected(reason=reason):
                _say(f"disconnected: {reason}; trying again")
            case Reconnected(gap_s=gap_s):
                _say(f"connected again; nothing is known of {gap_s:.0f} s")
            case Missed(count=count, unit=unit):
                _say(f"missed {count} {unit}")

    def _update(self, update: SensingUpdate) -> None:
        if update.source != self._source:
            self._source = update.source
            _say(f"the data is {update.source}")
        if update.zones != self._zones:
            self._zones = update.zones
            states = {True: "occupied", False: "empty", None: "unknown"}
            zones = (f"{zone.zone} {states[zone.zone_occupancy]}" for zone in update.zones)
            _print("zones  " + ("  ".join(zones) or "none"))


def _vitals(vitals: EdgeVitals) -> str:
    """One line for a node; what is not known is `-`."""
    presence = {True: "present", False: "absent", None: "-"}[vitals.presence]
    motion = {True: "moving", False: "still", None: "-"}[vitals.motion]
    fall = "  FALL" if vitals.fall_detected else ""
    return (
        f"{vitals.node_id}  {presence:7} {motion:6}  persons {_number(vitals.n_persons, 'd')}"
        f"  breathing {_number(vitals.breathing_rate_bpm, '.1f')}/min  heart {_number(vitals.heartrate_bpm, '.0f')}/min"
        f"  motion {_number(vitals.motion_energy, '.4f')}  {_number(vitals.rssi, '.0f')} dBm{fall}"
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _print(line: str) -> None:
    # A server's text must not steer the terminal.
    print(f"{datetime.now().astimezone():%H:%M:%S}  {printable(line)}", flush=True)


def _say(line: str) -> None:
    """Tell of the connection, beside what is streamed."""
    print(f"wifi-densepose: {printable(line)}", file=sys.stderr, flush=True)
