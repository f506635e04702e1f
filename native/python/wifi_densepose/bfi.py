"""Beamforming feedback (BFI): what stations tell an access point about the channel between them, in the clear."""

from ._core import BfiFeatures, BfiWindow, BfldFrame, BfldKind, BfldReport

__all__ = ["BfiFeatures", "BfiWindow", "BfldFrame", "BfldKind", "BfldReport"]
