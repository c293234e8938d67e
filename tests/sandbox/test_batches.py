"""Calls sent many at a time: the same verdicts, blame and cards as call by call, in fewer frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.checking import agree, check, require, tensors
from grader.checking import given as given_inputs
from grader.checking.check import Check, Suite
from grader.engine.generation import Kept
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import Workplace, run_checks
from grader.records import Cause, Chapter, CheckResult, Exercise, Limits, Outcome, Report, Ruling, Submission
from grader.sandbox import protocol
from grader.sandbox.batches import Batches, Diverged, Recorder
from grader.sandbox.channel import Channel, InProcess
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.host import Sandbox
from grader.sandbox.protocol import Reply, Request, WireError
from grader.sandbox.proxy import Learner

CHAPTER = Chapter("ch99_test", "Test", "测试", ("1",), (Exercise("double", 4.0),))
RIGHT = "def double(x):\n    return x + x\n"


@check("double")
@given_inputs(x=tensors(ndim=1))
def check_double_is_twice(learner: Any, x: torch.Tensor) -> None:
    """Doubling gives twice the entries."""
    doubled = learner.double(x)
    agree(doubled, 2 * x)
    doubled.zero_()  # a law may do with an answer as it likes


@check("double")
@given_inputs(x=tensors(ndim=1))
def check_double_twice_is_four_times(learner: Any, x: torch.Tensor) -> None:
    """Doubled twice it is four times as much."""
    agree(learner.double(learner.double(x)), 4 * x)


@check("double")
@given_inputs(x=tensors(ndim=1))
def check_double_asks_by_the_answer(learner: Any, x: torch.Tensor) -> None:
    """It may be written as it likes."""
    if bool(torch.signbit(learner.double(x.zero_())).any()):
        learner.double(x - 1)
    learner.double(x + 1)


@dataclass
class Counted:
    """A channel that takes batches, and counts frames."""

    channel: Channel
    frames: list[int]
    carries_many = True

    @property
    def spent_s(self) -> float:
        return self.channel.spent_s

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        self.frames.append(1 if header else len(protocol.split_frames(bytearray(body))))
        return self.channel.request(header, body, timeout_s)

    def distrust(self, reason: str) -> None:
        self.channel.distrust(reason)


@dataclass
class InBatches(SameProcess):
    """This process, with calls in batches; how many calls each frame had, and how often the file was loaded."""

    frames: list[int] = field(default_factory=list)
    loaded: int = 0
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"

    def open(self, source: str) -> Learner:
        learner = super().open(source)
        learner.connection.channel = Counted(learner.connection.channel, self.frames)
        self.loaded += 1
        return learner


def graded(source: str, workplace: Workplace, kept: Kept, *checks: Check) -> Report:
    suite = Suite(checks or (check_double_is_twice,), {})
    submission, profile = (
        Submission(CHAPTER, source, Path("submission.py"), ""),
        Profile(examples=60, kept=kept),
    )
    return run_checks(submission, Ruling(source), workplace, profile, suite)


def comparable(report: Report) -> list[CheckResult]:
    """What of the results must not hang on the way the calls went."""
    return [replace(result, seconds=0.0) for result in report.checks]


def both_ways(source: str, *checks: Check) -> tuple[Report, Report, InBatches]:
    """The same submission call by call, and after a right one in batches."""
    alone = graded(source, SameProcess(Limits()), Kept(), *checks)
    kept, workplace = Kept(), InBatches()
    graded(RIGHT, workplace, kept, *checks)
    workplace.frames.clear()
    workplace.loaded = 0
    return alone, graded(source, workplace, kept, *checks), workplace


@dataclass
class Looked:
    """A law, and how many examples it looked at."""

    check: Check
    examples: int = 0

    def __call__(self, learner: Any, x: torch.Tensor) -> None:
        self.examples += 1
        self.check.body(learner, x)

    def at(self, source: str, kept: Kept) -> tuple[Report, int]:
        """The report on a submission, and how many examples the law looked at for it."""
        self.examples = 0
        report = graded(source, InBatches(), kept, replace(self.check, body=self))
        return report, self.examples


def test_a_later_submission_is_asked_in_few_frames_and_gets_the_same_report() -> None:
    alone, batched, workplace = both_ways(RIGHT + "# another\n")

    assert comparable(batched) == comparable(alone)
    assert batched.passed
    assert sum(workplace.frames) == 60
    assert len(workplace.frames) < 10
    assert workplace.loaded == 1


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("x * x", id="at once"),
        pytest.param("x + x + (x.numel() > 4)", id="later"),
        pytest.param("x + x if x.numel() < 5 else 1 / 0", id="raises later"),
        pytest.param("x.mul_(2) if x.numel() > 4 else x + x", id="changes its argument"),
        pytest.param("x + x + torch.rand(1) if x.numel() > 4 else x + x", id="draws"),
    ],
)
def test_a_wrong_one_is_shown_by_the_same_input_as_call_by_call(wrong: str) -> None:
    source = "import torch\n" + RIGHT.replace("x + x", wrong, 1)

    alone, batched, _ = both_ways(source)

    assert alone.checks[0].outcome is Outcome.FAILED
    assert comparable(batched) == comparable(alone)


def test_what_is_printed_stands_in_the_report_once() -> None:
    source = "def double(x):\n    print(x.numel())\n    return x + x + (x.numel() > 4)\n"

    alone, batched, _ = both_ways(source)

    assert batched.output == alone.output


def test_a_law_may_ask_by_what_it_was_answered() -> None:
    other = "def double(x):\n    return -(x + x) if not x.any() else x + x\n"  # its zeros are negative

    alone, batched, workplace = both_ways(other, check_double_asks_by_the_answer)

    assert comparable(batched) == comparable(alone)
    assert batched.passed
    assert workplace.loaded == 2


def test_a_law_that_asks_each_one_something_else_is_soon_asked_call_by_call() -> None:
    other = "def double(x):\n    return -(x + x) if not x.any() else x + x\n"
    kept, workplace = Kept(), InBatches()
    graded(RIGHT, workplace, kept, check_double_asks_by_the_answer)
    loaded = []

    for _ in range(4):
        workplace.loaded = 0
        graded(other, workplace, kept, check_double_asks_by_the_answer)
        loaded.append(workplace.loaded)

    assert loaded == [2, 2, 1, 1]


def test_what_fails_in_a_batch_and_not_again_is_told_as_such() -> None:
    source = "seen = []\ndef double(x):\n    seen.append(1)\n    return x + x + (len(seen) == 20)\n"
    kept, workplace = Kept(), InBatches()
    graded(RIGHT, workplace, kept)
    sources = iter((source, RIGHT))

    class Changing(InBatches):
        def open(self, source: str) -> Learner:
            return super().open(next(sources))

    changing = Changing()
    [result] = graded(source, changing, kept).checks

    assert changing.loaded == 2
    assert result.outcome is Outcome.FAILED
    assert not result.repeatable


def test_what_an_answer_gave_is_never_sent_ahead() -> None:
    _, batched, workplace = both_ways(RIGHT + "# another\n", check_double_twice_is_four_times)

    assert batched.passed
    # The second call of an example sends what the first one gave; the next example's first may go along.
    assert max(workplace.frames) == 2


def test_a_law_that_sends_an_answer_back_does_not_look_twice_at_the_same_answers() -> None:
    other = "def double(x):\n    return x * 0.7 + x * 1.3\n"
    kept, law = Kept(), Looked(check_double_twice_is_four_times)
    law.at(RIGHT, kept)

    looked = [law.at(source, kept)[1] for source in (f"{RIGHT}# again\n", other, other)]

    # What another submission's answers would have it ask is not on record, so those it looks at.
    assert looked[0] == 1
    assert looked[1] == looked[2] > 10


def test_long_answers_come_in_several_frames() -> None:
    source = "def double(x):\n    return (x + x).repeat(50_000)\n"
    long = replace(
        check_double_is_twice, body=lambda learner, x: require(learner.double(x).numel() >= 0, "?")
    )
    kept, workplace = Kept(), InBatches()
    graded(RIGHT, workplace, kept, long)
    sent = []
    for one in (RIGHT, source):
        workplace.frames.clear()
        assert graded(one, workplace, kept, long).passed
        sent.append(len(workplace.frames))

    assert sent[1] > sent[0]
    assert workplace.loaded == 3


# --- answers that are known -------------------------------------------------------------------------------


def test_a_law_does_not_look_twice_at_the_same_answers() -> None:
    kept, law = Kept(), Looked(check_double_is_twice)
    (first, looked), (second, looked_again) = (law.at(f"{RIGHT}# {n}\n", kept) for n in range(2))

    assert (looked, looked_again) == (60, 1)  # at the first answer it looks itself
    assert comparable(second) == comparable(first)


def test_other_answers_that_keep_the_law_are_known_from_then_on() -> None:
    other = "def double(x):\n    return x * 0.7 + x * 1.3\n"
    kept, law = Kept(), Looked(check_double_is_twice)
    law.at(RIGHT, kept)

    looked = [law.at(source, kept)[1] for source in (other, f"{other}# again\n", RIGHT)]

    assert looked[0] > 10
    assert looked[1:] == [1, 1]


def test_answers_that_break_the_law_are_looked_at_however_often_they_come() -> None:
    wrong = "def double(x):\n    return x + x if x.numel() < 5 else x\n"
    kept, law = Kept(), Looked(check_double_is_twice)
    law.at(RIGHT, kept)

    reports = [law.at(wrong, kept)[0] for _ in range(3)]

    assert [comparable(report) for report in reports] == [comparable(law.at(wrong, Kept())[0])] * 3
    assert not reports[0].passed


def test_answers_after_which_a_law_asks_on_are_known_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    @check("double")
    @given_inputs(x=tensors(ndim=1))
    def check_double_asks_on(learner: Any, x: torch.Tensor) -> None:
        """Of zeros it may give either zero."""
        if bool(torch.signbit(learner.double(torch.zeros(2))).any()):
            agree(learner.double(x + 1), 2 * (x + 1))

    # Nothing is ahead then at the end of an example, so that the law may ask on.
    monkeypatch.setattr("grader.sandbox.batches._SIZES", ())
    monkeypatch.setattr("grader.sandbox.batches._SIZE", 1)
    negative = "def double(x):\n    return x + x if x.any() else -(x + x)\n"
    kept = Kept()

    right = [graded(source, InBatches(), kept, check_double_asks_on) for source in (RIGHT, negative)]
    wrong = graded(
        negative.replace("x + x if", "x + x * (x.numel() < 5) if"), InBatches(), kept, check_double_asks_on
    )

    assert all(report.passed for report in right)
    assert not wrong.passed


def test_what_one_submission_printed_makes_no_answer_known() -> None:
    printing = "def double(x):\n    print(x.numel())\n    return x + x\n"
    kept, law = Kept(), Looked(check_double_is_twice)
    first, _ = law.at(printing, kept)

    second, looked = law.at(f"{printing}# again\n", kept)

    assert looked == 60
    assert second.output == first.output


def test_an_answer_is_known_for_one_device_only() -> None:
    channel = InProcess()
    channel.request(protocol.pack(Request("load", "def f(x): return x")), b"", 1.0)
    frames = [(protocol.pack(Request("call", "f", args=(number,), seed=1)), b"") for number in range(9)]
    recorder = Recorder(channel, "cpu")
    for header, body in frames:
        recorder.request(header, body, 1.0)
        recorder.end_example()

    for device, known in ("cpu", [False, *[True] * 8]), ("cuda", [False] * 9):
        batches = Batches(channel, recorder.recording(), device)
        found = []
        for header, body in frames:
            found.append(batches.next_is_known(1.0))
            if not found[-1]:
                batches.request(header, body, 1.0)
                batches.end_example()
        assert found == known
        assert not batches.end()


# --- with a process that can be lost ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(limits=Limits(call_s=0.5)) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("deed", "cause"),
    [
        pytest.param("while True: pass", Cause.OUT_OF_TIME, id="endless"),
        pytest.param("import os; os._exit(3)", Cause.LOST, id="leaves"),
        pytest.param("import os; os.write(3, b'12345678' * 9)", Cause.LOST, id="writes to the socket"),
    ],
)
def test_a_process_that_is_lost_in_a_batch_is_blamed_at_its_own_call(
    sandbox: Sandbox, deed: str, cause: Cause
) -> None:
    source = f"def double(x):\n    if x.numel() > 4:\n        {deed}\n    return x + x\n"
    kept = Kept()
    graded(RIGHT, sandbox, kept)

    batched, alone = graded(source, sandbox, kept), graded(source, sandbox, Kept())

    assert batched.checks[0].cause is cause
    assert comparable(batched) == comparable(alone)
    assert graded(RIGHT, sandbox, kept).passed


def test_calls_that_take_their_time_are_not_out_of_it_together(sandbox: Sandbox) -> None:
    source = "import time\ndef double(x):\n    time.sleep(0.05)\n    return x + x\n"
    kept = Kept()

    reports = [graded(source, sandbox, kept) for _ in range(2)]

    assert all(report.passed for report in reports)


# --- frames -----------------------------------------------------------------------------------------------


def test_requests_that_differ_from_what_was_sent_end_the_batch() -> None:
    channel = InProcess()
    channel.request(protocol.pack(Request("load", "def f(x): return x")), b"", 1.0)
    frames = [(protocol.pack(Request("call", "f", args=(number,), seed=1)), b"") for number in range(9)]
    recorder = Recorder(channel)
    for header, body in frames:
        recorder.request(header, body, 1.0)
    recorder.end_example()
    recording = recorder.recording()
    batches = Batches(channel, recording)

    answers = [batches.request(header, body, 1.0) for header, body in frames[:5]]

    assert [protocol.unpack_reply(header).value for header, _ in answers] == [0, 1, 2, 3, 4]
    with pytest.raises(Diverged):
        batches.request(*frames[0], 1.0)
    assert batches.end()
    assert recording.misses == 1


FRAMES = st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.binary(max_size=40)), max_size=5)


@given(frames=FRAMES)
@settings(max_examples=50, deadline=None)
def test_a_batch_is_read_as_it_was_written(frames: list[tuple[bytes, bytes]]) -> None:
    assert protocol.split_frames(bytearray(protocol.join_frames(frames))) == frames


@given(data=st.binary(max_size=80))
@example(data=b"\0" * 12)
@example(data=b"\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0")
@settings(max_examples=200, deadline=None)
def test_junk_is_no_batch(data: bytes) -> None:
    try:
        frames = protocol.split_frames(bytearray(data))
    except WireError:
        return
    assert protocol.join_frames((header, bytes(body)) for header, body in frames) == data


@pytest.mark.parametrize("count", [0, 3])
def test_a_guest_that_answers_another_number_of_calls_is_lost(count: int) -> None:
    class Forger(InProcess):
        reason = ""

        def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
            one = protocol.pack(Reply("ok", 1))
            return (
                (one, bytearray()) if header else (b"", bytearray(protocol.join_frames([(one, b"")] * count)))
            )

        def distrust(self, reason: str) -> None:
            self.reason = reason

    forger = Forger()
    recorder = Recorder(forger)
    recorded = Learner(recorder)
    recorded.begin_example(1)
    for _ in range(3):
        recorded.f()
    recorder.end_example()
    batches = Batches(forger, recorder.recording())
    learner = Learner(batches)
    learner.begin_example(1)
    learner.f()

    with pytest.raises(LearnerLost, match=f"{count} answers to 2 calls"):
        learner.f()

    assert f"{count} answers to 2 calls" in forger.reason
    assert batches.end()
