"""Answers that solve nothing gain nothing: no check passes them before a law of its exercise has held."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

import pytest

from grader.checking.run import Profile, SameProcess, grade_submission
from grader.course import load_course
from grader.records import Chapter, Submission
from grader.rules import judge

ROOT = Path(__file__).parents[1]
CHAPTERS = {chapter.label: chapter for chapter in load_course(ROOT).chapters}
EXERCISES = [
    (label, exercise.name)
    for label in ("ch07", "ch08", "ch09", "ch10", "ch11", "ch12")
    for exercise in CHAPTERS[label].exercises
]


def points_of(chapter: Chapter, exercise: str, source: str) -> float:
    """What an exercise of a submission is worth, by the rules and a few examples of each check."""
    submission = Submission(chapter, source, Path("cheat.py"), "")
    profile = Profile(examples=10, only=exercise, shrink=False)
    report = grade_submission(submission, judge(submission), SameProcess(), profile)
    assert not report.error
    return report.points


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
        if not node.name.startswith("_"):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
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
