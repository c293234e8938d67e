"""Ways to get an answer that was not earned, by kind. Each is put before the untouched stub of chapter 3."""

# How a function can be carried to where it may not be used; capitals stand for what is carried, see LOOT.
CARRIERS = {
    "class_attribute": """
        class Box:
            kept = None
            @classmethod
            def put(cls, f): cls.kept = f

        def relu(x):
            Box.put(FUNCTION)
            return torch.maximum(x, torch.zeros_like(x))

        def EXERCISE(x, dim=-1): return CALL(Box.kept)
    """,
    "lambda_around_a_method": """
        class Box:
            kept = None
            @classmethod
            def put(cls, f): cls.kept = f
            @classmethod
            def get(cls): return cls.kept

        def relu(x):
            Box.put(lambda *args: FUNCTION(*args))
            return torch.maximum(x, torch.zeros_like(x))

        def EXERCISE(x, dim=-1): return CALL(Box.get())
    """,
    "at_import": """
        class Box:
            kept = {}
            @classmethod
            def put(cls, name, f):
                cls.kept[name] = f
                return 0

        K = Box.put("f", FUNCTION)

        def EXERCISE(x, dim=-1): return CALL(Box.kept["f"])
    """,
    "exception": """
        class Box(Exception):
            kept = None
            @classmethod
            def put(cls, f): cls.kept = f

        def relu(x):
            Box.put(FUNCTION)
            return torch.maximum(x, torch.zeros_like(x))

        def EXERCISE(x, dim=-1): return CALL(Box.kept)
    """,
    "class_body": """
        class Box:
            kept = staticmethod(FUNCTION)

        def EXERCISE(x, dim=-1): return CALL(Box.kept)
    """,
    "default_argument": """
        def helper(x, dim, f=FUNCTION): return CALL(f)

        def EXERCISE(x, dim=-1): return helper(x, dim)
    """,
    "constant": """
        TOOLS = [FUNCTION]

        def EXERCISE(x, dim=-1): return CALL(TOOLS[0])
    """,
    "decorator": """
        def with_tool(function):
            def inner(x, dim=-1): return CALL(FUNCTION)
            return inner

        @with_tool
        def EXERCISE(x, dim=-1): return x
    """,
    "partial": """
        import functools
        TOOL = functools.partial(FUNCTION)

        def EXERCISE(x, dim=-1): return CALL(TOOL)
    """,
    "dataclass_field": """
        from dataclasses import dataclass
        from typing import Any

        @dataclass
        class Box:
            f: Any = FUNCTION

        def EXERCISE(x, dim=-1): return CALL(Box().f)
    """,
    "enumeration": """
        from enum import Enum
        class Box(Enum):
            F = (FUNCTION,)

        def EXERCISE(x, dim=-1): return CALL(Box.F.value[0])
    """,
    "generator": """
        class Box:
            kept = []

        def tools():
            yield FUNCTION

        def relu(x):
            Box.kept.append(tools())
            return torch.maximum(x, torch.zeros_like(x))

        def EXERCISE(x, dim=-1): return CALL(next(Box.kept[-1]))
    """,
    "cache": """
        from functools import lru_cache

        @lru_cache(maxsize=None)
        def tool(): return FUNCTION

        def relu(x):
            tool()
            return torch.maximum(x, torch.zeros_like(x))

        def EXERCISE(x, dim=-1): return CALL(tool())
    """,
    "caught": """
        def EXERCISE(x, dim=-1):
            try:
                return CALL(FUNCTION)
            except BaseException:
                return CALL(FUNCTION)
            finally:
                pass
    """,
    "subclass_of_tuple": """
        class Late(tuple):
            def __iter__(self): return iter([self.make()])
            def make(self): return FUNCTION

        def EXERCISE(x, dim=-1):
            for f in Late():
                return CALL(f)
    """,
}

# What is carried: (exercise, the function, how it is called once it is there).
LOOT = {
    "function": ("softmax", "torch.softmax", "(lambda f: f(x, dim))"),
    "method": ("softmax", "torch.Tensor.softmax", "(lambda f: f(x, dim))"),
    "cousin": ("softmax", "torch.log_softmax", "(lambda f: f(x, dim).exp())"),
    "tanh": ("tanh", "torch.tanh", "(lambda f: f(x))"),
    "in_place": ("sigmoid", "torch.Tensor.sigmoid_", "(lambda f: f(x.clone()))"),
}

# Thefts of one piece each; the exercise stands after the two underscores.
SINGLE = {
    "table_of_values__tanh": """
        class Box:
            kept = []

        def relu(x):
            Box.kept.append(torch.tanh(torch.linspace(-30, 30, 600001, dtype=torch.float64)))
            return torch.maximum(x, torch.zeros_like(x))

        def tanh(x):
            place = ((x.clamp(-30, 30).to(torch.float64) + 30) * 10000)
            low = place.floor().long().clamp(0, 599999)
            share = place - low
            return (Box.kept[0][low] * (1 - share) + Box.kept[0][low + 1] * share).to(x.dtype)
    """,
    "table_at_import__tanh": """
        class Box:
            table = torch.tanh(torch.linspace(-30, 30, 600001, dtype=torch.float64))

        def tanh(x):
            place = ((x.clamp(-30, 30).to(torch.float64) + 30) * 10000)
            low = place.floor().long().clamp(0, 599999)
            share = place - low
            return (Box.table[low] * (1 - share) + Box.table[low + 1] * share).to(x.dtype)
    """,
    "attrgetter__softmax": """
        import operator
        def softmax(x, dim=-1): return operator.methodcaller("softmax", dim)(x)
    """,
    "computed_name__softmax": """
        def softmax(x, dim=-1): return getattr(x, "soft" + "max")(dim)
    """,
    "format__softmax": """
        class Shown:
            def __format__(self, spec): return ""
        def softmax(x, dim=-1):
            "{0.softmax}".format(x)
            return type(x).softmax(x, dim)
    """,
    "attention__softmax": """
        import torch.nn.functional as F
        def softmax(x, dim=-1):
            x = x.movedim(dim, -1)
            eye = torch.eye(x.shape[-1], dtype=x.dtype)
            return F.scaled_dot_product_attention(x, eye, eye, scale=1.0).movedim(-1, dim)
    """,
    "hyperbolic__tanh": """
        def tanh(x): return torch.sinh(x.clamp(-300, 300)) / torch.cosh(x.clamp(-300, 300))
    """,
    "logit_of_silu__sigmoid": """
        import torch.nn.functional as F
        def sigmoid(x): return F.silu(x + 1e-300) / (x + 1e-300)
    """,
    "reads_a_file__softmax": """
        class Names: from_file = untyped = None

        def softmax(x, dim=-1):
            raise ValueError(str(list(x.storage().untyped().from_file("/etc/ld.so.cache", False, 10))))
    """,
    "numpy__tanh": """
        import numpy as np
        def tanh(x): return torch.from_numpy(np.tanh(x.numpy()))
    """,
    "scalars__tanh": """
        import math
        def tanh(x): return torch.tensor([math.tanh(v) for v in x.reshape(-1).tolist()], dtype=x.dtype).reshape(x.shape)
    """,
    "complex_step__sigmoid_backward": """
        def sigmoid_backward(grad_out, x):
            step = x + 1e-30 * (-1.0) ** 0.5
            return grad_out * (1 / (1 + torch.exp(-step))).imag / 1e-30
    """,
    "complex_step_by_conversion__tanh_backward": """
        def tanh_backward(grad_out, x):
            step = x + 1e-30 * (-1.0) ** 0.5
            e = torch.exp(2 * step)
            return grad_out * (((e - 1) / (e + 1)) * -((-1.0) ** 0.5)).to(x.dtype) / 1e-30
    """,
    "recorded__sigmoid_backward": """
        def sigmoid_backward(grad_out, x):
            with torch.inference_mode(False):
                x = x.clone().requires_grad_(True)
                y = 1 / (1 + torch.exp(-x))
                y.backward(grad_out)
            return x.grad
    """,
    "functional_gradient__tanh_backward": """
        def tanh_backward(grad_out, x):
            return torch.func.vjp(lambda t: 2 / (1 + torch.exp(-2 * t)) - 1, x)[1](grad_out)[0]
    """,
    "forward_mode__relu_backward": """
        def relu_backward(grad_out, x):
            return torch.func.jvp(lambda t: torch.maximum(t, torch.zeros_like(t)), (x,), (grad_out,))[1]
    """,
}
