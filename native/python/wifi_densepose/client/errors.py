"""Everything that can go wrong between a client and a server. No message repeats a token or a payload."""

from __future__ import annotations


class ClientError(Exception):
    """Base of all errors of `wifi_densepose.client`."""


class CannotConnectError(ClientError):
    """Nothing answers at the address."""


class CertificateError(CannotConnectError):
    """The TLS certificate at the address is not trusted."""


class ConnectionLostError(ClientError):
    """The connection ended, or there is none."""


class ServerTimeoutError(ClientError):
    """The other side did not answer in time."""

    def __init__(self, *, what: str, timeout_s: float) -> None:
        """Name what was waited for."""
        super().__init__(f"no {what} within {timeout_s:g} s")


class NotRuViewError(ClientError):
    """Something answers, but not a RuView server."""


class UnsupportedApiError(ClientError):
    """The server speaks another version of the API."""


class AuthenticationError(ClientError):
    """The token, or name and password, are not accepted, or missing. A client does not try again with the same."""


class RateLimitedError(ClientError):
    """The server refuses this address for `retry_after_s` seconds, after too many wrong tokens."""

    def __init__(self, retry_after_s: float) -> None:
        """Keep how long the server wants to be left alone."""
        super().__init__(f"too many wrong tokens from this address, try again after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class MessageError(ClientError, ValueError):
    """A message is not what its documentation says; `where` names the field."""

    def __init__(self, *, where: str, expected: str, found: str) -> None:
        """Name the place, what belongs there and what is there."""
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where = where
        self.expected = expected
        self.found = found


class CommandError(ClientError):
    """The server refused a command. Errors of services also name the `field`, what they `expected` and `found`."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        expected: str | None = None,
        found: str | None = None,
    ) -> None:
        """Keep what the server said."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.field = field
        self.expected = expected
        self.found = found
