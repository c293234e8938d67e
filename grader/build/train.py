"""Train the network step by step, then fold, quantize and export it; every number on the way is kept.

The last steps are why the course has its chapters: a batch norm folds into the layer beside it, the layers become
8-bit integers, and the whole becomes a file that other programs run. Each step is compared with the one before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor

from grader.build.blocks import Blocks
from grader.build.data import Data, wave
from grader.build.network import Layer, Network, Shape

CELLS = 40  # bars of a histogram
GRID = 40  # points along each side of the wave's square: an even number, so that none lies on its pole
SHOWN_NEURONS = 24


class Metric(StrEnum):
    """What the score of a task measures."""

    ACCURACY = "accuracy"
    R_SQUARED = "R²"


@dataclass(frozen=True)
class Plan:
    """How a task is trained, and what counts as having worked.

    Args:
        shape: the network.
        epochs: passes over the samples; `brick build --epochs` may say otherwise.
        batch_size: samples per step.
        lr: the highest learning rate; it rises over a tenth of the steps, then falls along a cosine.
        max_norm: all gradients together are cut to this length.
        decay: weight decay, by AdamW for digits and as a penalty for the wave.
        metric: what `score` measures.
        goal: the score that right blocks reach, which a test holds us to.
        polish_lr: the last epoch, on the folded layers, by SGD at this rate; 0 for none.
    """

    shape: Shape
    epochs: int
    batch_size: int
    lr: float
    max_norm: float
    decay: float
    metric: Metric
    goal: float
    polish_lr: float = 0.0


PLANS = {
    "wave": Plan(
        Shape((2, 96, 96, 1), "input"), epochs=80, batch_size=64, lr=6e-3, max_norm=1.0, decay=1e-6,
        metric=Metric.R_SQUARED, goal=0.998,
    ),
    "digits": Plan(
        Shape((64, 128, 64, 10), "hidden", dropout=0.2), epochs=25, batch_size=32, lr=4e-3, max_norm=2.0, decay=0.02,
        metric=Metric.ACCURACY, goal=0.97, polish_lr=1e-3,
    ),
}  # fmt: skip


@dataclass
class History:
    """What the curves are drawn from: one entry per step, of `metric` one per epoch."""

    loss: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    norm_before: list[float] = field(default_factory=list)
    norm_after: list[float] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Epoch:
    """What is told while training runs: `number` counts from 1, `loss` is the epoch's mean, `seconds` all so far."""

    number: int
    epochs: int
    loss: float
    metric: float
    lr: float
    seconds: float


class Diverged(Exception):
    """The loss is not a number any more.

    Args:
        loss: inf or NaN.
        steps: how many were taken before.
    """

    def __init__(self, loss: float, steps: int) -> None:
        super().__init__(f"the loss is {loss} after {steps} steps")
        self.loss, self.steps = loss, steps


class Trainer:
    """One network, its optimizer and its schedule.

    Args:
        blocks: whose code runs.
        task: wave or digits.
        steps: steps in all, for the schedule.
        seed: of the weights and of dropout.
        device: where the network is.
        dtype: of the weights; a test compares it with plain PyTorch in float64.
    """

    def __init__(
        self,
        blocks: Blocks,
        task: str,
        steps: int,
        seed: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.blocks, self.task, self.plan, self.steps = blocks, task, PLANS[task], steps
        self.dtype, self.device = dtype, device
        self.network = Network(
            blocks, self.plan.shape, torch.Generator(device=device).manual_seed(seed), dtype
        )
        params = self.network.params
        if task == "digits":
            self.optimizer = blocks.AdamW(params, lr=self.plan.lr, weight_decay=self.plan.decay)
        else:
            self.optimizer = blocks.Adam(params, lr=self.plan.lr)
        self.history = History()

    def step(self, x: Tensor, y: Tensor) -> float:
        """Forward, loss, backward, clip, schedule, update."""
        x, y = x.to(self.device, self.dtype), y.to(self.device)
        output = self.network.forward(x, training=True)
        loss, grads = self._loss_and_gradients(output, y)
        number = len(self.history.loss)
        lr = self.blocks.warmup_cosine(self.plan.lr, number + 1, max(1, self.steps // 10), self.steps + 1)
        self.optimizer.lr = lr
        self._update(self.optimizer, grads, float(loss), lr)
        return float(loss)

    def _loss_and_gradients(self, output: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The loss of a batch, and the gradients of all parameters in their order, a penalty's included."""
        if self.task == "digits":
            loss = self.blocks.cross_entropy(output, y)
            return loss, self.network.backward(self.blocks.cross_entropy_backward(output, y))
        target = y.to(self.dtype)[:, None]
        loss = self.blocks.mse_loss(output, target)
        grads = self.network.backward(self.blocks.mse_backward(output, target))
        return loss, self.blocks.l2_gradients(self.network.params, grads, self.plan.decay)

    def _update(self, optimizer: Any, grads: list[Tensor], loss: float, lr: float) -> None:
        """Clip, step and note both; Diverged before anything moves by a loss that is no number."""
        if not math.isfinite(loss):
            raise Diverged(loss, len(self.history.loss))
        clipped, _ = self.blocks.clip_by_norm(grads, self.plan.max_norm)
        optimizer.step(clipped)
        self.history.loss.append(loss)
        self.history.lr.append(float(lr))
        self.history.norm_before.append(joint_norm(grads))
        self.history.norm_after.append(joint_norm(clipped))

    def polish(self, layers: list[Layer], batches: Any) -> None:
        """One epoch of plain gradient descent on the folded layers, in place."""
        optimizer = self.blocks.SGD(
            [t for pair in layers for t in pair], lr=self.plan.polish_lr, momentum=0.9
        )
        for x, y in batches:
            x, y = x.to(self.device, self.dtype), y.to(self.device)
            loss, pairs = self.blocks.mlp_loss_and_grads(x, y, layers)
            self._update(
                optimizer, [grad for pair in pairs for grad in pair], float(loss), self.plan.polish_lr
            )

    def score(self, output: Tensor, y: Tensor) -> float:
        """Accuracy, or the share of the variance that is explained."""
        if self.task == "digits":
            return float((output.argmax(1).cpu() == y).double().mean())
        y, guess = y.double(), output[:, 0].cpu().double()
        return 1 - float(((y - guess) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def joint_norm(grads: Any) -> float:
    """The length of all gradients together, measured by the kit itself."""
    return math.sqrt(sum(float((grad.double() ** 2).sum()) for grad in grads))


# --- the whole run ----------------------------------------------------------------------------------------


def build(
    blocks: Blocks,
    task: str,
    data: Data,
    *,
    epochs: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    tell: Callable[[Epoch], None] = lambda epoch: None,
) -> tuple[dict[str, Any], bytes]:
    """Train, fold, polish, quantize and export.

    Args:
        blocks: whose code runs.
        task: wave or digits.
        data: what it learns from.
        epochs: instead of the plan's.
        seed: of the weights, of dropout, and of the order of the samples.
        device: where it is computed.
        tell: hears of each epoch.

    Returns:
        All that the page shows, as plain data, and the ONNX model's bytes.

    Raises:
        Diverged: the loss is not finite any more.
    """
    torch.manual_seed(seed)
    plan, start = PLANS[task], time.perf_counter()
    epochs = epochs or plan.epochs
    loader = blocks.DataLoader(data.train, plan.batch_size, shuffle=True, drop_last=True, seed=seed)
    trainer = Trainer(blocks, task, epochs * len(loader), seed, device)
    x_test = data.x_test.to(device)
    trainer.network.settle(loader)
    for number in range(1, epochs + 1):
        losses = [trainer.step(x, y) for x, y in loader]
        score = trainer.score(trainer.network.forward(x_test, training=False), data.y_test)
        trainer.history.metric.append(score)
        mean = sum(losses) / max(1, len(losses))
        lr = trainer.history.lr[-1] if losses else 0.0
        tell(Epoch(number, epochs, mean, score, lr, time.perf_counter() - start))
    layers = trainer.network.folded()
    if plan.polish_lr:
        trainer.polish(layers, loader)
    result, model = _finish(blocks, trainer, layers, data, x_test)
    return result | {"epochs": epochs, "seed": seed, "device": device}, model


def _finish(
    blocks: Blocks, trainer: Trainer, layers: list[Layer], data: Data, x_test: Tensor
) -> tuple[dict[str, Any], bytes]:
    """Judge the plain layers, their 8-bit form and the exported model by the same held-out samples."""
    plain = blocks.mlp_forward(x_test, layers)
    coded, weights = int8_forward(blocks, x_test, layers)
    model = blocks.export_mlp([(w.cpu(), b.cpu()) for w, b in layers], softmax=trainer.task == "digits")
    exported = blocks.run_model(model, x_test.cpu())
    expected = torch.softmax(plain, 1) if trainer.task == "digits" else plain
    result = {
        "task": trainer.task,
        "metric": trainer.plan.metric,
        "goal": trainer.plan.goal,
        "score": trainer.score(plain, data.y_test),
        "int8_score": trainer.score(coded, data.y_test),
        "onnx_difference": float((exported.cpu() - expected.cpu()).abs().max()),
        "history": vars(trainer.history),
        "activations": [_histogram(seen.after) for seen in trainer.network.seen],
        "weights": weights,
        "examples": _examples(trainer.task, data, plain.cpu()),
        "inside": _inside(blocks, trainer.task, layers),
        "parameters": sum(tensor.numel() for layer in layers for tensor in layer),
    }
    return result, model.SerializeToString()


def int8_forward(blocks: Blocks, x: Tensor, layers: list[Layer]) -> tuple[Tensor, list[dict[str, Any]]]:
    """The network in 8-bit integers, and for each layer what rounding its weights costs.

    Each layer's input is quantized by the range it has here, as a calibration would find it; the activation is applied
    to the numbers that the integers stand for.
    """
    about = []
    for i, (weight, bias) in enumerate(layers):
        x_scale, x_zero = blocks.choose_qparams(float(x.min()), float(x.max()))
        scale, zero = blocks.choose_qparams(float(weight.min()), float(weight.max()))
        codes = blocks.quantize(weight, scale, zero)
        x = blocks.quantized_linear(
            blocks.quantize(x, x_scale, x_zero), x_scale, x_zero, codes, scale, zero, bias
        )
        if i + 1 < len(layers):
            x = blocks.relu(x)
        about.append(_rounding(blocks, weight, blocks.dequantize(codes, scale, zero)))
    return x, about


def _rounding(blocks: Blocks, weight: Tensor, restored: Tensor) -> dict[str, Any]:
    """How far rounding moves a layer's weights: with one scale for all, and with one per output channel."""
    codes, scales, zeros = blocks.quantize_per_channel(weight, 0)
    finer = (codes.float() - zeros.to(codes.device)[:, None]) * scales.to(codes.device)[:, None]
    return {
        "before": _histogram(weight),
        "after": _histogram(restored),
        "error": float((weight - restored).abs().mean()),
        "error_per_channel": float((weight - finer).abs().mean()),
    }


def _histogram(values: Tensor) -> dict[str, Any]:
    """Counts between equal steps, the steps' edges, and the share that is exactly 0."""
    flat = values.detach().float().cpu().flatten()
    counts, edges = torch.histogram(flat, CELLS)
    return {"counts": counts.tolist(), "edges": edges.tolist(), "zero": float((flat == 0).float().mean())}


def _inside(blocks: Blocks, task: str, layers: list[Layer]) -> dict[str, Any]:
    """What the network has made of its task: the wave over its square beside the true one, or what it looks for.

    Returns:
        For the wave `true` and `learned`, each GRID rows from b = -1 up. For digits `weights`, the rows of the first
        layer that are longest.
    """
    weight, _ = layers[0]
    if task == "digits":
        longest = weight.norm(dim=1).argsort(descending=True)[:SHOWN_NEURONS]
        return {"weights": weight[longest].cpu().tolist()}
    side = torch.linspace(-1, 1, GRID)
    points = torch.cartesian_prod(side, side).flip(1)  # a runs along a row, b from row to row
    learned = blocks.mlp_forward(points.to(weight), layers)
    grid = (GRID, GRID)
    return {"true": wave(points).view(grid).tolist(), "learned": learned[:, 0].cpu().view(grid).tolist()}


def _examples(task: str, data: Data, output: Tensor) -> dict[str, Any]:
    """Held-out samples beside what the network makes of them: all of the wave's, ten digits."""
    if task == "wave":
        return {"target": data.y_test.tolist(), "guess": output[:, 0].tolist()}
    guess = output.argmax(1)
    first = torch.argsort((guess == data.y_test).int(), stable=True)[:10]  # the misses, then others
    picked = {"pixels": data.x_test[first].tolist(), "target": data.y_test[first].tolist()}
    return picked | {"guess": guess[first].tolist()}
