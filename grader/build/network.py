"""Assemble the network: forward, backward and parameters out of blocks, and the plain layers that it folds into.

Shapes: a batch of N samples is (N, features); a layer is a weight of (out, in) and a bias of (out,), as in torch.nn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.build.blocks import Blocks

EPS = 1e-5  # added to the variance by batch norm; folding has to add the same
Layer = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Shape:
    """What to assemble.

    Args:
        sizes: widths of input, hidden layers and output.
        normalize: "input", a batch norm before the first layer whose statistics are settled before training, or
            "hidden", one after each hidden layer that learns with it.
        dropout: share of the hidden units that is dropped in training; 0 leaves the block out.
    """

    sizes: tuple[int, ...]
    normalize: str
    dropout: float = 0.0


@dataclass
class _Seen:
    """What one hidden layer remembers of the last forward pass, for `backward` and for the pictures.

    Args:
        x: what came in, (N, in).
        before: the sums, normalized if there is a batch norm, (N, out).
        after: what the activation made of them.
        mask: which of those dropout kept; None without dropout.
    """

    x: Tensor
    before: Tensor
    after: Tensor
    mask: Tensor | None = None


class Network:
    """Linear layers with ReLU between, batch norm and dropout; every operation is a block's.

    Args:
        blocks: whose operations.
        shape: what to assemble.
        generator: draws the weights, and the masks of dropout; its device is the network's.
        dtype: of the weights, and so of everything.
    """

    def __init__(
        self, blocks: Blocks, shape: Shape, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> None:
        self.blocks, self.shape, self.generator = blocks, shape, generator
        self.layers: list[Layer] = []
        for fan_in, fan_out in zip(shape.sizes, shape.sizes[1:], strict=False):
            weight, bias = blocks.init_linear(fan_in, fan_out, generator)
            self.layers.append((weight.to(dtype), bias.to(dtype)))
        widths = shape.sizes[:1] if shape.normalize == "input" else shape.sizes[1:-1]
        self.norms: list[Any] = [blocks.BatchNorm(width, eps=EPS) for width in widths]
        like = self.layers[0][0]
        self.scales: list[Layer] = [(like.new_ones(width), like.new_zeros(width)) for width in widths]
        self.seen: list[_Seen] = []

    @property
    def params(self) -> list[Tensor]:
        """All that is learned: weight and bias of each layer, then gamma and beta of each hidden batch norm."""
        learned = self.scales if self.shape.normalize == "hidden" else []
        return [tensor for pair in (*self.layers, *learned) for tensor in pair]

    def settle(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Let the batch norm of the input see the data once, for its running statistics."""
        if self.shape.normalize == "input":
            for x, _ in batches:
                self._normalize(0, x.to(self.layers[0][0]), training=True)

    def _normalize(self, i: int, x: Tensor, training: bool) -> Tensor:
        """Batch norm `i` of x: by the batch in training, else by its running statistics."""
        # Set anew each time: the optimizer changes our tensors in place, and a block may have kept copies.
        self.norms[i].gamma, self.norms[i].beta = self.scales[i]
        normalized: Tensor = self.norms[i].forward(x, training)
        return normalized

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """The output for a batch; what `backward` and the pictures need is kept in `seen`."""
        self.seen = []
        if self.shape.normalize == "input":
            # By the settled statistics: a mean that shakes from batch to batch would blur a sharp function.
            x = self._normalize(0, x, training=False)
        for i, (weight, bias) in enumerate(self.layers[:-1]):
            before = self.blocks.linear(x, weight, bias)
            if self.shape.normalize == "hidden":
                before = self._normalize(i, before, training)
            after = self.blocks.relu(before)
            self.seen.append(_Seen(x, before, after))
            x = after
            if self.shape.dropout:
                x, mask = self.blocks.dropout(
                    x, self.shape.dropout, training=training, generator=self.generator
                )
                self.seen[-1].mask = mask
        self.last = x
        output: Tensor = self.blocks.linear(x, *self.layers[-1])
        return output

    def backward(self, grad_out: Tensor) -> list[Tensor]:
        """The gradients of `params`, in the same order, for the last forward pass, which was one in training."""
        blocks = self.blocks
        grad, grad_w, grad_b = blocks.linear_backward(grad_out, self.last, self.layers[-1][0])
        layers, scales = [(grad_w, grad_b)], []
        for i in reversed(range(len(self.seen))):
            seen = self.seen[i]
            if seen.mask is not None:
                grad = blocks.dropout_backward(grad, seen.mask, self.shape.dropout)
            grad = blocks.relu_backward(grad, seen.before)
            if self.shape.normalize == "hidden":
                grad, *scale = self.norms[i].backward(grad)
                scales.append(tuple(scale))
            grad, grad_w, grad_b = blocks.linear_backward(grad, seen.x, self.layers[i][0])
            layers.append((grad_w, grad_b))
        return [tensor for pair in (*reversed(layers), *reversed(scales)) for tensor in pair]

    def folded(self) -> list[Layer]:
        """The same network in evaluation, as plain layers: a batch norm by fixed statistics is a scale and a shift."""
        layers = list(self.layers)
        for i, (norm, (gamma, beta)) in enumerate(zip(self.norms, self.scales, strict=True)):
            weight, bias = layers[i]
            factor = gamma / torch.sqrt(norm.running_var.to(weight) + EPS)
            shift = beta - norm.running_mean.to(weight) * factor
            if self.shape.normalize == "input":
                layers[i] = (weight * factor, bias + weight @ shift)
            else:
                layers[i] = (weight * factor[:, None], bias * factor + shift)
        return [(weight.clone(), bias.clone()) for weight, bias in layers]
