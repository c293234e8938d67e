"""Draw the pictures of the lessons, in English and in Chinese, from the solutions.

Usage: draw_pictures.py [--check] [STEM ...]

Each module of scripts/pictures/ draws those of one chapter. With --check nothing is written, and the exit code is 1 if
a picture is not what the code draws, is too large, or stands in no lesson.
"""

from __future__ import annotations

import importlib
import logging
import re
import sys
import warnings
from pathlib import Path

from pictures.style import PICTURES, ROOT, Picture

FOLDER = ROOT / "pictures"
LARGEST = 60_000  # bytes


def main(arguments: list[str]) -> int:
    """Write the pictures, or say what is wrong with those that are there."""
    # Chinese is measured as boxes, which is near enough: the reader's own font draws it.
    warnings.filterwarnings("ignore", message="Glyph .* missing from font")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    check = "--check" in arguments
    stems = [word for word in arguments if word != "--check"] or _chapters()
    for stem in stems:
        importlib.import_module(f"pictures.{stem}")
    drawn = {path: svg for each in PICTURES for path, svg in each.files().items()}
    if check:
        wrong = [*_different(drawn), *_left_over(drawn, stems), *_not_shown(PICTURES)]
        print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
        return 1 if wrong else 0
    for path, svg in drawn.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(svg, encoding="utf-8")
    return 0


def _chapters() -> list[str]:
    return sorted(path.stem for path in Path(__file__).with_name("pictures").glob("ch*.py"))


def _different(drawn: dict[Path, str]) -> list[str]:
    """Pictures that are not there, not what is drawn, or too large."""
    wrong = []
    for path, svg in drawn.items():
        kept = FOLDER / path
        if not kept.is_file() or kept.read_text(encoding="utf-8") != svg:
            wrong.append(f"pictures/{path} is not what the code draws; run: make pictures")
        if len(svg.encode()) > LARGEST:
            wrong.append(f"pictures/{path} has more than {LARGEST:,} bytes: draw fewer points")
    return wrong


def _left_over(drawn: dict[Path, str], stems: list[str]) -> list[str]:
    """Files that nothing draws any more."""
    there = {path.relative_to(FOLDER) for stem in stems for path in (FOLDER / stem).glob("*")}
    return [f"pictures/{path} is drawn by nothing; delete it" for path in sorted(there - set(drawn))]


def _not_shown(pictures: list[Picture]) -> list[str]:
    """Pictures that stand in no lesson."""
    missing = []
    for each in pictures:
        lesson = (ROOT / "solutions" / f"{each.stem}.py").read_text(encoding="utf-8")
        if not re.search(rf"\]\(\.\./pictures/{each.stem}/{each.name}\.en\.svg\)", lesson):
            missing.append(f"solutions/{each.stem}.py does not show its picture {each.name}")
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
