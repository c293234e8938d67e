"""What learner code may use, judged on the syntax tree before anything runs."""

from grader.rules.judging import judge

__all__ = ["judge"]
