"""Draw a finished run as plots: how it was trained, what came of it, and what the network has inside.

Everything is drawn from the plain values that `train.build` returns.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.build.style import BLUE, CHINESE_FONTS, FONT, GREY, INK, RED, STYLE
from grader.build.words import metric_words
from grader.language import Language, current, speaking
from grader.language import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NARROW, _WIDE = (4.0, 3.0), (13.0, 2.2)  # inches
_ACROSS = 12  # pictures of the first layer's rows side by side


@dataclass(frozen=True)
class Panel:
    """One plot of a run.

    Args:
        title: what it is, in a few words.
        text: what is to be seen in it.
        draw: draws it.
        is_wide: whether it takes a row of its own.
    """

    title: str
    text: str
    draw: Callable[[Axes], None]
    is_wide: bool = False

    def svg(self) -> str:
        """The plot alone, to stand in a page: without its title, and with nothing that names the file's maker."""
        from matplotlib.figure import Figure

        written = io.StringIO()
        with _style(), warnings.catch_warnings():
            # Without a font for Chinese it is measured as boxes, which is near enough.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            figure = Figure(figsize=_WIDE if self.is_wide else _NARROW, layout="constrained")
            self.draw(figure.subplots())
            nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
            figure.savefig(written, format="svg", facecolor="none", metadata=nothing)
        drawn = written.getvalue()
        # Several stand in one page: neither ids by number nor rules for all elements may be repeated.
        drawn = re.sub(r"<defs>\s*<style.*?</defs>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
        return re.sub(r' id="\w+_\d+"', "", drawn)


def picture_language() -> Language:
    """The language of a picture, into which the letters are drawn: English where there is no font for another."""
    if current() is Language.CHINESE and not _chinese_fonts():
        return Language.ENGLISH
    return current()


def draw_picture(result: dict[str, Any], path: Path) -> None:
    """All plots as one picture.

    Args:
        result: what `train.build` returned.
        path: the PNG to write.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with _style(), speaking(picture_language()):
        shown = panels(result)
        rows = [[at, at, at] if shown[at].is_wide else [at, at + 1, at + 2] for at in range(0, len(shown), 3)]
        heights = [0.55 if shown[row[0]].is_wide else 1 for row in rows]
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12)  # inches
        figure = Figure(figsize=(13, 3.6 * sum(heights)), layout=layout)
        axes = figure.subplot_mosaic(rows, height_ratios=heights)  # type: ignore[arg-type]
        for at, panel in enumerate(shown):
            axes[at].set_title(panel.title)
            panel.draw(axes[at])
        figure.savefig(path, dpi=110, facecolor="white", metadata={"Software": None})


@contextmanager
def _style() -> Iterator[None]:
    # Imported late, here and above: matplotlib takes most of a second, and a run that fails draws nothing.
    import matplotlib

    with matplotlib.rc_context(STYLE | {"font.family": [FONT, *_chinese_fonts()]}):
        yield


def _chinese_fonts() -> list[str]:
    """Those that there are on this machine, where they are needed."""
    from matplotlib import font_manager

    if current() is not Language.CHINESE:
        return []
    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in known]


def panels(result: dict[str, Any]) -> list[Panel]:
    """Six plots of the training and what came of it, then what the network has inside: three more, or a wide one.

    Args:
        result: what `train.build` returned.
    """
    metric, history = metric_words(result["metric"]), result["history"]
    rate = _("It rises over a tenth of the steps, then falls along a cosine.")
    if result["task"] == "digits":
        rate = _(
            "It rises over a tenth of the steps, then falls along a cosine. At the very end batch norm is folded away,"
            " and SGD polishes the layers at a rate of its own."
        )
    return [
        Panel(
            _("Loss"),
            _(
                "Grey: of each step. Blue: its mean over a sixtieth of the run. Red: {metric} on held-out samples after"
                " each epoch."
            ).format(metric=metric),
            lambda axes: _draw_loss(axes, result, metric),
        ),
        Panel(_("Learning rate"), rate, lambda axes: _draw_rate(axes, history["lr"])),
        Panel(
            _("Gradient norm"),
            _("The length of all gradients together: what is above the limit is cut to it."),
            lambda axes: _draw_norms(axes, history),
        ),
        Panel(
            _("Activations after ReLU"),
            _(
                "How the outputs of each hidden layer are spread; zeros are left out, and their share is given."
            ),
            lambda axes: _draw_activations(axes, result["activations"]),
        ),
        Panel(
            _("int8 error of the weights"),
            _("How far rounding to 8 bits moves the weights of each layer."),
            lambda axes: _draw_rounding(axes, result["weights"]),
        ),
        *(_wave_panels if result["task"] == "wave" else _digits_panels)(result),
    ]


def _digits_panels(result: dict[str, Any]) -> list[Panel]:
    return [
        Panel(
            _("Held-out digits"),
            _("What the network reads, misses first."),
            lambda axes: _draw_digits(axes, result["examples"]),
        ),
        Panel(
            _("First layer"),
            _("Its longest rows. Red: ink that raises the neuron. Blue: ink that lowers it."),
            lambda axes: _draw_weights(axes, result["inside"]["weights"]),
            is_wide=True,
        ),
    ]


def _wave_panels(result: dict[str, Any]) -> list[Panel]:
    true, learned = result["inside"]["true"], result["inside"]["learned"]
    off = [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(learned, true, strict=True)]
    most = max(abs(entry) for entries in off for entry in entries)
    return [
        Panel(
            _("Held-out samples"),
            _("Right answers lie on the line."),
            lambda axes: _draw_guesses(axes, result["examples"]),
        ),
        Panel(
            _("The true function"),
            _("The function f(a, b) over its square."),
            lambda axes: _draw_surface(axes, true, 1.0),
        ),
        Panel(
            _("The learned function"),
            _("What the network makes of the same points."),
            lambda axes: _draw_surface(axes, learned, 1.0),
        ),
        Panel(
            _("The difference"),
            _("Learned minus true: {most:.2f} at most.").format(most=most),
            lambda axes: _draw_surface(axes, off, most),
        ),
    ]


def _draw_loss(axes: Axes, result: dict[str, Any], metric: str) -> None:
    """The loss of each step and its mean over a sixtieth of the run, beside the score after each epoch."""
    loss, scores = result["history"]["loss"], result["history"]["metric"]
    axes.set(xlabel=_("step"), ylabel=_("loss"), yscale="log")
    axes.plot(loss, color=GREY, linewidth=0.6)
    width = max(1, len(loss) // 60)
    mean = [sum(loss[i : i + width]) / len(loss[i : i + width]) for i in range(0, len(loss), width)]
    axes.plot([i * width + width / 2 for i in range(len(mean))], mean, color=BLUE, linewidth=1.8)
    beside = axes.twinx()
    beside.spines["right"].set_visible(True)
    per_epoch = len(loss) / max(1, result["epochs"])
    beside.plot([(i + 1) * per_epoch for i in range(len(scores))], scores, color=RED, linewidth=1.4)
    beside.set_ylabel(metric, color=RED)
    beside.set_ylim(max(-0.05, min(0.8, *scores) - 0.02), 1.01)


def _draw_rate(axes: Axes, rates: Sequence[float]) -> None:
    """The learning rate, as the schedule gave it."""
    axes.set(xlabel=_("step"))
    axes.plot(rates, color=BLUE, linewidth=1.8)


def _draw_norms(axes: Axes, history: dict[str, Any]) -> None:
    """The length of all gradients together, so that clipping can be seen to cut."""
    axes.set(xlabel=_("step"), yscale="log")
    axes.plot(history["norm_before"], color=RED, linewidth=1.6, alpha=0.5, label=_("before clipping"))
    axes.plot(history["norm_after"], color=BLUE, linewidth=0.7, label=_("after clipping"))
    axes.legend(loc="lower left")


def _draw_activations(axes: Axes, layers: Sequence[dict[str, Any]]) -> None:
    """How the last layers' outputs are spread; ReLU's zeros would hide the rest, so their share is in the legend."""
    axes.set(xlabel=_("value"), ylabel=_("how many"))
    for number, (drawn, colour) in enumerate(zip(layers, (BLUE, RED, GREY, INK), strict=False), start=1):
        edges, counts = drawn["edges"], list(drawn["counts"])
        counts[0] = max(0.0, counts[0] - drawn["zero"] * sum(counts))
        label = _("hidden layer {number}: {share:.0%} zeros").format(number=number, share=drawn["zero"])
        axes.stairs(counts, edges, color=colour, linewidth=1.6, label=label)
    axes.legend(loc="upper right")


def _draw_rounding(axes: Axes, layers: Sequence[dict[str, Any]]) -> None:
    """What 8 bits cost each layer: with one scale, and with one per channel."""
    axes.set(xlabel=_("layer"), ylabel=_("mean absolute error"))
    places = range(1, len(layers) + 1)
    axes.bar([p - 0.2 for p in places], [w["error"] for w in layers], 0.38, color=RED, label=_("one scale"))
    finer = [w["error_per_channel"] for w in layers]
    axes.bar([p + 0.2 for p in places], finer, 0.38, color=BLUE, label=_("a scale per channel"))
    axes.set_xticks(list(places))
    axes.set_ylim(0, 1.3 * max([w["error"] for w in layers] + finer))
    axes.legend(loc="upper right", ncols=2)


def _draw_guesses(axes: Axes, examples: dict[str, Any]) -> None:
    """The network's guess against the target."""
    axes.set(xlabel=_("target"), ylabel=_("network"))
    axes.plot([-1, 1], [-1, 1], color=GREY, linewidth=1)
    axes.scatter(examples["target"], examples["guess"], s=5, color=BLUE)


def _draw_digits(axes: Axes, examples: dict[str, Any]) -> None:
    """Ten pictures with the digit that the network reads, and the right one beside it where that is another."""
    axes.axis("off")
    shown = zip(examples["pixels"], examples["target"], examples["guess"], strict=True)
    for i, (pixels, target, guess) in enumerate(shown):
        column, row = i % 5, i // 5
        inset = axes.inset_axes((column / 5 + 0.01, 0.52 - 0.45 * row, 0.18, 0.36))
        inset.imshow([pixels[k : k + 8] for k in range(0, 64, 8)], cmap="gray_r")
        inset.set(xticks=[], yticks=[])
        wrong = guess != target
        words = _("{guess}, is {target}").format(guess=guess, target=target) if wrong else f"{guess}"
        inset.set_title(words, fontsize=8, color=RED if wrong else INK, loc="center", weight="normal")


def _draw_surface(axes: Axes, values: Sequence[Sequence[float]], limit: float) -> None:
    """Values over the square of the wave, from blue for -limit to red for limit."""
    axes.set(xlabel="a", ylabel="b")
    drawn = axes.imshow(values, origin="lower", extent=(-1, 1, -1, 1), cmap="RdBu_r", vmin=-limit, vmax=limit)
    # Inset, so that it takes no room from the panels above.
    bar = axes.figure.colorbar(drawn, cax=axes.inset_axes((1.04, 0, 0.05, 1)))
    bar.outline.set_visible(False)


def _draw_weights(axes: Axes, weights: Sequence[Sequence[float]]) -> None:
    """Rows of the first layer as pictures: red where ink raises a neuron, blue where it lowers it."""
    axes.axis("off")
    for i, pixels in enumerate(weights):
        column, row = i % _ACROSS, i // _ACROSS
        inset = axes.inset_axes((column / _ACROSS, 0.5 - 0.5 * row, 0.95 / _ACROSS, 0.48))
        limit = max(map(abs, pixels))
        picture = [pixels[k : k + 8] for k in range(0, 64, 8)]
        inset.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit)
        inset.set(xticks=[], yticks=[])
