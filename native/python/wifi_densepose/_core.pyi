"""The compiled part of `wifi_densepose`: types, units and errors of everything that the public modules give out."""

from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

# --- errors ----------------------------------------------------------------------------------------------------------

class WireError(ValueError):
    """Octets that a parser refused. The message has the expected and the found value."""

    layer: str
    """The format in which something was wrong, such as ``pcapng``."""
    offset: int
    """Octets from the start of the packet, line or file to what is wrong."""

# --- privacy ---------------------------------------------------------------------------------------------------------

@final
class PrivacyClass:
    """How much data may say about people, and therefore where it may go. Greater is stricter."""

    Raw: Final[PrivacyClass]
    """Tests and signal processing inside the process: never leaves it."""
    Derived: Final[PrivacyClass]
    """Research that its owner asked for: the local network only."""
    Anonymous: Final[PrivacyClass]
    """Homes."""
    Restricted: Final[PrivacyClass]
    """Care homes, rentals, offices."""

    @property
    def allows_network(self) -> bool:
        """Whether data of this class may leave the process for a network."""
    @property
    def allows_matter(self) -> bool:
        """Whether Matter may show data of this class."""
    @property
    def allows_hap(self) -> bool:
        """Whether HomeKit may show data of this class."""
    @property
    def as_u8(self) -> int:
        """The number on the wire, 0 to 3."""
    @staticmethod
    def from_u8(number: int) -> PrivacyClass:
        """The class of a number on the wire. `ValueError` unless it is 0 to 3."""
    @staticmethod
    def from_str(name: str) -> PrivacyClass:
        """The class of a name, in any case. `ValueError` for another name."""
    def __int__(self) -> int: ...
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __lt__(self, value: PrivacyClass, /) -> bool: ...
    def __le__(self, value: PrivacyClass, /) -> bool: ...
    def __gt__(self, value: PrivacyClass, /) -> bool: ...
    def __ge__(self, value: PrivacyClass, /) -> bool: ...

def allows_network(privacy_class: PrivacyClass) -> bool:
    """Whether data of `privacy_class` may leave the process for a network."""

def allows_matter(privacy_class: PrivacyClass) -> bool:
    """Whether Matter may show data of `privacy_class`."""

def allows_hap(privacy_class: PrivacyClass) -> bool:
    """Whether HomeKit may show data of `privacy_class`."""

# --- CSI -------------------------------------------------------------------------------------------------------------

@final
class CsiMetadata:
    """What is known about a measurement beside it. `None` where the container does not say it."""

    def __new__(
        cls,
        node: int = 0,
        rssi_dbm: int | None = None,
        noise_floor_dbm: int | None = None,
        frequency_mhz: int | None = None,
        seq: int | None = None,
    ) -> CsiMetadata: ...
    @property
    def node(self) -> int:
        """The number that the node was flashed with, 0 to 255."""
    @property
    def rssi_dbm(self) -> int | None:
        """Received signal strength, dBm."""
    @property
    def noise_floor_dbm(self) -> int | None:
        """Noise floor, dBm."""
    @property
    def frequency_mhz(self) -> int | None:
        """Centre frequency, MHz."""
    @property
    def seq(self) -> int | None:
        """The node's running number of this frame."""
    def to_dict(self) -> dict[str, int | None]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiMetadata:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...

@final
class CsiFrame:
    """One channel measurement: amplitude and phase of every subcarrier, at every receive antenna."""

    def __new__(
        cls,
        amplitudes: npt.ArrayLike,
        phases: npt.ArrayLike,
        n_subcarriers: int,
        sample_index: int,
        sample_rate_hz: float,
        metadata: CsiMetadata | None = None,
    ) -> CsiFrame:
        """A frame of amplitudes (linear, >= 0) and phases (rad), `[n_subcarriers]` or `[n_antennas, n_subcarriers]`.

        Its time is `sample_index / sample_rate_hz`. Read-only float64 arrays are kept as they are, others are copied.
        `ValueError` names the argument whose shape or value does not fit, `TypeError` one that holds no real numbers.
        """
    @staticmethod
    def from_complex(
        csi: npt.ArrayLike, sample_index: int, sample_rate_hz: float, metadata: CsiMetadata | None = None
    ) -> CsiFrame:
        """A frame of complex samples, `[n_subcarriers]` or `[n_antennas, n_subcarriers]`."""
    @property
    def amplitudes(self) -> npt.NDArray[np.float64]:
        """Amplitudes, linear, in the shape in which they were given. Read-only, not copied."""
    @property
    def phases(self) -> npt.NDArray[np.float64]:
        """Phases in rad, in the shape in which they were given. Read-only, not copied."""
    @property
    def csi(self) -> npt.NDArray[np.complex64]:
        """The complex samples, in the amplitudes' shape. Computed on each call."""
    @property
    def n_antennas(self) -> int:
        """Receive antennas."""
    @property
    def n_subcarriers(self) -> int:
        """Subcarriers per antenna, guard and null bins included."""
    @property
    def sample_index(self) -> int:
        """The number of this frame in its stream."""
    @property
    def sample_rate_hz(self) -> float:
        """Frames per second."""
    @property
    def timestamp_s(self) -> float:
        """Seconds from the stream's beginning: `sample_index / sample_rate_hz`."""
    @property
    def metadata(self) -> CsiMetadata:
        """What is known about the measurement beside it."""
    def to_dict(self) -> dict[str, Any]:
        """As a dict that JSON can hold."""
    @staticmethod
    def from_dict(data: dict[str, Any]) -> CsiFrame:
        """From what `to_dict` gave."""
    def __hash__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...

# --- witness ---------------------------------------------------------------------------------------------------------

def witness_features(recording: bytes, threads: int = 1) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Give the witnessed features (version 2) of the CSI in a recording's lines, in ten-thousandths.

    First those of each frame, `[n_frames, 56 + n_used]`: amplitudes on the canonical grid relative to their mean, and
    the sanitised phases of the used bins in rad. Second the amplitudes after Hampel's filter, `[n_frames - 6, 56]`.
    They are the same on every platform and for any number of threads.

    `WireError` (with `line`) for a damaged line; `ValueError` for fewer than 7 frames, frames of several shapes or
    antennas, and frames without a signal.
    """
