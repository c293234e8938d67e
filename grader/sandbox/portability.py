"""Run a function on tensors of a device that does not exist: what it makes on the CPU inside does not fit there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from grader.sandbox.results import tensors_in


class NeedsValues(Exception):
    """The code cannot run without the values of its tensors, so nothing is said about devices."""


def devices_of_results(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[str, ...]:
    """The kinds of device that the results are on when all tensors given are on the meta device.

    Raises:
        NeedsValues: the code asks for values, which these tensors have not.
        Exception: whatever the function raises, among them torch's own words about tensors of two devices.
    """
    # Importing it costs half a second, and only one law in a chapter asks for it.
    from torch._subclasses import fake_tensor
    from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

    # Raised when code asks for a value, or for a shape that depends on one. By class: a name anybody can have.
    needs_values = (
        fake_tensor.DataDependentOutputException,
        fake_tensor.DynamicOutputShapeException,
        fake_tensor.UnsupportedFakeTensorException,
        GuardOnDataDependentSymNode,
    )
    try:
        # Without the flag, torch.tensor([...], device=x.device) could not be mixed in: it makes a real meta tensor.
        with fake_tensor.FakeTensorMode(allow_non_fake_inputs=True):
            result = function(
                *[_on_meta(value) for value in args], **{name: _on_meta(kwargs[name]) for name in kwargs}
            )
    except needs_values as error:
        raise NeedsValues(type(error).__name__) from None
    return tuple(sorted({tensor.device.type for tensor in tensors_in(result)}))


def _on_meta(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, list | tuple):
        return type(value)(_on_meta(item) for item in value)
    return value
