"""Pictures of chapter 11: which numbers share a mean, and how the running mean forgets its start."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    INK,
    LINE,
    MUTED,
    NORMAL,
    ORANGE,
    ORANGE_WASH,
    PAPER,
    Say,
    arrow,
    box,
    canvas,
    label,
    number,
    page,
    picture,
    plot,
    solution,
)

TABLE = ((2, 1, 0, 7), (4, 0, 3, 3), (6, 5, 1, 0))


@picture(
    en="The same table of three rows, the samples, and four columns, the features, twice. Batch norm takes mean and variance"
    " down a column, here 2, 4, 6 with mean 4. Layer norm takes them along a row, here 2, 1, 0, 7 with mean 2.5.",
    zh="同一张表画两次：三行是样本，四列是特征。批量归一化沿一列取均值和方差，图中为 2、4、6，均值 4；层归一化沿一行取，图中为 2、1、0、7，均值 2.5。",
)
def axes_reduced(say: Say) -> Figure:
    """The lesson's table, a column marked for batch norm and a row for layer norm."""
    table = torch.tensor(TABLE, dtype=torch.float64)
    figure, axes = canvas(160)
    titles = (say("batch norm: a column", "批量归一化：一列"), say("layer norm: a row", "层归一化：一行"))
    for side, title in enumerate(titles):
        left = 22 + 158 * side
        color, wash = (BLUE, BLUE_WASH) if side == 0 else (ORANGE, ORANGE_WASH)
        label(axes, left - 12, 148, title, color, fontsize=NORMAL, fontweight="bold")
        for row in range(3):
            for column in range(4):
                mine = column == 0 if side == 0 else row == 0
                box(axes, left + 26 * column, 98 - 26 * row, 26, 26, wash if mine else PAPER, LINE)
                words = str(TABLE[row][column])
                label(
                    axes,
                    left + 26 * column + 13,
                    111 - 26 * row,
                    words,
                    color if mine else MUTED,
                    ha="center",
                    zorder=4,
                )
        taken = table[:, 0] if side == 0 else table[0]
        if side == 0:
            arrow(axes, (left - 8, 122), (left - 8, 48), color)
            axes.add_patch(_frame(left, 46, 26, 78, color))
        else:
            arrow(axes, (left, 130), (left + 104, 130), color)
            axes.add_patch(_frame(left, 98, 104, 26, color))
        mean, variance = taken.mean().item(), taken.var(unbiased=False).item()
        words = say(
            f"mean {number(mean)}, variance {number(round(variance, 2))}",
            f"均值 {number(mean)}，方差 {number(round(variance, 2))}",
        )
        label(axes, left - 12, 30, words, color)
    label(axes, 10, 12, say("rows: samples of the batch", "行：批量中的样本"), INK)
    label(axes, 168, 12, say("columns: features", "列：特征"), INK)
    return figure


def _frame(left: float, bottom: float, width: float, height: float, color: str) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((left, bottom), width, height, fill=False, edgecolor=color, linewidth=1.6, zorder=5)


@picture(
    en="The running mean over 60 calls that all see the mean 4. It starts at 0, stands at 0.4 after one call and 2.6 after"
    " ten, and is close to 4 after about forty.",
    zh="每次调用的均值都是 4，画出 60 次调用中的滑动均值：从 0 开始，一次后 0.4，十次后 2.6，约四十次后接近 4。",
)
def running(say: Say) -> Figure:
    """The running mean of a batch norm that is always given the lesson's column."""
    norm = solution("ch11_normalization").BatchNorm(1)
    x, means = torch.tensor([[2.0], [4.0], [4.0], [6.0]]), [0.0]
    for _ in range(60):
        norm.forward(x, training=True)
        means.append(norm.running_mean.item())
    figure = page(176)
    axes = plot(figure, 30, 38, 282, 110, say("running mean, momentum 0.1", "滑动均值，momentum 0.1"))
    axes.axhline(4, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.plot(means, color=BLUE)
    axes.plot([1, 10], [means[1], means[10]], "o", color=BLUE, markersize=5)
    axes.set(xlim=(0, 60), ylim=(0, 4.6), yticks=[0, 2, 4], xticks=[0, 20, 40, 60])
    axes.set_xlabel(say("calls in training", "训练中的调用次数"), labelpad=1)
    label(axes, 2.4, 0.42, number(means[1], 1), BLUE)
    label(axes, 11.5, 2.45, number(means[10], 1), BLUE)
    label(axes, 59, 4.3, say("mean of each batch: 4", "每个批量的均值：4"), MUTED, ha="right")
    return figure
