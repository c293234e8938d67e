"""Refuse operations at torch's dispatcher, where every call to one arrives whatever its name or road.

A kernel is registered for each operation that an exercise may bar, once per process, under a dispatch key that comes
before all others and is switched off. While it is off nothing is slower by it. Switched on for a call of the
learner's, it sees the operations before autograd, functional transforms, tensor subclasses, sparse or other layouts
and devices do, so one registration serves them all; operations that have no kernel here pass it at no cost.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.autograd.graph

from grader.sandbox.operations import KERNELS, ONLY_COMPLEX

# Made for torch's own tests: the two outermost keys there are, and no part of torch uses them.
_ANY_KEY, _COMPLEX_KEY = "TESTING_ONLY_GenericMode", "TESTING_ONLY_GenericWrapper"
_FORMS = ("{}", "{}_", "_foreach_{}", "_foreach_{}_", "special_{}")
_DTYPES = {bool: torch.bool, int: torch.int64, float: torch.float64, complex: torch.complex128}
# A barred way out of the complex numbers makes ordinary conversions slower by 20 microseconds, and who measures a
# gradient does it in every call. So it is looked for in one call of so many.
COMPLEX_EVERY = 8


class OperationBarred(RuntimeError):
    """What a call to a barred operation raises in the learner's code."""


class _Layer:
    """The kernels under one dispatch key.

    Args:
        key_name: the dispatch key.
        called: where the words of barred kernels that were called are put down, each once.
        applies: whether a kernel is barred with these arguments.
    """

    def __init__(self, key_name: str, called: list[str], applies: Callable[[Sequence[Any]], bool]) -> None:
        self._key_name, self._called, self._applies = key_name, called, applies
        self._key = torch._C._dispatch_key_parse(key_name)
        self._others = torch.library.Library("_", "IMPL", key_name)  # type: ignore[no-untyped-call]
        self._others.fallback(torch.library.fallthrough_kernel, key_name)  # type: ignore[no-untyped-call]
        self._library = torch.library.Library("aten", "IMPL", key_name)  # type: ignore[no-untyped-call]
        self._ready: set[str] = set()
        self._barred: Mapping[str, str] = {}
        self._spoils = False

    def prepare(self, names: Iterable[str]) -> None:
        """Register these kernels; what is ready already costs nothing.

        Args:
            names: ATen names, `softmax` or with one overload, `view.dtype`; what this torch lacks is passed over.
        """
        for name in names:
            if name not in self._ready:
                self._ready.add(name)
                self._register(name)

    def _register(self, name: str) -> None:
        """Put a kernel before every overload of one operation."""
        packet_name, _, only = name.partition(".")
        packet = getattr(torch.ops.aten, packet_name, None)  # None where this version of torch lacks it
        for overload in packet.overloads() if packet is not None else ():
            operation = getattr(packet, overload)
            if only in ("", overload):
                kernel = self._kernel(operation, name)
                self._library.impl(operation, kernel, self._key_name, with_keyset=True)  # type: ignore[no-untyped-call]

    def _kernel(self, operation: Any, name: str) -> Callable[..., Any]:
        """What runs in place of an operation while the key is on: a refusal, or the operation itself."""
        tensors = [
            i
            for i, argument in enumerate(operation._schema.arguments)
            if isinstance(argument.type, torch.TensorType)
        ]

        def run(keyset: Any, *args: Any, **kwargs: Any) -> Any:
            word = self._barred.get(name)
            # Only now: to look through the arguments costs time that most operations need not spend.
            if word is not None and not self._applies((*args, *kwargs.values())):
                word = None
            if word is not None and not self._spoils:
                if word not in self._called:
                    self._called.append(word)
                raise OperationBarred(f"{word} may not be used here; build it from simpler operations")
            for i in tensors:
                if i < len(args) and isinstance(args[i], int | float | complex):
                    # The 0 of `x > 0` is a tensor inside torch, and reaches Python as the number it was.
                    number = torch.scalar_tensor(args[i], dtype=_DTYPES[type(args[i])])
                    args = (*args[:i], number, *args[i + 1 :])
            result = operation.redispatch(keyset.remove(self._key), *args, **kwargs)
            return result if word is None else _spoiled(result)

        return run

    def switch(
        self, barred: Mapping[str, str], *, spoil: bool, on: bool
    ) -> tuple[Mapping[str, str], bool, bool]:
        """Bar these kernels from now on, each with its word; how it was before, which puts it back.

        Args:
            barred: kernel name to the word that the learner knows it by.
            spoil: see `OperationFilter.barring`.
            on: whether any is barred.
        """
        # It may be on already, where one call is made inside another.
        before = self._barred, self._spoils, torch._C._dispatch_tls_is_dispatch_key_included(self._key)
        self._barred, self._spoils = barred, spoil
        torch._C._dispatch_tls_set_dispatch_key_included(self._key, on)
        return before


class _Barring:
    """Kernels that are barred meanwhile. No generator, which takes longer to enter than a learner's code to run.

    Args:
        wanted: of each layer the kernels with their words.
    """

    def __init__(self, wanted: Iterable[tuple[_Layer, Mapping[str, str]]], *, spoil: bool) -> None:
        self._wanted, self._spoil = [(layer, barred) for layer, barred in wanted if barred], spoil
        self._before: list[tuple[Mapping[str, str], bool, bool]] = []

    def __enter__(self) -> None:
        self._before = [layer.switch(barred, spoil=self._spoil, on=True) for layer, barred in self._wanted]

    def __exit__(self, *exception: object) -> None:
        for (layer, _), (barred, spoil, on) in zip(self._wanted, self._before, strict=True):
            layer.switch(barred, spoil=spoil, on=on)


class OperationFilter:
    """The operations that can be barred in this process, and those that are now.

    Args:
        kernels: the ATen kernels behind each word (grader/sandbox/operations.py); those this torch lacks are left out.
        only_complex: the words that bar a kernel only where an argument is complex.

    Attributes:
        called: the words whose kernels were called while barred, each once; whoever looks clears it.
    """

    def __init__(self, kernels: Mapping[str, Sequence[str]], only_complex: Iterable[str] = ()) -> None:
        self.called: list[str] = []
        self._kernels, self._only_complex = kernels, frozenset(only_complex)
        self._any = _Layer(_ANY_KEY, self.called, lambda arguments: True)
        self._complex = _Layer(_COMPLEX_KEY, self.called, _any_complex)
        self.calls = 0
        self._split = functools.cache(self._split_words)

    def prepare(self, words: Iterable[str]) -> None:
        """Register the kernels behind `words`, at some milliseconds for a word, before they are needed.

        What a word's kernels are is remembered, so a second call with the same words costs nothing.
        """
        self._split(tuple(words))

    def _split_words(self, words: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
        """The kernels behind words, with their words: those barred with any argument, and with complex ones."""
        found: tuple[dict[str, str], dict[str, str]] = {}, {}
        for word in words:
            for name in self._kernels.get(word, ()):
                for form in _FORMS:
                    found[word in self._only_complex].setdefault(form.format(name), word)
        self._any.prepare(found[0])
        self._complex.prepare(found[1])
        return found

    def barring(self, words: tuple[str, ...], *, spoil: bool = False) -> _Barring:
        """For a `with` statement: meanwhile bar the operations behind `words`.

        Args:
            words: words of `kernels`; others bar nothing.
            spoil: give results without a value instead of raising, for what runs on nobody's behalf: the top level
                of a file, where one exercise's answer may be a constant of another's.
        """
        with_any, with_complex = self._split(words)
        self.calls += 1
        if self.calls % COMPLEX_EVERY != 1:
            with_complex = {}
        return _Barring(((self._any, with_any), (self._complex, with_complex)), spoil=spoil)


@functools.cache
def operation_filter() -> OperationFilter:
    """The filter of this process: a kernel can be registered only once."""
    return OperationFilter(KERNELS, ONLY_COMPLEX)


def _any_complex(arguments: Sequence[Any]) -> bool:
    """Whether an argument is a complex number or tensor."""
    return any(
        value.is_complex() if isinstance(value, torch.Tensor) else isinstance(value, complex)
        for value in arguments
    )


def _spoiled(result: Any) -> Any:
    """The same tensors without their values: not a number, or 0 where there is no such thing."""
    if isinstance(result, torch.Tensor):
        return result.fill_(float("nan")) if result.is_floating_point() else result.zero_()
    if isinstance(result, list | tuple):
        return type(result)(_spoiled(item) for item in result)
    return result


# --- derivatives ------------------------------------------------------------------------------------------


def bar_autograd() -> None:
    """Take torch's own derivatives away from this process for good: gradients are written by hand.

    Recording is off already, but `inference_mode(False)` among others turns it on again. What cannot be turned on is
    the way back: all of torch's roads to it lead through one function.
    """

    def run_backward(*args: Any, **kwargs: Any) -> None:
        raise OperationBarred("gradients are written by hand here")

    def make_dual(*args: Any, **kwargs: Any) -> None:
        raise OperationBarred("gradients are written by hand here")

    # Forward mode carries the derivative along in dual tensors; functorch makes them by this function too.
    torch.autograd.forward_ad.make_dual = make_dual
    torch.autograd.graph._engine_run_backward = run_backward  # type: ignore[assignment]
    torch.autograd._engine_run_backward = run_backward  # type: ignore[attr-defined, assignment]
