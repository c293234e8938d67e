"""Run one check on one learner: inputs are drawn, tried and shrunk, and the last failing one is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import hypothesis

from grader.checking.check import Check
from grader.checking.comparison import answers_from
from grader.checking.failures import CheckFailure, NotCheckable
from grader.checking.strategies import short_sides
from grader.engine.curves import curve_of
from grader.engine.failure import Failure, failure_of
from grader.engine.generation import (
    DRAW,
    DRAW_AND_SHRINK,
    REPEAT,
    REPEAT_AND_SHRINK,
    Kept,
    has_failed_before,
    run_examples,
    size_of,
)
from grader.engine.gradient_faults import gradient_fault
from grader.engine.inputs_file import Inputs
from grader.engine.profile import Profile
from grader.records import (
    UNANSWERED_CAUSES,
    Cause,
    Chapter,
    CheckResult,
    Curve,
    GradientFinding,
    Outcome,
    Overrun,
    TimeLimit,
)
from grader.sandbox.batches import Batches, Diverged, Recorder
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.process_time import BACKSTOP
from grader.sandbox.protocol import WireError
from grader.sandbox.proxy import Learner

# A failure is known before it is shrunk; this many seconds find the smallest input of nearly all. They are of the time
# that the grader and the learner's code ran, so that a busy machine finds the same one.
SHRINK_LIMIT_S = 8.0
SHORT_SIDES_LIMIT_S = 2.0
# Of what takes so long to fail those seconds would find nothing smaller. An example of a lesson takes milliseconds.
SLOW_S = 0.25
LONG = (2, 1)  # 2 first: on sides of 1 many mistakes look alike
FEW = 20  # inputs with short sides that are tried: nearly every mistake shows in one of them

_Answer = TypeVar("_Answer")


class _Stop(BaseException):
    """Ends a check at once, unshrunk; the failure is recorded already."""


class Trial:
    """One check on one learner: examples drawn, run, shrunk; the last failing one kept.

    Whatever happens in an example becomes one of three things: the law holds, a failure that Hypothesis may shrink, or
    a failure that ends the check at once (a lost process, a timeout, a stub: shrinking would only repeat it).

    Args:
        check: the law.
        learner: whose code is judged; its deadline is set to what is left of this check.
        profile: how many examples, from which seed, shrunk or not.
        chapter: says which operations the check's exercise bars; its stem enters the seed.
        limit_s: seconds of the learner's own time that the whole check may take; drawing inputs and comparing what
            came is the grader's. As a last resort ten times as long by anybody's clock.
        tell_early: hears of a failure that is about to be shrunk.
        leads: whether no law of its exercise failed before, so that a card shows this one: its input is made as small
            as can be, and a wrong function of one variable gets its curve. To shrink takes as long as judging the
            whole chapter; of the laws that fail with it the smallest input that was tried will do.
        in_batches: whether its calls may be sent many at a time. It may then have to be repeated, in a new process.
        before: the trial in batches that this one repeats call by call.
        long: what sides of more than 3 become where a failure is looked for on short ones, one after the other.

    Attributes:
        shown_at: which of them showed the failure; None where none did.
        must_repeat: whether it did not come to an end in batches. The process was then asked more than the check asked
            so far, so it is of no use any more.
    """

    def __init__(
        self,
        check: Check,
        learner: Learner,
        profile: Profile,
        chapter: Chapter,
        limit_s: float,
        tell_early: Callable[[CheckResult], None] = lambda result: None,
        *,
        leads: bool = True,
        in_batches: bool = False,
        before: Trial | None = None,
        long: Sequence[int] = LONG,
    ) -> None:
        self.check, self.learner, self.profile, self._tell_early = check, learner, profile, tell_early
        self._leads, self._shrinks, self._before = leads, leads and profile.shrink, before
        self.seed = profile.seed_of(chapter.stem, check.name)
        self.failure: Failure | None = None
        self.examples = 0
        self.lost = False
        self.not_checkable = ""
        self._is_slow = False
        self.must_repeat, self._in_batches = False, in_batches
        self._long = long
        self.shown_at: int | None = None
        self._start = time.monotonic()
        self._limit_s, self._spent_before = limit_s, learner.spent_s
        self._shrink_limit_s, self._shrink_end = SHRINK_LIMIT_S, float("inf")
        learner.barred = chapter.forbidden(check.exercise)
        learner.deadline_s = lambda: max(0.01, limit_s - self.spent_s)

    @property
    def spent_s(self) -> float:
        """Seconds of the learner's own time that the check has taken so far."""
        return self.learner.spent_s - self._spent_before

    @property
    def _work_s(self) -> float:
        """Seconds that the grader ran, and that the learner's code took; only differences mean something."""
        return time.thread_time() + self.learner.spent_s

    def run(self) -> CheckResult:
        """Run the check; whatever the learner does, a result comes back."""
        try:
            with answers_from(self.learner.device):
                self._examples()
        except _Stop:
            pass
        except CheckFailure:
            pass
        except NotCheckable as reason:
            self.not_checkable = str(reason)
        except hypothesis.errors.Flaky:
            self._note_flaky()
        if self.must_repeat:
            return self._result()
        if self.failure is None and self._before is not None and self._before.has_shown_a_failure:
            self.failure = self._before.failure
            self._note_flaky()
        if self.profile.shrink and self.failure is not None and self.check.inputs and not self._is_slow:
            self._look_on_short_sides(self.failure)
        return self._result(self._gradient_finding(), self._curve())

    @property
    def has_shown_a_failure(self) -> bool:
        """Whether it met one that is no matter of a batch: that takes longer than a call, and may lose the process."""
        return self.failure is not None and self.failure.cause not in UNANSWERED_CAUSES

    def _examples(self) -> None:
        """Run all examples. Inputs kept from before come first: they are the same ones, and drawing is slow."""
        if not self.check.inputs:
            self._once()
            return
        if self.profile.kept is not None and self._keeps_with(self.profile.kept):
            return
        self.examples = 0
        self._run(DRAW_AND_SHRINK if self._shrinks else DRAW)
        # A failure that is not raised again at the end did not fail twice.
        if self.failure is not None:
            self._note_flaky()

    def _keeps_with(self, kept: Kept) -> bool:
        """Whether the law holds for what failed before and for all kept inputs; if not, the smallest is to be found."""
        memory = self.profile.memory
        if memory is not None and has_failed_before(self.check, memory):
            self._run(REPEAT_AND_SHRINK if self._shrinks else REPEAT)
        try:
            self._try_all(kept)
        except CheckFailure:
            if self.must_repeat or not self._shrinks:
                raise
            self._tell_early(self._result())
            return False
        return True

    def _try_all(self, kept: Kept) -> None:
        """The law on all kept inputs, its calls many at a time where it is on record which they are."""
        which = self.check, self.seed, self.profile.examples_of(self.check)
        connection, recording = self.learner.connection, kept.recording(*which)
        plain = connection.channel
        if not plain.carries_many or not self._in_batches:
            self._try_each(kept.inputs(*which))
        elif recording is None:
            connection.channel = recorder = Recorder(plain, self.learner.device)
            try:
                self._try_each(kept.inputs(*which), recorder.end_example)
            finally:
                connection.channel = plain
            kept.record(*which, recorder.recording())
        elif recording.is_worth_it:
            connection.channel = batches = Batches(plain, recording, self.learner.device)
            try:
                self._try_each(kept.inputs(*which, lambda: self._is_known(batches)), batches.end_example)
            except Diverged:
                raise _Stop from None
            finally:
                connection.channel = plain
                self.must_repeat = batches.end()
        else:
            self._try_each(kept.inputs(*which))

    def _try_each(self, inputs: Iterable[Inputs], kept_law: Callable[[], None] = lambda: None) -> None:
        """The law on each of these inputs.

        Args:
            kept_law: hears that one kept it.
        """
        for drawn in inputs:
            self._once(**drawn)
            kept_law()

    def _is_known(self, batches: Batches) -> bool:
        """Whether the law need not be run on the next example, because its answers are known to keep it."""
        try:
            known = batches.next_is_known(self.learner.connection.time_limit_s())
        except WireError as error:
            self.learner.connection.broken(error)
            raise _Stop from None
        except LearnerLost:
            raise _Stop from None
        self.examples += known
        return known

    def _run(self, phases: tuple[hypothesis.Phase, ...]) -> None:
        profile = self.profile
        run_examples(
            self.check, self._once, self.seed, profile.examples_of(self.check), phases, profile.memory
        )

    def _look_on_short_sides(self, found: Failure) -> None:
        """Show the same failure on inputs of fewer entries if it is there too; as shrinking, it changes no verdict."""
        examples, self._shrink_limit_s = self.examples, SHORT_SIDES_LIMIT_S
        shown = None
        for long in () if found.ends_check or not found.repeatable else self._long:
            tried = self._tried_on_short_sides(long)
            if tried is not None and tried.is_like(found) and size_of(tried.inputs) < size_of(found.inputs):
                shown, self.shown_at = tried, long
            if shown is not None or self.lost:
                break
        self.failure, self.examples = shown or found, examples

    def _tried_on_short_sides(self, long: int) -> Failure | None:
        """The smallest failure on inputs with short sides; None where there is none, or they cannot have them."""
        self.failure, self._shrink_end = None, float("inf")
        few = min(self.profile.examples_of(self.check), FEW)
        phases = DRAW_AND_SHRINK if self._shrinks else DRAW
        with short_sides(long) as sides, answers_from(self.learner.device):

            def once(**drawn: Any) -> None:
                if not sides.cut:
                    raise _Stop
                self._once(**drawn)

            try:
                run_examples(self.check, once, self.seed, few, phases)
            except (_Stop, CheckFailure, NotCheckable, hypothesis.errors.HypothesisException):
                pass
            except TypeError:  # its inputs cannot have them
                return None
        return self.failure

    def _once(self, **drawn: Any) -> None:
        """One example; every way to fail becomes one exception that Hypothesis shrinks, or one that ends the check."""
        self._require_time(drawn)
        self.examples += 1
        start_s = self.learner.spent_s
        self.learner.begin_example(self.seed & 0xFFFF_FFFF)
        try:
            self.check.body(self.learner, **drawn)
        except hypothesis.errors.HypothesisException:
            raise
        except (Exception, LearnerLost) as error:
            failure = failure_of(error)
            if isinstance(error, LearnerLost):
                self.lost = True
                if error.is_late and self.failure is not None and self.spent_s >= self._limit_s:
                    raise _Stop from None
                if error.is_late:
                    failure = replace(failure, overrun=self._call_overrun())
            # What is too large takes about as long: told by the clock, it would be shrunk on one day and not the next.
            self._is_slow = failure.is_too_large or self.learner.spent_s - start_s > SLOW_S
            self._keep(failure, drawn)
            if failure.ends_check or self._is_slow:
                raise _Stop from None
            if isinstance(error, CheckFailure):
                raise
            raise CheckFailure(failure.message) from None

    def _require_time(self, drawn: Mapping[str, Any]) -> None:
        """End the check where its time is over, or that for shrinking."""
        if self._work_s > self._shrink_end:
            raise _Stop
        if self.spent_s > self._limit_s or time.monotonic() > self._start + BACKSTOP * self._limit_s:
            if self.failure is not None:
                raise _Stop
            late = Cause.OUT_OF_TIME if self.spent_s > self._limit_s else Cause.STARVED
            self._keep(Failure(late, overrun=self._check_overrun()), drawn)
            raise _Stop

    def _call_overrun(self) -> Overrun:
        """The limit that a call met: its own, or what was left to the check where that was shorter."""
        call_s = self.learner.limits.call_s
        return self._check_overrun() if self.spent_s >= self._limit_s else Overrun(TimeLimit.CALL, call_s)

    def _check_overrun(self) -> Overrun:
        return Overrun(TimeLimit.CHECK, self._limit_s)

    def _keep(self, failure: Failure, drawn: Mapping[str, Any]) -> None:
        """Keep a failing example; the last one kept is the smallest, because Hypothesis repeats it at the end."""
        if self.failure is None:
            self._shrink_end = self._work_s + (self._shrink_limit_s if self.profile.shrink else 0.0)
        function = failure.function if failure.function != self.check.exercise else ""
        self.failure = replace(
            failure, function=function, inputs=dict(drawn), calls=tuple(self.learner.calls)
        )

    def _note_flaky(self) -> None:
        """The same input gave another answer: a failure of its own, and no fault of the engine."""
        self.failure = replace(self.failure or Failure(Cause.BROKEN_LAW), repeatable=False)

    def _gradient_finding(self) -> GradientFinding | None:
        """How a gradient is wrong, when that can be told."""
        failure = self.failure
        if failure is None or failure.gradients is None:
            return None
        shown = failure.gradients
        return self._asked(lambda: gradient_fault(self.check, self.learner, self.seed, shown))

    def _curve(self) -> Curve | None:
        """Both curves of a wrong function of one variable."""
        failure = self.failure
        if failure is None or failure.index is None or not self._leads:
            return None
        return self._asked(lambda: curve_of(self.check, self.learner, self.seed))

    def _asked(self, question: Callable[[], _Answer | None]) -> _Answer | None:
        """Ask the learner's code once more to explain a failure; as shrinking, it changes no verdict.

        Only where somebody will read it. A name or a picture is a courtesy: none is better than a wrong verdict.
        """
        if self.lost or not self.profile.shrink:
            return None
        try:
            return question()
        except LearnerLost:
            self.lost = True
        except Exception:
            pass
        return None

    def _result(self, gradient: GradientFinding | None = None, curve: Curve | None = None) -> CheckResult:
        """What was found so far, in a record that holds plain text alone."""
        check, failure = self.check, self.failure
        result = CheckResult(
            name=check.name,
            exercise=check.exercise,
            title=check.title,
            outcome=Outcome.PASSED,
            weight=check.weight,
            gradient=gradient,
            hint=check.hint,
            seed=self.seed,
            examples=self.examples,
            seconds=round(time.monotonic() - self._start, 3),
            curve=curve,
        )
        if failure is not None:
            return failure.told_in(result)
        if self.not_checkable:  # what cannot be judged neither costs nor gives anything
            return replace(result, weight=0.0, cause=Cause.UNCHECKABLE, message=self.not_checkable)
        return result
