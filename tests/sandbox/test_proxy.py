"""The proxy: what iterating a learner's object leaves on record, and what it may not do."""

from __future__ import annotations

import itertools

import pytest
import torch
from onnx import GraphProto, ModelProto

from grader.engine.counterexample import recorded
from grader.sandbox.channel import InProcess
from grader.sandbox.exceptions import LearnerMisbehaved
from grader.sandbox.fixtures import FIXTURES, FORWARDS, SCALES, WRONG
from grader.sandbox.proxy import Learner

SOURCE = """
import torch

class Loader:
    def __init__(self, shuffle):
        self.shuffle = shuffle

    def __len__(self):
        return 2

    def __iter__(self):
        return iter(torch.randperm(2).tolist() if self.shuffle else [0, 1])
"""


def test_iteration_is_recorded_like_calls() -> None:
    learner = Learner(InProcess())
    learner.load(SOURCE)

    loader = learner.Loader(False)
    items = [item for item in loader]  # noqa: C416 -- list() would ask for the length as well
    length = len(loader)

    assert (items, length) == ([0, 1], 2)
    assert [call.op for call in learner.calls] == ["call", "iter", "next", "next", "len"]
    assert [(shown.expression, shown.result) for shown in map(recorded, learner.calls[1:])] == [
        ("list_iterator = iter(loader)", ""),
        ("next(list_iterator)", "0"),
        ("next(list_iterator)", "1"),
        ("len(loader)", "2"),
    ]


def test_iteration_may_not_draw_from_the_global_generator() -> None:
    learner = Learner(InProcess())
    learner.load(SOURCE)

    with pytest.raises(LearnerMisbehaved, match=r"iter\(loader\) drew from torch's global random generator"):
        list(learner.Loader(True))


REFILLED = """
import torch

class Buffer:
    def __iter__(self):
        kept = torch.zeros(1)
        for step in range(2):
            yield kept.add_(1)

class Endless:
    def __iter__(self):
        while True:
            yield 1
"""


def test_what_is_listed_is_made_before_any_of_it_is_sent() -> None:
    learner = Learner(InProcess())
    learner.load(REFILLED)

    one_by_one = [item.item() for item in learner.Buffer()]
    at_once = [item.item() for item in learner.listed(learner.Buffer())]

    assert (one_by_one, at_once) == ([1.0, 2.0], [2.0, 2.0])
    assert recorded(learner.calls[-1]).expression == "list(buffer_2)"


def test_what_never_ends_cannot_be_listed() -> None:
    learner = Learner(InProcess())
    learner.load(REFILLED)

    with pytest.raises(LearnerMisbehaved, match="too many parts"):
        learner.listed(learner.Endless())


def test_what_comes_of_tensors_is_where_they_are_and_everything_else_where_it_likes() -> None:
    learner = Learner(InProcess(), device="cuda")  # the answers come from the CPU all the same
    learner.load("import torch\ndef boxed(x): return [{'x': x}]\ndef ones(n): return torch.ones(n)")

    with pytest.raises(LearnerMisbehaved, match="boxed returned a tensor on cpu; its input is on cuda"):
        learner.boxed(torch.ones(1))
    assert torch.equal(learner.ones(2), torch.ones(2))


def test_a_function_of_the_guest_does_not_tell_which_one_it_is() -> None:
    learner = Learner(InProcess())
    learner.load("def told(f): return [f.__name__, f.__qualname__, f.__doc__, repr(f).split()[1]]")

    told = [learner.told(learner.fixture(name)) for name in FIXTURES]

    assert told == [["f", "f", None, "f"]] * len(FIXTURES)


def test_pairs_of_a_function_and_its_way_back_are_what_their_names_say() -> None:
    x = torch.tensor([[0.5, 1.5], [2.0, 1.0]], dtype=torch.float64, requires_grad=True)
    wrong = [*WRONG, "deaf"]
    for name, scale in itertools.product(FORWARDS, SCALES):
        out = FIXTURES[name + scale](x)
        grad_out = torch.arange(1, out.numel() + 1, dtype=x.dtype).reshape(out.shape) ** 2 + 1
        (expected,) = torch.autograd.grad(out, x, grad_out)

        def near(kind: str, grad_out=grad_out, expected=expected, pair=(name, scale)) -> bool:
            actual = FIXTURES[f"{pair[0]}_{kind}{pair[1]}"](grad_out, x.detach())
            size = expected.abs().max().item()
            return actual.shape == expected.shape and torch.allclose(actual, expected, 0.0, 1e-9 * size)

        assert near("backward")
        assert [kind for kind in wrong if near(kind)] == []


def test_an_object_that_is_described_is_shown_and_is_no_code() -> None:
    learner = Learner(InProcess())
    learner.load("def run_model(model):\n    return 1.0\n")
    model = ModelProto(graph=GraphProto(name="ours")).SerializeToString()

    learner.run_model(learner.model(model, "y = Relu(data)"))

    [call] = map(recorded, learner.calls)
    assert call.expression == "run_model(<y = Relu(data)>)"
    assert not call.runs
