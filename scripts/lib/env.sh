# shellcheck shell=bash
# Where everything lives that the scripts make: sourced by each of them, so that no path is written twice.
# All of it is outside the clone, so that a fresh clone starts warm and `git clean` costs nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
RUVIEW_CACHE=${RUVIEW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ruview}

PYTHON_MIN=3.14.2                        # the oldest that Home Assistant 2026.11 takes
VENV_RUN=$RUVIEW_CACHE/venv-run          # Home Assistant 2026.11: demo, end-to-end tests, benches
VENV_TEST=$RUVIEW_CACHE/venv-test        # the test plugin's Home Assistant, ruff, mypy
VENV_WHEEL=$RUVIEW_CACHE/venv-wheel      # builds and tests the wheel
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$RUVIEW_CACHE/target}
SERVER_BIN=$CARGO_TARGET_DIR/release/ruview-server
# Where scripts/setup puts uv when the machine has none.
export PATH=$PATH:$RUVIEW_CACHE/uv/bin
export ROOT RUVIEW_CACHE PYTHON_MIN VENV_RUN VENV_TEST VENV_WHEEL SERVER_BIN

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Python of the environment that runs Home Assistant, with scripts/ importable. Replaces this shell.
run_python() {
  [ -x "$VENV_RUN/bin/python" ] || die "not set up yet: run scripts/setup"
  PYTHONPATH=$ROOT/scripts exec "$VENV_RUN/bin/python" "$@"
}
