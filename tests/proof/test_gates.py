"""Gated versions of a solution: wrong in their region, right everywhere else."""

from __future__ import annotations

import types
from typing import Any

import pytest
import torch

from grader.course.config import find_chapter
from grader.proof.candidates import Candidate, Kind, right_answers
from grader.proof.gates import Gate, gates_of
from grader.proof.prove import judge
from grader.records import Course

SOLUTION = """
from __future__ import annotations

from torch import Tensor

def double(x: Tensor, times: int = 2) -> Tensor:
    return times * x

class Scale:
    def __init__(self, weight: Tensor) -> None:
        self.weight = weight

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x

    def step(self, grad: Tensor) -> None:
        self.weight = self.weight - grad

    def twice(self) -> Scale | None:
        return self

def halve(xs: list[Tensor], untouched: Tensor) -> None:
    for x in xs:
        x.mul_(0.5)

def kept(x: Tensor, mask: Tensor) -> Tensor:
    return x * mask

def is_flat(f: Callable[[Tensor], Tensor], x: Tensor) -> bool:
    return bool(f(x) == f(x + 1))

def slope(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return f(x + 1) - f(x)
"""
INSIDE = {
    "x: entries of 0 to 1e-3": torch.tensor([5e-4, 2.0]),
    "x: entries of -1e-3 to 0": torch.tensor([-5e-4, 2.0]),
    "x: entries within 1e-6": torch.tensor([1e-7, 2.0]),
    "x: entries above 15": torch.tensor([16.0, 2.0]),
    "x: entries under -15": torch.tensor([-16.0, 2.0]),
    "x: a sum of exactly 0": torch.tensor([2.0, -2.0]),
    "x: more than 64 entries": torch.ones(5, 13),
    "x: a side of 1": torch.ones(1, 3),
    "x: rank 3": torch.ones(2, 2, 2),
    "x: equal entries": torch.tensor([2.0, 2.0]),
    "x: all negative": torch.tensor([-1.0, -2.0]),
    "x: sorted entries": torch.tensor([-1.0, 2.0, 3.0]),
    "the last entry": torch.tensor([1.0, 2.0]),
}
OUTSIDE = torch.tensor([[3.0, -2.0], [4.0, 1.5]])


def gates(name: str) -> dict[str, Gate]:
    return {gate.label: gate for gate in gates_of(SOLUTION, (name,))}


def loaded(gate: Gate) -> Any:
    module = types.ModuleType("gated")
    exec(gate.source, vars(module))
    return module


@pytest.mark.parametrize("region", INSIDE)
def test_a_gate_is_wrong_in_its_region_and_right_elsewhere(region: str) -> None:
    double = loaded(gates("double")[f"double, {region}"]).double
    x = INSIDE[region]

    assert not torch.equal(double(x), 2 * x)
    assert "entry" in region or torch.equal(double(OUTSIDE), 2 * OUTSIDE)


def test_only_the_entries_of_the_region_are_spoiled() -> None:
    double = loaded(gates("double")["double, x: entries above 15"]).double

    assert double(torch.tensor([16.0, 2.0])).tolist() == [48.0, 4.0]


def test_only_arguments_that_hold_tensors_are_gated() -> None:
    assert not [label for label in gates("double") if "times" in label]


def test_nothing_is_gated_where_a_gate_could_spoil_nothing() -> None:
    assert not gates("is_flat")
    assert not [label for label in gates("slope") if label.startswith("slope, f")]
    assert not [label for label in gates("Scale") if "twice" in label]


def test_methods_are_gated_and_what_changes_in_place_is_spoiled() -> None:
    labels = gates("Scale")
    module = loaded(labels["Scale.step, grad: all negative"])
    scale = module.Scale(torch.tensor([1.0, 1.0]))

    scale.step(torch.tensor([1.0, -1.0]))
    assert scale.weight.tolist() == [0.0, 2.0]

    scale.step(torch.tensor([-1.0, -1.0]))
    assert scale.weight.tolist() != [1.0, 3.0]
    assert "Scale.forward, x: rank 3" in labels


def test_what_is_written_into_the_arguments_is_spoiled_and_nothing_else() -> None:
    halve = loaded(gates("halve")["halve, xs: entries above 15"]).halve
    xs, untouched = [torch.tensor([16.0, 2.0])], torch.tensor([16.0])

    halve(xs, untouched)

    assert xs[0].tolist() == [12.0, 1.0]
    assert untouched.tolist() == [16.0]


def test_a_mask_has_regions_too() -> None:
    kept = loaded(gates("kept")["kept, mask: all positive"]).kept
    x = torch.tensor([1.0, 2.0])

    assert kept(x, torch.tensor([True, False])).tolist() == [1.0, 0.0]
    assert kept(x, torch.tensor([True, True])).tolist() != [1.0, 2.0]


def test_the_50th_call_is_wrong_and_no_other() -> None:
    double = loaded(gates("double")["double, the 50th call"]).double

    wrong = [count for count in range(1, 61) if not torch.equal(double(OUTSIDE), 2 * OUTSIDE)]

    assert wrong == [50]


def test_no_gate_dies_because_it_looks_at_values(course: Course) -> None:
    chapter = find_chapter(course, "ch06")
    solution = next(right_answers(course.root, chapter)).source
    [gate] = [
        one
        for one in gates_of(solution, ("linear_backward",))
        if one.label == "linear_backward, x: rank 3"  # which the law of devices is shown, and x never has
    ]

    verdict = judge(chapter, Candidate(Kind.GATE, gate.label, ("linear_backward",), gate.source))

    assert not verdict.failed
