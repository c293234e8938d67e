"""Lay out the files of a new chapter, with the places to fill: `brick new`.

What is written is a whole chapter already, with one exercise that doubles its input, so that its author changes
something that works. CONTRIBUTING.md walks through what the places are for.
"""

from __future__ import annotations

import re
from pathlib import Path

from grader.course.config import COURSE_FILE
from grader.course.paths import is_checkout
from grader.errors import UsageError
from grader.records import Course

STEM = re.compile(r"ch(?P<number>\d\d)_(?P<name>[a-z][a-z0-9_]*)")

_ENTRY = """
  - stem: {stem}
    title: {{en: {title}, zh: {title}}}
    sections: ["TODO"]
    minutes: 75
    exercises:
      - {{name: {exercise}, points: 10}}
"""

_SOLUTION = '''\
# %% [markdown]
# # Chapter {number}: {title}
#
# TODO: what this block is for, and that it takes 60 to 90 minutes.

# %%
from __future__ import annotations

from torch import Tensor

# %% [markdown]
# ## TODO: one idea
#
# TODO: why, the formula, a number worked by hand, a picture, a pitfall, a question to answer before running.
#
# ```python
# >>> 2 * 3.5
# 7.0
# ```


# %%
def {exercise}(x: Tensor) -> Tensor:
    """TODO: one imperative line.

    Args:
        x: TODO, shape (N, D).

    Returns:
        TODO: the shape, with the dtype and device of `x`.

    Source: TODO.
    """
    # BEGIN SOLUTION
    return x + x  # TODO
    # END SOLUTION
'''

_CHECKS = '''\
"""Checks of chapter {number}: TODO, the laws in a sentence."""

from __future__ import annotations

import torch

from grader.checking import TENSOR, Learner, agree, check, given, tensor_laws, tensors

RETURNS = {{"{exercise}": TENSOR}}
HINTS = {{"{exercise}": ("TODO: the idea.", "TODO: the steps in words, no code.")}}


@check("{exercise}", hint="TODO: where to look.")
@given(x=tensors(ndim=(1, 3)))
def check_{exercise}_matches_its_oracle(learner: Learner, x: torch.Tensor) -> None:
    """TODO: the law, as the learner reads it."""
    agree(learner.{exercise}(x), 2 * x)


check_{exercise}_everywhere = tensor_laws(
    "{exercise}", {{"x": tensors(ndim=2)}}, lambda x: 2 * x, after=check_{exercise}_matches_its_oracle
)
'''

_MISTAKES = '''\
"""Known mistakes of chapter {number}: each is named <exercise>__<slug>, its docstring is the diagnosis."""

from __future__ import annotations

from torch import Tensor


def {exercise}__untouched(x: Tensor) -> Tensor:
    """TODO: the input comes back as it was."""
    return x.clone()
'''

_RIGHT = '''\
"""Right answers of chapter {number}, written differently: they catch checks that are too strict."""

from __future__ import annotations

from torch import Tensor


def {exercise}__times_two(x: Tensor) -> Tensor:
    """TODO: a product instead of a sum."""
    return 2 * x
'''

_FILES = {
    "solutions/{stem}.py": _SOLUTION,
    "grader/checks/{stem}.py": _CHECKS,
    "solutions/mistakes/{stem}.py": _MISTAKES,
    "solutions/right/{stem}.py": _RIGHT,
}


def lay_out_chapter(course: Course, stem: str) -> tuple[Path, ...]:
    """Write the files of chapter `stem` and its entry in course.yml; nothing that is there is touched.

    Args:
        course: a checkout.
        stem: chNN_name; the name becomes the exercise's too.

    Returns:
        The files that were written, course.yml last.

    Raises:
        UsageError: for a name that no chapter can have, a number that is taken, a file that exists, or no checkout.
    """
    match = STEM.fullmatch(stem)
    if match is None:
        raise UsageError(
            f"no chapter can be called {stem}", "the name", "write chNN_name, such as ch13_attention"
        )
    if not is_checkout(course.root):
        raise UsageError(
            "a chapter is added in a checkout, and this is none", str(course.root), "clone the course"
        )
    taken = [chapter.stem for chapter in course.chapters if chapter.label == f"ch{match['number']}"]
    if taken:
        raise UsageError(
            f"chapter {match['number']} is there already", taken[0], "choose the next free number"
        )
    words = {
        "stem": stem,
        "number": str(int(match["number"])),
        "exercise": match["name"],
        "title": match["name"].replace("_", " ").capitalize(),
    }
    files = {course.root / name.format(stem=stem): text.format(**words) for name, text in _FILES.items()}
    for path in files:
        if path.exists():
            raise UsageError(
                "a file of that name is there already", str(path), "move it away, or choose another name"
            )
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    listed = course.root / COURSE_FILE
    listed.write_text(
        listed.read_text(encoding="utf-8").rstrip("\n") + "\n" + _ENTRY.format(**words), encoding="utf-8"
    )
    return (*files, listed)
