"""Where things are, as scripts/lib/env.sh set them."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INTEGRATION = ROOT / "custom_components" / "ruview"
RECORDINGS = ROOT.parent / "shared" / "data"
TWO_NODES_RECORDING = RECORDINGS / "esp32_two_nodes" / "mixed-activity-120s.csi.jsonl.gz"
CHROMIUM = Path("/usr/bin/chromium")


def _from_environment(name: str) -> Path:
    value = os.environ.get(name)
    if not value:
        message = f"{name} is not set: start this through scripts/demo, scripts/test or scripts/bench"
        raise SystemExit(message)
    return Path(value)


def server_binary() -> Path:
    """Return the ruview-server that scripts/setup built."""
    return _from_environment("SERVER_BIN")


def hass_binary() -> Path:
    """Return the hass command of the environment that runs Home Assistant."""
    return _from_environment("VENV_RUN") / "bin" / "hass"
