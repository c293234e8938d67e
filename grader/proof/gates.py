"""Turn a solution into gated versions: right everywhere but in one region of the inputs, to see that none is empty.

A check draws finitely many inputs. Where it never draws, anything passes: a relu that is 0 below 1e-3 had full marks
while no number between 0 and 0.01 was ever drawn. A gate is the solution with a spoiled result in one such region, for
one of its arguments. A gate that survives names a region nobody looked at, or one in which results are compared too
loosely.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent

# Where single entries are gated, only the entries of the result at the same places are spoiled, if it has such.
ENTRIES: Mapping[str, str] = {
    "entries of 0 to 1e-3": "(x > 0) & (x < 1e-3)",
    "entries of -1e-3 to 0": "(x < 0) & (x > -1e-3)",
    "entries within 1e-6": "(x.abs() < 1e-6) & (x != 0)",
    "entries above 15": "x > 15",
    "entries under -15": "x < -15",
    "entries above 100": "x > 100",
}
# Where the tensor as a whole is gated, all of the result is spoiled.
WHOLE: Mapping[str, str] = {
    "a sum of exactly 0": "x.numel() > 1 and bool(x.sum() == 0) and bool(x.any())",
    "more than 64 entries": "x.numel() > 64",
    "a side of 1": "x.numel() > 1 and 1 in x.shape",
    "rank 1": "x.ndim == 1",
    "rank 3": "x.ndim == 3",
    "equal entries": "x.numel() > 1 and bool((x == x.reshape(-1)[0]).all()) and bool(x.any())",
    "all negative": "x.numel() > 1 and bool((x < 0).all())",
    "all positive": "x.numel() > 1 and bool((x > 0).all())",
    "sorted entries": "x.numel() > 2 and bool((x.reshape(-1).diff() > 0).all())",
}
# Where no argument matters.
ALWAYS = ("the first entry", "the last entry", "the 50th call")

_PRELUDE = '''
import torch as _torch

def _held(value):
    """The tensors in a value: itself, or those in its lists, tuples and tables."""
    if type(value) in (_torch.Tensor, _torch.nn.Parameter):
        if value.device.type == "cpu" and not value.is_complex():
            yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _held(item)
    elif isinstance(value, dict):
        yield from _held(list(value.values()))

def _reached(args):
    """The tensors that a call can write to: those in its arguments, and in the attributes of the object itself."""
    yield from _held(args)
    if args and type(args[0]).__module__ == __name__:
        yield from _held(vars(args[0]))

def _tensors(value):
    """The same, as a region is asked about them: True is 1."""
    for x in _held(value):
        yield x.double() if x.dtype is _torch.bool else x

def _spoiled(value, mask=None, at=None):
    """The same, wrong in every entry, in those under the mask, or in the one at a place."""
    if type(value) is _torch.Tensor:
        if not value.numel():
            return value
        if value.dtype is _torch.bool:
            return ~value
        if mask is not None and mask.shape == value.shape and value.is_floating_point():
            return _torch.where(mask, _torch.where(value == 0, value + 1, value * 1.5), value)
        wrong = value + 1 + value.abs().to(value.dtype) // 2
        if at is None:
            return wrong
        flat = value.clone().reshape(-1)
        flat[at] = wrong.reshape(-1)[at]
        return flat.reshape(value.shape)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_spoiled(item, mask, at) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(_spoiled(item, mask, at) for item in value)
    if isinstance(value, dict):
        return {key: _spoiled(item, mask, at) for key, item in value.items()}
    if type(value).__name__ == "ModelProto" and value.graph.initializer:
        from onnx import numpy_helper
        wrong = type(value).FromString(value.SerializeToString())
        stored = wrong.graph.initializer[-1 if at == -1 else 0]
        stored.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(stored) + 1, stored.name))
        return wrong
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return value * 1.5 + 1
    return value

def _spoil_in_place(args, before, mask=None, at=None):
    """Spoil what is new or was written to; `before` has what there was, with the count of writes to it."""
    counts = {id(x): count for x, count in before}
    with _torch.no_grad():
        for x in list(_reached(args)):
            if x._version != counts.get(id(x)):
                x.copy_(_spoiled(x.detach(), mask, at))

def _gated(function, look):
    import functools, inspect
    signature = inspect.signature(function)

    @functools.wraps(function)
    def gated(*args, **kwargs):
        try:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            found = look(bound.arguments)
        except Exception:
            found = None
        if found is None:
            return function(*args, **kwargs)
        before = [(x, x._version) for x in _reached([*args, *kwargs.values()])]
        result = function(*args, **kwargs)
        # What answers nothing, or yes or no, has done its work in tensors that stay.
        if result is None or isinstance(result, bool):
            _spoil_in_place([*args, *kwargs.values()], before, **found)
            return result
        return _spoiled(result, **found)
    return gated
'''


@dataclass(frozen=True)
class Gate:
    """The solution, wrong in one region of one argument. `label` is stable and names both.

    Args:
        definition: the exercise that is spoiled.
        label: exercise, argument and region, such as `softmax, x: rank 3`; the reviewed list names gates by it.
        source: a whole submission.
    """

    definition: str
    label: str
    source: str


@dataclass(frozen=True)
class _Callable:
    """A function, or a method of a class, that can be gated.

    Args:
        owner: the function or class.
        method: empty for a function.
        parameters: those that may hold tensors.
    """

    owner: str
    method: str
    parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the label names it."""
        return f"{self.owner}.{self.method}" if self.method else self.owner


def gates_of(solution: str, names: tuple[str, ...]) -> Iterator[Gate]:
    """Every gate of the definitions called `names`.

    Args:
        solution: the source of a chapter's solution.
        names: the exercises to gate.
    """
    for one in _callables(ast.parse(solution), names):
        for argument in one.parameters:
            for region, test in ENTRIES.items():
                look = f"masks = [({test}) for x in _tensors(arguments[{argument!r}])]\n"
                look += "return {'mask': masks[0]} if any(bool(mask.any()) for mask in masks) else None"
                yield _gate(solution, one, f"{argument}: {region}", look)
            for region, test in WHOLE.items():
                look = f"return {{}} if any({test} for x in _tensors(arguments[{argument!r}])) else None"
                yield _gate(solution, one, f"{argument}: {region}", look)
        yield _gate(solution, one, ALWAYS[0], "return {'at': 0}")
        yield _gate(solution, one, ALWAYS[1], "return {'at': -1}")
        count = "calls = look.calls = getattr(look, 'calls', 0) + 1\nreturn {} if calls == 50 else None"
        yield _gate(solution, one, ALWAYS[2], count)


def _callables(tree: ast.Module, names: tuple[str, ...]) -> Iterator[_Callable]:
    """The exercises that can be gated: functions, and the public methods of classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            # Yes or no is left as it is.
            if _returned(node) != {"bool"}:
                yield _Callable(node.name, "", _tensor_parameters(node))
        elif isinstance(node, ast.ClassDef) and node.name in names:
            for method in node.body:
                # What builds an object of the class, gives one, or walks through it returns no result to spoil.
                if (
                    isinstance(method, ast.FunctionDef)
                    and not method.name.startswith("_")
                    and node.name not in _returned(method)
                ):
                    yield _Callable(node.name, method.name, _tensor_parameters(method))


def _returned(function: ast.FunctionDef) -> set[str]:
    """The names in the annotation of what a function returns."""
    nodes = ast.walk(function.returns) if function.returns is not None else ()
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _tensor_parameters(function: ast.FunctionDef) -> tuple[str, ...]:
    """The parameters that may hold tensors, by their annotations; a function of tensors holds none."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotations = {one.arg: ast.unparse(one.annotation) for one in arguments if one.annotation is not None}
    return tuple(name for name, kind in annotations.items() if "Tensor" in kind and "Callable" not in kind)


def _gate(solution: str, one: _Callable, region: str, look: str) -> Gate:
    """The solution, with code behind it that puts a gate before one function.

    Args:
        region: for the label.
        look: the body of a function that sees the arguments, and says what to spoil; None spoils nothing.
    """
    body = "\n".join(f"    {line}" for line in dedent(look).splitlines())
    install = (
        f"{one.owner}.{one.method} = _gated({one.owner}.{one.method}, look)"
        if one.method
        else f"{one.owner} = _gated({one.owner}, look)"
    )
    source = f"{solution}\n{_PRELUDE}\ndef look(arguments):\n{body}\n\n{install}\n"
    return Gate(one.owner, f"{one.name}, {region}", source)
