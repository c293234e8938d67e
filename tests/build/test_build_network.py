"""The whole: what is the learner's and what is lent, that it learns, and that a wrong block is found out."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from commands import brick
from torch import Tensor, nn

from grader.build.blocks import Block, Blocks, put_together, survey
from grader.build.data import Data
from grader.build.drawing import draw_graph
from grader.build.page import write_pages
from grader.build.train import PLANS, Trainer, build
from grader.build.words import count_yours
from grader.build.worker import Job, start
from grader.cli.build import find_problems
from grader.errors import KitError
from grader.records import Course
from grader.rules import judge

CHECKOUT = Path(__file__).resolve().parents[2]
TASKS = ("wave", "digits")
WHOSE = ("yours", "lent")


def solve(workspace: Path, stem: str, old: str = "", new: str = "") -> None:
    """Put the solution of a chapter in the workspace, with one thing in it changed."""
    source = (CHECKOUT / "solutions" / f"{stem}.py").read_text(encoding="utf-8")
    assert old in source
    (workspace / "exercises" / f"{stem}.py").write_text(source.replace(old, new), encoding="utf-8")


# --- whose block it is ------------------------------------------------------------------------------------


def test_stubs_are_lent_and_solutions_are_yours(kits: dict[tuple[str, str], tuple[Block, ...]]) -> None:
    assert count_yours(kits["digits", "lent"]) == "0 of 12 blocks are yours"
    assert count_yours(kits["digits", "yours"]) == "12 of 12 blocks are yours"
    assert count_yours(kits["wave", "yours"]) == "12 of 12 blocks are yours"


def test_a_chapter_may_be_yours_in_part(course: Course) -> None:
    source = "def relu(x):\n    return x.clamp(min=0)\n\n"
    source += "def relu_backward(grad_out, x):\n    raise NotImplementedError\n"

    block = survey("ch03_activations", "digits", judge(source, course.chapters[2]))

    assert block.mine == ("relu",)
    assert block.whose == "partly yours"


def test_what_the_rules_hold_back_is_lent(course: Course) -> None:
    source = "import torch\n\ndef relu(x):\n    return torch.relu(x)\n"

    block = survey("ch03_activations", "digits", judge(source, course.chapters[2]))

    assert block.mine == ()


# --- beside plain PyTorch ---------------------------------------------------------------------------------


def plain_network(trainer: Trainer) -> nn.ModuleList:
    """The trainer's network in torch.nn, with the same weights."""
    sizes = trainer.plan.shape.sizes
    linears = [nn.Linear(n, m, dtype=torch.float64) for n, m in itertools.pairwise(sizes)]
    for module, (weight, bias) in zip(linears, trainer.network.layers, strict=True):
        module.weight.data, module.bias.data = weight.clone(), bias.clone()
    norms = [nn.BatchNorm1d(len(gamma), dtype=torch.float64) for gamma, _ in trainer.network.scales]
    return nn.ModuleList([nn.ModuleList(linears), nn.ModuleList(norms)])


def plain_forward(network: Any, x: Tensor, trainer: Trainer) -> Tensor:
    """Forward in torch.nn; dropout by the masks that the trainer drew."""
    linears, norms = network
    normalize, share = trainer.plan.shape.normalize, trainer.plan.shape.dropout
    if normalize == "input":
        x = norms[0].eval()(x)
    for i, seen in enumerate(trainer.network.seen):
        x = linears[i](x)
        if normalize == "hidden":
            x = norms[i](x)
        x = torch.relu(x)
        if seen.mask is not None:
            x = x * seen.mask / (1 - share)
    result: Tensor = linears[-1](x)
    return result


def plain_optimizer(network: Any, trainer: Trainer) -> torch.optim.Optimizer:
    """torch.optim's own, for what is learned."""
    plan = trainer.plan
    if trainer.task == "digits":
        return torch.optim.AdamW(network.parameters(), lr=plan.lr, weight_decay=plan.decay)
    network[1].requires_grad_(False)  # the input's norm only stands by
    return torch.optim.Adam(network[0].parameters(), lr=plan.lr)


def plain_gradients(network: Any, x: Tensor, y: Tensor, trainer: Trainer) -> float:
    """The loss by torch.nn.functional; the gradients, penalty included, are left in the parameters."""
    network.zero_grad()
    output = plain_forward(network, x.double(), trainer)
    if trainer.task == "digits":
        loss = nn.functional.cross_entropy(output, y)
        penalty = torch.zeros(())
    else:
        loss = nn.functional.mse_loss(output, y.double()[:, None])
        squares = [(p**2).sum() for p in network[0].parameters()]
        penalty = trainer.plan.decay / 2 * torch.stack(squares).sum()
    (loss + penalty).backward()
    return float(loss)


def plain_clip(parameters: list[nn.Parameter], max_norm: float, slack: float) -> float:
    """Clip the gradients in place by their joint norm; torch's own function has a slack of 1e-6."""
    norm = float(torch.cat([p.grad.flatten() for p in parameters if p.grad is not None]).norm())
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad *= min(1.0, max_norm / (norm + slack))
    return norm


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("task", TASKS)
def test_every_step_equals_plain_pytorch(
    task: str, whose: str, kits: dict[tuple[str, str], tuple[Block, ...]], data: dict[str, Data]
) -> None:
    steps, warmup = 25, 2
    blocks = put_together(kits[task, whose])
    loader = blocks.DataLoader(data[task].train, 32, shuffle=True, drop_last=True, seed=3)
    batches = list(itertools.islice(loader, steps))
    trainer = Trainer(blocks, task, steps, seed=3, dtype=torch.float64)
    network = plain_network(trainer)
    optimizer = plain_optimizer(network, trainer)
    trainer.network.settle(batches)
    for x, _ in batches if task == "wave" else ():
        network[1][0](x.double())

    for number, (x, y) in enumerate(batches, start=1):
        loss = trainer.step(x, y)
        plain_loss = plain_gradients(network, x, y, trainer)
        learned = [p for p in network.parameters() if p.requires_grad]
        norm = plain_clip(learned, trainer.plan.max_norm, 1e-6 if whose == "lent" else 0.0)
        share = max(0, number - warmup) / (steps + 1 - warmup)
        for group in optimizer.param_groups:
            group["lr"] = trainer.plan.lr * min(number / warmup, (1 + math.cos(math.pi * share)) / 2)
        optimizer.step()

        assert loss == pytest.approx(plain_loss, rel=1e-9)
        assert trainer.history.norm_before[-1] == pytest.approx(norm, rel=1e-8)
        for (weight, bias), module in zip(trainer.network.layers, network[0], strict=True):
            torch.testing.assert_close(weight, module.weight.data, rtol=1e-7, atol=1e-9)
            torch.testing.assert_close(bias, module.bias.data, rtol=1e-7, atol=1e-9)


# --- the same again ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_result(
    task: str, whose: str, kits: dict[tuple[str, str], tuple[Block, ...]], data: dict[str, Data]
) -> None:
    def once(seed: int) -> tuple[dict[str, Any], bytes]:
        return build(put_together(kits[task, whose]), task, data[task], epochs=1, seed=seed)

    first, again, other = once(5), once(5), once(6)

    assert first == again
    assert first[0]["history"]["loss"] != other[0]["history"]["loss"]


def test_folding_changes_nothing(
    kits: dict[tuple[str, str], tuple[Block, ...]], data: dict[str, Data]
) -> None:
    for task in TASKS:
        blocks = put_together(kits[task, "lent"])
        trainer = Trainer(blocks, task, 20, seed=0, dtype=torch.float64)
        loader = blocks.DataLoader(data[task].train, 32, shuffle=True, drop_last=True)
        trainer.network.settle(loader)
        for x, y in itertools.islice(loader, 20):
            trainer.step(x, y)
        x = data[task].x_test.double()

        folded = blocks.mlp_forward(x, trainer.network.folded())

        torch.testing.assert_close(folded, trainer.network.forward(x, training=False))


# --- it learns --------------------------------------------------------------------------------------------


# A whole training takes ten seconds. Each task and each kind of blocks is trained in every run of the tests, each
# with each only at night; that both kinds of blocks take the very same steps is tested above.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "whose"),
    [
        ("wave", "lent"),
        pytest.param("digits", "yours", marks=pytest.mark.nightly),
        pytest.param("digits", "lent", marks=pytest.mark.nightly),
        pytest.param("wave", "yours", marks=pytest.mark.nightly),
    ],
)
def test_right_blocks_reach_the_goal(
    task: str, whose: str, kits: dict[tuple[str, str], tuple[Block, ...]], course: Course, tmp_path: Path
) -> None:
    *epochs, last = start(Job(task, kits[task, whose], tmp_path / "model.onnx"))

    assert len(epochs) == PLANS[task].epochs
    assert last["event"] == "done"
    assert find_problems(last["result"]) == []
    names = {chapter.stem: f"Chapter <{chapter.label}>" for chapter in course.chapters}
    page, picture = write_pages(last["result"], kits[task, whose], names, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "Chapter &lt;ch03&gt;" in text
    assert "ch03_activations" not in text
    assert "<svg" in text
    assert "<script" not in text
    assert "<img" not in text
    assert picture.stat().st_size > 10_000
    inside = last["result"]["inside"]
    if task == "wave":
        # Right blocks learn the function itself, apart from the neighbourhood of its pole.
        off = (torch.tensor(inside["learned"]) - torch.tensor(inside["true"])).abs()
        assert (off > 0.2).double().mean() < 0.02
    else:
        assert [len(row) for row in inside["weights"]] == [64] * 24
    assert "[Gemm]  x -> z0" in draw_graph(tmp_path / "model.onnx")


# --- the command ------------------------------------------------------------------------------------------


def test_a_wrong_block_is_named_by_its_checks(workspace: Path) -> None:
    solve(workspace, "ch08_clipping")
    solve(workspace, "ch03_activations", "return grad_out * (x > 0)", "return grad_out * (x < 0)")

    result = brick("build", "--epochs", "2")

    assert result.exit_code == 1, result.output
    assert "2 of 12 blocks are yours" in result.output
    assert "FAIL  accuracy is" in result.output
    assert "suspect  relu_backward (ch03)" in result.output
    assert "clip_by_norm (ch08)" not in result.output
    assert "next: brick check ch03 --exercise relu_backward" in result.output


def test_a_block_that_raises_is_named_with_its_line(workspace: Path) -> None:
    path = workspace / "exercises" / "ch03_activations.py"
    path.write_text("import torch\n\ndef relu(x):\n    return x.clamp(min=nothing)\n", encoding="utf-8")

    result = brick("build", "--epochs", "1")

    assert result.exit_code == 1
    assert "relu raised NameError: name 'nothing' is not defined" in result.output
    assert "line 4" in result.output
    assert "suspect  relu (ch03)" in result.output


def test_build_writes_the_model_and_view_draws_it(workspace: Path) -> None:
    built = brick("build", "--task", "wave", "--epochs", "1")
    drawn = brick("view", "--text")

    assert "0 of 12 blocks are yours" in built.output
    assert (workspace / "build" / "wave" / "page.html").is_file()
    assert "x (N, 2)" in drawn.output
    assert "[Relu]  z0 -> a0 (N, 96)" in drawn.output


def test_view_without_a_model_says_what_to_do(workspace: Path) -> None:
    result = brick("view")

    assert isinstance(result.exception, KitError)
    assert "brick build" in result.exception.next_step


def test_blocks_name_what_is_missing() -> None:
    with pytest.raises(AttributeError, match="no block attention"):
        Blocks({}).attention  # noqa: B018 -- the look-up is what is tested
