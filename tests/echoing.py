"""A process for the tests of grader.notebook.rpc: it answers, makes noise, refuses, fails or ends, as it is asked."""

from __future__ import annotations

import os
import sys

from grader.errors import KitError
from grader.notebook.rpc import Message, serve


def main() -> None:
    serve(lambda settings: lambda question: answer(settings, question))


def answer(settings: Message, question: Message) -> Message:
    match question["do"]:
        case "leave":
            os._exit(3)
        case "refuse":
            raise KitError("what", "where", "next")
        case "fail":
            raise ZeroDivisionError("of the kit")
        case "shout":
            print("{}" * 100_000)
            print("{}" * 100_000, file=sys.stderr)
            os.system("echo noise; echo noise >&2")
    return {"pid": os.getpid(), "settings": settings, "said": question.get("say", "")}
