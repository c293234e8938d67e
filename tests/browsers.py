"""What the tests of the pages share: the machine's own Chromium, what a page asked for, and axe-core's verdict."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # tests may run as root, where Chromium's own sandbox refuses to start
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE, DESK = 360, 1280


def need_browser() -> str:
    """The path of Chromium; skip the test where the machine has none, saying why; on CI it must be there."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    missing = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    if found and not missing:
        return found
    reason = "no Chromium: apt-get install chromium" if not found else f"not installed: {', '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must test the pages in a browser: {reason}")
    pytest.skip(f"the pages cannot be looked at: {reason}")


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The machine's Chromium without a window."""
    path = need_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Seen:
    """An open page, and what it did: addresses it asked for, why it did not get them, complaints in its console."""

    page: Page
    asked: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        root = "document.scrollingElement"
        return bool(self.page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"))

    def violations(self) -> list[str]:
        """What axe-core finds wrong: the rule, and the first places."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options=WCAG).response["violations"]
        return [f"{rule['id']}: {[node['target'] for node in rule['nodes'][:3]]}" for rule in found]


@contextmanager
def look_at(browser: Browser, file: Path | str, width: int = DESK, scheme: str = "light") -> Iterator[Seen]:
    """Open a file, or an address, in a window of that width."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    seen = Seen(page)
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("requestfailed", lambda request: seen.failures.append(str(request.failure)))
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(file.as_uri() if isinstance(file, Path) else file)
    try:
        yield seen
    finally:
        page.close()
