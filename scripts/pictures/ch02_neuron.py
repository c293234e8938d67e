"""Pictures of chapter 2: a neuron, the essay's network with its indices, and XOR."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures import style
from pictures.style import (
    BLUE,
    BLUE_WASH,
    INK,
    LINE,
    MUTED,
    NORMAL,
    ORANGE,
    PAPER,
    Say,
    arrow,
    canvas,
    dot,
    label,
    lines,
    number,
    page,
    picture,
    plot,
    solution,
)

SUBSCRIPT = str.maketrans("0123456789i", "₀₁₂₃₄₅₆₇₈₉ᵢ")


@picture(
    en="A neuron with the inputs 1, 2, 3. Times the weights 0.5, -1, 1 they give 0.5, -2, 3; with the bias -0.5 the sum"
    " is 1. ReLU, drawn as a line that bends at 0, lets it pass: the output is 1.",
    zh="一个神经元，输入为 1、2、3。乘以权重 0.5、-1、1，得 0.5、-2、3；加上偏置 -0.5，总和为 1。ReLU 在 0 处弯折，让 1 通过，输出为 1。",
)
def neuron(say: Say) -> Figure:
    """The neuron worked by hand: products, their sum, the bend."""
    x, w, b = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, -1.0, 1.0]), torch.tensor(-0.5)
    products, out = (w * x).tolist(), solution("ch02_neuron").neuron(x, w, b).item()
    total = sum(products) + b.item()
    figure, axes = canvas(150)
    label(axes, 26, 138, say("inputs", "输入"), MUTED, ha="center")
    label(axes, 84, 138, say("weights", "权重"), MUTED, ha="center")
    label(axes, 184, 138, say("sum + bias", "求和 + 偏置"), MUTED, ha="center")
    label(axes, 262, 138, "ReLU", MUTED, ha="center")
    for row, (value, weight, product) in enumerate(zip(x.tolist(), w.tolist(), products, strict=True)):
        y = 112 - 40 * row
        dot(axes, 26, y, 14)
        label(axes, 26, y, f"{value:g}", ha="center", fontsize=NORMAL)
        arrow(axes, (42, y), (162, 72 + (y - 72) * 0.16), BLUE)
        label(
            axes,
            84,
            y + (8 if row == 0 else 9 if row == 1 else -10),
            f"× {number(weight)}",
            BLUE,
            ha="center",
        )
        label(
            axes,
            120,
            (y + 72) / 2 + (12 if row == 0 else 9 if row == 1 else -12),
            number(product),
            INK,
            ha="center",
        )
    dot(axes, 184, 72, 20, BLUE_WASH)
    label(axes, 184, 72, number(total), ha="center", fontsize=NORMAL)
    arrow(axes, (184, 34), (184, 50), ORANGE)
    label(axes, 184, 26, f"b = {number(b.item())}", ORANGE, ha="center")
    arrow(axes, (206, 72), (236, 72))
    style.box(axes, 238, 50, 48, 44, PAPER)
    axes.plot([242, 262, 282], [58, 58, 88], color=BLUE, zorder=4)
    arrow(axes, (288, 72), (304, 72))
    label(axes, 308, 72, f"{out:g}", fontsize=NORMAL + 1, fontweight="bold")
    return figure


@picture(
    en="The essay's network of 10, 12, 12 and 10 neurons. All arrows that end in neuron i of Layer 1 are the row W_0i,"
    " ten weights. They carry the index 0 of the layer they read from, and belong to Layer 1, in whose neuron they end.",
    zh="文中的四层网络，各层有 10、12、12、10 个神经元。指向 Layer 1 第 i 个神经元的所有箭头，合起来就是 W_0i 这一行，共十个权重。"
    "下标 0 说的是它们从哪一层取值；它们属于箭头所指的 Layer 1（第二层）。",
)
def network(say: Say) -> Figure:
    """Four layers, the row of one neuron in colour, and what its indices mean."""
    sizes, columns = (10, 12, 12, 10), (34, 120, 206, 292)
    figure, axes = canvas(290)

    def height(layer: int, neuron: int) -> float:
        return 152 + (sizes[layer] - 1) * 8.0 - 16.0 * neuron

    chosen = 3
    for layer in range(3):
        ends = [
            ((columns[layer], height(layer, start)), (columns[layer + 1], height(layer + 1, end)), end)
            for start in range(sizes[layer])
            for end in range(sizes[layer + 1])
        ]
        lines(axes, [(start, end) for start, end, _ in ends], LINE, linewidth=0.4)
        if layer == 0:
            lines(axes, [(start, end) for start, end, i in ends if i == chosen], BLUE, linewidth=1.2)
    for layer, size in enumerate(sizes):
        for neuron_ in range(size):
            mine = (layer, neuron_) == (1, chosen)
            dot(
                axes,
                columns[layer],
                height(layer, neuron_),
                5.6,
                BLUE if mine else PAPER,
                BLUE if mine else INK,
            )
        label(axes, columns[layer], 278, f"Layer {layer}", ha="center", fontsize=NORMAL, fontweight="bold")
        words = (
            say("features", "特征"),
            say("hidden", "隐藏层"),
            say("hidden", "隐藏层"),
            say("classes", "类别"),
        )[layer]
        label(axes, columns[layer], 264, f"{size} {words}", MUTED, ha="center")
    label(axes, 8, 40, "W₀ᵢ", BLUE, fontsize=NORMAL + 1, fontweight="bold")
    label(
        axes,
        34,
        40,
        say("the ten arrows that end in neuron i of Layer 1", "指向 Layer 1 第 i 个神经元的十个箭头"),
        BLUE,
    )
    label(axes, 8, 25, "0:", ORANGE, fontweight="bold")
    label(axes, 34, 25, say("the layer they read from: they meet X₀", "取值的那一层：与 X₀ 相乘"), ORANGE)
    label(axes, 8, 10, "i:", ORANGE, fontweight="bold")
    label(
        axes,
        34,
        10,
        say(
            "the neuron that owns them: x₁ᵢ = ReLU(W₀ᵢ X₀ + b₀ᵢ)",
            "拥有它们的神经元：x₁ᵢ = ReLU(W₀ᵢ X₀ + b₀ᵢ)",
        ),
        ORANGE,
    )
    return figure


@picture(
    en="Left: the four corners of XOR in the plane of a and b. No straight line parts the two ones from the two zeros."
    " Right: the same corners after the hidden layer, in the plane of h1 and h2. Both ones lie on one point, and the"
    " line h1 - 2 h2 = 0.5 parts them from the zeros.",
    zh="左：XOR 的四个角，画在 a、b 平面上，没有一条直线能把两个 1 和两个 0 分开。右：经过隐藏层之后的同样四个角，画在 h1、h2 平面上；"
    "两个 1 落在同一点，直线 h1 - 2 h2 = 0.5 把它与两个 0 分开。",
)
def xor(say: Say) -> Figure:
    """The corners before and after the hidden layer that the lesson works by hand."""
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    weight, bias = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    chapter = solution("ch02_neuron")
    hidden = chapter.linear(corners, weight, bias).clamp(min=0)
    y = chapter.mlp_forward(
        corners, [(weight, bias), (torch.tensor([[1.0, -2.0]]), torch.zeros(1))]
    ).flatten()
    figure = page(186)
    panels = (
        plot(figure, 28, 34, 116, 116, say("the inputs", "输入")),
        plot(figure, 196, 34, 116, 116, say("after the hidden layer", "经过隐藏层")),
    )
    for axes, points in zip(panels, (corners, hidden), strict=True):
        axes.set(xlim=(-0.4, 2.4 if axes is panels[1] else 1.4), ylim=(-0.4, 1.4))
        for (across, up), value in zip(points.tolist(), y.tolist(), strict=True):
            one = value > 0.5
            axes.plot(across, up, "o" if one else "s", color=ORANGE if one else BLUE, markersize=9)
        axes.set_xticks([0, 1] if axes is panels[0] else [0, 1, 2])
        axes.set_yticks([0, 1])
    panels[0].set_xlabel("a", labelpad=1)
    panels[0].set_ylabel("b", rotation=0, labelpad=6)
    panels[1].set_xlabel("h₁ = relu(a + b)", labelpad=1)
    panels[1].set_ylabel("h₂", rotation=0, labelpad=6)
    label(panels[0], 0.12, 1, "1", ORANGE, fontweight="bold")
    label(panels[0], 1.12, 0, "1", ORANGE, fontweight="bold")
    label(panels[0], 0.12, 0, "0", BLUE, fontweight="bold")
    label(panels[0], 1.12, 1, "0", BLUE, fontweight="bold")
    panels[1].plot([0.1, 2.4], [-0.2, 0.95], color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    label(panels[1], 1.2, -0.02, say("both ones", "两个 1"), ORANGE)
    label(panels[1], 0.02, 0.2, "0", BLUE, fontweight="bold", ha="center")
    label(panels[1], 2.0, 1.2, "0", BLUE, fontweight="bold", ha="center")
    label(panels[1], 0.3, 1.3, "y = h₁ − 2h₂", MUTED)
    return figure
