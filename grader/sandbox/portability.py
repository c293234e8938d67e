"""Run a function on tensors of a device that does not exist: what it makes on the CPU inside does not fit there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from grader.sandbox.results import tensors_in

# Torch counts them among those that work entry by entry, but they compute nothing.
_COPIES = ("clone", "copy", "copy_", "fill", "fill_", "zero_", "lift_fresh_copy", "_to_copy")


class LooksAtDevice(RuntimeError):
    """The code does something else on another device."""


class NeedsValues(Exception):
    """The code cannot run without the values of its tensors, so nothing is said about devices."""


def devices_of_results(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[str, ...]:
    """The kinds of device that the results are on when all tensors given are on the meta device.

    The function is run on the tensors as they are, too. Code that finds out where it is run, and does something else
    there, says nothing about what it would do on a real device.

    Raises:
        NeedsValues: the code asks for values, which these tensors have not.
        LooksAtDevice: it computes otherwise there.
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
    with _Recording() as here:
        function(*args, **kwargs)
    try:
        # Without the flag, torch.tensor([...], device=x.device) could not be mixed in: it makes a real meta tensor.
        with fake_tensor.FakeTensorMode(allow_non_fake_inputs=True), _Recording() as there:
            elsewhere = {name: _on_meta(value) for name, value in kwargs.items()}
            result = function(*[_on_meta(value) for value in args], **elsewhere)
    except needs_values as error:
        raise NeedsValues(type(error).__name__) from None
    if here.operations != there.operations:
        raise LooksAtDevice("it computes otherwise there")
    return tuple(sorted({tensor.device.type for tensor in tensors_in(result)}))


class _Recording(TorchDispatchMode):
    """Puts down the operations that compute something, in order; not those that make, copy or view tensors."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[str] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = operation.overloadpacket.__name__
        if torch.Tag.pointwise in operation.tags and name not in _COPIES:
            self.operations.append(name)
        return operation(*args, **(kwargs or {}))


def _on_meta(value: Any) -> Any:
    """The same value with its tensors on the meta device: shapes and strides without memory."""
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, list | tuple):
        return type(value)(_on_meta(item) for item in value)
    return value
