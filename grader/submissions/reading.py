"""Turn a learner's .py, .ipynb or folder into a Submission, or say in plain words why it cannot be read.

The files are other people's: nothing here follows a link out of the folder, waits for a pipe, or trusts a size.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import KitError, SubmissionError, did_you_mean
from grader.records import Chapter, SourceLine, Submission
from grader.syntax import Unreadable, parse, refuse_unusual

MAX_SOURCE_BYTES = 1 << 20
MAX_NOTEBOOK_BYTES = 8 << 20  # pictures among the outputs are large, and are not looked at
GRADER_TAG = "grader"  # a notebook cell with this tag belongs to the grader, not to the learner
HARMLESS_CELL_MAGICS = ("%%time", "%%capture")  # their cell still runs as ordinary Python

Reader = Callable[[int], bytes]

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_MAGIC = re.compile(r"%\S|!|\?|[\w., ]+=\s*(!|%[A-Za-z])")


def read_submission(path: Path, chapter: Chapter) -> Submission:
    """Read a learner's work on one chapter.

    In a folder, `<stem>.py` and `<stem>.ipynb` are looked for, there and in its `exercises`. Where both stand side
    by side, the one in which more exercises are begun counts; the .py if there are as many.

    Raises:
        SubmissionError: it is missing, too large, no text, no Python, or not where it claims to be.
    """
    if _is_folder(path):
        return _read_folder(path, chapter)
    return _read_file(path, chapter, partial(bytes_of, path, path.parent))


def read_files(files: Sequence[tuple[Path, Reader]], chapter: Chapter) -> Submission:
    """Read a file that lies wherever its reader knows; of a script and a notebook the one that counts, as above.

    Args:
        files: the name of each, for messages, and what gives its content, or refuses more than so many bytes.
    """
    if len(files) == 1:
        [(path, read)] = files
        return _read_file(path, chapter, read)
    return _the_one_that_counts(files, chapter)


def join_cells(cells: Sequence[tuple[int, str]], chapter: Chapter, path: Path) -> Submission:
    """Put the code cells of a notebook together, each with its number; `path` names it in messages.

    A cell that Python cannot read is left out, as in Jupyter, where the others run all the same.
    """
    _refuse_too_much([text for _, text in cells], path)
    lines: list[str] = []
    origins: list[SourceLine] = []
    unread: list[tuple[int, str]] = []
    for number, text in cells:
        try:
            code = without_magics(text)
        except Unreadable as error:
            unread.append((len(lines) + (error.line or 1), f"Python cannot read this cell: {error.reason}"))
            code = [""] * (text.count("\n") + 1)
        lines += [*code, ""]
        origins += [SourceLine(line, number) for line in range(1, len(code) + 2)]
    source = "\n".join(lines)
    told = "".join(f"\n{line} {why}" for line, why in unread)  # the report says it too
    return _checked(Submission(chapter, source, path, _sha256(source + told), tuple(origins), tuple(unread)))


# --- folders ----------------------------------------------------------------------------------------------


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _read_folder(folder: Path, chapter: Chapter) -> Submission:
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
    done: list[Submission] = []
    refused: list[SubmissionError] = []
    for path, read in files:
        try:
            done.append(_read_file(path, chapter, read))
        except SubmissionError as error:
            refused.append(error)
    # The first of equals is the .py; but what cannot be read was begun, which a stub was not.
    best = max(done, key=lambda one: (_begun(one), bool(one.unread)), default=None)
    if best is None or (refused and not _begun(best) and not best.unread):
        raise refused[0]
    return best


def _begun(submission: Submission) -> int:
    """How many exercises no longer hold the stub's `raise NotImplementedError("name: ...")`."""
    names = [exercise.name for exercise in submission.chapter.exercises]
    open_ones = re.findall(r'raise NotImplementedError\("(\w+)', submission.source)
    return sum(name in submission.source and name not in open_ones for name in names)


# --- files ------------------------------------------------------------------------------------------------


def _read_file(path: Path, chapter: Chapter, read: Reader) -> Submission:
    suffix = path.suffix.lower()
    if suffix not in (".py", ".ipynb"):
        step = f"hand in {chapter.stem}.py or {chapter.stem}.ipynb"
        raise SubmissionError("this is neither a .py file nor a notebook", str(path), step)
    data = read(MAX_SOURCE_BYTES if suffix == ".py" else MAX_NOTEBOOK_BYTES)
    text = _decoded(data, path)
    if suffix == ".ipynb":
        return join_cells(_code_cells(text, path), chapter, path)
    _refuse_other_encodings(data, path)
    return _checked(Submission(chapter, text, path, _sha256(text)))


def _sha256(source: str) -> str:
    return hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()


def _checked(submission: Submission) -> Submission:
    """A submission that is small enough, and Python."""
    chapter = submission.chapter
    if len(submission.source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise too_large(submission.path, MAX_SOURCE_BYTES)
    try:
        parse(submission.source)
    except Unreadable as error:
        step = f"fix that line, then run: brick check {chapter.label}"
        raise SubmissionError(_cannot_read(error), submission.place(error.line), step) from error
    return submission


def _cannot_read(error: Unreadable) -> str:
    return f"Python cannot read the file: {error.reason}"


def bytes_of(path: Path, inside: Path, limit: int) -> bytes:
    """The content of a plain file that lies in the folder `inside`, at most `limit` bytes."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(inside.resolve(strict=True)):
            step = "put the file itself there, not a link"
            raise SubmissionError("this is a link to a file outside its folder", str(path), step)
        # A pipe that nobody writes to must not keep us waiting: open without blocking, then look what it is.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(real, flags | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0))
    except SubmissionError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _cannot_open(path, error) from error
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            what = "this is a folder, not a file" if stat.S_ISDIR(kind.st_mode) else "this is no plain file"
            raise SubmissionError(what, str(path), "put the chapter's file there")
        if kind.st_size > limit:
            raise too_large(path, limit)
        with open(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)  # it may have grown since
    except OSError as error:
        raise _cannot_open(path, error) from error
    finally:
        os.close(handle)
    if len(data) > limit:
        raise too_large(path, limit)
    return data


def _cannot_open(path: Path, error: Exception) -> KitError:
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT and not path.is_symlink():
        return SubmissionError("there is no such file", str(path), "check the name, or run: brick init")
    if code == errno.ENOENT:
        return SubmissionError("this link leads nowhere", str(path), "put the file itself there")
    if code in (errno.EACCES, errno.EPERM):
        return SubmissionError("the file may not be read", str(path), "give read permission, then try again")
    if code == errno.EISDIR:
        return SubmissionError("this is a folder, not a file", str(path), "put the chapter's file there")
    if code == errno.ELOOP or isinstance(error, RuntimeError):
        return SubmissionError("this link leads in a circle", str(path), "put the file itself there")
    if code in (errno.ENXIO, errno.ENODEV):
        return SubmissionError("this is no plain file", str(path), "put the chapter's file there")
    reason = os.strerror(code) if code else str(error)
    return SubmissionError(f"the file cannot be opened: {reason}", str(path), "put the chapter's file there")


def too_large(path: Path, limit: int) -> SubmissionError:
    what = f"the file is larger than {limit >> 20} MiB"
    return SubmissionError(what, str(path), "take out data and outputs; a chapter's code is far smaller")


def _decoded(data: bytes, path: Path) -> str:
    step = "save it as UTF-8 text"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError("the file is UTF-16, not UTF-8", str(path), step)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SubmissionError("the file is not UTF-8", f"{path}, line {line}", step) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


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


@dataclass(frozen=True)
class NotebookCell:
    """A cell as its author left it; `grade_id` is the name by which nbgrader knows it, '' for none."""

    kind: str
    text: str
    grade_id: str = ""


def read_cells(path: Path) -> tuple[NotebookCell, ...]:
    """All cells of a learner's notebook, to be shown.

    Raises:
        SubmissionError: as for `read_submission`, except that no cell need be Python.
    """
    text = _decoded(bytes_of(path, path.parent, MAX_NOTEBOOK_BYTES), path)
    return tuple(
        NotebookCell(cell.cell_type, _text_of(cell), _grade_id(cell)) for cell in _cells_of(text, path)
    )


class _Nbgrader(msgspec.Struct):
    grade: bool = False
    solution: bool = False
    grade_id: Any = ""


class _Metadata(msgspec.Struct):
    nbgrader: _Nbgrader | None = None
    tags: list[str] = []


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str] = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Notebook(msgspec.Struct):
    """What we read of a notebook; all else, the outputs among it, is skipped unread."""

    cells: list[_Cell] | None = None
    nbformat: int = 4


def _code_cells(content: str, path: Path) -> list[tuple[int, str]]:
    """The learner's cells of code, each with its number, counted over all cells from 1."""
    return [
        (number, _text_of(cell))
        for number, cell in enumerate(_cells_of(content, path), start=1)
        if cell.cell_type == "code" and not _belongs_to_the_grader(cell)
    ]


def _cells_of(content: str, path: Path) -> list[_Cell]:
    step = "open it in Jupyter, save it, and try again"
    try:
        notebook = msgspec.json.decode(content, type=_Notebook)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SubmissionError(f"this is no notebook: {error}", str(path), step) from error
    if notebook.cells is None:
        raise SubmissionError(f"this notebook has an old format ({notebook.nbformat})", str(path), step)
    return notebook.cells


def _refuse_too_much(texts: list[str], path: Path) -> None:
    """Look at the size of all cells together, before any of them is parsed."""
    together = "\n".join(texts)
    if len(together) > MAX_SOURCE_BYTES:
        raise too_large(path, MAX_SOURCE_BYTES)
    try:
        refuse_unusual(together)
    except Unreadable as error:
        raise SubmissionError(_cannot_read(error), str(path), "take that out") from error


def _belongs_to_the_grader(cell: _Cell) -> bool:
    """Cells of tests; a manually graded answer is marked `grade` as well, but it is the learner's."""
    nbgrader = cell.metadata.nbgrader
    tests = nbgrader is not None and nbgrader.grade and not nbgrader.solution
    return tests or GRADER_TAG in cell.metadata.tags


def _grade_id(cell: _Cell) -> str:
    found = cell.metadata.nbgrader.grade_id if cell.metadata.nbgrader else ""
    return found if isinstance(found, str) else ""


def _text_of(cell: _Cell) -> str:
    text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_magics(text: str) -> list[str]:
    """The lines of a cell with what only IPython understands left empty, so that the others keep their numbers.

    A line is only taken for IPython's where Python cannot read the cell: a docstring may hold `!`, and a
    continued expression may begin with `%`.

    Raises:
        Unreadable: Python cannot read what is left.
    """
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        if first.split()[0] not in HARMLESS_CELL_MAGICS:
            return [""] * len(lines)
        lines[lines.index(first)] = ""
    for attempt in range(5):
        try:
            parse("\n".join(lines))
            return lines
        except Unreadable as error:
            suspects = [number for number, line in enumerate(lines) if _may_be_magic(line.strip())]
            here = [number for number in suspects if number + 1 == error.line]
            if not suspects:
                raise
            _blank(lines, here if here and attempt < 3 else suspects)
    parse("\n".join(lines))
    return lines


def _may_be_magic(line: str) -> bool:
    return line.endswith("?") or _MAGIC.match(line) is not None


def _blank(lines: list[str], numbers: Iterable[int]) -> None:
    for number in numbers:
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        lines[number] = f"{indent}pass" if indent else ""
