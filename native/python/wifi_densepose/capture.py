"""CSI of Nexmon radios (Raspberry Pi and others) out of capture files, as arrays.

    from wifi_densepose.capture import read_csi

    csi = read_csi("walk.pcap")
    amplitudes = abs(csi.csi[:, csi.usable])

Beamforming reports in capture files are read by `wifi_densepose.bfi.read_capture`.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ._core import CaptureCounts, WireError, read_nexmon

__all__ = ["CaptureCounts", "NexmonCsi", "read_csi"]


@dataclass(frozen=True, eq=False, repr=False)
class NexmonCsi:
    """CSI of one chip and bandwidth, a row a frame. Arrays are read-only.

    A radio with several receive cores, or a transmitter with several streams, gives several rows of the same
    `transmitter` and `sequence`.
    """

    csi: npt.NDArray[np.complex64]
    """`[n_frames, n_subcarriers]` in the chip's own linear unit, order 0 … N/2-1, -N/2 … -1, unmasked."""
    usable: npt.NDArray[np.bool_]
    """`[n_subcarriers]`: which are the channel in every frame. Others are guards, nulls and the radio's own status."""
    timestamp_ns: npt.NDArray[np.int64]
    """`[n_frames]`, since the Unix epoch; that of the frame before where the file does not say."""
    rssi_dbm: npt.NDArray[np.float32]
    """`[n_frames]`; NaN where it is not known."""
    sequence: npt.NDArray[np.uint16]
    """`[n_frames]`: the measured frame's number, 0 to 4095; 0 for control frames."""
    core: npt.NDArray[np.uint8]
    """`[n_frames]`: the receive core."""
    stream: npt.NDArray[np.uint8]
    """`[n_frames]`: the spatial stream."""
    channel: npt.NDArray[np.uint8]
    """`[n_frames]`: the number of the centre channel."""
    frequency_mhz: npt.NDArray[np.uint16]
    """`[n_frames]`: the centre frequency; 0 where the band is not known."""
    frame_control: npt.NDArray[np.int16]
    """`[n_frames]`: the first octet of the measured frame's header (type and subtype); -1 in firmware's old format."""
    transmitter: npt.NDArray[np.uint8]
    """`[n_frames, 6]`: the address of who sent the measured frame."""
    chip: str | None
    """``43455c0``, ``4339``, ``4358`` or ``4366c0``; `None` where there is no frame."""
    bandwidth_mhz: int | None
    """20, 40 or 80; `None` where there is no frame."""
    counts: CaptureCounts
    """What became of the file's packets, as far as they were read."""
    fault: WireError | OSError | None
    """Why the file could not be read to its end, if so. What came before is here."""

    @property
    def tones(self) -> npt.NDArray[np.int16]:
        """`[n_subcarriers]`: each bin's distance from the centre of the channel, in steps of 312.5 kHz."""
        bins = self.csi.shape[1]
        return np.fft.ifftshift(np.arange(bins, dtype=np.int16) - bins // 2)

    def __len__(self) -> int:
        """Frames."""
        return len(self.csi)

    def __repr__(self) -> str:
        """What it is, without what it says."""
        n_frames, n_subcarriers = self.csi.shape
        about = f"chip={self.chip!r}, bandwidth_mhz={self.bandwidth_mhz}"
        return f"NexmonCsi(n_frames={n_frames}, n_subcarriers={n_subcarriers}, {about}, fault={self.fault!r})"

    def __eq__(self, other: object) -> bool:
        """Whether all arrays and what is said of them are equal; NaN equals NaN."""
        if not isinstance(other, NexmonCsi):
            return NotImplemented
        pairs = ((getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return all(_same(one, another) for one, another in pairs)

    __hash__ = None  # type: ignore[assignment]


def read_csi(path: str | os.PathLike[str], *, bandwidth_mhz: int | None = None, limit: int | None = None) -> NexmonCsi:
    """The Nexmon CSI in a pcap or pcapng file, plain or gzip, as tcpdump records it on the radio.

    Frames are those of `bandwidth_mhz` (20, 40 or 80), at most `limit` of them; one array holds frames of one chip and
    bandwidth, those of the first frame. `counts.kinds` tells what else there is. Damaged packets are counted.

    A file that breaks off gives what came before, with its `fault` and a warning. `WireError` for a file that is no
    capture, `OSError` for one that cannot be read, `MemoryError` for one that does not fit. The GIL is released.
    """
    csi = NexmonCsi(**read_nexmon(path, bandwidth_mhz, limit))
    if csi.fault is not None:
        warnings.warn(f"the file breaks off; what came before is read: {csi.fault}", RuntimeWarning, stacklevel=2)
    return csi


def _same(one: object, another: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(another, np.ndarray):
        return np.array_equal(one, another, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, Exception) and isinstance(another, Exception):
        return type(one) is type(another) and one.args == another.args
    return one == another
