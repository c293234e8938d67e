"""Check, hint and status for a notebook, a script, or wherever the learner's code is written."""

from grader.notebook.api import check, hint, predict, status

__all__ = ["check", "hint", "predict", "status"]
