"""One example of a check as the guest meets it: each call is asked, put on record, and held to its contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from grader.sandbox.connection import Answer, Connection
from grader.sandbox.contracts import Contract, contract_words, meets, shown
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerRaised
from grader.sandbox.handles import Handle, Reference, reference_of
from grader.sandbox.protocol import HandleValue


@dataclass(frozen=True)
class Call:
    """One call as it was made; turned into text only when somebody will read it.

    Args:
        target: what was called, as code: `softmax`, or `sgd.step`.
        result: what came back; None while `raised` says otherwise.
        raised: the exception that came instead, as text.
        exception: the name of its class.
        changed: the arguments it changed, by name.
        aliases: the arguments whose memory the result shares.
        name: the function, or the class and the method; the key of its return contract.
        op: the kind of request, which for an attribute that was set is "set".
        disturbed: whether it drew from torch's global generator.
    """

    target: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any = None
    raised: str = ""
    exception: str = ""
    changed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    name: str = ""
    op: str = "call"
    disturbed: bool = False


class Example:
    """What is asked of the guest in one example, by the check itself and by its handles: their `Owner`.

    The guest forgets its objects with each example, so whatever is put down here is good for one.

    Args:
        connection: to the guest.
        device: where results are expected.
        returns: a return contract per name ("softmax") or method ("BatchNorm.forward").

    Attributes:
        calls: in order.
        answers: all that came back, attributes and held tensors too.
        may_draw: whether the learner's code may draw from torch's global generator.
    """

    def __init__(self, connection: Connection, device: str, returns: Mapping[str, Contract]) -> None:
        self._connection, self._device, self._returns = connection, device, returns
        self.calls: list[Call] = []
        self.answers: list[Any] = []
        self.may_draw = False
        self._labels: dict[str, int] = {}

    def invoke(
        self,
        op: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        target: Handle | None = None,
    ) -> Any:
        """Call a function, or a method of `target`; what it returns has kept its contract.

        Raises:
            LearnerMisbehaved: it changed an argument, drew from the global generator, or returned another kind.

        Args:
            op: "call" or "method".
            name: of the function or method.
            target: the object whose method it is.
        """
        label = contract_name = name
        if target is not None:
            label, contract_name = f"{target!r}.{name}", f"{reference_of(target).kind}.{name}"
        answer = self._connection.ask(op, name, target=target, args=args, kwargs=kwargs)
        reply = answer.reply
        call = partial(
            Call, label, args, kwargs, changed=reply.changed, aliases=reply.aliases, name=contract_name, op=op,
            disturbed=reply.disturbed,
        )  # fmt: skip
        result = self._record(call, answer, label)
        if answer.sent_tensors:
            answer.require_device(self._device, label)
        if reply.changed:
            raise LearnerMisbehaved(
                f"{name} changed its argument {', '.join(reply.changed)}; it must leave it alone",
                "Look for what writes in place: +=, an index on the left of =, a method whose name ends in _.",
            )
        self._require_untouched_generator(answer, name)
        contract = self._returns.get(contract_name)
        if contract is not None and not meets(result, contract):
            raise LearnerMisbehaved(
                f"{name} returned {shown(result)}; it should return {contract_words(contract)}",
                "Look at every return, and at what the docstring says under Returns.",
            )
        return result

    def ask(self, op: str, handle: Handle) -> Any:
        """`iter`, `next`, `len` or `list` of an object: recorded and watched like a method."""
        label = f"{op}({handle!r})"
        answer = self._connection.ask(op, target=handle)
        call = partial(Call, op, (handle,), {}, name=f"{reference_of(handle).kind}.{op}", op=op)
        result = self._record(call, answer, label)
        self._require_untouched_generator(answer, label)
        return result

    def fetch(self, handle: Handle) -> Any:
        """What a held tensor holds now."""
        return self.note(self._connection.ask("value", target=handle))

    def get_attribute(self, handle: Handle, name: str) -> Any:
        """Read an attribute of an object; a callable one becomes a function here."""
        answer = self._connection.ask("get", name, target=handle)
        reply = answer.reply
        if reply.status == "ok" and isinstance(reply.value, HandleValue) and reply.value.callable:
            return lambda *args, **kwargs: self.invoke("method", name, args, kwargs, target=handle)
        return self.note(answer, f"{handle!r}.{name}")

    def set_attribute(self, handle: Handle, name: str, value: Any) -> None:
        """Set an attribute of an object."""
        self.calls.append(Call(f"{handle!r}.{name} = ", (value,), {}, op="set"))
        self.note(self._connection.ask("set", name, target=handle, args=(value,)))

    def note(self, answer: Answer, label: str = "") -> Any:
        """Settle an answer and keep its value: a card may have to show it."""
        value = answer.settle(label)
        self.answers.append(value)
        return value

    def make_handle(self, number: int, kind: str) -> Handle:
        """A handle with a variable name for a label, so that recorded calls read as code."""
        word = kind.strip("_").lower()
        self._labels[word] = self._labels.get(word, 0) + 1
        count = self._labels[word]
        return Handle(Reference(self, number, kind, word if count == 1 else f"{word}_{count}"))

    def _record(self, call: Callable[..., Call], answer: Answer, label: str) -> Any:
        """Settle the answer to a call and put both on record.

        Args:
            call: makes the record once it is known what came back.
        """
        try:
            result = self.note(answer, label)
        except LearnerRaised as error:
            self.calls.append(call(raised=str(error), exception=error.name))
            raise
        self.calls.append(call(result=result))
        return result

    def _require_untouched_generator(self, answer: Answer, label: str) -> None:
        if answer.reply.disturbed and not self.may_draw:
            raise LearnerMisbehaved(
                f"{label} drew from torch's global random generator",
                "Look for every function that draws: which generator does it draw from?",
            )
