"""The app's files: what the Supervisor and the linter ask, and that its options are the server's settings."""

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from devkit.paths import ROOT, server_binary

from .supervisor_rules import KEYS, OPTION, accepts, faults, rating

APP = ROOT / "capture_addon"
LANGUAGES = ("de", "en", "es", "fr", "nl")
# What no server has: the app itself reads these.
APP_ONLY = {"mqtt"}
# Where an app must do otherwise than the server by itself: on 127.0.0.1 no node is heard.
OTHER_DEFAULTS = {"udp_bind": "0.0.0.0:5005"}


def load(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text())
    assert isinstance(loaded, dict)
    return loaded


CONFIG = load(APP / "config.yaml")
SCHEMA: dict[str, Any] = CONFIG["schema"]


def server_settings() -> dict[str, Any]:
    """Return every setting of `ruview-server run` with its default, as `config example` says them, commented out."""
    example = subprocess.run([server_binary(), "config", "example"], check=True, capture_output=True, text=True).stdout
    sections = example.split("# ===== ")
    lines = [
        line.removeprefix("#")
        for section in sections
        if section.startswith(("every command", "run ="))
        for line in section.splitlines()
        if line.startswith("#") and not line.startswith("# ")
    ]
    settings: dict[str, Any] = yaml.safe_load("\n".join(lines))
    return settings


def test_supervisor_and_linter_have_nothing_to_say() -> None:
    assert faults(CONFIG) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"boot": "auto"}, "boot repeats its default"),
        ({"watchdog": "http://[HOST]:[PORT:3000]"}, "watchdog is obsolete"),
        ({"colour": "red"}, "colour is no key of an app"),
        ({"arch": ["armv7"]}, "arch cannot be armv7"),
        ({"host_network": False}, "a random ingress_port is for the host's network only"),
        ({"options": {}}, "the option udp_bind is required and has no default"),
        ({"options": CONFIG["options"] | {"log_level": "trace"}}, "log_level cannot be 'trace'"),
        ({"options": CONFIG["options"] | {"x": 1}}, "the option x has no schema"),
    ],
)
def test_the_rules_find_faults(change: dict[str, Any], fault: str) -> None:
    assert fault in faults(CONFIG | change)


def test_one_configuration_in_the_repository() -> None:
    """The Supervisor takes every file of this name for an app."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = {"config.yaml", "config.yml", "config.json"}
    assert [path for path in listed.splitlines() if Path(path).name in names] == ["capture_addon/config.yaml"]
    assert not [path for path in listed.splitlines() if Path(path).name in {"build.yaml", "build.yml", "build.json"}]


def test_options_are_settings_of_the_server() -> None:
    settings = server_settings()
    assert SCHEMA.keys() - settings.keys() == APP_ONLY
    for key, default in CONFIG["options"].items():
        if key in APP_ONLY:
            continue
        known = settings[key]
        # A list's default is a sample of what it takes; without one it is empty.
        expected = [] if isinstance(SCHEMA[key], list) else OTHER_DEFAULTS.get(key, known)
        assert default == expected, key
        assert isinstance(known, list) == isinstance(default, list), key


@pytest.mark.parametrize("key", sorted(SCHEMA.keys() - APP_ONLY))
def test_schema_and_server_take_the_same(key: str, tmp_path: Path) -> None:
    """The bounds of the schema are the server's own: what the first lets through, the second takes, and no less."""
    kind = SCHEMA[key][0] if isinstance(SCHEMA[key], list) else SCHEMA[key]
    parsed = OPTION.fullmatch(kind)
    assert parsed is not None
    samples: dict[str, tuple[list[Any], list[Any]]] = {
        "udp_bind": (["0.0.0.0:5005", "192.168.1.2:1"], ["5005", "hall:5005"]),
        "udp_allow": (["192.168.1.0/24", "fd00::/8"], ["home", "192.168.1.0/24/3"]),
        "nexmon_udp": (["0.0.0.0:5500", "attic=0.0.0.0:5501"], ["5500"]),
        "nexmon_allow": (["10.10.10.10/32"], ["home"]),
        "monitor": (["wlan1", "hall=wlan1"], ["hall=", ""]),
        "monitor_channels": (["5180/80", "2412/20"], ["36", "5180/33"]),
    }
    good: list[Any]
    bad: list[Any]
    if parsed["list"] is not None:
        good, bad = parsed["list"].split("|"), ["nothing of the kind"]
    elif kind.startswith("int"):
        low, high = int(parsed["i_min"]), int(parsed["i_max"])
        good, bad = [low, high], [low - 1, high + 1]
    elif kind.startswith("bool"):
        good, bad = [True, False], ["perhaps"]
    else:
        good, bad = samples[key]

    def server_takes(value: Any) -> bool:  # noqa: ANN401 - JSON
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({key: [value] if isinstance(SCHEMA[key], list) else value}))
        return (
            subprocess.run([server_binary(), "config", "check", file], check=False, capture_output=True).returncode == 0
        )

    for value in good:
        assert (accepts(kind, value), server_takes(value)) == (True, True), value
    for value in bad:
        assert (accepts(kind, value), server_takes(value)) == (False, False), value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_is_explained(language: str) -> None:
    translated = load(APP / "translations" / f"{language}.yaml")
    assert list(translated) == ["configuration"]
    assert list(translated["configuration"]) == list(SCHEMA)
    for key, texts in translated["configuration"].items():
        assert texts.keys() == {"name", "description"}, key
        assert all(isinstance(text, str) and text for text in texts.values()), key
    if language != "en":
        english = load(APP / "translations" / "en.yaml")["configuration"]
        same = [
            key
            for key, texts in translated["configuration"].items()
            if texts["description"] == english[key]["description"]
        ]
        assert same == []


def test_security_rating(tmp_path: Path) -> None:
    """What the documentation says of stars: 6 with raw capture, 8 for ESP32 nodes alone."""
    profile = (APP / "apparmor.txt").exists()
    assert rating(CONFIG, profile=profile) == 6
    context = tmp_path / "context"
    subprocess.run([ROOT / "scripts" / "addon-context", context, "--udp-only"], check=True, capture_output=True)
    narrow = load(context / "config.yaml")
    assert faults(narrow) == []
    assert rating(narrow, profile=(context / "apparmor.txt").exists()) == 8
    assert narrow["ports"] == {"5005/udp": 5005}


def test_context_is_whole(tmp_path: Path) -> None:
    """The folder that the image is built in has all that the Dockerfile copies, and nothing is overwritten."""
    script = ROOT / "scripts" / "addon-context"
    subprocess.run([script, tmp_path / "sources"], check=True, capture_output=True)
    assert (tmp_path / "sources" / "server" / "native" / "Cargo.lock").exists()
    assert "image" not in load(tmp_path / "sources" / "config.yaml")
    subprocess.run([script, tmp_path / "built", "--server", server_binary()], check=True, capture_output=True)
    assert (tmp_path / "built" / "server" / "ruview-server").read_bytes() == server_binary().read_bytes()
    assert "ARG SERVER_FROM=${BUILD_FROM}\n" in (tmp_path / "built" / "Dockerfile").read_text()
    for refused in (tmp_path / "built", ROOT / "context"):
        assert subprocess.run([script, refused], check=False, capture_output=True).returncode != 0


def test_apparmor_profile_is_called_like_the_app() -> None:
    """The Supervisor renames the profile, and looks for the slug to do so."""
    assert f"\nprofile {CONFIG['slug']} " in (APP / "apparmor.txt").read_text()


@pytest.mark.parametrize(("name", "size"), [("icon.png", (128, 128)), ("logo.png", (250, 100))])
def test_pictures(name: str, size: tuple[int, int]) -> None:
    picture = (APP / name).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == size


def test_services_are_complete() -> None:
    """Every service of the bundle has what s6-rc asks for, and what is run may be run."""
    base = APP / "rootfs" / "etc" / "s6-overlay"
    bundle = {path.name for path in (base / "s6-rc.d" / "user" / "contents.d").iterdir()}
    services = {path.name for path in (base / "s6-rc.d").iterdir()} - {"user"}
    assert bundle == services
    for service in services:
        folder = base / "s6-rc.d" / service
        kind = (folder / "type").read_text().strip()
        start = (
            folder / "run" if kind == "longrun" else APP / "rootfs" / (folder / "up").read_text().strip().lstrip("/")
        )
        assert start.stat().st_mode & 0o111, service
        assert {path.name for path in (folder / "dependencies.d").iterdir()} <= services | {"base"}


def test_versions_agree() -> None:
    """The server, the app and the integration are released together."""
    said = subprocess.run([server_binary(), "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    manifest = json.loads((ROOT / "custom_components" / "ruview" / "manifest.json").read_text())
    assert {CONFIG["version"], manifest["version"], said} == {said}
    assert f"## {said}\n" in (APP / "CHANGELOG.md").read_text()


def test_repository() -> None:
    repository = load(ROOT / "repository.yaml")
    assert repository.keys() == {"name", "url", "maintainer"}
    assert repository["url"] == CONFIG["url"]


def test_no_key_is_forgotten() -> None:
    assert CONFIG.keys() <= KEYS.keys()
