"""Ed25519, by the library `cryptography`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._extra import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def _read(reader: Callable[[], object]) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return reader()
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"key: expected an Ed25519 key in PEM without a password ({error})") from error


def _of_another_kind(key: object) -> ValueError:
    return ValueError(f"key: expected an Ed25519 key, found {type(key).__name__}")


def new_key() -> Ed25519PrivateKey:
    """Make a key that nobody had before."""
    load("cryptography", "witness")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def read_private(pem: bytes) -> Ed25519PrivateKey:
    """Read a private key. `ValueError` unless it is an Ed25519 key in PEM, without a password."""
    load("cryptography", "witness")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = _read(lambda: load_pem_private_key(pem, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise _of_another_kind(key)
    return key


def read_public(pem: bytes) -> Ed25519PublicKey:
    """Read a public key. `ValueError` unless it is an Ed25519 key in PEM."""
    load("cryptography", "witness")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = _read(lambda: load_pem_public_key(pem))
    if not isinstance(key, Ed25519PublicKey):
        raise _of_another_kind(key)
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """Give the public half as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def is_signed(key: Ed25519PublicKey, signature: bytes, octets: bytes) -> bool:
    """Whether `signature` is the key's of `octets`."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, octets)
    except InvalidSignature:
        return False
    return True
