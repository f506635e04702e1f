"""The golden frames of the WebSocket API, which the server's tests read as well."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "golden" / "ws_v1"


def golden(name: str) -> dict[str, Any]:
    """Return one frame."""
    frame: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return frame


def names(sender: str) -> list[str]:
    """Return the names of the frames of the server or the client."""
    return sorted(path.stem for path in FOLDER.glob(f"{sender}_*.json"))
