"""Blocks that were judged, and what a detector said in them."""

from dataclasses import dataclass

from accuracies.report import NOTHING, percent


@dataclass(frozen=True, slots=True)
class Tally:
    """Seconds of quiet and of movement, in how many of them motion was on, and in how many nothing was said."""

    quiet: int = 0
    alarms: int = 0
    moving: int = 0
    hits: int = 0
    silent: int = 0

    @classmethod
    def of(cls, said: list[bool | None], *, moving: bool) -> Tally:
        """Count what was said of one recording."""
        on, silent = sum(one is True for one in said), sum(one is None for one in said)
        return cls(moving=len(said), hits=on, silent=silent) if moving else cls(len(said), on, silent=silent)

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(
            self.quiet + other.quiet,
            self.alarms + other.alarms,
            self.moving + other.moving,
            self.hits + other.hits,
            self.silent + other.silent,
        )

    @property
    def recall(self) -> float | None:
        """The share of moving seconds in which motion was on."""
        return self.hits / self.moving if self.moving else None

    @property
    def false_alarms(self) -> float | None:
        """The share of quiet seconds in which motion was on."""
        return self.alarms / self.quiet if self.quiet else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return 2 * self.hits / (self.moving + self.hits + self.alarms) if self.moving and self.quiet else None

    def cells(self) -> tuple[str, str, str]:
        """Return recall, false alarms and F1 for a table."""
        f1 = self.f1
        return percent(self.hits, self.moving), percent(self.alarms, self.quiet), NOTHING if f1 is None else f"{f1:.3f}"
