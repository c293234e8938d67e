"""The rules refuse every way we know to get an answer without writing it, and no honest code."""

# ruff: noqa: E501 -- a table is read one case a line

from __future__ import annotations

import ast
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.course.config import load_course
from grader.course.variants import read_variants
from grader.errors import CourseError, SubmissionError
from grader.records import Chapter, Exercise, Limits, Refusal, SourceLine, Submission
from grader.report.refusals import refusal_words
from grader.rules import judge
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
CHAPTERS = {chapter.label: chapter for chapter in COURSE.chapters}
CHAPTER = CHAPTERS["ch03"]
HEADER = "from __future__ import annotations\nimport math\nimport torch\nfrom torch import Tensor\n"


def bars(source: str, exercise: str, chapter: Chapter = CHAPTER) -> None:
    """Judge, and require that the exercise is refused and that nothing of it is left to run."""
    ruling = judge(source, chapter)

    assert exercise in ruling.barred(), ruling
    assert exercise not in ruling.defined
    assert all(refusal_words(breach) and breach.line for breach in ruling.breaches)
    left = {
        node.name
        for node in ast.parse(ruling.source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert exercise not in left


# --- cheats: each is a way to write softmax without writing it --------------------------------------------

ONE_LINE = """
torch.softmax(x, dim)
torch.Tensor.softmax(x, dim)
Tensor.softmax(x, dim)
torch.log_softmax(x, dim).exp()
(x - x.logsumexp(dim, keepdim=True)).exp()
(x - torch.logsumexp(x, dim, keepdim=True)).exp()
(x - torch.logcumsumexp(x, dim).select(dim, -1).unsqueeze(dim)).exp()
torch.logaddexp(x, x)
x.logaddexp(x)
torch.logaddexp2(x, x)
torch.nn.functional.softmax(x, dim)
torch.nn.functional.softmin(-x, dim)
torch.nn.functional.gumbel_softmax(x)
torch.nn.Softmax(dim)(x)
torch.nn.functional.scaled_dot_product_attention(x, x, torch.eye(3))
torch.scaled_dot_product_attention(x, x, torch.eye(3))
torch._C._nn.scaled_dot_product_attention(x, x, torch.eye(3))
torch.special.softmax(x, dim)
torch.special.logsumexp(x, dim)
torch.special.expit(x)
torch.ops.aten._softmax(x, dim, False)
torch.ops.aten.softmax.int(x, dim)
torch._C._VariableFunctions.softmax(x, dim)
torch._softmax(x, dim, False)
torch._VF.softmax(x, dim)
torch._refs.softmax(x, dim)
torch._decomp.decompositions._softmax(x, dim, False)
torch._torch_docs.torch.softmax(x, dim)
torch.jit.script("def f(x): return x.softmax(-1)")
torch.compile(lambda x: x)(x)
torch.func.grad(lambda x: x)(x)
torch.func.vjp(lambda x: x, x)
torch.vmap(lambda x: x)(x)
torch.autograd.grad(x.exp().sum().log(), x)
torch.autograd.functional.jacobian(lambda x: x, x)
torch.distributions.Categorical(logits=x).probs
torch.sparse.softmax(x, dim)
torch.masked.softmax(x, dim)
torch.nested.nested_tensor([x])
torch.native_layer_norm(x, (3,), None, None, 1e-5)
torch.layer_norm(x, (3,))
torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)
torch.os.system("id")
torch.sys.modules["torch"].softmax(x, dim)
torch.functional.torch.softmax(x, dim)
torch.serialization.pickle.loads(b"")
torch.load("answers.pt")
torch.hub.load("a", "b")
torch.utils.data
torch.classes
torch.library.custom_op
torch.cuda.nvtx
torch.set_grad_enabled(True)
torch.enable_grad()
x.requires_grad_(True)
torch.tensor([1.0], requires_grad=True)
torch.tensor([1.0], **{"requires_grad": True})
x.grad_fn.next_functions
x.register_hook(print)
x.numpy().max()
x.__array__()
x.__torch_function__(None, None, ())
x.__getattribute__("softmax")(dim)
x.__dict__["softmax"]
getattr(torch, "soft" + "max")(x, dim)
vars(torch)["softmax"](x, dim)
torch.__dict__["softmax"](x, dim)
globals()["torch"].softmax(x, dim)
locals()["x"].exp()
eval("torch.softmax(x, dim)")
exec("y = torch.softmax(x, dim)")
compile("1", "a", "eval")
__import__("torch").softmax(x, dim)
__builtins__["eval"]("1")
__loader__.load_module("os")
__spec__.loader
open("/etc/passwd").read()
input()
breakpoint()
exit()
dir(torch)
type("T", (Tensor,), {})
type(torch)
list(map(type, [x]))
setattr(torch, "exp", torch.softmax)
delattr(torch, "exp")
(lambda t: t.softmax(x, dim))(torch)
[t.softmax(x, dim) for t in [torch]]
print(torch)
(torch,)[0].softmax(x, dim)
(torch if dim else math).softmax(x, dim)
math.__loader__.load_module("os")
math.__dict__
"{0.__class__}".format(x)
"{x.softmax}".format_map({"x": x})
str.format("{0.__init__.__globals__}", x)
softmax.__globals__["torch"].softmax(x, dim)
softmax.__code__.replace(co_names=("softmax",))
softmax.__builtins__["eval"]
softmax.__wrapped__(x)
(i for i in [1]).gi_frame.f_globals
(i for i in [1]).gi_frame.f_back.f_builtins
x.sum.__self__
().__class__.__base__.__subclasses__()
super().__getattribute__("x")
[y := torch, y.softmax(x, dim)]
torch.multiprocessing
torch.Tensor.__torch_dispatch__
x.data_ptr()
x.storage_type()
x.to_sparse().softmax(dim)
object.__getattribute__(x, "softmax")(dim)
type.__call__(Tensor)
memoryview(b"")
help()
torch.linalg
torch.exp.__self__.softmax(x, dim)
x.apply_(lambda value: value)
x.map_(x, lambda value, other: value)
x if x.is_meta else x.exp()
torch.Tensor.exp.__objclass__
""".strip().splitlines()


@pytest.mark.parametrize("expression", ONE_LINE)
def test_an_expression_that_is_not_the_learners_work_is_refused(expression: str) -> None:
    bars(f"{HEADER}def softmax(x, dim=-1):\n    return {expression}\n", "softmax")


FILES = {
    "the function itself": "import torch\nsoftmax = torch.softmax",
    "the function, late": "import torch\ndef softmax(x): return x.exp()\nsoftmax = torch.softmax",
    "imported": "from torch import softmax",
    "imported by another name": "from torch import log_softmax as softmax",
    "imported from functional": "from torch.nn.functional import softmax",
    "imported and called": "from torch import softmax as s\ndef softmax(x, dim=-1): return s(x, dim)",
    "imported module": "import torch.nn.functional as F\ndef softmax(x, dim=-1): return F.softmax(x, dim)",
    "imported package": "from torch import nn\ndef softmax(x, dim=-1): return nn.Softmax(dim)(x)",
    "imported deep": "import torch.nn.functional\ndef softmax(x): return torch.nn.functional.softmax(x)",
    "imported private": "from torch import _C\ndef softmax(x): return _C._VariableFunctions.softmax(x, -1)",
    "imported os by torch": "from torch import os\ndef softmax(x): return os.listdir()",
    "imported sys by typing": "from typing import sys\ndef softmax(x): return sys.modules['torch'].softmax(x, -1)",
    "imported builtins by dataclasses": "from dataclasses import builtins as b\ndef softmax(x): return b.eval('x')",
    "imported builtins": "import builtins\ndef softmax(x): return builtins.getattr(x, 'softmax')(-1)",
    "operator": "import operator\ndef softmax(x): return operator.methodcaller('softmax', -1)(x)",
    "attrgetter": "from operator import attrgetter\ndef softmax(x): return attrgetter('softmax')(x)(-1)",
    "numpy": "import numpy as np\ndef softmax(x): return np.exp(x)",
    "scipy": "from scipy.special import softmax as s\ndef softmax(x): return s(x)",
    "threads": "import threading\ndef softmax(x): threading.Thread(target=print).start()",
    "ctypes": "import ctypes\ndef softmax(x): return ctypes.CDLL(None)",
    "importlib": "import importlib\ndef softmax(x): return importlib.import_module('torch').softmax(x, -1)",
    "inspect": "import inspect\ndef softmax(x): return inspect.stack()",
    "gc": "import gc\ndef softmax(x): return gc.get_objects()",
    "the solution": "from solutions.ch03_activations import softmax as s\ndef softmax(x): return s(x)",
    "another chapter": "from ch03_activations import softmax as s\ndef softmax(x): return s(x)",
    "a relative import": "from . import softmax as s\ndef softmax(x): return s(x)",
    "the grader": "import grader.checking\ndef softmax(x): return grader.checking.comparison",
    "typing's evaluator": "import typing\ndef softmax(x):\n    return typing.get_type_hints(softmax)",
    "forward reference": "from typing import ForwardRef\ndef softmax(x): return ForwardRef('eval')._evaluate({}, {})",
    "single dispatch": "from functools import singledispatch\n@singledispatch\ndef softmax(x: 'eval(1)'): return x",
    "make_dataclass": "import dataclasses\ndef softmax(x): return dataclasses.make_dataclass('A', ['a'])",
    "update_wrapper": "import functools\ndef softmax(x): return functools.update_wrapper(x, x, ('softmax',))",
    "wraps": "import functools\ndef softmax(x): return functools.wraps(x, ('softmax',))(print)",
    "wraps partial": "import functools\ndef softmax(x): return functools.partial(functools.wraps, x)(print)",
    "helper": "import torch\ndef _h(x): return torch.softmax(x, -1)\ndef softmax(x): return _h(x)",
    "constant": "import torch\nBEST = torch.softmax\ndef softmax(x): return BEST(x, -1)",
    "table": "import torch\nBEST = {'a': torch.softmax}\ndef softmax(x): return BEST['a'](x, -1)",
    "partial": "import torch\nfrom functools import partial\nsoftmax = partial(torch.softmax, dim=-1)",
    "default": "import torch\ndef softmax(x, f=torch.softmax): return f(x, -1)",
    "class attribute": "import torch\nclass A:\n    f = torch.softmax\ndef softmax(x): return A.f(x, -1)",
    "frame by own attribute": "class A:\n    gi_frame = f_globals = 1\ndef softmax(x): return (i for i in x).gi_frame.f_globals",
    "format by own method": "class A:\n    def format(self): return 1\ndef softmax(x): return '{0.real}'.format(x)",
    "obj of an error": "class A:\n    obj = 1\ndef softmax(x):\n    try: return x.exp()\n    except AttributeError as e: return e.obj",
    "traceback": "def softmax(x):\n    try: return 1 / 0\n    except Exception as e: return e.__traceback__.tb_frame.f_globals",
    "global": "import torch\ndef softmax(x):\n    global torch\n    return x",
    "global built-in": "def eval(x): return x\ndef softmax(x):\n    global eval\n    del eval\n    return eval('x')",
    "import inside": "def softmax(x):\n    import torch.nn.functional as F\n    return F.softmax(x, -1)",
    "with open": "def softmax(x):\n    with open('a') as f: return f.read()",
    "no_grad turned round": "import torch\ndef softmax(x):\n    switch = torch.no_grad()\n    switch.prev = True\n    switch.__exit__(None, None, None)\n    return x",
    "no_grad handed on": "from torch import no_grad\ndef softmax(x):\n    switch = [make() for make in (no_grad,)][0]\n    switch.prev = True\n    return x",
    "no_grad in a default": "import torch\ndef softmax(x, switch=torch.no_grad()):\n    switch.prev = True\n    return x",
    "no_grad with arguments": "import torch\n@torch.no_grad(print)\ndef softmax(x): return x",
    "a context left by hand": "def softmax(x):\n    x.__exit__(None, None, None)\n    return x",
    "subclass of Tensor": "from torch import Tensor\nclass T(Tensor): pass\ndef softmax(x): return T(x)",
    "subclass by alias": "from torch import Tensor\nB = Tensor\nclass T(B): pass\ndef softmax(x): return T(x)",
    "subclass of a Function": "import torch\nclass F(torch.autograd.Function): pass\ndef softmax(x): return F.apply(x)",
    "class of a class": "def softmax(x): return x.__class__.__class__('T', (x.__class__,), {})",
    "type of a type": "def softmax(x): return type(type(x))('T', (type(x),), {})",
    "type of a class": "def softmax(x): return type(x.__class__)('T', (type(x),), {})",
    "a class with torch's hooks by a call": "def softmax(x, make): return make('T', (type(x),), {'__torch_dispatch__': print})",
    "what torch's hooks are given": "def softmax(x, func, keys): return func.redispatch(keys, x)",
    "what torch's hooks are given, by own names": "class A:\n    _op_dk = redispatch = None\ndef softmax(x, func): return func._op_dk(x)",
    "an enumeration of a module": "from enum import Enum\nclass E(Enum): pass\ndef softmax(x): return E._convert_('T', 'torch', lambda name: name == '_C')",
    "an enumeration of a module, by an own name": "from enum import Enum\nclass E(Enum):\n    def _convert_(self): pass\nclass G(Enum): pass\ndef softmax(x): return G._convert_('T', 'torch', callable)",
    "a pattern by position": "from abc import ABC\nfrom dataclasses import dataclass\n@dataclass\nclass A(ABC):\n    numpy: int\ndef softmax(x):\n    A.register(type(x))\n    match x:\n        case A(f): return f()",
    "a pattern by written names": "from abc import ABC\nclass A(ABC):\n    __match_args__ = ('untyped_storage',)\ndef softmax(x):\n    A.register(type(x))\n    match x:\n        case A(f): return f()",
    "a pattern by computed names": "from abc import ABC\nclass A(ABC):\n    __match_args__ = tuple(['num' + 'py'])\ndef softmax(x):\n    A.register(type(x))\n    match x:\n        case A(f): return f()",
    "a field for a frame": "from dataclasses import dataclass\n@dataclass\nclass A:\n    gi_frame: int\ndef softmax(x): return A(x)",
    "somebody else's private name": "def softmax(x): return x._somebody",
    "a format by an own class": "class S(str): pass\ndef softmax(x): return S.format('{0.__class__}', x)",
    "metaclass": "class M(type): pass\nclass A(metaclass=M): pass\ndef softmax(x): return A",
    "subclass in a function": "def softmax(x):\n    T = type(x)\n    class A(T): pass\n    return A(x)",
    "__torch_function__": "class A:\n    @classmethod\n    def __torch_function__(cls, f, t, a): return 1\ndef softmax(x): return A()",
    "__reduce__": "class A:\n    def __reduce__(self): return print, ()\ndef softmax(x): return A()",
    "__class__ assigned": "class A: pass\ndef softmax(x):\n    a = A()\n    a.__class__ = int\n    return a",
    "__class__ by name": "class A:\n    def go(self): return __class__\ndef softmax(x): return A().go()",
    "torch as a decorator": "import torch\n@torch.compile\ndef softmax(x): return x",
    "patching torch": "import torch\ndef softmax(x):\n    torch.allclose = lambda *a: True\n    return x",
    "patching Tensor": "import torch\ndef softmax(x):\n    torch.Tensor.exp = lambda *a: True\n    return x",
    "patching imported Tensor": "from torch import Tensor\ndef softmax(x):\n    Tensor.exp = lambda *a: True\n    return x",
    "patching by type": "def softmax(x):\n    type(x).exp = lambda *a: True\n    return x",
    "deleting from torch": "import torch\ndef softmax(x):\n    del torch.exp\n    return x",
    "module by class body": "import torch\nclass A:\n    if 0: torch = 1\n    t = torch\ndef softmax(x): return A.t.exp(x)",
    "module kept by a class": "import torch\nclass A:\n    t = torch\n    nn = 1\ndef softmax(x): return A.t.nn",
    "built-in by class body": "class A:\n    if 0: eval = 1\n    f = eval\ndef softmax(x): return A.f('1')",
    "built-in before a class's own": "class A:\n    f = eval\n    eval = 1\ndef softmax(x): return A.f('1')",
    "built-in by a function's class": "def softmax(x):\n    eval = 1\n    class A:\n        f = eval\n        eval = 2\n    return A.f('1')",
    "built-in after a comprehension": "def softmax(x):\n    [0 for eval in []]\n    return eval('x')",
    "built-in beside a lambda": "def softmax(x):\n    f = lambda eval: 1\n    return eval('x')",
    "built-in beside a function": "def softmax(x):\n    def f(eval): return 1\n    return eval('x')",
    "module in an inner function": "import torch\ndef softmax(x):\n    def f(torch): return 1\n    return f(torch)",
    "module in a default": "import torch\ndef softmax(x, torch=torch): return torch.exp(x)",
    "module in an f-string": "import torch\ndef softmax(x): return f'{torch}'",
    "module by walrus": "import torch\ndef softmax(x): return (t := torch)",
    "name bound by walrus in a default": "import torch\ndef a(y=[softmax := torch.softmax for _ in [0]]): return y\ndef softmax(x): return a()",
    "walrus in a class": "import torch\nclass A:\n    x = (y := 1)\ndef softmax(x): return A.y",
    "aliases that change their meaning": "import torch as t\nimport math as t\ndef softmax(x): return t.exp(x)",
    "mangled name": "def __help(x): return x.softmax(-1)\ndef softmax(x): return __help(x)",
    "mangled by a class": "def _A__h(x): return x.softmax(-1)\nclass A:\n    def go(self, x): return __h(x)\ndef softmax(x): return A().go(x)",
    "full-width letters": "def softmax(x): return ｅｖａｌ('x')",
    "module in a comprehension's target": "import torch\ndef softmax(x): return [1 for torch.exp in [2]]",
    "module beside a comprehension's target": "import torch\nclass A:\n    nn = x = 1\ndef softmax(y): return [torch.nn for torch.x in [2]]",
    "module in a loop's target": "import torch\ndef softmax(x):\n    for torch.exp in [1]: pass\n    return x",
    "annotation that runs": "import torch\ndef softmax(x: eval('1')): return x",
}


@pytest.mark.parametrize("source", FILES.values(), ids=FILES.keys())
def test_a_file_that_is_not_the_learners_work_is_refused(source: str) -> None:
    bars(source, "softmax")


@pytest.mark.parametrize(
    ("label", "exercise", "expression"),
    [
        ("ch03", "tanh", "torch.tanh(x)"),
        ("ch03", "tanh", "math.tanh(x)"),
        ("ch03", "sigmoid", "(torch.tanh(x / 2) + 1) / 2"),
        ("ch03", "sigmoid", "torch.softmax(torch.stack([x, 0 * x]), 0)[0]"),
        ("ch03", "tanh", "torch.tan(x)"),
        ("ch03", "sigmoid_backward", "(1 / (1 + torch.exp(-x - 1e-30j))).imag"),
        ("ch03", "sigmoid_backward", "torch.exp(torch.complex(x, x)).imag"),
        ("ch03", "sigmoid_backward", "torch.exp(x + complex(0, 1)).imag"),
        ("ch04", "mse_loss", "torch.linalg.vector_norm(x) ** 2"),
        ("ch04", "cross_entropy", "torch.log_softmax(x, 1)"),
        ("ch04", "cross_entropy", "torch.cross_entropy_loss(x, x)"),
        ("ch04", "binary_cross_entropy", "torch.binary_cross_entropy_with_logits(x, x)"),
        ("ch07", "dropout", "torch.dropout(x, 0.5, True)"),
        ("ch07", "l2_penalty", "torch.linalg.vector_norm(x)"),
        ("ch07", "l2_penalty", "math.hypot(*x.tolist()) ** 2"),
        ("ch08", "clip_by_norm", "math.hypot(*x.tolist())"),
        ("ch07", "l2_penalty", "torch.linalg.matrix_norm(x)"),
        ("ch07", "AdamW", "torch.optim.AdamW(x)"),
        ("ch08", "clip_by_norm", "torch.nn.utils.clip_grad_norm_(x, 1.0)"),
        ("ch08", "clip_by_norm", "x.renorm(2, 0, 1.0)"),
        ("ch08", "clip_by_norm", "math.dist(x, x)"),
        ("ch09", "cosine_lr", "torch.optim.lr_scheduler.CosineAnnealingLR(x, 3)"),
        ("ch10", "quantized_linear", "torch._int_mm(x, x)"),
        ("ch08", "clip_by_norm", "torch.linalg.vector_norm(x)"),
        ("ch10", "quantize", "torch.quantize_per_tensor(x, 1.0, 0, torch.qint8).int_repr()"),
        ("ch10", "fake_quantize", "torch.fake_quantize_per_tensor_affine(x, 1.0, 0, -128, 127)"),
        ("ch11", "layer_norm", "torch.layer_norm(x, (3,))"),
        ("ch11", "layer_norm", "torch.native_layer_norm(x, (3,), None, None, 0.1)[0]"),
        ("ch12", "run_model", "onnx.load('model.onnx')"),
        ("ch12", "run_model", "onnx.reference.ReferenceEvaluator(x)"),
        ("ch12", "run_model", "onnx.save(x, 'model.onnx')"),
        ("ch12", "run_model", "np.load('model.npy')"),
        ("ch12", "run_model", "np.lib.npyio"),
    ],
)
def test_the_answers_of_other_chapters_are_refused_too(label: str, exercise: str, expression: str) -> None:
    header = "import math\nimport torch\n" + ("import onnx\nimport numpy as np\n" if label == "ch12" else "")

    bars(f"{header}def {exercise}(x):\n    return {expression}\n", exercise, CHAPTERS[label])


# --- honest code ------------------------------------------------------------------------------------------

HONEST = {
    "comprehension": "return torch.stack([row * 2 for row in x if row.sum() > 0])",
    "nested comprehension": "return {i: [j for j in range(i)] for i in range(3)}",
    "closure": "total = 0\ndef add(y):\n    nonlocal total\n    total += y\nadd(1)\nreturn total",
    "no_grad": "with torch.no_grad():\n    return x * 2",
    "f-string": "raise ValueError(f'x has shape {tuple(x.shape)!r:>10}; {x.dtype=} {1.5:.3f}')",
    "percent": "raise ValueError('x is %s' % x.shape)",
    "strict zip": "return [a + b for a, b in zip(x, x, strict=True)]",
    "walrus": "if (n := x.numel()) > 3:\n    return n\nreturn 0",
    "lambda": "return sorted(x.tolist(), key=lambda y: -y)",
    "try": "try:\n    return 1 / x\nexcept (ZeroDivisionError, TypeError) as error:\n    raise ValueError(str(error.args)) from error\nfinally:\n    print('done')",
    "assert": "assert x.ndim == 2, f'{x.ndim}'\nreturn x",
    "generator": "def rows():\n    for row in x:\n        yield row\n    yield from range(3)\nreturn list(rows())",
    "recursion": "return x if x.ndim == 0 else softmax(x[0])",
    "star arguments": "def f(*args, **kwargs):\n    return args, kwargs\nreturn f(*x, **{'a': 1})",
    "dtype keywords": "options = dict(dtype=x.dtype, device=x.device)\nreturn torch.zeros(3, **options)",
    "generator of torch": "g = torch.Generator(device=x.device)\ng.manual_seed(3)\nreturn torch.rand(x.shape, generator=g, dtype=torch.float64)",
    "in place": "x.mul_(2).add_(1).lerp_(x, 0.5).addcmul_(x, x).addcdiv_(x, x, value=2).copy_(x).clamp_(min=0).zero_()\nreturn x",
    "finfo": "return x.clamp(min=torch.finfo(x.dtype).tiny, max=torch.finfo(x.dtype).max) + torch.finfo(torch.float32).eps",
    "statistics": "return x.var(dim=0, unbiased=False), x.mean(), x.std(), torch.var_mean(x, 0)",
    "max with indices": "values, indices = x.max(dim=1, keepdim=True)\nreturn values, x.max(1).values, x.sort().indices",
    "einsum": "return torch.einsum('ij,jk->ik', x, x) @ x.T + x.mT",
    "indexing": "x = x.clone()\nx[0, :] = 1\nx[..., None]\nx[x > 0] += 2\ndel x\nreturn 1",
    "scatter": "return torch.zeros_like(x).scatter_(1, x.long(), 1.0).gather(1, x.long()).cumsum(0)",
    "types": "return isinstance(x, Tensor), isinstance(x, (int, float)), type(x).__name__, type(x) is Tensor",
    "hasattr": "return hasattr(x, '__len__') and callable(x)",
    "text": "return ', '.join(str(i) for i in 'a b'.split()).upper().strip().replace('a', 'b').startswith('b')",
    "containers": "d = {}\nd.setdefault('a', []).append(1)\nfor k, v in d.items():\n    d.update({k: v})\ns = {1} | {2}\ns.add(3)\nreturn d.get('b'), d.pop('a'), s",
    "while": "n = 0\nwhile True:\n    n += 1\n    if n > 3:\n        break\n    else:\n        continue\nreturn n",
    "conditional": "return x if x.sum() > 0 else -x",
    "math": "return math.exp(-math.inf) + math.sqrt(2) + math.log(2) + math.pi + math.prod([1, 2])",
    "shadowed module": "math = 3\nreturn math + 1",
    "shadowed built-in": "sum = x.sum()\nmax = x.max()\ninput = x\nreturn sum, max, input",
    "parameter named like an exercise": "def f(tanh, relu):\n    return tanh + relu\nreturn f(1, 2)",
    "inner class": "class Step:\n    def __init__(self, n):\n        self.n = n\n    def __iter__(self):\n        return iter([self.n])\nreturn list(Step(3))",
    "slices": "return x[slice(0, 2)], reversed([1]), enumerate([1]), list(range(3))[::-1]",
    "numbers": "return 1e-5 // 2 ** 3 % 2, divmod(3, 2), round(2.5), abs(-1), (3).bit_length(), 0x1F, 1_000",
    "broadcasting": "a, b = torch.broadcast_tensors(x, x)\nreturn torch.where(a > b, a, torch.zeros((), dtype=x.dtype))",
    "print": "print(x, end='', flush=True)\nreturn x",
    "data": "x.data.mul_(2)\nreturn x.detach().clone()",
    "device": "return x.to(torch.float64).to(x.device), torch.device('cpu'), x.is_floating_point()",
    "starred assignment": "first, *rest = x\nreturn first, rest",
    "docstring": "'''A docstring with eval, torch.softmax and {0.__class__}.'''\nreturn x",
    "sigmoid of one's own": "return sigmoid(x) * softmax_helper(x)",
}


@pytest.mark.parametrize("body", HONEST.values(), ids=HONEST.keys())
def test_honest_code_is_left_alone(body: str) -> None:
    source = (
        f"{HEADER}def softmax_helper(x): return x\ndef sigmoid(x: Tensor) -> Tensor: return 1 / (1 + torch.exp(-x))\n"
        f"def softmax(x: Tensor, dim: int = -1) -> Tensor:\n"
        + "".join(f"    {line}\n" for line in body.split("\n"))
    )

    ruling = judge(source, CHAPTER)

    assert not ruling.breaches
    assert not ruling.dropped
    assert ruling.source == source
    assert ruling.defined == ("softmax_helper", "sigmoid", "softmax")


HONEST_FILES = {
    "type hints": """
        from typing import Any, Optional
        from collections.abc import Callable, Iterable, Sequence
        import torch
        from torch import Tensor
        Layers = list[tuple[Tensor, Tensor]]
        def softmax(x: Tensor | None, f: Callable[[Tensor], Tensor], *a: Optional[int]) -> list[tuple[Tensor, Any]]:
            y: Tensor = x
            n: int
            return [(y, f)]
    """,
    "dataclasses": """
        from __future__ import annotations
        from dataclasses import dataclass, field, replace
        import dataclasses
        @dataclass(frozen=True)
        class Layer:
            weight: list[float] = field(default_factory=list)
            name: str = "a"
            @property
            def size(self) -> int: return len(self.weight)
            def again(self) -> Layer: return replace(self, name="b")
            @classmethod
            def make(cls): return cls()
            @staticmethod
            def text(): return "t"
        @dataclasses.dataclass
        class Other:
            layer: Layer
        def softmax(x): return Other(Layer.make().again()).layer.size
    """,
    "no_grad as a decorator": """
        import torch
        from torch import no_grad
        @torch.no_grad()
        def a(x): return x
        @no_grad
        def b(x): return x
        def softmax(x):
            with no_grad():
                return a(b(x))
    """,
    "methods with two underscores in front": """
        class Rate:
            def __init__(self): self.__lr = 1
            def __halved(self): return self.__lr / 2
            @staticmethod
            def __twice(x): return 2 * x
            def lower(self): return self.__twice(self.__halved())
        def softmax(x): return Rate().lower()
    """,
    "properties": """
        class Rate:
            __slots__ = ("_lr",)
            def __init__(self): self._lr = 1
            @property
            def lr(self): return self._lr
            @lr.setter
            def lr(self, value): self._lr = value
        def softmax(x):
            rate = Rate()
            rate.lr = 3
            return rate.lr
    """,
    "inheritance": """
        from abc import ABC
        from typing import Generic, NamedTuple, Protocol, TypeVar
        from collections import namedtuple, defaultdict, deque
        from collections.abc import Iterator
        T = TypeVar("T")
        Pair = namedtuple("Pair", ["left_one", "right_one"])
        class Point(NamedTuple):
            px: float
            py: float = 0.0
        class Shape(Protocol):
            def area(self) -> float: ...
        class Stack(Generic[T]):
            def __init__(self) -> None:
                super().__init__()
                self.held: list[T] = []
        class Deep(Stack[int]):
            def __init__(self) -> None:
                super(Deep, self).__init__()
            def __len__(self): return len(self.held)
        class Rows(Iterator):
            def __next__(self): raise StopIteration
        class Wrong(ValueError):
            '''Say what is wrong.'''
        def softmax(x):
            counts = defaultdict(int)
            queue = deque([1], maxlen=3)
            queue.appendleft(2)
            if not x: raise Wrong("x")
            return Pair(1, 2).left_one, Point(1.0)._replace(px=2.0).px, Deep().held, counts, queue
    """,
    "aliases": """
        import torch as t
        import math as m
        from torch import exp as e, float64, Generator
        from math import log, inf
        from functools import lru_cache, partial, reduce, wraps
        from itertools import chain, product as pairs
        import collections.abc
        @lru_cache(maxsize=None)
        def table(n): return n * 2
        def times(f):
            @wraps(f)
            def g(*a): return f(*a)
            return g
        def softmax(x):
            return e(x) + t.exp(x) * m.exp(1) + log(2) - inf + reduce(lambda a, b: a + b, chain([1], [2])), table(1)
    """,
    "constants": """
        import math
        import torch
        EPS = 1e-12
        LOG2, HALF = math.log(2.0), 0.5
        NAMES = ("a", "b")
        TABLE = {"a": [1, 2], "b": -3}
        TINY: float = torch.finfo(torch.float64).tiny
        scale = lambda x: x * HALF
        alias = scale
        def softmax(x): return alias(x) + EPS + LOG2 + TABLE["a"][0] + len(NAMES) + TINY
    """,
    "special methods": """
        class Value:
            def __init__(self, data, parents=()):
                self.data = data
                self.grad = 0.0
                self._backward = lambda: None
                self._parents = set(parents)
            def __add__(self, other):
                other = other if isinstance(other, Value) else Value(other)
                out = Value(self.data + other.data, (self, other))
                def _backward():
                    self.grad += out.grad
                    other.grad += out.grad
                out._backward = _backward
                return out
            __radd__ = __add__
            def __neg__(self): return self * -1
            def __mul__(self, other): return Value(self.data * other)
            def __rmul__(self, other): return self.__mul__(other)
            def __repr__(self): return f"Value({self.data})"
            def tanh(self): return self
            def backward(self):
                for node in reversed([self]):
                    node._backward()
            __hash__ = None
        def softmax(x):
            v = Value(x)
            (v + 1).backward()
            return v.grad
    """,
    "no future import": """
        import torch
        def softmax(x: torch.Tensor, g: "torch.Generator | None" = None) -> "list[Anything.you[like]]": return x
    """,
    "annotations nobody evaluates": """
        from __future__ import annotations
        import numpy.typing as npt
        def softmax(x: npt.NDArray | Undefined) -> eval: return x
    """,
}


@pytest.mark.parametrize("source", HONEST_FILES.values(), ids=HONEST_FILES.keys())
def test_honest_files_are_left_alone(source: str) -> None:
    source = dedent(source)

    ruling = judge(source, CHAPTER)

    assert not ruling.breaches
    assert "softmax" in ruling.defined
    exec(compile(ruling.source, "honest", "exec"), {"__name__": "__main__"})
    assert not [note for note in ruling.dropped if "import" not in note[1]]


def test_onnx_and_numpy_are_open_where_the_chapter_says_so() -> None:
    source = dedent("""
        import numpy as np
        import onnx.numpy_helper
        import torch
        from onnx import TensorProto, helper, numpy_helper as nh
        def export_mlp(layers, *, softmax=False):
            weight = onnx.numpy_helper.from_array(layers[0][0].numpy().astype(np.float32), "w")
            graph = helper.make_graph([], "g", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])], [weight])
            model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
            model.graph.node[0].op_type = "Relu"
            onnx.checker.check_model(model)
            return model
        def run_model(model, x):
            return [torch.from_numpy(nh.to_array(item).copy()) for item in model.graph.initializer]
    """)

    assert not judge(source.replace("import onnx.numpy_helper", "import onnx"), CHAPTERS["ch12"]).breaches
    assert judge(source, CHAPTERS["ch02"]).dropped


# --- what is kept, dropped, barred ------------------------------------------------------------------------


def test_scratch_work_is_dropped_with_line_and_reason() -> None:
    source = dedent('''\
        """Chapter."""
        import torch
        import matplotlib.pyplot as plt

        def softmax(x): return torch.exp(x)

        x = torch.randn(3)
        y = softmax(x)
        torch.allclose = lambda *a, **k: True
        plt.plot(x)
        for i in range(3):
            print(i)
        if __name__ == "__main__":
            eval("1")
        counter: int
        counter = 0
        counter += 1
    ''')

    ruling = judge(source, CHAPTER)
    names: dict[str, Any] = {}
    exec(ruling.source, names)

    assert not ruling.breaches
    assert [line for line, _ in ruling.dropped] == [3, 7, 8, 9, 10, 11, 13, 17]
    reasons = dict(ruling.dropped)
    assert "softmax" in reasons[8]
    assert "matplotlib" in reasons[3]
    assert names["counter"] == 0
    assert ruling.defined == ("softmax", "counter")


def test_lines_keep_their_numbers() -> None:
    source = dedent("""\
        import os; import math; import shutil
        x = 1; print(x); y = 2
        from torch import (exp,
            softmax, log,
        )
        @(
            unknown
        )
        def relu(x): return x
        print('''
        '''); z = 3
        def tanh(x):
            return 1 / 0
    """)

    ruling = judge(source, CHAPTER)
    names: dict[str, Any] = {}
    exec(compile(ruling.source, "submission", "exec"), names)

    assert {"math", "x", "y", "z", "exp", "log", "tanh"} <= names.keys()
    assert not {"os", "shutil", "softmax", "relu"} & names.keys()
    with pytest.raises(ZeroDivisionError) as caught:
        names["tanh"](1)
    assert caught.traceback[-1].lineno + 1 == 13
    assert ruling.barred() == {"softmax"}
    assert dict(ruling.dropped)[9] == "it needs unknown, which is not defined"


def test_a_breach_costs_those_who_reach_it_and_nobody_else() -> None:
    source = dedent("""\
        import torch
        def _helper(x): return torch.special.expit(x)
        def sigmoid(x): return _helper(x)
        def sigmoid_backward(g, x): return g * sigmoid(x) * (1 - sigmoid(x))
        def relu(x): return x.clamp(min=0)
        def tanh(x): return torch.tanh(x)
        def unused(x): return open(x)
    """)

    ruling = judge(source, CHAPTER)
    by_name = {breach.name: breach for breach in ruling.breaches}

    assert by_name["torch.special.expit"].exercises == ("sigmoid", "sigmoid_backward")
    assert by_name["torch.special.expit"].line == 2
    assert by_name["torch.tanh"].exercises == ("tanh",)
    assert refusal_words(by_name["torch.tanh"]) == "tanh is built from exp here"
    assert ruling.defined == ("relu",)
    assert "expit" not in ruling.source
    assert [line for line, _ in ruling.dropped] == [7]


def test_what_is_one_exercises_answer_may_be_part_of_another() -> None:
    chapter = Chapter("ch99_x", "t", "t", (), (Exercise("loss", 1.0), Exercise("tanh", 1.0, ("tanh",))))
    source = "import torch\ndef _squash(x): return torch.tanh(x)\ndef loss(x): return _squash(x)\ndef tanh(x): return _squash(x)\n"

    ruling = judge(source, chapter)

    assert ruling.barred() == {"tanh"}
    assert ruling.defined == ("_squash", "loss")


def test_what_is_no_operation_of_torch_is_followed_through_what_is_shared() -> None:
    # The sandbox sees every operation of torch where it runs; math computes beside it.
    source = "import math\nclass Box: pass\ndef relu(x):\n    Box.f = math.tanh\n    return x\ndef tanh(x): return Box.f(x)\n"

    assert judge(source, CHAPTER).barred() == {"tanh"}


def test_the_same_name_is_open_where_it_is_no_answer() -> None:
    source = "import math\nclass Value:\n    def tanh(self): return math.tanh(self.data)\n    def backward(self): self.data = 1\n"

    assert not judge(source, CHAPTERS["ch06"]).breaches
    assert not judge(
        "import torch\ndef neuron(x, w, b): return torch.relu(w @ x + b)\n", CHAPTERS["ch02"]
    ).breaches


@pytest.mark.parametrize(
    "stub", ['raise NotImplementedError("softmax: write this part")', "pass", "raise NotImplementedError"]
)
def test_a_stub_replaces_no_definition_that_is_written(stub: str) -> None:
    written, later = "def softmax(x): return x.exp()\n", f"def softmax(x):\n    {stub}\n"

    ruling = judge(f"import torch\n{written}{later}", CHAPTER)

    assert "x.exp()" in ruling.source
    assert stub not in ruling.source
    assert ruling.dropped == ((3, "softmax is written in line 2; here it still is to be written"),)
    assert "x.exp()" in judge(f"import torch\n{later}{written}", CHAPTER).source


def test_of_two_classes_the_one_with_less_left_to_write_counts() -> None:
    half = "class softmax:\n    def a(self): return 1\n    def b(self): raise NotImplementedError\n"
    stub = "class softmax:\n    def a(self): raise NotImplementedError\n    def b(self): raise NotImplementedError\n"

    assert "return 1" in judge(half + stub, CHAPTER).source


def test_of_two_definitions_the_last_one_counts() -> None:
    source = "import torch\ndef softmax(x): return torch.softmax(x, -1)\ndef softmax(x): return x.exp()\n"

    ruling = judge(source, CHAPTER)

    assert not ruling.breaches
    assert ruling.dropped == ((2, "softmax is defined again in line 3; the last one counts"),)


def test_a_misplaced_future_import_still_counts() -> None:
    source = (
        "# cell\nimport torch\nfrom __future__ import annotations\ndef softmax(x: Missing): return x.exp()\n"
    )

    ruling = judge(source, CHAPTER)
    exec(ruling.source, {})

    assert ruling.source.split("\n")[3] == "def softmax(x: Missing): return x.exp()"
    assert not ruling.breaches


def test_every_chapter_hint_names_a_friendly_reason() -> None:
    ruling = judge("import torch\ndef softmax(x):\n    y = x\n    return torch.softmax(y, -1)\n", CHAPTER)

    (breach,) = ruling.breaches
    assert (breach.line, breach.name) == (4, "torch.softmax")
    assert refusal_words(breach) == "softmax is built from exp, max and sum here"


def test_a_misspelt_operation_gets_its_neighbour() -> None:
    (breach,) = judge("import torch\ndef softmax(x): return torch.unsqeeze(x, 0)\n", CHAPTER).breaches

    assert (breach.refusal, breach.near) == (Refusal.ABSENT, "unsqueeze")
    assert "did you mean unsqueeze?" in refusal_words(breach)


@pytest.mark.parametrize("body", ["x.unsqeeze(0)", "math.pi", "sofmax(x)", "self.nothing", "np.exp(x)"])
def test_what_python_does_not_know_is_left_to_python(body: str) -> None:
    ruling = judge(f"def softmax(x): return {body}\n", CHAPTER)

    assert not ruling.breaches
    assert ruling.defined == ("softmax",)


def test_a_submission_brings_its_chapter_and_its_places() -> None:
    chapter = CHAPTERS["ch03"]
    submission = Submission(
        chapter, "def softmax(x):\n  return (", Path("a.ipynb"), "", (SourceLine(1, 2), SourceLine(2, 2))
    )

    with pytest.raises(SubmissionError) as caught:
        judge(submission)

    assert caught.value.where == "a.ipynb, cell 2, line 2"


def test_a_chapter_cannot_open_a_module_without_a_list() -> None:
    with pytest.raises(CourseError, match="scipy"):
        judge("x = 1", Chapter("ch99_x", "t", "t", (), (), ("scipy",)))


@pytest.mark.parametrize(
    "source",
    [
        "def a(x=b):0\n" * 4_000,
        "a=a\n" * 4_900,
        "a;" * 4_900,
        "def softmax(x):\n" + " a.b\n" * 40_000,
        "def softmax(x):\n" + " x.bb%d\n" * 0 + "".join(f" x.bb{i}\n" for i in range(15_000)),
        "def softmax(x): return " + "[" * 100 + "x" + "]" * 100,
        "def softmax(x):\n" + "".join(f" class A{i}(x): pass\n" for i in range(8_000)),
        "import torch\nsoftmax = " + " + ".join(["torch.softmax"] * 100),
        "".join(f"def f{i}(x): return f{(i * 7) % 4900}(x) + f{(i * 3) % 4900}(x)\n" for i in range(4_900)),
    ],
    ids=lambda source: source[:20],
)
def test_no_source_makes_the_judge_wait(source: str) -> None:
    begin = time.process_time()

    ruling = judge(source, CHAPTER)

    assert time.process_time() - begin < 6.0
    assert len(ruling.breaches) <= 200
    assert len(ruling.dropped) <= 40


def test_thousands_of_statements_are_refused() -> None:
    with pytest.raises(SubmissionError, match="statements"):
        judge("a\n" * 6_000, CHAPTER)


# --- the course itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.stem)
def test_the_course_obeys_its_rules(chapter: Chapter) -> None:
    solution = ROOT / "solutions" / f"{chapter.stem}.py"
    if not solution.exists():
        pytest.skip(f"{solution} is not written yet")
    source = solution.read_text(encoding="utf-8")
    sources = {"the solution": source}
    for folder in (ROOT / "solutions" / "mistakes", ROOT / "solutions" / "right"):
        path = folder / f"{chapter.stem}.py"
        if path.exists():
            sources |= {f"{path.parent.name}/{one.name}": one.source for one in read_variants(path, source)}
    stub = ROOT / "exercises" / f"{chapter.stem}.py"
    if stub.exists():
        sources["the stub"] = stub.read_text(encoding="utf-8")

    for name, text in sources.items():
        ruling = judge(text, chapter)

        assert not ruling.breaches, name
        assert not ruling.dropped, name
        assert ruling.source == text, name
        assert {exercise.name for exercise in chapter.exercises} <= set(ruling.defined), name


# --- what the tree cannot show ----------------------------------------------------------------------------


def test_a_hidden_requires_grad_records_nothing() -> None:
    source = dedent("""
        import torch
        class Value:
            def __init__(self, data):
                self.data, self.grad = data, 0.0
            def backward(self):
                leaf = torch.tensor(self.data, **{"requires" + "_grad": True})
                (leaf * leaf).backward()
                self.grad = leaf.grad.item()
    """)
    ruling = judge(source, CHAPTERS["ch06"])

    with Sandbox(Level.PLAIN, Limits()) as sandbox, sandbox.learner(ruling.source) as learner:
        value = learner.Value(3.0)
        with pytest.raises(LearnerRaised, match="grad"):
            value.backward()
