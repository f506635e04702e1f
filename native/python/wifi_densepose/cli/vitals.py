"""Breathing rates in a recording of CSI, with their confidence, and the reason where there is none."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .failure import CommandError
from .progress import Progress

if TYPE_CHECKING:
    import argparse

    from .node_vitals import NodeVitals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--file",
        type=Path,
        required=True,
        help="lines (.jsonl, .jsonl.gz), arrays t and iq (.npz), or Nexmon CSI (.pcap)",
    )
    parser.add_argument("--node", type=int, metavar="N", help="only this node")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    parser.add_argument("--readings", action="store_true", help="with --json: every second's reading too")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="draw a picture (needs wifi-densepose[plot])")
    parser.add_argument(
        "--experimental-heart-rate",
        action="store_true",
        help="let the heart-rate stage say what it finds; on recordings with a known rate it does not beat guessing",
    )


def run(options: argparse.Namespace) -> int:
    """Print one line for each node, or one JSON document. What was refused is told on standard error."""
    nodes, notes = _read(options)
    if not nodes:
        raise CommandError(f"{options.file}: {_nothing(notes, options.node)}")
    if options.plot:
        _draw(options, nodes)
    if options.json:
        print(json.dumps(_document(options, nodes, notes), indent=2, allow_nan=False))
        return 0
    for note in notes:
        print(note, file=sys.stderr)
    for node in nodes:
        print(node.line())
        if options.experimental_heart_rate:
            print(node.heart_rate_line())
    return 0


def _read(options: argparse.Namespace) -> tuple[list[NodeVitals], list[str]]:
    from ..recording import read_recording
    from .node_vitals import NodeVitals

    nodes: dict[int, NodeVitals] = {}
    refused = _Refused()
    try:
        with (
            read_recording(options.file, node=options.node, on_refused=refused.take) as reader,
            Progress(reader.size, "reading") as progress,
        ):
            for batch in reader:
                node = nodes.get(batch.node)
                if node is None:
                    node = nodes[batch.node] = NodeVitals(
                        batch.node,
                        experimental_heart_rate=options.experimental_heart_rate,
                        keep_waveform=options.plot is not None,
                    )
                node.push(batch)
                progress.update(reader.position)
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    return [nodes[number] for number in sorted(nodes)], refused.notes()


class _Refused:
    """Counts what was refused, and keeps the first."""

    def __init__(self) -> None:
        self._count = 0
        self._first: ValueError | None = None

    def take(self, error: ValueError) -> None:
        self._count += 1
        self._first = self._first or error

    def notes(self) -> list[str]:
        return [f"{self._count} refused, the first: {self._first}"] if self._count else []


def _nothing(notes: list[str], node: int | None) -> str:
    what = "no CSI frames" if node is None else f"no CSI frames of node {node}"
    return "; ".join([what, *notes])


def _document(options: argparse.Namespace, nodes: list[NodeVitals], notes: list[str]) -> dict[str, Any]:
    heart_rate, readings = options.experimental_heart_rate, options.readings
    of_nodes = [node.document(heart_rate=heart_rate, readings=readings) for node in nodes]
    return {"file": str(options.file), "notes": notes, "nodes": of_nodes}


def _draw(options: argparse.Namespace, nodes: list[NodeVitals]) -> None:
    from .vitals_plot import draw

    try:
        draw(nodes, options.file.name, options.plot)
    except (ImportError, OSError, ValueError) as error:
        raise CommandError(f"{options.plot}: {error}") from error
