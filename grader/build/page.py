"""Write what a run came to as a page that needs no other file, and as a picture to pass on.

The values come from a process in which the learner's code ran, so every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from grader.build.blocks import Block
from grader.build.plots import Panel, draw_picture, panels
from grader.build.style import COLOURS, SHEET
from grader.build.words import count_yours, metric_words, owner_words, score_words, state_words
from grader.language import current, listed
from grader.language import gettext as _

_TASKS = {"wave": "the essay's function", "digits": "handwritten digits"}


def write_pages(
    result: dict[str, Any], blocks: Sequence[Block], names: Mapping[str, str], folder: Path
) -> tuple[Path, Path]:
    """Draw a run, once for the page and once as a file to pass on.

    Args:
        result: what `train.build` returned.
        blocks: whose they were.
        names: of their chapters, by stem.
        folder: is there.

    Returns:
        page.html and page.png in that folder.
    """
    picture, page = folder / "page.png", folder / "page.html"
    draw_picture(result, picture)
    page.write_text(_page(result, blocks, names), encoding="utf-8")
    return page, picture


def _page(result: dict[str, Any], blocks: Sequence[Block], names: Mapping[str, str]) -> str:
    """The page as text."""
    title = _("A network of bricks: {task}").format(task=_(_TASKS[result["task"]]))
    training, whose = _("Training, and what came of it"), _("Whose blocks")
    yours = count_yours(blocks) + _(".")
    facts = "\n".join(_row(name, value) for name, value in _facts(result))
    plots = "\n".join(map(_figure, panels(result)))
    rows = "\n".join(
        _row(escape(names[block.stem]), escape(owner_words(block.whose)), _pieces(block)) for block in blocks
    )
    heads = "".join(f"<th scope='col'>{escape(head)}</th>" for head in (_("block"), _("whose"), _("pieces")))
    return f"""<!doctype html>
<html lang="{current()}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{SHEET}</style></head><body>
<h1>{escape(title)}</h1>
<p>{escape(yours)}</p>
<table class="number">
{facts}
</table>
<h2>{escape(training)}</h2>
<div class="plots">
{plots}
</div>
<h2>{escape(whose)}</h2>
<table><tr>{heads}</tr>
{rows}
</table></body></html>
"""


def _facts(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and value of each number that says how it went, as HTML."""
    metric = metric_words(result["metric"])
    yield _("{metric} on held-out samples").format(metric=metric), score_words(result["score"])
    yield _("a right network reaches"), f"{result['goal']}"
    yield _("{metric} in int8").format(metric=metric), score_words(result["int8_score"])
    yield _("ONNX model and network differ by at most"), f"{result['onnx_difference']:.1e}"
    yield _("parameters"), f"{result['parameters']:,}"
    yield _("epochs"), f"{result['epochs']}"
    yield _("seed"), f"{result['seed']}"


def _row(*cells: str) -> str:
    """A row of a table, of cells that are HTML."""
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _figure(panel: Panel) -> str:
    """A plot under its words, in the colours of the style sheet."""
    drawing = panel.svg()
    for colour, name in COLOURS.items():
        drawing = drawing.replace(colour, f"var(--{name})")
    opening = '<figure class="wide">' if panel.is_wide else "<figure>"
    return (
        f"{opening}<figcaption><strong>{escape(panel.title)}</strong> {escape(panel.text)}</figcaption>\n"
        f'<div role="img" aria-label="{escape(panel.title)}">{drawing}</div></figure>'
    )


def _code(name: str) -> str:
    """A name of code as HTML, which a narrow screen breaks behind its underscores."""
    return f"<code>{escape(name).replace('_', '_<wbr>')}</code>"


def _pieces(block: Block) -> str:
    """The pieces of a block as HTML, those of one state together."""
    by_state: dict[str, list[str]] = {}
    for piece in block.pieces:
        by_state.setdefault(state_words(piece.state), []).append(_code(piece.name))
    return _("; ").join(
        _("{names} ({state})").format(names=listed(names), state=escape(state))
        for state, names in by_state.items()
    )
