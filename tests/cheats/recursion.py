"""Recursion without end: which limit ends it depends on which is reached first, so each has a test of its own."""

import sys

KIND = "exhausting"
MUST = "lost"


def bottomless_recursion():
    sys.setrecursionlimit(10**9)

    def down(n):
        return down(n + 1) + 1

    return down(0)
