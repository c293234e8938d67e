"""Ordinary ways of writing Python, each to be put into a right answer, and what the rules are to make of them.

The pieces are tried in the solution of every chapter. What is accepted must cost nothing there; what is refused must
be refused for the true reason.
"""

# ruff: noqa: E501 -- a table is read one case a line

from __future__ import annotations

import ast
from textwrap import indent
from typing import NamedTuple

from grader.records import Refusal


class Piece(NamedTuple):
    """Statements for the inside of a function, lines for the top of its file, and the reason if it is refused."""

    inside: str
    top: str = ""
    refusal: Refusal | None = None


def put_into(source: str, exercise: str, inside: str, top: str) -> str:
    """The source with a piece in the first function of an exercise, and torch imported wherever it is not."""
    tree, lines = ast.parse(source), source.splitlines()
    found = next(node for node in tree.body if getattr(node, "name", "") == exercise)
    function = found
    if isinstance(found, ast.ClassDef):
        methods = [node for node in found.body if isinstance(node, ast.FunctionDef)]
        function = next((method for method in methods if method.name == "__init__"), methods[0])
    assert isinstance(function, ast.FunctionDef)
    first = function.body[1 if ast.get_docstring(function) else 0]
    lines[first.lineno - 1 : first.lineno - 1] = indent(inside, " " * first.col_offset).splitlines()
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    torch = [] if any("import torch" in ast.unparse(node) for node in imports) else ["import torch"]
    at = imports[-1].end_lineno or 0
    lines[at:at] = [*torch, *top.splitlines()]
    return "\n".join(lines) + "\n"


DEVICE = 'device = "cuda" if torch.cuda.is_available() else "cpu"'
FUNCTIONAL = "import torch.nn.functional as F"

PIECES = {
    "print to stderr": Piece('print("x", file=sys.stderr)', "import sys"),
    "stderr as a value": Piece("q = sys.stderr", "import sys", Refusal.UNWATCHED),
    # imports
    "import in a function": Piece("import torch"),
    "from import in a function": Piece("from math import sqrt\nq = sqrt(4)"),
    "import as in a function": Piece("import math as m\nq = m.pi"),
    "two imports in a function": Piece("import math, torch as t\nq = t.zeros(1) * math.e"),
    "import of a submodule in a function": Piece(
        "import torch.nn.functional as F\nq = F.pad(torch.zeros(2), (1, 1))"
    ),
    "import in an inner function": Piece("def f():\n    import math\n    return math.pi\nq = f()"),
    "import in a branch": Piece("if True:\n    import math\n    q = math.e"),
    "imports in brackets in a function": Piece("from math import (\n    sqrt,\n    pi,\n)\nq = sqrt(pi)"),
    "refused import in a function, unused": Piece("import random\nimport numpy as np"),
    "refused import in a function, used": Piece(
        "import numpy as np\nq = np.zeros(1)", "", Refusal.SECOND_ROAD
    ),
    "numpy unused": Piece("pass", "import numpy as np"),
    "numpy constant": Piece("q = np.pi", "import numpy as np", Refusal.SECOND_ROAD),
    "numpy array": Piece("q = np.array([1.0])", "import numpy as np", Refusal.SECOND_ROAD),
    "numpy by name": Piece("q = array([1.0])", "from numpy import array", Refusal.SECOND_ROAD),
    "scipy": Piece("q = special.expit(1.0)", "from scipy import special", Refusal.SECOND_ROAD),
    "random unused": Piece("pass", "import random"),
    "random used": Piece("q = random.random()", "import random", Refusal.RANDOM),
    "os unused": Piece("pass", "import os"),
    "os used": Piece("q = os.environ", "import os", Refusal.OUTSIDE),
    "a drawing library unused": Piece("pass", "import matplotlib.pyplot as plt\nfrom tqdm import tqdm"),
    "typing_extensions": Piece("pass", "from typing_extensions import Self"),
    "jaxtyping": Piece("pass", "from jaxtyping import Float"),
    "einops used": Piece("q = einops", "import einops", Refusal.NOT_INSTALLED),
    "a library that is not there, by name": Piece(
        "q = rearrange(1)", "from einops import rearrange", Refusal.NOT_INSTALLED
    ),
    "an import that may fail": Piece(
        "q = np is None", "try:\n    import numpy as np\nexcept ImportError:\n    np = None"
    ),
    "an import that may fail, tested": Piece(
        "q = 1 if HAS else 2", "try:\n    import scipy\n    HAS = True\nexcept ImportError:\n    HAS = False"
    ),
    "an import that may fail, in a function": Piece(
        "try:\n    import numpy as numbers_\nexcept Exception:\n    numbers_ = None\nq = numbers_ is None"
    ),
    "one of two imports": Piece(
        "q = Self2",
        "try:\n    from typing import Self as Self2\nexcept ImportError:\n    from typing_extensions import Self as Self2",
    ),
    "import under a condition": Piece(
        "q = cube(2.0)",
        "import sys\nif sys.version_info >= (3, 8):\n    from math import prod as cube_of\nelse:\n    cube_of = None\ndef cube(x):\n    return cube_of([x, x, x])",
    ),
    "star import unused": Piece("pass", "from torch import *"),
    "star import of math": Piece("q = pi", "from math import *"),
    "star import of typing": Piece("q: Optional[int] = None", "from typing import *"),
    "modules of torch": Piece("pass", "from torch import nn, Tensor"),
    "torch by another name": Piece("q = T.zeros(1)", "import torch as T"),
    "for type checkers only": Piece(
        "pass", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy as np"
    ),
    "future import": Piece("pass", "from __future__ import annotations"),
    # standard library
    "copy": Piece("q = copy.deepcopy([1])", "import copy"),
    "deepcopy by name": Piece("q = deepcopy({1: [2]})", "from copy import deepcopy"),
    "copy of a tensor": Piece("q = copy.copy(torch.zeros(2))", "import copy"),
    "warnings": Piece('warnings.warn("x", stacklevel=2)', "import warnings"),
    "warnings silenced": Piece(
        'with warnings.catch_warnings():\n    warnings.simplefilter("ignore")', "import warnings"
    ),
    "operator": Piece("q = operator.mul(1, 2)", "import operator"),
    "itemgetter": Piece("q = sorted([(2, 1)], key=itemgetter(1))", "from operator import itemgetter"),
    "attrgetter": Piece(
        'q = attrgetter("real")(1)', "from operator import attrgetter", Refusal.UNREADABLE_NAME
    ),
    "methodcaller": Piece(
        'q = operator.methodcaller("exp")(torch.zeros(1))', "import operator", Refusal.UNREADABLE_NAME
    ),
    "chain": Piece("q = list(itertools.chain([1], [2]))", "import itertools"),
    "reduce": Piece("q = reduce(operator.add, [1, 2])", "import operator\nfrom functools import reduce"),
    "partial": Piece("q = partial(pow, 2)(3)", "from functools import partial"),
    "wraps": Piece(
        "q = helper(1)",
        "from functools import wraps\ndef loud(f):\n    @wraps(f)\n    def g(*a):\n        return f(*a)\n    return g\n@loud\ndef helper(x):\n    return x",
    ),
    "deque": Piece("q = deque([1], maxlen=3)", "from collections import deque"),
    "defaultdict": Piece("q = defaultdict(list)\nq[1].append(2)", "from collections import defaultdict"),
    "Counter": Piece("q = Counter('abc').most_common(1)", "from collections import Counter"),
    "math.prod": Piece("q = math.prod([1, 2])", "import math"),
    "Decimal": Piece("q = Decimal(1)", "from decimal import Decimal"),
    "Fraction": Piece("q = Fraction(1, 2).limit_denominator(3)", "from fractions import Fraction"),
    "statistics": Piece("q = statistics.mean([1, 2])", "import statistics"),
    "heapq and bisect": Piece(
        "q = heapq.nlargest(1, [1, 2])\nr = bisect.bisect([1, 2], 1)", "import heapq\nimport bisect"
    ),
    "sys.maxsize": Piece("q = sys.maxsize", "import sys"),
    "float_info": Piece("q = sys.float_info.epsilon", "import sys"),
    "sys.modules": Piece('q = sys.modules["os"]', "import sys", Refusal.UNWATCHED),
    "timing": Piece("start = time.perf_counter()\nq = time.time() - start", "import time"),
    "dates": Piece("q = datetime.now().year", "from datetime import datetime"),
    "regular expressions": Piece('q = re.match(r"(\\d+)", "12")\nr = q.group(1)', "import re"),
    "text tools": Piece('q = textwrap.dedent("  a") + string.digits', "import textwrap\nimport string"),
    "pretty printing": Piece('pprint({"a": 1})', "from pprint import pprint"),
    "json": Piece('q = json.dumps({"a": 1})', "import json"),
    "nullcontext": Piece("with nullcontext():\n    q = 1", "from contextlib import nullcontext"),
    "suppress": Piece("with suppress(KeyError):\n    {}[1]", "from contextlib import suppress"),
    "contextmanager": Piece(
        "with section('a') as s:\n    q = s",
        "from contextlib import contextmanager\n@contextmanager\ndef section(name):\n    yield name",
    ),
    "a context of one's own": Piece(
        "with Timer() as t:\n    q = t",
        "class Timer:\n    def __enter__(self):\n        return self\n    def __exit__(self, *error):\n        return False",
    ),
    "ExitStack": Piece("with ExitStack() as stack:\n    q = stack", "from contextlib import ExitStack"),
    "traceback": Piece(
        "try:\n    q = 1 / 0\nexcept ZeroDivisionError:\n    q = traceback.format_exc()", "import traceback"
    ),
    "SimpleNamespace": Piece(
        "q = SimpleNamespace(lr=0.1, softplus=3)\nr = q.lr + q.softplus", "from types import SimpleNamespace"
    ),
    "gc": Piece("q = gc.collect()", "import gc", Refusal.UNWATCHED),
    "inspect": Piece("q = inspect.stack()", "import inspect", Refusal.UNWATCHED),
    "ctypes": Piece("q = ctypes.CDLL(None)", "import ctypes", Refusal.UNWATCHED),
    "threads": Piece("threading.Thread(target=print).start()", "import threading", Refusal.UNWATCHED),
    "builtins": Piece("q = builtins.sum([1])", "import builtins", Refusal.UNWATCHED),
    "open": Piece('q = open("x")', "", Refusal.OUTSIDE),
    "input": Piece("q = input()", "", Refusal.OUTSIDE),
    # statements
    "print": Piece('print("shape", 1)'),
    "assert": Piece('assert True, "bad"'),
    "try finally": Piece("try:\n    q = 1\nfinally:\n    q = 2"),
    "raise from": Piece('try:\n    q = 1\nexcept ValueError as e:\n    raise ValueError("x") from e'),
    "except KeyboardInterrupt": Piece("try:\n    q = 1\nexcept KeyboardInterrupt:\n    pass"),
    "except SystemExit": Piece(
        "try:\n    q = 1\nexcept (SystemExit, OSError, UnicodeError) as error:\n    print(error.args)"
    ),
    "except anything": Piece("try:\n    q = 1\nexcept:\n    pass"),
    "exception groups": Piece("try:\n    q = 1\nexcept* ValueError:\n    pass"),
    "OSError": Piece("q = OSError"),
    "match": Piece("match 1:\n    case 1:\n        q = 1\n    case _:\n        q = 2"),
    "match of shapes": Piece(
        "match torch.zeros(2, 3).shape:\n    case (a, b):\n        q = a\n    case [*rest]:\n        q = rest"
    ),
    "match of classes": Piece(
        "match Point(1, 2):\n    case Point(px=0, py=y):\n        q = y\n    case Point(x1, y1) | Point(px=x1, py=y1):\n        q = x1\n    case {'a': 1, **rest}:\n        q = rest\n    case str() | None:\n        q = 0",
        "from dataclasses import dataclass\n@dataclass\nclass Point:\n    px: int\n    py: int",
    ),
    "match of a frame": Piece(
        "match (i for i in [1]):\n    case object(gi_frame=f):\n        q = f", "", Refusal.INTERNAL
    ),
    "nonlocal": Piece("n = 0\ndef inc():\n    nonlocal n\n    n += 1\ninc()"),
    "global counter": Piece("count()", "CALLS = 0\ndef count():\n    global CALLS\n    CALLS += 1"),
    "global in the function": Piece("global LAST\nLAST = 1", "LAST = None"),
    "global that is made there": Piece("global SEEN_HERE\nSEEN_HERE = [1]\nq = SEEN_HERE"),
    "global that is an import": Piece("global torch", "", Refusal.TWO_MEANINGS),
    "lambda": Piece("q = (lambda a: a + 1)(1)"),
    "lambda with defaults": Piece("q = [lambda a, i=i: a + i for i in range(2)][1](3)"),
    "walrus": Piece("if (q := 1) > 0:\n    pass"),
    "walrus in a comprehension": Piece("q = [y for v in [1] if (y := v) > 0]"),
    "starred unpacking": Piece("a, *b = [1, 2, 3]"),
    "while True": Piece("while True:\n    break"),
    "for else": Piece("for i in range(2):\n    pass\nelse:\n    q = i"),
    "nested function": Piece("def inner(a):\n    return a\nq = inner(1)"),
    "recursive inner function": Piece(
        "def fact(k):\n    return 1 if k < 2 else k * fact(k - 1)\nq = fact(4)"
    ),
    "generator with send": Piece(
        "def gen():\n    got = yield 1\n    yield got\ng = gen()\nnext(g)\ng.send(2)\ng.close()"
    ),
    "positional and keyword only": Piece(
        "def f(a, /, b, *, c=1, **more):\n    return a + b + c\nq = f(1, 2, c=3)"
    ),
    "an ellipsis for a body": Piece("..."),
    "unicode names": Piece("μ = 1"),
    "del": Piece("q = [1]\ndel q[0], q"),
    "async helper unused": Piece("pass", "async def fetch():\n    return 1"),
    "async inside": Piece(
        "async def fetch():\n    async with Timer() as t:\n        return await t\nq = fetch",
        "class Timer:\n    async def __aenter__(self):\n        return self\n    async def __aexit__(self, *e):\n        return None",
    ),
    # values and texts
    "percent": Piece('q = "%.3f" % 1.0'),
    "format of a literal": Piece('q = "{:.3f}".format(1.0)'),
    "format with names": Piece('q = "{a}, {0!r:>{width}} {{}}".format(1, a=2, width=9)'),
    "format of a constant": Piece("q = MESSAGE.format(1, 2)", 'MESSAGE = "got {}, wanted {}"'),
    "format of a local text": Piece('text = "x has {} rows"\nq = text.format(3)'),
    "format of joined literals": Piece('q = ("a {} "\n     "b {}").format(1, 2)'),
    "format_map": Piece('q = "{a}".format_map({"a": 1})'),
    "format with an item": Piece('q = "{0[1]}".format([1, 2])'),
    "format that reads an attribute": Piece('q = "{0.__class__}".format(1)', "", Refusal.UNREADABLE_NAME),
    "format inside a format": Piece('q = "{0:{1.real}}".format(1, 2)', "", Refusal.UNREADABLE_NAME),
    "f-string": Piece('q = f"{1.0:.3f} {1=} {[1]!r}"'),
    "format function": Piece('q = format(1.0, ".3f")'),
    "join": Piece('q = ", ".join(["a"])'),
    "text methods": Piece('q = "a-b".partition("-")[0].upper().isidentifier()'),
    "sum of a generator": Piece("q = sum(i for i in range(3))"),
    "sorted with a key": Piece("q = sorted([3, 1], key=lambda a: -a)"),
    "strict zip": Piece("q = list(zip([1], [2], strict=True))"),
    "divmod": Piece("q = divmod(3, 2)"),
    "abs": Piece("q = abs(-1)"),
    "id": Piece("q = id(1)"),
    "hash": Piece("q = hash((1, 2))"),
    "hasattr": Piece('q = hasattr(1, "real")'),
    "hasattr of a module": Piece('q = hasattr(torch, "inference_mode")'),
    "getattr with a literal": Piece('q = getattr(1, "real", 0)'),
    "getattr of a module": Piece('q = getattr(torch, "exp")(torch.zeros(1))'),
    "getattr with a variable": Piece('name = "real"\nq = getattr(1, name)', "", Refusal.UNREADABLE_NAME),
    "getattr of a dunder": Piece('q = getattr(1, "__dict__")', "", Refusal.UNREADABLE_NAME),
    "setattr with a literal": Piece('class O:\n    pass\no = O()\nsetattr(o, "a", 1)\ndelattr(o, "a")'),
    "setattr with a variable": Piece(
        'class O:\n    pass\nfor k in ["a"]:\n    setattr(O(), k, 1)', "", Refusal.UNREADABLE_NAME
    ),
    "setattr of torch": Piece('setattr(torch, "exp", 1)', "", Refusal.NOT_OWN),
    "locals": Piece("q = locals()", "", Refusal.UNREADABLE_NAME),
    "vars": Piece("q = vars()", "", Refusal.UNREADABLE_NAME),
    "eval": Piece('q = eval("1")', "", Refusal.UNREADABLE_NAME),
    "__class__": Piece("q = (1).__class__"),
    "name of a class": Piece("q = type(1).__name__"),
    "name of one's own class": Piece(
        "class O:\n    '''Doc.'''\n    def name(self):\n        return self.__class__.__name__ + type(self).__qualname__ + self.__doc__\nq = O().name()"
    ),
    "name of a function": Piece("def f():\n    '''Doc.'''\nq = f.__name__, f.__doc__"),
    "__name__": Piece("q = __name__"),
    "__dict__": Piece("class O:\n    pass\nq = O().__dict__", "", Refusal.UNREADABLE_NAME),
    "__globals__": Piece("def f(): pass\nq = f.__globals__", "", Refusal.INTERNAL),
    "version of torch": Piece("q = torch.__version__"),
    # classes
    "Enum": Piece(
        "q = Mode.A.value, Mode['A'].name, Mode(1), Mode.__members__",
        "from enum import Enum\nclass Mode(Enum):\n    A = 1",
    ),
    "Enum with auto and methods": Piece(
        "q = Mode.RELU.short()",
        "import enum\n@enum.unique\nclass Mode(str, enum.Enum):\n    RELU = 'relu'\n    TANH = 'tanh'\n    def short(self):\n        return self.value[:2]\nclass Level(enum.IntEnum):\n    LOW = enum.auto()",
    ),
    "members of an Enum named like operations": Piece(
        "q = Kind.norm is Kind.softmax, Kind.dropout",
        "from enum import Enum, auto\nclass Kind(Enum):\n    softmax = auto()\n    norm = auto()\n    dropout = auto()",
    ),
    "an Enum that reads a module": Piece(
        "q = list(Mode)[0]._convert_", "from enum import Enum\nclass Mode(Enum):\n    A = 1", Refusal.INTERNAL
    ),
    "ABC": Piece(
        "q = Base",
        "from abc import ABC, abstractmethod\nclass Base(ABC):\n    @abstractmethod\n    def step(self): ...",
    ),
    "ABCMeta": Piece(
        "q = Base",
        "import abc\nclass Base(metaclass=abc.ABCMeta):\n    @property\n    @abc.abstractmethod\n    def lr(self): ...",
    ),
    "another metaclass": Piece(
        "q = Base", "class M(type):\n    pass\nclass Base(metaclass=M):\n    pass", Refusal.SUBCLASS
    ),
    "dataclass": Piece(
        "q = State(1)", "from dataclasses import dataclass\n@dataclass\nclass State:\n    t: int = 0"
    ),
    "frozen dataclass": Piece(
        "q = State(1).t",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass State:\n    t: int\n    def __post_init__(self):\n        object.__setattr__(self, 't', 2)",
    ),
    "a dict of one's own": Piece(
        "q = Config(lr=1)['lr']", "class Config(dict):\n    def __missing__(self, key):\n        return 0"
    ),
    "a namedtuple to derive from": Piece(
        "q = Pair(1, 2).both()",
        "from collections import namedtuple\nclass Pair(namedtuple('PairBase', 'left right')):\n    def both(self):\n        return self.left + self.right",
    ),
    "a namedtuple with such a field": Piece(
        "q = P(1, 2)._replace(norm=3)", "from collections import namedtuple\nP = namedtuple('P', 'norm clip')"
    ),
    "a helper class of activations": Piece(
        "q = Act.sigmoid(0.0), Act.tanh(0.0)",
        "class Act:\n    @staticmethod\n    def sigmoid(x):\n        return 1 / (1 + 2.718 ** -x)\n    @classmethod\n    def tanh(cls, x):\n        return 2 * cls.sigmoid(2 * x) - 1\n    relu = staticmethod(lambda x: max(x, 0.0))",
    ),
    "a local class of that kind": Piece(
        "class Act:\n    @staticmethod\n    def softmax(x):\n        return x\nq = Act.softmax(1)"
    ),
    "super with arguments": Piece(
        "pass",
        "class A:\n    def __init__(self):\n        self.q = 1\nclass B(A):\n    def __init__(self):\n        super(B, self).__init__()",
    ),
    "own __getattr__": Piece(
        "q = Loose().anything",
        "class Loose:\n    def __getattr__(self, name):\n        return name\n    def __setattr__(self, name, value):\n        super().__setattr__(name, value)",
    ),
    "own __new__": Piece(
        "q = One()",
        "class One:\n    def __new__(cls):\n        return super().__new__(cls)\n    def __init_subclass__(cls, **more):\n        super().__init_subclass__(**more)\n    def __class_getitem__(cls, key):\n        return cls",
    ),
    "a descriptor": Piece(
        "q = Owner().v",
        "class Field:\n    def __set_name__(self, owner, name):\n        self.name = name\n    def __get__(self, obj, kind=None):\n        return 1\nclass Owner:\n    v = Field()",
    ),
    "a counter on the class": Piece(
        "q = Thing().n",
        "class Thing:\n    n = 0\n    def __init__(self):\n        type(self).n += 1\n        self.__class__.n += 1\n        Thing.n += 1",
    ),
    "an attribute on a function": Piece(
        "helper.calls += 1\nq = helper.calls", "def helper(x):\n    return x\nhelper.calls = 0"
    ),
    "an attribute on torch": Piece("torch.mine = 1", "", Refusal.ABSENT),
    "an attribute on Tensor": Piece("torch.Tensor.exp = 1", "", Refusal.NOT_OWN),
    "a subclass of Tensor": Piece("q = T", "class T(torch.Tensor):\n    pass", Refusal.SUBCLASS),
    "a module of layers": Piece(
        "q = Net", "import torch.nn as nn\nclass Net(nn.Module):\n    pass", Refusal.SUBCLASS
    ),
    "attributes that tensors have as well": Piece(
        "q = Layer().scale()",
        "class Layer:\n    def __init__(self):\n        self.q_scale, self.q_zero_point, self.prelu, self._size, self._grad_fn = 1, 0, 2, 3, None\n        self.index, self.size, self.names, self.data = 1, 2, [], 0\n    def scale(self):\n        return self.q_scale * self.prelu + self.q_zero_point + self._size",
    ),
    "attributes named like operations": Piece(
        "block = Block()\nq = block.softmax + block.norm + block.clip(5) + block.dropout",
        "class Block:\n    def __init__(self):\n        self.softmax, self.norm, self.dropout = 1, 2.0, 0.5\n    def clip(self, value):\n        return min(value, self.norm)\n    def relu(self, v):\n        return self.clip(v) + self.softmax",
    ),
    "a field named like an operation": Piece(
        "q = P(1, 2).norm + max([P(3, 4)], key=lambda p: p.clamp).clamp",
        "from typing import NamedTuple\nclass P(NamedTuple):\n    norm: int\n    clamp: int",
    ),
    "a dataclass of such fields": Piece(
        "q = S().sigmoid, [s.tanh for s in [S()]]",
        "from dataclasses import dataclass, field\n@dataclass\nclass S:\n    sigmoid: float = 0.0\n    tanh: list = field(default_factory=list)",
    ),
    "a table of one's own functions": Piece(
        "q = TABLE['relu'](1) + OPS.relu(2)",
        "from types import SimpleNamespace\nTABLE = {'relu': lambda v: max(v, 0)}\nOPS = SimpleNamespace(relu=TABLE['relu'])",
    ),
    # decorators
    "own decorator": Piece(
        "q = helper(1)",
        "def trace(fn):\n    def inner(*a, **k):\n        return fn(*a, **k)\n    return inner\n@trace\ndef helper(x):\n    return x",
    ),
    "own decorator with arguments": Piece(
        "q = helper(1)",
        "def times(n):\n    def deco(fn):\n        def inner(x):\n            return fn(x) * n\n        return inner\n    return deco\n@times(2)\ndef helper(x):\n    return x",
    ),
    "a class as a decorator": Piece(
        "q = helper(1)",
        "class Memo:\n    def __init__(self, fn):\n        self.fn = fn\n    def __call__(self, x):\n        return self.fn(x)\n@Memo\ndef helper(x):\n    return x",
    ),
    "a lambda as a decorator": Piece("q = helper(1)", "@(lambda f: f)\ndef helper(x):\n    return x"),
    "lru_cache": Piece(
        "q = helper(1)",
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef helper(x):\n    return x",
    ),
    "no_grad as a decorator": Piece("q = helper(1)", "@torch.no_grad()\ndef helper(x):\n    return x"),
    "no_grad without brackets": Piece("q = helper(1)", "@torch.no_grad\ndef helper(x):\n    return x"),
    "inference_mode as a decorator": Piece(
        "q = helper(1)", "@torch.inference_mode()\ndef helper(x):\n    return x"
    ),
    "script as a decorator": Piece(
        "q = helper", "@torch.jit.script\ndef helper(x):\n    return x", Refusal.UNWATCHED
    ),
    "compile as a decorator": Piece(
        "q = helper", "@torch.compile\ndef helper(x):\n    return x", Refusal.UNWATCHED
    ),
    # the top level
    "helper": Piece("q = helper2(1)", "def helper2(x):\n    return x"),
    "device line used": Piece("q = device", DEVICE),
    "device line unused": Piece("pass", DEVICE),
    "device object": Piece("q = device", 'device = torch.device("cpu")'),
    "manual_seed": Piece("pass", "torch.manual_seed(0)"),
    "default dtype": Piece("pass", "torch.set_default_dtype(torch.float64)"),
    "main guard": Piece("pass", 'if __name__ == "__main__":\n    print(1)'),
    "__all__": Piece("pass", '__all__ = ["x"]'),
    "Final": Piece("q = EPS", "from typing import Final\nEPS: Final = 1e-12"),
    "TypeAlias": Piece("pass", 'from typing import TypeAlias\nArr: TypeAlias = "Tensor"'),
    "constant changed": Piece("assert TOTAL == 2", "TOTAL = 1\nTOTAL += 1"),
    "constant under a condition": Piece(
        "assert EPS2 == 1e-8", "if True:\n    EPS2 = 1e-8\nelse:\n    EPS2 = 1e-6"
    ),
    "table filled in a loop": Piece(
        "assert TABLE[2] == 4 and NAMES == ['a', 'b']",
        "TABLE = {}\nfor i in range(3):\n    TABLE[i] = i * i\nNAMES = ['a']\nNAMES.append('b')",
    ),
    "table made by a helper": Piece(
        "assert SQUARES == [0, 1, 4]",
        "def squares(n):\n    return [i * i for i in range(n)]\nSQUARES = squares(3)",
    ),
    "scratch work": Piece("pass", "scratch = torch.randn(3)\nshown = scratch\nprint(shown)\nscratch[0] = 1"),
    "a decorator that is not defined": Piece("pass", "@nobody\ndef unused_helper(x):\n    return x"),
    "annotations by numpy": Piece(
        "q = helper(1)", "import numpy as np\ndef helper(x: np.ndarray) -> np.ndarray:\n    return x"
    ),
    # torch
    "one_hot": Piece("q = F.one_hot(torch.tensor([0, 1]), 2)", FUNCTIONAL),
    "pad": Piece("q = F.pad(torch.zeros(2), (1, 1))", FUNCTIONAL),
    "pad by its whole name": Piece("q = torch.nn.functional.pad(torch.zeros(2), (1, 1))"),
    "a layer": Piece("q = nn.Linear(2, 2)", "from torch import nn", Refusal.BUILT_HERE),
    "a loss": Piece("q = F.mse_loss(torch.zeros(1), torch.zeros(1))", FUNCTIONAL, Refusal.BUILT_HERE),
    "Parameter": Piece("q = nn.Parameter(torch.zeros(2))", "import torch.nn as nn", Refusal.BY_HAND),
    "no_grad": Piece("with torch.no_grad():\n    q = 1"),
    "inference_mode": Piece("with torch.inference_mode():\n    q = 1"),
    "no_grad kept": Piece("q = torch.no_grad()", "", Refusal.CONTEXT_ONLY),
    "enable_grad": Piece("with torch.enable_grad():\n    q = 1", "", Refusal.BY_HAND),
    "detach": Piece("q = torch.zeros(2).detach()"),
    "numpy of a tensor": Piece("q = torch.zeros(2).detach().cpu().numpy()", "", Refusal.SECOND_ROAD),
    "is_cuda": Piece("q = torch.zeros(2).is_cuda"),
    "to a device": Piece('q = torch.zeros(1).to(device="cpu")'),
    "requires_grad read": Piece("q = torch.zeros(1).requires_grad"),
    "requires_grad = False": Piece("q = torch.zeros(1)\nq.requires_grad = False"),
    "requires_grad=False": Piece("q = torch.zeros(1, requires_grad=False)"),
    "requires_grad = True": Piece("q = torch.zeros(1)\nq.requires_grad = True", "", Refusal.BY_HAND),
    "requires_grad=True": Piece("q = torch.zeros(1, requires_grad=True)", "", Refusal.BY_HAND),
    "requires_grad_": Piece("q = torch.zeros(1).requires_grad_()", "", Refusal.BY_HAND),
    "requires_grad_(False)": Piece("q = torch.zeros(1).clone().requires_grad_(False)"),
    "requires_grad_(True)": Piece("q = torch.zeros(1).requires_grad_(True)", "", Refusal.BY_HAND),
    "requires_grad_ handed on": Piece("f = torch.zeros(1).requires_grad_", "", Refusal.BY_HAND),
    "set_grad_enabled(False)": Piece("with torch.set_grad_enabled(False):\n    q = 1"),
    "set_grad_enabled(False) as a decorator": Piece(
        "q = f()", "@torch.set_grad_enabled(False)\ndef f():\n    return 1"
    ),
    "set_grad_enabled(True)": Piece("with torch.set_grad_enabled(True):\n    q = 1", "", Refusal.BY_HAND),
    "autograd": Piece("q = torch.autograd.grad", "", Refusal.BY_HAND),
    "requires_grad of one's own": Piece(
        "q = Node(1, requires_grad=True).requires_grad",
        "class Node:\n    def __init__(self, data, requires_grad=False):\n        self.data, self.requires_grad, self.grad_fn = data, requires_grad, None",
    ),
    "complex numbers": Piece("q = 1 + 2j", "", Refusal.REAL_NUMBERS),
    "complex dtype": Piece("q = torch.zeros(1, dtype=torch.complex64)", "", Refusal.REAL_NUMBERS),
    "float of a tensor": Piece("q = float(torch.tensor(1.0))"),
    "method by its class": Piece("q = torch.Tensor.add(torch.zeros(1), 1)"),
    "shape unpacked": Piece("a, b = torch.zeros(2, 3).shape"),
    "slice assignment": Piece("q = torch.zeros(3)\nq[1:] = 1"),
    "transposed": Piece("q = torch.zeros(2, 2).T"),
    "ellipsis index": Piece("q = torch.zeros(2, 2)[..., None]"),
    "storage": Piece("q = torch.zeros(1).storage().size()"),
    "a file by a storage": Piece(
        'q = torch.zeros(1).storage().untyped().from_file("x", False, 1)', "", Refusal.OUTSIDE
    ),
    "a file by a storage, named by a class": Piece(
        'q = torch.zeros(1).storage().untyped().from_file("x", False, 1)',
        "class Names:\n    from_file = untyped = None",
        Refusal.OUTSIDE,
    ),
    "a file by torch": Piece('q = torch.from_file("x")', "", Refusal.OUTSIDE),
    "load": Piece('q = torch.load("x")', "", Refusal.OUTSIDE),
    "untyped storage": Piece("q = torch.UntypedStorage(1)", "", Refusal.OUTSIDE),
    "utilities": Piece("q = torch.utils.data", "", Refusal.BUILT_HERE),
    "torch._C": Piece("q = torch._C._VariableFunctions", "", Refusal.UNWATCHED),
    "operators by name": Piece("q = torch.ops.aten.exp(torch.zeros(1))", "", Refusal.UNWATCHED),
    "a library of operators": Piece('q = torch.library.Library("aten", "IMPL")', "", Refusal.UNWATCHED),
    "a misspelt operation": Piece("q = torch.unsqeeze(torch.zeros(1), 0)", "", Refusal.ABSENT),
    "a module passed on": Piece("q = [torch]", "", Refusal.MODULE_AS_VALUE),
    # leftovers
    "breakpoint": Piece("if False:\n    breakpoint()"),
    "breakpoint at once": Piece("breakpoint()"),
    "pdb": Piece("if False:\n    import pdb; pdb.set_trace()"),
    "pdb from the top": Piece("if False:\n    pdb.set_trace()", "import pdb"),
    "set_trace by name": Piece("from ipdb import set_trace\nset_trace()"),
}
# Some chapters compute with numpy, and may.
WITH_NUMPY = frozenset({"ch12"})
