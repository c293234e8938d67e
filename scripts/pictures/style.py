"""What all pictures share: a palette for light and dark, their sizes, and the few marks they are made of.

A picture is drawn once, in the light palette. The SVG then gets a style sheet that replaces each colour where a reader
prefers dark. Its own background makes it readable on whatever page it stands.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]

# Every colour that text is written in has a contrast of at least 4.5 to the paper and the washes, in both palettes.
INK, MUTED, LINE, PAPER = "#1f2937", "#526071", "#ccd4dd", "#fefefe"
BLUE, ORANGE, GREEN = "#1d5fad", "#a8400a", "#17683f"
WASH, BLUE_WASH, ORANGE_WASH = "#f0f3f6", "#dce9f8", "#fbe6d8"
# From low to high: the levels of a surface, the size of a number.
LEVELS = ("#f4f8fd", "#e3eefa", "#cfe1f5", "#b6d0ee", "#9abde5", "#7ea9da")
DARK = {
    INK: "#e8ecf2",
    MUTED: "#a9b7c7",
    LINE: "#3d4a5a",
    PAPER: "#111821",
    BLUE: "#86b9f7",
    ORANGE: "#f6a772",
    GREEN: "#6fd19f",
    WASH: "#1b2531",
    BLUE_WASH: "#1b3350",
    ORANGE_WASH: "#3f2718",
    **dict(zip(LEVELS, ("#141d28", "#182535", "#1c2e44", "#213853", "#274364", "#2e4f76"), strict=True)),
}

WIDTH = 4.5  # inches: 432 pixels, which a telephone shows at nearly their size
SMALL, NORMAL = 8.5, 9.5  # points
FONTS = (
    "system-ui, 'Noto Sans', 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)
_LOOK: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: no machine's fonts get into the file
    "svg.hashsalt": "brickwork",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine measures alike
    "font.size": NORMAL,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "lines.linewidth": 1.8,
    "path.simplify": True,
}

# Chooses between the English and the Chinese words of a label.
Say = Callable[[str, str], str]
Draw = Callable[[Say], Figure]


@dataclass(frozen=True)
class Picture:
    """One picture of a chapter.

    Args:
        stem: the chapter's.
        name: of the function that draws it, and of the files.
        alt: what it shows, for those who do not see it, by language.
        draw: makes the figure, given the words' language.
    """

    stem: str
    name: str
    alt: dict[str, str]
    draw: Draw

    def files(self) -> dict[Path, str]:
        """The picture in each language, as the text of an SVG by its path below `pictures/`."""
        return {Path(self.stem, f"{self.name}.{language}.svg"): self.svg(language) for language in self.alt}

    def svg(self, language: str) -> str:
        """The picture with its words in this language."""
        with matplotlib.rc_context(_LOOK):
            figure = self.draw(lambda en, zh: zh if language == "zh" else en)
            written = StringIO()
            figure.savefig(
                written, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
            )
        return _finished(written.getvalue(), language, self.alt[language])


PICTURES: list[Picture] = []


def picture(en: str, zh: str) -> Callable[[Draw], Draw]:
    """Register a function that draws a picture, with its text for those who do not see it."""

    def register(draw: Draw) -> Draw:
        stem = draw.__module__.rpartition(".")[2]
        PICTURES.append(Picture(stem, draw.__name__, {"en": en, "zh": zh}, draw))
        return draw

    return register


@cache
def solution(stem: str) -> ModuleType:
    """The chapter's solution, from which its pictures are drawn."""
    spec = importlib.util.spec_from_file_location(stem, ROOT / "solutions" / f"{stem}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    spec.loader.exec_module(module)
    return module


def number(value: float, decimals: int | None = None) -> str:
    """A number as it is printed, with a true minus."""
    return (f"{value:g}" if decimals is None else f"{value:.{decimals}f}").replace("-", "−")


# --- canvases ---------------------------------------------------------------------------------------------


def canvas(height: float) -> tuple[Figure, Axes]:
    """A drawing board without axes, in points: `WIDTH` * 72 = 324 wide, (0, 0) below left."""
    figure = Figure(figsize=(WIDTH, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH * 72), ylim=(0, height))
    axes.axis("off")
    return figure, axes


def page(height: float) -> Figure:
    """A figure to put `plot`s on, `height` points high."""
    return Figure(figsize=(WIDTH, height / 72))


def plot(figure: Figure, left: float, bottom: float, width: float, height: float, title: str = "") -> Axes:
    """Axes at a place given in points, their title flush left above them."""
    wide, high = figure.get_size_inches() * 72
    axes = figure.add_axes((left / wide, bottom / high, width / wide, height / high))
    if title:
        axes.annotate(
            title, (0, 1), xytext=(0, 7), xycoords="axes fraction", textcoords="offset points",
            fontsize=NORMAL, fontweight="bold",
        )  # fmt: skip
    return axes


# --- marks ------------------------------------------------------------------------------------------------


def label(axes: Axes, x: float, y: float, words: str, color: str = INK, **look: Any) -> None:
    """Words at a place in the data; `ha`, `va`, `fontsize` and the like as in matplotlib."""
    axes.text(x, y, words, color=color, **{"fontsize": SMALL, "va": "center", **look})


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], color: str = MUTED, **look: Any
) -> None:
    """A line with a head; `bend` curves it."""
    bend = look.pop("bend", 0.0)
    shape = {"arrowstyle": "-|>,head_width=2.4,head_length=5", "mutation_scale": 1, "linewidth": 1.2}
    shape |= {"shrinkA": 0, "shrinkB": 0, "color": color, "connectionstyle": f"arc3,rad={bend}", **look}
    axes.annotate("", end, xytext=start, arrowprops=shape, annotation_clip=False)


def dot(axes: Axes, x: float, y: float, radius: float, fill: str = PAPER, edge: str = INK) -> None:
    """A neuron: a circle, in the units of a `canvas`."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((x, y), radius, facecolor=fill, edgecolor=edge, linewidth=1.2, zorder=3))


def box(
    axes: Axes, x: float, y: float, width: float, height: float, fill: str = WASH, edge: str = MUTED
) -> None:
    """A rectangle from its lower left corner."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), width, height, facecolor=fill, edgecolor=edge, linewidth=0.9, zorder=2))


def lines(
    axes: Axes, ends: Sequence[tuple[tuple[float, float], tuple[float, float]]], color: str, **look: Any
) -> None:
    """Many straight lines as one path, which keeps the file small."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    corners = [corner for pair in ends for corner in pair]
    codes = [Outline.MOVETO, Outline.LINETO] * len(ends)
    axes.add_patch(PathPatch(Outline(corners, codes), fill=False, edgecolor=color, **look))


# --- from matplotlib's SVG to ours ------------------------------------------------------------------------


def _finished(svg: str, language: str, alt: str) -> str:
    """The file as it is kept: short numbers, ids by order, fonts by name, a dark palette, and its text."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert size is not None
    body = svg[svg.index("</defs>") + len("</defs>") :] if "<style" in svg[:1200] else svg
    body = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d+", _short, tag[0]), body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", body)
    body = body.replace("xlink:href", "href")
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', body))):
        body = body.replace(name, f"{name[0]}{number}")
    body = re.sub(r' id="(?:[a-z]+(?:2d|3d)?_\d+|[A-Z][A-Za-z]*_\d+)"', "", body)
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    body = re.sub(r"\n\s+", "\n", body)
    wide, high = (round(float(number) * 4 / 3) for number in size.groups())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[1]} {size[2]}" width="{wide}" height="{high}"'
        f' role="img" lang="{language}">\n<title>{escape(alt)}</title>\n<style>{_sheet(body)}</style>{body}'
    )


def _short(number: re.Match[str]) -> str:
    """A number with two decimals: a hundredth of a point is nothing, and the last digits differ by machine."""
    kept = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if kept == "-0" else kept


def _sheet(body: str) -> str:
    """The fonts, and the dark colour for each that is drawn in."""
    rules = [
        f'[style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
        if f"{what}: {light}" in body
    ]
    dark = "\n".join(["@media (prefers-color-scheme:dark){", *rules, "}"])
    return (
        f"*{{stroke-linejoin:round;stroke-linecap:butt}}text{{font-family:{FONTS};white-space:pre}}\n{dark}"
    )
