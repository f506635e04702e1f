"""ESP32 nodes that send CSI at a steady rate: `python -m devkit.load PORT NODES RATE`, until it is ended.

A process of its own, so that it keeps its pace whatever its user does. What the nodes see is made up: a room that is
quiet and one in which somebody moves, half a minute each, another half for every second node.
"""

import socket
import struct
import sys
import time

import numpy as np

# As native/crates/wire/src/esp32/raw_csi.rs reads it.
_HEADER = struct.Struct("<IBBHIIbbH")
_MAGIC_RAW_CSI, _FREQUENCY_MHZ = 0xC5110001, 2437
_SUBCARRIERS = 64
_SCENE_S, _LOOP_S = 30, 20


def _payloads(rate: int, *, moving: bool) -> list[bytes]:
    """Return the samples of a stream that repeats itself: a static path, one that somebody lengthens, noise."""
    noise = np.random.default_rng(1)
    t = np.arange(0, _LOOP_S, 1 / rate)[:, None]
    turn = 2 * np.pi * np.arange(_SUBCARRIERS)[None, :] / _SUBCARRIERS
    path = 6 * np.sin(2 * np.pi * 0.7 * t) + np.cumsum(noise.normal(size=t.shape), axis=0) / 8 if moving else 0 * t
    channel = 40 * np.exp(3j * turn) + (20 if moving else 1) * np.exp(1j * (7 * turn + path))
    shape = channel.shape
    samples = channel + noise.normal(scale=0.7, size=shape) + 1j * noise.normal(scale=0.7, size=shape)
    # Imaginary comes first.
    octets = np.stack([samples.imag, samples.real], axis=-1).round().clip(-128, 127).astype(np.int8)
    return [packet.tobytes() for packet in octets]


def send(port: int, nodes: int, rate: int) -> None:
    """Send `rate` packets a second for each of `nodes`; one that is late is sent as soon as possible."""
    quiet, moving = _payloads(rate, moving=False), _payloads(rate, moving=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        began = time.monotonic()
        number = 0
        while True:
            scene = number // (rate * _SCENE_S)
            for node in range(1, nodes + 1):
                payload = (moving if (scene + node) % 2 else quiet)[(number + 37 * node) % len(quiet)]
                header = (_MAGIC_RAW_CSI, node, 1, _SUBCARRIERS, _FREQUENCY_MHZ, number & 0xFFFFFFFF, -45, -95, 0)
                sender.send(_HEADER.pack(*header) + payload)
            number += 1
            time.sleep(max(0.0, began + number / rate - time.monotonic()))


if __name__ == "__main__":
    send(*map(int, sys.argv[1:]))
