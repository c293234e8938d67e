"""Pictures of chapter 3: each activation with its slope, what softmax shares out, and a dead relu."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    MUTED,
    NORMAL,
    ORANGE,
    ORANGE_WASH,
    Say,
    label,
    number,
    page,
    picture,
    plot,
    solution,
)


def _with_slope(axes: Axes, name: str, low: float, high: float, dead: list[tuple[float, float]]) -> None:
    """A function in blue, its slope in orange, and a wash where the slope is next to nothing."""
    x = torch.linspace(low, high, 241, dtype=torch.float64)
    chapter = solution("ch03_activations")
    for start, end in dead:
        axes.axvspan(start, end, color=ORANGE_WASH, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.6)
    axes.plot(x, getattr(chapter, name)(x), color=BLUE)
    axes.plot(
        x, getattr(chapter, f"{name}_backward")(torch.ones_like(x), x), color=ORANGE, linestyle=(0, (4, 1.5))
    )
    axes.set(xlim=(low, high))
    axes.spines["left"].set_visible(False)
    axes.tick_params(length=2)


def _dead_zone(name: str, edge: float) -> list[tuple[float, float]]:
    """Where the slope is below 0.02, to the right and to the left of 0."""
    x = torch.linspace(-edge, edge, 2001, dtype=torch.float64)
    slope = getattr(solution("ch03_activations"), f"{name}_backward")(torch.ones_like(x), x)
    flat = x[slope.abs() < 0.02]
    zones = ((flat[flat < 0.01], -edge), (flat[flat > 0.01], edge))
    return [
        tuple(sorted((outer, side.abs().min().item() * (1 if outer > 0 else -1))))
        for side, outer in zones
        if len(side)
    ]


@picture(
    en="Sigmoid, tanh and ReLU with their slopes. The slope of sigmoid is at most 0.25, that of tanh at most 1; beyond"
    " about 4 and 2.6 both are below 0.02, on either side. ReLU has slope 1 on the right and 0 everywhere on the left.",
    zh="sigmoid、tanh、ReLU 及其斜率。sigmoid 的斜率最大 0.25，tanh 最大 1；离开 0 大约 4 和 2.6 之后，两者的斜率都小于 0.02。"
    "ReLU 右边的斜率恒为 1，左边恒为 0。",
)
def slopes(say: Say) -> Figure:
    """The three activations of the essay, their slopes and dead zones."""
    figure = page(408)
    for row, (name, low, high, notes) in enumerate(
        (
            ("sigmoid", -0.1, 1.1, [(2.2, 0.74, "sigmoid(x)", BLUE), (1.2, 0.34, say("slope, at most 0.25", "斜率，最大 0.25"), ORANGE)]),
            ("tanh", -1.2, 1.25, [(1.9, 0.7, "tanh(x)", BLUE), (-1.3, 0.93, say("slope, at most 1", "斜率，最大 1"), ORANGE)]),
            ("relu", -0.6, 3.2, [(2.2, 2.75, "relu(x)", BLUE), (3.2, 1.32, say("slope 1", "斜率 1"), ORANGE), (-5.6, 0.55, say("slope 0", "斜率 0"), ORANGE)]),
        )
    ):  # fmt: skip
        axes = plot(figure, 28, 290 - 132 * row, 284, 92, ("Sigmoid", "Tanh", "ReLU")[row])
        _with_slope(axes, name, -6, 6, _dead_zone(name, 6.0))
        axes.set(ylim=(low, high))
        for x, y, words, color in notes:
            ha = "right" if (name, color) == ("tanh", ORANGE) or words == "relu(x)" else "left"
            label(axes, x, y, words, color, ha=ha)
    label(
        figure.axes[0],
        -5.8,
        0.72,
        say("dead zone:\nslope below 0.02", "几乎不学：\n斜率小于 0.02"),
        ORANGE,
        va="center",
    )
    return figure


@picture(
    en="GELU, SiLU and leaky ReLU with slope 0.1, each with its slope. GELU and SiLU dip below 0 before they rise, and"
    " their slope passes 1. Leaky ReLU keeps a small slope on the left.",
    zh="GELU、SiLU 和左侧斜率为 0.1 的 Leaky ReLU，以及各自的斜率。GELU 和 SiLU 先略低于 0 再上升，斜率会超过 1；Leaky ReLU 在左边保留一点斜率。",
)
def gates(say: Say) -> Figure:
    """The three extras, with their slopes."""
    chapter = solution("ch03_activations")
    figure = page(160)
    x = torch.linspace(-5, 3, 97, dtype=torch.float64)
    one = torch.ones_like(x)
    drawn = (
        ("GELU", chapter.gelu(x), chapter.gelu_backward(one, x)),
        ("SiLU", chapter.silu(x), chapter.silu_backward(one, x)),
        ("Leaky ReLU", chapter.leaky_relu(x, 0.1), chapter.leaky_relu_backward(one, x, 0.1)),
    )
    for column, (name, y, slope) in enumerate(drawn):
        axes = plot(figure, 14 + 104 * column, 40, 92, 92, name)
        axes.axhline(0, color=MUTED, linewidth=0.6)
        axes.plot(x, y, color=BLUE)
        axes.plot(x, slope, color=ORANGE, linestyle=(0, (4, 1.5)))
        axes.set(xlim=(-5, 3), ylim=(-0.7, 2.6), xticks=[-4, 0], yticks=[])
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=2)
    label(figure.axes[0], -4.8, 2.2, say("function", "函数"), BLUE)
    label(figure.axes[0], -4.8, 1.75, say("slope", "斜率"), ORANGE)
    label(figure.axes[2], -4.9, 0.42, say("0.1, not 0", "0.1，不是 0"), ORANGE)
    return figure


@picture(
    en="Softmax of the scores 2, 1, 0: shares 0.67, 0.24, 0.09. With 5 added to all of them the shares are the same."
    " Doubled, the winner takes more: 0.87, 0.12, 0.02.",
    zh="分数 2、1、0 的 softmax：份额为 0.67、0.24、0.09。全部加 5，份额不变；全部乘 2，领先者拿得更多：0.87、0.12、0.02。",
)
def shares(say: Say) -> Figure:
    """What softmax makes of three scores, of the same shifted, and doubled."""
    scores = torch.tensor([2.0, 1.0, 0.0])
    figure = page(150)
    drawn = (
        (say("scores", "分数"), scores),
        (say("all plus 5", "都加 5"), scores + 5),
        (say("all doubled", "都乘 2"), 2 * scores),
    )
    for column, (words, row) in enumerate(drawn):
        axes = plot(figure, 14 + 104 * column, 24, 92, 96, words)
        found = solution("ch03_activations").softmax(row).tolist()
        axes.bar(range(3), found, width=0.72, color=BLUE_WASH, edgecolor=BLUE)
        axes.set(
            ylim=(0, 1), yticks=[], xticks=range(3), xticklabels=[f"{score:g}" for score in row.tolist()]
        )
        axes.spines["left"].set_visible(False)
        axes.tick_params(length=0)
        for place, share in enumerate(found):
            label(axes, place, share + 0.02, number(share, 2), BLUE, ha="center", va="bottom")
    return figure


@picture(
    en="Three inputs, 1, 2, 3, of a ReLU neuron with weight 1. With bias 0 all three lie on the rising side and hand back"
    " a gradient. With bias -4 all three lie on the flat side: no gradient reaches the weight, and the neuron is dead.",
    zh="一个 ReLU 神经元，权重为 1，三个输入为 1、2、3。偏置为 0 时，三个点都在上升的一侧，有梯度传回；偏置为 -4 时，三个点都在平坦的一侧："
    "没有梯度传到权重，神经元死亡。",
)
def dead(say: Say) -> Figure:
    """The neuron of the lesson before and after the step that kills it."""
    chapter, x = solution("ch03_activations"), torch.tensor([1.0, 2.0, 3.0])
    figure = page(150)
    curve = torch.tensor([-4.0, 0.0, 4.0])
    drawn = ((0.0, say("b = 0: alive", "b = 0：活着")), (-4.0, say("b = −4: dead", "b = −4：死亡")))
    for column, (bias, words) in enumerate(drawn):
        axes = plot(figure, 16 + 156 * column, 30, 140, 90, words)
        z = x + bias
        slope = chapter.relu_backward(torch.ones(3), z)
        axes.axvspan(-4, 0, color=ORANGE_WASH, linewidth=0)
        axes.plot(curve, chapter.relu(curve), color=BLUE)
        axes.plot(z, chapter.relu(z), "o", color=BLUE if bias == 0 else ORANGE, markersize=6)
        axes.set(xlim=(-4, 4), ylim=(-0.5, 4), yticks=[], xticks=[-4, 0, 4])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("w x + b", labelpad=1)
        count = int(slope.sum().item())
        words = say(f"{count} of 3 gradients pass", f"3 个梯度，通过 {count} 个")
        label(axes, -3.8, 3.5, words, BLUE if count else ORANGE, fontsize=NORMAL)
    return figure
