"""Which quiet and which moving recordings of one chip belong together, by when they were made."""

from dataclasses import dataclass, field

from .labels import MOVING_LABELS, QUIET_LABELS, Recording, natural


@dataclass(slots=True)
class Session:
    """Recordings that were made one after the other."""

    quiet: list[Recording] = field(default_factory=list)
    moving: list[Recording] = field(default_factory=list)


def sessions(recordings: list[Recording]) -> list[Session]:
    """Return the sessions of one set and chip, in order of time.

    A session begins with the first recording, and each time the label comes back to that recording's: quiet, moving,
    quiet, moving are two sessions, and so are ten quiet ones, twenty moving ones and ten quiet ones. Where a file's
    name has no date, nobody knows what came after what: then the first quiet recording goes with the first moving
    one, and so on.
    """
    known = [r for r in recordings if r.label in QUIET_LABELS | MOVING_LABELS]
    times = [(r.recorded_at, r) for r in known]
    if any(time is None for time, _ in times):
        return _paired(known)
    in_order = [r for _, r in sorted(times, key=lambda timed: (timed[0] or 0.0, natural(timed[1].name)))]
    found: list[Session] = []
    before: bool | None = None
    for recording in in_order:
        is_quiet = recording.label in QUIET_LABELS
        begins_with_quiet = in_order[0].label in QUIET_LABELS
        if before is None or (is_quiet != before and is_quiet == begins_with_quiet):
            found.append(Session())
        before = is_quiet
        (found[-1].quiet if is_quiet else found[-1].moving).append(recording)
    return found


def _paired(recordings: list[Recording]) -> list[Session]:
    quiet = sorted((r for r in recordings if r.label in QUIET_LABELS), key=lambda r: natural(r.name))
    moving = sorted((r for r in recordings if r.label in MOVING_LABELS), key=lambda r: natural(r.name))
    found = [Session(quiet=[recording]) for recording in quiet] or ([Session()] if moving else [])
    for number, recording in enumerate(moving):
        found[min(number, len(found) - 1)].moving.append(recording)
    return found
