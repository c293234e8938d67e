"""Pictures of chapter 7: what a price pulls at, decay beside Adam, and the masks of dropout."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    INK,
    LEVELS,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    Say,
    box,
    canvas,
    label,
    number,
    page,
    picture,
    plot,
    solution,
)


@picture(
    en="The loss as a valley that is steep along w1 and flat along w2, with its lowest point at (2, 2). The price pulls"
    " towards 0, and the sum is lowest at (1.9, 0.33): the weight that the loss cares about stays, the other goes.",
    zh="损失像一个山谷：沿 w₁ 陡，沿 w₂ 平，最低点在 (2, 2)。惩罚项把权重拉向 0，两者之和的最低点在 (1.9, 0.33)：损失在意的权重留下，不在意的被拉走。",
)
def pull(say: Say) -> Figure:
    """Gradient descent on loss and price together, from the lowest point of the loss."""
    chapter, lam = solution("ch07_regularization"), 0.5
    aim, bend = torch.tensor([2.0, 2.0], dtype=torch.float64), torch.tensor([10.0, 0.1], dtype=torch.float64)
    w, visited = aim.clone(), [aim.clone()]
    for _ in range(300):
        [grad] = chapter.l2_gradients([w], [bend * (w - aim)], lam)
        w = w - 0.05 * grad
        visited.append(w.clone())
    road = torch.stack(visited)[[0, 1, 2, 4, 8, 12, 18, 26, 36, 50, 70, 110, 300]]
    figure = page(236)
    axes = plot(figure, 30, 36, 282, 172, say("the price pulls, the loss holds", "惩罚在拉，损失在守"))
    across, up = torch.meshgrid(torch.linspace(-0.4, 3.4, 50), torch.linspace(-0.5, 2.8, 50), indexing="xy")
    loss = (10 * (across - 2) ** 2 + 0.1 * (up - 2) ** 2) / 2
    axes.contourf(across, up, loss, levels=[0, 0.08, 0.4, 1.5, 4, 9, 40], colors=LEVELS)
    for radius in (0.7, 1.4, 2.1):
        around = torch.linspace(0, 2 * torch.pi, 60)
        axes.plot(
            radius * around.cos(), radius * around.sin(), color=ORANGE, linewidth=0.8, linestyle=(0, (4, 3))
        )
    axes.plot(road[:, 0], road[:, 1], "o-", color=INK, markersize=2.4, linewidth=1)
    axes.plot(2, 2, "o", color=BLUE, markersize=6)
    axes.plot(*road[-1].tolist(), "s", color=ORANGE, markersize=6)
    axes.set(xlim=(-0.4, 3.4), ylim=(-0.5, 2.8), xticks=[0, 1, 2, 3], yticks=[0, 1, 2])
    axes.set_xlabel("w₁", labelpad=0)
    axes.set_ylabel("w₂", rotation=0, labelpad=8)
    label(axes, 2.14, 2.2, say("lowest loss", "损失最低"), INK)
    x, y = road[-1].tolist()
    label(axes, x + 0.24, y, f"({number(x, 1)}, {number(y, 2)})", INK)
    label(axes, -0.3, 2.5, say("price: w₁² + w₂²", "惩罚：w₁² + w₂²"), INK)
    return figure


@picture(
    en="What a weight of 1 keeps over 100 steps whose gradients only flip their sign. With the price inside Adam's gradient"
    " it depends on the size of the noise: 0.44, 0.89, 0.97. With AdamW it is 0.889 for every size.",
    zh="梯度只是来回变号时，大小为 1 的权重在 100 步后还剩多少。把惩罚放进 Adam 的梯度里，剩多少取决于噪声大小：0.44、0.89、0.97；用 AdamW，无论噪声多大都是 0.889。",
)
def decay(say: Say) -> Figure:
    """The weight over the steps, for three sizes of the gradient, in both ways."""
    chapter = solution("ch07_regularization")

    def weights(size: float, lam: float, decay: float) -> list[float]:
        w = torch.tensor([1.0], dtype=torch.float64)
        optimizer, kept = chapter.AdamW([w], lr=0.01, weight_decay=decay), [1.0]
        for step in range(100):
            grad = torch.full_like(w, size * (-1) ** step)
            optimizer.step(chapter.l2_gradients([w], [grad], lam))
            kept.append(w.item())
        return kept[::2]

    figure = page(180)
    titles = (say("price in Adam's gradient", "惩罚放进梯度"), "AdamW")
    for column, (title, lam, rate) in enumerate(zip(titles, (0.1, 0.0), (0.0, 0.1), strict=True)):
        axes = plot(figure, 30 + 152 * column, 36, 120, 116, title)
        for size, color, width in ((10.0, MUTED, 5), (1.0, BLUE, 3), (0.1, ORANGE, 1.2)):
            axes.plot(
                range(0, 101, 2), weights(size, lam, rate), color=color, linewidth=width if column else 1.6
            )
        axes.set(xlim=(0, 100), ylim=(0.4, 1.08), xticks=[0, 50, 100], yticks=[0.4, 0.6, 0.8, 1])
        axes.set_xlabel(say("step", "步"), labelpad=1)
    label(figure.axes[0], 98, 1.03, say("noise 10", "噪声 10"), MUTED, ha="right")
    label(figure.axes[0], 98, 0.83, say("noise 1", "噪声 1"), BLUE, ha="right")
    label(figure.axes[0], 12, 0.6, say("noise 0.1", "噪声 0.1"), ORANGE)
    label(figure.axes[1], 95, 0.78, say("all the same: 0.889", "都一样：0.889"), INK, ha="right")
    return figure


@picture(
    en="Sixteen units in three batches of training with p = 0.25, and at prediction. In training other units are dropped in"
    " each batch, and those that stay are written 1.33 times as large. At prediction all stay as they are.",
    zh="16 个神经元：三个训练批量（p = 0.25）和一次预测。训练时，每个批量丢弃的神经元都不同，留下的放大为 1.33 倍；预测时全部保留，保持原值。",
)
def masks(say: Say) -> Figure:
    """Ones through dropout, three times in training and once not."""
    dropout, generator = solution("ch07_regularization").dropout, torch.Generator().manual_seed(4)
    figure, axes = canvas(132)
    for column in range(4):
        training = column < 3
        out, _ = dropout(torch.ones(4, 4), 0.25, training=training, generator=generator)
        left = 10 + 80 * column
        words = say(f"batch {column + 1}", f"批量 {column + 1}") if training else say("prediction", "预测")
        label(axes, left + 32, 118, words, INK if training else BLUE, ha="center", fontweight="bold")
        for row in range(4):
            for place in range(4):
                value = out[row, place].item()
                kept = value > 0
                box(
                    axes,
                    left + 16 * place,
                    92 - 16 * row,
                    16,
                    16,
                    BLUE_WASH if kept else PAPER,
                    BLUE if kept else LINE,
                )
        dropped = int((out == 0).sum().item())
        shown = number(out.max().item(), 2)
        label(axes, left + 32, 34, say(f"each × {shown}", f"每个 × {shown}"), BLUE, ha="center")
        label(axes, left + 32, 20, say(f"{dropped} of 16 off", f"丢弃 {dropped} 个"), MUTED, ha="center")
    return figure
