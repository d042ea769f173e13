"""Waiting for a condition, with a deadline and an explanation."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = 10.0, every: float = 0.02) -> T:
    """Polls condition until it is true and returns its value; AssertionError after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s still not: {what} (last: {value!r})")
        time.sleep(every)


def holds(condition: Callable[[], bool], what: str, seconds: float, every: float = 0.02) -> None:
    """Asserts that condition stays true for a time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer: {what}"
        time.sleep(every)
