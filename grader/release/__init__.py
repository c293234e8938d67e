"""Turn solutions into what learners are given: stubs, notebooks, assignments."""

from grader.release.stubs import make_stub, write_stubs

__all__ = ["make_stub", "write_stubs"]
