"""Turn solutions into what learners are given: notebooks, assignments, and the autograders that grade them elsewhere.

Nothing of a solution may be in a release, and nothing of the instructor's may be overwritten in silence (`placing`).
"""
