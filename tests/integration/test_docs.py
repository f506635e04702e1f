"""The examples of the documentation are automations that Home Assistant takes."""

import re
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import parse_yaml

from .automations import set_up
from .test_rules import ROOT

EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "automations.md").read_text(), re.DOTALL | re.MULTILINE)


def example(text: str) -> dict[str, Any]:
    """Return an example of the page."""
    automation = parse_yaml(text)
    assert isinstance(automation, dict)
    return automation


@pytest.mark.parametrize("automation", [example(text) for text in EXAMPLES], ids=lambda automation: automation["alias"])
@pytest.mark.usefixtures("entry")
async def test_examples(hass: HomeAssistant, automation: dict[str, Any]) -> None:
    await set_up(hass, automation)
