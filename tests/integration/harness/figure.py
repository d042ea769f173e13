"""The type of the fixture that records measured figures."""

from collections.abc import Callable

Figure = Callable[[str], None]
