"""Pictures of chapter 1: what a batch size counts, and samples shuffled anew in every epoch."""

from __future__ import annotations

from matplotlib.figure import Figure

from pictures.style import (
    BLUE,
    BLUE_WASH,
    INK,
    MUTED,
    NORMAL,
    ORANGE,
    ORANGE_WASH,
    Say,
    box,
    canvas,
    label,
    picture,
    solution,
)


@picture(
    en="The essay's 2560 samples as a bar. With a batch size of 256 it is cut into 10 batches; with a batch size of 10"
    " into 256 batches, too thin to be told apart.",
    zh="把文中的 2560 个样本画成一条。批量大小为 256 时，切成 10 个批量；批量大小为 10 时，切成 256 个批量，细得分辨不出来。",
)
def batch_size(say: Say) -> Figure:
    """The same samples, cut by the size that was meant and by the one that was written."""
    loader = solution("ch01_dataloader").DataLoader
    data = [([0.0, 0.0], 0.0)] * 2560
    figure, axes = canvas(136)
    for row, (size, color, wash) in enumerate(((256, BLUE, BLUE_WASH), (10, ORANGE, ORANGE_WASH))):
        batches, bottom = len(loader(data, size)), 76 - 66 * row
        width = 300 / batches
        for batch in range(batches):
            if batches < 50:
                box(axes, 12 + batch * width, bottom, width, 24, wash, color)
                label(axes, 12 + (batch + 0.5) * width, bottom + 12, f"{size}", color, ha="center")
        if batches >= 50:
            box(axes, 12, bottom, 300, 24, wash, color)
            axes.vlines(
                [12 + i * width for i in range(batches)],
                bottom,
                bottom + 24,
                color=color,
                linewidth=0.35,
                zorder=3,
            )
        words = say(f"{batches} batches of {size}", f"{batches} 个批量，每个 {size} 个样本")
        label(axes, 12, bottom + 38, f"batch_size = {size}", color, fontsize=NORMAL, fontweight="bold")
        label(axes, 312, bottom + 38, words, INK, ha="right")
    return figure


@picture(
    en="Ten samples, five cats and then five dogs, in batches of 5. In order every batch holds one kind only. Shuffled,"
    " each epoch has another order, in which every sample comes once, and the kinds mix.",
    zh="十个样本，先是五只猫，再是五只狗，批量大小为 5。按原顺序，每个批量只有一种动物。打乱之后，每个轮次的顺序都不同，每个样本仍恰好出现一次，两种动物混在一起。",
)
def shuffled(say: Say) -> Figure:
    """Two epochs of the same loader, beside the data in order."""
    loader = solution("ch01_dataloader").DataLoader
    data = [([float(i)], i) for i in range(10)]
    mixed = loader(data, 5, shuffle=True, seed=2)
    orders = {
        say("in order", "原顺序"): loader(data, 5),
        say("epoch 1", "轮次 1"): mixed,
        say("epoch 2", "轮次 2"): mixed,
    }
    figure, axes = canvas(150)
    label(axes, 130, 139, say("batch 0", "批量 0"), MUTED, ha="center")
    label(axes, 258, 139, say("batch 1", "批量 1"), MUTED, ha="center")
    for row, (words, epoch) in enumerate(orders.items()):
        bottom = 98 - 36 * row
        label(axes, 10, bottom + 12, words, fontsize=NORMAL)
        for batch, (_, y) in enumerate(epoch):
            for place, sample in enumerate(y.tolist()):
                cat = sample < 5
                left = 70 + 128 * batch + 24 * place
                box(axes, left, bottom, 24, 24, BLUE_WASH if cat else ORANGE_WASH, BLUE if cat else ORANGE)
                label(
                    axes, left + 12, bottom + 12, str(sample), BLUE if cat else ORANGE, ha="center", zorder=4
                )
    label(axes, 70, 10, say("0 to 4: cats", "0 到 4：猫"), BLUE)
    label(axes, 198, 10, say("5 to 9: dogs", "5 到 9：狗"), ORANGE)
    return figure
