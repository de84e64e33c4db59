"""Faults that a test orders: the next calls of a method fail in a chosen way."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["500", "502", "drop_before", "drop_after", "delay", "garbage"]
"""How a call fails.

An error status or ``drop_before``: the call is not handled. ``drop_after``: it is handled, but the connection breaks
before the answer. ``delay``: it is handled late. ``garbage``: it is handled, and answered 200 with what is no JSON.
"""


@dataclass
class _Order:
    kind: Kind
    method: str | None
    times: int
    seconds: float


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call."""

    kind: Kind
    seconds: float


class Faults:
    """The faults that are still to come, in the order in which they were ordered."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []

    def add(self, kind: Kind, method: str | None, times: int, seconds: float) -> None:
        """The next ``times`` calls of the method (None: of any) fail."""
        self._orders.append(_Order(kind, method, times, seconds))

    def take(self, method: str) -> Fault | None:
        """The fault for a call that has just come in."""
        for order in self._orders:
            if order.method in (None, method):
                order.times -= 1
                if order.times <= 0:
                    self._orders.remove(order)
                return Fault(order.kind, order.seconds)
        return None
