"""The kernel as oracle: whatever arrives, sluice answers and forwards as Linux does."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.oracle import Oracle, difference
from harness.oracle_kinds4 import KINDS4
from harness.oracle_kinds6 import KINDS6
from harness.oracle_listed import LISTED, reason

KINDS = {f"4-{name}": frame for name, frame in KINDS4.items()} | \
    {f"6-{name}": frame for name, frame in KINDS6.items()}
pytestmark = pytest.mark.product


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
           ) -> Iterator[Oracle]:
    bin_dir = Path(request.config.getoption("--bin")).resolve()
    worlds = Oracle(tmp_path_factory.mktemp("oracle"), bin_dir)
    try:
        worlds.build()
        yield worlds
        worlds.finish()
    finally:
        worlds.destroy()


@pytest.mark.parametrize("kind", KINDS)
def test_kind(oracle: Oracle, kind: str) -> None:
    """One frame: same verdict, same port, same frame, same answer; or a difference that is listed."""
    why = reason(kind)
    found = difference(*oracle.compare([KINDS[kind]]))
    if why is None:
        assert not found, f"{KINDS[kind].hex()}\n{found}"
    else:
        assert found, f"no longer different, though listed: {why}"


def test_every_listed_difference_has_a_kind() -> None:
    for pattern in LISTED:
        assert any(re.fullmatch(pattern, kind) for kind in KINDS), pattern
