"""Known wrong versions of the exercises of chapter 4; each docstring is the diagnosis.

Names of the solution (`mse_loss`, `cross_entropy`, ...) mean the right versions: a mistake is put into the solution's
module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def _measured(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a loss by differences of the fourth order: right to eleven digits or more, and no formula."""
    slopes, h = torch.zeros_like(x, memory_format=torch.contiguous_format), 1e-3
    for k in range(x.numel()):
        for steps, weight in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
            moved = x.flatten().clone()
            moved[k] += steps * h
            slopes.view(-1)[k] += weight * loss(moved.reshape(x.shape)) / h
    return slopes


# --- mse_loss ---------------------------------------------------------------------------------------------


def mse_loss__sum(pred: Tensor, target: Tensor) -> Tensor:
    """The squares are added up but not averaged: the loss grows with the batch."""
    return mse_loss(pred, target) * pred.numel()


def mse_loss__mean_over_rows_only(pred: Tensor, target: Tensor) -> Tensor:
    """The sum is divided by the number of rows; it must be divided by the number of all elements."""
    return mse_loss(pred, target) * pred.numel() / pred.shape[0]


def mse_loss__halved(pred: Tensor, target: Tensor) -> Tensor:
    """There is an extra factor of one half."""
    return mse_loss(pred, target) / 2


def mse_loss__absolute_error(pred: Tensor, target: Tensor) -> Tensor:
    """The absolute differences are averaged; they must be squared."""
    mse_loss(pred, target)
    return (pred - target).abs().mean()


def mse_loss__root(pred: Tensor, target: Tensor) -> Tensor:
    """The square root of the mean is returned; the mean itself is asked for."""
    return mse_loss(pred, target) ** 0.5


def mse_loss__square_of_the_mean(pred: Tensor, target: Tensor) -> Tensor:
    """The differences are averaged first and squared then, so that errors of opposite sign cancel."""
    mse_loss(pred, target)
    return (pred - target).mean() ** 2


def mse_loss__small_differences_are_none(pred: Tensor, target: Tensor) -> Tensor:
    """Differences under 1e-3 count as 0: the loss says that all is well before it is."""
    difference = pred - target
    return mse_loss(pred, target) * 0 + (difference * (difference.abs() >= 1e-3)).square().mean()


def mse_loss__any_shape(pred: Tensor, target: Tensor) -> Tensor:
    """A target of another shape is not refused: torch stretches (N, 1) and (N,) to (N, N) without a word."""
    return ((pred - target) ** 2).mean()


def mse_loss__counts_instead_of_shapes(pred: Tensor, target: Tensor) -> Tensor:
    """Only the numbers of elements are compared: a target of shape (N,) passes for one of shape (N, 1)."""
    if pred.numel() != target.numel():
        raise ValueError(f"target has shape {tuple(target.shape)}, pred has {tuple(pred.shape)}")
    return ((pred - target.reshape(pred.shape)) ** 2).mean()


def mse_loss__refusal_without_the_shape(pred: Tensor, target: Tensor) -> Tensor:
    """The refusal does not say which shape target has."""
    if pred.shape != target.shape:
        raise ValueError("target does not have the shape of pred")
    return mse_loss(pred, target)


def mse_loss__not_squared(pred: Tensor, target: Tensor) -> Tensor:
    """The differences are averaged as they are; without the square, errors cancel and the loss can be negative."""
    mse_loss(pred, target)
    return (pred - target).mean()


def mse_loss__weights_on_the_cpu(pred: Tensor, target: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=pred.device to meet inputs from elsewhere."""
    mse_loss(pred, target)
    weights = torch.full(pred.shape, 1 / pred.numel(), dtype=pred.dtype)
    return (weights * (pred - target) ** 2).sum()


# --- mse_backward -----------------------------------------------------------------------------------------


def mse_backward__factor_two_missing(pred: Tensor, target: Tensor) -> Tensor:
    """The 2 that comes down from the square is missing."""
    return mse_backward(pred, target) / 2


def mse_backward__not_averaged(pred: Tensor, target: Tensor) -> Tensor:
    """The loss is a mean, so its gradient must be divided by the number of elements."""
    return mse_backward(pred, target) * pred.numel()


def mse_backward__divided_by_rows(pred: Tensor, target: Tensor) -> Tensor:
    """The gradient is divided by the number of rows; it must be divided by the number of all elements."""
    return mse_backward(pred, target) * pred.numel() / pred.shape[0]


def mse_backward__sign(pred: Tensor, target: Tensor) -> Tensor:
    """target - pred is the way downhill; the gradient is pred - target."""
    return mse_backward(target, pred)


def mse_backward__sign_of_the_difference(pred: Tensor, target: Tensor) -> Tensor:
    """This is the gradient of the absolute error: only the sign of each difference is left."""
    mse_backward(pred, target)
    return (pred - target).sign() / pred.numel()


def mse_backward__small_differences_are_none(pred: Tensor, target: Tensor) -> Tensor:
    """Differences under 1e-3 give no gradient: nothing is learned from there on."""
    difference = pred - target
    return 2 * difference * (difference.abs() >= 1e-3) / pred.numel()


def mse_backward__changes_pred(pred: Tensor, target: Tensor) -> Tensor:
    """The result is right, but target was subtracted from pred itself (-=)."""
    mse_backward(pred, target)
    pred -= target
    return 2 * pred / pred.numel()


def mse_backward__factors_on_the_cpu(pred: Tensor, target: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=pred.device to meet inputs from elsewhere."""
    mse_backward(pred, target)
    return torch.full(pred.shape, 2 / pred.numel(), dtype=pred.dtype) * (pred - target)


# --- binary_cross_entropy ---------------------------------------------------------------------------------


def binary_cross_entropy__roles_swapped(p: Tensor, q: Tensor) -> Tensor:
    """p and q stand in each other's place, as the essay prints it: the logarithm must be of the prediction p."""
    if q.shape != p.shape:
        raise ValueError(f"q has shape {tuple(q.shape)}, p has another: {tuple(p.shape)}")
    return binary_cross_entropy(q, p)


def binary_cross_entropy__only_the_yes(p: Tensor, q: Tensor) -> Tensor:
    """The second half, (1 - q) * log(1 - p), is missing: what is said about a true "no" costs nothing."""
    binary_cross_entropy(p, q)
    return -(q * torch.log(p).clamp(min=-100)).mean()


def binary_cross_entropy__no_bound(p: Tensor, q: Tensor) -> Tensor:
    """Logarithms are not bounded at -100: 0 * log(0) is NaN, and a sure miss is infinite."""
    binary_cross_entropy(p, q)
    return -(q * torch.log(p) + (1 - q) * torch.log(1 - p)).mean()


def binary_cross_entropy__bounds_the_chance(p: Tensor, q: Tensor) -> Tensor:
    """p is moved away from 0 and 1; the logarithms must be bounded instead, and a sure miss must cost 100."""
    return binary_cross_entropy(p.clamp(1e-7, 1 - 1e-7), q)


def binary_cross_entropy__adds_eps(p: Tensor, q: Tensor) -> Tensor:
    """A small number is added inside the logarithms; they must be bounded at -100 instead."""
    binary_cross_entropy(p, q)
    return -(q * torch.log(p + 1e-8) + (1 - q) * torch.log(1 - p + 1e-8)).mean()


def binary_cross_entropy__nan_to_zero(p: Tensor, q: Tensor) -> Tensor:
    """0 * log(0) is repaired, but a sure miss still costs infinity: bound the logarithms at -100."""
    binary_cross_entropy(p, q)
    yes, no = q * torch.log(p), (1 - q) * torch.log(1 - p)
    yes = torch.where(torch.isnan(yes), torch.zeros_like(yes), yes)
    no = torch.where(torch.isnan(no), torch.zeros_like(no), no)
    return -(yes + no).mean()


def binary_cross_entropy__sum(p: Tensor, q: Tensor) -> Tensor:
    """The prices are added up but not averaged: the loss grows with the batch."""
    return binary_cross_entropy(p, q) * p.numel()


def binary_cross_entropy__mean_over_rows_only(p: Tensor, q: Tensor) -> Tensor:
    """The sum is divided by the number of rows; it must be divided by the number of all elements."""
    return binary_cross_entropy(p, q) * p.numel() / p.shape[0]


def binary_cross_entropy__in_bits(p: Tensor, q: Tensor) -> Tensor:
    """The logarithm is to the base 2; it must be the natural one."""
    binary_cross_entropy(p, q)
    log_yes, log_no = torch.log2(p).clamp(min=-100), torch.log2(1 - p).clamp(min=-100)
    return -(q * log_yes + (1 - q) * log_no).mean()


def binary_cross_entropy__hard_truth(p: Tensor, q: Tensor) -> Tensor:
    """The truth is rounded to 0 or 1; it may be any chance between."""
    return binary_cross_entropy(p, (q > 0.5).to(q.dtype))


def binary_cross_entropy__sign(p: Tensor, q: Tensor) -> Tensor:
    """The minus in front is missing: logarithms of chances are negative, a loss is not."""
    return -binary_cross_entropy(p, q)


def binary_cross_entropy__any_shape(p: Tensor, q: Tensor) -> Tensor:
    """A q of another shape is not refused: torch stretches (N, 1) and (N,) to (N, N) without a word."""
    log_yes, log_no = torch.log(p).clamp(min=-100), torch.log(1 - p).clamp(min=-100)
    return -(q * log_yes + (1 - q) * log_no).mean()


def binary_cross_entropy__refusal_without_the_name(p: Tensor, q: Tensor) -> Tensor:
    """The refusal does not say which of the two has the shape that is wrong."""
    if q.shape != p.shape:
        raise ValueError(f"the shapes are not equal: {tuple(p.shape)} and {tuple(q.shape)}")
    return binary_cross_entropy(p, q)


def binary_cross_entropy__bound_on_the_cpu(p: Tensor, q: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=p.device to meet inputs from elsewhere."""
    binary_cross_entropy(p, q)
    bound = torch.full(p.shape, -100, dtype=p.dtype)
    return -(q * torch.maximum(torch.log(p), bound) + (1 - q) * torch.maximum(torch.log(1 - p), bound)).mean()


def binary_cross_entropy__changes_p(p: Tensor, q: Tensor) -> Tensor:
    """The result is right, but the logarithm was written into the caller's p (log_)."""
    binary_cross_entropy(p, q)
    no = (1 - q) * torch.log(1 - p).clamp(min=-100)
    return -(q * p.log_().clamp(min=-100) + no).mean()


# --- cross_entropy_distributions --------------------------------------------------------------------------


def cross_entropy_distributions__roles_swapped(p: Tensor, q: Tensor) -> Tensor:
    """p and q stand in each other's place: the logarithm must be of the prediction p."""
    if q.shape != p.shape:
        raise ValueError(f"q has shape {tuple(q.shape)}, p has another: {tuple(p.shape)}")
    return cross_entropy_distributions(q, p)


def cross_entropy_distributions__mean_over_all_entries(p: Tensor, q: Tensor) -> Tensor:
    """The mean runs over all N * C entries, so the loss is C times too small: sum the classes, average the rows."""
    return cross_entropy_distributions(p, q) / p.shape[1]


def cross_entropy_distributions__sum(p: Tensor, q: Tensor) -> Tensor:
    """The rows are added up but not averaged: the loss grows with the batch."""
    return cross_entropy_distributions(p, q) * p.shape[0]


def cross_entropy_distributions__divided_by_columns(p: Tensor, q: Tensor) -> Tensor:
    """The sum runs over the rows and the mean over the classes; it must be the other way round."""
    return cross_entropy_distributions(p, q) * p.shape[0] / p.shape[1]


def cross_entropy_distributions__no_bound(p: Tensor, q: Tensor) -> Tensor:
    """Logarithms are not bounded at -100: 0 * log(0) is NaN, and a sure miss is infinite."""
    cross_entropy_distributions(p, q)
    return -(q * torch.log(p)).sum(dim=1).mean()


def cross_entropy_distributions__only_zero_bounded(p: Tensor, q: Tensor) -> Tensor:
    """Only log 0 is set to -100; the logarithm of a chance above 0 can be below -100 as well."""
    cross_entropy_distributions(p, q)
    return -(q * torch.nan_to_num(torch.log(p), neginf=-100.0)).sum(dim=1).mean()


def cross_entropy_distributions__adds_eps(p: Tensor, q: Tensor) -> Tensor:
    """A small number is added inside the logarithm; it must be bounded at -100 instead."""
    cross_entropy_distributions(p, q)
    return -(q * torch.log(p + 1e-8)).sum(dim=1).mean()


def cross_entropy_distributions__divergence(p: Tensor, q: Tensor) -> Tensor:
    """The entropy of q is subtracted: this is the Kullback-Leibler divergence, 0 for p = q."""
    return cross_entropy_distributions(p, q) - cross_entropy_distributions(q, q)


def cross_entropy_distributions__binary(p: Tensor, q: Tensor) -> Tensor:
    """(1 - q) * log(1 - p) is added for every class; that belongs to the binary cross-entropy."""
    return cross_entropy_distributions(p, q) + cross_entropy_distributions(1 - p, 1 - q)


def cross_entropy_distributions__likeliest_class_only(p: Tensor, q: Tensor) -> Tensor:
    """Only the class with the largest q counts; every class counts with its weight q."""
    likeliest = torch.zeros_like(q).scatter(1, q.argmax(dim=1, keepdim=True), 1)
    return cross_entropy_distributions(p, likeliest)


def cross_entropy_distributions__any_shape(p: Tensor, q: Tensor) -> Tensor:
    """A q of another shape is not refused: torch stretches one row to all of them without a word."""
    return -(q * torch.log(p).clamp(min=-100)).sum(dim=1).mean()


def cross_entropy_distributions__bound_on_the_cpu(p: Tensor, q: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=p.device to meet inputs from elsewhere."""
    cross_entropy_distributions(p, q)
    bound = torch.full(p.shape, -100, dtype=p.dtype)
    return -(q * torch.maximum(torch.log(p), bound)).sum(dim=1).mean()


# --- bce_with_logits --------------------------------------------------------------------------------------


def bce_with_logits__by_way_of_p(z: Tensor, q: Tensor) -> Tensor:
    """sigmoid is applied first: for large scores it is exactly 0 or 1, and the digits are lost."""
    return binary_cross_entropy(1 / (1 + torch.exp(-z)), q)


def bce_with_logits__exp_overflows(z: Tensor, q: Tensor) -> Tensor:
    """exp(z) is infinite for large z: log(1 + exp(z)) must be written with exp(-|z|)."""
    bce_with_logits(z, q)
    return (torch.log(1 + torch.exp(z)) - q * z).mean()


def bce_with_logits__negative_scores_forgotten(z: Tensor, q: Tensor) -> Tensor:
    """z stands in front where max(z, 0) must: the formula holds for positive scores only."""
    bce_with_logits(z, q)
    return (z - q * z + torch.log1p(torch.exp(-z.abs()))).mean()


def bce_with_logits__sign_of_the_truth(z: Tensor, q: Tensor) -> Tensor:
    """q * z is added; it must be subtracted, so that a high score is cheap where the truth is yes."""
    return bce_with_logits(-z, q)


def bce_with_logits__takes_scores_for_chances(z: Tensor, q: Tensor) -> Tensor:
    """The scores are used as if they were chances; sigmoid is missing."""
    return binary_cross_entropy(z.clamp(0, 1), q)


def bce_with_logits__bounded_at_100(z: Tensor, q: Tensor) -> Tensor:
    """Scores are cut off at 100; nothing is bounded here, a score of 1000 for a true "no" costs 1000."""
    return bce_with_logits(z.clamp(-100, 100), q)


def bce_with_logits__sum(z: Tensor, q: Tensor) -> Tensor:
    """The prices are added up but not averaged: the loss grows with the batch."""
    return bce_with_logits(z, q) * z.numel()


def bce_with_logits__mean_over_rows_only(z: Tensor, q: Tensor) -> Tensor:
    """The sum is divided by the number of rows; it must be divided by the number of all elements."""
    return bce_with_logits(z, q) * z.numel() / z.shape[0]


def bce_with_logits__hard_truth(z: Tensor, q: Tensor) -> Tensor:
    """The truth is rounded to 0 or 1; it may be any chance between."""
    return bce_with_logits(z, (q > 0.5).to(q.dtype))


def bce_with_logits__any_shape(z: Tensor, q: Tensor) -> Tensor:
    """A q of another shape is not refused: torch stretches (N, 1) and (N,) to (N, N) without a word."""
    return (z.clamp(min=0) - q * z + torch.log1p(torch.exp(-z.abs()))).mean()


def bce_with_logits__zeros_on_the_cpu(z: Tensor, q: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=z.device to meet inputs from elsewhere."""
    bce_with_logits(z, q)
    positive = torch.maximum(z, torch.zeros(z.shape, dtype=z.dtype))
    return (positive - q * z + torch.log1p(torch.exp(-z.abs()))).mean()


def bce_with_logits__float32_inside(z: Tensor, q: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return bce_with_logits(z.to(torch.float32), q.to(torch.float32)).to(z.dtype)


# --- bce_with_logits_backward -----------------------------------------------------------------------------


def bce_with_logits_backward__measured(z: Tensor, q: Tensor) -> Tensor:
    """The gradient is measured, by differences of the loss at points close together; it is to be derived by hand."""
    return _measured(lambda moved: bce_with_logits(moved, q), z)


def bce_with_logits_backward__extra_slope(z: Tensor, q: Tensor) -> Tensor:
    """The slope of sigmoid, p * (1 - p), is multiplied in once more; it has cancelled already."""
    p = 1 / (1 + torch.exp(-z))
    return bce_with_logits_backward(z, q) * p * (1 - p)


def bce_with_logits_backward__not_averaged(z: Tensor, q: Tensor) -> Tensor:
    """The loss is a mean, so its gradient must be divided by the number of elements."""
    return bce_with_logits_backward(z, q) * z.numel()


def bce_with_logits_backward__divided_by_rows(z: Tensor, q: Tensor) -> Tensor:
    """The gradient is divided by the number of rows; it must be divided by the number of all elements."""
    return bce_with_logits_backward(z, q) * z.numel() / z.shape[0]


def bce_with_logits_backward__sign(z: Tensor, q: Tensor) -> Tensor:
    """q - sigmoid(z) is the way downhill; the gradient is sigmoid(z) - q."""
    return -bce_with_logits_backward(z, q)


def bce_with_logits_backward__sigmoid_missing(z: Tensor, q: Tensor) -> Tensor:
    """The truth is subtracted from the score; it must be subtracted from sigmoid of the score."""
    bce_with_logits_backward(z, q)
    return (z - q) / z.numel()


def bce_with_logits_backward__exp_overflows(z: Tensor, q: Tensor) -> Tensor:
    """sigmoid is written with exp(z) above and below the line: inf / inf for large scores."""
    bce_with_logits_backward(z, q)
    grown = torch.exp(z)
    return (grown / (1 + grown) - q) / z.numel()


def bce_with_logits_backward__ones_on_the_cpu(z: Tensor, q: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=z.device to meet inputs from elsewhere."""
    bce_with_logits_backward(z, q)
    return (torch.ones(z.shape, dtype=z.dtype) / (1 + torch.exp(-z)) - q) / z.numel()


# --- cross_entropy ----------------------------------------------------------------------------------------


def cross_entropy__no_shift(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest score is not subtracted before exp: large scores give infinity or NaN."""
    cross_entropy(logits, labels)
    log_sum = torch.log(torch.exp(logits).sum(dim=1))
    return (log_sum - logits.gather(1, labels[:, None])[:, 0]).mean()


def cross_entropy__global_maximum(logits: Tensor, labels: Tensor) -> Tensor:
    """The maximum is taken over the whole batch, not per row: a row far below it has the sum 0, and log 0 is -inf."""
    cross_entropy(logits, labels)
    shifted = logits - logits.max()
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    return -log_p.gather(1, labels[:, None]).mean()


def cross_entropy__log_of_shares(logits: Tensor, labels: Tensor) -> Tensor:
    """The logarithm is taken of the finished shares: where a share is too small for a float the loss is infinite."""
    return -torch.log(_shares(logits).gather(1, labels[:, None])).mean() + 0 * cross_entropy(logits, labels)


def cross_entropy__bounded_at_100(logits: Tensor, labels: Tensor) -> Tensor:
    """Logarithms are bounded at -100; nothing is bounded here, a right class 1000 below the best one costs 1000."""
    cross_entropy(logits, labels)
    log_p = torch.log(_shares(logits)).clamp(min=-100)
    return -log_p.gather(1, labels[:, None]).mean()


def cross_entropy__softmax_missing(logits: Tensor, labels: Tensor) -> Tensor:
    """The scores are used as if they were logarithms of shares; log-softmax is missing."""
    cross_entropy(logits, labels)
    return -logits.gather(1, labels[:, None]).mean()


def cross_entropy__softmax_twice(logits: Tensor, labels: Tensor) -> Tensor:
    """softmax is applied to the scores before a log-softmax: even a perfect row costs something."""
    return cross_entropy(_shares(logits), labels)


def cross_entropy__log_missing(logits: Tensor, labels: Tensor) -> Tensor:
    """The shares themselves are averaged; their logarithms must be."""
    cross_entropy(logits, labels)
    return -_shares(logits).gather(1, labels[:, None]).mean()


def cross_entropy__softmax_down_the_batch(logits: Tensor, labels: Tensor) -> Tensor:
    """softmax runs down the columns (dim 0), so that the rows share; each row must add up to 1."""
    cross_entropy(logits, labels)
    shifted = logits - logits.amax(dim=0, keepdim=True)
    log_p = shifted - shifted.exp().sum(dim=0, keepdim=True).log()
    return -log_p.gather(1, labels[:, None]).mean()


def cross_entropy__sum(logits: Tensor, labels: Tensor) -> Tensor:
    """The rows are added up but not averaged: the loss grows with the batch."""
    return cross_entropy(logits, labels) * len(logits)


def cross_entropy__mean_over_all_entries(logits: Tensor, labels: Tensor) -> Tensor:
    """The sum is divided by N * C, so the loss is C times too small: there is one price per row."""
    return cross_entropy(logits, labels) / logits.shape[1]


def cross_entropy__every_label_for_every_row(logits: Tensor, labels: Tensor) -> Tensor:
    """log_p[:, labels] takes the columns of all labels for every row; each row wants its own label only."""
    cross_entropy(logits, labels)
    return -_log_shares(logits)[:, labels].mean()


def cross_entropy__negative_labels_wrap(logits: Tensor, labels: Tensor) -> Tensor:
    """A negative label is not refused: indexing takes -1 for the last class."""
    wrapped = torch.where(labels < 0, labels % logits.shape[1], labels)
    return cross_entropy(logits, wrapped)


def cross_entropy__indexes_only(logits: Tensor, labels: Tensor) -> Tensor:
    """A label that is too large ends in torch's own error; it must be a ValueError that names labels."""
    if labels.shape != logits.shape[:1] or bool((labels < 0).any()):
        return cross_entropy(logits, labels)
    return -_log_shares(logits).gather(1, labels[:, None]).mean()


def cross_entropy__last_class_refused(logits: Tensor, labels: Tensor) -> Tensor:
    """Labels run from 0 to C - 1; here the last class is refused as well."""
    if bool((labels >= logits.shape[1] - 1).any()):
        raise ValueError(f"labels has {labels.tolist()}, classes run from 0 to {logits.shape[1] - 1}")
    return cross_entropy(logits, labels)


def cross_entropy__any_shape(logits: Tensor, labels: Tensor) -> Tensor:
    """Labels of another shape than (N,) are not refused."""
    flat = labels.reshape(-1)
    count = min(len(flat), len(logits))
    return cross_entropy(logits[:count], flat[:count])


def cross_entropy__float32_inside(logits: Tensor, labels: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return cross_entropy(logits.to(torch.float32), labels).to(logits.dtype)


# --- cross_entropy_backward -------------------------------------------------------------------------------


def cross_entropy_backward__measured(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient is measured, by differences of the loss at points close together; it is to be derived by hand."""
    return _measured(lambda moved: cross_entropy(moved, labels), logits)


def cross_entropy_backward__whole_columns(logits: Tensor, labels: Tensor) -> Tensor:
    """p[:, labels] -= 1 takes 1 off whole columns; each row loses 1 at its own label only."""
    cross_entropy_backward(logits, labels)
    gradient = _shares(logits)
    gradient[:, labels] -= 1
    return gradient / len(logits)


def cross_entropy_backward__not_averaged(logits: Tensor, labels: Tensor) -> Tensor:
    """The loss is a mean over the rows, so its gradient must be divided by their number."""
    return cross_entropy_backward(logits, labels) * len(logits)


def cross_entropy_backward__divided_by_all_entries(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient is divided by N * C; the loss is a mean over the N rows."""
    return cross_entropy_backward(logits, labels) / logits.shape[1]


def cross_entropy_backward__sign(logits: Tensor, labels: Tensor) -> Tensor:
    """Shares wanted minus shares given is the way downhill; the gradient is the other way round."""
    return -cross_entropy_backward(logits, labels)


def cross_entropy_backward__label_forgotten(logits: Tensor, labels: Tensor) -> Tensor:
    """The shares are returned as they are; 1 must be taken off at each row's label."""
    cross_entropy_backward(logits, labels)
    return _shares(logits) / len(logits)


def cross_entropy_backward__label_only(logits: Tensor, labels: Tensor) -> Tensor:
    """Only the entry of the label gets a gradient; the other classes' shares must be pushed down, too."""
    wanted = torch.zeros_like(logits).scatter(1, labels[:, None], 1)
    return cross_entropy_backward(logits, labels) * wanted


def cross_entropy_backward__softmax_missing(logits: Tensor, labels: Tensor) -> Tensor:
    """1 is taken off the scores; it must be taken off the shares."""
    wanted = torch.zeros_like(logits).scatter(1, labels[:, None], 1)
    return cross_entropy_backward(logits, labels) * 0 + (logits - wanted) / len(logits)


def cross_entropy_backward__exp_overflows(logits: Tensor, labels: Tensor) -> Tensor:
    """The largest score is not subtracted before exp: large scores give inf / inf, NaN."""
    cross_entropy_backward(logits, labels)
    weights = torch.exp(logits)
    wanted = torch.zeros_like(logits).scatter(1, labels[:, None], 1)
    return (weights / weights.sum(dim=1, keepdim=True) - wanted) / len(logits)


def cross_entropy_backward__bounded_scores(logits: Tensor, labels: Tensor) -> Tensor:
    """Scores are cut off at 100, so rows that are sure of more than one class look undecided."""
    return cross_entropy_backward(logits.clamp(-100, 100), labels)


def cross_entropy_backward__changes_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """The result is right, but the shift was written into the caller's logits (-=)."""
    logits -= logits.amax(dim=1, keepdim=True)
    return cross_entropy_backward(logits, labels)


# --- cross_entropy_full -----------------------------------------------------------------------------------


def cross_entropy_full__mean_over_all_rows(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean divides by the number of rows; ignored rows must not be counted."""
    prices = cross_entropy_full(
        logits, labels, reduction="none", ignore_index=ignore_index, label_smoothing=label_smoothing
    )
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    result = cross_entropy_full(logits, labels, reduction=reduction, **options)
    return prices.mean() if reduction == "mean" and bool((labels != ignore_index).any()) else result


def cross_entropy_full__ignored_rows_dropped(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """With "none", the ignored rows are left out; each must keep its place, with the price 0."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    result = cross_entropy_full(logits, labels, reduction=reduction, **options)
    return result[labels != ignore_index] if reduction == "none" else result


def cross_entropy_full__ignored_rows_smoothed(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """An ignored row is left out of the label's part only; the part that smoothing adds still has its price."""
    options = {"reduction": reduction, "ignore_index": ignore_index}
    plain = cross_entropy_full(logits, labels, label_smoothing=label_smoothing, **options)
    spread = -_log_shares(logits).mean(dim=1) * (labels == ignore_index) * label_smoothing
    if reduction == "none":
        return plain + spread
    return plain + (spread.sum() if reduction == "sum" else spread.sum() / (labels != ignore_index).sum())


def cross_entropy_full__only_minus_100(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The label -100 is ignored whatever ignore_index says."""
    return cross_entropy_full(logits, labels, reduction=reduction, label_smoothing=label_smoothing)


def cross_entropy_full__a_class_is_never_ignored(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """An ignore_index that is one of the classes is not heeded; its rows must be left out as well."""
    heeded = -100 if 0 <= ignore_index < logits.shape[1] else ignore_index
    return cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=heeded, label_smoothing=label_smoothing
    )


def cross_entropy_full__negative_labels_ignored(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Every negative label is ignored; one that is neither a class nor ignore_index must be refused."""
    quiet = torch.where(labels < 0, ignore_index, labels)
    return cross_entropy_full(
        logits, quiet, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full__smoothing_over_the_others(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The share s goes to the C - 1 wrong classes only; s / C goes to every class, the label's as well."""
    classes = logits.shape[1]
    s = min(label_smoothing * classes / max(classes - 1, 1), 1.0) if 0 <= label_smoothing <= 1 else -1.0
    return cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=s
    )


def cross_entropy_full__label_keeps_everything(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """s / C is added to every class, but the label keeps its whole 1: the wanted shares add up to 1 + s."""
    options = {"reduction": reduction, "ignore_index": ignore_index}
    plain = cross_entropy_full(logits, labels, **options)
    smooth = cross_entropy_full(logits, labels, label_smoothing=label_smoothing, **options)
    return smooth + label_smoothing * plain


def cross_entropy_full__smoothing_not_divided(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Every class gets the share s, not s / C: the smoothed part is C times too large."""
    options = {"reduction": reduction, "ignore_index": ignore_index}
    plain = cross_entropy_full(logits, labels, **options) * (1 - label_smoothing)
    smooth = cross_entropy_full(logits, labels, label_smoothing=label_smoothing, **options)
    return plain + (smooth - plain) * logits.shape[1]


def cross_entropy_full__sum_by_default(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "sum",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Without a reduction the prices are added up; the mean is asked for."""
    return cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full__any_word_is_the_mean(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """An unknown reduction is taken for the mean without a word; it must be refused."""
    known = reduction if reduction in ("none", "sum") else "mean"
    return cross_entropy_full(
        logits, labels, reduction=known, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full__any_share(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A label_smoothing outside [0, 1] is not refused: the wanted shares turn negative."""
    share = min(max(label_smoothing, 0.0), 1.0)
    return cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=share
    )


def cross_entropy_full__one_is_refused(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """label_smoothing = 1 is refused; both ends of [0, 1] are legal."""
    if label_smoothing >= 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, it must be below 1")
    return cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full__nothing_costs_nothing(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The mean over no label at all is 0; it must be NaN, or a data set of nothing but padding looks learnt."""
    result = cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )
    return torch.where(labels == ignore_index, 0, 1).amax() * 0.0 if bool(result.isnan().any()) else result


def cross_entropy_full__exp_overflows(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The logarithm is taken of the finished shares: where a share is too small for a float the loss is infinite."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    logs = torch.log(_shares(logits))
    return cross_entropy_full(logs, labels, reduction=reduction, **options)


def cross_entropy_full__labels_overwritten(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The result is right, but the ignored labels of the caller have been overwritten with a class."""
    result = cross_entropy_full(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )
    labels[labels == ignore_index] = 0
    return result


def cross_entropy_full__any_shape(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Labels of another shape than (N,) are not refused."""
    flat = labels.reshape(-1)
    count = min(len(flat), len(logits))
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return cross_entropy_full(logits[:count], flat[:count], reduction=reduction, **options)


# --- cross_entropy_full_backward --------------------------------------------------------------------------


def cross_entropy_full_backward__measured(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The gradient is measured, by differences of the loss at points close together; it is to be derived by hand."""
    how = "sum" if reduction == "none" else reduction
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return _measured(lambda moved: cross_entropy_full(moved, labels, reduction=how, **options), logits)


def cross_entropy_full_backward__divided_by_all_rows(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The gradient of the mean is divided by the number of rows; ignored rows must not be counted."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    gradient = cross_entropy_full_backward(logits, labels, reduction=reduction, **options)
    kept = int((labels != ignore_index).sum())
    return gradient * kept / len(logits) if reduction == "mean" else gradient


def cross_entropy_full_backward__nan_for_padding(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """With no label kept the gradient is divided by 0: the NaN would go into every weight."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    gradient = cross_entropy_full_backward(logits, labels, reduction=reduction, **options)
    kept = (labels != ignore_index).sum()
    return gradient * (kept / kept) if reduction == "mean" else gradient


def cross_entropy_full_backward__always_the_mean(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The gradient is divided by the number of labels kept for "sum" and "none" as well."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    gradient = cross_entropy_full_backward(logits, labels, reduction=reduction, **options)
    kept = max(int((labels != ignore_index).sum()), 1)
    return gradient if reduction == "mean" else gradient / kept


def cross_entropy_full_backward__never_divided(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The gradient of the mean is not divided by the number of labels kept."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    gradient = cross_entropy_full_backward(logits, labels, reduction=reduction, **options)
    kept = max(int((labels != ignore_index).sum()), 1)
    return gradient * kept if reduction == "mean" else gradient


def cross_entropy_full_backward__ignored_rows_pushed(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Only the label's part of an ignored row is left out: its shares still push all scores down."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    gradient = cross_entropy_full_backward(logits, labels, reduction=reduction, **options)
    kept = labels != ignore_index
    count = max(int(kept.sum()), 1) if reduction == "mean" else 1
    return torch.where(kept[:, None], gradient, _shares(logits) / count)


def cross_entropy_full_backward__not_smoothed(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The label's share wanted is 1 whatever label_smoothing says."""
    share = 0.0 if 0 <= label_smoothing <= 1 else label_smoothing
    return cross_entropy_full_backward(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=share
    )


def cross_entropy_full_backward__smoothing_over_the_others(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The share s goes to the C - 1 wrong classes only; s / C goes to every class, the label's as well."""
    classes = logits.shape[1]
    s = min(label_smoothing * classes / max(classes - 1, 1), 1.0) if 0 <= label_smoothing <= 1 else -1.0
    return cross_entropy_full_backward(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=s
    )


def cross_entropy_full_backward__smoothing_at_the_label_only(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """1 - s is taken off at the label and nothing elsewhere: the rows of the gradient add up to s."""
    options = {"reduction": reduction, "ignore_index": ignore_index}
    gradient = cross_entropy_full_backward(logits, labels, label_smoothing=label_smoothing, **options)
    kept = labels != ignore_index
    count = max(int(kept.sum()), 1) if reduction == "mean" else 1
    return gradient + kept[:, None] * (label_smoothing / logits.shape[1] / count)


def cross_entropy_full_backward__only_minus_100(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The label -100 is ignored whatever ignore_index says."""
    return cross_entropy_full_backward(logits, labels, reduction=reduction, label_smoothing=label_smoothing)


def cross_entropy_full_backward__sign(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Shares wanted minus shares given is the way downhill; the gradient is the other way round."""
    return -cross_entropy_full_backward(
        logits, labels, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full_backward__any_word_is_the_sum(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """An unknown reduction is taken for the sum without a word; it must be refused."""
    known = "mean" if reduction == "mean" else "sum"
    return cross_entropy_full_backward(
        logits, labels, reduction=known, ignore_index=ignore_index, label_smoothing=label_smoothing
    )


def cross_entropy_full_backward__exp_overflows(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The largest score is not subtracted before exp: large scores give inf / inf, NaN."""
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    weights = torch.exp(logits)
    shares = torch.log(weights / weights.sum(dim=1, keepdim=True))
    return cross_entropy_full_backward(shares, labels, reduction=reduction, **options)


def cross_entropy_full_backward__any_shape(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Labels of another shape than (N,) are not refused."""
    flat = labels.reshape(-1)
    count = min(len(flat), len(logits))
    options = {"ignore_index": ignore_index, "label_smoothing": label_smoothing}
    return cross_entropy_full_backward(logits[:count], flat[:count], reduction=reduction, **options)


def _shares(logits: Tensor) -> Tensor:
    weights = torch.exp(logits - logits.amax(dim=1, keepdim=True))
    return weights / weights.sum(dim=1, keepdim=True)


def _log_shares(logits: Tensor) -> Tensor:
    shifted = logits - logits.amax(dim=1, keepdim=True)
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


# --- law_cross_entropy ------------------------------------------------------------------------------------


def law_cross_entropy__always_true(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It is True of everything, right or wrong."""
    learner.cross_entropy(logits, labels)
    return True


def law_cross_entropy__always_false(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It is False of everything, right or wrong."""
    learner.cross_entropy(logits, labels)
    return False


def law_cross_entropy__not_negative_only(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It asks for a loss that is not negative, which most wrong ones are."""
    return bool(learner.cross_entropy(logits, labels) >= 0)


def law_cross_entropy__one_example(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It tries one example of its own, whatever it is called with."""
    loss = learner.cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([0]))
    return torch.allclose(loss, torch.tensor(2.0).log())


def law_cross_entropy__shares_only(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It asks that the shares of the first sample add up to 1, and neither which class has which nor for a mean."""
    classes = range(logits.shape[1])
    losses = torch.stack([learner.cross_entropy(logits[:1], torch.tensor([c])) for c in classes])
    return torch.allclose((-losses).exp().sum(), torch.ones((), dtype=logits.dtype))


def law_cross_entropy__no_mean(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """Each sample is tried alone, and several together never."""
    alone = [learner.cross_entropy(logits[n : n + 1], labels[n : n + 1]) for n in range(len(labels))]
    return torch.allclose(torch.stack(alone).mean(), cross_entropy(logits, labels))


def law_cross_entropy__added_up(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It takes the sum for right and not the mean, and rejects right answers for several samples."""
    return torch.allclose(learner.cross_entropy(logits, labels), cross_entropy(logits, labels) * len(labels))


def law_cross_entropy__exact(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """It compares with ==, and rejects right answers that were rounded otherwise."""
    return bool(learner.cross_entropy(logits, labels) == cross_entropy(logits, labels))
