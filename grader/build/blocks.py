"""Say which blocks of a network are the learner's and which are lent, and put them together.

A **piece** is one exercise, a **block** the pieces of one chapter. A piece is lent while its exercise is a stub or held
back by the rules; one that fails a check is used all the same, since the learner is to see what it does to a network.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any

from grader.build import lent
from grader.records import Outcome, Report, Ruling
from grader.syntax import written_names

# Which exercises the network is made of, by chapter. The tasks differ where a chapter has more than one way to go.
_EVERY_TASK = {
    "ch01_dataloader": ("DataLoader",),
    "ch02_neuron": ("init_linear", "linear", "mlp_forward"),
    "ch03_activations": ("relu", "relu_backward"),
    "ch08_clipping": ("clip_by_norm",),
    "ch09_scheduling": ("warmup_cosine",),
    "ch10_quantization": ("choose_qparams", "quantize", "dequantize", "quantize_per_channel", "quantized_linear"),
    "ch11_normalization": ("BatchNorm",),
    "ch12_onnx": ("export_mlp", "run_model"),
}  # fmt: skip
PIECES: dict[str, dict[str, tuple[str, ...]]] = {
    "wave": _EVERY_TASK
    | {
        "ch04_losses": ("mse_loss", "mse_backward"),
        "ch05_optimizers": ("Adam",),
        "ch06_chain_rule": ("linear_backward",),
        "ch07_regularization": ("l2_gradients",),
    },
    "digits": _EVERY_TASK
    | {
        "ch04_losses": ("cross_entropy", "cross_entropy_backward"),
        "ch05_optimizers": ("SGD",),
        "ch06_chain_rule": ("linear_backward", "mlp_loss_and_grads"),
        "ch07_regularization": ("AdamW", "dropout", "dropout_backward"),
    },
}


class State(StrEnum):
    """Whose a piece is, and how far it can be trusted."""

    SOLVED = "yours"
    WRITTEN = "yours, not checked yet"
    FAILING = "yours, fails a check"
    LENT = "lent"


class Owner(StrEnum):
    """Whose a block is."""

    LEARNER = "yours"
    BOTH = "partly yours"
    LENT = "lent"


@dataclass(frozen=True)
class Piece:
    """One exercise as a part of the network."""

    name: str
    state: State


@dataclass(frozen=True)
class Block:
    """One chapter as a part of the network.

    Args:
        stem: the chapter.
        pieces: those that the task needs.
        source: what the rules let through of the learner's file.
        path: that file, for messages.
    """

    stem: str
    pieces: tuple[Piece, ...]
    source: str = ""
    path: str = ""

    @property
    def mine(self) -> tuple[str, ...]:
        """The pieces that the learner wrote."""
        return tuple(piece.name for piece in self.pieces if piece.state is not State.LENT)

    @property
    def whose(self) -> Owner:
        """Whose the block is: the learner's only if every piece is."""
        if not self.mine:
            return Owner.LENT
        return Owner.BOTH if len(self.mine) < len(self.pieces) else Owner.LEARNER


def survey(
    stem: str, task: str, ruling: Ruling | None = None, path: str = "", report: Report | None = None
) -> Block:
    """Look at one chapter: what is still a stub, or held back by the rules, is lent.

    Args:
        stem: the chapter.
        task: wave or digits; each needs its own pieces.
        ruling: what the rules made of the learner's file; None when there is none or it cannot be read.
        path: the file, for messages.
        report: the last report, if it is about this very file.
    """
    names = PIECES[task].get(stem, ())
    written = _written(ruling) if ruling else frozenset()
    pieces = tuple(Piece(name, _state(name, written, report)) for name in names)
    return Block(stem, pieces, ruling.source if ruling else "", path)


def _state(name: str, written: frozenset[str], report: Report | None) -> State:
    """How far a piece can be trusted: by the last report, if it says anything about it."""
    if name not in written:
        return State.LENT
    outcomes = [check.outcome for check in report.checks if check.exercise == name] if report else []
    if not outcomes:
        return State.WRITTEN
    return State.SOLVED if all(outcome is Outcome.PASSED for outcome in outcomes) else State.FAILING


def _written(ruling: Ruling) -> frozenset[str]:
    """The functions and classes that are defined, allowed, and no stub."""
    return written_names(ast.parse(ruling.source)) - ruling.barred()


# --- putting them together --------------------------------------------------------------------------------


class BlockRaised(Exception):
    """The learner's code stopped the run.

    Args:
        error: what it raised.
        stem: the chapter it came out of.
        exercise: the function or class that was called; empty if it came while the file was loaded.
        line: where in the file, 0 if that is not known.
    """

    def __init__(self, error: BaseException, stem: str, exercise: str, line: int) -> None:
        super().__init__(f"{type(error).__name__}: {error}")
        self.stem, self.exercise, self.line = stem, exercise, line


class Blocks:
    """The pieces by name: `blocks.linear(x, weight, bias)` calls whoever's `linear` it is."""

    def __init__(self, pieces: Mapping[str, Any]) -> None:
        self._pieces = dict(pieces)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            found: Callable[..., Any] = self.__dict__["_pieces"][name]
        except KeyError:
            raise AttributeError(f"the network has no block {name}") from None
        return found


def put_together(blocks: Sequence[Block]) -> Blocks:
    """Load the learner's files into this process, and lend what they leave open.

    Each file is a module of its own, so two chapters may define a helper of the same name. A learner's piece calls the
    learner's own other functions; the network calls whoever's piece it is.

    Args:
        blocks: of all chapters that the task needs.

    Raises:
        BlockRaised: a file cannot be loaded.
    """
    pieces = {name: getattr(lent, name) for name in lent.__all__}
    for block in blocks:
        if block.mine:
            names = vars(_load(block))
            pieces |= {name: names[name] for name in block.mine}
    return Blocks(pieces)


def _load(block: Block) -> ModuleType:
    """Run the definitions of one file, here and with every right of this process: it is the learner's own machine."""
    module = ModuleType(block.stem)
    sys.modules[block.stem] = module  # dataclasses look their module up
    try:
        exec(compile(block.source, file_name(block.stem), "exec"), vars(module))
    except Exception as error:
        raise BlockRaised(error, block.stem, "", 0) from error
    return module


def file_name(stem: str) -> str:
    """What a traceback calls the learner's file."""
    return f"<{stem}>"


def blamed(error: Exception, blocks: Sequence[Block]) -> BlockRaised | None:
    """Find the learner's exercise that an exception came out of; None if it came out of nobody's.

    Args:
        error: with its traceback.
        blocks: those that were put together.
    """
    files = {file_name(block.stem): block for block in blocks if block.mine}
    place: tuple[Block, int, int] | None = None
    trace = error.__traceback__
    while trace is not None:
        block = files.get(trace.tb_frame.f_code.co_filename)
        if block is not None:
            # The first line tells which exercise was called, the last one where it broke.
            first = place[1] if place else trace.tb_lineno
            place = (block, first, trace.tb_lineno)
        trace = trace.tb_next
    if place is None:
        return None
    block, first, last = place
    return BlockRaised(error, block.stem, _definition_at(block.source, first), last)


def _definition_at(source: str, line: int) -> str:
    """The function or class that a line lies in; '' for a line of the top level."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if node.lineno <= line <= (node.end_lineno or node.lineno):
                return node.name
    return ""
