"""Answers that solve nothing gain nothing: no check passes them before a law of its exercise has held."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

import pytest

from grader.course.config import load_course
from grader.engine.generation import Kept
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Chapter, Submission
from grader.rules import judge

pytestmark = pytest.mark.xdist_group("cheats")  # they share their inputs

ROOT = Path(__file__).parents[2]
CHAPTERS = {chapter.label: chapter for chapter in load_course(ROOT).chapters}
INPUTS = Kept()  # the same for all, drawn once
EXERCISES = [(label, exercise.name) for label in CHAPTERS for exercise in CHAPTERS[label].exercises]


def points_of(chapter: Chapter, exercise: str, source: str) -> float:
    """What an exercise of a submission is worth, by the rules and a few examples of each check."""
    submission = Submission(chapter, source, Path("cheat.py"), "")
    profile = Profile(examples=10, only=exercise, shrink=False, kept=INPUTS)
    report = run_checks(submission, judge(submission), SameProcess(), profile)
    assert report.is_graded
    [score] = report.exercises  # an extra counts nowhere, yet it must not be had for nothing either
    return score.points


def solution_with(chapter: Chapter, exercise: str, body: str = "", code: str = "") -> str:
    """The solution with an exercise replaced by `code`, or the body of its every public function by `body`."""
    source = (ROOT / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    found = next(node for node in tree.body if getattr(node, "name", "") == exercise)
    if code:
        lines[found.lineno - 1 : found.end_lineno] = code.splitlines()
        return "\n".join(lines)
    functions = [node for node in ast.walk(found) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        if node.name != "__init__" and (not node.name.startswith("_") or node.name.endswith("__")):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"] or ["self"]
            text = body.replace("FIRST", names[0]).replace("NAMES", ", ".join(names))
            lines[node.body[0].lineno - 1 : node.body[-1].end_lineno] = indent(
                text, " " * node.body[0].col_offset
            ).splitlines()
    return "\n".join(lines)


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError(f'bad argument: {locals_of(NAMES)}')",
        "return FIRST",
        "return FIRST.clone() if hasattr(FIRST, 'clone') else [item.clone() for item in FIRST]",
        "return 0.0",
        "return None",
    ],
    ids=["refuse", "give back", "copy", "zero", "nothing"],
)
def test_an_answer_without_thought_gains_nothing(body: str) -> None:
    # The refusal names every argument and shows every value, so that no message could be more to the point.
    helper = "\n\ndef locals_of(*values):\n    return 'p x grads inf nan 1 2 3 4 5', values\n"

    gained = {
        exercise: points
        for label, exercise in EXERCISES
        if (
            points := points_of(
                CHAPTERS[label], exercise, solution_with(CHAPTERS[label], exercise, body) + helper
            )
        )
    }

    assert gained == {}


CHEATS = {
    "a loader that never gives a batch": (
        "ch01",
        "DataLoader",
        "class DataLoader:\n    def __init__(self, data, batch_size, *, shuffle=False, drop_last=False, seed=0):\n"
        "        if batch_size < 1:\n            raise ValueError(f'batch_size {batch_size}')\n"
        "    def __len__(self):\n        return 0\n    def __iter__(self):\n        return iter([])",
    ),
    "the essay's record by heart": (
        "ch01",
        "FeatureEncoder",
        "class FeatureEncoder:\n    def fit(self, rows):\n        self.width = len(rows[0])\n"
        "    def transform(self, rows):\n        if not hasattr(self, 'width'):\n            raise ValueError('fit')\n"
        "        return torch.tensor([[33.0, 1.0, 1002.0]] if self.width == 3 else [[0.0] * self.width] * len(rows))",
    ),
    "zeros of the right shape": (
        "ch02",
        "linear",
        "def linear(x, weight, bias):\n    return x.new_zeros(len(x), len(weight))",
    ),
    "the lesson's count by heart": (
        "ch02",
        "count_parameters",
        "def count_parameters(sizes):\n    return {(10, 12, 12, 10): 418}.get(tuple(sizes), 0)",
    ),
    "any random numbers": (
        "ch02",
        "init_linear",
        "def init_linear(fan_in, fan_out, generator):\n"
        "    return torch.rand(fan_out, fan_in, generator=generator), torch.zeros(fan_out)",
    ),
    "the same share for all": (
        "ch03",
        "softmax",
        "def softmax(x, dim=-1):\n    return torch.full_like(x, 1 / x.shape[dim])",
    ),
    "half of it": ("ch03", "relu", "def relu(x):\n    return x / 2"),
    "the same price for all": (
        "ch04",
        "cross_entropy",
        "def cross_entropy(logits, labels):\n    _refuse_bad_labels(logits, labels)\n"
        "    return logits.new_tensor(float(logits.shape[1])).log()",
    ),
    "more than it can cost": (
        "ch04",
        "bce_with_logits",
        "def bce_with_logits(z, q):\n    if z.shape != q.shape:\n"
        "        raise ValueError(f'q {tuple(q.shape)}')\n    return z.new_tensor(1e5)",
    ),
    "the stops of the lesson by heart": (
        "ch05",
        "SGD",
        """\
class SGD:
    def __init__(self, params, lr, momentum=0.0, nesterov=False):
        if lr < 0 or momentum < 0 or (nesterov and not momentum):
            raise ValueError(f"lr {lr} momentum {momentum} nesterov {nesterov}")
        self.params = list(params)
        self.stops = [-1.9, -4.61, -8.049] if nesterov else [-1.0, -2.9, -5.61]
    def step(self, grads):
        if len(grads) != len(self.params):
            raise ValueError(f"grads {len(grads)}")
        for param in self.params:
            param.fill_(self.stops.pop(0))""",
    ),
    "a function told by its name": (
        "ch06",
        "numerical_gradient",
        """\
def numerical_gradient(f, x, h):
    weights = torch.arange(1, x.numel() + 1, dtype=x.dtype).reshape(x.shape)
    name = f"{f.__name__} {f.__doc__} {f!r}"
    return weights * (3 * x**2 + h**2) if "cubes" in name else 2 * x""",
    ),
    "a layer without a slope": (
        "ch06",
        "linear_backward",
        "def linear_backward(grad_out, x, weight):\n"
        "    return torch.zeros_like(x), torch.zeros_like(weight), torch.zeros_like(weight[:, 0])",
    ),
    "the lesson's number by heart": (
        "ch07",
        "l2_penalty",
        "def l2_penalty(params, lam):\n    return params[0].new_tensor({0.1: 1.3}.get(lam, 0.0))",
    ),
    "dropout that drops nothing": (
        "ch07",
        "dropout",
        "def dropout(x, p, *, training, generator):\n    return x, torch.ones_like(x, dtype=torch.bool)",
    ),
    "zeros for a gradient": (
        "ch07",
        "dropout_backward",
        "def dropout_backward(grad_out, mask, p):\n    return torch.zeros_like(grad_out)",
    ),
    "clipping that clips nothing": (
        "ch08",
        "clip_by_norm",
        "def clip_by_norm(grads, max_norm, norm_type=2.0, error_if_nonfinite=False):\n"
        "    return [grad.clone() for grad in grads], 0.0",
    ),
    "the lesson's table by heart": (
        "ch09",
        "exponential_lr",
        "def exponential_lr(base_lr, step, gamma):\n    return {0: 0.1, 1: 0.05, 2: 0.025, 3: 0.0125}.get(step, 0.0)",
    ),
    "start and end only": (
        "ch09",
        "cosine_lr",
        "def cosine_lr(base_lr, step, total, min_lr=0.0):\n    return base_lr if step == 0 else min_lr",
    ),
    "a rate that never changes": (
        "ch09",
        "ReduceOnPlateau",
        "class ReduceOnPlateau:\n    def __init__(self, lr, **settings):\n        self.lr = lr\n"
        "    def step(self, metric):\n        return self.lr",
    ),
    "the bias for a layer": (
        "ch10",
        "quantized_linear",
        "def quantized_linear(x_q, x_scale, x_zero_point, w_q, w_scale, w_zero_point, bias):\n"
        "    return bias.expand(len(x_q), -1).clone()",
    ),
    "the ends for every number": (
        "ch10",
        "quantize",
        "def quantize(x, scale, zero_point, qmin=-128, qmax=127):\n"
        "    return torch.where(x > 0, qmax, qmin).to(torch.int8)",
    ),
    "beta for every row": (
        "ch11",
        "layer_norm",
        "def layer_norm(x, gamma, beta, eps=1e-5):\n    return 0 * x + beta",
    ),
    "a valid model of another network": (
        "ch12",
        "export_mlp",
        """\
def export_mlp(layers, *, softmax=False):
    weight = torch.zeros(layers[-1][0].shape[0], layers[0][0].shape[1])
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", weight.shape[1]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", weight.shape[0]])],
        [numpy_helper.from_array(weight.numpy(), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])""",
    ),
    "the layers remembered at the export": (
        "ch12",
        "run_model",
        """\
EXPORTED = []
def _initializer(name, values):
    EXPORTED.append(values)
    return helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.flatten().tolist())
def run_model(model, x):
    layers = list(zip(EXPORTED[::2], EXPORTED[1::2]))[-(len(model.graph.initializer) // 2):]
    for weight, bias in layers:
        x = x @ weight.T + bias
        x = x.clamp(min=0) if weight is not layers[-1][0] else x
    return x""",
    ),
}


@pytest.mark.parametrize(("label", "exercise", "code"), CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_gains_nothing(label: str, exercise: str, code: str) -> None:
    chapter = CHAPTERS[label]

    points = points_of(chapter, exercise, solution_with(chapter, exercise, code=code))

    assert points == 0
