"""No finished function of torch gives an exercise's answer, and the search for them finds what there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import CHECKOUT

from grader.course.config import find_chapter
from grader.proof.barred import finished_answers
from grader.records import Chapter, Course


def without_walls(chapter: Chapter, *names: str) -> Chapter:
    """The chapter with these exercises alone, in which nothing is forbidden."""
    return replace(chapter, exercises=tuple(replace(chapter.exercise(name), forbidden=()) for name in names))


def test_finished_functions_are_found_in_whatever_order_they_take_their_arguments(course: Course) -> None:
    losses = without_walls(
        find_chapter(course, "ch04_losses"), "mse_loss", "bce_with_logits", "cross_entropy"
    )
    neurons = without_walls(find_chapter(course, "ch02_neuron"), "linear")

    found = {
        answer.function
        for answer in (*finished_answers(CHECKOUT, losses), *finished_answers(CHECKOUT, neurons))
    }

    assert found >= {
        "torch.nn.functional.mse_loss",
        "torch.nn.functional.binary_cross_entropy_with_logits",
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.linear",
        "torch.addmm",
        "torch.Tensor.addmm",
    }


# Two on a push; `brick prove`, which a night begins with, asks this of every chapter too.
@pytest.mark.parametrize("stem", ["ch04_losses", "ch10_quantization"])
def test_each_is_barred(course: Course, stem: str) -> None:
    found = finished_answers(CHECKOUT, find_chapter(course, stem))

    assert [answer for answer in found if answer.is_open] == []
