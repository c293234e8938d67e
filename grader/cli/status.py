"""The commands of the learner's workspace: watch, status, reset, replay, doctor."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.course.paths import mistakes_folder
from grader.errors import UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from grader.records import Chapter, Course, Report
    from grader.sandbox.launch import Zygote
    from grader.watch.session import Session
    from grader.watch.warm_sandbox import Bench
    from grader.workspace.questions import Question
    from grader.workspace.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(watch)
    app.command()(status)
    app.command()(reset)
    app.command()(replay)
    app.command()(predict)
    app.command()(doctor)


def _workspace_here() -> tuple[Course, Workspace]:
    from grader.course.config import load_course
    from grader.workspace.workspace import workspace_of

    course = load_course()
    return course, workspace_of(course)


# --- brick watch ------------------------------------------------------------------------------------------


def watch(
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers and plain terminals.")
    ] = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the files; for drives that tell of no save.")
    ] = False,
) -> None:
    """Judge every save at once, and show what to do next."""
    course, workspace = _workspace_here()
    from grader.watch.session import Session

    session = Session(course, workspace, lambda *about: _open_hints(workspace, *about))
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        _watch_plainly(session, events=not poll)
        return
    from grader.watch.app import WatchApp
    from grader.workspace.doctor import editor_command

    bench = functools.partial(_bench_early, session)
    app = WatchApp(session, bench, _reset_current, editor_command(), events=not poll)
    app.run()
    # A thread may be in the middle of importing torch, and nobody who quits waits for that. The sandbox ends with us.
    sys.stdout.flush()
    os._exit(app.return_code or 0)


def _watch_plainly(session: Session, *, events: bool) -> None:
    from grader.watch.plain import PlainWatch
    from grader.workspace.doctor import editor_command

    with console.waiting("getting ready"):
        bench = _bench_for(session)
        bench.start()  # before there are threads: then the sandbox is a fork, and torch is imported once
    say = functools.partial(print, flush=True)
    loop = PlainWatch(session, bench, sys.stdin, say, console.style, _reset_current, editor_command(), events)
    loop.run()


def _bench_early(session: Session) -> Bench:
    """A bench whose process imports torch while this one does."""
    from grader.watch.early_start import launch_early

    launched = launch_early(session.course.limits, session.imports)
    return _bench_for(session, launched)


def _bench_for(session: Session, launched: Future[Zygote] | None = None) -> Bench:
    from grader.engine.profile import Profile
    from grader.watch.warm_sandbox import Bench

    course = session.course
    profile = Profile(
        examples=course.practice_examples,
        memory=session.workspace.state / "failing",
        mistakes=mistakes_folder(course.root),
    )
    return Bench(course.limits, session.imports, profile, launched)


def _open_hints(
    workspace: Workspace, chapter: Chapter, exercise: str, report: Report, source: str
) -> tuple[tuple[str, ...], int]:
    """Open one hint more if there was an attempt since; the hints open now, and how many there are."""
    from grader.engine.suites import load_suite
    from grader.workspace.hints import hints_for, open_one_more
    from grader.workspace.workspace import attempt_of

    hints = hints_for(report, exercise, load_suite(chapter.stem).hints)
    if not hints:
        return (), 0
    opened = open_one_more(workspace, f"{chapter.stem}/{exercise}", attempt_of(source, exercise), len(hints))
    return hints[:opened], len(hints)


def _reset_current(session: Session) -> str:
    from grader.workspace.reset import reset as put_back

    undone = put_back(
        session.course, session.workspace, session.current.chapter, session.current.exercise.name
    )
    return f"{session.current.exercise.name} is back to the stub; what was there: {undone.backup}"


# --- brick status -----------------------------------------------------------------------------------------


def status() -> None:
    """Show what is done, the points so far, and what is left."""
    course, workspace = _workspace_here()
    if not any(workspace.find(chapter) for chapter in course.chapters):
        raise UsageError("there are no exercises here", str(workspace.root), "run: brick init")
    typer.echo("\n".join(status_lines(course, workspace, console.columns())))


def status_lines(course: Course, workspace: Workspace, width: int) -> list[str]:
    """One line per chapter, the sum, and what to do next; from notes, nothing is checked anew."""
    from grader.text import points
    from grader.workspace.progress import PLACE_FILE, kept_report, read_place

    place = read_place(workspace.root / PLACE_FILE)
    lines, earned, solved = [], 0.0, 0
    left: list[str] = []
    for chapter in course.chapters:
        report = kept_report(workspace, chapter)
        done = done_in(chapter, report, place.done)
        counted = [exercise for exercise in chapter.counted if exercise.name in done]
        scored = report.points if report else sum(exercise.points for exercise in counted)
        earned += scored
        solved += len(counted)
        left += [f"{chapter.stem}/{e.name}" for e in chapter.counted if e.name not in done]
        lines.append(_chapter_line(chapter, report, len(counted), scored, workspace, width))
    total = sum(len(chapter.counted) for chapter in course.chapters)
    most = sum(chapter.points for chapter in course.chapters)
    lines += ["", f"{solved} of {total} exercises, {points(earned, most)} of {points(most)} points"]
    return lines + _left_lines(course, place.current, left, width)


def done_in(chapter: Chapter, report: Report | None, kept: set[str]) -> frozenset[str]:
    """The exercises of a chapter that passed when last checked; without a report, those kept in the place file."""
    from grader.report.terminal import is_whole

    if report is None:
        return frozenset(e.name for e in chapter.exercises if f"{chapter.stem}/{e.name}" in kept)
    return frozenset(score.name for score in report.exercises if is_whole(report, score))


def _chapter_line(
    chapter: Chapter, report: Report | None, done: int, scored: float, workspace: Workspace, width: int
) -> str:
    from grader.text import fit, pad, points

    path = workspace.find(chapter)
    if path is None:
        word = "no file"
    elif done == len(chapter.counted):
        word = "ok"
    else:
        word = f"{done} of {len(chapter.counted)}"
    changed = path is not None and report is not None and _changed(path, chapter, report)
    title = "changed since it was checked" if changed else chapter.title
    right = f"{points(scored, chapter.points)} of {points(chapter.points)} points"
    left = "  " + pad(word, 9) + pad(chapter.stem, 20) + "  " + title
    room = width - len(right) - 2
    return pad(fit(left, room), room) + "  " + right


def _changed(path: Path, chapter: Chapter, report: Report) -> bool:
    """Whether the file is another one than the report is about; one put together of several says nothing."""
    from grader.errors import SubmissionError
    from grader.submissions.reading import read_submission

    if not report.submission_sha256:
        return False
    try:
        return read_submission(path, chapter).sha256 != report.submission_sha256
    except SubmissionError:
        return True


def _left_lines(course: Course, current: str, left: list[str], width: int) -> list[str]:
    from grader.text import wrap

    if not left:
        return ["next: everything is solved; run: brick build"]
    lines: list[str] = []
    for chapter in course.chapters:
        names = [name.partition("/")[2] for name in left if name.startswith(f"{chapter.stem}/")]
        if 0 < len(names) < len(chapter.exercises):
            lines += wrap(f"left in {chapter.label}: {', '.join(names)}", width, indent="    ", first="")
    stem, _, name = (current if current in left else left[0]).partition("/")
    label = stem.partition("_")[0]
    step = f"next: {name} in {label}; run: brick, or: brick check {label} --exercise {name}"
    return [*lines, *wrap(step, width, indent="      ", first="")]


# --- brick reset ------------------------------------------------------------------------------------------


def reset(
    what: Annotated[str, typer.Argument(help="A chapter, ch03, or an exercise, softmax.", metavar="CHAPTER")],
    exercise: Annotated[
        str | None, typer.Argument(help="Only this exercise.", metavar="EXERCISE", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Start an exercise or a chapter afresh; a backup is kept."""
    from grader.workspace import reset as resetting

    course, workspace = _workspace_here()
    chapter, name = find_words(course, what, exercise)
    shown = f"{name} in {chapter.stem}" if name else f"the whole of {chapter.stem}"
    if not yes and not typer.confirm(f"put {shown} back to the stub? a backup is kept"):
        typer.echo("nothing was changed")
        raise typer.Exit(1)
    undone = resetting.reset(course, workspace, chapter, name)
    typer.echo(f"{shown}: back to the stub in {undone.path}")
    typer.echo(f"what was there: {undone.backup}")


def find_words(course: Course, what: str, exercise: str | None) -> tuple[Chapter, str | None]:
    """The chapter and exercise meant; one word may be an exercise's name that only one chapter has."""
    from grader.course.config import find_chapter, find_exercise

    if exercise is None:
        owners = [c for c in course.chapters if what in (e.name for e in c.exercises)]
        if len(owners) == 1:
            return owners[0], what
    chapter = find_chapter(course, what)
    return chapter, find_exercise(chapter, exercise).name if exercise else None


# --- brick replay -----------------------------------------------------------------------------------------


def replay(
    name: Annotated[str, typer.Argument(help="The ID on a counterexample card.", metavar="ID")],
) -> None:
    """Run a card's failing call as a script of its own, for a debugger."""
    import subprocess

    from grader.workspace.replay import find_failure, write_script

    course, workspace = _workspace_here()
    chapter, result = find_failure(course, workspace, name)
    script = write_script(workspace, chapter, result)
    typer.echo(script.read_text(encoding="utf-8"))
    subprocess.run([sys.executable, str(script)], cwd=workspace.root, check=False)
    typer.echo(f"\nnext: step into it with: python -m pdb {script}")


# --- brick predict ----------------------------------------------------------------------------------------


def predict(
    what: Annotated[
        str | None,
        typer.Argument(
            help="A chapter, ch03, or an exercise, softmax; where you are if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Answer a question of the lesson before you run it; never graded."""
    from grader.workspace.questions import guesses, next_question, tally

    course, workspace = _workspace_here()
    questions = _questions_meant(course, workspace, what)
    question = next_question(questions, guesses(workspace))
    if question is None:
        where = "here" if what is None else f"before {what}"
        raise UsageError(
            f"there is no question {where}", what or str(workspace.root), "run: brick predict ch03"
        )
    width = console.columns()
    typer.echo("\n".join(_asked_lines(question, width)))
    if _guessed(workspace, question):
        typer.echo("\n".join(["", *readable_told(question, width), "", tally(workspace)]))


def _questions_meant(course: Course, workspace: Workspace, what: str | None) -> list[Question]:
    """Those of a chapter or before an exercise; without a word those from the learner's place on."""
    from grader.workspace.progress import PLACE_FILE, read_place
    from grader.workspace.questions import questions_of

    if what is not None:
        chapter, exercise = find_words(course, what, None)
        return [q for q in questions_of(course, chapter) if exercise in (None, q.exercise)]
    current = read_place(workspace.root / PLACE_FILE).current.partition("/")[0]
    stems = [chapter.stem for chapter in course.chapters]
    start = stems.index(current) if current in stems else 0
    ordered = (*course.chapters[start:], *course.chapters[:start])
    return [question for chapter in ordered for question in questions_of(course, chapter)]


def _asked_lines(question: Question, width: int) -> list[str]:
    from grader.workspace.questions import readable

    head = f"{question.chapter.label}  before {question.exercise}"
    return [head, "", *readable(question.text, width), *(f"  {choice}" for choice in question.choices), ""]


def readable_told(question: Question, width: int) -> list[str]:
    """What the lesson says to a question."""
    from grader.workspace.questions import readable

    return readable(question.told, width)


def _guessed(workspace: Workspace, question: Question) -> bool:
    """Ask until a guess can be read; False when there is nobody to ask."""
    from grader.workspace.questions import UnreadableGuess, guess

    while True:
        typer.echo(f"your guess ({question.answer.form}): ", nl=False)
        words = sys.stdin.readline()
        if not words.strip():
            typer.echo("" if words else "\n", nl=not words)
            return bool(words)
        try:
            typer.echo("right" if guess(workspace, question, words.strip()) else "not so")
            return True
        except UnreadableGuess as error:
            typer.echo(str(error))


# --- brick doctor -----------------------------------------------------------------------------------------


def doctor() -> None:
    """Look at this machine, and say what mends it."""
    from grader.text import clean, pad, wrap
    from grader.workspace.doctor import examine

    _, workspace = _workspace_here()
    failed = False
    for finding in examine(workspace):
        failed = failed or finding.works is False
        lead = "  " + pad(finding.word, 6) + pad(finding.name, 14)
        lines = wrap(clean(finding.text), console.columns(), indent=" " * len(lead), first=lead, cut=False)
        if finding.step:
            lines += wrap(f"run: {finding.step}", console.columns(), indent=" " * len(lead), cut=False)
        typer.echo("\n".join(lines))
    raise typer.Exit(1 if failed else 0)
