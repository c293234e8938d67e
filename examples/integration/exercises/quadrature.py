# %% [markdown]
# # Areas from samples
#
# A thermometer reports every minute, a car its speed every second: what is known of a function is often its values at
# equal steps. This chapter finds the area under it, first with straight lines, then with parabolas.
#
# - Time: 60 minutes
# - You write: `trapezoid`, `simpson`
#
# Values are plain Python numbers. `y` holds the samples in order, `h` is the distance between two of them.

# %%
from __future__ import annotations

# %% [markdown]
# ## Straight lines
#
# Between two samples the function is taken for a straight line, so each step is a trapezoid of the area
# h * (left + right) / 2. In the sum every sample counts twice, once for the step on its left and once for the step on
# its right, apart from the first and the last:
#
#     area = h * (y[0] / 2 + y[1] + y[2] + ... + y[n-1] + y[n] / 2)
#
# **By hand.** y = 0, 1, 4 at x = 0, 1, 2: the areas are 0.5 and 2.5, together 3. The function behind it is x^2, whose
# area is 8/3: a chord of a curve that bends upwards lies above it.
#
# ```python
# >>> trapezoid([0.0, 1.0, 4.0], 1.0)
# 3.0
# ```
#
# **Pitfall.** n + 1 samples make n steps. One sample makes none, and its area is 0.


# %%
def trapezoid(y: list[float], h: float) -> float:
    """Estimate the area under equally spaced samples by straight lines between them.

    Args:
        y: the samples in order, at least one.
        h: the distance between two neighbours, above 0.

    Returns:
        The area, 0.0 for a single sample.

    Raises:
        ValueError: if `y` is empty.

    Source: Süli, Mayers, An Introduction to Numerical Analysis (2003), section 7.2.
    """
    raise NotImplementedError("trapezoid: write this part, then run: brick check quadrature")


# %% [markdown]
# ## Parabolas
#
# Through three neighbouring samples goes one parabola. The area under it, two steps wide, is
# h / 3 * (left + 4 * middle + right). Put side by side, these pieces give the weights 1, 4, 2, 4, ..., 2, 4, 1:
#
#     area = h / 3 * (y[0] + 4 y[1] + 2 y[2] + 4 y[3] + ... + 4 y[n-1] + y[n])
#
# **By hand.** y = 0, 1, 4 again: 1/3 * (0 + 4 + 4) = 8/3, which is exact, for x^2 is a parabola. Even x^3 comes out
# exact: what a parabola misses of it in the first step it has too much in the second.
#
# ```python
# >>> round(simpson([0.0, 1.0, 4.0], 1.0), 6)
# 2.666667
# ```
#
# **Pitfall.** Pieces are two steps wide, so the number of steps must be even and the number of samples odd.
#
# **Predict, then run.** With half the step, the error of the trapezoids of a smooth function falls to a quarter. To
# what does Simpson's fall: a quarter, an eighth, a sixteenth or nothing at all?
#
# ```python
# def error(n):
#     return abs(simpson([(i / n) ** 4 for i in range(n + 1)], 1 / n) - 0.2)
# round(error(8) / error(16))
# ```
#
# <details><summary>Answer</summary><!-- answer: 16 -->
#
# ```python
# >>> def error(n):
# ...     return abs(simpson([(i / n) ** 4 for i in range(n + 1)], 1 / n) - 0.2)
# >>> round(error(8) / error(16))
# 16
# ```
#
# To a sixteenth. Cubics are exact, so what is left comes from x^4 on: the error goes with h^4.
# </details>


# %%
def simpson(y: list[float], h: float) -> float:
    """Estimate the area under equally spaced samples by a parabola through every three of them.

    Args:
        y: the samples in order; their number is odd.
        h: the distance between two neighbours, above 0.

    Returns:
        The area, 0.0 for a single sample.

    Raises:
        ValueError: if the number of samples is even; the message says how many there are.

    Source: Süli, Mayers, An Introduction to Numerical Analysis (2003), section 7.2.
    """
    raise NotImplementedError("simpson: write this part, then run: brick check quadrature")
