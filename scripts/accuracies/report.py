"""What a report consists of, and how it is written as Markdown."""

from collections.abc import Iterable
from dataclasses import dataclass, field

NOTHING = "-"


@dataclass(slots=True)
class Table:
    """A table: names of columns, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


@dataclass(frozen=True, slots=True)
class Bar:
    """A goal of the project, and whether it is reached. None: no recording here says so or otherwise."""

    goal: str
    found: str
    met: bool | None


@dataclass(slots=True)
class Section:
    """A part of the report."""

    title: str
    parts: list[str | Table] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """Return it as Markdown."""
        texts = [part if isinstance(part, str) else part.markdown() for part in self.parts]
        return "\n\n".join([f"## {self.title}", *texts])


def bars_table(bars: Iterable[Bar]) -> Table:
    """Return the goals as a table."""
    said = {True: "yes", False: "**no**", None: "not shown here"}
    return Table(("goal", "found", "reached"), [(bar.goal, bar.found, said[bar.met]) for bar in bars])


def percent(part: float, whole: float, digits: int = 1) -> str:
    """Return a share as text, a dash where there is nothing to share."""
    return f"{100 * part / whole:.{digits}f} %" if whole else NOTHING


def number(value: float | None, digits: int = 2) -> str:
    """Return a number as text, a dash for none."""
    return NOTHING if value is None else f"{value:.{digits}f}"
