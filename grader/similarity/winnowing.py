"""Choose fingerprints of a sequence so that no long common passage of two sequences goes unseen.

Winnowing (Schleimer, Wilkerson, Aiken 2003): of every WINDOW neighbouring hashes of LENGTH tokens the smallest is kept.
Two sequences that share LENGTH + WINDOW - 1 tokens in a row share a fingerprint, whatever stands around them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence

LENGTH, WINDOW = 12, 4


def hashes_of(tokens: Sequence[str], length: int = LENGTH) -> list[int]:
    """A number for every passage of `length` tokens, in order; for a shorter sequence none."""
    return [_hash(tokens[start : start + length]) for start in range(len(tokens) - length + 1)]


def winnow(hashes: Sequence[int], known: Container[int] = (), window: int = WINDOW) -> list[int]:
    """The places of the hashes that are kept as fingerprints.

    Args:
        hashes: of all passages.
        known: what both sides were given; a passage in it is never kept.
        window: of so many neighbours one is kept.

    Returns:
        Places in `hashes`, rising. Of equal hashes in a window it is the last, so that runs give few.
    """
    own = [(value, -place) for place, value in enumerate(hashes) if value not in known]
    if len(hashes) < window:
        return [-min(own)[1]] if own else []
    kept: dict[int, None] = {}
    for start in range(len(hashes) - window + 1):
        places = range(start, start + window)
        candidates = [(hashes[place], -place) for place in places if hashes[place] not in known]
        if candidates:
            kept[-min(candidates)[1]] = None
    return sorted(kept)


def _hash(tokens: Sequence[str]) -> int:
    digest = hashlib.blake2b("\0".join(tokens).encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")
