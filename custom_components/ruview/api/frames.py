"""The frames of the WebSocket API: text to types, and commands to JSON objects."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from .catalog import Service
from .errors import CommandError, ProtocolError
from .fields import Fields
from .models import MESSAGE_PARSERS, Message, ServerInfo

# The domain of the server's own services.
SERVICE_DOMAIN: Final = "ruview"


class Command(StrEnum):
    """What a client can ask for."""

    SUBSCRIBE = "subscribe"
    GET_STATES = "get_states"
    GET_CONFIG = "get_config"
    GET_DIAGNOSTICS = "get_diagnostics"
    GET_EVENTS = "get_events"
    CALL_SERVICE = "call_service"
    PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRequired:
    """The server's first frame."""

    api: int


@dataclass(frozen=True, slots=True)
class AuthInvalid:
    """The token was not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to a command: a value, or the error."""

    id: int
    value: object = None
    error: CommandError | None = None


@dataclass(frozen=True, slots=True)
class Resync:
    """Events were dropped; a snapshot follows."""


type Frame = AuthRequired | AuthInvalid | ServerInfo | Result | Resync | Message


def auth_frame(token: str) -> dict[str, Any]:
    """Build the answer to `auth_required`."""
    return {"type": "auth", "token": token}


def command_frame(command_id: int, command: Command, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Build a command."""
    return {"id": command_id, "type": command, **(arguments or {})}


def service_arguments(service: Service, data: Mapping[str, Any]) -> dict[str, Any]:
    """Build the arguments of `call_service`."""
    return {"domain": SERVICE_DOMAIN, "service": service, "data": data}


def parse_frame(text: str) -> Frame | None:
    """Read a frame of the server; None for a type that this client does not know."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ProtocolError(where="frame", expected="JSON", found=type(err).__name__) from err
    parser = _PARSERS.get(Fields(data, "frame").read("type", str))
    return None if parser is None else parser(data)


def _parse_auth_required(data: object) -> AuthRequired:
    return AuthRequired(api=Fields(data, "auth_required").read("api", int))


def _parse_auth_invalid(_data: object) -> AuthInvalid:
    return AuthInvalid()


def _parse_result(data: object) -> Result:
    fields = Fields(data, "result")
    command_id = fields.read("id", int)
    if fields.read("success", bool):
        return Result(id=command_id, value=fields.value("result"))
    error = Fields(fields.read("error", dict), "error")
    return Result(id=command_id, error=CommandError(error.read("code", str), error.read("message", str)))


def _parse_resync(_data: object) -> Resync:
    return Resync()


def _parse_event(data: object) -> Message | None:
    event = Fields(data, "frame").read("event", dict)
    parser = MESSAGE_PARSERS.get(Fields(event, "event").read("type", str))
    return None if parser is None else parser(event)


_PARSERS: Mapping[str, Callable[[object], Frame | None]] = {
    "auth_required": _parse_auth_required,
    "auth_invalid": _parse_auth_invalid,
    "auth_ok": ServerInfo.parse,
    "result": _parse_result,
    "resync": _parse_resync,
    "event": _parse_event,
}
