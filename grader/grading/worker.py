"""Grade in one process: its sandbox stays open from one submission to the next, whoever sends them.

It is the same code in `brick grade` itself, in a process beside it and on another machine. What comes in is a
submission with its source, what goes out is a report; nothing is read from a disk that both would have to share.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock

from grader.engine.generation import Kept
from grader.engine.inputs_file import InputsFolder
from grader.engine.pipeline import grade_or_fault
from grader.engine.suites import needs_fake_tensors, suite_for
from grader.errors import CourseError
from grader.grading.setup import Setup
from grader.records import Chapter, Report, Submission
from grader.sandbox.host import Sandbox


@dataclass(frozen=True)
class Needs:
    """What a sandbox is to have ready before the first submission.

    Args:
        imports: the modules that any of those that follow may import.
        fake_tensors: whether any of their chapters has a law that runs code on them.
    """

    imports: tuple[str, ...] = ()
    fake_tensors: bool = True


@dataclass(frozen=True)
class _Warm:
    """An open sandbox and what it was opened for.

    Args:
        setup: with the inputs drawn so far: every learner gets the same, so a process draws them once.
    """

    setup: Setup
    needs: Needs
    sandbox: Sandbox


_warm: _Warm | None = None
# torch's generator and drawn inputs belong to the whole process, and workers of a cluster may have several threads.
_one_at_a_time = Lock()


def grade_here(setup: Setup, needs: Needs, submission: Submission) -> Report:
    """Grade one submission in this process. The sandbox is opened for the first and kept for those that follow.

    Args:
        needs: of all that follow.

    Returns:
        The report. A fault of the kit is a report too.

    Raises:
        SandboxError: no sandbox starts.
    """
    with _one_at_a_time:
        warm = _warm_for(setup, needs)
        return grade_or_fault(submission, warm.sandbox, warm.setup.profile)


def generate_here(setup: Setup, needs: Needs, chapter: Chapter, part: int, parts: int) -> None:
    """Draw a part of a chapter's inputs and leave them where the other processes of this machine find them.

    Args:
        part, parts: which one, from 0, of how many.

    Raises:
        CourseError, TypeError: a fault of the checks, which every submission of the chapter will say as well.
    """
    with _one_at_a_time:
        profile = _warm_for(setup, needs).setup.profile
        assert profile.kept is not None
        suite = suite_for(chapter)
        profile.kept.open(suite.sha256)
        for check in suite.checks[part::parts]:
            if profile.only in (None, check.exercise):
                seed = profile.seed_of(chapter.stem, check.name)
                profile.kept.generate(check, seed, profile.examples_of(check))
        profile.kept.save()


def close_here() -> None:
    """End the sandbox of this process, if there is one."""
    global _warm
    with _one_at_a_time:
        warm, _warm = _warm, None
        if warm is not None:
            warm.sandbox.close()


def needs_of(submissions: Iterable[Submission]) -> Needs:
    """What these submissions need; a course whose checks cannot be loaded says so when they are graded."""
    chapters = dict.fromkeys(submission.chapter for submission in submissions)
    imports = tuple(sorted({name for chapter in chapters for name in chapter.imports}))
    try:
        return Needs(imports, needs_fake_tensors(chapters))
    except CourseError:
        return Needs(imports)


def _warm_for(setup: Setup, needs: Needs) -> _Warm:
    """What is open here already, or opened now; what was open for another setup is closed."""
    global _warm
    if _warm is None or (_warm.setup, _warm.needs) != (setup, needs):
        if _warm is not None:
            _warm.sandbox.close()
        folder = InputsFolder(setup.inputs, setup.profile.secret) if setup.inputs is not None else None
        keeping = replace(setup, profile=replace(setup.profile, kept=Kept(folder=folder)))
        sandbox = Sandbox(
            setup.level,
            setup.limits,
            setup.profile.device,
            imports=needs.imports,
            warm_fake=needs.fake_tensors,
        )
        _warm = _Warm(keeping, needs, sandbox)
    return _warm
