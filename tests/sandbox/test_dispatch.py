"""Barred operations are refused whatever road leads to them, and everything else is as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from textwrap import dedent

import pytest
import torch
import torch.nn.functional as F
from sandboxes import need
from torch import nn

from grader.sandbox.channel import InProcess
from grader.sandbox.dispatch import COMPLEX_EVERY, OperationBarred, OperationFilter, operation_filter
from grader.sandbox.exceptions import LearnerBarred, LearnerRaised
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.sandbox.operations import KERNELS, PREPARED
from grader.sandbox.proxy import Learner

X = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]], dtype=torch.float64)
ROADS: dict[str, tuple[str, Callable[[], object]]] = {
    "function": ("softmax", lambda: torch.softmax(X, 0)),
    "method": ("softmax", lambda: X.softmax(0)),
    "functional": ("softmax", lambda: F.softmax(X, 0)),
    "module": ("softmax", lambda: nn.Softmax(0)(X)),
    "special": ("softmax", lambda: torch.special.softmax(X, 0)),
    "namespace of operators": ("softmax", lambda: torch.ops.aten._softmax(X, 0, False)),
    "binding": ("tanh", lambda: torch._C._VariableFunctions.tanh(X)),
    "out=": ("tanh", lambda: torch.tanh(X, out=torch.empty_like(X))),
    "in place": ("sigmoid", lambda: X.clone().sigmoid_()),
    "over lists": ("tanh", lambda: torch._foreach_tanh([X])),
    "over lists in place": ("sigmoid", lambda: torch._foreach_sigmoid_([X.clone()])),
    "complex": ("tanh", lambda: torch.tanh(X.to(torch.complex128))),
    "vmap": ("tanh", lambda: torch.vmap(torch.tanh)(X)),
    "derivative": ("tanh", lambda: torch.func.jvp(torch.tanh, (X,), (X,))),
    "inference mode": ("tanh", lambda: torch.inference_mode()(torch.tanh)(X)),
    "tracing": ("tanh", lambda: torch.jit.trace(torch.tanh, (X,))(X)),
    "mkldnn": ("softmax", lambda: X.float().to_mkldnn().softmax(0).to_dense()),
    "sparse": ("softmax", lambda: torch.sparse.softmax(X.to_sparse(), 0)),
    "sparse logarithm": ("log_softmax", lambda: torch.sparse.log_softmax(X.to_sparse(), 0)),
    "meta": ("tanh", lambda: torch.empty(3, device="meta").tanh()),
    "subclass": ("tanh", lambda: torch.tanh(nn.Parameter(X))),
    "masked": ("softmax", lambda: torch._masked_softmax(X.float(), X > 9, 1, 1)),
    "attention": ("softmax", lambda: F.scaled_dot_product_attention(X[None], X[None], X[None])),
    "flash attention": ("softmax", lambda: F.scaled_dot_product_attention(*3 * [X[None, None].float()])),
    "gumbel": ("softmax", lambda: F.gumbel_softmax(X)),
    "distribution": ("softmax", lambda: torch.distributions.Categorical(logits=X).probs),
    "softmin": ("softmax", lambda: F.softmin(X, 0)),
    "cross entropy": ("log_softmax", lambda: F.cross_entropy(X, torch.tensor([0, 1]))),
    "gated cell": ("sigmoid", lambda: nn.GRUCell(3, 2, dtype=torch.float64)(X)),
    "long memory": ("tanh", lambda: nn.LSTM(3, 2, dtype=torch.float64)(X)),
    "recurrent": ("tanh", lambda: nn.RNN(3, 2, dtype=torch.float64)(X)),
    "gated linear": ("sigmoid", lambda: F.glu(torch.cat([X, X], 1))),
    "expit": ("sigmoid", lambda: torch.special.expit(X)),
    "norm of a matrix": ("norm", lambda: torch.linalg.norm(X)),
    "norm over lists": ("norm", lambda: torch._foreach_norm([X])),
    "total norm": ("norm", lambda: nn.utils.get_total_norm([X])),
    "distance": ("dist", lambda: torch.dist(X, X + 1)),
    "distances": ("cdist", lambda: torch.cdist(X, X)),
    "dropout": ("dropout", lambda: F.dropout(X)),
    "batch norm": ("batch_norm", lambda: nn.BatchNorm1d(3, dtype=torch.float64)(X)),
    "instance norm": ("batch_norm", lambda: F.instance_norm(X[None])),
    "group norm": ("group_norm", lambda: F.group_norm(X, 1)),
    "layer norm": ("layer_norm", lambda: nn.LayerNorm(3, dtype=torch.float64)(X)),
    "rms norm": ("rms_norm", lambda: F.rms_norm(X, (3,))),
    "relu": ("relu", lambda: nn.ReLU(inplace=True)(X.clone())),
    "elu": ("elu", lambda: F.selu(X)),
    "imaginary part": ("complex", lambda: torch.complex(X, X).imag),
    "real conversion": ("complex", lambda: torch.complex(X, X).to(torch.float64)),
    "another view": ("complex", lambda: torch.complex(X, X).view(torch.float64)),
    "one number": ("complex", lambda: torch.complex(X, X)[0, 0].item()),
    "length": ("complex", lambda: torch.complex(X, X).abs()),
    "into real memory": ("complex", lambda: X.clone().copy_(torch.complex(X, X))),
}


@pytest.fixture
def operations() -> OperationFilter:
    """The filter of this process, with nothing noted; the next call of the learner's looks for complex numbers."""
    found = operation_filter()
    found.called.clear()
    while found.calls % COMPLEX_EVERY:
        with found.barring(()):
            pass
    return found


def test_every_kernel_that_is_listed_is_one_of_torchs() -> None:
    known = {schema.name for schema in torch._C._jit_get_all_schemas()}

    missing = {
        word: [name for name in names if f"aten::{name.partition('.')[0]}" not in known]
        for word, names in KERNELS.items()
    }

    assert {word: names for word, names in missing.items() if names} == {}
    assert set(PREPARED) < set(KERNELS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("road", ROADS)
def test_no_road_leads_to_a_barred_operation(operations: OperationFilter, road: str) -> None:
    word, call = ROADS[road]

    with operations.barring((word,)), pytest.raises(Exception, match="may not be used here"):
        call()

    assert operations.called == [word]
    call()  # as if nothing had been


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("road", ROADS)
def test_what_is_not_barred_gives_what_it_gave(operations: OperationFilter, road: str) -> None:
    _, call = ROADS[road]
    torch.manual_seed(0)
    before = call()
    operations.prepare(PREPARED)

    torch.manual_seed(0)
    with operations.barring(("erfinv",)):  # its kernels are in the way, and let it pass
        after = call()

    torch.testing.assert_close(after, before)


def test_a_comparison_with_a_number_and_a_conversion_pass(operations: OperationFilter) -> None:
    with operations.barring(("complex",)):
        mask = (X > 0).to(X.dtype)
        X.clone()[0] = 2
        number = float(X[0, 0])

    assert torch.equal(mask, torch.where(X > 0, 1.0, 0.0).to(torch.float64))
    assert number == 1.0


def test_the_top_level_of_a_file_gets_results_without_a_value(operations: OperationFilter) -> None:
    with operations.barring(("tanh",), spoil=True):
        spoiled = torch.tanh(X)
        kept = torch.exp(X)

    assert spoiled.isnan().all()
    assert torch.equal(kept, X.exp())
    assert operations.called == []


def test_barring_ends_with_an_exception_and_nests(operations: OperationFilter) -> None:
    with contextlib.suppress(ZeroDivisionError), operations.barring(("tanh",)):
        with operations.barring(("sigmoid",)):
            torch.tanh(X)
        with pytest.raises(OperationBarred):
            torch.tanh(X)
        raise ZeroDivisionError

    assert torch.tanh(X).isfinite().all()


# --- in a learner's process -------------------------------------------------------------------------------

SOURCE = dedent("""
    import torch

    class Box:
        kept = {}

    def park(x):
        Box.kept["f"] = torch.tanh
        Box.kept["table"] = torch.tanh(torch.linspace(-5, 5, 101))
        return x.clone()

    def by_function(x): return Box.kept["f"](x)
    def by_table(x): return Box.kept["table"][((x + 5) * 10).long()]
    def direct(x): return torch.tanh(x)
    def caught(x):
        try:
            return torch.tanh(x)
        except BaseException:
            return 2 / (1 + torch.exp(-2 * x)) - 1
    def honest(x): return 2 / (1 + torch.exp(-2 * x)) - 1

    class Late(tuple):
        def __iter__(self): return iter([torch.tanh(tuple.__getitem__(self, 0))])
    def late(x): return Late((x,))

    class Box2:
        made = torch.tanh(torch.ones(2))
    def constant(x): return Box2.made + 0 * x

    def recorded(x):
        with torch.inference_mode(False):
            y = x.clone().requires_grad_()
            (y * y).sum().backward()
            return y.grad
""")
SMALL = torch.tensor([0.5, -1.0])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sealed sandbox."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP) as running:
        yield running


@pytest.fixture
def learner(sandbox: Sandbox) -> Iterator[Learner]:
    """A learner that knows tanh, in an exercise that bars it."""
    with sandbox.learner(SOURCE) as found:
        found.begin_example(0)
        found.park(SMALL)
        found.barred = ("tanh", "softmax")
        found.begin_example(1)
        yield found


@pytest.mark.parametrize("name", ["direct", "late"])
def test_a_barred_operation_is_told_with_its_word(learner: Learner, name: str) -> None:
    with pytest.raises(LearnerBarred) as barred:
        learner.call(name, SMALL)

    assert barred.value.operations == ("tanh",)
    assert barred.value.line is not None


def test_catching_the_refusal_does_not_hide_it(learner: Learner) -> None:
    with pytest.raises(LearnerBarred):
        learner.caught(SMALL)
    assert torch.allclose(learner.honest(SMALL), torch.tanh(SMALL))


@pytest.mark.parametrize("name", ["by_function", "by_table"])
def test_nothing_is_carried_over_from_an_exercise_that_may(learner: Learner, name: str) -> None:
    with pytest.raises(LearnerRaised, match="KeyError"):
        learner.call(name, SMALL)


def test_what_a_file_computes_at_its_top_has_no_value_where_it_is_barred(learner: Learner) -> None:
    assert learner.constant(SMALL).isnan().all()

    learner.barred = ()

    assert torch.allclose(learner.constant(SMALL), torch.tanh(torch.ones(2)))
    assert torch.equal(learner.direct(SMALL), torch.tanh(SMALL))


def test_gradients_cannot_be_recorded_and_run_back(learner: Learner) -> None:
    with pytest.raises(LearnerRaised, match="gradients are written by hand"):
        learner.recorded(SMALL)


def test_complex_numbers_are_found_in_one_call_of_so_many() -> None:
    source = "import torch\ndef step(x): return torch.exp(x + 1e-30 * (-1.0) ** 0.5).imag / 1e-30\n"
    found = []

    inside = Learner(InProcess())
    inside.load(source)
    inside.barred = ("complex",)
    for _ in range(2 * COMPLEX_EVERY):
        try:
            inside.step(SMALL)
        except LearnerBarred:
            found.append(True)

    assert len(found) == 2


def test_meanwhile_the_operations_of_this_process_are_free() -> None:
    inside = Learner(InProcess())
    inside.load(SOURCE)
    inside.barred = ("tanh",)

    with pytest.raises(LearnerBarred):
        inside.direct(SMALL)

    assert torch.tanh(SMALL).isfinite().all()
