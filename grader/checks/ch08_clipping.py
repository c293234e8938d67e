"""Check gradient clipping by value and by norm against torch and by its laws: ch08.

torch's own `clip_grad_norm_` is no oracle here: it adds 1e-6 to the norm, which the lesson does not. Both ways are
right, so where the norm is small the comparison leaves room for that (`agree_clipped`).

Gradients come as lists of tensors of different shapes, with scalars among them, since a norm of all entries together is
easily taken tensor by tensor. All of them 0, more than 64 entries, no tensor at all, inf and NaN are laws of their own.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from grader.checking import (
    BOOL,
    NUMBER,
    TENSOR,
    agree,
    check,
    composite,
    floats,
    given,
    integers,
    just,
    law_exercise,
    list_of,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    tensor_from,
    tensor_laws,
    tensors,
)

RETURNS = {
    "clip_by_value": list_of(TENSOR),
    "clip_by_norm": (list_of(TENSOR), NUMBER),
    "law_clip_by_norm": BOOL,
}


def gradients(special: tuple[float, ...] | None = None) -> Any:
    """One to three gradients of different shapes."""
    return lists(tensors(ndim=(0, 3), side=(1, 4), special=special), min_size=1, max_size=3)


@composite
def long_gradients(draw: Any, special: tuple[float, ...] | None = None) -> list[Tensor]:
    """The same, never all 0: what becomes of those is a law of its own."""
    grads = draw(gradients(special))
    if not any(bool(grad.any()) for grad in grads):
        grads[0] = torch.ones_like(grads[0])
    return grads


# As large as a layer's: who copes with a handful of entries only keeps the other laws.
LARGE = lists(tensors(ndim=(1, 2), side=(65, 80)), min_size=1, max_size=2)


def require_new_memory(learner: Any) -> None:
    """Fail when the last result shares memory with the gradients that were given."""
    require(
        not learner.last_call.aliases,
        "the result is, or shares memory with, what was given: return new tensors",
    )


# --- clip_by_value ----------------------------------------------------------------------------------------
#
# Limits are drawn far below, among and far above the entries, so that all, some and none are cut. A limit of 0 is
# allowed, and leaves zeros.


def right_by_value(grads: list[Tensor], limit: float) -> list[Tensor]:
    """The oracle."""
    return [grad.clamp(-limit, limit) for grad in grads]


@check("clip_by_value", hint="Try an entry above, one below and one between by hand: which goes wrong?")
@given(grads=gradients(), limit=one_of(floats(0.0, 4.0), sampled_from([0.25, 50.0, 3e4])))
def check_clip_by_value_cuts_every_entry(learner, grads, limit):
    """Every entry of every gradient is brought into [-limit, limit], the others stay as they are."""
    agree(learner.clip_by_value(grads, limit), right_by_value(grads, limit))


@check(
    "clip_by_value",
    hint="One entry is cut above, one below, one not at all.",
    after=check_clip_by_value_cuts_every_entry,
)
def check_clip_by_value_of_the_lesson(learner):
    """(-7, 0.5, 3) with limit 2 becomes (-2, 0.5, 2)."""
    grad = torch.tensor([-7.0, 0.5, 3.0], dtype=torch.float64)
    agree(learner.clip_by_value([grad], 2.0), [torch.tensor([-2.0, 0.5, 2.0], dtype=torch.float64)])


@check(
    "clip_by_value",
    hint="inf * 0 is not a number; compare and choose instead of multiplying.",
    after=check_clip_by_value_cuts_every_entry,
    examples=40,
)
@given(signs=lists(sampled_from([1.0, -1.0]), min_size=1, max_size=3), limit=floats(0.1, 9.0))
def check_clip_by_value_cuts_infinity(learner, signs, limit):
    """Infinite entries become limit or -limit."""
    signed = torch.tensor(signs, dtype=torch.float64)
    agree(learner.clip_by_value([signed * math.inf], limit), [signed * limit])


@check(
    "clip_by_value",
    hint="Also when nothing has to be cut.",
    after=check_clip_by_value_cuts_every_entry,
    examples=30,
)
@given(grads=gradients(()), limit=sampled_from([1e-3, 1.0, 1e6]))
def check_clip_by_value_returns_new_tensors(learner, grads, limit):
    """The result shares no memory with the gradients, whether anything was cut or not."""
    learner.clip_by_value(grads, limit)
    require_new_memory(learner)


@check(
    "clip_by_value",
    hint="Nothing may depend on how many entries there are.",
    after=check_clip_by_value_cuts_every_entry,
    weight=0.5,
    examples=20,
)
@given(grads=LARGE, limit=floats(0.1, 4.0))
def check_clip_by_value_of_large_gradients(learner, grads, limit):
    """Gradients of more than 64 entries are cut in the same way."""
    agree(learner.clip_by_value(grads, limit), right_by_value(grads, limit))


check_clip_by_value_everywhere = tensor_laws(
    "clip_by_value",
    inputs={"grads": gradients(), "limit": floats(0.1, 4.0)},
    oracle=right_by_value,
    after=check_clip_by_value_cuts_every_entry,
)


# --- clip_by_norm -----------------------------------------------------------------------------------------
#
# max_norm is drawn as a share of the norm that the gradients have: a plain number would nearly always be far above or
# far below it, and the factor would be 1 or tiny. With infinite norms `max` over a list loses a NaN, according to its
# place, so NaN is asked for with the other norms only.

NORMS = sampled_from([2.0, 1.0, math.inf, 3.0])
SIZES = (0.0, 1.0, -1.0, 30.0, -100.0, 1e4, -1e4, 1e-3)


def right_norm(grads: list[Tensor], norm_type: float) -> float:
    """The oracle's norm of all entries together."""
    return float(torch.linalg.vector_norm(torch.cat([grad.flatten() for grad in grads]), norm_type))


def right_by_norm(grads: list[Tensor], max_norm: float, norm_type: float = 2.0) -> tuple[list[Tensor], float]:
    """The oracle: clipped gradients and the norm before."""
    norm = right_norm(grads, norm_type)
    factor = min(1.0, max_norm / norm) if norm else 1.0
    return [grad * factor for grad in grads], norm


def agree_clipped(found: Any, grads: list[Tensor], max_norm: float, norm_type: float = 2.0) -> None:
    """Compare with the oracle; room is left for torch's 1e-6 in the denominator, which matters for a small norm."""
    clipped, norm = right_by_norm(grads, max_norm, norm_type)
    agree(found[1], norm, what="total_norm")
    agree(found[0], clipped, rtol=1e-9 + 2e-6 / max(norm, 1e-6), atol=0.0, what="clipped")


@check("clip_by_norm", hint="Over what is the norm taken, and is there one factor for all tensors?")
@given(grads=long_gradients(SIZES), share=floats(0.05, 0.95), norm_type=NORMS)
def check_clip_by_norm_uses_one_norm_and_one_factor(learner, grads, share, norm_type):
    """All gradients shrink by max_norm / norm if their common norm is larger; the norm before comes back."""
    max_norm = share * right_norm(grads, norm_type)
    agree_clipped(learner.clip_by_norm(grads, max_norm, norm_type), grads, max_norm, norm_type)


@check(
    "clip_by_norm",
    hint="Work the common norm by hand: the squares are 9, 16 and 144.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
)
def check_clip_by_norm_of_the_lesson(learner):
    """(3, 4) and (12) with max_norm 6.5 become (1.5, 2) and (6); total_norm is 13."""
    grads = [torch.tensor([3.0, 4.0], dtype=torch.float64), torch.tensor([12.0], dtype=torch.float64)]
    agree_clipped(learner.clip_by_norm(grads, 6.5), grads, 6.5)


@check(
    "clip_by_norm",
    hint="What is your factor when the norm is below max_norm?",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    weight=2.0,
)
@given(grads=long_gradients(SIZES), room=sampled_from([1.2, 3.0, 1e3]), norm_type=NORMS)
def check_clip_by_norm_leaves_small_gradients_alone(learner, grads, room, norm_type):
    """Gradients whose norm is below max_norm come back entry by entry as they were, never larger."""
    norm = right_norm(grads, norm_type)
    clipped, _ = learner.clip_by_norm(grads, norm * room + 1e-3, norm_type)
    agree(clipped, grads, rtol=0.0, atol=0.0, what="clipped")


@check(
    "clip_by_norm",
    hint="A factor per tensor, or a cut per entry, turns the step.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=40,
)
@given(grads=long_gradients(SIZES), share=floats(0.1, 0.9), norm_type=NORMS)
def check_clip_by_norm_keeps_the_direction(learner, grads, share, norm_type):
    """The clipped gradients, taken together, point the same way as before."""
    flat = torch.cat([grad.flatten() for grad in grads])
    clipped, _ = learner.clip_by_norm(grads, share * right_norm(grads, norm_type) + 1e-3, norm_type)
    after = torch.cat([grad.flatten() for grad in clipped])
    length = torch.linalg.vector_norm
    agree(after * length(flat), flat * length(after), rtol=1e-9, what="clipped, scaled back")


@check(
    "clip_by_norm",
    hint="After clipping the norm is max_norm, so the second factor is 1.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=30,
)
@given(grads=gradients((1.0, -5.0, 100.0)), max_norm=floats(0.5, 4.0), norm_type=NORMS)
def check_clip_by_norm_twice_is_once(learner, grads, max_norm, norm_type):
    """Clipping what is clipped already changes nothing."""
    once, _ = learner.clip_by_norm(grads, max_norm, norm_type)
    twice, _ = learner.clip_by_norm(once, max_norm, norm_type)
    agree(twice, once, rtol=5e-6, what="clipped twice")


@check(
    "clip_by_norm",
    hint="Nothing may depend on how many entries there are.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    weight=0.5,
    examples=20,
)
@given(grads=LARGE, share=floats(0.05, 0.95), norm_type=NORMS)
def check_clip_by_norm_of_large_gradients(learner, grads, share, norm_type):
    """Gradients of more than 64 entries shrink in the same way."""
    grads[0].view(-1)[0] = 3.0  # so that they are never all 0
    max_norm = share * right_norm(grads, norm_type)
    agree_clipped(learner.clip_by_norm(grads, max_norm, norm_type), grads, max_norm, norm_type)


@check(
    "clip_by_norm",
    hint="What is divided by a norm of 0, and where does the result go?",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=40,
)
@given(sizes=lists(integers(1, 3), min_size=1, max_size=3), max_norm=floats(0.1, 3.0), norm_type=NORMS)
def check_clip_by_norm_takes_zero_gradients(learner, sizes, max_norm, norm_type):
    """Gradients that are all 0 stay 0, and their norm is 0."""
    grads = [torch.zeros(size, dtype=torch.float64) for size in sizes]
    clipped, norm = learner.clip_by_norm(grads, max_norm, norm_type)
    agree(norm, 0.0, what="total_norm")
    agree(clipped, grads, what="clipped")


@check(
    "clip_by_norm",
    hint="Look at the list first: nothing can be stacked or joined if it is empty.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
)
@given(norm_type=NORMS)
def check_clip_by_norm_takes_an_empty_list(learner, norm_type):
    """No gradients at all: an empty list and the norm 0."""
    clipped, norm = learner.clip_by_norm([], 1.0, norm_type)
    agree(norm, 0.0, what="total_norm")
    agree(clipped, [], what="clipped")


@check(
    "clip_by_norm",
    hint="The default of norm_type is 2.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=30,
)
@given(grads=long_gradients(SIZES), share=floats(0.05, 0.95))
def check_clip_by_norm_takes_the_2_norm_by_default(learner, grads, share):
    """Without norm_type it is the 2-norm."""
    max_norm = share * right_norm(grads, 2.0)
    agree_clipped(learner.clip_by_norm(grads, max_norm), grads, max_norm)


@check(
    "clip_by_norm",
    hint="Neither inf nor NaN is finite; torch.isfinite and math.isfinite know both.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=60,
)
@given(
    grads=gradients((1.0, -2.0)),
    place=integers(0, 99),
    bad=sampled_from([math.inf, -math.inf, math.nan]),
    norm_type=NORMS,
)
def check_clip_by_norm_refuses_what_is_not_finite(learner, grads, place, bad, norm_type):
    """With error_if_nonfinite, one inf or NaN entry anywhere raises ValueError."""
    spoiled = [grad.clone() for grad in grads]
    # Python's max loses a NaN according to its place, and the largest of numbers and NaN is no definite thing.
    bad = math.inf if math.isnan(bad) and math.isinf(norm_type) else bad
    entries = spoiled[place % len(spoiled)].view(-1)
    entries[place % len(entries)] = bad
    call = lambda: learner.clip_by_norm(spoiled, 1.0, norm_type, error_if_nonfinite=True)
    refuses(call, ValueError)


@check(
    "clip_by_norm",
    hint="The flag is about inf and NaN only.",
    after=check_clip_by_norm_refuses_what_is_not_finite,
    examples=30,
)
@given(grads=long_gradients(SIZES), share=floats(0.05, 0.95), norm_type=NORMS)
def check_clip_by_norm_refuses_nothing_finite(learner, grads, share, norm_type):
    """With error_if_nonfinite, finite gradients are clipped as always."""
    max_norm = share * right_norm(grads, norm_type)
    found = learner.clip_by_norm(grads, max_norm, norm_type=norm_type, error_if_nonfinite=True)
    agree_clipped(found, grads, max_norm, norm_type)


@check(
    "clip_by_norm",
    hint="error_if_nonfinite is False by default: whoever wants the error asks for it.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
)
@given(bad=sampled_from([math.inf, -math.inf, math.nan]), norm_type=NORMS)
def check_clip_by_norm_raises_nothing_unasked(learner, bad, norm_type):
    """Without error_if_nonfinite no error is raised, not even for inf or NaN."""
    clipped, _ = learner.clip_by_norm([torch.tensor([1.0, bad], dtype=torch.float64)], 1.0, norm_type)
    require(len(clipped) == 1, f"one gradient was given, {len(clipped)} came back")


@check(
    "clip_by_norm",
    hint="Also when nothing has to be clipped: multiply by 1, or clone.",
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    examples=30,
)
@given(grads=gradients((1.0, -2.0)), max_norm=sampled_from([1e-2, 1.0, 1e6]))
def check_clip_by_norm_returns_new_tensors(learner, grads, max_norm):
    """The result shares no memory with the gradients, whether they were too long or not."""
    learner.clip_by_norm(grads, max_norm)
    require_new_memory(learner)


check_clip_by_norm_everywhere = tensor_laws(
    "clip_by_norm",
    # Norms of 1e4 and more: torch's 1e-6 in the denominator disappears in the tolerance.
    inputs={
        "grads": lists(tensors((2, 3), low=1e4, high=3e4), min_size=1, max_size=3),
        "max_norm": floats(1.0, 9.0),
        "norm_type": NORMS,
        "error_if_nonfinite": just(False),
    },
    oracle=lambda grads, max_norm, norm_type, error_if_nonfinite: right_by_norm(grads, max_norm, norm_type),
    after=check_clip_by_norm_uses_one_norm_and_one_factor,
    rtol=2e-5,
    atol=1e-6,
)


# --- law_clip_by_norm ------------------------------------------------------------------------------------
#
# Versions of clip_by_norm for a law to judge. They run in the learner's process and can be called there, but not read.


def clip_by_norm__sum_in_python(grads, max_norm):
    """It adds the squares up in Python, and gives the norm as a float."""
    norm = math.sqrt(sum(float(entry) ** 2 for grad in grads for entry in grad.flatten()))
    return [grad * (max_norm / norm) if norm > max_norm else grad.clone() for grad in grads], norm


def clip_by_norm__length_of_lengths(grads, max_norm):
    """It takes the length of the list of lengths, and divides by 1e-6 more than that, as torch does."""
    norm = torch.stack([(grad * grad).sum().sqrt() for grad in grads]).square().sum().sqrt()
    factor = min(1.0, max_norm / (float(norm) + 1e-6))
    return [grad * factor for grad in grads], norm


def clip_by_norm__divides_by_the_excess(grads, max_norm):
    """It divides by how many times too long the gradients are, and by 1 if they are not."""
    norm = torch.cat([grad.flatten() for grad in grads]).square().sum() ** 0.5
    return [grad / (norm / max_norm).clamp(min=1.0) for grad in grads], norm


def clip_by_norm__left_alone(grads, max_norm):
    """Nothing is ever shortened."""
    return [grad.clone() for grad in grads], clip_by_norm__sum_in_python(grads, max_norm)[1]


def clip_by_norm__makes_longer(grads, max_norm):
    """Short gradients are made longer, until their norm is max_norm."""
    norm = clip_by_norm__sum_in_python(grads, max_norm)[1]
    return [grad * (max_norm / norm) if norm else grad.clone() for grad in grads], norm


def clip_by_norm__norm_afterwards(grads, max_norm):
    """The norm that comes back is the one after clipping."""
    clipped, norm = clip_by_norm__sum_in_python(grads, max_norm)
    return clipped, min(norm, max_norm)


def clip_by_norm__each_by_itself(grads, max_norm):
    """Each tensor is shortened by a norm of its own, so that each is at most max_norm long."""
    clipped = [clip_by_norm__sum_in_python([grad], max_norm)[0][0] for grad in grads]
    return clipped, clip_by_norm__sum_in_python(grads, max_norm)[1]


def clip_by_norm__cuts_entries(grads, max_norm):
    """Entries are cut so that the norm comes out right, and the step goes elsewhere."""
    norm = clip_by_norm__sum_in_python(grads, max_norm)[1]
    low, high = 0.0, max(norm, max_norm)
    for _ in range(60):
        fence = (low + high) / 2
        cut = [grad.clamp(-fence, fence) for grad in grads]
        if clip_by_norm__sum_in_python(cut, max_norm)[1] > max_norm:
            high = fence
        else:
            low = fence
    return [grad.clamp(-low, low) for grad in grads], norm


def clip_by_norm__turned_round(grads, max_norm):
    """What is shortened points the other way."""
    clipped, norm = clip_by_norm__sum_in_python(grads, max_norm)
    return [-grad if norm > max_norm else grad for grad in clipped], norm


def clip_by_norm__half_of_it(grads, max_norm):
    """Long gradients end at half of max_norm: within the bound, and shorter than they need to be."""
    clipped, norm = clip_by_norm__sum_in_python(grads, max_norm)
    return [grad / 2 if norm > max_norm else grad for grad in clipped], norm


def clip_by_norm__loses_the_last(grads, max_norm):
    """The last tensor does not come back."""
    clipped, norm = clip_by_norm__sum_in_python(grads, max_norm)
    return clipped[:-1] or clipped, norm


def clip_by_norm__nan_for_zeros(grads, max_norm):
    """Gradients that are all 0 become NaN."""
    clipped, norm = clip_by_norm__sum_in_python(grads, max_norm)
    return [grad if norm else grad + math.nan for grad in clipped], norm


def gradients_to_judge_on():
    """Gradients of several shapes, some of them all 0, with bounds below and above their norm."""
    for seed, shapes_ in enumerate(
        [[(1,)], [(2,)], [(2,), (1,)], [(2, 2)], [(3,), ()], [(2, 3), (4,), (1, 2)]]
    ):
        grads = [tensor_from(17 * seed + number, shape) for number, shape in enumerate(shapes_)]
        norm = right_norm(grads, 2.0)
        for share in (0.1, 0.5, 3.0):
            yield {"grads": grads, "max_norm": share * norm or share}


law_clip_by_norm = law_exercise(
    "law_clip_by_norm",
    "clip_by_norm",
    gradients_to_judge_on(),
    right=(
        clip_by_norm__sum_in_python,
        clip_by_norm__length_of_lengths,
        clip_by_norm__divides_by_the_excess,
    ),
    wrong={
        clip_by_norm__left_alone: "Is what came back ever longer than max_norm?",
        clip_by_norm__makes_longer: "How long may short gradients be afterwards?",
        clip_by_norm__norm_afterwards: "Measure the gradients that you gave, and compare.",
        clip_by_norm__each_by_itself: "Measure all tensors together.",
        clip_by_norm__cuts_entries: "The length alone does not tell: is it the same direction?",
        clip_by_norm__turned_round: "A length has no sign; the direction has.",
        clip_by_norm__half_of_it: "At most max_norm is a bound. Which length should it be exactly?",
        clip_by_norm__loses_the_last: "Did as many tensors come back as were given?",
        clip_by_norm__nan_for_zeros: "No comparison with NaN is true. Does your law say True because of that?",
    },
)
