"""Witness bundles: a folder that lets anybody check that this build computes what the signed one computed.

A bundle holds 1,000 reference frames, the features that were computed of them, the hash of these, a list of what every
file hashes to, and an Ed25519 signature of that list (RFC 8032). `verify_bundle` computes the features again.

Needs ``pip install "wifi-densepose[witness]"``.
"""

from .bundle import BundleError, generate_bundle
from .verify import Verdict, verify_bundle

__all__ = ["BundleError", "Verdict", "generate_bundle", "verify_bundle"]
