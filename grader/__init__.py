"""Brickwork's grader: the public names, and nothing that takes time to import."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.notebook import check, hint, predict, status

__version__ = "0.1.0"
__all__ = ["check", "hint", "predict", "status"]


def __getattr__(name: str) -> Any:
    """Load what a notebook uses when it is asked for."""
    if name in __all__:
        from grader import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
