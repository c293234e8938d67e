"""Right answers of quadrature, written differently: they catch checks that are too strict."""

from itertools import pairwise


def trapezoid__step_by_step(y, h):
    """A loop over the steps."""
    if len(y) == 0:
        raise ValueError("no samples")
    area = 0.0
    for left, right in pairwise(y):
        area += h * (left + right) / 2
    return area


def trapezoid__mean_of_both(y, h):
    """The mean of the sum from the left and the sum from the right."""
    if not y:
        raise ValueError("no samples")
    return float((h * sum(y[:-1]) + h * sum(y[1:])) / 2)


def trapezoid__by_weights(y, h):
    """A weight for each sample."""
    if not y:
        raise ValueError("no samples")
    weights = [0.5] + [1.0] * (len(y) - 2) + [0.5] if len(y) > 1 else [0.0]
    return h * sum(w * v for w, v in zip(weights, y, strict=True))


def simpson__piece_by_piece(y, h):
    """A loop over the pieces."""
    if len(y) % 2 != 1:
        raise ValueError(f"{len(y)} samples")
    area = 0.0
    for i in range(0, len(y) - 1, 2):
        area += (y[i] + 4 * y[i + 1] + y[i + 2]) * h / 3
    return area


def simpson__by_weights(y, h):
    """A weight for each sample."""
    n = len(y)
    if n % 2 == 0:
        raise ValueError(f"{n} samples")
    if n == 1:
        return 0.0
    return h / 3 * sum(v * (1 if i in (0, n - 1) else 4 if i % 2 else 2) for i, v in enumerate(y))


def simpson__from_two_trapezoids(y, h):
    """Four thirds of the fine trapezoids less a third of the coarse ones."""
    if len(y) % 2 == 0:
        raise ValueError(f"{len(y)} samples")

    def lines(values, step):
        return step * (sum(values) - (values[0] + values[-1]) / 2)

    return (4 * lines(y, h) - lines(y[::2], 2 * h)) / 3
