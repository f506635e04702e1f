"""The reference frames: a simulated channel, made of whole numbers alone so that every machine makes the same."""

from __future__ import annotations

import hashlib
import json
import math

N_FRAMES = 1000
RATE_HZ = 20
N_SUBCARRIERS = 64
OUTERMOST = 26
BREATHS_PER_MINUTE = 15

_TURN = 1024
_ONE = 1 << 14
# One sine a step of the turn. Rounded so coarsely that the last digits of a platform's sine make no difference.
_SINE = [round(_ONE * math.sin(2 * math.pi * step / _TURN)) for step in range(_TURN)]


def reference_recording() -> bytes:
    """Give the frames as a recording, a line each: a path by a wall, and one by a chest that breathes."""
    return b"".join(_line(frame) for frame in range(N_FRAMES))


def _line(frame: int) -> bytes:
    record = {
        "timestamp": frame / RATE_HZ,
        "node_id": 1,
        "type": "raw_csi",
        "rssi": -50,
        "iq_hex": _samples(frame).hex(),
        "subcarriers": N_SUBCARRIERS,
        "source": "simulated",
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _samples(frame: int) -> bytes:
    noise = hashlib.shake_128(frame.to_bytes(4, "little")).digest(2 * N_SUBCARRIERS)
    chest = 80 * _sine(_TURN * BREATHS_PER_MINUTE * frame // (60 * RATE_HZ)) // _ONE
    # The oscillator's phase differs from packet to packet.
    offset = 37 * frame * frame
    octets = bytearray()
    for bin_ in range(N_SUBCARRIERS):
        subcarrier = bin_ if bin_ < N_SUBCARRIERS // 2 else bin_ - N_SUBCARRIERS
        if subcarrier == 0 or abs(subcarrier) > OUTERMOST:
            octets += b"\0\0"
            continue
        wall, body = offset + 9 * subcarrier, offset + 31 * subcarrier + chest
        for part, quarter in enumerate((0, _TURN // 4)):
            level = (60 * _sine(wall + quarter) + 14 * _sine(body + quarter)) // _ONE
            octets.append((level + noise[2 * bin_ + part] % 3 - 1) & 0xFF)
    return bytes(octets)


def _sine(step: int) -> int:
    return _SINE[step % _TURN]
