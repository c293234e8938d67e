"""Which known mistake a learner's answers are those of: one that stands out, or none."""

from __future__ import annotations

from grader.engine.nearest import FEWEST, nearest
from grader.engine.probing import Answer
from grader.records import Likeness

RIGHT = Answer(True, b"")
COUNT = 40


def answers(words: str) -> list[Answer]:
    """An answer for each letter: a dot is right, the same letter is the same wrong answer."""
    return [RIGHT if letter == "." else Answer(False, letter.encode() * 6) for letter in words]


def named(learner: str, **mistakes: str) -> tuple[str, Likeness] | None:
    """The name for a learner; every twenty inputs are of one law."""
    laws = [f"law {n // 20}" for n in range(len(learner))]
    found = nearest(answers(learner), [(name, answers(words)) for name, words in mistakes.items()], laws)
    return found and found[:2]


def test_the_same_answers_are_the_same_mistake() -> None:
    assert named("aab.", one="aab.", other="aac.") == ("one", Likeness.SAME)


def test_two_mistakes_with_the_same_answers_are_no_name() -> None:
    assert named("aab.", one="aab.", other="aab.") is None


def test_whoever_is_wrong_somewhere_else_as_well_is_most_like() -> None:
    assert named("a" * 20 + "b" + "." * 19, one="a" * 20 + "." * 20, other="c" * COUNT) == (
        "one",
        Likeness.NEAREST,
    )


def test_a_mistake_that_is_wrong_far_more_often_is_not_the_learners() -> None:
    assert named("a" * 20 + "." * 20, one="a" * COUNT) is None


def test_a_mistake_that_is_wrong_far_less_often_in_its_own_laws_is_not_the_learners() -> None:
    assert named("a" * 14 + "b" * 6, one="a" * 14 + "." * 6) is None


def test_whoever_breaks_another_law_as_well_is_most_like() -> None:
    assert named("a" * 20 + "b" * 10, one="a" * 20 + "." * 10, other="c" * 30) == ("one", Likeness.NEAREST)


def test_two_that_are_equally_near_are_no_name() -> None:
    learner = "a" * 20 + "b" + "." * 19

    assert named(learner, one="a" * 20 + "." * 20, other="a" * 20 + "c" + "." * 19) is None


def test_one_different_answer_in_a_single_law_may_be_another_mistake() -> None:
    few = FEWEST - 1

    assert named("a" * few + "b" + "." * 20, one="a" * few + "." * 21) is None
    assert named("." * 20 + "a" * few, one="." * 20 + "a" * few) == ("one", Likeness.SAME)


def test_without_wrong_answers_there_is_no_name() -> None:
    assert named("....", one="a...", other="....") is None
