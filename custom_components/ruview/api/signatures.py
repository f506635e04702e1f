"""Which events over MQTT are believed: those that the server has signed, of now, and each of them once."""

import base64
import binascii
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Never
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .canonical import canonical
from .errors import RefusedEventError

SIGNATURE: Final = "sig"
PUBLIC_KEY: Final = "public_key"
# A server that had no broker for a while sends what happened, but nothing that is older.
MAX_AGE: Final = timedelta(minutes=15)
# Events that are remembered; what is older than the oldest of them cannot be told from a repetition.
REMEMBERED: Final = 1024
# The version of the ids: they tell when an event was sent, whatever it says of the time of a recording.
_TIMED = 7


class Verifier:
    """Believes the events of one server, or says why not."""

    def __init__(self, public_key: str) -> None:
        """Pin the key of the server."""
        self._public_key = public_key
        self._seen: deque[UUID] = deque()
        self._floor = 0

    def check(self, event: Mapping[str, Any], now: datetime) -> None:
        """Raise RefusedEventError unless the server has sent this event lately, and never before."""
        signature = event.get(SIGNATURE)
        if not isinstance(signature, str):
            refuse("it is not signed")
        if event.get(PUBLIC_KEY) != self._public_key:
            refuse("another key than the server's has signed it")
        unsigned = {key: value for key, value in event.items() if key != SIGNATURE}
        try:
            key = Ed25519PublicKey.from_public_bytes(_decode(self._public_key))
            key.verify(_decode(signature), canonical(unsigned))
        except InvalidSignature, ValueError, RecursionError:
            refuse("the signature does not belong to it")
        self._check_time(event.get("id"), now)

    def _check_time(self, text: object, now: datetime) -> None:
        """Refuse what was sent long ago, and what was seen before."""
        try:
            event_id = UUID(str(text))
        except ValueError:
            refuse("it has no id")
        if event_id.version != _TIMED:
            refuse("its id does not tell when it was sent")
        if abs(now.timestamp() - event_id.time / 1000) > MAX_AGE.total_seconds():
            refuse("it was sent at another time; are the clocks right?")
        if event_id in self._seen or event_id.time <= self._floor:
            refuse("it was seen before")
        if len(self._seen) == REMEMBERED:
            self._floor = max(self._floor, self._seen.popleft().time)
        self._seen.append(event_id)


def _decode(text: str) -> bytes:
    """Decode base64url without padding; ValueError for anything else."""
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except binascii.Error as err:
        raise ValueError from err


def refuse(why: str) -> Never:
    """Say why an event is not believed."""
    raise RefusedEventError(why)
