"""Turn nbgrader's own configuration into one that has submissions graded in a sandbox."""

from __future__ import annotations

from typing import Any

# By name, as nbgrader's configuration lists its own: formgrader sends the configuration through JSON.
READER = "grader.nbgrader_plugin.exporter.Brickwork"
GRADER = "grader.nbgrader_plugin.preprocessor.Grade"
STUBS = "grader.nbgrader_plugin.release.ClearToStubs"


def configure(config: Any) -> None:
    """Replace what runs a submission as you by what grades it in a sandbox; nbgrader saves the scores as ever.

    Written into nbgrader_config.py, it serves the command line and formgrader's button alike:

        from grader.nbgrader_plugin import configure; configure(c)

    Args:
        config: the `c` of nbgrader_config.py.
    """
    from nbgrader.converters import Autograde
    from nbgrader.preprocessors import Execute

    listed = _listed(config.Autograde, "autograde_preprocessors", Autograde)
    names = [GRADER if name_of(one) == name_of(Execute) else name_of(one) for one in listed]
    config.Autograde.autograde_preprocessors = names if GRADER in names else [GRADER, *names]
    config.Autograde.exporter_class = READER
    keep_stubs(config)


def keep_stubs(config: Any) -> None:
    """Have `generate_assignment`, from wherever it is called, leave in an exercise the stub of the course's files."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import ClearSolutions

    listed = _listed(config.GenerateAssignment, "preprocessors", GenerateAssignment)
    names = [STUBS if name_of(one) == name_of(ClearSolutions) else name_of(one) for one in listed]
    config.GenerateAssignment.preprocessors = names


def _listed(section: Any, name: str, owner: Any) -> list[Any]:
    """What the configuration says, or nbgrader's default; it may also say how to change the default.

    Args:
        section: the part of the configuration that is about `owner`.
        name: the trait, a list.
        owner: the class of nbgrader's that has it.
    """
    default = list(getattr(owner, name).default())
    said = section.get(name)
    if said is None:
        return default
    return list(said.get_value(default) if hasattr(said, "get_value") else said)


def name_of(preprocessor: Any) -> str:
    """Preprocessors are listed as classes or by name; by name, formgrader can show the configuration."""
    if isinstance(preprocessor, str):
        return preprocessor
    return f"{preprocessor.__module__}.{preprocessor.__qualname__}"
