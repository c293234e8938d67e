"""The blocks that are lent until the learner has their own: the same signatures, built on what torch brings along.

Nothing here is a solution: gradients come from torch.autograd, the schedule from numpy, the model from ONNX's text
format. What each does, and its shapes, stand in the exercise of the same name; tests hold both to plain PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx.reference import ReferenceEvaluator
from torch import Tensor

__all__ = [
    "SGD", "Adam", "AdamW", "BatchNorm", "DataLoader", "choose_qparams", "clip_by_norm", "cross_entropy",
    "cross_entropy_backward", "dequantize", "dropout", "dropout_backward", "export_mlp", "init_linear", "l2_gradients",
    "linear", "linear_backward", "mlp_forward", "mlp_loss_and_grads", "mse_backward", "mse_loss", "quantize",
    "quantize_per_channel", "quantized_linear", "relu", "relu_backward", "run_model", "warmup_cosine",
]  # fmt: skip

Layers = Sequence[tuple[Tensor, Tensor]]


# --- data -------------------------------------------------------------------------------------------------


class DataLoader:
    """Batches of a sequence of (features, target)."""

    def __init__(
        self, data: Sequence[Any], batch_size: int, *, shuffle: bool = False, drop_last: bool = False, seed: int = 0
    ) -> None:  # fmt: skip
        self._loader: Any = torch.utils.data.DataLoader(
            data,  # type: ignore[arg-type]  # any sequence will do
            batch_size,
            shuffle=shuffle,
            drop_last=drop_last,
            collate_fn=_collate,
            generator=torch.Generator().manual_seed(seed),
        )

    def __len__(self) -> int:
        count: int = len(self._loader)
        return count

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        batches: Iterator[tuple[Tensor, Tensor]] = iter(self._loader)
        return batches


def _collate(samples: Sequence[tuple[Sequence[float], Any]]) -> tuple[Tensor, Tensor]:
    features = torch.tensor([list(row) for row, _ in samples], dtype=torch.float32)
    targets = [target for _, target in samples]
    whole = all(isinstance(target, int) for target in targets)
    return features, torch.tensor(targets, dtype=torch.int64 if whole else torch.float32)


# --- forward and backward ---------------------------------------------------------------------------------


def init_linear(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A weight with variance 2/fan_in, and a bias of zeros."""
    weight = torch.empty(fan_out, fan_in, device=generator.device)
    torch.nn.init.kaiming_normal_(weight, generator=generator)
    return weight, torch.zeros(fan_out, device=generator.device)


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A layer without activation."""
    return F.linear(x, weight, bias)


def relu(x: Tensor) -> Tensor:
    """Negative numbers become 0."""
    return F.relu(x)


def mlp_forward(x: Tensor, layers: Layers) -> Tensor:
    """Linear layers with ReLU between."""
    *hidden, last = layers
    for weight, bias in hidden:
        x = F.relu(F.linear(x, weight, bias))
    return F.linear(x, *last)


def mse_loss(pred: Tensor, target: Tensor) -> Tensor:
    """The mean squared error."""
    return F.mse_loss(pred, target)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """The mean cross entropy."""
    return F.cross_entropy(logits, labels)


def _gradients(loss: Any, grad_out: Tensor | None, *tensors: Tensor) -> tuple[Tensor, ...]:
    """What torch.autograd makes of a function at `tensors`."""
    leaves = [tensor.detach().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        return torch.autograd.grad(loss(*leaves), leaves, grad_out)


def relu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gradient of relu."""
    return _gradients(F.relu, grad_out, x)[0]


def linear_backward(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of linear with respect to x, weight and bias."""
    bias = grad_out.new_zeros(len(weight))
    grad_x, grad_w, grad_b = _gradients(F.linear, grad_out, x, weight, bias)
    return grad_x, grad_w, grad_b


def mse_backward(pred: Tensor, target: Tensor) -> Tensor:
    """The gradient of mse_loss with respect to pred."""
    return _gradients(lambda guess: F.mse_loss(guess, target), None, pred)[0]


def cross_entropy_backward(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient of cross_entropy with respect to logits."""
    return _gradients(lambda scores: F.cross_entropy(scores, labels), None, logits)[0]


def mlp_loss_and_grads(
    x: Tensor, labels: Tensor, layers: Layers
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """The cross entropy of a whole network and the gradients of all its layers."""
    leaves = [(w.detach().requires_grad_(), b.detach().requires_grad_()) for w, b in layers]
    with torch.enable_grad():
        loss = F.cross_entropy(mlp_forward(x, leaves), labels)
        grads = torch.autograd.grad(loss, [tensor for layer in leaves for tensor in layer])
    return loss.detach(), list(zip(grads[::2], grads[1::2], strict=True))


# --- regularization, clipping, normalization --------------------------------------------------------------


def dropout(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Drop entries with probability p and scale up the others; the mask is True where kept."""
    if not training or p == 0:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask = torch.empty_like(x).bernoulli_(1 - p, generator=generator).bool()
    return dropout_backward(x, mask, p), mask


def dropout_backward(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient of dropout in training."""
    return grad_out * mask / (1 - p) if p < 1 else torch.zeros_like(grad_out)


def l2_gradients(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """The gradients with those of the penalty lam/2 · Σ w² added, one tensor per parameter."""
    return [torch.add(grad, param, alpha=lam) for param, grad in zip(params, grads, strict=True)]


def clip_by_norm(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor]:
    """Scale all gradients so that their joint norm is at most max_norm; also the norm before."""
    holders = [torch.nn.Parameter(torch.empty_like(grad)) for grad in grads]
    for holder, grad in zip(holders, grads, strict=True):
        holder.grad = grad.clone()
    norm = torch.nn.utils.clip_grad_norm_(holders, max_norm, norm_type, error_if_nonfinite)
    return [holder.grad for holder in holders if holder.grad is not None], norm


class BatchNorm:
    """Normalise each feature over the batch.

    The buffers follow the dtype and device of what comes in, as a learner's may: the network sets gamma and beta anew
    before each pass.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.eps, self.momentum = eps, momentum
        self.gamma, self.beta = torch.ones(num_features), torch.zeros(num_features)
        self.running_mean, self.running_var = torch.zeros(num_features), torch.ones(num_features)

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """Normalise by the batch (training) or by the running statistics."""
        self.gamma, self.beta = self.gamma.to(x), self.beta.to(x)
        self.running_mean, self.running_var = self.running_mean.to(x), self.running_var.to(x)
        if training:
            self.x = x.clone()
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.gamma, self.beta, training, self.momentum, self.eps
        )

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients with respect to x, gamma and beta."""

        def forward(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
            return F.batch_norm(x, None, None, gamma, beta, True, self.momentum, self.eps)

        grad_x, grad_gamma, grad_beta = _gradients(forward, grad_out, self.x, self.gamma, self.beta)
        return grad_x, grad_gamma, grad_beta


# --- optimizers and schedule ------------------------------------------------------------------------------


class _Lent:
    """An optimizer of torch.optim that takes its gradients as a list.

    `lr` is a plain attribute, as the exercises have it, so that a schedule can set it before each step.
    """

    optimizer: torch.optim.Optimizer

    def _hold(self, params: Iterable[Tensor]) -> list[Tensor]:
        self.params = list(params)
        return self.params

    def step(self, grads: Sequence[Tensor | None]) -> None:
        """Update the parameters in place."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr
        for param, grad in zip(self.params, grads, strict=True):
            param.grad = grad
        self.optimizer.step()

    lr: float


class SGD(_Lent):
    """Stochastic gradient descent with momentum."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        self.lr = lr
        self.optimizer = torch.optim.SGD(self._hold(params), lr, momentum, nesterov=nesterov)


class Adam(_Lent):
    """Steps of about lr in every direction."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8
    ) -> None:  # fmt: skip
        self.lr = lr
        self.optimizer = torch.optim.Adam(self._hold(params), lr, betas, eps)


class AdamW(_Lent):
    """Adam with decoupled weight decay."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:  # fmt: skip
        self.lr = lr
        self.optimizer = torch.optim.AdamW(self._hold(params), lr, betas, eps, weight_decay)


def warmup_cosine(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """The learning rate of a step: up in a straight line for `warmup` of them, then down along a cosine."""
    if step < warmup:
        return base_lr * step / warmup
    share = min(1.0, (step - warmup) / (total - warmup))
    return min_lr + (base_lr - min_lr) * float(1 + np.cos(np.pi * share)) / 2


# --- int8 and ONNX ----------------------------------------------------------------------------------------


def choose_qparams(x_min: float, x_max: float, qmin: int = -128, qmax: int = 127) -> tuple[float, int]:
    """Scale and zero point of a range that is stretched to hold 0, which then has a code of its own."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0
    return scale, int(np.clip(np.round(qmin - low / scale), qmin, qmax))


def quantize(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Codes in int8; what lies outside the range gets the nearest end."""
    return torch.clamp(torch.round(x / scale) + zero_point, qmin, qmax).to(torch.int8)


def dequantize(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """What the codes stand for."""
    return (q.float() - zero_point) * scale


def quantize_per_channel(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Codes, and a scale and a zero point for each channel."""
    slices = w.unbind(axis)
    chosen = [choose_qparams(part.min().item(), part.max().item()) for part in slices]
    codes = [quantize(part, *params) for part, params in zip(slices, chosen, strict=True)]
    scales, zero_points = zip(*chosen, strict=True)
    return torch.stack(codes, axis), torch.tensor(scales), torch.tensor(zero_points)


def quantized_linear(
    x_q: Tensor, x_scale: float, x_zero_point: int, w_q: Tensor, w_scale: float, w_zero_point: int, bias: Tensor
) -> Tensor:  # fmt: skip
    """A layer on codes; the sums are integers, on the CPU, since no GPU multiplies int32 matrices."""
    sums = F.linear(x_q.int().cpu() - x_zero_point, w_q.int().cpu() - w_zero_point).to(bias.device)
    return sums.float() * (x_scale * w_scale) + bias


def export_mlp(layers: Layers, *, softmax: bool = False) -> onnx.ModelProto:
    """The network in ONNX's own text format, with the weights put in.

    Args:
        layers: weight and bias of each, ReLU between them.
        softmax: end with the shares of the classes.
    """
    outputs = [f"z{i}" for i in range(len(layers))]
    lines, current = [], "x"
    for i, output in enumerate(outputs):
        lines.append(f"{output} = Gemm<transB=1>({current}, w{i}, b{i})")
        if i + 1 < len(outputs):
            lines.append(f"a{i} = Relu({output})")
            current = f"a{i}"
    last = outputs[-1]
    if softmax:
        lines.append(f"p = Softmax({last})")
        last = "p"
    width_in, width_out = layers[0][0].shape[1], layers[-1][0].shape[0]
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 17]> '
        f"mlp (float[N, {width_in}] x) => (float[N, {width_out}] {last}) {{ {' '.join(lines)} }}"
    )
    for i, (weight, bias) in enumerate(layers):
        for name, values in ((f"w{i}", weight), (f"b{i}", bias)):
            model.graph.initializer.append(onnx.numpy_helper.from_array(values.cpu().numpy(), name))
    return model


def run_model(model: onnx.ModelProto, x: Tensor) -> Tensor:
    """What ONNX's reference evaluator makes of x."""
    given = {entry.name for entry in model.graph.initializer}
    (name,) = [entry.name for entry in model.graph.input if entry.name not in given]
    outputs: Any = ReferenceEvaluator(model).run(None, {name: x.cpu().numpy()})
    return torch.from_numpy(outputs[0]).to(x.device)
