"""The kernel as oracle: whatever arrives, sluice answers and forwards as Linux does."""

import random
import re
from collections import Counter

import pytest

from harness.bytes6 import ICMP6
from harness.figure import Figure
from harness.oracle import Oracle, difference
from harness.oracle_kinds4 import KINDS4
from harness.oracle_kinds6 import KINDS6
from harness.oracle_listed import LISTED, reason
from harness.oracle_random import random_frames

KINDS = {f"4-{name}": frame for name, frame in KINDS4.items()} | \
    {f"6-{name}": frame for name, frame in KINDS6.items()}
BATCH = 50  # less than the smallest burst of a punt class
pytestmark = pytest.mark.product


@pytest.mark.parametrize("kind", KINDS)
def test_kind(oracle: Oracle, kind: str) -> None:
    """One frame: same verdict, port, frame and answer; or a difference that is listed."""
    why = reason(kind)
    found = difference(*oracle.compare([KINDS[kind]]))
    if why is None:
        assert not found, f"{KINDS[kind].hex()}\n{found}"
    else:
        assert found, f"no longer different, though listed: {why}"


def test_every_listed_difference_has_a_kind() -> None:
    for pattern in LISTED:
        assert any(re.fullmatch(pattern, kind) for kind in KINDS), pattern


def is_redirect(frame: bytes) -> bool:
    return frame[12:14] == b"\x86\xdd" and frame[20] == ICMP6 and frame[54:55] == b"\x89"


def random_difference(oracle: Oracle, frames: list[bytes]) -> str:
    """Without redirects: sluice sends none but the kernel's, which limits them by time."""
    wanted, seen = ({port: Counter({frame: n for frame, n in sent.items()
                                    if not is_redirect(frame)}) for port, sent in world.items()}
                    for world in oracle.compare(frames))
    return difference(wanted, seen)


def compare_batch(oracle: Oracle, frames: list[bytes]) -> str:
    """Differences between the worlds, told frame by frame when there are some."""
    found = random_difference(oracle, frames)
    if not found:
        return ""
    alone = [(frame, random_difference(oracle, [frame])) for frame in frames]
    told = [f"{frame.hex()}\n{text}" for frame, text in alone if text]
    return "\n".join(told or [f"only all together: {found}"])


@pytest.mark.parametrize("seed,count", [
    (1, 2000), (2, 2000), pytest.param(None, 100000, marks=pytest.mark.long)])
def test_random_frames(oracle: Oracle, figure: Figure, seed: int | None, count: int) -> None:
    """Valid frames with one to three fields changed."""
    seed = seed or random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    frames = random_frames(random.Random(seed), count)
    for first in range(0, count, BATCH):
        found = compare_batch(oracle, frames[first:first + BATCH])
        assert not found, f"seed {seed}, frames from {first}:\n{found}"
    figure(f"seed {seed}: {count} frames, none treated differently")
