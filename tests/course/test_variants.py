"""Variants become whole submissions in which every name means what its author meant."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from grader.course.variants import Variant, make_variants, read_variants
from grader.errors import CourseError

ROOT = Path(__file__).parents[2]

SOLUTION = '''
from __future__ import annotations

import math

_SCALE = 1

def square(x):
    """Square x."""
    # BEGIN SOLUTION
    return x * x
    # END SOLUTION

def cube(x):
    return square(x) * x * _SCALE

def power(x, n):
    return 1 if n == 0 else x * power(x, n - 1)

class Counter:
    def __init__(self, start=0):
        self.n = start

    def step(self) -> Counter:
        self.n += 1
        return Counter(self.n)

    def name(self):
        return "right"
'''


def variants(text: str, solution: str = SOLUTION) -> dict[str, Variant]:
    return {variant.name: variant for variant in make_variants(text, solution)}


def run(variant: Variant) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(variant.source, variant.name, "exec"), names)
    return names


def test_a_variant_takes_the_place_of_its_exercise() -> None:
    found = variants('def square__doubled(x):\n    """It is\n    doubled."""\n    return 2 * x\n')

    variant = found["square__doubled"]
    names = run(variant)

    assert (variant.exercise, variant.slug, variant.line) == ("square", "doubled", 1)
    assert variant.diagnosis == "It is doubled."
    assert names["square"](5) == 10
    assert names["power"](2, 3) == 8
    assert names["cube"](5) == 50  # what the learner wrote is what the learner's other code calls
    assert "_right_square" not in names


def test_the_plain_name_means_the_right_version() -> None:
    names = run(variants("def square__one_more(x):\n    return square(x) + 1\n")["square__one_more"])

    assert names["square"](3) == 10


def test_what_leads_back_to_the_exercise_is_right_as_well() -> None:
    names = run(variants("def square__by_cube(x):\n    return cube(x) / x + 1\n")["square__by_cube"])

    assert names["square"](3) == 10
    assert names["cube"](3) == 30


def test_its_own_name_means_itself_and_a_recursive_solution_keeps_meaning_itself() -> None:
    text = "def power__halved(x, n):\n    return power(x, 2) if n < 2 else x / 2 * power__halved(x, n - 1)\n"

    names = run(variants(text)["power__halved"])

    assert names["power"](4, 2) == 32
    assert names["_right_power"](2, 5) == 32


def test_a_class_may_derive_from_the_right_one() -> None:
    text = "class Counter__wrong_name(Counter):\n    def name(self) -> Counter:\n        return 'wrong'\n"

    names = run(variants(text)["Counter__wrong_name"])
    counter = names["Counter"](3)

    assert counter.name() == "wrong"
    assert counter.step().name() == "right"
    assert isinstance(counter.step(), names["_right_Counter"])


def test_private_helpers_come_along_and_others_stay_behind() -> None:
    text = """
from itertools import count
_SCALE = 7
_FIRST, _SECOND = 10, 20
def _helper(x): return _inner(x) + _SECOND
def _inner(x): return square(x)
def _unused(x): return x
def square__a(x): return _helper(x)
def cube__b(x): return _SCALE * x
def cube__c(x): return cube__b(x) + 1
"""
    found = variants(text)

    a, b, c = run(found["square__a"]), run(found["cube__b"]), run(found["cube__c"])

    assert a["square"](2) == 24
    assert "_unused" not in a
    assert b["cube"](2) == 14  # the variant's own _SCALE, not the solution's
    assert c["cube"](2) == 15


def test_parameters_locals_and_attributes_keep_their_names() -> None:
    text = """
def square__a(x, power=2):
    cube = [square for square in range(3)]
    return (lambda square: square * power)(x) + len(cube)
class Counter__b:
    square = 4
    def __init__(self, start=0): self.n = start
    def power(self, Counter): return self.square + Counter
"""
    found = variants(text)

    assert run(found["square__a"])["square"](5) == 13
    assert run(found["Counter__b"])["Counter"]().power(1) == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def sqare__a(x): pass", "does not define"),
        ("def square__a(x): pass\ndef square__a(x): pass", "twice"),
        ("square__a = 3", "not a function"),
        ("def square__a(x:", "cannot read"),
        ("def square__(x): pass", "no variant"),
    ],
)
def test_a_wrong_file_is_refused_by_line(text: str, says: str) -> None:
    with pytest.raises(CourseError, match=says) as caught:
        make_variants(text, SOLUTION, where="ch99.py")

    assert "ch99.py, line" in caught.value.where


@pytest.mark.parametrize("folder", ["solutions/mistakes", "solutions/right"])
@pytest.mark.parametrize("stem", sorted(path.stem for path in ROOT.glob("solutions/ch*.py")))
def test_the_variants_of_the_course_assemble(folder: str, stem: str) -> None:
    path = ROOT / folder / f"{stem}.py"
    if not path.exists():
        pytest.skip(f"{path} is not written yet")

    found = read_variants(path, (ROOT / "solutions" / f"{stem}.py").read_text(encoding="utf-8"))

    assert found
    assert all(ast.parse(variant.source) for variant in found)
    if folder == "solutions/mistakes":
        assert all(variant.diagnosis for variant in found)
