"""Blueprints: automations to begin with, copied to where Home Assistant looks for them when the user wishes so."""

import hashlib
from pathlib import Path
from typing import Final

from homeassistant.components.automation.const import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.components.blueprint.const import BLUEPRINT_FOLDER
from homeassistant.core import HomeAssistant

from .const import DOMAIN, LOGGER

SOURCE: Final = Path(__file__).parent / "blueprints" / "automation"

# The last line of what was copied: with it a file says whether somebody has changed it.
_SEAL: Final = "# RuView keeps this file up to date until somebody changes it: "


async def async_install_blueprints(hass: HomeAssistant) -> None:
    """Copy the blueprints. A disk that refuses is no reason to be without a server."""
    folder = Path(hass.config.path(BLUEPRINT_FOLDER, AUTOMATION_DOMAIN, DOMAIN))
    try:
        await hass.async_add_executor_job(_install, folder)
    except OSError as err:
        LOGGER.warning("The blueprints could not be copied to %s: %s", folder, err)


def _install(folder: Path) -> None:
    """Add what is missing and renew what is old; what somebody has changed is his, and nothing is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCE.glob("*.yaml")):
        wanted = _sealed(source.read_bytes())
        target = folder / source.name
        present = target.read_bytes() if target.exists() else None
        if present is None or (present != wanted and _is_unchanged(present)):
            # One that is there is whole, or it would count as changed.
            unfinished = target.with_suffix(".tmp")
            unfinished.write_bytes(wanted)
            unfinished.replace(target)


def _sealed(text: bytes) -> bytes:
    """Return a text with its seal."""
    return text + f"{_SEAL}{hashlib.sha256(text).hexdigest()}\n".encode()


def _is_unchanged(present: bytes) -> bool:
    """Return whether a file is as it was copied, by this version or another."""
    text, _, _ = present.rpartition(_SEAL.encode())
    return present == _sealed(text)
