"""A pretended CUDA device: tensors whose numbers lie in main memory, and that may not be mixed with those of the CPU.

It computes nothing as a GPU would; it shows what a program does that has its tensors elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map_only
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from grader.course.config import find_chapter, load_course
from grader.engine.generation import Kept
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.proof.candidates import right_answers
from grader.records import Outcome

_setup_privateuseone_for_python_backend("gpu")
GPU = torch.device("gpu", 0)
aten = torch.ops.aten
CHECKOUT = Path(__file__).resolve().parent.parent
# A GPU takes the CPU's tensors here: to copy them, or to be told where.
_MAY_MIX = {
    aten.copy_.default,
    aten._to_copy.default,
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
}


class Elsewhere(torch.Tensor):
    """A tensor that says it is on the GPU."""

    here: torch.Tensor

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> Elsewhere:
        made: Elsewhere = torch.Tensor._make_wrapper_subclass(
            cls, here.size(), here.stride(), here.storage_offset(), dtype=here.dtype, device=GPU
        )
        made.here = here
        return made

    def __init__(self, here: torch.Tensor) -> None:
        pass

    def __repr__(self, **options: Any) -> str:  # type: ignore[override]
        return f"{self.here!r} elsewhere"

    def __format__(self, spec: str) -> str:
        return format(self.here, spec)

    @property
    def data(self) -> Elsewhere:  # type: ignore[override]
        return Elsewhere(self.here.data)

    @data.setter
    def data(self, value: Elsewhere) -> None:
        self.here.data = value.here

    def tolist(self) -> Any:
        return self.here.tolist()

    def untyped_storage(self) -> Any:
        return self.here.untyped_storage()

    def numpy(self, **options: Any) -> Any:  # type: ignore[override]
        raise TypeError("can't convert gpu:0 device type tensor to numpy")

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


def run(func: Any, args: Any, kwargs: Any) -> Any:
    """Run one operator; its results are where its arguments are, or where it was told to put them."""
    tensors = [value for value in tree_iter((args, kwargs)) if isinstance(value, torch.Tensor)]
    away = any(isinstance(tensor, Elsewhere) for tensor in tensors)
    near = any(not isinstance(tensor, Elsewhere) and tensor.ndim for tensor in tensors)
    if away and near and func not in _MAY_MIX:
        raise RuntimeError(f"{func}: Expected all tensors to be on the same device, gpu:0 and cpu!")
    wanted = kwargs.get("device")
    if wanted is not None:
        away = torch.device(wanted).type == "gpu"
        kwargs = {**kwargs, "device": torch.device("cpu")}
    elif func is aten.copy_.default:
        away = isinstance(args[0], Elsewhere)
    result = func(*_here(args), **_here(kwargs))
    if func._schema.is_mutable and isinstance(result, torch.Tensor):
        first = args[0] if args else None
        if isinstance(first, Elsewhere) and result is first.here:
            return first
    return tree_map_only(torch.Tensor, Elsewhere, result) if away else result


def _here(values: Any) -> Any:
    return tree_map_only(Elsewhere, lambda tensor: tensor.here, values)


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


class _Generator(torch.Generator):
    device = GPU  # type: ignore[assignment]

    def __new__(cls, device: Any = None) -> Any:
        return super().__new__(cls if torch.device(device or "cpu").type == "gpu" else torch.Generator)


def _as_tensor(data: Any, dtype: Any = None, device: Any = None) -> torch.Tensor:
    if isinstance(data, Elsewhere):
        return data.to(device=device or data.device, dtype=dtype or data.dtype)
    return _as_tensor_here(data, dtype=dtype, device=device)


_as_tensor_here = torch.as_tensor


@contextmanager
def pretended_gpu() -> Iterator[None]:
    """Meanwhile `cuda` is a device on which tensors can be made."""
    with pytest.MonkeyPatch.context() as patch, _Mode():
        patch.setattr(torch, "Generator", _Generator)
        patch.setattr(torch, "as_tensor", _as_tensor)
        torch._C._set_only_lift_cpu_tensors(
            True
        )  # torch.tensor([1], device=...) makes it here, then moves it
        try:
            yield
        finally:
            torch._C._set_only_lift_cpu_tensors(False)


def failures(stem: str, answers: int | None) -> Iterator[str]:
    """The checks of a chapter that so many right answers, the solution first, fail when all tensors are elsewhere."""
    chapter = find_chapter(load_course(CHECKOUT), stem)
    suite, profile = load_suite(chapter), Profile(examples=2, shrink=False, kept=Kept(), device=str(GPU))
    for candidate in islice(right_answers(CHECKOUT, chapter), answers):
        learner = SameProcess(device=str(GPU)).open(candidate.source)
        learner.returns = suite.returns
        for check in suite.checks:
            if check.exercise in candidate.judges:
                result = Trial(check, learner, profile, chapter, limit_s=60.0).run()
                if result.outcome is not Outcome.PASSED:
                    yield f"{candidate.label}: {check.name}: {result.message}"


if (
    __name__ == "__main__"
):  # elsewhere.py STEM ...: the solutions; elsewhere.py --all STEM ...: every right answer
    words = sys.argv[1:]
    answers = None if words[0] == "--all" else 1
    with pretended_gpu():
        for stem in words if answers else words[1:]:
            found = list(failures(stem, answers))
            print(*[f"{stem}: {words}" for words in found or ["full marks"]], sep="\n", flush=True)
