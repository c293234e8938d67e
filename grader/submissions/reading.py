"""Turn a learner's .py, .ipynb or folder into a Submission, or say in plain words why it cannot be read.

The files are other people's: nothing here follows a link out of the folder, waits for a pipe, or trusts a size. What
a file is called is not trusted either: a notebook named .py is read as the notebook it is, and the other way round.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader.errors import SubmissionError, did_you_mean
from grader.records import Chapter, SourceLine, Submission
from grader.submissions.contents import (
    MAX_NOTEBOOK_BYTES,
    MAX_SOURCE_BYTES,
    TooLarge,
    bytes_of,
    decoded,
    too_large,
)
from grader.submissions.ipython_syntax import PythonCell, read_cell, read_script, with_saved_cells
from grader.submissions.names import NUMBERED, code_suffix
from grader.submissions.notebooks import NotebookCell, cells_of, is_notebook
from grader.syntax import Definition, Unreadable, is_written, parsed, refuse_unusual, written_names

Reader = Callable[[int], bytes]

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")


def read_submission(path: Path, chapter: Chapter) -> Submission:
    """Read a learner's work on one chapter.

    In a folder, `<stem>.py` and `<stem>.ipynb` are looked for, there and in its `exercises`. Where both stand side
    by side, the one in which more exercises are written counts; the .py if there are as many. A file that is named
    is the one that is read; the other one is a note.

    Raises:
        SubmissionError: it is missing, too large, no text, no Python, or not where it claims to be.
    """
    if _is_folder(path):
        return _read_folder(path, chapter)
    submission = _read_file(path, chapter, partial(bytes_of, path, path.parent))
    other = path.with_suffix(".ipynb" if path.suffix == ".py" else ".py")
    if path.name not in (f"{chapter.stem}.py", f"{chapter.stem}.ipynb") or not os.path.lexists(other):
        return submission
    done, refused = _read_each([(other, partial(bytes_of, other, other.parent))], chapter)
    return _with_notes(submission, _passed_over(submission, done, refused))


def further_on(paths: Sequence[Path], chapter: Chapter) -> Path:
    """Of a script and a notebook the one that counts, as in `read_submission`, even where it cannot be read."""
    done, refused = _read_each([(path, partial(bytes_of, path, path.parent)) for path in paths], chapter)
    best = _best_of(done, refused)
    return best.path if best is not None else refused[0][0]


def read_files(files: Sequence[tuple[Path, Reader]], chapter: Chapter) -> Submission:
    """Read a file that lies wherever its reader knows; of a script and a notebook the one that counts, as above.

    Args:
        files: the name of each, for messages, and what gives its content, or refuses more than so many bytes.
    """
    if len(files) == 1:
        [(path, read)] = files
        return _read_file(path, chapter, read)
    return _the_one_that_counts(files, chapter)


# --- folders ----------------------------------------------------------------------------------------------


def _is_folder(path: Path) -> bool:
    """Whether it is a folder; a name that no system accepts is none, and is refused where it is opened."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _read_folder(folder: Path, chapter: Chapter) -> Submission:
    """The chapter's file in a learner's folder; where there is none, the nearest name there is offered."""
    for place in (folder, folder / "exercises"):
        paths = [place / f"{chapter.stem}{suffix}" for suffix in (".py", ".ipynb")]
        found = [path for path in paths if os.path.lexists(path)]
        if found:
            return read_files([(path, partial(bytes_of, path, folder)) for path in found], chapter)
    names = [item.name for item in _listing(folder)]
    wanted = f"{chapter.stem}.py"
    raise SubmissionError(
        f"there is no {wanted} or {chapter.stem}.ipynb here{did_you_mean(wanted, names)}",
        str(folder),
        f"put your work there as {wanted}",
    )


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _the_one_that_counts(files: Sequence[tuple[Path, Reader]], chapter: Chapter) -> Submission:
    """The file with more exercises written; any other that somebody worked on is named in its notes."""
    done, refused = _read_each(files, chapter)
    best = _best_of(done, refused)
    if best is None:
        raise refused[0][1]
    return _with_notes(best, _passed_over(best, done, refused))


def _best_of(
    done: Sequence[Submission], refused: Sequence[tuple[Path, SubmissionError]]
) -> Submission | None:
    """The one with most in it, the first of equals; None where one that cannot be read counts instead."""
    best = max(done, key=lambda one: (_written(one), bool(one.unread)), default=None)
    # What cannot be read was begun, which a stub was not.
    begun = best is not None and (_written(best) or bool(best.unread))
    return best if begun or not refused else None


def _read_each(
    files: Sequence[tuple[Path, Reader]], chapter: Chapter
) -> tuple[list[Submission], list[tuple[Path, SubmissionError]]]:
    """What can be read of these files, and why the others cannot."""
    done: list[Submission] = []
    refused: list[tuple[Path, SubmissionError]] = []
    for path, read in files:
        try:
            done.append(_read_file(path, chapter, read))
        except SubmissionError as error:
            refused.append((path, error))
    return done, refused


def _passed_over(
    best: Submission, done: Sequence[Submission], refused: Sequence[tuple[Path, SubmissionError]]
) -> list[str]:
    """A word on every other file that somebody worked on; an untouched stub is not worth one."""
    here = f"{_written(best)} exercises are written in {best.path.name}"
    others = [one for one in done if one is not best and (_written(one) or one.unread)]
    notes = [f"{one.path.name} is not graded: {_written(one)} are written in it, {here}" for one in others]
    return notes + [f"{path.name} is not graded: {error.what}" for path, error in refused]


def _with_notes(submission: Submission, notes: Sequence[str]) -> Submission:
    """The notes are a part of what the submission is: the report on it repeats them."""
    if not notes:
        return submission
    told = "\n".join([submission.sha256, *notes])
    return replace(submission, notes=(*submission.notes, *notes), sha256=_sha256(told))


def _written(submission: Submission) -> int:
    """How many exercises have a definition that is no stub."""
    names = written_names(parsed(submission.source))
    return sum(exercise.name in names for exercise in submission.chapter.exercises)


# --- files ------------------------------------------------------------------------------------------------


def _read_file(path: Path, chapter: Chapter, read: Reader) -> Submission:
    """Read one file as what it is, whatever it is called.

    Args:
        path: for messages, and for the ending that says which kind is looked for first.
        read: gives the content; see `read_files`.
    """
    suffix = code_suffix(path.name)
    if not suffix:
        step = f"hand in {chapter.stem}.py or {chapter.stem}.ipynb"
        raise SubmissionError("this is neither a .py file nor a notebook", str(path), step)
    data = read(MAX_NOTEBOOK_BYTES) if suffix == ".ipynb" else _read_script(read)
    if is_notebook(data) or (suffix == ".ipynb" and not _may_be_a_script(data)):
        return join_notebook(cells_of(data, path), chapter, path)
    if len(data) > MAX_SOURCE_BYTES:
        raise too_large(path, MAX_SOURCE_BYTES)
    text = decoded(data, path)
    _refuse_other_encodings(data, path)
    return _read_text(text, chapter, path)


def _read_script(read: Reader) -> bytes:
    """A .py, which may be larger than code ever is if it really is a notebook."""
    try:
        return read(MAX_SOURCE_BYTES)
    except TooLarge as error:
        try:
            data = read(MAX_NOTEBOOK_BYTES)
        except SubmissionError:
            raise error from None
        if not is_notebook(data):
            raise
        return data


def _may_be_a_script(data: bytes) -> bool:
    """Whether what is called a notebook may be Python: it is not empty, and no other JSON or web page."""
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return bool(start) and not start.startswith((b"{", b"[", b"<", b"\xff\xfe", b"\xfe\xff"))


def _read_text(text: str, chapter: Chapter, path: Path) -> Submission:
    """A script; one that was saved from a notebook may hold lines that only IPython understands."""
    submission = Submission(chapter, text, path, _sha256(text))
    try:
        parsed(text)
    except Unreadable as error:
        try:
            cell = read_script(text)
        except Unreadable as left:
            raise _cannot_read(left, submission) from error
        left_out = tuple((line, _COMMAND) for line in cell.commands)
        submission = replace(submission, source="\n".join(cell.lines), left_out=left_out)
    source, lines = with_saved_cells(submission.source)
    if lines:
        submission = replace(submission, source=source, origins=tuple(map(SourceLine, lines)))
    return _checked(submission)


def _sha256(source: str) -> str:
    """What a submission is known by: two with one fingerprint share a verdict, so all that a report says is in it."""
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()


def _checked(submission: Submission) -> Submission:
    """A submission that is small enough, and Python."""
    if len(submission.source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise too_large(submission.path, MAX_SOURCE_BYTES)
    try:
        parsed(submission.source)
    except Unreadable as error:
        raise _cannot_read(error, submission) from error
    return submission


def _cannot_read(error: Unreadable, submission: Submission) -> SubmissionError:
    """Python's reason with the place as its author knows it: a line, or a cell and its line."""
    step = f"fix that line, then run: brick check {submission.chapter.label}"
    what = f"Python cannot read the file: {error.reason}"
    return SubmissionError(what, submission.place(error.line), step)


def _refuse_other_encodings(data: bytes, path: Path) -> None:
    """Python reads a file by the encoding named in one of its first two lines; only UTF-8 is read here."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines()[:2], start=1):
        cookie = _COOKIE.match(line)
        if cookie and cookie[1].decode().lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
            what = f"the file says that it is {cookie[1].decode()}, not UTF-8"
            raise SubmissionError(
                what, f"{path}, line {number}", "save it as UTF-8 and take that comment out"
            )
        if line.strip() and not line.lstrip().startswith(b"#"):
            return


# --- notebooks --------------------------------------------------------------------------------------------

_COMMAND = "it is a command of the notebook, not Python"


@dataclass
class _Joined:
    """A notebook's cells put together, line by line, with what is said of those that are left out."""

    lines: list[str]
    origins: list[SourceLine]
    unread: list[tuple[int, str]]
    left_out: list[tuple[int, str]]
    files: dict[str, list[tuple[int, int]]]  # which lines each file was written by: the first, and how many

    def add(self, number: int, lines: Sequence[str]) -> None:
        """Append a cell, and an empty line after it."""
        self.lines += [*lines, ""]
        self.origins += [SourceLine(line, number) for line in range(1, len(lines) + 2)]

    def write_anew(self, name: str, by: int) -> None:
        """What earlier cells wrote into a file is gone when a later one writes it anew."""
        for first, count in self.files.pop(name, []):
            self.lines[first : first + count] = [""] * count
            self.left_out.append((first + 1, f"cell {by} writes {name} anew"))

    def submission(self, chapter: Chapter, path: Path) -> Submission:
        """All of it, and what was left out of it."""
        source = "\n".join(self.lines)
        # The report says what was left out, so the hash depends on that too.
        told = "".join(f"\n{line} {why}" for line, why in (*self.unread, *self.left_out))
        return Submission(
            chapter,
            source,
            path,
            _sha256(source + told),
            tuple(self.origins),
            tuple(self.unread),
            tuple(sorted(self.left_out)),
        )


def join_notebook(cells: Sequence[NotebookCell], chapter: Chapter, path: Path) -> Submission:
    """Put the code of a whole notebook together; cells are counted from 1 over all kinds, as their author does."""
    code = [
        (number, cell.text)
        for number, cell in enumerate(cells, start=1)
        if cell.kind == "code" and not cell.is_the_graders
    ]
    notes = [
        f"cell {number} is not run: it is of the kind {cell.kind}, not code"
        for number, cell in enumerate(cells, start=1)
        if cell.kind != "code" and _holds_an_exercise(cell.text, chapter)
    ]
    return _with_notes(join_cells(code, chapter, path), notes)


def join_cells(cells: Sequence[tuple[int, str]], chapter: Chapter, path: Path) -> Submission:
    """Put the code cells of a notebook together, each with its number; `path` names it in messages.

    A cell that Python cannot read is left out, as in Jupyter, where the others run all the same. Lines stay where
    they are, whatever is left out of them, so that every message finds its cell.

    Args:
        cells: of code, each with the number that its author counts it by.

    Raises:
        SubmissionError: all of it together is more than any chapter's code, or holds what no file can.
    """
    _refuse_too_much([text for _, text in cells], path)
    joined = _Joined([], [], [], [], {})
    for number, text in cells:
        first = len(joined.lines) + 1
        try:
            cell = read_cell(text)
        except Unreadable as error:
            why = f"Python cannot read this cell: {error.reason}"
            joined.unread.append((first - 1 + (error.line or 1), why))
            cell = PythonCell([""] * (text.count("\n") + 1))
        other = _other_chapter(cell.file, chapter)
        why = cell.left_out or (f"it writes {cell.file}, which is not this chapter" if other else "")
        if why:
            joined.left_out.append((first, why))
        elif cell.file and not cell.appends:
            joined.write_anew(cell.file, by=number)
        joined.left_out += [(first - 1 + line, _COMMAND) for line in cell.commands]
        joined.add(number, [""] * len(cell.lines) if other else cell.lines)
        if cell.file and not other:
            joined.files.setdefault(cell.file, []).append((first - 1, len(cell.lines)))
    return _checked(joined.submission(chapter, path))


def _other_chapter(file: str, chapter: Chapter) -> bool:
    """Whether a cell writes the file of another chapter; one that names none may well be this one's work."""
    return NUMBERED.label(file) not in ("", chapter.label)


def _holds_an_exercise(text: str, chapter: Chapter) -> bool:
    """Whether a cell that is not code was meant to be: it is Python, and defines an exercise that is no stub."""
    names = {exercise.name for exercise in chapter.exercises}
    if not any(name in text for name in names):
        return False
    try:
        body = parsed(text).body
    except Unreadable:
        return False
    return any(isinstance(node, Definition) and node.name in names and is_written(node) for node in body)


def _refuse_too_much(texts: list[str], path: Path) -> None:
    """Look at the size of all cells together, before any of them is parsed."""
    together = "\n".join(texts)
    if len(together) > MAX_SOURCE_BYTES:
        raise too_large(path, MAX_SOURCE_BYTES)
    try:
        refuse_unusual(together)
    except Unreadable as error:
        what = f"Python cannot read the file: {error.reason}"
        raise SubmissionError(what, str(path), "take that out") from error
