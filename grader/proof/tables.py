"""What an examination of a chapter's checks found: rows to read, and what falls short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One question asked of one chapter's checks, answered row by row.

    Args:
        chapter: the chapter's stem; empty for the whole course.
        name: what it is called on the command line, one word.
        summary: the answer in one line.
        columns: the heads of the rows' cells.
        rows: what there is to read; often only what is worth a look, not all that was tried.
        shortfalls: each reason why the checks, or the text, are not good enough yet.
        worded: the heads of the columns whose cells are sentences of the kit, to be said in the reader's language; all
            other cells are names, figures, or words of the author's.
    """

    chapter: str
    name: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shortfalls: tuple[str, ...] = ()
    worded: tuple[str, ...] = ()
