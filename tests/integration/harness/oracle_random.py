"""Frames that are nearly right: valid ones with one to three fields changed."""

import itertools
import struct
from collections.abc import Callable
from random import Random

from .bytes4 import address, checksum
from .oracle import ADDRESSES, ENDS, IN, PORTS, ROUTER_MAC
from .oracle_kinds4 import BROADCAST_MAC, FAR, FAR_NARROW, GROUP_MAC, ME, another, ping4, v4
from .oracle_kinds6 import ping6, v6
from .oracle_kinds6 import FAR as FAR6, FAR_NARROW as FAR_NARROW6, ME as ME6
from .oracle_listed import is_listed

NOP = b"\x01\x01\x01\x00"
TIMESTAMP_OPTION = 0x44  # its clock cannot be told from other bytes once it is damaged

_sources6 = itertools.count(1)


def _another6() -> str:
    number = next(_sources6)
    return f"fd91::{number >> 16:x}:{number & 0xFFFF:x}"


BASES: tuple[Callable[[], bytes], ...] = (
    lambda: v4(), lambda: v4(FAR_NARROW), lambda: v4(ME), lambda: ping4(FAR), lambda: ping4(ME),
    lambda: v4(FAR_NARROW, size=1400), lambda: v4(options=NOP), lambda: v4(options=bytes([7, 11, 4])
                                                                           + bytes(9)),
    lambda: v4("172.16.0.1"), lambda: v4("10.50.0.1"), lambda: v4(flags=1, size=96),
    lambda: v6(src=_another6()), lambda: v6(FAR_NARROW6, src=_another6()),
    lambda: v6(ME6, src=_another6()), lambda: ping6(FAR6, src=_another6()),
    lambda: ping6(ME6, src=_another6()), lambda: v6(FAR_NARROW6, src=_another6(), size=1400),
    lambda: v6("fdff::1", src=_another6()), lambda: v6(next_header=0, src=_another6()),
    lambda: v6(next_header=44, src=_another6()), lambda: v6(next_header=60, src=_another6()))


def _put(frame: bytes, at: int, data: bytes) -> bytes:
    return frame[:at] + data + frame[at + len(data):] if at + len(data) <= len(frame) else frame


def _byte(frame: bytes, at: int, value: int) -> bytes:
    return _put(frame, at, bytes([value]))


def _address4(rng: Random) -> bytes:
    """Of every kind, hardly ever the same twice: Linux limits its answers by source."""
    known = [text for pair in ADDRESSES.values() for text in pair[:1]]
    known += [addresses[0] for addresses in ENDS.values()]
    known += [f"10.{i}.0.255" for i in range(1, len(PORTS) + 1)] + ["255.255.255.255", "0.0.0.0"]
    low = rng.randrange(1, 65535)
    drawn = [f"{net}.{low >> 8}.{low & 255}" for net in (
        "10.20", "10.30", "10.40", "10.50", "10.51", "10.52", "10.90", "10.91", "127.0", "169.254",
        "172.16", "192.168", "224.0", "239.1", "198.18", "100.64")]
    return rng.choice([address(rng.choice(known)), address(rng.choice(drawn)), address(another()),
                       rng.randbytes(4)])


def _address6(rng: Random) -> bytes:
    known = [text for pair in ADDRESSES.values() for text in pair[1:]]
    known += [text for addresses in ENDS.values() for text in addresses[1:]]
    known += ["::1", "fd01::", "ff02::1", "ff02::2", "ff01::1", "ff05::2", "ff0e::1", "ff00::1"]
    drawn = [f"{net}:{rng.randrange(1, 65535):x}" for net in (
        "fd20:", "fd30:", "fd40:", "fd50:", "fd51:", "fd52:", "fd90:", "fd91:", "fec0:",
        "2001:db8:", "2002:", "fdff:", "::ffff:7f00", "64:ff9b:", "100:", ":")]
    return rng.choice([address(rng.choice(known)), address(rng.choice(drawn)),
                       address(_another6())])


def _mac(frame: bytes, rng: Random) -> bytes:
    mac = rng.choice((ROUTER_MAC[IN], BROADCAST_MAC, GROUP_MAC, "02:00:00:00:00:77"))
    return _put(frame, 0, bytes.fromhex(mac.replace(":", "")))


def _type(frame: bytes, rng: Random) -> bytes:
    return _put(frame, 12, struct.pack("!H", rng.choice((0x0800, 0x86DD, 0x88B5, 0x0040))))


def _cut(frame: bytes, rng: Random) -> bytes:
    return frame[:rng.randrange(14, max(15, len(frame)))]


def _extend(frame: bytes, rng: Random) -> bytes:
    return (frame + rng.randbytes(rng.randrange(1, 40)))[:1514]


def _any_byte(frame: bytes, rng: Random) -> bytes:
    return _byte(frame, rng.randrange(12, min(len(frame), 90)), rng.randrange(256))


Change = Callable[[bytes, Random], bytes]
ANY: tuple[Change, ...] = (_mac, _type, _cut, _extend, _any_byte, _any_byte)
CHANGES4: tuple[Change, ...] = ANY + (
    lambda f, r: _byte(f, 14, r.choice((0x45, 0x46, 0x44, 0x4F, 0x65, r.randrange(256)))),
    lambda f, r: _byte(f, 15, r.randrange(256)),
    lambda f, r: _put(f, 16, struct.pack("!H", r.choice((0, 19, 20, 28, 60, abs(len(f) - 15),
                                                         len(f) - 13, r.randrange(65536))))),
    lambda f, r: _put(f, 20, struct.pack("!H", r.choice((0x2000, 0x4000, 0x8000, 0x1FFF, 1,
                                                         r.randrange(65536))))),
    lambda f, r: _byte(f, 22, r.choice((0, 1, 2, 255))),
    lambda f, r: _byte(f, 23, r.choice((0, 1, 2, 6, 17, 89, r.randrange(256)))),
    lambda f, r: _put(f, 26, _address4(r)), lambda f, r: _put(f, 26, _address4(r)),
    lambda f, r: _put(f, 30, _address4(r)), lambda f, r: _put(f, 30, _address4(r)))
CHANGES6: tuple[Change, ...] = ANY + (
    lambda f, r: _byte(f, 14, r.choice((0x60, 0x6F, 0x40, r.randrange(256)))),
    lambda f, r: _byte(f, 15, r.randrange(256)),
    lambda f, r: _put(f, 18, struct.pack("!H", r.choice((0, 1, 8, abs(len(f) - 55),
                                                         abs(len(f) - 53), r.randrange(65536))))),
    lambda f, r: _byte(f, 20, r.choice((0, 6, 17, 43, 44, 50, 51, 58, 59, 60, r.randrange(256)))),
    lambda f, r: _byte(f, 21, r.choice((0, 1, 2, 255))),
    lambda f, r: _put(f, 22, _address6(r)), lambda f, r: _put(f, 22, _address6(r)),
    lambda f, r: _put(f, 38, _address6(r)), lambda f, r: _put(f, 38, _address6(r)))


def _mended(frame: bytes) -> bytes:
    """With the header checksum that the changed fields need."""
    end = 14 + 4 * (frame[14] & 15) if len(frame) > 14 else 0
    if frame[12:14] != b"\x08\0" or end < 34 or len(frame) < end:
        return frame
    head = frame[14:24] + b"\0\0" + frame[26:end]
    return _put(frame, 24, struct.pack("!H", checksum(head)))


def _is_left_out(frame: bytes) -> bool:
    return is_listed(frame) or (frame[12:14] == b"\x08\0" and TIMESTAMP_OPTION in frame[34:74])


def random_frames(rng: Random, count: int) -> list[bytes]:
    """Different ones for every generator, without those whose treatment differs as listed."""
    frames: list[bytes] = []
    while len(frames) < count:
        frame = rng.choice(BASES)()
        changes = CHANGES4 if frame[12:14] == b"\x08\0" else CHANGES6
        for _ in range(rng.randrange(1, 4)):
            frame = rng.choice(changes)(frame, rng)
        if rng.random() < 0.85:
            frame = _mended(frame)
        if not _is_left_out(frame):
            frames.append(frame)
    return frames

