"""What an engine says of its nodes: `python rooms.py 0.0.0.0:5005`, or without an address of a simulation."""

from __future__ import annotations

import sys
import time

from wifi_densepose.engine import Engine, Event, Live, Simulate

SECONDS = 10


def show(event: Event) -> None:
    """Print what changed. Called on a thread of the subscription."""
    if event["type"] == "state_changed" and event["state"]:
        print(f"{event['entity_id']:<50} {event['state']['state']}")
    elif event["type"] == "event":
        print(f"{event['event_type']} at {event['device_id']}")


def main(udp_bind: str | None = None) -> None:
    """Listen for a while."""
    source = Simulate(nodes=2) if udp_bind is None else Live(udp_bind=udp_bind)
    if udp_bind is None:
        print("SIMULATED: nothing of what follows was measured")
    with Engine(source) as engine:
        engine.subscribe(show)
        time.sleep(SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
