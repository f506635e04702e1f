"""The rules that Home Assistant's hassfest and HACS check, as far as they concern this integration."""

import ast
import json
import re
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from homeassistant import components
from homeassistant.const import Platform
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.util.yaml import load_yaml_dict

from custom_components.ruview.api import errors
from custom_components.ruview.api.errors import RuViewError
from custom_components.ruview.api.mqtt import DEFAULT_PREFIX, info_filter
from custom_components.ruview.app import ISSUE_APP_NOT_RUNNING
from custom_components.ruview.binary_sensor import DESCRIPTIONS as BINARY_SENSORS
from custom_components.ruview.broker_issues import ISSUE_PLAINTEXT_BROKER, ISSUE_UNSIGNED_EVENTS
from custom_components.ruview.bus import EVENT_KEYS
from custom_components.ruview.button import DESCRIPTIONS as BUTTONS
from custom_components.ruview.condition import CONDITIONS
from custom_components.ruview.config_flow import REAUTH_SCHEMA, RECONFIGURE_SCHEMA, SERVER_SCHEMA, ZEROCONF_SCHEMA
from custom_components.ruview.const import DOMAIN
from custom_components.ruview.controls import HOLD_TIME, PRIVACY_CLASS, PRIVACY_CLASSES, SENSITIVITY
from custom_components.ruview.coordinator import REFUSALS
from custom_components.ruview.event import DESCRIPTIONS as EVENTS
from custom_components.ruview.issues import ISSUE_SIMULATED_DATA, NODE_ISSUES
from custom_components.ruview.mqtt_flow import BROKER_SCHEMA
from custom_components.ruview.options_flow import ERRORS, OPTIONS_SCHEMA
from custom_components.ruview.room_flow import SECTION_EXACT, room_schema
from custom_components.ruview.rooms import SUBENTRY_ROOM, Room
from custom_components.ruview.sensor import DESCRIPTIONS as SENSORS
from custom_components.ruview.services import (
    CALIBRATE_SCHEMA,
    DEFAULT_DURATION_S,
    DEFAULT_RECORDING_S,
    EXPORT_RECORDING_SCHEMA,
    MAX_DURATION_S,
    MIN_DURATION_S,
    RESET_BASELINE_SCHEMA,
    SET_PRIVACY_CLASS_SCHEMA,
)
from custom_components.ruview.trigger import TRIGGERS
from custom_components.ruview.versions import ISSUE_SERVER_TOO_NEW, ISSUE_SERVER_TOO_OLD
from custom_components.ruview.withholding import ISSUE_CLASS_CHANGED

from .golden import kinds

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "ruview"
LANGUAGES = ("de", "en", "es", "fr", "nl")
DESCRIPTIONS: dict[str, Mapping[str, EntityDescription]] = {
    "binary_sensor": BINARY_SENSORS,
    "button": BUTTONS,
    "event": EVENTS,
    "sensor": SENSORS,
}
# It is ambient awareness, in every language.
THREAT = re.compile(r"\b(intru|securit|sicherheit|seguridad|sécurité|beveilig|threat|burglar|einbrech)", re.IGNORECASE)
ISSUES = {
    ISSUE_APP_NOT_RUNNING,
    ISSUE_CLASS_CHANGED,
    ISSUE_PLAINTEXT_BROKER,
    ISSUE_UNSIGNED_EVENTS,
    ISSUE_SERVER_TOO_NEW,
    ISSUE_SERVER_TOO_OLD,
    ISSUE_SIMULATED_DATA,
    *(issue.key for issue in NODE_ISSUES),
}
# The platforms of entities, and what hassfest lets everybody use.
ALWAYS_THERE = {*Platform, "automation", "device_automation", "homeassistant", "websocket_api"}
FLOW_ERRORS = {error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, RuViewError)}


def load(name: str) -> dict[str, Any]:
    """Return a JSON file of the integration."""
    data: dict[str, Any] = json.loads((INTEGRATION / name).read_text())
    return data


def strings(data: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Return every string with its path."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from strings(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}".removeprefix("."), value


@pytest.fixture
def english() -> dict[str, Any]:
    """Return the English translations."""
    return load("translations/en.json")


def test_manifest() -> None:
    manifest = load("manifest.json")
    keys = list(manifest)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    assert manifest["domain"] == INTEGRATION.name
    assert manifest["integration_type"] == "hub"
    assert manifest["iot_class"] == "local_push"
    assert manifest["config_flow"] is True
    assert manifest["codeowners"]
    assert manifest["requirements"] == []
    assert manifest["after_dependencies"] == ["blueprint", "hassio", "mqtt"]
    assert manifest["mqtt"] == [info_filter(DEFAULT_PREFIX)]
    assert manifest["zeroconf"] == ["_ruview._tcp.local."]
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    for key in ("documentation", "issue_tracker"):
        assert manifest[key].startswith("https://github.com/ruvnet/RuView")
    # What hassfest and HACS ask of a custom integration, and what hassfest knows besides.
    required = {"domain", "name", "codeowners", "documentation", "iot_class", "issue_tracker", "version"}
    known = {
        "after_dependencies",
        "config_flow",
        "dependencies",
        "integration_type",
        "mqtt",
        "requirements",
        "zeroconf",
    }
    assert required <= manifest.keys() <= required | known
    for key in ("after_dependencies", "dependencies", "mqtt", "zeroconf"):
        values = manifest.get(key, [])
        assert values == sorted(set(values))
    assert not set(manifest.get("dependencies", [])) & set(manifest["after_dependencies"])


def test_dependencies() -> None:
    """Another integration whose code is used is named, unless Home Assistant always has it or asks for the file."""
    manifest = load("manifest.json")
    named = {*manifest.get("dependencies", []), *manifest["after_dependencies"]}
    for path in INTEGRATION.glob("*.py"):
        used = {name.split(".")[2] for name in imports(path) if name.startswith("homeassistant.components.")}
        assert used <= named | ALWAYS_THERE | {path.stem}, path.name


def test_alone() -> None:
    """HACS takes one integration of a repository, and its page from the readme."""
    folders = [path.name for path in INTEGRATION.parent.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders == [INTEGRATION.name]
    assert (ROOT / "README.md").is_file()


def test_hacs() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert {"name", "homeassistant"} <= hacs.keys()
    assert hacs.keys() <= {"name", "homeassistant", "hide_default_branch", "filename", "zip_release"}
    assert hacs["name"] == load("manifest.json")["name"]
    assert re.fullmatch(r"2026\.\d+\.\d+", hacs["homeassistant"])


def test_languages() -> None:
    assert sorted(path.stem for path in (INTEGRATION / "translations").iterdir()) == list(LANGUAGES)
    assert not (INTEGRATION / "strings.json").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations(language: str, english: dict[str, Any]) -> None:
    translations = dict(strings(load(f"translations/{language}.json")))
    original = dict(strings(english))
    assert list(translations) == sorted(translations, key=lambda path: path.split("."))
    assert translations.keys() == original.keys()
    for path, text in translations.items():
        assert all(re.fullmatch(r"[a-z0-9_-]+", key) for key in path.split(".")), path
        assert text == text.strip(), path
        assert text, path
        assert not re.search(r"https?:|www\.|<[a-z/]|\[%key", text), path
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", original[path])), path
        assert not THREAT.search(text), path


def test_form_texts(english: dict[str, Any]) -> None:
    for step, schema in (
        ("server", SERVER_SCHEMA),
        ("broker", BROKER_SCHEMA),
        ("reconfigure_mqtt", BROKER_SCHEMA),
        ("reauth_confirm", REAUTH_SCHEMA),
        ("reconfigure", RECONFIGURE_SCHEMA),
        ("zeroconf_confirm", ZEROCONF_SCHEMA),
    ):
        texts = english["config"]["step"][step]
        fields = {str(key) for key in schema.schema}
        assert texts["data"].keys() == fields
        assert texts["data_description"].keys() == fields
    options = english["options"]["step"]["init"]
    assert options["data"].keys() == options["data_description"].keys() == {str(key) for key in OPTIONS_SCHEMA.schema}


def test_room_texts(english: dict[str, Any]) -> None:
    """The form of a room, its zones and the choices in it; both steps have the same fields."""
    other = Room.parse({"nodes": ["node_2"]}, room_id="study", name="Study")
    schema = dict(room_schema({"node_1": "Node 1"}, [other]).schema)
    fields = {str(key): value for key, value in schema.items()}
    exact = fields.pop(SECTION_EXACT)
    texts = english["config_subentries"][SUBENTRY_ROOM]
    assert texts["initiate_flow"].keys() == texts["step"].keys() == {"user", "reconfigure"}
    for step in texts["step"].values():
        assert step["data"].keys() == step["data_description"].keys() == fields.keys()
        shown = step["sections"][SECTION_EXACT]
        assert shown["data"].keys() == shown["data_description"].keys() == {str(key) for key in exact.schema.schema}
    choices = english["selector"]
    assert choices["zone"]["fields"].keys() == fields["zones"].config["fields"].keys()
    assert choices["room_tag"]["options"].keys() == set(fields["tags"].config["options"])
    assert choices["sensitivity"]["options"].keys() == set(fields["sensitivity"].config["options"])


def test_error_texts(english: dict[str, Any]) -> None:
    keys = {error.key for error in FLOW_ERRORS if hasattr(error, "key")}
    assert english["config"]["error"].keys() == (keys - {"wrong_server"}) | {"unknown", "no_server", "invalid_prefix"}
    # A host that is not one never gets into an entry.
    refusals = {"refused", "not_a_node", "not_written", *REFUSALS}
    assert english["exceptions"].keys() == (keys - {"invalid_host"}) | refusals
    successes = {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert english["config"]["abort"].keys() == successes | {"already_set_up", "invalid_discovery", "wrong_server"}
    assert english["issues"].keys() == ISSUES
    assert english["options"]["error"].keys() == ERRORS | {"refused"}
    assert english["options"]["abort"].keys() == {"not_connected"}


def test_room_setting_texts(english: dict[str, Any]) -> None:
    """The same words in the form of a room and on its entities."""
    icons = load("icons.json")["entity"]
    form = english["config_subentries"][SUBENTRY_ROOM]["step"]["user"]["data"]
    for platform, key in (("number", HOLD_TIME), ("select", SENSITIVITY)):
        assert english["entity"][platform][key]["name"] == form[key]
        assert key in icons[platform]
    assert english["entity"]["select"][SENSITIVITY]["state"] == english["selector"]["sensitivity"]["options"]


@pytest.mark.parametrize("platform", DESCRIPTIONS)
def test_entity_texts_and_icons(platform: str, english: dict[str, Any]) -> None:
    texts = english["entity"][platform]
    icons = load("icons.json")["entity"][platform]
    keys = DESCRIPTIONS[platform].keys()
    assert texts.keys() == keys
    assert icons.keys() == keys
    for key, description in DESCRIPTIONS[platform].items():
        assert description.key == key
        assert texts[key]["name"]
        if options := getattr(description, "options", None):
            assert texts[key]["state"].keys() == set(options)
            assert icons[key]["state"].keys() <= set(options)
        if event_types := getattr(description, "event_types", None):
            assert texts[key]["state_attributes"]["event_type"]["state"].keys() == set(event_types)
        if "unit_of_measurement" in texts[key]:
            assert getattr(description, "native_unit_of_measurement", None) is None
        if attributes := getattr(description, "attributes", None):
            assert texts[key]["state_attributes"].keys() == set(attributes)


def test_every_kind_is_described() -> None:
    assert {(kind["domain"], kind["key"]) for kind in kinds()} == {
        (platform, key)
        for platform, descriptions in DESCRIPTIONS.items()
        if platform != "button"
        for key in descriptions
    }


def test_services(english: dict[str, Any]) -> None:
    services = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    schemas = {
        "calibrate": CALIBRATE_SCHEMA,
        "export_recording": EXPORT_RECORDING_SCHEMA,
        "reset_baseline": RESET_BASELINE_SCHEMA,
        "set_privacy_class": SET_PRIVACY_CLASS_SCHEMA,
    }
    assert services.keys() == schemas.keys() == english["services"].keys() == load("icons.json")["services"].keys()
    for name, schema in schemas.items():
        fields = services[name]["fields"]
        assert fields.keys() == english["services"][name]["fields"].keys() == {str(key) for key in schema.schema}
    for name, default in (("calibrate", DEFAULT_DURATION_S), ("export_recording", DEFAULT_RECORDING_S)):
        duration = services[name]["fields"]["duration"]
        limits = duration["selector"]["number"]
        assert (limits["min"], duration["default"], limits["max"]) == (MIN_DURATION_S, default, MAX_DURATION_S)


def test_privacy_classes(english: dict[str, Any]) -> None:
    """They are named the same wherever they can be chosen, and the default of the action is the schema's."""
    field = load_yaml_dict(str(INTEGRATION / "services.yaml"))["set_privacy_class"]["fields"]["privacy_class"]
    names = list(PRIVACY_CLASSES)
    assert field["selector"]["select"]["options"] == names
    assert [*english["entity"]["select"][PRIVACY_CLASS]["state"]] == names
    assert english["selector"][PRIVACY_CLASS]["options"] == english["entity"]["select"][PRIVACY_CLASS]["state"]


def check_described(section: str, names: set[str], english: dict[str, Any]) -> dict[str, Any]:
    """Check what hassfest asks of triggers or conditions, and return their descriptions."""
    described = load_yaml_dict(str(INTEGRATION / f"{section}.yaml"))
    described = {name: value for name, value in described.items() if not name.startswith(".")}
    texts = english[section]
    icons = load("icons.json")[section]
    assert described.keys() == texts.keys() == icons.keys() == names
    for name, description in described.items():
        assert cv.underscore_slug(name) == name
        assert description.keys() <= {"target", "fields"}
        assert TargetSelector.CONFIG_SCHEMA(description["target"])
        assert {entity["integration"] for entity in description["target"]["entity"]} == {INTEGRATION.name}
        assert icons[name] == {section.removesuffix("s"): icons[name][section.removesuffix("s")]}
        assert icons[name][section.removesuffix("s")].startswith("mdi:")
        fields = description.get("fields", {})
        assert texts[name].keys() == {"name", "description"} | ({"fields"} if fields else set())
        assert texts[name].get("fields", {}).keys() == fields.keys()
        for field in fields.values():
            assert field.keys() <= {"required", "default", "selector"}
            assert validate_selector(field["selector"])
    return described


def test_triggers(english: dict[str, Any]) -> None:
    described = check_described("triggers", set(TRIGGERS), english)
    assert not any("fields" in description for description in described.values())


def test_device_triggers(english: dict[str, Any]) -> None:
    assert english["device_automation"].keys() == {"trigger_type"}
    assert english["device_automation"]["trigger_type"].keys() == EVENT_KEYS.keys()


def test_conditions(english: dict[str, Any]) -> None:
    for description in check_described("conditions", set(CONDITIONS), english).values():
        assert description["fields"].keys() == {"behavior", "for"}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        (f"{variant}{name}", size)
        for variant in ("", "dark_")
        for name, size in (
            ("icon.png", (256, 256)),
            ("icon@2x.png", (512, 512)),
            ("logo.png", (528, 128)),
            ("logo@2x.png", (1056, 256)),
        )
    ],
)
def test_brand(name: str, size: tuple[int, int]) -> None:
    header = (INTEGRATION / "brand" / name).read_bytes()[:26]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, _depth, colour = struct.unpack(">IIBB", header[16:26])
    assert (width, height) == size
    assert colour == 6, "without an alpha channel it has a box around it"


def known_rules() -> set[str]:
    """Return the rules that Home Assistant's own integrations answer for."""
    files = Path(components.__file__).parent.glob("*/quality_scale.yaml")
    rules = Counter(rule for file in files for rule in load_yaml_dict(str(file))["rules"])
    # A rule that has a new name stands in a few files only.
    return {rule for rule, count in rules.items() if count >= 10}


def test_quality_scale() -> None:
    rules = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
    assert rules.keys() == known_rules()
    assert len(rules) == 54
    for rule, value in rules.items():
        status = value if isinstance(value, str) else value["status"]
        assert status in {"done", "todo", "exempt"}, rule
        assert status != "exempt" or value["comment"].endswith("."), rule


def test_only_the_app_has_a_configuration_file() -> None:
    """The Supervisor takes every config.yaml, .yml or .json of an app repository for an app."""
    ignored = {".git", "target", "node_modules", ".venv", "__pycache__"}
    found = {
        path.relative_to(ROOT).parts[0]
        for name in ("config.yaml", "config.yml", "config.json")
        for path in ROOT.rglob(name)
        if not ignored & set(path.relative_to(ROOT).parts)
    }
    assert found <= {"capture_addon"}


def imports(path: Path) -> Iterator[str]:
    """Return the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("path", sorted((INTEGRATION / "api").glob("*.py")), ids=lambda path: path.stem)
def test_api_knows_nothing_of_home_assistant(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith(("homeassistant", ".."))]


def test_every_action_is_documented() -> None:
    """The page names each action as users write it."""
    page = (ROOT / "docs" / "home-assistant.md").read_text()
    for service in load_yaml_dict(str(INTEGRATION / "services.yaml")):
        assert f"`{DOMAIN}.{service}`" in page
