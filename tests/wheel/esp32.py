"""Packets of made-up ESP32 nodes."""

from __future__ import annotations

import socket
import struct


def send(address: str, packets: int, node: int = 7) -> None:
    """Send CSI of 64 subcarriers as an ESP32 node does (native/crates/wire/src/esp32/raw_csi.rs)."""
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(packets):
            header = struct.pack("<IBBHIIbbH", 0xC5110001, node, 1, 64, 2437, number, -45, -95, 0)
            sender.sendto(header + bytes([number % 5, 40] * 64), (host, int(port)))
