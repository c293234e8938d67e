"""What a submission hangs on something that is not its own is noticed before another exercise could find it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from textwrap import dedent

import pytest
import torch

from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

X = torch.tensor([1.0, -2.0])
HONEST = """
    import collections, dataclasses, functools, itertools, math, typing
    import torch

    @dataclasses.dataclass
    class Node:
        value: float
        parents: typing.Any = dataclasses.field(default_factory=list)

    class Bag(collections.Counter):
        kind = "bag"

    Pair = collections.namedtuple("Pair", "left right")
    Bag.kind = "another"
    Node.slope = 0.0

    @functools.lru_cache(maxsize=None)
    def half(n): return n / 2

    def leave(x):
        node = Node(1.0)
        node.grad = x
        x.note = "of this call alone"
        x.storage()
        return torch.einsum("i,i->i", x, x)

    def find(x):
        return torch.linalg.norm(x) + half(2) + Bag("aab")["a"] + len(Pair(1, 2)) + Node.slope
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that keeps accidents apart: what is done to torch there stays there."""
    with Sandbox(Level.PLAIN) as found:
        yield found


PLACES = (
    "torch.Tensor torch.Tensor.norm torch.einsum dataclasses.field collections.Counter collections.Counter.most_common"
    " collections.abc.Sequence typing.Any functools.wraps"
).split()
LEAVING = """
import collections.abc, dataclasses, functools, typing
import torch

def helper(thing):
    thing.kept = torch.Tensor.softmax

def leave(x):
    helper({place})
    return x.clone()

def find(x):
    return x
"""
TOLD = r"sets attributes on \S+, which is not its own"


@pytest.mark.parametrize("place", PLACES)
def test_what_is_left_on_a_library_at_load_is_told_at_once(sandbox: Sandbox, place: str) -> None:
    source = LEAVING.format(place=place) + f"\nLEFT = list(map(helper, [{place}]))\n"

    with pytest.raises(LearnerRaised, match=TOLD), sandbox.learner(source):
        pass


@pytest.mark.parametrize("place", PLACES)
def test_what_is_left_on_a_library_in_a_call_is_told_at_the_next_check(sandbox: Sandbox, place: str) -> None:
    with sandbox.learner(LEAVING.format(place=place)) as learner:
        learner.begin_example(1)
        with contextlib.suppress(LearnerRaised):  # torch.Tensor is told of at once
            learner.leave(X)
        learner.begin_example(2)
        with pytest.raises(LearnerRaised, match=TOLD):
            learner.find(X)


def test_a_function_lent_to_the_submission_is_not_its_own_either(sandbox: Sandbox) -> None:
    with sandbox.learner(
        "def leave(f, x):\n    f.kept = x\n    return x.clone()\ndef find(x): return x\n"
    ) as learner:
        learner.begin_example(1)
        learner.leave(learner.fixture("sum_of_squares"), X)
        learner.begin_example(2)
        with pytest.raises(LearnerRaised, match="sets attributes on sum_of_squares"):
            learner.find(X)


def test_who_blinds_the_look_at_arguments_is_told_at_once(sandbox: Sandbox) -> None:
    source = "import torch\ndef blind(x):\n    T = torch.Tensor\n    T.numel = lambda self: 0\n    return x.mul_(0)\n"

    with sandbox.learner(source) as learner, pytest.raises(LearnerRaised, match=r"on torch\.Tensor,"):
        learner.blind(X)


def test_a_lie_about_being_the_same_is_no_help(sandbox: Sandbox) -> None:
    source = """
import torch

class Liar:
    def __eq__(self, other): return True
    def __call__(self, *args): return 0

def replace(x):
    T = torch.Tensor
    T.norm = Liar()
    return x
"""

    with sandbox.learner(source) as learner, pytest.raises(LearnerRaised, match=r"on torch\.Tensor,"):
        learner.replace(X)


def test_attributes_of_ones_own_are_nobody_elses_business(sandbox: Sandbox) -> None:
    with sandbox.learner(dedent(HONEST)) as learner:
        for seed in range(3):
            learner.begin_example(seed)
            assert torch.equal(learner.leave(X), X * X)
            assert learner.find(X).item() == pytest.approx(5**0.5 + 1 + 2 + 2)
