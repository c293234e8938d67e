"""Turn a class into JUnit XML: a suite per learner and chapter, a case per check.

JUnit has no points, so they are properties of the suite. What never ran because of the file is an `error`, what waits
for another check is `skipped`, and only a check that judged and found something wrong is a `failure`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from grader.records import CheckResult, ClassResults, LearnerResult, Outcome, Report
from grader.report.card import card
from grader.report.decisions import lines_of
from grader.report.reasons import reason, trouble_lines
from grader.report.words import NOT_GRADED_YET, NOT_HANDED_IN, lateness, problem
from grader.text import clean, clean_line, points

_WIDTH = 100  # columns of a card in a failure's text


def junit(results: ClassResults) -> str:
    """The whole file. `clean` drops what XML 1.0 has no place for: controls, surrogates, what is no character."""
    suites = [suite for one in results.learners for suite in _suites(one)]
    root = Element("testsuites", {"name": "brickwork", **_counts(suites)})
    root.extend(suites)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suites(one: LearnerResult) -> list[Element]:
    """A learner's chapters, those without a report last."""
    suites = [_suite(one, report) for report in one.reports]
    suites += [_excused(one, stem) for stem in one.excused]
    suites += [_without_report(one, stem, worth, is_missing=False) for stem, worth in one.ungraded]
    return suites + [_without_report(one, stem, worth, is_missing=True) for stem, worth in one.missing]


def _suite(one: LearnerResult, report: Report) -> Element:
    """One chapter of one learner: what it came to as properties, then a case per check."""
    suite = Element("testsuite")
    hand_in = one.hand_in(report.chapter)
    is_fault = report.chapter in one.faults  # its points say nothing about the learner
    known = {
        "points": "" if is_fault else points(one.points_of(report), report.max_points),
        "max_points": points(report.max_points),
        "handed_in": hand_in.time.isoformat() if hand_in.time else "",
        "lateness": lateness(hand_in),
        "problem": problem(report),
        "decisions": "; ".join(lines_of(one, report.chapter)),
        "isolation": report.isolation,
        "device": report.device,
        "profile": report.profile,
        "kit": report.kit,
        "submission_sha256": report.submission_sha256,
    }
    # Points belong to exercises, and a case is a check.
    known |= {
        f"points of {score.name}": f"{points(score.points, score.max_points)} of {points(score.max_points)}"
        for score in report.exercises
    }
    _add_properties(suite, known)
    for result in report.checks:
        suite.append(_case(one, report, result))
    return _headed(suite, f"{clean_line(one.learner)} {report.chapter}", report.seconds)


def _case(one: LearnerResult, report: Report, result: CheckResult) -> Element:
    """One check; its failure holds the card that the learner sees, without `brick replay`, which is the learner's."""
    group = f"{clean_line(one.learner)}.{report.chapter}.{result.exercise}"
    case = Element(
        "testcase",
        {"classname": group, "name": clean_line(result.title), "time": f"{result.seconds:.3f}"},
    )
    said = {"message": clean_line(reason(result), 300)}
    if result.outcome is Outcome.FAILED:
        failure = SubElement(case, "failure", said | {"type": "check"})
        failure.text = clean("\n".join(card(result, _WIDTH, replay=False)))
    elif result.outcome is Outcome.NOT_RUN and not report.is_graded:
        SubElement(case, "error", said | {"type": "submission"}).text = clean(
            "\n".join(trouble_lines(report))
        )
    elif result.outcome is Outcome.NOT_RUN:
        SubElement(case, "skipped", said)
    return case


def _excused(one: LearnerResult, stem: str) -> Element:
    """A chapter that does not count: one skipped case."""
    suite = Element("testsuite")
    _add_properties(suite, {"points": "0", "max_points": "0", "decisions": "; ".join(lines_of(one, stem))})
    name = clean_line(one.learner)
    case = SubElement(suite, "testcase", {"classname": f"{name}.{stem}", "name": "excused", "time": "0.000"})
    SubElement(case, "skipped", {"message": "excused"})
    return _headed(suite, f"{name} {stem}", 0.0)


def _without_report(one: LearnerResult, stem: str, worth: float, *, is_missing: bool) -> Element:
    """A chapter without a report: one case that is not passed, or the suite would count as passed.

    What was not handed in has failed, with 0 points; what waits for its verdict is an error without points.
    """
    suite = Element("testsuite")
    _add_properties(suite, {"points": "0" if is_missing else "", "max_points": points(worth)})
    case = SubElement(
        suite,
        "testcase",
        {"classname": f"{clean_line(one.learner)}.{stem}", "name": "handed in", "time": "0.000"},
    )
    if is_missing:
        SubElement(case, "failure", {"message": NOT_HANDED_IN, "type": "missing"})
    else:
        SubElement(case, "error", {"message": NOT_GRADED_YET, "type": "ungraded"})
    return _headed(suite, f"{clean_line(one.learner)} {stem}", 0.0)


def _add_properties(suite: Element, known: dict[str, str]) -> None:
    """Add what is known; the schema wants properties before cases, and none that is empty."""
    properties = SubElement(suite, "properties")
    for name, value in known.items():
        if value:
            SubElement(properties, "property", {"name": name, "value": clean_line(value)})


def _headed(suite: Element, name: str, seconds: float) -> Element:
    """The suite with its name and the counts that every reader of JUnit expects in its head."""
    cases = suite.findall("testcase")
    counts = {
        word: str(sum(case.find(tag) is not None for case in cases))
        for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    suite.attrib |= {"name": name.strip(), "tests": str(len(cases)), **counts, "time": f"{seconds:.3f}"}
    return suite


def _counts(suites: list[Element]) -> dict[str, str]:
    """The sums over all suites. There is no `skipped` here: the schema knows it in a suite only."""
    totals = {
        word: str(sum(int(suite.attrib[word]) for suite in suites))
        for word in ("tests", "failures", "errors")
    }
    return totals | {"time": f"{sum(float(suite.attrib['time']) for suite in suites):.3f}"}
