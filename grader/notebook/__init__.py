"""Check, hint and status for a notebook, a script, or wherever the learner's code is written."""

from grader.notebook.api import check, hint, status

__all__ = ["check", "hint", "status"]
