"""Picture of chapter 8: a fence around every entry, and a circle around all of them."""

from __future__ import annotations

import math

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from pictures.style import (
    BLUE,
    BLUE_WASH,
    LINE,
    MUTED,
    ORANGE,
    ORANGE_WASH,
    Say,
    arrow,
    label,
    page,
    picture,
    plot,
    solution,
)

GRADIENTS = ((2.6, 0.5), (0.5, 2.4), (-2.2, 1.6), (-0.5, -0.6), (1.2, -2.4))


@picture(
    en="Five gradients as arrows from 0. Left, clipped by value, each entry ends at a square, and long arrows change their"
    " direction. Right, clipped by norm, each ends at a circle and keeps its direction. The short arrow stays in both.",
    zh="五个梯度，画成从 0 出发的箭头。左：按值裁剪，每个分量限制在正方形内，长箭头的方向变了。右：按范数裁剪，箭头止于圆上，方向不变。短箭头在两边都不变。",
)
def circle(say: Say) -> Figure:
    """Each gradient before, in grey, and after, in colour."""
    chapter = solution("ch08_clipping")
    figure = page(196)
    titles = (say("by value", "按值"), say("by norm", "按范数"))
    for column, title in enumerate(titles):
        axes = plot(figure, 10 + 158 * column, 22, 146, 146, title)
        axes.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), xticks=[], yticks=[])
        axes.axhline(0, color=LINE, linewidth=0.7, zorder=0)
        axes.axvline(0, color=LINE, linewidth=0.7, zorder=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        color, wash = (ORANGE, ORANGE_WASH) if column == 0 else (BLUE, BLUE_WASH)
        if column == 0:
            axes.add_patch(
                Rectangle((-1.2, -1.2), 2.4, 2.4, facecolor=wash, edgecolor=color, linewidth=1, zorder=0)
            )
        else:
            axes.add_patch(Circle((0, 0), 1.2, facecolor=wash, edgecolor=color, linewidth=1, zorder=0))
        turned = []
        for entry in GRADIENTS:
            before = torch.tensor(entry, dtype=torch.float64)
            [after] = (
                chapter.clip_by_value([before], 1.2)
                if column == 0
                else chapter.clip_by_norm([before], 1.2)[0]
            )
            turned.append(
                math.degrees(math.acos(min(1.0, (before @ after / before.norm() / after.norm()).item())))
            )
            arrow(axes, (0.0, 0.0), (entry[0], entry[1]), MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
            arrow(axes, (0.0, 0.0), (after[0].item(), after[1].item()), color, linewidth=1.9)
        most = round(max(turned))
        words = (
            say(f"turned by up to {most}°", f"方向最多偏 {most}°")
            if most
            else say("same direction", "方向不变")
        )
        label(axes, 0, -3.25, words, color, ha="center")
    label(figure.axes[0], -2.8, 2.7, say("limit 1.2", "上限 1.2"), ORANGE)
    label(figure.axes[1], -2.8, 2.7, say("max_norm 1.2", "max_norm 1.2"), BLUE)
    return figure
