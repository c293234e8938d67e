"""Pictures of chapter 5: step sizes in a valley, the paths of the optimizers, and Adam's first steps."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    GREEN,
    INK,
    LEVELS,
    MUTED,
    ORANGE,
    Say,
    label,
    number,
    page,
    picture,
    plot,
    solution,
)


def _path(
    optimizer: str, steps: int, start: tuple[float, float], curvature: tuple[float, float], **settings: Any
) -> torch.Tensor:
    """The places that an optimizer visits in the valley 1/2 (k1 x^2 + k2 y^2), shape (steps + 1, 2)."""
    place, bend = torch.tensor(start, dtype=torch.float64), torch.tensor(curvature, dtype=torch.float64)
    walker = getattr(solution("ch05_optimizers"), optimizer)([place], **settings)
    visited = [place.clone()]
    for _ in range(steps):
        walker.step([bend * place])
        visited.append(place.clone())
    return torch.stack(visited)


@picture(
    en="A long narrow valley, steep across and flat along, from above, with 30 steps of three optimizers from one start."
    " SGD zigzags and is still on its way. With momentum the swings are few and it arrives. Adam takes one slow bend and is"
    " nearly there.",
    zh="从上方看一条狭长的山谷：横向陡，纵向平。三种优化器从同一点出发各走 30 步。SGD 左右折返，还在路上；加上动量，只摆动几次就到了；"
    "Adam 缓缓拐一个弯，快要到了。",
)
def paths(say: Say) -> Figure:
    """The loss as a surface, and the paths of SGD, momentum and Adam over it."""
    curvature = (1.0, 30.0)
    figure = page(226)
    axes = plot(figure, 12, 38, 300, 150, say("30 steps in a narrow valley", "狭谷中的 30 步"))
    across, up = torch.meshgrid(torch.linspace(-9.5, 5.5, 60), torch.linspace(-2.2, 2.2, 45), indexing="xy")
    surface = (curvature[0] * across**2 + curvature[1] * up**2) / 2
    axes.contourf(across, up, surface, levels=[0, 1, 4, 10, 20, 40, 120], colors=LEVELS)
    for words, color, found in (
        ("SGD", ORANGE, _path("SGD", 30, (-9.0, 1.6), curvature, lr=0.062)),
        (say("momentum", "动量"), GREEN, _path("SGD", 30, (-9.0, 1.6), curvature, lr=0.025, momentum=0.75)),
        ("Adam", BLUE, _path("Adam", 30, (-9.0, 1.6), curvature, lr=0.35)),
    ):
        axes.plot(found[:, 0], found[:, 1], "o-", color=color, markersize=2.6, linewidth=1.2, label=words)
    axes.plot([0], [0], "+", color=INK, markersize=9, markeredgewidth=1.6)
    axes.set(xlim=(-9.5, 5.5), ylim=(-2.2, 2.2), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    label(axes, -9.3, -2.55, say("SGD, lr 0.062", "SGD，lr 0.062"), ORANGE)
    label(axes, -3.9, -2.55, say("momentum 0.75, lr 0.025", "动量 0.75，lr 0.025"), GREEN)
    label(axes, 5.4, -2.55, say("Adam, lr 0.35", "Adam，lr 0.35"), BLUE, ha="right")
    return figure


@picture(
    en="The valley theta squared over 2 from theta = 1, with four learning rates. 0.1 creeps down one side; 1.0 arrives in"
    " one step; 1.9 jumps from side to side and closes in; 2.1 jumps farther each time.",
    zh="在山谷 θ²/2 中从 θ = 1 出发，四种学习率：0.1 沿一侧慢慢下降；1.0 一步到位；1.9 左右跳动、越来越近；2.1 左右跳动、越来越远。",
)
def learning_rates(say: Say) -> Figure:
    """Theta over ten steps for the four rates of the lesson."""
    figure = page(226)
    notes = (
        say("creeps", "太慢"),
        say("there in one step", "一步到位"),
        say("closes in", "越跳越近"),
        say("flies off", "越跳越远"),
    )
    for place, (rate, words) in enumerate(zip((0.1, 1.0, 1.9, 2.1), notes, strict=True)):
        axes = plot(figure, 28 + 156 * (place % 2), 130 - 104 * (place // 2), 130, 66, f"lr = {rate:g}")
        theta = _path("SGD", 10, (1.0, 0.0), (1.0, 1.0), lr=rate)[:, 0]
        axes.axhline(0, color=MUTED, linewidth=0.6)
        axes.plot(theta, "o-", color=ORANGE if rate > 2 else BLUE, markersize=3.2, linewidth=1.1)
        axes.set(xlim=(-0.3, 10.3), ylim=(-2.9, 2.9), yticks=[-1, 0, 1], xticks=[0, 5, 10])
        label(axes, 0, 2.3, words, ORANGE if rate > 2 else BLUE)
        axes.tick_params(length=2)
    return figure


@picture(
    en="The length of Adam's steps under a constant gradient, in units of lr, over 1000 steps. With the corrections it is 1"
    " from the first step on. Without them it begins at 3.16, rises to 6.57 at step 12, and is 1.26 at step 1000.",
    zh="梯度不变时 Adam 每步的长度（以 lr 为单位），共 1000 步。有偏差校正时，从第一步起就是 1；没有校正时，从 3.16 开始，第 12 步升到 6.57，"
    "到第 1000 步仍是 1.26。",
)
def first_steps(say: Say) -> Figure:
    """The corrected steps as the solution takes them, and what they would be without the corrections."""
    theta = torch.zeros(1, dtype=torch.float64)
    adam, stops = solution("ch05_optimizers").Adam([theta], lr=1.0), []
    for _ in range(1000):
        before = theta.item()
        adam.step([torch.ones(1, dtype=torch.float64)])
        stops.append(before - theta.item())
    t = torch.unique(torch.logspace(0, 3, 90).round().long()).tolist()
    bare = [stops[step - 1] * (1 - 0.9**step) / (1 - 0.999**step) ** 0.5 for step in t]
    figure = page(180)
    axes = plot(figure, 30, 38, 282, 112, say("length of a step, in units of lr", "步长，以 lr 为单位"))
    axes.plot(t, bare, color=ORANGE, linestyle=(0, (5, 1.5)))
    axes.plot(t, [stops[step - 1] for step in t], color=BLUE)
    axes.set(xscale="log", xlim=(1, 1000), ylim=(0, 7.4), yticks=[0, 1, 3, 5, 7])
    axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    axes.minorticks_off()
    axes.set_xlabel(say("step", "步"), labelpad=1)
    label(axes, 120, 5.0, say("without corrections", "没有校正"), ORANGE)
    label(axes, 1.2, 0.45, "Adam", BLUE)
    label(axes, 1.2, 2.6, number(bare[0], 2), ORANGE)
    label(axes, 12, 6.95, number(max(bare), 2), ORANGE, ha="center")
    return figure
