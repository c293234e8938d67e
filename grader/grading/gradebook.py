"""Turn the verdicts in the store into a class: of every learner the attempt that counts, lateness taken off."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from grader.errors import UsageError
from grader.grading.adjustments import Adjustments, in_force, kept
from grader.grading.hand_ins import HandInRead, sha256_of_unreadable
from grader.grading.lateness import lateness
from grader.grading.roster import class_list
from grader.grading.store import STORE_FILE, Entry, Store, Verdict
from grader.records import Chapter, ClassResults, Counts, Course, HandIn, LearnerResult, Member, Report
from grader.submissions.collecting import HandedIn
from grader.submissions.times import as_datetime
from grader.text import clean_line
from grader.workspace.workspace import workspace_of

_AT_ONCE = 500  # learners whose reports are in memory together

# --- reading ----------------------------------------------------------------------------------------------


def class_results(course: Course, chapters: Sequence[Chapter] = ()) -> ClassResults:
    """Everybody in the class, with the attempt that counts at each chapter.

    That is who is in the roster, and who ever handed in something and is not known to have left.

    Args:
        chapters: these only; by default every chapter that was ever assigned.

    Raises:
        UsageError: nothing was graded yet, or none of these chapters.
    """
    with open_store(course, to_read=True) as store:
        assigned = assigned_in(store, course, chapters)
        return results_in(store, course, assigned, class_list(store).learners)


def open_store(course: Course, *, to_read: bool = False) -> Store:
    """The store of a course that was graded before; UsageError if it never was.

    Args:
        to_read: nothing is to be written, so the disk may be full or read-only.
    """
    path = workspace_of(course).state / STORE_FILE
    if not path.is_file():
        raise UsageError("nothing was graded yet", str(path), "run: brick grade FOLDER")
    return Store(path, to_read=to_read)


def assigned_in(store: Store, course: Course, chapters: Sequence[Chapter] = ()) -> tuple[Chapter, ...]:
    """The chapters that were ever assigned, or those of them that are asked for; UsageError if one was not."""
    stems = store.assigned_and_met()[0]
    for chapter in chapters:
        if chapter.stem not in stems:
            step = f"run: brick grade FOLDER --chapter {chapter.label}"
            raise UsageError(f"{chapter.stem} was not graded yet", str(store.path), step)
    wanted = [chapter.stem for chapter in chapters] or stems
    assigned = tuple(chapter for chapter in course.chapters if chapter.stem in wanted)
    if not assigned:
        raise UsageError("nothing was graded yet", str(store.path), "run: brick grade FOLDER")
    return assigned


def results_in(
    store: Store, course: Course, chapters: Sequence[Chapter], learners: Sequence[str]
) -> ClassResults:
    """These learners and chapters as the store has them.

    Args:
        store: the verdicts, with what was published of them.
        course: enters the result; its late policy does not, since lateness was settled when a verdict was published.
        chapters: what was assigned; to a learner without one of them it is missing.
        learners: every learner to list, also those who handed in nothing.
    """
    members = class_list(store).members
    return ClassResults(
        course, tuple(chapters), tuple(each_result(store, course, chapters, learners, members))
    )


def each_result(
    store: Store,
    course: Course,
    chapters: Sequence[Chapter],
    learners: Sequence[str],
    members: Mapping[str, Member],
) -> Iterator[LearnerResult]:
    """The same, learner by learner, for whoever does not need all at once.

    Args:
        members: whom the roster knows, by the learner's name.
    """
    stems = [chapter.stem for chapter in chapters]
    ungraded, adjustments = store.ungraded(stems), adjustments_in(store, members)
    for first in range(0, len(learners), _AT_ONCE):
        some = learners[first : first + _AT_ONCE]
        attempts = store.standing(some, stems)
        for one in results_from(attempts, course, chapters, some, ungraded, adjustments).learners:
            yield replace(one, member=members.get(one.learner))


def adjustments_in(store: Store, members: Mapping[str, Member]) -> Adjustments:
    """What persons decided, and is in force."""
    return Adjustments(in_force(kept(store)), members)


def results_from(
    attempts: Iterable[tuple[Entry, Verdict]],
    course: Course,
    chapters: Sequence[Chapter],
    learners: Sequence[str],
    ungraded: Container[tuple[str, str]] = (),
    adjustments: Adjustments | None = None,
) -> ClassResults:
    """The class that these attempts make.

    Args:
        attempts: sorted by learner, chapter and attempt, as `Store.standing` gives them.
        course, chapters, learners: as for `results_in`.
        ungraded: learner and chapter of the newest work that waits for its verdict; what stood before does not count.
        adjustments: what a person decided; nothing by default.
    """
    adjustments = adjustments or Adjustments()
    by_stem = {chapter.stem: chapter for chapter in chapters}
    counting: dict[tuple[str, str], tuple[Report, HandIn]] = {}
    for place, group in groupby(attempts, key=lambda pair: (pair[0].learner, pair[0].chapter)):
        if place in ungraded:
            continue
        # What is excused or extended may decide which attempt is the best.
        counted = [
            adjustments.applied(entry, verdict.report, by_stem[entry.chapter], course.late)
            for entry, verdict in group
        ]
        counting[place] = _the_one_that_counts(counted)
    results = []
    for learner in learners:
        mine = [counting[learner, c.stem] for c in chapters if (learner, c.stem) in counting]
        others = [c for c in chapters if (learner, c.stem) not in counting]
        waiting = tuple((c.stem, c.points) for c in others if (learner, c.stem) in ungraded)
        missing = tuple((c.stem, c.points) for c in others if (learner, c.stem) not in ungraded)
        reports, hand_ins = tuple(report for report, _ in mine), tuple(hand_in for _, hand_in in mine)
        found = LearnerResult(learner, reports, missing, hand_ins, waiting)
        results.append(adjustments.settled(found, chapters))
    return ClassResults(course, tuple(chapters), tuple(results))


def without_faults(results: ClassResults) -> ClassResults:
    """The class with what the kit failed to grade among what is not graded yet: a 0 there would be no grade."""
    worth = {chapter.stem: chapter.points for chapter in results.chapters}
    learners = tuple(
        replace(
            one,
            reports=tuple(report for report in one.reports if report.chapter not in one.faults),
            ungraded=(*one.ungraded, *((stem, worth[stem]) for stem in one.faults)),
        )
        for one in results.learners
    )
    return replace(results, learners=learners)


def _the_one_that_counts(attempts: Sequence[tuple[Entry, Report]]) -> tuple[Report, HandIn]:
    """The last of a learner's attempts at a chapter, or the best; the policy in the newest of them decides."""
    last = attempts[-1]
    policy = last[0].counts
    entry, report = last if policy is Counts.LAST else max(attempts, key=_worth)
    hand_in = HandIn(
        chapter=entry.chapter,
        time=as_datetime(entry.handed_in),
        attempt=entry.attempt,
        attempts=last[0].attempt,
        late_s=entry.late_s,
        deducted=min(entry.deducted, report.points),
    )
    return report, hand_in


def _worth(attempt: tuple[Entry, Report]) -> tuple[float, int]:
    """What an attempt brings; of equals the later one counts."""
    entry, report = attempt
    return max(0.0, report.points - entry.deducted), entry.attempt


# --- writing ----------------------------------------------------------------------------------------------


def publish(store: Store, run: int, course: Course, item: HandedIn, verdict: Verdict) -> None:
    """Let a verdict stand for what was handed in: for the newest attempt, or for a new one if the work differs.

    Args:
        store: where it is published; nothing is written if this would change nothing.
        run: the number of the run that met it.
        course: its late policy, and which attempt counts, are written down with it.
        item: whose work it is, and when it was handed in.
        verdict: what was made of it.
    """
    report = verdict.report
    reason = report.problem.what if report.problem is not None else ""
    sha256 = report.submission_sha256 or sha256_of_unreadable(reason)
    with store.at_once():
        before = store.newest(item.learner, report.chapter)
        entry = _entry(before, course, item, sha256, report.path, verdict.id)
        if entry != before:
            store.publish(run, [entry])


def publish_known(store: Store, run: int, course: Course, known: Sequence[tuple[HandInRead, int]]) -> None:
    """Let verdicts that the store holds stand for what was handed in: all at once, the others as `publish` does.

    Args:
        known: what was handed in, with the number of its verdict.
    """
    with store.at_once():
        before = store.newest_of_each({read.item.chapter.stem for read, _ in known})
        entries = []
        for read, number in known:
            found = read.collected
            old = before.get((found.learner, found.chapter))
            entry = _entry(old, course, read.item, found.sha256, found.path, number)
            entries += [entry] if entry != old else []
        store.publish(run, entries)


def _entry(
    before: Entry | None, course: Course, item: HandedIn, sha256: str, path: str, verdict: int
) -> Entry:
    """What is published of a verdict, where `before` stands for the newest attempt."""
    attempt, times = 1, [item.time]
    if before is not None:
        same = before.sha256 == sha256
        attempt = before.attempt if same else before.attempt + 1
        # The same work again was handed in when it was first seen, however often it was copied since.
        times += [before.handed_in] if same else []
    handed_in = min((time for time in times if time is not None), default=None)
    late_s, deducted = lateness(item.chapter, course.late, handed_in, marked_late=item.marked_late)
    return Entry(
        item.learner, item.chapter.stem, attempt, sha256, clean_line(path), handed_in,
        item.marked_late, verdict, late_s, deducted, course.counts,
    )  # fmt: skip
