"""Turn text that a learner could have written into text that is safe and plain to show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, chop_cells

# Whole escape sequences go, not the ESC alone: "\x1b[31mred" is to read "red", not "[31mred". A string sequence
# (title, hyperlink) that never ends is cut at the end of its line, so that it cannot swallow the rest.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, format characters (bidirectional overrides, zero width, tags), surrogates, private use, unassigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# A line may end after any Chinese character, but not before closing punctuation, nor after opening.
_OPENING, _CLOSING, _HAN = (
    "（《「『【“‘",
    "，。；：？！、）》」』】”’…",
    "\u3005-\u3007\u3021-\u9fff\uf900-\ufaff",
)
_CHINESE = re.compile(
    rf"[{_OPENING}]*(?:[{_HAN}]|[^{_HAN}{_OPENING}{_CLOSING}]+|$)[{_CLOSING}]*|[{_OPENING}{_CLOSING}]+"
)
_MARKS_IN_A_ROW = 3
_FAR_BEYOND = 20
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
# Where code that is too long for a line may end: behind an opening bracket or a comma, before an attribute.
_SEAMS = re.compile(r"(?<=[(\[,])|(?=\.[A-Za-z_])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
# What a spreadsheet takes for the beginning of a formula, the full-width forms among them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def clean(text: str) -> str:
    """Drop what a terminal or a page would obey, hide or reorder; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        # Piled-up combining marks paint over the lines above and below.
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in "\n\t" or (category not in _UNSEEN and marks <= _MARKS_IN_A_ROW):
            kept.append(character)
    return "".join(kept)


def clean_line(text: str, limit: int = 2000) -> str:
    """The same as `clean` on one line, cut after `limit` characters."""
    # Looked at is no more than could be shown: cleaning megabytes takes seconds.
    line = " ".join(clean(text[: _FAR_BEYOND * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """A file name, without its ending, for each of several names: safe on every system, and no two alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", clean(name))).strip("._")[:60]
        base = f"_{plain}" if plain.split(".")[0].upper() in _RESERVED else plain or "learner"
        written, number = base, 2
        # Some file systems do not tell capitals from small letters.
        while written.casefold() in taken:
            written, number = f"{base}-{number}", number + 1
        taken.add(written.casefold())
        found[name] = written
    return found


def guarded(text: str) -> str:
    """`text` so that no spreadsheet runs it: a leading apostrophe before what would begin a formula."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def points(value: float, out_of: float | None = None) -> str:
    """Write points with at most two decimals; what is short of `out_of` never reads as `out_of`."""
    written = f"{value:.2f}"
    if out_of is not None and value < out_of - 1e-9 and float(written) >= out_of:
        written = f"{out_of - 0.01:.2f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def width_of(text: str) -> int:
    """Columns that `text` takes on a terminal; Chinese characters take two, combining marks none."""
    return cell_len(text)


def fit(text: str, width: int) -> str:
    """Cut `text` to `width` columns, with an ellipsis where something was cut."""
    # A character of two columns that only half fits is left out, so the result may be a column short.
    return text if width_of(text) <= width else chop_cells(text, width - 1)[0] + "…"


def pad(text: str, width: int) -> str:
    """Fill `text` with spaces to `width` columns; longer text stays as it is."""
    return text + " " * max(0, width - width_of(text))


def wrap(text: str, width: int, indent: str = "", first: str | None = None, cut: bool = True) -> list[str]:
    """Break `text` into lines of at most `width` columns.

    rich wraps too, but neither behind a lead of the first line's own nor with leading spaces kept, which code needs.

    Args:
        text: paragraphs, a line each; a tab counts as spaces up to the next fourth column.
        width: columns of the terminal, the indent included.
        indent: stands before every line.
        first: stands before the first one instead.
        cut: break words that are too long for a line; a path that is to be copied must not be.
    """
    lines: list[str] = []
    for paragraph in text.expandtabs(4).split("\n"):
        line = first if first is not None and not lines else indent
        empty = True
        for gap, word in _pieces(paragraph, max(8, width - width_of(indent)) if cut else None):
            if not empty and width_of(line) + len(gap) + width_of(word) > width:
                lines.append(line)
                line, empty = indent, True
            line += word if empty else gap + word
            empty = False
        lines.append(line.rstrip())
    return lines


def _pieces(paragraph: str, width: int | None) -> Iterator[tuple[str, str]]:
    """The words of a paragraph, and what stands before each on its line: a space, or nothing within Chinese.

    Args:
        paragraph: its leading spaces are kept.
        width: words that are wider are cut in pieces; None to cut none.
    """
    stripped = paragraph.lstrip(" ")
    words = stripped.split(" ")
    words[0] = " " * (len(paragraph) - len(stripped)) + words[0]
    for word in words:
        # A path is there to be copied, whatever it is written in.
        whole = word.isascii() or (width is None and "/" in word)
        gap = " "
        for part in [word] if whole else _CHINESE.findall(word) or [word]:
            for piece in [part] if width is None else _chopped(part, width):
                yield gap, piece
                gap = "" if not whole else " "


def _chopped(word: str, width: int) -> Iterator[str]:
    """A word in pieces of at most `width` columns: code behind a bracket or before an attribute, never in a number."""
    while width_of(word) > width:
        piece = chop_cells(word, width)[0]
        seams = [
            seam.start() for seam in _SEAMS.finditer(word) if len(piece) // 2 < seam.start() <= len(piece)
        ]
        piece = word[: max(seams, default=len(piece))]
        yield piece
        word = word[len(piece) :]
    yield word


# Between Chinese characters, or between Chinese punctuation and a word, code, link or emphasis that goes on. What goes
# on in a list is indented, but less than code is. A fence begins a block, and so does a number with a full stop.
_WITHIN_CHINESE = re.compile(
    r"(?<=[\u3001-\u9fff\uff01-\uff5e\u201d])\n {0,3}(?=[\u3001-\u9fff\uff01-\uff5e\u201c])"
    r"|(?<=[\u3001\u3002\uff0c\uff1a\uff1b\uff08])\n {0,3}"
    r"(?=[A-Za-z$\[]|\*+[^*\s]|\d+(?![\d.)])|`(?!``))"
)


def unwrapped(markdown: str) -> str:
    """Markdown without line ends inside a Chinese sentence: whoever shows it would make a space of each."""
    return _WITHIN_CHINESE.sub("", markdown)
