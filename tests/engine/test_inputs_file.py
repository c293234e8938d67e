"""Inputs that were drawn before are read back to the bit; what is damaged or not ours is drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from grader.checking import seeds
from grader.checking.check import Check
from grader.engine.generation import Kept
from grader.engine.inputs_file import Inputs, InputsFolder
from grader.sandbox.batches import Recorded, RecordedExample, Recording

CHECK = Check("check_a", "softmax", "A law.", lambda learner: None, {"seed": seeds()})
INPUTS: list[Inputs] = [
    {"seed": 7, "x": torch.tensor([[1.5, float("nan")], [-0.0, float("inf")]], dtype=torch.float64)},
    {"seed": 2**63, "x": [torch.tensor(3), (torch.ones(0, 2), "学", None, True)]},
    {
        "seed": -1,
        "x": {"p": 0.1, 2: torch.tensor([True, False]), "half": torch.ones(2, dtype=torch.bfloat16)},
    },
]


class Drawing:
    """Draws the inputs above, and counts how often it was asked to."""

    def __init__(self, inputs: list[Inputs]) -> None:
        self.inputs, self.times = inputs, 0

    def __call__(self, check: Check, seed: int, examples: int) -> list[Inputs]:
        self.times += 1
        return self.inputs


def process(
    folder: Path, secret: bytes | None = b"secret", checks: str = "a", inputs: list[Inputs] = INPUTS
) -> Any:
    """What another process, with nothing in memory, gets; and how often it had to draw."""
    draw = Drawing(inputs)
    kept = Kept(draw, InputsFolder(folder, secret))
    kept.open(checks)
    found = list(kept.inputs(CHECK, 5, 3))
    kept.save()
    return found, draw.times


def bits(value: Any) -> Any:
    """A value in a form in which equal means the same to the bit."""
    if isinstance(value, torch.Tensor):
        return (
            value.dtype,
            tuple(value.shape),
            value.stride(),
            value.contiguous().view(torch.uint8).tolist() if value.dim() else value.item(),
        )
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    return (type(value), [bits(item) for item in value]) if isinstance(value, list | tuple) else value


def test_what_one_process_drew_the_next_one_reads_to_the_bit(tmp_path: Path) -> None:
    drawn, times = process(tmp_path / "inputs")
    read, again = process(tmp_path / "inputs")

    assert (times, again) == (1, 0)
    assert [bits(one) for one in read] == [bits(one) for one in drawn]


@pytest.mark.parametrize("other", [{"secret": b"another"}, {"secret": None}, {"checks": "b"}])
def test_another_secret_or_another_state_of_the_checks_draws_anew(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    process(tmp_path)

    assert process(tmp_path, **other)[1] == 1
    assert process(tmp_path)[1] == 0


def test_what_a_check_asked_is_kept_beside_its_inputs(tmp_path: Path) -> None:
    requests = Recorded(b"header", b"body", b"told", 0.5), Recorded(b"another", b"", b"", 0.0)
    asked = Recording((RecordedExample(requests, b"digest"), RecordedExample((), b"")))
    kept = Kept(Drawing(INPUTS), InputsFolder(tmp_path, b"secret"))
    kept.open("a")
    kept.record(CHECK, 5, 3, asked)
    kept.save()
    found = []

    for secret, checks, seed in (
        (b"secret", "a", 5),
        (b"secret", "a", 6),
        (b"secret", "b", 5),
        (b"x", "a", 5),
    ):
        again = Kept(Drawing(INPUTS), InputsFolder(tmp_path, secret))
        again.open(checks)
        found.append(again.recording(CHECK, seed, 3))

    assert found == [asked, None, None, None]


def test_another_seed_or_number_is_drawn_anew(tmp_path: Path) -> None:
    process(tmp_path)
    draw = Drawing(INPUTS)
    kept = Kept(draw, InputsFolder(tmp_path, b"secret"))
    kept.open("a")

    for seed, examples in ((6, 3), (5, 4), (5, 3)):
        list(kept.inputs(CHECK, seed, examples))

    assert draw.times == 2


def test_what_another_process_puts_there_meanwhile_is_found_and_not_written_over(tmp_path: Path) -> None:
    draws = Drawing(INPUTS), Drawing(INPUTS), Drawing(INPUTS)
    one, other, third = (Kept(draw, InputsFolder(tmp_path, b"secret")) for draw in draws)
    for kept in (one, other, third):
        kept.open("a")

    one.generate(CHECK, 5, 3)
    other.generate(CHECK, 6, 3)
    one.save()
    other.save()
    for seed in (5, 6):
        third.generate(CHECK, seed, 3)
        list(third.inputs(CHECK, seed, 3))

    assert [draw.times for draw in draws] == [1, 1, 0]


def damaged(data: bytes) -> list[bytes]:
    """One byte changed at the beginning, in the middle and at the end; cut short; emptied; something else."""
    changed = [data[:k] + bytes([data[k] ^ 1]) + data[k + 1 :] for k in (0, len(data) // 2, len(data) - 1)]
    return [*changed, data[:-5], b"", b"\x80" * 40]


def test_a_damaged_file_is_drawn_anew_and_written_whole(tmp_path: Path) -> None:
    process(tmp_path)
    [file] = tmp_path.glob("*.bin")
    whole = file.read_bytes()

    for content in damaged(whole):
        file.write_bytes(content)
        assert process(tmp_path)[1] == 1
        assert file.read_bytes() == whole


def test_a_file_given_the_name_of_another_is_not_read(tmp_path: Path) -> None:
    process(tmp_path, checks="b")
    [old] = tmp_path.glob("*.bin")
    process(tmp_path, checks="a")
    [new] = set(tmp_path.glob("*.bin")) - {old}
    new.write_bytes(old.read_bytes())

    assert process(tmp_path, checks="a")[1] == 1


def test_what_is_no_plain_value_is_not_kept(tmp_path: Path) -> None:
    for value in (object(), torch.ones(2, 3).T, 2**70, "\ud800", torch.ones(2, requires_grad=True)):
        process(tmp_path, inputs=[{"x": value}])

        assert process(tmp_path, inputs=[{"x": value}])[1] == 1


def test_others_on_this_machine_may_not_look(tmp_path: Path) -> None:
    process(tmp_path / "inputs")

    assert (tmp_path / "inputs").stat().st_mode & 0o077 == 0


def test_where_nothing_can_be_written_inputs_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert process(tmp_path / "file" / "inputs")[1] == 1
