"""Everything that can go wrong between a client and a server.

Each error has a `key`: the config flow and the setup translate it, so an error has one name everywhere.
"""

from typing import ClassVar

from .catalog import API_VERSION


class RuViewError(Exception):
    """Base of all errors of this package."""

    key: ClassVar[str]


class InvalidHostError(RuViewError):
    """The host cannot be part of an address."""

    key = "invalid_host"

    def __init__(self, host: str) -> None:
        """Name the host."""
        super().__init__(f"expected a host name or an IP address, found {host!r}")


class CannotConnectError(RuViewError):
    """Nothing answers at the address."""

    key = "cannot_connect"


class ConnectionLostError(CannotConnectError):
    """The connection ended."""

    def __init__(self, close_code: int | None = None) -> None:
        """Keep the WebSocket close code in the message; without one there is no connection."""
        super().__init__("not connected" if close_code is None else f"connection closed with code {close_code}")


class ServerTimeoutError(RuViewError):
    """The server did not answer in time."""

    key = "timeout_connect"

    def __init__(self, *, what: str, timeout_s: float) -> None:
        """Name what was waited for."""
        super().__init__(f"no {what} within {timeout_s:g} s")


class CertificateError(RuViewError):
    """The server's TLS certificate is not trusted."""

    key = "invalid_certificate"


class NotRuViewError(RuViewError):
    """Something answers, but not a RuView server."""

    key = "not_ruview"


class UnsupportedApiError(RuViewError):
    """The server speaks another version of the API."""

    key = "unsupported_api"

    def __init__(self, found: int) -> None:
        """Name both versions."""
        super().__init__(f"expected API version {API_VERSION}, found {found}")
        self.found = found


class InvalidAuthError(RuViewError):
    """The server does not accept the token."""

    key = "invalid_auth"

    def __init__(self) -> None:
        """Say so without the token."""
        super().__init__("the token is not valid")


class RateLimitedError(RuViewError):
    """The server refuses this address for a while, after too many failed attempts."""

    key = "rate_limited"

    def __init__(self, retry_after_s: float) -> None:
        """Keep how long the server wants to be left alone."""
        super().__init__(f"too many failed attempts, retry after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class WrongServerError(RuViewError):
    """Another server than the expected one answers at the address."""

    key = "wrong_server"

    def __init__(self, expected: str | None, found: str) -> None:
        """Name both identities."""
        super().__init__(f"expected server {expected}, found {found}")


class ProtocolError(RuViewError):
    """A frame is not what the API says; values are not repeated, they may be private."""

    key = "invalid_response"

    def __init__(self, *, where: str, expected: str, found: str) -> None:
        """Name the place, what belongs there and what is there."""
        super().__init__(f"{where}: expected {expected}, found {found}")


class SigningKeyChangedError(WrongServerError):
    """A server over MQTT has another key than the one that it had: it may be another one."""

    key = "signing_key_changed"

    def __init__(self) -> None:
        """Say so."""
        RuViewError.__init__(self, "the server has another signing key than before")


class MqttMissingError(RuViewError):
    """Home Assistant's MQTT integration is not there."""

    key = "mqtt_missing"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the MQTT integration is not set up")


class MqttDisconnectedError(RuViewError):
    """Home Assistant has no connection to its MQTT broker."""

    key = "mqtt_disconnected"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("no connection to the MQTT broker")


class ServerOfflineError(RuViewError):
    """The broker says that the server has gone."""

    key = "server_offline"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the server is offline")


class RefusedEventError(RuViewError):
    """An event over MQTT is not believed."""

    key = "invalid_response"

    def __init__(self, why: str) -> None:
        """Say why."""
        super().__init__(f"an event is not believed: {why}")


class CommandError(RuViewError):
    """The server refused a command."""

    key = "invalid_response"

    def __init__(self, code: str, message: str) -> None:
        """Keep the server's code and message."""
        super().__init__(f"{code}: {message}")
        self.code = code


class NotOverMqttError(CommandError):
    """A server that takes no commands over MQTT was given one."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("not_over_mqtt", "the server takes no commands over MQTT")
