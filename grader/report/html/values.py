"""Turn a value written as text back into its entries, so that the worst can be marked and all be drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<open>\[)|(?P<close>\])|(?P<comma>,)|(?P<entry>-?(?:nan|inf|\d+\.?\d*(?:e[+-]?\d+)?)|True|False))"
)
_LEAD = re.compile(r"(?:tensor\()?(?=[\[\d\-tTFni])")


@dataclass(frozen=True)
class Entry:
    """One number of a value: its index, and where it stands in the text."""

    index: tuple[int, ...]
    text: str
    start: int
    end: int

    @property
    def number(self) -> float:
        """The entry as a number; a truth value counts as 1 or 0."""
        return float(self.text == "True") if self.text in ("True", "False") else float(self.text)


@dataclass(frozen=True)
class Entries:
    """The entries of a value, as far as its text goes; `whole` unless it was cut."""

    found: tuple[Entry, ...] = ()
    whole: bool = False


def entries_of(text: str) -> Entries:
    """The numbers in `tensor([[0.0, 1.0]])`, `[0.0, 1.0]` or `0.5`; none if it is not made of numbers alone."""
    lead = _LEAD.match(text)
    position = lead.end() if lead else 0
    path: list[int] = []
    found: list[Entry] = []
    while token := _TOKEN.match(text, position):
        position = token.end()
        if token["open"]:
            path.append(0)
        elif token["close"]:
            if path:
                path.pop()
        elif token["comma"]:
            if not path:
                break
            path[-1] += 1
        else:
            found.append(Entry(tuple(path), token["entry"], token.start("entry"), token.end("entry")))
        if not path:
            return Entries(tuple(found), whole=True)
    # The last one may have been cut in the middle.
    return Entries(tuple(found[:-1]))


def mark_worst(text: str, index: tuple[int, ...] | None) -> tuple[str, str, str]:
    """What stands before the worst entry, that entry, and what stands after it.

    Args:
        text: a value as a card writes it.
        index: of the worst entry; None or one that is not in the text, which may be cut, marks nothing.
    """
    if index is None:
        return text, "", ""
    entries = entries_of(text)
    for entry in entries.found:
        if entry.index == index:
            return text[: entry.start], entry.text, text[entry.end :]
    return text, "", ""
