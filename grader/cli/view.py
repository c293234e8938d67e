"""`brick view`: look at the network that was built."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from grader.build.drawing import draw_graph
from grader.cli.targets import shown_path
from grader.course.config import load_course
from grader.errors import UsageError
from grader.language import gettext as _
from grader.workspace.workspace import Workspace, workspace_of

# The file that `brick build` leaves in the folder of a task.
MODEL = "model.onnx"


def view(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="An ONNX file; the last one built if left out.", metavar="MODEL", show_default=False
        ),
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Draw it here, without a browser.")] = False,
) -> None:
    """Look at the network you built.

    In Netron if it is installed, else drawn as text.
    """
    path = model or _newest_model(workspace_of(load_course()))
    if not path.is_file():
        raise UsageError("there is no such file", str(path), "name an ONNX file, or run: brick build")
    if not text and importlib.util.find_spec("netron") is not None:
        import netron  # an extra that brings a web server; not installed for everybody

        typer.echo(
            _("{path} in your browser; Ctrl-C ends it, and --text draws it here instead").format(
                path=shown_path(path)
            )
        )
        netron.start(str(path))
        netron.wait()
        return
    typer.echo(_drawn(path), nl=False)
    if not text:
        typer.echo("\n" + _("to see it in the browser: pip install 'brickwork[view]', then: brick view"))


def _newest_model(workspace: Workspace) -> Path:
    """The model that was written last, whichever task it is of; UsageError where there is none."""
    found = sorted((workspace.root / "build").glob(f"*/{MODEL}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError("no model was built here yet", str(workspace.root / "build"), "run: brick build")
    return found[-1]


def _drawn(path: Path) -> str:
    """The graph as text, under the name of its file."""
    return f"{shown_path(path)}\n\n{draw_graph(path)}"
