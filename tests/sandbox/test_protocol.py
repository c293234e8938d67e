"""The wire carries what it should, and junk in either direction is refused, never trusted."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox import protocol
from grader.sandbox.channel import InProcess
from grader.sandbox.exceptions import LearnerLost, LearnerMisbehaved, LearnerMissing, LearnerRaised
from grader.sandbox.guest import Session
from grader.sandbox.process_time import Deadline
from grader.sandbox.protocol import (
    Body,
    BytesValue,
    DictValue,
    FixtureValue,
    HandleValue,
    ListValue,
    Reply,
    Request,
    SequenceValue,
    TensorValue,
    TupleValue,
    WireError,
)
from grader.sandbox.proxy import Learner

ECHO = "def echo(*args, **kwargs):\n    return list(args), kwargs\n"

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)  # fmt: skip


def learner_of(source: str) -> Learner:
    learner = Learner(InProcess())
    learner.load(source)
    return learner


@given(value=plain)
@settings(max_examples=200, deadline=None)
def test_plain_values_come_back_as_they_were_sent(value: object) -> None:
    args, _ = learner_of(ECHO).call("echo", value)

    assert args == [value]
    assert type(args[0]) is type(value)


@pytest.mark.parametrize("dtype", list(protocol.DTYPE_NAMES))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3), (1, 2, 3, 4)])
def test_tensors_of_every_dtype_and_shape_survive_the_round_trip(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    x = torch.arange(24).reshape(1, 2, 3, 4).to(dtype) if len(shape) == 4 else torch.ones(shape).to(dtype)

    args, _ = learner_of(ECHO).call("echo", x)

    assert args[0].dtype is dtype
    assert args[0].shape == x.shape
    assert torch.equal(args[0], x)


def test_special_floats_survive_the_round_trip() -> None:
    x = torch.tensor([float("nan"), float("inf"), -0.0, 5e-324], dtype=torch.float64)

    args, _ = learner_of(ECHO).call("echo", x, float("inf"))

    assert torch.equal(args[0].view(torch.int64), x.view(torch.int64))
    assert args[1] == float("inf")


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(torch.arange(6.0).reshape(2, 3).T, id="transposed"),
        pytest.param(torch.arange(12.0)[::3], id="strided"),
        pytest.param(torch.tensor([[1.0], [2.0]]).expand(2, 3), id="expanded"),
    ],
)
def test_the_learner_gets_the_memory_layout_that_was_sent(view: torch.Tensor) -> None:
    learner = learner_of("def layout(x):\n    return list(x.stride()), x.is_contiguous(), x\n")

    strides, contiguous, back = learner.layout(view)

    assert tuple(strides) == view.stride()
    assert contiguous is False
    assert torch.equal(back, view)


@given(header=st.binary(max_size=200), body=st.binary(max_size=64))
@settings(max_examples=300, deadline=None)
def test_a_guest_refuses_junk(header: bytes, body: bytes) -> None:
    session = Session()

    try:
        reply, reply_body = session.handle(header, bytearray(body))
    except WireError:
        return

    # Without a header it is a batch.
    replies = [reply] if header else [one for one, _ in protocol.split_frames(bytearray(reply_body))]
    statuses = {protocol.unpack_reply(one).status for one in replies}
    assert statuses <= {"ok", "raised", "missing", "unsendable", "stop", "uncheckable"}


class Forger:
    """A channel whose answers are whatever the attacker likes."""

    spent_s = 0.0

    def __init__(self, header: bytes, body: bytes = b"") -> None:
        self._answer = header, bytearray(body)

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        return self._answer

    def distrust(self, reason: str) -> None:
        """Nothing to end."""


@given(header=st.binary(max_size=200), body=st.binary(max_size=64))
@settings(max_examples=300, deadline=None)
def test_the_trusted_side_takes_junk_for_a_lost_learner(header: bytes, body: bytes) -> None:
    learner = Learner(Forger(header, body))

    try:
        result = learner.softmax(torch.zeros(2))
    except (LearnerLost, LearnerRaised, LearnerMisbehaved, StopIteration):
        return

    assert result is None or isinstance(result, str | int | float | bool | list | tuple | dict | bytes)


def tree(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What holds other values: a message is well formed and yet may describe nothing that can be made."""
    items = st.lists(children, max_size=3).map(tuple)
    return st.one_of(
        st.builds(ListValue, items),
        st.builds(TupleValue, items),
        st.builds(DictValue, items, items),
        st.builds(SequenceValue, items, st.booleans()),
    )


numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 3)
leaves = st.one_of(
    st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=5),
    st.builds(
        TensorValue,
        st.sampled_from([*protocol.DTYPES, "object"]),
        st.lists(st.integers(0, 3) | st.sampled_from([2**26, 2**40, -1]), max_size=4).map(tuple),
        st.sampled_from([0, 8, 4, -8, 2**62]),
        st.sampled_from(["cpu", "meta", "cuda:99", "nowhere", ""]),
        st.none() | st.lists(numbers, max_size=4).map(tuple),
    ),
    st.builds(HandleValue, numbers, st.text(max_size=3), st.booleans()),
    st.builds(FixtureValue, st.text(max_size=3)),
    st.builds(BytesValue, numbers, numbers),
)
values = st.recursive(leaves, tree, max_leaves=6)


@given(value=values, status=st.sampled_from(["ok", "raised", "stop", "missing", "unsendable", "uncheckable"]))
@settings(max_examples=300, deadline=None)
def test_the_trusted_side_survives_well_formed_nonsense(value: Any, status: str) -> None:
    learner = Learner(Forger(protocol.pack(Reply(status, value)), b"\0" * 32))

    with contextlib.suppress(LearnerLost, LearnerRaised, LearnerMisbehaved, LearnerMissing, StopIteration):
        learner.softmax(torch.zeros(2))


@given(value=values, op=st.sampled_from(["call", "method", "get", "len", "iter", "next", "read"]))
@settings(max_examples=300, deadline=None)
def test_a_guest_survives_well_formed_nonsense(value: Any, op: str) -> None:
    session = Session()
    request = Request(op, "softmax", 0, (value,), {"x": value})

    with contextlib.suppress(WireError):
        reply, _ = session.handle(protocol.pack(request), bytearray(32))
        protocol.unpack_reply(reply)


@pytest.mark.parametrize(
    "value",
    [
        TensorValue("float64", (4,), 0),  # longer than the body
        TensorValue("float64", (2,), 4),  # not aligned
        TensorValue("float64", (-1,), 0),
        TensorValue("float64", (2**40, 2**40), 0),
        TensorValue("float64", (0, 2**26, 2**26, 2**26), 0),  # empty, with strides beyond 64 bits
        TensorValue("object", (1,), 0),
        TensorValue("float64", (1,) * 50, 0),
        TensorValue("float64", (1,), -8),
    ],
)
def test_a_tensor_that_does_not_lie_in_its_frame_is_refused(value: TensorValue) -> None:
    learner = Learner(Forger(protocol.pack(Reply("ok", value)), b"\0" * 16))

    with pytest.raises(LearnerLost):
        learner.softmax(torch.zeros(2))


def test_a_deeply_nested_answer_is_refused() -> None:
    value: protocol.Value = 1
    for _ in range(protocol.DEPTH_LIMIT + 5):
        value = ListValue((value,))

    with pytest.raises(LearnerLost):
        Learner(Forger(protocol.pack(Reply("ok", value)))).softmax(torch.zeros(2))


def test_a_header_over_the_limit_is_refused_by_the_sender() -> None:
    with pytest.raises(WireError, match="too large"):
        protocol.pack(Request("call", args=("x" * protocol.HEADER_LIMIT,)))


def test_a_frame_that_claims_to_be_huge_is_refused_before_memory_is_taken() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\xff" * 12)

        with pytest.raises(WireError, match="over the limit"):
            protocol.read_frame(ours, Deadline(5))


@given(header=st.binary(max_size=40), body=st.binary(max_size=40), size=st.integers(1, 30))
def test_a_frame_may_arrive_in_pieces(header: bytes, body: bytes, size: int) -> None:
    whole, written = socket.socketpair()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # one piece a read
    with whole, written, ours, theirs:
        protocol.write_frame(written, header, body)
        frame = whole.recv(1000)
        for start in range(0, len(frame), size):
            theirs.send(frame[start : start + size])

        assert protocol.read_frame(ours, Deadline(5)) == (header, body)


def test_more_than_a_frame_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        protocol.write_frame(theirs, b"header", b"body")
        theirs.sendall(b"!")

        with pytest.raises(WireError, match="nobody asked"):
            protocol.read_frame(ours, Deadline(5))


def test_a_sender_that_stops_halfway_is_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\x10\x00")

        with pytest.raises(TimeoutError):
            protocol.read_frame(ours, Deadline(0.05))


def test_a_body_is_bounded() -> None:
    with pytest.raises(WireError, match="too large"):
        Body().add_bytes(b"\0" * (protocol.BODY_LIMIT + 1))


# --- what the guest notices -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("x.add_(1)\n    return x.clone()", "changed its argument x"),
        ("x.resize_(1)\n    return x.clone()", "changed its argument x"),
        ("y.append(1)\n    return x.clone()", "changed its argument y"),
        ("y[0].mul_(2)\n    return x.clone()", "changed its argument y"),
        ("return torch.rand(2)", "global random generator"),
    ],
)
def test_a_call_with_a_side_effect_fails(body: str, words: str) -> None:
    learner = learner_of(f"import torch\ndef f(x, y):\n    {body}\n")

    with pytest.raises(LearnerMisbehaved, match=words):
        learner.f(torch.ones(3), [torch.ones(2)])


def test_a_change_of_a_strided_argument_is_seen() -> None:
    learner = learner_of("def f(x):\n    x[0] = 9\n    return 1\n")

    with pytest.raises(LearnerMisbehaved, match="changed its argument x"):
        learner.f(torch.zeros(3, 2).T)


def test_a_held_tensor_may_change_and_can_be_read_back() -> None:
    learner = learner_of("def f(x):\n    x.add_(1)\n")
    held = learner.hold(torch.zeros(2))

    learner.f(held)

    assert torch.equal(held.value(), torch.ones(2))


def test_an_iterator_gives_the_held_tensors_themselves_one_time() -> None:
    learner = learner_of("def f(xs):\n    for x in xs:\n        x.add_(1)\n    return len(list(xs))\n")
    held = [learner.hold(torch.zeros(2)) for _ in range(2)]

    left = learner.f(learner.iterator(held))

    assert left == 0
    assert all(torch.equal(one.value(), torch.ones(2)) for one in held)


def test_a_result_that_shares_memory_with_an_argument_is_reported() -> None:
    learner = learner_of("def f(x, y):\n    return x.view(-1)\n")

    learner.f(torch.ones(2), torch.ones(2))

    assert learner.last_call.aliases == ("x",)


def test_objects_stay_in_the_guest_and_answer_to_operators_and_iteration() -> None:
    learner = learner_of(
        "class Pair:\n"
        "    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
        "    def __add__(self, other):\n        return Pair(self.a + other, self.b + other)\n"
        "    def __radd__(self, other):\n        return self + other\n"
        "    def __len__(self):\n        return 2\n"
        "    def __iter__(self):\n        yield self.a\n        yield self.b\n"
        "    def total(self):\n        return self.a + self.b\n"
    )
    pair = learner.Pair(1, 2)

    moved = 10 + (pair + 1)
    moved.a = 0

    assert len(pair) == 2
    assert list(pair) == [1, 2]
    assert moved.total() == 13


def test_an_exception_arrives_as_text_with_its_line() -> None:
    learner = learner_of("def f():\n    x = 1\n    raise ValueError(f'x is {x}')\n")

    with pytest.raises(LearnerRaised) as raised:
        learner.f()

    assert (raised.value.name, raised.value.message, raised.value.line) == ("ValueError", "x is 1", 3)


def test_an_exception_that_cannot_be_printed_still_arrives() -> None:
    learner = learner_of(
        "class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError\ndef f():\n    raise Bad()\n"
    )

    with pytest.raises(LearnerRaised, match="Bad"):
        learner.f()


def test_a_result_with_too_many_parts_is_refused() -> None:
    with pytest.raises(LearnerMisbehaved, match="too many parts"):
        learner_of("def f():\n    return [0] * 100_000\n").f()


@pytest.mark.parametrize(
    "answer",
    [
        "{(1, 2): x}",
        "{frozenset([1]): x}",
        "[x.to('meta')]",
        "x.to_sparse()",
        "x * 1j",
        "torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)",
        "x.to_mkldnn()",
        "2 ** 70",
    ],
)
def test_an_answer_that_cannot_be_sent_is_the_learners_failure_and_costs_nobody_a_process(
    answer: str,
) -> None:
    learner = learner_of(f"import torch\ndef odd(x): return {answer}\ndef plain(x): return x\n")
    x = torch.ones(2)

    with pytest.raises(LearnerMisbehaved, match="odd returned something that cannot be read"):
        learner.odd(x)

    assert torch.equal(learner.plain(x), x)


def test_code_that_looks_where_it_is_run_says_nothing_about_other_devices() -> None:
    learner = learner_of(
        "import torch\n"
        "def looks(x):\n"
        "    if x.device.type == 'meta': return x * 1\n"
        "    return torch.exp(x) + torch.zeros(x.shape, device='cpu')\n"
        "class DataDependentOutputException(Exception): pass\n"
        "def pretends(x):\n"
        "    if type(x) is not torch.Tensor: raise DataDependentOutputException\n"
        "    return x + torch.zeros(3)\n"
    )

    with pytest.raises(LearnerRaised, match="it computes otherwise there"):
        learner.portable("looks", torch.ones(3))
    with pytest.raises(LearnerRaised, match="DataDependentOutputException"):
        learner.portable("pretends", torch.ones(3))


def test_a_list_that_holds_itself_is_refused() -> None:
    with pytest.raises(LearnerMisbehaved, match="too many parts"):
        learner_of("def f():\n    x = []\n    x.append(x)\n    return x\n").f()


def test_an_answer_with_a_foreign_handle_does_not_reach_our_objects() -> None:
    learner = Learner(Forger(protocol.pack(Reply("ok", HandleValue(7, "X'; import os", False)))))

    handle = learner.f()

    assert repr(handle) == "ximportos"


def test_a_tensor_made_on_the_cpu_is_found_out_on_another_device() -> None:
    learner = learner_of(
        "import torch\n"
        "def bad(x):\n    return x + torch.ones(3)\n"
        "def good(x):\n    return x + torch.ones(3, device=x.device)\n"
        "def listed(x):\n    return x + torch.tensor([1.0, 2.0, 3.0], device=x.device) + x.new_tensor(1.0)\n"
        "def by_value(x):\n    return x if x.sum().item() > 0 else -x\n"
    )
    x = torch.ones(3)

    assert learner.portable("good", x) == ("meta",)
    assert learner.portable("listed", x) == ("meta",)
    assert learner.portable("by_value", x) is None
    with pytest.raises(LearnerRaised, match="device"):
        learner.portable("bad", x)
