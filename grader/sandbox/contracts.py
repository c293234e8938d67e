"""Return contracts: what a call must give back before anything is computed with it.

A contract is checked before the value is compared with anything, so that a learner reads "returned a list" and not what
went wrong in a comparison with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from grader.sandbox.handles import Handle, reference_of


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    Args:
        words: the kind as it is told to the learner, such as "a tensor".
        accepts: whether a value that came back is of this kind.
    """

    words: str
    accepts: Callable[[Any], bool]


# A tuple of contracts asks for a list or tuple of exactly that many items, each keeping its own.
Contract = Kind | tuple["Contract", ...]


def _is_number(value: Any) -> bool:
    """A Python number, or a tensor without dimensions; True and False are neither."""
    if isinstance(value, torch.Tensor):
        return value.ndim == 0 and value.dtype is not torch.bool
    return isinstance(value, int | float) and not isinstance(value, bool)


TENSOR = Kind("a tensor", lambda value: isinstance(value, torch.Tensor))
SCALAR = Kind(
    "a tensor without dimensions", lambda value: isinstance(value, torch.Tensor) and value.ndim == 0
)
NUMBER = Kind("a number", _is_number)
FLOAT = Kind("a Python float", lambda value: isinstance(value, float))
INTEGER = Kind("an int", lambda value: isinstance(value, int) and not isinstance(value, bool))
BOOL = Kind("True or False", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, Handle))
NOTHING = Kind("None", lambda value: value is None)
ANYTHING = Kind("anything", lambda value: True)


def list_of(kind: Contract) -> Kind:
    """A list (or tuple) of any length whose items are all of one kind.

    Args:
        kind: may be a tuple of contracts, for a list of pairs.
    """
    return Kind(
        f"a list with {contract_words(kind)} for each item",
        lambda value: isinstance(value, list | tuple) and all(meets(item, kind) for item in value),
    )


def meets(value: Any, contract: Contract) -> bool:
    """Whether a returned value keeps a contract; a tuple of kinds asks for that many items."""
    if isinstance(contract, Kind):
        return contract.accepts(value)
    fits = isinstance(value, list | tuple) and len(value) == len(contract)
    return fits and all(meets(item, part) for item, part in zip(value, contract, strict=True))


def contract_words(contract: Contract) -> str:
    """A contract in words: `a tensor`, or `(a tensor, a number)`.

    Returns:
        Words that can stand after "it should return".
    """
    if isinstance(contract, Kind):
        return contract.words
    return "(" + ", ".join(contract_words(part) for part in contract) + ")"


def shown(value: Any) -> str:
    """A returned value in a few words: its form, not its content, which may be large.

    Returns:
        Words that can stand after "returned".
    """
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple):
        inner = "(" + ", ".join(shown(item) for item in value[:4]) + (", …)" if len(value) > 4 else ")")
        return f"a {type(value).__name__} of {len(value)}: {inner}"
    if isinstance(value, Handle):
        return f"a {reference_of(value).kind}"
    return repr(value)[:80]
