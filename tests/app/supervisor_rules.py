"""What the Supervisor and the community's app linter ask of an app's files.

Neither is a package that can be installed: these are their rules as of mid 2026, as far as they concern this app. The
Supervisor's are in its `apps/validate.py`, `apps/options.py` and `apps/utils.py`; the linter is
`frenck/action-addon-linter`.
"""

import re
from typing import Any

# Every key that an app may have, with the default that the linter does not want to see repeated; None for none.
KEYS: dict[str, Any] = {
    "apparmor": True, "arch": None, "audio": False, "auth_api": False, "backup": "hot", "backup_exclude": None,
    "backup_post": None, "backup_pre": None, "boot": "auto", "breaking_versions": None, "description": None,
    "devices": None, "devicetree": False, "discovery": None, "docker_api": False, "environment": None,
    "full_access": False, "gpio": False, "hassio_api": False, "hassio_role": "default", "homeassistant": False,
    "homeassistant_api": False, "host_dbus": False, "host_ipc": False, "host_network": False, "host_pid": False,
    "host_uts": False, "image": None, "ingress": False, "ingress_entry": None, "ingress_port": 8099,
    "ingress_stream": False, "init": True, "journald": False, "kernel_modules": False, "legacy": False, "machine": None,
    "map": None, "name": None, "options": {}, "panel_admin": True, "panel_icon": "mdi:puzzle", "panel_title": None,
    "ports": None, "ports_description": None, "privileged": None, "realtime": False, "schema": {}, "services": None,
    "slug": None, "stage": "stable", "startup": "application", "stdin": False, "timeout": 10, "tmpfs": False,
    "uart": False, "udev": False, "ulimits": {}, "url": None, "usb": False, "version": None, "video": False,
    "webui": None,
}  # fmt: skip
# Keys that are read no more, or that the linter refuses: `watchdog` because of Docker's HEALTHCHECK.
OBSOLETE = frozenset({"advanced", "auto_uart", "codenotary", "snapshot", "snapshot_exclude", "watchdog"})
REQUIRED = frozenset({"arch", "description", "name", "slug", "version"})
CHOICES = {
    "arch": {"aarch64", "amd64"},
    "backup": {"hot", "cold"},
    "boot": {"auto", "manual", "manual_only"},
    "privileged": {
        "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK", "NET_ADMIN", "NET_RAW", "PERFMON", "SYS_ADMIN",
        "SYS_MODULE", "SYS_NICE", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
    },
    "stage": {"stable", "experimental", "deprecated"},
    "startup": {"initialize", "system", "services", "application", "once"},
}  # fmt: skip
SLUG = re.compile(r"[-_.A-Za-z0-9]+")
SERVICE = re.compile(r"(mqtt|mysql):(provide|want|need)")
IMAGE = re.compile(r"([a-zA-Z\-\.:\d{}]+/)*?([\-\w{}]+)/([\-\w{}]+)")
OPTION = re.compile(
    r"(?:bool|email|url|port|device(?:\(subsystem=[a-z]+\))?|str(?:\(\d*,\d*\))?|password(?:\(\d*,\d*\))?"
    r"|int(?:\((?P<i_min>-?\d+)?,(?P<i_max>-?\d+)?\))?|float(?:\([-\d.]*,[-\d.]*\))?"
    r"|match\((?P<match>.*)\)|list\((?P<list>.+)\))(?P<optional>\?)?"
)


def faults(config: dict[str, Any]) -> list[str]:
    """Return what the Supervisor or the linter would say of an app's configuration."""
    return [
        *(f"{key} is missing" for key in REQUIRED - config.keys()),
        *(f"{key} is obsolete" for key in OBSOLETE & config.keys()),
        *(f"{key} is no key of an app" for key in config.keys() - KEYS.keys() - OBSOLETE),
        *(f"{key} repeats its default" for key, value in config.items() if KEYS.get(key) == value),
        *(
            f"{key} cannot be {value}"
            for key, allowed in CHOICES.items()
            for value in _listed(config.get(key))
            if value not in allowed
        ),
        *(f"{service} is no service" for service in config.get("services", ()) if not SERVICE.fullmatch(service)),
        *_ingress_faults(config),
        *_options_faults(config),
        *([] if SLUG.fullmatch(config.get("slug", "")) else ["the slug is no slug"]),
        *([] if IMAGE.fullmatch(config.get("image", "x/y")) else ["the image is no image"]),
        *(["full_access makes the rating 1"] if config.get("full_access") else []),
    ]


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - YAML
    return value if isinstance(value, list) else [] if value is None else [value]


def _ingress_faults(config: dict[str, Any]) -> list[str]:
    if not config.get("ingress"):
        return []
    fixed = config.get("host_network") or config.get("ingress_port", KEYS["ingress_port"]) != 0
    return [
        *(["webui has no place beside ingress"] if "webui" in config else []),
        *([] if fixed else ["a random ingress_port is for the host's network only"]),
    ]


def _options_faults(config: dict[str, Any]) -> list[str]:
    schema, options = config.get("schema", {}), config.get("options", {})
    kinds = {key: _element(kind) for key, kind in schema.items()}
    return [
        *(f"the option {key} has no schema" for key in options.keys() - schema.keys()),
        *(f"the schema of {key} is none" for key, kind in kinds.items() if not OPTION.fullmatch(kind)),
        *(f"the option {key} is required and has no default" for key in _required(kinds) - options.keys()),
        *(
            f"{key} cannot be {value!r}"
            for key, default in options.items()
            if key in kinds
            for value in (default if isinstance(schema[key], list) else [default])
            if not accepts(kinds[key], value)
        ),
    ]


def _element(kind: Any) -> str:  # noqa: ANN401 - YAML
    return str(kind[0] if isinstance(kind, list) else kind)


def _required(kinds: dict[str, str]) -> set[str]:
    return {key for key, kind in kinds.items() if not kind.endswith("?")}


def accepts(kind: str, value: Any) -> bool:  # noqa: ANN401 - YAML
    """Return whether an option of this kind may have this value, as the Supervisor judges it."""
    parsed = OPTION.fullmatch(kind)
    assert parsed is not None, kind
    if parsed["list"] is not None:
        return str(value) in parsed["list"].split("|")
    if parsed["match"] is not None:
        return re.match(parsed["match"], str(value)) is not None
    if kind.startswith("bool"):
        return isinstance(value, bool)
    if kind.startswith("int"):
        low, high = parsed["i_min"], parsed["i_max"]
        return isinstance(value, int) and (not low or value >= int(low)) and (not high or value <= int(high))
    return isinstance(value, str)


def rating(config: dict[str, Any], *, profile: bool) -> int:
    """Return the security rating, 1 to 8, that people see in the app store; `profile`: there is an apparmor.txt."""
    stars = 5
    stars += 1 if profile and config.get("apparmor", True) else 0
    stars -= 0 if config.get("apparmor", True) else 1
    opened = config.get("host_network") or any(config.get("ports", {}).values())
    stars += 2 if config.get("ingress") or not opened else 1 if config.get("auth_api") else 0
    harmless = {"IPC_LOCK", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME"}
    stars -= 1 if set(config.get("privileged", ())) - harmless or config.get("kernel_modules") else 0
    stars -= {"manager": 1, "admin": 2}.get(config.get("hassio_role", "default"), 0)
    stars -= 1 if config.get("host_network") else 0
    stars -= 2 if config.get("host_pid") else 0
    if config.get("docker_api") or config.get("full_access"):
        stars = 1
    return max(1, min(8, stars))
