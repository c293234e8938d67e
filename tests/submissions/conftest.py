"""Where a learner's file of a chapter lies."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def python(tmp_path: Path) -> Path:
    return tmp_path / "ch03_activations.py"


@pytest.fixture
def ipynb(tmp_path: Path) -> Path:
    return tmp_path / "ch03_activations.ipynb"
