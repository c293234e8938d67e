"""Draw docs/rooms.svg, the rooms of `grader/` in their layers and what each imports, from the code itself.

Usage: draw_rooms.py [--check]

The layers are those of the import contract in pyproject.toml, the lines are imports that grimp reads from the
sources, and a room's sentence is the docstring of its `__init__.py`. Each box lists what its room imports. A line is
drawn where no longer way leads to the same room, and none to the lowest layer, which nearly every room uses. With
--check nothing is written, and the exit code is 1 if the picture is not what the code says.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"

# All in pixels; a character of the sentence is about 6 wide at this size.
WIDTH, MARGIN, GAP = 1000, 12, 16
HEIGHT, BETWEEN = 122, 36
WIDEST = 240.0
CHARACTER = 6.1
INK, GREY, LINE, FILL = "#22303c", "#53657a", "#8aa0b8", "#f3f6fa"

Layers = list[list[str]]
Imports = dict[str, set[str]]


def read_layers() -> Layers:
    """The rooms of each layer, top to bottom."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    [contract] = tools["importlinter"]["contracts"]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def read_imports(rooms: list[str]) -> Imports:
    """Which rooms each room imports."""
    graph = grimp.build_graph("grader", cache_dir=None)

    def imports(room: str, other: str) -> bool:
        return room != other and graph.direct_import_exists(
            importer=f"grader.{room}", imported=f"grader.{other}", as_packages=True
        )

    return {room: {other for other in rooms if imports(room, other)} for room in rooms}


def without_shortcuts(imports: Imports) -> Imports:
    """The same without the imports that a longer way stands for; the graph has no loops."""

    def reachable(room: str) -> set[str]:
        return imports[room].union(*(reachable(other) for other in imports[room]))

    return {
        room: {found for found in direct if not any(found in reachable(other) for other in direct - {found})}
        for room, direct in imports.items()
    }


def sentence(room: str) -> str:
    """The first line of a room's docstring; a room is a folder or one file."""
    folder = ROOT / "grader" / room
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{path}: open it with a sentence")
    return docstring.splitlines()[0].replace("`", "")


def draw(layers: Layers, imports: Imports) -> str:
    """The picture: a row of boxes per layer, and lines from a room down to what it imports."""
    boxes = _boxes(layers)
    height = 2 * MARGIN + len(layers) * HEIGHT + (len(layers) - 1) * BETWEEN
    drawn = without_shortcuts(imports)
    lines = [
        _line(boxes[room], boxes[other]) for room in boxes for other in sorted(drawn[room] - set(layers[-1]))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"',
            '     aria-label="The rooms of grader/ in layers, and what each imports"',
            '     font-family="system-ui, sans-serif" font-size="11.5">',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *lines,
            *(part for room, box in boxes.items() for part in _box(room, sorted(imports[room]), box)),
            "</svg>\n",
        ]
    )


Box = tuple[float, float, float]  # left, top, width


def _boxes(layers: Layers) -> dict[str, Box]:
    found = {}
    for row, rooms in enumerate(layers):
        width = min(WIDEST, (WIDTH - 2 * MARGIN - (len(rooms) - 1) * GAP) / len(rooms))
        left = (WIDTH - len(rooms) * width - (len(rooms) - 1) * GAP) / 2
        top = MARGIN + row * (HEIGHT + BETWEEN)
        for place, room in enumerate(rooms):
            found[room] = (left + place * (width + GAP), top, width)
    return found


def _line(upper: Box, lower: Box) -> str:
    """A curve from the foot of one box to the head of another; boxes are drawn over it."""
    x1, y1 = upper[0] + upper[2] / 2, upper[1] + HEIGHT
    x2, y2 = lower[0] + lower[2] / 2, lower[1]
    bend = (y2 - y1) / 2
    path = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.2"/>'


def _box(room: str, imports: list[str], box: Box) -> list[str]:
    """The box of a room: its name, its sentence, and small below them what it imports."""
    left, top, width = box
    columns = int((width - 20) / CHARACTER)
    words = textwrap.wrap(sentence(room), columns, max_lines=4, placeholder=" …")
    below = textwrap.wrap(", ".join(imports), int(columns * 1.15), max_lines=8 - len(words), placeholder=" …")
    lowest = top + HEIGHT - 8 - 12 * (len(below) - 1)
    frame = f'x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{HEIGHT}"'
    return [
        f'<rect {frame} rx="6" fill="{FILL}" stroke="{INK}"/>',
        _text(left, top + 18, room, f'font-size="14" font-weight="600" fill="{INK}"'),
        *(_text(left, top + 34 + 13 * i, line, f'fill="{INK}"') for i, line in enumerate(words)),
        *(
            _text(left, lowest + 12 * i, line, f'font-size="10" fill="{GREY}"')
            for i, line in enumerate(below)
        ),
    ]


def _text(left: float, top: float, words: str, look: str) -> str:
    return f'<text x="{left + 10:.0f}" y="{top:.0f}" {look}>{escape(words)}</text>'


def main(check: bool) -> int:
    """Write the picture, or say whether the one that is there is right."""
    layers = read_layers()
    imports = read_imports([room for layer in layers for room in layer])
    picture = draw(layers, imports)
    if not check:
        PICTURE.write_text(picture, encoding="utf-8")
        return 0
    if PICTURE.read_text(encoding="utf-8") == picture:
        return 0
    print("docs/rooms.svg is not what the code says; run: python scripts/draw_rooms.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] == ["--check"]))
