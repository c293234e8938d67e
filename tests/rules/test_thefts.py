"""torch's own answer earns nothing by any road: what the rules cannot see on the tree is barred where it runs."""

# ruff: noqa: E501 -- a table is read one case a line

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandboxes import need

from grader.course.config import load_course
from grader.engine.generation import Kept
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Cause, CheckResult, Submission
from grader.rules import judge
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

pytestmark = pytest.mark.xdist_group("thefts")  # they share a sandbox and their inputs

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
CHAPTER = COURSE.chapters[2]
INPUTS = Kept()  # the same for all, drawn once
RELU = "    return torch.maximum(x, torch.zeros_like(x))\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One sealed sandbox for all thefts."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, COURSE.limits) as found:
        yield found


def results_of(source: str, sandbox: Sandbox, exercise: str) -> tuple[float, list[CheckResult]]:
    """What an exercise earned, and the results of its checks, after all of the chapter's checks ran in one guest."""
    submission = Submission(
        CHAPTER, f"import math\nimport torch\nfrom torch import Tensor\n{source}\n", Path("theft.py"), ""
    )
    report = run_checks(
        submission, judge(submission), sandbox, Profile(examples=3, shrink=False, kept=INPUTS)
    )
    assert report.is_graded, report.problem
    [score] = [score for score in report.exercises if score.name == exercise]
    return score.points, [result for result in report.checks if result.exercise == exercise]


AT_ONCE = {
    "a method": "def softmax(x, dim=-1): return x.softmax(dim)",
    "a method that sounds like one's own": "class A:\n    def softmax(self, x): return x\ndef softmax(x, dim=-1): return x.softmax(dim)",
    "an attribute that sounds like one's own": "class A:\n    def __init__(self): self.logsumexp = 1\ndef softmax(x, dim=-1): return (x - x.logsumexp(dim, keepdim=True)).exp()",
    "a static method on a tensor": "class A:\n    def logsumexp(self): return 1\n    def go(self, dim): return (self - self.logsumexp(dim, keepdim=True)).exp()\ndef softmax(x, dim=-1): return A.go(x, dim)",
    "a field of that name": "from collections import namedtuple\nP = namedtuple('P', 'logsumexp')\ndef softmax(x, dim=-1): return (x - x.logsumexp(dim, True)).exp()",
    "a helper of a helper": "def a(x, dim): return x.softmax(dim)\ndef b(x, dim): return a(x, dim)\ndef softmax(x, dim=-1): return b(x, dim)",
    "a lambda": "help_me = lambda x, d: x.log_softmax(d)\ndef softmax(x, dim=-1): return help_me(x, dim).exp()",
    "a keyword pattern": "def softmax(x, dim=-1):\n    match x:\n        case Tensor(softmax=f): return f(dim)",
    "full-width letters": "def softmax(x, dim=-1): return x.ｓoftmax(dim)",
    "the class of a tensor": "def softmax(x, dim=-1): return x.__class__.softmax(x, dim)",
    "type": "def softmax(x, dim=-1): return type(x).softmax(x, dim)",
    "a literal getattr": "def softmax(x, dim=-1): return getattr(x, 'softmax')(dim)",
    "hidden from the grader": "def softmax(x, dim=-1):\n    try:\n        return x.softmax(dim)\n    except BaseException:\n        return x.softmax(dim)\n    finally:\n        pass",
    "in place": "def softmax(x, dim=-1):\n    y = x.clone()\n    return y.logsumexp(dim, keepdim=True).neg_().add(x).exp_()",
    "in inference mode": "def softmax(x, dim=-1):\n    with torch.inference_mode():\n        return x.softmax(dim).clone()",
    "in a decorator": "def by(f):\n    return lambda x, dim=-1: x.softmax(dim)\n@by\ndef softmax(x, dim=-1): return x",
    "in a comprehension": "def softmax(x, dim=-1): return [y.softmax(dim) for y in [x]][0]",
    "in a generator": "def rows(x, dim):\n    yield x.softmax(dim)\ndef softmax(x, dim=-1): return next(rows(x, dim))",
    "in a property": "class A:\n    def __init__(self, x): self.x = x\n    @property\n    def s(self): return self.x.softmax(-1)\ndef softmax(x, dim=-1): return A(x.movedim(dim, -1)).s.movedim(-1, dim)",
}

PARKED = {
    "a class method": "class Box:\n    kept = None\n    @classmethod\n    def put(cls, f): cls.kept = f\n    @classmethod\n    def get(cls): return cls.kept\ndef relu(x):\n    Box.put(lambda t, d: t.softmax(d))\nRELUdef softmax(x, dim=-1): return Box.get()(x, dim)",
    "at the import": "class Box:\n    kept = {}\n    @classmethod\n    def put(cls, name, f):\n        cls.kept[name] = f\n        return 0\nK = Box.put('f', torch.softmax)\ndef softmax(x, dim=-1): return Box.kept['f'](x, dim)",
    "an exception class": "class Box(Exception):\n    kept = None\n    @classmethod\n    def put(cls, f): cls.kept = f\ndef relu(x):\n    Box.put(torch.softmax)\nRELUdef softmax(x, dim=-1): return Box.kept(x, dim)",
    "a default": "def box(x=[]): return x\ndef relu(x):\n    box().append(torch.softmax)\nRELUdef softmax(x, dim=-1): return box()[0](x, dim)",
    "a constant": "BOX = []\ndef relu(x):\n    BOX.append(torch.softmax)\nRELUdef softmax(x, dim=-1): return BOX[0](x, dim)",
    "a class's list": "class Box:\n    held = []\ndef relu(x):\n    Box.held.append(torch.softmax)\nRELUdef softmax(x, dim=-1): return Box.held[0](x, dim)",
    "a class's attribute": "class Box: pass\ndef relu(x):\n    Box.f = torch.softmax\nRELUdef softmax(x, dim=-1): return Box.f(x, dim)",
    "type(self)": "class Box:\n    def put(self, f):\n        type(self).held = f\n        self.__class__.more = f\ndef relu(x):\n    Box().put(torch.softmax)\nRELUdef softmax(x, dim=-1): return Box.more(x, dim)",
    "a function's attribute": "def box(x): return x\ndef relu(x):\n    box.held = torch.softmax\nRELUdef softmax(x, dim=-1): return box.held(x, dim)",
    "a cache": "from functools import cache\n@cache\ndef box(): return []\ndef relu(x):\n    box().append(torch.softmax)\nRELUdef softmax(x, dim=-1): return box()[0](x, dim)",
    "a global": "KEPT = None\ndef relu(x):\n    global KEPT\n    KEPT = torch.softmax\nRELUdef softmax(x, dim=-1): return KEPT(x, dim)",
    "a closure": "def make():\n    held = []\n    def put(f): held.append(f)\n    def get(): return held[0]\n    return put, get\nput, get = make()\ndef relu(x):\n    put(torch.softmax)\nRELUdef softmax(x, dim=-1): return get()(x, dim)",
    "a generator": "def keep():\n    f = yield\n    while True:\n        yield f\nHELD = keep()\nnext_ = next\ndef relu(x):\n    try:\n        next(HELD)\n        HELD.send(torch.softmax)\n    except StopIteration: pass\nRELUdef softmax(x, dim=-1): return next(HELD)(x, dim)",
    "an enumeration": "from enum import Enum\nclass Box(Enum):\n    A = 1\ndef relu(x):\n    Box.A.f = torch.softmax\nRELUdef softmax(x, dim=-1): return Box.A.f(x, dim)",
    "a namespace": "from types import SimpleNamespace\nBOX = SimpleNamespace()\ndef relu(x):\n    BOX.f = torch.softmax\nRELUdef softmax(x, dim=-1): return BOX.f(x, dim)",
    "a partial": "from functools import partial\nBOX = partial(dict)\ndef relu(x):\n    BOX.keywords['f'] = torch.softmax\nRELUdef softmax(x, dim=-1): return BOX.keywords['f'](x, dim)",
    "a library's class": "from fractions import Fraction\ndef relu(x):\n    kinds = [Fraction]\n    kinds[0].held = torch.softmax\nRELUdef softmax(x, dim=-1): return Fraction.held(x, dim)",
    "a context manager": "from contextlib import ExitStack\nSTACK = ExitStack()\ndef relu(x):\n    STACK.f = torch.softmax\nRELUdef softmax(x, dim=-1): return STACK.f(x, dim)",
}


@pytest.mark.parametrize("source", AT_ONCE.values(), ids=AT_ONCE.keys())
def test_torchs_own_answer_is_barred_where_it_runs(source: str, sandbox: Sandbox) -> None:
    points, results = results_of(source, sandbox, "softmax")

    assert points == 0
    assert {result.cause for result in results} & {Cause.BARRED}


@pytest.mark.parametrize("source", PARKED.values(), ids=PARKED.keys())
def test_an_operation_parked_by_one_exercise_does_not_serve_another(source: str, sandbox: Sandbox) -> None:
    points, _ = results_of(source.replace("RELU", RELU), sandbox, "softmax")

    assert points == 0
