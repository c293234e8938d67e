"""The learner's commands: init, check, hint."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.course.paths import mistakes_folder
from grader.errors import UsageError
from grader.records import ReportState

if TYPE_CHECKING:
    from grader.engine.profile import Profile
    from grader.records import Chapter, Course, Report
    from grader.workspace.workspace import Workspace


class Device(StrEnum):
    """Where tensors live while a submission is checked."""

    CPU = "cpu"
    CUDA = "cuda"


@dataclass(frozen=True)
class Target:
    """One file to check, and the one exercise in it that is meant, None for all."""

    chapter: Chapter
    path: Path
    exercise: str | None = None


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(init)
    app.command()(check)
    app.command()(hint)


# --- brick init -------------------------------------------------------------------------------------------


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the course.", metavar="DIR")] = Path(
        "brickwork"
    ),
) -> None:
    """Copy lessons and exercises into a folder of your own."""
    from grader.course.config import load_course
    from grader.text import wrap
    from grader.workspace.workspace import lay_out

    written = lay_out(folder)
    course = load_course(folder)
    first = course.chapters[0]
    if written:
        exercises = sum(path.suffix == ".py" for path in written)
        typer.echo(f"{folder}: {exercises} exercise files of {course.title}")
    else:
        typer.echo(f"{folder}: everything is there already")
    step = f"next: cd {folder}, open exercises/{first.stem}.py in your editor, and run: brick"
    typer.echo("\n".join(wrap(step, console.columns(), indent="      ", first="", cut=False)))


# --- brick check ------------------------------------------------------------------------------------------


def check(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(
            help="ch03, 3, activations, or a file; all chapters if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
    exercise: Annotated[str | None, typer.Option("--exercise", "-e", help="Check this one only.")] = None,
    device: Annotated[Device, typer.Option(help="Where the tensors live.")] = Device.CPU,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Inputs per check; the course says how many by default.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other inputs.")] = 0,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Show every failure whole, not the first only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Check your own work, and see the smallest input that fails.

    Exit code 0: all passed; 1: some failed; 2: it could not be graded.
    """
    from grader.course.config import load_course
    from grader.engine.profile import Profile
    from grader.workspace.workspace import workspace_of

    course = load_course()
    workspace = workspace_of(course)
    targets = find_targets(course, workspace, chapters or [], exercise)
    profile = Profile(
        examples=examples or course.practice_examples,
        seed=seed,
        device=device,
        memory=workspace.state / "failing",
        mistakes=mistakes_folder(course.root),
    )
    reports = check_targets(targets, course, profile, quiet=as_json)
    remember(workspace, targets, reports)
    if as_json:
        from grader.serialization import as_dict, dumps

        typer.echo(
            dumps({"schema": "brickwork/check/v1", "reports": [as_dict(r) for r in reports]}), nl=False
        )
    else:
        typer.echo(_written(reports, cards=99 if every else 1), nl=False)
    raise typer.Exit(exit_code(reports))


def find_targets(
    course: Course, workspace: Workspace, words: Sequence[str], exercise: str | None
) -> list[Target]:
    """What the words on the command line mean; without words every chapter that lies in the workspace."""
    from grader.course.config import find_chapter, find_exercise

    targets: list[Target] = []
    for word in words:
        path = Path(word)
        is_file = path.suffix in (".py", ".ipynb") and path.is_file()
        chapter = find_chapter(course, word)
        targets.append(Target(chapter, path if is_file else _shown(workspace.exercise_file(chapter))))
    if not words:
        found = ((chapter, workspace.find(chapter)) for chapter in course.chapters)
        targets = [Target(chapter, _shown(path)) for chapter, path in found if path and _has_checks(chapter)]
        if exercise is not None:
            targets = [t for t in targets if exercise in (e.name for e in t.chapter.exercises)]
    if not targets:
        what = (
            "there are no exercises here"
            if exercise is None
            else f"no chapter here has the exercise {exercise}"
        )
        raise UsageError(what, str(workspace.root), "run: brick init, or name the chapter")
    if exercise is None:
        return targets
    return [replace(target, exercise=find_exercise(target.chapter, exercise).name) for target in targets]


def _has_checks(chapter: Chapter) -> bool:
    return importlib.util.find_spec(f"grader.checks.{chapter.stem}") is not None


def _shown(path: Path) -> Path:
    """A path as short as a person would type it from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def check_targets(
    targets: Sequence[Target], course: Course, profile: Profile, *, quiet: bool = False
) -> list[Report]:
    """Check one's own files, without a seal: prints and debuggers work, and nothing has to be installed."""
    from grader.engine.pipeline import grade_path
    from grader.sandbox.host import Sandbox
    from grader.sandbox.levels import Level

    imports = tuple(sorted({name for target in targets for name in target.chapter.imports}))
    alone = f"checking {targets[0].chapter.stem}" if len(targets) == 1 else ""
    with (
        console.waiting(alone, quiet=quiet or not alone),
        Sandbox(Level.PLAIN, course.limits, profile.device, imports=imports, warm_fake=True) as sandbox,
    ):
        return [
            grade_path(target.path, target.chapter, sandbox, replace(profile, only=target.exercise))
            for target in console.progress(targets, len(targets), "checking", quiet=quiet)
        ]


def remember(workspace: Workspace, targets: Sequence[Target], reports: Sequence[Report]) -> None:
    """Keep the last report of each chapter for `brick hint`."""
    from grader.serialization import as_dict

    for target, report in zip(targets, reports, strict=True):
        if target.exercise is None and workspace.find(target.chapter) == target.path.absolute():
            workspace.write_note(_report_note(target.chapter), as_dict(report))
    unsolved = [t.chapter.stem for t, report in zip(targets, reports, strict=True) if not report.passed]
    if unsolved:
        workspace.write_note("last.json", {"chapter": unsolved[0]})


def _report_note(chapter: Chapter) -> str:
    return f"reports/{chapter.stem}.json"


def exit_code(reports: Sequence[Report]) -> int:
    """0 all passed, 1 some failed, 2 some could not be graded."""
    if any(report.state is ReportState.UNREADABLE for report in reports):
        return 2
    return 0 if all(report.passed for report in reports) else 1


def _written(reports: Sequence[Report], cards: int) -> str:
    from grader.report.terminal import is_untouched, overview, render

    style = console.style(cards)
    if len(reports) == 1:
        return render(reports[0], style)
    unsolved = [report for report in reports if not report.passed]
    started = [r for r in unsolved if not all(is_untouched(r, score.name) for score in r.exercises)]
    focus = (started or unsolved)[:1]
    return "\n".join([overview(reports, style), *(render(report, style) for report in focus)])


# --- brick hint -------------------------------------------------------------------------------------------


def hint(
    chapter: Annotated[
        str | None,
        typer.Argument(
            help="ch03, or an exercise; the last one checked if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
    exercise: Annotated[
        str | None,
        typer.Argument(help="The unsolved one if left out.", metavar="EXERCISE", show_default=False),
    ] = None,
) -> None:
    """Open a hint, and one more after each attempt.

    First where to look, then the idea, then the steps. Hints cost no points.
    """
    from grader.course.config import load_course
    from grader.engine.suites import load_suite
    from grader.report.terminal import focused_exercise, render
    from grader.submissions.reading import read_submission
    from grader.workspace.hints import hints_for, open_one_more
    from grader.workspace.workspace import attempt_of, workspace_of

    course = load_course()
    workspace = workspace_of(course)
    target = _hinted(course, workspace, chapter, exercise)
    submission = read_submission(target.path, target.chapter)
    report = _fresh_report(workspace, target, submission.sha256, course)
    if not report.is_graded:
        typer.echo(render(report, console.style()), nl=False)
        raise typer.Exit(2)
    name = target.exercise or focused_exercise(report)
    hints = hints_for(report, name, load_suite(target.chapter.stem).hints)
    if not name or not hints:
        typer.echo(f"{name or target.chapter.stem} passes every check; there is nothing to hint at")
        return
    opened = open_one_more(
        workspace, f"{target.chapter.stem}/{name}", attempt_of(submission.source, name), len(hints)
    )
    typer.echo(_hint_text(target.chapter, name, hints, opened), nl=False)


def _hinted(course: Course, workspace: Workspace, word: str | None, exercise: str | None) -> Target:
    """The file and exercise that `brick hint` is about; the first word may be an exercise's name."""
    from grader.course.config import find_chapter, find_exercise

    if word is None:
        word = str(workspace.read_note("last.json").get("chapter", ""))
        if not word:
            raise UsageError(
                "nothing was checked here yet", str(workspace.root), "run: brick check, or name a chapter"
            )
    elif exercise is None:
        owners = [c for c in course.chapters if word in (e.name for e in c.exercises)]
        if len(owners) == 1:
            return Target(owners[0], _shown(workspace.exercise_file(owners[0])), word)
    found = find_chapter(course, word)
    name = find_exercise(found, exercise).name if exercise else None
    return Target(found, _shown(workspace.exercise_file(found)), name)


def _fresh_report(workspace: Workspace, target: Target, sha256: str, course: Course) -> Report:
    """The last report if it is about this very file, else a new one."""
    from grader.engine.profile import Profile
    from grader.serialization import from_dict

    try:
        report = from_dict(workspace.read_note(_report_note(target.chapter)))
    except (ValueError, KeyError, TypeError):
        report = None
    if report is not None and report.submission_sha256 == sha256:
        return report
    [report] = check_targets([target], course, Profile(examples=course.practice_examples))
    remember(workspace, [target], [report])
    return report


def _hint_text(chapter: Chapter, exercise: str, hints: tuple[str, ...], opened: int) -> str:
    from grader.text import clean_line, wrap
    from grader.workspace.hints import LABELS

    lines = [f"{chapter.label}  {exercise}", ""]
    for label, text in zip(LABELS, hints[:opened], strict=False):
        lines += wrap(f"{label}: {clean_line(text)}", console.columns(), indent="    ", first="  ")
    if opened < len(hints):
        step = f"next: try it, then run: brick hint {chapter.label} {exercise}, which opens one more"
    else:
        step = f"next: try it, then run: brick check {chapter.label} --exercise {exercise}"
    return "\n".join([*lines, "", *wrap(step, console.columns(), indent="      ", first="")]) + "\n"
