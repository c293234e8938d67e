"""What the workers of this machine have when they are forked: torch, and all that grades, imported once for all."""

from __future__ import annotations

import gc
import importlib

gc.disable()  # a million objects are made that stay, and the collector would go through them again and again
importlib.import_module("grader.grading.worker")
gc.freeze()
gc.enable()
