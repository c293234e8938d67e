"""A card says everything once, in few lines, and in numbers that a person can read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import CheckResult, Curve, RecordedCall, Report
from grader.report.card import LINES, card, rounded, shown_apart
from grader.report.plot import plot
from grader.report.terminal import Style, failed_lines
from grader.text import width_of


def with_example(report: Report, **parts: object) -> CheckResult:
    """The failed check of the report with another counterexample."""
    failed = report.checks[2]
    assert failed.counterexample is not None
    return replace(failed, counterexample=replace(failed.counterexample, **parts))  # type: ignore[arg-type]


def test_two_numbers_are_told_by_the_sentence_alone(report: Report) -> None:
    failed = replace(
        with_example(report, got="tensor(1.5)", expected="tensor(1.0)", index=(), worst=""),
        message="the result is 1.5, should be 1",
    )

    lines = card(failed, 80, hint=False, replay=False)

    assert lines == ["the result is 1.5, should be 1", "call: softmax(tensor([[1000.0, 0.0]]), dim=-1)"]


def test_what_led_to_the_failing_call_stands_above_it_as_far_as_there_is_room(report: Report) -> None:
    step = RecordedCall("sgd.step([tensor([1.0])])", "None")
    calls = (RecordedCall("sgd = SGD([tensor([2.0])], 0.1)", ""), *(9 * [step]))

    few = card(with_example(report, calls=calls[:2]), 80, hint=False, replay=False)
    many = card(with_example(report, calls=calls), 80, hint=False, replay=False)

    assert few[1:3] == ["call: sgd = SGD([tensor([2.0])], 0.1)", "      sgd.step([tensor([1.0])])"]
    assert many[1:4] == [
        "call: sgd = SGD([tensor([2.0])], 0.1)",
        "      … 8 calls later",
        "      sgd.step([tensor([1.0])])",
    ]


def test_a_card_of_long_values_keeps_to_fourteen_lines(report: Report) -> None:
    numbers = ", ".join(f"0.{k}123456789012345" for k in range(1, 60))
    failed = replace(
        with_example(
            report,
            got=f"tensor([{numbers}])",
            expected=f"tensor([{numbers[::-1]}])",
            calls=(RecordedCall(f"softmax(tensor([{numbers}]))", ""),),
        ),
        message="word " * 80,
        title="A law of two lines, because there is much to say about it. " * 2,
        diagnosis="The mistake has a long name. " * 8,
        hint="Look here. " * 10,
    )

    assert len(failed_lines(failed, Style())) <= LINES + 2


@pytest.mark.parametrize(
    ("got", "expected", "shown"),
    [
        ("[0.5625, 1.0]", "[0.123456789, 1.0]", ("[0.5625, 1.0]", "[0.123457, 1.0]")),
        ("1.2345678901234", "1.2345678901299", ("1.23456789012", "1.23456789013")),
        (
            "tensor([1.0], dtype=torch.float32)",
            "tensor([2.0], dtype=torch.float32)",
            ("tensor([1.0])", "tensor([2.0])"),
        ),
        (
            "tensor([1.0], dtype=torch.float32)",
            "tensor([1.0])",
            ("tensor([1.0], dtype=torch.float32)", "tensor([1.0])"),
        ),
    ],
)
def test_both_values_have_the_digits_that_tell_them_apart(
    got: str, expected: str, shown: tuple[str, str]
) -> None:
    assert shown_apart(got, expected) == shown


def test_a_rounded_number_is_still_code() -> None:
    assert (
        rounded("f(-0.00010999999999999999, 2.9999999999, x2.123456789, 3)")
        == "f(-0.00011, 3.0, x2.123456789, 3)"
    )


# --- curves -----------------------------------------------------------------------------------------------

RISING = Curve(tuple(map(float, range(9))), tuple(map(float, range(8, -1, -1))), tuple(map(float, range(9))))


def test_a_wrong_function_stands_beside_the_right_one() -> None:
    assert plot(RISING, 36, 2) == [
        "  got, over x       expected",
        "8 ⠉⠑⠒⠤⠤⢄⣀⡀⠀⠀⠀⠀⠀⠀⠀ 8 ⠀⠀⠀⠀⠀⠀⠀⢀⣀⡠⠤⠤⠒⠊⠉",
        "0 ⠀⠀⠀⠀⠀⠀⠀⠉⠉⠑⠒⠒⠤⢄⣀ 0 ⣀⡠⠤⠒⠒⠊⠉⠁⠀⠀⠀⠀⠀⠀⠀",
    ]


@pytest.mark.parametrize("width", [40, 49, 69, 120])
@pytest.mark.parametrize("got", [(None,) * 9, (1e300,) * 9, (-1e-9,) * 9])
def test_a_plot_keeps_to_its_room_whatever_came(width: int, got: tuple[float | None, ...]) -> None:
    lines = plot(replace(RISING, got=got), width, 3)

    assert len(lines) == 4
    assert max(map(width_of, lines)) <= width


def test_nothing_is_drawn_of_a_constant_or_where_there_is_no_room() -> None:
    flat = replace(RISING, got=(0.0,) * 9, expected=(0.0,) * 9)

    assert plot(flat, 80, 3) == plot(RISING, 20, 3) == []


def test_a_card_with_curves_keeps_to_its_lines_and_is_the_same_without_where_nobody_looks(
    report: Report,
) -> None:
    failed = replace(report.checks[2], curve=RISING, message="word " * 20, diagnosis="A name. " * 12)

    drawn, plain = (failed_lines(failed, Style(80, plots=plots)) for plots in (True, False))

    assert "got, over x from 0 to 8" in "\n".join(drawn)
    assert len(drawn) <= LINES + 2
    assert plain == failed_lines(replace(failed, curve=None), Style(80))
