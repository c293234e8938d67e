"""Turn solutions into what learners are given: stubs, notebooks, assignments."""

from grader.course.stubs import make_stub, write_stubs

__all__ = ["make_stub", "write_stubs"]
