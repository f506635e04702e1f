"""The names of wifi-densepose 1.x. None of them is here: each says what took its place when it is asked for.

Version 1 installed a package called `src`: a web service around a model that was never trained. Version 2 is a library.
"""

from __future__ import annotations

from typing import NoReturn

from . import MIGRATION_GUIDE, MigrationError

_SERVER = "run `ruview-server`, and read it by wifi_densepose.client"
_NOTHING = "nothing: no pose was ever estimated"

SUCCESSORS = {
    "app": _SERVER,
    "get_settings": _SERVER,
    "Settings": _SERVER,
    "setup_logging": "Python's logging",
    "get_logger": "Python's logging",
    "CSIProcessor": "wifi_densepose.signal.CsiProcessor",
    "PhaseSanitizer": "wifi_densepose.signal.PhaseSanitizer",
    "PoseEstimator": _NOTHING,
    "RouterInterface": "wifi_densepose.engine.Engine, or a client of `ruview-server`",
    "ServiceOrchestrator": _SERVER,
    "HealthCheckService": "`GET /health` of ruview-server",
    "MetricsService": "`GET /metrics` of ruview-server",
    "get_database_manager": _SERVER,
    "Device": _SERVER,
    "Session": _SERVER,
    "CSIData": "wifi_densepose.CsiFrame",
    "PoseDetection": _NOTHING,
    "SystemMetric": "`GET /metrics` of ruview-server",
    "AuditLog": _SERVER,
}


def __getattr__(name: str) -> NoReturn:
    if name.startswith("__"):
        # Asked for by Python itself, of every module.
        raise AttributeError(name)
    successor = SUCCESSORS.get(name, "see the guide")
    message = f"wifi-densepose 2 has no {name!r}; in its place: {successor}. {MIGRATION_GUIDE}"
    raise MigrationError(message, name=__name__)
