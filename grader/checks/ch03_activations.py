"""Check sigmoid, tanh, relu, softmax, log-softmax, the extras gelu, silu, leaky relu, and their ways back."""

import math

import torch
from torch.nn import functional

from grader.checking import (
    TENSOR,
    agree,
    agree_gradient,
    autograd,
    check,
    composite,
    cotangent,
    floats,
    given,
    integers,
    require,
    sampled_from,
    seeds,
    tensor_laws,
    tensors,
)

ELEMENTWISE = ("sigmoid", "tanh", "relu")
ALONG_DIM = ("softmax", "log_softmax")
EXTRA = ("gelu", "silu", "leaky_relu")
RETURNS = {name + way: TENSOR for name in ELEMENTWISE + ALONG_DIM + EXTRA for way in ("", "_backward")}

HINTS = {
    "sigmoid": (
        "There are two ways to write sigmoid with one exponential. One of them has it below the line only.",
        "Negate x, take exp, add 1, and divide 1 by the result.",
    ),
    "sigmoid_backward": (
        "The slope can be written with the output of sigmoid alone, without another exponential.",
        "Compute s, sigmoid of x. The slope is s times what s lacks to 1. Multiply it by grad_out, entry by entry.",
    ),
    "tanh": (
        "Divide the formula above and below by the larger of its two exponentials: what is left cannot overflow.",
        "Take exp of -2 times |x|; it lies between 0 and 1. Divide 1 minus it by 1 plus it, and give the result the "
        "sign of x. Or stretch a sigmoid of 2x.",
    ),
    "tanh_backward": (
        "The slope can be written with the output of tanh alone, and you are given the input.",
        "Compute tanh of x, square it, subtract it from 1, and multiply by grad_out, entry by entry.",
    ),
    "relu": (
        "Every entry decides for itself: the larger of it and 0.",
        "Look for a tensor operation that bounds from below, or choose between x and 0 by a comparison.",
    ),
    "relu_backward": (
        "The gate looks at x. Where it is open grad_out passes, whatever its sign.",
        "Compare x with 0 so that 0 itself is shut out. Keep grad_out where the comparison holds, put 0 elsewhere.",
    ),
    "softmax": (
        "Only differences of scores count, so any number may be subtracted from a slice. Which one keeps exp finite?",
        "Take the maximum along dim and keep that dimension. Subtract it, take exp, and divide by the sum along dim, "
        "again with the dimension kept.",
    ),
    "softmax_backward": (
        "Every share depends on every score of its slice. Each entry of grad_out is compared with a weighted mean.",
        "Compute the shares p from x. Multiply them by grad_out and add up along dim, dimension kept: the weighted "
        "mean. Subtract it from grad_out and multiply by p.",
    ),
    "log_softmax": (
        "Take the logarithm on paper, before there is a share too small for a float.",
        "Subtract the maximum along dim, dimension kept. From the result subtract the logarithm of the sum, along "
        "dim, of its exponentials.",
    ),
    "log_softmax_backward": (
        "x_i stands in its own logarithm once, and in the log-sum of every logarithm of its slice.",
        "Compute the shares p from x. Add up grad_out along dim, dimension kept. Subtract p times that sum from "
        "grad_out.",
    ),
    "gelu": (
        "Each entry is multiplied by a chance between 0 and 1, and erf knows that chance.",
        "Divide x by the square root of 2, take erf, add 1, halve: the chance. Multiply it by x.",
    ),
    "gelu_backward": (
        "gelu is a product of x and a chance that depends on x: its slope has two terms.",
        "Compute the chance as in gelu. Compute the bell curve: exp of minus half the square of x, divided by the "
        "square root of 2 pi. Add the chance and x times the bell, and multiply by grad_out.",
    ),
    "silu": (
        "Each entry is multiplied by its own sigmoid; together that is a single fraction.",
        "Divide x by 1 plus the exponential of -x. Or call your sigmoid.",
    ),
    "silu_backward": (
        "silu is a product of x and sigmoid of x: its slope has two terms.",
        "Compute s, sigmoid of x. The slope of s is s times what s lacks to 1. Add s and x times that slope, and "
        "multiply by grad_out.",
    ),
    "leaky_relu": (
        "Every entry decides for itself, by its sign: keep it, or multiply it by slope.",
        "Compare x with 0. Where it is larger take x, elsewhere slope times x; there is a tensor operation that "
        "chooses so.",
    ),
    "leaky_relu_backward": (
        "The gate looks at x. Where it is open grad_out passes as it is, elsewhere times slope.",
        "Compare x with 0 so that 0 itself counts as shut. Choose between grad_out and slope times grad_out.",
    ),
}

MODERATE = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 12.0, -12.0, 30.0, -30.0)
LARGE = (1e4, -1e4, 0.0, 800.0, -800.0, 100.0, -100.0, 1.0)
WISHES = (0.0, 1.0, -1.0)
# A slope worked out by hand is right to the last digits; one measured by differences is not.
BY_HAND = {"rtol": 1e-11, "atol": 1e-12}
INF = math.inf


def entries(special=MODERATE):
    """Tensors of any rank, single numbers among them."""
    return tensors(ndim=(0, 3), special=special)


@composite
def with_dim(draw, special=MODERATE, far=False, masked=False):
    """Scores and a legal dim, counted from either end.

    Args:
        far: each slice along dim lies at least a thousand above or below the one before it.
        masked: some scores are -inf, never a whole slice.
    """
    x = draw(tensors(ndim=(1, 3), side=(1, 4), special=special))
    dim = draw(integers(-x.ndim, x.ndim - 1))
    if far:
        flat = tuple(1 if axis == dim % x.ndim else side for axis, side in enumerate(x.shape))
        x = x + draw(sampled_from((1000.0, -1000.0, 5000.0))) * torch.arange(
            math.prod(flat), dtype=x.dtype
        ).reshape(flat)
    if masked:
        shut = cotangent(x, draw(seeds())) > 0
        x = torch.where(shut & (x < x.amax(dim, keepdim=True)), torch.full_like(x, -INF), x)
    return x, dim


# --- sigmoid ----------------------------------------------------------------------------------------------


@check("sigmoid", hint="Compare with 1 / (1 + exp(-x)), sign by sign.")
@given(x=entries())
def check_sigmoid_matches_torch(learner, x):
    """Sigmoid of every entry is 1 / (1 + exp(-x))."""
    agree(learner.sigmoid(x), torch.sigmoid(x))


@check(
    "sigmoid",
    hint="sigmoid(-x) = 1 - sigmoid(x) holds to the last digits.",
    after=check_sigmoid_matches_torch,
    examples=40,
)
@given(x=entries())
def check_sigmoid_of_the_opposite(learner, x):
    """sigmoid(-x) and sigmoid(x) add up to 1."""
    agree(learner.sigmoid(-x) + learner.sigmoid(x), torch.ones_like(x), what="sigmoid(-x) + sigmoid(x)")


@check(
    "sigmoid", hint="An infinite exponential may stand below the line, never above and below.", examples=60
)
@given(x=entries(LARGE))
def check_sigmoid_never_overflows(learner, x):
    """Very large and very small inputs give 1 and 0, never NaN."""
    agree(learner.sigmoid(x), torch.sigmoid(x))


@check("sigmoid", hint="exp(-2) is 0.1353, and 1 / 1.1353 is 0.8808.", after=check_sigmoid_matches_torch)
def check_sigmoid_known_values(learner):
    """sigmoid of (-2, 0, 2) is (0.1192, 0.5, 0.8808)."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.11920292202211755, 0.5, 0.8807970779778823], dtype=torch.float64)
    agree(learner.sigmoid(x), expected)


check_sigmoid_everywhere = tensor_laws(
    "sigmoid",
    inputs={"x": tensors(special=MODERATE)},
    oracle=torch.sigmoid,
    after=check_sigmoid_matches_torch,
)


@check(
    "sigmoid_backward",
    hint="The slope is s * (1 - s) with s = sigmoid(x); each entry is multiplied by grad_out.",
)
@given(x=entries(), seed=seeds())
def check_sigmoid_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's sigmoid, for random grad_out."""
    g = cotangent(x, seed)
    (expected,) = autograd(torch.sigmoid, g, x)
    agree_gradient(
        learner.sigmoid_backward(g, x), expected, forward=learner.sigmoid, at=x, grad_out=g, **BY_HAND
    )


@check("sigmoid_backward", hint="The curve is symmetric: what is the slope on the other side?", examples=40)
@given(x=entries(), seed=seeds())
def check_sigmoid_backward_is_even(learner, x, seed):
    """The slope at -x is the slope at x."""
    g = cotangent(x, seed)
    agree(learner.sigmoid_backward(g, -x), autograd(torch.sigmoid, g, x)[0], **BY_HAND)


@check("sigmoid_backward", hint="No exponential is needed once s = sigmoid(x) is known.", examples=60)
@given(x=entries(LARGE), seed=seeds())
def check_sigmoid_backward_is_zero_where_saturated(learner, x, seed):
    """Far out the gradient is 0, never NaN."""
    g = cotangent(x, seed)
    agree(learner.sigmoid_backward(g, x), autograd(torch.sigmoid, g, x)[0], **BY_HAND)


@check("sigmoid_backward", hint="At 0 the slope is 0.5 * 0.5.", after=check_sigmoid_backward_matches_autograd)
def check_sigmoid_backward_known_values(learner):
    """The slope of sigmoid is 0.25 at 0 and 0.1050 at 2."""
    x = torch.tensor([0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.25, 0.10499358540350652], dtype=torch.float64)
    agree(learner.sigmoid_backward(torch.ones_like(x), x), expected)


check_sigmoid_backward_everywhere = tensor_laws(
    "sigmoid_backward",
    inputs={"grad_out": tensors(shape=(2, 3), special=WISHES), "x": tensors(shape=(2, 3), special=MODERATE)},
    oracle=lambda grad_out, x: autograd(torch.sigmoid, grad_out, x)[0],
    after=check_sigmoid_backward_matches_autograd,
)

# --- tanh -------------------------------------------------------------------------------------------------


@check("tanh", hint="Compare with (exp(x) - exp(-x)) / (exp(x) + exp(-x)), sign by sign.")
@given(x=entries())
def check_tanh_matches_torch(learner, x):
    """Tanh of every entry is (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    agree(learner.tanh(x), torch.tanh(x))


@check(
    "tanh",
    hint="If you work with |x|, the sign has to be put back.",
    after=check_tanh_matches_torch,
    examples=40,
)
@given(x=entries())
def check_tanh_is_odd(learner, x):
    """tanh(-x) is -tanh(x)."""
    agree(learner.tanh(-x), -learner.tanh(x))


@check(
    "tanh", hint="Twice as steep: sigmoid of 2x. Stretched from 0..1 to -1..1: times 2, minus 1.", examples=40
)
@given(x=entries())
def check_tanh_is_a_stretched_sigmoid(learner, x):
    """tanh(x) is 2 * sigmoid(2x) - 1."""
    agree(learner.tanh(x), 2 * torch.sigmoid(2 * x) - 1)


@check("tanh", hint="Divide above and below by the larger exponential.", examples=60)
@given(x=entries(LARGE))
def check_tanh_never_overflows(learner, x):
    """Very large and very small inputs give 1 and -1, never NaN."""
    agree(learner.tanh(x), torch.tanh(x))


@check("tanh", hint="(2.7183 - 0.3679) / (2.7183 + 0.3679) is 0.7616.", after=check_tanh_matches_torch)
def check_tanh_known_values(learner):
    """tanh of (-2, 0, 1) is (-0.9640, 0, 0.7616)."""
    x = torch.tensor([-2.0, 0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([-0.9640275800758169, 0.0, 0.7615941559557649], dtype=torch.float64)
    agree(learner.tanh(x), expected)


check_tanh_everywhere = tensor_laws(
    "tanh", inputs={"x": tensors(special=MODERATE)}, oracle=torch.tanh, after=check_tanh_matches_torch
)


@check("tanh_backward", hint="The slope is 1 - y^2 with y = tanh(x); each entry is multiplied by grad_out.")
@given(x=entries(), seed=seeds())
def check_tanh_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's tanh, for random grad_out."""
    g = cotangent(x, seed)
    (expected,) = autograd(torch.tanh, g, x)
    agree_gradient(learner.tanh_backward(g, x), expected, forward=learner.tanh, at=x, grad_out=g, **BY_HAND)


@check("tanh_backward", hint="The curve is symmetric: what is the slope on the other side?", examples=40)
@given(x=entries(), seed=seeds())
def check_tanh_backward_is_even(learner, x, seed):
    """The slope at -x is the slope at x."""
    g = cotangent(x, seed)
    agree(learner.tanh_backward(g, -x), autograd(torch.tanh, g, x)[0], **BY_HAND)


@check("tanh_backward", hint="The square is of tanh(x), which never leaves -1..1.", examples=60)
@given(x=entries(LARGE), seed=seeds())
def check_tanh_backward_is_zero_where_saturated(learner, x, seed):
    """Far out the gradient is 0, never NaN."""
    g = cotangent(x, seed)
    agree(learner.tanh_backward(g, x), autograd(torch.tanh, g, x)[0], **BY_HAND)


@check("tanh_backward", hint="At 1 it is 1 - 0.7616^2.", after=check_tanh_backward_matches_autograd)
def check_tanh_backward_known_values(learner):
    """The slope of tanh is 1 at 0 and 0.4200 at 1."""
    x = torch.tensor([0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([1.0, 0.41997434161402614], dtype=torch.float64)
    agree(learner.tanh_backward(torch.ones_like(x), x), expected)


check_tanh_backward_everywhere = tensor_laws(
    "tanh_backward",
    inputs={"grad_out": tensors(shape=(3, 2), special=WISHES), "x": tensors(shape=(3, 2), special=MODERATE)},
    oracle=lambda grad_out, x: autograd(torch.tanh, grad_out, x)[0],
    after=check_tanh_backward_matches_autograd,
)

# --- relu -------------------------------------------------------------------------------------------------


@check("relu", hint="Positive entries pass as they are, all others become 0.")
@given(x=entries(MODERATE + LARGE))
def check_relu_matches_torch(learner, x):
    """relu keeps positive entries and turns all others into 0."""
    agree(learner.relu(x), torch.relu(x))


@check(
    "relu",
    hint="What relu gives has no negative entries left: a second relu finds nothing to do.",
    examples=40,
    after=check_relu_matches_torch,
)
@given(x=entries())
def check_relu_twice_is_relu(learner, x):
    """A second relu changes nothing, and makes a new tensor all the same."""
    once = learner.relu(x)
    agree(learner.relu(once), once)
    require(not learner.last_call.aliases, "relu gave back its argument; the result is a tensor of its own")


@check(
    "relu",
    hint="relu(x) holds the positive part of x, relu(-x) the negative one.",
    examples=40,
    after=check_relu_matches_torch,
)
@given(x=entries())
def check_relu_parts_make_the_whole(learner, x):
    """relu(x) - relu(-x) is x."""
    agree(learner.relu(x) - learner.relu(-x), x, what="relu(x) - relu(-x)")


@check("relu", hint="The larger of each entry and 0.", after=check_relu_matches_torch)
def check_relu_known_values(learner):
    """relu of (-3, 0, 2) is (0, 0, 2)."""
    x = torch.tensor([-3.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.relu(x), torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64))


check_relu_everywhere = tensor_laws(
    "relu", inputs={"x": tensors(special=MODERATE)}, oracle=torch.relu, after=check_relu_matches_torch
)


@check("relu_backward", hint="Where x > 0 grad_out passes unchanged, whatever its sign; elsewhere it is 0.")
@given(x=entries(MODERATE + LARGE), seed=seeds())
def check_relu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's relu, for random grad_out."""
    g = cotangent(x, seed)
    (expected,) = autograd(torch.relu, g, x)
    agree_gradient(learner.relu_backward(g, x), expected, forward=learner.relu, at=x, grad_out=g, **BY_HAND)


@check("relu_backward", hint="Is 0 itself shut out? x >= 0 lets it through.", examples=20)
@given(g=tensors(ndim=(0, 2), special=(1.0,)), sign=sampled_from((1.0, -1.0)))
def check_relu_backward_is_zero_at_zero(learner, g, sign):
    """At exactly 0 the slope counts as 0; next to it, at 1, it is 1."""
    x = torch.stack([sign * torch.zeros_like(g), torch.ones_like(g)])
    agree(learner.relu_backward(torch.stack([g, g]), x), torch.stack([torch.zeros_like(g), g]))


@check(
    "relu_backward",
    hint="The gate looks at x, and an open gate multiplies by exactly 1.",
    examples=40,
    after=check_relu_backward_matches_autograd,
)
@given(x=entries(), seed=seeds())
def check_relu_backward_opens_one_gate(learner, x, seed):
    """Of x and -x one lets all of grad_out pass, and the other nothing."""
    x = torch.where(x == 0, torch.ones_like(x), x)
    g = cotangent(x, seed)
    both = learner.relu_backward(g, x) + learner.relu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


@check("relu_backward", hint="Only x decides which entries pass.", after=check_relu_backward_matches_autograd)
def check_relu_backward_known_values(learner):
    """A grad_out of (5, 5, -5) at x = (-3, 0, 2) comes back as (0, 0, -5)."""
    g, x = torch.tensor([[5.0, 5.0, -5.0], [-3.0, 0.0, 2.0]], dtype=torch.float64)
    agree(learner.relu_backward(g, x), torch.tensor([0.0, 0.0, -5.0], dtype=torch.float64))


check_relu_backward_everywhere = tensor_laws(
    "relu_backward",
    inputs={"grad_out": tensors(shape=(2, 3), special=WISHES), "x": tensors(shape=(2, 3), special=MODERATE)},
    oracle=lambda grad_out, x: autograd(torch.relu, grad_out, x)[0],
    after=check_relu_backward_matches_autograd,
)

# --- softmax ----------------------------------------------------------------------------------------------


@check("softmax", hint="exp of every score, divided by the sum along dim; keep that dimension.")
@given(x_and_dim=with_dim())
def check_softmax_matches_torch(learner, x_and_dim):
    """Along any dim the shares are exp(x) over the sum of exp(x)."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim))


@check("softmax", hint="The default of dim is -1.", examples=40)
@given(x=tensors(ndim=(1, 3), special=MODERATE))
def check_softmax_default_dim(learner, x):
    """Without dim the shares are taken along the last dimension."""
    agree(learner.softmax(x), torch.softmax(x, -1))


@check(
    "softmax",
    hint="Divide by the sum along dim, and by nothing else.",
    examples=40,
    after=check_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_softmax_sums_to_one(learner, x_and_dim):
    """The shares along dim add up to 1."""
    x, dim = x_and_dim
    total = learner.softmax(x, dim=dim).sum(dim)
    agree(total, torch.ones_like(total), what="the sum of the shares")


@check(
    "softmax", hint="Subtract the largest score along dim before exp: only differences count.", examples=60
)
@given(x=tensors(ndim=(1, 3), special=MODERATE), c=floats(-1e4, 1e4))
def check_softmax_ignores_a_shift(learner, x, c):
    """Adding a constant to every score leaves the shares unchanged."""
    agree(learner.softmax(x + c), torch.softmax(x, -1))


@check("softmax", hint="The largest score along dim, not the mean: no exponential may be above 1.")
@given(x_and_dim=with_dim(special=LARGE))
def check_softmax_survives_large_scores(learner, x_and_dim):
    """Scores as large as 10,000 give shares, never NaN."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim))


@check("softmax", hint="Each slice needs its own maximum: take it along dim and keep that dimension.")
@given(x_and_dim=with_dim(far=True))
def check_softmax_keeps_slices_apart(learner, x_and_dim):
    """Slices whose scores lie thousands apart do not disturb each other."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim))


@check("softmax", hint="exp(-inf) is 0 by itself; what is subtracted from -inf must be finite.", examples=60)
@given(x_and_dim=with_dim(special=LARGE, far=True, masked=True))
def check_softmax_gives_masked_scores_nothing(learner, x_and_dim):
    """A score of -inf gets the share 0, however low the others are, and they share the whole."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim))


@check("softmax", hint="7.3891, 2.7183 and 1, divided by their sum.", after=check_softmax_matches_torch)
def check_softmax_known_values(learner):
    """softmax of (2, 1, 0) is (0.6652, 0.2447, 0.0900)."""
    expected = torch.tensor(
        [0.6652409557748219, 0.24472847105479764, 0.09003057317038046], dtype=torch.float64
    )
    agree(learner.softmax(torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)), expected)


check_softmax_everywhere = tensor_laws(
    "softmax",
    inputs={"x": tensors(shape=(3, 2), special=MODERATE), "dim": sampled_from((0, 1, -1))},
    oracle=torch.softmax,
    after=check_softmax_matches_torch,
)


@check("softmax_backward", hint="p * (g - m), where m is the sum of p * g along dim.")
@given(x_and_dim=with_dim(), seed=seeds())
def check_softmax_backward_matches_autograd(learner, x_and_dim, seed):
    """Along any dim the gradient equals that of torch's softmax, for random grad_out."""
    x, dim = x_and_dim
    g = cotangent(x, seed)
    (expected,) = autograd(lambda z: torch.softmax(z, dim), g, x)
    actual = learner.softmax_backward(g, x, dim)
    agree_gradient(actual, expected, forward=lambda z: learner.softmax(z, dim), at=x, grad_out=g, **BY_HAND)


@check("softmax_backward", hint="The default of dim is -1.", examples=40)
@given(x=tensors(ndim=(1, 3), special=MODERATE), seed=seeds())
def check_softmax_backward_default_dim(learner, x, seed):
    """Without dim everything runs along the last dimension."""
    g = cotangent(x, seed)
    agree(learner.softmax_backward(g, x), autograd(lambda z: torch.softmax(z, -1), g, x)[0])


@check(
    "softmax_backward",
    hint="Raising all scores of a slice changes no share, so its gradient adds up to 0.",
    examples=40,
    after=check_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_softmax_backward_sums_to_zero(learner, x_and_dim, seed):
    """The gradient along dim adds up to 0."""
    x, dim = x_and_dim
    total = learner.softmax_backward(cotangent(x, seed), x, dim=dim).sum(dim)
    agree(total, torch.zeros_like(total), what="the sum of the gradient")


@check(
    "softmax_backward",
    hint="More of everything cannot be had: the shares always add up to 1.",
    examples=40,
    after=check_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), c=floats(-3, 3))
def check_softmax_backward_of_equal_wishes(learner, x_and_dim, c):
    """A grad_out with equal entries gives a gradient of 0."""
    x, dim = x_and_dim
    agree(learner.softmax_backward(torch.full_like(x, c), x, dim), torch.zeros_like(x))


@check("softmax_backward", hint="Where do large scores or -inf enter? Only through the shares.", examples=60)
@given(x_and_dim=with_dim(special=LARGE, far=True, masked=True), seed=seeds())
def check_softmax_backward_never_overflows(learner, x_and_dim, seed):
    """Large and masked scores, and slices that lie thousands apart, give finite gradients."""
    x, dim = x_and_dim
    g = cotangent(x, seed)
    agree(learner.softmax_backward(g, x, dim), autograd(lambda z: torch.softmax(z, dim), g, x)[0])


@check(
    "softmax_backward",
    hint="The weighted mean of (0, 1, 0) is 0.2447.",
    after=check_softmax_backward_matches_autograd,
)
def check_softmax_backward_known_values(learner):
    """A grad_out of (0, 1, 0) at x = (2, 1, 0) gives (-0.1628, 0.1848, -0.0220)."""
    g, x = torch.tensor([[0.0, 1.0, 0.0], [2.0, 1.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([-0.16280340198, 0.18483644651, -0.02203304452], dtype=torch.float64)
    agree(learner.softmax_backward(g, x), expected, atol=1e-10)


check_softmax_backward_everywhere = tensor_laws(
    "softmax_backward",
    inputs={
        "grad_out": tensors(shape=(2, 3), special=WISHES),
        "x": tensors(shape=(2, 3), special=MODERATE),
        "dim": sampled_from((0, 1, -1)),
    },
    oracle=lambda grad_out, x, dim: autograd(lambda z: torch.softmax(z, dim), grad_out, x)[0],
    after=check_softmax_backward_matches_autograd,
)

# --- log_softmax ------------------------------------------------------------------------------------------


@check("log_softmax", hint="x minus the log of the sum of exp(x) along dim; keep that dimension.")
@given(x_and_dim=with_dim())
def check_log_softmax_matches_torch(learner, x_and_dim):
    """Along any dim the result is the logarithm of the shares."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim))


@check("log_softmax", hint="The default of dim is -1.", examples=40)
@given(x=tensors(ndim=(1, 3), special=MODERATE))
def check_log_softmax_default_dim(learner, x):
    """Without dim the shares are taken along the last dimension."""
    agree(learner.log_softmax(x), torch.log_softmax(x, -1))


@check(
    "log_softmax",
    hint="exp of the result has to be softmax.",
    examples=40,
    after=check_log_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_log_softmax_shares_sum_to_one(learner, x_and_dim):
    """The exponentials of the results add up to 1 along dim."""
    x, dim = x_and_dim
    total = learner.log_softmax(x, dim=dim).exp().sum(dim)
    agree(total, torch.ones_like(total), what="the sum of the exponentials")


@check(
    "log_softmax",
    hint="Applied to its own result, the log of the sum is log 1 = 0.",
    examples=40,
    after=check_log_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_log_softmax_twice_is_log_softmax(learner, x_and_dim):
    """A second log_softmax changes nothing."""
    x, dim = x_and_dim
    once = learner.log_softmax(x, dim)
    agree(learner.log_softmax(once, dim), once)


@check(
    "log_softmax",
    hint="Subtract the largest score along dim before exp: only differences count.",
    examples=60,
)
@given(x=tensors(ndim=(1, 3), special=MODERATE), c=floats(-1e4, 1e4))
def check_log_softmax_ignores_a_shift(learner, x, c):
    """Adding a constant to every score leaves the result unchanged."""
    agree(learner.log_softmax(x + c), torch.log_softmax(x, -1))


@check(
    "log_softmax", hint="The logarithm of a finished share comes too late: -1000 is fine, exp(-1000) is 0."
)
@given(x_and_dim=with_dim(special=LARGE))
def check_log_softmax_where_shares_vanish(learner, x_and_dim):
    """Where a share is too small for a float, its logarithm is still accurate."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim))


@check("log_softmax", hint="Each slice needs its own maximum: take it along dim and keep that dimension.")
@given(x_and_dim=with_dim(far=True, masked=True))
def check_log_softmax_keeps_slices_apart(learner, x_and_dim):
    """Slices thousands apart do not disturb each other, and a score of -inf gives -inf."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim))


@check("log_softmax", hint="log 11.1073 is 2.4076.", after=check_log_softmax_matches_torch)
def check_log_softmax_known_values(learner):
    """log_softmax of (2, 1, 0) is (-0.4076, -1.4076, -2.4076)."""
    expected = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64) - 2.4076059644443806
    agree(learner.log_softmax(torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)), expected)


check_log_softmax_everywhere = tensor_laws(
    "log_softmax",
    inputs={"x": tensors(shape=(3, 2), special=(0.0, 1.0, -3.0, 10.0)), "dim": sampled_from((0, 1, -1))},
    oracle=torch.log_softmax,
    after=check_log_softmax_matches_torch,
)


@check("log_softmax_backward", hint="g - p * s, where s is the plain sum of g along dim.")
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_matches_autograd(learner, x_and_dim, seed):
    """Along any dim the gradient equals that of torch's log_softmax, for random grad_out."""
    x, dim = x_and_dim
    g = cotangent(x, seed)
    (expected,) = autograd(lambda z: torch.log_softmax(z, dim), g, x)
    actual = learner.log_softmax_backward(g, x, dim)
    agree_gradient(
        actual, expected, forward=lambda z: learner.log_softmax(z, dim), at=x, grad_out=g, **BY_HAND
    )


@check("log_softmax_backward", hint="The default of dim is -1.", examples=40)
@given(x=tensors(ndim=(1, 3), special=MODERATE), seed=seeds())
def check_log_softmax_backward_default_dim(learner, x, seed):
    """Without dim everything runs along the last dimension."""
    g = cotangent(x, seed)
    agree(learner.log_softmax_backward(g, x), autograd(lambda z: torch.log_softmax(z, -1), g, x)[0])


@check(
    "log_softmax_backward",
    hint="Raising all scores of a slice changes no share, so its gradient adds up to 0.",
    examples=40,
    after=check_log_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_sums_to_zero(learner, x_and_dim, seed):
    """The gradient along dim adds up to 0."""
    x, dim = x_and_dim
    total = learner.log_softmax_backward(cotangent(x, seed), x, dim=dim).sum(dim)
    agree(total, torch.zeros_like(total), what="the sum of the gradient")


@check(
    "log_softmax_backward",
    hint="The shares are multiplied by the sum of grad_out; if that is 0, they drop out.",
    examples=40,
    after=check_log_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_without_a_sum(learner, x_and_dim, seed):
    """A grad_out that adds up to 0 along dim comes back unchanged."""
    x, dim = x_and_dim
    g = cotangent(x, seed)
    balanced = g - g.mean(dim, keepdim=True)
    agree(learner.log_softmax_backward(balanced, x, dim), balanced)


@check(
    "log_softmax_backward", hint="Where do large scores or -inf enter? Only through the shares.", examples=60
)
@given(x_and_dim=with_dim(special=LARGE, far=True, masked=True), seed=seeds())
def check_log_softmax_backward_never_overflows(learner, x_and_dim, seed):
    """Large and masked scores, and slices that lie thousands apart, give finite gradients."""
    x, dim = x_and_dim
    g = cotangent(x, seed)
    agree(learner.log_softmax_backward(g, x, dim), autograd(lambda z: torch.log_softmax(z, dim), g, x)[0])


@check(
    "log_softmax_backward",
    hint="Shares given minus shares wanted: 0.6652 - 1 is -0.3348.",
    after=check_log_softmax_backward_matches_autograd,
)
def check_log_softmax_backward_known_values(learner):
    """A grad_out of (-1, 0, 0) at x = (2, 1, 0) gives (-0.3348, 0.2447, 0.0900)."""
    g, x = torch.tensor([[-1.0, 0.0, 0.0], [2.0, 1.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor(
        [-0.3347590442251781, 0.24472847105479764, 0.09003057317038046], dtype=torch.float64
    )
    agree(learner.log_softmax_backward(g, x), expected)


check_log_softmax_backward_everywhere = tensor_laws(
    "log_softmax_backward",
    inputs={
        "grad_out": tensors(shape=(2, 3), special=WISHES),
        "x": tensors(shape=(2, 3), special=MODERATE),
        "dim": sampled_from((0, 1, -1)),
    },
    oracle=lambda grad_out, x, dim: autograd(lambda z: torch.log_softmax(z, dim), grad_out, x)[0],
    after=check_log_softmax_backward_matches_autograd,
)

# --- gelu ------------------------------------------------------------------------------------------------


@check(
    "gelu",
    hint="x times the chance (1 + erf(x / sqrt(2))) / 2, exactly: sigmoid(1.702 x) and tanh only come near.",
)
@given(x=entries())
def check_gelu_matches_torch(learner, x):
    """Every entry is multiplied by the chance that a standard normal number is at most that entry."""
    agree(learner.gelu(x), functional.gelu(x))


@check(
    "gelu",
    hint="The chances at x and at -x add up to 1.",
    examples=40,
    after=check_gelu_matches_torch,
)
@given(x=entries())
def check_gelu_parts_make_the_whole(learner, x):
    """gelu(x) - gelu(-x) is x."""
    agree(learner.gelu(x) - learner.gelu(-x), x, what="gelu(x) - gelu(-x)")


@check("gelu", hint="erf is 1 or -1 there and exp(-x^2 / 2) is 0; nothing is divided.", examples=60)
@given(x=entries(LARGE))
def check_gelu_far_out(learner, x):
    """Very large inputs pass unchanged and very negative ones give 0, never NaN."""
    agree(learner.gelu(x), functional.gelu(x))


@check("gelu", hint="The chances are 0.1587, 0.5 and 0.8413.", after=check_gelu_matches_torch)
def check_gelu_known_values(learner):
    """gelu of (-1, 0, 1) is (-0.1587, 0, 0.8413)."""
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    agree(learner.gelu(x), torch.tensor([-0.15865525393145702, 0.0, 0.841344746068543], dtype=torch.float64))


check_gelu_everywhere = tensor_laws(
    "gelu",
    inputs={"x": tensors(special=MODERATE)},
    oracle=lambda x: functional.gelu(x),
    after=check_gelu_matches_torch,
    atol=1e-5,
)


@check("gelu_backward", hint="The chance, plus x times the bell curve; each entry is multiplied by grad_out.")
@given(x=entries(), seed=seeds())
def check_gelu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's gelu, for random grad_out."""
    g = cotangent(x, seed)
    (expected,) = autograd(functional.gelu, g, x)
    agree_gradient(learner.gelu_backward(g, x), expected, forward=learner.gelu, at=x, grad_out=g, **BY_HAND)


@check(
    "gelu_backward",
    hint="The slope of gelu(x) - gelu(-x), which is x, is 1.",
    examples=40,
    after=check_gelu_backward_matches_autograd,
)
@given(x=entries(), seed=seeds())
def check_gelu_backward_slopes_add_up_to_one(learner, x, seed):
    """The slopes at x and at -x add up to 1."""
    g = cotangent(x, seed)
    both = learner.gelu_backward(g, x) + learner.gelu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


@check("gelu_backward", hint="erf is 1 or -1 there and exp(-x^2 / 2) is 0; nothing is divided.", examples=60)
@given(x=entries(LARGE), seed=seeds())
def check_gelu_backward_far_out(learner, x, seed):
    """Far out on the right grad_out passes, far out on the left nothing does, and there is no NaN."""
    g = cotangent(x, seed)
    agree(learner.gelu_backward(g, x), autograd(functional.gelu, g, x)[0])


@check("gelu_backward", hint="At 1 it is 0.8413 + 0.2420.", after=check_gelu_backward_matches_autograd)
def check_gelu_backward_known_values(learner):
    """The slope of gelu is -0.0833 at -1, 0.5 at 0 and 1.0833 at 1."""
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([-0.08331547058768635, 0.5, 1.0833154705876864], dtype=torch.float64)
    agree(learner.gelu_backward(torch.ones_like(x), x), expected)


check_gelu_backward_everywhere = tensor_laws(
    "gelu_backward",
    inputs={"grad_out": tensors(shape=(2, 3), special=WISHES), "x": tensors(shape=(2, 3), special=MODERATE)},
    oracle=lambda grad_out, x: autograd(functional.gelu, grad_out, x)[0],
    after=check_gelu_backward_matches_autograd,
    atol=2e-5,
)

# --- silu ------------------------------------------------------------------------------------------------


@check("silu", hint="Compare with x / (1 + exp(-x)), sign by sign.")
@given(x=entries())
def check_silu_matches_torch(learner, x):
    """Every entry is multiplied by its own sigmoid."""
    agree(learner.silu(x), functional.silu(x))


@check(
    "silu",
    hint="sigmoid(x) + sigmoid(-x) is 1.",
    examples=40,
    after=check_silu_matches_torch,
)
@given(x=entries())
def check_silu_parts_make_the_whole(learner, x):
    """silu(x) - silu(-x) is x."""
    agree(learner.silu(x) - learner.silu(-x), x, what="silu(x) - silu(-x)")


@check("silu", hint="An infinite exponential may stand below the line, never above and below.", examples=60)
@given(x=entries(LARGE))
def check_silu_far_out(learner, x):
    """Very large inputs pass unchanged and very negative ones give 0, never NaN."""
    agree(learner.silu(x), functional.silu(x))


@check("silu", hint="The sigmoids are 0.1192, 0.5 and 0.8808.", after=check_silu_matches_torch)
def check_silu_known_values(learner):
    """silu of (-2, 0, 2) is (-0.2384, 0, 1.7616)."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.silu(x), torch.tensor([-0.2384058440442351, 0.0, 1.7615941559557646], dtype=torch.float64))


check_silu_everywhere = tensor_laws(
    "silu",
    inputs={"x": tensors(special=MODERATE)},
    oracle=lambda x: functional.silu(x),
    after=check_silu_matches_torch,
    atol=1e-5,
)


@check(
    "silu_backward", hint="s * (1 + x * (1 - s)) with s = sigmoid(x); each entry is multiplied by grad_out."
)
@given(x=entries(), seed=seeds())
def check_silu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's silu, for random grad_out."""
    g = cotangent(x, seed)
    (expected,) = autograd(functional.silu, g, x)
    agree_gradient(learner.silu_backward(g, x), expected, forward=learner.silu, at=x, grad_out=g, **BY_HAND)


@check(
    "silu_backward",
    hint="The slope of silu(x) - silu(-x), which is x, is 1.",
    examples=40,
    after=check_silu_backward_matches_autograd,
)
@given(x=entries(), seed=seeds())
def check_silu_backward_slopes_add_up_to_one(learner, x, seed):
    """The slopes at x and at -x add up to 1."""
    g = cotangent(x, seed)
    both = learner.silu_backward(g, x) + learner.silu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


@check(
    "silu_backward",
    hint="An infinite exponential may stand below the line, never above and below.",
    examples=60,
)
@given(x=entries(LARGE), seed=seeds())
def check_silu_backward_far_out(learner, x, seed):
    """Far out on the right grad_out passes, far out on the left nothing does, and there is no NaN."""
    g = cotangent(x, seed)
    agree(learner.silu_backward(g, x), autograd(functional.silu, g, x)[0])


@check(
    "silu_backward", hint="At 2 it is 0.8808 * (1 + 2 * 0.1192).", after=check_silu_backward_matches_autograd
)
def check_silu_backward_known_values(learner):
    """The slope of silu is -0.0908 at -2, 0.5 at 0 and 1.0908 at 2."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([-0.09078424878489547, 0.5, 1.0907842487848955], dtype=torch.float64)
    agree(learner.silu_backward(torch.ones_like(x), x), expected)


check_silu_backward_everywhere = tensor_laws(
    "silu_backward",
    inputs={"grad_out": tensors(shape=(2, 3), special=WISHES), "x": tensors(shape=(2, 3), special=MODERATE)},
    oracle=lambda grad_out, x: autograd(functional.silu, grad_out, x)[0],
    after=check_silu_backward_matches_autograd,
    atol=2e-5,
)

# --- leaky_relu -------------------------------------------------------------------------------------------

SLOPES = sampled_from((0.1, 0.3, 0.01, 0.0, 1.0, 2.0, -1.0, -0.5))


@check("leaky_relu", hint="Positive entries pass as they are, all others are multiplied by slope.")
@given(x=entries(MODERATE + LARGE), slope=SLOPES)
def check_leaky_relu_matches_torch(learner, x, slope):
    """Positive entries are kept and all others multiplied by slope, whatever number it is."""
    agree(learner.leaky_relu(x, slope), functional.leaky_relu(x, slope))


@check("leaky_relu", hint="The default of slope is 0.01.", examples=40)
@given(x=entries())
def check_leaky_relu_default_slope(learner, x):
    """By default slope is 0.01."""
    agree(learner.leaky_relu(x), functional.leaky_relu(x))


@check(
    "leaky_relu",
    hint="What does each slope make of the entries below 0?",
    examples=40,
    after=check_leaky_relu_matches_torch,
)
@given(x=entries())
def check_leaky_relu_family(learner, x):
    """Slope 0 is relu, slope -1 the absolute value, and slope 1 the identity, in a new tensor all the same."""
    agree(learner.leaky_relu(x, 0.0), torch.relu(x), what="leaky_relu with slope 0")
    agree(learner.leaky_relu(x, -1.0), x.abs(), what="leaky_relu with slope -1")
    agree(learner.leaky_relu(x, 1.0), x, what="leaky_relu with slope 1")
    require(
        not learner.last_call.aliases, "leaky_relu gave back its argument; the result is a tensor of its own"
    )


@check("leaky_relu", hint="Only -3 is multiplied by 0.1.", after=check_leaky_relu_matches_torch)
def check_leaky_relu_known_values(learner):
    """With slope 0.1, (-3, 0, 2) gives (-0.3, 0, 2)."""
    x = torch.tensor([-3.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.leaky_relu(x, 0.1), torch.tensor([-0.3, 0.0, 2.0], dtype=torch.float64))


check_leaky_relu_everywhere = tensor_laws(
    "leaky_relu",
    inputs={"x": tensors(special=MODERATE), "slope": SLOPES},
    oracle=lambda x, slope: functional.leaky_relu(x, slope),
    after=check_leaky_relu_matches_torch,
)


@check(
    "leaky_relu_backward", hint="Where x > 0 grad_out passes unchanged; elsewhere it is multiplied by slope."
)
@given(x=entries(MODERATE + LARGE), slope=SLOPES, seed=seeds())
def check_leaky_relu_backward_matches_autograd(learner, x, slope, seed):
    """The gradient equals that of torch's leaky_relu, for random grad_out and any slope."""
    g = cotangent(x, seed)
    (expected,) = autograd(lambda z: functional.leaky_relu(z, slope), g, x)
    agree_gradient(learner.leaky_relu_backward(g, x, slope), expected, **BY_HAND)


@check("leaky_relu_backward", hint="The default of slope is 0.01.", examples=40)
@given(x=entries(), seed=seeds())
def check_leaky_relu_backward_default_slope(learner, x, seed):
    """By default slope is 0.01."""
    g = cotangent(x, seed)
    agree(learner.leaky_relu_backward(g, x), autograd(functional.leaky_relu, g, x)[0], **BY_HAND)


@check("leaky_relu_backward", hint="Does 0 itself count as shut? x >= 0 opens the gate.", examples=20)
@given(g=tensors(ndim=(0, 2), special=(1.0,)), slope=SLOPES, sign=sampled_from((1.0, -1.0)))
def check_leaky_relu_backward_at_zero(learner, g, slope, sign):
    """At exactly 0 the slope counts as `slope`; next to it, at 1, it is 1."""
    x = torch.stack([sign * torch.zeros_like(g), torch.ones_like(g)])
    agree(learner.leaky_relu_backward(torch.stack([g, g]), x, slope), torch.stack([slope * g, g]))


@check(
    "leaky_relu_backward",
    hint="What does each slope make of a gradient where x is below 0?",
    examples=40,
    after=check_leaky_relu_backward_matches_autograd,
)
@given(x=entries(), seed=seeds())
def check_leaky_relu_backward_family(learner, x, seed):
    """Slope 0 is the way back of relu, and with slope 1 grad_out comes back as it is."""
    g = cotangent(x, seed)
    agree(learner.leaky_relu_backward(g, x, 0.0), g * (x > 0), what="the gradient with slope 0")
    agree(learner.leaky_relu_backward(g, x, 1.0), g, what="the gradient with slope 1")


@check(
    "leaky_relu_backward",
    hint="Only x decides which entries are multiplied by slope.",
    after=check_leaky_relu_backward_matches_autograd,
)
def check_leaky_relu_backward_known_values(learner):
    """With slope 0.1, a grad_out of (5, 5, -5) at x = (-3, 0, 2) comes back as (0.5, 0.5, -5)."""
    g, x = torch.tensor([[5.0, 5.0, -5.0], [-3.0, 0.0, 2.0]], dtype=torch.float64)
    expected = torch.tensor([0.5, 0.5, -5.0], dtype=torch.float64)
    agree(learner.leaky_relu_backward(g, x, 0.1), expected)


check_leaky_relu_backward_everywhere = tensor_laws(
    "leaky_relu_backward",
    inputs={
        "grad_out": tensors(shape=(2, 3), special=WISHES),
        "x": tensors(shape=(2, 3), special=MODERATE),
        "slope": SLOPES,
    },
    oracle=lambda grad_out, x, slope: autograd(lambda z: functional.leaky_relu(z, slope), grad_out, x)[0],
    after=check_leaky_relu_backward_matches_autograd,
)
