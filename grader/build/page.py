"""Draw a finished run: one picture of the training and what came of it, and a page around it that needs no other file.

Everything is drawn from the plain values that `train.build` returns. They come from a process in which the learner's
code ran, so every text is escaped.
"""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.build.blocks import Block, count_yours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, BLUE, RED, GREY = "#22303c", "#2b6cb0", "#c2410c", "#94a3b8"
_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.hashsalt": "brickwork",  # the same run draws the same file
}


def write_pages(result: dict[str, Any], blocks: Sequence[Block], folder: Path) -> tuple[Path, Path]:
    """Draw a run, once for the page and once as a file to pass on.

    Args:
        result: what `train.build` returned.
        blocks: whose they were.
        folder: is there.

    Returns:
        page.html and page.png in that folder.
    """
    figure = draw(result)
    picture, page = folder / "page.png", folder / "page.html"
    figure.savefig(picture, dpi=110, facecolor="white", metadata={"Software": None})
    svg = io.StringIO()
    figure.savefig(svg, format="svg", facecolor="white", metadata={"Date": None})
    page.write_text(_page(result, blocks, svg.getvalue()), encoding="utf-8")
    return page, picture


def draw(result: dict[str, Any]) -> Figure:
    """Loss, learning rate, gradients, activations, rounding, examples; below them what the network has inside."""
    # Imported late: matplotlib takes most of a second, and a run that fails draws nothing.
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        lowest = 1 if result["task"] == "wave" else 0.55
        figure = Figure(figsize=(13, 3.6 * (2 + lowest)), layout="constrained")
        axes = figure.subplots(3, 3, height_ratios=(1, 1, lowest))
        _draw_loss(axes[0, 0], result)
        _draw_rate(axes[0, 1], result)
        _draw_norms(axes[0, 2], result)
        _draw_activations(axes[1, 0], result)
        _draw_rounding(axes[1, 1], result)
        _draw_examples(axes[1, 2], result)
        if result["task"] == "wave":
            _draw_surfaces(axes[2], result["inside"])
        else:
            _draw_weights(axes[2], result["inside"]["weights"])
    return figure


def _draw_loss(axes: Axes, result: dict[str, Any]) -> None:
    """The loss of each step and its mean over a sixtieth of the run, beside the score after each epoch."""
    loss, metric = result["history"]["loss"], result["history"]["metric"]
    axes.set(title="Loss", xlabel="step", yscale="log")
    axes.plot(loss, color=GREY, linewidth=0.6)
    width = max(1, len(loss) // 60)
    mean = [sum(loss[i : i + width]) / len(loss[i : i + width]) for i in range(0, len(loss), width)]
    axes.plot(
        [i * width + width / 2 for i in range(len(mean))], mean, color=BLUE, linewidth=1.8, label="loss"
    )
    score = axes.twinx()
    score.spines["right"].set_visible(True)
    per_epoch = len(loss) / max(1, result["epochs"])
    score.plot([(i + 1) * per_epoch for i in range(len(metric))], metric, color=RED, linewidth=1.4)
    score.set_ylabel(f"{result['metric']}, held out", color=RED)
    score.set_ylim(max(-0.05, min(0.8, *metric) - 0.02), 1.01)


def _draw_rate(axes: Axes, result: dict[str, Any]) -> None:
    """The learning rate, as the schedule gave it."""
    axes.set(title="Learning rate", xlabel="step")
    axes.plot(result["history"]["lr"], color=BLUE, linewidth=1.8)


def _draw_norms(axes: Axes, result: dict[str, Any]) -> None:
    """The length of all gradients together, so that clipping can be seen to cut."""
    before, after = result["history"]["norm_before"], result["history"]["norm_after"]
    axes.set(title="Gradient norm", xlabel="step", yscale="log")
    axes.plot(before, color=RED, linewidth=1.6, alpha=0.5, label="before clipping")
    axes.plot(after, color=BLUE, linewidth=0.7, label="after clipping")
    axes.legend(loc="lower left")


def _draw_activations(axes: Axes, result: dict[str, Any]) -> None:
    """How the last layers' outputs are spread; ReLU's zeros would hide the rest, so their share is in the legend."""
    axes.set(title="Activations after ReLU", xlabel="value (zeros left out)", ylabel="units")
    for (name, drawn), colour in zip(result["activations"].items(), (BLUE, RED, GREY, INK), strict=False):
        edges, counts = drawn["edges"], list(drawn["counts"])
        counts[0] = max(0.0, counts[0] - drawn["zero"] * sum(counts))
        axes.stairs(counts, edges, color=colour, linewidth=1.6, label=f"{name}: {drawn['zero']:.0%} zeros")
    axes.legend(loc="upper right")


def _draw_rounding(axes: Axes, result: dict[str, Any]) -> None:
    """What 8 bits cost each layer: with one scale, and with one per channel."""
    layers = result["weights"]
    axes.set(
        title="int8 error of the weights",
        xlabel="layer",
        ylabel="mean absolute error",
    )
    places = range(1, len(layers) + 1)
    axes.bar([p - 0.2 for p in places], [w["error"] for w in layers], 0.38, color=RED, label="one scale")
    finer = [w["error_per_channel"] for w in layers]
    axes.bar([p + 0.2 for p in places], finer, 0.38, color=BLUE, label="a scale per channel")
    axes.set_xticks(list(places))
    axes.set_ylim(0, 1.3 * max([w["error"] for w in layers] + finer))
    axes.legend(loc="upper right", ncols=2)


def _draw_examples(axes: Axes, result: dict[str, Any]) -> None:
    """Held-out samples: the wave as guess against target, digits as pictures."""
    examples = result["examples"]
    if result["task"] == "wave":
        axes.set(title="Held-out samples", xlabel="target", ylabel="network")
        axes.plot([-1, 1], [-1, 1], color=GREY, linewidth=1)
        axes.scatter(examples["target"], examples["guess"], s=5, color=BLUE)
        return
    axes.set_title("Held-out digits, misses first")
    axes.axis("off")
    for i, (pixels, target, guess) in enumerate(
        zip(examples["pixels"], examples["target"], examples["guess"], strict=True)
    ):
        column, row = i % 5, i // 5
        inset = axes.inset_axes((column / 5 + 0.02, 0.56 - 0.5 * row, 0.16, 0.36))
        inset.imshow([pixels[k : k + 8] for k in range(0, 64, 8)], cmap="gray_r")
        inset.set(xticks=[], yticks=[])
        wrong = guess != target
        words = f"{guess}, is {target}" if wrong else f"{guess}"
        inset.set_title(words, fontsize=8, color=RED if wrong else INK, loc="center", weight="normal")


def _draw_surfaces(row: Sequence[Axes], inside: dict[str, Any]) -> None:
    """f(a, b) over its square: the true one, the learned one, and where they differ."""
    true, learned = inside["true"], inside["learned"]
    off = [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(learned, true, strict=True)]
    most = max(abs(entry) for entries in off for entry in entries)
    shown = (("f(a, b), true", true, 1.0), ("f(a, b), learned", learned, 1.0))
    for axes, (title, values, limit) in zip(
        row, (*shown, (f"Learned - true, {most:.2f} at most", off, most)), strict=True
    ):
        axes.set(title=title, xlabel="a", ylabel="b")
        drawn = axes.imshow(
            values, origin="lower", extent=(-1, 1, -1, 1), cmap="RdBu_r", vmin=-limit, vmax=limit
        )
        # Inset, so that it takes no room from the panels above.
        bar = axes.figure.colorbar(drawn, cax=axes.inset_axes((1.04, 0, 0.05, 1)))
        bar.outline.set_visible(False)


def _draw_weights(row: Sequence[Axes], weights: Sequence[Sequence[float]]) -> None:
    """Rows of the first layer as pictures: red where ink raises a neuron, blue where it lowers it."""
    row[0].set_title("First layer, the longest rows: red is ink that raises the neuron, blue that lowers it")
    for axes in row:
        axes.axis("off")
    for i, pixels in enumerate(weights):
        axes, place = row[i // 8], i % 8
        inset = axes.inset_axes((place % 4 / 4 + 0.01, 0.5 - 0.5 * (place // 4), 0.23, 0.48))
        limit = max(map(abs, pixels))
        picture = [pixels[k : k + 8] for k in range(0, 64, 8)]
        inset.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit)
        inset.set(xticks=[], yticks=[])


def _pieces(block: Block) -> str:
    """The pieces of a block, those of one state together."""
    by_state: dict[str, list[str]] = {}
    for piece in block.pieces:
        by_state.setdefault(piece.state.value, []).append(piece.name)
    return "; ".join(f"{', '.join(names)} ({state})" for state, names in by_state.items())


def _page(result: dict[str, Any], blocks: Sequence[Block], svg: str) -> str:
    """The page as text."""
    drawing = svg[svg.index("<svg") :]
    rows = "\n".join(
        f"<tr><td>{html.escape(block.stem)}</td><td>{html.escape(block.whose)}</td>"
        f"<td>{html.escape(_pieces(block))}</td></tr>"
        for block in blocks
    )
    metric = result["metric"][0].upper() + result["metric"][1:]
    facts = (
        f"{metric} {result['score']:.4f} on held-out samples (goal {result['goal']}), "
        f"{result['int8_score']:.4f} in int8; {result['parameters']:,} parameters, {result['epochs']} epochs, "
        f"seed {result['seed']}; the ONNX model differs from the network by at most {result['onnx_difference']:.1e}."
    )
    inside = "the function learned beside the true one"
    if result["task"] == "digits":
        inside = "the weights of the first layer as pictures"
        facts += (
            " At the very end batch norm is folded away, and SGD polishes the layers at a rate of its own."
        )
    shown = f"Loss, learning rate, gradient norm, activations, int8 error, examples, and {inside}"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>brick build: {result["task"]}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: {INK}; background: #fff;
  max-width: 75rem; margin: 2rem auto; padding: 0 1rem }}
svg {{ width: 100%; height: auto }}
table {{ border-collapse: collapse; font-size: 14px }}
td, th {{ border-bottom: 1px solid #e2e8f0; padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }}
</style></head><body>
<h1>A network of bricks: {result["task"]}</h1>
<p>{html.escape(count_yours(blocks))}. {html.escape(facts)}</p>
<div role="img" aria-label="{shown}">{drawing}</div>
<h2>Whose blocks</h2>
<table><tr><th>block</th><th>whose</th><th>pieces</th></tr>
{rows}
</table></body></html>
"""
