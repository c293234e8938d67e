"""What a learner's copy has of the known mistakes: it is up to date, small, and names nearly all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.config import find_chapter, load_course
from grader.course.paths import known_mistakes_file, mistakes_file, solution_file
from grader.course.variants import read_variants
from grader.engine.known_mistakes import KnownMistake, made_from, pack, read_known_mistakes
from grader.engine.probing import Answer, Probing
from grader.engine.suites import load_suite
from grader.proof.naming import outdated, probe, unnamed
from grader.proof.timeouts import TimedProcess
from grader.records import Course

CHECKOUT = Path(__file__).resolve().parents[2]
COURSE = load_course(CHECKOUT)
STEMS = [chapter.stem for chapter in COURSE.chapters]


@pytest.mark.parametrize("stem", STEMS)
def test_what_is_kept_of_the_known_mistakes_is_up_to_date(course: Course, stem: str) -> None:
    chapter = find_chapter(course, stem)

    waiting = outdated(
        chapter, read_known_mistakes(chapter), load_suite(chapter), made_from(CHECKOUT, chapter)
    )

    assert waiting == [], f"run: brick prove {stem} --table names"


@pytest.mark.parametrize("stem", STEMS)
def test_nearly_every_known_mistake_would_be_named(course: Course, stem: str) -> None:
    known = read_known_mistakes(find_chapter(course, stem))
    variants = read_variants(
        mistakes_file(CHECKOUT, stem), solution_file(CHECKOUT, stem).read_text(encoding="utf-8")
    )

    sentences = {(name, one.name): one.diagnosis for name, e in known.exercises.items() for one in e.mistakes}
    without = [row for exercise in known.exercises.values() for row in unnamed(exercise)]
    assert sentences.items() <= {(one.exercise, one.slug): one.diagnosis for one in variants}.items()
    assert len(sentences) - len(without) >= 0.9 * len(variants)


def test_all_that_is_kept_takes_little_room(course: Course) -> None:
    sizes = [known_mistakes_file(chapter).stat().st_size for chapter in course.chapters]

    assert sum(sizes) < 3e6


def test_the_answers_of_a_mistake_come_back_as_they_were_packed() -> None:
    answers = [Answer(n % 3 == 0, b"" if n % 3 == 0 else bytes([n]) * 6) for n in range(19)]

    assert KnownMistake("slug", "words", pack(answers)).answers(len(answers)) == answers


def test_what_is_kept_is_what_the_mistakes_answer_now(course: Course) -> None:
    """A hash says that the files are the same; this, that they are what decides it."""
    chapter = find_chapter(course, "ch09")
    suite, kept = load_suite(chapter), read_known_mistakes(chapter)
    variants = read_variants(
        mistakes_file(CHECKOUT, chapter.stem),
        solution_file(CHECKOUT, chapter.stem).read_text(encoding="utf-8"),
    )
    some = [one for one in variants if one.exercise == "step_lr"]

    again = probe(chapter, suite, "step_lr", some)

    assert replace(again, made_from=kept.exercises["step_lr"].made_from) == kept.exercises["step_lr"]
    assert again.usable(Probing(TimedProcess(), chapter, suite)) == list(suite.of("step_lr"))
