"""Why a name is refused, as a fact: its kind, found by what the name is and not by how a sentence about it would read.

The words for each kind are made in `report/refusals.py`. A kind is only ever looked up for what has been refused
already; nothing here decides whether a name may be used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from grader.records import Refusal
from grader.rules.allowlist import INTERPRETER


def _kinds(table: Mapping[Refusal, str]) -> dict[str, Refusal]:
    """One entry per name; the words of a kind stand together because they are refused for one reason."""
    return {name: kind for kind, names in table.items() for name in names.split()}


# Modules by their dotted names. The longest prefix that is listed counts: `torch.optim.lr_scheduler.StepLR` is
# found under `torch.optim`.
_MODULES = _kinds(
    {
        Refusal.BUILT_HERE: """
            torch.nn torch.optim torch.utils torch.distributions torch.special torch.linalg torch.fft torch.sparse
            torch.masked torch.nested torch.ao torch.quantization torch.nn.functional torch.nn.init torch.nn.utils
            onnx.reference onnxruntime torch.onnx torchvision.ops torch.rnn torch.signal torch.lobpcg
        """,
        Refusal.BY_HAND: """
            torch.autograd torch.func torch.vmap torch.nn.Parameter torch.nn.parameter torch.enable_grad
            torch.set_grad_enabled functorch
        """,
        Refusal.UNWATCHED: """
            torch._C torch._VF torch._refs torch._decomp torch._prims torch._dynamo torch._inductor torch.library
            torch.ops torch.jit torch.compile torch.compiler torch.classes torch.fx torch.export torch.overrides
            torch._ops torch._library torch.package torch.cpp_extension torch.utils.cpp_extension ctypes cffi numba
            triton cython gc inspect types code codeop dis ast marshal builtins importlib runpy sys weakref
            threading multiprocessing concurrent asyncio subprocess signal torch.multiprocessing
            torch.distributed torch.utils._python_dispatch
        """,
        Refusal.SECOND_ROAD: "numpy scipy pandas sklearn jax tensorflow cupy keras sympy mpmath torchvision torchaudio",
        Refusal.REAL_NUMBERS: "cmath torch.complex torch.polar torch.view_as_complex torch.complex64 torch.complex128",
        Refusal.OUTSIDE: """
            os io pathlib shutil glob tempfile socket http urllib requests pickle shelve sqlite3 csv torch.load
            torch.save torch.hub torch.serialization torch.from_file torch.UntypedStorage torch.TypedStorage
            torch.Storage torch.storage torch.os onnx.load onnx.save numpy.load numpy.save ftplib webbrowser
            platform ctypes.util mmap fcntl logging
        """,
        Refusal.RANDOM: "random secrets uuid numpy.random",
        Refusal.UNREADABLE_NAME: "operator.attrgetter operator.methodcaller typing.get_type_hints typing.ForwardRef",
    }
)

# Single names, wherever they stand: built-ins, attributes of values, the last part of a dotted name.
_NAMES = _kinds(
    {
        Refusal.BY_HAND: """
            backward requires_grad requires_grad_ grad_fn enable_grad set_grad_enabled retain_grad register_hook
            register_post_accumulate_grad_hook retains_grad
        """,
        Refusal.SECOND_ROAD: "numpy __array__ __dlpack__ from_numpy",
        Refusal.REAL_NUMBERS: "complex complex32 complex64 complex128 cfloat cdouble chalf polar view_as_complex",
        Refusal.UNREADABLE_NAME: """
            getattr setattr delattr locals globals vars dir eval exec compile __import__ attrgetter methodcaller
            format format_map __getattribute__ __getattr__ __dict__
        """,
        Refusal.OUTSIDE: "open input exit quit help from_file untyped untyped_storage load save",
        Refusal.EVERY_DEVICE: "is_meta apply_ map_",
        Refusal.UNWATCHED: "data_ptr script trace share_memory_ memoryview",
    }
)


def refusal_of(name: str, otherwise: Refusal = Refusal.NOT_LISTED) -> Refusal:
    """The kind of reason why a dotted name, an attribute or a built-in is refused.

    Args:
        name: as it was found, through aliases: `torch.nn.functional.gelu`, `requires_grad_`, `eval`.
        otherwise: for a name without an entry of its own.

    Returns:
        Always a kind: whoever asks has decided already that the name is refused.
    """
    if name.startswith((".", "ch0", "ch1", "solutions.", "exercises.", "grader.")):
        return Refusal.OTHER_FILE
    parts = name.split(".")
    # The longest prefix first. Where a single word is both a module and an attribute, the attribute's reason counts.
    for length in range(len(parts), 0, -1):
        kind = _MODULES.get(".".join(parts[:length]))
        if kind is not None and (length > 1 or len(parts) > 1 or name not in _NAMES):
            return kind
    if parts[-1] in _NAMES:
        return _NAMES[parts[-1]]
    if name.startswith("__"):
        return Refusal.INTERNAL
    return otherwise


def refusal_of_attribute(name: str) -> Refusal:
    """The kind of reason why an attribute of a value is refused.

    Args:
        name: the attribute alone, without what it is asked of.
    """
    internal = name in INTERPRETER or name.startswith("_")
    return refusal_of(name, Refusal.INTERNAL if internal else Refusal.NOT_LISTED)


def refusal_of_import(name: str) -> Refusal:
    """The kind of reason why a module, or a name of one, may not be imported.

    What neither Python brings along nor the course is built on cannot be imported where work is graded.

    Args:
        name: dotted, as the import names it.
    """
    root = name.split(".")[0]
    kind = refusal_of(name, Refusal.NOT_LISTED)
    if kind is Refusal.NOT_LISTED and root not in sys.stdlib_module_names and root not in ("torch", "onnx"):
        return Refusal.NOT_INSTALLED
    return kind
