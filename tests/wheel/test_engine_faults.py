"""The engine and what goes wrong around it: callbacks, threads, forks, and the end of an interpreter."""

from __future__ import annotations

import gc
import logging
import math
import os
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest
from esp32 import send
from running import wait_until
from wifi_densepose.engine import Engine, Event, Live, Simulate

_FAST = Simulate(speed=math.inf)
# A hang is what these tests look for; a busy machine is none.
_HANG_S = 30.0


def _run(program: str) -> str:
    """Run a program to its end; what it prints. It must end well, soon, and without a word of complaint."""
    prelude = "import os, sys, threading, time\nfrom wifi_densepose.engine import *\n"
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", prelude + program]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_HANG_S, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_who_is_slow_holds_up_nobody_and_starts_again_from_a_snapshot() -> None:
    slow: list[Event] = []
    quick: list[Event] = []
    called, go_on = threading.Event(), threading.Event()

    def wait(event: Event) -> None:
        slow.append(event)
        called.set()
        go_on.wait(_HANG_S)

    nodes = range(1, 65)
    with Engine(Live(udp_bind="127.0.0.1:0")) as engine:
        late = engine.subscribe(wait)
        engine.subscribe(quick.append)
        assert called.wait(_HANG_S)
        assert engine.udp_address is not None
        # Sixty-four nodes come with everything that they have, and go.
        while len(quick) < 6000:
            for node in nodes:
                send(engine.udp_address, 1, node)
            wait_until(lambda: len(engine.get_diagnostics()["nodes"]) == len(nodes), "all nodes are heard")
            for node in nodes:
                engine.call("ruview", "remove_node", {"node_id": f"node_{node}"})
        send(engine.udp_address, 1)
        wait_until(lambda: engine.get_diagnostics()["nodes"], "one is back")
        assert len(slow) == 1
        go_on.set()
        wait_until(lambda: "snapshot" in [event["type"] for event in slow[1:]], "it starts again")
        assert slow[1] == {"type": "resync"}
        assert slow[2]["type"] == "snapshot"
        assert {device["id"] for device in slow[2]["devices"]} == {engine.server_id, "node_7"}
    assert (late.resyncs, late.errors) == (1, 0)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_callback_raises_is_counted_and_told_once(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Event] = []

    def refuse(event: Event) -> None:
        calls.append(event)
        raise error

    with Engine(Simulate(speed=50)) as engine:
        subscription = engine.subscribe(refuse)
        wait_until(lambda: len(calls) > 20, "it is called all the same")
    assert subscription.errors == len(calls)
    told = [record for record in caplog.records if "callback raised" in record.message]
    assert [(record.name, record.levelno) for record in told] == [("wifi_densepose.engine", logging.ERROR)]
    assert told[0].exc_info is not None
    assert told[0].exc_info[1] is error


def test_a_callback_may_stop_its_engine() -> None:
    engine = Engine(Simulate(speed=50))
    stopped: list[bool] = []

    def stop(_event: Event) -> None:
        engine.stop()
        stopped.append(engine.is_running)

    subscription = engine.subscribe(stop)
    engine.start()
    wait_until(lambda: stopped, "it is stopped")
    wait_until(lambda: subscription.has_ended, "its thread ends")
    assert stopped == [False]
    assert subscription.errors == 0


def test_a_callback_may_subscribe_unsubscribe_and_ask() -> None:
    answers: list[Any] = []
    engine = Engine(Simulate(speed=50))

    def ask(_event: Event) -> None:
        subscription.unsubscribe()
        answers.append(engine.get_config())
        engine.subscribe(answers.append).unsubscribe()

    subscription = engine.subscribe(ask)
    with engine:
        wait_until(lambda: subscription.has_ended, "its thread ends")
    assert subscription.errors == 0
    assert answers[0]["server_id"] == engine.server_id


def test_a_callback_that_does_not_return_is_told_of_and_not_waited_for() -> None:
    go_on = threading.Event()
    engine = Engine(Simulate(speed=50))
    subscription = engine.subscribe(lambda _event: go_on.wait(_HANG_S))
    engine.start()
    wait_until(engine.get_states, "states")
    with pytest.raises(TimeoutError, match=r"1 callbacks have not returned within 0\.2 s"):
        engine.stop(0.2)
    assert not engine.is_running
    # It holds up no further run.
    engine.start()
    engine.stop()
    go_on.set()
    wait_until(lambda: subscription.has_ended, "its thread ends")


class Listener:
    """Somebody whose method is called, and who holds the engine that calls it."""

    def __init__(self, engine: Engine) -> None:
        """Subscribe."""
        self.engine = engine
        self.itself = self
        self.heard = threading.Event()
        self.subscription = engine.subscribe(self.told)

    def told(self, _event: Event) -> None:
        """Know that something was told."""
        self.heard.set()

    def stop(self) -> None:
        """Stop the engine."""
        self.engine.stop()

    def unsubscribe(self) -> None:
        """Hear nothing more."""
        self.subscription.unsubscribe()


@pytest.mark.parametrize("end", ["stop", "unsubscribe"])
def test_nobody_is_kept_by_what_has_ended(end: str) -> None:
    listener = Listener(Engine(Simulate(speed=50)))
    subscription = listener.subscription
    gone: list[weakref.ref[Any]] = [weakref.ref(listener), weakref.ref(listener.engine)]
    listener.engine.start()
    wait_until(listener.heard.is_set, "it is told something")
    getattr(listener, end)()
    wait_until(lambda: subscription.has_ended, "its thread ends")
    del listener
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_nobody_is_kept_by_an_engine_that_never_ran() -> None:
    listener = Listener(Engine(Simulate()))
    listener.engine.stop()
    subscription, gone = listener.subscription, weakref.ref(listener)
    wait_until(lambda: subscription.has_ended, "its thread ends")
    del listener
    gc.collect()
    assert gone() is None


def test_an_engine_that_nobody_has_any_more_stops() -> None:
    events: list[Event] = []
    engine = Engine(Live(udp_bind="127.0.0.1:0"))
    engine.start()
    address, subscription = engine.udp_address, engine.subscribe(events.append)
    wait_until(lambda: events, "it is told something")
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None
    wait_until(lambda: subscription.has_ended, "its subscribers are told nothing more")

    def _starts() -> bool:
        try:
            with Engine(Live(udp_bind=address)):
                return True
        except OSError:
            return False

    wait_until(_starts, "its address is free")


def test_a_callback_may_let_go_of_the_last_engine() -> None:
    engines = [Engine(Simulate(speed=50))]
    told = threading.Event()

    def drop(_event: Event) -> None:
        engines.clear()
        told.set()

    subscription = engines[0].subscribe(drop)
    engines[0].start()
    assert told.wait(_HANG_S)
    wait_until(lambda: subscription.has_ended, "its thread ends")
    assert subscription.errors == 0


def test_many_threads_at_once() -> None:
    engine = Engine(_FAST)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                match (number + turn) % 4:
                    case 0:
                        engine.start()
                    case 1:
                        engine.stop()
                    case 2:
                        with engine.subscribe(lambda _event: None):
                            _ = (engine.is_running, engine.server_id, engine.udp_address)
                    case _:
                        with engine.subscribe(lambda event: event["type"]):
                            engine.start()
        except BaseException as error:  # noqa: BLE001 - for the other thread
            failures.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(_HANG_S)
    assert not [worker for worker in workers if worker.is_alive()]
    assert failures == []
    engine.start()
    wait_until(engine.get_states, "it still works")
    engine.stop()


def test_nothing_is_left_of_many_runs(tmp_path: Path) -> None:
    def _run_once() -> None:
        with Engine(Simulate(nodes=4, speed=math.inf), data_dir=tmp_path) as engine:
            heard: list[Event] = []
            engine.subscribe(heard.append)
            wait_until(lambda: len(heard) > 100, "states")

    def _resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _tasks() -> int:
        return sum(1 for _ in Path("/proc/self/task").iterdir())

    def _files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    if not Path("/proc/self/statm").exists():
        pytest.skip("no /proc/self: memory and threads are counted on Linux")
    for _ in range(10):
        _run_once()
    gc.collect()
    before, threads, files = _resident_mb(), _tasks(), _files()
    for _ in range(50):
        _run_once()
    gc.collect()
    wait_until(lambda: _tasks() <= threads, "every thread ends")
    print(f"resident memory: {before:.1f} MB, after 50 more runs {_resident_mb():.1f} MB")
    assert _files() == files
    # A run that kept its states, its registries or its threads' stacks would keep more than 0.1 MB.
    assert _resident_mb() - before < 5


_RUNNING = "engine = Engine(Simulate(speed=50))\nengine.start()\n"
_BUSY = """
called = threading.Event()
def told(event):
    called.set()
    while True:
        pass
engine.subscribe(told)
called.wait()
"""


@pytest.mark.parametrize(
    "program",
    [
        _RUNNING,
        _RUNNING + "engine.subscribe(lambda event: None)",
        _RUNNING + "engine.subscribe(lambda event: event)\nwhile not engine.get_states(): time.sleep(0.01)",
        _RUNNING + "engine.subscribe(lambda event: time.sleep(0.3))\ntime.sleep(0.1)",
        _RUNNING + "engine.subscribe(lambda event: time.sleep(1000))\ntime.sleep(0.1)",
        _RUNNING + _BUSY,
        _RUNNING + "cycle = [engine]\ncycle.append([cycle, engine.subscribe(lambda event: cycle)])\nsys.exit(0)",
        _RUNNING + "engine.subscribe(lambda event: engine.stop())",
        _RUNNING + "del engine",
        "engine = Engine(Simulate())\nengine.subscribe(print)",
        "engines = [Engine(Simulate(speed=50)) for _ in range(4)]\nfor engine in engines: engine.start()",
        "import atexit\n" + _RUNNING + "atexit.register(engine.get_states)",
        "import atexit\nengine = Engine(Simulate())\natexit.register(engine.start)",
        "import asyncio\n"
        + _RUNNING
        + "async def hear():\n    async for event in engine.events(): return\nasyncio.run(hear())",
    ],
)
def test_an_interpreter_ends_with_its_engine_running(program: str) -> None:
    began = time.monotonic()
    _run(program)
    print(f"{time.monotonic() - began:.2f} s")


_FORKED = """
pid = os.fork()
if pid == 0:
    assert not engine.is_running
    for ask in (engine.get_states, engine.start, engine.stop, lambda: engine.subscribe(print)):
        try:
            ask()
        except EngineError as error:
            assert "forked" in str(error), error
        else:
            os._exit(1)
    # One of its own works.
    with Engine(Simulate(speed=50)) as another:
        while not another.get_states():
            time.sleep(0.01)
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
while not engine.get_states():
    time.sleep(0.01)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_an_engine_does_not_survive_a_fork_and_the_process_does() -> None:
    _run(_RUNNING + "engine.subscribe(lambda event: None)\n" + _FORKED)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_does_not_keep_the_directory(tmp_path: Path) -> None:
    program = f"""
engine = Engine(Simulate(speed=50), data_dir={str(tmp_path)!r})
engine.start()
pid = os.fork()
if pid == 0:
    time.sleep(1000)
engine.stop()
with Engine(Simulate(speed=50), data_dir={str(tmp_path)!r}) as another:
    assert another.server_id == engine.server_id
os.kill(pid, 9)
os.waitpid(pid, 0)
"""
    _run(program)
