"""The sentence that says why the rules refuse something, made from the kind of reason and the name.

A name with a better way around it has a sentence of its own; else the kind speaks.
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.language import gettext as _
from grader.records import Breach, Refusal

_KINDS: Mapping[Refusal, str] = {
    Refusal.ANSWER: "it is the answer itself here; build it from elementary operations",
    Refusal.NOT_LISTED: "it is not among the elementary operations of this course",
    Refusal.ABSENT: "there is no such name",
    Refusal.BUILT_HERE: "layers, activations, losses and optimizers are what you build here",
    Refusal.BY_HAND: "gradients are written by hand here",
    Refusal.REAL_NUMBERS: "the course needs real numbers only",
    Refusal.SECOND_ROAD: "it is a second road to the answer; tensors stay tensors here, and torch has the operation",
    Refusal.UNWATCHED: "compiled code, and what starts code elsewhere, cannot be watched",
    Refusal.UNREADABLE_NAME: "a name must be readable; write it out, as in value.name",
    Refusal.INTERNAL: "it belongs to Python's own machinery",
    Refusal.OUTSIDE: "nothing is read from or written to files, the network or the keyboard here",
    Refusal.NOT_INSTALLED: "it is not installed where work is graded",
    Refusal.RANDOM: "random numbers come from torch, with a generator",
    Refusal.EVERY_DEVICE: "one program runs on every device; pass x.device on",
    Refusal.MODULE_AS_VALUE: "a module may not be passed on; write its name where you need it",
    Refusal.ONE_ARGUMENT: "it takes one argument here",
    Refusal.CONTEXT_ONLY: "write it in a with, or above a function, with nothing between the brackets",
    Refusal.NOT_OWN: "only what is your own may get attributes",
    Refusal.SUBCLASS: "classes here derive from your own classes and from Python's, not from a library's",
    Refusal.TWO_MEANINGS: "one name stands for an import or a built-in and for something else",
    Refusal.OTHER_FILE: "chapters stand alone; write the function here as well",
    Refusal.IMPORTED_EXERCISE: "it is yours to write, with def",
    Refusal.FORM: "the course does without it",
}

_ANSWERS: Mapping[str, str] = {
    "softmax": "softmax is built from exp, max and sum here",
    "log_softmax": "log_softmax is built from exp, log, max and sum here",
    "logsumexp": "logsumexp is built from exp, log, max and sum here",
    "logcumsumexp": "logcumsumexp is a logsumexp under another name; build it from exp, log, max and sum",
    "logaddexp": "logaddexp is a logsumexp of two; build it from exp, log and max",
    "logaddexp2": "logaddexp2 is a logsumexp of two; build it from exp, log and max",
    "softplus": "softplus is built from exp, log1p and max here",
    "sigmoid": "sigmoid is built from exp here",
    "tanh": "tanh is built from exp here",
    "tan": "tan of an imaginary number is tanh; build it from exp",
    "relu": "relu is built from a comparison or a maximum here",
    "norm": "a norm is built from abs, powers and sum here",
    "vector_norm": "a norm is built from abs, powers and sum here",
    "clamp": "clipping is built from a comparison, maximum or minimum here",
    "layer_norm": "layer norm is built from mean and var here",
    "batch_norm": "batch norm is built from mean and var here",
    "rms_norm": "rms norm is built from mean and sqrt here",
    "dropout": "dropout is built from random numbers and a mask here",
    "cross_entropy": "cross entropy is built from log and sum here",
}

# Better ways around single names, whatever the kind.
_ADVICE: Mapping[str, str] = {
    "scaled_dot_product_attention": "attention holds a softmax; build it from exp, max and sum",
    "apply_": "write the operation on the whole tensor; it runs on the CPU alone otherwise",
    "map_": "write the operation on the whole tensor; it runs on the CPU alone otherwise",
    "format": 'a name must be readable; write an f-string: f"{value:.3f}"',
    "format_map": 'a name must be readable; write an f-string: f"{value:.3f}"',
    "open": "nothing is read from files or written to them here",
    "input": "nobody is there to type an answer",
    "type": "write type(x), with one argument",
    "functools.wraps": "write @functools.wraps(function), with one argument",
    "torch.optim": "optimizers are what you build here",
    "torch.utils": "loading data is what you build here",
    "onnx.load": "models come as arguments here, not from files",
    "onnx.save": "models go back as results here, not into files",
    "onnx.reference": "running the model is what you build here",
    "onnxruntime": "running the model is what you build here",
    "torch.nn.Parameter": "gradients are written by hand here; a plain tensor does",
}

# Constants of a library beside torch, which compute nothing: what to take instead.
_CONSTANTS = frozenset({"pi", "e", "inf", "nan", "newaxis", "euler_gamma"})


def refusal_words(breach: Breach) -> str:
    """Why the rules refuse what was found, in a sentence without its full stop."""
    name, last = breach.name, breach.name.rpartition(".")[2]
    if breach.refusal is Refusal.ANSWER:
        return _(_ANSWERS.get(last) or _ANSWERS.get(last.strip("_")) or _KINDS[Refusal.ANSWER])
    if breach.refusal is Refusal.ABSENT and breach.near:
        return _("there is no such name; did you mean {near}?").format(near=breach.near)
    if breach.refusal is Refusal.SECOND_ROAD:
        if last in _CONSTANTS:
            return _("numbers come from torch or math here")
        return _("{library} is a second road to the answer; torch has the operation").format(
            library=name.split(".")[0]
        )
    if breach.refusal is Refusal.IMPORTED_EXERCISE:
        return _("{exercise} is yours to write, with def").format(exercise=breach.exercises[0])
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if advice := _ADVICE.get(".".join(parts[:length])):
            return _(advice)
    return _(_ADVICE.get(last) or _KINDS[breach.refusal])
