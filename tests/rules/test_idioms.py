"""Ordinary Python costs nothing in any chapter, and what is refused is refused for the true reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from ordinary_python import PIECES, WITH_NUMPY, Piece, put_into
from sandboxes import need

from grader.course.config import load_course
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Chapter, Outcome, Refusal, Submission
from grader.rules import judge
from grader.rules.scopes import bound_in
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

pytestmark = pytest.mark.xdist_group("idioms")  # they share a sandbox

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
SOLUTIONS = {
    chapter.stem: (ROOT / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    for chapter in COURSE.chapters
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sealed sandbox for all pieces."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, COURSE.limits) as found:
        yield found


def base_exercise(chapter: Chapter) -> str:
    """The exercise of a chapter that the pieces are put into."""
    return chapter.exercises[0].name


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES.keys())
def test_a_piece_is_accepted_or_refused_as_it_should_be(piece: Piece) -> None:
    found: dict[str, object] = {}
    for chapter in COURSE.chapters:
        if piece.refusal is Refusal.SECOND_ROAD and chapter.label in WITH_NUMPY:
            continue
        name = base_exercise(chapter)
        ruling = judge(put_into(SOLUTIONS[chapter.stem], name, piece.inside, piece.top), chapter)
        reasons = {breach.refusal for breach in ruling.breaches if name in breach.exercises}
        if reasons != ({piece.refusal} if piece.refusal else set()):
            found[chapter.label] = ruling.breaches

    assert found == {}


def groups() -> list[list[Piece]]:
    """The accepted pieces in groups whose lines for the top bind no name twice."""
    found: list[tuple[set[str], list[Piece]]] = []
    for piece in PIECES.values():
        if piece.refusal is None:
            names = bound_in(ast.parse(piece.top).body) if piece.top else set()
            place = next((group for group in found if names.isdisjoint(group[0])), None)
            if place is None:
                place = (set(), [])
                found.append(place)
            place[0].update(names)
            place[1].append(piece)
    return [group for _, group in found]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "pieces"), list(enumerate(groups())), ids=lambda value: str(value)[:2])
def test_accepted_pieces_keep_full_marks(number: int, pieces: list[Piece], sandbox: Sandbox) -> None:
    chapter = COURSE.chapters[number % len(COURSE.chapters)]
    name = base_exercise(chapter)
    source = SOLUTIONS[chapter.stem]
    for i, piece in enumerate(pieces):
        inside = f"def piece_{i}():\n{indent(piece.inside, '    ')}\npiece_{i}()"
        source = put_into(source, name, inside, piece.top)
    submission = Submission(chapter, source, Path("pieces.py"), "")
    ruling = judge(submission)

    report = run_checks(submission, ruling, sandbox, Profile(examples=3, only=name))

    assert not ruling.breaches
    assert report.problem is None
    assert [result.message for result in report.checks if result.outcome is not Outcome.PASSED] == []
