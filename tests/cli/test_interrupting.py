"""An interrupt is heard wherever it comes."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from grader.cli.interrupting import hears_every_interrupt


@contextmanager
def signal_during_the_next_collection(number: signal.Signals) -> Iterator[None]:
    """Python only prints what a callback of the collector raises."""

    def callback(phase: str, info: dict[str, Any]) -> None:
        with suppress(ValueError):
            gc.callbacks.remove(callback)
            signal.raise_signal(number)

    gc.callbacks.append(callback)
    try:
        yield
    finally:
        with suppress(ValueError):
            gc.callbacks.remove(callback)


def _collect_and_wait() -> None:
    gc.collect()
    for _ in range(600):
        # Until a signal ends it. One that comes just before the wait is heard after it, so each is short.
        signal.sigtimedwait([], 0.1)


def raise_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt(number)


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal that is heard here: beside others, a process of tests ignores Ctrl-C."""
    before = signal.signal(request.param, raise_interrupt)
    yield request.param
    signal.signal(request.param, before)


def test_an_interrupt_during_a_collection_is_heard_after_it(number: signal.Signals) -> None:
    with (
        pytest.raises(KeyboardInterrupt) as caught,
        hears_every_interrupt(),
        signal_during_the_next_collection(number),
    ):
        _collect_and_wait()

    assert caught.value.args == (number,)


def test_it_is_sent_again_only_after_the_place_where_it_would_be_lost_once_more(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def start_slowly(thread: threading.Thread) -> None:
        start(thread)
        signal.sigtimedwait([], 0.3)  # as on a busy machine; a signal ends it

    monkeypatch.setattr(threading.Thread, "start", start_slowly)
    with (
        pytest.raises(KeyboardInterrupt),
        hears_every_interrupt(),
        signal_during_the_next_collection(number),
    ):
        _collect_and_wait()


def test_another_error_in_a_destructor_is_shown_as_always(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[BaseException | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda lost: shown.append(lost.exc_value))

    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    with hears_every_interrupt():
        Broken()

    assert [str(error) for error in shown] == ["broken"]
