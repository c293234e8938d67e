"""Known mistakes of quadrature: each is named <exercise>__<slug>, its docstring is the diagnosis."""


def trapezoid__all_whole(y, h):
    """The first and the last sample count whole, not half."""
    if not y:
        raise ValueError("y is empty")
    return h * sum(y)


def trapezoid__left(y, h):
    """Each step has the height of its left sample: a sum of rectangles."""
    if not y:
        raise ValueError("y is empty")
    return h * sum(y[:-1])


def trapezoid__no_width(y, h):
    """The areas are not multiplied by h."""
    if not y:
        raise ValueError("y is empty")
    return sum(y) - (y[0] + y[-1]) / 2


def trapezoid__silent(y, h):
    """No samples are taken for an area of 0 instead of being refused."""
    return h * (sum(y) - (y[0] + y[-1]) / 2) if y else 0.0


def simpson__swapped(y, h):
    """The weights 4 and 2 are swapped."""
    if len(y) % 2 == 0:
        raise ValueError(f"{len(y)} samples")
    return h / 3 * (y[0] + 2 * sum(y[1:-1:2]) + 4 * sum(y[2:-1:2]) + y[-1]) if len(y) > 1 else 0.0


def simpson__all_four(y, h):
    """Every sample inside counts 4, also where two pieces meet."""
    if len(y) % 2 == 0:
        raise ValueError(f"{len(y)} samples")
    return h / 3 * (y[0] + 4 * sum(y[1:-1]) + y[-1]) if len(y) > 1 else 0.0


def simpson__of_one_piece(y, h):
    """The area of a piece is divided by 6, as if h were its whole width."""
    if len(y) % 2 == 0:
        raise ValueError(f"{len(y)} samples")
    return h / 6 * (y[0] + 4 * sum(y[1::2]) + 2 * sum(y[2:-1:2]) + y[-1]) if len(y) > 1 else 0.0


def simpson__any_number(y, h):
    """An even number of samples is not refused."""
    return h / 3 * (y[0] + 4 * sum(y[1:-1:2]) + 2 * sum(y[2:-1:2]) + y[-1]) if len(y) > 1 else 0.0
