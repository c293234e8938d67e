"""Have nbgrader grade by Brickwork: one line in nbgrader_config.py, and no learner's code runs as the instructor."""

from grader.nbgrader_plugin.config import configure

__all__ = ["configure"]
