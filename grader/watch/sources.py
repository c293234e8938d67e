"""What the exercise files say now, whether they can be read at all, and what was rewritten since it was judged.

Nothing here raises because of what an editor or git does to a file: a file may be gone, half written, or a folder at
any moment, and the next moment it may be back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import KitError
from grader.records import Chapter, Course
from grader.submissions.reading import read_submission
from grader.syntax import parse_in_turn
from grader.watch.jobs import Job
from grader.workspace.workspace import FileState, Workspace, attempts_of, state_of_file


@dataclass(frozen=True)
class Text:
    """What the current text of a chapter's file says about its exercises.

    Args:
        attempts: a fingerprint per exercise: its own text, and that of the exercises it calls; none of a file that
            Python cannot read.
        lines: where each exercise starts.

    `source` is Python, whatever the file was: of a notebook, its cells joined.
    """

    source: str
    attempts: Mapping[str, str]
    lines: Mapping[str, int]


def look_at(source: str, chapter: Chapter) -> Text:
    """Find the exercises in a source; an empty one, as of a file that cannot be read, says nothing of them."""
    if not source.strip():
        return Text(source, {}, {})
    try:
        body = parse_in_turn(source).body
    except (SyntaxError, ValueError):
        return Text(source, {}, {})
    names = [exercise.name for exercise in chapter.exercises]
    found = {getattr(node, "name", ""): node for node in body if getattr(node, "name", "") in names}
    uses = {
        name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} & set(names)
        for name, node in found.items()
    }
    # An exercise is judged anew when one that it calls was rewritten.
    uses = {name: uses.get(name, set()) | {name} for name in names}
    for _ in names:  # an exercise may call one that calls another
        uses = {name: used.union(*(uses[other] for other in used)) for name, used in uses.items()}
    own = attempts_of(source, names)
    attempts = {name: " ".join(own[part] for part in sorted(uses[name])) for name in names}
    return Text(source, attempts, {name: node.lineno for name, node in found.items()})


class Sources:
    """The files of the chapters in a workspace: where each is, what it says, and what is to be judged anew.

    Args:
        course: all chapters; those without a file join as soon as one comes.
        workspace: where the files are.
    """

    def __init__(self, course: Course, workspace: Workspace) -> None:
        self._course, self._workspace = course, workspace
        self._paths: dict[str, Path] = {}  # where each chapter's file is, or was last
        self._texts: dict[str, Text] = {}
        self._judged: dict[str, str] = {}  # the fingerprint each exercise had when it was judged last
        self._dirty: set[str] = set()  # chapters that were saved and not judged since
        self._look_for_files()
        self._at_first = {chapter.stem: self.source_of(chapter) for chapter in self.chapters}

    # --- files ---

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters that have a file here, or had one: a chapter whose file is lost still has its exercises."""
        return tuple(chapter for chapter in self._course.chapters if chapter.stem in self._paths)

    def path_of(self, chapter: Chapter) -> Path:
        """Where the chapter's file is, or was last.

        Raises:
            KeyError: the chapter never had a file here; only those in `chapters` may be asked for.
        """
        found = self._workspace.find(chapter)
        if found is not None:
            self._paths[chapter.stem] = found
        return self._paths[chapter.stem]

    def state_of(self, chapter: Chapter) -> FileState:
        """Whether the chapter's file is there and can be read."""
        return state_of_file(self.path_of(chapter))

    def source_of(self, chapter: Chapter) -> str:
        """The learner's source of a chapter; empty when it cannot be read."""
        return self._read(chapter)[0]

    def sha256_of(self, chapter: Chapter) -> str:
        """The hash of what would be judged; empty when it cannot be read."""
        return self._read(chapter)[1]

    def text_of(self, chapter: Chapter) -> Text:
        """What the chapter's file says now."""
        source = self.source_of(chapter)
        text = self._texts.get(chapter.stem)
        if text is None or text.source != source:
            text = self._texts[chapter.stem] = look_at(source, chapter)
        return text

    def _read(self, chapter: Chapter) -> tuple[str, str]:
        """The source and its hash; two empty texts where it cannot be read."""
        try:
            submission = read_submission(self.path_of(chapter), chapter)
        except (KitError, OSError):
            return "", ""
        return submission.source, submission.sha256

    def _look_for_files(self) -> None:
        """Take in the chapters whose file has come since."""
        for chapter in self._course.chapters:
            found = self._workspace.find(chapter)
            if found is not None:
                self._paths[chapter.stem] = found

    # --- what is to be judged ---

    def saved(self, paths: Sequence[Path], current: Job) -> list[Job]:
        """What a save asks for: the current exercise if its file was saved, then what else was rewritten.

        Args:
            paths: files that changed, came, or went.
            current: the job of the exercise that is worked on.

        Returns:
            Jobs in the order in which they are to be judged, each once.
        """
        self._look_for_files()
        files = {path: chapter for chapter in self.chapters for path in self._workspace.candidates(chapter)}
        self._dirty |= {files[path].stem for path in paths if path in files}
        wanted: list[Job] = []
        for chapter in (current.chapter, *(c for c in self.chapters if c is not current.chapter)):
            if chapter.stem in self._dirty and self.state_of(chapter) is FileState.READABLE:
                wanted += [current] if chapter is current.chapter else []
                wanted += [job for job in self.rewritten(chapter) if job not in wanted]
        return wanted

    def rewritten(self, chapter: Chapter) -> list[Job]:
        """The exercises whose text is another than the one judged last, or than the one at the start.

        A file that was saved without a change of its text asks for nothing.
        """
        # Only now: to parse all files before the first save would delay the first screen.
        path, first = self.path_of(chapter), self._at_first.pop(chapter.stem, None)
        if first is not None:
            for name, attempt in look_at(first, chapter).attempts.items():
                self._judged.setdefault(f"{chapter.stem}/{name}", attempt)
        attempts = self.text_of(chapter).attempts
        changed = [
            name for name, mark in attempts.items() if self._judged.get(f"{chapter.stem}/{name}") != mark
        ]
        return [Job(chapter, path, name) for name in changed]

    def was_judged(self, chapter: Chapter, exercises: Iterable[str]) -> None:
        """Remember that these were judged as they stand now.

        Args:
            exercises: names in the chapter.
        """
        attempts = self.text_of(chapter).attempts
        self._judged |= {f"{chapter.stem}/{name}": attempts.get(name, "") for name in exercises}
        if not self.rewritten(chapter):
            self._dirty.discard(chapter.stem)
