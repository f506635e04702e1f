"""The command line of scripts/accuracy."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from devkit.paths import RECORDINGS, ROOT

from . import bursts, samples
from .labels import LabelsError, Recording, read_labels
from .parallel import JOBS
from .protocols import breathing, falls, heart, motion, presence
from .replay import replay
from .report import Section, bars_table

_COMMIT = "Commit: "
_LIMITS = """\
## What these figures are worth

The recordings are other people's and are not part of this repository; most are of one room and one or two persons.
Labels are as good as `label_quality` in labels.csv says: a metronome or a motor's set-point is exact, a count by hand
is good to 1.5 breaths/min, a mean heart rate per file is weak, and the instant of a fall is not marked. What quiet
recordings call quiet is what their authors called so: one of the ESP32-C6 begins with two seconds of movement by its
own later half (`cargo test -p ruview-signal --test recordings a_quiet -- --nocapture`). A recording of ten seconds has
eight blocks to judge, and one of three seconds has one: an error less or more moves such figures far. Other recordings
of the same kinds are held out: they decide, not these.

Recordings are heard by the real engine, packet by packet at their own times, with a tick a second; what is judged is
what homecore holds, which is what Home Assistant shows. Nothing is set per recording, set or chip. Where two
recordings are heard one after the other, the node is silent for 35 s between them, so that no window spans both; the
first block after the silence is not judged, because the window has to fill.

Not all rules are blind. That silence (instead of a joint of 0.01 s with two blocks unjudged), that the first goal for
falls has one threshold for all persons (instead of each person apart), and that the second weighs recall against false
alarms (instead of wanting neither worse), were set after first results had been seen."""


def main() -> int:
    """Measure, and write or check the report."""
    options = _options()
    try:
        recordings = read_labels(options.data, options.sets)
    except LabelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    # None of these may calibrate others: one broken file must not cost the good ones.
    faults = {r.key: fault for r in recordings if (fault := samples.fault(r.path))}
    sections = _measure([r for r in recordings if r.key not in faults])
    errors = list(dict.fromkeys(fault for section in sections for fault in section.errors))
    errors += [*faults.values(), *_not_understood(recordings)]
    text = _document(options, sections, errors)
    for fault in errors:
        print(f"error: {fault}", file=sys.stderr)
    if options.check:
        return _check(options.out, text) or int(bool(errors))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    print(f"wrote {options.out}", file=sys.stderr)
    return int(bool(errors))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/accuracy", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="sets of labels.csv; all without one")
    parser.add_argument("--data", type=Path, default=RECORDINGS, metavar="DIR", help="folder with labels.csv")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "accuracy.md", metavar="FILE")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when FILE says otherwise")
    return parser.parse_args()


def _measure(recordings: list[Recording]) -> list[Section]:
    of_motion = motion.trials(recordings)
    of_presence = presence.trials(recordings)
    runs = [trial.run for trial in of_motion] + [trial.run for trial in of_presence]
    runs += breathing.runs(recordings) + falls.runs(recordings) + heart.runs(recordings)
    binary = Path(os.environ["ACCURACY_BIN"])
    heard = replay(binary, runs, jobs=JOBS)
    of_falls = bursts.measure(binary, falls.files(recordings))
    return [
        motion.report(of_motion, heard),
        presence.report(of_presence, heard),
        breathing.report(recordings, heard),
        falls.report(recordings, heard, of_falls),
        heart.report(recordings, heard),
    ]


def _not_understood(recordings: list[Recording]) -> list[str]:
    known = {"motion", "presence", "breathing", "fall", "heart"}
    kinds = [f"{r.key}: nothing here measures {'+'.join(sorted(r.kinds))}" for r in recordings if not r.kinds & known]
    return kinds + [
        f"{r.key}: the label '{r.label}' is neither quiet nor moving" for r in recordings if not motion.covered(r)
    ]


def _document(options: argparse.Namespace, sections: list[Section], errors: list[str]) -> str:
    command = "scripts/accuracy" if options.data == RECORDINGS else f"scripts/accuracy --data {options.data}"
    head = f"""\
# Accuracy

How right the engine is on labelled recordings, beside the naive way and a named peer on the same files. Written by
`{" ".join([command, *options.sets])}`; do not edit.

{_COMMIT}{_commit()}"""
    goals = bars_table(bar for section in sections for bar in section.bars).markdown()
    parts = [head, "## Goals", goals, _LIMITS, *(section.markdown() for section in sections)]
    if errors:
        parts += ["## Errors", "\n".join(f"- {error}" for error in errors)]
    return "\n\n".join(parts) + "\n"


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", ROOT, *arguments], capture_output=True, text=True, check=False
        ).stdout.strip()

    changed = " and changes that are not committed" if git("status", "--porcelain", "native") else ""
    return f"{git('rev-parse', '--short=10', 'HEAD') or 'unknown'}{changed}"


def _check(file: Path, text: str) -> int:
    def lines(document: str) -> list[str]:
        return [line for line in document.splitlines() if not line.startswith(_COMMIT)]

    if file.is_file() and lines(file.read_text(encoding="utf-8")) == lines(text):
        return 0
    print(f"{file} is stale: run scripts/accuracy", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
