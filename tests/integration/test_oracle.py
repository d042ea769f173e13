"""The kernel as oracle: whatever arrives, sluice answers and forwards as Linux does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.oracle import Oracle, difference
from harness.oracle_kinds4 import KINDS4
from harness.oracle_kinds6 import KINDS6


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


@pytest.mark.product
@pytest.mark.parametrize("kind", KINDS4)
def test_kind4(oracle: Oracle, kind: str) -> None:
    wanted, seen = oracle.compare([KINDS4[kind]])
    assert not difference(wanted, seen), difference(wanted, seen)


@pytest.mark.product
@pytest.mark.parametrize("kind", KINDS6)
def test_kind6(oracle: Oracle, kind: str) -> None:
    wanted, seen = oracle.compare([KINDS6[kind]])
    assert not difference(wanted, seen), difference(wanted, seen)
