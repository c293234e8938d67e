"""Check the losses, what they refuse, and their gradients.

torch's losses and autograd through them are the oracles. The main law of each exercise draws moderate numbers in tables
of a few rows and columns. Whatever stands apart from those has a law of its own that nothing waits for: other shapes,
any size, sure predictions, scores beyond the reach of exp, refusals.

A small loss is not measured beside 1. How much rounding an answer may show is worked out from what was added up
(`_slack_of_…`), so a wrong loss of 1e-9 is as wrong as one of 1. A mean over rows and one over all entries are the same
where there is one column, so plain tables have at least two.
"""

import math
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import torch
import torch.nn.functional as F

from grader.checking import (
    BOOL,
    SCALAR,
    TENSOR,
    Check,
    agree,
    agree_gradient,
    apart,
    autograd,
    check,
    composite,
    derived,
    given,
    integers,
    law_exercise,
    lists,
    refuses,
    require,
    sampled_from,
    scores_apart,
    seeds,
    shapes,
    shortened,
    tensor_from,
    tensor_laws,
    tensors,
)

LOSSES = (
    "mse_loss",
    "binary_cross_entropy",
    "cross_entropy_distributions",
    "bce_with_logits",
    "cross_entropy",
)
GRADIENTS = ("mse_backward", "bce_with_logits_backward", "cross_entropy_backward")
FULL = ("cross_entropy_full", "cross_entropy_full_backward")
RETURNS = (
    dict.fromkeys(LOSSES, SCALAR) | dict.fromkeys(GRADIENTS + FULL, TENSOR) | {"law_cross_entropy": BOOL}
)

MODERATE = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 12.0, -12.0)
LARGE = (1e4, -1e4, 0.0, 800.0, -800.0, 50.0, -50.0)
# A logarithm of 1e-60 is -138: it is bounded, though it is finite.
CHANCES = (0.0, 1.0, 0.5, 1e-60, 1e-7, 5e-4, 1 - 1e-6)
TRUTHS = (0.0, 1.0, 1e-7, 5e-4, 0.999)
# No dimensions, a side of 1, three axes, and more than 64 entries: vector loops of the processor end there.
ODD_SHAPES = ((), (1,), (1, 3), (4, 1), (2, 1, 2), (2, 3, 2), (66,), (5, 14))
# One row, one class, many rows, and labels above 100.
ODD_TABLES = ((1, 1), (1, 3), (4, 1), (70, 1), (33, 2), (3, 30), (2, 130))
# Pairs of shapes that torch would stretch, or that only have the same number of elements.
MISFITS = (
    ((3, 1), (3,)),
    ((3,), (3, 1)),
    ((2, 3), (3,)),
    ((2, 3), (2, 1)),
    ((2, 2), (4,)),
    ((2, 3), (3, 2)),
    ((4,), (1,)),
)


# --- inputs -----------------------------------------------------------------------------------------------


plain_shapes, plain_tables, small_tables = shapes((1, 2), (2, 4)), shapes(2, (2, 5)), shapes(2, (2, 4))
tables_of_padding = shapes(2, (1, 5))  # one class too: no other label can stand in for the one left out
odd_shapes = sampled_from(ODD_SHAPES)
# Powers of two keep the digits: what adds up to exactly 0 still does. They reach from 7e-9 to 1e8, and half are 1.
sizes = sampled_from((*[0] * 20, *range(-27, 28, 2))).map(lambda power: 2.0**power)
shrinking = sampled_from((0, 0, 0, *range(-27, 0, 3))).map(lambda power: 2.0**power)


@composite
def numbers(draw, side=plain_shapes):
    """Predictions and targets of one shape, nothing special about them."""
    shape = draw(side)
    return tuple(draw(tensors(shape=shape, special=MODERATE, textures=False)) for _ in range(2))


@composite
def wide_numbers(draw):
    """Predictions and targets of one size, which is anything from 1e-8 to 1e8, and in textures."""
    shape, size = draw(plain_shapes), draw(sizes)
    return tuple(size * draw(tensors(shape=shape, special=(0.0, 1e-7, -1e-7, 40.0, -40.0))) for _ in range(2))


@composite
def two_chances(draw, side=plain_shapes):
    """Predicted and true chances of one shape; predictions are never sure."""
    shape = draw(side)
    p = draw(tensors(shape=shape, low=0.02, high=0.98, textures=False))
    return p, draw(tensors(shape=shape, low=0.0, high=1.0, textures=False))


@composite
def wide_chances(draw):
    """Predicted and true chances, sure ones among them, some of them all small: then the loss is small as well."""
    shape, size = draw(plain_shapes), draw(shrinking)
    p = size * draw(tensors(shape=shape, low=0.0, high=1.0, special=CHANCES))
    return p, size * draw(tensors(shape=shape, low=0.0, high=1.0, special=TRUTHS))


@composite
def scores(draw, special=MODERATE, side=plain_shapes):
    """Scores and true chances of one shape."""
    shape = draw(side)
    z = draw(tensors(shape=shape, special=special, textures=False))
    return z, draw(tensors(shape=shape, low=0.0, high=1.0, textures=False))


@composite
def wide_scores(draw):
    """Scores of any size in textures, and true chances near 0 and 1."""
    shape = draw(plain_shapes)
    z = draw(sizes) * draw(tensors(shape=shape, special=(0.0, 1e-7, -1e-7, 20.0, -20.0)))
    return z, draw(tensors(shape=shape, low=0.0, high=1.0, special=TRUTHS))


@composite
def distributions(draw, tables=small_tables):
    """Rows of predicted and of true chances, each adding up to 1; predictions are never sure."""
    shape = draw(tables)
    p = draw(tensors(shape=shape, low=0.05, high=1.0, textures=False))
    return _rows(p), _rows(draw(tensors(shape=shape, low=0.0, high=1.0, textures=False)))


@composite
def wide_distributions(draw):
    """Rows that are nearly or quite sure of a class, often the same in both: then the loss is small."""
    shape, size = draw(sampled_from(((2, 2), (2, 3), (3, 4), (4, 2), (1, 4)))), draw(shrinking)
    p = draw(tensors(shape=shape, low=0.0, high=1.0, special=CHANCES))
    q = draw(tensors(shape=shape, low=0.0, high=1.0, special=TRUTHS))
    p[:, 1:] *= size
    q[:, 1:] *= size
    return _rows(p), _rows(q)


def _rows(weights):
    first = torch.zeros_like(weights)
    first[:, 0] = 1
    weights = torch.where(weights.sum(1, keepdim=True) == 0, first, weights)
    return weights / weights.sum(1, keepdim=True)


@composite
def labelled(draw, special=MODERATE, far=False, tables=plain_tables):
    """Rows of scores and a label for each.

    Args:
        special: scores to mix in.
        far: each row lies at least a thousand above or below the one before it.
        tables: the shapes of the scores.
    """
    rows, classes = draw(tables)
    logits = draw(tensors(shape=(rows, classes), special=special, textures=False))
    if far:
        steps = torch.arange(rows, dtype=logits.dtype)[:, None]
        logits = logits + draw(sampled_from((1000.0, -1000.0, 5000.0))) * steps
    return logits, draw(_labels(rows, classes))


@composite
def _labels(draw, rows, classes):
    """A class for each row; a long list comes from a seed, since drawing entries one by one is slow."""
    if rows > 6:
        generator = torch.Generator().manual_seed(draw(seeds()))
        return torch.randint(classes, (rows,), generator=generator)
    last = draw(integers(0, 3)) == 3  # the last class now and then: the far end of a long row
    low = classes - 1 if last else 0
    return torch.tensor(draw(lists(integers(low, classes - 1), min_size=rows, max_size=rows)))


@composite
def wide_labelled(draw):
    """Scores of any size in textures, and a label for each row."""
    rows, classes = draw(plain_tables)
    logits = draw(sizes) * draw(tensors(shape=(rows, classes), special=(0.0, 1e-7, -1e-7, 20.0, -20.0)))
    return logits, draw(_labels(rows, classes))


def filled(shape, value):
    """A tensor of one number; what is in it does not matter."""
    return torch.full(shape, value, dtype=torch.float64)


def shape_words(shape):
    """What every usual spelling of a shape has in common: (3, 1), [3, 1] and torch.Size([3, 1])."""
    return ", ".join(str(side) for side in shape)


def twice_in_another_order(x, seed):
    """The batch twice, one below the other, its rows shuffled; the same seed gives the same order."""
    order = torch.randperm(2 * len(x), generator=torch.Generator().manual_seed(seed))
    return torch.cat([x, x])[order]


def entropy(q):
    """The price of each entry of a forecast that says exactly the truth."""
    return -torch.xlogy(q, q)


# --- corners ----------------------------------------------------------------------------------------------


def _corners(exercise, after, oracle, slack, shaped, wide):
    """Two laws: unusual shapes, and numbers of any size. Nothing waits for them: a slip there costs their share alone.

    Args:
        exercise: the function.
        after: its main law, which draws plain inputs.
        oracle: the right answer as a function of the same arguments.
        slack: how far off an entry may be, by the arguments: a small answer is not measured beside 1.
        shaped, wide: strategies of the arguments, in a tuple.
    """

    def body(learner, **drawn):
        [arguments] = drawn.values()
        agree(learner.call(exercise, *arguments), oracle(*arguments), atol=float(slack(*arguments)))

    def law(key, title, hint, arguments):
        name = f"check_{exercise}_takes_any_{key}"
        return Check(
            name, exercise, title, body, MappingProxyType({_NAMES[exercise]: arguments}), hint, (after,)
        )

    shape_hint = (
        "Which axes are summed or averaged, and what do they have in common? Not their number or length."
    )
    return (
        replace(law("shape", _ANY_SHAPE[exercise in _TABLES], shape_hint, shaped), examples=60),
        law(
            "size",
            "Numbers of any size will do, large, tiny, or both.",
            "The formula has no special cases.",
            wide,
        ),
    )


_TABLES = ("cross_entropy_distributions", "cross_entropy", "cross_entropy_backward", *FULL)
# What is drawn together, by the names of the exercise's own parameters: learners are shown it by those.
_NAMES = {
    "mse_loss": "pred_and_target",
    "mse_backward": "pred_and_target",
    "binary_cross_entropy": "p_and_q",
    "cross_entropy_distributions": "p_and_q",
    "bce_with_logits": "z_and_q",
    "bce_with_logits_backward": "z_and_q",
    "cross_entropy": "logits_and_labels",
    "cross_entropy_backward": "logits_and_labels",
    "cross_entropy_full": "logits_and_labels",
    "cross_entropy_full_backward": "logits_and_labels",
}
_ANY_SHAPE = (
    "Any shape will do: no dimensions, sides of 1, three axes, many entries.",
    "One row will do, and so will one class, or many of either.",
)


# Rounding is a share of what is added up, a thousand times the last digit being plenty.
def _slack_of_squares(pred, target):
    return 1e-12 * (pred.square() + target.square()).mean()


def _slack_of_differences(pred, target):
    return 1e-12 * (pred.abs() + target.abs()).max() / pred.numel()


def _slack_of_chances(p, q):
    return 1e-13  # 1 - p is rounded beside 1, however small p is


def _slack_of_scores(scores, truth):
    return 1e-13 * scores.abs().max().clamp(min=1)


def _slack_of_score_gradients(scores, truth):
    return _slack_of_scores(scores, truth) / len(truth.reshape(-1))


# --- mse_loss ---------------------------------------------------------------------------------------------
#
# A loss is one number, in which mistakes cancel easily: laws about its sign, its zero and a batch given twice tell a
# sum from a mean, and a mean over rows from a mean over everything.


@check("mse_loss", hint="What is done to each difference, and over which axes does the mean run?")
@given(pred_and_target=numbers())
def check_mse_loss_matches_torch(learner, pred_and_target):
    """The loss is the mean of the squared differences."""
    agree(learner.mse_loss(*pred_and_target), F.mse_loss(*pred_and_target))


@check(
    "mse_loss",
    hint="Squares are never negative, and 0 only where nothing is off.",
    examples=40,
    after=check_mse_loss_matches_torch,
)
@given(pred_and_target=numbers())
def check_mse_loss_is_never_negative(learner, pred_and_target):
    """The loss is never negative, and 0 where prediction and target are the same."""
    pred, target = pred_and_target
    loss = learner.mse_loss(pred, target).item()
    require(loss >= 0, f"the loss is {loss:g}, below 0")
    agree(learner.mse_loss(pred, pred), 0.0)


@check("mse_loss", hint="A mean, not a sum: twice as many rows must not cost twice as much.", examples=40)
@given(pred=tensors(plain_shapes, special=MODERATE, textures=False), seed=seeds())
def check_mse_loss_of_a_batch_twice(learner, pred, seed):
    """A batch put in twice, its rows in any order, has the same loss."""
    target = tensor_from(seed, tuple(pred.shape))
    twice = (twice_in_another_order(pred, seed), twice_in_another_order(target, seed))
    agree(learner.mse_loss(*twice), F.mse_loss(pred, target))


@check(
    "mse_loss",
    hint="Compare the shapes before anything else, and show target's in the message.",
    after=check_mse_loss_matches_torch,
)
@given(shapes=sampled_from(MISFITS))
def check_mse_loss_refuses_another_shape(learner, shapes):
    """A target of another shape raises a ValueError that names target and shows its shape."""
    pred, target = filled(shapes[0], 1.0), filled(shapes[1], 2.0)
    refuses(lambda: learner.mse_loss(pred, target), ValueError, names="target", value=shape_words(shapes[1]))


@check(
    "mse_loss", hint="Work the four squares out by hand: 0, 4, 9 and 1.", after=check_mse_loss_matches_torch
)
def check_mse_loss_known_value(learner):
    """Predictions (1, 2), (3, 5) against targets (1, 4), (0, 4) cost 3.5."""
    pred = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float64)
    target = torch.tensor([[1.0, 4.0], [0.0, 4.0]], dtype=torch.float64)
    agree(learner.mse_loss(pred, target), torch.tensor(3.5, dtype=torch.float64))


check_mse_loss_corners = _corners(
    "mse_loss",
    check_mse_loss_matches_torch,
    F.mse_loss,
    _slack_of_squares,
    numbers(odd_shapes),
    wide_numbers(),
)

check_mse_loss_everywhere = tensor_laws(
    "mse_loss",
    inputs={
        "pred": tensors(shape=(3, 2), special=MODERATE),
        "target": tensors(shape=(3, 2), special=MODERATE),
    },
    oracle=lambda pred, target: F.mse_loss(pred, target),
    after=check_mse_loss_matches_torch,
)

# --- mse_backward -----------------------------------------------------------------------------------------
#
# The step of n / 2 against the gradient ends at the target: for a bowl that is exact, so it shows a lost factor 2 or a
# lost 1 / n by itself, without an oracle.


def _mse_gradient(pred, target):
    return autograd(lambda x: F.mse_loss(x, target), None, pred)[0]


@check(
    "mse_backward", hint="Look at the backward alone: the factor, the sign, and the number it is divided by."
)
@given(pred_and_target=numbers())
def check_mse_backward_matches_autograd(learner, pred_and_target):
    """The gradient equals that of torch's mse_loss."""
    pred, target = pred_and_target
    expected = _mse_gradient(pred, target)
    actual = learner.mse_backward(pred, target)
    agree_gradient(
        actual, expected, batch=pred.numel(), forward=lambda x: learner.mse_loss(x, target), at=pred
    )


@check("mse_backward", hint="The loss is a bowl with its bottom at target.", examples=40)
@given(pred_and_target=numbers())
def check_mse_backward_leads_to_the_target(learner, pred_and_target):
    """A step of n / 2 against the gradient ends exactly at the target (n elements)."""
    pred, target = pred_and_target
    end = pred - pred.numel() / 2 * learner.mse_backward(pred, target)
    agree(end, target, what="pred - n/2 * gradient")


@check(
    "mse_backward",
    hint="What does your line give for a difference of 2, if there are 4 elements?",
    after=check_mse_backward_matches_autograd,
)
def check_mse_backward_known_value(learner):
    """Predictions (1, 2), (3, 5) against targets (1, 4), (0, 4) give (0, -1), (1.5, 0.5)."""
    pred = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float64)
    target = torch.tensor([[1.0, 4.0], [0.0, 4.0]], dtype=torch.float64)
    agree(learner.mse_backward(pred, target), torch.tensor([[0.0, -1.0], [1.5, 0.5]], dtype=torch.float64))


check_mse_backward_corners = _corners(
    "mse_backward",
    check_mse_backward_matches_autograd,
    _mse_gradient,
    _slack_of_differences,
    numbers(odd_shapes),
    wide_numbers(),
)

check_mse_backward_everywhere = tensor_laws(
    "mse_backward",
    inputs={
        "pred": tensors(shape=(3, 2), special=MODERATE),
        "target": tensors(shape=(3, 2), special=MODERATE),
    },
    oracle=_mse_gradient,
    after=check_mse_backward_matches_autograd,
)

# --- binary_cross_entropy ---------------------------------------------------------------------------------
#
# torch bounds each logarithm at -100. That shows at predictions that are quite sure, or nearly: 1e-60 has a finite
# logarithm below -100.


@check(
    "binary_cross_entropy",
    hint="Are both halves there, what is said about yes and about no, and over what is the mean?",
)
@given(p_and_q=two_chances())
def check_binary_cross_entropy_matches_torch(learner, p_and_q):
    """The loss is the mean of -(q log p + (1 - q) log(1 - p))."""
    agree(learner.binary_cross_entropy(*p_and_q), F.binary_cross_entropy(*p_and_q))


@check(
    "binary_cross_entropy",
    hint="What is the logarithm of a chance of 0, and what does 0 times it give?",
    examples=40,
)
@given(p=tensors(plain_shapes, low=0.0, high=1.0), seed=seeds())
def check_binary_cross_entropy_of_sure_answers(learner, p, seed):
    """A sure miss costs 100 and a sure hit nothing: never infinity, never NaN."""
    p = p.round()
    q = tensor_from(seed, tuple(p.shape), low=0.0, high=1.0).round()
    agree(learner.binary_cross_entropy(p, q), 100 * (p != q).to(p.dtype).mean())


@check("binary_cross_entropy", hint="Both halves count: what is said about yes and about no.", examples=40)
@given(q=tensors(plain_shapes, low=0.0, high=1.0))
def check_binary_cross_entropy_of_the_truth(learner, q):
    """Predicting the truth itself costs the truth's entropy."""
    agree(learner.binary_cross_entropy(q, q), (entropy(q) + entropy(1 - q)).mean())


@check(
    "binary_cross_entropy",
    hint="Is the logarithm taken of the prediction, and the weight from the truth?",
    after=check_binary_cross_entropy_matches_torch,
)
@given(p_and_q=two_chances())
def check_binary_cross_entropy_is_least_at_the_truth(learner, p_and_q):
    """No prediction costs less than the truth itself would, and none less than 0."""
    p, q = p_and_q
    loss, least = learner.binary_cross_entropy(p, q).item(), (entropy(q) + entropy(1 - q)).mean().item()
    require(
        loss >= least - 1e-9, f"the loss is {loss:.10g}, less than the entropy of the truth, {least:.10g}"
    )


@check(
    "binary_cross_entropy",
    hint="A mean, not a sum: twice as many rows must not cost twice as much.",
    examples=40,
)
@given(p=tensors(plain_shapes, low=0.02, high=0.98, textures=False), seed=seeds())
def check_binary_cross_entropy_of_a_batch_twice(learner, p, seed):
    """A batch put in twice, its rows in any order, has the same loss."""
    q = tensor_from(seed, tuple(p.shape), low=0.0, high=1.0)
    twice = (twice_in_another_order(p, seed), twice_in_another_order(q, seed))
    agree(learner.binary_cross_entropy(*twice), F.binary_cross_entropy(p, q))


@check(
    "binary_cross_entropy",
    hint="Compare the shapes before anything else, and show q's in the message.",
    after=check_binary_cross_entropy_matches_torch,
)
@given(shapes=sampled_from(MISFITS))
def check_binary_cross_entropy_refuses_another_shape(learner, shapes):
    """A q of another shape raises a ValueError that names q and shows its shape."""
    p, q = filled(shapes[0], 0.25), filled(shapes[1], 0.5)
    refuses(lambda: learner.binary_cross_entropy(p, q), ValueError, names="q", value=shape_words(shapes[1]))


@check(
    "binary_cross_entropy",
    hint="Work both cases out by hand: log 0.8 is -0.2231, log 0.2 is -1.6094.",
    after=check_binary_cross_entropy_matches_torch,
)
def check_binary_cross_entropy_known_values(learner):
    """p = 0.8 costs 0.2231 if q = 1, and 1.6094 if q = 0."""
    p, yes, no = (torch.tensor([value], dtype=torch.float64) for value in (0.8, 1.0, 0.0))
    agree(learner.binary_cross_entropy(p, yes), torch.tensor(0.2231435513142097, dtype=torch.float64))
    agree(learner.binary_cross_entropy(p, no), torch.tensor(1.6094379124341005, dtype=torch.float64))


check_binary_cross_entropy_corners = _corners(
    "binary_cross_entropy",
    check_binary_cross_entropy_matches_torch,
    F.binary_cross_entropy,
    _slack_of_chances,
    two_chances(odd_shapes),
    wide_chances(),
)

check_binary_cross_entropy_everywhere = tensor_laws(
    "binary_cross_entropy",
    inputs={"p": tensors(shape=(3, 2), low=0.02, high=0.98), "q": tensors(shape=(3, 2), low=0.0, high=1.0)},
    oracle=lambda p, q: F.binary_cross_entropy(p, q),
    after=check_binary_cross_entropy_matches_torch,
)

# --- cross_entropy_distributions --------------------------------------------------------------------------
#
# The mean runs over rows, while the classes of a row are added up: with two classes or more the two differ.


def _cross_entropy_of_rows(p, q):
    return -(q * torch.log(p).clamp(min=-100)).sum(1).mean()


@check("cross_entropy_distributions", hint="Which axis is summed, and which is averaged?")
@given(p_and_q=distributions())
def check_cross_entropy_distributions_matches_the_formula(learner, p_and_q):
    """The loss is the mean over the rows of -sum(q log p)."""
    agree(learner.cross_entropy_distributions(*p_and_q), _cross_entropy_of_rows(*p_and_q))


@check(
    "cross_entropy_distributions",
    hint="What is the logarithm of a chance of 0, and what does 0 times it give?",
    examples=40,
)
@given(p_and_q=distributions())
def check_cross_entropy_distributions_of_sure_answers(learner, p_and_q):
    """A sure miss costs 100 and a sure hit nothing: never infinity, never NaN."""
    p, q = (torch.zeros_like(rows).scatter(1, rows.argmax(1, keepdim=True), 1) for rows in p_and_q)
    agree(learner.cross_entropy_distributions(p, q), 100 * (p != q).any(1).to(p.dtype).mean())


@check(
    "cross_entropy_distributions",
    hint="What remains of the sum if prediction and truth are the same?",
    examples=40,
)
@given(p_and_q=distributions())
def check_cross_entropy_distributions_of_the_truth(learner, p_and_q):
    """Predicting the truth itself costs the truth's entropy."""
    _, q = p_and_q
    agree(learner.cross_entropy_distributions(q, q), entropy(q).sum(1).mean())


@check(
    "cross_entropy_distributions",
    hint="Is the logarithm taken of the prediction, and the weight from the truth?",
    after=check_cross_entropy_distributions_matches_the_formula,
)
@given(p_and_q=distributions())
def check_cross_entropy_distributions_is_least_at_the_truth(learner, p_and_q):
    """No prediction costs less than the truth itself would, and none less than 0."""
    p, q = p_and_q
    loss, least = learner.cross_entropy_distributions(p, q).item(), entropy(q).sum(1).mean().item()
    require(
        loss >= least - 1e-9, f"the loss is {loss:.10g}, less than the entropy of the truth, {least:.10g}"
    )


@check(
    "cross_entropy_distributions",
    hint="Average over the rows: twice as many must not cost more.",
    examples=40,
)
@given(p_and_q=distributions(), seed=seeds())
def check_cross_entropy_distributions_of_a_batch_twice(learner, p_and_q, seed):
    """A batch put in twice, its rows in any order, has the same loss."""
    twice = (twice_in_another_order(rows, seed) for rows in p_and_q)
    agree(learner.cross_entropy_distributions(*twice), _cross_entropy_of_rows(*p_and_q))


@check(
    "cross_entropy_distributions",
    hint="Compare the shapes before anything else, and show q's in the message.",
    after=check_cross_entropy_distributions_matches_the_formula,
)
@given(
    shapes=sampled_from(
        (((3, 2), (1, 2)), ((2, 2), (2,)), ((2, 3), (3, 2)), ((3, 2), (3, 1)), ((1, 2), (3, 2)))
    )
)
def check_cross_entropy_distributions_refuses_another_shape(learner, shapes):
    """A q of another shape raises a ValueError that names q and shows its shape."""
    p, q = (filled(shape, 1 / shape[-1]) for shape in shapes)
    refuses(
        lambda: learner.cross_entropy_distributions(p, q), ValueError, names="q", value=shape_words(shapes[1])
    )


@check(
    "cross_entropy_distributions",
    hint="Work the three classes out by hand: log 4 is 1.3863, log 2 is 0.6931.",
    after=check_cross_entropy_distributions_matches_the_formula,
)
def check_cross_entropy_distributions_known_value(learner):
    """p = (0.25, 0.25, 0.5) against q = (0.5, 0.25, 0.25) costs 1.2130."""
    p = torch.tensor([[0.25, 0.25, 0.5]], dtype=torch.float64)
    q = torch.tensor([[0.5, 0.25, 0.25]], dtype=torch.float64)
    expected = torch.tensor(1.2130075659799042, dtype=torch.float64)
    agree(learner.cross_entropy_distributions(p, q), expected)


check_cross_entropy_distributions_corners = _corners(
    "cross_entropy_distributions",
    check_cross_entropy_distributions_matches_the_formula,
    _cross_entropy_of_rows,
    _slack_of_chances,
    distributions(sampled_from(ODD_TABLES)),
    wide_distributions(),
)

check_cross_entropy_distributions_everywhere = tensor_laws(
    "cross_entropy_distributions",
    inputs={
        "p": tensors(shape=(3, 2), low=0.02, high=1.0).map(_rows),
        "q": tensors(shape=(3, 2), low=0.0, high=1.0).map(_rows),
    },
    oracle=_cross_entropy_of_rows,
    after=check_cross_entropy_distributions_matches_the_formula,
)

# --- bce_with_logits --------------------------------------------------------------------------------------


@check(
    "bce_with_logits", hint="Work one score out on paper in the two steps of the lesson, and with your line."
)
@given(z_and_q=scores())
def check_bce_with_logits_matches_torch(learner, z_and_q):
    """The loss is the mean binary cross-entropy of sigmoid(z)."""
    agree(learner.bce_with_logits(*z_and_q), F.binary_cross_entropy_with_logits(*z_and_q))


@check("bce_with_logits", hint="Of which number is the exponential taken? What if that number is 10,000?")
@given(z_and_q=scores(LARGE))
def check_bce_with_logits_survives_large_scores(learner, z_and_q):
    """A score of 10,000 for a true no costs 10,000: neither 100 nor infinity."""
    agree(learner.bce_with_logits(*z_and_q), F.binary_cross_entropy_with_logits(*z_and_q))


@check(
    "bce_with_logits",
    hint="A yes with score z is a no with score -z.",
    examples=40,
    after=check_bce_with_logits_matches_torch,
)
@given(z_and_q=scores())
def check_bce_with_logits_is_symmetric(learner, z_and_q):
    """Turning around both score and truth changes nothing."""
    z, q = z_and_q
    agree(learner.bce_with_logits(-z, 1 - q), learner.bce_with_logits(z, q))


@check(
    "bce_with_logits", hint="A mean, not a sum: twice as many rows must not cost twice as much.", examples=40
)
@given(z=tensors(plain_shapes, special=MODERATE, textures=False), seed=seeds())
def check_bce_with_logits_of_a_batch_twice(learner, z, seed):
    """A batch put in twice, its rows in any order, has the same loss."""
    q = tensor_from(seed, tuple(z.shape), low=0.0, high=1.0)
    twice = (twice_in_another_order(z, seed), twice_in_another_order(q, seed))
    agree(learner.bce_with_logits(*twice), F.binary_cross_entropy_with_logits(z, q))


@check(
    "bce_with_logits",
    hint="Is the score of a wrong answer dear, and that of a right one cheap?",
    examples=40,
    after=check_bce_with_logits_matches_torch,
)
@given(z_and_q=scores(LARGE))
def check_bce_with_logits_is_never_below_the_entropy(learner, z_and_q):
    """No score costs less than the truth itself would, and none less than 0."""
    z, q = z_and_q
    loss, least = learner.bce_with_logits(z, q).item(), (entropy(q) + entropy(1 - q)).mean().item()
    require(
        loss >= least - 1e-9, f"the loss is {loss:.10g}, less than the entropy of the truth, {least:.10g}"
    )


@check(
    "bce_with_logits",
    hint="Compare the shapes before anything else, and show q's in the message.",
    after=check_bce_with_logits_matches_torch,
)
@given(shapes=sampled_from(MISFITS))
def check_bce_with_logits_refuses_another_shape(learner, shapes):
    """A q of another shape raises a ValueError that names q and shows its shape."""
    z, q = filled(shapes[0], 2.0), filled(shapes[1], 0.5)
    refuses(lambda: learner.bce_with_logits(z, q), ValueError, names="q", value=shape_words(shapes[1]))


@check(
    "bce_with_logits",
    hint="Work z = 2 out by hand; the logarithm in it is 0.1269.",
    after=check_bce_with_logits_matches_torch,
)
def check_bce_with_logits_known_values(learner):
    """z = 2 costs 0.1269 if q = 1, and 2.1269 if q = 0."""
    z, yes, no = (torch.tensor([value], dtype=torch.float64) for value in (2.0, 1.0, 0.0))
    agree(learner.bce_with_logits(z, yes), torch.tensor(0.1269280110429726, dtype=torch.float64))
    agree(learner.bce_with_logits(z, no), torch.tensor(2.1269280110429726, dtype=torch.float64))


check_bce_with_logits_corners = _corners(
    "bce_with_logits",
    check_bce_with_logits_matches_torch,
    F.binary_cross_entropy_with_logits,
    _slack_of_scores,
    scores(side=odd_shapes),
    wide_scores(),
)

check_bce_with_logits_everywhere = tensor_laws(
    "bce_with_logits",
    inputs={"z": tensors(shape=(3, 2), special=MODERATE), "q": tensors(shape=(3, 2), low=0.0, high=1.0)},
    oracle=lambda z, q: F.binary_cross_entropy_with_logits(z, q),
    after=check_bce_with_logits_matches_torch,
)

# --- bce_with_logits_backward -----------------------------------------------------------------------------


def _bce_gradient(z, q):
    return autograd(lambda x: F.binary_cross_entropy_with_logits(x, q), None, z)[0]


check_bce_with_logits_backward_is_derived = derived(
    "bce_with_logits_backward",
    lambda seed: (apart(seed, (4,)), torch.tensor([0.0, 1.0, 1.0, 0.3], dtype=torch.float64)),
    entries=4,
)


@check(
    "bce_with_logits_backward",
    hint="Look at the backward alone: which two chances are compared, and by what is it divided?",
)
@given(z_and_q=scores())
def check_bce_with_logits_backward_matches_autograd(learner, z_and_q):
    """The gradient equals that of torch's loss."""
    z, q = z_and_q
    actual = learner.bce_with_logits_backward(z, q)
    agree_gradient(
        actual, _bce_gradient(z, q), batch=z.numel(), forward=lambda x: learner.bce_with_logits(x, q), at=z
    )


@check("bce_with_logits_backward", hint="Is there an infinity above and below a line in the backward?")
@given(z_and_q=scores(LARGE))
def check_bce_with_logits_backward_never_overflows(learner, z_and_q):
    """Scores of 10,000 give gradients, never NaN."""
    z, q = z_and_q
    agree(learner.bce_with_logits_backward(z, q), _bce_gradient(z, q))


@check(
    "bce_with_logits_backward",
    hint="A yes with score z is a no with score -z.",
    examples=40,
    after=check_bce_with_logits_backward_matches_autograd,
)
@given(z_and_q=scores())
def check_bce_with_logits_backward_turns_around(learner, z_and_q):
    """Turning around both score and truth turns around the gradient."""
    z, q = z_and_q
    agree(learner.bce_with_logits_backward(-z, 1 - q), -learner.bce_with_logits_backward(z, q))


@check(
    "bce_with_logits_backward",
    hint="sigmoid(2) is 0.8808.",
    after=check_bce_with_logits_backward_matches_autograd,
)
def check_bce_with_logits_backward_known_values(learner):
    """z = 2 has the gradient -0.1192 if q = 1, and 0.8808 if q = 0."""
    z, yes, no = (torch.tensor([value], dtype=torch.float64) for value in (2.0, 1.0, 0.0))
    expected = torch.tensor([-0.11920292202211769, 0.8807970779778823], dtype=torch.float64)
    agree(learner.bce_with_logits_backward(z, yes), expected[:1])
    agree(learner.bce_with_logits_backward(z, no), expected[1:])


check_bce_with_logits_backward_corners = _corners(
    "bce_with_logits_backward",
    check_bce_with_logits_backward_matches_autograd,
    _bce_gradient,
    _slack_of_score_gradients,
    scores(side=odd_shapes),
    wide_scores(),
)

check_bce_with_logits_backward_everywhere = tensor_laws(
    "bce_with_logits_backward",
    inputs={"z": tensors(shape=(3, 2), special=MODERATE), "q": tensors(shape=(3, 2), low=0.0, high=1.0)},
    oracle=_bce_gradient,
    after=check_bce_with_logits_backward_matches_autograd,
)

# --- cross_entropy ----------------------------------------------------------------------------------------

BAD_LABELS = ((3, -1), (3, 3), (2, 7), (4, -100), (1, 1))
# Another number of labels than of rows; labels with an axis more are a learner's own affair.
BAD_SHAPES = (((3, 4), (4,)), ((3, 4), (2,)), ((2, 3), (3,)), ((1, 3), (2,)), ((4, 2), (1,)))


@composite
def three_labels(draw):
    """Labels of three rows of four scores."""
    rows, classes = shortened((3, 4))
    return torch.tensor([draw(integers(0, classes - 1)) for _ in range(rows)])


def _with_a_bad_label(case, row):
    """Three rows with right labels but for one; `case` is the number of classes and the label that is wrong."""
    classes, label = case
    labels = torch.zeros(3, dtype=torch.int64)
    labels[row] = label
    return filled((3, classes), 1.0), labels


@check("cross_entropy", hint="Whose share is read off in each row, and over what is the mean?")
@given(logits_and_labels=labelled())
def check_cross_entropy_matches_torch(learner, logits_and_labels):
    """The loss is the mean over the rows of -log softmax(logits)[label]."""
    agree(learner.cross_entropy(*logits_and_labels), F.cross_entropy(*logits_and_labels))


@check("cross_entropy", hint="The logarithm of a finished share comes too late, and so does a bound on it.")
@given(logits_and_labels=labelled(LARGE))
def check_cross_entropy_survives_large_scores(learner, logits_and_labels):
    """A right class 10,000 below the best one costs 10,000: neither 100 nor infinity."""
    agree(learner.cross_entropy(*logits_and_labels), F.cross_entropy(*logits_and_labels))


@check("cross_entropy", hint="Each row needs its own maximum, along the classes.", examples=60)
@given(logits_and_labels=labelled(far=True))
def check_cross_entropy_keeps_rows_apart(learner, logits_and_labels):
    """Rows whose scores lie thousands apart do not disturb each other."""
    agree(learner.cross_entropy(*logits_and_labels), F.cross_entropy(*logits_and_labels))


@check(
    "cross_entropy",
    hint="With C equal scores, each share is 1 / C.",
    examples=40,
    after=check_cross_entropy_matches_torch,
)
@given(rows=integers(2, 5), classes=integers(2, 6), score=sampled_from((0.0, 1.0, -2.0, 300.0)))
def check_cross_entropy_of_equal_scores(learner, rows, classes, score):
    """Equal scores for C classes cost log C, whatever the labels are."""
    labels = torch.arange(rows) % classes
    expected = torch.tensor(classes, dtype=torch.float64).log()
    agree(learner.cross_entropy(filled((rows, classes), score), labels), expected)


@check(
    "cross_entropy",
    hint="A share is at most 1: its logarithm is at most 0, and minus that is the price.",
    examples=40,
    after=check_cross_entropy_matches_torch,
)
@given(logits_and_labels=labelled())
def check_cross_entropy_is_never_negative(learner, logits_and_labels):
    """The loss is never negative."""
    loss = learner.cross_entropy(*logits_and_labels).item()
    require(loss >= -1e-9, f"the loss is {loss:g}, below 0")


@check(
    "cross_entropy", hint="A mean over the rows: twice as many rows must not cost twice as much.", examples=40
)
@given(logits_and_labels=labelled(), seed=seeds())
def check_cross_entropy_of_a_batch_twice(learner, logits_and_labels, seed):
    """A batch put in twice, its rows in any order, has the same loss."""
    twice = (twice_in_another_order(part, seed) for part in logits_and_labels)
    agree(learner.cross_entropy(*twice), F.cross_entropy(*logits_and_labels))


@check(
    "cross_entropy",
    hint="Labels run from 0 to C - 1. torch takes -1 for the last class, so you must look.",
    after=check_cross_entropy_matches_torch,
)
@given(classes_and_label=sampled_from(BAD_LABELS), row=integers(0, 2))
def check_cross_entropy_refuses_a_label_out_of_range(learner, classes_and_label, row):
    """A label outside 0..C-1 raises a ValueError that names labels and shows it."""
    logits, labels = _with_a_bad_label(classes_and_label, row)
    refuses(
        lambda: learner.cross_entropy(logits, labels), ValueError, names="labels", value=classes_and_label[1]
    )


@check(
    "cross_entropy",
    hint="One label per row: shape (N,). Show the shape that came in the message.",
    after=check_cross_entropy_matches_torch,
)
@given(shapes=sampled_from(BAD_SHAPES))
def check_cross_entropy_refuses_another_shape(learner, shapes):
    """Another number of labels than of rows raises a ValueError that names labels and shows their shape."""
    logits, labels = filled(shapes[0], 1.0), torch.zeros(shapes[1], dtype=torch.int64)
    refuses(
        lambda: learner.cross_entropy(logits, labels),
        ValueError,
        names="labels",
        value=shape_words(shapes[1]),
    )


@check(
    "cross_entropy",
    hint="Work both rows out by hand: 0.4076 and 1.0986.",
    after=check_cross_entropy_matches_torch,
)
def check_cross_entropy_known_value(learner):
    """Scores (2, 1, 0) with label 0 and (0, 0, 0) with label 2 cost 0.7531."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor(0.7531091265562453, dtype=torch.float64)
    agree(learner.cross_entropy(logits, torch.tensor([0, 2])), expected)


check_cross_entropy_corners = _corners(
    "cross_entropy",
    check_cross_entropy_matches_torch,
    F.cross_entropy,
    _slack_of_scores,
    labelled(tables=sampled_from(ODD_TABLES)),
    wide_labelled(),
)

check_cross_entropy_everywhere = tensor_laws(
    "cross_entropy",
    inputs={"logits": tensors(shape=(3, 4), special=MODERATE), "labels": three_labels()},
    oracle=lambda logits, labels: F.cross_entropy(logits, labels),
    after=check_cross_entropy_matches_torch,
    meta=False,
)

# --- cross_entropy_backward -------------------------------------------------------------------------------


def _cross_entropy_gradient(logits, labels):
    return autograd(lambda z: F.cross_entropy(z, labels), None, logits)[0]


check_cross_entropy_backward_is_derived = derived(
    "cross_entropy_backward",
    lambda seed: (scores_apart(seed), torch.tensor([seed % 2, seed // 2 % 2])),
    entries=4,
)


@check(
    "cross_entropy_backward",
    hint="Look at the backward alone: where is something taken off, how much, and what divides the rows?",
)
@given(logits_and_labels=labelled())
def check_cross_entropy_backward_matches_autograd(learner, logits_and_labels):
    """The gradient equals that of torch's cross_entropy."""
    logits, labels = logits_and_labels
    agree_gradient(
        learner.cross_entropy_backward(logits, labels),
        _cross_entropy_gradient(logits, labels),
        batch=len(logits),
        forward=lambda z: learner.cross_entropy(z, labels),
        at=logits,
    )


@check(
    "cross_entropy_backward",
    hint="Shares add up to 1, and 1 is taken off at one place of each row.",
    examples=40,
    after=check_cross_entropy_backward_matches_autograd,
)
@given(logits_and_labels=labelled())
def check_cross_entropy_backward_rows_sum_to_zero(learner, logits_and_labels):
    """The gradient of every row adds up to 0."""
    total = learner.cross_entropy_backward(*logits_and_labels).sum(1)
    agree(total, torch.zeros_like(total), what="the sum of a row of the gradient")


@check("cross_entropy_backward", hint="Each row needs its own maximum, subtracted before exp.")
@given(logits_and_labels=labelled(LARGE, far=True))
def check_cross_entropy_backward_never_overflows(learner, logits_and_labels):
    """Large scores, and rows that lie thousands apart, give gradients, never NaN."""
    logits, labels = logits_and_labels
    agree(learner.cross_entropy_backward(logits, labels), _cross_entropy_gradient(logits, labels))


@check(
    "cross_entropy_backward",
    hint="Work the first row out by hand; its shares are 0.6652, 0.2447 and 0.0900.",
    after=check_cross_entropy_backward_matches_autograd,
)
def check_cross_entropy_backward_known_value(learner):
    """Scores (2, 1, 0), label 0, and (0, 0, 0), label 2: (-0.1674, 0.1224, 0.0450), (0.1667, 0.1667, -0.3333)."""
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    rows = [[-0.16737952211258904, 0.12236423552739882, 0.04501528658519023], [1 / 6, 1 / 6, -1 / 3]]
    expected = torch.tensor(rows, dtype=torch.float64)
    agree(learner.cross_entropy_backward(logits, torch.tensor([0, 2])), expected)


check_cross_entropy_backward_corners = _corners(
    "cross_entropy_backward",
    check_cross_entropy_backward_matches_autograd,
    _cross_entropy_gradient,
    _slack_of_score_gradients,
    labelled(tables=sampled_from(ODD_TABLES)),
    wide_labelled(),
)

check_cross_entropy_backward_everywhere = tensor_laws(
    "cross_entropy_backward",
    inputs={"logits": tensors(shape=(3, 4), special=MODERATE), "labels": three_labels()},
    oracle=_cross_entropy_gradient,
    after=check_cross_entropy_backward_matches_autograd,
    meta=False,
)

# --- cross_entropy_full -----------------------------------------------------------------------------------

REDUCTIONS = ("none", "sum", "mean")
# The label left out is the usual one, another, or one of the classes themselves.
LEFT_OUT = (-100, -1, 0, 1, 99)
SMOOTHINGS = (0.1, 0.5, 0.37)
# Label, and the label that is left out.
BAD_FULL_LABELS = ((-1, -100), (4, -100), (-100, -1), (7, 0), (-5, 2))
UNKNOWN_REDUCTIONS = ("average", "Mean", "max", "", "batchmean")
NO_SHARES = (-0.25, 1.5, 7.0, -1e-6, 1 + 1e-6)


@composite
def padded(draw, tables=plain_tables, *, smoothed=True):
    """The arguments of the full loss; some of the rows are left out, and at least one is kept."""
    logits, labels = draw(labelled(tables=tables))
    options = {"reduction": draw(sampled_from(REDUCTIONS)), "ignore_index": draw(sampled_from(LEFT_OUT))}
    if smoothed:
        options["label_smoothing"] = draw(sampled_from((0.0, *SMOOTHINGS)))
    choice = lists(
        sampled_from((False, False, True)), min_size=min(len(labels), 6), max_size=min(len(labels), 6)
    )
    left_out = (draw(choice) * len(labels))[: len(labels)]
    kept = draw(integers(0, len(labels) - 1))
    labels = torch.where(torch.tensor(left_out), options["ignore_index"], labels)
    # A drawn label may be the one left out: the row that stays gets another, if there is one.
    labels[kept] = (
        (options["ignore_index"] + 1) % logits.shape[1]
        if labels[kept] == options["ignore_index"]
        else labels[kept]
    )
    return logits, labels, options


def _full_gradient(logits, labels, **options):
    return autograd(lambda z: F.cross_entropy(z, labels, **options).sum(), None, logits)[0]


def _hidden_among_padding(logits, labels, seed):
    """The rows in their order with rows of padding, label -100, between them, and where the rows are now."""
    generator = torch.Generator().manual_seed(seed)
    count = len(logits) + 3
    places = torch.randperm(count, generator=generator)[: len(logits)].sort().values
    more = tensor_from(seed, (count, logits.shape[1]))
    more[places] = logits
    return more, torch.full((count,), -100).scatter(0, places, labels), places


@check(
    "cross_entropy_full",
    hint="Without keywords: the mean over the labels that are not -100, nothing smoothed.",
    examples=60,
)
@given(logits_and_labels=labelled())
def check_cross_entropy_full_is_cross_entropy_at_first(learner, logits_and_labels):
    """With no keyword given, it is cross_entropy."""
    agree(learner.cross_entropy_full(*logits_and_labels), F.cross_entropy(*logits_and_labels))


@check(
    "cross_entropy_full",
    hint='"none" keeps the rows apart: a tensor of shape (N,). "sum" adds them up.',
    examples=60,
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits_and_labels=labelled(), reduction=sampled_from(("none", "sum")))
def check_cross_entropy_full_reduces(learner, logits_and_labels, reduction):
    """With "none" every row has its own price, and with "sum" they are added up."""
    expected = F.cross_entropy(*logits_and_labels, reduction=reduction)
    agree(learner.cross_entropy_full(*logits_and_labels, reduction=reduction), expected)


@check(
    "cross_entropy_full",
    hint="An ignored row has the price 0. Its label, which may be a class, names no class then.",
    examples=60,
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits_and_labels_and_options=padded(smoothed=False))
def check_cross_entropy_full_ignores_any_label(learner, logits_and_labels_and_options):
    """Any label can be left out, one of the classes, too: such rows cost 0."""
    logits, labels, options = logits_and_labels_and_options
    options = options | {"reduction": "none"}
    agree(learner.cross_entropy_full(logits, labels, **options), F.cross_entropy(logits, labels, **options))


@check(
    "cross_entropy_full",
    hint="Which rows count, what is wanted of them, and how are they put together?",
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits_and_labels_and_options=padded())
def check_cross_entropy_full_matches_torch(learner, logits_and_labels_and_options):
    """It equals torch's cross_entropy when reduction, ignored label and smoothing are given together."""
    logits, labels, options = logits_and_labels_and_options
    agree(learner.cross_entropy_full(logits, labels, **options), F.cross_entropy(logits, labels, **options))


@check(
    "cross_entropy_full",
    hint="The mean divides by the number of labels kept, not by the number of rows.",
    examples=40,
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits_and_labels=labelled(), seed=seeds())
def check_cross_entropy_full_overlooks_padding(learner, logits_and_labels, seed):
    """Rows labelled -100, put in between the others, do not change the mean."""
    logits, labels, _ = _hidden_among_padding(*logits_and_labels, seed)
    agree(learner.cross_entropy_full(logits, labels), F.cross_entropy(*logits_and_labels))


@check(
    "cross_entropy_full",
    hint="Which classes get a part of the smoothed share? Is the label one of them?",
    examples=60,
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits_and_labels=labelled(), smoothing=sampled_from(SMOOTHINGS))
def check_cross_entropy_full_smooths(learner, logits_and_labels, smoothing):
    """Smoothing by s gives 1 - s times the plain loss, and s times the mean over all labels there could be."""
    logits, labels = logits_and_labels
    every = [F.cross_entropy(logits, torch.full_like(labels, c)) for c in range(logits.shape[1])]
    expected = (1 - smoothing) * F.cross_entropy(logits, labels) + smoothing * sum(every) / len(every)
    agree(learner.cross_entropy_full(logits, labels, label_smoothing=smoothing), expected)


@check(
    "cross_entropy_full", hint="A share of 1 is legal: every class is wanted alike.", examples=10, weight=0.5
)
@given(logits_and_labels=labelled())
def check_cross_entropy_full_smooths_away_all(learner, logits_and_labels):
    """Smoothed by 1, the label makes no difference."""
    expected = F.cross_entropy(*logits_and_labels, label_smoothing=1.0)
    agree(learner.cross_entropy_full(*logits_and_labels, label_smoothing=1.0), expected)


@check("cross_entropy_full", hint="Take log-softmax in one go, with each row's own maximum.", examples=60)
@given(logits_and_labels=labelled(LARGE, far=True))
def check_cross_entropy_full_survives_large_scores(learner, logits_and_labels):
    """Scores of 10,000, and rows that lie thousands apart, give a price, never NaN."""
    agree(learner.cross_entropy_full(*logits_and_labels), F.cross_entropy(*logits_and_labels))


@check(
    "cross_entropy_full",
    hint="0 / 0 is NaN in torch; with Python numbers it is an error.",
    examples=20,
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
@given(logits=tensors(tables_of_padding, special=MODERATE), left_out=sampled_from(LEFT_OUT))
def check_cross_entropy_full_of_nothing_but_padding(learner, logits, left_out):
    """With every label ignored, "none" and "sum" are 0, and "mean" is NaN."""
    labels, nothing = torch.full((len(logits),), left_out), torch.zeros(len(logits), dtype=logits.dtype)
    for reduction, expected in (("none", nothing), ("sum", nothing.sum()), ("mean", nothing.sum() / 0)):
        actual = learner.cross_entropy_full(logits, labels, reduction=reduction, ignore_index=left_out)
        agree(actual, expected, what=f"{reduction} of nothing but padding")


def _full_refusals(exercise, after):
    """What both functions refuse, in the same words."""

    @check(
        exercise,
        hint="A label that is not ignore_index must lie in 0..C-1: look before you index.",
        after=after,
    )
    @given(label_and_left_out=sampled_from(BAD_FULL_LABELS), row=integers(0, 2), spared=integers(0, 2))
    def refuses_a_label_out_of_range(learner, label_and_left_out, row, spared):
        """A label outside 0..C-1 that is not ignore_index raises a ValueError that names labels and shows it."""
        label, left_out = label_and_left_out
        logits, labels = _with_a_bad_label((4, label), row)
        if spared != row:
            labels[spared] = left_out
        call = partial(learner.call, exercise, logits, labels, ignore_index=left_out)
        refuses(call, ValueError, names="labels", value=label)

    @check(
        exercise,
        hint="One label per row: shape (N,). Show the shape that came in the message.",
        after=after,
    )
    @given(shapes=sampled_from(BAD_SHAPES), label=sampled_from((0, -100)))
    def refuses_another_shape(learner, shapes, label):
        """Another number of labels than of rows raises a ValueError that names labels and shows their shape."""
        logits, labels = filled(shapes[0], 1.0), torch.full(shapes[1], label)
        call = partial(learner.call, exercise, logits, labels)
        refuses(call, ValueError, names="labels", value=shape_words(shapes[1]))

    @check(exercise, hint="There are three words: none, sum and mean.", after=after)
    @given(word=sampled_from(UNKNOWN_REDUCTIONS))
    def refuses_an_unknown_reduction(learner, word):
        """Any other reduction raises a ValueError that names reduction and shows the word."""
        logits, labels = filled((2, 3), 1.0), torch.tensor([0, 2])
        call = partial(learner.call, exercise, logits, labels, reduction=word)
        refuses(call, ValueError, names="reduction", value=word)

    @check(exercise, hint="label_smoothing is a share: from 0 to 1, both included.", after=after)
    @given(share=sampled_from(NO_SHARES))
    def refuses_a_share_outside(learner, share):
        """A label_smoothing below 0 or above 1 raises a ValueError that names it and shows the number."""
        logits, labels = filled((2, 3), 1.0), torch.tensor([0, 2])
        call = partial(learner.call, exercise, logits, labels, label_smoothing=share)
        refuses(call, ValueError, names="label_smoothing", value=share)

    found = (
        refuses_a_label_out_of_range,
        refuses_another_shape,
        refuses_an_unknown_reduction,
        refuses_a_share_outside,
    )
    return tuple(replace(one, name=f"check_{exercise}_{one.name}") for one in found)


check_cross_entropy_full_refusals = _full_refusals(
    "cross_entropy_full", check_cross_entropy_full_is_cross_entropy_at_first
)


@check(
    "cross_entropy_full",
    hint="Work it out by hand: the label costs 0.4076, all classes in the mean 1.4076.",
    after=check_cross_entropy_full_is_cross_entropy_at_first,
)
def check_cross_entropy_full_known_values(learner):
    """Scores (2, 1, 0) with label 0 cost 0.4076, smoothed by 0.1 they cost 0.5076."""
    logits, labels = torch.tensor([[2.0, 1.0, 0.0]], dtype=torch.float64), torch.tensor([0])
    plain = torch.tensor(0.40760596444438013, dtype=torch.float64)
    agree(learner.cross_entropy_full(logits, labels), plain)
    agree(learner.cross_entropy_full(logits, labels, label_smoothing=0.1), plain + 0.1)


check_cross_entropy_full_corners = _corners(
    "cross_entropy_full", check_cross_entropy_full_is_cross_entropy_at_first, F.cross_entropy, _slack_of_scores,
    labelled(tables=sampled_from(ODD_TABLES)), wide_labelled()
)  # fmt: skip

check_cross_entropy_full_everywhere = tensor_laws(
    "cross_entropy_full",
    inputs={"logits": tensors(shape=(3, 4), special=MODERATE), "labels": three_labels()},
    oracle=lambda logits, labels: F.cross_entropy(logits, labels),
    after=check_cross_entropy_full_is_cross_entropy_at_first,
    meta=False,
)

# --- cross_entropy_full_backward --------------------------------------------------------------------------


check_cross_entropy_full_backward_is_derived = derived(
    "cross_entropy_full_backward",
    lambda seed: (scores_apart(seed), torch.tensor([seed % 2, seed // 2 % 2])),
    entries=4,
)


@check(
    "cross_entropy_full_backward",
    hint="What do the defaults of all keywords say?",
    examples=60,
)
@given(logits_and_labels=labelled())
def check_cross_entropy_full_backward_is_cross_entropy_backward_at_first(learner, logits_and_labels):
    """With no keyword given, it is cross_entropy_backward."""
    logits, labels = logits_and_labels
    agree_gradient(
        learner.cross_entropy_full_backward(logits, labels),
        _cross_entropy_gradient(logits, labels),
        batch=len(logits),
        forward=lambda z: learner.cross_entropy_full(z, labels),
        at=logits,
    )


@check(
    "cross_entropy_full_backward",
    hint="Shares given minus shares wanted, 0 in ignored rows, divided by the labels kept for the mean.",
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(logits_and_labels_and_options=padded())
def check_cross_entropy_full_backward_matches_autograd(learner, logits_and_labels_and_options):
    """The gradient equals torch's when reduction, ignored label and smoothing are given together."""
    logits, labels, options = logits_and_labels_and_options
    agree_gradient(
        learner.cross_entropy_full_backward(logits, labels, **options),
        _full_gradient(logits, labels, **options),
        batch=len(logits),
        forward=lambda z: learner.cross_entropy_full(z, labels, **options).sum(),
        at=logits,
    )


@check(
    "cross_entropy_full_backward",
    hint='"none" and "sum" divide by nothing: a row has no part in the others.',
    examples=40,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(logits_and_labels=labelled(), reduction=sampled_from(("none", "sum")))
def check_cross_entropy_full_backward_reduces(learner, logits_and_labels, reduction):
    """With "none" and with "sum", every row has the gradient of its own price."""
    expected = _full_gradient(*logits_and_labels, reduction=reduction)
    agree(learner.cross_entropy_full_backward(*logits_and_labels, reduction=reduction), expected)


@check(
    "cross_entropy_full_backward",
    hint="Any label can be left out; where it is a class, too.",
    examples=60,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(logits_and_labels_and_options=padded(smoothed=False))
def check_cross_entropy_full_backward_ignores_any_label(learner, logits_and_labels_and_options):
    """Any label can be left out, one of the classes, too: such rows have a gradient of 0."""
    logits, labels, options = logits_and_labels_and_options
    options = options | {"reduction": "sum"}
    agree(
        learner.cross_entropy_full_backward(logits, labels, **options),
        _full_gradient(logits, labels, **options),
    )


@check(
    "cross_entropy_full_backward",
    hint="An ignored row gets zeros, and is not counted by the mean.",
    examples=40,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(logits_and_labels=labelled(), seed=seeds())
def check_cross_entropy_full_backward_overlooks_padding(learner, logits_and_labels, seed):
    """Rows labelled -100, put in between the others, get zeros, and the others the gradient they had."""
    logits, labels, places = _hidden_among_padding(*logits_and_labels, seed)
    expected = torch.zeros_like(logits)
    expected[places] = _cross_entropy_gradient(*logits_and_labels)
    agree(learner.cross_entropy_full_backward(logits, labels), expected)


@check(
    "cross_entropy_full_backward",
    hint="Do the wanted shares of a row add up to 1, smoothed or not?",
    examples=40,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(logits_and_labels=labelled(), smoothing=sampled_from(SMOOTHINGS))
def check_cross_entropy_full_backward_rests_at_the_wanted_shares(learner, logits_and_labels, smoothing):
    """Every row of the gradient adds up to 0, and is 0 where the shares given are the shares wanted."""
    logits, labels = logits_and_labels
    total = learner.cross_entropy_full_backward(logits, labels, label_smoothing=smoothing).sum(1)
    agree(total, torch.zeros_like(total), what="the sum of a row of the gradient")
    if smoothing > 0:
        classes = logits.shape[1]
        wanted = torch.full_like(logits, smoothing / classes)
        wanted += (1 - smoothing) * F.one_hot(labels, classes).to(logits.dtype)
        there = learner.cross_entropy_full_backward(wanted.log(), labels, label_smoothing=smoothing)
        agree(there, torch.zeros_like(logits), what="the gradient at the wanted shares")


@check(
    "cross_entropy_full_backward", hint="Each row needs its own maximum, subtracted before exp.", examples=60
)
@given(logits_and_labels=labelled(LARGE, far=True))
def check_cross_entropy_full_backward_never_overflows(learner, logits_and_labels):
    """Large scores, and rows that lie thousands apart, give gradients, never NaN."""
    expected = _cross_entropy_gradient(*logits_and_labels)
    agree(learner.cross_entropy_full_backward(*logits_and_labels), expected)


@check(
    "cross_entropy_full_backward",
    hint="By which count is divided when every label is ignored?",
    examples=20,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
@given(
    logits=tensors(tables_of_padding, special=MODERATE),
    left_out=sampled_from(LEFT_OUT),
    reduction=sampled_from(REDUCTIONS),
)
def check_cross_entropy_full_backward_of_nothing_but_padding(learner, logits, left_out, reduction):
    """With every label ignored, the gradient is 0, never NaN."""
    labels = torch.full((len(logits),), left_out)
    actual = learner.cross_entropy_full_backward(logits, labels, reduction=reduction, ignore_index=left_out)
    agree(actual, torch.zeros_like(logits))


check_cross_entropy_full_backward_refusals = _full_refusals(
    "cross_entropy_full_backward", check_cross_entropy_full_backward_is_cross_entropy_backward_at_first
)


@check(
    "cross_entropy_full_backward",
    hint="Work the label's entry out by hand; its share is 0.6652, and the wanted one 0.9333.",
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
)
def check_cross_entropy_full_backward_known_value(learner):
    """Scores (2, 1, 0), label 0, smoothed by 0.1, have the gradient (-0.2681, 0.2114, 0.0567)."""
    logits, labels = torch.tensor([[2.0, 1.0, 0.0]], dtype=torch.float64), torch.tensor([0])
    expected = [[-0.26809237755851145, 0.21139513772146432, 0.05669723983704713]]
    actual = learner.cross_entropy_full_backward(logits, labels, label_smoothing=0.1)
    agree(actual, torch.tensor(expected, dtype=torch.float64))


check_cross_entropy_full_backward_corners = _corners(
    "cross_entropy_full_backward", check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
    _cross_entropy_gradient, _slack_of_score_gradients, labelled(tables=sampled_from(ODD_TABLES)), wide_labelled()
)  # fmt: skip

check_cross_entropy_full_backward_everywhere = tensor_laws(
    "cross_entropy_full_backward",
    inputs={"logits": tensors(shape=(3, 4), special=MODERATE), "labels": three_labels()},
    oracle=_full_gradient,
    after=check_cross_entropy_full_backward_is_cross_entropy_backward_at_first,
    meta=False,
)


# --- law_cross_entropy ------------------------------------------------------------------------------------
#
# Versions of cross_entropy for a law to judge. They run in the learner's process and can be called there, but not read.


def cross_entropy__by_logarithms(logits, labels):
    """It takes the wanted score from the logarithm of the sum."""
    return (logits.logsumexp(1) - logits.gather(1, labels[:, None])[:, 0]).mean()


def cross_entropy__of_torch(logits, labels):
    """It is torch's own."""
    return torch.nn.functional.cross_entropy(logits, labels)


def cross_entropy__sample_by_sample(logits, labels):
    """It takes one sample after the other, the largest score off first."""
    losses = []
    for row, label in zip(logits, labels, strict=True):
        shifted = row - row.max()
        losses.append(shifted.exp().sum().log() - shifted[label])
    return sum(losses) / len(losses)


def cross_entropy__in_powers_of_two(logits, labels):
    """It counts in powers of two, and turns the result into natural logarithms at the end."""
    scores = logits / math.log(2)
    shifted = scores - scores.amax(1, keepdim=True)
    wanted = shifted.gather(1, labels[:, None])[:, 0]
    return (shifted.exp2().sum(1).log2() - wanted).mean() * math.log(2)


def cross_entropy__negative(logits, labels):
    """The sign is missing: whoever is sure and right has a large negative loss, and steps lead away from it."""
    return -cross_entropy__by_logarithms(logits, labels)


def cross_entropy__added_up(logits, labels):
    """The losses of the samples are added up and not averaged."""
    return cross_entropy__by_logarithms(logits, labels) * len(labels)


def cross_entropy__averaged_over_classes(logits, labels):
    """It is divided by the number of classes as well."""
    return cross_entropy__by_logarithms(logits, labels) / logits.shape[1]


def cross_entropy__base_two(logits, labels):
    """The logarithm is that of base 2."""
    return cross_entropy__by_logarithms(logits, labels) / math.log(2)


def cross_entropy__no_logarithm(logits, labels):
    """It is 1 less the share of the right class, without a logarithm."""
    return (1 - torch.softmax(logits, 1).gather(1, labels[:, None])).mean()


def cross_entropy__next_class(logits, labels):
    """It looks at the class after the right one."""
    return cross_entropy__by_logarithms(logits, (labels + 1) % logits.shape[1])


def cross_entropy__softmax_twice(logits, labels):
    """Softmax is taken twice: the shares stand in for the scores."""
    return cross_entropy__by_logarithms(torch.softmax(logits, 1), labels)


def cross_entropy__first_sample_only(logits, labels):
    """Only the first sample counts."""
    return cross_entropy__by_logarithms(logits[:1], labels[:1])


def cross_entropy__overflows(logits, labels):
    """Large scores give inf or NaN, for nothing is taken off before the exponential."""
    return (logits.exp().sum(1).log() - logits.gather(1, labels[:, None])[:, 0]).mean()


law_cross_entropy = law_exercise(
    "law_cross_entropy",
    "cross_entropy",
    [{"logits": torch.tensor(logits, dtype=torch.float64), "labels": torch.tensor(labels)} for logits, labels in (
        ([[0.0, 0.0]], [0]), ([[2.0, 0.0]], [1]), ([[1.0, 3.0, -1.0]], [1]), ([[0.5, -0.5], [3.0, 1.0]], [0, 1]),
        ([[900.0, 0.0]], [0]), ([[1.0, 2.0, 3.0], [0.1, 0.2, -0.7]], [2, 2]), ([[-1000.0, 1000.0]], [0]),
        ([[1.5, 0.3], [-2.0, 2.0], [0.7, 4.0]], [0, 0, 1]),
    )],
    right=(
        cross_entropy__by_logarithms, cross_entropy__of_torch, cross_entropy__sample_by_sample,
        cross_entropy__in_powers_of_two,
    ),
    wrong={
        cross_entropy__negative: "Can the loss be below 0?",
        cross_entropy__added_up: "What is the loss of several samples, from the loss of each?",
        cross_entropy__averaged_over_classes: "The losses of all classes, as shares again: what is their sum?",
        cross_entropy__base_two: "The losses of all classes, as shares again: what is their sum?",
        cross_entropy__no_logarithm: "The losses of all classes, as shares again: what is their sum?",
        cross_entropy__next_class: "Which of two classes should have the smaller loss, and by how much?",
        cross_entropy__softmax_twice: "The losses of two classes: by how much do they differ?",
        cross_entropy__first_sample_only: "What is the loss of several samples, from the loss of each?",
        cross_entropy__overflows: "No comparison with NaN is true. Does your law say True because of that?",
    },
)  # fmt: skip
