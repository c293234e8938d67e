"""Turn somebody else's table of delimited text into cells that can be written anew while every other byte stays.

Python's csv module reads such a table, but writes another one: other quotes, other line ends, no byte order mark. A
platform may refuse it, or an instructor may have to look at a thousand differences to see three.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.errors import UsageError
from grader.language import kept

_BOM = "\ufeff"
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"')
_LINE_END = re.compile(r"\r\n|\r|\n")
_DELIMITERS = ",;\t"
# Spreadsheet programs change numbers, dates and the encoding of what they only open and save.
_AGAIN = kept("export it again, and do not open it in a spreadsheet program before it is filled")


@dataclass(frozen=True)
class Cell:
    """What one cell says, and where it stands.

    Args:
        start: the place of its first character in the table's text, of an opening quote if it has one.
        end: the place after its last.
        text: what it says, without quotes.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """A table as it was read.

    Args:
        text: all of it, a byte order mark included.
        where: names it in messages.
        delimiter: what stands between two cells.
        header: the texts of the first row.
        rows: the others. A row may be shorter or longer than the header, as people leave them.
        encoding: what it was read from and is written in.
    """

    text: str
    where: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    encoding: str = "utf-8"

    def column(self, *names: str) -> int | None:
        """The first column with one of these names, in any case; None if there is none."""
        wanted = {name.casefold() for name in names}
        return next((at for at, name in enumerate(self.header) if name.strip().casefold() in wanted), None)

    def written(self, new: Mapping[Cell, str]) -> bytes:
        """The table with new text in these cells, and every other byte as it was."""
        parts: list[str] = []
        place = 0
        for cell in sorted(new, key=lambda one: one.start):
            parts += [self.text[place : cell.start], self._quoted(new[cell], like=cell)]
            place = cell.end
        return "".join([*parts, self.text[place:]]).encode(self.encoding)

    def _quoted(self, text: str, like: Cell) -> str:
        """`text` as it stands in the file: in quotes where the old text was, or where it has to be."""
        was_quoted = self.text.startswith('"', like.start) and like.end > like.start
        if was_quoted or any(sign in text for sign in (self.delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text


def read_sheet(data: bytes, where: str, again: str = _AGAIN) -> Sheet:
    """Find the cells of a table.

    Args:
        data: the file.
        where: its name, for messages.
        again: what to do where it is no such table; by default what helps with a platform's own export.

    Raises:
        UsageError: it is neither UTF-8 nor marked UTF-16, not text, empty, or a quote in it is never closed.
    """
    # Blackboard writes UTF-16. Only with a byte order mark can it be told from other things.
    encoding = "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.upper().removesuffix("-LE")
        what = f"the file is not {name} text: byte {error.start + 1} is {data[error.start]:#04x}"
        raise UsageError(what, where, again) from None
    if "\0" in text:
        raise UsageError("the file is not a table of text: it has NUL bytes", where, again)
    start = len(_BOM) if text.startswith(_BOM) else 0
    delimiter = _delimiter(text, start)
    rows = tuple(_rows(text, start, delimiter, where, again))
    if not rows:
        raise UsageError("the file is empty", where, "name the export of your gradebook")
    return Sheet(text, where, delimiter, tuple(cell.text for cell in rows[0]), rows[1:], encoding)


def _delimiter(text: str, start: int) -> str:
    """The sign that parts the first line into the most cells."""
    first_line = _LINE_END.split(_QUOTED.sub("", text[start : start + 100_000]), maxsplit=1)[0]
    return max(_DELIMITERS, key=first_line.count)


def _rows(text: str, start: int, delimiter: str, where: str, again: str) -> Iterator[tuple[Cell, ...]]:
    """The cells row by row. A cell in quotes may hold delimiters and line ends, and a quote written twice."""
    plain = re.compile(f"[^{delimiter}\r\n]*")
    row: list[Cell] = []
    place, number = start, 1
    while place < len(text) or row:
        quoted = text.startswith('"', place)
        found = (_QUOTED if quoted else plain).match(text, place)
        if found is None:
            raise UsageError(f"row {number} opens a quote that is never closed", where, again)
        place = found.end()
        said = found.group()
        row.append(Cell(found.start(), place, said[1:-1].replace('""', '"') if quoted else said))
        if text.startswith(delimiter, place):
            place += 1
            continue
        line_end = _LINE_END.match(text, place)
        if line_end is None and place < len(text):
            raise UsageError(f"row {number} goes on after a closing quote", where, again)
        yield tuple(row)
        row = []
        number += 1
        place = line_end.end() if line_end else place
