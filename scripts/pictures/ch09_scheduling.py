"""Pictures of chapter 9: every schedule over its steps, and the plateau that lowers the rate."""

from __future__ import annotations

from matplotlib.figure import Figure

from pictures.style import BLUE, MUTED, ORANGE, Say, label, number, page, picture, plot, solution


@picture(
    en="Four schedules from a rate of 0.1 over 100 steps. Steps: halved every 25. Exponential: 0.96 of it at each step."
    " Cosine: flat, steep in the middle, flat again, 0 at step 100. Warm-up: a line up to step 10, then the cosine.",
    zh="四种调度，从 0.1 开始，共 100 步。阶梯：每 25 步减半。指数：每步乘 0.96。余弦：两头平，中间陡，第 100 步到 0。预热：先沿直线升到第 10 步，再走余弦。",
)
def schedules(say: Say) -> Figure:
    """The four functions of the step."""
    chapter = solution("ch09_scheduling")
    drawn = (
        ("step_lr", say("half every 25", "每 25 步减半"), lambda step: chapter.step_lr(0.1, step, 25, gamma=0.5)),
        ("exponential_lr", say("× 0.96 each step", "每步 × 0.96"), lambda step: chapter.exponential_lr(0.1, step, 0.96)),
        ("cosine_lr", say("slow, fast, slow", "慢、快、慢"), lambda step: chapter.cosine_lr(0.1, step, 100)),
        ("warmup_cosine", say("10 steps up first", "先升 10 步"), lambda step: chapter.warmup_cosine(0.1, step, 10, 100)),
    )  # fmt: skip
    figure = page(250)
    for place, (title, words, rate) in enumerate(drawn):
        axes = plot(figure, 30 + 156 * (place % 2), 148 - 120 * (place // 2), 128, 74, title)
        steps = range(100 if place == 0 else 101)
        axes.plot(
            steps,
            [rate(step) for step in steps],
            color=BLUE,
            drawstyle="steps-post" if place == 0 else "default",
        )
        axes.set(xlim=(0, 100), ylim=(0, 0.115), xticks=[0, 50, 100], yticks=[0, 0.05, 0.1])
        if place % 2:
            axes.set_yticklabels([])
        axes.tick_params(length=2)
        label(axes, 98, 0.1, words, ORANGE, ha="right")
    return figure


@picture(
    en="The metric of the lesson over eight steps, 10, 8, 7.5, 7.3, 7, 7, 7, 7, and the rate below it. 7.5 and 7.3 are less"
    " than ten percent better than 8: bad steps. After the third bad step in a row behind 7 the rate falls from 0.4 to 0.2.",
    zh="课文中的指标走八步：10、8、7.5、7.3、7、7、7、7，下面是学习率。7.5 和 7.3 比 8 好不到百分之十，算坏步；7 之后连续第三个坏步时，学习率从 0.4 降到 0.2。",
)
def plateau(say: Say) -> Figure:
    """Metric and rate, with the bad steps marked."""
    chapter = solution("ch09_scheduling")
    metrics = (10, 8, 7.5, 7.3, 7, 7, 7, 7)
    schedule = chapter.ReduceOnPlateau(0.4, factor=0.5, patience=2, threshold=0.1)
    rates, best, bad = [], float("inf"), []
    for place, metric in enumerate(metrics):
        rates.append(schedule.step(metric))
        if metric < best * 0.9:
            best = metric
        else:
            bad.append(place)
    figure = page(220)
    axes = plot(figure, 30, 112, 282, 80, say("metric", "指标"))
    axes.plot(metrics, color=MUTED, linewidth=1)
    good = [place for place in range(8) if place not in bad]
    axes.plot(good, [metrics[place] for place in good], "o", color=BLUE, markersize=6)
    axes.plot(bad, [metrics[place] for place in bad], "s", color=ORANGE, markersize=6)
    axes.set(xlim=(-0.4, 7.4), ylim=(6, 10.8), xticks=range(8), xticklabels=[], yticks=[7, 8, 10])
    label(axes, 1.2, 8.9, say("a gain", "有进步"), BLUE)
    label(axes, 3.3, 8.0, say("a bad step: not ten percent better", "坏步：没好到百分之十"), ORANGE)
    below = plot(figure, 30, 36, 282, 48, say("learning rate", "学习率"))
    below.plot(rates, color=BLUE, drawstyle="steps-mid")
    below.set(xlim=(-0.4, 7.4), ylim=(0, 0.5), xticks=range(8), yticks=[0.2, 0.4])
    below.set_xlabel(say("step", "步"), labelpad=1)
    label(below, 6.35, 0.19, number(rates[-1]), BLUE, ha="right")
    return figure
