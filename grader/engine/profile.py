"""How a submission is run: how many inputs, from which seed, on which device."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # both bring torch, which whoever only asks the store does without
    from grader.checking.check import Check
    from grader.engine.generation import Kept

_PUBLIC_KEY = b"brickwork practice"


@dataclass(frozen=True)
class Profile:
    """How a submission is run.

    Args:
        name: practice or grade; stands in the report.
        examples: examples per check.
        secret: the course's key; fixes the inputs without telling them. None for practice.
        seed: another set of inputs.
        only: the one exercise to check; None for all.
        device: cpu or cuda.
        memory: a folder where failing examples are kept and replayed first; None for none.
        names_mistakes: whether to say which known mistake a learner makes.
        shrink: whether to look for the smallest failing example, or stop at the first.
        kept: inputs drawn before, for whoever runs the same checks again and again; None draws anew.
    """

    name: str = "practice"
    examples: int = 25
    secret: bytes | None = None
    seed: int = 0
    only: str | None = None
    device: str = "cpu"
    memory: Path | None = None
    shrink: bool = True
    names_mistakes: bool = False
    kept: Kept | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse an empty secret: the inputs of a graded class would be known to everybody."""
        if self.secret is not None and not self.secret:
            raise ValueError("an empty secret keeps nothing secret")

    def seed_of(self, chapter: str, check: str) -> int:
        """The seed of one check: the same for every learner, and told to nobody who does not know the secret.

        Args:
            chapter: its stem.
            check: the name of the check.
        """
        text = f"{chapter}/{check}/{self.seed}".encode()
        key = _PUBLIC_KEY if self.secret is None else self.secret
        return int.from_bytes(hmac.digest(key, text, "sha256")[:8], "big")

    def examples_of(self, check: Check) -> int:
        """How many inputs a check gets: those of the profile, or fewer where the check says that fewer do."""
        return min(self.examples, check.examples or self.examples)
