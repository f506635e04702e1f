"""What both sides agree on: the golden frames of the WebSocket API, and the engine's catalog of entities."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "golden" / "ws_v1"
CATALOG = FOLDER.parent / "catalog.json"


def golden(name: str) -> dict[str, Any]:
    """Return one frame."""
    frame: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return frame


def names(sender: str) -> list[str]:
    """Return the names of the frames of the server or the client, or of the services that a client calls."""
    return sorted(path.stem for path in FOLDER.glob(f"{sender}_*.json"))


def kinds() -> list[dict[str, Any]]:
    """Return every kind of entity, as the engine describes it."""
    catalog: list[dict[str, Any]] = json.loads(CATALOG.read_text())
    return catalog
