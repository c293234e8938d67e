"""Pictures of chapter 6: a graph with its gradients flowing back, and how small h may be."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    INK,
    MUTED,
    NORMAL,
    ORANGE,
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


@picture(
    en="The graph of c = a b, d = c + a, e = d c for a = 2, b = -3. Forward, in blue: c = -6, d = -4, e = 24. Back, in"
    " orange: e has gradient 1, d has -6, c has -4 from e and -6 by way of d, together -10; b has -20, and a has 30 from c"
    " and -6 from d, together 24.",
    zh="a = 2、b = -3 时，c = a b、d = c + a、e = d c 的计算图。蓝色是正向：c = -6，d = -4，e = 24。橙色是反向：e 的梯度为 1，d 为 -6；c 从 e 得 -4，"
    "经过 d 再得 -6，共 -10；b 为 -20；a 从 c 得 30，从 d 得 -6，共 24。",
)
def graph(say: Say) -> Figure:
    """The lesson's formula: values forward, gradients back, and the sums where two roads meet."""
    value = solution("ch06_chain_rule").Value
    a, b = value(2.0), value(-3.0)
    c = a * b
    d = c + a
    e = d * c
    e.backward()
    figure, axes = canvas(212)
    places = {"b": (34, 150), "a": (34, 66), "c": (134, 150), "d": (196, 66), "e": (286, 150)}
    nodes = {"a": a, "b": b, "c": c, "d": d, "e": e}
    formulas = {"c": "c = a · b", "d": "d = c + a", "e": "e = d · c"}
    roads = (
        ("b", "c", a.data, c.grad, 9),
        ("a", "c", b.data, c.grad, 0),
        ("a", "d", 1.0, d.grad, -10),
        ("c", "d", 1.0, d.grad, 0),
        ("c", "e", d.data, e.grad, 9),
        ("d", "e", c.data, e.grad, 0),
    )
    for start, end, slope, grad, lift in roads:
        (x1, y1), (x2, y2) = places[start], places[end]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        reach = 28 if abs(uy) < 0.1 else 25
        arrow(axes, (x2 - ux * reach, y2 - uy * reach), (x1 + ux * reach, y1 + uy * reach), ORANGE)
        words = f"{number(grad)} × {number(slope)}"
        middle = ((x1 + x2) / 2, (y1 + y2) / 2)
        if lift:
            label(axes, middle[0], middle[1] + lift, words, ORANGE, ha="center")
        else:
            label(axes, middle[0] + 6, middle[1] - 4, words, ORANGE, ha="left")
    for name, (x, y) in places.items():
        node = nodes[name]
        box(axes, x - 26, y - 16, 52, 32, BLUE_WASH if name in formulas else PAPER, INK)
        label(axes, x, y + 7, f"{name} = {number(node.data)}", BLUE, ha="center", zorder=4)
        label(axes, x, y - 7, f"grad {number(node.grad)}", ORANGE, ha="center", zorder=4)
        if name in formulas:
            label(axes, x, y + (26 if y > 100 else -26), formulas[name], MUTED, ha="center")
    label(axes, 8, 200, say("forward: the values", "正向：数值"), BLUE, fontsize=NORMAL)
    label(axes, 150, 200, say("back: grad × slope", "反向：梯度 × 斜率"), ORANGE, fontsize=NORMAL)
    label(
        axes,
        8,
        12,
        say("two roads into one node: their products are added", "两条路汇到一个节点：把乘积相加"),
        MUTED,
    )
    return figure


@picture(
    en="The error of the central difference of x cubed at 2, in float64, over h from 1e-13 to 1, both on logarithmic axes."
    " From the right it falls with h squared down to about 1e-10 near h = 1e-5; to the left rounding makes it rise again.",
    zh="x³ 在 2 处中心差分的误差（float64），h 从 1e-13 到 1，双对数坐标。从右往左，误差随 h² 下降，在 h = 1e-5 附近约为 1e-10；再往左，舍入误差使它重新上升。",
)
def differences(say: Say) -> Figure:
    """The measured error over h."""
    measure = solution("ch06_chain_rule").numerical_gradient
    x = torch.tensor([2.0], dtype=torch.float64)
    steps = [float(f"{digit}e-{place}") for place in range(13, 0, -1) for digit in (1, 1.5, 2, 3, 5, 7)] + [
        1.0
    ]
    errors = [abs(measure(lambda x: (x * x * x).sum(), x, h).item() - 12) for h in steps]
    figure = page(190)
    axes = plot(figure, 42, 38, 270, 122, say("error of the slope", "斜率的误差"))
    axes.plot(steps, errors, ".", color=BLUE, markersize=4.5)
    axes.set(xscale="log", yscale="log", xlim=(1e-13, 1), ylim=(1e-12, 10))
    axes.set_xticks([1e-12, 1e-9, 1e-6, 1e-3, 1], ["1e−12", "1e−9", "1e−6", "1e−3", "1"])
    axes.set_yticks([1e-9, 1e-6, 1e-3, 1], ["1e−9", "1e−6", "1e−3", "1"])
    axes.minorticks_off()
    axes.set_xlabel("h", labelpad=1)
    label(axes, 2.5e-5, 1.2, say("falls with h²", "随 h² 下降"), ORANGE)
    label(axes, 2e-13, 1.2, say("rounding: rises with 1/h", "舍入误差：随 1/h 上升"), ORANGE)
    axes.axvline(1e-5, color=MUTED, linewidth=0.8, linestyle=(0, (3, 2)))
    label(axes, 1.6e-5, 2e-12, "h = 1e−5", MUTED, va="bottom")
    return figure
