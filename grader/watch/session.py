"""One sitting in the workspace: which exercise is current, what was judged, and what a save or a key leads to."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import SubmissionError, UsageError
from grader.records import Chapter, Course, Report, ReportState
from grader.report.terminal import is_untouched, is_whole
from grader.syntax import PARSER
from grader.workspace.progress import (
    PLACE_FILE,
    Spot,
    keep_report,
    kept_report,
    read_place,
    spots,
    write_place,
)
from grader.workspace.workspace import Workspace, attempts_of

if TYPE_CHECKING:
    from grader.workspace.questions import Question

Hints = Callable[[Chapter, str, Report, str], tuple[tuple[str, ...], int]]


@dataclass(frozen=True)
class Job:
    """One thing to judge: a chapter's file, and in it one exercise, or all when None."""

    chapter: Chapter
    path: Path
    exercise: str | None = None


@dataclass(frozen=True)
class Text:
    """What the current text of a chapter's file says about its exercises.

    Args:
        attempts: a fingerprint per exercise: its own text, and that of the exercises it calls; none of a file that
            Python cannot read.
        lines: where each exercise starts.
    """

    source: str
    attempts: Mapping[str, str]
    lines: Mapping[str, int]


def look_at(source: str, chapter: Chapter) -> Text:
    """Find the exercises in a source; an empty one, as of a file that cannot be read, says nothing of them."""
    if not source.strip():
        return Text(source, {}, {})
    try:
        with PARSER:
            body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return Text(source, {}, {})
    names = [exercise.name for exercise in chapter.exercises]
    found = {getattr(node, "name", ""): node for node in body if getattr(node, "name", "") in names}
    uses = {
        name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} & set(names)
        for name, node in found.items()
    }
    uses = {name: uses.get(name, set()) | {name} for name in names}
    for _ in names:  # an exercise may call one that calls another
        uses = {name: used.union(*(uses[other] for other in used)) for name, used in uses.items()}
    own = attempts_of(source, names)
    attempts = {name: " ".join(own[part] for part in sorted(uses[name])) for name in names}
    return Text(source, attempts, {name: node.lineno for name, node in found.items()})


class Session:
    """What the two front ends, the app and the plain loop, share. It draws nothing and starts nothing.

    Args:
        hints: opens hints: (chapter, exercise, report, source) -> the hints open now, and how many there are.
    """

    def __init__(self, course: Course, workspace: Workspace, hints: Hints) -> None:
        self.course, self.workspace = course, workspace
        self._hints = hints
        self.spots = tuple(spot for spot in spots(course) if workspace.find(spot.chapter) is not None)
        if not self.spots:
            raise UsageError("there are no exercises here", str(workspace.root), "run: brick init")
        self._place_file = workspace.root / PLACE_FILE
        self.place = read_place(self._place_file)
        self.reports: dict[str, Report] = {}
        for chapter in self.chapters:
            report = kept_report(workspace, chapter)
            if report is not None:
                self.reports[chapter.stem] = report
                self._note_done(chapter, report)
        self.current = self._spot_called(self.place.current) or self._first_open(self.spots) or self.spots[0]
        self.shown: Report | None = self.reports.get(self.current.chapter.stem)
        self.hints: tuple[str, ...] = ()
        self.more_hints = False
        self._texts: dict[str, Text] = {}
        self._judged: dict[str, str] = {}
        self._at_first = {chapter.stem: self.source_of(chapter) for chapter in self.chapters}
        self._dirty: set[str] = set()
        self._keep_place()

    # --- where we are ---

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters that lie in the workspace."""
        return tuple(chapter for chapter in self.course.chapters if self.workspace.find(chapter) is not None)

    @property
    def imports(self) -> tuple[str, ...]:
        """What the chapters may import beyond the common modules."""
        return tuple(sorted({name for chapter in self.chapters for name in chapter.imports}))

    @property
    def path(self) -> Path:
        """The file of the current exercise."""
        return self.workspace.exercise_file(self.current.chapter)

    @property
    def shown_path(self) -> str:
        """That file, as short as it can be named from the workspace."""
        try:
            return str(self.path.relative_to(self.workspace.root))
        except ValueError:
            return str(self.path)

    def is_done(self, spot: Spot) -> bool:
        """Whether the exercise passed every check when it was last judged."""
        return str(spot) in self.place.done

    def points_of(self, chapter: Chapter) -> float:
        """The points locked in so far."""
        report = self.reports.get(chapter.stem)
        if report is None:
            return sum(e.points for e in chapter.counted if f"{chapter.stem}/{e.name}" in self.place.done)
        return report.points

    def advance(self) -> bool:
        """Go on to the next open exercise, later ones first; False when nothing is open, or this one is.

        Extras come after all others, and hold up nobody.
        """
        if not self.is_done(self.current) and not self.current.exercise.extra:
            return False
        start = self.spots.index(self.current) + 1
        spot = self._first_open((*self.spots[start:], *self.spots[: start - 1]))
        if spot is not None:
            self.go_to(spot)
        return spot is not None

    def go_to(self, spot: Spot) -> None:
        """Make an exercise the current one."""
        self.current = spot
        self.shown = self.reports.get(spot.chapter.stem)
        self.hints, self.more_hints = (), False
        self._keep_place()

    def everything_done(self) -> bool:
        """Whether no exercise is open."""
        return all(self.is_done(spot) for spot in self.spots)

    def find(self, word: str) -> Spot | None:
        """The exercise meant by `softmax`, `ch03/softmax` or a part of a name."""
        wanted = word.strip().lower()
        exact = [
            s
            for s in self.spots
            if wanted
            in (s.exercise.name.lower(), f"{s.chapter.label}/{s.exercise.name}".lower(), str(s).lower())
        ]
        near = [spot for spot in self.spots if wanted and wanted in str(spot).lower()]
        return next(iter(exact or near), None)

    def _spot_called(self, name: str) -> Spot | None:
        return next((spot for spot in self.spots if str(spot) == name), None)

    def _first_open(self, spots: Iterable[Spot]) -> Spot | None:
        """The first that is not done; an extra only where nothing else is left."""
        left = [spot for spot in spots if not self.is_done(spot)]
        return min(left, key=lambda spot: spot.exercise.extra, default=None)

    # --- what to judge ---

    def want_current(self) -> list[Job]:
        """The current exercise alone."""
        return [Job(self.current.chapter, self.path, self.current.exercise.name)]

    def want_first(self) -> list[Job]:
        """At the start: the current exercise, then what was rewritten while nobody watched."""
        jobs = self.want_current()
        for chapter in self.chapters:
            report = self.reports.get(chapter.stem)
            if report is not None and report.submission_sha256 != self._sha256_of(chapter):
                jobs.append(Job(chapter, self.workspace.exercise_file(chapter)))
        return jobs

    def want_all(self) -> list[Job]:
        """Every chapter in the workspace, the current one first."""
        first = self.current.chapter
        ordered = [first, *(chapter for chapter in self.chapters if chapter is not first)]
        return [Job(chapter, self.workspace.exercise_file(chapter)) for chapter in ordered]

    def saved(self, paths: Sequence[Path]) -> list[Job]:
        """What a save asks for: the current exercise if its file was saved, then what else was rewritten.

        The place stays where it is: a save in another chapter is judged, and only its mark changes.
        """
        files = {self.workspace.find(chapter): chapter for chapter in self.chapters}
        saved = [files[path] for path in paths if path in files]
        self._dirty |= {chapter.stem for chapter in saved}
        wanted: list[Job] = []
        if self.current.chapter.stem in self._dirty:
            wanted += self.want_current()
        for chapter in self.chapters:
            if chapter.stem in self._dirty:
                wanted += [w for w in self._rewritten(chapter) if w not in wanted]
        return wanted

    def _rewritten(self, chapter: Chapter) -> list[Job]:
        """The exercises whose text is another than the one judged last, or than the one at the start."""
        path, first = self.workspace.exercise_file(chapter), self._at_first.pop(chapter.stem, None)
        if first is not None:
            for name, attempt in look_at(first, chapter).attempts.items():
                self._judged.setdefault(f"{chapter.stem}/{name}", attempt)
        attempts = self.text_of(chapter).attempts
        changed = [
            name for name, mark in attempts.items() if self._judged.get(f"{chapter.stem}/{name}") != mark
        ]
        return [Job(chapter, path, name) for name in changed]

    def text_of(self, chapter: Chapter) -> Text:
        """What the chapter's file says now."""
        source = self.source_of(chapter)
        text = self._texts.get(chapter.stem)
        if text is None or text.source != source:
            text = self._texts[chapter.stem] = look_at(source, chapter)
        return text

    def _sha256_of(self, chapter: Chapter) -> str:
        from grader.submissions.reading import read_submission

        try:
            return read_submission(self.workspace.exercise_file(chapter), chapter).sha256
        except (SubmissionError, UsageError):
            return ""

    def source_of(self, chapter: Chapter) -> str:
        """The learner's source of a chapter; empty when it cannot be read."""
        from grader.submissions.reading import read_submission

        try:
            return read_submission(self.workspace.exercise_file(chapter), chapter).source
        except (SubmissionError, UsageError):
            return ""

    # --- what was judged ---

    def show(self, chapter: Chapter, exercise: str | None, report: Report) -> bool:
        """Show a report as far as it goes; False when it is not about the current exercise."""
        here = self.current
        mine = chapter.stem == here.chapter.stem and exercise in (None, here.exercise.name)
        self.shown = report if mine else self.shown
        return mine

    def take(self, chapter: Chapter, exercise: str | None, report: Report) -> None:
        """Keep a report: marks, points and place follow from it."""
        self.show(chapter, exercise, report)
        if (
            report.state is ReportState.UNREADABLE
        ):  # not one line ran; what was known of the exercises still is
            return
        whole = report if exercise is None else self._merged(chapter, exercise, report)
        self.reports[chapter.stem] = whole
        judged = [exercise] if exercise else [e.name for e in chapter.exercises]
        marks = self.text_of(chapter).attempts
        self._judged |= {f"{chapter.stem}/{name}": marks.get(name, "") for name in judged}
        if not self._rewritten(chapter):
            self._dirty.discard(chapter.stem)
        self._note_done(chapter, whole)
        keep_report(self.workspace, chapter, whole)
        self.workspace.write_note("last.json", {"chapter": self.current.chapter.stem})
        self._keep_place()

    def _merged(self, chapter: Chapter, exercise: str, report: Report) -> Report:
        before = self.reports.get(chapter.stem)
        if before is None:
            return replace(report, submission_sha256="")
        checks = {e.name: [c for c in before.checks if c.exercise == e.name] for e in chapter.exercises}
        checks[exercise] = list(report.checks)
        scores = {score.name: score for score in (*before.exercises, *report.exercises)}
        # Only a report on every exercise of this very text may pass for the whole.
        stale = [w.exercise for w in self._rewritten(chapter) if w.exercise != exercise]
        whole = len(scores) == len(chapter.exercises) and not stale
        return replace(
            report,
            checks=tuple(check for listed in checks.values() for check in listed),
            exercises=tuple(scores[e.name] for e in chapter.exercises if e.name in scores),
            submission_sha256=report.submission_sha256 if whole else "",
        )

    def _note_done(self, chapter: Chapter, report: Report) -> None:
        for score in report.exercises:
            name = f"{chapter.stem}/{score.name}"
            if is_whole(report, score):
                self.place.done.add(name)
            else:
                self.place.done.discard(name)

    def _keep_place(self) -> None:
        self.place.current = str(self.current)
        write_place(self._place_file, self.place, self.course)

    # --- keys ---

    def open_hint(self) -> str:
        """Open a hint on the current exercise, one more after each attempt; why not, if there is none."""
        if self.shown is None:
            return "save the file first, so that there is something to hint at"
        source = self.source_of(self.current.chapter)
        found, levels = self._hints(self.current.chapter, self.current.exercise.name, self.shown, source)
        self.hints, self.more_hints = found, len(found) < levels
        return "" if found else f"{self.current.exercise.name} has nothing to hint at"

    def question(self) -> Question | None:
        """A question of the lesson: before this exercise if one is open there, else of the chapter."""
        from grader.workspace.questions import guesses, next_question, questions_of

        found, answered = questions_of(self.course, self.current.chapter), guesses(self.workspace)
        here = [question for question in found if question.exercise == self.current.exercise.name]
        still = [question for question in here if question.key not in answered]
        return next_question(still or found, answered)

    def next_step(self) -> str:
        """The one thing to do now."""
        name = self.current.exercise.name
        if self.shown is not None and not self.shown.is_graded:
            return f"mend {self.shown_path}, then save it"
        if self.is_done(self.current):
            return (
                "everything is solved: b builds the network"
                if self.everything_done()
                else "n goes on to the next exercise"
            )
        if self.shown is None or is_untouched(self.shown, name):
            return f"write {name} in {self.shown_path}, then save it"
        return f"fix {name} in {self.shown_path}, then save it"

    def line_of_current(self) -> int:
        """The line of the file that the current exercise starts on; a notebook has no lines."""
        if self.path.suffix != ".py":
            return 1
        return self.text_of(self.current.chapter).lines.get(self.current.exercise.name, 1)


def editor_words(command: list[str], path: Path, line: int) -> list[str]:
    """The command line that opens `path` at `line`, in the manner of the editor."""
    program = Path(command[0]).name
    if program in ("code", "codium", "cursor", "code-insiders"):
        return [*command, "--goto", f"{path}:{line}"]
    if program in ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe"):
        return [*command, f"+{line}", str(path)]
    return [*command, str(path)]


def has_window(command: list[str]) -> bool:
    """Whether the editor opens a window of its own and leaves the terminal alone."""
    names = (
        "code",
        "codium",
        "cursor",
        "code-insiders",
        "subl",
        "gedit",
        "kate",
        "zed",
        "mate",
        "gvim",
        "pycharm",
    )
    return Path(command[0]).name in names


def run_brick(*words: str, cwd: Path) -> int:
    """Run another command of ours in this terminal."""
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, check=False).returncode
