"""Imports what only some users have installed, when it is needed and not before."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def load(module: str, extra: str) -> ModuleType:
    """The module, which the extra `extra` of this package brings.

    Raises ImportError that says how to install it where it is missing.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        message = f'{module} is missing: pip install "wifi-densepose[{extra}]"'
        raise ImportError(message, name=module) from error
