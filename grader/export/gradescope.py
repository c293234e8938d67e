"""Turn one learner's results into the results.json that Gradescope shows."""

from __future__ import annotations

from typing import Any

from grader.errors import UsageError
from grader.records import AdjustmentKind, Chapter, ClassResults, ExerciseScore, LearnerResult, Report
from grader.report.terminal import is_whole
from grader.report.words import NOT_HANDED_IN, excused_lines, exercise_lines, summary
from grader.text import clean, clean_line

_LONGEST = 20_000  # characters of one test's output: more makes the page slow, and nobody reads it
Fields = dict[str, Any]


def gradescope(results: ClassResults, one: LearnerResult) -> Fields:
    """The whole file: a test per exercise, since exercises are what points are given for.

    `score` is the sum less what lateness takes off; bonus exercises are shown without points, as they do not count.
    Gradescope has the same total for everybody, so where something is excused the rest is stretched to it.

    Args:
        results: the class, for the chapters of the assignment.
        one: whose file it is.

    Returns:
        Plain values in the layout that Gradescope documents for `results.json`.

    Raises:
        UsageError: everything is excused, for which Gradescope has no word.
    """
    tests, output = _chapters(results, one)
    return {
        "score": _rounded(_score(results, one)),
        "execution_time": _rounded(sum(report.seconds for report in one.reports)),
        "output": _text(output),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # What the commands print is for the instructor; what learner code prints is in its report.
        "stdout_visibility": "hidden",
        "extra_data": {
            "chapters": [chapter.stem for chapter in results.chapters],
            "isolation": sorted({report.isolation for report in one.reports}),
            "submission_sha256": [report.submission_sha256 for report in one.reports],
        },
        "tests": tests,
    }


def _chapters(results: ClassResults, one: LearnerResult) -> tuple[list[Fields], list[str]]:
    """The tests of all chapters, and what is said above them."""
    tests: list[Fields] = []
    output: list[str] = []
    several = len(results.chapters) > 1
    for chapter in results.chapters:
        report = next((found for found in one.reports if found.chapter == chapter.stem), None)
        if chapter.stem in one.excused:
            first, *others = excused_lines(one, chapter.stem)
            output += [f"{chapter.stem}: {first}", *others]
            continue
        if report is None:
            output += [f"{chapter.stem}: {NOT_HANDED_IN}"]
            tests += [_missing(chapter, one.worth_of(chapter))]
            continue
        output += summary(one, report)
        lead = f"{chapter.label} " if several else ""
        number = str(int(chapter.label.removeprefix("ch")))
        tests += [
            _test(report, score, f"{lead}{score.name}", f"{number}.{place}")
            for place, score in enumerate(report.exercises, start=1)
        ]
    return tests, output


def _score(results: ClassResults, one: LearnerResult) -> float:
    """The points out of what the assignment is out of for everybody."""
    total = sum(chapter.points for chapter in results.chapters)
    if not one.excused and not any(a.kind is AdjustmentKind.EXCUSE for a in one.adjustments):
        return one.points
    if not one.max_points:
        step = "excuse them in Gradescope, on the page of the assignment's extensions"
        raise UsageError("all of this is excused", clean_line(one.learner), step)
    return one.points / one.max_points * total


def _test(report: Report, score: ExerciseScore, name: str, number: str) -> Fields:
    """One exercise; `number` sorts it, chapter first."""
    test: Fields = {
        "name": name + (" (bonus)" if score.extra else ""),
        "number": number,
        "status": "passed" if is_whole(report, score) else "failed",
        "output": _text(exercise_lines(report, score)),
        "visibility": "visible",
    }
    if not score.extra:
        test |= {"score": _rounded(score.points), "max_score": score.max_points}
    return test


def _missing(chapter: Chapter, worth: float) -> Fields:
    """A chapter that was not handed in, worth 0 of its points."""
    return {
        "name": chapter.stem, "status": "failed", "output": NOT_HANDED_IN, "visibility": "visible",
        "score": 0.0, "max_score": worth,
    }  # fmt: skip


def _text(lines: list[str]) -> str:
    """Lines as one text without anything that a learner could have put in to be obeyed, and no longer than is read."""
    text = clean("\n".join(lines))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _rounded(value: float) -> float:
    """Four decimals: sums of shares would else show as 7.000000000000001."""
    return round(value, 4)
