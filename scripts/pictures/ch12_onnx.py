"""Picture of chapter 12: the graph of a small network as ONNX holds it."""

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
    Say,
    arrow,
    box,
    canvas,
    label,
    number,
    picture,
    solution,
)


@picture(
    en="The ONNX graph of a network with two layers, from top to bottom: the input x of shape (N, 2), Gemm with w0 and b0,"
    " Relu, Gemm with w1 and b1, the output. For x = (1, 2) the values between are (-1, 5), (0, 5) and -4.5.",
    zh="两层网络的 ONNX 图，从上到下：输入 x，形状 (N, 2)；Gemm，带 w0、b0；Relu；Gemm，带 w1、b1；输出。x = (1, 2) 时，中间的值依次为 (-1, 5)、(0, 5)、-4.5。",
)
def graph(say: Say) -> Figure:
    """The nodes of the lesson's model in order, what each reads, and the values for its row."""
    chapter = solution("ch12_onnx")
    first = torch.tensor([[1.0, -1.0], [2.0, 1.0]]), torch.tensor([0.0, 1.0])
    second = torch.tensor([[4.0, -1.0]]), torch.tensor([0.5])
    x = torch.tensor([[1.0, 2.0]])
    model = chapter.export_mlp([first, second])
    kept = {each.name: list(each.dims) for each in model.graph.initializer}
    nodes = list(model.graph.node)
    middle = first[0] @ x[0] + first[1]
    values = [middle, middle.clamp(min=0), chapter.run_model(model, x)[0]]
    figure, axes = canvas(40 + 62 * len(nodes))
    top = 28 + 62 * len(nodes)
    label(axes, 110, top, "x", INK, ha="center", fontsize=NORMAL, fontweight="bold")
    label(axes, 126, top, "(N, 2)", MUTED)
    label(axes, 218, top, "(1, 2)", ORANGE)
    for place, (node, value) in enumerate(zip(nodes, values, strict=True)):
        y = top - 40 - 62 * place
        arrow(axes, (110, y + (32 if place == 0 else 46)), (110, y + 14))
        box(axes, 66, y - 14, 88, 28, BLUE_WASH, BLUE)
        label(axes, 110, y, node.op_type, BLUE, ha="center", fontsize=NORMAL, fontweight="bold", zorder=4)
        held = [name for name in node.input if name in kept]
        for line, name in enumerate(held):
            shape = ", ".join(str(side) for side in kept[name])
            label(axes, 168, y + 6 - 13 * line, f"{name} ({shape})", MUTED)
        if held:
            arrow(axes, (165, y), (155, y))
        words = ", ".join(number(round(entry, 2)) for entry in value.tolist())
        label(axes, 218, y - 30, f"({words})" if value.numel() > 1 else words, ORANGE)
        label(axes, 126, y - 30, node.output[0], MUTED)
    last = top - 40 - 62 * (len(nodes) - 1)
    arrow(axes, (110, last - 14), (110, last - 26))
    label(axes, 10, top, say("input", "输入"), INK)
    label(axes, 10, last - 30, say("output", "输出"), INK)
    label(axes, 240, top - 40, say("initializers:\nthe weights", "initializer：\n权重"), MUTED)
    label(axes, 258, top, say("a row", "一行样本"), ORANGE)
    return figure
