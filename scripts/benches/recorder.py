"""What an hour of a home costs Home Assistant's recorder: the rows that it writes for each node.

A real server replays a real recording faster than it was taken, over and over, into a real Home Assistant with the
entities that are enabled by default. The recording is of two nodes and two minutes full of activity: more happens in it
than in most homes.

Why a state stands (its confidence and reason) is written once a minute at most, by the clock: faster than life, the
recording shows less of that than an hour would. What it could add is counted as if it happened every minute.
"""

import argparse
import asyncio
import contextlib
import sqlite3
import tempfile
import time
from collections import Counter
from pathlib import Path

from devkit.hass import HomeAssistant
from devkit.paths import TWO_NODES_RECORDING
from devkit.server import RuViewServer

_NODES = 2
_MAX_ROWS = 1_000
# Which of the entities that are enabled by default have a confidence or a reason.
_EXPLAINED = {"presence", "motion", "person_count", "room_active"}
# The recorder writes what has gathered every few seconds.
_COMMITTED_S = 8

_STATES = """
    SELECT states_meta.entity_id, COUNT(*), COUNT(DISTINCT states.attributes_id)
    FROM states JOIN states_meta USING (metadata_id) GROUP BY states_meta.entity_id
"""
_EVENTS = (
    "SELECT COUNT(*) FROM events JOIN event_types USING (event_type_id) WHERE event_types.event_type = 'ruview_event'"
)


def _rows(config_dir: Path, entity_ids: set[str]) -> Counter[str]:
    """Count what the recorder has of these entities, by entity; events on the bus are counted as one more."""
    rows: Counter[str] = Counter()
    with contextlib.closing(sqlite3.connect(f"file:{config_dir}/home-assistant_v2.db?mode=ro", uri=True)) as database:
        for entity_id, states, attributes in database.execute(_STATES):
            if entity_id in entity_ids:
                rows[entity_id] = states + attributes
        (rows["ruview_event"],) = database.execute(_EVENTS).fetchone()
    return rows


async def _measure(minutes: float, speed: float) -> bool:
    """Print the figures; return whether they are within the limit."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ruview-recorder-")))
        hass = await HomeAssistant.start(folder / "hass")
        stack.push_async_callback(hass.stop)
        server = await RuViewServer.start(
            folder / "server", "replay", TWO_NODES_RECORDING, "--speed", str(speed), "--loop"
        )
        stack.push_async_callback(server.stop)
        entry = await hass.add_ruview(host=server.host, port=server.port, token=server.token)
        entities = await hass.ruview_entities(entry)
        ours = {entity["entity_id"] for entity in entities}
        began, before = time.monotonic(), _rows(hass.config_dir, ours)
        await asyncio.sleep(minutes * 60 / speed)
        passed_h = (time.monotonic() - began) * speed / 3600
        await asyncio.sleep(_COMMITTED_S)
        written = _rows(hass.config_dir, ours)
        written.subtract(before)
        for name, count in written.most_common(12):
            print(f"{count / passed_h:8.0f}  {name}")
        explained = sum(entity["translation_key"] in _EXPLAINED for entity in entities if not entity["disabled_by"])
        print(f"{60 * explained:8.0f}  explanations, at most")
        a_node = (written.total() / passed_h + 60 * explained) / _NODES
        print(f"{a_node:8.0f}  rows an hour and node, of at most {_MAX_ROWS}")
        return a_node < _MAX_ROWS


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="so much of the recording's time")
    parser.add_argument("--speed", type=float, default=30)
    arguments = parser.parse_args()
    return 0 if asyncio.run(_measure(arguments.minutes, arguments.speed)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
