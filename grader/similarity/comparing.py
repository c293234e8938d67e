"""Compare the files of a chapter with each other, and rank the pairs by how much of their own they share.

What the course gave to everybody, the stub and the solution's way of writing, counts for nobody. What many of the class
have counts little: it is the usual way to write this exercise. A file that holds nothing else cannot be compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import log

from grader.similarity.tokens import Unit, units_of
from grader.similarity.winnowing import LENGTH, hashes_of, winnow

# Set by the measurement in tests/similarity/measuring.py, see docs/similarity.md.
FEWEST = 8  # fingerprints of one's own; with fewer, two honest files are alike by chance
THRESHOLD = 0.5  # of the smaller file's own fingerprints; pairs below it are not shown
_PLACES = (
    8  # of one fingerprint in one file that are remembered: a line repeated a thousand times is one passage
)


@dataclass(frozen=True)
class Passage:
    """Where a fingerprint comes from: the unit it stands in, and its first and last line in the file."""

    unit: int
    first: int
    last: int


@dataclass(frozen=True)
class Document:
    """One learner's work on one chapter, by its fingerprints.

    Args:
        learner: whose it is.
        chapter: the chapter's stem.
        path: as it is to be shown.
        lines: the source.
        archive: the name of the archive it comes from; '' for this class.
        passages: where each fingerprint stands.
    """

    learner: str
    chapter: str
    path: str
    lines: tuple[str, ...]
    archive: str
    units: tuple[Unit, ...]
    passages: dict[int, tuple[Passage, ...]] = field(repr=False)


@dataclass(frozen=True)
class Block:
    """Two units that share passages, with the lines of each that are shared."""

    left: Unit
    right: Unit
    left_lines: frozenset[int]
    right_lines: frozenset[int]


@dataclass(frozen=True)
class Pair:
    """Two files that share more than chance explains.

    Args:
        share: of the own fingerprints of the file that has fewer; those that many have weigh less.
        shared: how many fingerprints they share.
        blocks: where, with most shared lines first.
    """

    left: Document
    right: Document
    share: float
    shared: int
    blocks: tuple[Block, ...]

    @property
    def identical(self) -> bool:
        """Whether the two files are the same, letter by letter."""
        return self.left.lines == self.right.lines


def document(
    learner: str, chapter: str, path: str, source: str, given: frozenset[int], archive: str = ""
) -> Document:
    """The fingerprints of one file.

    Args:
        given: the hashes of what everybody was given, see `hashes_of_given`.

    Raises:
        Unreadable: Python cannot read it, or it is too large or too deep for an honest chapter.
    """
    units = units_of(source)
    passages: dict[int, list[Passage]] = defaultdict(list)
    for number, unit in enumerate(units):
        hashes = hashes_of(unit.tokens)
        for place in winnow(hashes, given):
            lines = unit.lines[place : place + LENGTH]
            if len(passages[hashes[place]]) < _PLACES:
                passages[hashes[place]].append(Passage(number, min(lines), max(lines)))
    found = {value: tuple(places) for value, places in passages.items()}
    return Document(learner, chapter, path, tuple(source.split("\n")), archive, units, found)


def hashes_of_given(sources: Iterable[str]) -> frozenset[int]:
    """Every passage of what the course gave: stub and solution. All of them, for a copy may begin anywhere.

    Raises:
        Unreadable: as `document`.
    """
    return frozenset(
        value for source in sources for unit in units_of(source) for value in hashes_of(unit.tokens)
    )


def similar_pairs(documents: Sequence[Document], threshold: float = THRESHOLD) -> list[Pair]:
    """The pairs of one chapter's files that share at least so much, those that share most first.

    Two files of an archive are not compared with each other.
    """
    if len(documents) < 2:
        return []
    weights = _weights(documents)
    pairs = []
    for left, right in combinations(documents, 2):
        if left.archive and right.archive:
            continue
        shared = left.passages.keys() & right.passages.keys()
        if len(shared) < FEWEST * threshold:
            continue
        share = sum(weights[value] for value in shared) / min(_own(left, weights), _own(right, weights))
        if share >= threshold:
            pairs.append(Pair(left, right, share, len(shared), _blocks(left, right, shared)))
    return sorted(pairs, key=lambda pair: (-pair.share, -pair.shared, pair.left.learner, pair.right.learner))


def is_comparable(one: Document) -> bool:
    """Whether a file holds enough that the course did not give."""
    return len(one.passages) >= FEWEST


def _weights(documents: Sequence[Document]) -> dict[int, float]:
    """How much each passage says: 1 if one or two files have it, less the more have it, next to nothing if all do."""
    count = Counter(value for one in documents for value in one.passages)
    files = len(documents) + 1
    return {value: min(1.0, log(files / number) / log(files / 2)) for value, number in count.items()}


def _own(one: Document, weights: Mapping[int, float]) -> float:
    """What a file's shared passages are held against: all of its own, by their weight.

    Never less than a quarter of their number, else a file that is the usual one but for a few lines would be like every
    other that has those lines too.
    """
    return max(sum(weights[value] for value in one.passages), len(one.passages) / 4)


def _blocks(left: Document, right: Document, shared: set[int]) -> tuple[Block, ...]:
    """Where two files share passages, unit by unit."""
    lines: dict[tuple[int, int], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for value in shared:
        for here in left.passages[value]:
            for there in right.passages[value]:
                ours, theirs = lines[here.unit, there.unit]
                ours.update(range(here.first, here.last + 1))
                theirs.update(range(there.first, there.last + 1))
    found = [
        Block(left.units[here], right.units[there], frozenset(ours), frozenset(theirs))
        for (here, there), (ours, theirs) in lines.items()
    ]
    return tuple(sorted(found, key=lambda block: (-len(block.left_lines), block.left.first)))
