"""The parts of a zygote that need torch: getting it ready for all learners, and serving one of them."""

from __future__ import annotations

import functools
import importlib
import os
import socket
import tempfile
from typing import Any

import torch

from grader.sandbox import protocol
from grader.sandbox.dispatch import bar_autograd, operation_filter
from grader.sandbox.guest import Session, serve
from grader.sandbox.operations import PREPARED
from grader.sandbox.tampering import snapshot

_REHEARSAL = """
import torch

def rehearse(x):
    weights = torch.exp(x - x.amax(dim=-1, keepdim=True))
    return (weights / weights.sum(dim=-1, keepdim=True)) @ x.mT
"""


def warm_up(settings: dict[str, Any]) -> dict[str, Any]:
    """Import and run once what is slow the first time, so that no learner pays for it.

    Args:
        settings: as the host sent them, see `grader.sandbox.launch`.

    Returns:
        What the host is told when all is ready.
    """
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)  # gradients are written by hand; a hidden requires_grad records nothing
    for name in settings["imports"]:
        importlib.import_module(name)
    bar_autograd()
    operation_filter().prepare(PREPARED)
    _rehearse(("", "meta") if settings["warm_fake"] else ("",))
    snapshot()  # after the rehearsal, in which torch finishes itself
    return {"ready": True}


@functools.cache
def prepare_forks(*, fake: bool) -> None:
    """Do beforehand, once in this process, what each of its forks would have to do when it becomes a zygote.

    Args:
        fake: whether the forks have to be ready for tensors without values.
    """
    operation_filter().prepare(PREPARED)
    with torch.random.fork_rng(devices=()):
        _rehearse(("", "meta") if fake else ("",))


def _rehearse(modes: tuple[str, ...]) -> None:
    """Serve a submission of our own, through every step that a learner's goes through.

    Args:
        modes: "" for a call as always, "meta" for one on tensors without values.
    """
    _name_a_temporary_folder()
    session = Session()
    session.handle(protocol.pack(protocol.Request("load", _REHEARSAL)), bytearray())
    for mode in modes:
        body = protocol.Body()
        table = body.add_tensor(torch.ones(2, 3, dtype=torch.float64))
        request = protocol.Request("call", "rehearse", args=(table,), mode=mode, seed=0)
        reply, _ = session.handle(protocol.pack(request), bytearray(body.join()))
        if protocol.unpack_reply(reply).status != "ok":
            raise RuntimeError(f"the rehearsal failed: {protocol.unpack_reply(reply)}")


def _name_a_temporary_folder() -> None:
    """Parts of torch make a folder in one when they are imported, and use neither: any that exists will do.

    It is for a machine without one, or where only the folder that somebody works in is left to be one.
    """
    try:
        found = tempfile.gettempdir()
    except FileNotFoundError:
        found = tempfile.tempdir = "/"
    if found in ("/", os.getcwd()):
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", "/")


def serve_learner(sock: socket.socket, settings: dict[str, Any]) -> None:
    """Answer the host until it hangs up, in a process that is sealed already."""
    session = Session(settings["device"], settings["output_kib"], snapshot(), operation_filter())
    serve(sock, session)
