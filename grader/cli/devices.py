"""Refuse a device that is not there, before anything else is done."""

from __future__ import annotations

from grader.cli.options import Device
from grader.errors import UsageError


def require_device(device: str) -> None:
    """Refuse a device that is not there; UsageError then.

    Args:
        device: torch's name of it, as `Device` lists them.
    """
    if device != Device.CUDA:
        return
    import torch  # every machine has the other device, and to import torch takes seconds

    if not torch.cuda.is_available():
        raise UsageError("torch finds no CUDA device here", f"--device {device}", "leave --device out")
