"""Clients of a RuView server that runs elsewhere.

`.ws` reads a server by WebSocket, `.mqtt` what it publishes to a broker, and `.ha` what it announces to Home Assistant.
They need the extra `client`: `pip install "wifi-densepose[client]"`. Every error is a `ClientError`.
"""

from .errors import (
    AuthenticationError,
    CannotConnectError,
    CertificateError,
    ClientError,
    CommandError,
    ConnectionLostError,
    MessageError,
    NotRuViewError,
    RateLimitedError,
    ServerTimeoutError,
    UnsupportedApiError,
)

__all__ = [
    "AuthenticationError",
    "CannotConnectError",
    "CertificateError",
    "ClientError",
    "CommandError",
    "ConnectionLostError",
    "MessageError",
    "NotRuViewError",
    "RateLimitedError",
    "ServerTimeoutError",
    "UnsupportedApiError",
]
