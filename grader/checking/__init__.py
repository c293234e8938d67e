"""The language that checks are written in."""

from hypothesis.strategies import booleans, builds, composite, data, just, lists, one_of, sampled_from, tuples

from grader.checking.check import Check, Law, check, given, sweep
from grader.checking.comparison import agree, refuses
from grader.checking.derivation import derived
from grader.checking.failures import NotCheckable, fail, require
from grader.checking.gradients import agree_gradient, autograd, central_differences, cotangent
from grader.checking.law_exercises import law_exercise
from grader.checking.strategies import (
    SPECIAL,
    apart,
    floats,
    integers,
    magnitudes,
    scores_apart,
    seeds,
    shapes,
    shortened,
    tensor_from,
    tensors,
)
from grader.checking.tensor_laws import tensor_laws
from grader.sandbox.contracts import (
    ANYTHING,
    BOOL,
    FLOAT,
    INTEGER,
    NOTHING,
    NUMBER,
    OBJECT,
    SCALAR,
    TENSOR,
    list_of,
)
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.proxy import Learner

__all__ = [
    "ANYTHING",
    "BOOL",
    "FLOAT",
    "INTEGER",
    "NOTHING",
    "NUMBER",
    "OBJECT",
    "SCALAR",
    "SPECIAL",
    "TENSOR",
    "Check",
    "Law",
    "Learner",
    "LearnerRaised",
    "NotCheckable",
    "agree",
    "agree_gradient",
    "apart",
    "autograd",
    "booleans",
    "builds",
    "central_differences",
    "check",
    "composite",
    "cotangent",
    "data",
    "derived",
    "fail",
    "floats",
    "given",
    "integers",
    "just",
    "law_exercise",
    "list_of",
    "lists",
    "magnitudes",
    "one_of",
    "refuses",
    "require",
    "sampled_from",
    "scores_apart",
    "seeds",
    "shapes",
    "shortened",
    "sweep",
    "tensor_from",
    "tensor_laws",
    "tensors",
    "tuples",
]
