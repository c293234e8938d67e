"""Turn a learner's .py, .ipynb or folder into a Submission, or say in plain words why it cannot be read.

The files are other people's: nothing here follows a link out of the folder, waits for a pipe, or trusts a size.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from grader.errors import SubmissionError, did_you_mean
from grader.records import Chapter, SourceLine, Submission
from grader.submissions.contents import MAX_NOTEBOOK_BYTES, MAX_SOURCE_BYTES, bytes_of, decoded, too_large
from grader.submissions.notebooks import code_cells, without_magics
from grader.syntax import Unreadable, parse, refuse_unusual

Reader = Callable[[int], bytes]

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")


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
    text = decoded(data, path)
    if suffix == ".ipynb":
        return join_cells(code_cells(text, path), chapter, path)
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


def _refuse_too_much(texts: list[str], path: Path) -> None:
    """Look at the size of all cells together, before any of them is parsed."""
    together = "\n".join(texts)
    if len(together) > MAX_SOURCE_BYTES:
        raise too_large(path, MAX_SOURCE_BYTES)
    try:
        refuse_unusual(together)
    except Unreadable as error:
        raise SubmissionError(_cannot_read(error), str(path), "take that out") from error
