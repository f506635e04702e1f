"""Puts the example that `ruview-server config example` prints into the page about configuration.

usage: ruview-server config example | python -m devkit.configuration PAGE [--check]
"""

import sys
from pathlib import Path

_BEGIN = "```yaml\n"
_END = "```\n"


def rendered(page: str, example: str) -> str:
    """Return the page with this example in its first YAML block."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + example + _END + after


def main() -> int:
    """Write the page, or with --check compare it."""
    target, *flags = sys.argv[1:]
    path = Path(target)
    page = path.read_text()
    fresh = rendered(page, sys.stdin.read())
    if "--check" not in flags:
        path.write_text(fresh)
    elif page != fresh:
        print(f"{path} is not what ruview-server config example prints: run scripts/generate", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
