"""The records that travel from stage to stage, in the order they are made.

Every stage takes the record before it and makes the next: course, submission, ruling, report, class. All are frozen
and hold values only, so that they can be kept, compared and sent to another process. Words are made of them last.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

# --- the course (made by course/) -------------------------------------------------------------------------


@dataclass(frozen=True)
class Exercise:
    """One function or class to write. `forbidden` names the built-ins that would be the answer itself.

    Args:
        name: of the function or class; unique in its chapter.
        points: what passing all its checks is worth.
        forbidden: words for operations of torch, see `grader.sandbox.operations`.
        extra: whether it is a bonus, which nobody has to do.
    """

    name: str
    points: float
    forbidden: tuple[str, ...] = ()
    extra: bool = False

    @property
    def worth(self) -> float:
        """Points that count: none for an extra."""
        return 0.0 if self.extra else self.points


def label_of(stem: str) -> str:
    """The short name of a chapter: what stands before the first `_` if it ends with a number, else the whole stem."""
    first = stem.split("_", 1)[0]
    return first if first[-1:].isdecimal() else stem


@dataclass(frozen=True)
class Chapter:
    """One file of exercises. `imports` are the modules its submissions may import beyond the common ones.

    Args:
        stem: names its file in every folder, such as ch03_activations.
        title_zh: the title in Chinese, the language of the essay that the twelve chapters follow; may be empty.
        sections: the parts of that essay which it covers; a course of one's own may leave them out.
        minutes: how long a learner needs for it.
        deadline: with a time zone; None if there is none.
        checks: the file of its checks, where a course has its own; None for those of the kit.
    """

    stem: str
    title: str
    title_zh: str
    sections: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    imports: tuple[str, ...] = ()
    minutes: int = 75
    deadline: datetime | None = None
    checks: Path | None = None

    @property
    def label(self) -> str:
        """The short name typed on the command line: ch03 for ch03_activations, the whole stem without a number."""
        return label_of(self.stem)

    @property
    def points(self) -> float:
        """Points that count; extras are on top."""
        return sum(exercise.worth for exercise in self.exercises)

    @property
    def counted(self) -> tuple[Exercise, ...]:
        """The exercises without the extras."""
        return tuple(exercise for exercise in self.exercises if not exercise.extra)

    def forbidden(self, exercise: str) -> tuple[str, ...]:
        """The operations that an exercise bars; none for one that is not the chapter's."""
        return next((one.forbidden for one in self.exercises if one.name == exercise), ())

    def exercise(self, name: str) -> Exercise:
        """The exercise called `name`; KeyError if there is none."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise KeyError(name)


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Seconds are the learner's own time: what its process waits for a core is not counted.

    Args:
        call_s: for one call into the learner's code.
        check_s: for all calls of one check.
        chapter_s: for all checks of one submission.
        memory_mib: what may be used on top of what torch itself takes.
        output_kib: printed text that is kept; the rest is dropped.
    """

    call_s: float = 5.0
    check_s: float = 30.0
    chapter_s: float = 240.0
    memory_mib: int = 2048
    output_kib: int = 64


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs: a share of the chapter's points for each day begun after the deadline, up to a cap.

    Nothing within the grace; past it days count from the deadline all the same.

    Args:
        grace_min: minutes after the deadline that cost nothing.
        percent_per_day: of the chapter's points.
        cap_percent: the most that is ever taken off.
    """

    grace_min: float = 0.0
    percent_per_day: float = 0.0
    cap_percent: float = 100.0


class Counts(StrEnum):
    """Which of several attempts counts."""

    LAST = "last"
    BEST = "best"


class ShowSolutions(StrEnum):
    """When a learner may see how an exercise is solved."""

    NEVER = "never"
    AFTER_PASS = "after_pass"
    ALWAYS = "always"


@dataclass(frozen=True)
class Course:
    """A whole course, as course.yml states it; `root` is the folder that holds course.yml.

    Args:
        title_zh: the title in Chinese; empty if it has none.
        practice_examples: inputs per check while practising, when speed counts.
        grade_examples: inputs per check when work is graded.
        counts: which attempt counts when something was handed in several times.
        name: of a course with checks of its own; empty for one that is judged by the kit's.
        home: the folder that those checks, and untouched exercises, are read from.
        show_solutions: when `brick show` opens a solution that lies there.
    """

    root: Path
    title: str
    title_zh: str
    chapters: tuple[Chapter, ...]
    practice_examples: int = 25
    grade_examples: int = 100
    limits: Limits = field(default_factory=Limits)
    late: LatePolicy = field(default_factory=LatePolicy)
    counts: Counts = Counts.LAST
    name: str = ""
    home: Path | None = None
    show_solutions: ShowSolutions = ShowSolutions.AFTER_PASS


# --- a submission (made by submissions/) ------------------------------------------------------------------


@dataclass(frozen=True)
class SourceLine:
    """Where a line of `Submission.source` came from, for messages: a file's line, or a notebook's cell and line.

    Both count from 1.
    """

    line: int
    cell: int | None = None

    def __str__(self) -> str:
        return f"line {self.line}" if self.cell is None else f"cell {self.cell}, line {self.line}"


@dataclass(frozen=True)
class Submission:
    """One learner's source for one chapter.

    `origins[i]` says where line i + 1 of `source` came from; empty if they are the file's own lines. `unread` are
    the lines where cells of a notebook, left out here, cannot be read, and why. `left_out` are cells and lines that
    are left out for another reason; `notes` say what its author should know of no line in it, such as another file
    that this one was taken for.

    Args:
        sha256: of the source and of what is told about it; the same work has the same one.
    """

    chapter: Chapter
    source: str
    path: Path
    sha256: str
    origins: tuple[SourceLine, ...] = ()
    unread: tuple[tuple[int, str], ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    def origin(self, line: int) -> SourceLine:
        """Where a line of `source` stands in what was handed in; itself where nothing else is known."""
        return self.origins[line - 1] if 0 < line <= len(self.origins) else SourceLine(line)

    def place(self, line: int | None) -> str:
        """Name the file and a line of `source` as their author knows them."""
        return str(self.path) if line is None else f"{self.path}, {self.origin(line)}"


# --- the rules' verdict (made by rules/) ------------------------------------------------------------------


class Refusal(StrEnum):
    """Why the rules refuse a name. `report/refusals.py` has the sentence for each."""

    ANSWER = "answer"  # the operation is what the exercise asks to be built
    NOT_LISTED = "not listed"  # torch or Python has it, the course does without
    ABSENT = "absent"  # the module has no such name at all
    BUILT_HERE = "built here"  # a layer, loss or optimizer that some chapter is about
    BY_HAND = "by hand"  # automatic differentiation
    REAL_NUMBERS = "real numbers"  # complex numbers: a step along the imaginary axis measures any slope
    SECOND_ROAD = "second road"  # another library that computes beside torch, unseen by the sandbox
    UNWATCHED = "unwatched"  # compiles or runs code where the sandbox cannot see which operation it is
    UNREADABLE_NAME = "unreadable name"  # which attribute is meant is known only when it runs
    INTERNAL = "internal"  # belongs to the interpreter: frames, code, dunder attributes
    OUTSIDE = "outside"  # files, network, keyboard
    NOT_INSTALLED = "not installed"  # no such library where work is graded
    RANDOM = "random"  # random numbers without a generator that can be seeded
    EVERY_DEVICE = "every device"  # works on the CPU alone
    MODULE_AS_VALUE = "module as value"  # a module passed on like a number
    ONE_ARGUMENT = "one argument"  # type(x) and wraps(f) make other things of more arguments
    CONTEXT_ONLY = "context only"  # an object that could be made to switch gradients on when it is left
    NOT_OWN = "not own"  # sets or deletes an attribute of what is not the submission's
    SUBCLASS = "subclass"  # derives from a class of a library
    TWO_MEANINGS = "two meanings"  # one name for an import and for something else
    OTHER_FILE = "other file"  # another chapter, the grader
    IMPORTED_EXERCISE = "imported exercise"  # the exercise itself is imported instead of written
    FORM = "form"  # a form of statement that the course does without


@dataclass(frozen=True)
class Breach:
    """One use of something the rules do not allow. `exercises` are the ones that reach it, worth 0.

    `line` counts in `Submission.source`; `origin` is the same line as its author knows it.
    `near` is the name that may have been meant, where there is one.

    Args:
        name: what was used, as the file writes it.
    """

    line: int
    name: str
    refusal: Refusal
    exercises: tuple[str, ...]
    origin: SourceLine | None = None
    near: str = ""

    @property
    def place(self) -> SourceLine:
        """The line to show."""
        return self.origin or SourceLine(self.line)


@dataclass(frozen=True)
class Ruling:
    """What the rules make of a submission: the source that may run, and what was held back.

    Args:
        source: Python that may be run: what was refused or has no part in an exercise is not in it.
        dropped: lines of the submission that were left out, and why.
        defined: the names that it defines, exercises and helpers, in order.
    """

    source: str
    breaches: tuple[Breach, ...] = ()
    dropped: tuple[tuple[int, str], ...] = ()
    defined: tuple[str, ...] = ()

    def barred(self) -> frozenset[str]:
        """Exercises that score 0 because of a breach."""
        return frozenset(name for breach in self.breaches for name in breach.exercises)


# --- the verdict (made by engine/) ------------------------------------------------------------------------


class Outcome(StrEnum):
    """The three states of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


class Cause(StrEnum):
    """Why a check failed or was not run. Whoever decides something looks here, never into a message.

    What only one kind of caller can tell apart, such as the exception's name, is in `CheckResult.message`.
    """

    BROKEN_LAW = "broken law"
    UNWRITTEN = "not written"  # the stub's NotImplementedError still stands there
    MISSING = "missing"  # the file does not define the name
    RAISED = "raised"
    LOST = "lost"  # the learner's process ended by its own doing, or sent what is no answer
    KILLED = "killed"  # the system ended it, perhaps for want of memory
    OUT_OF_TIME = "out of time"  # of its own: waiting for a core is not counted
    STARVED = "starved"  # ten times a limit passed, most of it without a core
    UNCHECKABLE = "not checkable"
    BARRED = (
        "barred"  # by the rules, before anything ran, or by the sandbox, when a barred operation was called
    )
    WAITING = "waiting for another"
    GIVEN_UP = "given up"  # the exercise lost its process several times, so it is not asked any more


# There was no answer to be judged.
UNANSWERED_CAUSES = frozenset({Cause.LOST, Cause.KILLED, Cause.OUT_OF_TIME, Cause.STARVED})
# Another try may end otherwise: a process can be killed, or kept from a core, because of what else the machine did.
TRANSIENT_CAUSES = frozenset({Cause.KILLED, Cause.STARVED})


class ReportState(StrEnum):
    """How far a submission came."""

    GRADED = "graded"
    UNREADABLE = "unreadable"  # not one line ran
    NOT_LOADED = "not loaded"  # its definitions raised, ended the process, or took too long
    KIT_FAULT = "fault of the kit"  # says nothing about the learner
    BY_HAND = "by hand"  # nothing was graded; a person gave the points


class TimeLimit(StrEnum):
    """Which of the course's limits was met."""

    CALL = "call"
    CHECK = "check"
    CHAPTER = "chapter"


@dataclass(frozen=True)
class Overrun:
    """A limit of time that was met, and its length in seconds.

    The length is the limit's, not what was used.
    """

    limit: TimeLimit
    seconds: float


@dataclass(frozen=True)
class Problem:
    """Why a report is not `GRADED`.

    For what cannot be read `what`, `where` and `next_step` are the three parts of the error. For what cannot be
    loaded `cause` says how it went wrong, `what` is the exception or how the process ended, `line` where it raised.
    For a fault of the kit all are empty: `Report.output` holds the details.
    """

    what: str = ""
    where: str = ""
    next_step: str = ""
    cause: Cause | None = None
    line: SourceLine | None = None
    overrun: Overrun | None = None


@dataclass(frozen=True)
class Note:
    """A part of the submission that was left out, and why; `place` is None where it is no line of the file.

    `always` marks what may have been meant to be graded, a cell or a file: it is shown however many notes there are.
    """

    place: SourceLine | None
    why: str
    always: bool = False


@dataclass(frozen=True)
class RecordedCall:
    """One call into the learner's code, as text a person can paste: `softmax(tensor([[0., 0.]]))`.

    `result` is what came of it, or the exception if it `raised`; `runs` tells whether the expression is code as it
    stands, with no value cut short.
    """

    expression: str
    result: str
    raised: bool = False
    runs: bool = True


@dataclass(frozen=True)
class Counterexample:
    """The smallest input that fails: its drawn values, the calls made with them, what came and what should have.

    Args:
        inputs: name and value of each drawn input.
        calls: those that were made with them, in order.
        got: what came; empty where the check fails in another way than by a value.
        expected: what should have come.
        worst: the entry that is furthest off, in words.
    """

    inputs: tuple[tuple[str, str], ...] = ()
    calls: tuple[RecordedCall, ...] = ()
    got: str = ""
    expected: str = ""
    worst: str = ""
    left_out: int = 0  # calls between the first and the last ones, too many to show
    index: tuple[int, ...] | None = None  # of the worst entry, where both values are tensors

    @property
    def can_run(self) -> bool:
        """Whether the calls can be made again as they are written."""
        return bool(self.calls) and not self.left_out and all(call.runs for call in self.calls)


@dataclass(frozen=True)
class Curve:
    """A function of one variable as the learner's code has it, beside the right one.

    Args:
        x: inputs, rising.
        got: what came at each; None where that is no finite number.
        expected: what should have.
        over: the learner's name for the input.
        is_slope: whether the values are slopes: a gradient over the gradient of the output that was given.
    """

    x: tuple[float, ...]
    got: tuple[float | None, ...]
    expected: tuple[float, ...]
    over: str = "x"
    is_slope: bool = False


class GradientFault(StrEnum):
    """What a wrong gradient has to do with the right one."""

    OWN_FORWARD = "own forward"  # it is the gradient of the learner's own forward, which is wrong
    ZERO = "zero"
    LAST_DIGITS = "last digits"
    SCALED = "scaled"
    TRANSPOSED = "transposed"
    FIRST_ROW = "first row"  # only that one is right
    MISSING_SUM = "missing sum"
    NO_GRAD_OUT = "no grad_out"  # the gradient from above is not multiplied in


class Scale(StrEnum):
    """What a factor between a wrong gradient and the right one is, where it is not the same number in every case."""

    BATCH = "batch"
    ENTRIES = "entries"
    WIDTH = "width"  # of the last axis
    ROOT_OF_WIDTH = "root of width"
    KEPT_SHARE = "kept share"  # 1 - p of dropout


@dataclass(frozen=True)
class GradientFinding:
    """How a gradient is wrong: in the failing case and in every other one that was tried.

    Args:
        fault: what it has to do with the right one.
        cases: in how many generic cases that was so: two entries or more, no ties, no zeros.
        factor: of a scaled one, where it is the same number in all of them.
        scale: of a scaled one, what the factor is in each of them.
        inverse: whether it is 1 over that.
        axis: over which a sum is missing.
    """

    fault: GradientFault
    cases: int
    factor: float | None = None
    scale: Scale | None = None
    inverse: bool = False
    axis: int | None = None


class Likeness(StrEnum):
    """How near a learner's answers come to those of a known mistake."""

    SAME = "same"  # each wrong answer that was tried
    NEAREST = "nearest"  # most of them, and far more than to any other's


@dataclass(frozen=True)
class CheckResult:
    """What one check found; `report.reasons` makes the sentence that a person reads.

    Args:
        name: the check's own name, unique in its chapter.
        title: the law, as the learner reads it.
        weight: its share of the exercise's points.
        cause: why it did not pass; None where it passed, or where `Report.state` says why nothing was judged.
        message: the particulars: what the comparison found, the exception, the missing name, how a process ended.
        explanation: of a missing name, why the cell that may hold it was left out.
        gradient: how a gradient is wrong, where that holds in all cases tried.
        line: where the learner's code raised; for a missing name, the cell left out that may hold it.
        function: the function of the file that raised or is not written, where that is not the exercise itself.
        waits_for: the title of the check that must pass first.
        overrun: the limit that was met.
        repeatable: False when the same call gave another answer the second time.
        hint: where to look, shown on request.
        diagnosis: the known mistake that gives the same results, or nearly.
        likeness: which of both; None without a diagnosis.
        seed: fixes the inputs.
        examples: how many were tried.
        seconds: how long that took, by the clock.
        curve: both functions, where a function of one variable is wrong.
    """

    name: str
    exercise: str
    title: str
    outcome: Outcome
    weight: float
    cause: Cause | None = None
    message: str = ""
    explanation: str = ""
    gradient: GradientFinding | None = None
    line: SourceLine | None = None
    function: str = ""
    waits_for: str = ""
    overrun: Overrun | None = None
    repeatable: bool = True
    hint: str = ""
    counterexample: Counterexample | None = None
    diagnosis: str = ""
    likeness: Likeness | None = None
    seed: int = 0
    examples: int = 0
    seconds: float = 0.0
    curve: Curve | None = None

    @property
    def is_unwritten(self) -> bool:
        """Whether it failed only because the stub still stands there, and not one that it builds on."""
        return self.cause is Cause.UNWRITTEN and not self.function

    @property
    def replay_id(self) -> str:
        """What is typed after `brick replay`: names the check and its failing calls; empty if there are none."""
        if self.counterexample is None or not self.counterexample.calls:
            return ""
        calls = "\n".join(call.expression for call in self.counterexample.calls)
        return hashlib.sha256(f"{self.exercise}/{self.name}\n{calls}".encode()).hexdigest()[:6]


@dataclass(frozen=True)
class ExerciseScore:
    """Points of one exercise: its share of passed weight, 0 when barred by the rules.

    Args:
        max_points: what the exercise is worth, an extra as well.
        barred: whether a broken rule took the points.
        judged: what the checks give, where a person set other points; None where the points are the checks' own.
    """

    name: str
    points: float
    max_points: float
    extra: bool = False
    barred: bool = False
    judged: float | None = None

    @property
    def counts(self) -> float:
        """Points that count: none for an extra."""
        return 0.0 if self.extra else self.points


@dataclass(frozen=True)
class Report:
    """The verdict on one submission for one chapter: one result per check listed beforehand.

    Args:
        chapter: its stem.
        checks: in the order of the checks' file, whatever came back: to end the run early gains nothing.
        problem: why the state is not `GRADED`; None if it is.
        profile: practice or grade; it decides how many inputs are tried, and from which seed.
        isolation: the level the submission ran at.
        submission_sha256: what was judged; empty where the report was put together of several texts.
        checks_sha256: by what it was judged; another one means that it may be judged anew.
        kit: the version of the kit.
        seconds: from reading to the verdict, by the clock.
        output: what was printed; for a fault of the kit, the traceback.
    """

    chapter: str
    title: str
    path: str
    checks: tuple[CheckResult, ...]
    exercises: tuple[ExerciseScore, ...]
    breaches: tuple[Breach, ...] = ()
    notes: tuple[Note, ...] = ()
    state: ReportState = ReportState.GRADED
    problem: Problem | None = None
    profile: str = "practice"
    device: str = "cpu"
    isolation: str = "plain"
    submission_sha256: str = ""
    checks_sha256: str = ""
    kit: str = ""
    seconds: float = 0.0
    output: str = ""

    @property
    def points(self) -> float:
        """Points that count, extras left out."""
        return sum(score.counts for score in self.exercises)

    @property
    def max_points(self) -> float:
        """The most there is, extras left out."""
        return sum(score.max_points for score in self.exercises if not score.extra)

    @property
    def is_graded(self) -> bool:
        """Whether the checks could speak: the file was read and loaded, and the kit did its part."""
        return self.state is ReportState.GRADED

    @property
    def is_whole(self) -> bool:
        """Whether every check passed, of a bonus too, and nothing was refused."""
        all_passed = all(result.outcome is Outcome.PASSED for result in self.checks)
        return all_passed and not self.breaches and self.is_graded

    @property
    def passed(self) -> bool:
        """Whether nothing that counts was lost: a bonus may be open, unless it is all that was judged."""
        if not self.max_points:
            return self.is_whole
        return self.is_graded and self.points > self.max_points - 1e-9

    @property
    def unanswered(self) -> CheckResult | None:
        """The first check whose process was lost, killed, late or kept from a core."""
        return next((result for result in self.checks if result.cause in UNANSWERED_CAUSES), None)

    @property
    def is_transient(self) -> bool:
        """Whether a process was killed or kept from a core, so that another try may end otherwise."""
        return bool(self._causes & TRANSIENT_CAUSES)

    @property
    def is_final(self) -> bool:
        """Whether the next run takes this verdict over: not if another try may end otherwise, or the kit failed."""
        return self.state is not ReportState.KIT_FAULT and not self.is_transient

    @property
    def _causes(self) -> set[Cause | None]:
        causes = {result.cause for result in self.checks}
        return causes | {self.problem.cause} if self.problem else causes


# --- a class (made by grading/) ---------------------------------------------------------------------------


@dataclass(frozen=True)
class HandIn:
    """When the submission that counts was handed in, which attempt it was, and what its lateness takes off.

    `late_s` counts from the deadline, grace included; `deducted` is in points.

    Args:
        time: None where nobody knows it; then nothing is late.
        attempt: the number of the one that counts, from 1.
        attempts: how many there were.
    """

    chapter: str
    time: datetime | None = None
    attempt: int = 1
    attempts: int = 1
    late_s: float = 0.0
    deducted: float = 0.0


class AdjustmentKind(StrEnum):
    """What a person may decide about a result."""

    SCORE = "score"  # the points of a chapter or an exercise are set
    COMMENT = "comment"
    EXCUSE = "excuse"  # a chapter, an exercise or a check does not count, not in the maximum either
    EXTENSION = "extension"  # another deadline
    UNDO = "undo"  # an earlier entry is in force no longer


@dataclass(frozen=True)
class Adjustment:
    """One decision of a person about what the checks found; it is never changed, only undone by another one.

    Args:
        number: its own, from 1 in the order of making.
        by, made, reason: who decided, when, and why. The learner reads the reason.
        learner: whom it is about; empty for everybody.
        chapter: the stem; empty for an undo.
        exercise, check: what it is about, empty for the whole chapter or exercise.
        mistake: the id of a mistake, see `grading.mistakes`; then it is about those who make it.
        points: set by a score.
        judged: what the checks gave when the score was set; None if nothing was graded then.
        comment: its words.
        deadline: of an extension, with a time zone.
        undoes: the number of the entry that an undo takes out of force.
    """

    number: int
    kind: AdjustmentKind
    by: str
    made: datetime
    reason: str
    learner: str = ""
    chapter: str = ""
    exercise: str = ""
    check: str = ""
    mistake: str = ""
    points: float | None = None
    judged: float | None = None
    comment: str = ""
    deadline: datetime | None = None
    undoes: int | None = None


@dataclass(frozen=True)
class Member:
    """Somebody in the class, as the roster has them; every field but one may be empty.

    Args:
        name: "Given Family" or "Family, Given".
        number: the school's or the platform's id.
        section: the group or section; several are kept as the platform writes them.
        login: the name of their account, or a second id.
    """

    name: str = ""
    number: str = ""
    email: str = ""
    section: str = ""
    login: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All that somebody may call them by."""
        return tuple(text for text in (self.number, self.login, self.email, self.name) if text)

    @property
    def key(self) -> str:
        """What stays of a member when the other fields are mended: the first id there is, at last the name."""
        return next(iter(self.names), "").strip().casefold()


@dataclass(frozen=True)
class LearnerResult:
    """One learner's reports on an assignment: every chapter has one, is missing, waits for its verdict, or is excused.

    What a person decided is in these figures already; `grading.adjustments` is the one place that works it in.

    Args:
        learner: the name under which work was handed in.
        reports: those that count, one a chapter, without what is excused.
        missing: the chapters not handed in, with their points; each counts 0.
        hand_ins: when each was handed in.
        ungraded: chapters whose newest work has no verdict yet, with their points; what they count nobody knows.
        adjustments: what a person decided about this learner and is in force, the oldest first.
        excused: stems of the chapters that count nothing, in the maximum either.
        member: who it is by the roster, if there is one that knows.
    """

    learner: str
    reports: tuple[Report, ...]
    missing: tuple[tuple[str, float], ...] = ()
    hand_ins: tuple[HandIn, ...] = ()
    ungraded: tuple[tuple[str, float], ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    excused: tuple[str, ...] = ()
    member: Member | None = None

    @property
    def label(self) -> str:
        """What people read: the name by the roster too, where that is another than the one work was handed in under."""
        name = self.member.name if self.member else ""
        return f"{self.learner}, {name}" if name and name != self.learner else self.learner

    def hand_in(self, chapter: str) -> HandIn:
        """How the chapter was handed in; in time and once, if nothing else is known."""
        return next((found for found in self.hand_ins if found.chapter == chapter), HandIn(chapter))

    def adjustments_of(self, chapter: str) -> tuple[Adjustment, ...]:
        """What a person decided about this learner's chapter."""
        return tuple(found for found in self.adjustments if found.chapter == chapter)

    def worth_of(self, chapter: Chapter) -> float:
        """The most that a chapter can give this learner: less where a part is excused, 0 where all of it is."""
        if chapter.stem in self.excused:
            return 0.0
        if not any(a.kind is AdjustmentKind.EXCUSE for a in self.adjustments_of(chapter.stem)):
            return chapter.points
        report = next((found for found in self.reports if found.chapter == chapter.stem), None)
        others = dict((*self.missing, *self.ungraded))
        return report.max_points if report else others.get(chapter.stem, chapter.points)

    def set_by_hand(self, chapter: str) -> Adjustment | None:
        """The decision that set the points of a chapter as a whole; None if the checks give them."""
        scores = [
            a for a in self.adjustments_of(chapter) if a.kind is AdjustmentKind.SCORE and not a.exercise
        ]
        return scores[-1] if scores else None

    def points_of(self, report: Report) -> float:
        """Points of one chapter, less what lateness takes off, or those that a person set for it as a whole."""
        by_hand = self.set_by_hand(report.chapter)
        if by_hand is not None and by_hand.points is not None:
            return min(by_hand.points, report.max_points)
        return max(0.0, report.points - self.hand_in(report.chapter).deducted)

    @property
    def points(self) -> float:
        """Points over all chapters, less what lateness takes off."""
        return sum(self.points_of(report) for report in self.reports)

    @property
    def max_points(self) -> float:
        """The most there is; a chapter without a report counts, what is excused does not."""
        others = sum(worth for _, worth in (*self.missing, *self.ungraded))
        return sum(report.max_points for report in self.reports) + others

    @property
    def passed(self) -> bool:
        """Whether everything was handed in, and nothing that counts was lost."""
        return not (self.missing or self.ungraded) and all(report.passed for report in self.reports)

    @property
    def faults(self) -> tuple[str, ...]:
        """The chapters at which the kit failed, and no person set the points: theirs say nothing about the learner."""
        failed = [r.chapter for r in self.reports if r.state is ReportState.KIT_FAULT]
        return tuple(chapter for chapter in failed if not self.set_by_hand(chapter))

    @property
    def is_settled(self) -> bool:
        """Whether the points are final: nothing waits for a verdict, and the kit failed at nothing."""
        return not (self.ungraded or self.faults)


@dataclass(frozen=True)
class ClassResults:
    """A class as it stands: the chapters assigned, in the course's order, and every learner's results that count."""

    course: Course
    chapters: tuple[Chapter, ...]
    learners: tuple[LearnerResult, ...]


@dataclass(frozen=True)
class Change:
    """One learner's chapter that a regrade would let count otherwise; points are with lateness taken off."""

    learner: str
    chapter: Chapter
    before: float
    after: float
    old: Report
    new: Report
    old_hand_in: HandIn
    new_hand_in: HandIn

    @property
    def is_lower(self) -> bool:
        """Whether the learner loses by it."""
        return self.after < self.before


@dataclass(frozen=True)
class Overruled:
    """A score that a person set, which stays, although a regrade gives other points than before.

    Args:
        before, after: what the checks gave and would give.
    """

    learner: str
    chapter: Chapter
    adjustment: Adjustment
    before: float
    after: float
