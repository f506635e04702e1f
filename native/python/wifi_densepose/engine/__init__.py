"""The engine inside this process: from packets, recordings or a simulation to states and events, without a server.

    with Engine(Live(udp_bind="0.0.0.0:5005"), data_dir="/var/lib/ruview") as engine:
        engine.subscribe(print)

It says what the WebSocket API of `ruview-server` says (docs/websocket-api.md), behind the same privacy policy, and runs
on threads of its own. Every method may be called from every thread. Nothing of an engine survives `os.fork`: in the new
process each method raises `EngineError`.
"""

from .engine import Engine
from .errors import CommandError, EngineError, ServiceError
from .sources import Live, Replay, Simulate, Source
from .subscription import Event, Subscription

__all__ = [
    "CommandError",
    "Engine",
    "EngineError",
    "Event",
    "Live",
    "Replay",
    "ServiceError",
    "Simulate",
    "Source",
    "Subscription",
]
