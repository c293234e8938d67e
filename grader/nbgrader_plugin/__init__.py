"""Have nbgrader grade by Brickwork: one line in nbgrader_config.py, and no learner's code runs as the instructor.

Everything that knows nbgrader is here. `config` puts two classes in the place of nbgrader's own: `exporter` reads a
submission, and believes nothing in it but text (`released_cells`); `preprocessor` asks `server`, a process of its own,
for the verdict. `release` makes assignments, and `export` writes verdicts of `brick grade` into the gradebook.
"""

from grader.nbgrader_plugin.config import configure

__all__ = ["configure"]
