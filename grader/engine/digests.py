"""Turn an answer into two short hashes, one of which two answers share if they are equal up to rounding.

Numbers are put on a grid before they are hashed, so that two ways to add up give one hash. Near the border of a cell
they may fall into two; so there are two grids, the one shifted by half a cell, and to agree on one is enough. A digest
says whether an answer is a certain one and nothing about any other.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import torch

from grader.sandbox.handles import Handle, reference_of

HALF = 3  # bytes of each hash: by chance two answers agree once in eight million
# The width of a cell, relative to numbers above the second figure, and as a share of that figure for those below:
# less than any check allows, and far more than rounding makes of a number.
_GRIDS = {torch.float64: (1e-7, 1e-2), torch.float32: (1e-3, 1e-2)}
_COARSE = (0.05, 1e-1)
# Neither has a border at 0 or at a whole number of cells: what should be 0 is often 1e-17.
_SHIFTS = (0.25, 0.75)


def digest(value: Any) -> bytes:
    """Both hashes of an answer: tensors, numbers, words, and what holds them.

    Args:
        value: what came from a guest; of an object that stayed there its kind counts.
    """
    hashes = tuple(hashlib.blake2b(digest_size=HALF) for _ in _SHIFTS)
    for part in _parts(value):
        for hashed, own in zip(hashes, part if isinstance(part, tuple) else (part, part), strict=True):
            hashed.update(own)
    return b"".join(hashed.digest() for hashed in hashes)


def agree(a: bytes, b: bytes) -> bool:
    """Whether two digests are of answers that are equal up to rounding."""
    return a[:HALF] == b[:HALF] or a[HALF:] == b[HALF:]


def _parts(value: Any) -> Any:
    """What is hashed of a value, kind by kind: bytes, or a pair of them where the grids differ.

    Yields:
        Enough that no two values give the same parts, unless they differ by rounding alone.
    """
    if isinstance(value, torch.Tensor):
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        yield _cells(value) if value.dtype.is_floating_point else value.cpu().contiguous().numpy().tobytes()
    elif isinstance(value, float):
        yield b"float"
        yield _cells_of_number(value)
    elif isinstance(value, list | tuple):
        yield f"[{len(value)}".encode()
        for item in value:
            yield from _parts(item)
    elif isinstance(value, Mapping):
        yield f"{{{len(value)}".encode()
        for key in sorted(value, key=repr):
            yield f"{key!r}:".encode()
            yield from _parts(value[key])
    elif isinstance(value, Handle):
        yield f"<{reference_of(value).kind}>".encode()
    else:
        yield f"{type(value).__name__} {value!r};".encode()


def _cells(x: torch.Tensor) -> tuple[bytes, ...]:
    """The cell of each entry, on each grid."""
    width, small = _GRIDS.get(x.dtype, _COARSE)
    y = torch.asinh(x.detach().to("cpu", torch.float64) / small) / width
    cells = [torch.floor(y + shift) + 0.0 for shift in _SHIFTS]
    return tuple(torch.where(cell.isnan(), torch.nan, cell).contiguous().numpy().tobytes() for cell in cells)


def _cells_of_number(x: float) -> tuple[bytes, ...]:
    """The same for one of Python's own numbers."""
    width, small = _GRIDS[torch.float64]
    y = math.asinh(x / small) / width
    if not math.isfinite(y):
        return (f"{y}".encode(),) * len(_SHIFTS)
    return tuple(f"{math.floor(y + shift)};".encode() for shift in _SHIFTS)
