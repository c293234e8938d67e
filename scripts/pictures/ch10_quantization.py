"""Pictures of chapter 10: the staircase with its error, and one ruler for all rows or one for each."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    MUTED,
    ORANGE,
    ORANGE_WASH,
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
    en="Above, x against what comes back from fake_quantize with scale 0.5 and codes -4 to 3: a staircase around the"
    " diagonal from -2 to 1.5, and flat beyond. Below, the error: at most 0.25 on the stairs, growing without end outside.",
    zh="上：x 经过 fake_quantize（scale = 0.5，码从 -4 到 3）之后的值，在 -2 到 1.5 之间是沿对角线的阶梯，之外是平的。下：误差，在阶梯上最多 0.25，在之外不断增大。",
)
def staircase(say: Say) -> Figure:
    """The lesson's ruler of eight marks, and what it costs."""
    fake = solution("ch10_quantization").fake_quantize
    x = torch.linspace(-3, 2.5, 441, dtype=torch.float64)
    y = fake(x, 0.5, 0, -4, 3)
    figure = page(300)
    axes = plot(figure, 36, 134, 276, 140, say("what comes back", "还原的值"))
    error = plot(figure, 36, 36, 276, 66, say("error", "误差"))
    for each in (axes, error):
        each.axvspan(-3, -2.25, color=ORANGE_WASH, linewidth=0)
        each.axvspan(1.75, 2.5, color=ORANGE_WASH, linewidth=0)
        each.set(xlim=(-3, 2.5), xticks=range(-3, 3))
    axes.plot(x, x, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.plot(x, y, color=BLUE)
    axes.set(ylim=(-3, 2.5), yticks=[-2, -1, 0, 1, 1.5], yticklabels=["−2", "−1", "0", "", "1.5"])
    error.axhline(0, color=MUTED, linewidth=0.6)
    error.plot(x, y - x, color=ORANGE, linewidth=1.4)
    error.set(ylim=(-1.1, 1.1), yticks=[-0.25, 0.25], yticklabels=["−0.25", "0.25"])
    error.set_xlabel("x", labelpad=1)
    label(axes, -2.625, 0.6, say("no\ngradient", "梯度\n为 0"), ORANGE, ha="center")
    label(axes, 2.125, 0.2, say("no\ngradient", "梯度\n为 0"), ORANGE, ha="center")
    label(axes, -1.9, 1.6, say("stairs: the gradient passes", "阶梯：梯度通过"), BLUE)
    label(error, -0.3, 0.75, say("at most scale / 2", "最多 scale / 2"), ORANGE, ha="center")
    return figure


@picture(
    en="The rows (0.004, -0.01) and (2, -1). With one ruler for both, its marks lie 0.0118 apart and 0.004 comes back as 0."
    " With a ruler of its own row 0 has marks 0.0000549 apart, and 0.004 comes back.",
    zh="两行 (0.004, -0.01) 和 (2, -1)。共用一把尺时，刻度相隔 0.0118，0.004 还原成 0；第 0 行有自己的尺时，刻度相隔 0.0000549，0.004 能还原。",
)
def rulers(say: Say) -> Figure:
    """The marks near row 0 of the shared ruler, and those of its own."""
    chapter = solution("ch10_quantization")
    w = torch.tensor([[0.004, -0.01], [2.0, -1.0]])
    shared = chapter.choose_qparams(-1.0, 2.0)
    _, scales, zeros = chapter.quantize_per_channel(w, axis=0)
    own = (scales[0].item(), int(zeros[0].item()))
    figure, axes = canvas(178)

    def at(value: float) -> float:
        return 196 + value * 9000

    for bottom, (scale, zero), name, color, wash in (
        (110, shared, say("one ruler for both rows", "两行共用一把尺"), ORANGE, ORANGE_WASH),
        (22, own, say("a ruler of its own", "自己的尺"), BLUE, BLUE_WASH),
    ):
        gap = f"{scale:.4f}" if scale > 0.001 else f"{scale:.7f}"
        label(axes, 10, bottom + 54, name, color, fontweight="bold")
        label(axes, 314, bottom + 54, say(f"marks {gap} apart", f"刻度相隔 {gap}"), MUTED, ha="right")
        box(axes, at(-0.0136), bottom, at(0.0125) - at(-0.0136), 12, wash, color)
        marks = [value for code in range(-128, 128) if -0.0132 < (value := scale * (code - zero)) < 0.0122]
        thinned = marks if len(marks) < 20 else marks[::4]
        axes.vlines(
            [at(value) for value in thinned], bottom, bottom + 12, color=color, linewidth=0.8, zorder=3
        )
        for value in w[0].tolist():
            back = chapter.dequantize(chapter.quantize(torch.tensor(value), scale, zero), scale, zero).item()
            axes.plot(at(value), bottom + 22, "v", color=MUTED, markersize=5)
            label(axes, at(value), bottom + 34, number(value), MUTED, ha="center")
            label(
                axes,
                at(back),
                bottom - 11,
                number(round(back, 4) + 0.0),
                color,
                ha="center",
                fontweight="bold",
            )
    return figure
