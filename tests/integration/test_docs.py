"""The examples of the documentation are automations that Home Assistant takes."""

import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.ruview.condition import CONDITIONS
from custom_components.ruview.const import DOMAIN
from custom_components.ruview.trigger import TRIGGERS

from .automations import set_up
from .test_blueprints import NAMES, install
from .test_rules import ROOT

PAGE = (ROOT / "docs" / "automations.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def example(text: str) -> dict[str, Any]:
    """Return an example of the page."""
    automation = parse_yaml(text)
    assert isinstance(automation, dict)
    return automation


@pytest.mark.parametrize("automation", [example(text) for text in EXAMPLES], ids=lambda automation: automation["alias"])
async def test_examples(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path, automation: dict[str, Any]
) -> None:
    hass.config.config_dir = str(tmp_path)
    await install(hass, entry)
    await set_up(hass, automation)


def test_every_name_is_explained() -> None:
    """The page has a row for each trigger, condition and blueprint, and for nothing else."""
    rows = set(re.findall(r"^\| `((?:ruview\.)?\w+)` \|", PAGE, re.MULTILINE))
    assert rows == {f"{DOMAIN}.{name}" for name in (*TRIGGERS, *CONDITIONS)} | set(NAMES)
