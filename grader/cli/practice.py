"""Check one's own files without a seal, and keep the reports where other commands look for them.

Importing this module imports torch, so commands import it when they are about to check, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from grader.cli.devices import require_device
from grader.cli.progress import counted, waiting
from grader.cli.targets import Target
from grader.engine.consistency import require_consistent
from grader.engine.generation import Kept
from grader.engine.inputs_file import InputsFolder
from grader.engine.pipeline import grade_path
from grader.engine.profile import Profile
from grader.engine.suites import needs_fake_tensors
from grader.errors import SubmissionError
from grader.language import gettext as _
from grader.records import Course, Report, ReportState
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.submissions.reading import read_submission
from grader.syntax import Unreadable, parse, untouched_names
from grader.workspace.progress import keep_report
from grader.workspace.workspace import INPUTS_FOLDER, Workspace

LAST_NOTE = "last.json"


def practice_profile(
    course: Course, workspace: Workspace, *, examples: int | None = None, seed: int = 0, device: str = "cpu"
) -> Profile:
    """How one's own work is judged: few examples, those that failed before come first, mistakes get their names.

    Args:
        examples: inputs per check; the course's number for practice if left out.
        seed: another one draws other inputs; 0 is what everybody gets.
        device: where tensors live.
    """
    return Profile(
        examples=examples or course.practice_examples,
        seed=seed,
        device=device,
        memory=workspace.state / "failing",
        names_mistakes=True,
        kept=Kept(folder=InputsFolder(workspace.state / INPUTS_FOLDER)) if workspace.has_course() else None,
    )


def check_targets(
    targets: Sequence[Target], course: Course, profile: Profile, *, quiet: bool = False
) -> list[Report]:
    """Check one's own files, one report each.

    They run at the level `plain`, without a seal: prints and debuggers work, and nothing has to be installed.

    Args:
        targets: at least one; each may be the file of any chapter.
        quiet: no progress on stderr.

    Returns:
        The reports in the order of `targets`; a file that cannot be read has one too, which says why.

    Raises:
        CourseError: the course speaks of checks or modules that are not there.
        UsageError: the device is not there.
    """
    require_device(profile.device)
    chapters = {target.chapter.stem: target.chapter for target in targets}
    require_consistent(course, chapters.values(), exercises=False)
    # One sandbox for all of them, so torch is imported once; what any chapter may import it imports in advance.
    imports = tuple(sorted({name for target in targets for name in target.chapter.imports}))
    alone = _("checking {stem}").format(stem=targets[0].chapter.stem) if len(targets) == 1 else ""
    sandbox = Sandbox(
        Level.PLAIN,
        course.limits,
        profile.device,
        imports=imports,
        warm_fake=needs_fake_tensors(chapters.values()),
    )
    with closing(sandbox):
        # Before the moving sign has its thread: then the sandbox is a fork of this process, which has torch already.
        if any(_is_begun(target) for target in targets):
            sandbox.start()
        with waiting(alone, quiet=quiet or not alone):
            return [
                grade_path(target.path, target.chapter, sandbox, replace(profile, only=target.exercise))
                for target in counted(targets, len(targets), _("checking"), quiet=quiet)
            ]


def _is_begun(target: Target) -> bool:
    """Whether there is anything to run: not in an untouched file, nor in one that cannot be read."""
    try:
        tree = parse(read_submission(target.path, target.chapter).source)
    except (SubmissionError, Unreadable):
        return False
    names = {target.exercise} if target.exercise else {exercise.name for exercise in target.chapter.exercises}
    return not names <= untouched_names(tree)


def remember(workspace: Workspace, targets: Sequence[Target], reports: Sequence[Report]) -> OSError | None:
    """Keep the last reports for `brick hint` and `brick status`.

    Only on the file that lies in the workspace. A report on one exercise says nothing about the rest of its chapter:
    it is kept apart.

    The first unsolved chapter is noted too: `brick hint` without a word is about that one.

    Returns:
        Why one of them could not be kept; None where all were.
    """
    lost = [
        keep_report(workspace, target.chapter, report, target.exercise)
        for target, report in zip(targets, reports, strict=True)
        if workspace.find(target.chapter) == target.path.absolute()
    ]
    unsolved = [t.chapter.stem for t, report in zip(targets, reports, strict=True) if not report.passed]
    if unsolved:
        lost.append(workspace.write_note(LAST_NOTE, {"chapter": unsolved[0]}))
    return next(filter(None, lost), None)


def exit_code(reports: Sequence[Report]) -> int:
    """0 all passed that counts, 1 some failed, 2 some could not be graded.

    The kit's own faults count as failed: they are shown in the report, and learner code did run.
    """
    if any(report.state is ReportState.UNREADABLE for report in reports):
        return 2
    return 0 if all(report.passed for report in reports) else 1
