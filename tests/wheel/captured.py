"""Capture files for tests, made octet by octet."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from wifi_densepose.bfi import MimoControl

ETHERNET, DOT11, RADIOTAP = 1, 105, 127
START_S = 1_700_000_000
BEAMFORMER, BEAMFORMEE = "3c:37:86:12:34:63", "b0:b9:8a:63:3e:9c"
BEACON = b"\x80" + bytes(29)
"""A frame that is in order and no report."""

_RADIOTAP_HEADER = struct.pack("<BBHI", 0, 0, 8, 0)
_HEADER_LEN = {"VHT": 3, "HE": 5}
_CATEGORY = {"VHT": 21, "HE": 30}


def recording(name: str) -> Path:
    """Find a recording of others beside the project, or skip the test."""
    path = Path(__file__).resolve().parents[3] / "shared/data" / name
    if not path.is_file():
        pytest.skip(f"the recording {path} is not there")
    return path


def pcap(packets: Iterable[bytes], link: int = RADIOTAP) -> bytes:
    """Make a pcap file of a packet a millisecond."""
    header = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link)
    records = (
        struct.pack("<IIII", START_S + n // 1000, n % 1000 * 1000, len(packet), len(packet)) + packet
        for n, packet in enumerate(packets)
    )
    return header + b"".join(records)


def write(path: Path, octets: bytes, *, compressed: bool = False) -> Path:
    """Write a file and give its path."""
    path.write_bytes(gzip.compress(octets) if compressed else octets)
    return path


def packed(codes: npt.NDArray[np.uint16], widths: Sequence[int]) -> bytes:
    """Pack the codes of every tone, the lowest bit first."""
    bits = [
        code >> bit & 1
        for tone in codes.tolist()
        for code, width in zip(tone, widths, strict=True)
        for bit in range(width)
    ]
    return np.packbits(np.array(bits, dtype=np.uint8), bitorder="little").tobytes()


def widths(control: MimoControl) -> list[int]:
    """Give the bits of each angle of a tone."""
    return [control.phi_bits if name.startswith("phi") else control.psi_bits for name in control.angle_names]


def mimo_octets(control: MimoControl, *, first: bool = True, remaining: int = 0) -> bytes:
    """Make the MIMO Control field by the standard's tables."""
    bandwidth = [20, 40, 80, 160].index(control.bandwidth_mhz)
    common = control.n_cols - 1 | (control.n_rows - 1) << 3 | bandwidth << 6 | remaining << 12 | first << 15
    is_mu = control.feedback == "MU"
    if control.phy == "VHT":
        grouping = [1, 2, 4].index(control.grouping)
        bits = common | grouping << 8 | control.codebook << 10 | is_mu << 11 | control.token << 18
    else:
        assert control.rus is not None
        start, end = control.rus
        grouping = [4, 16].index(control.grouping)
        bits = (
            common | grouping << 8 | control.codebook << 9 | is_mu << 10 | start << 16 | end << 23 | control.token << 30
        )
    return bits.to_bytes(_HEADER_LEN[control.phy], "little")


def action(control: MimoControl, body: bytes, *, sequence: int = 1, beamformee: str = BEAMFORMEE) -> bytes:
    """Make an Action No Ack frame behind a radiotap header."""
    addresses = b"".join(bytes.fromhex(mac.replace(":", "")) for mac in (BEAMFORMER, beamformee, BEAMFORMER))
    header = b"\xe0\x00\x00\x00" + addresses + struct.pack("<H", sequence << 4)
    frame = header + bytes([_CATEGORY[control.phy], 0]) + body
    return _RADIOTAP_HEADER + frame + struct.pack("<I", zlib.crc32(frame))


def report(
    control: MimoControl,
    snr: Sequence[int],
    codes: npt.NDArray[np.uint16],
    *,
    segments: int = 1,
    beamformee: str = BEAMFORMEE,
) -> list[bytes]:
    """Make the packets that carry a single-user report."""
    octets = struct.pack(f"{len(snr)}b", *snr) + packed(codes, widths(control))
    size = -(-len(octets) // segments)
    return [
        action(
            control,
            mimo_octets(control, first=at == 0, remaining=segments - 1 - at) + octets[at * size : (at + 1) * size],
            sequence=at,
            beamformee=beamformee,
        )
        for at in range(segments)
    ]


def random_codes(control: MimoControl, seed: int) -> npt.NDArray[np.uint16]:
    """Choose some angles for every tone."""
    chance = np.random.default_rng(seed)
    most = np.array([1 << width for width in widths(control)], dtype=np.uint16)
    return chance.integers(0, most, (len(control.tones()), len(most)), dtype=np.uint16)


def some_reports(count: int, *, control: MimoControl | None = None) -> list[bytes]:
    """Make packets of random reports, small ones unless `control` says otherwise."""
    control = control or MimoControl("VHT", 2, 1, 20, 4, 0, "SU")
    return [
        packet
        for seed in range(count)
        for packet in report(control, [seed % 100] * control.n_cols, random_codes(control, seed))
    ]


def nexmon(samples: npt.NDArray[np.int16], *, rssi: int = -58, frame_control: int = 0x88, sequence: int = 7) -> bytes:
    """Make an Ethernet frame with CSI of a 43455c0, `[n_subcarriers, 2]`, real part first."""
    n_subcarriers = len(samples)
    chanspec = {64: 0xD024, 128: 0xD826, 256: 0xE02A}[n_subcarriers]
    transmitter = bytes.fromhex(BEAMFORMEE.replace(":", ""))
    payload = b"\x11\x11" + struct.pack("<bB", rssi, frame_control) + transmitter
    payload += struct.pack("<HHHH", sequence << 4, 0, chanspec, 0x65) + samples.astype("<i2").tobytes()
    udp = struct.pack(">HHHH", 5500, 5500, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 1, 17, 0, 0x0A0A0A0A, 0xFFFFFFFF) + udp
    return b"\xff" * 6 + b"NEXMON" + b"\x08\x00" + ip
