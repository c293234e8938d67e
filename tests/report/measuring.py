"""Measure the cards of the known mistakes: how many lines they take, and how large the input is that they show.

    python tests/report/measuring.py [EVERY] [CHAPTER ...]

Every EVERY-th known mistake (16 if left out) is judged as `brick check` judges it, in this process, and the card
of its first failed check is written for 80 columns. The aims are at most LINES lines, and no tensor or list of more
than ENTRIES numbers in the input of nine cards in ten.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from grader.course.config import find_chapter, load_course
from grader.course.paths import mistakes_file, solution_file
from grader.course.variants import Variant, read_variants
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.proof.timeouts import TimedProcess
from grader.records import Chapter, CheckResult, Outcome, Ruling, Submission
from grader.report.terminal import Style, failed_lines

CHECKOUT = Path(__file__).resolve().parents[2]
LINES, ENTRIES = 14, 4
_DESCRIBED = re.compile(r"<tensor of shape \((?P<shape>[\d, ]*)\)")


def first_failures(chapter: Chapter, every: int, start: int = 0) -> Iterator[tuple[Variant, CheckResult]]:
    """Known mistakes of a chapter, each with the result whose card a learner sees."""
    solution = solution_file(CHECKOUT, chapter.stem).read_text(encoding="utf-8")
    place = TimedProcess()
    for variant in read_variants(mistakes_file(CHECKOUT, chapter.stem), solution)[start::every]:
        submission = Submission(chapter, variant.source, Path(f"exercises/{chapter.stem}.py"), variant.name)
        profile = Profile(examples=25, only=variant.exercise)
        report = run_checks(submission, Ruling(variant.source), place, profile)
        failed = [found for found in report.checks if found.outcome is Outcome.FAILED]
        if failed:
            yield variant, replace(failed[0], diagnosis=variant.diagnosis)


def entries_in(expression: str) -> int:
    """The most numbers in one tensor or list of a call or input, as it is written."""
    described = [_product(match["shape"]) for match in _DESCRIBED.finditer(expression)]
    return max([*map(_entries_of_one, expression.split("tensor(")), *described])


def _entries_of_one(text: str) -> int:
    """The most numbers between brackets that close one another, of text with one tensor at most."""
    counts, depth, most = 0, 0, 0
    for piece in re.findall(r"\[|\]|[^\[\],()]+", text):
        depth += (piece == "[") - (piece == "]")
        counts += depth > 0 and bool(re.match(r"\s*[-\d'naiTF]", piece))
        if depth <= 0:
            most, counts, depth = max(most, counts), 0, 0
    return most


def _product(shape: str) -> int:
    sides = [int(side) for side in shape.split(",") if side.strip()]
    total = 1
    for side in sides:
        total *= side
    return total


def size_of(result: CheckResult) -> int:
    """The most numbers in one tensor or list of the input that a card shows."""
    example = result.counterexample
    return 0 if example is None else max((entries_in(call.expression) for call in example.calls), default=0)


def main(every: int = 16, *words: str) -> None:
    """Print the cards that miss an aim, and the figures of each chapter."""
    course = load_course(CHECKOUT)
    chapters = [find_chapter(course, word) for word in words] or list(course.chapters)
    lines: dict[str, list[int]] = defaultdict(list)
    sizes: dict[str, list[int]] = defaultdict(list)
    for chapter in chapters:
        for variant, result in first_failures(chapter, every):
            card = failed_lines(result, Style())
            lines[chapter.label].append(len(card))
            sizes[chapter.label].append(size_of(result))
            if len(card) > LINES or size_of(result) > ENTRIES:
                print(f"\n{variant.name}: {len(card)} lines, {size_of(result)} numbers", *card, sep="\n")
    print()
    for label in lines:
        print(_row(label, lines[label], sizes[label]))
    print(_row("all", [*chain(*lines.values())], [*chain(*sizes.values())]))


def _row(label: str, lines: list[int], sizes: list[int]) -> str:
    short, small = sum(n <= LINES for n in lines), sum(n <= ENTRIES for n in sizes)
    return (
        f"{label}: of {len(lines)} cards {short} have at most {LINES} lines (the longest {max(lines)}), "
        f"{small} show at most {ENTRIES} numbers (the most {max(sizes)})"
    )


if __name__ == "__main__":
    main(*(int(word) if word.isdecimal() else word for word in sys.argv[1:]))
