"""Pictures of chapter 4: the price of surprise, and what a sure mistake hands back."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures.style import BLUE, MUTED, ORANGE, Say, label, page, picture, plot, solution


@picture(
    en="The price of a forecast p. If the truth is yes it is -log p, which falls to 0 at p = 1 and rises without end towards"
    " p = 0; if the truth is no it is -log(1 - p), the mirror image. At p = 0.5 both cost 0.69.",
    zh="预测概率 p 的代价。真实为“是”时代价是 -log p，在 p = 1 处降到 0，越靠近 p = 0 越大，没有上限；真实为“否”时是 -log(1 - p)，左右对称。"
    "p = 0.5 时两者都是 0.69。",
)
def surprise(say: Say) -> Figure:
    """Binary cross-entropy over the forecast, for both truths."""
    loss = solution("ch04_losses").binary_cross_entropy
    p = torch.linspace(0.008, 0.992, 124, dtype=torch.float64)
    one, zero = torch.ones((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    figure = page(186)
    axes = plot(figure, 34, 38, 278, 120, say("price of the forecast", "预测的代价"))
    axes.plot(p, [loss(each, one) for each in p], color=BLUE)
    axes.plot(p, [loss(each, zero) for each in p], color=ORANGE, linestyle=(0, (5, 1.5)))
    axes.plot([0.5], [loss(0.5 * one, one)], "o", color=MUTED, markersize=5)
    axes.set(xlim=(0, 1), ylim=(0, 4.8), xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel(say("p, the chance given to yes", "p，预测为“是”的概率"), labelpad=2)
    label(axes, 0.06, 3.6, say("truth: yes, −log p", "真实为“是”：−log p"), BLUE)
    label(
        axes,
        0.94,
        3.6,
        say("truth: no, −log(1 − p)", "真实为“否”：−log(1 − p)"),
        ORANGE,
        ha="right",
        va="top",
    )
    label(axes, 0.5, 1.15, "0.69", MUTED, ha="center")
    return figure


@picture(
    en="The size of the gradient at the score z when the truth is yes. Cross-entropy hands back nearly 1 for every sure"
    " mistake, where z is very negative. The squared error of the sigmoid hands back almost nothing there.",
    zh="真实为“是”时，分数 z 处梯度的大小。z 很小表示错得很肯定：交叉熵传回的梯度接近 1，而对 sigmoid 用平方误差，传回的几乎为 0。",
)
def mistakes(say: Say) -> Figure:
    """Both gradients over the score, for the truth 1."""
    chapter = solution("ch04_losses")
    z = torch.linspace(-8, 8, 161, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    entropy = torch.stack([chapter.bce_with_logits_backward(score, one) for score in z]).abs()
    p = torch.sigmoid(z)
    squared = torch.stack([chapter.mse_backward(chance, one) for chance in p]).abs() * p * (1 - p)
    figure = page(186)
    axes = plot(figure, 34, 38, 278, 120, say("size of the gradient, truth: yes", "梯度的大小，真实为“是”"))
    axes.plot(z, entropy, color=BLUE)
    axes.plot(z, squared, color=ORANGE, linestyle=(0, (5, 1.5)))
    axes.set(xlim=(-8, 8), ylim=(0, 1.12), yticks=[0, 0.5, 1])
    axes.set_xlabel(say("score z", "分数 z"), labelpad=2)
    label(axes, -7.7, 0.87, say("cross-entropy", "交叉熵"), BLUE)
    label(axes, -7.7, 0.13, say("squared error", "平方误差"), ORANGE)
    label(axes, -7.7, 0.4, say("sure and wrong", "肯定，但错了"), MUTED)
    label(axes, 7.7, 0.4, say("sure and right", "肯定，且对了"), MUTED, ha="right")
    return figure
