"""Write grader/build/digits.txt, the handwritten digits that `brick build` trains on, from the data set's own file.

Usage: make_digits.py optdigits.tes

`optdigits.tes` is the test part of the Optical Recognition of Handwritten Digits at the UCI Machine Learning
Repository, https://doi.org/10.24432/C50P49. scikit-learn ships the same rows as datasets/data/digits.csv.gz.
A row there is 64 pixels from 0 to 16, then the digit, set apart by commas.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "grader" / "build" / "digits.txt"
LEVELS = "0123456789abcdefg"  # one character a pixel, so that a picture is a line
HEADER = """\
# 1,797 handwritten digits of 8 by 8 pixels: the test part of "Optical Recognition of Handwritten Digits".
# Source: E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49
# Licence: Creative Commons Attribution 4.0 International (CC BY 4.0), https://creativecommons.org/licenses/by/4.0/
# Changed: written as one line a picture, the digit, then 64 pixels row by row, from 0 (white) to g (16, black).
# Made by scripts/make_digits.py.
"""


def convert(rows: str) -> str:
    """The rows of the data set as our file; ValueError for anything but 64 pixels and a digit."""
    lines = []
    for number, row in enumerate(rows.split(), start=1):
        *pixels, digit = (int(value) for value in row.split(","))
        if len(pixels) != 64 or digit not in range(10):
            raise ValueError(f"row {number} is not 64 pixels and a digit")
        lines.append(f"{digit} {''.join(LEVELS[pixel] for pixel in pixels)}\n")
    return HEADER + "".join(lines)


if __name__ == "__main__":
    source = Path(sys.argv[1]).read_bytes()
    source = gzip.decompress(source) if sys.argv[1].endswith(".gz") else source
    TARGET.write_text(convert(source.decode()), encoding="utf-8")
