"""Draw the picture of README.md, docs/watch.svg: the watch app with the card of a softmax that overflows.

Usage: draw_watch.py

It is no drawing: the app runs on a screen of its own, judges the file of a learner, and is exported as SVG.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from grader.course.config import load_course
from grader.engine.profile import Profile
from grader.watch.app import WatchApp
from grader.watch.state import WatchState
from grader.watch.warm_sandbox import WarmSandbox
from grader.workspace.workspace import workspace_of

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "watch.svg"
SIZE = (104, 26)
WRITTEN = {
    "sigmoid": "return 1 / (1 + torch.exp(-x))",
    "relu": "return x * (x > 0)",
    "softmax": "return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)",
}
STUB = 'raise NotImplementedError("{name}: write this part, then run: brick check ch03")'
# The fonts that Textual names lie on another's server; a reader's own monospaced one will do.
_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TIME = re.compile(r"\(\d+\.\d+&#160;s\)")
_FONT = "font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
WORDS = (
    "The watch app of Brickwork. To the left the chapters with their exercises; to the right the card of softmax: a "
    "law that fails, the smallest input that breaks it, what came out and what should have. Below, what to do next."
)


def main() -> None:
    """Let the app judge the file, and write what is on its screen."""
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        try:
            svg = asyncio.run(_screen(app))
        finally:
            app.close()
    # How long it took here is nobody's news; each line keeps its length, to which the text is stretched.
    svg = _TIME.sub(lambda time: "&#160;" * len(time[0].replace("&#160;", " ")), _FONT_FACE.sub("", svg))
    svg = re.sub(r"font-family: Fira Code, monospace|font-family: arial", _FONT, svg)
    svg = re.sub(r"(<svg [^>]*)>", rf'\1 role="img"><title>{WORDS}</title>', svg, count=1)
    PICTURE.write_text(svg, encoding="utf-8")


def _app(folder: Path) -> WatchApp:
    """The watch app in a learner's folder, standing at softmax."""
    exercises = folder / "exercises"
    exercises.mkdir()
    (folder / "course.yml").write_bytes((ROOT / "course.yml").read_bytes())
    for source in (ROOT / "exercises").glob("*.py"):
        (exercises / source.name).write_bytes(source.read_bytes())
    file = exercises / "ch03_activations.py"
    text = file.read_text(encoding="utf-8")
    for name, body in WRITTEN.items():
        text = text.replace(STUB.format(name=name), body)
    file.write_text(text, encoding="utf-8")
    os.chdir(folder)
    course = load_course(folder)
    state = WatchState(course, workspace_of(course), lambda *_: ((), 4))
    found = state.find("softmax")
    assert found is not None
    state.go_to(found)
    sandbox = WarmSandbox(course.limits, (), Profile(examples=course.practice_examples))
    return WatchApp(state, lambda: sandbox, lambda _: "", events=False)


async def _screen(app: WatchApp) -> str:
    """The screen as SVG, once the card stands there."""
    async with app.run_test(size=SIZE) as pilot:
        await _judged(pilot)
        await pilot.press("c")  # the other exercises too, for the points to the left
        await _judged(pilot)
        return app.export_screenshot(title="brick")


async def _judged(pilot: Pilot[None]) -> None:
    """Wait until nothing is being judged any more."""
    await pilot.pause(0.5)
    while "step into it" not in _shown(pilot.app) or re.search(r"judging|getting ready", _shown(pilot.app)):
        await pilot.pause(0.2)


def _shown(app: App[None]) -> str:
    return "".join(str(app.query_one(name, Static).content) for name in ("#work", "#step"))


if __name__ == "__main__":
    main()
