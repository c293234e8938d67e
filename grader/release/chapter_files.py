"""The files of a new chapter, by where they go: templates whose texts are in English, to be said in any language."""

from __future__ import annotations

ENTRY = """
  - stem: {stem}
    title: {{en: {title}}}
    minutes: 75
    exercises:
      - {{name: {exercise}, points: 10}}
"""

_SOLUTION = '''\
# %% [markdown]
# # {title}
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
"""Checks of {stem}: TODO, the laws in a sentence."""

from __future__ import annotations

import torch

from grader.checking import TENSOR, Learner, agree, check, given, tensor_laws, tensors

RETURNS = {{"{exercise}": TENSOR}}


@check("{exercise}", hint="TODO: where to look.")
@given(x=tensors(ndim=(1, 3)))
def check_{exercise}_matches_its_oracle(learner: Learner, x: torch.Tensor) -> None:
    """TODO: the law, as the learner reads it."""
    agree(learner.{exercise}(x), 2 * x)


check_{exercise}_everywhere = tensor_laws(
    "{exercise}", {{"x": tensors(ndim=2)}}, lambda x: 2 * x, after=check_{exercise}_matches_its_oracle
)
'''

_HINTS = """\
# {exercise}

## idea

TODO: the idea, in a sentence or two. No formula.

## steps

TODO: the steps in words, no code.

## worked step

TODO: the technique on another problem, in 80 to 160 words.

```python
scores = [3, 1]
shares = [score / sum(scores) for score in scores]
```

## why

TODO: Explain in a sentence why ..., asked after a pass.
"""

_MISTAKES = '''\
"""Known mistakes of {stem}: each is named <exercise>__<slug>, its docstring is the diagnosis."""

from __future__ import annotations

from torch import Tensor


def {exercise}__untouched(x: Tensor) -> Tensor:
    """TODO: the input comes back as it was."""
    return x.clone()
'''

_RIGHT = '''\
"""Right answers of {stem}, written differently: they catch checks that are too strict."""

from __future__ import annotations

from torch import Tensor


def {exercise}__times_two(x: Tensor) -> Tensor:
    """TODO: a product instead of a sum."""
    return 2 * x
'''

FILES = {
    "solutions/{stem}.py": _SOLUTION,
    "{checks}/{stem}.py": _CHECKS,
    "{checks}/hints/{stem}.md": _HINTS,
    "solutions/mistakes/{stem}.py": _MISTAKES,
    "solutions/right/{stem}.py": _RIGHT,
}
